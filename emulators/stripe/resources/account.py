"""The account that a world's keys belong to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ..call import Call
from ..errors import refuse
from ..resource import account_of
from ..route import Route


def own(call: Call) -> Mapping[str, Any]:
    """Show the account itself."""
    return {
        "id": account_of(call.state.seed),
        "object": "account",
        "business_profile": {
            "annual_revenue": None,
            "estimated_worker_count": None,
            "mcc": None,
            "name": "falsefront",
            "support_address": None,
            "support_email": None,
            "support_phone": None,
            "support_url": None,
            "url": None,
        },
        "business_type": None,
        "capabilities": {"card_payments": "active", "transfers": "active"},
        "charges_enabled": True,
        "country": "US",
        "default_currency": "usd",
        "details_submitted": True,
        "email": None,
        "payouts_enabled": True,
        "settings": {"dashboard": {"display_name": "falsefront", "timezone": "Etc/UTC"}},
        "type": "standard",
    }


def by_id(call: Call) -> Mapping[str, Any]:
    """Show an account, of which there is one."""
    if call.id != account_of(call.state.seed):
        raise refuse(
            "The provided key does not have access to account "
            f"'{call.id}' (or that account does not exist). Application access may have been revoked.",
            code="account_invalid",
            status=403,
        )
    return own(call)


ROUTES: Final = (
    Route("account.retrieve", "GET", "/v1/account", own, "Retrieve the account of the key.", gives="account"),
    Route("accounts.retrieve", "GET", "/v1/accounts/{id}", by_id, "Retrieve an account.", gives="account"),
)
