"""The field errors that a validation gathers."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from ..api.status import Cause


def show(value: Any) -> str:
    """A value as an error quotes it: compact JSON."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


class Problems:
    """Field errors, in the order they were found."""

    def __init__(self) -> None:
        self.causes: list[Cause] = []

    def _add(self, reason: str, field: str, text: str, detail: str) -> None:
        self.causes.append(Cause(reason, f"{text}: {detail}" if detail else text, field))

    def required(self, field: str, detail: str = "") -> None:
        self._add("FieldValueRequired", field, "Required value", detail)

    def invalid(self, field: str, value: Any, detail: str) -> None:
        self._add("FieldValueInvalid", field, f"Invalid value: {show(value)}", detail)

    def each(self, field: str, value: Any, details: Iterable[str]) -> None:
        """An invalid value for every detail."""
        for detail in details:
            self.invalid(field, value, detail)

    def unsupported(self, field: str, value: Any, known: Iterable[str]) -> None:
        text = f"Unsupported value: {show(value)}"
        self._add(
            "FieldValueNotSupported", field, text, "supported values: " + ", ".join(f'"{name}"' for name in known)
        )

    def duplicate(self, field: str, value: Any) -> None:
        self._add("FieldValueDuplicate", field, f"Duplicate value: {show(value)}", "")

    def forbidden(self, field: str, detail: str) -> None:
        self._add("FieldValueForbidden", field, "Forbidden", detail)

    def missing(self, field: str, value: Any) -> None:
        self._add("FieldValueNotFound", field, f"Not found: {show(value)}", "")

    def too_long(self, field: str, most: int) -> None:
        self._add("FieldValueTooLong", field, "Too long", f"may not be more than {most} bytes")
