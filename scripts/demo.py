"""The main job, shown: four unmodified clients on one world, marks, forks, a fault, a reset, digests."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from falsefront.control_plane.client import Falsefront, World

console = Console(width=min(max(Console().width, 96), 118), highlight=False)


@contextmanager
def server() -> Iterator[dict[str, Any]]:
    """A server in a process of its own, as any program would start it."""
    command = [sys.executable, "-m", "falsefront.control_plane.cli", "serve", "--json"]
    process = subprocess.Popen([*command, "--port", "0", "--postgres-port", "0"], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise SystemExit("the server did not start; run `falsefront serve` to see why")
        yield json.loads(line)
    finally:
        process.terminate()
        process.wait(10)


def step(number: int, title: str, told: str) -> None:
    """Head a step of the demo."""
    console.print()
    console.rule(Text.assemble((f" {number}  ", "bold reverse"), ("  " + title, "bold")), align="left", style="dim")
    console.print(Text(told, "dim"))


def said(client: str, *lines: str) -> None:
    """Show what a client was told."""
    body = Text("\n".join(line for line in lines if line.strip()))
    console.print(Panel(body, title=Text(client, "bold cyan"), title_align="left", border_style="dim", padding=(0, 1)))


# Four clients, each as its own documentation says it is used; only the address is ours.


def stripe_payment(world: World, amount: int, name: str = "Ada Lovelace") -> str:
    """A customer and a payment, with stripe-python."""
    import stripe

    client = stripe.StripeClient("sk_test_demo", base_addresses={"api": world.addresses()["urls"]["stripe"]})
    customer = client.v1.customers.create({"name": name, "email": "ada@example.com"})
    payment = client.v1.payment_intents.create(
        {
            "amount": amount,
            "currency": "gbp",
            "customer": customer.id,
            "payment_method": "pm_card_visa",
            "confirm": True,
            "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
        }
    )
    return f"{customer.id} ({customer.name}) paid {payment.amount / 100:.2f} GBP: {payment.id} {payment.status}"


def sql(world: World, *statements: str) -> str:
    """Statements, with psql where it is installed, else with psycopg."""
    dsn = world.addresses()["postgres"]
    assert dsn is not None
    if shutil.which("psql"):
        arguments = [part for statement in statements for part in ("-c", statement)]
        return run("psql", dsn, "--no-psqlrc", "--pset", "footer=off", *arguments)
    import psycopg

    lines = []
    with psycopg.connect(dsn) as connection:
        for statement in statements:
            cursor = connection.execute(statement)  # pyright: ignore
            lines.append(cursor.statusmessage or "")
            if cursor.description:
                lines += ["  ".join(map(str, row)) for row in cursor.fetchall()]
    return "\n".join(lines)


def kubernetes(world: World, *arguments: str) -> str:
    """A kubectl command; without kubectl, what the Python client says of the deployment."""
    config = world.addresses()["kubeconfig"]
    assert config is not None
    if shutil.which("kubectl"):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "kubeconfig")
            path.write_text(config)
            return run("kubectl", "--kubeconfig", str(path), "--cache-dir", folder, *arguments)
    from kubernetes import client
    from kubernetes import config as configuration

    api = client.AppsV1Api(configuration.new_client_from_config_dict(json.loads(config)))
    if arguments[0] == "scale":
        replicas = int(arguments[-1].partition("=")[2])
        api.patch_namespaced_deployment_scale("shop", "default", {"spec": {"replicas": replicas}})
    deployment = api.read_namespaced_deployment("shop", "default")
    return f"deployment shop: {deployment.status.ready_replicas} of {deployment.spec.replicas} replicas ready"


def run(*command: str) -> str:
    """A program's output."""
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "PAGER": "cat"}, check=False)
    if done.returncode:
        raise SystemExit(f"{command[0]} failed: {done.stderr.strip()}")
    return done.stdout.rstrip()


async def edit_file(world: World, old: str, new: str) -> str:
    """Read and edit a file, with the MCP SDK's client."""
    from mcp import Client

    async with Client(f"{world.addresses()['urls']['filesystem']}/mcp") as client:
        allowed = await client.call_tool("list_allowed_directories", {})
        path = f"{allowed.content[0].text.splitlines()[1]}/config/shop.yaml"  # type: ignore[union-attr]
        edits = [{"oldText": old, "newText": new}]
        edited = await client.call_tool("edit_file", {"path": path, "edits": edits})
        return str(edited.content[0].text).strip()  # type: ignore[union-attr]


def outcome(work: Any) -> str:
    """What a call gave, or how it failed, in the client's own words."""
    try:
        return str(work())
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def main() -> None:
    """Tell the story."""
    start = time.perf_counter()
    with server() as found, Falsefront(found["url"]) as falsefront:
        demo(falsefront, found)
    console.print()
    console.print(
        f"[bold]Done[/] in {time.perf_counter() - start:.1f} s. To use it yourself: [cyan]falsefront serve[/]"
    )


def demo(falsefront: Falsefront, found: dict[str, Any]) -> None:
    """All steps, against a running server."""
    step(
        1, "A street with one world", "A small shop: its rows, payments, cluster, files and mail, drawn from one seed."
    )
    addresses = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for name, url in found["urls"].items():
        addresses.add_row(Text(name, "bold"), Text(url, "cyan"))
    addresses.add_row(Text("postgres", "bold"), Text(found["postgres"], "cyan"))
    console.print(addresses)
    shop = falsefront.world("shop")

    step(2, "Four unmodified clients", "Each is the real program; only the address is ours.")
    said("stripe-python", stripe_payment(shop, 4200))
    ordered = "SELECT status, count(*), sum(total_cents) FROM orders GROUP BY status ORDER BY status"
    said(
        "psql" if shutil.which("psql") else "psycopg",
        sql(shop, ordered),
        sql(shop, "UPDATE orders SET status = 'shipped' WHERE status = 'paid'"),
    )
    said(
        "kubectl" if shutil.which("kubectl") else "kubernetes (Python)",
        kubernetes(shop, "get", "deployments"),
        kubernetes(shop, "scale", "deployment/shop", "--replicas=5"),
        kubernetes(shop, "get", "deployments"),
    )
    said("mcp (filesystem)", asyncio.run(edit_file(shop, "retry_declined: false", "retry_declined: true")))

    step(3, "One mark, three forks", "Marks and forks keep a pointer. One fork meets a fault; one is put back.")
    shop.mark("before")
    for name in ("alice", "bob", "carol"):
        shop.fork(name)
    alice, bob, carol = (falsefront.world(name) for name in ("alice", "bob", "carol"))
    alice.faults.put(
        "second-payment",
        when={"emulator": "stripe", "op": "payment_intents.create", "nth": 2},
        then=[{"fail": "rate_limited"}],
    )
    said("alice: stripe-python", *(outcome(partial(stripe_payment, alice, amount)) for amount in (1000, 2000)))
    said("bob: psql", sql(bob, "DELETE FROM order_items WHERE order_id <= 10", "DELETE FROM orders WHERE id <= 10"))
    carol.mark("here")
    said("carol: kubectl", kubernetes(carol, "scale", "deployment/shop", "--replicas=1"))
    changed = carol.digest()
    carol.restore("here")
    said("carol", f"scaled down: {changed}", f"back at the mark: {carol.digest()}")

    step(4, "What happened", "Every operation is in the journal; equal states have equal digests.")
    journal(alice)
    differ(bob)
    digests = Table(box=None, padding=(0, 2, 0, 0))
    for heading in ("world", "digest", "equal to shop"):
        digests.add_column(heading, header_style="dim")
    for world in (shop, alice, bob, carol):
        equal = world.digest() == shop.digest()
        digests.add_row(
            Text(world.name, "bold"), world.digest(), Text("yes" if equal else "no", "green" if equal else "yellow")
        )
    console.print(digests)
    if carol.digest() != shop.digest() or len({world.digest() for world in (shop, alice, bob)}) != 3:
        raise SystemExit("the digests are not as they must be")


def journal(world: World) -> None:
    """The journal of a world, a line an entry."""
    table = Table(
        box=None, padding=(0, 2, 0, 0), title=f"journal of {world.name}", title_justify="left", title_style="bold"
    )
    for heading in ("#", "operation", "outcome", "fault", "changes", "hash"):
        table.add_column(heading, header_style="dim")
    for entry in world.journal():
        failed = entry["failure"]
        table.add_row(
            str(entry["seq"]),
            f"{entry['emulator']}.{entry['op']}",
            Text(failed["kind"], "red") if failed else Text("ok", "green"),
            ", ".join(entry["faults"]),
            str(len(entry["changes"]) or ""),
            entry["world_state_hash"][:12],
        )
    console.print(table)


def differ(world: World) -> None:
    """What a world changed since it was forked."""
    diff = world.diff()
    counts: dict[str, int] = {}
    for change in diff["changes"]:
        counts[f"{change['table']} {change['kind']}"] = counts.get(f"{change['table']} {change['kind']}", 0) + 1
    console.print()
    console.print(Text.assemble((f"diff of {world.name}: ", "bold"), f"{diff['count']} documents"))
    for what, count in counts.items():
        console.print(f"  {what}: {count}")
    console.print()


if __name__ == "__main__":
    main()
