"""The commands that drive a running server's worlds."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
import time
from collections.abc import Mapping
from typing import Any

from ..client import Falsefront, World


def client(options: argparse.Namespace) -> Falsefront:
    """The server that the options name."""
    return Falsefront(options.url, options.token)


def show(value: Any) -> None:
    """Print JSON."""
    print(json.dumps(value, indent=2, ensure_ascii=False))


def worlds(options: argparse.Namespace) -> None:
    """List the worlds."""
    with client(options) as server:
        found = server.worlds.list()
    if options.json:
        show(found)
        return
    _table(
        ("WORLD", "PARENT", "FIXTURE", "VERSION", "TIME", "MARKS", "FAULTS", "DIGEST"),
        [
            (
                info["name"],
                info["parent"] or "-",
                info["fixture"] or "-",
                str(info["version"]),
                info["clock"]["now"],
                str(len(info["marks"])),
                str(len(info["faults"])),
                info["digest"],
            )
            for info in found
        ],
    )


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    """Columns as wide as what is in them."""
    widths = [max(len(row[place]) for row in (head, *rows)) for place in range(len(head))]
    for row in (head, *rows):
        print("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip())


def create(options: argparse.Namespace) -> None:
    """Make a world."""
    with client(options) as server:
        made = server.worlds.create(options.name, fixture=options.fixture, from_=options.source, seed=options.seed)
        _made(options, made)


def _made(options: argparse.Namespace, world: World) -> None:
    if options.json:
        show(world.info())
    else:
        print(f"{world.name} {world.digest()}")


def fork(options: argparse.Namespace) -> None:
    """Fork a world."""
    with client(options) as server:
        _made(options, server.world(options.world).fork(options.name, mark=options.mark, seed=options.seed))


def drop(options: argparse.Namespace) -> None:
    """Drop worlds."""
    with client(options) as server:
        for name in options.worlds:
            server.worlds.drop(name)


def reset(options: argparse.Namespace) -> None:
    """Put a world back to how it began."""
    with client(options) as server:
        _state(options, server.world(options.world).reset())


def _state(options: argparse.Namespace, info: Mapping[str, Any]) -> None:
    if options.json:
        show(info)
    else:
        print(f"{info['name']} {info['digest']}")


def mark(options: argparse.Namespace) -> None:
    """Take a mark, or list them."""
    with client(options) as server:
        world = server.world(options.world)
        marks = [world.mark(options.mark)] if options.mark else world.marks()
    if options.json:
        show(marks[0] if options.mark else marks)
        return
    for taken in marks:
        print(f"{taken['name']} {taken['at']} {taken['digest']}")


def restore(options: argparse.Namespace) -> None:
    """Put a world back to a mark."""
    with client(options) as server:
        _state(options, server.world(options.world).restore(options.mark))


def diff(options: argparse.Namespace) -> int:
    """Print what differs; the exit status is 1 if anything does, as diff's is."""
    before, after = options.before, options.after
    with client(options) as server:
        world = server.world((after or before).partition("@")[0].partition("#")[0])
        found = server.send(_diff(world.name, before, after))
    if options.json:
        show(found)
    else:
        for change in found["changes"]:
            sign = {"added": "+", "removed": "-", "changed": "~"}[change["kind"]]
            print(f"{sign} {change['table']} {json.dumps(change['key'], ensure_ascii=False)}")
            _documents(change)
        if found["truncated"]:
            print(f"… and more than {found['count']}")
    return 0 if found["equal"] and not found["changes"] else 1


def _diff(world: str, before: str, after: str | None) -> Any:
    from ..client.asks import Ask

    name, _, _ = before.partition("@")
    body: dict[str, Any] = {"before": before, "after": after}
    if after is None:
        body = {"before": before, "after": name} if "@" in before else {}
    return Ask("POST", f"/worlds/{world}/diff", lambda answer: answer, json=body)


def _documents(change: Mapping[str, Any]) -> None:
    before, after = change["before"], change["after"]
    if isinstance(before, dict) and isinstance(after, dict):
        names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
        before = {name: before[name] for name in names if name in before}
        after = {name: after[name] for name in names if name in after}
    for sign, document in (("-", before), ("+", after)):
        if document is not None:
            print(f"    {sign} {json.dumps(document, ensure_ascii=False)}")


def digest(options: argparse.Namespace) -> None:
    """Print digests."""
    with client(options) as server:
        found = {name: server.world(name).digest() for name in options.worlds}
    if options.json:
        show(found)
        return
    for name, value in found.items():
        print(value if len(found) == 1 else f"{value} {name}")


def journal(options: argparse.Namespace) -> None:
    """Print the latest entries, and with --follow those that come."""
    with client(options) as server:
        world = server.world(options.world)
        seq = 0
        entries = world.journal(last=options.last, op=options.op, emulator=options.emulator)
        while True:
            for entry in entries:
                print(json.dumps(entry, ensure_ascii=False) if options.json else _line(entry), flush=True)
                seq = entry["seq"]
            if not options.follow:
                return
            time.sleep(0.25)
            entries = world.journal(after=seq, op=options.op, emulator=options.emulator)


def _line(entry: Mapping[str, Any]) -> str:
    args = json.dumps(entry["args"], ensure_ascii=False)
    failure = entry["failure"]
    outcome = "ok" if failure is None else f"{failure['kind']}: {failure['message']}".rstrip(": ")
    faults = f" [{', '.join(entry['faults'])}]" if entry["faults"] else ""
    changes = f" {len(entry['changes'])} changed" if entry["changes"] else ""
    shown = args if len(args) <= 100 else args[:99] + "…"
    return f"{entry['seq']:>5} {entry['at']} {entry['emulator']} {entry['op']} {shown} → {outcome}{changes}{faults}"


def env(options: argparse.Namespace) -> int:
    """Print what clients need, for a shell to evaluate or a file to hold."""
    with client(options) as server:
        found = server.world(options.world).addresses()
    if options.kubeconfig or options.mcp:
        text = (
            found["kubeconfig"] if options.kubeconfig else json.dumps(found["mcp"], indent=2) if found["mcp"] else None
        )
        if not text:
            print("falsefront: that emulator is not loaded", file=sys.stderr)
            return 1
        print(text.rstrip("\n"))
    elif options.json:
        show(found)
    else:
        for name, value in found["environment"].items():
            print(f"export {name}={shlex.quote(value)}")
    return 0


def export(options: argparse.Namespace) -> None:
    """Write a world to a file."""
    with client(options) as server:
        world = server.world(options.world)
        if options.file == "-":
            sys.stdout.buffer.write(world.export())
            return
        content = world.export(options.file)
    print(f"{options.file}: {len(content)} bytes", file=sys.stderr)


def import_(options: argparse.Namespace) -> None:
    """Make a world from a file."""
    with client(options) as server:
        source = sys.stdin.buffer.read() if options.file == "-" else options.file
        _made(options, server.import_world(source, options.name))


def clock(options: argparse.Namespace) -> None:
    """Show or move a world's clock."""
    with client(options) as server:
        clock = server.world(options.world).clock
        found = None
        if options.mode or options.set_time or options.settle:
            found = clock.set(options.mode, time=options.set_time, settle=options.settle)
        if options.advance or options.to:
            found = clock.advance(options.advance, to=options.to)
        found = found or clock.get()
    if options.json:
        show(found)
    else:
        print(f"{found['now']} {found['mode']}")
