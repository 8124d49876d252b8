"""Sequences: values that no rollback takes back."""

from __future__ import annotations

from typing import Any

from ..catalog.model import Relation
from ..errors import SqlError


class Sequences:
    """The sequences as one statement sees them. Values live in the world's counters, beside its documents."""

    def __init__(self, run: Any) -> None:
        self._run = run

    def _relation(self, oid: int) -> Relation:
        relation: Relation | None = self._run.catalog.by_oid(oid)
        if relation is None:
            raise SqlError("42P01", f"could not open relation with OID {oid}")
        if relation.kind != "S":
            raise SqlError("42809", f'"{relation.name}" is not a sequence')
        return relation

    def _state(self, relation: Relation) -> tuple[int, bool]:
        state = self._run.state
        called = state.peek(f"sql.called.{relation.oid}")
        return (state.peek(f"sql.sequence.{relation.oid}"), called == 1) if called else (relation.start, False)

    def _put(self, relation: Relation, value: int, called: bool) -> None:
        self._run.state.sequence(f"sql.sequence.{relation.oid}", value)
        self._run.state.sequence(f"sql.called.{relation.oid}", 1 if called else 2)

    def next(self, oid: int) -> int:
        """The next value. Raises 2200H at a limit."""
        relation = self._relation(oid)
        value, called = self._state(relation)
        if called:
            value += relation.increment
        if value > relation.maximum or value < relation.minimum:
            up = relation.increment > 0
            if not relation.cycle:
                which = "maximum" if up else "minimum"
                limit = relation.maximum if up else relation.minimum
                raise SqlError("2200H", f'nextval: reached {which} value of sequence "{relation.name}" ({limit})')
            value = relation.minimum if up else relation.maximum
        self._put(relation, value, True)
        self._run.session.sequence_values[oid] = value
        self._run.session.last_sequence = oid
        return value

    def current(self, oid: int) -> int:
        """What this session took last. Raises 55000."""
        relation = self._relation(oid)
        value = self._run.session.sequence_values.get(oid)
        if value is None:
            raise SqlError("55000", f'currval of sequence "{relation.name}" is not yet defined in this session')
        return int(value)

    def last(self) -> int:
        """What this session took last of any sequence. Raises 55000."""
        oid = self._run.session.last_sequence
        if not oid:
            raise SqlError("55000", "lastval is not yet defined in this session")
        return self.current(oid)

    def set(self, oid: int, value: int, called: bool = True) -> int:
        """Put a sequence at a value. Raises 22003."""
        relation = self._relation(oid)
        if not relation.minimum <= value <= relation.maximum:
            raise SqlError(
                "22003",
                f'setval: value {value} is out of bounds for sequence "{relation.name}" ({relation.minimum}..{relation.maximum})',
            )
        self._put(relation, value, called)
        if called:
            self._run.session.sequence_values[oid] = value
        return value

    def restart(self, relation: Relation, value: int | None = None) -> None:
        """Begin anew."""
        self._put(relation, relation.start if value is None else value, False)

    def row(self, relation: Relation) -> tuple[int, int, bool]:
        """What SELECT shows of a sequence."""
        value, called = self._state(relation)
        return value, 0, called
