from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from falsefront.world import tree

KEYS = st.integers(0, 400)
EDITS = st.lists(st.tuples(KEYS, st.booleans()), max_size=400)


def grow(entries: dict[int, int]) -> tree.Tree:
    return tree.build(sorted(entries.items()))


def edit(start: tree.Tree, model: dict[int, int], edits: list[tuple[int, bool]]) -> tuple[tree.Tree, dict[int, int]]:
    grown, model = start, dict(model)
    for number, (key, keep) in enumerate(edits):
        if keep:
            grown, model[key] = tree.put(grown, key, number), number
        else:
            grown = tree.delete(grown, key)
            model.pop(key, None)
    return grown, model


@given(EDITS)
@settings(max_examples=200)
def test_behaves_like_a_sorted_dict(edits: list[tuple[int, bool]]) -> None:
    grown, model = edit(tree.EMPTY, {}, edits)
    assert list(tree.scan(grown)) == sorted(model.items())
    assert list(tree.scan(grown, reverse=True)) == sorted(model.items(), reverse=True)
    assert grown.size == len(model)
    for key in range(0, 400, 7):
        assert tree.get(grown, key) == model.get(key)


@given(st.dictionaries(KEYS, KEYS, max_size=400), KEYS)
def test_scans_begin_where_they_are_told(entries: dict[int, int], start: int) -> None:
    grown = grow(entries)
    assert list(tree.scan(grown, start)) == [item for item in sorted(entries.items()) if item[0] >= start]
    backwards = [item for item in sorted(entries.items(), reverse=True) if item[0] <= start]
    assert list(tree.scan(grown, start, reverse=True)) == backwards


@given(st.dictionaries(KEYS, KEYS, max_size=400), EDITS)
@settings(max_examples=200)
def test_diff_is_what_changed(entries: dict[int, int], edits: list[tuple[int, bool]]) -> None:
    before = grow(entries)
    after, model = edit(before, entries, edits)
    found = {key: (old, new) for key, old, new in tree.diff(before, after) if old != new}
    assert found == {
        key: (entries.get(key), model.get(key))
        for key in entries.keys() | model.keys()
        if entries.get(key) != model.get(key)
    }
    assert [key for key, _, _ in tree.diff(before, after)] == sorted(key for key, _, _ in tree.diff(before, after))


@given(EDITS, EDITS)
def test_older_versions_stay_as_they_were(first: list[tuple[int, bool]], second: list[tuple[int, bool]]) -> None:
    before, model = edit(tree.EMPTY, {}, first)
    edit(before, model, second)
    assert list(tree.scan(before)) == sorted(model.items())


def test_diff_opens_only_what_changed() -> None:
    before = tree.build((number, number) for number in range(100_000))
    after = tree.put(tree.delete(before, 40_000), 70_000, "new")
    opened = 0

    class Counting(tree._Cursor):
        def open(self) -> None:
            nonlocal opened
            opened += 1
            super().open()

    original, tree._Cursor = tree._Cursor, Counting  # type: ignore[misc]
    try:
        assert list(tree.diff(before, after)) == [(40_000, 40_000, None), (70_000, 70_000, "new")]
    finally:
        tree._Cursor = original  # type: ignore[misc]
    assert opened < 40


def test_last_is_behind_every_key_of_a_prefix() -> None:
    grown = tree.build(((group, number), None) for group in "abc" for number in range(3))
    assert [key for key, _ in tree.scan(grown, ("b", tree.LAST), reverse=True)][:3] == [("b", 2), ("b", 1), ("b", 0)]


def test_keys_that_arrive_in_order_leave_full_nodes() -> None:
    grown = tree.EMPTY
    for number in range(10_000):
        grown = tree.put(grown, number, None)

    def leaves(node: tree.Tree) -> int:
        return sum(map(leaves, node.children)) if isinstance(node, tree._Branch) else 1

    assert leaves(grown) < 10_000 / 35
