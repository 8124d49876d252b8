"""Currencies: which there are, their smallest units, the smallest charge, and how an amount is written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_NAMES: Final = """
usd aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bhd bif bmd bnd bob brl bsd bwp byn bzd cad cdf
chf clp cny cop crc cve czk djf dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gnf gtq gyd hkd hnl hrk htg
huf idr ils inr isk jmd jod jpy kes kgs khr kmf krw kwd kyd kzt lak lbp lkr lrd lsl mad mdl mga mkd mmk mnt
mop mur mvr mwk mxn myr mzn nad ngn nio nok npr nzd omr pab pen pgk php pkr pln pyg qar ron rsd rub rwf sar
sbd scr sek sgd shp sle sos srd std szl thb tjs tnd top try ttd twd tzs uah ugx uyu uzs vnd vuv wst xaf xcd
xcg xof xpf yer zar zmw usdc btn ghs eek lvl svc vef ltl sll mro
"""
CURRENCIES: Final = tuple(_NAMES.split())
KNOWN: Final = frozenset(CURRENCIES)
ZERO_DECIMAL: Final = frozenset("bif clp djf gnf jpy kmf krw mga pyg rwf ugx vnd vuv xaf xof xpf".split())  # noqa: SIM905
THREE_DECIMAL: Final = frozenset("bhd jod kwd omr tnd".split())  # noqa: SIM905
SYMBOLS: Final[Mapping[str, str]] = {"usd": "$", "eur": "€", "gbp": "£", "jpy": "¥", "inr": "₹"}
MINIMUM: Final[Mapping[str, int]] = {
    "usd": 50, "aed": 200, "aud": 50, "bgn": 100, "brl": 50, "cad": 50, "chf": 50, "czk": 1500, "dkk": 250,
    "eur": 50, "gbp": 30, "hkd": 400, "huf": 17500, "inr": 50, "jpy": 50, "mxn": 1000, "myr": 200, "nok": 300,
    "nzd": 50, "pln": 200, "ron": 200, "sek": 300, "sgd": 50, "thb": 1000,
}  # fmt: skip
MAXIMUM: Final = 99_999_999


def show(amount: int, currency: str) -> str:
    """An amount as Stripe's messages write it: ``$0.50``, ``¥50``, ``15.00 czk``."""
    digits = 0 if currency in ZERO_DECIMAL else 3 if currency in THREE_DECIMAL else 2
    number = f"{amount / 10**digits:,.{digits}f}"
    symbol = SYMBOLS.get(currency)
    return f"{symbol}{number}" if symbol else f"{number} {currency}"


def fee(amount: int) -> int:
    """What Stripe takes of a card payment: 2.9 % and 30 of the smallest unit, half up."""
    return (amount * 29 + 500) // 1000 + 30
