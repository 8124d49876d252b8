"""What a tool answers."""

from __future__ import annotations

from typing import Any


def text_answer(text: str) -> dict[str, Any]:
    """A result that is a text, as content and as structured content."""
    return {"content": [{"type": "text", "text": text}], "structuredContent": {"content": text}}


def shown_name(name: str) -> str:
    """A name as JavaScript has it: bytes that are not UTF-8 become U+FFFD."""
    return name if name.isascii() else name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
