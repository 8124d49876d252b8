"""CREATE TABLE, with its columns, constraints, sequences and indexes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from ..analyse.analyser import Analyser
from ..analyse.nodes import Query
from ..analyse.scope import Scope
from ..analyse.select import select
from ..catalog.model import ColumnDef, Constraint, Relation
from ..change.checks import assigned, expression_node, table_scope
from ..errors import SqlError, unsupported
from ..execute.run import Run
from ..syntax import names_of, unwrap
from ..types.table import INT2, INT4, INT8
from .text import expression_text

SERIALS: Final = {
    "serial": INT4, "serial4": INT4, "bigserial": INT8, "serial8": INT8, "smallserial": INT2, "serial2": INT2,
}  # fmt: skip
_ACTIONS: Final = {"": "a", "a": "a", "r": "r", "c": "c", "n": "n", "d": "d"}


def notice(run: Run, message: str, code: str = "00000", severity: str = "NOTICE") -> None:
    """Tell the client something that is no error."""
    run.session.notices.append({"S": severity, "V": severity, "C": code, "M": message})


def target_schema(run: Run, node: Any) -> str:
    """The schema that a new relation goes to. Raises 3F000."""
    if node.schemaname:
        name = str(node.schemaname)
        if run.catalog.schema(name) is None:
            raise SqlError("3F000", f'schema "{name}" does not exist', location=node.location)
        if name in ("pg_catalog", "information_schema"):
            raise SqlError(
                "42501",
                f'permission denied to create "{name}.{node.relname}"',
                detail="System catalog modifications are currently disallowed.",
            )
        return name
    if node.relpersistence == "t":
        return str(run.session.temp_schema())
    for name in run.session.search_path():
        if name != run.session.temp_name and run.catalog.schema(name) is not None:
            return str(name)
    raise SqlError("3F000", "no schema has been selected to create in", location=node.location)


def storage_name(run: Run, schema: str, name: str) -> str:
    """A name in the store for a new table's rows."""
    taken = {relation.storage for relation in run.catalog.relations()}
    base = f"sql.{schema}.{name}"
    candidate, number = base, 1
    while candidate in taken:
        number += 1
        candidate = f"{base}~{number}"
    return candidate


def taken(run: Run, schema: str, name: str) -> SqlError | None:
    """42P07, if a relation has the name."""
    if run.catalog.relation(schema, name) is not None:
        return SqlError("42P07", f'relation "{name}" already exists')
    return None


class TableMaker:
    """A table being made: its columns and constraints so far, and what has to be made after it."""

    def __init__(self, run: Run, schema: str, name: str, relation: Relation | None = None) -> None:
        self.run = run
        self.an = Analyser(run.catalog, run.session, run.style)
        self.oid = relation.oid if relation else run.catalog.new_oid()
        self.schema = schema
        self.name = name
        self.columns: list[ColumnDef] = list(relation.columns) if relation else []
        self.constraints: list[Constraint] = list(relation.constraints) if relation else []
        self.indexes: list[Relation] = []
        self.sequences: list[Relation] = []
        self.foreign: list[tuple[Any, list[str]]] = []
        self.names: set[str] = {c.name for c in self.constraints}
        self.late: list[tuple[Any, str | None]] = []

    # Columns

    def column(self, node: Any) -> ColumnDef:
        """Add a column. Raises 42701 and what its type raises."""
        if any(c.name == node.colname and not c.dropped for c in self.columns):
            raise SqlError("42701", f'column "{node.colname}" specified more than once')
        if node.colname in ("ctid", "xmin", "xmax", "cmin", "cmax", "tableoid"):
            raise SqlError("42701", f'column name "{node.colname}" conflicts with a system column name')
        serial = self._serial(node)
        oid, typmod = (serial, -1) if serial else self.an.type_of(node.type_name)
        type_ = self.run.find(oid)
        if type_.kind == "p":
            raise SqlError("42P16", f'column "{node.colname}" has pseudo-type {type_.sql}')
        column = ColumnDef(node.colname, oid, len(self.columns) + 1, typmod)
        if serial:
            column = self._own_sequence(column, False, [])
        self.columns.append(column)
        null_said = False
        for listed in node.constraints:
            constraint = listed.constraint
            if constraint.contype == 1:
                null_said = True
            if constraint.contype == 3 and (column.default is not None or self.columns[-1].default is not None):
                raise SqlError(
                    "42601",
                    f'multiple default values specified for column "{column.name}" of table "{self.name}"',
                    location=constraint.location,
                )
            self._column_constraint(constraint, node.colname)
            if null_said and self.columns[column.attnum - 1].not_null:
                raise SqlError(
                    "42601",
                    f'conflicting NULL/NOT NULL declarations for column "{column.name}" of table "{self.name}"',
                    location=constraint.location,
                )
        return self.columns[column.attnum - 1]

    def _serial(self, node: Any) -> int:
        names = names_of(node.type_name.names)
        return SERIALS.get(names[-1], 0) if len(names) == 1 and not node.type_name.array_bounds else 0

    def _own_sequence(self, column: ColumnDef, identity: bool, options: Any) -> ColumnDef:
        from .objects import sequence_from

        name = self.run.catalog.free_name(self.schema, _joined(self.name, column.name, "seq"))
        taken_here = {s.name for s in self.sequences}
        while name in taken_here:
            name += "1"
        sequence = sequence_from(
            self.run, Relation(self.run.catalog.new_oid(), self.schema, name, "S", type=column.type), options
        )
        self.sequences.append(replace(sequence, owner=(self.oid, column.attnum), internal=identity))
        if identity:
            return replace(column, not_null=True)
        from ..functions.strings import quote_ident

        shown = (
            quote_ident(name)
            if self.schema in self.run.session.search_path()
            else f"{quote_ident(self.schema)}.{quote_ident(name)}"
        )
        return replace(column, not_null=True, default=f"nextval('{shown}'::regclass)")

    def _change(self, name: str, **values: Any) -> None:
        for n, column in enumerate(self.columns):
            if column.name == name and not column.dropped:
                self.columns[n] = replace(column, **values)

    def _column_constraint(self, node: Any, name: str) -> None:
        match node.contype:
            case 1:
                pass
            case 2:
                self._change(name, not_null=True)
            case 3:
                self._change(name, default=self.default_text(node.raw_expr, self.get(name)))
            case 4:
                column = self.get(name)
                if column.type not in (INT2, INT4, INT8):
                    raise SqlError("22023", "identity column type must be smallint, integer, or bigint")
                self.columns[column.attnum - 1] = replace(
                    self._own_sequence(column, True, node.options), identity=node.generated_when
                )
            case 5:
                self.late.append((node, name))
            case 11 | 12 | 13 | 14:
                if self.late and self.late[-1][0].contype in (10, 8, 7):
                    self.late[-1][0].deferrable = node.contype in (11, 13)
                    self.late[-1][0].initdeferred = node.contype == 13
            case _:
                copied = type(node)()
                copied.CopyFrom(node)
                self.late.append((copied, name))

    def get(self, name: str, clause: str = "key") -> ColumnDef:
        """A column by name. Raises 42703."""
        for column in self.columns:
            if column.name == name and not column.dropped:
                return column
        raise SqlError(
            "42703",
            f'column "{name}" named in key does not exist'
            if clause == "key"
            else f'column "{name}" referenced in {clause} does not exist',
        )

    def default_text(self, node: Any, column: ColumnDef) -> str:
        """A default's text, once it is sure to fit. Raises 42804."""
        from ..analyse.expr import analyse
        from ..analyse.nodes import Column
        from ..analyse.walk import walk

        scope = Scope(Query(), clause="default")
        kind, inner = unwrap(node)
        if kind == "column_ref":
            raise SqlError("0A000", "cannot use column reference in DEFAULT expression", location=inner.location)
        expr = analyse(self.an, node, scope)
        if any(isinstance(part, Column) for part in walk(expr)):
            raise SqlError("0A000", "cannot use column reference in DEFAULT expression")
        done = self.an.coercer.to(expr, column.type, "a", column.typmod)
        if done is None:
            raise SqlError(
                "42804",
                f'column "{column.name}" is of type {self.run.find(column.type).sql} but default expression is of type {self.run.find(expr.type).sql}',
                hint="You will need to rewrite or cast the expression.",
            )  # fmt: skip
        text = expression_text(node)
        if kind == "a_const" and inner.WhichOneof("val") == "sval":
            text += f"::{self.run.find(column.type).sql}"
        return text

    # Constraints

    def settle_late(self) -> None:
        """Make the constraints that may name any column."""
        for node, column in self.late:
            self.constraint(node, column)
        self.late = []

    def constraint(self, node: Any, column: str | None = None) -> Constraint | None:
        """Add a table constraint."""
        match node.contype:
            case 5:
                self._generated(node, column or "")
            case 6:
                return self._check(node, column)
            case 7 | 8:
                return self._unique(node, column)
            case 10:
                return self._foreign(node, column)
            case 9:
                raise unsupported("an exclusion constraint", node.location)
            case 2:
                self._change(column or node.keys[0].string.sval, not_null=True)
            case _:
                pass
        return None

    def _name(self, given: str, default: str) -> str:
        if given:
            if given in self.names:
                raise SqlError("42710", f'constraint "{given}" for relation "{self.name}" already exists')
            self.names.add(given)
            return given
        name, number = default, 0
        while name in self.names or self.run.catalog.relation(self.schema, name) is not None:
            number += 1
            name = f"{default}{number}"
        self.names.add(name)
        return name

    def relation(self) -> Relation:
        """The table as far as it is made."""
        return Relation(self.oid, self.schema, self.name, "r", tuple(self.columns), tuple(self.constraints))

    def _generated(self, node: Any, name: str) -> None:
        from ..analyse.expr import analyse

        column = self.get(name)
        if node.generated_kind == "v":
            raise SqlError("42601", 'syntax error at or near "VIRTUAL"')
        scope = table_scope(self.relation(), "generated")
        expr = analyse(self.an, node.raw_expr, scope)
        assigned(self.an, expr, column)
        from ..analyse.nodes import Column
        from ..analyse.walk import walk

        for part in walk(expr):
            if isinstance(part, Column) and self.columns[part.index].generated:
                raise SqlError(
                    "42P17",
                    f'cannot use generated column "{part.name}" in column generation expression',
                    detail="A generated column cannot reference another generated column.",
                    location=part.location,
                )
        self._change(name, generated=expression_text(node.raw_expr))

    def _check(self, node: Any, column: str | None) -> Constraint:
        from ..analyse.expr import boolean
        from ..analyse.nodes import Column
        from ..analyse.walk import walk

        expr = boolean(self.an, node.raw_expr, table_scope(self.relation(), "check"), "CHECK")
        used = sorted({part.attnum for part in walk(expr) if isinstance(part, Column)})
        part = column or (self.columns[used[0] - 1].name if len(used) == 1 else "")
        name = self._name(node.conname, _joined(self.name, part, "check") if part else f"{self.name}_check")
        constraint = Constraint(
            self.run.catalog.new_oid(),
            name,
            "c",
            tuple(used),
            expression_text(node.raw_expr),
            validated=not node.skip_validation,
        )
        self.constraints.append(constraint)
        return constraint

    def _unique(self, node: Any, column: str | None) -> Constraint:
        primary = node.contype == 7
        if primary and any(c.kind == "p" for c in self.constraints):
            raise SqlError(
                "42P16", f'multiple primary keys for table "{self.name}" are not allowed', location=node.location
            )
        if node.indexname:
            return self._using_index(node, primary)
        names = [column] if column else names_of(node.keys)
        try:
            columns = tuple(self.get(n or "").attnum for n in names)
        except SqlError as error:
            raise error.at(node.location) from None
        if len(set(columns)) < len(columns):
            twice = next(n for n in names if names.count(n) > 1)
            what = "primary key" if primary else "unique"
            raise SqlError("42701", f'column "{twice}" appears twice in {what} constraint', location=node.location)
        default = f"{self.name}_pkey" if primary else _joined(self.name, "_".join(n or "" for n in names), "key")
        name = self._name(node.conname, default)
        existing = taken(self.run, self.schema, name)
        if existing is not None:
            raise existing
        oid = self.run.catalog.new_oid()
        self.indexes.append(
            Relation(oid, self.schema, name, "i", table=self.oid, unique=True, primary=primary, keys=columns,
                     nulls_equal=bool(node.nulls_not_distinct), options=(0,) * len(columns),
                     included=tuple(self.get(n).attnum for n in names_of(node.including)))
        )  # fmt: skip
        if primary:
            for attnum in columns:
                self.columns[attnum - 1] = replace(self.columns[attnum - 1], not_null=True)
        constraint = Constraint(
            self.run.catalog.new_oid(), name, "p" if primary else "u", columns, index=oid,
            deferrable=node.deferrable, deferred=node.initdeferred,
        )  # fmt: skip
        if node.deferrable:
            raise unsupported("a deferrable unique constraint", node.location)
        self.constraints.append(constraint)
        return constraint

    def _using_index(self, node: Any, primary: bool) -> Constraint:
        index = self.run.catalog.relation(self.schema, node.indexname)
        if index is None or index.kind != "i" or index.table != self.oid:
            raise SqlError("42704", f'index "{node.indexname}" does not exist')
        name = node.conname or index.name
        self.run.catalog.change(index, replace(index, name=name, primary=primary))
        if primary:
            for attnum in index.keys:
                self.columns[attnum - 1] = replace(self.columns[attnum - 1], not_null=True)
        constraint = Constraint(self.run.catalog.new_oid(), name, "p" if primary else "u", index.keys, index=index.oid)
        self.constraints.append(constraint)
        return constraint

    def _foreign(self, node: Any, column: str | None) -> Constraint:
        own = [column] if column else names_of(node.fk_attrs)
        columns = tuple(self.get(n or "", "foreign key constraint").attnum for n in own)
        target_node = node.pktable
        if (
            target_node.relname == self.name
            and target_node.schemaname in ("", self.schema)
            and self.run.catalog.relation(self.schema, self.name) is None
        ):
            parent, unique = self.relation(), self.indexes
        elif target_node.relname == self.name and target_node.schemaname in ("", self.schema):
            parent, unique = self.relation(), [*self.run.catalog.indexes(self.oid), *self.indexes]
        else:
            parent = self.an.relation(target_node)
            if parent.kind != "r":
                raise SqlError("42809", f'referenced relation "{parent.name}" is not a table')
            unique = self.run.catalog.indexes(parent.oid)
        given = names_of(node.pk_attrs)
        if given:
            target = []
            for name in given:
                found = parent.column(name)
                if found is None:
                    raise SqlError("42703", f'column "{name}" referenced in foreign key constraint does not exist')
                target.append(found.attnum)
        else:
            primary = next((c for c in parent.constraints if c.kind == "p"), None)
            if primary is None:
                raise SqlError("42704", f'there is no primary key for referenced table "{parent.name}"')
            target = list(primary.columns)
        if len(target) != len(columns):
            raise SqlError("42830", "number of referencing and referenced columns for foreign key disagree")
        if not any(sorted(i.keys) == sorted(target) and i.unique and i.where is None for i in unique):
            raise SqlError(
                "42830", f'there is no unique constraint matching given keys for referenced table "{parent.name}"'
            )
        name = self._name(node.conname, _joined(self.name, "_".join(n or "" for n in own), "fkey"))
        self._same_types(name, columns, parent, target)
        constraint = Constraint(
            self.run.catalog.new_oid(), name, "f", columns, target=parent.oid, target_columns=tuple(target),
            on_delete=_ACTIONS[node.fk_del_action], on_update=_ACTIONS[node.fk_upd_action], deferrable=node.deferrable or node.initdeferred,
            deferred=node.initdeferred, match="f" if node.fk_matchtype == "f" else "s",
            set_columns=tuple(self.get(n).attnum for n in names_of(node.fk_del_set_cols)), validated=not node.skip_validation,
        )  # fmt: skip
        self.constraints.append(constraint)
        return constraint

    def _same_types(self, name: str, columns: tuple[int, ...], parent: Relation, target: list[int]) -> None:
        from ..analyse.operators import find_operator

        for own, other in zip(columns, target, strict=True):
            a, b = self.columns[own - 1], parent.columns[other - 1]
            try:
                find_operator(self.an, "=", b.type, a.type, -1)
            except SqlError:
                raise SqlError(
                    "42804", f'foreign key constraint "{name}" cannot be implemented',
                    detail=f'Key columns "{a.name}" and "{b.name}" are of incompatible types: {self.run.find(a.type).sql} and {self.run.find(b.type).sql}.',
                ) from None  # fmt: skip


def _joined(table: str, column: str, suffix: str) -> str:
    """An object's name made of others, cut to 63 bytes as PostgreSQL cuts it."""
    room = 63 - len(suffix) - 1
    parts = [table, column] if column else [table]
    while sum(map(len, parts)) + len(parts) - 1 > room:
        longest = max(range(len(parts)), key=lambda n: len(parts[n]))
        parts[longest] = parts[longest][:-1]
    return "_".join([*parts, suffix])


def create_table(run: Run, node: Any) -> str:
    """CREATE TABLE."""
    name = node.relation.relname
    if node.HasField("partspec") or node.HasField("partbound"):
        raise unsupported("a partitioned table")
    if len(node.inh_relations):
        raise unsupported("table inheritance")
    if node.HasField("of_typename"):
        raise unsupported("a typed table")
    schema = target_schema(run, node.relation)
    error = taken(run, schema, name)
    if error is not None:
        if node.if_not_exists:
            notice(run, f'relation "{name}" already exists, skipping', "42P07")
            return "CREATE TABLE"
        raise error
    maker = TableMaker(run, schema, name)
    for element in node.table_elts:
        kind, inner = unwrap(element)
        if kind == "column_def":
            maker.column(inner)
        elif kind == "constraint":
            maker.late.append((inner, None))
        elif kind == "table_like_clause":
            _like(run, maker, inner)
    for element in node.constraints:
        maker.late.append((element.constraint, None))
    maker.late.sort(key=lambda item: {5: 0, 7: 1, 8: 2, 6: 3, 10: 4}.get(item[0].contype, 0))
    maker.settle_late()
    relation = replace(
        maker.relation(), storage=storage_name(run, schema, name), persistence=node.relation.relpersistence or "p",
        session=str(run.session.pid) if node.relation.relpersistence == "t" else "",
    )  # fmt: skip
    keep(run, maker, relation)
    return "CREATE TABLE"


def keep(run: Run, maker: TableMaker, relation: Relation) -> None:
    """Put a made table and all that belongs to it into the catalogue."""
    for sequence in maker.sequences:
        run.catalog.put(sequence)
    run.catalog.put(relation)
    for index in maker.indexes:
        run.catalog.put(index)
    run.forget_tables()


def _like(run: Run, maker: TableMaker, node: Any) -> None:
    source = maker.an.relation(node.relation)
    options = node.options & 0xFFFFFFFF
    for column in source.live:
        copied = replace(column, attnum=len(maker.columns) + 1, default=None, identity="", generated=None, missing=None)
        if options & 0x10 or options == 0x7FFFFFFF:
            copied = replace(copied, default=column.default)
        if (options & 0x20 or options == 0x7FFFFFFF) and column.generated:
            copied = replace(copied, generated=column.generated)
        maker.columns.append(copied)
        if (options & 0x40 or options == 0x7FFFFFFF) and column.identity:
            maker.columns[-1] = replace(maker._own_sequence(maker.columns[-1], True, []), identity=column.identity)
    if options & 0x8 or options & 0x4:
        for constraint in source.constraints:
            if constraint.kind == "c":
                maker.constraints.append(replace(constraint, oid=run.catalog.new_oid()))
    if options & 0x80 or options == 0x7FFFFFFF:
        by_name = {c.name: c.attnum for c in maker.columns}
        for index in run.catalog.indexes(source.oid):
            names = source.names(index.keys) if 0 not in index.keys else None
            if names is None:
                raise unsupported("LIKE INCLUDING INDEXES with an expression index")
            keys = tuple(by_name[n] for n in names)
            suffix = "pkey" if index.primary else "key" if index.unique else "idx"
            name = f"{maker.name}_pkey" if index.primary else _joined(maker.name, "_".join(names), suffix)
            oid = run.catalog.new_oid()
            maker.indexes.append(replace(index, oid=oid, schema=maker.schema, name=name, table=maker.oid, keys=keys))
            if any(c.index == index.oid for c in source.constraints):
                maker.constraints.append(
                    Constraint(run.catalog.new_oid(), name, "p" if index.primary else "u", keys, index=oid)
                )


def create_as(run: Run, node: Any) -> str:
    """CREATE TABLE AS, SELECT INTO and CREATE MATERIALIZED VIEW."""
    from ..change.writer import Pending
    from ..execute.query import compile_query
    from .text import query_text

    target = node.into.rel
    matview = node.objtype == 24
    schema = target_schema(run, target)
    kind, inner = unwrap(node.query)
    if kind != "select_stmt":
        raise unsupported("CREATE TABLE AS EXECUTE")
    tag = "CREATE MATERIALIZED VIEW" if matview else "CREATE TABLE AS"
    error = taken(run, schema, target.relname)
    if error is not None:
        if node.if_not_exists:
            notice(run, f'relation "{target.relname}" already exists, skipping', "42P07")
            return tag
        raise error
    an = Analyser(run.catalog, run.session, run.style)
    query = select(an, inner, Scope(Query()))
    given = names_of(node.into.col_names)
    if len(given) > len(query.visible):
        raise SqlError("42601", "too many column names were specified")
    names = given + [t.name for t in query.visible[len(given) :]]
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise SqlError("42701", f'column "{name}" specified more than once')
        seen.add(name)
    columns = tuple(
        ColumnDef(name, t.expr.type, n + 1, t.expr.typmod)
        for n, (name, t) in enumerate(zip(names, query.visible, strict=True))
    )
    rows = [] if node.into.skip_data else run.keep(compile_query(run, query, [])())
    relation = Relation(
        run.catalog.new_oid(), schema, target.relname, "m" if matview else "r", columns, storage=storage_name(run, schema, target.relname),
        definition=query_text(inner) if matview else "", persistence=target.relpersistence or "p",
        session=str(run.session.pid) if target.relpersistence == "t" else "", populated=not node.into.skip_data,
    )  # fmt: skip
    run.catalog.put(relation)
    run.forget_tables()
    writer = Pending(run).writer(relation)
    for row in rows:
        writer.insert(list(row))
    if matview:
        return tag if node.into.skip_data else f"SELECT {len(rows)}"
    return "CREATE TABLE AS" if node.into.skip_data else f"SELECT {len(rows)}"


__all__ = [
    "TableMaker",
    "create_as",
    "create_table",
    "expression_node",
    "keep",
    "notice",
    "storage_name",
    "target_schema",
]
