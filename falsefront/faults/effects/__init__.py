"""What a rule can do. One effect, one small file; an effect is an interceptor made from its JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from falsefront.kernel.chain import Interceptor

from .after import after
from .delay import delay
from .fail import fail
from .link import link
from .lost import lost
from .respond import respond
from .stale import stale

EFFECTS: Final[Mapping[str, Callable[..., Interceptor]]] = {
    "after": after,
    "delay": delay,
    "fail": fail,
    "link": link,
    "lost": lost,
    "respond": respond,
    "stale": stale,
}
"""The effects by the key that names them in a rule."""


def parse_effect(effect: Mapping[str, Any]) -> Interceptor:
    """An effect from its JSON: the key that names it, and its settings beside it. Raises ``ValueError``."""
    named = [key for key in effect if key in EFFECTS]
    if len(named) != 1:
        raise ValueError(f"an effect has exactly one of the keys {', '.join(sorted(EFFECTS))}; got {sorted(effect)}")
    (name,) = named
    settings = {key: value for key, value in effect.items() if key != name}
    try:
        return EFFECTS[name](effect[name], **settings)
    except TypeError as error:
        raise ValueError(f"{name}: {_without_call(str(error))}") from None


def _without_call(message: str) -> str:
    """A call's TypeError in the words of somebody who wrote JSON."""
    return message.partition("() ")[2] or message
