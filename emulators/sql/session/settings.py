"""Configuration parameters: what SHOW says and SET may change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ..errors import SqlError
from ..functions.system import VERSION
from ..types.datetime import zone
from ..types.text import read_bool

_DEFAULTS: Final[Mapping[str, str]] = {
    "application_name": "", "bytea_output": "hex", "check_function_bodies": "on", "client_encoding": "UTF8",
    "client_min_messages": "notice", "DateStyle": "ISO, MDY", "deadlock_timeout": "1s", "default_table_access_method": "heap",
    "default_tablespace": "", "default_transaction_deferrable": "off", "default_transaction_isolation": "read committed",
    "default_transaction_read_only": "off", "escape_string_warning": "on", "extra_float_digits": "1",
    "idle_in_transaction_session_timeout": "0", "IntervalStyle": "postgres", "jit": "on", "lc_collate": "C.UTF-8",
    "lc_ctype": "C.UTF-8", "lc_messages": "C.UTF-8", "lc_monetary": "C.UTF-8", "lc_numeric": "C.UTF-8", "lc_time": "C.UTF-8",
    "lock_timeout": "0", "log_statement": "none", "max_connections": "100", "max_identifier_length": "63",
    "max_index_keys": "32", "quote_all_identifiers": "off", "random_page_cost": "4", "row_security": "on",
    "search_path": '"$user", public', "server_encoding": "UTF8", "server_version": VERSION, "server_version_num": "150018",
    "session_replication_role": "origin", "shared_buffers": "128MB", "ssl": "off", "standard_conforming_strings": "on",
    "statement_timeout": "0", "synchronous_commit": "on", "synchronize_seqscans": "on", "temp_buffers": "8MB",
    "TimeZone": "Etc/UTC", "transaction_isolation": "read committed", "transaction_read_only": "off",
    "transaction_deferrable": "off", "work_mem": "4MB", "maintenance_work_mem": "64MB", "effective_cache_size": "4GB",
    "enable_seqscan": "on", "enable_hashjoin": "on", "enable_indexscan": "on", "enable_mergejoin": "on", "enable_nestloop": "on",
    "enable_bitmapscan": "on", "enable_sort": "on", "enable_hashagg": "on", "geqo": "on", "password_encryption": "scram-sha-256",
    "plan_cache_mode": "auto", "timezone_abbreviations": "Default", "xmloption": "content", "wal_level": "replica",
    "integer_datetimes": "on", "is_superuser": "on", "in_hot_standby": "off", "data_directory": "/var/lib/postgresql/data",
    "port": "5432", "listen_addresses": "*", "block_size": "8192", "default_text_search_config": "pg_catalog.english",
    "backslash_quote": "safe_encoding", "array_nulls": "on", "default_statistics_target": "100", "track_activities": "on",
    "idle_session_timeout": "0", "session_authorization": "postgres", "role": "none", "force_parallel_mode": "off",
    "max_parallel_workers_per_gather": "2", "cursor_tuple_fraction": "0.1", "constraint_exclusion": "partition",
    "from_collapse_limit": "8", "join_collapse_limit": "8", "seq_page_cost": "1", "default_with_oids": "off",
    "transform_null_equals": "off", "log_min_duration_statement": "-1", "log_min_messages": "warning", "log_duration": "off",
}  # fmt: skip
_CANONICAL: Final = {name.lower(): name for name in _DEFAULTS}
REPORTED: Final = frozenset(
    {"application_name", "client_encoding", "DateStyle", "default_transaction_read_only", "in_hot_standby", "integer_datetimes",
     "IntervalStyle", "is_superuser", "server_encoding", "server_version", "session_authorization", "standard_conforming_strings", "TimeZone"}
)  # fmt: skip
"""Parameters whose changes the client is told of."""
_FIXED: Final = frozenset(
    {"server_version", "server_version_num", "server_encoding", "lc_collate", "lc_ctype", "max_identifier_length", "max_index_keys",
     "integer_datetimes", "is_superuser", "in_hot_standby", "data_directory", "block_size"}
)  # fmt: skip
_RESTART: Final = frozenset({"max_connections", "shared_buffers", "port", "listen_addresses", "wal_level"})
_BOOLEANS: Final = frozenset(name for name, value in _DEFAULTS.items() if value in ("on", "off")) - {
    "synchronous_commit"
}
_ENUMS: Final[Mapping[str, tuple[str, ...]]] = {
    "bytea_output": ("escape", "hex"),
    "client_min_messages": ("debug5", "debug4", "debug3", "debug2", "debug1", "log", "notice", "warning", "error"),
    "default_transaction_isolation": ("serializable", "repeatable read", "read committed", "read uncommitted"),
    "transaction_isolation": ("serializable", "repeatable read", "read committed", "read uncommitted"),
    "IntervalStyle": ("postgres", "postgres_verbose", "sql_standard", "iso_8601"),
    "session_replication_role": ("origin", "replica", "local"),
}
_MILLISECONDS: Final = frozenset(
    {
        "statement_timeout",
        "lock_timeout",
        "idle_in_transaction_session_timeout",
        "idle_session_timeout",
        "deadlock_timeout",
    }
)
_UNITS: Final = {"us": 0.001, "ms": 1, "s": 1000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}


def duration_ms(name: str, text: str) -> int:
    """A timeout in milliseconds. Raises 22023."""
    import re

    found = re.fullmatch(r"\s*(-?\d+(?:\.\d+)?)\s*([a-z]*)\s*", text)
    if not found or (found[2] and found[2] not in _UNITS):
        hint = 'Valid units for this parameter are "us", "ms", "s", "min", "h", and "d".' if found else None
        raise SqlError("22023", f'invalid value for parameter "{name}": "{text}"', hint=hint)
    return round(float(found[1]) * _UNITS.get(found[2], 1))


def _show_ms(value: int) -> str:
    for unit in ("d", "h", "min", "s"):
        if value and value % int(_UNITS[unit]) == 0:
            return f"{value // int(_UNITS[unit])}{unit}"
    return f"{value}ms" if value else "0"


class Settings:
    """A session's parameters, with what a transaction may take back."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}
        self.start: dict[str, str] = {}

    def canonical(self, name: str) -> str | None:
        """A parameter's proper name."""
        lower = name.lower()
        if lower in _CANONICAL:
            return _CANONICAL[lower]
        return lower if "." in lower and lower in self.values else None

    def get(self, name: str) -> str | None:
        """A parameter's value as SHOW says it."""
        proper = self.canonical(name)
        if proper is None:
            return None
        return self.values.get(proper, self.start.get(proper, _DEFAULTS.get(proper, "")))

    def all(self) -> list[tuple[str, str]]:
        """Every parameter."""
        return sorted(((name, str(self.get(name))) for name in _DEFAULTS), key=lambda pair: pair[0].lower())

    def check(self, name: str, value: str) -> tuple[str, str]:
        """The proper name and form of a setting. Raises 42704, 22023 and 55P02."""
        lower = name.lower()
        if lower not in _CANONICAL:
            if "." in lower:
                return lower, value
            raise SqlError("42704", f'unrecognized configuration parameter "{name}"')
        proper = _CANONICAL[lower]
        if proper in _FIXED:
            raise SqlError("55P02", f'parameter "{proper}" cannot be changed')
        if proper in _RESTART:
            raise SqlError("55P02", f'parameter "{proper}" cannot be changed without restarting the server')
        return proper, self._valid(proper, value)

    def _valid(self, name: str, value: str) -> str:
        if name in _BOOLEANS:
            try:
                return "on" if read_bool(value) else "off"
            except SqlError:
                raise SqlError("22023", f'parameter "{name}" requires a Boolean value') from None
        if name in _ENUMS:
            if value.lower() not in _ENUMS[name]:
                raise SqlError(
                    "22023",
                    f'invalid value for parameter "{name}": "{value}"',
                    hint=f"Available values: {', '.join(_ENUMS[name])}.",
                )
            if name == "IntervalStyle" and value.lower() != "postgres":
                raise SqlError("0A000", f"IntervalStyle {value} is not supported by this emulator")
            return value.lower()
        if name in _MILLISECONDS:
            return _show_ms(duration_ms(name, value))
        if name == "TimeZone":
            return _time_zone(value)
        if name == "client_encoding":
            value = value.strip("'")
            if value.upper().replace("-", "").replace("_", "") not in ("UTF8", "UNICODE", "SQLASCII"):
                if value.upper().replace("-", "").replace("_", "") in ("LATIN1", "WIN1252"):
                    raise SqlError("0A000", f"client_encoding {value} is not supported by this emulator")
                raise SqlError("22023", f'invalid value for parameter "client_encoding": "{value}"')
            return "UTF8"
        if name == "DateStyle":
            return _date_style(value)
        return value


def _time_zone(value: str) -> str:
    if value.lower() in ("default", "local"):
        return _DEFAULTS["TimeZone"]
    if zone(value) is None:
        raise SqlError("22023", f'invalid value for parameter "TimeZone": "{value}"')
    return {"utc": "UTC", "gmt": "GMT", "etc/utc": "Etc/UTC"}.get(value.lower(), value)


def _date_style(value: str) -> str:
    words = [word.strip().lower() for word in value.split(",")]
    if not set(words) <= {"iso", "mdy", "dmy", "ymd", "postgres", "sql", "german", "us", "european", "default"}:
        raise SqlError("22023", f'invalid value for parameter "DateStyle": "{value}"')
    if {"postgres", "sql", "german"} & set(words) or {"dmy", "ymd", "european"} & set(words):
        raise SqlError("0A000", f"DateStyle {value} is not supported by this emulator")
    return "ISO, MDY"


def setting_value(nodes: Any) -> str:
    """The value that SET gives, as text."""
    parts: list[str] = []
    for node in nodes:
        kind = node.WhichOneof("node")
        if kind == "type_cast":
            # SET TIME ZONE INTERVAL '+01:00' HOUR TO MINUTE
            text = node.type_cast.arg.a_const.sval.sval
            hours = int(text.partition(":")[0] or 0)
            return "UTC" if hours == 0 else f"{hours:+03d}"
        const = node.a_const
        match const.WhichOneof("val"):
            case "ival":
                parts.append(str(const.ival.ival))
            case "fval":
                parts.append(const.fval.fval)
            case "boolval":
                parts.append("on" if const.boolval.boolval else "off")
            case "sval":
                parts.append(const.sval.sval)
            case _:
                parts.append("0")
    return ", ".join(parts)
