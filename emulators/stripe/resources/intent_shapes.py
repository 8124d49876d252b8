"""What payment intents and setup intents have in common: parameters, and the checks on them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from falsefront.kernel.operation import Failure

from ..call import Call
from ..errors import refuse
from ..resource import CUSTOMERS, Document, tail_of
from ..route import refused
from ..shape import Reader, array, choice, either, flag, group, text, unsupported
from . import payment_methods
from .payment_methods import METHOD_DATA
from .payment_types import OTHERS, TYPES

AUTOMATIC: Final = group({"allow_redirects": choice("always", "never"), "enabled": flag}, "enabled")
KINDS: Final = array(text(fixed=True))
OFF_SESSION: Final = either(unsupported, flag)
OPTIONS: Final = group(
    {
        "card": group(
            {
                "request_three_d_secure": choice("automatic", "any", "challenge"),
                **refused(
                    "capture_method",
                    "cvc_token",
                    "installments",
                    "mandate_options",
                    "moto",
                    "network",
                    "request_extended_authorization",
                    "request_incremental_authorization",
                    "request_multicapture",
                    "request_overcapture",
                    "require_cvc_recollection",
                    "setup_future_usage",
                    "statement_descriptor_suffix_kana",
                    "statement_descriptor_suffix_kanji",
                    "three_d_secure",
                ),
            }
        ),
        **refused("card_present", *OTHERS),
    }
)
TYPES_GONE: Final = {"payment_method_types": "2026-09-30"}
"""API versions from that date on have ``allowed_payment_method_types`` instead."""
SHARED: Final[Mapping[str, Reader]] = {
    "allowed_payment_method_types": KINDS,
    "customer": text(fixed=True),
    "description": text(1000),
    "payment_method": text(),
    "payment_method_data": group(METHOD_DATA),
    "payment_method_options": OPTIONS,
    "payment_method_types": KINDS,
}
CONFIRMING: Final[Mapping[str, Reader]] = {
    "payment_method": text(fixed=True),
    "payment_method_data": group(METHOD_DATA),
    "payment_method_options": OPTIONS,
    "return_url": text(2048),
    "use_stripe_sdk": flag,
}
ACTIVE: Final = ("card", "link")
"""The payment method types that the account has activated."""
_REDIRECTS: Final = (
    "This {kind} is configured to accept payment methods enabled in your Dashboard. Because some of these payment "
    "methods might redirect your customer off of your page, you must provide a `return_url`. If you don't want to "
    "accept redirect-based payment methods, set `automatic_payment_methods[enabled]` to `true` and "
    "`automatic_payment_methods[allow_redirects]` to `never` when creating Setup Intents and Payment Intents."
)


def offered(call: Call, params: Mapping[str, Any]) -> dict[str, Any]:
    """Which payment methods an intent takes: those named, else those the account has activated."""
    named = params.get("payment_method_types") or params.get("allowed_payment_method_types")
    automatic = params.get("automatic_payment_methods")
    if named and automatic and automatic["enabled"] and "payment_method_types" in params:
        raise refuse(
            "You may only specify one of these parameters: automatic_payment_methods, payment_method_types.",
            param="automatic_payment_methods",
        )
    for place, kind in enumerate(named or ()):
        name = "payment_method_types" if "payment_method_types" in params else "allowed_payment_method_types"
        if kind not in TYPES:
            raise refuse(
                f"Invalid {name}[{place}]: must be one of {', '.join(TYPES[:-1])}, or {TYPES[-1]}",
                param=f"{name}[{place}]",
            )
        if kind not in ACTIVE:
            raise refuse(
                f'The payment method type "{kind}" is invalid. Please ensure the provided type is activated in your '
                "dashboard (https://dashboard.stripe.com/account/payments/settings) and your account is enabled for "
                "any preview features that you are trying to use. See "
                "https://stripe.com/docs/payments/payment-methods/integration-options for supported payment method, "
                "currency, and country combinations.",
                param=name,
            )
    kinds = list(named or ACTIVE)
    enabled = automatic["enabled"] if automatic else not named
    return {
        "allowed_payment_method_types": params.get("allowed_payment_method_types"),
        "automatic_payment_methods": {
            "allow_redirects": (automatic or {}).get("allow_redirects", "always"),
            "enabled": True,
        }
        if enabled
        else None,
        "payment_method_configuration_details": {"id": f"pmc_1FALSE{tail_of(call.state.seed)}conf", "parent": None}
        if enabled
        else None,
        "payment_method_types": kinds if enabled or named else ["card"],
    }


def options(kinds: list[str], given: Mapping[str, Any], base: Mapping[str, Any]) -> dict[str, Any]:
    """Payment method options as an intent shows them: ``base`` for a card, and what was asked for."""
    asked: Mapping[str, Any] = given.get("card", {})
    shown: dict[str, Any] = {}
    if "card" in kinds:
        shown["card"] = {**base, "request_three_d_secure": "automatic", **asked}
    if "link" in kinds:
        shown["link"] = {"persistent_token": None}
    return shown


def method_of(call: Call, params: Mapping[str, Any]) -> Document | None:
    """The payment method that parameters name or describe, if any."""
    if params.get("payment_method") is not None and params.get("payment_method_data") is not None:
        raise refuse(
            "You may only specify one of these parameters: payment_method, payment_method_data.",
            param="payment_method",
        )
    if params.get("payment_method") is not None:
        return payment_methods.resolve(call, params["payment_method"], "payment_method", 400)
    if params.get("payment_method_data") is not None:
        return payment_methods.make(call, params["payment_method_data"], "payment_method_data")
    return None


def customer_of(call: Call) -> str | None:
    """The customer that parameters name."""
    found = call.named(CUSTOMERS, "customer")
    return found["id"] if found else None


def needs_return_url(intent: Mapping[str, Any], params: Mapping[str, Any], kind: str) -> Failure | None:
    """The refusal to confirm without a ``return_url`` where the customer might be sent away."""
    automatic = intent["automatic_payment_methods"]
    if params.get("off_session") not in (None, False):
        # The customer is not there to be sent anywhere.
        return None
    if automatic is None or automatic["allow_redirects"] == "never" or params.get("return_url"):
        return None
    return refuse(_REDIRECTS.format(kind=kind))


def next_action(call: Call, intent: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """What the customer would have to do: authenticate, by redirect where there is a way back."""
    source = f"payatt_{call.state.ids.token('stripe.next_action', 24)}"
    url = params.get("return_url")
    if url and not params.get("use_stripe_sdk"):
        return {
            "redirect_to_url": {
                "return_url": url,
                "url": f"https://hooks.stripe.com/3d_secure_2/hosted?merchant=acct&{intent}={source}",
            },
            "type": "redirect_to_url",
        }
    return {
        "type": "use_stripe_sdk",
        "use_stripe_sdk": {
            "source": source,
            "stripe_js": f"https://hooks.stripe.com/3d_secure_2/hosted?{intent}={source}",
            "type": "three_d_secure_redirect",
        },
    }
