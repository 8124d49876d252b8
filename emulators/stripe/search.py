"""Stripe's search: a small query language over the objects of one kind."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from operator import ge, gt, le, lt
from typing import Any, Final

from .call import Call
from .errors import refuse
from .resource import Document, Resource, public
from .shape import Shape, integer, text

SEARCH: Final = Shape({"limit": integer(), "page": text(fixed=True), "query": text(fixed=True)}, ("query",))

_CARD_FIELDS: Final = {
    f"payment_method_details.card.{name}": "number" if name.startswith("exp") else "token"
    for name in ("brand", "exp_month", "exp_year", "fingerprint", "last4")
}
FIELDS: Final[Mapping[str, Mapping[str, str]]] = {
    "customer": {"created": "number", "email": "string", "name": "string", "phone": "string"},
    "charge": {
        "amount": "number",
        "billing_details.address.postal_code": "token",
        "created": "number",
        "currency": "token",
        "customer": "token",
        "disputed": "token",
        "refunded": "token",
        "status": "token",
        **_CARD_FIELDS,
    },
    "payment_intent": {
        "amount": "number",
        "created": "number",
        "currency": "token",
        "customer": "token",
        "status": "token",
    },
    "price": {"active": "token", "currency": "token", "lookup_key": "token", "product": "token", "type": "token"},
    "product": {
        "active": "token",
        "description": "string",
        "name": "string",
        "shippable": "token",
        "url": "string",
    },
}
"""The fields that can be searched, by kind of object: numbers, words matched whole, and strings matched in part."""

_CLAUSE: Final = re.compile(
    r"""\s*(?P<negated>-)?(?P<field>metadata\[\s*(?P<q>["'])(?P<key>(?:\\.|(?!(?P=q)).)*)(?P=q)\s*\]|[A-Za-z_][\w.]*)
        \s*(?P<op>:|~|>=|<=|>|<)\s*
        (?P<value>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[^\s"']+)\s*""",
    re.VERBOSE,
)
_JOIN: Final = re.compile(r"(AND|OR)\s+", re.IGNORECASE)
_COMPARE: Final[Mapping[str, Callable[[Any, Any], bool]]] = {">": gt, ">=": ge, "<": lt, "<=": le}
_MOST: Final = 10


@dataclass(frozen=True, slots=True)
class Clause:
    """One condition: a field's path, how it is compared, and with what."""

    path: tuple[str, ...]
    kind: str
    op: str
    value: str | None
    negated: bool

    def holds(self, doc: Document) -> bool:
        """Whether an object fits."""
        found: Any = doc
        for part in self.path:
            found = found.get(part) if isinstance(found, Mapping) else None
        return self._fits(found) is not self.negated

    def _fits(self, found: Any) -> bool:
        if self.value is None:
            return found is None
        if found is None:
            return False
        if self.kind == "number":
            number = int(self.value)
            return bool(found == number if self.op == ":" else _COMPARE[self.op](found, number))
        shown = str(found).lower() if isinstance(found, bool) else str(found).casefold()
        wanted = self.value.casefold()
        return wanted in shown if self.op == "~" else shown == wanted


def _bad(query: str) -> Exception:
    return refuse(
        "We were unable to parse your search query. Please verify the syntax of your query and try again. See "
        "https://stripe.com/docs/search#query-language for guidance.",
        param="query",
    )


def parse(query: str, resource: Resource) -> tuple[list[Clause], bool]:
    """A query's clauses, and whether any of them will do. Raises ``Failure`` (invalid)."""
    clauses: list[Clause] = []
    joins: set[str] = set()
    place = 0
    while True:
        match = _CLAUSE.match(query, place)
        if match is None:
            raise _bad(query)
        clauses.append(_clause(match, resource, query))
        place = match.end()
        if place == len(query):
            break
        join = _JOIN.match(query, place)
        if join is not None:
            place = join.end()
        joins.add(join[1].upper() if join else "AND")
    if len(joins) > 1:
        raise refuse("You cannot combine AND and OR in one search query.", param="query")
    if len(clauses) > _MOST:
        raise refuse(f"Search queries can have up to {_MOST} clauses.", param="query")
    return clauses, joins == {"OR"}


def _clause(match: re.Match[str], resource: Resource, query: str) -> Clause:
    field, op, raw = match["field"], match["op"], match["value"]
    if match["key"] is not None:
        path, kind = ("metadata", re.sub(r"\\(.)", r"\1", match["key"])), "string"
    else:
        kinds = FIELDS[resource.object]
        if field not in kinds:
            plural = resource.path.rpartition("/")[2]
            raise refuse(
                f"Field `{field}` is an unsupported search field for resource `{plural}`. See "
                f"http://stripe.com/docs/search#query-fields-for-{plural.replace('_', '-')} for a list of supported "
                "fields.",
                param="query",
            )
        path, kind = tuple(field.split(".")), kinds[field]
    quoted = raw[0] in "\"'"
    value = re.sub(r"\\(.)", r"\1", raw[1:-1]) if quoted else raw
    if not quoted and value.lower() == "null":
        return Clause(path, kind, op, None, bool(match["negated"]))
    if kind == "number":
        if op == "~" or not re.fullmatch(r"-?\d{1,18}", value):
            raise _bad(query)
    elif op in _COMPARE or (op == "~" and kind == "token") or not quoted:
        raise _bad(query)
    elif op == "~" and len(value) < 3:
        raise refuse("Substring matches need at least 3 characters.", param="query")
    return Clause(path, kind, op, value, bool(match["negated"]))


def search(call: Call, resource: Resource) -> dict[str, Any]:
    """One page of the objects that fit a query, newest first."""
    params = call.params
    clauses, some = parse(params["query"].strip(), resource)
    limit = min(max(params.get("limit", 10), 1), 100)
    skip = _offset(params.get("page"))
    fit = any if some else all
    found = [doc for doc in _all(call, resource) if fit(clause.holds(doc) for clause in clauses)]
    more = len(found) > skip + limit
    return {
        "object": "search_result",
        "data": [public(doc) for doc in found[skip : skip + limit]],
        "has_more": more,
        "next_page": base64.urlsafe_b64encode(b"page:%d" % (skip + limit)).decode() if more else None,
        "total_count": len(found),
        "url": f"{resource.path}/search",
    }


def _all(call: Call, resource: Resource) -> Iterator[Document]:
    table = call.state.table(resource.spec)
    return (table[key] for key in table.find("all", reverse=True))


def _offset(token: str | None) -> int:
    if token is None:
        return 0
    try:
        head, _, number = base64.urlsafe_b64decode(token.encode()).decode().partition(":")
        if head == "page":
            return min(max(int(number), 0), 1 << 40)
    except (ValueError, binascii.Error):
        pass
    raise refuse(f"Invalid page: {token}", param="page")
