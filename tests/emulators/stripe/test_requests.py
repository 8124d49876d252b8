"""Keys, paths, forms and parameters: what is refused before anything is done, and in what words."""

from __future__ import annotations

import base64
from typing import Any

import httpx
import pytest

from tests.emulators.stripe.conftest import Api

BAD_BODY = (
    "Invalid request (check that your POST content type is application/x-www-form-urlencoded). If you have any "
    "questions, we can help at https://support.stripe.com/."
)


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (None, "You did not provide an API key."),
        ("Bearer", "You did not provide an API key."),
        ("Token abc", "You did not provide an API key."),
        ("Basic !!!", "You did not provide an API key."),
        ("Bearer sk_live_abcdefghij1234", "Invalid API Key provided: sk_live_**********1234"[:33]),
        ("Bearer nonsense-key", "Invalid API Key provided: nons****"),
        ("Bearer sk_test_", "Invalid API Key provided: sk_test_"),
        ("Bearer pk_test_abc", "This API call cannot be made with a publishable API key."),
    ],
)
def test_bad_keys(api: Api, header: str | None, message: str) -> None:
    headers = {} if header is None else {"Authorization": header}
    answer = httpx.get(f"{api.server.url}/w/{api.world}/stripe/v1/customers", headers=headers)
    assert answer.status_code == 401
    error = answer.json()["error"]
    assert error["message"].startswith(message)
    assert error["type"] == "invalid_request_error"
    assert "abcdefghij1234" not in error["message"]
    assert answer.headers["www-authenticate"] == 'Basic realm="Stripe"'


def test_basic_authentication(api: Api) -> None:
    word = base64.b64encode(b"sk_test_x:").decode()
    url = f"{api.server.url}/w/{api.world}/stripe/v1/balance"
    assert httpx.get(url, headers={"Authorization": f"Basic {word}"}).status_code == 200


def test_the_key_names_the_world_at_the_root(api: Api) -> None:
    api.post("/v1/customers", "name=here")

    def names(key: str) -> list[str]:
        answer = httpx.get(f"{api.server.url}/v1/customers", headers={"Authorization": f"Bearer {key}"})
        return [customer["name"] for customer in answer.json()["data"]]

    assert names(f"sk_test_{api.world}") == ["here"]
    assert names("sk_test_4eC39HqLyjWDarjtT1zdp7dc") == []
    assert names("rk_test_restricted") == []


def test_another_account(api: Api) -> None:
    answer = api.get("/v1/customers", Stripe_Account="acct_other")
    assert (answer.status, answer.error["code"]) == (403, "account_invalid")
    own = api.get("/v1/account")["id"]
    assert api.get("/v1/customers", Stripe_Account=own).status == 200


def test_an_unknown_world(api: Api) -> None:
    answer = httpx.get(f"{api.server.url}/w/nowhere/stripe/v1/customers", headers={"Authorization": "Bearer sk_test_x"})
    assert answer.status_code == 404
    assert "nowhere" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/v1/not_a_thing"), ("PUT", "/v1/customers"), ("DELETE", "/v1/prices/p"), ("GET", "/v1"), ("GET", "/")],
)
def test_unknown_paths(api: Api, method: str, path: str) -> None:
    answer = api.call(method, path)
    assert answer.status == 404
    assert set(answer.error) == {"message", "type", "request_log_url"}
    assert answer.error["message"] == (
        f"Unrecognized request URL ({method}: {path}). Please see https://stripe.com/docs or we can help at "
        "https://support.stripe.com/."
    )


def test_a_trailing_slash(api: Api) -> None:
    answer = api.get("/v1/customers/")
    assert answer.status == 404
    assert "make sure you passed a valid (non-empty) identifier in your code." in answer.error["message"]


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/v1/invoices"), ("GET", "/v1/subscriptions/sub_1"), ("POST", "/v2/core/event_destinations")],
)
def test_endpoints_that_are_not_supported(api: Api, method: str, path: str) -> None:
    answer = api.call(method, path)
    assert answer.status == 400
    assert answer.error["type"] == "invalid_request_error"
    assert answer.error["message"].startswith(f"This emulator does not support {method} {path}")


ERRORS: list[tuple[str, str, str, dict[str, Any]]] = [
    ("POST", "/v1/customers", "invoice_settings[nope]=1", {
        "code": "parameter_unknown", "param": "invoice_settings[nope]",
        "message": "Received unknown parameter: invoice_settings[nope]"}),
    ("POST", "/v1/customers", "a=1&b=2", {
        "code": "parameter_unknown", "param": "a", "message": "Received unknown parameters: a, b"}),
    ("POST", "/v1/products", "", {
        "code": "parameter_missing", "param": "name", "message": "Missing required param: name."}),
    ("GET", "/v1/customers", "limit=abc", {
        "code": "parameter_invalid_integer", "param": "limit", "message": "Invalid integer: abc"}),
    ("POST", "/v1/customers", "tax_exempt=maybe", {
        "param": "tax_exempt", "message": "Invalid tax_exempt: must be one of none, reverse, or exempt"}),
    ("POST", "/v1/customers", "name[]=wrong&name[]=type", {
        "param": "name", "message": 'Invalid string: {"0":"wrong","1":"type"}'}),
    ("POST", "/v1/customers", "address=x", {"param": "address", "message": "Invalid object"}),
    ("POST", "/v1/customers", "preferred_locales=en", {"param": "preferred_locales", "message": "Invalid array"}),
    ("POST", "/v1/customers", "email=not-an-email", {
        "code": "email_invalid", "param": "email", "message": "Invalid email address: not-an-email"}),
    ("POST", "/v1/products", "name=", {
        "code": "parameter_invalid_empty", "param": "name",
        "message": "You passed an empty string for 'name'. We assume empty values are an attempt to unset a parameter; "
        "however 'name' cannot be unset. You should remove 'name' from your request or supply a non-empty value."}),
    ("POST", "/v1/prices", "currency=usd&unit_amount=1&product=a&product_data[name]=b", {
        "param": "product", "message": "You may only specify one of these parameters: product, product_data."}),
    ("POST", "/v1/prices", "currency=usd&unit_amount=1&product=prod_x", {
        "code": "resource_missing", "param": "product", "message": "No such product: 'prod_x'"}),
    ("GET", "/v1/customers", "starting_after=cus_x", {
        "code": "resource_missing", "param": "starting_after", "message": "No such customer: 'cus_x'"}),
    ("POST", "/v1/products", "name=x&active=yes", {"param": "active", "message": "Invalid boolean: yes"}),
    ("POST", "/v1/charges", "amount=0&currency=usd&source=tok_visa", {
        "code": "parameter_invalid_integer", "param": "amount",
        "message": "This value must be greater than or equal to 1."}),
    ("POST", "/v1/payment_intents", "amount=40&currency=usd", {
        "code": "amount_too_small", "param": "amount", "message": "Amount must be at least $0.50 usd"}),
    ("POST", "/v1/payment_intents", "amount=999999999&currency=usd", {
        "code": "amount_too_large", "param": "amount", "message": "Amount must be no more than $999,999.99"}),
    ("POST", "/v1/refunds", "", {
        "message": "One of the following params should be provided for this request: payment_intent or charge."}),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "data", "members"), ERRORS)
def test_errors(api: Api, method: str, path: str, data: str, members: dict[str, Any]) -> None:
    answer = api.call(method, path, data)
    assert answer.status == 400
    code = members.get("code")
    doc_url = {"doc_url": f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}"} if code else {}
    log_url = answer.error.pop("request_log_url")
    assert log_url.endswith(answer.headers["request-id"])
    assert answer.error == {**members, **doc_url, "type": "invalid_request_error"}
    assert list(answer.error) == sorted(answer.error)


def test_an_unknown_currency_names_those_there_are(api: Api) -> None:
    answer = api.post("/v1/payment_intents", "amount=100&currency=xyz")
    assert answer.error["message"].startswith(
        "Invalid currency: xyz. Stripe currently supports these currencies: usd, aed, afn, all, "
    )
    assert answer.error["param"] == "currency"


@pytest.mark.parametrize(
    ("path", "noun", "param"),
    [
        ("/v1/customers/x", "customer", "id"),
        ("/v1/products/x", "product", "id"),
        ("/v1/prices/x", "price", "price"),
        ("/v1/payment_methods/x", "PaymentMethod", "payment_method"),
        ("/v1/payment_intents/x", "payment_intent", "intent"),
        ("/v1/charges/x", "charge", "id"),
        ("/v1/refunds/x", "refund", "id"),
        ("/v1/disputes/x", "dispute", "dispute"),
        ("/v1/balance_transactions/x", "balance transaction", "id"),
    ],
)
def test_objects_that_are_not_there(api: Api, path: str, noun: str, param: str) -> None:
    answer = api.get(path)
    assert answer.status == 404
    assert answer.error["code"] == "resource_missing"
    assert (answer.error["message"], answer.error["param"]) == (f"No such {noun}: 'x'", param)


def test_forms_in_all_their_shapes(api: Api) -> None:
    made = api.post(
        "/v1/customers",
        "name=J%C3%BCrgen+%26+S%C3%B6hne&address[line1]=1%20Road&preferred_locales[]=en&preferred_locales[]=de"
        "&invoice_settings[custom_fields][0][name]=PO&invoice_settings[custom_fields][0][value]=7"
        "&invoice_settings[custom_fields][1][name]=VAT&invoice_settings[custom_fields][1][value]=8"
        "&metadata%5Bkey%5D=a%3Db",
    )
    assert made.status == 200
    assert made["name"] == "Jürgen & Söhne"
    assert made["address"] == dict.fromkeys(("city", "country", "line2", "postal_code", "state"), None) | {
        "line1": "1 Road"
    }
    assert made["preferred_locales"] == ["en", "de"]
    assert made["invoice_settings"]["custom_fields"] == [{"name": "PO", "value": "7"}, {"name": "VAT", "value": "8"}]
    assert made["metadata"] == {"key": "a=b"}
    empty_indexes = (
        "invoice_settings[custom_fields][][name]=A&invoice_settings[custom_fields][][value]=1"
        "&invoice_settings[custom_fields][][name]=B&invoice_settings[custom_fields][][value]=2"
    )
    again = api.post(f"/v1/customers/{made['id']}", empty_indexes)
    assert again["invoice_settings"]["custom_fields"] == [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]


@pytest.mark.parametrize("body", ["name=%ff%fe", "a" + "[b]" * 100 + "=1", "&".join("a=1" for _ in range(10_001))])
def test_malformed_bodies(api: Api, body: str) -> None:
    answer = api.post("/v1/customers", body)
    assert (answer.status, answer.error["message"]) == (400, BAD_BODY)
    assert api.get("/v1/customers")["data"] == []


@pytest.mark.parametrize("body", ["[]=1", "a[b=1", "a]b[=1", "=1", "name[=x", "%5B%5D=1&[a]=2", "\x00=\x00"])
def test_odd_names_are_unknown_parameters(api: Api, body: str) -> None:
    assert api.post("/v1/customers", body).error["code"] == "parameter_unknown"


@pytest.mark.parametrize("kind", ["application/json", "multipart/form-data; boundary=x", "text/plain"])
def test_other_content_types(api: Api, kind: str) -> None:
    answer = api.post("/v1/customers", '{"name": "x"}', Content_Type=kind)
    assert (answer.status, answer.error["message"]) == (400, BAD_BODY)


def test_a_huge_body(api: Api) -> None:
    answer = api.post("/v1/customers", "name=" + "x" * (17 * 1024 * 1024))
    assert answer.status == 413
    assert answer.error["type"] == "invalid_request_error"
    assert api.get("/v1/balance").status == 200


def test_a_long_value(api: Api) -> None:
    answer = api.post("/v1/customers", "name=" + "x" * 300)
    assert "must be at most 256 characters" in answer.error["message"]


def test_versions_are_echoed_and_checked(api: Api) -> None:
    assert api.get("/v1/balance").headers["stripe-version"] == "2026-10-28.endive"
    assert api.get("/v1/balance", Stripe_Version="2024-06-20").headers["stripe-version"] == "2024-06-20"
    assert api.get("/v1/balance", Stripe_Version="2026-10-28.preview; some_beta=v1").status == 200
    assert api.get("/v1/balance", Stripe_Version="yesterday").status == 400


def test_a_version_may_have_lost_a_parameter(api: Api) -> None:
    data = "amount=100&currency=usd&payment_method_types[]=card"
    assert api.post("/v1/payment_intents", data)["payment_method_types"] == ["card"]
    assert api.post("/v1/payment_intents", data, Stripe_Version="2026-08-26.dahlia").status == 200
    late = api.post("/v1/payment_intents", data, Stripe_Version="2026-10-28.endive")
    assert late.error["message"] == "Received unknown parameter: payment_method_types"


def test_parameters_of_stripes_that_are_not_supported(api: Api) -> None:
    answer = api.post("/v1/customers", "test_clock=clock_1")
    assert answer.status == 400
    assert answer.error["message"].startswith("This emulator does not support the parameter: test_clock.")


def test_every_answer_has_a_request_id(api: Api) -> None:
    seen = {api.get("/v1/customers").headers["request-id"] for _ in range(3)}
    seen.add(api.get("/v1/nothing").headers["request-id"])
    assert len(seen) == 4
    assert all(ident.startswith("req_") and len(ident) == 18 for ident in seen)
