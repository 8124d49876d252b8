"""One statement under way: what expressions and plans ask of the world while they run."""

from __future__ import annotations

from typing import Any

from falsefront.kernel.state import State

from ..catalog.catalog import Catalog
from ..catalog.model import Relation
from ..errors import SqlError
from ..heap.access import TableAccess
from ..types.style import Style


class Frame:
    """The present row of one query level, for subqueries that look out at it."""

    __slots__ = ("row",)

    def __init__(self) -> None:
        self.row: Any = ()


class Run:
    """A statement's surroundings. ``state`` is the world (time, ids, sequences); ``tables`` where documents are."""

    def __init__(
        self, state: State, tables: State, session: Any, catalog: Catalog, style: Style, params: list[Any]
    ) -> None:
        self.state = state
        self.tables = tables
        self.session = session
        self.catalog = catalog
        self.style = style
        self.params = params
        self.find = catalog.find
        self.ctes: dict[int, Any] = {}
        self._access: dict[int, TableAccess] = {}
        self._steps = 0
        self.depth = 0
        from ..define.sequences import Sequences

        self.sequences = Sequences(self)

    def table(self, relation: Relation) -> TableAccess:
        """The rows of a relation."""
        access = self._access.get(relation.oid)
        if access is None or access.relation is not relation:
            access = self._access[relation.oid] = TableAccess(self, relation)
        return access

    def forget_tables(self) -> None:
        """Open tables anew: their definitions have changed."""
        self._access.clear()

    def check(self) -> None:
        """Stop here if the client asked for it. Raises 57014."""
        if self.session.cancelled:
            raise SqlError("57014", self.session.cancelled)

    def check_domain(self, type_: Any, value: Any) -> None:
        """Raises 23502 and 23514 for a value that a domain refuses."""
        if value is None and type_.not_null:
            raise SqlError(
                "23502", f"domain {type_.name} does not allow null values", schema=type_.schema, datatype=type_.name
            )
        from ..change.checks import domain_checks

        for name, check in domain_checks(self, type_):
            if check(value) is False:
                raise SqlError(
                    "23514", f'value for domain {type_.name} violates check constraint "{name}"',
                    schema=type_.schema, datatype=type_.name, constraint=name,
                )  # fmt: skip

    def transaction_number(self) -> int:
        """A number for the present transaction."""
        return 700 + int(self.session.transaction_count)
