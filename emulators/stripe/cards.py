"""Stripe's test cards, as data: what each one is and what it does when it is kept, charged, disputed or refunded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Final

from .form import mask


@dataclass(frozen=True, slots=True)
class Decline:
    """How an issuer says no."""

    code: str
    message: str
    decline_code: str | None = None
    network_code: str | None = "01"
    advice: str | None = "try_again_later"
    blocked: bool = False


@dataclass(frozen=True, slots=True)
class Card:
    """A test card. ``keeping`` and ``charging`` say why it is declined when it is attached, and when it is charged."""

    name: str
    number: str = field(repr=False)
    brand: str = "visa"
    country: str = "US"
    funding: str = "credit"
    keeping: Decline | None = None
    charging: Decline | None = None
    authentication: str = "optional"
    """``always``: the customer must authenticate; ``off_session``: and payments in their absence are declined."""
    dispute: str | None = None
    refund: str | None = None
    available: bool = False
    checks: Mapping[str, str] = field(default_factory=dict[str, str])
    risk: str = "normal"
    aliases: tuple[str, ...] = ()

    @property
    def fingerprint(self) -> str:
        """The same for the same number."""
        return blake2b(self.number.encode(), digest_size=8, person=b"card").hexdigest()

    def details(self) -> dict[str, Any]:
        """What a payment method shows of it."""
        checks = {"cvc_check": "pass", **self.checks}
        return {
            "brand": self.brand,
            "checks": {
                name: checks.get(name) for name in ("address_line1_check", "address_postal_code_check", "cvc_check")
            },
            "country": self.country,
            "display_brand": {"amex": "american_express", "diners": "diners_club", "unionpay": "union_pay"}.get(
                self.brand, self.brand
            ),
            "fingerprint": self.fingerprint,
            "funding": self.funding,
            "generated_from": None,
            "last4": self.number[-4:],
            "networks": {"available": [self.brand], "preferred": None},
            "regulated_status": "unregulated",
            "three_d_secure_usage": {"supported": True},
            "wallet": None,
        }


_DECLINED: Final = "Your card was declined."
GENERIC: Final = Decline("card_declined", _DECLINED, "generic_decline")
FRAUDULENT: Final = Decline("card_declined", _DECLINED, "fraudulent", None, "do_not_try_again", blocked=True)
AUTHENTICATION: Final = Decline(
    "authentication_required",
    "Your card was declined. This transaction requires authentication.",
    "authentication_required",
    None,
    None,
)
INCORRECT_NUMBER: Final = Decline("incorrect_number", "Your card number is incorrect.", None, None, None)
REAL_CARD: Final = Decline(
    "card_declined",
    "Your card was declined. Your request was in test mode, but used a non test (live) card. For a list of valid test "
    "cards, visit: https://stripe.com/docs/testing.",
    "test_mode_live_card",
    None,
    None,
)

_DECLINES: Final[tuple[tuple[str, str, Decline, tuple[str, ...]], ...]] = (
    ("visa_chargeDeclined", "4000000000000002", GENERIC, ("chargeDeclined",)),
    (
        "visa_chargeDeclinedInsufficientFunds",
        "4000000000009995",
        Decline("card_declined", "Your card has insufficient funds.", "insufficient_funds", "51"),
        ("chargeDeclinedInsufficientFunds",),
    ),
    (
        "visa_chargeDeclinedLostCard",
        "4000000000009987",
        Decline("card_declined", _DECLINED, "lost_card", "41", "do_not_try_again"),
        ("chargeDeclinedLostCard",),
    ),
    (
        "visa_chargeDeclinedStolenCard",
        "4000000000009979",
        Decline("card_declined", _DECLINED, "stolen_card", "43", "do_not_try_again"),
        ("chargeDeclinedStolenCard",),
    ),
    (
        "chargeDeclinedExpiredCard",
        "4000000000000069",
        Decline("expired_card", "Your card has expired.", None, "54", "do_not_try_again"),
        ("visa_chargeDeclinedExpiredCard",),
    ),
    (
        "chargeDeclinedIncorrectCvc",
        "4000000000000127",
        Decline("incorrect_cvc", "Your card's security code is incorrect.", "incorrect_cvc", "N7", None),
        ("visa_chargeDeclinedIncorrectCvc",),
    ),
    (
        "chargeDeclinedProcessingError",
        "4000000000000119",
        Decline(
            "processing_error",
            "An error occurred while processing your card. Try again in a little bit.",
            "processing_error",
            "96",
        ),
        ("visa_chargeDeclinedProcessingError",),
    ),
    (
        "visa_chargeDeclinedVelocityLimitExceeded",
        "4000000000006975",
        Decline(
            "card_declined",
            "Your card was declined for making repeated attempts too frequently or exceeding its amount limit.",
            "card_velocity_exceeded",
            "65",
        ),
        ("chargeDeclinedVelocityLimitExceeded",),
    ),
)

_COUNTRIES: Final = (
    ("us", "4242424242424242"), ("ar", "4000000320000021"), ("at", "4000000400000008"), ("au", "4000000360000006"),
    ("be", "4000000560000004"), ("br", "4000000760000002"), ("ca", "4000001240000000"), ("ch", "4000007560000009"),
    ("cl", "4000001520000001"), ("cn", "4000001560000002"), ("co", "4000001700000003"), ("cz", "4000002030000002"),
    ("de", "4000002760000016"), ("dk", "4000002080000001"), ("es", "4000007240000007"), ("fi", "4000002460000001"),
    ("fr", "4000002500000003"), ("gb", "4000008260000000"), ("gr", "4000003000000030"), ("hk", "4000003440000004"),
    ("ie", "4000003720000005"), ("in", "4000003560000008"), ("it", "4000003800000008"), ("jp", "4000003920000003"),
    ("lu", "4000004420000006"), ("mx", "4000004840008001"), ("my", "4000004580000002"), ("nl", "4000005280000002"),
    ("no", "4000005780000007"), ("nz", "4000005540000008"), ("pl", "4000006160000005"), ("pt", "4000006200000007"),
    ("se", "4000007520000008"), ("sg", "4000007020000003"), ("si", "4000007050000006"), ("sk", "4000007030000001"),
)  # fmt: skip

CARDS: Final[tuple[Card, ...]] = (
    Card("visa", "4242424242424242"),
    Card("visa_debit", "4000056655665556", funding="debit"),
    Card("mastercard", "5555555555554444", "mastercard"),
    Card("mastercard_debit", "5200828282828210", "mastercard", funding="debit"),
    Card("mastercard_prepaid", "5105105105105100", "mastercard", funding="prepaid"),
    Card("amex", "378282246310005", "amex"),
    Card("discover", "6011111111111117", "discover"),
    Card("diners", "3056930009020004", "diners"),
    Card("jcb", "3566002020360505", "jcb", "JP"),
    Card("unionpay", "6200000000000005", "unionpay", "CN"),
    *(Card(code, number, country=code.upper()) for code, number in _COUNTRIES),
    *(
        Card(name, number, keeping=decline, charging=decline, aliases=aliases)
        for name, number, decline, aliases in _DECLINES
    ),
    Card("chargeCustomerFail", "4000000000000341", charging=GENERIC, aliases=("visa_chargeCustomerFail",)),
    Card("radarBlock", "4100000000000019", charging=FRAUDULENT, risk="highest", aliases=("chargeDeclinedFraudulent",)),
    Card("riskLevelHighest", "4000000000004954", charging=FRAUDULENT, risk="highest"),
    Card("riskLevelElevated", "4000000000009235", risk="elevated"),
    Card("threeDSecure2Required", "4000000000003220", authentication="always"),
    Card("threeDSecureRequired", "4000000000003063", authentication="always"),
    Card("threeDSecureOptional", "4000000000003055"),
    Card("threeDSecureRequiredChargeDeclined", "4000008400001629", charging=GENERIC, authentication="always"),
    Card("authenticationRequiredOnSetup", "4000002500003155", country="FR", authentication="off_session"),
    Card(
        "authenticationRequired",
        "4000002760003184",
        country="DE",
        authentication="off_session",
        aliases=("visa_authenticationRequired",),
    ),
    Card(
        "authenticationRequiredChargeDeclinedInsufficientFunds",
        "4000008260003178",
        country="GB",
        authentication="off_session",
        charging=Decline("card_declined", "Your card has insufficient funds.", "insufficient_funds", "51"),
    ),
    Card("createDispute", "4000000000000259", dispute="fraudulent"),
    Card("createDisputeProductNotReceived", "4000000000002685", dispute="product_not_received"),
    Card("createDisputeInquiry", "4000000000001976", dispute="inquiry"),
    Card("pendingRefund", "4000000000007726", refund="pending"),
    Card("refundFail", "4000000000005126", refund="failed"),
    Card("bypassPending", "4000000000000077", available=True),
    Card("bypassPendingInternational", "4000003720000278", country="IE", available=True),
    Card("cvcCheckFail", "4000000000000101", checks={"cvc_check": "fail"}),
    Card(
        "avsFail",
        "4000000000000010",
        checks={"address_line1_check": "fail", "address_postal_code_check": "fail"},
    ),
    Card("avsLine1Fail", "4000000000000028", checks={"address_line1_check": "fail"}),
    Card("avsZipFail", "4000000000000036", checks={"address_postal_code_check": "fail"}),
    Card("avsUnchecked", "4000000000000044", checks={"address_line1_check": "unavailable"}),
)

BY_NAME: Final[Mapping[str, Card]] = {name: card for card in CARDS for name in (card.name, *card.aliases)}
BY_MASK: Final[Mapping[str, Card]] = {mask(card.number): card for card in reversed(CARDS)}


def by_token(token: str) -> Card | None:
    """The card behind ``pm_card_visa`` or ``tok_visa``."""
    for prefix in ("pm_card_", "tok_"):
        if token.startswith(prefix):
            return BY_NAME.get(token.removeprefix(prefix))
    return None
