"""What a person sees when a server has started."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from ..answers import Addresses
    from ..serving import Serving


def welcome(serving: Serving, found: Addresses, *, token: bool) -> None:
    """Print every address of the default world, ready to paste."""
    console = Console(soft_wrap=True, highlight=False)
    worlds = ", ".join(world.name for world in serving.runtime.worlds)
    console.print(
        Text.assemble(("falsefront", "bold"), f" serves the worlds {worlds} at ", (serving.endpoints.url, "cyan"))
    )
    console.print()
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    for name, url in found.urls.items():
        table.add_row(Text(name, "bold"), Text(url, "cyan", no_wrap=True, overflow="ignore"))
    if found.postgres:
        table.add_row(Text("postgres", "bold"), Text(found.postgres, "cyan", no_wrap=True, overflow="ignore"))
    control = f"{serving.control_url}/_falsefront" + (" (with the token)" if token else "")
    table.add_row(Text("control plane", "bold"), Text(control, "cyan", no_wrap=True, overflow="ignore"))
    console.print(table)
    console.print()
    console.print("For unmodified clients of the world 'default':", style="dim")
    for name, value in found.environment.items():
        console.print(Text(f"export {name}={shlex.quote(value)}"))
    console.print()
    console.print("Another world is at /w/<world>/… and in the database postgres@<world>.", style="dim")
    console.print("'falsefront env --kubeconfig' and '--mcp' print the other files; Ctrl-C stops.", style="dim")
