"""Check a world's directory out to a local one, and commit what has become of it: each difference is an operation."""

from __future__ import annotations

import hashlib
import io
import json
import os
import stat
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

from .disk import Changed, Disk

ABSENT: Final = "absent"


class Item(NamedTuple):
    """What is at a path: ``state`` is equal where the content is."""

    state: str
    mode: int

    @property
    def is_directory(self) -> bool:
        """Whether it is a directory."""
        return self.state == "directory"


class CheckoutError(Exception):
    """A checkout or a commit that cannot be done; the message says why."""


@dataclass
class Checkout:
    """Where a directory came from, and what it held then; kept outside it, so that an agent does not find it."""

    url: str
    world: str
    root: str
    items: dict[str, Item] = field(default_factory=dict[str, Item])

    @classmethod
    def load(cls, record: Path) -> Checkout:
        """Read the record of a checkout. Raises ``CheckoutError``."""
        try:
            found = json.loads(record.read_text())
        except (OSError, ValueError):
            raise CheckoutError(
                "this directory was not checked out here; `falsefront files checkout` it first"
            ) from None
        items = {path: Item(*item) for path, item in found["items"].items()}
        return cls(found["url"], found["world"], found["root"], items)

    def save(self, record: Path) -> None:
        """Write the record, whole or not at all."""
        record.parent.mkdir(parents=True, exist_ok=True)
        partial = record.with_name(record.name + ".part")
        found = {"url": self.url, "world": self.world, "root": self.root, "items": self.items}
        partial.write_text(json.dumps(found))
        partial.replace(record)


def record_of(directory: Path) -> Path:
    """Where the record of a checked-out directory is: in the user's state directory, by the directory's real path."""
    base = os.environ.get("XDG_STATE_HOME") or os.path.join(os.path.expanduser("~"), ".local", "state")
    name = hashlib.sha256(os.fsencode(os.path.realpath(directory))).hexdigest()[:32]
    return Path(base) / "falsefront" / "checkouts" / f"{name}.json"


def check_out(disk: Disk, checkout: Checkout, directory: Path) -> int:
    """Put the world's directory into an empty local one; how many entries. Raises ``CheckoutError``, ``OSError``."""
    directory.mkdir(parents=True, exist_ok=True)
    if any(directory.iterdir()):
        raise CheckoutError(f"{directory} is not empty")
    archive = disk.do("check_out", checkout.root)
    with tarfile.open(fileobj=io.BytesIO(archive)) as members:
        found = list(members)
        for member in found:
            _unpack(members, member, _inside(directory, member.name))
        for member in reversed(found):
            _finish(member, _inside(directory, member.name))
    checkout.items = dict(scan(directory))
    return len(found)


def _inside(directory: Path, name: str) -> str:
    parts = name.split("/")
    if name.startswith("/") or not all(part and part not in (".", "..") for part in parts):
        raise CheckoutError(f"the archive names {name!r}, which is outside")
    return os.path.join(directory, *parts)


def _unpack(members: tarfile.TarFile, member: tarfile.TarInfo, path: str) -> None:
    if member.isdir():
        os.mkdir(path, 0o700)
    elif member.issym():
        os.symlink(member.linkname, path)
    else:
        source = members.extractfile(member)
        assert source is not None
        # Exclusive, so that it never writes through a link.
        with open(path, "xb") as file:
            file.write(source.read())


def _finish(member: tarfile.TarInfo, path: str) -> None:
    """Modes and times come last: a read-only directory must be filled first."""
    if not member.issym():
        os.chmod(path, member.mode & 0o777)
    os.utime(path, (member.mtime, member.mtime), follow_symlinks=False)


def scan(directory: Path) -> Iterator[tuple[str, Item]]:
    """What a local directory holds, by relative path, what is above before what is below; links are not followed."""
    yield from _scan(os.fspath(directory), "")


def _scan(at: str, prefix: str) -> Iterator[tuple[str, Item]]:
    with os.scandir(at) as entries:
        for entry in sorted(entries, key=lambda entry: os.fsencode(entry.name)):
            path = f"{prefix}{entry.name}"
            info = entry.stat(follow_symlinks=False)
            mode = stat.S_IMODE(info.st_mode) & 0o777
            if entry.is_symlink():
                yield path, Item("symlink:" + os.readlink(entry.path), 0o777)
            elif entry.is_dir(follow_symlinks=False):
                yield path, Item("directory", mode)
                yield from _scan(entry.path, f"{path}/")
            elif entry.is_file(follow_symlinks=False):
                yield path, Item("file:" + _digest(entry.path), mode)


def _digest(path: str) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class Change(NamedTuple):
    """One difference: what is to be done to a path, what was there, and what is there now."""

    verb: str
    path: str
    before: Item | None
    after: Item | None


def compare(before: dict[str, Item], after: dict[str, Item]) -> Iterator[Change]:
    """The differences in an order in which they can be done: what goes from below, then what comes from above."""
    gone = [path for path, item in before.items() if _kind(after.get(path)) != _kind(item)]
    for path in sorted(gone, key=os.fsencode, reverse=True):
        yield Change("remove", path, before[path], None)
    for path, item in after.items():
        present = before.get(path)
        if present is None or _kind(present) != _kind(item):
            yield Change("add", path, None, item)
        elif present.state != item.state:
            yield Change("change", path, present, item)
        elif present.mode != item.mode:
            yield Change("mode", path, present, item)


def _kind(item: Item | None) -> str:
    return item.state.partition(":")[0] if item else ABSENT


@dataclass
class Outcome:
    """What a commit did, and what it left because the world had changed meanwhile."""

    done: list[Change] = field(default_factory=list[Change])
    conflicts: list[tuple[Change, str]] = field(default_factory=list[tuple[Change, str]])


def commit(disk: Disk, checkout: Checkout, directory: Path, *, force: bool = False) -> Outcome:
    """Do to the world what was done to the directory; ``force`` overwrites what changed. Raises ``OSError``."""
    outcome = Outcome()
    for change in list(compare(checkout.items, dict(scan(directory)))):
        try:
            _apply(disk, checkout.root, directory, change, force=force)
        except Changed as error:
            outcome.conflicts.append((change, error.strerror or ""))
        else:
            outcome.done.append(change)
            if change.after is None:
                checkout.items.pop(change.path, None)
            else:
                checkout.items[change.path] = change.after
    return outcome


def _apply(disk: Disk, root: str, directory: Path, change: Change, *, force: bool) -> None:
    path = f"{root.rstrip('/')}/{change.path}"
    local = os.path.join(directory, change.path)
    before, after = change.before, change.after
    expect: dict[str, Any] = {} if force else {"expect": before.state if before else ABSENT}
    if after is None:
        _remove(disk, path, before, expect)
    elif change.verb == "mode":
        disk.do("change_mode", path, mode=after.mode)
    elif after.is_directory:
        disk.do("make_directory", path, mode=after.mode, **expect, parents=force)
    elif after.state.startswith("symlink:"):
        if before is not None or force:
            _remove(disk, path, before, expect)
            expect = {}
        disk.do("make_symlink", path, target=after.state.partition(":")[2], **expect)
    else:
        with open(local, "rb") as file:
            disk.do("write", path, file.read(), mode=after.mode, **expect)
        if before is not None and before.mode != after.mode:
            disk.do("change_mode", path, mode=after.mode)


def _remove(disk: Disk, path: str, before: Item | None, expect: dict[str, Any]) -> None:
    """Remove what was there; with no expectation it may be gone already."""
    try:
        if before is not None and before.is_directory:
            disk.do("remove_directory", path)
        else:
            disk.do("remove", path, **expect)
    except FileNotFoundError:
        if expect:
            raise Changed(0, f"{path} was removed in the world since it was checked out") from None
    except Changed:
        raise
    except OSError as error:
        if before is not None and before.is_directory:
            raise Changed(0, error.strerror or "") from None
        raise
