"""Exported worlds on the server's side: files below the one directory that it allows, on any fsspec file system."""

from __future__ import annotations

import asyncio
import io
import posixpath
from typing import Any
from urllib.parse import unquote

from falsefront.kernel.operation import Failure, FailureKind
from falsefront.runtime import Runtime
from falsefront.world.digest import show
from falsefront.world.store import Version
from falsefront.world.world import World

from .remote import open_url


class Archives:
    """Reads and writes worlds as files; ``root`` is a directory or an fsspec URL, ``None`` allows none."""

    def __init__(self, runtime: Runtime, root: str | None = None) -> None:
        self._runtime = runtime
        self._root = root.rstrip("/") if root else None

    async def pack(self, world: World) -> bytes:
        """A world as the bytes of a file."""
        version, about = world.version, {"world": world.name, "parent": world.parent, "fixture": world.fixture}

        def work() -> bytes:
            file = io.BytesIO()
            self._runtime.write(version, file, about)
            return file.getvalue()

        return await asyncio.to_thread(work)

    async def unpack(self, data: bytes) -> tuple[Version, dict[str, Any]]:
        """A version, and what is told about it, from the bytes of a file. Raises ``Failure`` (invalid)."""
        found = await asyncio.to_thread(self._runtime.read, io.BytesIO(data))
        return found.version, dict(found.head["about"])

    async def read(self, url: str) -> Version:
        """A version from a file. Raises ``Failure``: forbidden, not_found, invalid."""
        path = self._allowed(url)

        def work() -> Version:
            try:
                with open_url(path, "rb") as file:
                    return self._runtime.read(file).version
            except OSError as error:
                raise Failure(FailureKind.NOT_FOUND, f"cannot read {url!r}: {_reason(error)}") from None

        return await asyncio.to_thread(work)

    async def write(self, url: str, world: World) -> dict[str, Any]:
        """Write a world to a file. Raises ``Failure``: forbidden, unavailable."""
        path = self._allowed(url)
        digest = show(world.version.digest)
        data = await self.pack(world)

        def work() -> None:
            try:
                with open_url(path, "wb", auto_mkdir=True) as file:
                    file.write(data)
            except (OSError, TypeError) as error:
                raise Failure(FailureKind.UNAVAILABLE, f"cannot write {url!r}: {_reason(error)}") from None

        await asyncio.to_thread(work)
        return {"url": url, "bytes": len(data), "digest": digest}

    def _allowed(self, url: str) -> str:
        """Where a file is, which must be below the root whatever the URL says."""
        if self._root is None:
            raise Failure(
                FailureKind.FORBIDDEN,
                "this server keeps no files; start it with --archive-dir DIR, or stream the file in the request's body",
            )
        text = unquote(url)
        for prefix in (self._root + "/", f"file://{self._root}/"):
            text = text.removeprefix(prefix)
        path = posixpath.normpath(text)
        if "\0" in text or ":" in text or path.startswith(("/", "..")) or path == ".":
            raise Failure(FailureKind.FORBIDDEN, f"{url!r} is not below the directory that this server allows")
        return f"{self._root}/{path}"


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
