"""One request's way through its operation: idempotency, the handler, expansion, and the answer that is remembered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from falsefront.kernel.operation import Failure, Operation
from falsefront.kernel.state import State
from falsefront.world.world import World

from .call import Call
from .errors import NOT_EXECUTED, error_object, status_of
from .expand import expand
from .idempotency import Replayed, keep, recall
from .resource import account_of, public
from .route import Route


@dataclass(slots=True)
class Execution:
    """A handler for the chain. ``refusal`` is why the request is turned down before anything is done, if it is."""

    route: Route
    path: Mapping[str, str]
    params: Mapping[str, Any]
    paths: Sequence[str]
    """What is to be expanded."""
    url: str
    request_id: str
    key: str | None = None
    print: str = ""
    refusal: Failure | None = None
    entered: bool = False
    started: bool = False
    answered: bool = False

    def __call__(self, state: State, op: Operation) -> Any:
        self.entered = True
        if self.refusal is not None:
            raise self.refusal
        if self.key is not None:
            replayed = recall(state, self.key, self.route.method, self.url, self.print)
            if replayed is not None:
                return replayed
        self.started = True
        call = Call(state, self.params, self.path, self.request_id, self.key)
        try:
            body = self._body(call)
        except Failure as failure:
            if failure.keep and self.key is not None:
                log = log_url(state.seed, self.request_id)
                self._remember(state, Replayed(status_of(failure), error_object(failure, log), self.request_id))
            raise
        if self.key is not None:
            self._remember(state, Replayed(200, body, self.request_id))
        self.answered = True
        return body

    def _body(self, call: Call) -> Mapping[str, Any]:
        body: Mapping[str, Any] = public(self.route.handle(call))
        if self.paths:
            body = expand(call, body, self.paths, many=self.route.many)
        if "total_count" in body and "total_count" not in self.paths:
            body = {name: value for name, value in body.items() if name != "total_count"}
        return body

    def _remember(self, state: State, answer: Replayed) -> None:
        assert self.key is not None
        keep(state, self.key, self.route.method, self.url, self.print, answer)

    def failed(self, world: World, failure: Failure, body: Mapping[str, Any]) -> None:
        """Remember a failure whose transaction was undone, if an idempotency key remembers such failures.

        Refusals before execution are not remembered; neither is what spoilt an answer that was already given.
        """
        spoilt = self.answered or (self.entered and (not self.started or failure.keep))
        if self.key is None or spoilt or status_of(failure) in NOT_EXECUTED:
            return
        state = world.begin()
        self._remember(state, Replayed(status_of(failure), body, self.request_id))
        world.commit(state)


def log_url(seed: int, request_id: str) -> str:
    """Where the dashboard would show a request."""
    return f"https://dashboard.stripe.com/{account_of(seed)}/test/workbench/logs?object={request_id}"
