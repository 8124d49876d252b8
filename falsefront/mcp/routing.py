"""The stateless era's envelope and routing headers: what a request must say of itself, and say twice alike."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from .message import INVALID_PARAMS, RpcError
from .operations import STATELESS

HEADER_MISMATCH: Final = -32020
MISSING_CAPABILITY: Final = -32021
UNSUPPORTED_VERSION: Final = -32022

VERSION_KEY: Final = "io.modelcontextprotocol/protocolVersion"
CAPABILITIES_KEY: Final = "io.modelcontextprotocol/clientCapabilities"
LOG_LEVEL_KEY: Final = "io.modelcontextprotocol/logLevel"
SUBSCRIPTION_KEY: Final = "io.modelcontextprotocol/subscriptionId"

_NAMED: Final[Mapping[str, str]] = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}
"""Methods whose target is named by the Mcp-Name header too, and the parameter that names it."""
_ROUTING: Final = frozenset({b"mcp-protocol-version", b"mcp-method", b"mcp-name"})
_ENCODED: Final = re.compile(r"=\?base64\?(.*)\?=")
_TOKEN: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_DECIMAL: Final = re.compile(r"(-?[0-9]+)(\.0+)?")


def unsupported(version: Any) -> RpcError:
    """The error for a version that is not served."""
    return RpcError(
        UNSUPPORTED_VERSION,
        "Unsupported protocol version",
        {"supported": list(STATELESS), "requested": version},
        status=400,
    )


def check_envelope(
    message: Mapping[str, Any], headers: Mapping[bytes, bytes], lines: Iterable[tuple[bytes, bytes]]
) -> None:
    """Check a request's envelope, and that its headers say the same. Raises ``RpcError``."""
    _check_once(lines)
    params = message.get("params")
    meta = params.get("_meta") if isinstance(params, dict) else None
    if not isinstance(params, dict) or not isinstance(meta, dict):
        raise _bad_params(f"params._meta must be an object with {VERSION_KEY!r} and {CAPABILITIES_KEY!r}")
    missing = [key for key in (VERSION_KEY, CAPABILITIES_KEY) if key not in meta]
    if missing:
        raise _bad_params(f"params._meta lacks {', '.join(missing)}")
    version, method = meta[VERSION_KEY], message["method"]
    _check_alike("MCP-Protocol-Version", headers.get(b"mcp-protocol-version"), version)
    _check_alike("Mcp-Method", headers.get(b"mcp-method"), method)
    target = _NAMED.get(method)
    if target is not None and params.get(target) is not None:
        _check_alike("Mcp-Name", headers.get(b"mcp-name"), params[target], encoded=True)
    if version not in STATELESS:
        raise unsupported(version)
    if not isinstance(meta[CAPABILITIES_KEY], dict):
        raise _bad_params(f"{CAPABILITIES_KEY} must be an object")


def check_capabilities(required: Mapping[str, Any], declared: Mapping[str, Any]) -> None:
    """Check that a client can do what a tool needs of it. Raises ``RpcError``."""
    missing = {name: value for name, value in required.items() if name not in declared}
    if missing:
        raise RpcError(
            MISSING_CAPABILITY, "Missing required client capability", {"requiredCapabilities": missing}, status=400
        )


def _bad_params(message: str) -> RpcError:
    return RpcError(INVALID_PARAMS, message, status=400)


def _mismatch(message: str) -> RpcError:
    return RpcError(HEADER_MISMATCH, message, status=400)


def _check_once(lines: Iterable[tuple[bytes, bytes]]) -> None:
    """Of a header that is there twice, two readers may take different copies."""
    seen: set[bytes] = set()
    for name, _ in lines:
        if name in _ROUTING:
            if name in seen:
                raise _mismatch(f"the {name.decode()} header appears more than once")
            seen.add(name)


def _check_alike(name: str, header: bytes | None, value: Any, *, encoded: bool = False) -> None:
    if header is None:
        raise _mismatch(f"the {name} header is missing")
    # The HTTP parser keeps a value's trailing blanks.
    text: str | None = header.decode("latin-1").strip(" \t")
    if encoded:
        text = decode(text or "")
    if text != value:
        raise _mismatch(f"the {name} header does not match the request's body")


def decode(text: str) -> str | None:
    """A header's value; ``=?base64?…?=`` carries what a header cannot. ``None`` if it is malformed."""
    match = _ENCODED.fullmatch(text)
    if match is None:
        return text
    try:
        data = base64.b64decode(match[1], validate=True)
        return data.decode() if base64.b64encode(data).decode() == match[1] else None
    except (binascii.Error, UnicodeDecodeError):
        return None


# Headers that mirror arguments


def mirrored(schema: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str, str]]:
    """Where a tool's schema asks for an argument in a header: the path to it, the header's token, the type."""
    properties = schema.get("properties") if isinstance(schema, dict) else None
    if not isinstance(properties, dict):
        return
    for name, inner in properties.items():
        if not isinstance(inner, dict):
            continue
        token, kind = inner.get("x-mcp-header"), inner.get("type")
        if isinstance(token, str) and _TOKEN.fullmatch(token) and kind in ("string", "integer", "boolean"):
            yield (*path, name), token, str(kind)
        yield from mirrored(inner, (*path, name))


def check_mirrored(schema: Any, arguments: Mapping[str, Any], headers: Mapping[bytes, bytes]) -> None:
    """Check the Mcp-Param headers of a tool call. Raises ``RpcError``."""
    for path, token, kind in mirrored(schema):
        name = f"Mcp-Param-{token}"
        header = headers.get(name.lower().encode())
        value = _at(arguments, path)
        if value is None and header is None:
            continue
        if header is None:
            raise _mismatch(f"the {name} header is missing")
        text = decode(header.decode("latin-1").strip(" \t"))
        if text is None or value is None or not _same(text, value, kind):
            raise _mismatch(f"the {name} header does not match the argument {'.'.join(path)}")


def _at(arguments: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        if not isinstance(arguments, dict):
            return None
        arguments = arguments.get(name)
    return arguments


def _same(text: str, value: Any, kind: str) -> bool:
    if isinstance(value, bool):
        return text == ("true" if value else "false")
    if kind == "integer" and isinstance(value, int | float):
        match = _DECIMAL.fullmatch(text)
        return match is not None and len(match[1]) < 4000 and int(match[1]) == value
    return isinstance(value, str | int | float) and text == str(value)
