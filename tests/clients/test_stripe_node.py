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
from tests.clients.node import node, node_package
from tests.clients.python import run_script

PROGRAMS = Path(__file__).parent / "programs"


@pytest.fixture(scope="module")
def server(serve: Callable[..., Background]) -> Background:
    background = serve("stripe")
    background.call(lambda: background.runtime.worlds.create("shop"))
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


def test_the_command_line(server: Background, tmp_path: Path) -> None:
    shim = node_package("@stripe/cli", "1.52.0") / "bin" / "shim.js"
    environment = {**os.environ, "HOME": str(tmp_path), "STRIPE_CLI_TELEMETRY_OPTOUT": "1"}

    def stripe(*words: str) -> Any:
        command = [node(), str(shim), *words, "--api-base", server.url, "--api-key", "sk_test_cli0000000000"]
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=60, env=environment, cwd=tmp_path
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    server.call(lambda: server.runtime.worlds.create("cli0000000000"))
    made = stripe("customers", "create", "--name", "Jenny", "-d", "metadata[row]=7")
    assert (made["name"], made["metadata"]) == ("Jenny", {"row": "7"})
    assert stripe("get", f"/v1/customers/{made['id']}")["id"] == made["id"]
    paid = stripe("post", "/v1/charges", "-d", "amount=900", "-d", "currency=usd", "-d", "source=tok_visa")
    assert paid["status"] == "succeeded"
    assert [customer["id"] for customer in stripe("customers", "list", "--limit", "3")["data"]] == [made["id"]]
