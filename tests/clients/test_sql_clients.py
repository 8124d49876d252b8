"""Unmodified PostgreSQL clients against the emulator."""

from __future__ import annotations

import datetime
import shutil
import subprocess
import threading
import uuid
from decimal import Decimal
from typing import Any

import asyncpg
import psycopg
import pytest
from psycopg.types.json import Jsonb

UTC = datetime.UTC


@pytest.fixture(scope="module")
def server(serve: Any) -> Any:
    return serve("sql")


@pytest.fixture
def world(server: Any) -> str:
    name = f"w{uuid.uuid4().hex[:12]}"
    server.call(lambda: server.runtime.worlds.create(name))
    return name


@pytest.fixture
def address(server: Any, world: str) -> dict[str, Any]:
    host, port = server.serving.endpoints.tcp["postgres"]
    return {"host": host, "port": port, "user": "postgres", "password": "any", "dbname": f"shop@{world}"}


def connect(address: dict[str, Any], **options: Any) -> Any:
    return psycopg.connect(**address, **options)


def test_psycopg_round_trips_values_in_text_and_binary(address: dict[str, Any]) -> None:
    row = (
        Decimal("1.50"),
        {"a": [1, None]},
        datetime.datetime(2024, 1, 2, 3, 4, 5, 600000, tzinfo=UTC),
        ["x", None, "y z"],
        b"\x00\xff",
        uuid.UUID(int=5),
        True,
        datetime.date(2024, 2, 29),
        datetime.timedelta(days=1, hours=2),
        1.5,
        2**40,
    )
    with connect(address) as connection:
        connection.execute(
            "CREATE TABLE v (n numeric(8,2), j jsonb, t timestamptz, a text[], b bytea, u uuid, f bool, d date, i interval, r float8, l int8)"
        )
        values = [Jsonb(value) if isinstance(value, dict) else value for value in row]
        connection.execute(f"INSERT INTO v VALUES ({', '.join(['%s'] * len(row))})", values)
        for binary in (False, True):
            found = connection.cursor(binary=binary).execute("SELECT * FROM v").fetchone()
            assert found == row


def test_psycopg_pipelines_cursors_and_errors(address: dict[str, Any]) -> None:
    with connect(address) as connection:
        connection.execute("CREATE TABLE p (id int PRIMARY KEY)")
        with connection.pipeline():
            for n in range(5):
                connection.execute("INSERT INTO p VALUES (%s)", (n,))
        with connection.cursor("ours") as cursor:
            cursor.execute("SELECT id FROM p ORDER BY id")
            assert cursor.fetchmany(2) == [(0,), (1,)]
            assert cursor.fetchall() == [(2,), (3,), (4,)]
        with pytest.raises(psycopg.errors.UniqueViolation) as caught, connection.transaction():
            connection.execute("INSERT INTO p VALUES (1)")
        diagnostics = caught.value.diag
        assert (diagnostics.constraint_name, diagnostics.table_name, diagnostics.schema_name) == (
            "p_pkey",
            "p",
            "public",
        )
        assert diagnostics.message_detail == "Key (id)=(1) already exists."
        assert connection.execute("SELECT count(*) FROM p").fetchone() == (5,)


async def test_asyncpg_prepares_and_describes(address: dict[str, Any]) -> None:
    settings = {("database" if key == "dbname" else key): value for key, value in address.items()}
    connection = await asyncpg.connect(**settings)
    try:
        await connection.execute("CREATE TABLE t (id int PRIMARY KEY, n numeric, at timestamptz, tags int[])")
        await connection.executemany("INSERT INTO t (id, n) VALUES ($1, $2)", [(n, Decimal(n)) for n in range(10)])
        when = datetime.datetime(2024, 1, 1, tzinfo=UTC)
        await connection.execute("UPDATE t SET at = $2, tags = $3 WHERE id = $1", 1, when, [1, 2])
        found = await connection.fetchrow("SELECT * FROM t WHERE id = $1", 1)
        assert dict(found) == {"id": 1, "n": Decimal(1), "at": when, "tags": [1, 2]}
        assert await connection.fetchval("SELECT count(*) FROM t WHERE id = ANY($1::int[])", [1, 2, 99]) == 2
        with pytest.raises(asyncpg.UndefinedTableError):
            await connection.fetch("SELECT * FROM nope WHERE id = $1", 1)
        with pytest.raises(asyncpg.ForeignKeyViolationError):
            async with connection.transaction():
                await connection.execute("CREATE TABLE c (t int REFERENCES t)")
                await connection.execute("INSERT INTO c VALUES (1000)")
        async with connection.transaction():
            rows = [row["id"] async for row in connection.cursor("SELECT id FROM t ORDER BY id", prefetch=3)]
        assert rows == list(range(10))
    finally:
        await connection.close()


def test_sqlalchemy_creates_uses_and_reflects(address: dict[str, Any]) -> None:
    sqlalchemy = pytest.importorskip("sqlalchemy")
    url = sqlalchemy.URL.create(
        "postgresql+psycopg", "postgres", "any", address["host"], address["port"], address["dbname"]
    )
    engine = sqlalchemy.create_engine(url)
    metadata = sqlalchemy.MetaData()
    users = sqlalchemy.Table(
        "users",
        metadata,
        sqlalchemy.Column("id", sqlalchemy.Integer, primary_key=True),
        sqlalchemy.Column("email", sqlalchemy.String(50), unique=True, nullable=False),
    )
    posts = sqlalchemy.Table(
        "posts",
        metadata,
        sqlalchemy.Column("id", sqlalchemy.Integer, primary_key=True),
        sqlalchemy.Column("author", sqlalchemy.ForeignKey("users.id", ondelete="CASCADE"), index=True),
        sqlalchemy.Column("price", sqlalchemy.Numeric(10, 2), server_default="1.5"),
    )
    metadata.create_all(engine)
    with engine.begin() as connection:
        ids = connection.execute(users.insert().returning(users.c.id), [{"email": "a"}, {"email": "b"}]).scalars().all()
        connection.execute(posts.insert(), [{"author": ids[0]}, {"author": ids[0]}])
        joined = (
            sqlalchemy.select(users.c.email, sqlalchemy.func.count(posts.c.id)).outerjoin(posts).group_by(users.c.email)
        )
        assert connection.execute(joined.order_by(users.c.email)).all() == [("a", 2), ("b", 0)]
    reflected = sqlalchemy.MetaData()
    reflected.reflect(engine)
    assert {str(key.column) for key in reflected.tables["posts"].foreign_keys} == {"users.id"}
    assert [index.name for index in reflected.tables["posts"].indexes] == ["ix_posts_author"]
    assert str(reflected.tables["posts"].c.price.type) == "NUMERIC(10, 2)"
    engine.dispose()


def test_pg8000(address: dict[str, Any]) -> None:
    pg8000 = pytest.importorskip("pg8000.dbapi")
    connection = pg8000.connect(
        "postgres", host=address["host"], port=address["port"], password="any", database=address["dbname"]
    )
    cursor = connection.cursor()
    cursor.execute("SELECT %s::int + 1, 'x'", (1,))
    assert [tuple(row) for row in cursor.fetchall()] == [(2, "x")]
    connection.close()


@pytest.mark.skipif(shutil.which("psql") is None, reason="psql is not installed")
def test_psql_describes_tables(address: dict[str, Any]) -> None:
    target = f"postgresql://postgres@{address['host']}:{address['port']}/{address['dbname']}"

    def psql(*commands: str) -> str:
        args = [part for command in commands for part in ("-c", command)]
        return subprocess.run(
            ["psql", "-X", target, *args], capture_output=True, text=True, check=True, timeout=60
        ).stdout

    psql("CREATE TABLE a (id serial PRIMARY KEY, n varchar(5) NOT NULL)", "CREATE TABLE b (a int REFERENCES a)")
    assert '"a_pkey" PRIMARY KEY, btree (id)' in psql(r"\d a")
    assert 'TABLE "b" CONSTRAINT "b_a_fkey" FOREIGN KEY (a) REFERENCES a(id)' in psql(r"\d a")
    assert "FOREIGN KEY (a) REFERENCES a(id)" in psql(r"\d b")
    assert "public | a    | table | postgres" in psql(r"\dt")
    assert "public | postgres" in psql(r"\dn")
    assert "C.UTF-8" in psql(r"\l")


def test_unknown_world(address: dict[str, Any]) -> None:
    with pytest.raises(psycopg.OperationalError, match='FATAL:  database "shop@nope" does not exist'):
        connect({**address, "dbname": "shop@nope"})


def test_another_session_waits_for_a_locked_row_and_sees_what_was_committed(address: dict[str, Any]) -> None:
    with connect(address) as first, connect(address, autocommit=True) as second:
        first.execute("CREATE TABLE t (id int PRIMARY KEY, n int)")
        first.execute("INSERT INTO t VALUES (1, 10)")
        first.commit()
        first.execute("UPDATE t SET n = n + 1 WHERE id = 1")
        assert second.execute("SELECT n FROM t").fetchone() == (10,)
        waiting = threading.Thread(target=second.execute, args=("UPDATE t SET n = n + 100 WHERE id = 1",))
        waiting.start()
        with connect(address, autocommit=True) as third:
            third.execute("SET lock_timeout = '20ms'")
            with pytest.raises(psycopg.errors.LockNotAvailable):
                third.execute("DELETE FROM t WHERE id = 1")
        assert waiting.is_alive()
        first.commit()
        waiting.join(10)
        assert second.execute("SELECT n FROM t").fetchone() == (111,)


def test_a_deadlock_has_a_victim(address: dict[str, Any]) -> None:
    with connect(address) as first, connect(address) as second:
        first.execute("CREATE TABLE t (id int PRIMARY KEY, n int)")
        first.execute("INSERT INTO t VALUES (1, 0), (2, 0)")
        first.commit()
        first.execute("UPDATE t SET n = 1 WHERE id = 1")
        second.execute("UPDATE t SET n = 2 WHERE id = 2")
        outcome: list[Any] = []

        def cross() -> None:
            try:
                second.execute("UPDATE t SET n = 2 WHERE id = 1")
                outcome.append("done")
            except psycopg.errors.DeadlockDetected as error:
                outcome.append(error)

        waiting = threading.Thread(target=cross)
        waiting.start()
        try:
            first.execute("UPDATE t SET n = 1 WHERE id = 2")
            first.commit()
        except psycopg.errors.DeadlockDetected as error:
            outcome.append(error)
            first.rollback()
        waiting.join(10)
        assert sum(isinstance(each, psycopg.errors.DeadlockDetected) for each in outcome) == 1


def test_repeatable_read_fails_rather_than_lose_an_update(address: dict[str, Any]) -> None:
    with connect(address) as first, connect(address, autocommit=True) as second:
        second.execute("CREATE TABLE t (id int PRIMARY KEY, n int)")
        second.execute("INSERT INTO t VALUES (1, 10)")
        first.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        assert first.execute("SELECT n FROM t").fetchone() == (10,)
        second.execute("UPDATE t SET n = 20")
        assert first.execute("SELECT n FROM t").fetchone() == (10,)
        with pytest.raises(psycopg.errors.SerializationFailure):
            first.execute("UPDATE t SET n = 11")
            first.commit()
        first.rollback()
        assert second.execute("SELECT n FROM t").fetchone() == (20,)


def test_cancel(address: dict[str, Any]) -> None:
    with connect(address, autocommit=True) as connection:
        threading.Timer(0.1, connection.cancel_safe).start()
        with pytest.raises(psycopg.errors.QueryCanceled):
            connection.execute("SELECT pg_sleep(30)")
        connection.execute("SET statement_timeout = '30ms'")
        with pytest.raises(psycopg.errors.QueryCanceled, match="statement timeout"):
            connection.execute("SELECT pg_sleep(30)")
        assert connection.execute("SELECT 1").fetchone() == (1,)
