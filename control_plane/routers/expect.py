"""Assertions over the journal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, AliasChoices, Field, model_validator

from falsefront.faults.when import check_pattern, matches
from falsefront.world.digest import as_json
from falsefront.world.journal import Entry, redact

from ..answers import Given
from ..bodies import Taken, Whole
from ..route import Answer, Call, Refused, Route

NEAREST: Final = 3
"""How many near misses an unmet expectation shows."""


class Pattern(Taken):
    """Which operations are meant; everything that is given must hold, and names may be globs."""

    emulator: str | None = None
    op: str | None = Field(default=None, validation_alias=AliasChoices("op", "operation", "name"))
    args: Annotated[dict[str, Any], AfterValidator(check_pattern)] = Field(default_factory=dict[str, Any])
    session: str | None = None
    outcome: Literal["ok", "failed"] | None = None
    failure: str | None = Field(default=None, description="The kind of its failure.")
    fault: str | None = Field(default=None, description="Struck by that fault rule.")
    changed: bool | None = None


class Expectation(Pattern):
    """How often operations like these happened; at least once where nothing is said."""

    exactly: Whole | None = Field(default=None, ge=0, validation_alias=AliasChoices("exactly", "times", "count"))
    at_least: Whole | None = Field(default=None, ge=0)
    at_most: Whole | None = Field(default=None, ge=0)
    never: Literal[True] | None = None

    def holds(self, count: int) -> bool:
        """Whether that many are as many as expected."""
        if self.never:
            return count == 0
        if self.exactly is not None:
            return count == self.exactly
        least = self.at_least if self.at_least is not None else 0 if self.at_most is not None else 1
        return count >= least and (self.at_most is None or count <= self.at_most)

    def wanted(self) -> str:
        """How many are expected, in words."""
        if self.never or self.exactly == 0:
            return "never"
        if self.exactly is not None:
            return f"exactly {self.exactly}"
        most = [] if self.at_most is None else [f"at most {self.at_most}"]
        least = [f"at least {self.at_least}"] if self.at_least is not None else [] if most else ["at least 1"]
        return " and ".join(least + most)


class Expect(Expectation):
    """One expectation, or several under ``all``, and operations that must have happened ``in_order``."""

    all: list[Expectation] | None = Field(
        default=None, validation_alias=AliasChoices("all", "expect", "expectations", "calls")
    )
    in_order: list[Pattern] | None = Field(
        default=None, min_length=1, validation_alias=AliasChoices("in_order", "in order", "order", "sequence")
    )
    after: Whole = Field(default=0, ge=0, description="Only entries of the journal later than this number.")

    @model_validator(mode="after")
    def _something(self) -> Expect:
        own = self.model_fields_set - {"all", "in_order", "after"}
        if not own and self.all is None and self.in_order is None:
            raise ValueError("expect something: an op with exactly, at_least, at_most or never, or in_order")
        return self

    def each(self) -> list[Expectation]:
        """Every expectation but the order."""
        own = self.model_fields_set - {"all", "in_order", "after"}
        return [*([self] if own else []), *(self.all or [])]


class Met(Given):
    """Every expectation held."""

    met: bool
    counts: list[int]


async def expect(call: Call) -> Answer | Met:
    asked: Expect = call.body
    entries = [entry for entry in call.world.journal.after(asked.after) if entry.op.emulator != "world"]
    counts: list[int] = []
    unmet: list[dict[str, Any]] = []
    for wanted in asked.each():
        found = [entry for entry in entries if not _misses(entry, wanted)]
        counts.append(len(found))
        if not wanted.holds(len(found)):
            unmet.append(_unmet(wanted, found, entries))
    if asked.in_order and (broken := _out_of_order(asked.in_order, entries)):
        unmet.append(broken)
    if not unmet:
        return Met(met=True, counts=counts)
    message = "; ".join(item["message"] for item in unmet)
    return Answer(Refused(409, "conflict", message, met=False, counts=counts, unmet=unmet).body, 409)


def _unmet(wanted: Expectation, found: Sequence[Entry], entries: Iterable[Entry]) -> dict[str, Any]:
    pattern = _pattern(wanted)
    return {
        "message": f"expected {wanted.wanted()} of {pattern}, found {len(found)}",
        "expected": pattern,
        "wanted": wanted.wanted(),
        "found": len(found),
        "entries": [_brief(entry) for entry in found[:NEAREST]],
        "near_misses": _near(wanted, entries),
    }


def _out_of_order(patterns: Sequence[Pattern], entries: Sequence[Entry]) -> dict[str, Any] | None:
    place, last = 0, 0
    for number, pattern in enumerate(patterns):
        while place < len(entries) and _misses(entries[place], pattern):
            place += 1
        if place == len(entries):
            where = f"after entry {last}" if last else "at all"
            return {
                "message": f"in order: number {number + 1}, {_pattern(pattern)}, did not happen {where}",
                "expected": _pattern(pattern),
                "wanted": "in order",
                "found": number,
                "entries": [],
                "near_misses": _near(pattern, entries),
            }
        last = entries[place].seq
        place += 1
    return None


def _pattern(pattern: Pattern) -> dict[str, Any]:
    return pattern.model_dump(
        exclude_none=True, exclude_defaults=True, include=set(Pattern.model_fields), by_alias=False
    )


def _brief(entry: Entry) -> dict[str, Any]:
    shown = entry.as_json()
    return {name: shown[name] for name in ("seq", "emulator", "op", "args", "outcome", "failure", "faults")}


def _near(pattern: Pattern, entries: Iterable[Entry]) -> list[dict[str, Any]]:
    """The entries that miss by least, and by what: a line for each part, as in a diff."""
    missed = [(misses, entry) for entry in entries if (misses := _misses(entry, pattern))]
    missed.sort(key=lambda item: (len(item[0]), "op" in item[0], item[1].seq))
    return [
        {
            **_brief(entry),
            "diff": [
                line
                for part, (wanted, actual) in misses.items()
                for line in (f"- {part}: {_show(wanted)}", f"+ {part}: {_show(actual)}")
            ],
        }
        for misses, entry in missed[:NEAREST]
    ]


def _show(value: Any) -> str:
    import json

    return json.dumps(value, ensure_ascii=False, default=str)


def _misses(entry: Entry, pattern: Pattern) -> dict[str, tuple[Any, Any]]:
    """The parts of a pattern that an entry does not fit, with what was wanted and what is there."""
    op = entry.op
    misses: dict[str, tuple[Any, Any]] = {}
    for part, wanted, actual in (
        ("emulator", pattern.emulator, op.emulator),
        ("op", pattern.op, op.name),
        ("session", pattern.session, op.session),
    ):
        if wanted is not None and not fnmatchcase(actual, wanted):
            misses[part] = wanted, actual
    outcome = "ok" if entry.failure is None else "failed"
    kind = entry.failure.kind.value if entry.failure else None
    for part, expected, found in (("outcome", pattern.outcome, outcome), ("failure", pattern.failure, kind)):
        if expected is not None and expected != found:
            misses[part] = expected, found
    if pattern.fault is not None and pattern.fault not in entry.faults:
        misses["fault"] = pattern.fault, list(entry.faults)
    if pattern.changed is not None and pattern.changed != bool(entry.changes):
        misses["changed"] = pattern.changed, bool(entry.changes)
    misses.update(_args(op.args, pattern.args))
    return misses


def _args(args: Mapping[str, Any], patterns: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    return {
        f"args.{name}": (pattern, redact(as_json(args.get(name)), name))
        for name, pattern in patterns.items()
        if not matches(args, {name: pattern})
    }


ROUTES: Final = (
    Route(
        ("POST", "PUT"), "/worlds/{world}/expect", expect, "Assert over the journal", Met, 200, Expect, errors=(409,)
    ),
)
