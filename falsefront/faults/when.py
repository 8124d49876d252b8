"""The conditions of a fault rule."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from fnmatch import fnmatchcase
from operator import ge, gt, le, lt
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from falsefront.kernel.operation import Operation
from falsefront.world.clock import parse_time

_COMPARISONS: Final[dict[str, Callable[[Any, Any], bool]]] = {"gt": gt, "gte": ge, "lt": lt, "lte": le}


def _compare(test: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def holds(value: Any, bound: Any) -> bool:
        value = _number(value)
        try:
            return bool(test(value, bound))
        except TypeError:
            return False

    return holds


def _number(value: Any) -> Any:
    """Form-encoded protocols carry numbers as text."""
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return value
    return value


_ABSENT: Final[object] = object()
_TESTS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    **{name: _compare(test) for name, test in _COMPARISONS.items()},
    "eq": lambda value, other: _equal(value, other),
    "ne": lambda value, other: not _equal(value, other),
    "in": lambda value, others: any(_equal(value, other) for other in others),
    "glob": lambda value, pattern: isinstance(value, str) and fnmatchcase(value, pattern),
    "regex": lambda value, pattern: isinstance(value, str) and re.search(pattern, value) is not None,
    "contains": lambda value, part: isinstance(value, str | list | tuple | dict) and part in value,
    "exists": lambda value, wanted: (value is not _ABSENT) is wanted,
}


def _equal(value: Any, other: Any) -> bool:
    if value == other:
        return True
    if isinstance(value, str) and isinstance(other, int | float) and not isinstance(other, bool):
        return bool(_number(value) == other)
    return isinstance(value, str) and isinstance(other, bool) and value == str(other).lower()


def matches(value: Any, pattern: Any) -> bool:
    """Whether a value fits a pattern: a literal, ``{"gte": 1000, …}``, or an object of patterns."""
    if isinstance(pattern, Mapping):
        if pattern and all(key in _TESTS for key in pattern):
            return all(
                (value is not _ABSENT or test in ("exists", "ne")) and _TESTS[test](value, bound)
                for test, bound in pattern.items()
            )
        return isinstance(value, Mapping) and all(
            matches(value.get(key, _ABSENT), inner) for key, inner in pattern.items()
        )
    return value is not _ABSENT and _equal(value, pattern)


def check_pattern(pattern: Any) -> Any:
    """Refuse what could never match, so that a typing mistake is told when the rule is put."""
    if isinstance(pattern, Mapping):
        if any(key in _TESTS for key in pattern) and not all(key in _TESTS for key in pattern):
            raise ValueError(f"{dict(pattern)!r} mixes tests with field names; the tests are {', '.join(_TESTS)}")
        for key, inner in pattern.items():
            if key == "regex":
                _check_regex(inner)
            elif key == "in" and not isinstance(inner, list | tuple):
                raise ValueError("'in' takes a list")
            elif key not in _TESTS:
                check_pattern(inner)
    return pattern


def _check_regex(pattern: Any) -> None:
    try:
        re.compile(pattern)
    except (re.error, TypeError) as error:
        raise ValueError(f"{pattern!r} is not a regular expression: {error}") from None


def _moment(text: str) -> str:
    parse_time(text)
    return text


Moment = Annotated[str, AfterValidator(_moment)]


class StateCondition(BaseModel):
    """A condition on the world: how many documents of a table match."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    table: str
    key: Any = None
    matches: Annotated[Any, AfterValidator(check_pattern)] = Field(default_factory=dict)
    count: Any = Field(default_factory=lambda: {"gte": 1}, description="A number, or tests such as {'gte': 3}.")


class When(BaseModel):
    """Which operations a rule is for; everything that is given must hold.

    ``nth``, ``every`` and ``from``–``to`` count the operations that fit the rest, from 1.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    emulator: str = "*"
    op: str = Field(default="*", description="An operation's name, or a glob such as charges.*")
    args: Annotated[dict[str, Any], AfterValidator(check_pattern)] = Field(default_factory=dict[str, Any])
    session: str | None = Field(default=None, description="A glob.")
    nth: int | list[int] | None = None
    every: int | None = Field(default=None, ge=1)
    from_: int | None = Field(default=None, alias="from", ge=1)
    to: int | None = Field(default=None, ge=1)
    probability: float | None = Field(default=None, ge=0, le=1)
    between: tuple[Moment, Moment] | None = Field(default=None, description="World times, ISO 8601.")
    state: StateCondition | None = None

    @model_validator(mode="after")
    def _ordered(self) -> When:
        if self.from_ is not None and self.to is not None and self.to < self.from_:
            raise ValueError("'to' comes before 'from'")
        numbers = self.nth if isinstance(self.nth, list) else [self.nth]
        if any(number is not None and number < 1 for number in numbers):
            raise ValueError("'nth' counts from 1")
        return self

    def names(self, emulator: str, op: str) -> bool:
        """Whether an operation of that name is meant."""
        return fnmatchcase(emulator, self.emulator) and fnmatchcase(op, self.op)

    def fits(self, op: Operation, now: datetime, documents: Callable[[str], Any]) -> bool:
        """Whether everything but the counts and the dice holds; ``documents`` gives a table's rows by name."""
        if self.args and not matches(op.args, self.args):
            return False
        if self.session is not None and not fnmatchcase(op.session, self.session):
            return False
        if self.between is not None and not parse_time(self.between[0]) <= now < parse_time(self.between[1]):
            return False
        return self.state is None or _holds(self.state, documents(self.state.table))

    def counts(self, seen: int) -> bool:
        """Whether the ``seen``-th operation that fits is one of those meant."""
        if self.nth is not None and seen not in (self.nth if isinstance(self.nth, list) else (self.nth,)):
            return False
        if self.every is not None and seen % self.every:
            return False
        return (self.from_ is None or seen >= self.from_) and (self.to is None or seen <= self.to)


def _holds(condition: StateCondition, rows: Any) -> bool:
    if rows is None:
        count = 0
    elif condition.key is not None:
        document = rows.get(condition.key)
        count = int(document is not None and (not condition.matches or matches(document, condition.matches)))
    elif not condition.matches:
        count = rows.count
    else:
        count = sum(matches(document, condition.matches) for _, document in rows.scan())
    return matches(count, condition.count)
