"""Fault rules, by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pydantic import field_validator

from falsefront.faults.plan import Placed, describe, plan_of, put_rule, remove_rule
from falsefront.faults.rule import Rule
from falsefront.kernel.operation import Failure, FailureKind
from falsefront.world.world import World
from falsefront.world.worlds import NAME

from ..answers import FaultInfo, FaultList, Removed
from ..route import Answer, Call, Route


class NamedRule(Rule):
    """A fault rule with its name, where the path does not give it."""

    name: str | None = None

    @field_validator("then", mode="before")
    @classmethod
    def _one_effect(cls, then: Any) -> Any:
        return [then] if isinstance(then, dict) else then


async def list_faults(call: Call) -> FaultList:
    version = call.world.version
    return FaultList.model_validate({"faults": [_shown(call, placed) for placed in plan_of(version).rules]})


async def put(call: Call) -> Answer:
    world = call.world
    rule: NamedRule = call.body
    name = call.params.get("name") or rule.name or _free_name(world)
    if not NAME.fullmatch(name):
        raise Failure(
            FailureKind.INVALID,
            f"{name!r} cannot name a fault: use 1 to 63 letters, digits, '.', '_' and '-', a letter or digit first",
        )
    plain = Rule.model_validate(rule.model_dump(by_alias=True, exclude={"name"}, exclude_unset=True))
    new = put_rule(world, name, plain)
    return Answer(_described(call, name), 201 if new else 200)


async def one(call: Call) -> Any:
    return _described(call, call.params["name"])


async def remove(call: Call) -> Removed:
    remove_rule(call.world, call.params["name"])
    return Removed(removed=1)


async def remove_all(call: Call) -> Removed:
    world = call.world
    names = [placed.name for placed in plan_of(world.version).rules]
    for name in names:
        remove_rule(world, name)
    return Removed(removed=len(names))


def _described(call: Call, name: str) -> Mapping[str, Any]:
    world = call.world
    for placed in plan_of(world.version).rules:
        if placed.name == name:
            return _shown(call, placed)
    raise Failure(FailureKind.NOT_FOUND, f"world {world.name!r} has no fault {name!r}")


def _shown(call: Call, placed: Placed) -> Mapping[str, Any]:
    """A rule, what it met, and how many of the operations that there are it is for: 0 is likely a mistake."""
    when = placed.rule.when
    matches = sum(
        when.names(emulator.name, op)
        for emulator in call.serving.runtime.emulators.values()
        for op in emulator.operations
    )
    return {**describe(call.world.version, placed), "matches": matches}


def _free_name(world: World) -> str:
    taken = {placed.name for placed in plan_of(world.version).rules}
    number = 1
    while f"fault-{number}" in taken:
        number += 1
    return f"fault-{number}"


_F: Final = "/worlds/{world}/faults"
ROUTES: Final = (
    Route(("GET",), _F, list_faults, "A world's fault rules and what they met", FaultList),
    Route(("POST",), _F, put, "Put a rule", FaultInfo, 201, NamedRule, also=(200,)),
    Route(("DELETE",), _F, remove_all, "Remove every rule", Removed),
    Route(("GET",), f"{_F}/{{name}}", one, "A rule and what it met", FaultInfo),
    Route(("PUT", "POST"), f"{_F}/{{name}}", put, "Put a rule under that name", FaultInfo, 201, NamedRule, also=(200,)),
    Route(("DELETE",), f"{_F}/{{name}}", remove, "Remove a rule", Removed),
)
