"""``falsefront faults``: put, list and remove rules."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from .worlds import client, show


def put(options: argparse.Namespace) -> None:
    """Put a rule."""
    rule = _rule(options.rule)
    with client(options) as server:
        then = rule.pop("then", [])
        fault = server.world(options.world).faults.put(options.name, then, **rule)
    if options.json:
        show(fault)
    if not fault["matches"]:
        print(f"falsefront: {options.name} is for no operation that is loaded; is its `op` right?", file=sys.stderr)


def _rule(text: str) -> dict[str, Any]:
    if text == "-":
        text = sys.stdin.read()
    elif text.startswith("@"):
        text = Path(text[1:]).read_text()
    try:
        rule = json.loads(text)
    except ValueError as error:
        raise ValueError(f"the rule is not JSON: {error}") from None
    unknown = set(rule) - {"when", "then", "times", "ttl"} if isinstance(rule, dict) else {str(rule)}
    if unknown:
        raise ValueError(f"a rule has when, then, times and ttl, not {', '.join(sorted(unknown))}")
    return dict(rule)


def ls(options: argparse.Namespace) -> None:
    """List the rules and what they met."""
    with client(options) as server:
        faults = server.world(options.world).faults.list()
    if options.json:
        show(faults)
        return
    for fault in faults:
        print(f"{fault['name']}  seen {fault['seen']}, fired {fault['fired']}, last {fault['last'] or 'never'}")
        print(f"    when {json.dumps(fault.get('when', {}))} then {json.dumps(fault['then'])}")


def rm(options: argparse.Namespace) -> int:
    """Remove rules."""
    if not options.names and not options.all:
        print("falsefront: name the rules to remove, or give --all", file=sys.stderr)
        return 2
    with client(options) as server:
        faults = server.world(options.world).faults
        if options.all:
            faults.clear()
        for name in options.names:
            faults.remove(name)
    return 0
