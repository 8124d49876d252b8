"""The HTTP façade: keys, versions and forms in; Stripe's JSON and headers out."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any, Final

import orjson

from falsefront.kernel.chain import Exchange
from falsefront.kernel.emulator import Context, Receive, Scope, Send
from falsefront.kernel.operation import Failure, Operation, Reply
from falsefront.wire.http import Disconnected, Request, TooLarge, send_bytes, send_reply
from falsefront.world.ids import ALPHANUMERIC, stream
from falsefront.world.world import World

from . import expand
from .call import API_VERSION
from .errors import BAD_BODY, NO_KEY, NOT_EXECUTED, PUBLISHABLE_KEY, error_object, headers_of, refuse, status_of
from .execution import Execution, log_url
from .form import decode
from .idempotency import LONGEST, Replayed, fingerprint, in_use
from .known import exists
from .resource import account_of
from .router import Found, Router
from .shape import array, text

_JSON: Final = (b"content-type", b"application/json")
_NO_STORE: Final = (b"cache-control", b"no-cache, no-store")
_NO_RETRY: Final = (b"stripe-should-retry", b"false")
_CHALLENGE: Final = (b"www-authenticate", b'Basic realm="Stripe"')
_REPLAYED: Final = (b"idempotent-replayed", b"true")
_KEY: Final = re.compile(r"[sr]k_test_[\w.-]+", re.ASCII)
_WORLD_KEY: Final = re.compile(r"sk_test_([A-Za-z0-9][A-Za-z0-9._-]{0,62})", re.ASCII)
_VERSION: Final = re.compile(r"\d{4}-\d{2}-\d{2}(?:\.[a-z]+)?(?:; ?\w+=v\d+)*", re.ASCII)
"""A date, its release's name, and features in preview."""
_READ_EXPAND: Final = array(text(fixed=True))
_FORM: Final = "application/x-www-form-urlencoded"
_REQUESTS: Final = "stripe.request"


class Api:
    """Stripe's API as an ASGI app."""

    def __init__(self, context: Context, router: Router) -> None:
        self._perform = context.perform
        self._max_body = context.max_body
        self._router = router
        self._under_way: set[tuple[str, str]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await receive()
            await send({"type": "websocket.close", "code": 1000})
            return
        request = Request(scope, receive)
        try:
            world = request.world
        except Failure as failure:
            await _send_error(send, failure, 0, "req_unknownworld0", [])
            return
        request_id = _next_request_id(world)
        headers = [(b"request-id", request_id.encode())]
        seed = world.version.seed
        try:
            found = self._enter(request, seed, headers)
            execution, args = await self._prepare(request, found, request_id, headers)
        except Failure as failure:
            await _send_error(send, failure, seed, request_id, headers)
            return
        except Disconnected:
            return
        await self._run(request, send, world, execution, args, headers)

    def _enter(self, request: Request, seed: int, headers: list[tuple[bytes, bytes]]) -> Found:
        """Check the key and what the request is about, and find its endpoint."""
        key = _key_of(request.headers)
        _check_key(key)
        version = request.headers.get(b"stripe-version")
        if version is None:
            headers.append((b"stripe-version", API_VERSION.encode()))
        elif _VERSION.fullmatch(shown := version.decode("latin-1")):
            headers.append((b"stripe-version", version))
        else:
            raise refuse(f"Invalid Stripe API version: {shown}")
        account = request.headers.get(b"stripe-account")
        if account and account.decode("latin-1") != account_of(seed):
            raise refuse(
                f"The provided key '{_masked(key or '')}' does not have access to account "
                f"'{account.decode('latin-1')}' (or that account does not exist). Application access may have been "
                "revoked.",
                code="account_invalid",
                status=403,
            )
        found = self._router.find(request.method, request.path)
        if found is None:
            raise _unrecognized(request.method, request.path)
        return found

    async def _prepare(
        self, request: Request, found: Found, request_id: str, headers: list[tuple[bytes, bytes]]
    ) -> tuple[Execution, Mapping[str, Any]]:
        """The operation that a request asks for; a request that does not fit its endpoint is refused in it."""
        route = found.route
        path = dict(zip(found.names, found.values, strict=True))
        execution = Execution(route, path, {}, (), request.path, request_id)
        if route.method == "GET":
            if not request.query and not route.shape.required:
                return execution, path
            raw = decode(request.query)
        else:
            raw = await self._form(request)
            key = request.headers.get(b"idempotency-key")
            if key and route.method == "POST":
                execution.key = key.decode("latin-1")
                execution.print = fingerprint(raw)
                headers.append((b"idempotency-key", key))
        version = request.headers.get(b"stripe-version")
        try:
            if execution.key is not None and len(execution.key) > LONGEST:
                raise refuse(f"Idempotency keys can have up to {LONGEST} characters.")
            self._read(execution, raw, version.decode("latin-1") if version else None)
        except Failure as failure:
            execution.refusal = failure
            return execution, {**raw, **path}
        asked = {"expand": list(execution.paths)} if execution.paths else {}
        return execution, {**execution.params, **asked, **path}

    @staticmethod
    def _read(execution: Execution, raw: Mapping[str, Any], version: str | None) -> None:
        route = execution.route
        if "expand" in raw:
            raw = dict(raw)
            execution.paths = _READ_EXPAND(raw.pop("expand"), "expand")
        execution.params = route.shape.read(raw, version)
        if execution.paths:
            searching = route.path.endswith("/search")
            expand.check(
                [path for path in execution.paths if not (searching and path == "total_count")],
                route.gives,
                many=route.many,
            )

    async def _form(self, request: Request) -> dict[str, Any]:
        try:
            body = await request.body(self._max_body)
        except TooLarge as failure:
            raise refuse(failure.message, status=413) from None
        if body:
            kind = request.header(b"content-type", _FORM).partition(";")[0].strip().lower()
            if kind != _FORM:
                raise refuse(BAD_BODY)
        return decode(request.query, body)

    async def _run(
        self,
        request: Request,
        send: Send,
        world: World,
        execution: Execution,
        args: Mapping[str, Any],
        headers: list[tuple[bytes, bytes]],
    ) -> None:
        route, key = execution.route, execution.key
        claim = (world.name, key) if key is not None else None
        if claim in self._under_way:
            execution.refusal, claim = in_use(), None
        if claim is not None:
            self._under_way.add(claim)
        operation = Operation("stripe", route.name, args)
        exchange = Exchange(operation, execution, world, link=request.link, access=route.access)
        try:
            result = await self._perform(exchange)
        except Failure as failure:
            seed = world.version.seed
            body = error_object(failure, log_url(seed, execution.request_id))
            execution.failed(world, failure, body)
            if key is not None and status_of(failure) not in NOT_EXECUTED:
                headers += [(b"original-request", execution.request_id.encode()), _NO_RETRY]
            await _send_error(send, failure, seed, execution.request_id, headers, body)
            return
        finally:
            if claim is not None:
                self._under_way.discard(claim)
        if isinstance(result, Reply):
            await send_reply(send, result)
            return
        status, origin = 200, execution.request_id
        if isinstance(result, Replayed):
            status, origin, result = result.status, result.request_id, result.body
            headers.append(_REPLAYED)
        if key is not None:
            headers += [(b"original-request", origin.encode()), _NO_RETRY]
        await send_bytes(send, status, [_JSON, _NO_STORE, *headers], _dump(result))


def _dump(body: Any) -> bytes:
    return orjson.dumps(body, option=orjson.OPT_INDENT_2)


async def _send_error(
    send: Send,
    failure: Failure,
    seed: int,
    request_id: str,
    headers: list[tuple[bytes, bytes]],
    body: Mapping[str, Any] | None = None,
) -> None:
    status = status_of(failure)
    own = headers_of(failure)
    named = {name for name, _ in own}
    sent = [_JSON, _NO_STORE, *(header for header in headers if header[0] not in named), *own]
    if status == 401:
        sent.append(_CHALLENGE)
    await send_bytes(send, status, sent, _dump(body or error_object(failure, log_url(seed, request_id))) + b"\n")


def _next_request_id(world: World) -> str:
    """A request's identifier; its counter is state, and reads count too."""
    version = world.version
    count = version.counters.get(_REQUESTS, 0) + 1
    world.evolve(counters=version.counters.set(_REQUESTS, count))
    number = int.from_bytes(stream(version.seed, _REQUESTS, count, 16), "big")
    letters: list[str] = []
    for _ in range(14):
        number, letter = divmod(number, 62)
        letters.append(ALPHANUMERIC[letter])
    return "req_" + "".join(letters)


def _key_of(headers: Mapping[bytes, bytes]) -> str | None:
    value = headers.get(b"authorization")
    if value is None:
        return None
    scheme, _, rest = value.decode("latin-1").strip().partition(" ")
    if scheme.lower() == "bearer":
        return rest.strip() or None
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(rest.strip(), validate=True).decode("latin-1").partition(":")[0] or None
        except (binascii.Error, ValueError):
            return None
    return None


def _check_key(key: str | None) -> None:
    if key is None:
        raise refuse(NO_KEY, status=401)
    if _KEY.fullmatch(key):
        return
    if key.startswith(("pk_test_", "pk_live_")):
        raise refuse(PUBLISHABLE_KEY, code="secret_key_required", status=401)
    raise refuse(f"Invalid API Key provided: {_masked(key)}", status=401)


def _masked(key: str) -> str:
    """A key as Stripe repeats it: its kind and its last four characters."""
    head = re.match(r"[a-z]{2}_(?:test|live)_", key)
    kept = len(head[0]) if head else min(len(key) // 3, 8)
    hidden = len(key) - kept - 4
    return f"{key[:kept]}{'*' * hidden}{key[-4:]}" if hidden > 0 else key[:kept] + "*" * (len(key) - kept)


def credential(headers: Mapping[bytes, bytes]) -> str | None:
    """The world that a key names: ``sk_test_<world>``."""
    key = _key_of(headers)
    match = _WORLD_KEY.fullmatch(key) if key else None
    return match[1] if match else None


def _unrecognized(method: str, path: str) -> Failure:
    """What is said of a path that is no endpoint of Stripe's, and of one that is not supported here."""
    if exists(method, path):
        return refuse(
            f"This emulator does not support {method} {path}: Stripe has this endpoint, falsefront has not. See "
            "docs/stripe.md for what it has."
        )
    hint = ""
    if path.endswith("/") and path != "/":
        hint = (
            " If you are trying to list objects, remove the trailing slash. If you are trying to retrieve an object, "
            "make sure you passed a valid (non-empty) identifier in your code."
        )
    return refuse(
        f"Unrecognized request URL ({method}: {path}).{hint} Please see https://stripe.com/docs or we can help at "
        "https://support.stripe.com/.",
        status=404,
    )
