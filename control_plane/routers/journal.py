"""The journal: what happened in a world, as a page of JSON or as lines."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator
from fnmatch import fnmatchcase
from itertools import islice
from typing import Final

from falsefront.world.journal import Entry, Journal, dump

from ..answers import JournalPage, Removed
from ..bodies import JournalQuery
from ..route import Answer, Call, Route

PAGE: Final = 1000
"""Entries of a JSON page, where no limit is asked for."""
_NDJSON: Final = "application/x-ndjson"


async def read(call: Call) -> Answer | JournalPage:
    asked: JournalQuery = call.query
    journal = call.world.journal
    if _wants_lines(call, asked):
        return Answer(_lines(list(_select(journal, asked))), headers={"content-type": _NDJSON})
    if asked.limit is None and asked.last is None:
        asked.limit = PAGE
    entries = list(_select(journal, asked))
    cut = asked.limit is not None and len(entries) == asked.limit
    return JournalPage(
        entries=[entry.as_json() for entry in entries],
        next=(entries[-1].seq if entries else asked.after) if cut else max(journal.seq, asked.after),
        seq=journal.seq,
        forgotten=journal.seq - len(journal),
    )


def _wants_lines(call: Call, asked: JournalQuery) -> bool:
    return asked.format == "ndjson" or (
        asked.format is None and b"ndjson" in call.request.headers.get(b"accept", b"").lower()
    )


def _select(journal: Journal, asked: JournalQuery) -> Iterable[Entry]:
    found: Iterator[Entry] = (entry for entry in journal.after(asked.after) if fits(entry, asked))
    if asked.last is not None:
        tail = list(found)
        found = iter(tail[max(0, len(tail) - asked.last) :])
    return islice(found, asked.limit)


def fits(entry: Entry, asked: JournalQuery) -> bool:
    """Whether an entry passes every filter."""
    op = entry.op
    if asked.emulator is not None and not fnmatchcase(op.emulator, asked.emulator):
        return False
    if asked.op is not None and not fnmatchcase(op.name, asked.op):
        return False
    if asked.session is not None and not fnmatchcase(op.session, asked.session):
        return False
    if asked.outcome is not None and (entry.failure is None) != (asked.outcome == "ok"):
        return False
    if asked.fault is not None and asked.fault not in entry.faults:
        return False
    return asked.changed is None or bool(entry.changes) == asked.changed


async def _lines(entries: Iterable[Entry]) -> AsyncIterator[bytes]:
    lines: list[bytes] = []
    for entry in entries:
        lines.append(dump(entry.as_json()) + b"\n")
        if len(lines) == 256:
            yield b"".join(lines)
            lines = []
    yield b"".join(lines)


async def clear(call: Call) -> Removed:
    journal = call.world.journal
    count = len(journal)
    journal.clear()
    return Removed(removed=count)


_J: Final = "/worlds/{world}/journal"
ROUTES: Final = (
    Route(
        ("GET",),
        _J,
        read,
        "What happened, oldest first",
        JournalPage,
        query=JournalQuery,
        media=f"application/json {_NDJSON}",
    ),
    Route(("DELETE",), _J, clear, "Forget the entries in memory; their numbers go on", Removed),
)
