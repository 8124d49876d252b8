"""The command line of ``falsefront files``: checkout, status, commit, mount."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from .checkout import Change, Checkout, CheckoutError, check_out, commit, compare, record_of, scan
from .disk import DEFAULT_URL, Disk


def main(argv: Sequence[str]) -> int:
    """Run one command: 0 if it is done, 1 if it could not be, 2 if it was not understood."""
    args = _parser().parse_args(list(argv))
    try:
        if args.command == "checkout":
            return _checkout(args)
        if args.command == "mount":
            return _mount(args)
        return _commit(args)
    except (CheckoutError, ValueError) as error:
        print(f"falsefront files: {error}", file=sys.stderr)
    except OSError as error:
        print(f"falsefront files: {error.strerror or error}", file=sys.stderr)
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="falsefront files", description="A world's files on a local disk.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    checkout = commands.add_parser("checkout", help="put a world's directory into a local one")
    status = commands.add_parser("status", help="show what a commit would do")
    put_back = commands.add_parser("commit", help="do to the world what was done to the directory")
    mount = commands.add_parser("mount", help="mount a world's directory with FUSE, until it is unmounted")
    for command in (checkout, status, put_back, mount):
        command.add_argument("directory", type=Path)
    for command in (checkout, mount):
        command.add_argument("--world", default=os.environ.get("FALSEFRONT_WORLD", "default"))
        command.add_argument("--url", default=os.environ.get("FALSEFRONT_URL", DEFAULT_URL))
        command.add_argument("--path", help="the world's directory (default: its first root)")
    for command in (checkout, status, put_back):
        command.add_argument("--record", type=Path, help="where the checkout is remembered")
    put_back.add_argument("--force", action="store_true", help="overwrite what changed in the world meanwhile")
    return parser


def _checkout(args: argparse.Namespace) -> int:
    with Disk(args.url, args.world) as disk:
        checkout = Checkout(args.url, args.world, args.path or disk.roots()[0])
        count = check_out(disk, checkout, args.directory)
    checkout.save(args.record or record_of(args.directory))
    print(f"{args.directory}: {count} entries of {checkout.root} in the world {checkout.world}")
    return 0


def _commit(args: argparse.Namespace) -> int:
    record = args.record or record_of(args.directory)
    checkout = Checkout.load(record)
    if args.command == "status":
        for change in compare(checkout.items, dict(scan(args.directory))):
            print(_line(change))
        return 0
    try:
        with Disk(checkout.url, checkout.world) as disk:
            outcome = commit(disk, checkout, args.directory, force=args.force)
    finally:
        # What was done before something failed need not be done again.
        checkout.save(record)
    for change in outcome.done:
        print(_line(change))
    for change, why in outcome.conflicts:
        print(f"conflict {change.path}: {why}", file=sys.stderr)
    return 1 if outcome.conflicts else 0


def _line(change: Change) -> str:
    path = change.path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return f"{change.verb:<6} {path}{'/' if (change.after or change.before or (0,))[0] == 'directory' else ''}"


def _mount(args: argparse.Namespace) -> int:
    from .mount import mount

    with Disk(args.url, args.world) as disk:
        return mount(disk, args.path or disk.roots()[0], args.directory)
