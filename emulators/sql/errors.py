"""PostgreSQL's errors: how handlers raise them, and how failures of any kind are said as one."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from decimal import InvalidOperation
from typing import Any, Final

from falsefront.kernel.operation import Failure, FailureKind

_KINDS: Final[Mapping[str, FailureKind]] = {
    "08": FailureKind.UNAVAILABLE,
    "23": FailureKind.CONFLICT,
    "28": FailureKind.UNAUTHENTICATED,
    "40": FailureKind.CONFLICT,
    "53": FailureKind.QUOTA_EXCEEDED,
    "55": FailureKind.CONFLICT,
    "XX": FailureKind.INTERNAL,
    "3D000": FailureKind.NOT_FOUND,
    "42501": FailureKind.FORBIDDEN,
    "42704": FailureKind.NOT_FOUND,
    "42883": FailureKind.NOT_FOUND,
    "42P01": FailureKind.NOT_FOUND,
    "42703": FailureKind.NOT_FOUND,
    "42P07": FailureKind.CONFLICT,
    "57014": FailureKind.TIMEOUT,
}

INJECTED: Final[Mapping[FailureKind, tuple[str, str, str]]] = {
    FailureKind.INVALID: ("ERROR", "22023", "invalid parameter value"),
    FailureKind.UNAUTHENTICATED: ("FATAL", "28P01", "password authentication failed"),
    FailureKind.FORBIDDEN: ("ERROR", "42501", "permission denied"),
    FailureKind.NOT_FOUND: ("ERROR", "42704", "object does not exist"),
    FailureKind.CONFLICT: ("ERROR", "40001", "could not serialize access due to concurrent update"),
    FailureKind.GONE: ("FATAL", "57P01", "terminating connection due to administrator command"),
    FailureKind.RATE_LIMITED: ("FATAL", "53300", "sorry, too many clients already"),
    FailureKind.QUOTA_EXCEEDED: ("ERROR", "53100", "could not extend file: No space left on device"),
    FailureKind.TIMEOUT: ("ERROR", "57014", "canceling statement due to statement timeout"),
    FailureKind.UNAVAILABLE: ("FATAL", "57P03", "the database system is shutting down"),
    FailureKind.INTERNAL: ("ERROR", "XX000", "an internal error occurred"),
}
"""What PostgreSQL says where a fault rule names only the kind of failure."""

FIELDS: Final[Mapping[str, str]] = {
    "detail": "D",
    "hint": "H",
    "position": "P",
    "where": "W",
    "schema": "s",
    "table": "t",
    "column": "c",
    "datatype": "d",
    "constraint": "n",
}
"""The optional fields of an ErrorResponse, by the names that ``Failure.native`` uses."""


class SqlError(Failure):
    """An error that PostgreSQL would raise, with its SQLSTATE and fields.

    ``location`` is a byte offset into the statement; the wire turns it into a character position.
    """

    def __init__(
        self, sqlstate: str, message: str, *, location: int = -1, severity: str = "ERROR", **fields: str | None
    ):
        native: dict[str, Any] = {"sqlstate": sqlstate, "message": message}
        if severity != "ERROR":
            native["severity"] = severity
        native.update((name, value) for name, value in fields.items() if value is not None)
        kind = _KINDS.get(sqlstate) or _KINDS.get(sqlstate[:2]) or FailureKind.INVALID
        super().__init__(kind, message, native=native)
        self.sqlstate = sqlstate
        self.location = location

    def at(self, location: int) -> SqlError:
        """The same error, placed in the statement if it was not."""
        if self.location < 0:
            self.location = location
        return self

    def locate(self, sql: str, offset: int = 0) -> SqlError:
        """Write the character position into the fields, once."""
        if self.location >= 0 and "position" not in self.native:
            before = sql.encode()[: self.location + offset].decode(errors="ignore")
            self.native = {**self.native, "position": str(len(before) + 1)}
        return self


def unsupported(what: str, location: int = -1) -> SqlError:
    """What PostgreSQL can do and this emulator cannot: never silently wrong."""
    return SqlError("0A000", f"{what} is not supported by this emulator", location=location)


def too_deep() -> SqlError:
    """What PostgreSQL says of a statement that nests deeper than its stack."""
    return SqlError(
        "54001", "stack depth limit exceeded",
        hint='Increase the configuration parameter "max_stack_depth" (currently 2048kB), after ensuring the platform\'s stack depth limit is adequate.',
    )  # fmt: skip


def out_of_memory() -> SqlError:
    """What PostgreSQL says when a statement wants more memory than there is."""
    return SqlError("53200", "out of memory", detail="The statement keeps too many rows at once.")


@contextmanager
def bounded() -> Generator[None, None, None]:
    """Say as PostgreSQL does that a value or statement is beyond what can be computed, wherever Python noticed. Raises ``SqlError``."""
    try:
        yield
    except RecursionError:
        raise too_deep() from None
    except MemoryError:
        raise out_of_memory() from None
    except InvalidOperation:
        raise SqlError("22003", "value overflows numeric format") from None
    except OverflowError:
        raise SqlError("22003", "value out of range") from None
    except ValueError as error:
        if "integer string conversion" not in str(error):
            raise
        raise SqlError("22003", "value out of range") from None


def response_fields(failure: Failure) -> dict[str, str]:
    """The fields of an ErrorResponse, by their letters, whoever raised the failure."""
    severity, sqlstate, message = INJECTED[failure.kind]
    native = failure.native
    if "sqlstate" in native:
        severity = str(native.get("severity", "ERROR"))
        sqlstate = str(native["sqlstate"])
    severity = str(native.get("severity", severity))
    message = str(native.get("message") or failure.message or message)
    fields = {"S": severity, "V": severity, "C": sqlstate, "M": message}
    fields.update((letter, str(native[name])) for name, letter in FIELDS.items() if native.get(name) is not None)
    return fields
