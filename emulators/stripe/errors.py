"""Stripe's error object: how a handler raises one, and how any failure becomes one.

A ``Failure`` carries the members of Stripe's error object in ``native``, beside ``status``. A failure that a fault
rule injects has only a kind, and gets that kind's status, code and text from a table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from falsefront.kernel.operation import Failure, FailureKind

INVALID_REQUEST: Final = "invalid_request_error"
CARD: Final = "card_error"
IDEMPOTENCY: Final = "idempotency_error"
API: Final = "api_error"

_KIND_BY_STATUS: Final[Mapping[int, FailureKind]] = {
    401: FailureKind.UNAUTHENTICATED,
    403: FailureKind.FORBIDDEN,
    404: FailureKind.NOT_FOUND,
    409: FailureKind.CONFLICT,
    429: FailureKind.RATE_LIMITED,
    500: FailureKind.INTERNAL,
}

NO_KEY: Final = (
    "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth "
    "(e.g. 'Authorization: Bearer YOUR_SECRET_KEY'). See https://stripe.com/docs/api#authentication for details, or "
    "we can help at https://support.stripe.com/."
)
PUBLISHABLE_KEY: Final = (
    "This API call cannot be made with a publishable API key. Please use a secret API key. You can find a list of "
    "your API keys at https://dashboard.stripe.com/account/apikeys."
)
BAD_BODY: Final = (
    "Invalid request (check that your POST content type is application/x-www-form-urlencoded). If you have any "
    "questions, we can help at https://support.stripe.com/."
)
LOCKED: Final = (
    "This object cannot be accessed right now because another API request or Stripe process is currently accessing "
    "it. If you see this error intermittently, retry the request. If you see this error frequently and are making "
    "multiple concurrent requests to a single object, make your requests serially or at a lower rate. For more "
    "details, see https://stripe.com/docs/rate-limits#object-lock-timeouts."
)
RATE_LIMITED: Final = (
    "Testmode request rate limit exceeded, the rate limits in testmode are lower than livemode. You can learn more "
    "about rate limits here https://stripe.com/docs/rate-limits."
)
KEY_IN_USE: Final = (
    "There is currently another in-progress request using this Idempotent Key (that probably means you submitted "
    "twice, and the other request is still going through)"
)
_DECLINED: Final = "Your card was declined."
DECLINES: Final[Mapping[str, str]] = {
    "authentication_required": "Your card was declined. This transaction requires authentication.",
    "card_declined": _DECLINED,
    "card_velocity_exceeded": (
        "Your card was declined for making repeated attempts too frequently or exceeding its amount limit."
    ),
    "expired_card": "Your card has expired.",
    "incorrect_cvc": "Your card's security code is incorrect.",
    "incorrect_number": "Your card number is incorrect.",
    "insufficient_funds": "Your card has insufficient funds.",
    "invalid_cvc": "Your card's security code is invalid.",
    "invalid_expiry_month": "Your card's expiration month is invalid.",
    "invalid_expiry_year": "Your card's expiration year is invalid.",
    "processing_error": "An error occurred while processing your card. Try again in a little bit.",
}
"""What is said for a card error's code or decline code."""


@dataclass(frozen=True, slots=True)
class Form:
    """How a failure that names only its kind looks at Stripe."""

    status: int
    type: str
    message: str
    code: str | None = None
    headers: tuple[tuple[bytes, bytes], ...] = ()


_FORMS: Final[Mapping[FailureKind, Form]] = {
    FailureKind.INVALID: Form(400, INVALID_REQUEST, "Invalid request."),
    FailureKind.UNAUTHENTICATED: Form(401, INVALID_REQUEST, "Invalid API Key provided."),
    FailureKind.FORBIDDEN: Form(
        403, INVALID_REQUEST, "The provided key does not have the required permissions for this endpoint."
    ),
    FailureKind.NOT_FOUND: Form(404, INVALID_REQUEST, "No such object.", "resource_missing"),
    FailureKind.CONFLICT: Form(429, INVALID_REQUEST, LOCKED, "lock_timeout", ((b"stripe-should-retry", b"true"),)),
    FailureKind.GONE: Form(404, INVALID_REQUEST, "This object no longer exists.", "resource_missing"),
    FailureKind.RATE_LIMITED: Form(
        429, INVALID_REQUEST, RATE_LIMITED, "rate_limit", ((b"stripe-rate-limited-reason", b"global-rate"),)
    ),
    FailureKind.QUOTA_EXCEEDED: Form(
        429, INVALID_REQUEST, RATE_LIMITED, "rate_limit", ((b"stripe-rate-limited-reason", b"resource-specific"),)
    ),
    FailureKind.TIMEOUT: Form(504, API, "The request to Stripe timed out."),
    FailureKind.UNAVAILABLE: Form(503, API, "Stripe is temporarily unavailable. Please try again."),
    FailureKind.INTERNAL: Form(500, API, "An unknown error occurred"),
}

NOT_EXECUTED: Final = frozenset({401, 409, 429, 502, 503, 504})
"""Statuses given before a request is executed: an idempotency key does not remember them."""


def refuse(
    message: str,
    *,
    code: str | None = None,
    param: str | None = None,
    status: int = 400,
    type: str = INVALID_REQUEST,
    keep: bool = False,
    **members: Any,
) -> Failure:
    """A failure in Stripe's words; ``members`` are further members of the error object."""
    native = {"status": status, "type": type, "code": code, "param": param, **members}
    kind = _KIND_BY_STATUS.get(status, FailureKind.INVALID)
    return Failure(kind, message, native={k: v for k, v in native.items() if v is not None}, keep=keep)


def missing(noun: str, ident: Any, param: str, status: int = 400) -> Failure:
    """An object that is not there: 404 where the path named it, 400 where a parameter did."""
    return refuse(f"No such {noun}: '{ident}'", code="resource_missing", param=param, status=status)


def status_of(failure: Failure) -> int:
    """The HTTP status a failure is sent with; a card error that names none is a 402."""
    native = failure.native
    status = native.get("status")
    if isinstance(status, int) and 400 <= status <= 599:
        return status
    if native.get("type") == CARD or "decline_code" in native or native.get("code") in DECLINES:
        return 402
    return _FORMS[failure.kind].status


def error_object(failure: Failure, log_url: str) -> dict[str, Any]:
    """The error object, its members in Stripe's (alphabetical) order and none of them null."""
    form, status = _FORMS[failure.kind], status_of(failure)
    native = {name: value for name, value in failure.native.items() if name != "status"}
    if status == 402:
        kind, code, text = CARD, native.get("code") or "card_declined", _DECLINED
        text = DECLINES.get(native.get("decline_code") or "") or DECLINES.get(code) or text
    else:
        plain = not native and status == form.status
        kind, code, text = form.type, native.get("code") or (form.code if plain else None), form.message
    members: dict[str, Any] = {
        **native,
        "type": native.get("type") or kind,
        "code": code,
        "message": native.get("message") or failure.message or text,
    }
    if code and "doc_url" not in members:
        members["doc_url"] = f"https://stripe.com/docs/error-codes/{str(code).replace('_', '-')}"
    if status != 401:
        members["request_log_url"] = log_url
    return {"error": {name: members[name] for name in sorted(members) if members[name] is not None}}


def headers_of(failure: Failure) -> list[tuple[bytes, bytes]]:
    """The headers that come with a failure: of its kind, and ``Retry-After`` where it says when."""
    headers = [] if failure.native.get("status") else list(_FORMS[failure.kind].headers)
    if failure.native.get("code") in ("idempotency_key_in_use", "lock_timeout") and not headers:
        headers.append((b"stripe-should-retry", b"true"))
    if failure.retry_after is not None:
        headers.append((b"retry-after", b"%d" % -(-failure.retry_after // 1)))
    return headers
