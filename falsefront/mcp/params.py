"""What is wrong with a handshake-era request's params, in the words of the TypeScript SDK's validator (zod 4)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from .message import INTERNAL_ERROR, RpcError

ABSENT: Final = object()


def received(value: Any) -> str:
    """The validator's name for a value's type."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
        case dict():
            return "object"
        case _:
            return "undefined"


class Issues:
    """What has been found wrong so far."""

    def __init__(self) -> None:
        self._found: list[dict[str, Any]] = []

    def expect(self, expected: str, value: Any, *path: str | int) -> bool:
        """Whether ``value`` is of a type; if not, it is noted."""
        kind = received(value)
        if kind == expected or (expected == "record" and kind == "object"):
            return True
        message = f"Invalid input: expected {expected}, received {kind}"
        self._found.append({"expected": expected, "code": "invalid_type", "path": list(path), "message": message})
        return False

    def check(self) -> None:
        """Raise what was found as the SDK sends it, if anything was. Raises ``RpcError``."""
        if self._found:
            raise RpcError(INTERNAL_ERROR, json.dumps(self._found, indent=2, ensure_ascii=False))


def check_call(params: Any) -> None:
    """Check the params of ``tools/call``. Raises ``RpcError``."""
    issues = Issues()
    if issues.expect("object", params, "params"):
        if "task" in params:
            issues.expect("object", params["task"], "params", "task")
        issues.expect("string", params.get("name", ABSENT), "params", "name")
        if "arguments" in params:
            issues.expect("record", params["arguments"], "params", "arguments")
    issues.check()
    if "task" in params:
        raise RpcError(INTERNAL_ERROR, "Server does not support task creation (required for tools/call)")


def check_list(params: Any) -> None:
    """Check the params of ``tools/list``. Raises ``RpcError``."""
    if params is ABSENT or "cursor" not in params:
        return
    issues = Issues()
    issues.expect("string", params["cursor"], "params", "cursor")
    issues.check()


def check_initialize(params: Any) -> None:
    """Check the params of ``initialize``. Raises ``RpcError``."""
    issues = Issues()
    if issues.expect("object", params, "params"):
        issues.expect("string", params.get("protocolVersion", ABSENT), "params", "protocolVersion")
        issues.expect("object", params.get("capabilities", ABSENT), "params", "capabilities")
        info: Mapping[str, Any] | Any = params.get("clientInfo", ABSENT)
        if issues.expect("object", info, "params", "clientInfo"):
            issues.expect("string", info.get("name", ABSENT), "params", "clientInfo", "name")
            issues.expect("string", info.get("version", ABSENT), "params", "clientInfo", "version")
    issues.check()


def check_nothing(params: Any) -> None:
    """Find nothing wrong."""
