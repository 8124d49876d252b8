"""The unmodified stripe package for Node, and Stripe's command line, told where to find the API."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from falsefront.control_plane.serving import Background
from falsefront.world.store import Version
from tests.clients.node import node, node_package
from tests.clients.python import run_script

PROGRAMS = Path(__file__).parent / "programs"


@pytest.fixture(scope="module")
def server(serve: Callable[..., Background]) -> Background:
    background = serve("stripe")
    for name in ("shop", KEY.removeprefix("sk_test_")):
        background.runtime.worlds.create(name)
    return background


def test_stripe_node(server: Background) -> None:
    package = node_package("stripe", "23.1.0")
    host, port = server.url.removeprefix("http://").split(":")
    printed = run_script(node(), PROGRAMS / "stripe_client.mjs", str(package), host, port, "sk_test_shop")
    assert json.loads(printed) == {
        "name": "Röse & Co",
        "paid": ["succeeded", 88],
        "declined": ["StripeCardError", "processing_error", 402, "string"],
        "missing": ["StripeInvalidRequestError", "resource_missing", "id"],
        "refund": ["succeeded", 700],
        "products": ["p4", "p3", "p2", "p1", "p0"],
        "replayed": [True, "true"],
        "amount": "5",
    }


Run = Callable[..., str]
KEY = "sk_test_cli0000000000"
TRIGGERED = [
    "charge.captured",
    "charge.dispute.created",
    "charge.failed",
    "charge.refunded",
    "charge.succeeded",
    "customer.created",
    "customer.deleted",
    "customer.source.created",
    "customer.updated",
    "payment_intent.amount_capturable_updated",
    "payment_intent.canceled",
    "payment_intent.payment_failed",
    "payment_intent.requires_action",
    "payment_intent.succeeded",
    "payment_method.attached",
    "payment_method.detached",
    "price.created",
    "price.updated",
    "product.created",
    "product.deleted",
    "setup_intent.canceled",
    "setup_intent.setup_failed",
    "setup_intent.succeeded",
]


@pytest.fixture
def run(server: Background, tmp_path: Path) -> Run:
    """Stripe's command line in a world of its own; gives what it prints."""
    shim = node_package("@stripe/cli", "1.52.0") / "bin" / "shim.js"
    environment = {**os.environ, "HOME": str(tmp_path), "STRIPE_CLI_TELEMETRY_OPTOUT": "1"}

    def stripe(*words: str) -> str:
        command = [node(), str(shim), *words, "--api-base", server.url, "--api-key", KEY]
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=60, env=environment, cwd=tmp_path
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return stripe


def test_the_command_line(run: Run) -> None:
    def stripe(*words: str) -> Any:
        return json.loads(run(*words))

    made = stripe("customers", "create", "--name", "Jenny", "-d", "metadata[row]=7")
    assert (made["name"], made["metadata"]) == ("Jenny", {"row": "7"})
    assert stripe("get", f"/v1/customers/{made['id']}")["id"] == made["id"]
    paid = stripe("post", "/v1/charges", "-d", "amount=900", "-d", "currency=usd", "-d", "source=tok_visa")
    assert paid["status"] == "succeeded"
    assert stripe("customers", "list", "--limit", "1")["data"][0]["id"] == made["id"]


@pytest.mark.parametrize("event", TRIGGERED)
def test_the_command_line_triggers_events(run: Run, server: Background, event: str) -> None:
    """Stripe's own fixtures for an event lead to it here too."""
    world = server.runtime.worlds.find(KEY.removeprefix("sk_test_"))
    before = world.version
    assert "Trigger succeeded!" in run("trigger", event)
    old, new = ({doc["id"]: doc["type"] for doc in events(version)} for version in (before, world.version))
    assert event in [kind for ident, kind in new.items() if ident not in old]


def events(version: Version) -> list[Any]:
    rows = version.tables.get("stripe.events")
    return [] if rows is None else [doc for _, doc in rows.scan()]
