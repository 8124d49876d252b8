"""The OpenAPI 3.1 document, made from the routes and their models."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from falsefront import __version__
from falsefront.world.worlds import NAME

from .answers import Error
from .route import Route

_REF: Final = "#/components/schemas/{model}"
_PHRASES: Final = {
    200: "Done.",
    201: "Made.",
    400: "The body is not JSON.",
    401: "The token is missing or wrong.",
    403: "A foreign Host or Origin, or a file outside the directory that the server allows.",
    404: "There is no such thing.",
    409: "It is there already, or does not hold.",
    410: "It is no longer remembered.",
    413: "The body is too large.",
    422: "Something in the request is not valid.",
    501: "Not there yet.",
    503: "Not ready.",
}


def document(routes: Iterable[Route], root: str) -> dict[str, Any]:
    """The whole document."""
    routes = list(routes)
    schemas = _Schemas(routes)
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        for method in route.methods:
            paths.setdefault(route.path, {})[method.lower()] = _operation(route, method, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "falsefront control plane",
            "version": __version__,
            "description": "Worlds, their marks, faults, journals and clocks.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": root}],
        "security": [{}, {"token": []}],
        "tags": [{"name": name} for name in dict.fromkeys(route.tag for route in routes)],
        "paths": paths,
        "components": {
            "schemas": schemas.definitions,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


class _Schemas:
    """The models' schemas, bodies in the form that is taken and answers in the form that is given."""

    def __init__(self, routes: Iterable[Route]) -> None:
        wanted: dict[tuple[type[BaseModel], Any], None] = {(Error, "serialization"): None}
        for route in routes:
            for model, mode in (
                (route.body, "validation"),
                (route.query, "validation"),
                (route.answer, "serialization"),
            ):
                if model is not None:
                    wanted[model, mode] = None
        self.by_model, shared = models_json_schema(list(wanted), ref_template=_REF)
        self.definitions: dict[str, Any] = shared.get("$defs", {})

    def body(self, model: type[BaseModel]) -> Mapping[str, Any]:
        return self.by_model[model, "validation"]

    def answer(self, model: type[BaseModel]) -> Mapping[str, Any]:
        return self.by_model[model, "serialization"]

    def properties(self, model: type[BaseModel]) -> Mapping[str, Any]:
        name = self.by_model[model, "validation"]["$ref"].rpartition("/")[2]
        found: Mapping[str, Any] = self.definitions[name].get("properties", {})
        return found


def _operation(route: Route, method: str, schemas: _Schemas) -> dict[str, Any]:
    parameters: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "pattern": f"^{NAME.pattern}$"}}
        for name in re.findall(r"\{(\w+)\}", route.path)
    ]
    if route.query is not None:
        parameters += [
            {"name": name, "in": "query", "required": False, "schema": schema}
            for name, schema in schemas.properties(route.query).items()
        ]
    operation: dict[str, Any] = {
        "operationId": _identifier(route, method),
        "summary": route.summary,
        "tags": [route.tag],
        "parameters": parameters,
        "responses": _responses(route, schemas),
    }
    if route.body is not None:
        required = any(field.is_required() for field in route.body.model_fields.values())
        operation["requestBody"] = {
            "required": required,
            "content": {"application/json": {"schema": schemas.body(route.body)}},
        }
    elif route.raw:
        operation["requestBody"] = {
            "required": True,
            "content": {media: {"schema": {"type": "string", "format": "binary"}} for media in route.raw.split()},
        }
    if route.public:
        operation["security"] = [{}]
    return operation


def _responses(route: Route, schemas: _Schemas) -> dict[str, Any]:
    content = {"schema": schemas.answer(route.answer)} if route.answer else {}
    answers = {
        str(status): {"description": _PHRASES[status], "content": dict.fromkeys(route.media.split(), content)}
        for status in (route.status, *route.also)
    }
    error = {"application/json": {"schema": schemas.answer(Error)}}
    statuses = {401, 403, *route.errors}
    if route.body is not None:
        statuses |= {400, 413, 422}
    if route.query is not None:
        statuses.add(422)
    if "{" in route.path:
        statuses.add(404)
    return {
        **answers,
        **{str(status): {"description": _PHRASES[status], "content": error} for status in sorted(statuses)},
    }


def _identifier(route: Route, method: str) -> str:
    words = re.findall(r"\w+", route.path)
    return "_".join([method.lower(), *words])
