"""Programs that know only a local disk, in a world: git, sed, ed and Python in a FUSE mount."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from falsefront.control_plane.serving import Background
from falsefront.faults import Rule, put_rule
from falsefront.world.world import World


class Mount:
    """A world mounted at ``path``."""

    def __init__(self, background: Background, world: str, path: Path) -> None:
        self.path = path
        self._background = background
        self._world = world

    def do(self, work: Callable[[World], Any]) -> Any:
        return self._background.call(lambda: work(self._background.runtime.worlds.find(self._world)))

    def operations(self) -> list[str]:
        return self.do(lambda world: [entry.op.name for entry in world.journal])

    def sh(self, command: str, cwd: str = ".") -> str:
        environment = {
            **os.environ,
            "HOME": str(self.path.parent),
            "GIT_CONFIG_NOSYSTEM": "1",
            **{f"GIT_{who}_{what}": "x@example.com" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
        }
        done = subprocess.run(
            ["sh", "-ec", command],
            cwd=self.path / cwd,
            capture_output=True,
            text=True,
            env=environment,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, f"{done.stderr}{self.operations()[-5:]}"
        return done.stdout


@pytest.fixture
def mounted(serve: Callable[..., Background], tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Mount]:
    pytest.importorskip("mfusepy", reason="falsefront[fuse] is not installed", exc_type=ImportError)
    unmount = shutil.which("fusermount3")
    if unmount is None or not os.access("/dev/fuse", os.R_OK | os.W_OK):
        pytest.skip("there is no FUSE here: it takes fuse3 and /dev/fuse")
    background = serve("filesystem")
    world = f"w{zlib.crc32(request.node.nodeid.encode())}"
    background.call(lambda: background.runtime.worlds.create(world))
    path = tmp_path / "mnt"
    process = subprocess.Popen(
        [sys.executable, "-m", "falsefront.control_plane.cli", "files", "mount", str(path), "--world", world],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "FALSEFRONT_URL": background.url},
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    if "mounted /workspace" not in line:
        _, told = process.communicate(timeout=10)
        pytest.skip(f"FUSE cannot mount here: {told[-300:]}")
    yield Mount(background, world, path)
    subprocess.run([unmount, "-u", "-z", str(path)], check=True)
    process.communicate(timeout=20)


def test_git_works_in_it(mounted: Mount) -> None:
    if shutil.which("git") is None:
        pytest.skip("there is no git")
    mounted.sh("git init -q repo")
    mounted.sh("printf 'one\\ntwo\\n' > f; mkdir d; echo x > d/y; git add .; git commit -qm first", "repo")
    mounted.sh("sed -i s/one/ONE/ f", "repo")
    assert "-one\n+ONE\n" in mounted.sh("git diff", "repo")
    mounted.sh("git commit -qam second; git mv f g; git commit -qm third; git gc -q", "repo")
    assert mounted.sh("git log --format=%s", "repo") == "third\nsecond\nfirst\n"
    assert (
        mounted.sh("git status --short; git fsck 2>&1; git clone -q . ../copy; cat ../copy/g", "repo") == "ONE\ntwo\n"
    )
    stored = mounted.do(lambda world: world.version.tables["files"].get("/workspace/copy/g"))
    assert stored["content"] == b"ONE\ntwo\n"


def test_shell_tools_work_in_it(mounted: Mount) -> None:
    mounted.sh(
        "printf 'a\\nb\\n' > f; chmod 750 f; ln -s f l; cp -p f c; mv c e; mkdir -p x/y; mv x z; rm -r z; touch n"
    )
    assert mounted.sh("cat l; readlink l; stat -c '%a %s' f e; ls -A") == "a\nb\nf\n750 4\n750 4\ne\nf\nl\nn\n"
    mounted.sh("tar cf t.tar e f l; mkdir out; tar xf t.tar -C out; rm t.tar")
    assert mounted.sh("find out | sort; cat out/l") == "out\nout/e\nout/f\nout/l\na\nb\n"
    for tool, command in (("ed", "printf '1d\\nw\\nq\\n' | ed -s f"), ("vi", "")):
        if tool == "ed" and shutil.which(tool):
            mounted.sh(command)
            assert mounted.sh("cat f") == "b\n"


PROGRAM = """
import json, mmap, os, sqlite3
found = {}
with open("p", "wb") as file:
    file.write(b"x" * 300_000)
    file.seek(5)
    file.write(b"abc")
with open("p", "r+b") as file:
    with mmap.mmap(file.fileno(), 0) as view:
        view[0:2] = b"ZZ"
        view.flush()
    file.truncate(200_000)
found["p"] = [os.path.getsize("p"), open("p", "rb").read(10).decode()]
with open("p", "a") as file:
    file.write("end")
found["tail"] = open("p").read()[-4:]
file = open("p", "rb")
os.unlink("p")
found["unlinked"] = [len(file.read()), os.fstat(file.fileno()).st_size, os.listdir(".")]
file.close()
with open("held", "w") as file:
    file.write("kept")
    file.flush()
    os.rename("held", "moved")
    file.write(" on")
found["moved"] = open("moved").read()
def attempt(work):
    try:
        return work()
    except OSError as error:
        return error.errno
os.mkdir("d")
open("d/f", "w").close()
found["errors"] = [
    attempt(lambda: open("gone")), attempt(lambda: os.rmdir("d")), attempt(lambda: os.mkdir("d")),
    attempt(lambda: os.link("moved", "hard")), attempt(lambda: os.chown("moved", 12345, 12345)),
    attempt(lambda: os.rename("d", "d/x")), attempt(lambda: open("d", "w")), attempt(lambda: os.mkfifo("pipe")),
    attempt(lambda: open("x" * 256, "w")), attempt(lambda: os.listdir("moved")),
]
os.utime("moved", (1, 1_000_000_000.5))
found["mtime"] = os.stat("moved").st_mtime
os.makedirs("u")
open("u/naïve ☃", "w").write("é")
open(b"u/\\xff", "wb").write(b"odd")
found["names"] = sorted(os.fsencode(name).decode("latin-1") for name in os.listdir("u"))
with sqlite3.connect("db") as db:
    db.execute("create table t (x)")
    db.executemany("insert into t values (?)", [(n,) for n in range(1000)])
found["sum"] = sqlite3.connect("db").execute("select sum(x) from t").fetchone()[0]
print(json.dumps(found))
"""


def test_a_python_program_works_in_it(mounted: Mount) -> None:
    (mounted.path.parent / "program.py").write_text(PROGRAM)
    found = json.loads(mounted.sh(f"{sys.executable} ../program.py"))
    assert found == {
        "p": [200_000, "ZZxxxabcxx"],
        "tail": "xend",
        "unlinked": [200_003, 200_003, []],
        "moved": "kept on",
        "errors": [
            errno.ENOENT,
            errno.ENOTEMPTY,
            errno.EEXIST,
            found["errors"][3],
            errno.EPERM,
            errno.EINVAL,
            errno.EISDIR,
            found["errors"][7],
            errno.ENAMETOOLONG,
            errno.ENOTDIR,
        ],
        "mtime": 1_000_000_000.5,
        "names": ["naïve ☃".encode().decode("latin-1"), "\xff"],
        "sum": 499_500,
    }
    for index in (3, 7):
        assert found["errors"][index] in (errno.EPERM, errno.ENOSYS, errno.EROFS, errno.EOPNOTSUPP)


def test_each_operation_passes_the_chain(mounted: Mount) -> None:
    before = len(mounted.operations())
    (mounted.path / "f").write_text("hello")
    assert (mounted.path / "f").read_text() == "hello"
    done = mounted.operations()[before:]
    assert done.count("disk.read") == 1
    assert [name for name in done if name == "disk.write"] == ["disk.write"] * 2
    rule = Rule.model_validate({"when": {"op": "disk.read"}, "then": [{"fail": "internal"}], "times": 1})
    mounted.do(lambda world: put_rule(world, "broken", rule))
    with pytest.raises(OSError, match="Input/output error"):
        (mounted.path / "f").read_text()
    assert (mounted.path / "f").read_text() == "hello"
    full = Rule.model_validate({"when": {"op": "disk.write"}, "then": [{"fail": "quota_exceeded"}]})
    mounted.do(lambda world: put_rule(world, "full", full))
    with pytest.raises(OSError, match="No space left"):
        (mounted.path / "g").write_text("x")


def test_it_shows_what_others_do(mounted: Mount) -> None:
    (mounted.path / "f").write_text("first")
    mark = mounted.do(lambda world: world.version)
    (mounted.path / "f").write_text("other")
    assert (mounted.path / "f").read_text() == "other"
    mounted.do(lambda world: world.restore(mark))
    assert (mounted.path / "f").read_text() == "first"
    assert os.listdir(mounted.path) == ["f"]


def test_what_cannot_be_mounted(serve: Callable[..., Background], tmp_path: Path) -> None:
    pytest.importorskip("mfusepy", reason="falsefront[fuse] is not installed", exc_type=ImportError)
    for more in (["--path", "/nowhere"], ["--world", "nowhere"], ["--url", "http://127.0.0.1:1"], ["--url", "x"]):
        done = subprocess.run(
            [sys.executable, "-m", "falsefront.control_plane.cli", "files", "mount", str(tmp_path / "m"), *more],
            capture_output=True,
            text=True,
            check=False,
            timeout=20,
            env={**os.environ, "FALSEFRONT_URL": serve("filesystem").url},
        )
        assert done.returncode == 1
        assert done.stderr.startswith("falsefront files: ")
        assert "Traceback" not in done.stderr
