from __future__ import annotations

import smtplib
import socket
from collections.abc import Callable
from email.message import EmailMessage

import httpx
import pytest

from falsefront.control_plane.serving import Background
from falsefront.faults import Rule, put_rule


@pytest.fixture
def mail(serve: Callable[..., Background]) -> Background:
    return serve("mail")


def smtp(mail: Background, world: str | None = None) -> smtplib.SMTP:
    host, port = mail.serving.endpoints.tcp["smtp"]
    client = smtplib.SMTP(host, port, timeout=5)
    if world:
        client.login(world, "any")
    return client


def message(subject: str = "Your order") -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "shop@example.com", "ada@example.com", subject
    mail.set_content("It is on its way.\n.\n..dots\n")
    mail.add_alternative("<p>It is on its way.</p>", subtype="html")
    mail.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="bill.pdf")
    return mail


def test_smtplib_hands_over_and_the_inbox_shows(mail: Background) -> None:
    with smtp(mail) as client:
        client.send_message(message("Bill – für Sie"))
    inbox = f"{mail.url}/w/default/mail/messages"
    (listed,) = httpx.get(inbox, params={"to": "ADA@example.com", "limit": 1}).json()["messages"]
    assert listed["subject"] == "Bill – für Sie"
    assert listed["attachments"] == ["bill.pdf"]
    whole = httpx.get(f"{inbox}/{listed['id']}").json()
    assert whole["text"].splitlines() == ["It is on its way.", ".", "..dots"]
    assert whole["html"] == "<p>It is on its way.</p>\n"
    source = httpx.get(f"{inbox}/{listed['id']}/raw")
    assert source.headers["content-type"] == "message/rfc822"
    assert b"Subject: Bill" in source.content or b"=?utf-8?" in source.content


def test_the_user_names_the_world(mail: Background) -> None:
    mail.call(lambda: mail.runtime.worlds.create("smtp-world"))
    with smtp(mail, "smtp-world") as client:
        client.send_message(message("only here"))
    here = httpx.get(f"{mail.url}/w/smtp-world/mail/messages").json()
    assert [listed["subject"] for listed in here["messages"]] == ["only here"]
    default = httpx.get(f"{mail.url}/w/default/mail/messages", params={"limit": 1000}).json()
    assert "only here" not in [listed["subject"] for listed in default["messages"]]
    with smtp(mail) as client, pytest.raises(smtplib.SMTPAuthenticationError) as caught:
        client.login("no-such-world", "any")
    assert caught.value.smtp_code == 535


def test_failures_are_said_in_smtp(mail: Background) -> None:
    world = mail.call(lambda: mail.runtime.worlds.create("smtp-faults"))
    for name, op, kind in (("full", "messages.send", "quota_exceeded"), ("gone", "recipients.accept", "not_found")):
        rule = Rule.model_validate({"when": {"op": op}, "then": [{"fail": kind}], "times": 1})
        mail.call(lambda name=name, rule=rule: put_rule(world, name, rule))
    with smtp(mail, "smtp-faults") as client:
        with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
            client.send_message(message())
        assert refused.value.recipients["ada@example.com"][0] == 550
        with pytest.raises(smtplib.SMTPDataError) as full:
            client.send_message(message())
        assert full.value.smtp_code == 452
        client.send_message(message("third time"))
    assert httpx.get(f"{mail.url}/w/smtp-faults/mail/messages").json()["total"] == 1


@pytest.mark.parametrize(
    ("said", "codes"),
    [
        (["NONSENSE"], [500]),
        (["MAIL FROM:<a@b>"], [503]),
        (["EHLO"], [501]),
        (["HELO x", "MAIL FROM a@b"], [250, 501]),
        (["HELO x", "MAIL FROM:<a@b>", "MAIL FROM:<a@b>"], [250, 250, 503]),
        (["HELO x", "RCPT TO:<a@b>"], [250, 503]),
        (["HELO x", "MAIL FROM:<a@b>", "DATA"], [250, 250, 503]),
        (["HELO x", "MAIL FROM:<a@b>", "RCPT TO:<nobody>"], [250, 250, 553]),
        (["HELO x", "MAIL FROM:<a@b> SIZE=99999999999"], [250, 552]),
        (["HELO x", "AUTH PLAIN ***"], [250, 501]),
        (["HELO x", "AUTH XYZ"], [250, 504]),
        (["NOOP", "RSET", "VRFY x", "HELP", "QUIT"], [250, 250, 252, 214, 221]),
        (["\udcff\udcfe\x00"], [500]),
    ],
)
def test_replies(mail: Background, said: list[str], codes: list[int]) -> None:
    with socket.create_connection(mail.serving.endpoints.tcp["smtp"], timeout=5) as sock:
        lines = sock.makefile("rb")
        assert lines.readline().startswith(b"220 ")
        for line, code in zip(said, codes, strict=True):
            sock.sendall(line.encode("utf-8", "surrogateescape") + b"\r\n")
            assert int(lines.readline()[:3]) == code


def test_a_line_without_end_does_not_take_the_server(mail: Background) -> None:
    with socket.create_connection(mail.serving.endpoints.tcp["smtp"], timeout=5) as sock:
        lines = sock.makefile("rb")
        lines.readline()
        sock.sendall(b"x" * 300_000)
        assert lines.readline().startswith(b"500 ")
    assert httpx.get(f"{mail.url}/w/default/mail/messages").status_code == 200


def test_lists_page_backwards_by_number(mail: Background) -> None:
    mail.call(lambda: mail.runtime.worlds.create("pages"))
    inbox = f"{mail.url}/w/pages/mail/messages"
    for number in range(5):
        httpx.post(inbox, json={"from": "a@b.c", "to": ["x@y.z"], "subject": str(number)})
    first = httpx.get(inbox, params={"limit": 2}).json()["messages"]
    assert [listed["subject"] for listed in first] == ["4", "3"]
    rest = httpx.get(inbox, params={"before": first[-1]["number"], "to": "x@y.z"}).json()["messages"]
    assert [listed["subject"] for listed in rest] == ["2", "1", "0"]
    assert httpx.get(inbox, params={"limit": "many"}).status_code == 422
    assert httpx.get(inbox, params={"page": "2"}).status_code == 422
    assert httpx.delete(f"{inbox}/{first[0]['id']}").json() == {"deleted": 1}
    assert httpx.delete(f"{inbox}/{first[0]['id']}").status_code == 404
    assert httpx.delete(inbox).json() == {"deleted": 4}
    assert httpx.put(inbox).status_code == 404


async def test_an_mcp_client_reads_and_sends(mail: Background) -> None:
    from mcp import Client

    mail.call(lambda: mail.runtime.worlds.create("mcp-mail"))
    async with Client(f"{mail.url}/w/mcp-mail/mail/mcp") as client:
        assert [tool.name for tool in (await client.list_tools()).tools] == [
            "list_messages",
            "read_message",
            "send_message",
        ]
        letter = {"from": "a@b.c", "to": ["x@y.z"], "subject": "hello", "text": "over MCP"}
        sent = await client.call_tool("send_message", letter)
        assert sent.structured_content is not None
        read = await client.call_tool("read_message", {"id": sent.structured_content["id"]})
        assert read.structured_content is not None
        assert read.structured_content["text"].strip() == "over MCP"
        wrong = await client.call_tool("send_message", {**letter, "to": ["nobody"]})
        assert wrong.is_error
        assert "not an address" in wrong.content[0].text  # type: ignore[union-attr]
        assert (await client.call_tool("read_message", {})).is_error
