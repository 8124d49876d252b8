"""The emulator: its operations, its surface, its seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property, partial
from typing import Any

from falsefront.kernel.emulator import Context, Endpoints, Http, Op, Surface
from falsefront.kernel.operation import Operation
from falsefront.kernel.state import State

from .api.verbs import READS, handle
from .controllers import OPERATIONS as CONTROLLERS
from .controllers import Controller
from .facade.app import App
from .facade.credentials import credential
from .facade.system import OPERATIONS as SYSTEM
from .facade.system import SHOWN
from .objects import TABLES
from .seeding import seed
from .shape import Resource, Shape, load

CLAIMS = ("/api", "/openapi/", "/version", "/healthz", "/livez", "/readyz")


class Kubernetes:
    """A Kubernetes API server and its controllers."""

    name = "kubernetes"
    tables = TABLES

    @cached_property
    def shape(self) -> Shape:
        """What is served; read from the cache when it is first needed."""
        return load()

    @cached_property
    def operations(self) -> Mapping[str, Op]:
        """Every verb of every resource, what the server says of itself, and what its controllers do."""
        answer = partial(self._handle)
        found = {name: Op(_shown, "read", summary) for name, summary in SYSTEM.items()}
        for resource in self.shape.resources:
            for verb in resource.verbs:
                found[f"{resource.plural}.{verb}"] = Op(answer, _access(verb), _summary(verb, resource))
                if verb == "watch":
                    summary = f"One event of a watch on {resource.plural}."
                    found[f"{resource.plural}.watch.event"] = Op(_shown, "read", summary)
            for sub in resource.subresources.values():
                for verb in sub.verbs:
                    name = f"{resource.plural}.{sub.name}.{verb}"
                    found[name] = Op(answer, _access(verb), f"{verb} {resource.plural}/{sub.name}".capitalize() + ".")
        for name, (run, summary) in CONTROLLERS.items():
            found[name] = Op(partial(self._control, run), "write", summary)
        return found

    def _handle(self, state: State, op: Operation) -> Any:
        return handle(self.shape, state, op)

    def _control(self, run: Controller, state: State, op: Operation) -> None:
        run(self.shape, state, op.args)

    def seed(self, state: State, data: Any) -> None:
        """Apply ``{"manifests", "nodes", "images"}`` and let everything settle. Raises ``Failure`` (invalid)."""
        seed(self.shape, state, data)

    def surfaces(self, context: Context) -> Sequence[Surface]:
        return [Http(App(context, lambda: self.shape, self._handle), claims=CLAIMS, credential=credential)]

    def environment(self, endpoints: Endpoints, world: str) -> Mapping[str, str]:
        """``KUBERNETES_MASTER``, which kubectl goes by where it finds no kubeconfig."""
        return {"KUBERNETES_MASTER": f"{endpoints.url}/w/{world}/kubernetes"}


def _access(verb: str) -> Any:
    return "read" if verb in READS else "write"


def _summary(verb: str, resource: Resource) -> str:
    words = {
        "get": f"Read one {resource.kind}.",
        "list": f"List {resource.plural}.",
        "watch": f"Watch {resource.plural}.",
        "create": f"Create a {resource.kind}.",
        "update": f"Replace a {resource.kind}.",
        "patch": f"Patch or apply a {resource.kind}.",
        "delete": f"Delete a {resource.kind}.",
        "deletecollection": f"Delete many {resource.plural}.",
    }
    return words[verb]


def _shown(state: State, op: Operation) -> Any:
    return SHOWN.get(op.name)


emulator = Kubernetes()
