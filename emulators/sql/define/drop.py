"""DROP and TRUNCATE, and what depends on what."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from ..analyse.analyser import Analyser
from ..catalog.model import Relation
from ..errors import SqlError, unsupported
from ..execute.run import Run
from ..syntax import names_of, unwrap
from .objects import empty
from .tables import notice

_WORDS: Final = {"r": "table", "v": "view", "m": "materialized view", "i": "index", "S": "sequence"}
_KINDS: Final = {42: "r", 52: "v", 24: "m", 21: "i", 38: "S"}


def drop(run: Run, node: Any) -> str:
    """DROP of anything."""
    cascade = node.behavior == 2
    kind = node.remove_type
    if kind in _KINDS:
        return _drop_relations(run, node, _KINDS[kind], cascade)
    if kind == 37:
        for listed in node.objects:
            _drop_schema(run, listed.string.sval, node.missing_ok, cascade)
        return "DROP SCHEMA"
    if kind in (50, 13):
        for listed in node.objects:
            _drop_type(run, names_of(listed.type_name.names), node.missing_ok, cascade, kind)
        return "DROP DOMAIN" if kind == 13 else "DROP TYPE"
    if kind == 20 and node.missing_ok:
        notice(run, "function does not exist, skipping")
        return "DROP FUNCTION"
    if kind == 45:
        raise unsupported("DROP TRIGGER")
    if kind == 16 and node.missing_ok:
        return "DROP EXTENSION"
    raise unsupported("DROP of this kind of object")


def _drop_relations(run: Run, node: Any, kind: str, cascade: bool) -> str:
    an = Analyser(run.catalog, run.session, run.style)
    word = _WORDS[kind]
    doomed: list[Relation] = []
    for listed in node.objects:
        names = names_of(listed.list.items)
        schema = names[-2] if len(names) > 1 else None
        if schema and run.catalog.schema(schema) is None and not node.missing_ok:
            raise SqlError("3F000", f'schema "{schema}" does not exist')
        relation = an.lookup(schema, names[-1])
        shown = f"{schema}.{names[-1]}" if schema else names[-1]
        if relation is None:
            if not node.missing_ok:
                raise SqlError("42704" if kind == "i" else "42P01", f'{word} "{shown}" does not exist')
            notice(run, f'{word} "{names[-1]}" does not exist, skipping')
            continue
        if relation.kind != kind:
            right = _WORDS[relation.kind]
            article = "an" if word[0] in "aeiou" else "a"
            raise SqlError(
                "42809",
                f'"{relation.name}" is not {article} {word}',
                hint=f"Use DROP {right.upper()} to remove {'an' if right[0] in 'aeiou' else 'a'} {right}.",
            )
        doomed.append(relation)
    drop_relations(run, doomed, cascade)
    return f"DROP {word.upper()}"


def _shown(relation: Relation) -> str:
    return f"{_WORDS[relation.kind]} {relation.name}"


def _views_on(run: Run, doomed: list[Relation]) -> list[Relation]:
    """Views that read from relations that go."""
    from ..analyse.nodes import Query
    from ..analyse.scope import Scope
    from ..analyse.select import select
    from ..syntax import parse

    gone = {relation.oid for relation in doomed}
    found: list[Relation] = []
    for view in run.catalog.relations():
        if view.kind in "vm" and view.oid not in gone:
            an = Analyser(run.catalog, run.session, run.style)
            try:
                select(an, parse(view.definition)[0].node, Scope(Query()))
            except SqlError:
                continue
            if _reads(run, view, gone):
                found.append(view)
    return found


def _reads(run: Run, view: Relation, gone: set[int]) -> bool:
    from ..syntax import parse

    text = str(parse(view.definition)[0].node)
    return any(
        f'relname: "{relation.name}"' in text for oid in gone if (relation := run.catalog.by_oid(oid)) is not None
    )


def drop_relations(run: Run, doomed: list[Relation], cascade: bool) -> None:
    """Drop relations and, if told to, what depends on them. Raises 2BP01."""
    gone = {relation.oid for relation in doomed}
    lines: list[str] = []
    views: list[Relation] = []
    keys: list[tuple[Relation, Any]] = []
    defaults: list[tuple[Relation, Any]] = []
    for relation in doomed:
        if relation.kind == "i":
            owner = run.catalog.by_oid(relation.table)
            constraint = next((c for c in owner.constraints if c.index == relation.oid), None) if owner else None
            if owner is not None and constraint is not None:
                raise SqlError(
                    "2BP01", f"cannot drop index {relation.name} because constraint {constraint.name} on table {owner.name} requires it",
                    hint=f"You can drop constraint {constraint.name} on table {owner.name} instead.",
                )  # fmt: skip
        if relation.kind == "S" and relation.owner:
            keys_owner = run.catalog.by_oid(relation.owner[0])
            if keys_owner is not None and keys_owner.oid not in gone:
                column = keys_owner.columns[relation.owner[1] - 1]
                if relation.internal:
                    raise SqlError(
                        "2BP01",
                        f"cannot drop sequence {relation.name} because column {column.name} of table {keys_owner.name} requires it",
                        hint=f"You can drop column {column.name} of table {keys_owner.name} instead.",
                    )
                lines.append(
                    f"default value for column {column.name} of table {keys_owner.name} depends on sequence {relation.name}"
                )
                defaults.append((keys_owner, column))
        for view in _views_on(run, [relation]):
            if view.oid not in gone and view not in views:
                views.append(view)
                lines.append(f"{_shown(view)} depends on {_shown(relation)}")
        for child, constraint in run.catalog.referencing(relation.oid):
            if child.oid not in gone:
                keys.append((child, constraint))
                lines.append(f"constraint {constraint.name} on table {child.name} depends on {_shown(relation)}")
    if lines and not cascade:
        what = _shown(doomed[0]) if len(doomed) == 1 else "desired object(s)"
        raise SqlError(
            "2BP01", f"cannot drop {what} because other objects depend on it" if len(doomed) == 1 else "cannot drop desired object(s) because other objects depend on them",
            detail="\n".join(lines), hint="Use DROP ... CASCADE to drop the dependent objects too.",
        )  # fmt: skip
    if lines:
        cascaded = [line.partition(" depends on ")[0] for line in lines]
        notice(
            run,
            f"drop cascades to {cascaded[0]}"
            if len(cascaded) == 1
            else f"drop cascades to {len(cascaded)} other objects",
        )
    for child, constraint in keys:
        current = run.catalog.by_oid(child.oid)
        if current is not None:
            run.catalog.put(
                replace(current, constraints=tuple(c for c in current.constraints if c.oid != constraint.oid))
            )
    for table, column in defaults:
        current = run.catalog.by_oid(table.oid)
        if current is not None:
            changed = tuple(replace(c, default=None) if c.attnum == column.attnum else c for c in current.columns)
            run.catalog.put(replace(current, columns=changed))
    if views:
        drop_relations(run, views, True)
    for relation in doomed:
        _remove(run, relation)
    run.forget_tables()


def _remove(run: Run, relation: Relation) -> None:
    if relation.kind in "rm":
        run.forget_tables()
        empty(run, relation)
        for index in run.catalog.indexes(relation.oid):
            run.catalog.remove(index)
        for sequence in list(run.catalog.relations()):
            if sequence.kind == "S" and sequence.owner and sequence.owner[0] == relation.oid:
                run.catalog.remove(sequence)
    run.catalog.remove(relation)


def _drop_schema(run: Run, name: str, missing_ok: bool, cascade: bool) -> None:
    if run.catalog.schema(name) is None:
        if not missing_ok:
            raise SqlError("3F000", f'schema "{name}" does not exist')
        notice(run, f'schema "{name}" does not exist, skipping')
        return
    inside = [r for r in run.catalog.relations() if r.schema == name and r.kind != "i"]
    types = [t for t in run.catalog.types() if t.schema == name]
    shown = [f"{_shown(r).partition(' ')[0]} {name}.{r.name}" for r in inside if not (r.kind == "S" and r.owner)]
    shown += [f"type {name}.{t.name}" for t in types]
    if shown and not cascade:
        raise SqlError(
            "2BP01", f"cannot drop schema {name} because other objects depend on it",
            detail="\n".join(f"{each} depends on schema {name}" for each in shown), hint="Use DROP ... CASCADE to drop the dependent objects too.",
        )  # fmt: skip
    if shown:
        notice(
            run, f"drop cascades to {shown[0]}" if len(shown) == 1 else f"drop cascades to {len(shown)} other objects"
        )
    before = len(run.session.notices)
    drop_relations(run, [r for r in inside if not (r.kind == "S" and r.owner)], True)
    del run.session.notices[before:]
    for type_ in types:
        run.catalog.remove_type(type_)
    run.catalog.drop_schema(name)


def _drop_type(run: Run, names: list[str], missing_ok: bool, cascade: bool, kind: int) -> None:
    schema = names[-2] if len(names) > 1 else None
    type_ = run.catalog.type_named(run.session.search_path(), schema, names[-1])
    definition = run.catalog.type_def(type_.schema, type_.name) if type_ else None
    if definition is None or type_ is None:
        if not missing_ok:
            raise SqlError("42704", f'type "{names[-1]}" does not exist')
        notice(run, f'type "{names[-1]}" does not exist, skipping')
        return
    users = [
        (relation, column)
        for relation in run.catalog.relations()
        for column in relation.live
        if column.type in (definition.oid, definition.array)
    ]
    if users and not cascade:
        raise SqlError(
            "2BP01", f"cannot drop type {type_.name} because other objects depend on it",
            detail="\n".join(f"column {c.name} of {_shown(r)} depends on type {type_.name}" for r, c in users),
            hint="Use DROP ... CASCADE to drop the dependent objects too.",
        )  # fmt: skip
    if users:
        notice(
            run,
            f"drop cascades to column {users[0][1].name} of {_shown(users[0][0])}"
            if len(users) == 1
            else f"drop cascades to {len(users)} other objects",
        )
    for relation, column in users:
        current = run.catalog.by_oid(relation.oid)
        if current is not None:
            run.catalog.put(
                replace(
                    current,
                    columns=tuple(
                        replace(c, dropped=True, not_null=False) if c.attnum == column.attnum else c
                        for c in current.columns
                    ),
                )
            )
    run.catalog.remove_type(definition)


def truncate(run: Run, node: Any) -> str:
    """TRUNCATE."""
    an = Analyser(run.catalog, run.session, run.style)
    tables = [an.relation(listed.range_var) for listed in node.relations]
    cascade = node.behavior == 2
    place = 0
    while place < len(tables):
        table = tables[place]
        if table.kind != "r":
            raise SqlError("42809", f'"{table.name}" is not a table')
        for child, _ in run.catalog.referencing(table.oid):
            if child.oid in {t.oid for t in tables}:
                continue
            if not cascade:
                raise SqlError(
                    "0A000", "cannot truncate a table referenced in a foreign key constraint",
                    detail=f'Table "{child.name}" references "{table.name}".',
                    hint=f'Truncate table "{child.name}" at the same time, or use TRUNCATE ... CASCADE.',
                )  # fmt: skip
            tables.append(child)
            notice(run, f'truncate cascades to table "{child.name}"')
        place += 1
    for table in tables:
        empty(run, table)
        if node.restart_seqs:
            for sequence in run.catalog.relations():
                if sequence.kind == "S" and sequence.owner and sequence.owner[0] == table.oid:
                    run.sequences.restart(sequence)
    return "TRUNCATE TABLE"


__all__ = ["drop", "drop_relations", "truncate", "unwrap"]
