"""Errors as ``Status`` objects: earned ones with their literal texts, injected ones by their kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from falsefront.kernel.operation import Failure, FailureKind

if TYPE_CHECKING:
    from ..shape import Resource
    from .call import Call

_KINDS: Final[Mapping[int, FailureKind]] = {
    400: FailureKind.INVALID,
    401: FailureKind.UNAUTHENTICATED,
    403: FailureKind.FORBIDDEN,
    404: FailureKind.NOT_FOUND,
    409: FailureKind.CONFLICT,
    410: FailureKind.GONE,
    422: FailureKind.INVALID,
    429: FailureKind.RATE_LIMITED,
    500: FailureKind.INTERNAL,
    503: FailureKind.UNAVAILABLE,
    504: FailureKind.TIMEOUT,
}


@dataclass(frozen=True, slots=True)
class Cause:
    """One field error of a validation failure."""

    reason: str
    message: str
    field: str


def error(
    code: int,
    reason: str,
    message: str,
    details: Mapping[str, Any] | None = None,
    *,
    metadata: Mapping[str, Any] | None = None,
    retry_after: float | None = None,
) -> Failure:
    """A failure that is rendered as this very Status."""
    native = {"code": code, "reason": reason, "details": details, "metadata": metadata or {}}
    kind = _KINDS.get(code, FailureKind.INVALID)
    return Failure(kind, message, native=native, retry_after=retry_after)


def about(resource: Resource, name: str = "", *, kind: str | None = None) -> dict[str, Any]:
    """The details that say which object it is about; by plural, or by ``kind`` where that is given."""
    found: dict[str, Any] = {"name": name} if name else {}
    if resource.group:
        found["group"] = resource.group
    found["kind"] = kind or resource.plural
    return found


def bad_request(message: str) -> Failure:
    """A request that cannot be read (400)."""
    return error(400, "BadRequest", message)


def not_found(resource: Resource, name: str) -> Failure:
    """No object of that name (404)."""
    return error(404, "NotFound", f'{resource.qualified} "{name}" not found', about(resource, name))


def no_resource() -> Failure:
    """No such resource (404)."""
    return error(404, "NotFound", "the server could not find the requested resource", {})


def no_method() -> Failure:
    """A resource that has no such verb (405)."""
    message = "the server does not allow this method on the requested resource"
    return error(405, "MethodNotAllowed", message, {})


def already_exists(resource: Resource, name: str) -> Failure:
    """An object of that name is there already (409)."""
    return error(409, "AlreadyExists", f'{resource.qualified} "{name}" already exists', about(resource, name))


def conflict(resource: Resource, name: str, why: str, *, kind: str = "") -> Failure:
    """A change that was made of something else (409); named by plural, or by ``kind`` where that is given."""
    what = kind or resource.qualified
    message = f'Operation cannot be fulfilled on {what} "{name}": {why}'
    details = {"name": name, "kind": kind} if kind else about(resource, name)
    return error(409, "Conflict", message, details)


MODIFIED: Final = "the object has been modified; please apply your changes to the latest version and try again"


def forbidden(resource: Resource, name: str, why: str, causes: Sequence[Cause] = ()) -> Failure:
    """What admission refuses (403)."""
    details = about(resource, name)
    if causes:
        details["causes"] = [_cause(cause) for cause in causes]
    what = f'{resource.qualified} "{name}"' if name else resource.qualified
    return error(403, "Forbidden", f"{what} is forbidden: {why}", details)


def unsupported(what: str) -> Failure:
    """For what the real server does and this one does not: said, never ignored."""
    return error(501, "NotImplemented", f"this server does not support {what}", {})


def invalid(group: str, kind: str, name: str, causes: Sequence[Cause]) -> Failure:
    """A 422 with every field error, as one sentence and one by one."""
    texts = list(dict.fromkeys(f"{cause.field}: {cause.message}" for cause in causes))
    text = texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"
    details: dict[str, Any] = {"name": name} if name else {}
    if group:
        details["group"] = group
    details["kind"] = kind
    details["causes"] = [_cause(cause) for cause in causes]
    what = f"{kind}.{group}" if group else kind
    return error(422, "Invalid", f'{what} "{name}" is invalid: {text}', details)


def _cause(cause: Cause) -> dict[str, str]:
    return {"reason": cause.reason, "message": cause.message, "field": cause.field}


def render(failure: Failure, call: Call | None = None) -> dict[str, Any]:
    """The Status object of any failure; ``call`` lends an injected one the words of its request."""
    native = failure.native
    if "code" not in native:
        failure = _injected(failure, call)
        native = {**failure.native, **native}
    status: dict[str, Any] = {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": native.get("metadata") or {},
        "status": "Failure",
        "message": failure.message,
        "reason": native.get("reason", "Unknown"),
    }
    details = native.get("details")
    if details is not None:
        status["details"] = dict(details)
    if failure.retry_after:
        status.setdefault("details", {})["retryAfterSeconds"] = max(1, round(failure.retry_after))
    status["code"] = native["code"]
    return status


def _injected(failure: Failure, call: Call | None) -> Failure:
    """An injected failure, or one that the kernel raised, in this system's words."""
    made = _in_words(failure.kind, failure.message, call)
    message = failure.message or made.message
    return Failure(made.kind, message, native=made.native, retry_after=failure.retry_after)


def _in_words(kind: FailureKind, message: str, call: Call | None) -> Failure:
    match kind:
        case FailureKind.INVALID:
            return bad_request("the server rejected our request for an unknown reason")
        case FailureKind.UNAUTHENTICATED:
            return error(401, "Unauthorized", "Unauthorized")
        case FailureKind.FORBIDDEN:
            return _denied(call, _may_not(call))
        case FailureKind.QUOTA_EXCEEDED:
            why = "exceeded quota: compute-resources, requested: pods=1, used: pods=10, limited: pods=10"
            return _denied(call, why, _name(call) if call else "")
        case FailureKind.NOT_FOUND:
            return not_found(call.resource, call.name) if call and call.name else no_resource()
        case FailureKind.CONFLICT if call and call.verb == "create":
            return already_exists(call.resource, _name(call))
        case FailureKind.CONFLICT if call:
            return conflict(call.resource, call.name, MODIFIED)
        case FailureKind.CONFLICT:
            return error(409, "Conflict", MODIFIED, {})
        case FailureKind.GONE:
            return error(410, "Expired", "The resourceVersion for the provided list or watch is too old.")
        case FailureKind.RATE_LIMITED:
            return error(429, "TooManyRequests", "Too many requests, please try again later.", {})
        case FailureKind.TIMEOUT:
            text = "Timeout: request did not complete within requested timeout - context deadline exceeded"
            return error(504, "Timeout", text, {})
        case FailureKind.UNAVAILABLE:
            return error(503, "ServiceUnavailable", "the server is currently unable to handle the request", {})
        case FailureKind.INTERNAL:
            why = message or "etcdserver: request timed out"
            return error(500, "InternalError", f"Internal error occurred: {why}", {"causes": [{"message": why}]})


def _name(call: Call) -> str:
    """The object that a call is about, also where only its body says so."""
    metadata = call.body.get("metadata") if isinstance(call.body, Mapping) else None
    return call.name or (str(metadata.get("name", "")) if isinstance(metadata, Mapping) else "")


def _denied(call: Call | None, why: str, name: str = "") -> Failure:
    if call is None:
        return error(403, "Forbidden", f"forbidden: {why}", {})
    return forbidden(call.resource, name or call.name, why)


def _may_not(call: Call | None) -> str:
    if call is None:
        return 'User "kubernetes-admin" cannot get path "/"'
    where = f'in the namespace "{call.namespace}"' if call.namespace else "at the cluster scope"
    what = f"{call.resource.plural}/{call.subresource}" if call.subresource else call.resource.plural
    return f'User "kubernetes-admin" cannot {call.verb} resource "{what}" in API group "{call.resource.group}" {where}'
