"""The fault rules of a world, as part of its state: they fork and rewind with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from immutables import Map

from falsefront.kernel.operation import Failure, FailureKind
from falsefront.world.clock import moment, show_time
from falsefront.world.store import Version
from falsefront.world.world import World

from .rule import Rule

KEY: Final = "faults"


@dataclass(frozen=True, slots=True)
class Counts:
    """What a rule has met: operations that fit it, operations it struck, and when it last struck."""

    seen: int = 0
    fired: int = 0
    last: int | None = None


@dataclass(frozen=True, slots=True)
class Placed:
    """A rule in its world."""

    name: str
    rule: Rule
    expires: int | None
    """World time in microseconds since 1970."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The rules in force, in the order they were put."""

    rules: tuple[Placed, ...] = ()
    # Which rules name an operation never changes for one set of rules, so the answer is kept.
    _named: dict[tuple[str, str], tuple[Placed, ...]] = field(default_factory=dict[Any, Any], compare=False)

    def naming(self, emulator: str, op: str) -> tuple[Placed, ...]:
        """The rules for operations of that name."""
        found = self._named.get((emulator, op))
        if found is None:
            found = tuple(placed for placed in self.rules if placed.rule.when.names(emulator, op))
            if len(self._named) < 4096:
                self._named[emulator, op] = found
        return found


_EMPTY: Final = Plan()


def plan_of(version: Version) -> Plan:
    """A version's rules."""
    plan: Plan = version.extra.get(KEY, _EMPTY)
    return plan


def counts_of(version: Version, name: str) -> Counts:
    """What a rule has met in a version."""
    counts: Counts = version.extra.get(f"{KEY}/{name}", Counts())
    return counts


def count(world: World, name: str, counts: Counts) -> None:
    """Keep what a rule has met."""
    world.evolve(extra=world.version.extra.set(f"{KEY}/{name}", counts))


def put_rule(world: World, name: str, rule: Rule) -> bool:
    """Put a rule under a name, with its counts at 0; whether it is new."""
    plan = plan_of(world.version)
    expires = None if rule.ttl is None else world.version.clock.microseconds() + int(rule.ttl * 1_000_000)
    placed = Placed(name, rule, expires)
    new = all(other.name != name for other in plan.rules)
    kept = tuple(placed if other.name == name else other for other in plan.rules)
    _set(world, Plan(kept if not new else (*kept, placed)), drop=name)
    world.note("fault.put", name=name, rule=rule.model_dump(mode="json", by_alias=True, exclude_defaults=True))
    return new


def remove_rule(world: World, name: str) -> None:
    """Remove a rule and its counts. Raises ``Failure`` (not_found)."""
    plan = plan_of(world.version)
    kept = tuple(placed for placed in plan.rules if placed.name != name)
    if len(kept) == len(plan.rules):
        raise Failure(FailureKind.NOT_FOUND, f"world {world.name!r} has no fault {name!r}")
    _set(world, Plan(kept), drop=name)
    world.note("fault.remove", name=name)


def _set(world: World, plan: Plan, drop: str) -> None:
    extra: Map[str, Any] = world.version.extra.set(KEY, plan)
    if (key := f"{KEY}/{drop}") in extra:
        extra = extra.delete(key)
    world.evolve(extra=extra)


def describe(version: Version, placed: Placed) -> Mapping[str, Any]:
    """A rule and what it has met, as it is served."""
    counts = counts_of(version, placed.name)
    return {
        "name": placed.name,
        **placed.rule.model_dump(mode="json", by_alias=True, exclude_defaults=True),
        "expires": None if placed.expires is None else show_time(moment(placed.expires)),
        "seen": counts.seen,
        "fired": counts.fired,
        "last": None if counts.last is None else show_time(moment(counts.last)),
    }


def rules(version: Version) -> list[Mapping[str, Any]]:
    """Every rule of a version, as it is served."""
    return [describe(version, placed) for placed in plan_of(version).rules]


def seen(counts: Counts) -> Counts:
    """One more operation that fits."""
    return replace(counts, seen=counts.seen + 1)


def fired(counts: Counts, now: int) -> Counts:
    """One more strike, at a world time."""
    return replace(counts, fired=counts.fired + 1, last=now)
