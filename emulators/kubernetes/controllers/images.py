"""Images: which can be pulled, and what runs in them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Final

from falsefront.kernel.state import State

from ..objects import META

_BAD: Final = re.compile(
    r"(?:^|[^a-z])(?:invalid|non-?existent|does-?not-?exist|doesnotexist|nope|missing|bad|broken|not-?found|no-?such|fake|typo"
    r"|wrong|bogus|unknown)(?:[^a-z]|$)"
)
_SHELLS: Final = frozenset(
    [
        "busybox",
        "alpine",
        "ubuntu",
        "debian",
        "fedora",
        "centos",
        "bash",
        "hello-world",
        "perl",
        "python",
        "node",
        "golang",
    ]
)
_FORM: Final = re.compile(
    r"(?:[a-zA-Z0-9.-]+(?::\d+)?/)?[a-z0-9]+(?:[._/-]+[a-z0-9]+)*(?::[A-Za-z0-9_][\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?"
)
_QUICK: Final = frozenset(
    [
        "echo",
        "date",
        "ls",
        "true",
        "env",
        "pwd",
        "cat",
        "printf",
        "expr",
        "perl",
        "python",
        "node",
        "uname",
        "id",
        "whoami",
        "hostname",
        "test",
    ]
)


def full_name(image: str) -> str:
    """An image's whole name: registry, repository, tag."""
    first, slash, rest = image.partition("/")
    if not slash:
        name = f"docker.io/library/{image}"
    elif "." in first or ":" in first or first == "localhost":
        name = image
    else:
        name = f"docker.io/{first}/{rest}"
    return name if ":" in name.rsplit("/", 1)[-1] or "@" in name else f"{name}:latest"


def verdict(state: State, image: str) -> str:
    """``exists``, ``notfound``, ``denied`` or ``invalid``: by the world's catalogue, else by the name's look."""
    if not _FORM.fullmatch(image):
        return "invalid"
    catalogue: Mapping[str, str] = state.table(META).get("images") or {}
    name = full_name(image)
    for pattern, found in catalogue.items():
        if fnmatchcase(image, pattern) or fnmatchcase(name, pattern):
            return found
    return "notfound" if _BAD.search(image.lower()) else "exists"


def failure(image: str, found: str) -> str:
    """What the kubelet says of a pull that failed."""
    name = full_name(image)
    if found == "invalid":
        why = f'couldn\'t parse image name "{image}": invalid reference format'
        return f'Failed to apply default image tag "{image}": {why}'
    pull = f'failed to pull and unpack image "{name}": failed to resolve reference "{name}"'
    if found == "denied":
        return (
            f'Failed to pull image "{image}": rpc error: code = PermissionDenied desc = {pull}: pull access denied, '
            "repository does not exist or may require authorization: server message: insufficient_scope: "
            "authorization failed"
        )
    return f'Failed to pull image "{image}": rpc error: code = NotFound desc = {pull}: {name}: not found'


@dataclass(frozen=True, slots=True)
class Program:
    """What a container does: runs on, or ends with ``code`` after ``seconds``."""

    seconds: float | None
    code: int = 0


def program(container: Mapping[str, Any], *, in_job: bool) -> Program:
    """What a container does, as far as its command and image show."""
    words = [*container.get("command", ()), *container.get("args", ())]
    text = " ".join(str(word) for word in words)
    if not words:
        base = container.get("image", "").rsplit("/", 1)[-1].split(":")[0].split("@")[0]
        return Program(0.2) if base in _SHELLS else Program(None)
    if re.search(r"sleep\s+(infinity|inf)\b|tail\s+-f|while\s+(true|:)|http\.server|--?serve", text):
        return Program(None)
    slept = sum(float(number) for number in re.findall(r"sleep\s+(\d+(?:\.\d+)?)", text))
    ended = re.search(r"exit\s+(\d+)", text)
    if ended:
        return Program(slept + 0.2, int(ended.group(1)) & 255)
    first = str(words[0]).rsplit("/", 1)[-1]
    if first in ("sh", "bash", "ash"):
        script = str(words[-1]).strip()
        first = script.split()[0] if script and len(words) > 1 else first
    if first == "false" or text.endswith("false"):
        return Program(slept + 0.2, 1)
    if slept or first in _QUICK or in_job:
        return Program(slept + 0.2)
    return Program(None)
