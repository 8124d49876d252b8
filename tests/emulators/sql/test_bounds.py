"""Statements without measure: refused as PostgreSQL refuses them, and stopped when they do not end."""

from __future__ import annotations

import threading
from typing import Any

import psycopg
import pytest


@pytest.fixture(scope="module")
def server(serve: Any) -> Any:
    return serve("sql")


def connect(server: Any, **settings: str) -> Any:
    host, port = server.serving.endpoints.tcp["postgres"]
    options = " ".join(f"-c {name}={value}" for name, value in settings.items())
    return psycopg.connect(host=host, port=port, user="postgres", dbname="x", autocommit=True, options=options)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT " + "+".join(["1"] * 10_000),
        "SELECT " + "(SELECT " * 1000 + "1" + ")" * 1000,
        "SELECT " + "ARRAY[" * 1000 + "1" + "]" * 1000,
        " UNION ALL ".join(["SELECT 1"] * 5000),
    ],
    ids=["sums", "subqueries", "arrays", "unions"],
)
def test_nesting_beyond_the_stack_has_postgresqls_error(server: Any, statement: str) -> None:
    with connect(server) as sql:
        with pytest.raises(psycopg.errors.StatementTooComplex) as raised:
            sql.execute(statement)
        assert raised.value.diag.message_primary == "stack depth limit exceeded"
        assert "max_stack_depth" in (raised.value.diag.message_hint or "")
        assert sql.execute("SELECT 1").fetchone() == (1,)


def test_a_whole_number_of_any_length_is_numeric(server: Any) -> None:
    with connect(server) as sql:
        row = sql.execute(f"SELECT length(({'9' * 100_000})::text), pg_typeof({'9' * 30})::text").fetchone()
        assert row == (100_000, "numeric")
        assert sql.execute(f"SELECT '{'0' * 9000}7'::int, '-{'0' * 9000}7'::bigint").fetchone() == (7, -7)


@pytest.mark.parametrize("kind", ["int", "bigint", "interval", "date", "int[]"])
def test_texts_of_many_digits_are_out_of_range(server: Any, kind: str) -> None:
    digits = "9" * 10_000
    text = {"interval": f"{digits} days", "date": f"{digits}-01-01", "int[]": f"{{{digits}}}"}.get(kind, digits)
    with connect(server) as sql:
        for statement, params in ((f"SELECT '{text}'::{kind}", None), (f"SELECT %s::{kind}", (text,))):
            with pytest.raises(psycopg.errors.NumericValueOutOfRange):
                sql.execute(statement, params)


ENDLESS = {
    "a series": "SELECT count(*) FROM generate_series(1, 1000000000000)",
    "a recursion": "WITH RECURSIVE t(n) AS (VALUES (1) UNION ALL SELECT n FROM t) SELECT count(*) FROM t",
    "a cross join": "SELECT count(*) FROM pg_proc a, pg_proc b, pg_proc c, pg_proc d",
    "a subquery": "SELECT (SELECT count(*) FROM generate_series(1, 10000000000) g WHERE g > i) FROM (VALUES (1)) v(i)",
    "a join": "SELECT count(*) FROM generate_series(1, 99999) a JOIN generate_series(1, 1000000) b ON a <> b",
    "a cursor": "BEGIN; DECLARE c CURSOR FOR SELECT count(*) FROM generate_series(1, 1000000000000)",
    "a new table": "CREATE TABLE endless AS SELECT count(*) FROM generate_series(1, 1000000000000)",
}


@pytest.mark.parametrize("statement", ENDLESS.values(), ids=ENDLESS.keys())
def test_statements_without_end_stop_at_their_time_limit(server: Any, statement: str) -> None:
    with connect(server, statement_timeout="100ms") as sql:
        with pytest.raises(psycopg.errors.QueryCanceled, match="statement timeout"):
            sql.execute(statement)
        sql.execute("ROLLBACK")
        assert sql.execute("SELECT 1").fetchone() == (1,)


def test_others_are_answered_while_a_statement_goes_on_and_it_can_be_cancelled(server: Any) -> None:
    server.call(lambda: server.runtime.worlds.create("elsewhere"))
    host, port = server.serving.endpoints.tcp["postgres"]
    with connect(server) as sql:
        ended: list[BaseException] = []

        def run() -> None:
            try:
                sql.execute(ENDLESS["a series"])
            except psycopg.Error as error:
                ended.append(error)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        with psycopg.connect(host=host, port=port, user="postgres", dbname="x@elsewhere", autocommit=True) as other:
            while not server.call(lambda: server.runtime.worlds.find("default").busy):
                assert thread.is_alive()
            assert other.execute("SELECT 1").fetchone() == (1,)
            assert thread.is_alive()
        sql.cancel_safe()
        thread.join(20)
        assert [type(error) for error in ended] == [psycopg.errors.QueryCanceled]


def test_rows_are_read_from_a_recursion_only_as_they_are_wanted(server: Any) -> None:
    with connect(server, statement_timeout="20s") as sql:
        numbers = "WITH RECURSIVE t(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM t) SELECT n FROM t LIMIT 300"
        assert sql.execute(numbers).fetchall() == [(n,) for n in range(1, 301)]


def test_a_statement_that_wants_too_much_memory_gets_none(server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("falsefront.emulators.sql.execute.run.MOST_ROWS", 10_000)
    for statement in (
        "SELECT array_agg(i) FROM generate_series(1, 1000000000000) i",
        "SELECT i FROM generate_series(1, 1000000000000) i ORDER BY i DESC",
        "SELECT DISTINCT i FROM generate_series(1, 1000000000000) i",
        "WITH RECURSIVE t(n) AS (VALUES (1) UNION SELECT n + 1 FROM t) SELECT n FROM t",
    ):
        with connect(server, statement_timeout="20s") as sql:
            with pytest.raises(psycopg.errors.OutOfMemory):
                sql.execute(statement)
            assert sql.execute("SELECT 1").fetchone() == (1,)
