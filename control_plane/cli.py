"""The command line: ``falsefront <command>``; a command's module is imported when it is asked for."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Final

ELSEWHERE: Final = {
    "mcp": "falsefront.mcp.bridge",
    "capture": "falsefront.mcp.capture",
    "files": "falsefront.control_plane.files",
}
"""Commands with a command line of their own."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit status is 0 if it did, 1 if it could not, 2 if it was not understood."""
    args = list(sys.argv[1:] if argv is None else argv)
    if args and args[0] in ELSEWHERE:
        # A bridge starts with every session of a host: nothing else is imported before it.
        run: Callable[[list[str]], int | None] = import_module(ELSEWHERE[args[0]]).main
        return run(args[1:]) or 0
    from .commands import run as run_command

    return run_command(args)


if __name__ == "__main__":
    sys.exit(main())
