"""What the control plane takes, in bodies and query strings, as models; the OpenAPI document is made from them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import (
    AfterValidator,
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    Strict,
    model_validator,
)

from falsefront.world.clock import parse_duration, parse_time

Json = dict[str, Any]
MOST: Final = 1 << 53
"""The largest whole number that every JSON reader knows."""


def _seconds(value: Any) -> Any:
    return value if value is None else parse_duration(value)


def _moment(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError("write a time in ISO 8601, or as seconds since 1970")
    try:
        return parse_time(value) if isinstance(value, str) else datetime.fromtimestamp(value).astimezone()
    except (OverflowError, OSError, ValueError):
        raise ValueError(f"{value!r} is not a time; write one in ISO 8601, such as 2026-01-01T09:00:00Z") from None


def _in_range(value: datetime) -> datetime:
    if not 1900 <= value.year <= 9000:
        raise ValueError("a time lies between the years 1900 and 9000")
    return value


Whole = Annotated[int, Strict()]
Seconds = Annotated[
    float,
    BeforeValidator(_seconds, json_schema_input_type=float | str),
    Field(description="Seconds, or a duration such as '10m'."),
]
Moment = Annotated[datetime, BeforeValidator(_moment, json_schema_input_type=float | str), AfterValidator(_in_range)]


def _aliases(*names: str) -> Any:
    return AliasChoices(*names)


class Taken(BaseModel):
    """A body: what it does not know it refuses, so that a typing mistake is told."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True, defer_build=True)


class Query(BaseModel):
    """A query string: what it does not know it leaves alone."""

    model_config = ConfigDict(extra="ignore", populate_by_name=True, defer_build=True)


class ClockSetting(Taken):
    """A clock's new setting; what is left out stays."""

    mode: Literal["frozen", "offset", "real"] | None = None
    time: Moment | None = Field(
        default=None, validation_alias=_aliases("time", "now", "at", "to"), description="The time it shows from now on."
    )
    settle: Seconds | None = None


class Advance(Taken):
    """How far to move a clock forward: by a duration, or to a time."""

    by: Seconds | None = Field(default=None, validation_alias=_aliases("by", "duration", "seconds"))
    to: Moment | None = Field(default=None, validation_alias=_aliases("to", "until", "time"))

    @model_validator(mode="after")
    def _one(self) -> Advance:
        if (self.by is None) == (self.to is None):
            raise ValueError("give one of 'by' (a duration) and 'to' (a time)")
        return self


class Source(Taken):
    """What a new world begins as: a world, a mark of one, a fixture or a file."""

    world: str | None = None
    mark: str | None = None
    fixture: str | None = None
    url: str | None = Field(default=None, validation_alias=_aliases("file", "url"))


class Create(Taken):
    """A world to make: from a fixture, another world, a mark of one, or a file; else as the server's own began."""

    name: str | None = Field(default=None, validation_alias=_aliases("name", "world", "id"))
    fixture: str | None = Field(default=None, description="A fixture's name; 'empty' has nothing in it.")
    source: str | Source | None = Field(
        default=None,
        validation_alias=_aliases("from", "source", "parent", "from_world", "fork", "of"),
        serialization_alias="from",
        description="Another world, or one of its marks as 'world@mark'.",
    )
    mark: str | None = Field(default=None, validation_alias=_aliases("mark", "from_mark"))
    url: str | None = Field(
        default=None,
        validation_alias=_aliases("file", "url", "archive", "path"),
        serialization_alias="file",
        description="An exported world, below the directory that the server allows.",
    )
    data: dict[str, Any] | None = Field(default=None, description="Sections by emulator to seed it with, besides.")
    seed: Whole | None = Field(default=None, description="For its ids and dice.", ge=-(2**63), lt=2**63)
    clock: ClockSetting | None = None

    def flat(self) -> Create:
        """The same with its source's parts in their own places."""
        if not isinstance(self.source, Source):
            return self
        source = self.source
        parts = {"mark": source.mark, "fixture": source.fixture, "url": source.url}
        return self.model_copy(
            update={"source": source.world, **{name: part for name, part in parts.items() if part is not None}}
        )


class Fork(Taken):
    """A world to make from another's present state, or from one of its marks."""

    name: str | None = Field(default=None, validation_alias=_aliases("name", "to", "as", "target", "fork", "id"))
    mark: str | None = Field(default=None, validation_alias=_aliases("mark", "from_mark", "at"))
    seed: Whole | None = Field(
        default=None, ge=-(2**63), lt=2**63, description="Other ids and dice than its parent's from here on."
    )


class Named(Taken):
    """A name, where the path does not give it."""

    name: str | None = Field(default=None, validation_alias=_aliases("name", "mark", "id"))


class Side(Taken):
    """A state: a world as it is, one of its marks, or one of its latest versions by number."""

    world: str | None = None
    mark: str | None = None
    version: Whole | None = None


class DiffBody(Taken):
    """Two states to compare; ``before`` and ``after`` may be written as 'world', 'world@mark' or 'world#version'."""

    before: Side | str | None = Field(
        default=None, validation_alias=_aliases("before", "from", "a", "left", "base", "source")
    )
    after: Side | str | None = Field(
        default=None, validation_alias=_aliases("after", "to", "b", "right", "with", "other", "against", "target")
    )
    limit: Whole = Field(default=10_000, ge=0, le=MOST)


class DiffQuery(Query):
    """Two states, as in the body of the same request by POST; or this world's state since a mark."""

    before: str | None = Field(default=None, validation_alias=_aliases("before", "from", "a", "left", "base"))
    after: str | None = Field(
        default=None, validation_alias=_aliases("after", "to", "b", "right", "with", "other", "against")
    )
    mark: str | None = Field(default=None, validation_alias=_aliases("mark", "since"))
    version: int | None = None
    limit: int = Field(default=10_000, ge=0, le=MOST)


class SeedBody(BaseModel):
    """Sections by emulator, as in a fixture (or under ``data``), or a ``fixture`` by name."""

    model_config = ConfigDict(extra="allow", defer_build=True)

    fixture: str | None = None
    data: dict[str, Any] | None = None


class JournalQuery(Query):
    """Which entries: later than ``after``, and all filters hold; globs where there are names."""

    after: int = Field(default=0, ge=0, le=MOST)
    limit: int | None = Field(default=None, ge=0, le=MOST)
    last: int | None = Field(
        default=None, ge=0, le=MOST, validation_alias=_aliases("last", "tail"), description="Only the latest so many."
    )
    emulator: str | None = None
    op: str | None = Field(default=None, validation_alias=_aliases("op", "operation", "name"))
    session: str | None = None
    outcome: Literal["ok", "failed"] | None = None
    fault: str | None = Field(default=None, description="Struck by the fault rule of that name.")
    changed: bool | None = Field(default=None, description="Whether it changed anything.")
    format: Literal["json", "ndjson"] | None = None


class Where(Taken):
    """A file on the server, below the directory that it allows."""

    url: str = Field(validation_alias=_aliases("url", "file", "path", "to", "from"))
    name: str | None = Field(default=None, validation_alias=_aliases("name", "world", "as"))


class ImportQuery(Query):
    """The world's name."""

    name: str | None = Field(default=None, validation_alias=_aliases("name", "world", "as"))
