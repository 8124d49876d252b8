"""Request bodies by their media type."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from ..api import status
from ..api.bodies import FORMATS, parse_json, parse_yaml, read_object
from ..api.call import Call
from ..protobuf import Broken, Undecodable, decode
from ..shape import Shape

_PATCHES: Final = {
    "application/json-patch+json": "json",
    "application/merge-patch+json": "merge",
    "application/strategic-merge-patch+json": "strategic",
    "application/apply-patch+yaml": "apply",
    "application/apply-patch+cbor": "",
}
_CONNECT: Final = frozenset({"exec", "attach", "portforward", "proxy", "log"})
"""Subresources whose requests carry no object."""
_PROTOBUF: Final = "application/vnd.kubernetes.protobuf"


def read_body(shape: Shape, call: Call, data: bytes, content_type: str) -> Call:
    """The call with its body. Raises a Status failure (400, 415)."""
    if call.subresource in _CONNECT:
        return call
    media = content_type.split(";", 1)[0].strip().lower()
    match call.verb:
        case "patch":
            return _patch(call, data, media)
        case "create" | "update":
            return replace(call, body=_object(shape, call, data, media))
        case "delete" | "deletecollection":
            return replace(call, body=_delete_options(shape, call, data, media))
        case _:
            return call


def _object(shape: Shape, call: Call, data: bytes, media: str) -> Any:
    sub = call.resource.subresources.get(call.subresource)
    kind = sub.kind if sub else call.resource.kind
    if media == _PROTOBUF:
        return _protobuf(shape, data)
    if media not in ("", "application/json", "application/yaml", "text/plain", "*/*"):
        raise _unknown_format()
    body, duplicates = read_object(data, media, kind)
    if duplicates:
        body["$duplicates"] = duplicates
    return body


def _unknown_format() -> Exception:
    text = f"the body of the request was in an unknown format - accepted media types include: {FORMATS}"
    return status.error(415, "UnsupportedMediaType", text)


def _protobuf(shape: Shape, data: bytes) -> Any:
    try:
        return decode(shape, data)
    except Broken as failure:
        raise status.bad_request(str(failure)) from None
    except Undecodable as failure:
        raise status.error(415, "UnsupportedMediaType", str(failure)) from None


def _delete_options(shape: Shape, call: Call, data: bytes, media: str) -> Any:
    if not data:
        return None
    if media == _PROTOBUF:
        return _protobuf(shape, data)
    if media not in (
        "",
        "application/json",
        "application/yaml",
        "text/plain",
        "*/*",
        "application/x-www-form-urlencoded",
    ):
        raise _unknown_format()
    body, _ = read_object(data, media, "DeleteOptions")
    return body


def _patch(call: Call, data: bytes, media: str) -> Call:
    kind = _PATCHES.get(media)
    if not kind:
        raise status.error(415, "UnsupportedMediaType", "415: Unsupported Media Type", {})
    if kind == "apply":
        try:
            body = parse_yaml(data)
        except ValueError as failure:
            raise status.bad_request(f"error decoding YAML: {failure}") from None
        if not isinstance(body, dict):
            raise status.bad_request("error decoding YAML: the patch is not an object")
    else:
        try:
            body, duplicates = parse_json(data)
        except ValueError as failure:
            what = "error decoding patch: " if kind == "json" else ""
            raise status.bad_request(f"{what}{failure}") from None
        if duplicates and isinstance(body, dict):
            body["$duplicates"] = duplicates
    return replace(call, body=body, patch=kind)
