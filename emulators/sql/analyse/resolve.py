"""Which function or operator a call means: PostgreSQL's own rules of overloading."""

from __future__ import annotations

from collections.abc import Sequence

from ..functions.registry import Function
from ..types.table import (
    ANYARRAY,
    ANYCOMPATIBLE,
    ANYCOMPATIBLEARRAY,
    ANYELEMENT,
    ANYENUM,
    ANYNONARRAY,
    POLYMORPHIC,
    TEXT,
    UNKNOWN,
)  # fmt: skip
from .coerce import Coercer


def choose(coercer: Coercer, candidates: Sequence[Function], inputs: Sequence[int]) -> list[Function]:
    """The best candidates for the argument types: one if the call is clear, none or several if it is not."""
    fitting = [
        candidate
        for candidate in candidates
        if all(coercer.can(given, wanted) for given, wanted in zip(inputs, candidate.args, strict=True))
    ]
    fitting = [candidate for candidate in fitting if _consistent(coercer, candidate, inputs)]
    return _select(coercer, fitting, inputs) if len(fitting) > 1 else fitting


def _consistent(coercer: Coercer, candidate: Function, inputs: Sequence[int]) -> bool:
    """Whether the arguments of polymorphic parameters agree."""
    elements: set[int] = set()
    common: set[str] = set()
    for given, wanted in zip(inputs, candidate.args, strict=True):
        if given == UNKNOWN:
            continue
        if wanted in (ANYELEMENT, ANYNONARRAY, ANYENUM):
            elements.add(given)
        elif wanted == ANYARRAY:
            elements.add(coercer.find(coercer.base(given)).element)
        elif wanted == ANYCOMPATIBLE:
            common.add(coercer.find(coercer.base(given)).category)
        elif wanted == ANYCOMPATIBLEARRAY:
            common.add(coercer.find(coercer.find(coercer.base(given)).element).category)
    return len(elements) <= 1 and len(common) <= 1


def _select(coercer: Coercer, candidates: list[Function], inputs: Sequence[int]) -> list[Function]:
    find = coercer.find
    bases = [UNKNOWN if given == UNKNOWN else coercer.base(given) for given in inputs]

    def best(score: list[int]) -> list[Function]:
        top = max(score)
        return [candidate for candidate, points in zip(candidates, score, strict=True) if points == top]

    def exact(given: int, wanted: int) -> bool:
        return given != UNKNOWN and given == wanted

    candidates = best([sum(map(exact, bases, candidate.args)) for candidate in candidates])
    if len(candidates) == 1:
        return candidates

    def preferred(given: int, wanted: int) -> bool:
        if given == UNKNOWN:
            return False
        return given == wanted or (find(wanted).preferred and find(wanted).category == find(given).category)

    candidates = best([sum(map(preferred, bases, candidate.args)) for candidate in candidates])
    if len(candidates) == 1 or UNKNOWN not in bases:
        return candidates
    candidates = _by_category(coercer, candidates, bases)
    if len(candidates) == 1:
        return candidates
    known = {given for given in bases if given != UNKNOWN}
    if len(known) == 1:
        (only,) = known
        same = [c for c in candidates if all(coercer.can(only, wanted) for wanted in c.args)]
        if len(same) == 1:
            return same
    return candidates


def _by_category(coercer: Coercer, candidates: list[Function], bases: Sequence[int]) -> list[Function]:
    """Let the unknown arguments be strings if any candidate takes a string there, else what all candidates agree on."""
    find = coercer.find
    slots: dict[int, tuple[str, bool]] = {}
    for place, given in enumerate(bases):
        if given != UNKNOWN:
            continue
        wanted = [find(candidate.args[place]) for candidate in candidates]
        categories = {type_.category for type_ in wanted}
        if "S" in categories:
            category = "S"
        elif len(categories) == 1:
            category = categories.pop()
        else:
            return candidates
        slots[place] = (category, any(t.preferred for t in wanted if t.category == category))

    def fits(candidate: Function) -> bool:
        return all(
            find(candidate.args[place]).category == category
            and (not has_preferred or find(candidate.args[place]).preferred)
            for place, (category, has_preferred) in slots.items()
        )

    kept = [candidate for candidate in candidates if fits(candidate)]
    return kept or candidates


def concrete(coercer: Coercer, function: Function, inputs: Sequence[int]) -> tuple[list[int], int]:
    """The types that parameters and result stand for in a call of a polymorphic function."""
    if not POLYMORPHIC.intersection((*function.args, function.result)):
        return list(function.args), function.result
    element = common = 0
    for given, wanted in zip(inputs, function.args, strict=True):
        if given == UNKNOWN:
            continue
        if wanted in (ANYELEMENT, ANYNONARRAY, ANYENUM):
            element = given
        elif wanted == ANYARRAY:
            element = coercer.find(coercer.base(given)).element
        elif wanted in (ANYCOMPATIBLE, ANYCOMPATIBLEARRAY):
            one = given if wanted == ANYCOMPATIBLE else coercer.find(coercer.base(given)).element
            if not common or (coercer.can(common, one) and not coercer.can(one, common)):
                common = one
    element = element or TEXT
    common = common or TEXT

    def real(oid: int) -> int:
        if oid in (ANYELEMENT, ANYNONARRAY, ANYENUM):
            return element
        if oid == ANYARRAY:
            return int(coercer.find(element).array)
        if oid == ANYCOMPATIBLE:
            return common
        return int(coercer.find(common).array) if oid == ANYCOMPATIBLEARRAY else oid

    return [real(oid) for oid in function.args], real(function.result)
