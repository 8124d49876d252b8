"""A persistent B+ tree: an ordered map whose versions share what did not change.

``immutables.Map`` finds faster but has no order, and two of its versions cannot be compared without
walking both. Here a lookup costs about a microsecond, listings are ordered, and ``diff`` skips every
subtree that two versions share, so that it costs what changed.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from typing import Any, Final, TypeAlias

_WIDTH: Final = 48
"""The most entries a node holds; a fuller one splits in two, a sparse one joins its neighbour."""


class _Leaf:
    __slots__ = ("keys", "size", "values")

    def __init__(self, keys: tuple[Any, ...], values: tuple[Any, ...]) -> None:
        self.keys = keys
        self.values = values
        self.size: int = len(keys)


class _Branch:
    """``keys[i]`` is the smallest key below ``children[i]``."""

    __slots__ = ("children", "height", "keys", "size")

    def __init__(self, keys: tuple[Any, ...], children: tuple[_Node, ...], height: int) -> None:
        self.keys = keys
        self.children = children
        self.height = height
        self.size: int = sum(child.size for child in children)


_Node: TypeAlias = "_Leaf | _Branch"

EMPTY: Final[_Node] = _Leaf((), ())
Tree: TypeAlias = _Node
Entry: TypeAlias = tuple[Any, Any]


def get(tree: Tree, key: Any, default: Any = None) -> Any:
    """The value at ``key``."""
    node = tree
    while type(node) is _Branch:
        index = bisect_right(node.keys, key) - 1
        if index < 0:
            return default
        node = node.children[index]
    keys = node.keys
    index = bisect_left(keys, key)
    if index < len(keys) and keys[index] == key:
        return node.values[index]  # type: ignore[union-attr]
    return default


def put(tree: Tree, key: Any, value: Any) -> Tree:
    """A tree with ``value`` at ``key``."""
    nodes = _put(tree, key, value)
    return nodes[0] if len(nodes) == 1 else _branch(nodes)


def _put(node: _Node, key: Any, value: Any) -> tuple[_Node, ...]:
    """The one or two nodes that take ``node``'s place."""
    keys = node.keys
    if type(node) is _Leaf:
        index = bisect_left(keys, key)
        values = node.values
        if index < len(keys) and keys[index] == key:
            return (_Leaf(keys, (*values[:index], value, *values[index + 1 :])),)
        keys = (*keys[:index], key, *keys[index:])
        values = (*values[:index], value, *values[index:])
        if len(keys) <= _WIDTH:
            return (_Leaf(keys, values),)
        cut = _cut(index, len(keys))
        return _Leaf(keys[:cut], values[:cut]), _Leaf(keys[cut:], values[cut:])
    assert type(node) is _Branch
    index = max(bisect_right(keys, key) - 1, 0)
    new = _put(node.children[index], key, value)
    return _replace(node, index, index + 1, new)


def _cut(index: int, length: int) -> int:
    """Where to split: in the middle, but near the end for keys that arrive in order."""
    return length - length // 8 if index == length - 1 else length // 2


def _replace(node: _Branch, start: int, stop: int, new: tuple[_Node, ...]) -> tuple[_Node, ...]:
    children = (*node.children[:start], *new, *node.children[stop:])
    keys = (*node.keys[:start], *(child.keys[0] for child in new), *node.keys[stop:])
    if len(children) <= _WIDTH:
        return (_Branch(keys, children, node.height),)
    cut = _cut(start + len(new) - 1, len(children))
    return _Branch(keys[:cut], children[:cut], node.height), _Branch(keys[cut:], children[cut:], node.height)


def _branch(children: tuple[_Node, ...]) -> _Branch:
    below = children[0]
    return _Branch(tuple(child.keys[0] for child in children), children, _height(below) + 1)


def _height(node: _Node) -> int:
    return node.height if type(node) is _Branch else 0


def delete(tree: Tree, key: Any) -> Tree:
    """A tree without ``key``; the same tree if it was not there."""
    node = _delete(tree, key)
    while type(node) is _Branch and len(node.children) < 2:
        node = node.children[0] if node.children else EMPTY
    return node


def _delete(node: _Node, key: Any) -> _Node:
    keys = node.keys
    if type(node) is _Leaf:
        index = bisect_left(keys, key)
        if index == len(keys) or keys[index] != key:
            return node
        return _Leaf(keys[:index] + keys[index + 1 :], node.values[:index] + node.values[index + 1 :])
    assert type(node) is _Branch
    index = bisect_right(keys, key) - 1
    if index < 0:
        return node
    old = node.children[index]
    new = _delete(old, key)
    if new is old:
        return node
    start, stop = index, index + 1
    width = len(new.keys)
    if width and width < _WIDTH // 4 and len(keys) > 1:
        start = index - 1 if index else index
        stop = start + 2
        left, right = (node.children[start], new) if index else (new, node.children[1])
        if len(left.keys) + len(right.keys) <= _WIDTH:
            new = _join(left, right)
        else:
            start, stop = index, index + 1
    replaced = _replace(node, start, stop, (new,) if width else ())
    return replaced[0]


def _join(left: _Node, right: _Node) -> _Node:
    if type(left) is _Leaf and type(right) is _Leaf:
        return _Leaf(left.keys + right.keys, left.values + right.values)
    assert type(left) is _Branch and type(right) is _Branch
    return _Branch(left.keys + right.keys, left.children + right.children, left.height)


def build(entries: Iterable[Entry]) -> Tree:
    """A tree of entries that come in ascending key order."""
    keys: list[Any] = []
    values: list[Any] = []
    level: list[_Node] = []
    for key, value in entries:
        keys.append(key)
        values.append(value)
        if len(keys) == _WIDTH - 8:
            level.append(_Leaf(tuple(keys), tuple(values)))
            keys, values = [], []
    if keys or not level:
        level.append(_Leaf(tuple(keys), tuple(values)))
    while len(level) > 1:
        level = [_branch(tuple(level[i : i + _WIDTH - 8])) for i in range(0, len(level), _WIDTH - 8)]
    return level[0]


def scan(tree: Tree, start: Any = None, *, reverse: bool = False) -> Iterator[Entry]:
    """Entries in key order from ``start`` on (included), or backwards from it."""
    if start is None:
        return _all_backward(tree) if reverse else _all(tree)
    return _backward(tree, start) if reverse else _forward(tree, start)


def _all(node: _Node) -> Iterator[Entry]:
    if type(node) is _Leaf:
        yield from zip(node.keys, node.values, strict=True)
    else:
        for child in node.children:  # type: ignore[union-attr]
            yield from _all(child)


def _all_backward(node: _Node) -> Iterator[Entry]:
    if type(node) is _Leaf:
        yield from zip(reversed(node.keys), reversed(node.values), strict=True)
    else:
        for child in reversed(node.children):  # type: ignore[union-attr]
            yield from _all_backward(child)


def _forward(node: _Node, start: Any) -> Iterator[Entry]:
    keys = node.keys
    if type(node) is _Leaf:
        index = bisect_left(keys, start)
        yield from zip(keys[index:], node.values[index:], strict=True)
        return
    assert type(node) is _Branch
    index = max(bisect_right(keys, start) - 1, 0)
    yield from _forward(node.children[index], start)
    for child in node.children[index + 1 :]:
        yield from _all(child)


def _backward(node: _Node, start: Any) -> Iterator[Entry]:
    keys = node.keys
    stop = bisect_right(keys, start)
    if type(node) is _Leaf:
        yield from zip(reversed(keys[:stop]), reversed(node.values[:stop]), strict=True)
        return
    assert type(node) is _Branch
    if stop:
        yield from _backward(node.children[stop - 1], start)
        for child in reversed(node.children[: stop - 1]):
            yield from _all_backward(child)


class _Cursor:
    """One side of a comparison: what is still to come, nearest last."""

    __slots__ = ("stack",)

    def __init__(self, tree: Tree) -> None:
        self.stack: list[Any] = [tree] if tree.size else []

    def open(self) -> None:
        node = self.stack.pop()
        inside = zip(node.keys, node.values, strict=True) if type(node) is _Leaf else node.children
        self.stack.extend(reversed(tuple(inside)))


def diff(before: Tree, after: Tree) -> Iterator[tuple[Any, Any, Any]]:
    """(key, old value, new value) of every entry that differs; ``None`` where a side has none."""
    left, right = _Cursor(before), _Cursor(after)
    a, b = left.stack, right.stack
    while a and b:
        top, other = a[-1], b[-1]
        if top is other:
            a.pop()
            b.pop()
        elif isinstance(other, tuple):
            if isinstance(top, tuple):
                yield from _compare(a, b)
            elif top.keys[0] > other[0]:
                yield _added(b.pop())
            else:
                left.open()
        elif isinstance(top, tuple):
            if other.keys[0] > top[0]:
                yield _removed(a.pop())
            else:
                right.open()
        elif _height(top) > _height(other) or (_height(top) == _height(other) and top.keys[0] < other.keys[0]):
            left.open()
        elif _height(top) < _height(other) or other.keys[0] < top.keys[0]:
            right.open()
        else:
            left.open()
            right.open()
    yield from (_removed(entry) for node in reversed(a) for entry in _entries(node))
    yield from (_added(entry) for node in reversed(b) for entry in _entries(node))


def _compare(a: list[Any], b: list[Any]) -> Iterator[tuple[Any, Any, Any]]:
    (key, old), (other, new) = a[-1], b[-1]
    if key < other:
        a.pop()
        yield key, old, None
    elif other < key:
        b.pop()
        yield other, None, new
    else:
        a.pop()
        b.pop()
        if old is not new:
            yield key, old, new


def _added(entry: Entry) -> tuple[Any, Any, Any]:
    return entry[0], None, entry[1]


def _removed(entry: Entry) -> tuple[Any, Any, Any]:
    return entry[0], entry[1], None


def _entries(node: Any) -> Iterable[Entry]:
    return (node,) if isinstance(node, tuple) else _all(node)


class _Last:
    """Greater than anything, to begin a backward walk behind every key of a prefix."""

    __slots__ = ()

    def __lt__(self, other: object) -> bool:
        return False

    def __gt__(self, other: object) -> bool:
        return True


LAST: Final[Any] = _Last()
