"""Who may speak to the control plane: no page of a browser, no name that was rebound, and whoever has the token."""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable, Mapping
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from .route import Refused

_AUTHORITY: Final = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
LOCAL: Final = frozenset({"localhost"})


class Guard:
    """Checks ``Host`` and ``Origin`` against DNS rebinding, and a bearer token where one is set.

    A host is known if it is an IP address, ``localhost`` or a name below it, a name without a dot (a container's),
    or one of ``hosts``. An address cannot be rebound, and neither can a name that no public server resolves.
    """

    def __init__(self, token: str | None = None, hosts: Iterable[str] = ()) -> None:
        self._token = token.encode() if token else None
        self._hosts = LOCAL | {host.lower() for host in hosts}

    def check(self, headers: Mapping[bytes, bytes], *, public: bool = False) -> None:
        """Raise ``Refused`` unless the request may pass; a ``public`` route asks for no token."""
        host = headers.get(b"host", b"").decode("latin-1")
        if host and not (_AUTHORITY.fullmatch(host) and self._known(_hostname(f"//{host}"))):
            raise Refused(403, "forbidden", f"the control plane does not answer to the host {host!r}", "Host")
        origin = headers.get(b"origin", b"").decode("latin-1")
        if origin and not self._same(origin, host):
            raise Refused(403, "forbidden", f"the control plane does not answer pages of {origin!r}", "Origin")
        if self._token is not None and not public and not self._opens(headers.get(b"authorization", b"")):
            refused = Refused(401, "unauthenticated", "send the server's token as 'Authorization: Bearer <token>'")
            refused.headers["www-authenticate"] = "Bearer"
            raise refused

    def _opens(self, credential: bytes) -> bool:
        assert self._token is not None
        scheme, _, token = credential.partition(b" ")
        return scheme.lower() == b"bearer" and hmac.compare_digest(token.strip(), self._token)

    def _known(self, name: str | None) -> bool:
        if name is None:
            return False
        if name in self._hosts or name.endswith(".localhost") or ("." not in name and ":" not in name):
            return True
        try:
            ip_address(name)
        except ValueError:
            return False
        return True

    def _same(self, origin: str, host: str) -> bool:
        """A page may speak to the server that it came from."""
        name = _hostname(origin)
        if name is None or not self._known(name):
            return False
        return name in self._hosts or origin.partition("//")[2] == host


def _hostname(url: str) -> str | None:
    try:
        name = urlsplit(url).hostname
    except ValueError:
        return None
    return name.rstrip(".") if name else None
