"""An endpoint: how it is reached, what it takes, what it does and what it gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from falsefront.kernel.operation import Access

from .call import Handle
from .shape import Reader, Shape, array, clearable, group, text, unsupported

NOTHING: Final = Shape({})


@dataclass(frozen=True, slots=True)
class Route:
    """One endpoint. ``gives`` is the kind of object it answers with, ``many`` a list (or search result) of them."""

    name: str
    method: str
    path: str
    handle: Handle
    summary: str
    shape: Shape = NOTHING
    gives: str = ""
    many: bool = False

    @property
    def access(self) -> Access:
        """Whether it only looks."""
        return "read" if self.method == "GET" else "write"


def refused(*names: str) -> dict[str, Reader]:
    """Parameters that Stripe has and this emulator has not."""
    return dict.fromkeys(names, unsupported)


ADDRESS: Final[Mapping[str, Reader]] = {
    name: text() for name in ("city", "country", "line1", "line2", "postal_code", "state")
}
SHIPPING: Final = group(
    {
        "address": group(ADDRESS),
        "carrier": text(),
        "name": text(),
        "phone": text(),
        "tracking_number": text(),
    },
)
BILLING: Final = group(
    {
        "address": clearable(group(ADDRESS)),
        "email": text(),
        "name": text(),
        "phone": text(),
        "tax_id": text(),
    }
)
WORDS: Final = array(text(fixed=True))
