"""The system tables about relations, columns, constraints and types."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from ..types.table import BY_OID
from .describe import index_definition
from .model import Relation

Columns = tuple[tuple[str, int], ...]
View = tuple[Columns, Callable[[Any], Iterable[Any]]]
_TYPES: Final = {
    "oid": 26, "name": 19, "text": 25, "str": 1043, "bool": 16, "int2": 21, "int4": 23, "int8": 20, "char": 18, "float4": 700, "acl": 1009,
    "text[]": 1009, "vector": 22, "oids": 30, "int2[]": 1005, "oid[]": 1028, "name[]": 1003, "node": 194, "xid": 28, "regproc": 24,
    "timestamptz": 1184, "char[]": 1002, "regtype": 2206, "float8": 701,
}  # fmt: skip


def columns(text: str) -> Columns:
    """Columns from ``name:type`` words."""
    return tuple((name, _TYPES[kind]) for name, _, kind in (word.partition(":") for word in text.split()))


def _namespaces(c: Any) -> Iterator[Any]:
    for name, oid in sorted(c.catalog.schemas().items(), key=lambda item: item[1]):
        yield oid, name, 10, None


def _schema_oid(c: Any, name: str) -> int:
    return c.catalog.schema(name) or (90000 + c.session.pid if name.startswith("pg_temp_") else 2200)


def _classes(c: Any) -> Iterator[Any]:
    for r in c.catalog.relations():
        if r.session and r.session != str(c.session.pid):
            continue
        count = len(c.table(r)) if r.kind in "rm" else -1
        has_index = r.kind in "rm" and bool(c.catalog.indexes(r.oid))
        linked = r.kind == "r" and (any(k.kind == "f" for k in r.constraints) or bool(c.catalog.referencing(r.oid)))
        width = len(r.keys) if r.kind == "i" else 3 if r.kind == "S" else len(r.columns)
        checks = sum(k.kind == "c" for k in r.constraints)
        method = {"r": 2, "m": 2, "i": 403}.get(r.kind, 0)
        yield (
            r.oid, r.name, _schema_oid(c, r.schema), 0, 0, 10, method, r.oid, 0, 0, float(count if count else -1), 0, 0,
            has_index, False, r.persistence, r.kind, width, checks, r.kind == "v", linked, False, False, False, r.populated,
            "d" if r.kind in "rm" else "n", False, 0, 0, 1, None, None, None,
        )  # fmt: skip
    from .system import system_names

    for (schema, name), oid in system_names().items():
        yield (
            oid, name, 11 if schema == "pg_catalog" else 13183, 0, 0, 10, 2, oid, 0, 0, 0.0, 0, 0, False, False, "p",
            "r" if oid < 12000 else "v", 0, 0, False, False, False, False, False, True, "n", False, 0, 0, 1, None, None, None,
        )  # fmt: skip


def _attribute(r: Relation, number: int, name: str, oid: int, typmod: int, c: Any, column: Any = None) -> Any:
    type_ = BY_OID.get(oid) or c.find(oid) if oid else BY_OID[25]
    dropped = bool(column and column.dropped)
    has_default = bool(column and (column.default is not None or column.generated))
    return (
        r.oid, name, 0 if dropped else oid, -1, type_.length, number, 1 if type_.element else 0, -1, typmod, type_.length in (1, 2, 4, 8),
        "x" if type_.length < 0 else "p", "", "i", bool(column and column.not_null), has_default, bool(column and column.missing is not None),
        column.identity if column else "", "s" if column and column.generated else "", dropped, True, 0,
        100 if type_.category == "S" and oid not in (18,) else 0, None, None, None, None,
    )  # fmt: skip


def _attributes(c: Any) -> Iterator[Any]:
    for r in c.catalog.relations():
        if r.kind == "S":
            for n, (name, oid) in enumerate((("last_value", 20), ("log_cnt", 20), ("is_called", 16)), 1):
                yield _attribute(r, n, name, oid, -1, c)
        elif r.kind == "i":
            table = c.catalog.by_oid(r.table)
            for n, key in enumerate((*r.keys, *r.included), 1):
                column = table.columns[key - 1] if key else None
                yield _attribute(
                    r,
                    n,
                    column.name if column else "expr",
                    column.type if column else 25,
                    column.typmod if column else -1,
                    c,
                )
        else:
            for column in r.columns:
                yield _attribute(r, column.attnum, column.name, column.type, column.typmod, c, column)


def _defaults(c: Any) -> Iterator[Any]:
    for r in c.catalog.relations():
        for column in r.columns:
            text = column.generated or column.default
            if text is not None and not column.dropped:
                yield r.oid * 100 + column.attnum, r.oid, column.attnum, text


def _indexes(c: Any) -> Iterator[Any]:
    for r in c.catalog.relations():
        if r.kind == "i":
            keys = (*r.keys, *r.included)
            exprs = ", ".join(r.exprs) or None
            yield (
                r.oid, r.table, len(keys), len(r.keys), r.unique, r.nulls_equal, r.primary, False, True, False, True, False, True, True,
                False, keys, (0,) * len(r.keys), (0,) * len(r.keys), r.options or (0,) * len(r.keys), exprs, r.where,
            )  # fmt: skip


def _constraints(c: Any) -> Iterator[Any]:
    for r in c.catalog.relations():
        for k in r.constraints:
            index = k.index
            if k.kind == "f":
                index = next(
                    (i.oid for i in c.catalog.indexes(k.target) if sorted(i.keys) == sorted(k.target_columns)), 0
                )
            foreign = k.kind == "f"
            yield (
                k.oid, k.name, _schema_oid(c, r.schema), k.kind, k.deferrable, k.deferred, k.validated, r.oid, 0, index, 0, k.target,
                k.on_update if foreign else " ", k.on_delete if foreign else " ", k.match if foreign else " ", True, 0, k.kind != "c" or True,
                k.columns or None, k.target_columns or None, None, None, None, k.set_columns or None, None, k.expr,
            )  # fmt: skip


def _types(c: Any) -> Iterator[Any]:
    def row(t: Any, namespace: int) -> Any:
        kind = t.kind if t.kind != "b" else "b"
        element = t.element if t.category == "A" else 0
        receive = "array_in" if element else f"{t.name}in"
        return (
            t.oid, t.name, namespace, 10, t.length, t.length in (1, 2, 4, 8), kind, t.category, t.preferred, True, ",", 0, receive,
            element, t.array, receive, receive.replace("in", "out"), receive.replace("in", "recv"), receive.replace("in", "send"),
            "-", "-", "-", "i", "x", t.not_null, t.base, t.base_typmod, 0, 100 if t.category == "S" else 0, None, None, None,
        )  # fmt: skip

    for t in BY_OID.values():
        yield row(t, 11)
    for definition in c.catalog.types():
        namespace = _schema_oid(c, definition.schema)
        yield row(c.find(definition.oid), namespace)
        yield row(c.find(definition.array), namespace)


def _enums(c: Any) -> Iterator[Any]:
    for t in c.catalog.types():
        for n, label in enumerate(t.labels, 1):
            yield t.oid * 1000 + n, t.oid, float(n), label


def _descriptions(c: Any) -> Iterator[Any]:
    for oid, part, text in c.catalog.comments():
        kind = 2615 if oid in c.catalog.schemas().values() else 1259
        yield oid, kind, part, text


def _sequences(c: Any) -> Iterator[Any]:
    for r in c.catalog.relations():
        if r.kind == "S":
            yield r.oid, r.type, r.start, r.increment, r.maximum, r.minimum, r.cache, r.cycle


def _depends(c: Any) -> Iterator[Any]:
    for r in c.catalog.relations():
        if r.kind == "S" and r.owner:
            yield 1259, r.oid, 0, 1259, r.owner[0], r.owner[1], "i" if r.internal else "a"
        for k in r.constraints:
            if k.index:
                yield 1259, k.index, 0, 2606, k.oid, 0, "i"


def _tables(c: Any) -> Iterator[Any]:
    for r in c.catalog.relations():
        if r.kind == "r":
            yield r.schema, r.name, c.session.user, None, bool(c.catalog.indexes(r.oid)), False, False, False


def _views(kind: str) -> Callable[[Any], Iterator[Any]]:
    def rows(c: Any) -> Iterator[Any]:
        for r in c.catalog.relations():
            if r.kind == kind:
                text = f" {r.definition};"
                yield (r.schema, r.name, c.session.user, text) if kind == "v" else (
                    r.schema, r.name, c.session.user, None, bool(c.catalog.indexes(r.oid)), r.populated, text,
                )  # fmt: skip

    return rows


def _index_views(c: Any) -> Iterator[Any]:
    for r in c.catalog.relations():
        if r.kind == "i":
            yield r.schema, c.catalog.by_oid(r.table).name, r.name, None, index_definition(c, r)


def _sequence_views(c: Any) -> Iterator[Any]:
    for r in c.catalog.relations():
        if r.kind == "S":
            last, _, called = c.sequences.row(r)
            yield (
                r.schema,
                r.name,
                c.session.user,
                r.type,
                r.start,
                r.minimum,
                r.maximum,
                r.increment,
                r.cycle,
                r.cache,
                last if called else None,
            )


def _procs(c: Any) -> Iterator[Any]:
    from .system import procedures

    for oid, f in procedures():
        kind = {"a": "a", "o": "a", "w": "w"}.get(f.kind, "f")
        yield (
            oid,
            f.name,
            11,
            10,
            12,
            1.0,
            0.0,
            0,
            0,
            kind,
            False,
            False,
            f.strict,
            f.returns_set,
            "i",
            "s",
            len(f.args),
            f.defaults,
            f.result,
            f.args,
            None,
            None,
            None,
            None,
            None,
            f.name,
            None,
            None,
            None,
            None,
        )


VIEWS: Final[dict[str, View]] = {
    "pg_namespace": (columns("oid:oid nspname:name nspowner:oid nspacl:acl"), _namespaces),
    "pg_class": (
        columns(
            "oid:oid relname:name relnamespace:oid reltype:oid reloftype:oid relowner:oid relam:oid relfilenode:oid reltablespace:oid "
            "relpages:int4 reltuples:float4 relallvisible:int4 reltoastrelid:oid relhasindex:bool relisshared:bool relpersistence:char "
            "relkind:char relnatts:int2 relchecks:int2 relhasrules:bool relhastriggers:bool relhassubclass:bool relrowsecurity:bool "
            "relforcerowsecurity:bool relispopulated:bool relreplident:char relispartition:bool relrewrite:oid relfrozenxid:xid relminmxid:xid "
            "relacl:acl reloptions:text[] relpartbound:node"
        ),
        _classes,
    ),
    "pg_attribute": (
        columns(
            "attrelid:oid attname:name atttypid:oid attstattarget:int4 attlen:int2 attnum:int2 attndims:int4 attcacheoff:int4 atttypmod:int4 "
            "attbyval:bool attstorage:char attcompression:char attalign:char attnotnull:bool atthasdef:bool atthasmissing:bool attidentity:char "
            "attgenerated:char attisdropped:bool attislocal:bool attinhcount:int4 attcollation:oid attacl:acl attoptions:text[] "
            "attfdwoptions:text[] attmissingval:text[]"
        ),
        _attributes,
    ),
    "pg_attrdef": (columns("oid:oid adrelid:oid adnum:int2 adbin:node"), _defaults),
    "pg_index": (
        columns(
            "indexrelid:oid indrelid:oid indnatts:int2 indnkeyatts:int2 indisunique:bool indnullsnotdistinct:bool indisprimary:bool "
            "indisexclusion:bool indimmediate:bool indisclustered:bool indisvalid:bool indcheckxmin:bool indisready:bool indislive:bool "
            "indisreplident:bool indkey:vector indcollation:oids indclass:oids indoption:vector indexprs:node indpred:node"
        ),
        _indexes,
    ),
    "pg_constraint": (
        columns(
            "oid:oid conname:name connamespace:oid contype:char condeferrable:bool condeferred:bool convalidated:bool conrelid:oid contypid:oid "
            "conindid:oid conparentid:oid confrelid:oid confupdtype:char confdeltype:char confmatchtype:char conislocal:bool coninhcount:int4 "
            "connoinherit:bool conkey:int2[] confkey:int2[] conpfeqop:oid[] conppeqop:oid[] conffeqop:oid[] confdelsetcols:int2[] "
            "conexclop:oid[] conbin:node"
        ),
        _constraints,
    ),
    "pg_type": (
        columns(
            "oid:oid typname:name typnamespace:oid typowner:oid typlen:int2 typbyval:bool typtype:char typcategory:char typispreferred:bool "
            "typisdefined:bool typdelim:char typrelid:oid typsubscript:text typelem:oid typarray:oid typinput:text typoutput:text "
            "typreceive:text typsend:text typmodin:text typmodout:text typanalyze:text typalign:char typstorage:char typnotnull:bool "
            "typbasetype:oid typtypmod:int4 typndims:int4 typcollation:oid typdefaultbin:node typdefault:text typacl:acl"
        ),
        _types,
    ),
    "pg_enum": (columns("oid:oid enumtypid:oid enumsortorder:float4 enumlabel:name"), _enums),
    "pg_description": (columns("objoid:oid classoid:oid objsubid:int4 description:text"), _descriptions),
    "pg_sequence": (
        columns("seqrelid:oid seqtypid:oid seqstart:int8 seqincrement:int8 seqmax:int8 seqmin:int8 seqcache:int8 seqcycle:bool"), _sequences,
    ),
    "pg_depend": (columns("classid:oid objid:oid objsubid:int4 refclassid:oid refobjid:oid refobjsubid:int4 deptype:char"), _depends),
    "pg_tables": (
        columns("schemaname:name tablename:name tableowner:name tablespace:name hasindexes:bool hasrules:bool hastriggers:bool rowsecurity:bool"),
        _tables,
    ),
    "pg_views": (columns("schemaname:name viewname:name viewowner:name definition:text"), _views("v")),
    "pg_matviews": (
        columns("schemaname:name matviewname:name matviewowner:name tablespace:name hasindexes:bool ispopulated:bool definition:text"), _views("m"),
    ),
    "pg_indexes": (columns("schemaname:name tablename:name indexname:name tablespace:name indexdef:text"), _index_views),
    "pg_sequences": (
        columns(
            "schemaname:name sequencename:name sequenceowner:name data_type:regtype start_value:int8 min_value:int8 max_value:int8 "
            "increment_by:int8 cycle:bool cache_size:int8 last_value:int8"
        ),
        _sequence_views,
    ),
    "pg_proc": (
        columns(
            "oid:oid proname:name pronamespace:oid proowner:oid prolang:oid procost:float4 prorows:float4 provariadic:oid prosupport:oid "
            "prokind:char prosecdef:bool proleakproof:bool proisstrict:bool proretset:bool provolatile:char proparallel:char pronargs:int2 "
            "pronargdefaults:int2 prorettype:oid proargtypes:oids proallargtypes:oid[] proargmodes:char[] proargnames:text[] "
            "proargdefaults:node protrftypes:oid[] prosrc:text probin:text prosqlbody:node proconfig:text[] proacl:acl"
        ),
        _procs,
    ),
}  # fmt: skip
