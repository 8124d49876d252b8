"""Catalogues captured from real servers, as part of a world: ``initialize`` and ``tools/list``, word for word.

A fixture's section for an emulator holds one under ``catalogue``, as ``falsefront capture mcp`` writes it::

    {"initialize": "<result as JSON text>", "tools/list": ["<result of page 1>", "…"]}

The answers are kept as text, because a parsed and re-written document need not have the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

from falsefront.kernel.operation import Failure, FailureKind
from falsefront.kernel.state import State, TableSpec

from .message import Raw, dump, parse

SERVER_INFO_KEY: Final = "io.modelcontextprotocol/serverInfo"
CATALOGUES: Final = TableSpec("mcp.catalogues")
"""By emulator. An emulator that serves catalogues names this table among its own."""


def read_catalogue(data: Any) -> Any:
    """A catalogue as it was captured, or the text of its file. Raises ``Failure`` (invalid)."""
    if not isinstance(data, str):
        return data
    try:
        return parse(data.encode())
    except ValueError:
        raise _invalid("its text is not JSON") from None


def seed_catalogue(state: State, emulator: str, data: Any) -> None:
    """Let a world's emulator serve a captured catalogue. Raises ``Failure`` (invalid)."""
    data = read_catalogue(data)
    if not isinstance(data, Mapping) or not isinstance(data.get("tools/list"), Sequence):
        raise _invalid("it has no 'tools/list'")
    pages = [_result(page, "tools/list") for page in data["tools/list"]]
    names: list[str] = []
    for page in pages:
        tools = page.get("tools")
        if not isinstance(tools, list):
            raise _invalid("a 'tools/list' page has no 'tools'")
        names += [str(tool.get("name")) for tool in tools if isinstance(tool, dict)]
    document: dict[str, Any] = {"tools/list": list(data["tools/list"]), "names": names}
    for method in ("initialize", "server/discover"):
        if data.get(method) is not None:
            _result(data[method], method)
            document[method] = data[method]
    state.table(CATALOGUES).put(emulator, document)


def _result(text: Any, method: str) -> dict[str, Any]:
    try:
        value = parse(text.encode()) if isinstance(text, str) else None
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise _invalid(f"{method!r} is not the text of a JSON object")
    return value


def _invalid(why: str) -> Failure:
    return Failure(FailureKind.INVALID, f"this is not a captured MCP catalogue: {why}")


def find_catalogue(state: State, emulator: str) -> Mapping[str, Any] | None:
    """The catalogue a world's emulator serves in place of its own, if it has one."""
    found: Mapping[str, Any] | None = state.table(CATALOGUES).get(emulator)
    return found


def introduction(catalogue: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """What a captured server says of itself: ``capabilities``, ``serverInfo``, ``instructions``, whatever its era."""
    if catalogue is None:
        return None
    if "initialize" in catalogue:
        result: Mapping[str, Any] = parse(catalogue["initialize"].encode())
        return result
    if "server/discover" not in catalogue:
        return None
    found = parse(catalogue["server/discover"].encode())
    info = (found.get("_meta") or {}).get(SERVER_INFO_KEY) or {"name": "", "version": ""}
    instructions = {"instructions": found["instructions"]} if "instructions" in found else {}
    return {"capabilities": found.get("capabilities", {}), "serverInfo": info, **instructions}


def initialized(catalogue: Mapping[str, Any], version: str) -> Any:
    """The captured answer to ``initialize``; only the protocol version follows what the client asked for."""
    text: str | None = catalogue.get("initialize")
    if text is None:
        found = introduction(catalogue)
        return found and {"protocolVersion": version, **found}
    result = parse(text.encode())
    if result.get("protocolVersion") == version:
        return verbatim(text)
    return {**result, "protocolVersion": version}


def page_after(catalogue: Mapping[str, Any], cursor: Any) -> Any:
    """The captured page of ``tools/list`` that a cursor leads to. Raises ``Failure`` (invalid) for an unknown one."""
    pages: Sequence[str] = catalogue["tools/list"]
    if cursor is None:
        return verbatim(pages[0]) if pages else {"tools": []}
    for page, following in pairwise(pages):
        if parse(page.encode()).get("nextCursor") == cursor:
            return verbatim(following)
    raise Failure(FailureKind.INVALID, "Invalid cursor", native={"code": -32602})


def verbatim(text: str) -> Any:
    """A value that ``dump`` writes as this very text: plain where JSON allows, so that faults can change it."""
    data = text.encode()
    value = parse(data)
    return value if dump(value) == data else Raw(data)
