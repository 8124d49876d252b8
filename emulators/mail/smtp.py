"""SMTP in (RFC 5321): mail that a client hands over becomes a message of its world.

The world is the user name of AUTH, else ``default``; any password will do.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import logging
import re
from collections.abc import Awaitable, Callable
from typing import Any, Final

from falsefront.kernel.chain import Exchange, Handler
from falsefront.kernel.emulator import Context
from falsefront.kernel.operation import Failure, FailureKind, Operation, Reply
from falsefront.wire.link import Link
from falsefront.world.worlds import DEFAULT

from .messages import accept_recipient, send

log = logging.getLogger("falsefront")
MAX_LINE: Final = 64 * 1024
MAX_RECIPIENTS: Final = 100
HOSTNAME: Final = "mail.falsefront.test"
_PATH: Final = re.compile(r"(?i)(FROM|TO):\s*<([^>]*)>\s*(.*)")

FAILURES: Final[dict[FailureKind, str]] = {
    FailureKind.INVALID: "553 5.1.3 The recipient address is not valid",
    FailureKind.UNAUTHENTICATED: "530 5.7.0 Authentication required",
    FailureKind.FORBIDDEN: "550 5.7.1 Message rejected by policy",
    FailureKind.NOT_FOUND: "550 5.1.1 Mailbox unavailable",
    FailureKind.CONFLICT: "450 4.2.0 Mailbox busy, try again later",
    FailureKind.GONE: "551 5.1.6 User has moved",
    FailureKind.RATE_LIMITED: "450 4.7.1 Too many messages, slow down",
    FailureKind.QUOTA_EXCEEDED: "452 4.2.2 Mailbox full",
    FailureKind.TIMEOUT: "451 4.4.2 Timed out",
    FailureKind.UNAVAILABLE: "421 4.3.2 Service not available, closing transmission channel",
    FailureKind.INTERNAL: "451 4.3.0 Local error in processing",
}
"""How SMTP says each failure; a rule's ``native`` may give ``reply`` in full."""


class Conversation:
    """One client's SMTP session."""

    def __init__(self, context: Context, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._context = context
        self._reader = reader
        self._writer = writer
        self._world = DEFAULT
        self._greeted = False
        self._sender: str | None = None
        self._recipients: list[str] = []
        self._commands: dict[str, Callable[[str], Awaitable[str]]] = {
            "AUTH": self._auth,
            "DATA": self._data,
            "EHLO": self._ehlo,
            "HELO": self._helo,
            "HELP": self._help,
            "MAIL": self._mail,
            "NOOP": self._noop,
            "QUIT": self._quit,
            "RCPT": self._rcpt,
            "RSET": self._rset,
            "VRFY": self._vrfy,
        }

    async def run(self) -> None:
        """Talk until the client leaves."""
        try:
            await self._say(f"220 {HOSTNAME} ESMTP falsefront")
            while not self._writer.is_closing():
                verb, _, rest = (await self._line()).partition(" ")
                command = self._commands.get(verb.upper())
                reply = await command(rest.strip()) if command else "500 5.5.2 Command not recognized"
                await self._say(reply)
                if reply.startswith(("221", "421")):
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        except asyncio.LimitOverrunError:
            await self._say("500 5.5.2 Line too long")
        except Exception:
            log.exception("an SMTP conversation failed")
            await self._say(FAILURES[FailureKind.INTERNAL])
        finally:
            self._writer.close()

    async def _line(self) -> str:
        return (await self._reader.readuntil(b"\n")).rstrip(b"\r\n").decode("utf-8", "replace")

    async def _say(self, reply: str) -> None:
        self._writer.write(reply.encode() + b"\r\n")
        await self._writer.drain()

    async def _perform(self, name: str, handler: Handler, args: dict[str, Any]) -> str | None:
        """The reply to a failure; ``None`` if it went well."""
        link = self._writer.transport
        try:
            exchange = Exchange(
                Operation("mail", name, args),
                handler,
                self._context.find_world(self._world),
                link=link if isinstance(link, Link) else None,
            )
            result = await self._context.perform(exchange)
        except Failure as failure:
            return str(failure.native.get("reply") or FAILURES[failure.kind])
        return str(result.body) if isinstance(result, Reply) else None

    async def _ehlo(self, domain: str) -> str:
        if not domain:
            return "501 5.5.4 Syntax: EHLO hostname"
        self._reset()
        self._greeted = True
        offers = (f"SIZE {self._context.max_body}", "8BITMIME", "SMTPUTF8", "PIPELINING", "ENHANCEDSTATUSCODES")
        lines = [HOSTNAME, *offers, "AUTH PLAIN LOGIN"]
        return "\r\n".join([*(f"250-{line}" for line in lines), "250 HELP"])

    async def _helo(self, domain: str) -> str:
        if not domain:
            return "501 5.5.4 Syntax: HELO hostname"
        self._reset()
        self._greeted = True
        return f"250 {HOSTNAME}"

    async def _auth(self, rest: str) -> str:
        if not self._greeted:
            return "503 5.5.1 Send EHLO first"
        mechanism, _, initial = rest.partition(" ")
        try:
            if mechanism.upper() == "PLAIN":
                user = (await self._answer(initial, "")).split("\0")[1]
            elif mechanism.upper() == "LOGIN":
                user = await self._answer(initial, "Username:")
                await self._answer("", "Password:")
            else:
                return "504 5.5.4 Unrecognized authentication type"
        except (binascii.Error, ValueError, IndexError):
            return "501 5.5.2 Cannot decode the credentials"
        try:
            self._world = self._context.find_world(user).name
        except Failure:
            return "535 5.7.8 Authentication credentials invalid"
        return "235 2.7.0 Authentication successful"

    async def _answer(self, initial: str, prompt: str) -> str:
        if not initial:
            await self._say("334 " + base64.b64encode(prompt.encode()).decode())
            initial = await self._line()
        return base64.b64decode(initial, validate=True).decode()

    async def _mail(self, rest: str) -> str:
        if not self._greeted:
            return "503 5.5.1 Send HELO or EHLO first"
        if self._sender is not None:
            return "503 5.5.1 Nested MAIL command"
        match = _PATH.fullmatch(rest)
        if match is None or match[1].upper() != "FROM":
            return "501 5.5.4 Syntax: MAIL FROM:<address>"
        size = re.search(r"(?i)SIZE=0*([0-9]+)", match[3])
        if size and (len(size[1]) > 18 or int(size[1]) > self._context.max_body):
            return "552 5.3.4 Message size exceeds the fixed limit"
        self._sender = match[2]
        return "250 2.1.0 Ok"

    async def _rcpt(self, rest: str) -> str:
        if self._sender is None:
            return "503 5.5.1 Need MAIL command"
        match = _PATH.fullmatch(rest)
        if match is None or match[1].upper() != "TO":
            return "501 5.5.4 Syntax: RCPT TO:<address>"
        if len(self._recipients) >= MAX_RECIPIENTS:
            return "452 4.5.3 Too many recipients"
        args = {"from": self._sender, "to": match[2]}
        refusal = await self._perform("recipients.accept", accept_recipient, args)
        if refusal:
            return refusal
        self._recipients.append(match[2])
        return "250 2.1.5 Ok"

    async def _data(self, rest: str) -> str:
        if not self._recipients:
            return "503 5.5.1 Need RCPT command"
        await self._say("354 End data with <CR><LF>.<CR><LF>")
        raw = await self._source()
        sender, recipients = self._sender, self._recipients
        self._reset()
        if raw is None:
            return "552 5.3.4 Message size exceeds the fixed limit"
        refusal = await self._perform("messages.send", send, {"from": sender, "to": recipients, "raw": raw})
        return refusal or "250 2.0.0 Ok: queued"

    async def _source(self) -> bytes | None:
        """The message up to the lone dot, its dots unstuffed; ``None`` if it is too large."""
        lines: list[bytes] = []
        size = 0
        while (line := await self._reader.readuntil(b"\n")) not in (b".\r\n", b".\n"):
            size += len(line)
            if size <= self._context.max_body:
                lines.append(line[1:] if line.startswith(b".") else line)
        return b"".join(lines) if size <= self._context.max_body else None

    def _reset(self) -> None:
        self._sender, self._recipients = None, []

    async def _rset(self, rest: str) -> str:
        self._reset()
        return "250 2.0.0 Ok"

    async def _noop(self, rest: str) -> str:
        return "250 2.0.0 Ok"

    async def _vrfy(self, rest: str) -> str:
        return "252 2.0.0 Cannot verify the user, but will take mail for it"

    async def _help(self, rest: str) -> str:
        return "214 2.0.0 " + " ".join(self._commands)

    async def _quit(self, rest: str) -> str:
        return "221 2.0.0 Bye"


def smtp_protocol(context: Context) -> asyncio.Protocol:
    """The server's side of one connection."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await Conversation(context, reader, writer).run()

    return asyncio.StreamReaderProtocol(asyncio.StreamReader(limit=MAX_LINE), talk)
