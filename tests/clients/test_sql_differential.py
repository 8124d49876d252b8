"""The same statements on a real PostgreSQL 15 and on the emulator: columns, types, rows, tags and errors."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.clients.postgres import answer, missing, real_postgres, statements

CORPUS = Path(__file__).parent / "sql"
EXACT = {
    "expressions": 99.0,
    "tables": 98.0,
    "definitions": 99.0,
    "transactions": 100.0,
    "catalog": 90.0,
    "more": 94.0,
    "holdout": 90.0,
}
"""The least percentage of each corpus that is identical; what differs is in the limits of docs/sql.md."""

pytestmark = pytest.mark.skipif(missing() is not None, reason=str(missing()))


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    with real_postgres(tmp_path_factory.mktemp("postgres")) as address:
        yield address


@pytest.fixture(scope="module")
def ours(serve: Any) -> dict[str, Any]:
    server = serve("sql")
    host, port = server.serving.endpoints.tcp["postgres"]
    return {"server": server, "host": host, "port": port, "user": "postgres"}


def _pair(real: dict[str, Any], ours: dict[str, Any], name: str) -> tuple[Any, Any]:
    """A connection to a fresh database on each side."""
    with psycopg.connect(**real, dbname="postgres", autocommit=True) as admin:
        admin.execute(f"DROP DATABASE IF EXISTS {name}")
        admin.execute(f"CREATE DATABASE {name} TEMPLATE template0")
    world = f"{name}-world"
    ours["server"].call(lambda: ours["server"].runtime.worlds.create(world))
    address = {key: value for key, value in ours.items() if key != "server"}
    return (
        psycopg.connect(**real, dbname=name, autocommit=True),
        psycopg.connect(**address, dbname=f"{name}@{world}", autocommit=True),
    )


def _compare(left: Any, right: Any, corpus: list[str]) -> list[tuple[str, Any, Any]]:
    different: list[tuple[str, Any, Any]] = []
    for sql in corpus:
        expected, got = answer(left, sql), answer(right, sql)
        if expected != got:
            different.append((sql, expected, got))
    return different


@pytest.mark.parametrize("name", sorted(EXACT))
def test_corpus(name: str, real: dict[str, Any], ours: dict[str, Any]) -> None:
    corpus = statements(CORPUS / f"{name}.sql")
    left, right = _pair(real, ours, name)
    with left, right:
        different = _compare(left, right, corpus)
    same = 100 * (1 - len(different) / len(corpus))
    shown = "\n".join(f"{sql}\n  PostgreSQL: {expected}\n  emulator:   {got}" for sql, expected, got in different)
    assert same >= EXACT[name], f"{name}: {same:.1f} % identical\n{shown}"


def _random_statement(dice: random.Random) -> str:
    ident, other = dice.randint(1, 12), dice.randint(1, 12)
    text = dice.choice(["'a'", "'b'", "'c'", "'d''s'", "null", "'a long name indeed'"])
    amount = dice.choice(["1", "2.5", "-3", "null", "1000000", "0", "'7.125'"])
    return dice.choice(
        [
            f"insert into a values ({ident}, {text}, {amount})",
            f"insert into a values ({ident}, {text}, {amount}) on conflict (id) do update set n = excluded.n, v = a.v + 1 returning *",
            f"insert into a (id, v) values ({ident}, {amount}), ({other}, {amount}) returning id",
            f"insert into b values (default, {ident}, {text}) returning *",
            f"insert into b (aid) select id from a where v > {amount} order by id returning id, aid",
            f"update a set v = v * 2 where id > {ident} returning id, v",
            f"update a set id = id + {other} where id = {ident}",
            f"update a set n = {text} where id = {ident} returning *",
            f"update b set note = a.n from a where a.id = b.aid and a.id = {ident}",
            f"delete from a where id = {ident}",
            f"delete from b where aid = {ident} returning *",
            f"delete from a using b where a.id = b.aid and b.id = {ident}",
            "select * from a order by id",
            "select * from b",
            "select a.id, a.n, count(b.id), sum(a.v) from a left join b on b.aid = a.id group by a.id order by a.id",
            f"select n, avg(v), max(id) from a group by n having count(*) >= 1 order by n nulls first limit {ident}",
            "begin",
            "commit",
            "rollback",
            f"savepoint s{ident % 3}",
            f"rollback to s{ident % 3}",
            f"release s{ident % 3}",
            "select 1 / (select count(*) from a where id = 3)",
            f"with gone as (delete from b where id = {ident} returning *) select count(*) from gone",
        ]
    )


@pytest.mark.parametrize("seed", range(3))
def test_random_changes(seed: int, real: dict[str, Any], ours: dict[str, Any]) -> None:
    dice = random.Random(seed)
    left, right = _pair(real, ours, f"random{seed}")
    corpus = [
        "create table a (id int primary key, n varchar(10), v numeric(8,2) check (v > -10))",
        "create table b (id serial primary key, aid int references a on delete cascade on update cascade, note text unique)",
        *(_random_statement(dice) for _ in range(250)),
        "rollback",
        "select * from a order by id",
        "select * from b order by id",
    ]
    with left, right:
        different = _compare(left, right, corpus)
    shown = "\n".join(f"{sql}\n  PostgreSQL: {expected}\n  emulator:   {got}" for sql, expected, got in different[:5])
    # Where a full page was pruned, PostgreSQL puts a new row into an old one's place: which row fails first may differ.
    assert len(different) <= len(corpus) / 100, f"{len(different)} of {len(corpus)} differ\n{shown}"
