"""Send and list messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from falsefront.kernel.chain import Exchange
from falsefront.kernel.emulator import Context, Endpoints, Http, Op, Receive, Scope, Send, Surface
from falsefront.kernel.operation import Failure, FailureKind, Operation, Reply
from falsefront.kernel.state import Index, State, TableSpec
from falsefront.wire.http import Request, send_json, send_reply
from falsefront.world.clock import show_time

MESSAGES = TableSpec("mail.messages", indexes=(Index("to", lambda key, m: ((m["to"], m["number"]),)),))


def send(state: State, op: Operation) -> Any:
    to = str(op.args.get("to", ""))
    if "@" not in to:
        raise Failure(FailureKind.INVALID, "`to` is not an address")
    message = {
        "id": state.ids.token("mail.message", 12),
        "number": state.ids.counter("mail.number"),
        "to": to,
        "at": show_time(state.now),
    }
    state.table(MESSAGES).put(message["id"], message)
    return message


class Mail:
    name = "mail"
    operations: Mapping[str, Op] = {"messages.send": Op(send, "write", "Send a message.")}
    tables = (MESSAGES,)

    def seed(self, state: State, data: Any) -> None:
        for message in data.get("messages", []):
            send(state, Operation("mail", "messages.send", message))

    def surfaces(self, context: Context) -> Sequence[Surface]:
        async def app(scope: Scope, receive: Receive, send_: Send) -> None:
            request = Request(scope, receive)
            try:
                world = request.world
                args = orjson.loads(await request.body(context.max_body))
                result = await context.perform(
                    Exchange(Operation("mail", "messages.send", args), send, world, link=request.link)
                )
            except Failure as failure:
                await send_json(send_, 400, {"error": failure.message})
                return
            if isinstance(result, Reply):
                await send_reply(send_, result)
            else:
                await send_json(send_, 201, result)

        return [Http(app)]

    def environment(self, endpoints: Endpoints, world: str) -> Mapping[str, str]:
        return {"MAIL_API_BASE": f"{endpoints.url}/w/{world}/mail"}


emulator = Mail()
