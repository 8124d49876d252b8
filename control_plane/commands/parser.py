"""What can be written on the command line."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from falsefront import __version__


def run(args: Sequence[str]) -> int:
    """Parse a command line and run its command. Errors are told in a line on stderr."""
    parser = _parser()
    options = parser.parse_args(args)
    if options.command is None:
        parser.print_help()
        return 2
    module, function = options.run
    work: Any = getattr(import_module(f"falsefront.control_plane.commands.{module}"), function)
    try:
        return int(work(options) or 0)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Whoever read our output has seen enough; nothing more is to be flushed to it.
        sys.stderr.close()
        return 0
    except Exception as error:
        from .problem import explain

        print(f"falsefront: {explain(error)}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="falsefront",
        description="A filesystem, a database, a payment provider and a cluster that unmodified clients believe in.",
        epilog="Also: falsefront mcp (a stdio bridge), falsefront capture, falsefront files; each has its own --help.",
    )
    parser.add_argument("--version", action="version", version=f"falsefront {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="command")
    _serve(commands.add_parser("serve", help="start a server"))
    server = argparse.ArgumentParser(add_help=False)
    server.add_argument("--url", help="the server; else FALSEFRONT_URL, else http://127.0.0.1:7070")
    server.add_argument("--token", help="its token; else FALSEFRONT_TOKEN")
    server.add_argument("--json", action="store_true", help="print what the server answers, as JSON")
    _client_commands(commands, server)
    return parser


def _serve(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="where to listen (default: 127.0.0.1, this machine only)")
    add("--port", type=_port, default=7070, help="the HTTP port (default: 7070); 0 takes a free one")
    add("--postgres-port", type=_port, default=5433, help="the PostgreSQL port (default: 5433); 0 takes a free one")
    add("--smtp-port", type=_port, help="the SMTP port (default: 2525, or a free one)")
    add("--control-port", type=_port, help="put the control plane on a port of its own, away from the façades")
    add("--token", help="ask for this bearer token on the control plane; else FALSEFRONT_TOKEN")
    add(
        "--allow-host",
        action="append",
        default=[],
        metavar="NAME",
        help="another host name that the control plane and the MCP endpoints answer to",
    )
    add("--emulators", type=_names, metavar="A,B", help="which emulators to load (default: all)")
    add("--fixture", default="shop", help="what worlds begin with: a name, a directory, or 'empty' (default: shop)")
    add("--seed", type=int, help="for ids, dice and generated data (default: the fixture's own)")
    add("--clock", choices=("frozen", "offset", "real"), help="how time passes (default: the fixture's, else frozen)")
    add("--time", help="where the clock stands at first, in ISO 8601")
    add("--settle", help="how far a frozen clock runs ahead to finish what an operation set off (default: 5s)")
    add("--journal-dir", metavar="DIR", help="also write each world's journal to DIR/<world>.ndjson")
    add("--archive-dir", metavar="DIR", help="where exported worlds may be kept: a directory or an fsspec URL")
    add("--create-worlds", action="store_true", help="make a world of the fixture when an unknown one is addressed")
    add("--max-body", type=_size, default=16 * 1024 * 1024, metavar="SIZE", help="largest request body (default: 16M)")
    add("--json", action="store_true", help="print one line of JSON once every port answers")
    parser.set_defaults(run=("serve", "serve"))


def _client_commands(commands: Any, server: argparse.ArgumentParser) -> None:
    def command(name: str, function: str, help: str, *, world: bool = True) -> Any:
        parser = commands.add_parser(name, help=help, parents=[server])
        parser.set_defaults(run=("worlds", function))
        if world:
            parser.add_argument("-w", "--world", default="default", help="which world (default: default)")
        return parser.add_argument

    command("worlds", "worlds", "list the worlds", world=False)
    add = command("create", "create", "make a world", world=False)
    add("name", nargs="?")
    add("--fixture", help="of this fixture")
    add("--from", dest="source", metavar="WORLD[@MARK]", help="of another world, or of one of its marks")
    add("--seed", type=int)
    add = command("fork", "fork", "fork a world", world=False)
    add("world")
    add("name", nargs="?")
    add("--mark", help="from this mark instead of the present state")
    add("--seed", type=int, help="other ids and dice from here on")
    add = command("drop", "drop", "drop worlds", world=False)
    add("worlds", nargs="+")
    add = command("reset", "reset", "put a world back to how it began", world=False)
    add("world", nargs="?", default="default")
    add = command("mark", "mark", "keep a world's state under a name; without one, list the marks")
    add("mark", nargs="?")
    add = command("restore", "restore", "put a world back to a mark")
    add("mark")
    add = command(
        "diff", "diff", "what differs between two states; one alone is compared with how it began", world=False
    )
    add("before", metavar="WORLD[@MARK]")
    add("after", nargs="?", metavar="WORLD[@MARK]")
    add = command("digest", "digest", "the hash of a world's content", world=False)
    add("worlds", nargs="*", default=["default"])
    add = command("journal", "journal", "what happened in a world", world=False)
    add("world", nargs="?", default="default")
    add("-n", "--last", type=int, default=20, help="how many of the latest entries (default: 20)")
    add("-f", "--follow", action="store_true", help="go on as more happens")
    add("--op", help="only operations of that name, or glob")
    add("--emulator", help="only those of that emulator")
    add = command("env", "env", "print a world's environment as shell exports", world=False)
    add("world", nargs="?", default="default")
    add("--kubeconfig", action="store_true", help="print the kubeconfig instead")
    add("--mcp", action="store_true", help="print the MCP configuration instead")
    add = command("export", "export", "write a world to a file", world=False)
    add("world")
    add("file", help="a path or an fsspec URL; '-' is stdout")
    add = command("import", "import_", "make a world from a file", world=False)
    add("file", help="a path or an fsspec URL; '-' is stdin")
    add("name", nargs="?", help="the world's name (default: the one it had)")
    add = command("clock", "clock", "show or move a world's clock")
    add("--advance", metavar="DURATION", help="move it forward: 90s, 10m, 1h30m, 2d")
    add("--to", metavar="TIME", help="move it forward to a time")
    add("--set", metavar="TIME", dest="set_time", help="set it to a time, running nothing in between")
    add("--mode", choices=("frozen", "offset", "real"))
    add("--settle", metavar="DURATION")
    _faults(commands, server)


def _faults(commands: Any, server: argparse.ArgumentParser) -> None:
    faults = commands.add_parser("faults", help="break things on purpose")
    actions = faults.add_subparsers(dest="action", metavar="action", required=True)
    for name, summary in (("ls", "list the rules"), ("put", "put a rule"), ("rm", "remove rules")):
        action = actions.add_parser(name, help=summary, parents=[server])
        action.add_argument("-w", "--world", default="default", help="which world (default: default)")
        action.set_defaults(run=("faults", name))
        if name == "put":
            action.add_argument("name")
            action.add_argument("rule", help="the rule in JSON; '-' reads it from stdin, @FILE from a file")
        elif name == "rm":
            action.add_argument("names", nargs="*", metavar="name")
            action.add_argument("--all", action="store_true")


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _port(text: str) -> int:
    if not text.isdigit() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port; ports are 0 to 65535")
    return int(text)


def _size(text: str) -> int:
    """Bytes from ``16M`` and the like."""
    units = {"k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
    number = text.lower().removesuffix("b").removesuffix("i")
    factor = units.get(number[-1:], 1)
    try:
        size = int(number[:-1] if factor > 1 else number) * factor
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a size; write one as 65536, 512K or 16M") from None
    if size < 1:
        raise argparse.ArgumentTypeError("a size is at least one byte")
    return size
