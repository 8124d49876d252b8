"""What the reference filesystem server answered once, and we answer still."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from falsefront.emulators.filesystem.tools.catalogue import TOOLS
from tests.clients.filesystem_pair import Ours, Tally, undescribed

RECORDED = json.loads(gzip.decompress((Path(__file__).parent / "golden.json.gz").read_bytes()))


@pytest.mark.parametrize("place", range(len(RECORDED["worlds"])))
def test_recorded_calls_are_answered_as_then(place: int) -> None:
    world: dict[str, Any] = RECORDED["worlds"][place]
    ours = Ours(world["fixture"])
    tally = Tally()
    for name, arguments, answer in world["calls"]:
        tally.compare(place, name, arguments, answer, ours.call(name, arguments))
    assert not tally.different, tally.different[:3]


def test_tools_are_described_as_then() -> None:
    ours = [undescribed(dict(tool.definition)) for tool in TOOLS.values()]
    assert json.dumps(ours) == json.dumps(RECORDED["tools"])
