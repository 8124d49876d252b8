"""The control plane's routes, one module per noun."""

from __future__ import annotations

from typing import Final

from ..route import Route
from . import clock, expect, faults, health, journal, marks, state, transfer, worlds

ROUTES: Final[tuple[Route, ...]] = (
    *health.ROUTES,
    *worlds.ROUTES,
    *marks.ROUTES,
    *state.ROUTES,
    *faults.ROUTES,
    *journal.ROUTES,
    *expect.ROUTES,
    *clock.ROUTES,
    *transfer.ROUTES,
)
"""Every route, in the order of the OpenAPI document."""

__all__ = ["ROUTES"]
