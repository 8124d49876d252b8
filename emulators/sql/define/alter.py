"""ALTER TABLE, RENAME and SET SCHEMA."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from ..analyse.analyser import Analyser
from ..analyse.expr import analyse
from ..analyse.nodes import Column
from ..catalog.model import ColumnDef, Relation
from ..change.checks import compiler_of, condition, table_scope
from ..change.foreign import check_child
from ..change.writer import Pending
from ..errors import SqlError, unsupported
from ..execute.run import Run
from ..syntax import names_of, unwrap
from ..types.text import to_stored
from .drop import drop_relations
from .objects import check_unique
from .tables import TableMaker, keep, notice

_OBJECTS: Final = {42: "TABLE", 52: "VIEW", 24: "MATERIALIZED VIEW", 21: "INDEX", 38: "SEQUENCE"}


def alter_table(run: Run, node: Any) -> str:
    """ALTER TABLE: its commands in the order PostgreSQL gives them: drops, types, columns, constraints."""
    an = Analyser(run.catalog, run.session, run.style)
    tag = f"ALTER {_OBJECTS.get(node.objtype, 'TABLE')}"
    found = an.lookup(node.relation.schemaname or None, node.relation.relname)
    if found is None and node.missing_ok:
        notice(run, f'relation "{node.relation.relname}" does not exist, skipping', "42P01")
        return tag
    relation = an.relation(node.relation)
    commands = [listed.alter_table_cmd for listed in node.cmds]
    order = {14: 0, 23: 0, 25: 1, 1: 2}
    for command in sorted(commands, key=lambda c: order.get(c.subtype, 3)):
        handler = _COMMANDS.get(command.subtype)
        if handler is None:
            raise unsupported("this form of ALTER TABLE")
        current = run.catalog.by_oid(relation.oid)
        assert current is not None
        if current.kind not in "r" and command.subtype not in (27, 3):
            raise unsupported(f"ALTER {_OBJECTS.get(node.objtype, 'TABLE')} of this form")
        handler(run, current, command)
        run.forget_tables()
    return tag


def _existing(relation: Relation, name: str) -> ColumnDef:
    column = relation.column(name)
    if column is None:
        raise SqlError("42703", f'column "{name}" of relation "{relation.name}" does not exist')
    return column


def _with(relation: Relation, column: ColumnDef) -> Relation:
    return replace(relation, columns=tuple(column if c.attnum == column.attnum else c for c in relation.columns))


def _maker(run: Run, relation: Relation) -> TableMaker:
    return TableMaker(run, relation.schema, relation.name, relation)


def _finish(run: Run, maker: TableMaker, relation: Relation) -> Relation:
    made = replace(relation, columns=tuple(maker.columns), constraints=tuple(maker.constraints))
    keep(run, maker, made)
    return made


def _add_column(run: Run, relation: Relation, node: Any) -> None:
    definition = getattr(node, "def").column_def
    if relation.column(definition.colname) is not None:
        if node.missing_ok:
            notice(
                run, f'column "{definition.colname}" of relation "{relation.name}" already exists, skipping', "42701"
            )
            return
        raise SqlError("42701", f'column "{definition.colname}" of relation "{relation.name}" already exists')
    maker = _maker(run, relation)
    before = len(maker.constraints)
    column = maker.column(definition)
    maker.settle_late()
    column = maker.columns[column.attnum - 1]
    for sequence in maker.sequences:
        run.catalog.put(sequence)
    # Rows that are there already read the default from the catalogue, unless it differs from row to row.
    an = maker.an
    volatile = bool(column.identity) or (
        column.default is not None and any(w in column.default for w in ("nextval", "random", "uuid"))
    )
    if column.default is not None and not volatile:
        value = _value(run, an, relation, column)
        column = replace(column, missing=to_stored(value, run.find(column.type), run.find))
        maker.columns[column.attnum - 1] = column
    made = _finish(run, maker, relation)
    if volatile or column.generated:
        _fill(run, made, column)
    if column.not_null and column.missing is None and not volatile and not column.generated and len(run.table(made)):
        raise SqlError(
            "23502", f'column "{column.name}" of relation "{relation.name}" contains null values',
            schema=relation.schema, table=relation.name, column=column.name,
        )  # fmt: skip
    for constraint in maker.constraints[before:]:
        _validate(run, made, constraint)


def _value(run: Run, an: Analyser, relation: Relation, column: ColumnDef) -> Any:
    from ..change.checks import column_value

    assert column.default is not None
    return column_value(run, relation, column, column.default, "default")(())


def _fill(run: Run, relation: Relation, column: ColumnDef) -> None:
    from ..change.statement import defaults

    value = defaults(run, relation)
    access = run.table(relation)
    writer = Pending(run).writer(relation)
    for row in list(access.rows()):
        values = list(row[:-1])
        if column.generated:
            writer.complete(values)
        else:
            values[column.attnum - 1] = value(column)
        access.view.put(row[-1], writer.stored(values))


def _validate(run: Run, relation: Relation, constraint: Any) -> None:
    """Check a new constraint against the rows that are there."""
    access = run.table(relation)
    if constraint.kind == "c":
        test = condition(run, relation, constraint.expr)
        for row in access.rows():
            if test(row) is False:
                raise SqlError(
                    "23514", f'check constraint "{constraint.name}" of relation "{relation.name}" is violated by some row',
                    schema=relation.schema, table=relation.name, constraint=constraint.name,
                )  # fmt: skip
    elif constraint.kind in "pu":
        index = run.catalog.by_oid(constraint.index)
        if constraint.kind == "p":
            _check_nulls(run, relation, [relation.columns[a - 1] for a in constraint.columns])
        if index is not None:
            check_unique(run, relation, index)
    elif constraint.kind == "f":
        for row in access.rows():
            check_child(run, relation, constraint, row)


def _check_nulls(run: Run, relation: Relation, columns: list[ColumnDef]) -> None:
    for row in run.table(relation).rows():
        for column in columns:
            if row[column.attnum - 1] is None:
                raise SqlError(
                    "23502", f'column "{column.name}" of relation "{relation.name}" contains null values',
                    schema=relation.schema, table=relation.name, column=column.name,
                )  # fmt: skip


def _drop_column(run: Run, relation: Relation, node: Any) -> None:
    column = relation.column(node.name)
    if column is None:
        if node.missing_ok:
            notice(run, f'column "{node.name}" of relation "{relation.name}" does not exist, skipping')
            return
        raise _existing_error(relation, node.name)
    cascade = node.behavior == 2
    gone = [c for c in relation.constraints if column.attnum in c.columns]
    indexes = [i for i in run.catalog.indexes(relation.oid) if column.attnum in i.keys or column.attnum in i.included]
    dependents = [
        f"constraint {c.name} on table {child.name} depends on column {column.name} of table {relation.name}"
        for child, c in run.catalog.referencing(relation.oid)
        if column.attnum in c.target_columns and child.oid != relation.oid
    ]
    from .drop import _views_on

    views = [v for v in _views_on(run, [relation]) if _mentions_column(run, v, relation, column)]
    dependents += [f"view {v.name} depends on column {column.name} of table {relation.name}" for v in views]
    if dependents and not cascade:
        raise SqlError(
            "2BP01", f"cannot drop column {column.name} of table {relation.name} because other objects depend on it",
            detail="\n".join(dependents), hint="Use DROP ... CASCADE to drop the dependent objects too.",
        )  # fmt: skip
    for child, constraint in run.catalog.referencing(relation.oid):
        if column.attnum in constraint.target_columns and child.oid != relation.oid:
            run.catalog.put(replace(child, constraints=tuple(c for c in child.constraints if c.oid != constraint.oid)))
    if views:
        drop_relations(run, views, True)
    for index in indexes:
        run.catalog.remove(index)
    for sequence in list(run.catalog.relations()):
        if sequence.kind == "S" and sequence.owner == (relation.oid, column.attnum):
            run.catalog.remove(sequence)
    kept = tuple(c for c in relation.constraints if c not in gone)
    dropped = replace(
        column,
        dropped=True,
        not_null=False,
        default=None,
        generated=None,
        identity="",
        name=f"........pg.dropped.{column.attnum}........",
    )
    run.catalog.put(replace(_with(relation, dropped), constraints=kept))


def _mentions_column(run: Run, view: Relation, relation: Relation, column: ColumnDef) -> bool:
    from ..syntax import parse

    text = str(parse(view.definition)[0].node)
    return f'sval: "{column.name}"' in text or "a_star" in text


def _existing_error(relation: Relation, name: str) -> SqlError:
    return SqlError("42703", f'column "{name}" of relation "{relation.name}" does not exist')


def _default(run: Run, relation: Relation, node: Any) -> None:
    column = _existing(relation, node.name)
    definition = getattr(node, "def")
    if not node.HasField("def"):
        run.catalog.put(_with(relation, replace(column, default=None)))
        return
    if column.identity:
        raise SqlError("42601", f'column "{column.name}" of relation "{relation.name}" is an identity column')
    text = _maker(run, relation).default_text(definition, column)
    run.catalog.put(_with(relation, replace(column, default=text)))


def _set_not_null(run: Run, relation: Relation, node: Any) -> None:
    column = _existing(relation, node.name)
    _check_nulls(run, relation, [column])
    run.catalog.put(_with(relation, replace(column, not_null=True)))


def _drop_not_null(run: Run, relation: Relation, node: Any) -> None:
    column = _existing(relation, node.name)
    if any(c.kind == "p" and column.attnum in c.columns for c in relation.constraints):
        raise SqlError("42P16", f'column "{column.name}" is in a primary key')
    if column.identity:
        raise SqlError("42601", f'column "{column.name}" of relation "{relation.name}" is an identity column')
    run.catalog.put(_with(relation, replace(column, not_null=False)))


def _add_constraint(run: Run, relation: Relation, node: Any) -> None:
    maker = _maker(run, relation)
    constraint = maker.constraint(getattr(node, "def").constraint)
    made = _finish(run, maker, relation)
    run.forget_tables()
    if constraint is not None and not getattr(node, "def").constraint.skip_validation:
        _validate(run, made, constraint)


def _drop_constraint(run: Run, relation: Relation, node: Any) -> None:
    found = next((c for c in relation.constraints if c.name == node.name), None)
    if found is None:
        if node.missing_ok:
            notice(run, f'constraint "{node.name}" of relation "{relation.name}" does not exist, skipping')
            return
        raise SqlError("42704", f'constraint "{node.name}" of relation "{relation.name}" does not exist')
    if found.kind in "pu":
        users = [
            (child, c)
            for child, c in run.catalog.referencing(relation.oid)
            if sorted(c.target_columns) == sorted(found.columns)
        ]
        if users and node.behavior != 2:
            index = run.catalog.by_oid(found.index)
            raise SqlError(
                "2BP01", f"cannot drop constraint {found.name} on table {relation.name} because other objects depend on it",
                detail="\n".join(f"constraint {c.name} on table {child.name} depends on index {index.name if index else ''}" for child, c in users),
                hint="Use DROP ... CASCADE to drop the dependent objects too.",
            )  # fmt: skip
        for child, constraint in users:
            run.catalog.put(replace(child, constraints=tuple(c for c in child.constraints if c.oid != constraint.oid)))
        index = run.catalog.by_oid(found.index)
        if index is not None:
            run.catalog.remove(index)
    current = run.catalog.by_oid(relation.oid)
    assert current is not None
    run.catalog.put(replace(current, constraints=tuple(c for c in current.constraints if c.oid != found.oid)))


def _type(run: Run, relation: Relation, node: Any) -> None:
    column = _existing(relation, node.name)
    definition = getattr(node, "def").column_def
    an = Analyser(run.catalog, run.session, run.style)
    oid, typmod = an.type_of(definition.type_name)
    from .drop import _views_on

    for view in _views_on(run, [relation]):
        if _mentions_column(run, view, relation, column):
            raise SqlError(
                "0A000", "cannot alter type of a column used by a view or rule",
                detail=f"rule _RETURN on view {view.name} depends on column \"{column.name}\"",
            )  # fmt: skip
    scope = table_scope(relation)
    using = definition.HasField("raw_default")
    expr = (
        analyse(an, definition.raw_default, scope)
        if using
        else Column(column.type, typmod=column.typmod, index=column.attnum - 1, name=column.name)
    )
    done = an.coercer.to(expr, oid, "a", typmod)
    shown = run.find(oid).sql
    if done is None:
        if using:
            raise SqlError(
                "42804",
                f'result of USING clause for column "{column.name}" cannot be cast automatically to type {shown}',
                hint="You might need to add an explicit cast.",
            )
        raise SqlError(
            "42804", f'column "{column.name}" cannot be cast automatically to type {shown}',
            hint=f'You might need to specify "USING {column.name}::{_type_text(run, oid, typmod)}".',
        )  # fmt: skip
    convert = compiler_of(run).compile(done)
    access = run.table(relation)
    rows = list(access.rows())
    values = [convert(row) for row in rows]
    default = column.default
    new = replace(column, type=oid, typmod=typmod, missing=None)
    made = run.catalog.put(_with(relation, new))
    run.forget_tables()
    find = run.find
    fresh = run.table(made)
    old_writer = [to_stored(value, find(oid), find) for value in values]
    for row, value in zip(rows, old_writer, strict=True):
        stored = list(access.view[row[-1]])
        stored += access._missing[len(stored) :]
        stored[column.attnum - 1] = value
        fresh.view.put(row[-1], tuple(stored))
    if default is not None:
        maker = _maker(run, made)
        from ..change.checks import expression_node

        kind, inner = unwrap(expression_node(default))
        text = default
        if kind == "type_cast" and unwrap(inner.arg)[0] == "a_const":
            from .text import expression_text

            text = expression_text(inner.arg)
        try:
            text = maker.default_text(expression_node(text), new)
        except SqlError:
            raise SqlError(
                "42804", f'default for column "{column.name}" cannot be cast automatically to type {shown}'
            ) from None
        run.catalog.put(_with(made, replace(new, default=text)))
    for index in run.catalog.indexes(relation.oid):
        if index.unique and column.attnum in index.keys:
            check_unique(run, run.catalog.by_oid(relation.oid) or made, index)


def _type_text(run: Run, oid: int, typmod: int) -> str:
    from ..functions.system import type_name

    return type_name(run.find(oid), typmod)


def _identity(run: Run, relation: Relation, node: Any) -> None:
    column = _existing(relation, node.name)
    if node.subtype == 65:
        if not column.identity:
            if node.missing_ok:
                notice(run, f'column "{column.name}" of relation "{relation.name}" is not an identity column, skipping')
                return
            raise SqlError("55000", f'column "{column.name}" of relation "{relation.name}" is not an identity column')
        for sequence in list(run.catalog.relations()):
            if sequence.kind == "S" and sequence.owner == (relation.oid, column.attnum):
                run.catalog.remove(sequence)
        run.catalog.put(_with(relation, replace(column, identity="")))
        return
    maker = _maker(run, relation)
    definition = getattr(node, "def").constraint
    if not column.not_null:
        raise SqlError(
            "55000",
            f'column "{column.name}" of relation "{relation.name}" must be declared NOT NULL before identity can be added',
        )
    maker._column_constraint(definition, column.name)
    _finish(run, maker, relation)


def _nothing(run: Run, relation: Relation, node: Any) -> None:
    """Storage and ownership: nothing here depends on them."""


def _change_owner(run: Run, relation: Relation, node: Any) -> None:
    role = node.newowner.rolename
    if role and role != run.session.user and role != "postgres":
        raise SqlError("42704", f'role "{role}" does not exist')


def _validate_constraint(run: Run, relation: Relation, node: Any) -> None:
    found = next((c for c in relation.constraints if c.name == node.name), None)
    if found is None:
        raise SqlError("42704", f'constraint "{node.name}" of relation "{relation.name}" does not exist')
    _validate(run, relation, found)
    run.catalog.put(
        replace(
            relation,
            constraints=tuple(replace(c, validated=True) if c.oid == found.oid else c for c in relation.constraints),
        )
    )


_COMMANDS: Final[Mapping[int, Callable[[Run, Relation, Any], None]]] = {
    1: _add_column, 3: _default, 5: _drop_not_null, 6: _set_not_null, 9: _nothing, 12: _nothing, 14: _drop_column, 17: _add_constraint,
    22: _add_constraint, 23: _drop_constraint, 25: _type, 27: _change_owner, 63: _identity, 65: _identity, 21: _validate_constraint,
}  # fmt: skip


# RENAME


def rename(run: Run, node: Any) -> str:
    """ALTER ... RENAME."""
    an = Analyser(run.catalog, run.session, run.style)
    kind = node.rename_type
    new = node.newname
    if kind == 37:
        if run.catalog.schema(node.subname) is None:
            raise SqlError("3F000", f'schema "{node.subname}" does not exist')
        if run.catalog.schema(new) is not None:
            raise SqlError("42P06", f'schema "{new}" already exists')
        run.catalog.rename_schema(node.subname, new)
        return "ALTER SCHEMA"
    if kind == 50:
        names = names_of(unwrap(node.object)[1].items)
        type_ = run.catalog.type_named(run.session.search_path(), None, names[-1])
        definition = run.catalog.type_def(type_.schema, type_.name) if type_ else None
        if definition is None:
            raise SqlError("42704", f'type "{names[-1]}" does not exist')
        run.catalog.change_type(definition, replace(definition, name=new))
        return "ALTER TYPE"
    if not node.HasField("relation"):
        raise unsupported("this form of RENAME")
    found = an.lookup(node.relation.schemaname or None, node.relation.relname)
    word = _OBJECTS.get(node.relation_type if kind in (7, 41) else kind, "TABLE")
    if found is None and node.missing_ok:
        notice(run, f'relation "{node.relation.relname}" does not exist, skipping', "42P01")
        return f"ALTER {word}"
    relation = an.relation(node.relation)
    if kind == 7:
        _rename_column(run, relation, node.subname, new)
    elif kind == 41:
        _rename_constraint(run, relation, node.subname, new)
    elif kind in _OBJECTS:
        _rename_relation(run, relation, new)
    else:
        raise unsupported("this form of RENAME")
    run.forget_tables()
    return f"ALTER {word}"


def _rename_relation(run: Run, relation: Relation, new: str) -> None:
    if run.catalog.relation(relation.schema, new) is not None:
        raise SqlError("42P07", f'relation "{new}" already exists')
    _check_stored_sql(run, relation)
    run.catalog.change(relation, replace(relation, name=new))
    if relation.kind == "i":
        owner = run.catalog.by_oid(relation.table)
        if owner is not None:
            run.catalog.put(
                replace(
                    owner,
                    constraints=tuple(
                        replace(c, name=new) if c.index == relation.oid else c for c in owner.constraints
                    ),
                )
            )
    if relation.kind == "S" and relation.owner:
        owner = run.catalog.by_oid(relation.owner[0])
        column = owner.columns[relation.owner[1] - 1] if owner else None
        if owner is not None and column is not None and column.default:
            run.catalog.put(
                _with(owner, replace(column, default=column.default.replace(f"'{relation.name}'", f"'{new}'")))
            )


def _check_stored_sql(run: Run, relation: Relation) -> None:
    """Views keep their text, so what they read cannot change its name under them."""
    from .drop import _views_on

    views = _views_on(run, [relation])
    if views:
        raise unsupported(f'renaming "{relation.name}", which the view "{views[0].name}" reads')


def _rename_column(run: Run, relation: Relation, name: str, new: str) -> None:
    column = relation.column(name)
    if column is None:
        raise SqlError("42703", f'column "{name}" does not exist')
    if relation.column(new) is not None:
        raise SqlError("42701", f'column "{new}" of relation "{relation.name}" already exists')
    if relation.kind == "r":
        from .drop import _views_on

        views = [v for v in _views_on(run, [relation]) if _mentions_column(run, v, relation, column)]
        if views:
            raise unsupported(f'renaming "{name}", which the view "{views[0].name}" reads')

    def changed(text: str | None) -> str | None:
        return None if text is None else _renamed_in(text, name, new)

    columns = tuple(
        replace(c, name=new if c.attnum == column.attnum else c.name, generated=changed(c.generated))
        for c in relation.columns
    )
    constraints = tuple(replace(c, expr=changed(c.expr)) for c in relation.constraints)
    run.catalog.put(replace(relation, columns=columns, constraints=constraints))
    for index in run.catalog.indexes(relation.oid):
        if index.exprs or index.where:
            run.catalog.put(
                replace(index, exprs=tuple(_renamed_in(t, name, new) for t in index.exprs), where=changed(index.where))
            )


def _renamed_in(text: str, name: str, new: str) -> str:
    """A stored expression with a column under its new name."""
    from ..change.checks import expression_node
    from .text import expression_text

    node = expression_node(text)

    def visit(message: Any) -> None:
        for field, value in message.ListFields():
            if field.message_type is None:
                continue
            for each in value if field.is_repeated else [value]:
                if each.DESCRIPTOR.name == "ColumnRef" and each.fields[-1].string.sval == name:
                    each.fields[-1].string.sval = new
                visit(each)

    copied = type(node)()
    copied.CopyFrom(node)
    visit(copied)
    return expression_text(copied)


def _rename_constraint(run: Run, relation: Relation, name: str, new: str) -> None:
    found = next((c for c in relation.constraints if c.name == name), None)
    if found is None:
        raise SqlError("42704", f'constraint "{name}" for table "{relation.name}" does not exist')
    run.catalog.put(
        replace(relation, constraints=tuple(replace(c, name=new) if c is found else c for c in relation.constraints))
    )
    index = run.catalog.by_oid(found.index) if found.index else None
    if index is not None:
        run.catalog.change(index, replace(index, name=new))


def set_schema(run: Run, node: Any) -> str:
    """ALTER TABLE ... SET SCHEMA."""
    an = Analyser(run.catalog, run.session, run.style)
    relation = an.relation(node.relation)
    if run.catalog.schema(node.newschema) is None:
        raise SqlError("3F000", f'schema "{node.newschema}" does not exist')
    if run.catalog.relation(node.newschema, relation.name) is not None:
        raise SqlError("42P07", f'relation "{relation.name}" already exists in schema "{node.newschema}"')
    _check_stored_sql(run, relation)
    for index in run.catalog.indexes(relation.oid):
        run.catalog.change(index, replace(index, schema=node.newschema))
    for sequence in list(run.catalog.relations()):
        if sequence.kind == "S" and sequence.owner and sequence.owner[0] == relation.oid:
            raise unsupported("SET SCHEMA of a table that owns a sequence")
    run.catalog.change(relation, replace(relation, schema=node.newschema))
    run.forget_tables()
    return f"ALTER {_OBJECTS.get(node.object_type, 'TABLE')}"
