"""The SQL emulator: what it is called, what it can do, how worlds are seeded, where it listens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

from falsefront.kernel.emulator import Context, Endpoints, Op, Surface, Tcp
from falsefront.kernel.operation import Failure, FailureKind, Operation
from falsefront.kernel.state import State, TableSpec
from falsefront.world.clock import Clock, microseconds
from falsefront.world.store import Version
from falsefront.world.world import World

from .catalog.model import COMMENTS, RELATIONS, SCHEMAS, TYPES
from .errors import SqlError

_SUMMARIES: Final[Mapping[str, str]] = {
    "parse": "A query string that cannot be parsed.",
    "select": "SELECT, VALUES and TABLE, with WITH and set operations.",
    "insert": "INSERT, with ON CONFLICT and RETURNING.",
    "update": "UPDATE, with FROM and RETURNING.",
    "delete": "DELETE, with USING and RETURNING.",
    "begin": "BEGIN and START TRANSACTION.",
    "commit": "COMMIT and END; also the end of several statements sent as one.",
    "rollback": "ROLLBACK and ABORT.",
    "savepoint": "SAVEPOINT.",
    "release": "RELEASE SAVEPOINT.",
    "rollback_to": "ROLLBACK TO SAVEPOINT.",
    "create_table": "CREATE TABLE.",
    "create_table_as": "CREATE TABLE AS, SELECT INTO and CREATE MATERIALIZED VIEW.",
    "create_index": "CREATE INDEX.",
    "create_view": "CREATE VIEW.",
    "refresh": "REFRESH MATERIALIZED VIEW.",
    "create_sequence": "CREATE SEQUENCE.",
    "alter_sequence": "ALTER SEQUENCE.",
    "create_schema": "CREATE SCHEMA.",
    "create_type": "CREATE TYPE ... AS ENUM.",
    "alter_type": "ALTER TYPE ... ADD VALUE.",
    "create_domain": "CREATE DOMAIN.",
    "create_extension": "CREATE EXTENSION.",
    "drop": "DROP of tables, views, indexes, sequences, schemas and types.",
    "truncate": "TRUNCATE.",
    "alter_table": "ALTER TABLE.",
    "rename": "ALTER ... RENAME.",
    "set_schema": "ALTER ... SET SCHEMA.",
    "owner": "ALTER ... OWNER TO.",
    "comment": "COMMENT ON.",
    "set": "SET, RESET and SET TRANSACTION.",
    "show": "SHOW.",
    "prepare": "PREPARE.",
    "execute": "EXECUTE.",
    "deallocate": "DEALLOCATE.",
    "discard": "DISCARD.",
    "set_constraints": "SET CONSTRAINTS.",
    "declare": "DECLARE CURSOR.",
    "fetch": "FETCH and MOVE.",
    "close": "CLOSE.",
    "lock": "LOCK TABLE.",
    "vacuum": "VACUUM and ANALYZE.",
    "unlisten": "UNLISTEN.",
    "checkpoint": "CHECKPOINT.",
    "copy": "COPY.",
    "unsupported": "Any other statement: it fails with 0A000.",
}
_READS: Final = frozenset({"select", "show", "fetch", "parse"})


class Sql:
    """PostgreSQL's protocol and dialect over the store."""

    name = "sql"
    tables: Sequence[TableSpec] = (SCHEMAS, RELATIONS, TYPES, COMMENTS)

    def __init__(self) -> None:
        self._shared: Any = None
        self._heaps: Any = None
        self.operations: Mapping[str, Op] = {
            name: Op(self._operate, "read" if name in _READS else "write", summary)
            for name, summary in _SUMMARIES.items()
        }

    @property
    def shared(self) -> Any:
        """What all sessions share."""
        if self._shared is None:
            from .heap.heaps import Heaps
            from .session.session import Shared

            self._shared = Shared()
            self._heaps = Heaps()
        return self._shared

    def _session(self, state: State) -> Any:
        from .session.session import Session

        world = World(state.world, Version(seed=state.seed, clock=Clock(at=microseconds(state.now))))
        return Session(self.shared, world, "postgres", "postgres", 0)

    def _operate(self, state: State, op: Operation) -> Any:
        """Run ``args["sql"]`` in a session of its own, for timers and replays."""
        from .heap.seeding import run_script

        sql = str(op.args.get("sql", ""))
        run_script(self._session(state), state, sql)
        return {"tag": ""}

    def seed(self, state: State, data: Any) -> None:
        """Run ``schema`` (SQL text, or a list of it) and load ``tables`` (columns and rows by table). Raises ``Failure``."""
        from .heap.seeding import load, run_script

        if not isinstance(data, Mapping):
            raise Failure(FailureKind.INVALID, "sql: a fixture holds `schema` and `tables`")
        unknown = set(data) - {"schema", "tables"}
        if unknown:
            raise Failure(
                FailureKind.INVALID, f"sql: a fixture holds `schema` and `tables`, not {', '.join(sorted(unknown))}"
            )
        session = self._session(state)
        schema = data.get("schema") or ""
        try:
            run_script(session, state, schema if isinstance(schema, str) else ";\n".join(schema))
        except SqlError as error:
            raise Failure(FailureKind.INVALID, f"sql: {error.message}") from None
        for name, rows in (data.get("tables") or {}).items():
            load(session, state, name, rows, self._heaps)

    def surfaces(self, context: Context) -> Sequence[Surface]:
        """One TCP port, called ``postgres``."""
        from .wire.protocol import Connection

        shared = self.shared
        return [Tcp("postgres", lambda: Connection(context, shared))]

    def environment(self, endpoints: Endpoints, world: str) -> Mapping[str, str]:
        """DATABASE_URL and libpq's own variables."""
        host, port = endpoints.tcp["postgres"]
        database = f"postgres@{world}"
        return {
            "DATABASE_URL": f"postgresql://postgres:postgres@{host}:{port}/{quote(database, safe='')}",
            "PGHOST": host,
            "PGPORT": str(port),
            "PGUSER": "postgres",
            "PGPASSWORD": "postgres",
            "PGDATABASE": database,
        }


emulator = Sql()
