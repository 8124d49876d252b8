from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from falsefront.kernel.state import Index, TableSpec
from falsefront.world.digest import MODULUS, entry_digest
from falsefront.world.store import Transaction, Version, diff
from falsefront.world.timers import next_due

PEOPLE = TableSpec(
    "people",
    indexes=(
        Index("city", lambda key, doc: ((doc["city"], doc["age"]),)),
        Index("tag", lambda key, doc: [(tag,) for tag in doc.get("tags", ())]),
    ),
)
LOG = TableSpec("log", content=False)


def person(city: str, age: int, *tags: str) -> dict[str, Any]:
    return {"city": city, "age": age, "tags": list(tags)}


def with_people(**people: dict[str, Any]) -> Version:
    state = Transaction(Version(seed=7))
    for name, document in people.items():
        state.table(PEOPLE).put(name, document)
    return state.commit()


def test_a_transaction_shows_only_when_it_is_committed() -> None:
    base = with_people(ada=person("London", 36))
    state = Transaction(base)
    state.table(PEOPLE).put("bob", person("Paris", 20))
    assert Transaction(base).table(PEOPLE).get("bob") is None
    after = state.commit()
    assert Transaction(after).table(PEOPLE)["bob"]["city"] == "Paris"
    assert after.number == base.number + 1


def test_reading_and_drawing_leave_number_and_digest() -> None:
    base = with_people(ada=person("London", 36))
    state = Transaction(base)
    state.table(PEOPLE).get("ada")
    state.ids.token("x", 8)
    after = state.commit()
    assert (after.number, after.digest) == (base.number, base.digest)
    assert Transaction(after).ids.counter("x") == 2


def test_writing_the_same_again_changes_nothing() -> None:
    base = with_people(ada=person("London", 36))
    state = Transaction(base)
    state.table(PEOPLE).put("ada", person("London", 36))
    assert state.commit() is base


def test_indexes_follow_their_documents() -> None:
    base = with_people(ada=person("London", 36, "x", "y"), bob=person("London", 20, "y"), cy=person("Paris", 5))
    state = Transaction(base)
    table = state.table(PEOPLE)
    assert list(table.find("city", "London")) == ["bob", "ada"]
    assert list(table.find("city", "London", reverse=True)) == ["ada", "bob"]
    assert list(table.find("city", "London", start=("London", 30))) == ["ada"]
    assert list(table.find("tag", "y")) == ["ada", "bob"]
    table.put("ada", person("Paris", 37, "x"))
    table.delete("bob")
    assert list(table.find("city", "London")) == []
    assert list(table.find("city", "Paris")) == ["cy", "ada"]
    assert list(table.find("tag", "y")) == []
    with pytest.raises(KeyError):
        list(table.find("nope"))


NAMES = st.sampled_from("abcdefgh")
WRITES = st.lists(st.tuples(NAMES, st.none() | st.integers(0, 3)), max_size=30)


@given(st.lists(WRITES, max_size=5))
def test_the_digest_is_that_of_the_content_whatever_the_path(batches: list[list[tuple[str, int | None]]]) -> None:
    version = Version()
    model: dict[str, dict[str, Any]] = {}
    for batch in batches:
        state = Transaction(version)
        for name, age in batch:
            if age is None:
                state.table(PEOPLE).delete(name)
                model.pop(name, None)
            else:
                model[name] = person("X", age)
                state.table(PEOPLE).put(name, model[name])
        version = state.commit()
    assert version.digest == sum(entry_digest("people", name, doc) for name, doc in model.items()) % MODULUS
    assert version.digest == with_people(**dict(sorted(model.items()))).digest
    found = {change.key: change.after for change in diff(Version(), version)}
    assert found == model


def test_other_tables_do_not_count() -> None:
    state = Transaction(Version())
    state.table(LOG).put(1, {"x": 1})
    after = state.commit()
    assert after.digest == 0
    assert after.number == 1
    assert list(diff(Version(), after)) == []


def test_sequences_stay_advanced_when_the_rest_is_undone() -> None:
    state = Transaction(Version())
    state.table(PEOPLE).put("ada", person("London", 36))
    assert [state.sequence("s"), state.sequence("s")] == [1, 2]
    failed = state.commit_sequences()
    assert Transaction(failed).peek("s") == 2
    assert not failed.tables


def test_bulk_loading_is_the_same_as_putting() -> None:
    people = {f"p{number:03}": person("X" if number % 2 else "Y", number) for number in range(200)}
    state = Transaction(Version())
    state.load(PEOPLE, sorted(people.items()))
    loaded = state.commit()
    put = with_people(**people)
    assert loaded.digest == put.digest
    assert list(Transaction(loaded).table(PEOPLE).find("city", "X")) == list(
        Transaction(put).table(PEOPLE).find("city", "X")
    )


class Frozen:
    """Rows 0 to 9 of a base."""

    def __init__(self) -> None:
        self.rows = {number: {"n": number} for number in range(10)}
        self.digest = sum(entry_digest("rows", key, row) for key, row in self.rows.items())

    def __len__(self) -> int:
        return len(self.rows)

    def get(self, key: int) -> Any:
        return self.rows.get(key)

    def items(self) -> Iterator[tuple[int, Any]]:
        return iter(self.rows.items())


ROWS = TableSpec("rows")


def test_a_table_on_a_base_is_the_base_with_its_own_rows_over_it() -> None:
    state = Transaction(Version())
    state.table(ROWS).rebase(Frozen())
    base = state.commit()
    state = Transaction(base)
    table = state.table(ROWS)
    table.delete(3)
    table.put(4, {"n": 40})
    table.put(10, {"n": 10})
    assert 3 not in table
    assert table[4] == {"n": 40}
    assert len(table) == 10
    assert [key for key, _ in table.scan()] == [0, 1, 2, 4, 5, 6, 7, 8, 9, 10]
    assert [key for key, _ in table.scan(8, reverse=True)] == [8, 7, 6, 5, 4, 2, 1, 0]
    assert list(table.changed()) == [(3, None), (4, {"n": 40}), (10, {"n": 10})]
    after = state.commit()
    assert [(change.key, change.after) for change in diff(base, after)] == [(3, None), (4, {"n": 40}), (10, {"n": 10})]

    plain = Transaction(Version())
    for key, row in Transaction(after).table(ROWS).scan():
        plain.table(ROWS).put(key, row)
    unbased = plain.commit()
    assert unbased.digest == after.digest
    assert list(diff(unbased, after)) == []

    table.put(3, {"n": 3})
    table.put(4, {"n": 4})
    table.delete(10)
    assert state.commit().digest == base.digest


def test_timers_fall_due_in_order() -> None:
    state = Transaction(Version())
    state.timers.set("late", timedelta(seconds=9), "e", "op")
    state.timers.set("b", timedelta(seconds=3), "e", "op")
    state.timers.set("a", timedelta(seconds=3), "e", "op")
    state.timers.set("late", timedelta(seconds=1), "e", "op", {"x": 1})
    order = []
    while due := next_due(state.commit()):
        order.append(due.name)
        state.timers.cancel(due.name)
    assert order == ["late", "b", "a"]
    assert not state.timers.cancel("late")


def test_a_document_changed_in_place_is_found_out() -> None:
    state = Transaction(with_people(ada=person("London", 36)))
    state.table(PEOPLE)["ada"]["age"] = 37
    with pytest.raises(AssertionError, match="changed in place"):
        state.commit()


def test_a_transaction_moves_onto_another_version() -> None:
    base = with_people(ada=person("London", 36))
    mine, other = Transaction(base), Transaction(base)
    mine.table(PEOPLE).put("bob", person("Paris", 20))
    mine.table(LOG).put(1, {"x": 1})
    mine.table(ROWS).rebase(Frozen())
    assert mine.ids.counter("c") == 1
    other.table(PEOPLE).put("cy", person("Rome", 5))
    assert [other.ids.counter("c") for _ in range(3)][-1] == 3
    after = mine.onto(other.commit()).commit()
    state = Transaction(after)
    assert [key for key, _ in state.table(PEOPLE).scan()] == ["ada", "bob", "cy"]
    assert list(state.table(PEOPLE).find("city", "Paris")) == ["bob"]
    assert len(state.table(ROWS)) == 10
    assert state.ids.counter("c") == 4
    torn = Transaction(mine.onto(base, keep=1).commit())
    assert ("bob" in torn.table(PEOPLE), 1 in torn.table(LOG), len(torn.table(ROWS))) == (True, False, 0)
