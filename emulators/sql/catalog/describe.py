"""Definitions as pg_get_indexdef and pg_get_constraintdef write them."""

from __future__ import annotations

from typing import Any

from ..functions.strings import quote_ident
from .model import Constraint, Relation

_ACTIONS = {"r": "RESTRICT", "c": "CASCADE", "n": "SET NULL", "d": "SET DEFAULT"}


def index_columns(table: Relation, index: Relation) -> list[str]:
    """An index's columns and expressions."""
    texts = iter(index.exprs)
    return [quote_ident(table.columns[key - 1].name) if key else _wrapped(next(texts)) for key in index.keys]


def _wrapped(text: str) -> str:
    return text if text.endswith(")") and text.split("(", 1)[0].isidentifier() else f"(({text}))"


def index_column(context: Any, index: Relation, column: int) -> str | None:
    """One column of an index; empty beyond the last."""
    table = context.catalog.by_oid(index.table)
    names = index_columns(table, index) + [quote_ident(n) for n in table.names(index.included)]
    return names[column - 1] if column <= len(names) else ""


def index_definition(context: Any, index: Relation) -> str:
    """CREATE INDEX, as PostgreSQL writes it."""
    table = context.catalog.by_oid(index.table)
    parts: list[str] = []
    for n, name in enumerate(index_columns(table, index)):
        option = index.options[n] if n < len(index.options) else 0
        down, first = option & 1, option & 2
        suffix = (" DESC" if down else "") + (
            " NULLS FIRST" if first and not down else " NULLS LAST" if down and not first else ""
        )
        parts.append(name + suffix)
    unique = "UNIQUE " if index.unique else ""
    text = f"CREATE {unique}INDEX {quote_ident(index.name)} ON {quote_ident(table.schema)}.{quote_ident(table.name)} USING {index.method} ({', '.join(parts)})"
    if index.included:
        text += f" INCLUDE ({', '.join(quote_ident(n) for n in table.names(index.included))})"
    if index.nulls_equal:
        text += " NULLS NOT DISTINCT"
    return text + (f" WHERE ({index.where})" if index.where else "")


def constraint_by_oid(catalog: Any, oid: int) -> tuple[Relation, Constraint] | None:
    """A constraint and its table."""
    for relation in catalog.relations():
        for constraint in relation.constraints:
            if constraint.oid == oid:
                return relation, constraint
    return None


def constraint_definition(context: Any, relation: Relation, constraint: Constraint) -> str:
    """A constraint, as PostgreSQL writes it."""
    names = ", ".join(quote_ident(n) for n in relation.names(constraint.columns))
    match constraint.kind:
        case "p":
            text = f"PRIMARY KEY ({names})"
        case "u":
            index = context.catalog.by_oid(constraint.index)
            text = f"UNIQUE{' NULLS NOT DISTINCT' if index and index.nulls_equal else ''} ({names})"
        case "c":
            text = f"CHECK (({constraint.expr}))"
        case _:
            parent = context.catalog.by_oid(constraint.target)
            from .registered import name_of

            shown = name_of(context, 2205, constraint.target)
            text = f"FOREIGN KEY ({names}) REFERENCES {shown}({', '.join(quote_ident(n) for n in parent.names(constraint.target_columns))})"
            text += " MATCH FULL" if constraint.match == "f" else ""
            for word, action in (("UPDATE", constraint.on_update), ("DELETE", constraint.on_delete)):
                text += f" ON {word} {_ACTIONS[action]}" if action in _ACTIONS else ""
    if constraint.deferrable:
        text += " DEFERRABLE" + (" INITIALLY DEFERRED" if constraint.deferred else "")
    return text + ("" if constraint.validated else " NOT VALID")
