"""The logs of a container."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..objects import Object
from . import status
from .session import Result, Session
from .status import Cause


def read(session: Session) -> Result:
    """A container's log as text: ``{"code", "body": {"text"}}``. Raises a Status failure."""
    pod = session.existing()
    name = session.call.name
    tail = session.call.options.get("tailLines", "")
    if tail.startswith("-"):
        text = f"Invalid value: {tail}: must be greater than or equal to 0"
        raise status.invalid("", "PodLogOptions", name, [Cause("FieldValueInvalid", text, "tailLines")])
    chosen = choose(session, pod)
    state: Mapping[str, Any] = next(
        (c.get("state", {}) for c in pod.get("status", {}).get("containerStatuses", ()) if c["name"] == chosen), {}
    )
    if session.call.options.get("previous") in ("true", "1"):
        raise status.bad_request(f'previous terminated container "{chosen}" in pod "{name}" not found')
    if waiting := state.get("waiting"):
        reason = waiting.get("reason", "ContainerCreating")
        why = {
            "ErrImagePull": "trying and failing to pull image",
            "ImagePullBackOff": "trying and failing to pull image",
        }.get(reason, reason)
        raise status.bad_request(f'container "{chosen}" in pod "{name}" is waiting to start: {why}')
    return session.result({"text": ""})


def choose(session: Session, pod: Object) -> str:
    """The container that a call is about, by name or because it is the only one. Raises a Status failure (400)."""
    name = session.call.name
    groups = ("containers", "initContainers", "ephemeralContainers")
    chosen = session.call.options.get("container", "")
    if not chosen:
        main: list[str] = [container["name"] for container in pod["spec"].get("containers", ())]
        marked = pod["metadata"].get("annotations", {}).get("kubectl.kubernetes.io/default-container")
        if len(main) > 1 and marked not in main:
            raise status.bad_request(
                f"a container name must be specified for pod {name}, choose one of: [{' '.join(main)}]"
            )
        chosen = marked if marked in main else main[0]
    if chosen not in [container["name"] for group in groups for container in pod["spec"].get(group, ())]:
        raise status.bad_request(f"container {chosen} is not valid for pod {name}")
    return chosen
