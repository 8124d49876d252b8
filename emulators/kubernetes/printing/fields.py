"""What the cells of many kinds are made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias

from . import durations

Item: TypeAlias = Mapping[str, Any]


Cells: TypeAlias = list[Any]


def name_of(item: Item) -> str:
    """An object's name."""
    name: str = item["metadata"].get("name", "")
    return name


def age(item: Item, now: datetime) -> str:
    """How long ago an object was made."""
    return durations.since(item["metadata"].get("creationTimestamp"), now)


def spec_of(item: Item) -> Item:
    """An object's spec, if it has one."""
    found: Item = item.get("spec") or {}
    return found


def status_of(item: Item) -> Item:
    """An object's status, if it has one."""
    found: Item = item.get("status") or {}
    return found


def aged(*values: Callable[[Item], Any]) -> Callable[[Item, datetime], Cells]:
    """Name, some cells, age."""

    def rule(item: Item, now: datetime) -> Cells:
        return [name_of(item), *(value(item) for value in values), age(item, now)]

    return rule


def labels(found: Mapping[str, Any] | None) -> str:
    """Labels as a selector."""
    return ",".join(f"{key}={value}" for key, value in sorted((found or {}).items())) or "<none>"


def selector(found: Mapping[str, Any] | None) -> str:
    """A ``LabelSelector`` object in its short form."""
    if found is None:
        return "<none>"
    terms = [f"{key}={value}" for key, value in sorted((found.get("matchLabels") or {}).items())]
    for term in found.get("matchExpressions") or ():
        key, values = term.get("key", ""), ",".join(sorted(term.get("values") or ()))
        match term.get("operator"):
            case "In":
                terms.append(f"{key} in ({values})")
            case "NotIn":
                terms.append(f"{key} notin ({values})")
            case "DoesNotExist":
                terms.append(f"!{key}")
            case _:
                terms.append(str(key))
    return ",".join(terms) or "<none>"


def containers_of(template: Item) -> Cells:
    """The names and the images of a template's containers."""
    containers: Sequence[Item] = (template.get("spec") or {}).get("containers", ())
    return [",".join(c.get("name", "") for c in containers), ",".join(c.get("image", "") for c in containers)]


def few(values: Sequence[str], most: int = 3) -> str:
    """The first few values, and how many more there are."""
    shown = ",".join(values[:most])
    return f"{shown} + {len(values) - most} more..." if len(values) > most else shown
