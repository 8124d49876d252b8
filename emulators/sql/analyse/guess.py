"""How far apart two names are, for PostgreSQL's hints."""

from __future__ import annotations


def distance(a: str, b: str) -> int:
    """Levenshtein's distance."""
    if abs(len(a) - len(b)) > 3:
        return 99
    previous = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        current = [i]
        for j, y in enumerate(b, 1):
            current.append(min(previous[j] + 1, current[-1] + 1, previous[j - 1] + (x != y)))
        previous = current
    return previous[-1]
