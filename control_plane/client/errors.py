"""What can go wrong for a client.

FalsefrontError
├─ ConnectionFailed        no server answers
└─ ApiError                the server answered with an error
   ├─ InvalidRequest       400, 413, 422
   ├─ Unauthenticated      401
   ├─ Forbidden            403
   ├─ NotFound             404, 405, 410
   ├─ Conflict             409
   │  └─ ExpectationFailed
   ├─ Unavailable          501, 503
   └─ ServerError          500 and the like
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final


class FalsefrontError(Exception):
    """Anything that this client raises on purpose."""


class ConnectionFailed(FalsefrontError):
    """No server answers at that address."""


class ApiError(FalsefrontError):
    """The server answered with an error."""

    def __init__(self, status: int, kind: str, message: str, field: str | None, body: Mapping[str, Any]) -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind
        self.message = message
        self.field = field
        self.body = body


class InvalidRequest(ApiError):
    """Something in the request is not as it must be; ``field`` says what."""


class Unauthenticated(ApiError):
    """The token is missing or wrong."""


class Forbidden(ApiError):
    """The server does not allow this."""


class NotFound(ApiError):
    """There is no such world, mark, fault or path, or there no longer is."""


class Conflict(ApiError):
    """It is there already."""


class ExpectationFailed(Conflict, AssertionError):
    """The journal is not as expected; the message shows the near misses."""

    def __init__(self, status: int, kind: str, message: str, field: str | None, body: Mapping[str, Any]) -> None:
        self.unmet: list[dict[str, Any]] = body.get("unmet", [])
        lines = [message]
        for unmet in self.unmet:
            for near in unmet.get("near_misses", ()):
                lines.append(f"  near miss: entry {near['seq']}, {near['emulator']} {near['op']}")
                lines += [f"    {line}" for line in near["diff"]]
        super().__init__(status, kind, "\n".join(lines), field, body)


class Unavailable(ApiError):
    """The server cannot do this, or not yet."""


class ServerError(ApiError):
    """The server failed; its log has more."""


_BY_STATUS: Final[Mapping[int, type[ApiError]]] = {
    400: InvalidRequest,
    401: Unauthenticated,
    403: Forbidden,
    404: NotFound,
    405: NotFound,
    409: Conflict,
    410: NotFound,
    413: InvalidRequest,
    422: InvalidRequest,
    501: Unavailable,
    503: Unavailable,
}


def of_answer(status: int, body: Any) -> ApiError:
    """The exception for an answer with an error status."""
    if not isinstance(body, dict) or not isinstance(body.get("error"), dict):
        return ServerError(status, "internal", f"the server answered {status}, and not as falsefront does", None, {})
    error = body["error"]
    kind: type[ApiError] = ExpectationFailed if "unmet" in body else _BY_STATUS.get(status, ServerError)
    return kind(status, str(error.get("kind")), str(error.get("message")), error.get("field"), body)
