"""Every request of the client, once: what is asked and what comes back; how it travels is the clients' business."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Generic, TypeVar
from urllib.parse import quote

from .shapes import Addresses, Clock, Diff, Entry, Fault, Mark, WorldInfo

T = TypeVar("T")
DEFAULT_URL: Final = "http://127.0.0.1:7070"
Time = str | float | datetime


@dataclass(frozen=True, slots=True)
class Ask(Generic[T]):
    """A request, and how its answer is read."""

    method: str
    path: str
    read: Callable[[Any], T]
    json: Any = None
    params: Mapping[str, Any] = field(default_factory=dict[str, Any])
    content: bytes | None = None
    binary: bool = False


def server_url(url: str | None) -> str:
    """The server's address: as given, else from the environment, else the default."""
    found = url or os.environ.get("FALSEFRONT_URL") or DEFAULT_URL
    found = found.rstrip("/").removesuffix("/_falsefront")
    return found if "://" in found else f"http://{found}"


def server_token(token: str | None) -> str | None:
    """The server's token: as given, else from the environment."""
    return token or os.environ.get("FALSEFRONT_TOKEN") or None


def _given(**parts: Any) -> dict[str, Any]:
    return {name.rstrip("_"): _plain(value) for name, value in parts.items() if value is not None}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _as_is(value: Any) -> Any:
    return value


def _world(name: str, rest: str = "") -> str:
    return f"/worlds/{quote(name, safe='')}{rest}"


# The server


def health() -> Ask[dict[str, Any]]:
    return Ask("GET", "/ready", _as_is)


def emulators() -> Ask[list[dict[str, Any]]]:
    return Ask("GET", "/emulators", lambda answer: answer["emulators"])


def fixtures() -> Ask[list[str]]:
    return Ask("GET", "/fixtures", lambda answer: answer["fixtures"])


# Worlds


def worlds() -> Ask[list[WorldInfo]]:
    return Ask("GET", "/worlds", lambda answer: answer["worlds"])


def create(
    name: str | None,
    *,
    fixture: str | None = None,
    from_: str | None = None,
    mark: str | None = None,
    file: str | None = None,
    data: Mapping[str, Any] | None = None,
    seed: int | None = None,
    clock: Mapping[str, Any] | None = None,
) -> Ask[WorldInfo]:
    body = _given(name=name, fixture=fixture, from_=from_, mark=mark, file=file, data=data, seed=seed, clock=clock)
    return Ask("POST", "/worlds", _as_is, json=body)


def world(name: str) -> Ask[WorldInfo]:
    return Ask("GET", _world(name), _as_is)


def drop(name: str) -> Ask[None]:
    return Ask("DELETE", _world(name), lambda _: None)


def reset(name: str) -> Ask[WorldInfo]:
    return Ask("POST", _world(name, "/reset"), _as_is)


def fork(name: str, new: str | None, *, mark: str | None = None, seed: int | None = None) -> Ask[WorldInfo]:
    return Ask("POST", _world(name, "/fork"), _as_is, json=_given(name=new, mark=mark, seed=seed))


def addresses(name: str) -> Ask[Addresses]:
    return Ask("GET", _world(name, "/environment"), _as_is)


def environment(name: str) -> Ask[dict[str, str]]:
    return Ask("GET", _world(name, "/environment"), lambda answer: answer["environment"])


def seed(name: str, data: Mapping[str, Any], fixture: str | None = None) -> Ask[WorldInfo]:
    return Ask("POST", _world(name, "/seed"), _as_is, json=_given(data=data or None, fixture=fixture))


# State


def digest(name: str) -> Ask[str]:
    return Ask("GET", _world(name, "/digest"), lambda answer: answer["digest"])


def diff(name: str, other: str | None, *, mark: str | None = None, limit: int | None = None) -> Ask[Diff]:
    """From ``mark`` (or how the world began) to now; or from now to ``other``."""
    before: Any = {"mark": mark} if mark else None
    return Ask("POST", _world(name, "/diff"), _as_is, json=_given(before=before, after=other, limit=limit))


def marks(name: str) -> Ask[list[Mark]]:
    return Ask("GET", _world(name, "/marks"), lambda answer: answer["marks"])


def mark(name: str, mark: str) -> Ask[Mark]:
    return Ask("POST", _world(name, "/marks"), _as_is, json={"name": mark})


def unmark(name: str, mark: str) -> Ask[None]:
    return Ask("DELETE", _world(name, f"/marks/{quote(mark, safe='')}"), lambda _: None)


def restore(name: str, mark: str) -> Ask[WorldInfo]:
    return Ask("POST", _world(name, "/restore"), _as_is, json={"name": mark})


# Faults


def put_fault(
    name: str,
    fault: str,
    when: Mapping[str, Any] | None,
    then: Sequence[Mapping[str, Any]] | Mapping[str, Any],
    times: int | None,
    ttl: str | float | None,
) -> Ask[Fault]:
    effects = [then] if isinstance(then, Mapping) else list(then)
    body = _given(when=when, then=effects, times=times, ttl=ttl)
    return Ask("PUT", _fault(name, fault), _as_is, json=body)


def _fault(name: str, fault: str) -> str:
    return _world(name, f"/faults/{quote(fault, safe='')}")


def faults(name: str) -> Ask[list[Fault]]:
    return Ask("GET", _world(name, "/faults"), lambda answer: answer["faults"])


def fault(name: str, fault: str) -> Ask[Fault]:
    return Ask("GET", _fault(name, fault), _as_is)


def remove_fault(name: str, fault: str) -> Ask[None]:
    return Ask("DELETE", _fault(name, fault), lambda _: None)


def clear_faults(name: str) -> Ask[int]:
    return Ask("DELETE", _world(name, "/faults"), lambda answer: answer["removed"])


# Journal


def journal(name: str, **filters: Any) -> Ask[list[Entry]]:
    # As lines there is no end to a page.
    params = {**_filters(filters), "format": "ndjson"}
    return Ask("GET", _world(name, "/journal"), _lines, params=params, binary=True)


def _lines(content: bytes) -> list[Entry]:
    return [json.loads(line) for line in content.splitlines()]


def _filters(filters: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: str(value).lower() if isinstance(value, bool) else value
        for name, value in filters.items()
        if value is not None
    }


def clear_journal(name: str) -> Ask[int]:
    return Ask("DELETE", _world(name, "/journal"), lambda answer: answer["removed"])


def expect(name: str, body: Mapping[str, Any]) -> Ask[list[int]]:
    return Ask("POST", _world(name, "/expect"), lambda answer: answer["counts"], json=body)


# Clock


def clock(name: str) -> Ask[Clock]:
    return Ask("GET", _world(name, "/clock"), _as_is)


def set_clock(name: str, mode: str | None, time: Time | None, settle: str | float | None) -> Ask[Clock]:
    return Ask("PUT", _world(name, "/clock"), _as_is, json=_given(mode=mode, time=time, settle=settle))


def advance(name: str, by: str | float | None, to: Time | None) -> Ask[Clock]:
    return Ask("POST", _world(name, "/clock/advance"), _as_is, json=_given(by=by, to=to))


# Files


def export(name: str) -> Ask[bytes]:
    return Ask("GET", _world(name, "/export"), _as_is, binary=True)


def export_to(name: str, url: str) -> Ask[dict[str, Any]]:
    return Ask("POST", _world(name, "/export"), _as_is, json={"url": url})


def import_world(content: bytes, name: str | None) -> Ask[WorldInfo]:
    return Ask("POST", "/import", _as_is, params=_given(name=name), content=content)
