"""Setup intents: keeping a card for later payments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from falsefront.kernel.operation import Failure

from ..call import Call, merge_metadata
from ..cards import Decline
from ..errors import refuse
from ..lists import DATED, page
from ..resource import (
    CUSTOMERS,
    PAYMENT_METHODS,
    SETUP_INTENTS,
    Document,
    client_secret,
    new_id,
    public,
)
from ..route import Route, refused
from ..shape import Shape, choice, flag, metadata, text
from .intent_shapes import (
    AUTOMATIC,
    CONFIRMING,
    SHARED,
    TYPES_GONE,
    customer_of,
    method_of,
    needs_return_url,
    next_action,
    offered,
    options,
)
from .payment_methods import card_of, declined, last_error, tie, usable

_CREATE: Final = Shape(
    {
        **SHARED,
        "automatic_payment_methods": AUTOMATIC,
        "confirm": flag,
        "metadata": metadata,
        "return_url": text(2048),
        "usage": choice("off_session", "on_session"),
        "use_stripe_sdk": flag,
        **refused(
            "attach_to_self",
            "confirmation_token",
            "customer_account",
            "excluded_payment_method_types",
            "flow_directions",
            "mandate_data",
            "on_behalf_of",
            "payment_method_configuration",
            "single_use",
        ),
    },
    gone=TYPES_GONE,
)
_UPDATE: Final = Shape(
    {
        **SHARED,
        "metadata": metadata,
        **refused(
            "attach_to_self",
            "customer_account",
            "excluded_payment_method_types",
            "flow_directions",
            "payment_method_configuration",
        ),
    },
    gone=TYPES_GONE,
)
_CONFIRM: Final = Shape({**CONFIRMING, **refused("allowed_payment_method_types", "confirmation_token", "mandate_data")})
_CANCEL: Final = Shape({"cancellation_reason": choice("abandoned", "duplicate", "requested_by_customer")})
_LIST: Final = Shape(
    {
        **DATED,
        "customer": text(fixed=True),
        "payment_method": text(fixed=True),
        **refused("attach_to_self", "customer_account"),
    }
)
_OPEN: Final = ("requires_payment_method", "requires_confirmation", "requires_action")


def _unexpected(message: str, intent: Document) -> Failure:
    return refuse(message, code="setup_intent_unexpected_state", setup_intent=public(intent))


def create(call: Call) -> Document:
    """Create a setup intent and, with ``confirm``, confirm it."""
    params = call.params
    confirming = params.get("confirm", False)
    if params.get("return_url") and not confirming:
        raise refuse(
            "The parameter return_url cannot be passed when creating a SetupIntent unless confirm is set to true.",
            param="return_url",
        )
    offer = offered(call, params)
    customer = customer_of(call)
    method = method_of(call, params)
    if method is not None:
        usable(call, method, customer)
    ident = new_id(call.state, SETUP_INTENTS, call.now)
    made = call.create(
        SETUP_INTENTS,
        {
            "id": ident,
            "object": "setup_intent",
            "allowed_payment_method_types": offer["allowed_payment_method_types"],
            "application": None,
            "automatic_payment_methods": offer["automatic_payment_methods"],
            "cancellation_reason": None,
            "client_secret": client_secret(call.state, ident),
            "created": call.now,
            "customer": customer,
            "customer_account": None,
            "description": params.get("description"),
            "excluded_payment_method_types": None,
            "flow_directions": None,
            "last_setup_error": None,
            "latest_attempt": None,
            "livemode": False,
            "managed_payments": None,
            "mandate": None,
            "metadata": merge_metadata({}, params.get("metadata")),
            "next_action": None,
            "on_behalf_of": None,
            "payment_method": method and method["id"],
            "payment_method_configuration_details": offer["payment_method_configuration_details"],
            "payment_method_options": _options(offer["payment_method_types"], params),
            "payment_method_types": offer["payment_method_types"],
            "single_use_mandate": None,
            "status": "requires_confirmation" if method else "requires_payment_method",
            "usage": params.get("usage", "off_session"),
        },
    )
    call.tell("setup_intent.created", made)
    return _confirm(call, made, params, method) if confirming else made


def _options(kinds: list[str], params: Mapping[str, Any]) -> dict[str, Any]:
    return options(kinds, params.get("payment_method_options", {}), {"mandate_options": None, "network": None})


def update(call: Call) -> Document:
    """Change a setup intent."""
    before, params = call.find(SETUP_INTENTS, call.id), call.params
    if before["status"] not in _OPEN and set(params) - {"metadata", "description"}:
        raise _unexpected(f"You cannot update this SetupIntent because it has a status of {before['status']}.", before)
    after = dict(before)
    if "description" in params:
        after["description"] = params["description"]
    if "customer" in params:
        after["customer"] = customer_of(call)
    if "metadata" in params:
        after["metadata"] = merge_metadata(before["metadata"], params["metadata"])
    if "payment_method_types" in params or "allowed_payment_method_types" in params:
        after.update(offered(call, params))
    if "payment_method_options" in params or after["payment_method_types"] != before["payment_method_types"]:
        after["payment_method_options"] = _options(after["payment_method_types"], params)
    method = method_of(call, params)
    if method is not None:
        usable(call, method, after["customer"])
        after["payment_method"], after["status"] = method["id"], "requires_confirmation"
    elif "payment_method" in params:
        after["payment_method"], after["status"] = None, "requires_payment_method"
    return call.update(SETUP_INTENTS, before, after)


def confirm(call: Call) -> Document:
    """Confirm a setup intent: keep its card, if the issuer agrees."""
    before = call.find(SETUP_INTENTS, call.id)
    if before["status"] not in _OPEN:
        raise _unexpected(
            f"You cannot confirm this SetupIntent because it has a status of {before['status']}. Only a SetupIntent "
            f"with one of the following statuses may be confirmed: {', '.join(_OPEN)}.",
            before,
        )
    return _confirm(call, before, call.params, method_of(call, call.params))


def _confirm(call: Call, intent: Document, params: Mapping[str, Any], method: Document | None) -> Document:
    if method is None and intent["payment_method"] is not None:
        method = call.find(PAYMENT_METHODS, intent["payment_method"], "payment_method", 400)
    if method is None:
        raise _unexpected(
            "You cannot confirm this SetupIntent because it's missing a payment method. You can either update the "
            "SetupIntent with a payment method and then confirm it again, or confirm it again directly with a payment "
            "method or ConfirmationToken.",
            intent,
        )
    usable(call, method, intent["customer"])
    if (why := needs_return_url(intent, params, "SetupIntent")) is not None:
        raise why
    card = card_of(method)
    intent = {**intent, "payment_method": method["id"], "last_setup_error": None, "next_action": None}
    if card.authentication != "optional":
        action = next_action(call, "setup_intent", params)
        after = call.save(SETUP_INTENTS, {**intent, "next_action": action, "status": "requires_action"})
        call.tell("setup_intent.requires_action", after)
        return after
    if card.keeping is not None:
        raise _fail(call, intent, method, card.keeping)
    if intent["customer"] is not None and method["customer"] is None:
        tie(call, method, intent["customer"])
    after = call.save(SETUP_INTENTS, {**intent, "status": "succeeded"})
    call.tell("setup_intent.succeeded", after)
    return after


def _fail(call: Call, intent: Document, method: Document, decline: Decline) -> Failure:
    after = call.save(
        SETUP_INTENTS,
        {
            **intent,
            "last_setup_error": last_error(decline, method),
            "payment_method": None,
            "status": "requires_payment_method",
        },
    )
    call.tell("setup_intent.setup_failed", after)
    return declined(decline, keep=True, payment_method=public(method), setup_intent=public(after))


def cancel(call: Call) -> Document:
    """Cancel a setup intent."""
    before = call.find(SETUP_INTENTS, call.id)
    if before["status"] not in _OPEN:
        raise _unexpected(
            f"You cannot cancel this SetupIntent because it has a status of {before['status']}. Only a SetupIntent "
            f"with one of the following statuses may be canceled: {', '.join(_OPEN)}.",
            before,
        )
    reason = call.params.get("cancellation_reason")
    after = {**before, "cancellation_reason": reason, "next_action": None, "status": "canceled"}
    call.save(SETUP_INTENTS, after)
    call.tell("setup_intent.canceled", after)
    return after


def list_(call: Call) -> Mapping[str, Any]:
    """List setup intents, newest first."""
    call.named(CUSTOMERS, "customer")
    by = {name: call.params[name] for name in ("payment_method", "customer") if name in call.params}
    return page(
        call,
        SETUP_INTENTS,
        dict(list(by.items())[:1]) or None,
        lambda doc: all(doc[name] == value for name, value in by.items()),
    )


_P: Final = "/v1/setup_intents"
ROUTES: Final = (
    Route("setup_intents.create", "POST", _P, create, "Create a setup intent.", _CREATE, "setup_intent"),
    Route(
        "setup_intents.retrieve",
        "GET",
        _P + "/{id}",
        lambda call: call.find(SETUP_INTENTS, call.id),
        "Retrieve a setup intent.",
        Shape({"client_secret": text(fixed=True)}),
        "setup_intent",
    ),
    Route("setup_intents.update", "POST", _P + "/{id}", update, "Update a setup intent.", _UPDATE, "setup_intent"),
    Route("setup_intents.list", "GET", _P, list_, "List setup intents.", _LIST, "setup_intent", many=True),
    Route(
        "setup_intents.confirm",
        "POST",
        _P + "/{id}/confirm",
        confirm,
        "Confirm a setup intent.",
        _CONFIRM,
        "setup_intent",
    ),
    Route(
        "setup_intents.cancel",
        "POST",
        _P + "/{id}/cancel",
        cancel,
        "Cancel a setup intent.",
        _CANCEL,
        "setup_intent",
    ),
)
