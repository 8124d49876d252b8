"""What can be done with mail: the handlers, each one a function of the world's state and the operation."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from itertools import islice
from typing import Any, Final

from falsefront.kernel.operation import Failure, FailureKind, Operation
from falsefront.kernel.state import Document, Index, State, Table, TableSpec
from falsefront.world.clock import show_time
from falsefront.world.digest import speakable

MESSAGES: Final = TableSpec(
    "mail.messages",
    indexes=(
        Index("all", lambda key, message: ((message["number"],),)),
        Index("to", lambda key, message: [(to.lower(), message["number"]) for to in message["to"]]),
    ),
)
MAX_LIST: Final = 1000
MAX_PARTS: Final = 200
"""Parts of a message that is looked into: reading parts in parts takes time by their square."""


def accept_recipient(state: State, op: Operation) -> Any:
    """Whether mail for an address is taken here: any address is; faults and scenarios may think otherwise."""
    return {"to": _address(op.args.get("to"), "to")}


def send(state: State, op: Operation) -> Any:
    """Deliver a message: from its raw source as SMTP carries it, or from its parts."""
    args = op.args
    recipients = args.get("to")
    if not isinstance(recipients, list | tuple) or not recipients:
        raise Failure(FailureKind.INVALID, "to: a message has at least one recipient")
    to = [_address(recipient, "to") for recipient in recipients]
    sender = _address(args.get("from"), "from") if args.get("from") else ""
    raw = args["raw"] if isinstance(args.get("raw"), bytes) else _compose(args, sender, to)
    document = {
        "id": state.ids.token("mail.message", 16),
        "number": state.ids.counter("mail.message.number"),
        "at": show_time(state.now),
        "from": sender,
        "to": to,
        **_understand(raw),
        "raw": raw,
    }
    state.table(MESSAGES).put(document["id"], document)
    return _summary(document)


def list_messages(state: State, op: Operation) -> Any:
    """Messages, newest first: all of them, or those to one address; ``before`` is the number to go on from."""
    to, limit, before = op.args.get("to"), op.args.get("limit", 50), op.args.get("before")
    if not isinstance(limit, int) or not 1 <= limit <= MAX_LIST:
        raise Failure(FailureKind.INVALID, f"limit: a whole number from 1 to {MAX_LIST}")
    if before is not None and not isinstance(before, int):
        raise Failure(FailureKind.INVALID, "before: a message's number")
    table = state.table(MESSAGES)
    index, prefix = ("to", (str(to).lower(),)) if to else ("all", ())
    start = (*prefix, before) if before is not None else None
    keys = table.find(index, *prefix, start=start, reverse=True)
    return {"messages": [_summary(table[key]) for key in islice(keys, limit)], "total": len(table)}


def get(state: State, op: Operation) -> Any:
    """One message, whole."""
    return _found(state, op)


def delete(state: State, op: Operation) -> Any:
    """Delete one message."""
    message = _found(state, op)
    state.table(MESSAGES).delete(message["id"])
    return {"deleted": 1}


def clear(state: State, op: Operation) -> Any:
    """Delete every message."""
    table: Table = state.table(MESSAGES)
    keys = [key for key, _ in table.scan()]
    for key in keys:
        table.delete(key)
    return {"deleted": len(keys)}


def _found(state: State, op: Operation) -> Document:
    message = state.table(MESSAGES).get(str(op.args.get("id", "")))
    if message is None:
        raise Failure(FailureKind.NOT_FOUND, f"there is no message {op.args.get('id')!r}")
    return message


def _address(value: Any, field: str) -> str:
    address = speakable(str(value or "").strip())
    local, at, domain = address.rpartition("@")
    if not (local and at and domain) or any(letter.isspace() or letter in "<>,;" for letter in address):
        raise Failure(FailureKind.INVALID, f"{field}: {address!r} is not an address")
    return address


def _compose(args: Any, sender: str, to: list[str]) -> bytes:
    message = EmailMessage()
    try:
        message["From"], message["To"] = sender, ", ".join(to)
        message["Subject"] = speakable(str(args.get("subject", "")))
    except ValueError as error:
        raise Failure(FailureKind.INVALID, f"subject: {error}") from None
    message.set_content(speakable(str(args.get("text", ""))))
    if args.get("html"):
        # The boundary is drawn from the content, not from chance.
        message.add_alternative(speakable(str(args["html"])), subtype="html")
        message.set_boundary("=_falsefront_alternative")
    return message.as_bytes()


def _understand(raw: bytes) -> dict[str, Any]:
    """What can be read out of a message's source; of one that cannot be parsed, nothing but its source is there."""
    try:
        if raw.lower().count(b"content-type:") > MAX_PARTS:
            raise ValueError("more parts than a message has")
        message = message_from_bytes(raw, policy=policy.default)
        return {
            "subject": speakable(str(message.get("subject", ""))),
            "text": speakable(_text(message, "plain")),
            "html": speakable(_text(message, "html")),
            "attachments": [speakable(part.get_filename() or "") for part in _attachments(message)],
        }
    except Exception:
        # The parser fails in too many ways to name on source that is no message; a mail server takes it all the same.
        return {"subject": "", "text": raw.decode("utf-8", "replace"), "html": "", "attachments": []}


def _text(message: Message, kind: str) -> str:
    if not isinstance(message, EmailMessage):
        return ""
    body = message.get_body((kind,))
    if body is None:
        return ""
    try:
        return str(body.get_content()).replace("\r\n", "\n")
    except (LookupError, ValueError):
        # A charset that nobody knows: show what there is.
        return bytes(body.get_payload(decode=True) or b"").decode("utf-8", "replace")


def _attachments(message: Message) -> list[Message]:
    return list(message.iter_attachments()) if isinstance(message, EmailMessage) and message.is_multipart() else []


def _summary(message: Document) -> dict[str, Any]:
    return {name: message[name] for name in ("id", "number", "at", "from", "to", "subject", "attachments")}
