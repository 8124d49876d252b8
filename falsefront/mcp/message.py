"""JSON-RPC messages as they arrive and leave, and what can be wrong with one."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

PARSE_ERROR: Final = -32700
INVALID_REQUEST: Final = -32600
METHOD_NOT_FOUND: Final = -32601
INVALID_PARAMS: Final = -32602
INTERNAL_ERROR: Final = -32603
SERVER_ERROR: Final = -32000

SAFE_INTEGER: Final = (1 << 53) - 1
_RELATED_TASK: Final = "io.modelcontextprotocol/related-task"
_REQUEST: Final = frozenset({"jsonrpc", "id", "method", "params"})
_NOTIFICATION: Final = frozenset({"jsonrpc", "method", "params"})
_RESULT: Final = frozenset({"jsonrpc", "id", "result"})
_ERROR: Final = frozenset({"jsonrpc", "id", "error"})


@dataclass(frozen=True, slots=True)
class Raw:
    """A value as the text it has, for what must keep its very bytes."""

    text: bytes


class RpcError(Exception):
    """A JSON-RPC error, and the HTTP status it is sent with where that is not the era's own choice."""

    def __init__(
        self, code: int, message: str, data: Any = None, *, status: int | None = None, retry_after: float | None = None
    ) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.data = data
        self.status = status
        self.retry_after = retry_after

    def body(self, id: Any) -> dict[str, Any]:
        """The error as a response to the request ``id``."""
        error: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.data is not None:
            error["data"] = self.data
        return {"jsonrpc": "2.0", "id": id, "error": error}


def parse(body: bytes) -> Any:
    """What JavaScript makes of a body of JSON, lone surrogates and bad UTF-8 included. Raises ``ValueError``."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        text = body.decode("utf-8", "replace").removeprefix("\ufeff")
        try:
            return json.loads(text, parse_int=_integer, parse_constant=_no_constant)
        except RecursionError:
            raise ValueError("nested too deep") from None


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) < 20 else float(digits)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def dump(value: Any) -> bytes:
    """A value as JSON; lone surrogates and integers beyond 64 bits are written as JavaScript would."""
    try:
        return orjson.dumps(value, default=_fragment, option=orjson.OPT_PASSTHROUGH_DATACLASS)
    except TypeError:
        return json.dumps(value, separators=(",", ":"), default=_unwrap).encode()


def _fragment(value: Any) -> Any:
    if isinstance(value, Raw):
        return orjson.Fragment(value.text)
    return _unwrap(value)


def _unwrap(value: Any) -> Any:
    if isinstance(value, Raw):
        return json.loads(value.text)
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is not JSON")


def kind_of(message: Any) -> str | None:
    """``request``, ``notification``, ``response``, or ``None`` for what is no JSON-RPC message.

    As strict as the TypeScript SDK: unknown members, fractional ids and params that are no object make it none.
    """
    if not isinstance(message, dict) or message.get("jsonrpc") != "2.0":
        return None
    if "method" in message:
        if not isinstance(message["method"], str) or ("params" in message and not _params(message["params"])):
            return None
        if "id" in message:
            return "request" if message.keys() <= _REQUEST and is_id(message["id"]) else None
        return "notification" if message.keys() <= _NOTIFICATION else None
    if "result" in message:
        fine = message.keys() == _RESULT and is_id(message["id"]) and isinstance(message["result"], dict)
        return "response" if fine else None
    return "response" if _is_error(message) else None


def is_id(value: Any) -> bool:
    """Whether it may be a request's id: a string, or a whole number that JavaScript can hold."""
    if isinstance(value, str):
        return True
    if isinstance(value, bool):
        return False
    if isinstance(value, float):
        return math.isfinite(value) and value.is_integer() and abs(value) <= SAFE_INTEGER
    return isinstance(value, int) and -SAFE_INTEGER <= value <= SAFE_INTEGER


def _params(params: Any) -> bool:
    if not isinstance(params, dict):
        return False
    meta = params.get("_meta")
    if meta is None:
        return "_meta" not in params
    if not isinstance(meta, dict) or ("progressToken" in meta and not is_id(meta["progressToken"])):
        return False
    if _RELATED_TASK not in meta:
        return True
    related = meta[_RELATED_TASK]
    return isinstance(related, dict) and isinstance(related.get("taskId"), str)


def _is_error(message: dict[str, Any]) -> bool:
    error = message.get("error")
    return (
        message.keys() <= _ERROR
        and isinstance(error, dict)
        and is_id(error.get("code"))
        and not isinstance(error["code"], str)
        and isinstance(error.get("message"), str)
        and ("id" not in message or is_id(message["id"]))
    )
