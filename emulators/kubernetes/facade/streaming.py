"""Watch streams: the log of changes, followed as the world goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

import orjson

from falsefront.kernel.chain import Exchange
from falsefront.kernel.emulator import Context, Receive, Send
from falsefront.kernel.operation import Failure, Operation, Reply
from falsefront.kernel.state import State
from falsefront.wire.http import Request, send_reply
from falsefront.world.world import Commit, World

from ..api import status, watching
from ..api.call import Call
from ..api.reading import selection
from ..api.session import Session
from ..api.verbs import prepared
from ..objects import Objects
from ..printing.tables import partial, table
from ..shape import Shape
from . import negotiation
from .negotiation import Form

NAME: Final = "kubernetes"
BOOKMARKS: Final = 60.0
"""Seconds between bookmarks on a quiet watch."""
_LONGEST: Final = 3600.0
_TABLES: Final = ("Table", "PartialObjectMetadata")

Handle = Callable[[State, Operation], Any]


@dataclass(slots=True)
class _Bell:
    """Rings when the world has changed; ``rewound`` says that time ran backwards."""

    rung: asyncio.Event = field(default_factory=asyncio.Event)
    rewound: bool = False

    def listen(self, commit: Commit) -> None:
        self.rewound = self.rewound or commit.rewound
        self.rung.set()


async def watch(
    context: Context, shape: Shape, handle: Handle, request: Request, receive: Receive, send: Send, call: Call
) -> None:
    """Serve one watch until it times out, the client leaves or the world is rewound."""
    form = negotiation.choose(request.header(b"accept").replace(";stream=watch", ""), _TABLES)
    seconds = _timeout(call)
    world = request.world
    bell = _Bell()
    stop = world.listen(bell.listen)
    try:
        op = Operation(NAME, call.operation, call.args(), session=request.header(b"kubectl-session"))
        started = await context.perform(Exchange(op, handle, world, link=request.link, access="read"))
        if isinstance(started, Reply):
            await send_reply(send, started)
            return
        stream = _Stream(context, shape, request, send, call, form, world, bell)
        gone = asyncio.ensure_future(_gone(receive))
        try:
            await stream.run(started["body"], seconds, gone)
        finally:
            gone.cancel()
    finally:
        stop()


def _timeout(call: Call) -> float:
    text = call.options.get("timeoutSeconds", "")
    if not text:
        return _LONGEST
    try:
        return max(0.0, float(int(text)))
    except ValueError:
        raise status.bad_request(f'strconv.ParseInt: parsing "{text}": invalid syntax') from None


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


class _Stream:
    def __init__(
        self,
        context: Context,
        shape: Shape,
        request: Request,
        send: Send,
        call: Call,
        form: Form,
        world: World,
        bell: _Bell,
    ) -> None:
        self._context = context
        self._shape = shape
        self._request = request
        self._send = send
        self._call = call
        self._form = form
        self._world = world
        self._bell = bell
        self._columns = True
        self._chosen = selection(Session(shape, world.begin(), call))
        self._sent = 0

    async def run(self, started: Mapping[str, Any], seconds: float, gone: asyncio.Future[None]) -> None:
        headers = [
            (b"content-type", b"application/json"),
            (b"cache-control", b"no-cache, private"),
        ]
        await self._send({"type": "http.response.start", "status": 200, "headers": headers})
        # Clients wait for the head before the first event.
        await self._send({"type": "http.response.body", "body": b"", "more_body": True})
        if started.get("error"):
            await self._write({"type": "ERROR", "object": started["error"]})
        else:
            await self._events(started, seconds, gone)
        if not gone.done():
            await self._send({"type": "http.response.body", "body": b""})

    async def _events(self, started: Mapping[str, Any], seconds: float, gone: asyncio.Future[None]) -> None:
        revision: int = started["revision"]
        for event in started["events"]:
            if not await self._perform(event):
                return
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while not gone.done():
            self._bell.rung.clear()
            if self._bell.rewound:
                await self._write({"type": "ERROR", "object": watching.expired(revision, self._floor())})
                return
            fresh, revision = self._fresh(revision)
            if fresh is None:
                await self._write({"type": "ERROR", "object": watching.expired(revision, self._floor())})
                return
            for event in fresh:
                if not await self._perform(event):
                    return
            if fresh:
                continue
            left = end - loop.time()
            if left <= 0:
                return
            if not await self._wait(min(left, BOOKMARKS), gone) and left > BOOKMARKS:
                await self._bookmark(revision)

    async def _wait(self, seconds: float, gone: asyncio.Future[None]) -> bool:
        """Whether anything happened in that time."""
        rung = asyncio.ensure_future(self._bell.rung.wait())
        try:
            waiting: set[asyncio.Future[Any]] = {rung, gone}
            done, _ = await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            rung.cancel()
        return bool(done)

    def _objects(self) -> tuple[Objects, Session]:
        state = prepared(self._world.begin(), writes=False)
        return Objects(state), Session(self._shape, state, self._call)

    def _floor(self) -> int:
        return self._objects()[0].floor

    def _fresh(self, revision: int) -> tuple[list[Mapping[str, Any]] | None, int]:
        """The events after a revision and the revision they lead to; ``None`` if some are forgotten."""
        objects, session = self._objects()
        if revision < objects.floor:
            return None, revision
        found = [event for _, event in watching.events_after(objects, session, self._chosen, revision)]
        return found, objects.revision

    async def _perform(self, event: Mapping[str, Any]) -> bool:
        """Take one event along the chain and send it; whether the stream goes on."""
        metadata = event["object"].get("metadata", {})
        args = {"type": event["type"]}
        for name in ("namespace", "name", "resourceVersion"):
            if metadata.get(name):
                args[name] = metadata[name]
        op = Operation(NAME, f"{self._call.operation}.event", args, session=self._request.header(b"kubectl-session"))

        def hand_over(state: State, op: Operation) -> Any:
            return event

        try:
            result = await self._context.perform(
                Exchange(op, hand_over, self._world, link=self._request.link, access="read")
            )
        except Failure as failure:
            await self._write({"type": "ERROR", "object": status.render(failure, replace(self._call, verb="watch"))})
            return False
        await self._write(result.body if isinstance(result, Reply) else result)
        return True

    async def _bookmark(self, revision: int) -> None:
        if self._call.options.get("allowWatchBookmarks") in ("true", "1"):
            session = self._objects()[1]
            await self._write(watching.bookmark(session, revision))

    async def _write(self, event: Any) -> None:
        if isinstance(event, Mapping) and event.get("type") != "ERROR" and "object" in event:
            event = {**event, "object": self._shown(event["type"], event["object"])}
        data = event.encode() if isinstance(event, str) else orjson.dumps(event)
        await self._send({"type": "http.response.body", "body": data + b"\n", "more_body": True})

    def _shown(self, kind: str, item: Mapping[str, Any]) -> Any:
        if self._form.as_ == "Table":
            include = self._call.options.get("includeObject", "Metadata")
            now = self._world.version.clock.now()
            rows = [] if kind == "BOOKMARK" else [item]
            metadata = {"resourceVersion": item["metadata"]["resourceVersion"]}
            if annotations := item["metadata"].get("annotations") if kind == "BOOKMARK" else None:
                metadata["annotations"] = annotations
            plural = self._call.resource.plural
            found = table(plural, rows, now, metadata=metadata, include=include, columns=self._columns)
            self._columns = False
            return found
        return partial(item) if self._form.as_ else item
