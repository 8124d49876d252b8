"""Bodies that are wrong in every way: each protocol refuses in its own form, and the world stays as it was."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.containment.nasty import BODIES, JSON, TEXTS, VALUES
from tests.containment.real import Answered, Real, Unhurt

_JSON = {"content-type": "application/json"}
_KEY = {"authorization": "Bearer sk_test_any"}
_MCP = {**_JSON, "accept": "application/json, text/event-stream"}
_FUZZ = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def is_mail(answer: Answered) -> bool:
    return set(answer.json()) == {"error"} and set(answer.json()["error"]) == {"kind", "message"}


def is_stripe(answer: Answered) -> bool:
    error = answer.json()["error"]
    return bool(error["message"]) and error["type"] in ("invalid_request_error", "idempotency_error", "card_error")


def is_status(answer: Answered) -> bool:
    body = answer.json()
    return bool(body["kind"] == "Status" and body["status"] == "Failure" and body["code"] == answer.status)


def is_rpc(answer: Answered) -> bool:
    body = answer.json()
    return bool(body["jsonrpc"] == "2.0" and isinstance(body["error"]["code"], int))


def is_control(answer: Answered) -> bool:
    return set(answer.json()["error"]) >= {"kind", "message"}


Form = Callable[[Answered], bool]
DOORS: dict[str, tuple[str, str, Mapping[str, str], Form]] = {
    "mail": ("POST", "mail/messages", _JSON, is_mail),
    "stripe": ("POST", "stripe/v1/customers", {**_KEY, **_JSON}, is_stripe),
    "filesystem": ("POST", "filesystem/mcp", _MCP, is_rpc),
    "filesystem, stateless": ("POST", "filesystem/mcp", {**_MCP, "mcp-protocol-version": "2026-07-28"}, is_rpc),
    "mail's tools": ("POST", "mail/mcp", _MCP, is_rpc),
    "kubernetes' YAML": (
        "POST",
        "kubernetes/api/v1/namespaces/default/pods",
        {"content-type": "application/yaml"},
        is_status,
    ),
    "kubernetes' protobuf": (
        "POST",
        "kubernetes/api/v1/namespaces/default/pods",
        {"content-type": "application/vnd.kubernetes.protobuf"},
        is_status,
    ),
    **{
        f"kubernetes' {method} of {kind}": (
            method,
            f"kubernetes/api/v1/namespaces/default/configmaps{'' if method == 'POST' else '/nothing?fieldManager=x'}",
            {"content-type": f"application/{kind}"},
            is_status,
        )
        for method, kind in (
            ("POST", "json"),
            ("PUT", "json"),
            ("PATCH", "json-patch+json"),
            ("PATCH", "merge-patch+json"),
            ("PATCH", "strategic-merge-patch+json"),
        )
    },
}


@pytest.mark.parametrize("door", DOORS)
def test_a_body_that_is_none_is_refused(real: Real, unhurt: Unhurt, world: str, door: str) -> None:
    method, path, headers, form = DOORS[door]
    before = real.digest(world)
    for name, body in BODIES.items():
        answer = unhurt.answer(real.send(method, f"/w/{world}/{path}", headers, body))
        if answer.status < 300 and door == "stripe":
            # A customer needs nothing, and nothing is what an empty body says.
            assert name == "nothing"
            before = real.digest(world)
            continue
        assert 400 <= answer.status < 500, (name, answer.raw)
        assert form(answer), (name, answer.raw)
        assert real.digest(world) == before, name


@pytest.mark.parametrize(
    "kind", ["", "text/html", "multipart/form-data; boundary=x", "application/cbor", "\xff", "a" * 9999]
)
@pytest.mark.parametrize("door", ["mail's tools", "filesystem", "stripe", "kubernetes' POST of json"])
def test_a_body_of_another_type_is_refused(real: Real, unhurt: Unhurt, world: str, door: str, kind: str) -> None:
    method, path, headers, form = DOORS[door]
    before = real.digest(world)
    answer = unhurt.answer(real.send(method, f"/w/{world}/{path}", {**headers, "content-type": kind}, b'--x\r\n"'))
    assert 400 <= answer.status < 500, answer.raw
    assert form(answer), answer.raw
    assert real.digest(world) == before


_UNKNOWN = {
    "mail": ("mail/messages", {}, is_mail),
    "stripe": ("stripe/v1/customers", _KEY, is_stripe),
    "filesystem": ("filesystem/mcp", _MCP, is_rpc),
    "kubernetes": ("kubernetes/api/v1/pods", {}, is_status),
}


@pytest.mark.parametrize(
    "name",
    ["nowhere", "%00", "%ff", "..", "%2e%2e", "t1%2f..", "%2564efault", "x" * 300, "D%C3%A9", " ".strip() or "%20"],
)
@pytest.mark.parametrize("door", _UNKNOWN)
def test_an_unknown_world_is_told_in_the_protocol_s_form(real: Real, unhurt: Unhurt, door: str, name: str) -> None:
    path, headers, form = _UNKNOWN[door]
    worlds = len(real.control("GET", "/worlds")["worlds"])
    method, body = ("POST", b'{"jsonrpc":"2.0","id":1,"method":"ping"}') if "mcp" in path else ("GET", b"")
    answer = unhurt.answer(real.send(method, f"/w/{name}/{path}", headers, body))
    assert answer.status in (400, 404), answer.raw
    if "%2f" not in name:
        assert form(answer), answer.raw
    assert len(real.control("GET", "/worlds")["worlds"]) == worlds


def test_an_encoded_world_s_name_is_that_world(real: Real, unhurt: Unhurt, world: str) -> None:
    encoded = "".join(f"%{ord(letter):02x}" for letter in world)
    body = b'{"to":["a@b.c"]}'
    assert unhurt.answer(real.send("POST", f"/w/{encoded}/mail/messages", _JSON, body)).status == 201
    assert real.send("GET", f"/w/{world}/mail/messages").json()["total"] == 1


# One value at a time, in every place


_TOOLS = {
    "read_text_file": ("path", "head", "tail"),
    "write_file": ("path", "content"),
    "edit_file": ("path", "edits", "dryRun"),
    "search_files": ("path", "pattern", "excludePatterns"),
    "directory_tree": ("path", "excludePatterns"),
    "move_file": ("source", "destination"),
    "read_multiple_files": ("paths",),
    "list_directory_with_sizes": ("path", "sortBy"),
}
_SOUND = {"path": b'"/workspace/x"', "source": b'"/workspace/x"', "destination": b'"/workspace/y"'}


@pytest.mark.parametrize("tool", _TOOLS)
def test_odd_arguments_of_tools(real: Real, unhurt: Unhurt, world: str, tool: str) -> None:
    for odd in _TOOLS[tool]:
        for name, value in VALUES.items():
            given = {**{key: _SOUND.get(key, b'"x"') for key in _TOOLS[tool][:2]}, odd: value}
            arguments = b",".join(b'"%s":%s' % (key.encode(), item) for key, item in given.items())
            body = b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"%s","arguments":{%s}}}'
            answer = unhurt.answer(
                real.send("POST", f"/w/{world}/filesystem/mcp", _MCP, body % (tool.encode(), arguments))
            )
            told = answer.json()
            assert "error" in told or isinstance(told["result"]["content"], list), (odd, name)
            assert b"root:x:" not in answer.body
    unhurt.answer(real.send("GET", f"/_falsefront/worlds/{world}/journal?limit=1000"))


@pytest.mark.parametrize(
    "message",
    [
        b'{"jsonrpc":"2.0","id":%s,"method":"ping"}',
        b'{"jsonrpc":%s,"id":1,"method":"ping"}',
        b'{"jsonrpc":"2.0","id":1,"method":%s}',
        b'{"jsonrpc":"2.0","id":1,"method":"ping","params":%s}',
        b'{"jsonrpc":"2.0","id":1,"method":"nothing","params":{"x":%s}}',
        b'{"jsonrpc":"2.0","id":1,"method":"initialize","params":%s}',
        b'{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"cursor":%s}}',
        b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":%s}}',
        b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x","arguments":%s}}',
        b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x","_meta":{"progressToken":%s}}}',
        b'{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":%s}}',
        b"[%s]",
        b'{"jsonrpc":"2.0","id":1,"error":%s}',
    ],
)
def test_odd_json_rpc(real: Real, unhurt: Unhurt, world: str, message: bytes) -> None:
    for version in ("", "2025-11-25", "2026-07-28", "\xff"):
        headers = {**_MCP, "mcp-session-id": "s", **({"mcp-protocol-version": version} if version else {})}
        for value in VALUES.values():
            answer = unhurt.answer(real.send("POST", f"/w/{world}/filesystem/mcp", headers, message % value))
            assert answer.status in (200, 202, 400, 404)
            if answer.status != 202:
                assert b'"jsonrpc":"2.0"' in answer.body
    assert unhurt.answer(real.send("GET", f"/_falsefront/worlds/{world}/journal")).status == 200


_POD = b'{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}]}}'
_PLACES = (
    b'"metadata":%s',
    b'"metadata":{"name":"p","labels":%s}',
    b'"metadata":{"name":"p","annotations":{"a":%s}}',
    b'"metadata":{"generateName":%s}',
    b'"metadata":{"name":%s}',
    b'"metadata":{"name":"p","ownerReferences":[%s]}',
    b'"spec":%s',
    b'"spec":{"containers":[%s]}',
    b'"spec":{"containers":[{"name":"c","image":%s}]}',
    b'"spec":{"containers":[{"name":"c","image":"i","ports":[%s]}]}',
    b'"spec":{"containers":[{"name":"c","image":"i","resources":{"requests":{"cpu":%s}}}]}',
    b'"spec":{"containers":[{"name":"c","image":"i","livenessProbe":{"httpGet":{"port":%s}}}]}',
    b'"apiVersion":%s',
    b'"kind":%s',
    b'"unknown":%s',
)


@pytest.mark.parametrize("place", _PLACES)
def test_odd_pods(real: Real, unhurt: Unhurt, world: str, place: bytes) -> None:
    url = f"/w/{world}/kubernetes/api/v1/namespaces/default/pods"
    for value in VALUES.values():
        # A name that comes twice: the last one counts.
        body = _POD[:-1] + b"," + place % value + b"}"
        for check in ("Strict", "Ignore"):
            answer = unhurt.answer(real.send("POST", f"{url}?fieldValidation={check}", _JSON, body))
            assert answer.status == 201 or is_status(answer), answer.raw
    for accept in ("application/json", "application/json;as=Table;v=v1;g=meta.k8s.io", "application/yaml"):
        assert unhurt.answer(real.send("GET", url, {"accept": accept})).status == 200
    assert unhurt.answer(real.send("GET", f"/_falsefront/worlds/{world}/diff")).status == 200
    assert unhurt.answer(real.send("GET", f"/_falsefront/worlds/{world}/export")).status == 200


def test_yaml_that_blows_up(real: Real, unhurt: Unhurt, world: str) -> None:
    url, yaml = f"/w/{world}/kubernetes/api/v1/namespaces/default/configmaps", {"content-type": "application/yaml"}
    laughs = b"a: &a [1,1,1,1,1,1,1,1,1]\n" + b"".join(
        b"%c: &%c [%s]\n" % (letter, letter, b",".join([b"*%c" % (letter - 1)] * 9)) for letter in range(98, 115)
    )
    for body in (laughs, b"&a [*a]", b"- " * 100_000 + b"x", b"? " * 100_000, b"!!python/object/apply:os.getcwd []"):
        answer = unhurt.answer(real.send("POST", url, yaml, body))
        assert (answer.status, is_status(answer)) == (400, True)


@pytest.mark.parametrize(
    "query",
    [
        "limit=%s", "continue=%s", "labelSelector=%s", "fieldSelector=%s", "resourceVersion=%s",
        "resourceVersion=1&resourceVersionMatch=%s", "timeoutSeconds=%s&watch=1&resourceVersion=999999", "dryRun=%s",
    ],
)  # fmt: skip
def test_odd_kubernetes_options(real: Real, unhurt: Unhurt, world: str, query: str) -> None:
    for value in (
        "",
        "-1",
        "1.5",
        "9" * 30,
        "9" * 5000,
        "%00",
        "%ff",
        "%ED%A0%80",
        "x",
        "a=b,,",
        "!",
        "a in (",
        "a==b==c",
    ):
        if "watch" in query and value.isdigit():
            continue
        answer = unhurt.answer(real.send("GET", f"/w/{world}/kubernetes/api/v1/pods?{query % quote(value, safe='%')}"))
        assert answer.status == 200 or is_status(answer), answer.raw


_PARAMETERS = {
    "customers": ("", "name email balance metadata metadata[a] address[line1] shipping expand[] preferred_locales[]"),
    "products": ("name=x&", "id images[] active default_price_data[currency] package_dimensions[height] url"),
    "prices": (
        "currency=usd&product_data[name]=x&",
        "unit_amount unit_amount_decimal recurring[interval] tiers[][up_to]",
    ),
    "payment_intents": (
        "amount=100&currency=usd&",
        "amount currency payment_method confirm customer metadata[a] payment_method_types[] statement_descriptor",
    ),
    "refunds": ("", "charge payment_intent amount reason"),
    "payment_methods": ("type=card&", "type card card[number] card[exp_month] card[token] billing_details[email]"),
    "tokens": ("", "card[number] card[exp_year] card[cvc] bank_account[country] pii[id_number]"),
}
_FORMS = (
    b"", b"-1", b"1.5", b"1e5", b"9" * 30, b"9" * 5000, b"%00", b"%ff", b"%ED%A0%80", b"NaN", b"true", b"x" * 70_000,
    b"%F0%9F%98%80", b"+1", b"1_000", b"%D9%A1", b"%0d%0ax:y", b"%2e%2e/%2e%2e/etc/passwd",
    b"http://127.0.0.1:1/", b"\xff", b"%",
)  # fmt: skip


@pytest.mark.parametrize("resource", _PARAMETERS)
def test_odd_parameters_of_stripe(real: Real, unhurt: Unhurt, world: str, resource: str) -> None:
    start, names = _PARAMETERS[resource]
    for name in names.split():
        for value in _FORMS:
            body = f"{start}{name}=".encode() + value
            form = {**_KEY, "content-type": "application/x-www-form-urlencoded"}
            answer = unhurt.answer(real.send("POST", f"/w/{world}/stripe/v1/{resource}", form, body))
            assert answer.status == 200 or is_stripe(answer), (body, answer.raw)


@pytest.mark.parametrize(
    "shape", ["%s[]", "%s[a][b]", "%s[99999999999]", "%s[", "%s]", "%s[]]", "[%s]", "%s" + "[a]" * 40, "%s[%%00]"]
)
def test_odd_names_of_parameters(real: Real, unhurt: Unhurt, world: str, shape: str) -> None:
    for name in ("name", "metadata", "address", "expand", "limit", "created", "payment_method"):
        encoded = quote(shape % name, safe="[]%")
        form = {**_KEY, "content-type": "application/x-www-form-urlencoded"}
        for answer in (
            real.send("GET", f"/w/{world}/stripe/v1/customers?{encoded}=1", _KEY),
            real.send("POST", f"/w/{world}/stripe/v1/customers", form, f"{encoded}=1".encode()),
        ):
            assert unhurt.answer(answer).status == 200 or is_stripe(answer), answer.raw


@pytest.mark.parametrize(
    "value",
    [
        "",
        "Bearer",
        "Basic",
        "Basic !!!",
        "Basic \xff",
        "Basic Og==",
        "Basic " + "A" * 9999,
        "Bearer \xff",
        "Digest x",
        "Bearer pk_test_x",
    ],
)
def test_odd_keys(real: Real, unhurt: Unhurt, world: str, value: str) -> None:
    answer = unhurt.answer(real.send("GET", f"/w/{world}/stripe/v1/customers", {"authorization": value}))
    assert (answer.status, is_stripe(answer)) == (401, True)
    assert answer.header("www-authenticate").startswith("Basic")


# Anything at all


def encoded(value: Any) -> bytes:
    return json.dumps(value).encode()


def is_json(value: Any) -> bool:
    """Infinity and NaN are none."""
    try:
        json.dumps(value, allow_nan=False)
    except ValueError:
        return False
    return True


@_FUZZ
@given(value=JSON)
def test_any_json_is_answered(real: Real, unhurt: Unhurt, world: str, value: Any) -> None:
    body = encoded(value)
    for method, path, headers, form in DOORS.values():
        answer = unhurt.answer(real.send(method, f"/w/{world}/{path}", headers, body))
        assert answer.status in (200, 202) or form(answer), answer.raw


@_FUZZ
@given(
    arguments=st.dictionaries(st.sampled_from(["path", "content", "edits", "head", "paths", "pattern"]) | TEXTS, JSON)
)
def test_any_arguments_of_tools_are_answered(real: Real, unhurt: Unhurt, world: str, arguments: Any) -> None:
    for path, tool in (("filesystem", "read_text_file"), ("filesystem", "write_file"), ("mail", "send_message")):
        params = {"name": tool, "arguments": arguments}
        body = encoded({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params})
        answer = unhurt.answer(real.send("POST", f"/w/{world}/{path}/mcp", _MCP, body))
        assert answer.status == (200 if is_json(arguments) else 400)
        assert {"result", "error"} & set(answer.json())


_PARTS = ["v1", "api", "apis", "customers", "mcp", "messages", "namespaces", "default", "..", "."]


@_FUZZ
@given(
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"]),
    parts=st.lists(st.binary(max_size=8).map(quote) | st.sampled_from(_PARTS), max_size=6),
    query=st.binary(max_size=12).map(quote),
)
def test_any_path_is_answered(real: Real, unhurt: Unhurt, method: str, parts: list[str], query: str) -> None:
    for emulator in ("stripe", "kubernetes", "mail", "filesystem", "nothing"):
        path = "/".join(["", "w", "default", emulator, *parts])
        if method == "DELETE" or "watch" in query:
            continue
        answer = unhurt.answer(real.send(method, f"{path}?{query}", _KEY))
        assert answer.status >= 200
