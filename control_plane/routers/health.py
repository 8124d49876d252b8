"""Whether the server is alive and ready, and what is loaded."""

from __future__ import annotations

from typing import Final

from falsefront import __version__

from ..answers import EmulatorList, FixtureList, Health, Index
from ..route import Call, Refused, Route


async def index(call: Call) -> Index:
    return Index(
        name="falsefront",
        version=__version__,
        openapi="/_falsefront/openapi.json",
        worlds=[world.name for world in call.serving.runtime.worlds],
    )


async def health(call: Call) -> Health:
    runtime = call.serving.runtime
    return Health(status="ok", version=__version__, worlds=len(runtime.worlds), emulators=list(runtime.emulators))


async def ready(call: Call) -> Health:
    if not call.serving.ready:
        raise Refused(503, "unavailable", "the server is still starting")
    found = await health(call)
    found.status = "ready"
    return found


async def emulators(call: Call) -> EmulatorList:
    return EmulatorList(
        emulators=[
            {
                "name": emulator.name,
                "operations": [
                    {"name": name, "access": op.access, "summary": op.summary}
                    for name, op in emulator.operations.items()
                ],
            }
            for emulator in call.serving.runtime.emulators.values()
        ]
    )


async def fixtures(call: Call) -> FixtureList:
    return FixtureList(fixtures=call.serving.fixtures.names())


ROUTES: Final = (
    Route(("GET",), "/", index, "What this is", Index),
    Route(("GET",), "/health", health, "Whether the server is alive", Health, public=True),
    Route(("GET",), "/ready", ready, "Whether every port answers", Health, errors=(503,), public=True),
    Route(("GET",), "/emulators", emulators, "What is loaded, with every operation's name", EmulatorList),
    Route(("GET",), "/fixtures", fixtures, "What worlds can be made from", FixtureList),
)
