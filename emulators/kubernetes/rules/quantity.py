"""Amounts of resources: ``500m``, ``1Gi``, ``2``."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any, Final

_FORM: Final = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(?:([eE])([+-]?\d+)|([numkMGTPE]|[KMGTPE]i)?)")
_SUFFIXES: Final = {
    "n": Fraction(1, 10**9),
    "u": Fraction(1, 10**6),
    "m": Fraction(1, 1000),
    "k": Fraction(10**3),
    "M": Fraction(10**6),
    "G": Fraction(10**9),
    "T": Fraction(10**12),
    "P": Fraction(10**15),
    "E": Fraction(10**18),
    "Ki": Fraction(1 << 10),
    "Mi": Fraction(1 << 20),
    "Gi": Fraction(1 << 30),
    "Ti": Fraction(1 << 40),
    "Pi": Fraction(1 << 50),
    "Ei": Fraction(1 << 60),
}


def parse(text: Any) -> Fraction:
    """An amount as an exact number. Raises ``ValueError``."""
    found = _FORM.fullmatch(str(text))
    if found is None:
        raise ValueError(f"{text!r} is not a quantity")
    number, exponent, power, suffix = found.groups()
    value = Fraction(number)
    if exponent:
        if abs(int(power)) > 60:
            raise ValueError(f"{text!r} is out of range")
        return value * Fraction(10) ** int(power)
    return value * _SUFFIXES[suffix] if suffix else value
