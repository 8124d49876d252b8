"""``{"respond": {"status": 503, "body": "…"}}``: the operation is not done; the client gets this answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from falsefront.kernel.chain import Exchange, Interceptor, Perform
from falsefront.kernel.operation import Reply


def respond(answer: Mapping[str, Any]) -> Interceptor:
    """Answer in the operation's place: ``body``, and over HTTP ``status`` and ``headers``."""
    unknown = set(answer) - {"status", "headers", "body"}
    if unknown:
        raise ValueError(f"respond takes status, headers and body, not {', '.join(sorted(unknown))}")
    status = answer.get("status", 200)
    if not isinstance(status, int) or not 200 <= status <= 599:
        raise ValueError(f"a final HTTP status lies between 200 and 599, not {status!r}")
    headers = {str(name): str(value) for name, value in answer.get("headers", {}).items()}
    reply = Reply(answer.get("body"), status, headers)

    async def answer_instead(exchange: Exchange, proceed: Perform) -> Any:
        return reply

    return answer_instead
