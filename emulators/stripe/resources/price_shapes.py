"""What prices are made of, wherever they are given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ..route import refused
from ..shape import Reader, choice, decimal, group, integer, metadata

RECURRING: Final = group(
    {
        "interval": choice("day", "month", "week", "year"),
        "interval_count": integer(1),
        "trial_period_days": integer(0),
        "usage_type": choice("licensed", "metered"),
        **refused("meter"),
    },
    "interval",
)
PRICE_DATA: Final[Mapping[str, Reader]] = {
    "metadata": metadata,
    "recurring": RECURRING,
    "tax_behavior": choice("inclusive", "exclusive", "unspecified"),
    "unit_amount": integer(0, 999_999_999_999),
    "unit_amount_decimal": decimal,
    **refused("currency_options"),
}
