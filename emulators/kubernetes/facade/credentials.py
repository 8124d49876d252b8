"""Which world a client's credential names."""

from __future__ import annotations

from collections.abc import Mapping


def credential(headers: Mapping[bytes, bytes]) -> str | None:
    """The world that a bearer token names."""
    scheme, _, token = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None
