"""Every parameter of every endpoint, given nonsense: an error in Stripe's form, never a server error, never a hang."""

from __future__ import annotations

import random
import re
from typing import Any
from urllib.parse import quote

import pytest

from falsefront.emulators.stripe.resources import ROUTES
from falsefront.emulators.stripe.route import Route
from tests.emulators.stripe.conftest import Api

VALUES = ["", "x", "0", "-1", "7", "true", "null", "usd", "9" * 40, "é\u0000\ud7ff", "pm_card_visa", "cus_1", "always"]
KEYS = ["", "0", "1", "a", "name", "number", "gte", "metadata", "currency", "interval", "enabled", "type", "999999999"]


def pairs(route: Route, dice: random.Random) -> str:
    """A form with a few of the endpoint's parameters, or none of them, in odd shapes."""
    names = [*route.shape.fields, "expand", "nope", "metadata"]
    found: list[str] = []
    for name in (*route.shape.required, *dice.sample(names, min(len(names), dice.randrange(5)))):
        shown = name + "".join(f"[{dice.choice(KEYS)}]" for _ in range(dice.choice([0, 0, 0, 1, 1, 2, 3])))
        found.append(f"{quote(shown)}={quote(dice.choice(VALUES))}")
    return "&".join(found)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_garbage(api: Api, route: Route) -> None:
    dice = random.Random(route.name)
    customer = api.post("/v1/customers", "email=a@x.co")["id"]
    method = api.post("/v1/payment_methods/pm_card_visa/attach", f"customer={customer}")["id"]
    paid = api.pay(method, more=f"&customer={customer}")
    held = api.pay(method, more=f"&customer={customer}&capture_method=manual")
    product = api.post("/v1/products", "name=x&default_price_data[currency]=usd&default_price_data[unit_amount]=1")
    known: list[Any] = [customer, method, paid["id"], paid["latest_charge"], held["id"], held["latest_charge"]]
    known += [product["id"], product["default_price"], "nobody", "%00", "é", "a b"]
    for _ in range(30):
        path = re.sub(r"\{\w+\}", lambda _: quote(str(dice.choice(known)), safe="%"), route.path)
        answer = api.call(route.method, path, pairs(route, dice))
        assert answer.status < 500, answer.body
        assert answer.status == 200 or set(answer.body) == {"error"}
    assert api.get("/v1/balance").status == 200
