"""Indexes, views, sequences, schemas, types and comments."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from ..analyse.analyser import Analyser
from ..analyse.expr import analyse, boolean
from ..analyse.nodes import Column, Query
from ..analyse.scope import Scope
from ..analyse.select import figure_name, select
from ..analyse.tables import settle
from ..catalog.model import ColumnDef, Relation, TypeDef
from ..change.checks import table_scope
from ..change.writer import Pending
from ..errors import SqlError, unsupported
from ..execute.run import Run
from ..syntax import names_of, unwrap
from ..types.table import INT2, INT4, INT8
from .tables import notice, taken, target_schema
from .text import expression_text, query_text

_LIMITS: Final = {INT2: 2**15 - 1, INT4: 2**31 - 1, INT8: 2**63 - 1}


def _analyser(run: Run) -> Analyser:
    return Analyser(run.catalog, run.session, run.style)


# Indexes


def create_index(run: Run, node: Any) -> str:
    """CREATE INDEX. A unique one is enforced; the others are only known."""
    an = _analyser(run)
    table = an.relation(node.relation)
    if table.kind not in "rm":
        raise SqlError(
            "42809",
            f'cannot create index on relation "{table.name}"',
            detail="This operation is not supported for views.",
        )
    keys: list[int] = []
    exprs: list[str] = []
    parts: list[str] = []
    options: list[int] = []
    for listed in node.index_params:
        elem = listed.index_elem
        if elem.HasField("expr"):
            analyse(an, elem.expr, table_scope(table, "index"))
            keys.append(0)
            exprs.append(expression_text(elem.expr))
            parts.append(figure_name(elem.expr) or "expr")
        else:
            column = table.column(elem.name)
            if column is None:
                raise SqlError("42703", f'column "{elem.name}" does not exist')
            keys.append(column.attnum)
            parts.append(elem.name)
        down = elem.ordering == 3
        first = elem.nulls_ordering == 2 or (down and elem.nulls_ordering != 3)
        options.append(int(down) + 2 * first)
    where = None
    if node.HasField("where_clause"):
        boolean(an, node.where_clause, table_scope(table, "index"), "WHERE")
        where = expression_text(node.where_clause)
    if node.access_method not in ("btree", "hash", "gin", "gist", "brin", "spgist", ""):
        raise SqlError("42704", f'access method "{node.access_method}" does not exist')
    from .tables import _joined

    name = node.idxname or run.catalog.free_name(table.schema, _joined(table.name, "_".join(parts), "idx"))
    error = taken(run, table.schema, name)
    if error is not None:
        if node.if_not_exists:
            notice(run, f'relation "{name}" already exists, skipping', "42P07")
            return "CREATE INDEX"
        raise error
    included = []
    for listed in node.index_including_params:
        column = table.column(listed.index_elem.name)
        if column is None:
            raise SqlError("42703", f'column "{listed.index_elem.name}" does not exist')
        included.append(column.attnum)
    index = Relation(
        run.catalog.new_oid(), table.schema, name, "i", table=table.oid, unique=node.unique, keys=tuple(keys), exprs=tuple(exprs),
        where=where, nulls_equal=node.nulls_not_distinct, method=node.access_method or "btree", options=tuple(options), included=tuple(included),
    )  # fmt: skip
    add_index(run, table, index)
    return "CREATE INDEX"


def add_index(run: Run, table: Relation, index: Relation) -> None:
    """Keep an index. Raises 23505 where the table's rows do not allow it."""
    if index.unique:
        check_unique(run, table, index)
    run.catalog.put(index)
    run.forget_tables()


def check_unique(run: Run, table: Relation, index: Relation) -> None:
    """Raises 23505 if two rows have one key."""
    from ..catalog.describe import index_columns

    writer = Pending(run).writer(table)
    compute, where = writer._expressions(index)
    from ..types.compare import key_of

    converts = [key_of(run.find(table.columns[k - 1].type), run.find) if k else None for k in index.keys]
    seen: set[Any] = set()
    for row in writer.access.rows():
        if where is not None and not where(row):
            continue
        raw = compute(row)
        if None in raw and not index.nulls_equal:
            continue
        key = tuple(v if v is None or c is None else c(v) for v, c in zip(raw, converts, strict=True))
        if key in seen:
            shown = ", ".join(writer._key_text(index, n, v) for n, v in enumerate(raw))
            raise SqlError(
                "23505", f'could not create unique index "{index.name}"',
                detail=f"Key ({', '.join(index_columns(table, index))})=({shown}) is duplicated.",
                schema=table.schema, table=table.name, constraint=index.name,
            )  # fmt: skip
        seen.add(key)


# Views


def create_view(run: Run, node: Any) -> str:
    """CREATE VIEW."""
    schema = target_schema(run, node.view)
    an = _analyser(run)
    _, inner = unwrap(node.query)
    query = select(an, inner, Scope(Query()))
    given = names_of(node.aliases)
    names = given + [target.name for target in query.visible[len(given) :]]
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise SqlError("42701", f'column "{name}" specified more than once')
        seen.add(name)
    columns = tuple(
        ColumnDef(name, settle(an, target), n + 1, target.expr.typmod)
        for n, (name, target) in enumerate(zip(names, query.visible, strict=True))
    )
    old = run.catalog.relation(schema, node.view.relname)
    if old is not None:
        if not node.replace:
            raise SqlError("42P07", f'relation "{old.name}" already exists')
        if old.kind != "v":
            raise SqlError("42809", f'"{old.name}" is not a view')
        if len(columns) < len(old.columns):
            raise SqlError("42P16", "cannot drop columns from view")
        for before, after in zip(old.columns, columns, strict=False):
            if before.name != after.name:
                raise SqlError(
                    "42P16", f'cannot change name of view column "{before.name}" to "{after.name}"',
                    hint="Use ALTER VIEW ... RENAME COLUMN ... to change name of view column instead.",
                )  # fmt: skip
            if before.type != after.type:
                raise SqlError(
                    "42P16",
                    f'cannot change data type of view column "{before.name}" from {run.find(before.type).sql} to {run.find(after.type).sql}',
                )
    oid = old.oid if old else run.catalog.new_oid()
    run.catalog.put(Relation(oid, schema, node.view.relname, "v", columns, definition=query_text(inner)))
    return "CREATE VIEW"


def refresh(run: Run, node: Any) -> str:
    """REFRESH MATERIALIZED VIEW."""
    from ..execute.query import compile_query
    from ..syntax import parse

    relation = _analyser(run).relation(node.relation)
    if relation.kind != "m":
        raise SqlError("42809", f'"{relation.name}" is not a materialized view')
    query = select(_analyser(run), parse(relation.definition)[0].node, Scope(Query()))
    rows = [] if node.skip_data else run.keep(compile_query(run, query, [])())
    empty(run, relation)
    writer = Pending(run).writer(relation)
    for row in rows:
        writer.insert(list(row))
    run.catalog.put(replace(relation, populated=not node.skip_data))
    return "REFRESH MATERIALIZED VIEW"


def empty(run: Run, relation: Relation) -> int:
    """Delete all rows of a table, telling nobody."""
    access = run.table(relation)
    rids = [row[-1] for row in access.rows()]
    for rid in rids:
        access.view.delete(rid)
    return len(rids)


# Sequences


def _integer(node: Any) -> int:
    kind, inner = unwrap(node)
    if kind == "integer":
        return int(inner.ival)
    return int(inner.fval)


def sequence_from(run: Run, sequence: Relation, options: Any) -> Relation:
    """A sequence with its options. Raises 22023."""
    values: dict[str, Any] = {}
    for listed in options:
        option = listed.def_elem
        match option.defname:
            case "increment" | "start" | "cache" | "restart":
                values[option.defname] = _integer(option.arg) if option.HasField("arg") else None
            case "minvalue" | "maxvalue":
                values[option.defname] = _integer(option.arg) if option.HasField("arg") else None
            case "cycle":
                values["cycle"] = bool(option.arg.boolean.boolval)
            case "as":
                oid, _ = _analyser(run).type_of(option.arg.type_name)
                if oid not in _LIMITS:
                    raise SqlError("22023", "sequence type must be smallint, integer, or bigint")
                sequence = replace(sequence, type=oid)
            case "owned_by":
                values["owner"] = names_of(option.arg.list.items)
            case "sequence_name":
                pass
            case _:
                raise unsupported(f"sequence option {option.defname}")
    increment = values.get("increment", sequence.increment)
    if increment == 0:
        raise SqlError("22023", "INCREMENT must not be zero")
    top = _LIMITS[sequence.type]
    fresh = sequence.start == 1 and sequence.minimum == 1
    low_default, high_default = (1, top) if increment > 0 else (-top - 1, -1)
    minimum = values.get("minvalue", None if fresh else sequence.minimum)
    maximum = values.get("maxvalue", None if fresh else sequence.maximum)
    minimum = low_default if minimum is None else minimum
    maximum = high_default if maximum is None else min(maximum, top)
    if minimum >= maximum:
        raise SqlError("22023", f"MINVALUE ({minimum}) must be less than MAXVALUE ({maximum})")
    start = values.get("start", None if fresh else sequence.start)
    start = (minimum if increment > 0 else maximum) if start is None else start
    if start < minimum:
        raise SqlError("22023", f"START value ({start}) cannot be less than MINVALUE ({minimum})")
    if start > maximum:
        raise SqlError("22023", f"START value ({start}) cannot be greater than MAXVALUE ({maximum})")
    sequence = replace(
        sequence, increment=increment, minimum=minimum, maximum=maximum, start=start, cycle=values.get("cycle", sequence.cycle),
        cache=values.get("cache", sequence.cache) or 1,
    )  # fmt: skip
    if "owner" in values:
        sequence = replace(sequence, owner=_owner(run, values["owner"]))
    if "restart" in values:
        run.sequences.restart(sequence, values["restart"])
    return sequence


def _owner(run: Run, names: list[str]) -> tuple[int, int] | None:
    if names == ["none"]:
        return None
    table = _analyser(run).named(names[-3] if len(names) > 2 else None, names[-2])
    column = table.column(names[-1])
    if column is None:
        raise SqlError("42703", f'column "{names[-1]}" of relation "{table.name}" does not exist')
    return (table.oid, column.attnum)


def create_sequence(run: Run, node: Any) -> str:
    """CREATE SEQUENCE."""
    schema = target_schema(run, node.sequence)
    error = taken(run, schema, node.sequence.relname)
    if error is not None:
        if node.if_not_exists:
            notice(run, f'relation "{node.sequence.relname}" already exists, skipping', "42P07")
            return "CREATE SEQUENCE"
        raise error
    relation = Relation(run.catalog.new_oid(), schema, node.sequence.relname, "S")
    run.catalog.put(sequence_from(run, relation, node.options))
    return "CREATE SEQUENCE"


def alter_sequence(run: Run, node: Any) -> str:
    """ALTER SEQUENCE."""
    if node.missing_ok and _analyser(run).lookup(node.sequence.schemaname or None, node.sequence.relname) is None:
        notice(run, f'relation "{node.sequence.relname}" does not exist, skipping', "42P01")
        return "ALTER SEQUENCE"
    relation = _analyser(run).relation(node.sequence)
    if relation.kind != "S":
        raise SqlError("42809", f'"{relation.name}" is not a sequence')
    run.catalog.put(sequence_from(run, relation, node.options))
    return "ALTER SEQUENCE"


# Schemas and types


def create_schema(run: Run, node: Any) -> str:
    """CREATE SCHEMA."""
    name = node.schemaname or node.authrole.rolename
    if name.startswith("pg_"):
        raise SqlError(
            "42939", f'unacceptable schema name "{name}"', detail='The prefix "pg_" is reserved for system schemas.'
        )
    if run.catalog.schema(name) is not None:
        if node.if_not_exists:
            notice(run, f'schema "{name}" already exists, skipping', "42P06")
            return "CREATE SCHEMA"
        raise SqlError("42P06", f'schema "{name}" already exists')
    if len(node.schema_elts):
        raise unsupported("CREATE SCHEMA with elements")
    run.catalog.add_schema(name)
    return "CREATE SCHEMA"


def _type_place(run: Run, names: list[str]) -> tuple[str, str]:
    schema = (
        names[-2]
        if len(names) > 1
        else next((s for s in run.session.search_path() if run.catalog.schema(s) is not None), None)
    )
    if schema is None or run.catalog.schema(schema) is None:
        raise SqlError("3F000", f'schema "{schema}" does not exist')
    if run.catalog.type_def(schema, names[-1]) is not None or run.catalog.relation(schema, names[-1]) is not None:
        raise SqlError("42710", f'type "{names[-1]}" already exists')
    return schema, names[-1]


def create_enum(run: Run, node: Any) -> str:
    """CREATE TYPE ... AS ENUM."""
    schema, name = _type_place(run, names_of(node.type_name))
    labels = names_of(node.vals)
    for label in labels:
        if len(label.encode()) > 63:
            raise SqlError("42602", f'invalid enum label "{label}"', detail="Labels must be 63 bytes or less.")
        if labels.count(label) > 1:
            raise SqlError(
                "23505",
                'duplicate key value violates unique constraint "pg_enum_typid_label_index"',
                detail=f"Key (enumtypid, enumlabel)=({run.catalog.new_oid()}, {label}) already exists.",
                schema="pg_catalog",
                table="pg_enum",
                constraint="pg_enum_typid_label_index",
            )
    run.catalog.put_type(TypeDef(run.catalog.new_oid(), run.catalog.new_oid(), schema, name, "e", tuple(labels)))
    return "CREATE TYPE"


def alter_enum(run: Run, node: Any) -> str:
    """ALTER TYPE ... ADD VALUE or RENAME VALUE."""
    names = names_of(node.type_name)
    type_ = run.catalog.type_named(run.session.search_path(), names[-2] if len(names) > 1 else None, names[-1])
    definition = run.catalog.type_def(type_.schema, type_.name) if type_ else None
    if definition is None:
        raise SqlError("42704", f'type "{names[-1]}" does not exist')
    if definition.kind != "e":
        raise SqlError("42809", f"{names[-1]} is not an enum")
    labels = list(definition.labels)
    if node.old_val:
        if node.old_val not in labels:
            raise SqlError("22023", f'"{node.old_val}" is not an existing enum label')
        if node.new_val in labels:
            raise SqlError("42710", f'enum label "{node.new_val}" already exists')
        raise unsupported("ALTER TYPE ... RENAME VALUE")
    if node.new_val in labels:
        if node.skip_if_new_val_exists:
            notice(run, f'enum label "{node.new_val}" already exists, skipping', "42710")
            return "ALTER TYPE"
        raise SqlError("42710", f'enum label "{node.new_val}" already exists')
    place = len(labels)
    if node.new_val_neighbor:
        if node.new_val_neighbor not in labels:
            raise SqlError("22023", f'"{node.new_val_neighbor}" is not an existing enum label')
        place = labels.index(node.new_val_neighbor) + node.new_val_is_after
    labels.insert(place, node.new_val)
    run.catalog.put_type(replace(definition, labels=tuple(labels)))
    return "ALTER TYPE"


def create_domain(run: Run, node: Any) -> str:
    """CREATE DOMAIN."""
    schema, name = _type_place(run, names_of(node.domainname))
    base, typmod = _analyser(run).type_of(node.type_name)
    not_null, default = False, None
    checks: list[tuple[str, str]] = []
    for listed in node.constraints:
        constraint = listed.constraint
        match constraint.contype:
            case 1:
                pass
            case 2:
                not_null = True
            case 3:
                default = expression_text(constraint.raw_expr)
            case 6:
                suffix = "check" + (str(len(checks)) if checks else "")
                checks.append((constraint.conname or f"{name}_{suffix}", expression_text(constraint.raw_expr)))
            case _:
                raise unsupported("this kind of domain constraint", constraint.location)
    run.catalog.put_type(
        TypeDef(
            run.catalog.new_oid(),
            run.catalog.new_oid(),
            schema,
            name,
            "d",
            (),
            base,
            typmod,
            not_null,
            default,
            tuple(checks),
        )
    )
    return "CREATE DOMAIN"


# Comments


def comment(run: Run, node: Any) -> str:
    """COMMENT ON."""
    kind, inner = unwrap(node.object)
    text = node.comment or None
    names = names_of(inner.items) if kind == "list" else [inner.sval] if kind == "string" else []
    an = _analyser(run)
    match node.objtype:
        case 42 | 52 | 24 | 21 | 38:
            relation = an.named(names[-2] if len(names) > 1 else None, names[-1])
            run.catalog.set_comment(relation.oid, 0, text)
        case 7:
            relation = an.named(names[-3] if len(names) > 2 else None, names[-2])
            column = relation.column(names[-1])
            if column is None:
                raise SqlError("42703", f'column "{names[-1]}" of relation "{relation.name}" does not exist')
            run.catalog.set_comment(relation.oid, column.attnum, text)
        case 37:
            oid = run.catalog.schema(names[-1])
            if oid is None:
                raise SqlError("3F000", f'schema "{names[-1]}" does not exist')
            run.catalog.set_comment(oid, 0, text)
        case 50 | 13 | 10 | 18 | 41:
            pass
        case _:
            raise unsupported("COMMENT on this kind of object")
    return "COMMENT"


__all__ = ["Column", "add_index", "check_unique"]
