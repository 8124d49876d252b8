"""Worlds as files: streamed in a body, or kept below the directory that the server allows."""

from __future__ import annotations

from typing import Any, Final

import orjson
from pydantic import ValidationError

from .. import show
from ..answers import Exported, WorldCreated
from ..bodies import ImportQuery, Where
from ..exclusive import start
from ..route import Answer, Call, Refused, Route

MEDIA: Final = "application/gzip"
LARGEST: Final = 1 << 32
"""Bytes of an imported file."""


async def export(call: Call) -> Answer:
    world = call.world
    data = await call.serving.archives.pack(world)
    name = f"{world.name}.world.gz"
    return Answer(data, headers={"content-type": MEDIA, "content-disposition": f'attachment; filename="{name}"'})


async def export_to(call: Call) -> Exported | Answer:
    where: Where = call.body
    return Exported.model_validate(await call.serving.archives.write(where.url, call.world))


async def import_world(call: Call) -> WorldCreated:
    asked: ImportQuery = call.query
    runtime, archives = call.serving.runtime, call.serving.archives
    name = call.params.get("world") or asked.name
    if name:
        runtime.worlds.check(name)
    about: dict[str, Any] = {}
    if b"json" in call.request.headers.get(b"content-type", b""):
        where = await _where(call)
        name = name or where.name
        version = await archives.read(where.url)
    else:
        data = await call.request.body(LARGEST)
        if not data:
            raise Refused(422, "invalid", 'send an exported world as the body, or {"url": …} as JSON')
        version, about = await archives.unpack(data)
    name = name or str(about.get("world") or "")
    if not name:
        raise Refused(422, "invalid", "name the world: ?name=…", "name")
    fixture = about.get("fixture")
    return show.created(await start(runtime, runtime.worlds.create(name, version, fixture=fixture)), call)


async def _where(call: Call) -> Where:
    data = await call.request.body(call.serving.runtime.max_body)
    try:
        return Where.model_validate(orjson.loads(data))
    except orjson.JSONDecodeError as error:
        raise Refused(400, "invalid", f"the body is not JSON: {error}") from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise Refused(422, "invalid", first["msg"], ".".join(map(str, first["loc"]))) from None


_W: Final = "/worlds/{world}"
_RAW: Final = f"{MEDIA} application/octet-stream application/json"
ROUTES: Final = (
    Route(("GET",), f"{_W}/export", export, "A world as a file", media=MEDIA),
    Route(
        ("POST", "PUT"),
        f"{_W}/export",
        export_to,
        "Write a world to a file of the server's",
        Exported,
        200,
        Where,
        errors=(503,),
    ),
    Route(
        ("POST", "PUT"),
        "/import",
        import_world,
        "Make a world from a file",
        WorldCreated,
        201,
        query=ImportQuery,
        raw=_RAW,
        errors=(404, 409, 413),
    ),
    Route(
        ("PUT", "POST"),
        f"{_W}/import",
        import_world,
        "Make a world of that name from a file",
        WorldCreated,
        201,
        query=ImportQuery,
        raw=_RAW,
        errors=(409, 413),
    ),
)
