"""Customers, products and prices; lists, expansion, search, metadata and events."""

from __future__ import annotations

import pytest

from tests.emulators.stripe.conftest import Api


def make(api: Api, count: int) -> list[str]:
    """Customers, newest first."""
    return [api.post("/v1/customers", f"name=c{number}")["id"] for number in range(count)][::-1]


def ids(answer: object) -> list[str]:
    return [doc["id"] for doc in answer["data"]]  # type: ignore[index]


def test_a_customer(api: Api) -> None:
    made = api.post("/v1/customers", "email=jenny@example.com")
    prefix = made.body.pop("invoice_prefix")
    assert (len(prefix), made["id"][:4], len(made["id"])) == (8, "cus_", 18)
    assert made.body == {
        "id": made["id"],
        "object": "customer",
        "address": None,
        "balance": 0,
        "created": 1767225600,
        "currency": None,
        "customer_account": None,
        "default_source": None,
        "delinquent": False,
        "description": None,
        "discount": None,
        "email": "jenny@example.com",
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": False,
        "metadata": {},
        "name": None,
        "next_invoice_sequence": 1,
        "phone": None,
        "preferred_locales": [],
        "shipping": None,
        "tax_exempt": "none",
        "test_clock": None,
    }


def test_updates_merge_and_unset(api: Api) -> None:
    made = api.post(
        "/v1/customers",
        "name=J&metadata[a]=1&metadata[b]=2&address[line1]=x&address[city]=y&shipping[name]=S&shipping[address][line1]=1",
    )
    path = f"/v1/customers/{made['id']}"
    after = api.post(path, "metadata[a]=&metadata[c]=3&address[city]=z&shipping[carrier]=DHL")
    assert after["metadata"] == {"b": "2", "c": "3"}
    assert (after["address"]["line1"], after["address"]["city"]) == ("x", "z")
    assert (after["shipping"]["name"], after["shipping"]["carrier"]) == ("S", "DHL")
    assert after["shipping"]["address"]["line1"] == "1"
    assert "carrier" not in made["shipping"]
    cleared = api.post(path, "metadata=&name=&address=&shipping=")
    assert (cleared["metadata"], cleared["name"], cleared["address"], cleared["shipping"]) == ({}, None, None, None)


@pytest.mark.parametrize(
    "data",
    [
        "&".join(f"metadata[k{number}]=v" for number in range(51)),
        f"metadata[{'k' * 41}]=v",
        f"metadata[k]={'v' * 501}",
        "metadata[k][l]=v",
        "metadata=x",
    ],
)
def test_limits_of_metadata(api: Api, data: str) -> None:
    assert api.post("/v1/customers", data).status == 400


def test_a_deleted_customer(api: Api) -> None:
    customer = make(api, 1)[0]
    paid = api.pay(more=f"&customer={customer}&setup_future_usage=off_session")
    gone = {"id": customer, "object": "customer", "deleted": True}
    assert api.delete(f"/v1/customers/{customer}").body == gone
    assert api.get(f"/v1/customers/{customer}").body == gone
    assert api.get("/v1/customers")["data"] == []
    assert api.get(f"/v1/payment_intents/{paid['id']}", "expand[]=customer")["customer"] == gone
    for answer in (
        api.post(f"/v1/customers/{customer}", "name=x"),
        api.delete(f"/v1/customers/{customer}"),
    ):
        assert (answer.status, answer.error["code"]) == (404, "resource_missing")
    assert api.get(f"/v1/payment_methods/{paid['payment_method']}")["customer"] is None
    assert api.pay(more=f"&customer={customer}").error["message"] == f"No such customer: '{customer}'"


def test_products_and_prices(api: Api) -> None:
    product = api.post(
        "/v1/products",
        "name=Tea&default_price_data[currency]=usd&default_price_data[unit_amount]=500"
        "&default_price_data[recurring][interval]=month&expand[]=default_price",
    )
    price = product["default_price"]
    assert (price["type"], price["unit_amount"], price["unit_amount_decimal"]) == ("recurring", 500, "500")
    assert price["recurring"]["interval_count"] == 1
    exact = api.post("/v1/prices", f"currency=eur&product={product['id']}&unit_amount_decimal=0.25&lookup_key=k")
    assert (exact["unit_amount"], exact["unit_amount_decimal"]) == (None, "0.25")
    taken = api.post("/v1/prices", f"currency=eur&product={product['id']}&unit_amount=1&lookup_key=k")
    assert taken.error["message"] == f"A price (`{exact['id']}`) already uses that lookup key."
    moved = api.post(
        "/v1/prices", f"currency=eur&product={product['id']}&unit_amount=1&lookup_key=k&transfer_lookup_key=true"
    )
    assert moved["lookup_key"] == "k"
    assert api.get(f"/v1/prices/{exact['id']}")["lookup_key"] is None
    assert ids(api.get("/v1/prices", "lookup_keys[]=k")) == [moved["id"]]
    assert ids(api.get("/v1/prices", f"product={product['id']}&type=recurring")) == [price["id"]]
    kept = api.delete(f"/v1/products/{product['id']}")
    assert "user-created prices" in kept.error["message"]
    own = api.post("/v1/products", "id=gold&name=Gold")
    assert own["id"] == "gold"
    assert api.post("/v1/products", "id=gold&name=Gold").error["code"] == "resource_already_exists"
    inline = api.post("/v1/prices", "currency=usd&unit_amount=9&product_data[name]=Cup&expand[]=product")
    assert inline["product"]["name"] == "Cup"
    assert api.delete("/v1/products/gold").body == {"id": "gold", "object": "product", "deleted": True}
    assert api.get("/v1/products/gold").status == 404


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("currency=usd&unit_amount=1", "You must specify either `product` or `product_data` when creating a price."),
        (
            "currency=usd&product_data[name]=x",
            "Prices require an `unit_amount` or `unit_amount_decimal` parameter to be set.",
        ),
        (
            "currency=usd&unit_amount=1&product_data[name]=x&recurring[interval]=month&recurring[usage_type]=metered",
            "Starting with Stripe version `2025-03-31.basil`, metered prices must be backed by meters.",
        ),
        (
            "currency=usd&unit_amount=1&product_data[name]=x&recurring[interval]=hour",
            "Invalid recurring[interval]: must be one of day, week, month, or year",
        ),
    ],
)
def test_bad_prices(api: Api, data: str, message: str) -> None:
    answer = api.post("/v1/prices", data)
    if "hour" in data:
        assert answer.error["param"] == "recurring[interval]"
        assert answer.error["message"].startswith("Invalid recurring[interval]: must be one of day, ")
    else:
        assert answer.error["message"] == message
    assert api.get("/v1/products")["data"] == []


def test_coupons(api: Api) -> None:
    made = api.post("/v1/coupons", "percent_off=12.5&duration=repeating&duration_in_months=3&name=Spring")
    assert (made["percent_off"], made["duration"], made["valid"], len(made["id"])) == (12.5, "repeating", True, 8)
    assert api.post("/v1/coupons", "id=TEN&amount_off=1000&currency=usd")["currency"] == "usd"
    assert ids(api.get("/v1/coupons")) == ["TEN", made["id"]]
    assert api.post("/v1/coupons/TEN", "metadata[a]=1")["metadata"] == {"a": "1"}
    assert api.delete("/v1/coupons/TEN").body == {"id": "TEN", "object": "coupon", "deleted": True}
    gone = api.get("/v1/coupons/TEN")
    assert (gone.status, gone.error["message"], gone.error["param"]) == (404, "No such coupon: 'TEN'", "coupon")


@pytest.mark.parametrize(
    ("data", "message", "code"),
    [
        ("name=x", "Must provide percent_off or amount_off.", "parameter_missing"),
        ("amount_off=5", "You must pass currency when passing amount_off", "parameter_missing"),
        ("percent_off=5&id=SAME", "Coupon already exists.", "resource_already_exists"),
        ("percent_off=101", "Invalid percent_off: must be greater than 0 and at most 100.", None),
    ],
)
def test_bad_coupons(api: Api, data: str, message: str, code: str | None) -> None:
    assert api.post("/v1/coupons", "percent_off=5&id=SAME").status == 200
    answer = api.post("/v1/coupons", data)
    assert (answer.status, answer.error["message"], answer.error.get("code")) == (400, message, code)


def test_pages(api: Api) -> None:
    everyone = make(api, 12)
    first = api.get("/v1/customers")
    assert (first["object"], first["has_more"], first["url"]) == ("list", True, "/v1/customers")
    assert set(first.body) == {"object", "data", "has_more", "url"}
    assert ids(first) == everyone[:10]
    rest = api.get("/v1/customers", f"starting_after={everyone[9]}")
    assert (ids(rest), rest["has_more"]) == (everyone[10:], False)
    back = api.get("/v1/customers", f"ending_before={everyone[9]}&limit=3")
    assert (ids(back), back["has_more"]) == (everyone[6:9], True)
    start = api.get("/v1/customers", f"ending_before={everyone[2]}")
    assert (ids(start), start["has_more"]) == (everyone[:2], False)
    assert ids(api.get("/v1/customers", f"starting_after={everyone[-1]}")) == []
    both = api.get("/v1/customers", f"starting_after={everyone[0]}&ending_before={everyone[5]}")
    assert both.error["message"] == (
        "Received both starting_after and ending_before parameters. Please pass in only one."
    )


@pytest.mark.parametrize(("limit", "count"), [(0, 1), (-1, 1), (1, 1), (5, 5), (100, 12), (101, 12), (10**9, 12)])
def test_limits_are_clamped(api: Api, limit: int, count: int) -> None:
    make(api, 12)
    assert len(api.get("/v1/customers", f"limit={limit}")["data"]) == count


def test_lists_by_time(api: Api) -> None:
    runtime = api.server.runtime
    days = [{"name": f"d{day}", "created": 1_700_000_000 + day * 86400} for day in range(5)]
    seed = {"stripe": {"customers": days}}
    api.server.call(lambda: runtime.seed(runtime.worlds.find(api.world), seed))

    def names(data: str) -> str:
        return " ".join(doc["name"] for doc in api.get("/v1/customers", data)["data"])

    at = 1_700_000_000 + 2 * 86400
    assert names("") == "d4 d3 d2 d1 d0"
    assert names(f"created[gte]={at}") == "d4 d3 d2"
    assert names(f"created[gt]={at}") == "d4 d3"
    assert names(f"created[lt]={at}") == "d1 d0"
    assert names(f"created[lte]={at}&created[gt]=1700000000") == "d2 d1"
    assert names(f"created={at}") == "d2"


def test_lists_by_member(api: Api) -> None:
    api.post("/v1/customers", "email=a@example.com&name=one")
    api.post("/v1/customers", "email=b@example.com&name=two")
    found = api.get("/v1/customers", "email=a@example.com")
    assert [doc["name"] for doc in found["data"]] == ["one"]
    assert api.get("/v1/customers", "email=nobody@example.com")["data"] == []


def test_expansion(api: Api) -> None:
    customer = make(api, 1)[0]
    paid = api.pay(
        more=f"&customer={customer}&expand[]=customer&expand[]=latest_charge.balance_transaction.source.payment_intent"
    )
    assert paid["customer"]["id"] == customer
    assert paid["latest_charge"]["balance_transaction"]["source"]["payment_intent"]["id"] == paid["id"]
    listed = api.get("/v1/payment_intents", "expand[]=data.customer&expand[]=data.latest_charge.customer")
    assert listed["data"][0]["customer"]["id"] == customer
    assert listed["data"][0]["latest_charge"]["customer"]["id"] == customer
    assert api.get("/v1/payment_intents", "expand[]=data").status == 200
    shown = api.get(f"/v1/customers/{customer}", "expand[]=subscriptions&expand[]=sources&expand[]=tax_ids")
    for name in ("subscriptions", "sources", "tax_ids"):
        assert shown[name]["data"] == []
        assert shown[name]["url"] == f"/v1/customers/{customer}/{name}"


@pytest.mark.parametrize(
    ("path", "what", "message"),
    [
        ("/v1/customers/{}", "bogus", "This property cannot be expanded (bogus)."),
        (
            "/v1/customers",
            "bogus",
            "This property cannot be expanded (bogus). You may want to try expanding 'data.bogus' instead.",
        ),
        ("/v1/customers", "data.bogus", "This property cannot be expanded (data.bogus)."),
        ("/v1/customers/{}", "email", "This property cannot be expanded (email)."),
    ],
)
def test_what_cannot_be_expanded(api: Api, path: str, what: str, message: str) -> None:
    customer = make(api, 1)[0]
    answer = api.get(path.format(customer), f"expand[]={what}")
    assert answer.status == 400
    assert answer.error["message"] == message
    assert not {"code", "param"} & set(answer.error)


def test_expansion_has_four_levels(api: Api) -> None:
    paid = api.pay()
    deep = "latest_charge.payment_intent.latest_charge.payment_intent"
    assert api.get(f"/v1/payment_intents/{paid['id']}", f"expand[]={deep}").status == 200
    assert api.get(f"/v1/payment_intents/{paid['id']}", f"expand[]={deep}.customer").status == 400


def test_a_refused_expansion_does_nothing(api: Api) -> None:
    assert api.post("/v1/customers", "name=x&expand[]=bogus").status == 400
    assert api.get("/v1/customers")["data"] == []


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ('email:"a@x.co"', "a"),
        ("email:'A@X.CO'", "a"),
        ('name~"anna"', "anna joanna"),
        ('-name~"anna"', "a"),
        ('metadata["plan"]:"gold"', "joanna"),
        ("metadata['plan']:null", "a anna"),
        ('-metadata["plan"]:null', "joanna"),
        ('name:"anna" OR name:"a"', "a anna"),
        ('name~"anna" AND email:"j@x.co"', "joanna"),
        ("created>0", "a anna joanna"),
        ("created<=5", ""),
    ],
)
def test_search(api: Api, query: str, names: str) -> None:
    api.post("/v1/customers", {"name": "a", "email": "a@x.co"})
    api.post("/v1/customers", {"name": "anna", "email": "n@x.co"})
    api.post("/v1/customers", {"name": "joanna", "email": "j@x.co", "metadata[plan]": "gold"})
    found = api.get("/v1/customers/search", {"query": query})
    assert found.status == 200
    assert set(found.body) == {"object", "data", "has_more", "next_page", "url"}
    assert " ".join(sorted(doc["name"] for doc in found["data"])) == names


def test_search_goes_on(api: Api) -> None:
    everyone = make(api, 5)
    first = api.get("/v1/customers/search", "query=created>0&limit=3&expand[]=total_count")
    assert (first["total_count"], first["has_more"]) == (5, True)
    rest = api.get("/v1/customers/search", {"query": "created>0", "limit": "3", "page": first["next_page"]})
    assert ids(first) + ids(rest) == everyone
    assert (rest["has_more"], rest["next_page"]) == (False, None)


@pytest.mark.parametrize(
    "query",
    ["", "nonsense", 'colour:"x"', 'name~"ab"', 'name>"a"', 'name:"a" AND email:"b" OR email:"c"', 'name:"a', "()",
     " AND ".join(['name:"a"'] * 11)],
)  # fmt: skip
def test_bad_queries(api: Api, query: str) -> None:
    answer = api.get("/v1/customers/search", {"query": query})
    assert answer.status == 400
    assert answer.error["param"] == "query"


def test_events_tell_what_changed(api: Api) -> None:
    customer = api.post("/v1/customers", "name=A&metadata[a]=1", Idempotency_Key="k1")
    api.post(f"/v1/customers/{customer['id']}", "name=B&metadata[b]=2&address[city]=X")
    api.post(f"/v1/customers/{customer['id']}", "name=B")
    updated, created = api.get("/v1/events")["data"]
    assert created["type"] == "customer.created"
    assert created["request"] == {"id": customer.headers["request-id"], "idempotency_key": "k1"}
    assert created["data"] == {"object": customer.body}
    assert updated["data"]["previous_attributes"] == {"address": None, "metadata": {"b": None}, "name": "A"}
    assert updated["data"]["object"]["name"] == "B"
    assert (updated["api_version"], updated["pending_webhooks"]) == ("2026-10-28.endive", 0)
    assert api.get(f"/v1/events/{updated['id']}").body == updated
    assert ids(api.get("/v1/events", "type=customer.created")) == [created["id"]]
    assert ids(api.get("/v1/events", "type=customer.*")) == [updated["id"], created["id"]]
    assert ids(api.get("/v1/events", "types[]=customer.updated&types[]=x")) == [updated["id"]]


def test_payment_methods_are_told_when_they_are_attached(api: Api) -> None:
    customer = make(api, 1)[0]
    method = api.post("/v1/payment_methods/pm_card_visa/attach", f"customer={customer}")["id"]
    path = f"/v1/customers/{customer}"
    assert api.post(path, f"invoice_settings[default_payment_method]={method}").status == 200
    api.post(f"/v1/payment_methods/{method}", "billing_details[name]=J")
    api.post(f"/v1/payment_methods/{method}/detach")
    assert api.get(path)["invoice_settings"]["default_payment_method"] is None
    assert api.events() == [
        "customer.created",
        "payment_method.attached",
        "customer.updated",
        "payment_method.updated",
        "customer.updated",
        "payment_method.detached",
    ]
    assert api.post(f"/v1/payment_methods/{method}/detach").status == 400


def test_reading_changes_nothing(api: Api) -> None:
    customer = make(api, 1)[0]
    paid = api.pay(more=f"&customer={customer}&setup_future_usage=off_session")
    world = api.server.runtime.worlds.find(api.world)
    before = world.version
    for path in (
        "/v1/customers",
        f"/v1/customers/{customer}",
        f"/v1/payment_intents/{paid['id']}",
        "/v1/payment_methods/pm_card_visa",
        "/v1/customers/search?query=created>0",
        "/v1/balance",
        "/v1/events",
        "/v1/charges/nobody",
    ):
        api.get(path)
    after = world.version
    assert (after.number, after.digest, after.tables) == (before.number, before.digest, before.tables)
    assert api.get("/v1/payment_methods/pm_card_visa")["card"]["last4"] == "4242"
