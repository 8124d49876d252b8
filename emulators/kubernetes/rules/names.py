"""What may be a name, a label, a key; each check gives what is wrong, or nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, TypeAlias

Check: TypeAlias = Callable[[str], list[str]]

_LABEL: Final = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN: Final = rf"{_LABEL}(\.{_LABEL})*"
_QUALIFIED: Final = r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_VALUE: Final = rf"({_QUALIFIED})?"

LABEL_TEXT: Final = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end "
    "with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
)
SUBDOMAIN_TEXT: Final = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start "
    "and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    r"'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
_NAME_PART: Final = (
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
    "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
    "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
)
_VALUE_TEXT: Final = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and "
    "end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is "
    "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
)
_KEY_TEXT: Final = (
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  "
    "or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"
)
_ENVIRONMENT_TEXT: Final = (
    "a valid environment variable name must consist only of printable ASCII characters other than '='"
)


def _longer(value: str, most: int) -> list[str]:
    return [f"must be no more than {most} bytes"] if len(value.encode()) > most else []


def dns_label(value: str) -> list[str]:
    """An RFC 1123 label."""
    return _longer(value, 63) + ([] if re.fullmatch(_LABEL, value) else [LABEL_TEXT])


def dns_subdomain(value: str) -> list[str]:
    """An RFC 1123 subdomain."""
    return _longer(value, 253) + ([] if re.fullmatch(_SUBDOMAIN, value) else [SUBDOMAIN_TEXT])


def path_segment(value: str) -> list[str]:
    """Anything that can stand between two slashes."""
    if value in (".", ".."):
        return [f"may not be '{value}'"]
    return [f"may not contain '{part}'" for part in ("/", "%") if part in value]


def qualified_name(value: str) -> list[str]:
    """A label's or annotation's key: an optional prefix, a slash, a name."""
    prefix, slash, name = value.rpartition("/")
    found: list[str] = []
    if slash:
        if "/" in prefix:
            rule = (
                "a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must start and end "
                "with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for "
                "validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and "
                "'/' (e.g. 'example.com/MyName')"
            )
            return [rule]
        found += ["prefix part " + text for text in (dns_subdomain(prefix) if prefix else ["must be non-empty"])]
    if not name:
        return [*found, "name part must be non-empty", _NAME_PART]
    found += ["name part " + text for text in _longer(name, 63)]
    return found + ([] if re.fullmatch(_QUALIFIED, name) else [_NAME_PART])


def label_value(value: str) -> list[str]:
    """A label's value."""
    return _longer(value, 63) + ([] if re.fullmatch(_VALUE, value) else [_VALUE_TEXT])


def config_key(value: str) -> list[str]:
    """A key of a ConfigMap or Secret."""
    return _longer(value, 253) + ([] if re.fullmatch(r"[-._a-zA-Z0-9]+", value) else [_KEY_TEXT])


def environment_name(value: str) -> list[str]:
    """The name of an environment variable."""
    return [] if value and all(" " <= letter <= "~" and letter != "=" for letter in value) else [_ENVIRONMENT_TEXT]


def percent(value: str) -> list[str]:
    """A percentage."""
    text = (
        "a valid percent string must be a numeric followed by an ending '%' (e.g. '1%',  or '93%', regex used for "
        "validation is '[0-9]+%')"
    )
    return [] if re.fullmatch(r"\d+%", value) else [text]


def port_name(value: str) -> list[str]:
    """An IANA service name: at most 15 characters, with a letter in it."""
    found: list[str] = []
    if len(value) > 15:
        found.append("must be no more than 15 characters")
    if not re.fullmatch(r"[-a-z0-9]+", value):
        return [*found, "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)"]
    if not re.search("[a-z]", value):
        found.append("must contain at least one letter (a-z)")
    if "--" in value:
        found.append("must not contain consecutive hyphens")
    if value[0] == "-" or value[-1] == "-":
        found.append("must not begin or end with a hyphen")
    return found
