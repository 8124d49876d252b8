"""One statement under way: what expressions and plans ask of the world while they run."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Any, Final

from falsefront.kernel.state import State

from ..catalog.catalog import Catalog
from ..catalog.model import Relation
from ..errors import SqlError, out_of_memory
from ..heap.access import TableAccess
from ..types.style import Style

OUT_OF_MEMORY: Final = "out of memory"
"""What ``Session.cancelled`` says where a statement is stopped for its size."""
MOST_ROWS: Final = 5_000_000
"""How many rows a statement may keep in one place."""
_BATCH: Final = 64


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
        """Stop here if the client asked for it, or the server for its own sake. Raises 57014 and 53200."""
        if self.session.cancelled:
            if self.session.cancelled == OUT_OF_MEMORY:
                raise out_of_memory()
            raise SqlError("57014", self.session.cancelled)

    def keep(self, rows: Iterable[Any]) -> list[Any]:
        """All the rows at once. Raises 53200 where they are too many, and 57014."""
        kept: list[Any] = []
        left = iter(rows)
        while batch := list(islice(left, _BATCH)):
            kept += batch
            self.room(len(kept))
        return kept

    def room(self, kept: int) -> None:
        """Stop here if so many rows are too many to keep, or if the client asked for it. Raises 53200 and 57014."""
        self.check()
        if kept > MOST_ROWS:
            raise out_of_memory()

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
