"""A fault rule: when it strikes, and what it does then."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PrivateAttr

from falsefront.kernel.chain import Interceptor
from falsefront.world.clock import parse_duration

from .effects import parse_effect
from .when import When


def _seconds(value: Any) -> float | None:
    return None if value is None else parse_duration(value)


class Rule(BaseModel):
    """A fault rule as it is put over the control plane.

    ``then`` lists effects, applied in order: the first is outermost. ``times`` ends it after that many strikes,
    ``ttl`` (a duration on the world's clock) after that long.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    when: When = Field(default_factory=When)
    then: list[dict[str, Any]] = Field(min_length=1)
    times: int | None = Field(default=None, ge=1)
    ttl: Annotated[float | None, BeforeValidator(_seconds)] = Field(default=None, description="Such as '10m'.")

    _effects: tuple[Interceptor, ...] = PrivateAttr(())

    def model_post_init(self, context: Any, /) -> None:
        """Build the effects, so that a mistake in them is told at once."""
        self._effects = tuple(parse_effect(effect) for effect in self.then)

    @property
    def effects(self) -> tuple[Interceptor, ...]:
        """What it does, as interceptors."""
        return self._effects
