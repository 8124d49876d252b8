"""information_schema."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from ..functions.system import type_name
from .pg_objects import View, columns


def _type(c: Any, column: Any) -> tuple[str, str]:
    type_ = c.find(column.type)
    while type_.base:
        type_ = c.find(type_.base)
    if type_.element and type_.category == "A":
        return "ARRAY", type_.name
    if type_.schema != "pg_catalog":
        return "USER-DEFINED", type_.name
    return type_.sql, type_.name


def _relations(c: Any, kinds: str = "rv") -> Iterator[Any]:
    for r in c.catalog.relations():
        if r.kind in kinds and not (r.session and r.session != str(c.session.pid)):
            yield r


def _schemata(c: Any) -> Iterator[Any]:
    for name in sorted(c.catalog.schemas()):
        yield c.session.database, name, c.session.user, None, None, None, None


def _tables(c: Any) -> Iterator[Any]:
    for r in _relations(c):
        kind = "VIEW" if r.kind == "v" else "LOCAL TEMPORARY" if r.session else "BASE TABLE"
        yield (
            c.session.database,
            r.schema,
            r.name,
            kind,
            None,
            None,
            None,
            None,
            None,
            "YES" if r.kind == "r" else "NO",
            "NO",
            None,
        )


def _columns(c: Any) -> Iterator[Any]:
    for r in _relations(c):
        for n, column in enumerate(r.live, 1):
            name, udt = _type(c, column)
            typmod = column.typmod
            length = typmod - 4 if udt in ("varchar", "bpchar") and typmod > 0 else None
            octets = length * 4 if length else 2**30 if udt in ("text", "varchar") else None
            precision = {"int2": 16, "int4": 32, "int8": 64, "float4": 24, "float8": 53}.get(udt)
            scale = {"int2": 0, "int4": 0, "int8": 0}.get(udt)
            radix = 2 if precision else None
            if udt == "numeric":
                radix = 10
                if typmod >= 0:
                    precision, scale = (typmod - 4) >> 16 & 0xFFFF, (typmod - 4) & 0x7FF
            moment = {"date": 0, "timestamp": 6, "timestamptz": 6, "time": 6, "interval": 6}.get(udt)
            if moment == 6 and typmod >= 0 and udt != "interval":
                moment = typmod
            identity = column.identity != ""
            sequence = (
                next((s for s in c.catalog.relations() if s.kind == "S" and s.owner == (r.oid, column.attnum)), None)
                if identity
                else None
            )
            domain = c.find(column.type) if c.find(column.type).base else None
            type_schema = c.find(column.type).schema if name == "USER-DEFINED" else "pg_catalog"
            yield (
                c.session.database, r.schema, r.name, column.name, column.attnum, column.default, "NO" if column.not_null else "YES", name,
                length, octets, precision, radix, scale, moment, None, None, None, None, None, None, None, None,
                c.session.database if domain else None, domain.schema if domain else None, domain.name if domain else None,
                c.session.database, type_schema, udt, None, None, None, None, str(n), "NO", "YES" if identity else "NO",
                {"a": "ALWAYS", "d": "BY DEFAULT"}.get(column.identity), str(sequence.start) if sequence else None,
                str(sequence.increment) if sequence else None, str(sequence.maximum) if sequence else None, str(sequence.minimum) if sequence else None,
                "NO", "ALWAYS" if column.generated else "NEVER", column.generated, "YES" if r.kind == "r" else "NO",
            )  # fmt: skip


_KINDS: Final = {"p": "PRIMARY KEY", "u": "UNIQUE", "f": "FOREIGN KEY", "c": "CHECK"}
_RULES: Final = {"a": "NO ACTION", "r": "RESTRICT", "c": "CASCADE", "n": "SET NULL", "d": "SET DEFAULT"}


def _table_constraints(c: Any) -> Iterator[Any]:
    for r in _relations(c, "r"):
        for k in r.constraints:
            yield (
                c.session.database,
                r.schema,
                k.name,
                c.session.database,
                r.schema,
                r.name,
                _KINDS[k.kind],
                "YES" if k.deferrable else "NO",
                "YES" if k.deferred else "NO",
                "YES",
                "YES" if k.kind == "u" else None,
            )
        for column in r.live:
            if column.not_null:
                name = f"2200_{r.oid}_{column.attnum}_not_null"
                yield (
                    c.session.database,
                    r.schema,
                    name,
                    c.session.database,
                    r.schema,
                    r.name,
                    "CHECK",
                    "NO",
                    "NO",
                    "YES",
                    None,
                )


def _key_usage(c: Any) -> Iterator[Any]:
    for r in _relations(c, "r"):
        for k in r.constraints:
            if k.kind in "puf":
                for n, attnum in enumerate(k.columns, 1):
                    target = None
                    if k.kind == "f":
                        index = next(
                            (i for i in c.catalog.indexes(k.target) if sorted(i.keys) == sorted(k.target_columns)), None
                        )
                        target = list(index.keys).index(k.target_columns[n - 1]) + 1 if index else n
                    yield (
                        c.session.database,
                        r.schema,
                        k.name,
                        c.session.database,
                        r.schema,
                        r.name,
                        r.columns[attnum - 1].name,
                        n,
                        target,
                    )


def _column_usage(c: Any) -> Iterator[Any]:
    for r in _relations(c, "r"):
        for k in r.constraints:
            table, used = (c.catalog.by_oid(k.target), k.target_columns) if k.kind == "f" else (r, k.columns)
            for attnum in used:
                yield (
                    c.session.database,
                    table.schema,
                    table.name,
                    table.columns[attnum - 1].name,
                    c.session.database,
                    r.schema,
                    k.name,
                )


def _table_usage(c: Any) -> Iterator[Any]:
    for r in _relations(c, "r"):
        for k in r.constraints:
            table = c.catalog.by_oid(k.target) if k.kind == "f" else r
            if k.kind in "puf":
                yield c.session.database, table.schema, table.name, c.session.database, r.schema, k.name


def _references(c: Any) -> Iterator[Any]:
    for r in _relations(c, "r"):
        for k in r.constraints:
            if k.kind == "f":
                index = next(
                    (i for i in c.catalog.indexes(k.target) if sorted(i.keys) == sorted(k.target_columns)), None
                )
                parent = c.catalog.by_oid(k.target)
                yield (
                    c.session.database,
                    r.schema,
                    k.name,
                    c.session.database,
                    parent.schema,
                    index.name if index else None,
                    "FULL" if k.match == "f" else "NONE",
                    _RULES[k.on_update],
                    _RULES[k.on_delete],
                )


def _checks(c: Any) -> Iterator[Any]:
    for r in _relations(c, "r"):
        for k in r.constraints:
            if k.kind == "c":
                yield c.session.database, r.schema, k.name, f"(({k.expr}))"
        for column in r.live:
            if column.not_null:
                yield (
                    c.session.database,
                    r.schema,
                    f"2200_{r.oid}_{column.attnum}_not_null",
                    f"{column.name} IS NOT NULL",
                )


def _views(c: Any) -> Iterator[Any]:
    for r in _relations(c, "v"):
        yield c.session.database, r.schema, r.name, f" {r.definition};", "NONE", "NO", "NO", "NO", "NO", "NO"


def _sequences(c: Any) -> Iterator[Any]:
    for r in _relations(c, "S"):
        if not r.internal:
            bits = {21: 16, 23: 32, 20: 64}[r.type]
            yield (
                c.session.database,
                r.schema,
                r.name,
                type_name(c.find(r.type)),
                bits,
                2,
                0,
                str(r.start),
                str(r.minimum),
                str(r.maximum),
                str(r.increment),
                "YES" if r.cycle else "NO",
            )


VIEWS: Final[dict[str, View]] = {
    "schemata": (
        columns(
            "catalog_name:name schema_name:name schema_owner:name default_character_set_catalog:name default_character_set_schema:name "
            "default_character_set_name:name sql_path:str"
        ),
        _schemata,
    ),
    "tables": (
        columns(
            "table_catalog:name table_schema:name table_name:name table_type:str self_referencing_column_name:name reference_generation:str "
            "user_defined_type_catalog:name user_defined_type_schema:name user_defined_type_name:name is_insertable_into:str is_typed:str commit_action:str"
        ),
        _tables,
    ),
    "columns": (
        columns(
            "table_catalog:name table_schema:name table_name:name column_name:name ordinal_position:int4 column_default:str is_nullable:str "
            "data_type:str character_maximum_length:int4 character_octet_length:int4 numeric_precision:int4 numeric_precision_radix:int4 "
            "numeric_scale:int4 datetime_precision:int4 interval_type:str interval_precision:int4 character_set_catalog:name "
            "character_set_schema:name character_set_name:name collation_catalog:name collation_schema:name collation_name:name "
            "domain_catalog:name domain_schema:name domain_name:name udt_catalog:name udt_schema:name udt_name:name scope_catalog:name "
            "scope_schema:name scope_name:name maximum_cardinality:int4 dtd_identifier:name is_self_referencing:str is_identity:str "
            "identity_generation:str identity_start:str identity_increment:str identity_maximum:str identity_minimum:str identity_cycle:str "
            "is_generated:str generation_expression:str is_updatable:str"
        ),
        _columns,
    ),
    "table_constraints": (
        columns(
            "constraint_catalog:name constraint_schema:name constraint_name:name table_catalog:name table_schema:name table_name:name "
            "constraint_type:str is_deferrable:str initially_deferred:str enforced:str nulls_distinct:str"
        ),
        _table_constraints,
    ),
    "key_column_usage": (
        columns(
            "constraint_catalog:name constraint_schema:name constraint_name:name table_catalog:name table_schema:name table_name:name "
            "column_name:name ordinal_position:int4 position_in_unique_constraint:int4"
        ),
        _key_usage,
    ),
    "constraint_column_usage": (
        columns(
            "table_catalog:name table_schema:name table_name:name column_name:name constraint_catalog:name constraint_schema:name constraint_name:name"
        ),
        _column_usage,
    ),
    "constraint_table_usage": (
        columns("table_catalog:name table_schema:name table_name:name constraint_catalog:name constraint_schema:name constraint_name:name"),
        _table_usage,
    ),
    "referential_constraints": (
        columns(
            "constraint_catalog:name constraint_schema:name constraint_name:name unique_constraint_catalog:name unique_constraint_schema:name "
            "unique_constraint_name:name match_option:str update_rule:str delete_rule:str"
        ),
        _references,
    ),
    "check_constraints": (columns("constraint_catalog:name constraint_schema:name constraint_name:name check_clause:str"), _checks),
    "views": (
        columns(
            "table_catalog:name table_schema:name table_name:name view_definition:str check_option:str is_updatable:str is_insertable_into:str "
            "is_trigger_updatable:str is_trigger_deletable:str is_trigger_insertable_into:str"
        ),
        _views,
    ),
    "sequences": (
        columns(
            "sequence_catalog:name sequence_schema:name sequence_name:name data_type:str numeric_precision:int4 numeric_precision_radix:int4 "
            "numeric_scale:int4 start_value:str minimum_value:str maximum_value:str increment:str cycle_option:str"
        ),
        _sequences,
    ),
    "routines": (columns("specific_catalog:name specific_schema:name specific_name:name routine_catalog:name routine_schema:name routine_name:name routine_type:str data_type:str"), lambda c: ()),
    "triggers": (columns("trigger_catalog:name trigger_schema:name trigger_name:name event_manipulation:str event_object_schema:name event_object_table:name action_statement:str action_timing:str"), lambda c: ()),
    "information_schema_catalog_name": (columns("catalog_name:name"), lambda c: [(c.session.database,)]),
}  # fmt: skip
