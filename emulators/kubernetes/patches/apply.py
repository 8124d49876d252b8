"""Server-side apply."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ..api import status

if TYPE_CHECKING:
    from ..api.session import Result, Session
    from ..objects import Object


def apply(
    session: Session,
    insert: Callable[[Session, Object], Object],
    replace: Callable[[Session, Object, Object], Object],
) -> Result:
    raise status.unsupported("server-side apply")
