"""Functions about the session, the server and the catalogue."""

from __future__ import annotations

from typing import Any, Final

from ..errors import SqlError
from ..types.table import REGCLASS
from .registry import Library

FUNCTIONS: Final = Library()
add = FUNCTIONS.add
VERSION: Final = "15.18 (Debian 15.18-0+deb12u1)"
BANNER: Final = (
    f"PostgreSQL {VERSION} on x86_64-pc-linux-gnu, compiled by gcc (Debian 12.2.0-14+deb12u1) 12.2.0, 64-bit"
)


def _typeof(context: Any, values: list[tuple[Any, int]]) -> int:
    return values[0][1]


def format_type(context: Any, oid: int | None, typmod: int | None = None) -> str | None:
    """A type's name as SQL writes it, with its length or precision."""
    if oid is None:
        return None
    if oid == 0:
        return "-"
    try:
        type_ = context.find(oid)
    except SqlError:
        return "???"
    if type_.element and type_.category == "A" and type_.oid not in (22, 30):
        return f"{format_type(context, type_.element, typmod)}[]"
    return type_name(type_, -1 if typmod is None else typmod, context)


def type_name(type_: Any, typmod: int = -1, context: Any = None) -> str:
    """A type's name with its length or precision."""
    if type_.schema != "pg_catalog":
        shown = type_.sql
        return (
            f"{type_.schema}.{shown}"
            if context is not None and type_.schema not in context.session.search_path()
            else shown
        )
    if typmod < 0:
        return "bpchar" if type_.oid == 1042 and typmod == -1 and context is not None else str(type_.sql)
    if type_.oid in (1042, 1043):
        return f"{type_.sql}({typmod - 4})"
    if type_.oid == 1700:
        scale = (typmod - 4) & 0x7FF
        return f"numeric({(typmod - 4) >> 16 & 0xFFFF},{scale - 2048 if scale > 1023 else scale})"
    if type_.oid in (1083, 1114, 1184):
        head, _, tail = type_.sql.partition(" ")
        return f"{head}({typmod}) {tail}"
    return str(type_.sql)


def _setting(context: Any, name: str, missing_ok: bool = False) -> str | None:
    found = context.session.settings.get(name)
    if found is None and not missing_ok:
        raise SqlError("42704", f'unrecognized configuration parameter "{name}"')
    return None if found is None else str(found)


def _set_config(context: Any, name: str, value: str | None, local: bool) -> str | None:
    context.session.set_setting(name, value, bool(local))
    return _setting(context, name)


def _schemas(context: Any, implicit: bool) -> tuple[str, ...]:
    path = tuple(name for name in context.session.search_path() if context.catalog.schema(name) is not None)
    return ("pg_catalog", *path) if implicit and "pg_catalog" not in path else path


def _current_schema(context: Any) -> str | None:
    path = _schemas(context, False)
    return path[0] if path else None


def _nextval(context: Any, oid: int) -> int:
    return int(context.sequences.next(oid))


def _currval(context: Any, oid: int) -> int:
    return int(context.sequences.current(oid))


def _setval(context: Any, oid: int, value: int, called: bool = True) -> int:
    return int(context.sequences.set(oid, value, called))


def _visible(context: Any, oid: int) -> bool | None:
    relation = context.catalog.by_oid(oid)
    if relation is None:
        from ..catalog.system import system_names

        schema = next((name for (name, _), number in system_names().items() if number == oid), "pg_catalog")
        return schema == "pg_catalog" if oid < 16384 else None
    return relation.schema in (*context.session.search_path(), "pg_catalog")


def _viewdef(context: Any, oid: int, pretty: Any = None) -> str | None:
    relation = context.catalog.by_oid(oid)
    return None if relation is None or relation.kind not in "vm" else f" {relation.definition};"


def _indexdef(context: Any, oid: int, column: int = 0, pretty: bool = False) -> str | None:
    from ..catalog.describe import index_column, index_definition

    found = context.catalog.by_oid(oid)
    if found is None or found.kind != "i":
        return None
    return index_column(context, found, column) if column else index_definition(context, found)


def _constraintdef(context: Any, oid: int, pretty: bool = False) -> str | None:
    from ..catalog.describe import constraint_by_oid, constraint_definition

    found = constraint_by_oid(context.catalog, oid)
    return None if found is None else constraint_definition(context, *found)


def _get_expr(context: Any, text: str, relation: int, pretty: bool = False) -> str:
    return text


def _serial_sequence(context: Any, table: str, column: str) -> str | None:
    relation = context.catalog.by_oid(context.style.oid_of(REGCLASS, table))
    found = relation.column(column)
    if found is None:
        raise SqlError("42703", f'column "{column}" of relation "{relation.name}" does not exist')
    from .strings import quote_ident

    for sequence in context.catalog.relations():
        if sequence.kind == "S" and sequence.owner == (relation.oid, found.attnum):
            return f"{quote_ident(sequence.schema)}.{quote_ident(sequence.name)}"
    return None


def _description(context: Any, oid: int, catalog: str = "") -> str | None:
    return context.catalog.comment(oid, 0)  # type: ignore[no-any-return]


def _col_description(context: Any, oid: int, column: int) -> str | None:
    return context.catalog.comment(oid, column)  # type: ignore[no-any-return]


def _to_reg(kind: int) -> Any:
    def run(context: Any, name: str) -> int | None:
        try:
            return int(context.style.oid_of(kind, name))
        except SqlError:
            return None

    return run


def _enum_range(context: Any, values: list[tuple[Any, int]]) -> Any:
    return tuple(context.find(values[0][1]).labels)


def _size_pretty(size: Any) -> str:
    value, units = int(size), ("bytes", "kB", "MB", "GB", "TB", "PB")
    unit = 0
    while abs(value) >= 10240 and unit < 5:
        value = (value + 512) // 1024
        unit += 1
    return f"{value} {units[unit]}"


def _relation_size(context: Any, *args: Any) -> int:
    relation = context.catalog.by_oid(args[0])
    return 0 if relation is None or relation.kind not in "rm" else 8192 * -(-len(context.table(relation)) // 100)


def _advisory(result: Any, shared: bool = False) -> Any:
    def run(context: Any, *key: int) -> Any:
        context.session.advisory(key)
        return result

    return run


def _random_uuid(context: Any) -> str:
    return str(context.state.ids.uuid("sql.uuid"))


def _num_nulls(context: Any, values: list[tuple[Any, int]]) -> int:
    return sum(value is None for value, _ in values)


add("version() text", lambda: BANNER)
add("current_database() name; current_catalog() name", lambda c: c.session.database, context=True)
add("current_schema() name", _current_schema, context=True)
add("current_schemas(bool) name[]", _schemas, context=True)
add(
    "current_user() name; session_user() name; user() name; current_role() name", lambda c: c.session.user, context=True
)
add("pg_backend_pid() int4", lambda c: c.session.pid, context=True)
add("pg_typeof(any) regtype", _typeof, typed=True, strict=False)
add("format_type(oid, int4) text", format_type, context=True, strict=False)
add("current_setting(text) text; current_setting(text, bool) text", _setting, context=True)
add("set_config(text, text, bool) text", _set_config, context=True, strict=False)
add("nextval(regclass) int8", _nextval, context=True)
add("currval(regclass) int8", _currval, context=True)
add("lastval() int8", lambda c: c.sequences.last(), context=True)
add("setval(regclass, int8) int8; setval(regclass, int8, bool) int8", _setval, context=True)
add(
    "pg_table_is_visible(oid) bool; pg_type_is_visible(oid) bool; pg_function_is_visible(oid) bool",
    _visible,
    context=True,
)
add(
    "pg_operator_is_visible(oid) bool; pg_opclass_is_visible(oid) bool; pg_collation_is_visible(oid) bool",
    lambda oid: True,
)
add(
    "pg_statistics_obj_is_visible(oid) bool; pg_ts_config_is_visible(oid) bool; pg_conversion_is_visible(oid) bool",
    lambda oid: True,
)
add("pg_get_viewdef(oid) text; pg_get_viewdef(oid, bool) text; pg_get_viewdef(oid, int4) text", _viewdef, context=True)
add("pg_get_indexdef(oid) text; pg_get_indexdef(oid, int4, bool) text", _indexdef, context=True)
add("pg_get_constraintdef(oid) text; pg_get_constraintdef(oid, bool) text", _constraintdef, context=True)
add("pg_get_expr(pg_node_tree, oid) text; pg_get_expr(pg_node_tree, oid, bool) text", _get_expr, context=True)
add("pg_get_serial_sequence(text, text) text", _serial_sequence, context=True)
add("pg_get_userbyid(oid) name", lambda c, oid: c.session.user if oid == 10 else f"unknown (OID={oid})", context=True)
add("pg_get_partkeydef(oid) text; pg_get_ruledef(oid) text; pg_get_triggerdef(oid) text", lambda oid: None)
add(
    "pg_get_triggerdef(oid, bool) text; pg_get_statisticsobjdef_columns(oid) text; pg_get_function_result(oid) text",
    lambda *a: None,
)
add(
    "pg_get_function_arguments(oid) text; pg_get_function_identity_arguments(oid) text; pg_get_functiondef(oid) text",
    lambda *a: None,
)
add("obj_description(oid, name) text; obj_description(oid) text", _description, context=True)
add("col_description(oid, int4) text", _col_description, context=True)
add("shobj_description(oid, name) text", lambda oid, name: None)
add("to_regclass(text) regclass", _to_reg(REGCLASS), context=True)
add("to_regtype(text) regtype", _to_reg(2206), context=True)
add("to_regnamespace(text) regnamespace", _to_reg(4089), context=True)
add("to_regproc(text) regproc", _to_reg(24), context=True)
add(
    "has_table_privilege(text, text) bool; has_table_privilege(oid, text) bool; has_schema_privilege(text, text) bool",
    lambda *a: True,
)
add(
    "has_table_privilege(name, text, text) bool; has_table_privilege(name, oid, text) bool; has_schema_privilege(oid, text) bool",
    lambda *a: True,
)
add("has_schema_privilege(name, text, text) bool; has_schema_privilege(name, oid, text) bool", lambda *a: True)
add(
    "has_database_privilege(text, text) bool; has_database_privilege(oid, text) bool; has_database_privilege(name, text, text) bool",
    lambda *a: True,
)
add(
    "has_column_privilege(oid, text, text) bool; has_sequence_privilege(text, text) bool; has_sequence_privilege(oid, text) bool",
    lambda *a: True,
)
add(
    "has_column_privilege(oid, int2, text) bool; has_any_column_privilege(oid, text) bool; pg_has_role(oid, text) bool",
    lambda *a: True,
)
add(
    "has_function_privilege(oid, text) bool; has_type_privilege(oid, text) bool; pg_has_role(name, text) bool; pg_has_role(name, name, text) bool",
    lambda *a: True,
)
add("row_security_active(oid) bool; pg_is_in_recovery() bool; pg_is_other_temp_schema(oid) bool", lambda *a: False)
add("pg_my_temp_schema() oid", lambda: 0)
add("pg_relation_is_publishable(regclass) bool", lambda oid: True)
add("pg_relation_is_updatable(regclass, bool) int4", lambda oid, deep: 28)
add("pg_partition_ancestors(regclass) setof regclass", lambda oid: ())
add("pg_encoding_to_char(int4) name", lambda n: {0: "SQL_ASCII", 6: "UTF8"}.get(n, ""))
add("pg_client_encoding() name; getdatabaseencoding() name", lambda: "UTF8")
add("pg_char_to_encoding(name) int4", lambda name: 6)
add("inet_server_addr() text; inet_client_addr() text", lambda: None)
add("inet_server_port() int4; inet_client_port() int4", lambda: None)
add("txid_current() int8; pg_current_xact_id() int8", lambda c: c.transaction_number(), context=True)
add("txid_current_if_assigned() int8", lambda: None)
add("pg_postmaster_start_time() timestamptz; pg_conf_load_time() timestamptz", lambda c: c.style.now, context=True)
add("gen_random_uuid() uuid; uuid_generate_v4() uuid", _random_uuid, context=True)
add("pg_sleep(float8) void", lambda seconds: "")
add("pg_size_pretty(int8) text; pg_size_pretty(numeric) text", _size_pretty)
add("pg_database_size(name) int8; pg_database_size(oid) int8", lambda name: 8_000_000)
add(
    "pg_relation_size(regclass) int8; pg_total_relation_size(regclass) int8; pg_table_size(regclass) int8",
    _relation_size,
    context=True,
)
add("pg_indexes_size(regclass) int8; pg_relation_size(regclass, text) int8", lambda *a: 8192)
add(
    "pg_column_size(any) int4",
    lambda c, values: None if values[0][0] is None else len(str(values[0][0])),
    typed=True,
    strict=False,
)
add(
    "pg_stat_get_numscans(oid) int8; pg_stat_get_live_tuples(oid) int8; pg_stat_get_dead_tuples(oid) int8",
    lambda oid: 0,
)
add("pg_tablespace_location(oid) text", lambda oid: "")
add("pg_notify(text, text) void", lambda a, b: "")
add("pg_cancel_backend(int4) bool; pg_terminate_backend(int4) bool", lambda c, pid: c.session.signal(pid), context=True)
for _name in ("pg_advisory_lock", "pg_advisory_xact_lock", "pg_advisory_lock_shared", "pg_advisory_xact_lock_shared"):
    add(f"{_name}(int8) void; {_name}(int4, int4) void", _advisory(""), context=True)
for _name in ("pg_try_advisory_lock", "pg_try_advisory_xact_lock", "pg_advisory_unlock"):
    add(f"{_name}(int8) bool; {_name}(int4, int4) bool", _advisory(True), context=True)
add("pg_advisory_unlock_all() void", lambda: "")
add("enum_range(anyenum) anyarray", _enum_range, typed=True, strict=False)
add("enum_first(anyenum) anyenum", lambda c, values: c.find(values[0][1]).labels[0], typed=True, strict=False)
add("enum_last(anyenum) anyenum", lambda c, values: c.find(values[0][1]).labels[-1], typed=True, strict=False)
add("num_nulls(variadic any) int4", _num_nulls, typed=True, strict=False)
add("num_nonnulls(variadic any) int4", lambda c, values: len(values) - _num_nulls(c, values), typed=True, strict=False)
add("pg_get_keywords() setof (word text, catcode text, barelabel bool, catdesc text, baredesc text)", list)
add(
    "pg_show_all_settings() setof (name text, setting text)",
    lambda c: [(k, str(v)) for k, v in c.session.settings.all()],
    context=True,
)
add("aclexplode(text[]) setof (grantor oid, grantee oid, privilege_type text, is_grantable bool)", lambda acl: [])
add("acldefault(char, oid) text[]", lambda kind, oid: None)
