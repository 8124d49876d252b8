"""Seeds: manifests applied as a client would apply them, and settled."""

from __future__ import annotations

from typing import Any

from falsefront.kernel.state import State

from .bootstrap import NODES, begin
from .objects import Objects
from .shape import Shape


def seed(shape: Shape, state: State, data: Any) -> None:
    if not Objects(state).begun:
        begin(state, int(data.get("nodes", NODES)))
