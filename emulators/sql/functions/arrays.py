"""What arrays can do. An array is a tuple, a matrix a tuple of tuples."""

from __future__ import annotations

import math
from typing import Any, Final

from ..errors import SqlError
from ..types.text import show
from .registry import Library

FUNCTIONS: Final = Library()
add = FUNCTIONS.add


def append(array: Any, item: Any) -> Any:
    """An array with one more item at its end."""
    return (*(array or ()), item)


def prepend(item: Any, array: Any) -> Any:
    """An array with one more item at its start."""
    return (item, *(array or ()))


def concat(a: Any, b: Any) -> Any:
    """Two arrays as one; of different dimensions, the smaller is an item of the larger."""
    if a is None:
        return b
    if b is None or not b:
        return a
    if not a:
        return b
    deep_a, deep_b = type(a[0]) is tuple, type(b[0]) is tuple
    if deep_a and not deep_b:
        return (*a, b)
    return (a, *b) if deep_b and not deep_a else a + b


def flat(array: Any) -> Any:
    """The items of an array of any dimensions."""
    for item in array:
        if type(item) is tuple:
            yield from flat(item)
        else:
            yield item


def contains(a: Any, b: Any) -> bool:
    """Whether every item of ``b`` is in ``a``."""
    have = set(flat(a)) - {None}
    return all(item in have for item in flat(b))


def overlap(a: Any, b: Any) -> bool:
    """Whether two arrays have an item in common."""
    return bool((set(flat(a)) & set(flat(b))) - {None})


def dimensions(array: Any) -> list[int]:
    """An array's size in each dimension."""
    sizes: list[int] = []
    while type(array) is tuple and array:
        sizes.append(len(array))
        array = array[0]
    return sizes


def subscript(array: Any, indexes: tuple[Any, ...]) -> Any:
    """One item; null outside the bounds."""
    if len(indexes) != len(dimensions(array)):
        return None
    for index in indexes:
        if index is None or not 1 <= index <= len(array):
            return None
        array = array[index - 1]
    return array


def slice_of(array: Any, bounds: tuple[tuple[Any, Any], ...]) -> Any:
    """A part of an array; an empty array outside the bounds."""
    (low, high), *rest = bounds
    low = 1 if low is None else max(low, 1)
    part = array[low - 1 : len(array) if high is None else max(high, 0)]
    return tuple(slice_of(item, tuple(rest)) for item in part) if rest else part


def _length(array: Any, dimension: int) -> int | None:
    sizes = dimensions(array)
    return sizes[dimension - 1] if 1 <= dimension <= len(sizes) else None


def _to_string(context: Any, values: list[tuple[Any, int]]) -> str | None:
    (array, kind), (delimiter, _), *rest = values
    if array is None or delimiter is None:
        return None
    null = rest[0][0] if rest else None
    element = context.find(context.find(kind).element)
    items = [null if item is None else show(item, element, context.find, context.style) for item in flat(array)]
    return str(delimiter).join(item for item in items if item is not None)


def _string_to_array(text: str | None, delimiter: str | None, null: str | None = None) -> Any:
    if text is None:
        return None
    parts = (
        tuple(text)
        if delimiter is None
        else ()
        if text == ""
        else tuple(text.split(delimiter))
        if delimiter
        else (text,)
    )
    return tuple(None if part == null and null is not None else part for part in parts)


def _remove(array: Any, item: Any) -> Any:
    return None if array is None else tuple(each for each in array if each != item)


def _replace(array: Any, old: Any, new: Any) -> Any:
    return None if array is None else tuple(new if each == old else each for each in array)


def _position(array: Any, item: Any, start: int = 1) -> int | None:
    if array is None:
        return None
    for place in range(start - 1, len(array)):
        if array[place] == item:
            return place + 1
    return None


def _positions(array: Any, item: Any) -> Any:
    return None if array is None else tuple(n + 1 for n, each in enumerate(array) if each == item)


_MOST_ITEMS: Final = 134_217_727


def _fill(item: Any, sizes: Any) -> Any:
    if not sizes:
        return ()
    if math.prod(sizes) > _MOST_ITEMS:
        raise SqlError("54000", f"array size exceeds the maximum allowed ({_MOST_ITEMS})")
    return tuple(_fill(item, sizes[1:]) if len(sizes) > 1 else item for _ in range(sizes[0]))


def _trim(array: Any, count: int) -> Any:
    if not 0 <= count <= len(array):
        raise SqlError("2202E", f"number of elements to trim must be between 0 and {len(array)}")
    return array[: len(array) - count]


def _subscripts(array: Any, dimension: int) -> Any:
    return range(1, (_length(array, dimension) or 0) + 1)


add("array_append(anycompatiblearray, anycompatible) anycompatiblearray", append, strict=False)
add("array_prepend(anycompatible, anycompatiblearray) anycompatiblearray", prepend, strict=False)
add("array_cat(anycompatiblearray, anycompatiblearray) anycompatiblearray", concat, strict=False)
add("array_length(anyarray, int4) int4; array_upper(anyarray, int4) int4", _length)
add("array_lower(anyarray, int4) int4", lambda array, n: None if _length(array, n) is None else 1)
add("array_ndims(anyarray) int4", lambda array: len(dimensions(array)) or None)
add("array_dims(anyarray) text", lambda array: "".join(f"[1:{n}]" for n in dimensions(array)) or None)
add("cardinality(anyarray) int4", lambda array: sum(1 for _ in flat(array)))
add("array_remove(anycompatiblearray, anycompatible) anycompatiblearray", _remove, strict=False)
add("array_replace(anycompatiblearray, anycompatible, anycompatible) anycompatiblearray", _replace, strict=False)
add("array_position(anycompatiblearray, anycompatible) int4", _position, strict=False)
add("array_position(anycompatiblearray, anycompatible, int4) int4", _position, strict=False)
add("array_positions(anycompatiblearray, anycompatible) int4[]", _positions, strict=False)
add("array_fill(anyelement, int4[]) anyarray", _fill, strict=False)
add("trim_array(anyarray, int4) anyarray", _trim)
add("string_to_array(text, text) text[]; string_to_array(text, text, text) text[]", _string_to_array, strict=False)
add("unnest(anyarray) setof anyelement", flat)
add("generate_subscripts(anyarray, int4) setof int4", _subscripts)
add(
    "array_to_string(anyarray, text) text; array_to_string(anyarray, text, text) text",
    _to_string,
    typed=True,
    strict=False,
)
