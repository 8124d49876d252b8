from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from falsefront.control_plane.fixture import Fixtures, cache
from falsefront.control_plane.fixture.expression import evaluate, fill
from falsefront.control_plane.fixture.folder import WORLDS, open_folder
from falsefront.control_plane.registry import load
from falsefront.kernel.operation import Failure
from falsefront.runtime import Runtime

START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _no_shared_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FALSEFRONT_CACHE", str(tmp_path / "cache"))


@pytest.fixture(scope="module")
def shop() -> dict[str, Any]:
    folder = open_folder(WORLDS / "shop")
    return folder.sections(folder.seed, folder.start)


# The language


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a + b * 2", 7),
        ("a if a > b else b", 3),
        ("a == 1 and b != 1", True),
        ("a > 1 or 'none'", "none"),
        ("not a", False),
        ("-a", -1),
        ("row.name", "x"),
        ("row['name'] + 'y'", "xy"),
        ("'a' in ['a', 'b']", True),
        ("1 < a + 1 <= 2", True),
        ("decimal(1250)", "12.50"),
        ("slug('Ærø Café, No. 7')", "r.cafe.no.7"),
        ("epoch(time('1970-01-02'))", 86400),
        ("iso(time('2026-01-01') + duration('1h'))", "2026-01-01T01:00:00Z"),
        ("sum(pick(rows, 'n'))", 3),
        ("format('%03d', a)", "001"),
        ("join(pick(rows, 'n'), '-')", "1-2"),
    ],
)
def test_expressions(text: str, value: Any) -> None:
    scope = {"a": 1, "b": 3, "row": {"name": "x"}, "rows": [{"n": 1}, {"n": 2}]}
    assert evaluate(text, scope) == value


@pytest.mark.parametrize(
    "text",
    [
        "open('/etc/passwd')",
        "__import__('os')",
        "a.__class__",
        "(lambda: 1)()",
        "[x for x in rows]",
        "nothing",
        "row.nothing",
        "1 +",
        "a ** 9",
        "f'{a}'",
        "1 / 0",
        "len(a)",
        "",
    ],
)
def test_nothing_else_is_an_expression(text: str) -> None:
    with pytest.raises(ValueError):
        evaluate(text, {"a": 1, "row": {}})


def test_templates_keep_a_single_value_s_type() -> None:
    assert fill("${n}", {"n": 3}) == 3
    assert fill("n=${n} ${'}'}", {"n": 3}) == "n=3 }"
    assert fill("{plain} $5", {}) == "{plain} $5"
    assert fill("${t}|${none}|${yes}", {"t": START, "none": None, "yes": True}) == "2026-01-01T00:00:00Z||true"


def _sections(tmp_path: Path, text: str, seed: int = 1) -> dict[str, Any]:
    (tmp_path / "world.yaml").write_text(text)
    return open_folder(tmp_path).sections(seed, START)


ENTITIES = """
entities:
  person:
    count: 50
    sort: born
    fields:
      name: {fake: first_name}
      born: {time: [-30d, -1d]}
      level: {choose: {low: 9, high: 1}}
      score: {range: [10, 20], step: 5}
      nick: {maybe: 0.5, value: "${lower(name)}", else: none}
      word: {case: "${level}", in: {low: L, else: H}}
      key: {token: 6, prefix: k_}
    then:
      label: "${number}: ${name}"
  visit:
    count: 30
    fields:
      person: {ref: person}
      at: {time: ["${person.born}", now]}
      stops:
        list: {count: {range: [1, 4]}, distinct: place, of: {place: {choose: [a, b]}, cost: {range: [1, 3]}}}
      total: {sum: stops, of: "${cost * 2}"}
emulators:
  x:
    people: {each: person, as: {n: "${number}", label: "${label}", born: "${born}"}}
    high: {each: person, where: "${level == 'high'}", as: "${name}"}
    by_key: {each: person, key: "${key}", as: "${score}"}
    visits: {each: visit, columns: {who: "${person.number}", at: "${epoch(at)}", total: "${total}"}}
    stops: {each: visit.stops, as: ["${index}", "${visit.number}", "${place}", "${cost}"]}
    all: {merge: [[1], {each: visit, where: "${number < 3}", as: 2}]}
    text: {lines: [head, {each: person, where: "${number < 3}", as: "${number}"}]}
    born: {each: person, as: "${epoch(born)}"}
"""


def test_entities_are_made_and_refer_to_each_other(tmp_path: Path) -> None:
    made = _sections(tmp_path, ENTITIES)["x"]
    assert [person["n"] for person in made["people"]] == list(range(1, 51))
    assert made["born"] == sorted(made["born"])
    assert set(made["by_key"].values()) == {10, 15, 20}
    assert all(re.fullmatch(r"k_[0-9A-Za-z]{6}", key) for key in made["by_key"])
    assert 0 < len(made["high"]) < 25
    assert made["all"] == [1, 2, 2]
    assert made["text"] == "head\n1\n2\n"
    assert made["visits"]["columns"] == ["who", "at", "total"]
    totals: Counter[int] = Counter()
    for _, visit, _, cost in made["stops"]:
        totals[visit] += 2 * cost
    assert [row[2] for row in made["visits"]["rows"]] == [totals[number] for number in range(1, 31)]
    for who, at, _ in made["visits"]["rows"]:
        assert made["born"][who - 1] <= at <= START.timestamp()
    assert len({(visit, place) for _, visit, place, _ in made["stops"]}) == len(made["stops"])


def test_another_seed_makes_other_data_and_the_same_the_same(tmp_path: Path) -> None:
    first, again, other = (_sections(tmp_path, ENTITIES, seed) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_an_entity_does_not_depend_on_its_neighbours(tmp_path: Path) -> None:
    alone = _sections(tmp_path, ENTITIES)["x"]["people"]
    added = ENTITIES.replace("entities:", "entities:\n  before: {count: 3, fields: {n: {fake: name}}}", 1)
    assert _sections(tmp_path, added)["x"]["people"] == alone


def test_files_are_taken_in(tmp_path: Path) -> None:
    (tmp_path / "tree" / "sub").mkdir(parents=True)
    (tmp_path / "tree" / "a.txt").write_text("${not filled}")
    (tmp_path / "tree" / "sub" / "b.bin").write_bytes(b"\xff\x00")
    (tmp_path / "m.yaml").write_text("at: 2026-01-01\n---\nb: ${seed}\n")
    made = _sections(
        tmp_path,
        """
emulators:
  x:
    tree: {tree: tree, at: /srv}
    raw: {file: tree/a.txt}
    filled: {file: m.yaml, fill: true}
    documents: {yaml: "*.yaml", fill: false}
""".replace('"*.yaml"', "m.yaml"),
    )["x"]
    assert made["tree"] == {"/srv/a.txt": "${not filled}", "/srv/sub/b.bin": {"base64": "/wA="}}
    assert made["raw"] == "${not filled}"
    assert made["filled"].endswith("b: 1\n")
    assert made["documents"] == [{"at": "2026-01-01"}, {"b": "${seed}"}]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("nonsense: 1", "does not know nonsense"),
        ("[1]", "is no object"),
        ("a: [", "cannot read"),
        ("entities: {a: {count: 1, fields: {x: {fake: date_this_year}}}}", "depends on today"),
        ("entities: {a: {count: 1, fields: {x: {fake: no_such}}}}", "entities.a: x: Faker has no provider 'no_such'"),
        ("entities: {a: {count: 1, fields: {x: {ref: b}}}}", "no entity 'b' before this one"),
        ("entities: {a: {fields: {x: 1}}}", "'count' is missing"),
        ("entities: {a: {count: 1, fields: {x: '${y}'}}}", "there is no 'y' here"),
        ("emulators: {m: {each: nobody, as: 1}}", "emulators.m: there is no entity 'nobody'"),
        ("emulators: {m: {file: ../outside}}", "outside the fixture's folder"),
        ("emulators: {m: {file: missing.txt}}", "missing.txt"),
    ],
)
def test_a_mistake_says_where_it_is(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(Failure) as refused:
        _sections(tmp_path, text)
    assert told in refused.value.message


# The shop


def test_the_shop_agrees_with_itself(shop: dict[str, Any]) -> None:
    tables = {
        name: [dict(zip(table["columns"], row, strict=True)) for row in table["rows"]]
        for name, table in shop["sql"]["tables"].items()
    }
    customers = {row["id"]: row for row in tables["customers"]}
    orders = {row["id"]: row for row in tables["orders"]}
    assert len(customers) == len({row["email"] for row in customers.values()}) == 200
    for item in shop["stripe"]["customers"]:
        row = customers[int(item["metadata"]["customer_id"])]
        assert (item["id"], item["email"], item["name"]) == (row["stripe_customer_id"], row["email"], row["name"])
    totals: Counter[int] = Counter()
    for item in tables["order_items"]:
        totals[item["order_id"]] += item["quantity"] * item["unit_price_cents"]
    assert {row["id"]: row["total_cents"] for row in orders.values()} == totals
    paid = {row["id"] for row in orders.values() if row["status"] not in ("pending", "cancelled")}
    assert {int(payment["metadata"]["order_id"]) for payment in shop["stripe"]["payments"]} == paid
    for payment in shop["stripe"]["payments"]:
        order = orders[int(payment["metadata"]["order_id"])]
        assert payment["amount"] == order["total_cents"]
        assert payment["refunded"] == (order["status"] == "refunded")
        assert payment["customer"] == customers[order["customer_id"]]["stripe_customer_id"]
        assert payment["created"] == datetime.fromisoformat(order["created_at"]).timestamp()
    log = shop["filesystem"]["files"]["/workspace/logs/orders.log"].splitlines()
    assert log == sorted(log)
    assert sum("placed" in line for line in log) == len(orders)
    configs = [item for item in shop["kubernetes"]["manifests"] if item["kind"] == "ConfigMap"]
    assert configs[0]["data"]["shop.yaml"] == shop["filesystem"]["files"]["/workspace/config/shop.yaml"]


def test_the_shop_is_anchored_to_its_own_clock(shop: dict[str, Any]) -> None:
    start = open_folder(WORLDS / "shop").start.timestamp()
    for name in ("customers", "payments", "products"):
        assert all(item["created"] < start for item in shop["stripe"][name])


def test_fixtures_are_the_same_in_any_process() -> None:
    code = (
        "import json; from falsefront.control_plane.fixture.folder import *; f = open_folder(WORLDS / 'shop'); "
        "print(json.dumps(f.sections(9, f.start)))"
    )
    made = {
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed, "TZ": zone},
        ).stdout
        for seed, zone in (("1", "UTC"), ("2", "Asia/Tokyo"))
    }
    assert len(made) == 1


# Worlds of them


async def test_worlds_are_made_of_fixtures(tmp_path: Path) -> None:
    runtime = Runtime(load(["mail"]))
    fixtures = Fixtures(runtime, "shop")
    first, again = await fixtures.version("shop"), await fixtures.version("shop")
    assert first is again
    assert first.clock.now() == open_folder(WORLDS / "shop").start
    other = await fixtures.version("shop", seed=1)
    assert other.digest != first.digest
    assert (await fixtures.version("empty")).digest == 0
    # Out of the cache it is the same.
    assert list((tmp_path / "cache").glob("*.json"))
    assert (await Fixtures(runtime, "shop").version("shop")).digest == first.digest


async def test_a_directory_of_one_s_own_is_a_fixture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    text = {"emulators": {"mail": {"messages": [{"to": ["a@example.com"]}]}, "unloaded": {"x": 1}}}
    (mine / "world.yaml").write_text(json.dumps(text))
    runtime = Runtime(load(["mail"]))
    assert (await Fixtures(runtime, str(mine)).version("mine")).digest
    with pytest.raises(Failure, match="no fixture"):
        await Fixtures(runtime).version("mine")
    monkeypatch.setenv("FALSEFRONT_FIXTURES", str(tmp_path))
    assert "mine" in Fixtures(runtime).names()
    assert (await Fixtures(runtime).version("mine")).digest


@pytest.mark.parametrize("name", ["../shop", "/etc", "", "a b", "no-such"])
async def test_a_name_is_not_a_path(name: str) -> None:
    with pytest.raises(Failure) as refused:
        await Fixtures(Runtime([])).version(name)
    assert refused.value.kind == "not_found"


async def test_a_broken_cache_is_no_matter(tmp_path: Path) -> None:
    runtime = Runtime(load(["mail"]))
    first = (await Fixtures(runtime, "shop").version("shop")).digest
    for file in (tmp_path / "cache").glob("*.json"):
        file.write_bytes(b"{")
    assert (await Fixtures(runtime, "shop").version("shop")).digest == first


def test_the_cache_s_name_changes_with_what_it_depends_on(tmp_path: Path) -> None:
    (tmp_path / "world.yaml").write_text("seed: 1")
    folder = open_folder(tmp_path)
    names = {cache.key(folder, 1), cache.key(folder, 2)}
    (tmp_path / "more.txt").write_text("x")
    names.add(cache.key(folder, 1))
    assert len(names) == 3
