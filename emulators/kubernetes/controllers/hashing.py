"""The hash that tells the pods of one template from those of another."""

from __future__ import annotations

from typing import Any, Final

import orjson

_LETTERS: Final = "bcdfghjklmnpqrstvwxz2456789"


def template_hash(template: Any, collisions: int = 0) -> str:
    """Eight to ten letters that follow from a pod template (FNV-32a, written as the real controllers write it)."""
    data = orjson.dumps(template, option=orjson.OPT_SORT_KEYS) + (b"%d" % collisions if collisions else b"")
    number = 2166136261
    for byte in data:
        number = ((number ^ byte) * 16777619) & 0xFFFFFFFF
    return "".join(_LETTERS[ord(digit) % len(_LETTERS)] for digit in str(number))
