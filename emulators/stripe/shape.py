"""What a parameter may be: readers, which turn decoded form values into typed ones or refuse them as Stripe does.

A reader takes a raw value and the parameter's name (``invoice_settings[footer]``) and gives the typed value;
``None`` means that the parameter was passed empty, to unset it. An endpoint's parameters are a ``Shape``: data.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from falsefront.kernel.operation import Failure

from .errors import refuse
from .money import CURRENCIES, KNOWN

Reader: TypeAlias = Callable[[Any, str], Any]

_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s.]+(?:\.[^@\s.]+)*")
_INTEGER: Final = re.compile(r"\s*[+-]?\d{1,18}\s*")
_DECIMAL: Final = re.compile(r"-?\d{1,15}(?:\.\d{1,12})?")


@dataclass(frozen=True, slots=True)
class Shape:
    """The parameters of one endpoint, or of one object inside them.

    ``gone`` names parameters that API versions from a date on no longer take.
    """

    fields: Mapping[str, Reader]
    required: tuple[str, ...] = ()
    gone: Mapping[str, str] | None = None

    def read(self, raw: Mapping[str, Any], version: str | None = None) -> dict[str, Any]:
        """Typed parameters. Raises ``Failure`` (invalid). ``version`` is the one the client asked for, if any."""
        return self._read(raw, "", version)

    def _read(self, raw: Mapping[str, Any], prefix: str, version: str | None) -> dict[str, Any]:
        names = {name: f"{prefix}[{name}]" if prefix else name for name in raw}
        gone = self.gone or {}
        unknown = [
            shown
            for name, shown in names.items()
            if name not in self.fields or (version is not None and name in gone and version >= gone[name])
        ]
        if unknown:
            plural = "s" if len(unknown) > 1 else ""
            raise refuse(
                f"Received unknown parameter{plural}: {', '.join(unknown)}", code="parameter_unknown", param=unknown[0]
            )
        for name in self.required:
            if name not in raw:
                shown = f"{prefix}[{name}]" if prefix else name
                raise refuse(f"Missing required param: {shown}.", code="parameter_missing", param=shown)
            if raw[name] == "":
                raise empty(names[name])
        return {name: self.fields[name](value, names[name]) for name, value in raw.items()}


def empty(name: str) -> Failure:
    """The refusal of an empty value for what cannot be unset."""
    return refuse(
        f"You passed an empty string for '{name}'. We assume empty values are an attempt to unset a parameter; however "
        f"'{name}' cannot be unset. You should remove '{name}' from your request or supply a non-empty value.",
        code="parameter_invalid_empty",
        param=name,
    )


def _string(value: Any, name: str) -> str:
    if not isinstance(value, str):
        shown = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
        raise refuse(f"Invalid string: {shown}", param=name)
    return value


def text(limit: int = 5000, *, fixed: bool = False) -> Reader:
    """A string; an empty one unsets it unless it is ``fixed``."""

    def read(value: Any, name: str) -> str | None:
        string = _string(value, name)
        if not string:
            if fixed:
                raise empty(name)
            return None
        if len(string) > limit:
            raise refuse(
                f"Invalid string: {string[:10]}...{string[-10:]}; must be at most {limit} characters", param=name
            )
        return string

    return read


def email(value: Any, name: str) -> str | None:
    """An e-mail address, or nothing."""
    string = _string(value, name)
    if not string:
        return None
    if not _EMAIL.fullmatch(string) or len(string) > 800:
        raise refuse(f"Invalid email address: {string[:800]}", code="email_invalid", param=name)
    return string


def integer(low: int | None = None, high: int | None = None) -> Reader:
    """A whole number within bounds."""

    def read(value: Any, name: str) -> int:
        if value == "":
            raise empty(name)
        if not isinstance(value, str) or not _INTEGER.fullmatch(value):
            shown = value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
            raise refuse(f"Invalid integer: {shown}", code="parameter_invalid_integer", param=name)
        number = int(value)
        bound = "greater" if low is not None and number < low else "less"
        if (low is not None and number < low) or (high is not None and number > high):
            raise refuse(
                f"This value must be {bound} than or equal to {low if bound == 'greater' else high}.",
                code="parameter_invalid_integer",
                param=name,
            )
        return number

    return read


def decimal(value: Any, name: str) -> str:
    """A decimal number, kept as it was written."""
    if not isinstance(value, str) or not _DECIMAL.fullmatch(value):
        raise refuse(f"Invalid decimal: {value if isinstance(value, str) else json.dumps(value)}", param=name)
    return value


def flag(value: Any, name: str) -> bool:
    """``true`` or ``false``."""
    if value == "":
        raise empty(name)
    if value not in ("true", "false"):
        shown = value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
        raise refuse(f"Invalid boolean: {shown}", param=name)
    return bool(value == "true")


def choice(*options: str) -> Reader:
    """One of a few words, told in Stripe's order where it is not one of them."""
    *most, last = options
    said = last if not most else f"{most[0]} or {last}" if len(most) == 1 else f"{', '.join(most)}, or {last}"

    def read(value: Any, name: str) -> str:
        if value == "":
            raise empty(name)
        if value not in options:
            raise refuse(f"Invalid {name}: must be {'one of ' if most else ''}{said}", param=name)
        return str(value)

    return read


def currency(value: Any, name: str) -> str:
    """A currency's three letters, in lower case."""
    if value == "":
        raise empty(name)
    string = _string(value, name).lower()
    if string not in KNOWN:
        raise refuse(
            f"Invalid currency: {string}. Stripe currently supports these currencies: {', '.join(CURRENCIES)}",
            param=name,
        )
    return string


def group(fields: Mapping[str, Reader], *required: str) -> Reader:
    """An object with these members."""
    shape = Shape(fields, required)

    def read(value: Any, name: str) -> dict[str, Any]:
        if value == "":
            raise empty(name)
        if not isinstance(value, dict):
            raise refuse("Invalid object", param=name)
        return shape._read(value, name, None)

    return read


def mapping(key: Reader, item: Reader) -> Reader:
    """An object whose members' names are values too, such as currencies."""

    def read(value: Any, name: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise refuse("Invalid object", param=name)
        return {key(inner, name): item(content, f"{name}[{inner}]") for inner, content in value.items()}

    return read


def array(item: Reader, limit: int = 1000) -> Reader:
    """A list, which came as a map by index."""

    def read(value: Any, name: str) -> list[Any]:
        if not isinstance(value, dict) or not all(index.isascii() and index.isdigit() for index in value):
            raise refuse("Invalid array", param=name)
        if len(value) > limit:
            raise refuse(f"Array {name} exceeded maximum {limit} allowed elements.", param=name)
        return [item(value[index], f"{name}[{index}]") for index in sorted(value, key=int)]

    return read


def clearable(reader: Reader) -> Reader:
    """What an empty string unsets."""
    return lambda value, name: None if value == "" else reader(value, name)


def either(first: Reader, second: Reader) -> Reader:
    """An object by the first reader, anything else by the second."""
    return lambda value, name: (first if isinstance(value, dict) else second)(value, name)


def metadata(value: Any, name: str) -> dict[str, str] | None:
    """Up to 50 strings by name; an empty value deletes its key, an empty whole deletes them all (``None``)."""
    if value == "":
        return None
    if not isinstance(value, dict):
        raise refuse("Invalid object", param=name)
    found: dict[str, str] = {}
    for key, content in value.items():
        shown = f"{name}[{key}]"
        if not isinstance(content, str):
            raise refuse(
                "Metadata values must be strings, but for key "
                f"'{key}' you passed in: {json.dumps(content, separators=(',', ':'))}",
                param=name,
            )
        if len(key) > 40:
            raise refuse(
                f"Metadata keys can have up to 40 characters, but you passed in a key that's {len(key)} characters. "
                f"Invalid key: {key}",
                param=name,
            )
        if len(content) > 500:
            raise refuse(
                f"Metadata values can have up to 500 characters, but you passed in a value that's {len(content)} "
                f"characters. Invalid value: {content}",
                param=shown,
            )
        found[key] = content
    return found


def unsupported(value: Any, name: str) -> Any:
    """A parameter that Stripe has and this emulator has not: refused, never ignored."""
    raise refuse(
        f"This emulator does not support the parameter: {name}. See docs/stripe.md for its limits.", param=name
    )
