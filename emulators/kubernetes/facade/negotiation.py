"""Which form of an answer a client accepts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ..api import status

_JSON: Final = ("application/json", "*/*", "application/*")
_AVAILABLE: Final = (
    "application/json, application/yaml, application/vnd.kubernetes.protobuf, application/json;stream=watch, "
    "application/vnd.kubernetes.protobuf;stream=watch"
)


@dataclass(frozen=True, slots=True)
class Form:
    """``as_`` is Table, PartialObjectMetadata(List), APIGroupDiscoveryList or nothing; ``version`` is that form's."""

    as_: str = ""
    version: str = ""
    yaml: bool = False


def choose(accept: str, known: tuple[str, ...]) -> Form:
    """The first acceptable form. Raises a Status failure (406)."""
    if not accept.strip():
        return Form()
    protobuf = False
    for clause in accept.split(","):
        media, *parameters = (part.strip() for part in clause.split(";"))
        settings = dict(part.split("=", 1) for part in parameters if "=" in part)
        if media == "application/yaml" and "as" not in settings:
            return Form(yaml=True)
        if media == "application/vnd.kubernetes.protobuf":
            protobuf = True
        if media not in _JSON:
            continue
        wanted = settings.get("as", "")
        if not wanted:
            return Form()
        if wanted in known and settings.get("v") in ("v1", "v2"):
            return Form(wanted, settings["v"])
    if protobuf or "text/plain" in accept:
        # Answers are never protobuf; a client that reads nothing else is told so.
        raise _not_acceptable()
    raise _not_acceptable()


def _not_acceptable() -> Exception:
    text = f"406: Not Acceptable\n\nAvailable representations: {_AVAILABLE}"
    return status.error(406, "NotAcceptable", text, {})
