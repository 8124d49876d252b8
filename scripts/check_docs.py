"""Checks what the docs promise: every operation, effect, toxic and failure is named, every link leads somewhere."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from falsefront.control_plane.registry import BUILT_IN, load
from falsefront.faults.effects import EFFECTS
from falsefront.kernel.operation import FailureKind
from falsefront.wire.toxics import TOXICS

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")


def unnamed(page: Path, names: Iterator[str] | list[str]) -> Iterator[str]:
    """Names that a page does not have in code style; a prefix such as ``customers.*`` names its family."""
    text = page.read_text() if page.exists() else ""
    for name in names:
        families = {name, *(f"{name[: dot.start()]}.*" for dot in re.finditer(r"\.", name))}
        if not any(f"`{family}`" in text for family in families):
            yield f"{page.relative_to(ROOT)} does not name `{name}`"


def dead_links(page: Path) -> Iterator[str]:
    """Relative links of a page that lead nowhere."""
    for target in LINK.findall(page.read_text()):
        if "://" not in target and not (page.parent / target).exists():
            yield f"{page.relative_to(ROOT)} links to {target}, which is not there"


def problems() -> Iterator[str]:
    """Everything that is not as promised."""
    for name in BUILT_IN:
        (emulator,) = load([name])
        yield from unnamed(DOCS / f"{name}.md", list(emulator.operations))
    yield from unnamed(DOCS / "faults.md", [*EFFECTS, *TOXICS, *FailureKind])
    for page in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *DOCS.rglob("*.md")]:
        yield from dead_links(page)
        if page.parent == DOCS and page.name != "index.md" and f"({page.name})" not in (DOCS / "index.md").read_text():
            yield f"docs/index.md does not link to {page.name}"
    length = len((ROOT / "README.md").read_text().splitlines())
    if length > 150:
        yield f"README.md has {length} lines; 150 are enough"


if __name__ == "__main__":
    found = list(problems())
    print("\n".join(found) or "The docs keep their promises.")
    sys.exit(bool(found))
