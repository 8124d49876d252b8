"""From a method and a path to an endpoint: a dictionary lookup per path segment."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from .route import Route

_ROUTE: Final = ""
"""Where a node of the tree holds its route; no segment is empty."""


class Found(NamedTuple):
    """An endpoint, and the identifiers that its path held, in order."""

    route: Route
    names: tuple[str, ...]
    values: tuple[str, ...]


class Router:
    """The endpoints as a tree of path segments, one tree per method."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._trees: dict[str, dict[str, Any]] = {}
        for route in routes:
            node = self._trees.setdefault(route.method, {})
            names: list[str] = []
            for part in route.path[1:].split("/"):
                if part[0] == "{":
                    names.append(part[1:-1])
                    part = "*"
                node = node.setdefault(part, {})
            node[_ROUTE] = (route, tuple(names))

    def find(self, method: str, path: str) -> Found | None:
        """The endpoint for a path. Literal segments go before identifiers."""
        node = self._trees.get(method)
        values: list[str] = []
        for part in path[1:].split("/"):
            if not node or not part:
                return None
            following = node.get(part) if part != "*" else None
            if following is None:
                following = node.get("*")
                values.append(part)
            node = following
        found = node.get(_ROUTE) if node else None
        return None if found is None else Found(found[0], found[1], tuple(values))
