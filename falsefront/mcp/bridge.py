"""``falsefront mcp <emulator> --world t17 [ROOT …]``: an MCP server on stdin and stdout, for hosts that start one.

Each line goes to the emulator's HTTP endpoint and each answer comes back as a line. It imports little, because a
host waits for it at the start of every session.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import sys
import threading
from collections.abc import Mapping, Sequence
from typing import Any, BinaryIO, Final
from urllib.parse import unquote

from .pipe import Connection, Origin, Response, Unreachable

DEFAULT_URL: Final = "http://127.0.0.1:7070"
PATIENCE: Final = 0.05
"""Seconds that a line waits for the answer to the one before, so that calls stay in order unless one is slow."""
VERSION_KEY: Final = "io.modelcontextprotocol/protocolVersion"
NAMED: Final[Mapping[str, str]] = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}


class Bridge:
    """One client's session: lines in, lines out."""

    def __init__(self, origin: Origin, lines: BinaryIO, out: BinaryIO) -> None:
        self._origin = origin
        self._lines = lines
        self._out = out
        self._writing = threading.Lock()
        self._free: list[Connection] = []
        self._threads: list[threading.Thread] = []
        self._waiting: dict[Any, Connection] = {}
        self._headers = {"content-type": "application/json", "accept": "application/json, text/event-stream"}
        self._has_roots = False
        self._asked = 0

    def run(self) -> None:
        """Serve until the input ends and everything is answered."""
        for line in self._lines:
            if line.strip():
                self._take(line.strip())
        for number, connection in list(self._waiting.items()):
            if isinstance(number, tuple):
                connection.abort()
        for thread in self._threads:
            thread.join()

    def _take(self, line: bytes) -> None:
        try:
            message = json.loads(line)
        except (ValueError, RecursionError):
            print("falsefront mcp: a line is not JSON", file=sys.stderr)
            return
        if not isinstance(message, dict):
            self._forward(line, {}, None)
        elif "method" not in message:
            self._answered(message)
        else:
            params = message.get("params")
            self._note(message["method"], params if isinstance(params, dict) else {})
            self._forward(line, message, params if isinstance(params, dict) else None)
            self._ask_for_roots(message["method"])

    def _note(self, method: str, params: Mapping[str, Any]) -> None:
        """Take from a message what the bridge itself must know."""
        if method == "initialize":
            capabilities = params.get("capabilities")
            self._has_roots = isinstance(capabilities, dict) and "roots" in capabilities
        elif method == "notifications/cancelled":
            number = params.get("requestId")
            connection = self._waiting.pop(number, None) if isinstance(number, str | int | float) else None
            if connection is not None:
                connection.abort()

    # Over to HTTP and back

    def _forward(self, line: bytes, message: Mapping[str, Any], params: Mapping[str, Any] | None) -> None:
        connection = self._free.pop() if self._free else Connection(self._origin)
        try:
            connection.send("POST", "/mcp", {**self._headers, **_routing(message, params)}, line)
        except Unreachable as error:
            self._fail(message, str(error))
            return
        endless = message.get("method") == "subscriptions/listen"
        if "id" in message:
            self._waiting[("stream", message["id"]) if endless else message["id"]] = connection
        if not endless and connection.ready(PATIENCE):
            self._finish(connection, message)
        else:
            thread = threading.Thread(target=self._finish, args=(connection, message), daemon=True)
            self._threads = [running for running in self._threads if running.is_alive()]
            self._threads.append(thread)
            thread.start()

    def _finish(self, connection: Connection, message: Mapping[str, Any]) -> None:
        try:
            response = connection.receive()
            self._relay(response, message)
        except (Unreachable, OSError, ValueError) as error:
            # Whoever cancelled the call has closed the connection and waits for nothing.
            if message.get("id") in self._waiting:
                self._fail(message, str(error))
            connection.close()
        finally:
            for key in (message.get("id"), ("stream", message.get("id"))):
                self._waiting.pop(key, None)
            self._free.append(connection)

    def _relay(self, response: Response, message: Mapping[str, Any]) -> None:
        session = response.headers.get("mcp-session-id")
        if session:
            self._headers["mcp-session-id"] = session
        if response.headers.get("content-type", "").startswith("text/event-stream"):
            for data in _events(response):
                self._write(data)
            return
        body = b"".join(response.parts())
        if "id" not in message and message:
            return
        try:
            answer = json.loads(body)
        except ValueError:
            answer = None
        if not isinstance(answer, dict | list) or not message:
            if body:
                self._fail(message, f"HTTP {response.status}: {body[:500].decode('utf-8', 'replace')}")
        elif isinstance(answer, dict) and answer.get("id") is None:
            # An error that was found before the message was read: over stdio only its id tells whose it is.
            self._write(json.dumps({**answer, "id": message["id"]}).encode())
        else:
            self._write(body)
            self._agree(message, answer)

    def _agree(self, message: Mapping[str, Any], answer: Any) -> None:
        if message.get("method") == "initialize" and isinstance(answer, dict):
            version = (answer.get("result") or {}).get("protocolVersion")
            if isinstance(version, str):
                self._headers["mcp-protocol-version"] = version

    def _fail(self, message: Mapping[str, Any], why: str) -> None:
        print(f"falsefront mcp: {why}", file=sys.stderr)
        if "id" in message:
            error = {"code": -32000, "message": why}
            self._write(json.dumps({"jsonrpc": "2.0", "id": message["id"], "error": error}).encode())

    def _write(self, data: bytes) -> None:
        with self._writing:
            self._out.write(data.replace(b"\r", b"").replace(b"\n", b" ") + b"\n")
            self._out.flush()

    # Roots

    def _ask_for_roots(self, method: str) -> None:
        """Ask a client that has roots which they are, when it is ready and whenever they change."""
        if self._has_roots and method in ("notifications/initialized", "notifications/roots/list_changed"):
            request = {"method": "roots/list", "jsonrpc": "2.0", "id": self._asked}
            self._write(json.dumps(request, separators=(",", ":")).encode())
            self._asked += 1

    def _answered(self, message: Mapping[str, Any]) -> None:
        result = message.get("result")
        roots = result.get("roots") if isinstance(result, dict) else None
        if not isinstance(roots, list):
            print("falsefront mcp: the client did not say what its roots are", file=sys.stderr)
            return
        paths = [_path(root.get("uri") if isinstance(root, dict) else None) for root in roots]
        if not paths or None in paths:
            print("No valid root directories provided by client", file=sys.stderr)
            return
        self.set_roots([path for path in paths if path])

    def set_roots(self, directories: Sequence[str]) -> bool:
        """Let the world's tools work in these directories; whether there is one among them that exists."""
        connection = Connection(self._origin)
        try:
            body = json.dumps({"directories": list(directories)}).encode()
            connection.send("PUT", "/roots", {"content-type": "application/json"}, body)
            response = connection.receive()
            answer = json.loads(b"".join(response.parts()) or b"{}")
        finally:
            connection.close()
        for directory in answer.get("skipped", ()):
            print(f"Warning: Cannot access directory {directory}, skipping", file=sys.stderr)
        return response.status == 200


def _routing(message: Mapping[str, Any], params: Mapping[str, Any] | None) -> dict[str, str]:
    """The headers by which a stateless request says again what it is."""
    meta = (params or {}).get("_meta")
    version = meta.get(VERSION_KEY) if isinstance(meta, dict) else None
    if not isinstance(version, str):
        return {}
    headers = {"falsefront-bridge": "1", "mcp-protocol-version": version, "mcp-method": str(message.get("method"))}
    name = (params or {}).get(NAMED.get(headers["mcp-method"], ""))
    if isinstance(name, str):
        encoded = base64.b64encode(name.encode("utf-8", "surrogatepass")).decode()
        plain = name.isascii() and name.isprintable() and name == name.strip() and not name.startswith("=?")
        headers["mcp-name"] = name if plain else f"=?base64?{encoded}?="
    return headers


def _events(response: Response) -> Any:
    """The data of each event of a stream, as it comes."""
    rest = b""
    for part in response.parts():
        *events, rest = (rest + part.replace(b"\r", b"")).split(b"\n\n")
        for event in events:
            data = [line[5:].lstrip(b" ") for line in event.split(b"\n") if line.startswith(b"data:")]
            if data:
                yield b"\n".join(data)


def _path(uri: Any) -> str | None:
    """The path that a root's URI names; ``None`` if it names none."""
    if not isinstance(uri, str) or not uri.startswith("file://"):
        return None
    authority, slash, path = uri[7:].partition("/")
    return unquote(slash + path) if authority in ("", "localhost") and slash else None


def main(argv: Sequence[str]) -> int:
    """Run the bridge; the exit status is 0 when the input ended, 1 where there is nothing to serve."""
    parser = argparse.ArgumentParser(
        prog="falsefront mcp",
        description="Serve a world's MCP tools on stdin and stdout, for hosts that start servers.",
    )
    parser.add_argument("emulator", help="whose tools, such as filesystem")
    parser.add_argument("root", nargs="*", help="a directory of the world that the tools may work in")
    parser.add_argument("--world", default=os.environ.get("FALSEFRONT_WORLD", "default"), help="the world's name")
    parser.add_argument("--url", default=os.environ.get("FALSEFRONT_URL", DEFAULT_URL), help="where falsefront serves")
    args = parser.parse_intermixed_args(list(argv))
    try:
        origin = Origin(f"{args.url.rstrip('/')}/w/{args.world}/{args.emulator}")
    except ValueError as error:
        parser.error(str(error))
    bridge = Bridge(origin, sys.stdin.buffer, sys.stdout.buffer)
    try:
        if args.root and not bridge.set_roots(args.root):
            print("Error: None of the specified directories are accessible", file=sys.stderr)
            return 1
    except (Unreachable, OSError, ValueError) as error:
        print(f"falsefront mcp: {error}", file=sys.stderr)
        return 1
    try:
        bridge.run()
    except KeyboardInterrupt:
        return 130
    return 0
