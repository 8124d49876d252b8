# Shared by the scripts: a virtual environment with everything in it, made once.
set -eu
cd "$(dirname "$0")/.."
venv="${FALSEFRONT_VENV:-.venv}"

python3_11() {
  for name in "${PYTHON:-python3}" python3.13 python3.12 python3.11 python3; do
    if command -v "$name" >/dev/null 2>&1 && "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      echo "$name"
      return
    fi
  done
  echo "falsefront needs Python 3.11 or newer; set PYTHON to one" >&2
  return 1
}

# prepare GROUP...: the locked dependencies and these dependency groups, in the virtual environment.
prepare() {
  if [ ! -x "$venv/bin/python" ]; then
    echo "making a virtual environment in $venv" >&2
    "$(python3_11)" -m venv "$venv"
  fi
  want="$(cat requirements.lock pyproject.toml | cksum) $*"
  if [ "$(cat "$venv/.falsefront" 2>/dev/null || true)" != "$want" ]; then
    echo "installing falsefront${*:+ with }$*" >&2
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
    groups=""
    for group in "$@"; do groups="$groups --group $group"; done
    # shellcheck disable=SC2086
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --constraint requirements.lock $groups --editable .
    echo "$want" >"$venv/.falsefront"
  fi
  PATH="$PWD/$venv/bin:$PWD/.clients/bin:$PATH"
  export PATH
}
