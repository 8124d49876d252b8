"""Statements without measure: refused as PostgreSQL refuses them, and stopped when they do not end."""

from __future__ import annotations

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
