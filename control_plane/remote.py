"""Files anywhere that fsspec reaches."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import IO, Any


def open_url(url: str, mode: str, **settings: Any) -> AbstractContextManager[IO[bytes]]:
    """A file by its path or URL, in binary. Raises ``OSError``, and ``ValueError`` for an unknown scheme."""
    import fsspec

    # fsspec has no types of its own that hold for one file.
    opener: Any = fsspec.open
    file: AbstractContextManager[IO[bytes]] = opener(url, mode, **settings)
    return file
