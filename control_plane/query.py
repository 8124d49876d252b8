"""Query strings."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl


def decode(query: bytes) -> dict[str, Any]:
    """A query string as a flat mapping; of a name given twice the last counts."""
    return dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True))
