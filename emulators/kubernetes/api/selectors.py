"""Label and field selectors."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ..shape import Resource
from . import status

_TOKEN: Final = re.compile(r"\s*(==|!=|=|!|,|\(|\)|>|<|[^\s=!,()<>]+)")
_NAME: Final = re.compile(r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")
_VALUE: Final = re.compile(r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?")


@dataclass(frozen=True, slots=True)
class Requirement:
    """One term: a key, ``in``/``notin``/``exists``/``!``/``gt``/``lt``, and its values."""

    key: str
    operator: str
    values: tuple[str, ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        value = labels.get(self.key)
        match self.operator:
            case "in":
                return value in self.values
            case "notin":
                return value is None or value not in self.values
            case "exists":
                return value is not None
            case "!":
                return value is None
            case _:
                try:
                    number, bound = int(value or ""), int(self.values[0])
                except ValueError:
                    return False
                return number > bound if self.operator == "gt" else number < bound


class LabelSelector:
    """A parsed selector; an empty one matches everything."""

    def __init__(self, requirements: Sequence[Requirement] = ()) -> None:
        self.requirements = tuple(requirements)

    def __bool__(self) -> bool:
        return bool(self.requirements)

    def matches(self, document: Mapping[str, Any]) -> bool:
        """Whether an object's labels match."""
        return self.matches_labels(document["metadata"].get("labels") or {})

    def matches_labels(self, labels: Mapping[str, str]) -> bool:
        return all(requirement.matches(labels) for requirement in self.requirements)

    @property
    def equality(self) -> tuple[str, str] | None:
        """A label and the one value that it must have, to look up instead of walking."""
        for requirement in self.requirements:
            if requirement.operator == "in" and len(requirement.values) == 1:
                return requirement.key, requirement.values[0]
        return None


def parse_labels(text: str) -> LabelSelector:
    """A selector in its query form. Raises a Status failure (400)."""
    return LabelSelector(_Parser(text).parse())


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens = _TOKEN.findall(text) if text.strip() else []
        self._at = 0

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _next(self) -> str:
        token = self._peek()
        self._at += 1
        return token

    def parse(self) -> list[Requirement]:
        found: list[Requirement] = []
        while self._peek():
            found.append(self._requirement())
            token = self._next()
            if not token:
                break
            if token != ",":
                raise _unparsable(f"found '{token}', expected: ',' or 'end of string'")
            if not self._peek():
                raise _unparsable("found '', expected: identifier after ','")
        return found

    def _requirement(self) -> Requirement:
        token = self._next()
        if token == "!":
            return Requirement(_key(self._next()), "!")
        key = _key(token)
        match self._peek():
            case "" | ",":
                return Requirement(key, "exists")
            case "=" | "==":
                self._next()
                return Requirement(key, "in", (self._one(),))
            case "!=":
                self._next()
                return Requirement(key, "notin", (self._one(),))
            case ">" | "<" as sign:
                self._next()
                return Requirement(key, "gt" if sign == ">" else "lt", (self._one(),))
            case "in" | "notin" as operator:
                self._next()
                return Requirement(key, operator, self._many())
            case other:
                raise _unparsable(f"found '{other}', expected: in, notin, =, ==, !=, gt, lt")

    def _one(self) -> str:
        token = self._peek()
        if token in ("", ","):
            return ""
        if token in ("=", "==", "!=", "!", "(", ")", ">", "<"):
            raise _unparsable(f"found '{token}', expected: identifier")
        self._next()
        if not _VALUE.fullmatch(token) or len(token) > 63:
            raise status.bad_request(
                f'unable to parse requirement: values[0][{token}]: Invalid value: "{token}": {LABEL_VALUE_RULE}'
            )
        return token

    def _many(self) -> tuple[str, ...]:
        opening = self._next()
        if opening != "(":
            raise _unparsable(f"found '{opening}', expected: '('")
        values: list[str] = []
        while True:
            token = self._next()
            if token == ")":
                return tuple(sorted(values)) or ("",)
            if token == ",":
                if not values or self._peek() in (",", ")"):
                    values.append("")
                continue
            if not token:
                raise _unparsable("found '', expected: ',', or ')'")
            values.append(token)


LABEL_VALUE_RULE: Final = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and "
    "end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is "
    "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
)
LABEL_NAME_RULE: Final = (
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
    "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
    "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
)


def _unparsable(why: str) -> Exception:
    return status.bad_request(f"unable to parse requirement: {why}")


def _key(token: str) -> str:
    if not token or token in ("=", "==", "!=", "!", ",", "(", ")", ">", "<"):
        raise _unparsable(f"found '{token}', expected: identifier")
    if not _NAME.fullmatch(token.rsplit("/", 1)[-1]):
        raise _unparsable(f'key: Invalid value: "{token}": {LABEL_NAME_RULE}')
    return token


def from_object(selector: Mapping[str, Any] | None) -> LabelSelector:
    """A ``LabelSelector`` object: ``matchLabels`` and ``matchExpressions``."""
    if selector is None:
        return LabelSelector()
    found = [Requirement(key, "in", (str(value),)) for key, value in (selector.get("matchLabels") or {}).items()]
    operators = {"In": "in", "NotIn": "notin", "Exists": "exists", "DoesNotExist": "!"}
    for term in selector.get("matchExpressions") or ():
        operator = operators.get(term.get("operator", ""), "exists")
        found.append(Requirement(term.get("key", ""), operator, tuple(term.get("values") or ())))
    return LabelSelector(found)


def from_labels(labels: Mapping[str, str]) -> LabelSelector:
    """A selector of equal labels, as a Service has it."""
    return LabelSelector([Requirement(key, "in", (str(value),)) for key, value in labels.items()])


# Fields

_FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "pods": (
        "spec.nodeName",
        "spec.restartPolicy",
        "spec.schedulerName",
        "spec.serviceAccountName",
        "spec.hostNetwork",
        "status.phase",
        "status.podIP",
        "status.podIPs",
        "status.nominatedNodeName",
    ),
    "events": (
        "involvedObject.kind",
        "involvedObject.namespace",
        "involvedObject.name",
        "involvedObject.uid",
        "involvedObject.apiVersion",
        "involvedObject.resourceVersion",
        "involvedObject.fieldPath",
        "reason",
        "reportingComponent",
        "source",
        "type",
    ),
    "namespaces": ("status.phase",),
    "secrets": ("type",),
    "services": ("spec.clusterIP", "spec.type"),
    "nodes": ("spec.unschedulable",),
    "replicasets.apps": ("status.replicas",),
    "replicationcontrollers": ("status.replicas",),
    "jobs.batch": ("status.successful",),
    "certificatesigningrequests.certificates.k8s.io": ("spec.signerName",),
}
_CORE: Final = frozenset({"pods", "events", "namespaces", "secrets", "services", "nodes", "replicationcontrollers"})


@dataclass(frozen=True, slots=True)
class FieldSelector:
    """Terms of (field, whether it must be equal, value)."""

    terms: tuple[tuple[str, bool, str], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.terms)

    def matches(self, document: Mapping[str, Any]) -> bool:
        return all((_field(document, field) == value) == equal for field, equal, value in self.terms)

    def equal(self, field: str) -> str | None:
        """The value that a field must have."""
        return next((value for name, equal, value in self.terms if equal and name == field), None)


def parse_fields(text: str, resource: Resource) -> FieldSelector:
    """A field selector in its query form. Raises a Status failure (400) for a field that the resource has not."""
    terms: list[tuple[str, bool, str]] = []
    for part in _split(text):
        found = re.fullmatch(r"([^=!]+?)(==|!=|=)(.*)", part, re.DOTALL)
        if found is None:
            raise status.bad_request(f"invalid selector: '{text}'; can't understand '{part}'")
        field, sign, value = found.groups()
        _check_field(resource, field)
        terms.append((field, sign != "!=", re.sub(r"\\([\\,=])", r"\1", value)))
    return FieldSelector(tuple(terms))


def _split(text: str) -> list[str]:
    return [part for part in re.split(r"(?<!\\),", text) if part]


def _check_field(resource: Resource, field: str) -> None:
    own = _FIELDS.get(resource.storage, ())
    if field in ("metadata.name", "metadata.namespace") or field in own:
        return
    if resource.storage in _CORE or resource.storage in _FIELDS:
        raise status.bad_request(f"field label not supported: {field}")
    known = '"metadata.name", "metadata.namespace"' if resource.namespaced else '"metadata.name"'
    raise status.bad_request(f'"{field}" is not a known field selector: only {known}')


def _field(document: Mapping[str, Any], field: str) -> str:
    value: Any = document
    if field == "source":
        value = (document.get("source") or {}).get("component") or document.get("reportingComponent", "")
    else:
        for part in field.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
    if value is None:
        return "false" if field in ("spec.unschedulable", "spec.hostNetwork") else "0" if "replicas" in field else ""
    return str(value).lower() if isinstance(value, bool) else str(value)
