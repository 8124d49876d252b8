"""OpenAPI v3, one document per group and version, built when it is first asked for and kept in the cache."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any, Final

import orjson

from ..shape import Resource, Shape
from ..shape.extract import definitions, package_versions
from ..shape.residue import SCHEMA, SERVED, VERSION
from ..shape.shape import cached_document, save

_WRITE: Final = ("dryRun", "fieldManager", "fieldValidation")


def path_of(group: str, version: str) -> str:
    """``apis/apps/v1``, or ``api/v1``."""
    return f"apis/{group}/{version}" if group else f"api/{version}"


def index(prefix: str) -> dict[str, Any]:
    """The index, whose links hold a hash so that clients can cache what is behind them."""
    tag = sha256(f"{SCHEMA}/{package_versions()}".encode()).hexdigest()[:32].upper()
    paths = [path_of(group, version) for group, version in SERVED]
    return {"paths": {path: {"serverRelativeURL": f"{prefix}/openapi/v3/{path}?hash={tag}"} for path in paths}}


def document(shape: Shape, path: str) -> bytes | None:
    """The document of one group and version as JSON; ``None`` where there is no such group."""
    found = next(((group, version) for group, version in SERVED if path_of(group, version) == path), None)
    if found is None:
        return None
    file = cached_document(f"openapi-{path.replace('/', '-')}.json")
    try:
        return file.read_bytes()
    except OSError:
        data = orjson.dumps(_build(shape, *found))
        save(file, data)
        return data


def _build(shape: Shape, group: str, version: str) -> dict[str, Any]:
    schemas = definitions()
    lists = {
        (gvk["group"], gvk["version"], gvk["kind"]): name
        for name, schema in schemas.items()
        for gvk in schema.get("x-kubernetes-group-version-kind", ())
    }
    paths: dict[str, Any] = {}
    names: list[str] = []
    for resource in shape.resources:
        if (resource.group, resource.version) != (group, version):
            continue
        names.append(resource.type_name)
        if list_name := lists.get((group, version, f"{resource.kind}List")):
            names.append(list_name)
        names += [shape.kinds[gv, sub.kind] for gv, sub in _foreign(shape, resource)]
        paths.update(_paths(resource))
    return {
        "openapi": "3.0.0",
        "info": {"title": "Kubernetes", "version": VERSION},
        "paths": paths,
        "components": {"schemas": _closure(schemas, names)},
    }


def _foreign(shape: Shape, resource: Resource) -> Iterable[tuple[str, Any]]:
    """The subresources whose objects are of another group."""
    for sub in resource.subresources.values():
        api_version = f"{sub.group}/{sub.version}" if sub.group else sub.version
        if sub.version and (api_version, sub.kind) in shape.kinds:
            yield api_version, sub


def _paths(resource: Resource) -> dict[str, Any]:
    base = f"/{path_of(resource.group, resource.version)}"
    root = f"{base}/namespaces/{{namespace}}/{resource.plural}" if resource.namespaced else f"{base}/{resource.plural}"
    gvk = {"group": resource.group, "version": resource.version, "kind": resource.kind}
    collection: dict[str, Any] = {}
    one: dict[str, Any] = {}
    for verb, method, action, place in (
        ("list", "get", "list", collection),
        ("create", "post", "post", collection),
        ("deletecollection", "delete", "deletecollection", collection),
        ("get", "get", "get", one),
        ("update", "put", "put", one),
        ("patch", "patch", "patch", one),
        ("delete", "delete", "delete", one),
    ):
        if verb in resource.verbs:
            place[method] = _operation(resource, action, gvk)
    found: dict[str, Any] = {}
    if collection:
        found[root] = collection
    if one:
        found[root + "/{name}"] = one
    return found


def _operation(resource: Resource, action: str, gvk: Mapping[str, str]) -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{resource.type_name}"}
    operation: dict[str, Any] = {
        "x-kubernetes-action": action,
        "x-kubernetes-group-version-kind": gvk,
        "responses": {"200": {"description": "OK", "content": {"application/json": {"schema": schema}}}},
    }
    if action in ("post", "put", "patch"):
        operation["parameters"] = [
            {"name": name, "in": "query", "schema": {"type": "string", "uniqueItems": True}} for name in _WRITE
        ]
        if action != "patch":
            operation["requestBody"] = {"content": {"*/*": {"schema": schema}}}
    return operation


def _closure(schemas: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """The components that are needed, each cleaned, with all that they refer to."""
    found: dict[str, Any] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name in found or name not in schemas:
            continue
        found[name] = _clean(schemas[name])
        waiting += _references(schemas[name])
    return dict(sorted(found.items()))


def _references(node: Any) -> list[str]:
    match node:
        case dict():
            own = [str(node["$ref"]).rsplit("/", 1)[1]] if isinstance(node.get("$ref"), str) else []
            return own + [name for value in node.values() for name in _references(value)]
        case list():
            return [name for item in node for name in _references(item)]
        case _:
            return []


def _clean(node: Any) -> Any:
    """JSON Schema with nulls as OpenAPI: a described reference is wrapped, as the real server wraps it."""
    if isinstance(node, list):
        return [_clean(item) for item in node]
    if not isinstance(node, dict):
        return node
    out: dict[str, Any] = {}
    for key, value in node.items():
        if key == "type" and isinstance(value, list):
            out[key] = next(kind for kind in value if kind != "null")
        elif key == "properties":
            out[key] = {name: _clean(field) for name, field in value.items()}
        elif key == "$ref":
            out[key] = f"#/components/schemas/{value.rsplit('/', 1)[1]}"
        elif key != "enum":
            out[key] = _clean(value)
    if "$ref" in out and len(out) > 1:
        out["allOf"] = [{"$ref": out.pop("$ref")}]
    return out
