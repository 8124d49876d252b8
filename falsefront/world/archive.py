"""A world's whole state as one file: gzipped lines of JSON, which name their format and prove their content.

The first line is the head (format, digest, seed, version number, clock, counters, sequences and what layers above
keep in a world's state); then each table's line is followed by one line per document, ``[key, document]``; the
last line counts them. What JSON cannot say is an object with the one key NUL.
"""

from __future__ import annotations

import base64
import datetime as dt
import gzip
import json
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from typing import IO, Any, Final, get_args
from uuid import UUID

import orjson
from immutables import Map

from falsefront.kernel.operation import Failure, FailureKind
from falsefront.kernel.state import TableSpec

from .clock import Clock, Mode, moment
from .digest import show
from .store import Transaction, Version

FORMAT: Final = 1
NAME: Final = "falsefront world"
_TAG: Final = "\0"
_ESCAPED: Final = b'"\\u0000"'
_WORD: Final = 1 << 63

FindSpec = Callable[[str], "TableSpec | None"]
"""Gives a declared table by name, ``None`` where no emulator declares it."""


@dataclass(frozen=True, slots=True)
class Extra:
    """How to write and read what a layer above keeps under ``Version.extra``."""

    dump: Callable[[Version], Any]
    load: Callable[[Any], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Archived:
    """A world out of a file."""

    version: Version
    head: Mapping[str, Any]


def write(version: Version, file: IO[bytes], extra: Mapping[str, Extra], about: Mapping[str, Any]) -> None:
    """Write a version; equal versions give equal bytes. ``about`` is told again by whoever reads it."""
    with gzip.GzipFile(filename="", mode="wb", fileobj=file, compresslevel=6, mtime=0) as out:
        for line in _lines(version, extra, about):
            out.write(dump(line) + b"\n")


def _lines(version: Version, extra: Mapping[str, Extra], about: Mapping[str, Any]) -> Iterator[Any]:
    yield {
        "file": NAME,
        "format": FORMAT,
        "digest": show(version.digest),
        "about": encode(dict(about)),
        "seed": encode(version.seed),
        "number": version.number,
        "clock": asdict(version.clock),
        "counters": dict(sorted(version.counters.items())),
        "sequences": encode(dict(sorted(version.sequences.items()))),
        "extra": {name: encode(part.dump(version)) for name, part in extra.items()},
    }
    count = 0
    for name in sorted(version.tables):
        rows = version.tables[name]
        yield {"table": name, "content": rows.spec.content}
        for key, document in rows.scan():
            count += 1
            yield [encode(key), encode(document)]
    yield {"end": count}


def read(file: IO[bytes], find: FindSpec, extra: Mapping[str, Extra]) -> Archived:
    """Read a version. Raises ``Failure`` (invalid) unless it is whole and its digest is the one it claims."""
    try:
        return _read(_parse(file), find, extra)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise _bad(f"it is not whole gzip data: {error}") from None
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError, RecursionError) as error:
        raise _bad(f"it is damaged: {error!r}") from None


def _bad(why: str) -> Failure:
    return Failure(FailureKind.INVALID, f"this is not a world's file: {why}")


def _parse(file: IO[bytes]) -> Iterator[Any]:
    """The lines' values; one without a tag in it says all that there is to say in JSON."""
    with gzip.GzipFile(fileobj=file, mode="rb") as lines:
        for line in lines:
            value = load(line)
            yield decode(value) if _ESCAPED in line else value


def _read(lines: Iterator[Any], find: FindSpec, extra: Mapping[str, Extra]) -> Archived:
    head = next(lines, None)
    if not isinstance(head, dict) or head.get("file") != NAME:
        raise _bad("its first line does not say that it is one")
    if head["format"] != FORMAT:
        raise _bad(f"it has format {head['format']!r}, and this version reads format {FORMAT}")
    start = Version(
        seed=head["seed"],
        clock=_clock(**head["clock"]),
        counters=Map(head["counters"]),
        sequences=Map(head["sequences"]),
        extra=Map(
            {
                key: value
                for name, part in extra.items()
                if name in head["extra"]
                for key, value in part.load(head["extra"][name]).items()
            }
        ),
    )
    state = Transaction(start)
    _load(lines, state, find)
    version = replace(state.commit(), number=head["number"])
    if show(version.digest) != head["digest"]:
        raise _bad(f"its content has the digest {show(version.digest)}, and it claims {head['digest']}")
    return Archived(version, head)


def _clock(mode: Mode, at: int, settle: float) -> Clock:
    if mode not in get_args(Mode) or type(at) is not int or not settle >= 0:
        raise _bad("its clock cannot be")
    moment(at)
    return Clock(mode, at, float(settle))


def _load(lines: Iterator[Any], state: Transaction, find: FindSpec) -> None:
    """Fill every table; each is loaded in one go, for its indexes are built from all of it."""
    spec: TableSpec | None = None
    rows: list[tuple[Any, Any]] = []
    count = 0
    for line in lines:
        if isinstance(line, list):
            key, document = line
            if rows and not rows[-1][0] < key:
                raise _bad("its documents are not in order")
            rows.append((key, document))
            count += 1
            continue
        if spec is not None:
            state.load(spec, rows)
        if "end" in line:
            if line["end"] != count:
                raise _bad(f"it holds {count} documents and claims {line['end']}")
            return
        rows = []
        spec = find(line["table"]) or TableSpec(line["table"], content=line["content"])
    raise _bad("it ends too early")


def dump(value: Any) -> bytes:
    """A line of JSON, however deep."""
    try:
        return orjson.dumps(value)
    except TypeError:
        return json.dumps(value, separators=(",", ":")).encode()


def load(line: bytes) -> Any:
    """What ``dump`` wrote. Raises ``ValueError`` and ``RecursionError``."""
    try:
        return orjson.loads(line)
    except ValueError:
        return json.loads(line)


# Values

_WRITERS: Final[Mapping[type, tuple[str, Callable[[Any], Any]]]] = {
    bytes: ("bytes", lambda value: base64.b64encode(value).decode()),
    dt.datetime: ("datetime", dt.datetime.isoformat),
    dt.date: ("date", dt.date.isoformat),
    dt.time: ("time", dt.time.isoformat),
    dt.timedelta: ("timedelta", lambda value: [value.days, value.seconds, value.microseconds]),
    Decimal: ("decimal", str),
    UUID: ("uuid", str),
}
_READERS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "bytes": base64.b64decode,
    "datetime": dt.datetime.fromisoformat,
    "date": dt.date.fromisoformat,
    "time": dt.time.fromisoformat,
    "timedelta": lambda value: dt.timedelta(*value),
    "decimal": Decimal,
    "uuid": UUID,
    "int": int,
    "float": float,
    "text": json.loads,
    "tuple": lambda value: tuple(decode(item) for item in value),
    "map": lambda value: {decode(key): decode(item) for key, item in value},
}


def encode(value: Any) -> Any:
    """A document as JSON from which ``decode`` makes an equal one. Raises ``TypeError`` for what cannot be stored."""
    match value:
        case None | bool():
            return value
        case str():
            return value if value.isascii() or _speakable(value) else _tag("text", json.dumps(value))
        case int():
            return int(value) if -_WORD <= value < _WORD else _tag("int", str(value))
        case float():
            return value if value - value == 0 else _tag("float", repr(value))
        case dict():
            if all(type(key) is str and key != _TAG and _speakable(key) for key in value):
                return {key: encode(item) for key, item in value.items()}
            return _tag("map", [[encode(key), encode(item)] for key, item in value.items()])
        case list():
            return [encode(item) for item in value]
        case tuple():
            return _tag("tuple", [encode(item) for item in value])
        case _:
            name, writer = _WRITERS.get(type(value)) or _cannot(value)
            return _tag(name, writer(value))


def _tag(name: str, value: Any) -> dict[str, Any]:
    return {_TAG: [name, value]}


def _cannot(value: Any) -> Any:
    raise TypeError(f"a {type(value).__name__} cannot be exported")


def _speakable(text: str) -> bool:
    """Whether a text can be UTF-8: a lone surrogate cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def decode(value: Any) -> Any:
    """What ``encode`` was given. Raises ``ValueError`` or ``KeyError`` for what it never makes."""
    if isinstance(value, dict):
        if _TAG in value:
            name, inner = value[_TAG]
            return _READERS[name](inner)
        return {key: decode(item) for key, item in value.items()}
    if isinstance(value, list):
        return [decode(item) for item in value]
    return value
