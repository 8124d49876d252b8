"""Statements that are neither queries nor changes: DDL, settings, cursors, prepared statements."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from ..define import alter, drop, objects, tables
from ..errors import SqlError, unsupported
from ..execute.run import Run
from ..syntax import Statement, names_of, unwrap
from ..types.table import TEXT
from .prepare import NAMES, Prepared, ResultColumn
from .session import Session
from .settings import setting_value

Result = dict[str, Any]


def result_columns(session: Session, statement: Statement) -> list[ResultColumn] | None:
    """The columns that a utility statement gives."""
    node = statement.node
    if statement.kind == "variable_show_stmt":
        if node.name == "all":
            return [ResultColumn("name", TEXT), ResultColumn("setting", TEXT), ResultColumn("description", TEXT)]
        return [ResultColumn(session.settings.canonical(node.name) or node.name, TEXT)]
    if statement.kind == "execute_stmt":
        prepared = session.prepared.get(node.name)
        return prepared.columns if prepared else None
    if statement.kind == "fetch_stmt" and not node.ismove:
        cursor = session.cursors.get(node.portalname)
        return cursor.columns if cursor else None
    return None


def run_utility(run: Run, prepared: Prepared) -> Result:
    """Run a utility statement. Raises 0A000 for one that is not supported."""
    statement = prepared.statement
    handler = _HANDLERS.get(statement.kind)
    if handler is None:
        words = statement.text.split(None, 2)[:2]
        raise unsupported(f"the statement {' '.join(words).upper()}")
    outcome = handler(run, statement.node)
    return {"tag": outcome} if isinstance(outcome, str) else outcome


# Settings


def _set(run: Run, node: Any) -> str:
    session = run.session
    if node.kind in (1, 3, 2):
        if node.name == "TRANSACTION" or node.name.startswith("SESSION CHARACTERISTICS"):
            return _set_modes(session, node)
        value = None if node.kind == 2 else setting_value(node.args)
        if node.name == "timezone" and value is not None and value.lower() in ("default", "local"):
            value = None
        session.set_setting(node.name, value, node.is_local)
        if node.is_local and (session.block is None or session.block.implicit):
            session.notices.append(
                {"S": "WARNING", "V": "WARNING", "C": "25P01", "M": "SET LOCAL can only be used in transaction blocks"}
            )
        return "SET"
    if node.kind == 4:
        return _set_modes(session, node)
    if node.kind == 5:
        session.set_setting(node.name, None, node.is_local)
        return "RESET"
    for name in list(session.settings.values):
        session.set_setting(name, None, False)
    return "RESET"


def _set_modes(session: Session, node: Any) -> str:
    from .transactions import options, set_modes

    modes = options(node.args)
    if node.name == "TRANSACTION":
        if session.block is None or session.block.implicit:
            session.notices.append(
                {
                    "S": "WARNING",
                    "V": "WARNING",
                    "C": "25P01",
                    "M": "SET TRANSACTION can only be used in transaction blocks",
                }
            )
            return "SET"
        set_modes(session.block, modes)
        for name, value in modes.items():
            session.settings.values[name] = (
                value if name == "transaction_isolation" else "on" if value == "1" else "off"
            )
        return "SET"
    for name, value in modes.items():
        session.set_setting(
            f"default_{name}", value if name == "transaction_isolation" else "on" if value == "1" else "off", False
        )
    return "SET"


def _show(run: Run, node: Any) -> Result:
    settings = run.session.settings
    if node.name == "all":
        rows = [[name, value, ""] for name, value in settings.all()]
        names = ["name", "setting", "description"]
    else:
        value = settings.get(node.name)
        if node.name == "transaction_isolation" and run.session.block is not None:
            value = run.session.block.isolation
        if value is None:
            raise SqlError("42704", f'unrecognized configuration parameter "{node.name}"')
        rows, names = [[value]], [settings.canonical(node.name) or node.name]
    columns = [{"name": name, "oid": TEXT, "typmod": -1, "table": 0, "attnum": 0} for name in names]
    return {"tag": "SHOW", "columns": columns, "rows": rows}


def _discard(run: Run, node: Any) -> str:
    session = run.session
    what = {1: "ALL", 2: "PLANS", 3: "SEQUENCES", 4: "TEMP"}.get(node.target, "ALL")
    if what == "ALL":
        if session.block is not None and not session.block.implicit:
            raise SqlError("25001", "DISCARD ALL cannot run inside a transaction block")
        for name in list(session.settings.values):
            session.set_setting(name, None, False)
        session.prepared.clear()
        session.cursors.clear()
    if what in ("ALL", "SEQUENCES"):
        session.sequence_values.clear()
        session.last_sequence = 0
    if what in ("ALL", "TEMP"):
        drop.drop_relations(
            run,
            [r for r in run.catalog.relations() if r.schema == session.temp_name and r.kind in "rvS" and not r.owner],
            True,
        )
    return f"DISCARD {what}"


def _set_constraints(run: Run, node: Any) -> str:
    session = run.session
    names = [listed.range_var.relname for listed in node.constraints]
    known = {c.name: c for r in run.catalog.relations() for c in r.constraints}
    for name in names:
        if name not in known:
            raise SqlError("42704", f'constraint "{name}" does not exist')
        if not known[name].deferrable:
            raise SqlError("42809", f'constraint "{name}" is not deferrable')
        session.deferral[name] = node.deferred
    if not names:
        session.deferral = {"": node.deferred}
    if not node.deferred:
        from ..change.foreign import check_deferred

        check_deferred(run)
    return "SET CONSTRAINTS"


# Prepared statements and cursors


def _prepare(run: Run, node: Any) -> str:
    from ..analyse.analyser import Analyser
    from .prepare import prepare

    session = run.session
    if node.name in session.prepared:
        raise SqlError("42P05", f'prepared statement "{node.name}" already exists')
    an = Analyser(run.catalog, session, run.style)
    types = [an.type_of(listed.type_name)[0] for listed in node.argtypes]
    kind, inner = unwrap(node.query)
    statement = Statement(kind, inner, "", 0, "")
    session.prepared[node.name] = prepare(session, statement, run.state, run.tables, types)
    return "PREPARE"


def _execute(run: Run, node: Any) -> Result:
    from ..analyse.analyser import Analyser
    from ..analyse.expr import analyse
    from ..analyse.nodes import Query
    from ..analyse.scope import Scope
    from ..change.checks import compiler_of
    from .execute import _run

    session = run.session
    prepared = session.prepared.get(node.name)
    if prepared is None:
        raise SqlError("26000", f'prepared statement "{node.name}" does not exist')
    if len(node.params) != len(prepared.params):
        raise SqlError(
            "42601", f'wrong number of parameters for prepared statement "{node.name}"',
            detail=f"Expected {len(prepared.params)} parameters but got {len(node.params)}.",
        )  # fmt: skip
    an = Analyser(run.catalog, session, run.style)
    values: list[Any] = []
    for n, (param, oid) in enumerate(zip(node.params, prepared.params, strict=True), 1):
        expr = analyse(an, param, Scope(Query()))
        done = an.coercer.to(expr, oid, "a")
        if done is None:
            raise SqlError(
                "42804",
                f"parameter ${n} of type {run.find(expr.type).sql} cannot be coerced to the expected type {run.find(oid).sql}",
                hint="You will need to rewrite or cast the expression.",
            )
        values.append(compiler_of(run).compile(done)(()))
    return _run(session, prepared, run.state, run.tables, values)


def _deallocate(run: Run, node: Any) -> str:
    if node.isall or not node.name:
        run.session.prepared.clear()
        return "DEALLOCATE ALL"
    if run.session.prepared.pop(node.name, None) is None:
        raise SqlError("26000", f'prepared statement "{node.name}" does not exist')
    return "DEALLOCATE"


class Cursor:
    """A cursor's rows, all computed when it was declared, and the place in them."""

    def __init__(self, columns: list[ResultColumn], result: Result) -> None:
        self.columns = columns
        self.result = result
        self.place = 0


def _declare(run: Run, node: Any) -> str:
    from .execute import _run
    from .prepare import prepare

    session = run.session
    hold = bool(node.options & 0x20)
    if (session.block is None or session.block.implicit) and not hold:
        raise SqlError("25P01", "DECLARE CURSOR can only be used in transaction blocks")
    if hold:
        raise unsupported("a cursor WITH HOLD")
    if node.portalname in session.cursors:
        raise SqlError("42P03", f'cursor "{node.portalname}" already exists')
    kind, inner = unwrap(node.query)
    prepared = prepare(session, Statement(kind, inner, "", 0, ""), run.state, run.tables, [])
    session.cursors[node.portalname] = Cursor(
        prepared.columns or [], _run(session, prepared, run.state, run.tables, [])
    )
    return "DECLARE CURSOR"


def _fetch(run: Run, node: Any) -> Result:
    cursor = run.session.cursors.get(node.portalname)
    if cursor is None:
        raise SqlError("34000", f'cursor "{node.portalname}" does not exist')
    rows = cursor.result["rows"]
    count = node.how_many
    start = cursor.place
    match node.direction:
        case 1:
            end = len(rows) if count >= 2**62 else min(len(rows), start + count)
            found = rows[start:end]
            cursor.place = end if end < len(rows) or count < len(rows) - start + 1 else len(rows)
        case 2:
            low = 0 if count >= 2**62 else max(0, start - 1 - count)
            found = rows[low : max(start - 1, 0)][::-1]
            cursor.place = low + 1 if found else 0
        case 3:
            place = count if count >= 0 else len(rows) + count + 1
            found = rows[place - 1 : place] if place > 0 else []
            cursor.place = place
        case _:
            place = start + count
            found = rows[place - 1 : place] if place > 0 else []
            cursor.place = place
    word = "MOVE" if node.ismove else "FETCH"
    if node.ismove:
        return {"tag": f"MOVE {len(found)}"}
    return {"tag": f"{word} {len(found)}", "columns": cursor.result["columns"], "rows": found}


def _close(run: Run, node: Any) -> str:
    if not node.portalname:
        run.session.cursors.clear()
        return "CLOSE CURSOR ALL"
    if run.session.cursors.pop(node.portalname, None) is None:
        raise SqlError("34000", f'cursor "{node.portalname}" does not exist')
    return "CLOSE CURSOR"


# Others


def _lock(run: Run, node: Any) -> str:
    from ..analyse.analyser import Analyser

    if run.session.block is None or run.session.block.implicit:
        raise SqlError("25P01", "LOCK TABLE can only be used in transaction blocks")
    an = Analyser(run.catalog, run.session, run.style)
    for listed in node.relations:
        an.relation(listed.range_var)
    raise unsupported("LOCK TABLE")


def _vacuum(run: Run, node: Any) -> str:
    from ..analyse.analyser import Analyser

    an = Analyser(run.catalog, run.session, run.style)
    for listed in node.rels:
        an.relation(listed.vacuum_relation.relation)
    if node.is_vacuumcmd and run.session.block is not None and not run.session.block.implicit:
        raise SqlError("25001", "VACUUM cannot run inside a transaction block")
    return "VACUUM" if node.is_vacuumcmd else "ANALYZE"


_EXTENSIONS: Final = frozenset({"plpgsql", "uuid-ossp", "pgcrypto"})


def _extension(run: Run, node: Any) -> str:
    if node.extname in _EXTENSIONS and (node.if_not_exists or node.extname != "plpgsql"):
        if node.extname == "plpgsql":
            tables.notice(run, 'extension "plpgsql" already exists, skipping', "42710")
        return "CREATE EXTENSION"
    if node.extname == "plpgsql":
        raise SqlError("42710", 'extension "plpgsql" already exists')
    raise SqlError(
        "0A000", f'extension "{node.extname}" is not available',
        detail="This emulator has no extensions but the functions gen_random_uuid and uuid_generate_v4.",
        hint="The extension must first be installed on the system where PostgreSQL is running.",
    )  # fmt: skip


def _owner(run: Run, node: Any) -> str:
    raise unsupported("ALTER ... OWNER TO")


def _select_into(run: Run, node: Any) -> str:
    from postgast import pg_query_pb2 as pb

    made = pb.CreateTableAsStmt(objtype=pb.OBJECT_TABLE)
    made.into.CopyFrom(node.into_clause)
    made.query.select_stmt.CopyFrom(node)
    made.query.select_stmt.ClearField("into_clause")
    return tables.create_as(run, made)


_HANDLERS: Final[Mapping[str, Callable[[Run, Any], Any]]] = {
    "create_stmt": tables.create_table, "create_table_as_stmt": tables.create_as, "index_stmt": objects.create_index,
    "view_stmt": objects.create_view, "refresh_mat_view_stmt": objects.refresh, "create_seq_stmt": objects.create_sequence,
    "alter_seq_stmt": objects.alter_sequence, "create_schema_stmt": objects.create_schema, "create_enum_stmt": objects.create_enum,
    "alter_enum_stmt": objects.alter_enum, "create_domain_stmt": objects.create_domain, "drop_stmt": drop.drop,
    "truncate_stmt": drop.truncate, "alter_table_stmt": alter.alter_table, "rename_stmt": alter.rename, "comment_stmt": objects.comment,
    "alter_object_schema_stmt": alter.set_schema, "variable_set_stmt": _set, "variable_show_stmt": _show, "prepare_stmt": _prepare,
    "execute_stmt": _execute, "deallocate_stmt": _deallocate, "discard_stmt": _discard, "constraints_set_stmt": _set_constraints,
    "declare_cursor_stmt": _declare, "fetch_stmt": _fetch, "close_portal_stmt": _close, "lock_stmt": _lock, "vacuum_stmt": _vacuum,
    "create_extension_stmt": _extension, "unlisten_stmt": lambda run, node: "UNLISTEN", "alter_owner_stmt": _owner,
    "checkpoint_stmt": lambda run, node: "CHECKPOINT", "select_stmt": _select_into,
}  # fmt: skip

__all__ = ["NAMES", "names_of", "result_columns", "run_utility"]
