"""Expressions and queries as the catalogue writes them down."""

from __future__ import annotations

from typing import Any


def expression_text(node: Any) -> str:
    """An expression's SQL text."""
    from postgast import deparse
    from postgast import pg_query_pb2 as pb

    tree = pb.ParseResult(version=180004)
    statement = tree.stmts.add().stmt.select_stmt
    statement.target_list.add().res_target.val.CopyFrom(node)
    statement.limit_option = pb.LIMIT_OPTION_DEFAULT
    statement.op = pb.SETOP_NONE
    return str(deparse(tree)).removeprefix("SELECT ").strip()


def query_text(node: Any) -> str:
    """A query's SQL text."""
    from postgast import deparse
    from postgast import pg_query_pb2 as pb

    tree = pb.ParseResult(version=180004)
    tree.stmts.add().stmt.select_stmt.CopyFrom(node)
    return str(deparse(tree)).strip()
