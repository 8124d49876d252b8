"""SMTP and PostgreSQL as no client speaks them."""

from __future__ import annotations

import base64
import random
import struct

import psycopg
import pytest

from tests.containment.real import LEAK, Real, Unhurt, loadable

needs_sql = pytest.mark.skipif("sql" not in loadable(), reason="there is no SQL emulator")
_HELLO = b"EHLO x\r\n"
_DATA = _HELLO + b"MAIL FROM:<a@b.c>\r\nRCPT TO:<d@e.f>\r\nDATA\r\n"


def said(real: Real, data: bytes) -> list[str]:
    """The replies of a conversation that the client ends."""
    answer = real.raw(data, port=real.smtp_port, end=True)
    assert LEAK.search(answer.raw) is None, answer.raw
    return answer.raw.decode().splitlines()


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"\0\0\0", "500"),
        (bytes(range(11, 256)), "500"),
        (b"GET / HTTP/1.1", "500"),
        (b"A" * 70_000, "500"),
        (b"EHLO", "501"),
        (b"EHLO x\r\nMAIL FROM:", "501"),
        (b"EHLO x\r\nMAIL FROM:<a@b> SIZE=" + b"9" * 5000, "552"),
        (b"EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<not an address>", "553"),
        (b"EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<a@b>\r\nMAIL FROM:<a@b>", "503"),
        (b"EHLO x\r\nAUTH PLAIN !!!", "501"),
        (b"EHLO x\r\nAUTH PLAIN " + base64.b64encode(b"\0\xff\0x"), "501"),
        (b"EHLO x\r\nAUTH PLAIN " + base64.b64encode(b"\0..\0x"), "535"),
        (b"EHLO x\r\nAUTH PLAIN " + base64.b64encode(b"\0" + b"x" * 9999 + b"\0x"), "535"),
        (b"EHLO x\r\nAUTH CRAM-MD5", "504"),
        (b"DATA", "503"),
        (b"STARTTLS", "500"),
    ],
)
def test_smtp_refuses(real: Real, unhurt: Unhurt, line: bytes, code: str) -> None:
    before = real.digest()
    assert said(real, line + b"\r\n")[-1][:3] == code
    assert real.digest() == before


ODD_MAIL = {
    "nothing": b"",
    "NUL": b"Subject: \0\r\n\r\n\0\r\n",
    "every byte": bytes(byte for byte in range(256) if byte != 10) * 4 + b"\r\n",
    "bad words": b"Subject: =?utf-8?b?////?= =?nope?q?=ff?=\r\nFrom: \xff\r\nTo: <<<>>>\r\n\r\nx\r\n",
    "half a pair": b"Subject: =?utf-7?q?+2AA-?=\r\n\r\nx\r\n",
    "an unknown charset": b'Content-Type: text/plain; charset="\xff\xfe"\r\n\r\n\xff\r\n',
    "a charset that is none": b"Content-Type: text/plain; charset=base64\r\n\r\n\xff\r\n",
    "parts without end": b'Content-Type: multipart/mixed; boundary="x"\r\n\r\n--x\r\n' * 50,
    "2,000 parts in parts": b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (part, part) for part in range(2000)
    ),
    "2,000 messages in messages": b"Content-Type: message/rfc822\r\n\r\n" * 2000 + b"x\r\n",
    "20,000 parentheses": b"To: " + b"(" * 20_000 + b"\r\n\r\nx\r\n",
    "odd file names": b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n"
    b"Content-Disposition: attachment; filename*=utf-8''%ff%00..%2f\r\n\r\nx\r\n--x--\r\n",
}


@pytest.mark.parametrize("source", ODD_MAIL.values(), ids=ODD_MAIL.keys())
def test_odd_mail_is_taken_and_shown(real: Real, unhurt: Unhurt, world: str, source: bytes) -> None:
    login = b"AUTH PLAIN " + base64.b64encode(f"\0{world}\0x".encode()) + b"\r\n"
    stuffed = source.replace(b"\n.", b"\n..")
    assert said(real, _HELLO + login + _DATA.removeprefix(_HELLO) + stuffed + b"\r\n.\r\n")[-1][:3] == "250"
    listed = unhurt.answer(real.send("GET", f"/w/{world}/mail/messages")).json()["messages"]
    assert len(listed) == 1
    for path in (listed[0]["id"], f"{listed[0]['id']}/raw"):
        assert unhurt.answer(real.send("GET", f"/w/{world}/mail/messages/{path}")).status == 200
    for path in ("journal", "diff", "export"):
        assert unhurt.answer(real.send("GET", f"/_falsefront/worlds/{world}/{path}")).status == 200


def test_any_conversation_is_answered(real: Real, unhurt: Unhurt) -> None:
    dice = random.Random(5)
    words = [b"EHLO x", b"HELO", b"MAIL FROM:<a@b>", b"RCPT TO:<c@d>", b"DATA", b".", b"QUIT", b"RSET", b"AUTH PLAIN"]
    words += [b"AUTH LOGIN", b"VRFY x", b"\xff\xfe", b"", b" ", b"XYZ\0"]
    for _ in range(150):
        lines = [dice.choice(words) + dice.choice([b"\r\n", b"\n", b"\r"]) for _ in range(dice.randint(1, 20))]
        assert said(real, b"".join(lines))[0].startswith("220")


# PostgreSQL


def startup(**names: str) -> bytes:
    body = struct.pack("!i", 196608) + b"".join(f"{key}\0{value}\0".encode() for key, value in names.items()) + b"\0"
    return struct.pack("!i", len(body) + 4) + body


def message(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("!i", len(body) + 4) + body


ENTER = startup(user="postgres", database="postgres") + message(b"p", b"x\0")


@needs_sql
@pytest.mark.parametrize(
    "data",
    [
        b"\0" * 100,
        b"\xff" * 100,
        b"GET / HTTP/1.1\r\nhost: x\r\n\r\n",
        b"\x16\x03\x01" + b"\0" * 100,
        struct.pack("!ii", 8, 0x7FFFFFFF),
        struct.pack("!ii", 0x7FFFFFFF, 196608) + b"x" * 100,
        struct.pack("!ii", 4, 196608),
        struct.pack("!ii", 9, 196608) + b"\xff",
        startup(),
        startup(user="", database=""),
        startup(user="postgres", database="postgres@nowhere"),
        startup(user="postgres", database="postgres@" + "x" * 5000),
        startup(user="\udc80".encode("utf-8", "surrogatepass").decode("latin-1"), database="\xff\xfe"),
        startup(user="postgres", options="-c " + "x" * 500),
        struct.pack("!iiii", 16, 80877102, 1, 2),
        struct.pack("!ii", 8, 80877103) + b"\0" * 50,
        ENTER + message(b"Q", b"select 1"),
        ENTER + message(b"Q", b"\xff\xfe\0"),
        ENTER + message(b"Q", b"select '\0'\0"),
        ENTER + b"Q" + struct.pack("!i", 0x7FFFFFFF) + b"x" * 1000,
        ENTER + b"Q" + struct.pack("!i", -1),
        ENTER + message(b"?", b"x"),
        ENTER + message(b"P", b""),
        ENTER + message(b"P", b"\0select 1\0\xff\xff"),
        ENTER
        + message(b"P", b"\0select $1\0\0\1\0\0\0\0")
        + message(b"B", b"\0\0\0\1\0\1\0\1\0\0\xff\xff")
        + message(b"S", b""),
        ENTER + message(b"B", b"nothing\0nothing\0\0\0\0\0\0\0") + message(b"S", b""),
        ENTER + message(b"E", b"nothing\0\0\0\0\0") + message(b"S", b""),
        ENTER + message(b"D", b"X\0") + message(b"S", b""),
        ENTER + message(b"C", b"") + message(b"d", b"x") + message(b"f", b"x\0") + message(b"S", b""),
        ENTER + message(b"F", b"\0\0\0\0"),
        ENTER + message(b"X", b"") + b"more",
    ],
)  # fmt: skip
def test_postgres_refuses(real: Real, unhurt: Unhurt, data: bytes) -> None:
    before = real.digest()
    answer = real.raw(data, port=real.postgres_port, end=True)
    assert LEAK.search(answer.raw) is None, answer.raw
    assert b"XX000" not in answer.raw, answer.raw
    assert real.digest() == before
    with psycopg.connect(f"host=127.0.0.1 port={real.postgres_port} user=postgres dbname=postgres@default") as client:
        assert client.execute("select 1").fetchone() == (1,)


STATEMENTS = {
    "10,000 parentheses": "SELECT " + "(" * 10_000 + "1" + ")" * 10_000,
    "10,000 NOTs": "SELECT " + "NOT " * 10_000 + "true",
    "5,000 CASEs": "SELECT " + "CASE WHEN true THEN " * 5000 + "1" + " END" * 5000,
    "deep JSON": "SELECT '" + "[" * 20_000 + "]" * 20_000 + "'::jsonb",
    "deep JSON objects": "SELECT '" + '{"a":' * 20_000 + "1" + "}" * 20_000 + "'::jsonb",
    "a huge power": "SELECT 10::numeric ^ 1000000000",
    "a huge repeat": "SELECT repeat('x', 2000000000)",
    "unfinished": "SELECT '",
    "an unfinished comment": "SELECT 1 /* /* */",
    "NUL": r"SELECT E'\000'",
}


@needs_sql
@pytest.mark.parametrize("statement", STATEMENTS.values(), ids=STATEMENTS.keys())
def test_statements_too_large_are_refused(real: Real, unhurt: Unhurt, statement: str) -> None:
    where = f"host=127.0.0.1 port={real.postgres_port} user=postgres dbname=postgres@default"
    with psycopg.connect(where, autocommit=True) as client:
        with pytest.raises(psycopg.Error) as raised:
            client.execute(statement)
        assert raised.value.sqlstate not in (None, "XX000")
        assert client.execute("select 1").fetchone() == (1,)
