"""The control plane: an ASGI app under ``/_falsefront/`` that serves a table of routes."""

from __future__ import annotations

import logging
import re
from collections.abc import AsyncIterator, Iterable
from typing import Any, Final

import orjson
from pydantic import BaseModel, ValidationError

from falsefront.kernel.emulator import Receive, Scope, Send
from falsefront.kernel.operation import Failure
from falsefront.wire.http import Disconnected, Request, TooLarge, send_bytes
from falsefront.world.journal import dump
from falsefront.world.worlds import DEFAULT

from .guard import Guard
from .query import decode
from .route import Answer, Call, Refused, Route
from .routers import ROUTES
from .serving import Serving

log = logging.getLogger("falsefront")

ROOT: Final = "/_falsefront"
_SCOPED: Final = "/worlds/{world}"
_PARAMETER: Final = re.compile(r"\{(\w+)\}")


class ControlPlane:
    """Routes, behind a guard."""

    def __init__(self, serving: Serving, guard: Guard | None = None, routes: Iterable[Route] = ROUTES) -> None:
        self._serving = serving
        self._guard = guard or Guard()
        self._routes = [(_pattern(route.path), route) for route in routes]
        self._openapi: bytes | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; a websocket is closed."""
        if scope["type"] != "http":
            await receive()
            await send({"type": "websocket.close", "code": 1000})
            return
        request = Request(scope, receive)
        try:
            answer = await self._answer(request)
        except Refused as refused:
            answer = Answer(refused.body, refused.status, refused.headers)
        except Failure as failure:
            told = Refused.of(failure)
            answer = Answer(told.body, 413 if isinstance(failure, TooLarge) else told.status)
        except Disconnected:
            return
        except Exception:
            log.exception("the control plane failed at %s %s", request.method, scope["path"])
            answer = Answer(Refused(500, "internal", "an internal error occurred; the server's log has more").body, 500)
        await _send(send, answer, head=request.method == "HEAD")

    async def _answer(self, request: Request) -> Answer:
        path = request.scope["path"].removeprefix(ROOT).rstrip("/") or "/"
        method = "GET" if request.method == "HEAD" else request.method
        query = decode(request.query)
        if path == "/openapi.json" and method == "GET":
            self._guard.check(request.headers)
            return Answer(self._document(), 200, {"content-type": "application/json"})
        found = self._find(method, path)
        scoped = found is None and not path.startswith("/worlds")
        if scoped:
            found = self._find(method, "/worlds/" + DEFAULT + path)
        self._guard.check(request.headers, public=found is not None and found[0].public)
        if found is None:
            raise self._unknown(method, path)
        route, params = found
        body = await self._body(request, route)
        if scoped:
            params = {**params, "world": _world(query, body)}
        call = Call(self._serving, request, params)
        call.query = _valid(route.query, query) if route.query else query
        call.body = _valid(route.body, body) if route.body else body
        answer = await route.handler(call)
        if not isinstance(answer, Answer):
            answer = Answer(answer)
        if answer.status is None:
            answer = Answer(answer.body, route.status, answer.headers)
        return answer

    def _find(self, method: str, path: str) -> tuple[Route, dict[str, str]] | None:
        for pattern, route in self._routes:
            if method in route.methods and (match := pattern.fullmatch(path)):
                return route, match.groupdict()
        return None

    def _unknown(self, method: str, path: str) -> Refused:
        for candidate in (path, "/worlds/" + DEFAULT + path):
            allowed = sorted(
                {name for pattern, route in self._routes if pattern.fullmatch(candidate) for name in route.methods}
            )
            if allowed:
                refused = Refused(405, "invalid", f"{ROOT}{path} takes {', '.join(allowed)}, not {method}")
                refused.headers["allow"] = ", ".join(allowed)
                return refused
        return Refused(404, "not_found", f"there is nothing at {ROOT}{path}; {ROOT}/openapi.json lists what there is")

    async def _body(self, request: Request, route: Route) -> Any:
        if route.raw or not route.body:
            return None
        data = await request.body(self._serving.runtime.max_body)
        if not data.strip():
            return {}
        try:
            return orjson.loads(data)
        except orjson.JSONDecodeError as error:
            raise Refused(400, "invalid", f"the body is not JSON: {error}") from None

    def _document(self) -> bytes:
        if self._openapi is None:
            from .openapi import document

            self._openapi = orjson.dumps(document((route for _, route in self._routes), ROOT))
        return self._openapi


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(_PARAMETER.sub(r"(?P<\1>[^/]+)", path), re.DOTALL)


def _world(query: dict[str, Any], body: Any) -> str:
    """The world that a path without one means: named by the query or the body, else the default one."""
    if "world" in query:
        return str(query.pop("world"))
    if isinstance(body, dict):
        for name in ("world", "from", "source"):
            if isinstance(body.get(name), str):
                return str(body.pop(name))
    return DEFAULT


def _valid(model: type[BaseModel], value: Any) -> BaseModel:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise _invalid(error) from None


def _invalid(error: ValidationError) -> Refused:
    """The first mistake, in words; all of them beside it where there are more."""
    mistakes = [
        {
            "field": ".".join(str(part) for part in mistake["loc"]),
            "message": mistake["msg"].removeprefix("Value error, ").removeprefix("Assertion failed, "),
        }
        for mistake in error.errors(include_url=False, include_context=False, include_input=False)
    ]
    first = mistakes[0]
    message = f"{first['field']}: {first['message']}" if first["field"] else first["message"]
    refused = Refused(422, "invalid", message, first["field"] or None)
    if len(mistakes) > 1:
        refused.body["error"]["mistakes"] = mistakes
    return refused


async def _send(send: Send, answer: Answer, *, head: bool) -> None:
    headers = {"content-type": "application/json", "cache-control": "no-store", **answer.headers}
    body, status = answer.body, answer.status or 200
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    if isinstance(body, BaseModel):
        body = _plain(body)
    if isinstance(body, bytes):
        await send_bytes(send, status, raw, b"" if head else body)
    elif isinstance(body, AsyncIterator):
        await send({"type": "http.response.start", "status": status, "headers": raw})
        async for chunk in body:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
    else:
        data = b"" if head else dump(body)
        await send_bytes(send, status, raw, data)


def _plain(model: BaseModel) -> Any:
    try:
        return model.model_dump(mode="json", by_alias=True)
    except UnicodeEncodeError:
        # Half a surrogate pair in a name, which some client sent: JSON can say it, pydantic cannot.
        return model.model_dump(by_alias=True)


def control_plane(token: str | None = None, hosts: Iterable[str] = ()) -> Any:
    """Make a control plane for a server that is being put together."""

    def make(serving: Serving) -> ControlPlane:
        return ControlPlane(serving, Guard(token, hosts))

    return make
