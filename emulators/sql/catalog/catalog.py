"""The catalogue as one statement sees it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from falsefront.kernel.state import State

from ..errors import SqlError
from ..types.table import BY_NAME, BY_OID, Type, array_of
from .model import (
    COMMENTS,
    RELATIONS,
    SCHEMAS,
    TYPES,
    Relation,
    TypeDef,
    relation_document,
    relation_from,
    type_document,
    type_from,
)  # fmt: skip

SYSTEM_SCHEMAS: Final = {"pg_catalog": 11, "information_schema": 13183, "pg_toast": 99}
PUBLIC: Final = 2200
FIRST_OID: Final = 16384
_CACHE_SIZE: Final = 4096


class Cache:
    """Relations and types made from documents; a document never changes, so neither does what is made from it."""

    def __init__(self) -> None:
        self._made: dict[tuple[int, Any], tuple[Any, Any]] = {}

    def get(self, document: Any, make: Any) -> Any:
        """What ``make`` made of this very document."""
        key = (id(document), make)
        found = self._made.get(key)
        if found is not None and found[0] is document:
            return found[1]
        made = make(document)
        if len(self._made) >= _CACHE_SIZE:
            self._made.clear()
        self._made[key] = (document, made)
        return made


class Catalog:
    """Relations, schemas and types. ``tables`` is where documents are; ``world`` gives OIDs, which are never given back."""

    def __init__(self, tables: State, world: State, cache: Cache) -> None:
        self._tables = tables
        self._world = world
        self._cache = cache

    def new_oid(self) -> int:
        """The next object's OID."""
        return FIRST_OID - 1 + self._world.sequence("sql.oid")

    # Schemas

    def schema(self, name: str) -> int | None:
        """A schema's OID."""
        if name in SYSTEM_SCHEMAS:
            return SYSTEM_SCHEMAS[name]
        document = self._tables.table(SCHEMAS).get(name)
        if document is not None:
            return None if document.get("dropped") else int(document["oid"])
        return PUBLIC if name == "public" else None

    def schemas(self) -> dict[str, int]:
        """All schemas by name."""
        found = {"public": PUBLIC, **SYSTEM_SCHEMAS}
        for name, document in self._tables.table(SCHEMAS).scan():
            found.pop(name, None)
            if not document.get("dropped"):
                found[name] = int(document["oid"])
        return found

    def add_schema(self, name: str) -> int:
        """Create a schema."""
        oid = self.new_oid()
        self._tables.table(SCHEMAS).put(name, {"oid": oid})
        return oid

    def drop_schema(self, name: str) -> None:
        """Forget a schema."""
        if name == "public":
            self._tables.table(SCHEMAS).put(name, {"oid": PUBLIC, "dropped": True})
        else:
            self._tables.table(SCHEMAS).delete(name)

    def rename_schema(self, name: str, new: str) -> None:
        """Give a schema and all in it another name."""
        oid = self.schema(name)
        inside = [relation for relation in self.relations() if relation.schema == name]
        types = [type_ for type_ in self.types() if type_.schema == name]
        self.drop_schema(name)
        self._tables.table(SCHEMAS).put(new, {"oid": oid})
        for relation in inside:
            self.change(relation, replace(relation, schema=new))
        for type_ in types:
            self.change_type(type_, replace(type_, schema=new))

    # Relations

    def relation(self, schema: str, name: str) -> Relation | None:
        """A relation by its schema and name."""
        document = self._tables.table(RELATIONS).get((schema, name))
        return None if document is None else self._cache.get(document, relation_from)

    def by_oid(self, oid: int) -> Relation | None:
        """A relation by OID."""
        table = self._tables.table(RELATIONS)
        for key in table.find("oid", oid):
            found: Relation = self._cache.get(table[key], relation_from)
            return found
        return None

    def relations(self) -> Iterator[Relation]:
        """All relations, by OID."""
        table = self._tables.table(RELATIONS)
        for key in table.find("oid"):
            yield self._cache.get(table[key], relation_from)

    def indexes(self, oid: int) -> list[Relation]:
        """The indexes of a table, by OID."""
        table = self._tables.table(RELATIONS)
        return [self._cache.get(table[key], relation_from) for key in table.find("table", oid)]

    def put(self, relation: Relation) -> Relation:
        """Keep a relation."""
        self._tables.table(RELATIONS).put((relation.schema, relation.name), relation_document(relation))
        return relation

    def change(self, old: Relation, new: Relation) -> Relation:
        """Put a relation in another's place."""
        if (old.schema, old.name) != (new.schema, new.name):
            self._tables.table(RELATIONS).delete((old.schema, old.name))
        return self.put(new)

    def remove(self, relation: Relation) -> None:
        """Forget a relation and its comments."""
        self._tables.table(RELATIONS).delete((relation.schema, relation.name))
        comments = self._tables.table(COMMENTS)
        for key, _ in list(comments.scan((relation.oid, 0))):
            if key[0] != relation.oid:
                break
            comments.delete(key)

    def free_name(self, schema: str, name: str) -> str:
        """A name nobody has, made from one by a number."""
        number, candidate = 0, name[:63]
        while self.relation(schema, candidate) is not None:
            number += 1
            candidate = name[: 63 - len(str(number))] + str(number)
        return candidate

    def referencing(self, oid: int) -> list[tuple[Relation, Any]]:
        """The foreign keys that point at a table, with the tables they are on."""
        return [
            (relation, constraint)
            for relation in self.relations()
            if relation.kind == "r"
            for constraint in relation.constraints
            if constraint.kind == "f" and constraint.target == oid
        ]

    # Types

    def find(self, oid: int) -> Type:
        """A type by OID. Raises 42704."""
        built_in = BY_OID.get(oid)
        if built_in is not None:
            return built_in
        table = self._tables.table(TYPES)
        for key in table.find("oid", oid):
            made: Type = self._cache.get(table[key], _make_type)
            return array_of(made) if oid == made.array else made
        relation = self.by_oid(oid)
        if relation is not None:
            return BY_OID[2249]
        raise SqlError("42704", f"type with OID {oid} does not exist")

    def type_def(self, schema: str, name: str) -> TypeDef | None:
        """A user's type by name."""
        document = self._tables.table(TYPES).get((schema, name))
        return None if document is None else self._cache.get(document, type_from)

    def types(self) -> Iterator[TypeDef]:
        """All users' types."""
        for _, document in self._tables.table(TYPES).scan():
            yield self._cache.get(document, type_from)

    def type_named(self, path: list[str], schema: str | None, name: str) -> Type | None:
        """A type by name, in a schema or along a search path."""
        if schema in (None, "pg_catalog") and name in BY_NAME:
            return BY_NAME[name]
        for place in [schema] if schema else path:
            table = self._tables.table(TYPES)
            document = table.get((place, name))
            if document is not None:
                made: Type = self._cache.get(document, _make_type)
                return made
        return None

    def put_type(self, type_: TypeDef) -> None:
        """Keep a user's type."""
        self._tables.table(TYPES).put((type_.schema, type_.name), type_document(type_))

    def change_type(self, old: TypeDef, new: TypeDef) -> None:
        """Put a type in another's place."""
        if (old.schema, old.name) != (new.schema, new.name):
            self._tables.table(TYPES).delete((old.schema, old.name))
        self.put_type(new)

    def remove_type(self, type_: TypeDef) -> None:
        """Forget a user's type."""
        self._tables.table(TYPES).delete((type_.schema, type_.name))

    # Comments

    def comment(self, oid: int, part: int) -> str | None:
        """What was said of an object, or of one of its columns."""
        document = self._tables.table(COMMENTS).get((oid, part))
        return None if document is None else str(document["text"])

    def set_comment(self, oid: int, part: int, text: str | None) -> None:
        """Say something of an object."""
        if text is None:
            self._tables.table(COMMENTS).delete((oid, part))
        else:
            self._tables.table(COMMENTS).put((oid, part), {"text": text})

    def comments(self) -> Iterator[tuple[int, int, str]]:
        """All comments."""
        for (oid, part), document in self._tables.table(COMMENTS).scan():
            yield oid, part, document["text"]


def _make_type(document: Any) -> Type:
    definition = type_from(document)
    category = "E" if definition.kind == "e" else "S"
    length = 4 if definition.kind == "e" else -1
    if definition.base:
        base = BY_OID.get(definition.base)
        category, length = (base.category, base.length) if base else ("U", -1)
    from ..functions.strings import quote_ident

    return Type(
        definition.oid, definition.name, quote_ident(definition.name), definition.array, category, False, length,
        kind=definition.kind, labels=definition.labels, base=definition.base, base_typmod=definition.typmod,
        not_null=definition.not_null, checks=definition.checks, schema=definition.schema,
    )  # fmt: skip
