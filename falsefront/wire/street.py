"""The data plane: which façade and which world a request is for.

``/w/<world>/<emulator>/…`` names both. ``/<emulator>/…`` and the paths that an emulator claims at the root
leave the world to the client's credential, else it is ``default``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from falsefront.kernel.emulator import ASGIApp, FindWorld, Http, Receive, Scope, Send
from falsefront.kernel.operation import Failure, FailureKind
from falsefront.world.worlds import DEFAULT

from .http import FAILURE, WORLD, send_json

NOT_FOUND: Final = {
    "error": {
        "kind": FailureKind.NOT_FOUND.value,
        "message": "no façade answers this path; worlds are at /w/<world>/<emulator>/",
    }
}


class Street:
    """An ASGI app that hands each request to its façade, with its world in the scope."""

    def __init__(self, facades: Mapping[str, Http], find_world: FindWorld) -> None:
        self._facades = facades
        self._find_world = find_world
        self._claims = [(claim, name) for name, facade in facades.items() for claim in facade.claims]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        if path.startswith("/w/"):
            _, _, world, name, *_ = (*path.split("/", 4), "")
            facade = self._facades.get(name)
            if facade is not None:
                await self._enter(facade.app, scope, receive, send, f"/w/{world}/{name}", world)
                return
        else:
            # `OPTIONS *` has no slash in it.
            name = path.split("/", 2)[1] if path.startswith("/") else ""
            facade = self._facades.get(name)
            root = f"/{name}"
            if facade is None:
                root = ""
                facade = next((self._facades[name] for claim, name in self._claims if path.startswith(claim)), None)
            if facade is not None:
                await self._enter(facade.app, scope, receive, send, root, self._by_credential(facade, scope))
                return
        await _nobody_home(scope, receive, send)

    def _by_credential(self, facade: Http, scope: Scope) -> str:
        if facade.credential is None:
            return DEFAULT
        name = facade.credential(dict(scope["headers"]))
        if name is None:
            return DEFAULT
        try:
            return self._find_world(name).name
        except Failure:
            # Any other key is just a key: it opens the default world.
            return DEFAULT

    async def _enter(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send, root: str, world: str) -> None:
        scope["root_path"] = root
        try:
            scope[WORLD] = self._find_world(world)
        except Failure as failure:
            scope[WORLD] = None
            scope[FAILURE] = failure
        await app(scope, receive, send)


async def _nobody_home(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1000})
        return
    await send_json(send, 404, NOT_FOUND)
