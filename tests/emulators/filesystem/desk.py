"""A world of files for one test."""

from __future__ import annotations

from typing import Any

from falsefront.kernel.operation import Operation
from tests.clients.filesystem_pair import Ours


class Desk(Ours):
    """Tools by name, on files that the test gives."""

    def __init__(self, files: dict[str, Any] | None = None, **section: Any) -> None:
        super().__init__({"files": files or {}, **section})

    def __getattr__(self, tool: str) -> Any:
        def call(**arguments: Any) -> str:
            answer = self.call(tool, arguments)
            text: str = answer["content"][0]["text"]
            return f"! {text}" if answer.get("isError") else text

        return call

    def op(self, name: str, **arguments: Any) -> Operation:
        """A call, as the chain sees it."""
        return Operation("filesystem", name, arguments)
