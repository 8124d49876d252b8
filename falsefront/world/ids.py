"""Identifiers and dice: streams derived from a world's seed, one per purpose, whose counters are state."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import Final
from uuid import UUID

ALPHANUMERIC: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def stream(seed: int, purpose: str, count: int, length: int) -> bytes:
    """``length`` bytes that depend on nothing else: the same on any machine, in any process."""
    head = f"{seed}\0{purpose}\0{count}".encode()
    data = sha256(head).digest()
    block = 0
    while len(data) < length:
        block += 1
        data += sha256(head + b"\0%d" % block).digest()
    return data[:length]


class Ids:
    """The streams of one open transaction; ``tick`` gives a purpose's next counter."""

    __slots__ = ("_seed", "_tick")

    def __init__(self, seed: int, tick: Callable[[str], int]) -> None:
        self._seed = seed
        self._tick = tick

    def counter(self, purpose: str) -> int:
        """The next whole number of this purpose: 1, 2, 3, …"""
        return self._tick(purpose)

    def bytes(self, purpose: str, length: int) -> bytes:
        """``length`` random bytes."""
        return stream(self._seed, purpose, self._tick(purpose), length)

    def token(self, purpose: str, length: int, alphabet: str = ALPHANUMERIC) -> str:
        """``length`` random characters of ``alphabet``."""
        number = int.from_bytes(self.bytes(purpose, length + 8), "big")
        size = len(alphabet)
        letters: list[str] = []
        for _ in range(length):
            number, letter = divmod(number, size)
            letters.append(alphabet[letter])
        return "".join(letters)

    def uuid(self, purpose: str) -> str:
        """A random (version 4) UUID."""
        return str(UUID(bytes=self.bytes(purpose, 16), version=4))

    def random(self, purpose: str) -> float:
        """A number in [0, 1)."""
        return int.from_bytes(self.bytes(purpose, 7), "big") / (1 << 56)
