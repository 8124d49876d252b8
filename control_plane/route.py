"""What a route of the control plane is: one line of a table, from which requests are served and OpenAPI is written."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from falsefront.kernel.operation import Failure
from falsefront.wire.http import STATUS
from falsefront.world.world import World

if TYPE_CHECKING:
    from falsefront.wire.http import Request

    from .serving import Serving


class Refused(Exception):
    """A request that is answered with an error; ``field`` names what of it is wrong, where one thing is."""

    def __init__(self, status: int, kind: str, message: str, field: str | None = None, **more: Any) -> None:
        super().__init__(message)
        self.status = status
        self.headers: dict[str, str] = {}
        error: dict[str, Any] = {"kind": kind, "message": message}
        if field:
            error["field"] = field
        self.body: dict[str, Any] = {"error": error, **more}

    @classmethod
    def of(cls, failure: Failure) -> Refused:
        """A failure of the kernel's."""
        return cls(STATUS[failure.kind], failure.kind.value, failure.message)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a handler answers where JSON with the route's own status does not do.

    ``body`` is a model or JSON value, bytes, or chunks of bytes to stream.
    """

    body: Any
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(slots=True)
class Call:
    """A request that found its route; its query and its JSON body are validated."""

    serving: Serving
    request: Request
    params: Mapping[str, str]
    query: Any = None
    body: Any = None

    @property
    def world(self) -> World:
        """The world that the path names. Raises ``Failure`` (not_found)."""
        return self.serving.runtime.worlds.find(self.params["world"])

    @property
    def host(self) -> str:
        """What the client calls this server."""
        return self.request.headers.get(b"host", b"").decode("latin-1")


Handler = Callable[[Call], Awaitable[Any]]
Chunks = AsyncIterator[bytes]


@dataclass(frozen=True, slots=True)
class Route:
    """One method on one path.

    ``body`` is the model of a JSON body; a route that reads its body itself has ``raw`` media types in its place.
    ``also`` is another status that it may answer with when all is well, ``errors`` are those that it may fail with
    beside the ones that any route of its kind may.
    """

    methods: tuple[str, ...]
    path: str
    handler: Handler
    summary: str
    answer: type[BaseModel] | None = None
    status: int = 200
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    raw: str = ""
    media: str = "application/json"
    also: tuple[int, ...] = ()
    errors: tuple[int, ...] = ()
    public: bool = False
    """Answered without a token."""

    @property
    def tag(self) -> str:
        """The noun it belongs to."""
        return next((part for part in reversed(self.path.split("/")) if part and not part.startswith("{")), "")
