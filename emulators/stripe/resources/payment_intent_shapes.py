"""What the endpoints of payment intents take."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ..lists import DATED
from ..route import SHIPPING, refused
from ..shape import Reader, Shape, choice, clearable, currency, email, flag, integer, metadata, text
from .intent_shapes import AUTOMATIC, CONFIRMING, OFF_SESSION, SHARED, TYPES_GONE

_COMMON: Final[Mapping[str, Reader]] = {
    **SHARED,
    "capture_method": choice("automatic", "automatic_async", "manual"),
    "metadata": metadata,
    "receipt_email": email,
    "setup_future_usage": clearable(choice("off_session", "on_session")),
    "shipping": clearable(SHIPPING),
    "statement_descriptor": text(22),
    "statement_descriptor_suffix": text(22),
    "transfer_group": text(),
    **refused(
        "amount_details",
        "application_fee_amount",
        "customer_account",
        "excluded_payment_method_types",
        "hooks",
        "payment_details",
        "payment_method_configuration",
        "transfer_data",
    ),
}
_AT_CONFIRMATION: Final[Mapping[str, Reader]] = {
    "error_on_requires_action": flag,
    "off_session": OFF_SESSION,
    "return_url": text(2048),
    "use_stripe_sdk": flag,
    **refused("confirmation_token", "mandate", "mandate_data", "radar_options"),
}
CREATE: Final = Shape(
    {
        **_COMMON,
        **_AT_CONFIRMATION,
        "amount": integer(),
        "automatic_payment_methods": AUTOMATIC,
        "confirm": flag,
        "confirmation_method": choice("automatic", "manual"),
        "currency": currency,
        **refused("on_behalf_of", "application"),
    },
    ("amount", "currency"),
    TYPES_GONE,
)
UPDATE: Final = Shape({**_COMMON, "amount": integer(), "currency": currency}, gone=TYPES_GONE)
CONFIRM: Final = Shape(
    {
        **CONFIRMING,
        **_AT_CONFIRMATION,
        "capture_method": _COMMON["capture_method"],
        "receipt_email": email,
        "setup_future_usage": _COMMON["setup_future_usage"],
        "shipping": clearable(SHIPPING),
        **refused(
            "allowed_payment_method_types",
            "amount_details",
            "amount_to_confirm",
            "excluded_payment_method_types",
            "hooks",
            "payment_details",
            "payment_method_types",
        ),
    },
    gone=TYPES_GONE,
)
CAPTURE: Final = Shape(
    {
        "amount_to_capture": integer(),
        "metadata": metadata,
        "statement_descriptor": text(22),
        "statement_descriptor_suffix": text(22),
        **refused(
            "amount_details", "application_fee_amount", "final_capture", "hooks", "payment_details", "transfer_data"
        ),
    }
)
CANCEL: Final = Shape({"cancellation_reason": choice("duplicate", "fraudulent", "requested_by_customer", "abandoned")})
LIST: Final = Shape({**DATED, "customer": text(fixed=True), **refused("customer_account")})
