"""A world's directory as a FUSE mount: what a program does in it are operations of the world.

A file that is opened is read in one operation, and what is written to it goes to the world in one operation when it
is closed or synced. Everything else goes there at once. Nothing is cached once a file is closed.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from .disk import Disk

KINDS: Final[Mapping[str, int]] = {"file": stat.S_IFREG, "directory": stat.S_IFDIR, "symlink": stat.S_IFLNK}
BLOCK: Final = 4096
HIDDEN: Final = ".fuse_hidden"
"""How the names begin that libfuse gives to files which are removed while they are open."""
_BLOCKS: Final = 1 << 28
"""What the mount says of its size: a terabyte, all of it free."""


class OpenFile:
    """A file that is open; ``path`` is ``None`` once it was removed."""

    def __init__(self, path: str | None, content: bytearray | None = None) -> None:
        self.path = path
        self.content = content
        self.dirty = False
        self.handles = 0
        self.failed: OSError | None = None


class WorldFiles:
    """The file system's operations, as libfuse calls them; from several threads."""

    use_ns = True

    def __init__(self, disk: Disk, root: str) -> None:
        self._disk = disk
        self._root = root.rstrip("/")
        self._lock = threading.RLock()
        self._open: dict[str, OpenFile] = {}
        self._handles: dict[int, OpenFile] = {}
        self._hidden: dict[str, OpenFile] = {}
        self._last = 0

    def _path(self, path: str) -> str:
        return (self._root + path).rstrip("/") or "/"

    # Looking

    def getattr(self, path: str, fh: int | None = None) -> dict[str, Any]:
        """Attributes; of an open file, with the size it has by now."""
        with self._lock:
            file = self._find(path, fh)
        if file is not None and file.path is None:
            return _attributes({"kind": "file", "mode": 0o600, "size": len(file.content or b""), "modified": 0.0})
        found = _attributes(self._disk.get("stat", self._path(path)))
        if file is not None and file.content is not None and file.dirty:
            found["st_size"] = len(file.content)
        return found

    def readdir(self, path: str, fh: int) -> Iterable[str]:
        """The names in a directory."""
        return [".", "..", *(entry["name"] for entry in self._disk.get("list", self._path(path)))]

    def readlink(self, path: str) -> str:
        """Where a link leads."""
        return os.fsdecode(self._disk.do("read_link", self._path(path)))

    def statfs(self, path: str) -> dict[str, int]:
        """A large and empty disk."""
        return {
            "f_bsize": BLOCK,
            "f_frsize": BLOCK,
            "f_blocks": _BLOCKS,
            "f_bfree": _BLOCKS,
            "f_bavail": _BLOCKS,
            "f_files": _BLOCKS,
            "f_ffree": _BLOCKS,
            "f_favail": _BLOCKS,
            "f_namemax": 255,
        }

    # Open files

    def _enter(self, path: str, content: bytearray | None = None) -> tuple[int, OpenFile]:
        with self._lock:
            file = self._open.get(path)
            if file is None:
                file = self._open[path] = OpenFile(path, content)
            file.handles += 1
            self._last += 1
            self._handles[self._last] = file
            return self._last, file

    def _find(self, path: str, fh: int | None) -> OpenFile | None:
        if fh is not None and fh in self._handles:
            return self._handles[fh]
        return self._open.get(path) or self._hidden.get(path)

    def create(self, path: str, mode: int, fi: Any = None) -> int:
        """Make a file and open it."""
        self._disk.do("write", self._path(path), mode=mode & 0o7777)
        return self._enter(path, bytearray())[0]

    def open(self, path: str, flags: int) -> int:
        """Open a file; it is read when it must be."""
        handle, file = self._enter(path)
        if flags & os.O_TRUNC:
            with self._lock:
                file.content, file.dirty = bytearray(), True
        return handle

    def _content(self, file: OpenFile) -> bytearray:
        if file.content is None:
            assert file.path is not None
            if file.failed is None:
                try:
                    file.content = bytearray(self._disk.do("read", self._path(file.path)))
                    return file.content
                except OSError as error:
                    # The kernel reads ahead, and asks again for what it did not get; the program must see the failure.
                    file.failed = error
            raise OSError(file.failed.errno, file.failed.strerror)
        return file.content

    def read(self, path: str, size: int, offset: int, fh: int) -> bytes:
        """A part of an open file."""
        with self._lock:
            return bytes(self._content(self._handles[fh])[offset : offset + size])

    def write(self, path: str, data: bytes, offset: int, fh: int) -> int:
        """Change a part of an open file."""
        with self._lock:
            file = self._handles[fh]
            content = self._content(file)
            if offset > len(content):
                content.extend(b"\0" * (offset - len(content)))
            content[offset : offset + len(data)] = data
            file.dirty = True
            return len(data)

    def truncate(self, path: str, length: int, fh: int | None = None) -> int:
        """Cut a file, or fill it up."""
        with self._lock:
            file = self._find(path, fh)
            if file is None:
                self._disk.do("truncate", self._path(path), size=length)
                return 0
            content = self._content(file) if length else bytearray()
            file.content = content[:length] + bytes(max(0, length - len(content)))
            file.dirty = True
            if fh is None:
                self._flush(file)
            return 0

    def flush(self, path: str, fh: int) -> int:
        """Bring what was written to the world; a close waits for it, and fails if it fails."""
        with self._lock:
            self._flush(self._handles[fh])
        return 0

    def fsync(self, path: str, datasync: int, fh: int) -> int:
        """Bring what was written to the world."""
        return self.flush(path, fh)

    def _flush(self, file: OpenFile) -> None:
        if file.dirty and file.content is not None:
            if file.path is not None:
                self._disk.do("write", self._path(file.path), bytes(file.content))
            file.dirty = False

    def release(self, path: str, fh: int) -> int:
        """Forget a handle, and the file with its last one."""
        with self._lock:
            file = self._handles.pop(fh)
            file.handles -= 1
            if not file.handles and file.path is not None:
                self._open.pop(file.path, None)
        return 0

    # Changing the tree

    def mkdir(self, path: str, mode: int) -> int:
        """Make a directory."""
        self._disk.do("make_directory", self._path(path), mode=mode & 0o7777)
        return 0

    def rmdir(self, path: str) -> int:
        """Remove an empty directory."""
        self._disk.do("remove_directory", self._path(path))
        return 0

    def unlink(self, path: str) -> int:
        """Remove a file; one that is open was hidden instead, and only has its name left."""
        with self._lock:
            if path in self._hidden:
                del self._hidden[path]
            else:
                self._disk.do("remove", self._path(path))
                self._orphan(path)
        return 0

    def _orphan(self, path: str) -> OpenFile | None:
        """Cut an open file off from its path."""
        file = self._open.pop(path, None)
        if file is not None:
            file.path = None
        return file

    def _hide(self, old: str, new: str) -> None:
        """Remove a file that is open: libfuse gives it a name of its own, which is none of the world's business."""
        file = self._open.get(old)
        if file is None:
            file = OpenFile(old)
        self._content(file)
        self._disk.do("remove", self._path(old))
        self._orphan(old)
        file.path = None
        self._hidden[new] = file

    def symlink(self, target: str, source: str) -> int:
        """Make a link at ``target`` that leads to ``source``: libfuse's own order of names is the other way."""
        self._disk.do("make_symlink", self._path(target), target=source)
        return 0

    def rename(self, old: str, new: str) -> int:
        """Rename, open files included."""
        with self._lock:
            if new.rpartition("/")[2].startswith(HIDDEN):
                self._hide(old, new)
                return 0
            self._disk.do("rename", self._path(old), target=self._path(new))
            if old == new:
                return 0
            self._orphan(new)
            for path in [path for path in self._open if path == old or path.startswith(f"{old}/")]:
                file = self._open.pop(path)
                file.path = new + path[len(old) :]
                self._open[file.path] = file
        return 0

    # Metadata

    def chmod(self, path: str, mode: int) -> int:
        """Set permission bits."""
        self._disk.do("change_mode", self._path(path), mode=mode & 0o7777)
        return 0

    def chown(self, path: str, uid: int, gid: int) -> int:
        """Everything belongs to whoever mounted it, and to nobody else."""
        if uid not in (-1, 0xFFFFFFFF, os.getuid()) or gid not in (-1, 0xFFFFFFFF, os.getgid()):
            raise OSError(errno.EPERM, os.strerror(errno.EPERM))
        return 0

    def utimens(self, path: str, times: tuple[int, int] | None = None) -> int:
        """Set the time of modification, after what was written before it."""
        with self._lock:
            file = self._open.get(path)
            if file is not None:
                self._flush(file)
        modified = None if times is None else times[1] / 1e9
        self._disk.do("set_modified", self._path(path), modified=modified)
        return 0


def _attributes(node: Mapping[str, Any]) -> dict[str, Any]:
    modified = int(node["modified"] * 1e9)
    return {
        "st_mode": KINDS[node["kind"]] | node["mode"],
        "st_nlink": 2 if node["kind"] == "directory" else 1,
        "st_size": node["size"],
        "st_blocks": -(-node["size"] // 512),
        "st_blksize": BLOCK,
        "st_uid": os.getuid(),
        "st_gid": os.getgid(),
        "st_atime": modified,
        "st_mtime": modified,
        "st_ctime": modified,
    }


def mount(disk: Disk, root: str, directory: Path) -> int:
    """Mount the world's directory until it is unmounted; the exit status. Raises ``OSError``."""
    try:
        import mfusepy
    except (ImportError, OSError) as error:
        print(f"falsefront files: mounting needs falsefront[fuse] and libfuse 3: {error}", file=sys.stderr)
        return 1
    if disk.get("stat", root)["kind"] != "directory":
        raise OSError(errno.ENOTDIR, f"{root} is not a directory")
    directory.mkdir(parents=True, exist_ok=True)

    # The library wants its own base class, for what is not defined here.
    class Mounted(WorldFiles, mfusepy.Operations):
        def init(self, path: str) -> None:
            print(f"{directory}: mounted {root}; unmount with: fusermount3 -u {directory}", flush=True)

    try:
        mfusepy.FUSE(
            Mounted(disk, root),
            str(directory),
            foreground=True,
            fsname="falsefront",
            subtype="falsefront",
            default_permissions=True,
            attr_timeout=0,
            entry_timeout=0,
            negative_timeout=0,
        )
    except RuntimeError as error:
        print(f"falsefront files: cannot mount {directory}: libfuse failed with {error}", file=sys.stderr)
        return 1
    return 0
