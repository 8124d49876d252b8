"""What the tools take, as JSON Schema and as the reference server's validator (zod 4) checks it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple, TypeAlias

DRAFT: Final = "http://json-schema.org/draft-07/schema#"
_ABSENT: Final = object()

Check: TypeAlias = Callable[[Any, str], Iterator[str]]
"""Finds what is wrong with a value, given where it stands."""


def received(value: Any) -> str:
    """The validator's name for what it was given instead."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case float() if value in (float("inf"), float("-inf")):
            return "Infinity" if value > 0 else "-Infinity"
        case float() if value != value:
            return "NaN"
        case int() | float():
            return "number"
        case str():
            return "string"
        case list() | tuple():
            return "array"
        case Mapping():
            return "object"
        case _:
            return "undefined"


def expect(expected: str) -> Check:
    """A value of one type."""

    def check(value: Any, place: str) -> Iterator[str]:
        if received(value) != expected:
            yield f"Invalid input: expected {expected}, received {received(value)} at {place}"

    return check


def each(item: Check, at_least: int = 0) -> Check:
    """An array of such items."""
    array = expect("array")

    def check(value: Any, place: str) -> Iterator[str]:
        if received(value) != "array":
            yield from array(value, place)
            if at_least and value == "":
                yield f"Too small: expected string to have >={at_least} characters at {place}"
            return
        if len(value) < at_least:
            yield f"Too small: expected array to have >={at_least} items at {place}"
        for index, element in enumerate(value):
            yield from item(element, f"{place}[{index}]")

    return check


def fields(**members: Check) -> Check:
    """An object with such members."""
    thing = expect("object")

    def check(value: Any, place: str) -> Iterator[str]:
        if received(value) != "object":
            yield from thing(value, place)
            return
        for name, member in members.items():
            yield from member(value.get(name, _ABSENT), f"{place}.{name}")

    return check


def one_of(*options: str) -> Check:
    """One of a few strings."""
    listed = "|".join(f'"{option}"' for option in options)

    def check(value: Any, place: str) -> Iterator[str]:
        if value not in options:
            yield f"Invalid option: expected one of {listed} at {place}"

    return check


class Field(NamedTuple):
    """One argument of a tool. The order of its schema's keys is the order in which they are sent."""

    schema: Mapping[str, Any]
    check: Check
    required: bool = True


def optional(field: Field) -> Field:
    """An argument that may be left out."""
    return field._replace(required=False)


def text() -> Field:
    """A string."""
    return Field({"type": "string"}, expect("string"))


def texts_or_none() -> Field:
    """A list of strings, empty where it is left out."""
    schema = {"default": [], "type": "array", "items": {"type": "string"}}
    return Field(schema, each(expect("string")), required=False)


def input_schema(arguments: Mapping[str, Field]) -> dict[str, Any]:
    """The schema of a tool's arguments."""
    schema: dict[str, Any] = {
        "$schema": DRAFT,
        "type": "object",
        "properties": {name: field.schema for name, field in arguments.items()},
    }
    required = [name for name, field in arguments.items() if field.required]
    if required:
        schema["required"] = required
    return schema


def checker(tool: str, arguments: Mapping[str, Field]) -> Callable[[Mapping[str, Any]], str | None]:
    """What finds fault with a call's arguments, and says so as the reference server does."""

    def check(given: Mapping[str, Any]) -> str | None:
        wrong: list[str] = []
        for name, field in arguments.items():
            value = given.get(name, _ABSENT)
            if value is not _ABSENT or field.required:
                wrong += field.check(value, name)
        if not wrong:
            return None
        head = f"MCP error -32602: Input validation error: Invalid arguments for tool {tool}: "
        return head + "\n".join(wrong)

    return check


def _output(content: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "$schema": DRAFT,
        "type": "object",
        "properties": {"content": content},
        "required": ["content"],
        "additionalProperties": False,
    }


TEXT_OUTPUT: Final = _output({"type": "string"})
_STRING: Final = {"type": "string"}
_INLINE: Final = {
    "type": "object",
    "properties": {"type": {"type": "string", "enum": ["image", "audio"]}, "data": _STRING, "mimeType": _STRING},
    "required": ["type", "data", "mimeType"],
    "additionalProperties": False,
}
_BLOB: Final = {
    "type": "object",
    "properties": {"uri": _STRING, "mimeType": _STRING, "blob": _STRING},
    "required": ["uri", "blob"],
    "additionalProperties": False,
}
_RESOURCE: Final = {
    "type": "object",
    "properties": {"type": {"type": "string", "const": "resource"}, "resource": _BLOB},
    "required": ["type", "resource"],
    "additionalProperties": False,
}
MEDIA_OUTPUT: Final = _output({"type": "array", "items": {"anyOf": [_INLINE, _RESOURCE]}})
