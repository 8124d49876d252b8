"""Marks: a world's state kept under a name, and restored."""

from __future__ import annotations

from typing import Final

from falsefront.kernel.operation import Failure, FailureKind
from falsefront.world.worlds import NAME

from .. import show
from ..answers import MarkInfo, MarkList, Removed, WorldInfo
from ..bodies import Named
from ..exclusive import exclusive
from ..route import Answer, Call, Refused, Route


async def list_marks(call: Call) -> MarkList:
    return MarkList(marks=[show.mark(name, version) for name, version in call.world.marks.items()])


async def put(call: Call) -> Answer:
    world = call.world
    name = _name(call)
    if not NAME.fullmatch(name):
        raise Failure(
            FailureKind.INVALID,
            f"{name!r} cannot name a mark: use 1 to 63 letters, digits, '.', '_' and '-', a letter or digit first",
        )
    new = name not in world.marks
    return Answer(show.mark(name, world.mark(name)), 201 if new else 200)


async def one(call: Call) -> MarkInfo:
    return show.mark(call.params["mark"], call.world.marked(call.params["mark"]))


async def remove(call: Call) -> Removed:
    call.world.unmark(call.params["mark"])
    return Removed(removed=1)


async def restore(call: Call) -> WorldInfo:
    world = call.world
    mark = _name(call)
    version = world.marked(mark)
    async with exclusive(world):
        world.restore(version, mark=mark)
    await call.serving.runtime.settle(world)
    return show.world(world)


def _name(call: Call) -> str:
    wanted: Named | None = call.body
    name = call.params.get("mark") or (wanted.name if wanted else None)
    if not name:
        raise Refused(422, "invalid", 'name the mark: {"name": "…"}', "name")
    return name


_M: Final = "/worlds/{world}/marks"
ROUTES: Final = (
    Route(("GET",), _M, list_marks, "A world's marks", MarkList),
    Route(("POST", "PUT"), _M, put, "Take a mark", MarkInfo, 201, Named, also=(200,)),
    Route(("GET",), f"{_M}/{{mark}}", one, "A mark", MarkInfo),
    Route(
        ("PUT", "POST"), f"{_M}/{{mark}}", put, "Take a mark of that name", MarkInfo, 201, also=(200,), errors=(422,)
    ),
    Route(("DELETE",), f"{_M}/{{mark}}", remove, "Forget a mark", Removed),
    Route(("POST", "PUT"), f"{_M}/{{mark}}/restore", restore, "Put the world back to a mark", WorldInfo),
    Route(("POST", "PUT"), "/worlds/{world}/restore", restore, "Put the world back to a mark", WorldInfo, 200, Named),
)
