"""What the control plane gives, as models; the OpenAPI document is made from them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
)

Json = dict[str, Any]


class Given(BaseModel):
    """An answer."""

    model_config = ConfigDict(extra="allow", defer_build=True)


class ErrorBody(Given):
    """What went wrong: the kind is one of a closed set, ``field`` names the part of the request at fault."""

    kind: str
    message: str
    field: str | None = None


class Error(Given):
    """Every error has this form."""

    error: ErrorBody


class ClockInfo(Given):
    """A world's clock."""

    mode: Literal["frozen", "offset", "real"]
    now: str
    settle: float = Field(description="Seconds that a frozen clock runs ahead to finish what an operation set off.")


class Addresses(Given):
    """Everything ready to paste."""

    urls: dict[str, str] = Field(description="Each façade's base URL.")
    environment: dict[str, str] = Field(description="Environment variables for unmodified clients.")
    postgres: str | None = Field(default=None, description="A DSN.")
    kubeconfig: str | None = Field(default=None, description="The text of a kubeconfig file.")
    mcp: Json | None = Field(default=None, description="The configuration of an MCP client.")


class WorldInfo(Given):
    """A world."""

    name: str
    parent: str | None
    fixture: str | None
    seed: int
    version: int
    digest: str
    clock: ClockInfo
    marks: list[str]
    faults: list[str]


class WorldCreated(WorldInfo):
    """A world and its addresses."""

    addresses: Addresses
    environment: dict[str, str]


class WorldList(Given):
    """Every world, in the order of creation."""

    worlds: list[WorldInfo]


class MarkInfo(Given):
    """A version kept under a name."""

    name: str
    version: int
    digest: str
    at: str


class MarkList(Given):
    """A world's marks, in the order they were taken."""

    marks: list[MarkInfo]


class ChangeInfo(Given):
    """One document before and after."""

    table: str
    key: Any
    kind: Literal["added", "removed", "changed"]
    before: Any
    after: Any


class DiffInfo(Given):
    """What differs, by table and key."""

    before: Json
    after: Json
    equal: bool
    count: int
    truncated: bool
    changes: list[ChangeInfo]


class DigestInfo(Given):
    """The hash of a world's content, equal for equal states."""

    world: str
    digest: str
    version: int
    tables: dict[str, str]


class FaultInfo(Given):
    """A fault rule and what it has met."""

    name: str
    seen: int
    fired: int
    last: str | None
    expires: str | None
    matches: int = Field(description="How many of the operations that are loaded it is for.")


class FaultList(Given):
    """A world's rules, in the order they were put."""

    faults: list[FaultInfo]


class Removed(Given):
    """How many there were."""

    removed: int


class JournalPage(Given):
    """Entries, oldest first; ``next`` is the ``after`` of the next page."""

    entries: list[Json]
    next: int
    seq: int = Field(description="The number of the latest entry there is.")
    forgotten: int = Field(description="How many of the oldest are no longer in memory.")


class Exported(Given):
    """A world in a file."""

    url: str
    bytes: int
    digest: str


class Health(Given):
    """The server is alive."""

    status: str
    version: str
    worlds: int
    emulators: list[str]


class Index(Given):
    """What answers here."""

    name: str
    version: str
    openapi: str
    worlds: list[str]


class EmulatorList(Given):
    """What is loaded, with every operation's name, access and summary."""

    emulators: list[Json]


class FixtureList(Given):
    """What worlds can be made from."""

    fixtures: list[str]
