"""Fault rules and what they met, in the form in which they are exported with their world."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from falsefront.world.store import Version

from .plan import KEY, Counts, Placed, Plan, counts_of, plan_of
from .rule import Rule


def save(version: Version) -> list[dict[str, Any]]:
    """A version's rules as JSON."""
    return [
        {
            "name": placed.name,
            "rule": placed.rule.model_dump(mode="json", by_alias=True, exclude_defaults=True),
            "expires": placed.expires,
            "counts": asdict(counts_of(version, placed.name)),
        }
        for placed in plan_of(version).rules
    ]


def load(saved: Iterable[Mapping[str, Any]]) -> Mapping[str, Any]:
    """What ``save`` wrote, as parts of ``Version.extra``. Raises ``ValueError`` for a rule that is none."""
    rules = [Placed(item["name"], Rule.model_validate(item["rule"]), item["expires"]) for item in saved]
    if not rules:
        return {}
    counts = {f"{KEY}/{item['name']}": Counts(**item["counts"]) for item in saved}
    return {KEY: Plan(tuple(rules)), **counts}
