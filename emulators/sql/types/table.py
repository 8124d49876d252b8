"""The built-in types that the emulator knows, with PostgreSQL's own OIDs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

BOOL: Final = 16
BYTEA: Final = 17
CHAR: Final = 18
NAME: Final = 19
INT8: Final = 20
INT2: Final = 21
INT2VECTOR: Final = 22
INT4: Final = 23
REGPROC: Final = 24
TEXT: Final = 25
OID: Final = 26
XID: Final = 28
OIDVECTOR: Final = 30
JSON: Final = 114
NODE_TREE: Final = 194
FLOAT4: Final = 700
FLOAT8: Final = 701
UNKNOWN: Final = 705
BPCHAR: Final = 1042
VARCHAR: Final = 1043
DATE: Final = 1082
TIME: Final = 1083
TIMESTAMP: Final = 1114
TIMESTAMPTZ: Final = 1184
INTERVAL: Final = 1186
NUMERIC: Final = 1700
REGPROCEDURE: Final = 2202
REGCLASS: Final = 2205
REGTYPE: Final = 2206
RECORD: Final = 2249
CSTRING: Final = 2275
ANY: Final = 2276
ANYARRAY: Final = 2277
VOID: Final = 2278
TRIGGER: Final = 2279
ANYELEMENT: Final = 2283
ANYNONARRAY: Final = 2776
UUID: Final = 2950
ANYENUM: Final = 3500
JSONB: Final = 3802
REGNAMESPACE: Final = 4089
REGROLE: Final = 4096
ANYCOMPATIBLE: Final = 5077
ANYCOMPATIBLEARRAY: Final = 5078

POLYMORPHIC: Final = frozenset({ANYELEMENT, ANYARRAY, ANYNONARRAY, ANYENUM, ANYCOMPATIBLE, ANYCOMPATIBLEARRAY})
NUMBERS: Final = (INT2, INT4, INT8, NUMERIC, FLOAT4, FLOAT8)


@dataclass(frozen=True, slots=True)
class Type:
    """One type. ``name`` is pg_type's, ``sql`` what ``format_type`` says."""

    oid: int
    name: str
    sql: str
    array: int
    category: str
    preferred: bool
    length: int
    element: int = 0
    kind: str = "b"
    labels: tuple[str, ...] = ()
    """An enum's labels in their order."""
    base: int = 0
    """A domain's base type."""
    base_typmod: int = -1
    not_null: bool = False
    checks: tuple[Any, ...] = ()
    schema: str = "pg_catalog"


_ROWS: Final = """
16 bool boolean 1000 B t 1
17 bytea bytea 1001 U f -1
18 char "char" 1002 Z f 1
19 name name 1003 S f 64
20 int8 bigint 1016 N f 8
21 int2 smallint 1005 N f 2
22 int2vector int2vector 1006 A f -1
23 int4 integer 1007 N f 4
24 regproc regproc 1008 N f 4
25 text text 1009 S t -1
26 oid oid 1028 N t 4
27 tid tid 1010 U f 6
28 xid xid 1011 U f 4
29 cid cid 1012 U f 4
30 oidvector oidvector 1013 A f -1
114 json json 199 U f -1
142 xml xml 143 U f -1
194 pg_node_tree pg_node_tree 0 Z f -1
700 float4 real 1021 N f 4
701 float8 double_precision 1022 N t 8
705 unknown unknown 0 X f -2
869 inet inet 1041 I t -1
650 cidr cidr 651 I f -1
790 money money 791 N f 8
1042 bpchar character 1014 S f -1
1043 varchar character_varying 1015 S f -1
1082 date date 1182 D f 4
1083 time time_without_time_zone 1183 D f 8
1114 timestamp timestamp_without_time_zone 1115 D f 8
1184 timestamptz timestamp_with_time_zone 1185 D t 8
1186 interval interval 1187 T t 16
1266 timetz time_with_time_zone 1270 D f 12
1560 bit bit 1561 V f -1
1562 varbit bit_varying 1563 V t -1
1700 numeric numeric 1231 N f -1
1790 refcursor refcursor 2201 U f -1
2202 regprocedure regprocedure 2207 N f 4
2205 regclass regclass 2210 N f 4
2206 regtype regtype 2211 N f 4
2249 record record 2287 P f -1 p
2275 cstring cstring 1263 P f -2 p
2276 any "any" 0 P f 4 p
2277 anyarray anyarray 0 P f -1 p
2278 void void 0 P f 4 p
2279 trigger trigger 0 P f 4 p
2283 anyelement anyelement 0 P f 4 p
2776 anynonarray anynonarray 0 P f 4 p
2950 uuid uuid 2951 U f 16
3500 anyenum anyenum 0 P f 4 p
3614 tsvector tsvector 3643 U f -1
3802 jsonb jsonb 3807 U f -1
4072 jsonpath jsonpath 4073 U f -1
4089 regnamespace regnamespace 4090 N f 4
4096 regrole regrole 4097 N f 4
5077 anycompatible anycompatible 0 P f 4 p
5078 anycompatiblearray anycompatiblearray 0 P f -1 p
"""


def array_of(type_: Type) -> Type:
    """The array type over an element type."""
    return Type(
        type_.array, f"_{type_.name}", f"{type_.sql}[]", 0, "A", False, -1, element=type_.oid, schema=type_.schema
    )


def _build() -> dict[int, Type]:
    types: dict[int, Type] = {}
    for line in _ROWS.strip().splitlines():
        oid, name, sql, array, category, preferred, length, *kind = line.split()
        element = {22: 21, 30: 26}.get(int(oid), 0)
        type_ = Type(
            int(oid),
            name,
            sql.replace("_", " ") if not sql.startswith("pg_") else sql,
            int(array),
            category,
            preferred == "t",
            int(length),
            element,
            kind[0] if kind else "b",
        )
        types[type_.oid] = type_
        if type_.array:
            types[type_.array] = array_of(type_)
    return types


BY_OID: Final[Mapping[int, Type]] = _build()
BY_NAME: Final[Mapping[str, Type]] = {type_.name: type_ for type_ in BY_OID.values()}

UNHANDLED: Final = frozenset({"xml", "inet", "cidr", "money", "timetz", "bit", "varbit", "tsvector", "jsonpath", "tid"})
"""Types that exist in the catalogue and have no values here."""
ALIASES: Final[Mapping[str, str]] = {
    "int": "int4",
    "integer": "int4",
    "smallint": "int2",
    "bigint": "int8",
    "real": "float4",
    "boolean": "bool",
    "decimal": "numeric",
    "character": "bpchar",
    "serial": "serial",
    "double precision": "float8",
    "character varying": "varchar",
    "timestamp without time zone": "timestamp",
    "timestamp with time zone": "timestamptz",
    "time without time zone": "time",
    "time with time zone": "timetz",
    '"char"': "char",
    "char": "bpchar",
    '"any"': "any",
}
"""Names in ``regtype`` input and signatures that the grammar would have resolved."""
