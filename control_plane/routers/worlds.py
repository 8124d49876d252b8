"""Worlds: make, list, fork, reset and drop them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from falsefront.world.store import Version
from falsefront.world.world import World
from falsefront.world.worlds import DEFAULT

from .. import show
from ..addresses import addresses
from ..answers import Addresses, Removed, WorldCreated, WorldInfo, WorldList
from ..bodies import Create, Fork
from ..exclusive import exclusive, start
from ..route import Call, Refused, Route
from .clock import changed


async def list_worlds(call: Call) -> WorldList:
    return WorldList(worlds=[show.world(world) for world in call.serving.runtime.worlds])


async def create(call: Call) -> WorldCreated:
    wanted: Create = call.body.flat()
    name = call.params.get("world") or wanted.name
    if "world" in call.params and wanted.name not in (None, name):
        raise Refused(422, "invalid", f"the path names {name!r} and the body {wanted.name!r}", "name")
    return show.created(await start(call.serving.runtime, await _create(call, name, wanted)), call)


async def _create(call: Call, name: str | None, wanted: Create) -> World:
    worlds = call.serving.runtime.worlds
    name = name or _free_name(call, wanted.fixture or _stem(wanted))
    # A name that cannot be is told before any work is done, and again by whoever takes it.
    worlds.check(name)
    version, parent, fixture = await _origin(call, wanted)
    if wanted.seed is not None:
        version = replace(version, seed=wanted.seed)
    if wanted.clock is not None:
        version = replace(version, clock=changed(version.clock, wanted.clock))
    if wanted.data:
        version = await call.serving.fixtures.seeded(_sections(call, wanted.data), version)
    if parent is None:
        return worlds.create(name, version, fixture=fixture)
    return worlds.fork(parent, name, version)


async def _origin(call: Call, wanted: Create) -> tuple[Version, World | None, str | None]:
    """The state a new world begins with, and the world or the fixture that it is of."""
    given = [name for name in ("fixture", "source", "url") if getattr(wanted, name) is not None]
    if len(given) > 1:
        raise Refused(422, "invalid", "give one of 'fixture', 'from' and 'file'", "fixture")
    fixtures = call.serving.fixtures
    if wanted.url is not None:
        return await call.serving.archives.read(wanted.url), None, None
    if wanted.source is not None or wanted.mark is not None:
        return _from_world(call, wanted)
    if wanted.fixture is not None:
        return await fixtures.version(wanted.fixture, seed=wanted.seed), None, wanted.fixture
    return await fixtures.version(fixtures.standard, seed=wanted.seed), None, fixtures.standard


def _from_world(call: Call, wanted: Create) -> tuple[Version, World | None, str | None]:
    worlds, fixtures = call.serving.runtime.worlds, call.serving.fixtures
    name, _, mark = (wanted.source if isinstance(wanted.source, str) else DEFAULT).partition("@")
    source = worlds.find(name)
    mark = wanted.mark or mark
    return (source.marked(mark) if mark else source.version), source, fixtures.standard


def _sections(call: Call, data: Mapping[str, Any]) -> Mapping[str, Any]:
    for name in data:
        if name not in call.serving.runtime.emulators:
            raise Refused(422, "invalid", f"no emulator {name!r} is loaded", f"data.{name}")
    return data


def _stem(wanted: Create) -> str:
    return wanted.source.partition("@")[0] if isinstance(wanted.source, str) and wanted.source else "world"


def _free_name(call: Call, stem: str) -> str:
    worlds = call.serving.runtime.worlds
    number = 1
    while f"{stem[:50]}-{number}" in worlds:
        number += 1
    return f"{stem[:50]}-{number}"


async def one(call: Call) -> WorldCreated:
    return show.created(call.world, call)


async def drop(call: Call) -> Removed:
    call.serving.runtime.worlds.drop(call.params["world"])
    return Removed(removed=1)


async def reset(call: Call) -> WorldInfo:
    world = call.world
    async with exclusive(world):
        world.restore(world.origin)
    await call.serving.runtime.settle(world)
    return show.world(world)


async def fork(call: Call) -> WorldCreated:
    wanted: Fork = call.body
    worlds = call.serving.runtime.worlds
    source = call.world
    version = source.marked(wanted.mark) if wanted.mark else source.version
    if wanted.seed is not None:
        version = replace(version, seed=wanted.seed)
    name = call.params.get("name") or wanted.name or _free_name(call, source.name)
    return show.created(await start(call.serving.runtime, worlds.fork(source, name, version)), call)


async def environment(call: Call) -> Addresses:
    return addresses(call.serving, call.world.name, call.host)


async def query(call: Call) -> Any:
    raise Refused(501, "unavailable", "queries over the whole world are not there yet; use diff, journal and export")


_W: Final = "/worlds/{world}"
ROUTES: Final = (
    Route(("GET",), "/worlds", list_worlds, "Every world", WorldList),
    Route(("POST", "PUT"), "/worlds", create, "Make a world", WorldCreated, 201, Create, errors=(404, 409)),
    Route(("GET",), _W, one, "A world and its addresses", WorldCreated),
    Route(("PUT", "POST"), _W, create, "Make a world of that name", WorldCreated, 201, Create, errors=(409,)),
    Route(("DELETE",), _W, drop, "Drop a world", Removed),
    Route(("POST", "PUT"), f"{_W}/reset", reset, "Put a world back to how it began", WorldInfo),
    Route(("POST", "PUT"), f"{_W}/fork", fork, "Fork a world", WorldCreated, 201, Fork, errors=(409,)),
    Route(
        ("PUT", "POST"), f"{_W}/fork/{{name}}", fork, "Fork a world, by name", WorldCreated, 201, Fork, errors=(409,)
    ),
    Route(("GET",), f"{_W}/environment", environment, "Everything ready to paste", Addresses),
    Route(("GET",), f"{_W}/env", environment, "The same, for those who write it short", Addresses),
    Route(("POST", "GET"), f"{_W}/query", query, "Query the whole world (not there yet)", status=200, errors=(501,)),
)
