"""Expressions stored as SQL: defaults, checks, generated columns, index expressions, domain checks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..analyse.analyser import Analyser
from ..analyse.coerce import ASSIGNMENT
from ..analyse.expr import analyse, as_boolean
from ..analyse.nodes import Column, Expr, Held, Query
from ..analyse.scope import Named, Scope
from ..catalog.model import Relation
from ..errors import SqlError
from ..execute.compile import Compiler
from ..execute.run import Frame, Run
from ..syntax import parse


def expression_node(text: str) -> Any:
    """The parse node of an expression's SQL text."""
    return parse(f"SELECT {text}")[0].node.target_list[0].res_target.val


def table_scope(relation: Relation, clause: str = "") -> Scope:
    """A scope in which a table's columns are visible, at the places they have in its rows."""
    scope = Scope(Query(), clause=clause)
    columns: list[tuple[str, Expr]] = [
        (c.name, Column(c.type, typmod=c.typmod, index=c.attnum - 1, name=c.name, table=relation.oid, attnum=c.attnum))
        for c in relation.columns
        if not c.dropped
    ]
    scope.tables.append(Named(relation.name, columns))
    scope.columns = columns
    scope.query.width = len(relation.columns)
    return scope


def analyser_of(run: Run) -> Analyser:
    """An analyser for stored SQL."""
    return Analyser(run.catalog, run.session, run.style)


def compiler_of(run: Run) -> Compiler:
    """A compiler for expressions over a table's row."""
    return Compiler(run, [Frame()])


def row_expression(run: Run, relation: Relation, text: str, clause: str = "") -> tuple[Expr, Callable[[Any], Any]]:
    """A stored expression over a table's rows: its typed form and its closure."""
    an = analyser_of(run)
    expr = analyse(an, expression_node(text), table_scope(relation, clause))
    return expr, compiler_of(run).compile(expr)


def condition(run: Run, relation: Relation, text: str, clause: str = "check") -> Callable[[Any], Any]:
    """A stored condition over a table's rows."""
    an = analyser_of(run)
    expr = as_boolean(an, analyse(an, expression_node(text), table_scope(relation, clause)), "CHECK")
    return compiler_of(run).compile(expr)


def column_value(run: Run, relation: Relation, column: Any, text: str, clause: str) -> Callable[[Any], Any]:
    """A stored expression converted for a column."""
    an = analyser_of(run)
    expr = analyse(an, expression_node(text), table_scope(relation, clause))
    return compiler_of(run).compile(assigned(an, expr, column))


def assigned(an: Analyser, expr: Expr, column: Any) -> Expr:
    """An expression as a column takes it. Raises 42804."""
    done = an.coercer.to(expr, column.type, ASSIGNMENT, column.typmod)
    if done is None:
        raise SqlError(
            "42804",
            f'column "{column.name}" is of type {an.find(column.type).sql} but expression is of type {an.find(expr.type).sql}',
            hint="You will need to rewrite or cast the expression.", location=expr.location,
        )  # fmt: skip
    return done


def domain_checks(run: Run, type_: Any) -> list[tuple[str, Callable[[Any], Any]]]:
    """A domain's checks as closures over the value."""
    cache: dict[int, Any] = run.session.domain_cache
    found = cache.get(id(type_))
    if found is not None and found[0] is type_:
        return found[1]  # type: ignore[no-any-return]
    made: list[tuple[str, Callable[[Any], Any]]] = []
    for name, text in type_.checks:
        holder: list[Any] = [None]
        an = analyser_of(run)
        scope = Scope(Query(), clause="check")
        scope.columns = [("value", Held(type_.base, typmod=type_.base_typmod, holder=holder))]
        closure = compiler_of(run).compile(as_boolean(an, analyse(an, expression_node(text), scope), "CHECK"))

        def check(value: Any, holder: list[Any] = holder, closure: Any = closure) -> Any:
            holder[0] = value
            return closure(())

        made.append((name, check))
    cache[id(type_)] = (type_, made)
    return made
