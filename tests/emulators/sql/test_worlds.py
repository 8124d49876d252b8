"""Rows as part of a world: seeding, forks, digests, the journal, faults and containment."""

from __future__ import annotations

import gc
import threading
import weakref
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from falsefront.emulators.sql import emulator
from falsefront.faults.plan import put_rule
from falsefront.faults.rule import Rule
from falsefront.kernel.operation import Failure

SCHEMA = "CREATE TABLE c (id serial PRIMARY KEY, email text UNIQUE, amount numeric(8,2), tags text[])"


@pytest.fixture(scope="module")
def server(serve: Any) -> Any:
    return serve("sql")


def seeded(server: Any, name: str, rows: int) -> Any:
    data = {
        "sql": {
            "schema": SCHEMA,
            "tables": {
                "c": {
                    "columns": ["id", "email", "amount", "tags"],
                    "rows": [[n, f"u{n}@x", f"{n}.50", ["a", str(n)]] for n in range(1, rows + 1)],
                }
            },
        }
    }
    return server.call(lambda: server.runtime.worlds.create(name, server.runtime.seeded(data)))


def connect(server: Any, world: str) -> Any:
    host, port = server.serving.endpoints.tcp["postgres"]
    return psycopg.connect(host=host, port=port, user="postgres", dbname=f"x@{world}", autocommit=True)


@pytest.mark.parametrize("rows", [10, 1500, 6000])
def test_loaded_rows_are_like_inserted_ones(server: Any, rows: int) -> None:
    world = seeded(server, f"load{rows}", rows)
    with connect(server, f"load{rows}") as sql:
        assert sql.execute("SELECT count(*), sum(amount) FROM c").fetchone() == (
            rows,
            sum(range(1, rows + 1)) + rows * 0.5,
        )
        assert sql.execute("SELECT * FROM c WHERE email = 'u7@x'").fetchone()[0] == 7
        with pytest.raises(psycopg.errors.UniqueViolation):
            sql.execute("INSERT INTO c (email) VALUES ('u7@x')")
        assert sql.execute("UPDATE c SET email = 'new' WHERE id = 7 RETURNING tags").fetchone() == (["a", "7"],)
        assert sql.execute("INSERT INTO c (email) VALUES ('u7@x') RETURNING id > %s", (rows,)).fetchone() == (True,)
        assert sql.execute("DELETE FROM c WHERE id = 8 RETURNING id").fetchone() == (8,)
        assert sql.execute("SELECT count(*) FROM c").fetchone() == (rows,)
        assert sql.execute("SELECT id FROM c WHERE id IN (6, 7, 8, 9)").fetchall() == [(6,), (9,), (7,)]
    assert world.version.number > 0


def test_a_fixture_that_breaks_a_rule_is_refused(server: Any) -> None:
    rows = [[1, "same"], [2, "same"]]
    for many in (rows, rows * 600):
        data = {"sql": {"schema": SCHEMA, "tables": {"c": {"columns": ["id", "email"], "rows": many}}}}
        with pytest.raises(Failure, match="unique"):
            server.call(lambda data=data: server.runtime.seeded(data))


def test_forks_go_their_own_way_and_equal_states_have_equal_digests(server: Any) -> None:
    world = seeded(server, "parent", 1500)
    left, right = (server.call(lambda n=n: server.runtime.worlds.fork(world, n)) for n in ("left", "right"))
    assert left.version.digest == world.version.digest
    for name in ("left", "right"):
        with connect(server, name) as sql:
            sql.execute("UPDATE c SET amount = 1 WHERE id = 3")
    assert left.version.digest == right.version.digest != world.version.digest
    with connect(server, "left") as sql:
        sql.execute("DELETE FROM c WHERE id = 4")
    with connect(server, "parent") as sql:
        assert sql.execute("SELECT amount FROM c WHERE id = 3").fetchone()[0] != 1
        assert sql.execute("SELECT count(*) FROM c").fetchone() == (1500,)
    assert left.version.digest != right.version.digest


def test_a_rolled_back_transaction_changes_nothing_but_sequences(server: Any) -> None:
    world = seeded(server, "rolled", 3)
    digest = world.version.digest
    with connect(server, "rolled") as sql:
        sql.execute("BEGIN")
        sql.execute("CREATE TABLE other (a int)")
        assert sql.execute("INSERT INTO c (email) VALUES ('n') RETURNING id").fetchone() == (4,)
        sql.execute("ROLLBACK")
        assert world.version.digest == digest
        assert sql.execute("INSERT INTO c (email) VALUES ('n') RETURNING id").fetchone() == (5,)


def test_the_journal_names_operations_and_their_changes(server: Any) -> None:
    world = seeded(server, "journal", 3)
    with connect(server, "journal") as sql:
        sql.execute("UPDATE c SET amount = %s WHERE id = %s", (5, 1))
        with pytest.raises(psycopg.errors.UndefinedTable):
            sql.execute("SELECT * FROM nope")
        with pytest.raises(psycopg.errors.SyntaxError):
            sql.execute("SELEC 1")
    update, select, parse = list(world.journal)[-3:]
    assert (update.op.name, update.op.args["params"], update.op.args["tables"]) == ("update", ["5", "1"], ["public.c"])
    assert len(update.changes) == 2
    assert (select.op.name, select.failure.native["sqlstate"]) == ("select", "42P01")
    assert (parse.op.name, parse.failure.native["sqlstate"]) == ("parse", "42601")


@pytest.mark.parametrize(
    ("fail", "sqlstate"),
    [
        ({"fail": "conflict"}, "40001"),
        ({"fail": "timeout"}, "57014"),
        ({"fail": "forbidden"}, "42501"),
        ({"fail": "rate_limited"}, "53300"),
        ({"fail": "internal", "native": {"sqlstate": "58030", "message": "could not read block"}}, "58030"),
    ],
)
def test_faults_speak_postgresql(server: Any, fail: dict[str, Any], sqlstate: str) -> None:
    name = f"fault{sqlstate}"
    world = seeded(server, name, 3)
    rule = Rule.model_validate({"when": {"emulator": "sql", "op": "update"}, "then": [fail]})
    server.call(lambda: put_rule(world, "r", rule))
    connection = connect(server, name)
    with pytest.raises(psycopg.Error) as caught:
        connection.execute("UPDATE c SET amount = 0")
    assert caught.value.sqlstate == sqlstate
    with connect(server, name) as sql:
        assert sql.execute("SELECT count(*) FROM c WHERE amount = 0").fetchone() == (0,)
    connection.close()


@pytest.mark.parametrize(
    "escape",
    [
        "SELECT getenv('HOME')",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT pg_read_file('/etc/passwd')",
        "COPY (SELECT 1) TO '/tmp/out'",
        "COPY c FROM '/etc/passwd'",
        "COPY c TO PROGRAM 'id'",
        "ATTACH '/tmp/x.db'",
        "INSTALL httpfs",
        "PRAGMA database_list",
        "SET threads = 4",
        "SELECT * FROM duckdb_settings()",
        "SELECT * FROM b1",
        "DO 'BEGIN END'",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'select 1'",
        "LOAD '/tmp/x.so'",
        "SELECT lo_import('/etc/passwd')",
    ],
)
def test_nothing_reaches_the_host(server: Any, escape: str) -> None:
    if "escape" not in server.runtime.worlds:
        seeded(server, "escape", 1500)
    with connect(server, "escape") as sql, pytest.raises(psycopg.Error) as caught:
        sql.execute(escape)
    assert caught.value.sqlstate in ("42883", "42P01", "0A000", "42601", "42704")


def test_keys_of_large_frozen_heaps_find_their_rows_whatever_has_changed(server: Any) -> None:
    seeded(server, "keyed", 6000)
    with connect(server, "keyed") as sql:
        for n in (1, 77, 5999, 6000):
            assert sql.execute("SELECT id FROM c WHERE email = %s", (f"u{n}@x",)).fetchall() == [(n,)]
            assert sql.execute("SELECT email FROM c WHERE id = %s", (n,)).fetchall() == [(f"u{n}@x",)]
        assert sql.execute("SELECT id FROM c WHERE email = 'nobody'").fetchall() == []
        sql.execute("UPDATE c SET email = 'new' WHERE id = 77")
        sql.execute("DELETE FROM c WHERE id = 78")
        assert sql.execute("SELECT id FROM c WHERE email IN ('u77@x', 'new')").fetchall() == [(77,)]
        assert sql.execute("SELECT id FROM c WHERE email = 'u77@x'").fetchall() == []
        assert sql.execute("SELECT count(*) FROM c WHERE id = 78").fetchone() == (0,)
        assert sql.execute("SELECT count(*), count(*) FROM c").fetchone() == (5999, 5999)


def test_a_lock_that_was_taken_late_is_waited_for(server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    # Without the look ahead every lock is met by the statement itself, as one is that is taken in between.
    monkeypatch.setattr("falsefront.emulators.sql.wire.extended.trial", lambda *given: None)
    seeded(server, "late", 3)
    change = "UPDATE c SET amount = amount + 1 WHERE id = 1"
    with connect(server, "late") as holder, connect(server, "late") as other:
        holder.execute("BEGIN")
        holder.execute(change)
        other.execute("SET lock_timeout = '50ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            other.execute(change)
        other.execute("SET lock_timeout = 0")
        waiting = threading.Thread(target=other.execute, args=(change,), daemon=True)
        waiting.start()
        holder.execute("COMMIT")
        waiting.join(20)
        assert not waiting.is_alive()
        assert holder.execute("SELECT amount FROM c WHERE id = 1").fetchone() == (Decimal("3.50"),)


def test_a_world_that_is_gone_leaves_no_locks_behind(server: Any) -> None:
    gone = threading.Event()
    weakref.finalize(seeded(server, "brief", 3), gone.set)
    with connect(server, "brief") as sql:
        sql.execute("UPDATE c SET amount = 1")
        assert "brief" in [world.name for world in emulator.shared.locks]
    server.call(lambda: server.runtime.worlds.drop("brief"))
    for _ in range(100):
        gc.collect()
        if gone.wait(0.1):
            break
    assert "brief" not in [world.name for world in emulator.shared.locks]
