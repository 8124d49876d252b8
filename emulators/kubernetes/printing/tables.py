"""Objects as rows of a Table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from .cells import cells
from .columns import definitions

_META = "meta.k8s.io/v1"


def table(
    plural: str,
    items: Iterable[Mapping[str, Any]],
    now: datetime,
    *,
    metadata: Mapping[str, Any],
    include: str = "Metadata",
    columns: bool = True,
) -> dict[str, Any]:
    """A Table of objects; ``include`` is how much of each goes with its row: None, Metadata or Object."""
    return {
        "kind": "Table",
        "apiVersion": _META,
        "metadata": dict(metadata),
        "columnDefinitions": definitions(plural) if columns else None,
        "rows": [row(plural, item, now, include) for item in items],
    }


def row(plural: str, item: Mapping[str, Any], now: datetime, include: str) -> dict[str, Any]:
    """One object's row."""
    found: dict[str, Any] = {"cells": cells(plural, item, now)}
    if include == "Object":
        found["object"] = item
    elif include == "Metadata":
        found["object"] = partial(item)
    return found


def partial(item: Mapping[str, Any]) -> dict[str, Any]:
    """An object's metadata alone."""
    return {"kind": "PartialObjectMetadata", "apiVersion": _META, "metadata": item["metadata"]}
