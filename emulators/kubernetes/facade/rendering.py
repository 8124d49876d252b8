"""An operation's result in the form that the client accepts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson

from .. import yamls
from ..api.call import Call
from ..printing.tables import partial, table
from .negotiation import Form

Headers = list[tuple[bytes, bytes]]


def render(result: Any, call: Call, form: Form, now: datetime) -> tuple[int, Headers, bytes]:
    """HTTP status, headers and body."""
    code, body = 200, result
    headers: Headers = []
    if isinstance(result, Mapping) and "body" in result:
        code, body = int(result.get("code", 200)), result["body"]
        for warning in result.get("warnings", ()):
            text = str(warning).replace("\\", "\\\\").replace('"', '\\"')
            headers.append((b"warning", f'299 - "{text}"'.encode("latin-1", "replace")))
    if call.subresource == "log" and isinstance(body, Mapping) and "text" in body:
        return code, [*headers, (b"content-type", b"text/plain")], str(body["text"]).encode()
    if form.as_ and isinstance(body, Mapping) and body.get("kind") != "Status":
        body = shown(body, call, form, now)
    if form.yaml:
        return code, [*headers, (b"content-type", b"application/yaml")], yamls.dump(body)
    return code, [*headers, (b"content-type", b"application/json")], orjson.dumps(body) + b"\n"


def shown(body: Mapping[str, Any], call: Call, form: Form, now: datetime) -> Any:
    """An object or a list as a Table or as metadata only."""
    items = body.get("items")
    is_list = isinstance(items, list) and str(body.get("kind", "")).endswith("List")
    if form.as_ == "Table":
        plural = call.subresource if call.subresource == "scale" else call.resource.plural
        rows = items if is_list and items is not None else [body]
        if is_list and call.options.get("includeObject") == "Object":
            head = {"kind": call.resource.kind, "apiVersion": call.resource.api_version}
            rows = [{**head, **item} for item in rows]
        metadata = body["metadata"] if is_list else {"resourceVersion": body["metadata"].get("resourceVersion", "")}
        include = call.options.get("includeObject", "Metadata")
        return table(plural, rows, now, metadata=metadata, include=include)
    if is_list and items is not None:
        kind = {"kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1"}
        return {**kind, "metadata": body["metadata"], "items": [partial(item) for item in items]}
    return partial(body)
