"""The only module that knows which binding of libpg_query is used."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ..errors import SqlError, too_deep


@dataclass(frozen=True, slots=True)
class Statement:
    """One parsed statement: its kind (``select_stmt``), its node, and where it stands in the query string."""

    kind: str
    node: Any
    sql: str
    start: int
    text: str


def unwrap(node: Any) -> tuple[str, Any]:
    """The kind of a node and what it holds; ``("", None)`` for an absent one."""
    kind = node.WhichOneof("node")
    return (kind, getattr(node, kind)) if kind else ("", None)


def kind_of(node: Any) -> str:
    """The kind of a node; empty for an absent one."""
    return node.WhichOneof("node") or ""


def names_of(nodes: Any) -> list[str]:
    """The strings in a list of String nodes."""
    return [node.string.sval for node in nodes]


@lru_cache(maxsize=512)
def parse(sql: str) -> tuple[Statement, ...]:
    """The statements of a query string. Raises 42601 with PostgreSQL's own text and position."""
    import postgast
    from google.protobuf.message import DecodeError  # type: ignore[import-untyped, unused-ignore]

    _allow_deep_trees()
    try:
        tree = postgast.parse(sql)
    except DecodeError:
        raise too_deep() from None
    except postgast.PgQueryError as error:
        placed = error.cursorpos > 0 and not error.message.startswith("WITH TIES")
        position = str(error.cursorpos) if placed else None
        raise SqlError(_sqlstate(error.message), error.message, position=position) from None
    data = sql.encode()
    found: list[Statement] = []
    for raw in tree.stmts:
        kind, node = unwrap(raw.stmt)
        end = raw.stmt_location + raw.stmt_len if raw.stmt_len else len(data)
        found.append(Statement(kind, node, sql, raw.stmt_location, data[raw.stmt_location : end].decode().strip()))
    return tuple(found)


@lru_cache(maxsize=1)
def _allow_deep_trees() -> None:
    """Let protobuf read trees deeper than 100 messages: a sum of forty terms is one."""
    from google.protobuf.internal import api_implementation  # type: ignore[import-untyped, unused-ignore]

    if api_implementation.Type() == "upb":
        from google._upb import _message  # type: ignore[import-untyped, attr-defined, unused-ignore]

        _message.SetAllowOversizeProtos(True)


def _sqlstate(message: str) -> str:
    if "is not supported" in message or "not implemented" in message:
        return "0A000"
    return "42601"
