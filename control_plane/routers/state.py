"""A world's content: its digest, what differs between two states, and more seed for it."""

from __future__ import annotations

import re
from itertools import islice
from typing import Any, Final

from falsefront.kernel.operation import Failure, FailureKind
from falsefront.world.digest import as_json
from falsefront.world.digest import show as show_digest
from falsefront.world.journal import redact
from falsefront.world.rows import Change
from falsefront.world.store import Version, diff
from falsefront.world.world import World

from .. import show
from ..answers import ChangeInfo, DiffInfo, DigestInfo, WorldInfo
from ..bodies import DiffBody, DiffQuery, SeedBody, Side
from ..exclusive import exclusive
from ..route import Call, Refused, Route


async def digest(call: Call) -> DigestInfo:
    world = call.world
    version = world.version
    return DigestInfo(
        world=world.name,
        digest=show_digest(version.digest),
        version=version.number,
        tables={
            name: show_digest(rows.digest % (1 << 128))
            for name, rows in sorted(version.tables.items())
            if rows.spec.content and rows.count
        },
    )


async def diff_get(call: Call) -> DiffInfo:
    asked: DiffQuery = call.query
    before: Side | str | None = asked.before
    if before is None and (asked.mark is not None or asked.version is not None):
        before = Side(mark=asked.mark, version=asked.version)
    return await _diff(call, before, asked.after, asked.limit)


async def diff_with(call: Call) -> DiffInfo:
    asked: DiffQuery = call.query
    return await _diff(call, Side(), call.params["other"], asked.limit)


async def diff_post(call: Call) -> DiffInfo:
    asked: DiffBody = call.body
    return await _diff(call, asked.before, asked.after, asked.limit)


async def _diff(call: Call, before: Side | str | None, after: Side | str | None, limit: int) -> DiffInfo:
    """From ``before`` to ``after``; where one is missing, this world: as it began, or as it is."""
    world = call.world
    if before is None and after is not None:
        before = Side()
    left, old = (Side(world=world.name), world.origin) if before is None else _side(call, before, world)
    right, new = _side(call, after, world) if after is not None else _side(call, Side(), world)
    changes = list(islice(diff(old, new), limit + 1))
    return DiffInfo(
        before={**left.model_dump(exclude_none=True), "version": old.number, "digest": show_digest(old.digest)},
        after={**right.model_dump(exclude_none=True), "version": new.number, "digest": show_digest(new.digest)},
        equal=old.digest == new.digest,
        count=min(len(changes), limit),
        truncated=len(changes) > limit,
        changes=[change_info(change) for change in changes[:limit]],
    )


def _side(call: Call, side: Side | str, world: World) -> tuple[Side, Version]:
    if isinstance(side, str):
        side = _parse(call, side, world)
    source = call.serving.runtime.worlds.find(side.world) if side.world else world
    named = Side(world=source.name, mark=side.mark)
    if side.mark is not None:
        return named, source.marked(side.mark)
    if side.version is not None:
        return named, _numbered(source, side.version)
    return named, source.version


def _parse(call: Call, text: str, world: World) -> Side:
    """``world``, ``world@mark``, ``@mark``, ``world#version``; a name that is no world may be this world's mark."""
    name, at, mark = text.partition("@")
    if at:
        return Side(world=name or None, mark=mark)
    name, number, version = text.partition("#")
    if number:
        if not re.fullmatch("[0-9]{1,18}", version):
            raise Refused(422, "invalid", f"{version!r} is not a version's number", "before")
        return Side(world=name or None, version=int(version))
    if text not in call.serving.runtime.worlds and text in world.marks:
        return Side(mark=text)
    return Side(world=text)


def _numbered(world: World, number: int) -> Version:
    candidates = (world.version, world.origin, world.at(number), *world.marks.values())
    for version in candidates:
        if version.number == number:
            return version
    raise Failure(
        FailureKind.GONE if number < world.version.number else FailureKind.NOT_FOUND,
        f"world {world.name!r} does not remember version {number}; take marks of those you need",
    )


def change_info(change: Change) -> ChangeInfo:
    """A change as it is answered, credentials redacted."""
    kind: Any = "added" if change.before is None else "removed" if change.after is None else "changed"
    return ChangeInfo(
        table=change.table,
        key=as_json(change.key),
        kind=kind,
        before=redact(as_json(change.before)),
        after=redact(as_json(change.after)),
    )


async def seed(call: Call) -> WorldInfo:
    wanted: SeedBody = call.body
    world, serving = call.world, call.serving
    data = {**(wanted.data or {}), **(wanted.model_extra or {})}
    if wanted.fixture is not None:
        data = {**serving.fixtures.sections(wanted.fixture, world.version.seed), **data}
    for name in data:
        if name not in serving.runtime.emulators:
            raise Refused(422, "invalid", f"no emulator {name!r} is loaded", name)
    async with exclusive(world):
        serving.runtime.seed(world, data)
    await serving.runtime.settle(world)
    return show.world(world)


_W: Final = "/worlds/{world}"
ROUTES: Final = (
    Route(("GET",), f"{_W}/digest", digest, "The hash of a world's content", DigestInfo),
    Route(
        ("GET",), f"{_W}/diff", diff_get, "What differs between two states", DiffInfo, query=DiffQuery, errors=(410,)
    ),
    Route(("GET",), f"{_W}/diff/{{other}}", diff_with, "What differs from here to there", DiffInfo, query=DiffQuery),
    Route(
        ("POST",), f"{_W}/diff", diff_post, "What differs between two states", DiffInfo, 200, DiffBody, errors=(410,)
    ),
    Route(("POST", "PUT"), f"{_W}/seed", seed, "Put more into a world", WorldInfo, 200, SeedBody),
)
