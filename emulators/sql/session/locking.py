"""SELECT ... FOR UPDATE: rows locked until the transaction ends."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..analyse.nodes import Join, Query, Scan
from ..errors import SqlError
from ..execute.run import Run
from .locks import Blocked


def _scans(query: Query) -> list[Scan]:
    found: list[Scan] = []
    stack: list[Any] = list(query.sources)
    while stack:
        source = stack.pop()
        if isinstance(source, Join):
            stack += [source.left, source.right]
        elif isinstance(source, Scan) and (query.locks == ["*"] or source.alias in query.locks):
            found.append(source)
    return found


def lock_rows(run: Run, query: Query) -> Any:
    """What puts locks on the rows that WHERE lets through. A shared lock is taken as an exclusive check only."""
    scans = _scans(query)
    session = run.session

    def locked(compiler: Any, _: Query, rows: Any) -> Any:
        def each() -> Iterator[Any]:
            name = ""
            for row in rows():
                try:
                    for scan in scans:
                        name = scan.relation.name
                        rid = row[scan.start + scan.width - 1]
                        if rid is not None:
                            if query.lock_wait == "share":
                                session.await_free(scan.relation, rid)
                            else:
                                session.lock(scan.relation, rid)
                except Blocked:
                    if query.lock_wait == "skip":
                        continue
                    if query.lock_wait == "nowait":
                        raise SqlError("55P03", f'could not obtain lock on row in relation "{name}"') from None
                    raise
                yield row

        return each

    return locked
