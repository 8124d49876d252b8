"""Which field of which message has which number."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TypeAlias

from . import numbers_core, numbers_meta, numbers_others, numbers_workloads

Numbers: TypeAlias = Mapping[int, str]


@cache
def messages() -> Mapping[str, Numbers]:
    """Field names by number, by message name; an inlined message is ``*`` and its name."""
    found: dict[str, Numbers] = {}
    for module in (numbers_core, numbers_meta, numbers_others, numbers_workloads):
        package, pending = "", ""
        for line in (*module.NUMBERS.strip().splitlines(), "@"):
            if line.startswith("  "):
                pending += line[1:]
                continue
            if pending:
                name, _, fields = pending.partition(": ")
                found[package + name] = _number(fields)
                pending = ""
            if line.startswith("@"):
                package = line[1:]
            else:
                pending = line
    return found


def _number(fields: str) -> Numbers:
    found: dict[int, str] = {}
    number = 0
    for field in fields.split():
        name, _, explicit = field.partition("=")
        number = int(explicit) if explicit else number + 1
        found[number] = name
    return found
