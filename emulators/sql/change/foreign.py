"""Foreign keys: rows must point at something, and what they point at takes them along."""

from __future__ import annotations

from typing import Any

from ..catalog.model import Constraint, Relation
from ..errors import SqlError
from ..types.compare import key_of
from ..types.text import show, to_stored
from .checks import column_value


def follow(pending: Any, kind: str, relation: Relation, old: Any, new: Any) -> None:
    """Check and do what one changed row asks for."""
    run = pending.run
    if new is not None:
        for constraint in relation.constraints:
            if constraint.kind == "f" and (kind == "insert" or _differs(run, relation, constraint.columns, old, new)):
                if run.session.defer(constraint):
                    run.session.deferred.append((relation.oid, constraint.oid, new[-1]))
                else:
                    check_child(run, relation, constraint, new)
    if old is not None:
        for child, constraint in run.catalog.referencing(relation.oid):
            if kind == "delete" or _differs(run, relation, constraint.target_columns, old, new):
                _parent_changed(pending, relation, child, constraint, old, new)


def _differs(run: Any, relation: Relation, columns: tuple[int, ...], old: Any, new: Any) -> bool:
    for attnum in columns:
        a, b = old[attnum - 1], new[attnum - 1]
        key = key_of(run.find(relation.columns[attnum - 1].type), run.find)
        if (a is None) != (b is None) or (a is not None and (key(a) != key(b) if key else a != b)):
            return True
    return False


def _text(run: Any, relation: Relation, columns: tuple[int, ...], row: Any) -> str:
    return ", ".join(
        "null" if row[a - 1] is None else show(row[a - 1], run.find(relation.columns[a - 1].type), run.find, run.style)
        for a in columns
    )


def check_child(run: Any, relation: Relation, constraint: Constraint, row: Any) -> None:
    """Raises 23503 where a row points at nothing."""
    values = [row[attnum - 1] for attnum in constraint.columns]
    if None in values:
        if constraint.match == "f" and any(v is not None for v in values):
            raise SqlError(
                "23503", f'insert or update on table "{relation.name}" violates foreign key constraint "{constraint.name}"',
                detail="MATCH FULL does not allow mixing of null and nonnull key values.",
                schema=relation.schema, table=relation.name, constraint=constraint.name,
            )  # fmt: skip
        return
    parent = run.catalog.by_oid(constraint.target)
    if not find_rows(run, parent, constraint.target_columns, values):
        raise SqlError(
            "23503", f'insert or update on table "{relation.name}" violates foreign key constraint "{constraint.name}"',
            detail=f"Key ({', '.join(relation.names(constraint.columns))})=({_text(run, relation, constraint.columns, row)}) "
            f'is not present in table "{parent.name}".',
            schema=relation.schema, table=relation.name, constraint=constraint.name,
        )  # fmt: skip


def find_rows(run: Any, relation: Relation, columns: tuple[int, ...], values: list[Any]) -> list[Any]:
    """The rows that have these values in these columns."""
    access = run.table(relation)
    for index in access.unique_indexes():
        if index.where is None and sorted(index.keys) == sorted(columns):
            by_column = dict(zip(columns, values, strict=True))
            key = tuple(to_stored(by_column[a], run.find(relation.columns[a - 1].type), run.find) for a in index.keys)
            return access.lookup(index, key)  # type: ignore[no-any-return]
    keys = [key_of(run.find(relation.columns[a - 1].type), run.find) for a in columns]
    wanted = [k(v) if k else v for k, v in zip(keys, values, strict=True)]
    found: list[Any] = []
    for row in access.rows():
        have = [row[a - 1] for a in columns]
        if None not in have and [k(v) if k else v for k, v in zip(keys, have, strict=True)] == wanted:
            found.append(row)
    return found


def _parent_changed(
    pending: Any, parent: Relation, child: Relation, constraint: Constraint, old: Any, new: Any
) -> None:
    run = pending.run
    values = [old[attnum - 1] for attnum in constraint.target_columns]
    if None in values:
        return
    action = constraint.on_delete if new is None else constraint.on_update
    children = find_rows(run, child, constraint.columns, values)
    if not children:
        return
    if action in ("a", "r"):
        # Another row may have taken the key over in the meantime.
        if action == "a" and find_rows(run, parent, constraint.target_columns, values):
            return
        if action == "a" and run.session.defer(constraint):
            run.session.deferred += [(child.oid, constraint.oid, row[-1]) for row in children]
            return
        raise SqlError(
            "23503",
            f'update or delete on table "{parent.name}" violates foreign key constraint "{constraint.name}" on table "{child.name}"',
            detail=f"Key ({', '.join(parent.names(constraint.target_columns))})=({_text(run, parent, constraint.target_columns, old)}) "
            f'is still referenced from table "{child.name}".',
            schema=child.schema, table=child.name, constraint=constraint.name,
        )  # fmt: skip
    writer = pending.writer(child)
    for row in children:
        if action == "c" and new is None:
            writer.delete(row)
            continue
        changed = list(row[:-1])
        for attnum, target in zip(constraint.columns, constraint.target_columns, strict=True):
            if action == "c" and new is not None:
                changed[attnum - 1] = new[target - 1]
            elif constraint.set_columns and attnum not in constraint.set_columns:
                continue
            elif action == "n":
                changed[attnum - 1] = None
            else:
                column = child.columns[attnum - 1]
                changed[attnum - 1] = (
                    None if column.default is None else column_value(run, child, column, column.default, "default")(())
                )
        writer.update(row, changed)


def check_deferred(run: Any) -> None:
    """Check at commit what was put off. Raises 23503."""
    for table, oid, rid in run.session.deferred:
        relation = run.catalog.by_oid(table)
        constraint = next((c for c in relation.constraints if c.oid == oid), None) if relation else None
        if relation is None or constraint is None:
            continue
        access = run.table(relation)
        if rid in access.view:
            check_child(run, relation, constraint, access.decode(rid, access.view[rid]))
    run.session.deferred = []
