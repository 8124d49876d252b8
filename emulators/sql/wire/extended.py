"""Queries: the simple protocol, and prepared statements and portals of the extended one."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any, Final

from falsefront.kernel.chain import Exchange
from falsefront.kernel.operation import Failure, Operation, Reply
from falsefront.world.store import Transaction

from ..errors import SqlError, bounded
from ..execute.cost import steps, terms
from ..session.execute import perform, trial
from ..session.locks import Blocked, Contended
from ..session.prepare import READS, Prepared, operation_name, prepare
from ..session.session import Session
from ..session.settings import duration_ms
from ..session.transactions import commit
from ..syntax import Statement, parse
from ..types.binary import decode, recode
from ..types.text import read, show
from .bounds import stopped_after, watched
from .messages import Reader, data_row, decoded, format_of, message, row_description, text

_SMALL: Final = 20_000
"""Statements that may take more steps than this run in a thread."""
_UTILITIES: Final = frozenset({"create_table_as", "create_index", "alter_table", "declare", "execute", "refresh"})
"""Statements without a plan of their own that may take long."""


@dataclass(slots=True)
class Portal:
    """A bound statement: its parameters, and once it has run, its result and the place in it."""

    prepared: Prepared | None
    params: list[Any] = field(default_factory=list[Any])
    texts: list[str | None] = field(default_factory=list["str | None"])
    formats: list[int] = field(default_factory=list[int])
    result: dict[str, Any] | None = None
    place: int = 0


class Extended:
    """One session's statements and portals, and the messages about them."""

    def __init__(self, connection: Any, session: Session) -> None:
        self.connection = connection
        self.session = session
        self.statements: dict[str, Prepared | None] = {}
        self.portals: dict[str, Portal] = {}
        self._waiting: asyncio.Task[Any] | None = None

    # Messages

    async def message(self, kind: int, body: bytes, following: int) -> None:
        """Handle one message. Raises ``Failure``."""
        match chr(kind):
            case "Q":
                await self._simple(body)
            case "P":
                await self._parse(Reader(body))
            case "B":
                self._bind(Reader(body))
            case "D":
                self._describe(Reader(body))
            case "E":
                await self._execute(Reader(body), following)
            case "C":
                self._close(Reader(body))
            case "S":
                await self._sync()
            case "H":
                self.connection.flush()
            case "F":
                raise SqlError("0A000", "the function call protocol is not supported by this emulator")
            case "p":
                raise SqlError("08P01", "unexpected password message", severity="FATAL")
            case _:
                # COPY data after a failed COPY is ignored, as PostgreSQL does.
                pass

    def ready(self) -> None:
        """ReadyForQuery."""
        self.connection.notices()
        self.connection.send(message(b"Z", self.session.status))
        self.connection.flush()

    def abort(self) -> None:
        """A statement failed: its transaction block is aborted, an implicit one forgotten."""
        session = self.session
        if session.block is None:
            return
        if session.block.implicit:
            session.restore_settings(False)
            session.end()
        else:
            session.block.failed = True
            if not session.block.savepoints:
                # Nothing can bring the transaction back, so nobody need wait for it.
                session.locks.release(session)

    def wake(self) -> None:
        """A cancel request came: stop waiting."""
        if self._waiting is not None:
            self._waiting.cancel()

    def drop_temporary(self) -> None:
        """Drop the session's temporary tables, in an operation of its own."""
        from ..define.drop import drop_relations

        session = self.session
        world = session.world
        state = world.begin()
        try:
            run = session.run(state, state, [])
            drop_relations(
                run,
                [
                    r
                    for r in run.catalog.relations()
                    if r.schema == session.temp_name and r.kind in "rvS" and not r.owner
                ],
                True,
            )
            world.commit(state)
        except Failure:
            pass

    # The simple protocol

    async def _simple(self, body: bytes) -> None:
        session = self.session
        if not body.endswith(b"\0"):
            raise SqlError("08P01", "invalid string in message")
        sql = decoded(body[:-1])
        self.portals.pop("", None)
        self.statements.pop("", None)
        statements = await self._parsed(sql)
        if not statements:
            self.connection.send(message(b"I"))
        for statement in statements:
            self._begin_statement()
            if (
                len(statements) > 1
                and session.block is None
                and operation_name(statement) not in ("begin", "commit", "rollback")
            ):
                session.open(implicit=True)
            prepared = await self._prepared(statement, [])
            result = await self._run(prepared, [], [])
            self._whole(result, [])
        if session.block is not None and session.block.implicit:
            await self._commit_implicit()
        self.ready()

    def _begin_statement(self) -> None:
        self.session.cancelled = ""

    async def _parsed(self, sql: str) -> tuple[Statement, ...]:
        try:
            with bounded():
                return parse(sql)
        except SqlError as error:
            await self._report(error, sql)
            raise AssertionError from None

    async def _report(self, error: Failure, sql: str, name: str = "parse") -> None:
        """Let a failure that no handler met pass the chain, so that it is in the journal. Raises it."""

        def fail(state: Any, op: Operation) -> Any:
            raise error

        op = Operation("sql", name, {"sql": sql, "params": [], "tables": []}, str(self.session.pid))
        await self.connection.context.perform(
            Exchange(op, fail, self.session.world, link=self.connection.transport, access="read")
        )
        raise error

    def _whole(self, result: Any, formats: list[int]) -> None:
        """RowDescription, rows and tag."""
        if "columns" in result:
            self._row_description(result["columns"], formats)
            self._rows(result, formats, result["rows"])
        self.connection.notices()
        self._complete(result["tag"])

    def _complete(self, tag: str) -> None:
        self.connection.send(message(b"I") if tag == "" else message(b"C", text(tag)))

    # Running

    async def _prepared(self, statement: Statement, declared: list[int], count: int | None = 0) -> Prepared:
        """Analyse a statement; its errors are operations too."""
        session = self.session
        name = operation_name(statement)
        if session.block is not None and session.block.failed and name not in ("commit", "rollback", "rollback_to"):
            await self._report(
                SqlError("25P02", "current transaction is aborted, commands ignored until end of transaction block"),
                statement.text,
                name,
            )
        world = session.world
        tables = Transaction(world.version, world.name) if session.block is None else session.branch()
        try:
            with bounded():
                return prepare(session, statement, tables, tables, declared, count)
        except SqlError as error:
            session.declared_params = None
            await self._report(error, statement.text, name)
            raise

    async def _run(self, prepared: Prepared, params: list[Any], texts: list[str | None]) -> Any:
        """Take a statement along the chain."""
        session = self.session
        limit = duration_ms("statement_timeout", session.settings.get("statement_timeout") or "0")
        with stopped_after(limit, self._stop):
            return await self._settled(prepared, params, texts, limit)

    def _stop(self) -> None:
        self.session.cancelled = "canceling statement due to statement timeout"
        self.wake()

    async def _settled(self, prepared: Prepared, params: list[Any], texts: list[str | None], limit: int) -> Any:
        """The statement's result, however often it has to wait for others."""
        session = self.session
        while True:
            slow = self._slow(prepared)
            await self._wait_for_locks(prepared, params, slow)
            op = Operation(
                "sql",
                prepared.name,
                {"sql": prepared.statement.text, "params": texts, "tables": prepared.tables},
                str(session.pid),
            )
            exchange = Exchange(
                op,
                lambda state, op: perform(session, prepared, state, params),
                session.world,
                link=self.connection.transport,
                access="read" if prepared.name in READS else "write",
                threaded=slow,
            )
            try:
                await self._sleep(exchange, limit)
                if slow:
                    with watched(session):
                        result = await self.connection.context.perform(exchange)
                else:
                    result = await self.connection.context.perform(exchange)
            except Contended as contended:
                if session.block is not None and session.block.isolation in ("repeatable read", "serializable"):
                    raise
                await self._wait_for(contended.holder, prepared)
                continue
            if isinstance(result, Reply):
                result = result.body
            return _checked(result)

    async def _sleep(self, exchange: Exchange, limit: int) -> None:
        """pg_sleep of a constant: the client waits, and nobody else."""
        import re

        found = re.search(r"(?i)\bpg_sleep\s*\(\s*'?(\d+(?:\.\d+)?|\.\d+)'?\s*\)", exchange.op.args["sql"])
        if not found:
            return
        seconds = float(found[1])
        timeout = limit / 1000 if limit and limit / 1000 < seconds else None
        self._waiting = asyncio.ensure_future(asyncio.sleep(timeout if timeout is not None else seconds))
        try:
            await self._waiting
        except asyncio.CancelledError:
            if not self.session.cancelled:
                raise
            await self._report(SqlError("57014", self.session.cancelled), exchange.op.args["sql"], exchange.op.name)
        finally:
            self._waiting = None
        if timeout is not None:
            await self._report(
                SqlError("57014", "canceling statement due to statement timeout"),
                exchange.op.args["sql"],
                exchange.op.name,
            )

    async def _wait_for_locks(self, prepared: Prepared, params: list[Any], slow: bool) -> None:
        """Where other sessions have transactions open, find out on a copy whether to wait for one of them."""
        session = self.session
        if prepared.plan is None and prepared.name not in ("execute", "truncate", "drop", "alter_table"):
            return
        if session.block is not None and session.block.failed:
            return
        while session.locks.sessions - {session}:
            try:
                if slow:
                    with watched(session):
                        await asyncio.to_thread(trial, session, prepared, params)
                else:
                    trial(session, prepared, params)
                return
            except Blocked as blocked:
                if session.block is not None and session.block.isolation in ("repeatable read", "serializable"):
                    before = session.world.version.tables
                else:
                    before = None
                await self._wait_for(blocked.holder, prepared)
                if before is not None and session.world.version.tables is not before:
                    await self._report(
                        SqlError("40001", "could not serialize access due to concurrent update"),
                        prepared.statement.text,
                        prepared.name,
                    )

    async def _wait_for(self, holder: Any, prepared: Prepared) -> None:
        """Wait until a session's transaction ends. Raises 55P03, 40P01 and 57014."""
        session = self.session
        timeout = duration_ms("lock_timeout", session.settings.get("lock_timeout") or "0") / 1000 or None
        self._waiting = asyncio.ensure_future(session.locks.wait(session, holder, timeout))
        try:
            await self._waiting
        except asyncio.CancelledError:
            if not session.cancelled:
                raise
            await self._report(SqlError("57014", session.cancelled), prepared.statement.text, prepared.name)
        except SqlError as error:
            await self._report(error, prepared.statement.text, prepared.name)
        finally:
            self._waiting = None

    def _slow(self, prepared: Prepared) -> bool:
        """Whether a statement may take long enough for others to notice."""
        plan = prepared.plan
        if plan is None:
            return prepared.name in _UTILITIES
        if prepared.terms is None:
            prepared.terms = terms(plan)
        block = self.session.block
        version = self.session.world.version if block is None else block.version
        counts = {r.storage: t.count for r in prepared.relations if (t := version.tables.get(r.storage)) is not None}
        if steps(prepared.terms, counts) <= _SMALL:
            return False
        if len(prepared.relations) == 1:
            from ..catalog.catalog import Catalog
            from ..execute.sources import is_point

            tables = Transaction(version, self.session.world.name)
            catalog = Catalog(tables, tables, self.session.shared.cache)
            query = plan.query if hasattr(plan, "relation") else plan
            if is_point(catalog.find, query, catalog.indexes(prepared.relations[0].oid)):
                return False
        return True

    async def _commit_implicit(self) -> None:
        session = self.session
        block = session.block
        if block is None:
            return
        if not block.log and not session.deferred:
            session.restore_settings(True)
            session.end()
            return
        op = Operation("sql", "commit", {"sql": "", "params": [], "tables": [], "implicit": True}, str(session.pid))
        await self.connection.context.perform(
            Exchange(op, lambda state, op: commit(session, None, state), session.world, link=self.connection.transport)
        )

    async def _sync(self) -> None:
        self.connection.skipping = False
        if self.session.block is not None and self.session.block.implicit:
            await self._commit_implicit()
        if self.session.block is None:
            self.portals.clear()
        self.ready()

    # The extended protocol

    async def _parse(self, reader: Reader) -> None:
        name, sql = reader.string(), reader.string()
        declared = [reader.uint32() for _ in range(reader.int16())]
        reader.end()
        if name and name in self.statements:
            raise SqlError("42P05", f'prepared statement "{name}" already exists')
        statements = await self._parsed(sql)
        if len(statements) > 1:
            await self._report(SqlError("42601", "cannot insert multiple commands into a prepared statement"), sql)
        self._begin_statement()
        prepared = await self._prepared(statements[0], declared, None) if statements else None
        self.statements[name] = prepared
        self.connection.send(message(b"1"))

    def _statement(self, name: str) -> Prepared | None:
        if name not in self.statements:
            shown = (
                f'prepared statement "{name}" does not exist' if name else "unnamed prepared statement does not exist"
            )
            raise SqlError("26000", shown)
        return self.statements[name]

    def _bind(self, reader: Reader) -> None:
        portal_name, name = reader.string(), reader.string()
        prepared = self._statement(name)
        formats = reader.int16s()
        count = reader.int16()
        wanted = len(prepared.params) if prepared else 0
        if len(formats) > 1 and len(formats) != count:
            raise SqlError("08P01", f"bind message has {len(formats)} parameter formats but {count} parameters")
        if count != wanted:
            raise SqlError(
                "08P01", f'bind message supplies {count} parameters, but prepared statement "{name}" requires {wanted}'
            )
        raw = [None if (length := reader.int32()) < 0 else reader.bytes(length) for _ in range(count)]
        results = reader.int16s()
        reader.end()
        session = self.session
        if (
            session.block is not None
            and session.block.failed
            and prepared
            and prepared.name not in ("commit", "rollback", "rollback_to")
        ):
            raise SqlError("25P02", "current transaction is aborted, commands ignored until end of transaction block")
        columns = prepared.columns if prepared else None
        if len(results) > 1 and len(results) != len(columns or []):
            raise SqlError(
                "08P01", f"bind message has {len(results)} result formats but query has {len(columns or [])} columns"
            )
        if portal_name and portal_name in self.portals:
            raise SqlError("42P03", f'cursor "{portal_name}" already exists')
        portal = Portal(prepared, formats=results)
        if prepared is not None:
            tables = (
                session.branch()
                if session.block is not None
                else Transaction(session.world.version, session.world.name)
            )
            run = session.run(tables, tables, [])
            for n, (data, oid) in enumerate(zip(raw, prepared.params, strict=True)):
                with bounded():
                    value = self._parameter(run, n, data, oid, format_of(formats, n))
                    portal.params.append(value)
                    portal.texts.append(None if value is None else show(value, run.find(oid), run.find, run.style))
        self.portals[portal_name] = portal
        self.connection.send(message(b"2"))

    def _parameter(self, run: Any, n: int, data: bytes | None, oid: int, form: int) -> Any:
        if data is None:
            return None
        type_ = run.find(oid)
        if form == 0:
            found = decoded(data)
            return read(found, type_, run.find, run.style)
        if form != 1:
            raise SqlError("22023", f"unsupported format code: {form}")
        try:
            return decode(data, type_, run.find)
        except SqlError as error:
            if error.sqlstate == "22P03":
                raise SqlError("22P03", f"incorrect binary data format in bind parameter {n + 1}") from None
            raise

    def _portal(self, name: str) -> Portal:
        portal = self.portals.get(name)
        if portal is None:
            raise SqlError("34000", f'portal "{name}" does not exist')
        return portal

    def _describe(self, reader: Reader) -> None:
        kind, name = reader.bytes(1), reader.string()
        reader.end()
        if kind == b"S":
            prepared = self._statement(name)
            oids = prepared.params if prepared else []
            self.connection.send(
                message(b"t", len(oids).to_bytes(2, "big") + b"".join(oid.to_bytes(4, "big") for oid in oids))
            )
            formats: list[int] = []
        elif kind == b"P":
            cursor = self.session.cursors.get(name)
            if cursor is not None and name not in self.portals:
                # A cursor that DECLARE made is a portal too.
                portal = Portal(None)
                prepared, formats = Prepared(parse("SELECT 1")[0], "fetch", columns=cursor.columns), []
            else:
                portal = self._portal(name)
                prepared, formats = portal.prepared, portal.formats
        else:
            raise SqlError("08P01", f"invalid DESCRIBE message subtype {kind[0]}")
        columns = prepared.columns if prepared else None
        if columns is None:
            self.connection.send(message(b"n"))
            return
        described = [
            {"name": c.name, "oid": c.type, "typmod": c.typmod, "table": c.table, "attnum": c.attnum} for c in columns
        ]
        self._row_description(described, formats)

    def _row_description(self, columns: list[Any], formats: list[int]) -> None:
        lengths = [self._length(int(column["oid"])) for column in columns]
        self.connection.send(row_description(columns, lengths, formats))

    def _find(self) -> Any:
        session = self.session
        from ..catalog.catalog import Catalog

        tables = (
            session.branch() if session.block is not None else Transaction(session.world.version, session.world.name)
        )
        return Catalog(tables, tables, session.shared.cache).find

    def _length(self, oid: int) -> int:
        from ..types.table import BY_OID

        built_in = BY_OID.get(oid)
        if built_in is not None:
            return built_in.length
        try:
            return int(self._find()(oid).length)
        except Failure:
            return -1

    async def _execute(self, reader: Reader, following: int) -> None:
        name, limit = reader.string(), reader.int32()
        reader.end()
        portal = self._portal(name)
        if portal.prepared is None:
            self.connection.send(message(b"I"))
            return
        session = self.session
        if portal.result is None:
            self._begin_statement()
            alone = following == ord("S") and session.block is None
            if session.block is None and not alone and portal.prepared.name not in ("begin", "commit", "rollback"):
                session.open(implicit=True)
            portal.result = await self._run(portal.prepared, portal.params, portal.texts)
        result = portal.result
        assert result is not None
        if "columns" not in result:
            self.connection.notices()
            self._complete(result["tag"])
            return
        rows = result["rows"]
        end = len(rows) if limit <= 0 else min(len(rows), portal.place + limit)
        part = rows[portal.place : end]
        first = portal.place == 0
        portal.place = end
        self._rows(result, portal.formats, part)
        if 0 < limit <= len(part) and (end < len(rows) or len(part) == limit):
            self.connection.send(message(b"s"))
            return
        self.connection.notices()
        tag = result["tag"]
        self._complete(tag if first or not tag.startswith("SELECT") else f"SELECT {len(part)}")

    def _rows(self, result: Any, formats: list[int], rows: list[Any]) -> None:
        columns = result["columns"]
        send = self.connection.send
        if not any(format_of(formats, n) for n in range(len(columns))):
            for row in rows:
                send(data_row([None if value is None else value.encode(errors="surrogateescape") for value in row]))
            return
        find = self._find()
        types = [find(column["oid"]) for column in columns]
        binary = [bool(format_of(formats, n)) for n in range(len(columns))]
        for row in rows:
            send(
                data_row(
                    [
                        None
                        if value is None
                        else recode(value, type_, find)
                        if b
                        else value.encode(errors="surrogateescape")
                        for value, type_, b in zip(row, types, binary, strict=True)
                    ]
                )
            )

    def _close(self, reader: Reader) -> None:
        kind, name = reader.bytes(1), reader.string()
        reader.end()
        if kind == b"S":
            self.statements.pop(name, None)
        elif kind == b"P":
            self.portals.pop(name, None)
        else:
            raise SqlError("08P01", f"invalid CLOSE message subtype {kind[0]}")
        self.connection.send(message(b"3"))


def _checked(result: Any) -> dict[str, Any]:
    """A result, or what a fault rule gave in its place. Raises XX000 for what cannot be sent."""
    if isinstance(result, str):
        return {"tag": result}
    if not isinstance(result, dict) or "tag" not in result:
        raise SqlError("XX000", "a fault rule's respond for SQL gives a tag, and columns and rows where there are any")
    if "columns" in result:
        columns = [
            {
                "name": str(c["name"]),
                "oid": int(c.get("oid", 25)),
                "typmod": int(c.get("typmod", -1)),
                "table": int(c.get("table", 0)),
                "attnum": int(c.get("attnum", 0)),
            }
            for c in result["columns"]
        ]
        return {**result, "columns": columns}
    return result
