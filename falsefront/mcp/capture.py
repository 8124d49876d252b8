"""``falsefront capture mcp -- <command>``: keep what a real MCP server says of itself, word for word, in a file.

The file goes into a fixture, and a world then answers with the very same bytes. ``--record`` stands between a host
and its server instead, and keeps every tool call and its result too.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final, Protocol

from .pipe import Connection, Origin, Unreachable
from .rawjson import member

FORMAT: Final = "falsefront-mcp-catalogue/1"
CLIENT: Final = {"name": "falsefront-capture", "version": "1"}
HANDSHAKE: Final = "2025-11-25"
STATELESS: Final = "2026-07-28"
META: Final = {
    "io.modelcontextprotocol/protocolVersion": STATELESS,
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": CLIENT,
}


class CaptureError(Exception):
    """A server could not be captured; the message says why."""


@dataclass
class Captured:
    """What was learnt of a server; answers are kept as the text of their results."""

    introduction: tuple[str, str] | None = None
    """``initialize`` or ``server/discover``, and its result."""
    pages: list[str] = field(default_factory=list[str])
    calls: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    def as_json(self) -> dict[str, Any]:
        """The file's content."""
        content: dict[str, Any] = {"format": FORMAT}
        if self.introduction:
            content[self.introduction[0]] = self.introduction[1]
        content["tools/list"] = self.pages
        if self.calls:
            content["calls"] = self.calls
        return content

    def save(self, path: Path) -> None:
        """Write the file, whole or not at all."""
        partial = path.with_name(path.name + ".part")
        partial.write_text(json.dumps(self.as_json(), indent=1, ensure_ascii=False) + "\n")
        partial.replace(path)


class Channel(Protocol):
    """A way to ask a server."""

    def ask(self, message: Mapping[str, Any]) -> str:
        """Send a request: the text of the response to it. Raises ``CaptureError``."""
        ...

    def tell(self, message: Mapping[str, Any]) -> None: ...


class Stdio:
    """A server that is a command; it is killed if it has not answered in time."""

    def __init__(self, command: Sequence[str], timeout: float) -> None:
        try:
            self._process = subprocess.Popen(list(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        except OSError as error:
            raise CaptureError(f"cannot run {command[0]!r}: {error.strerror}") from None
        self._timer = threading.Timer(timeout, self._process.kill)
        self._timer.daemon = True
        self._timer.start()

    def ask(self, message: Mapping[str, Any]) -> str:
        self.tell(message)
        assert self._process.stdout is not None
        for line in self._process.stdout:
            text = line.decode("utf-8", "replace").strip()
            try:
                answer = json.loads(text)
            except ValueError:
                continue
            if not isinstance(answer, dict):
                continue
            if "method" not in answer and answer.get("id") == message["id"]:
                return text
            if "method" in answer and "id" in answer:
                error = {"code": -32601, "message": "Method not found"}
                done = {"result": {}} if answer["method"] == "ping" else {"error": error}
                self.tell({"jsonrpc": "2.0", "id": answer["id"], **done})
        raise CaptureError("the server ended, or was too slow, before it had answered")

    def tell(self, message: Mapping[str, Any]) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(message).encode() + b"\n")
            self._process.stdin.flush()
        except OSError:
            raise CaptureError("the server ended before it was asked") from None

    def close(self) -> None:
        """End the server."""
        self._timer.cancel()
        assert self._process.stdin is not None
        with suppress(OSError):
            # What a server that has ended was still to be told.
            self._process.stdin.close()
        with self._process:
            self._process.terminate()


class Http:
    """A server at a URL."""

    def __init__(self, url: str, timeout: float) -> None:
        try:
            self._connection = Connection(Origin(url), timeout)
        except ValueError as error:
            raise CaptureError(str(error)) from None
        self._headers = {"content-type": "application/json", "accept": "application/json, text/event-stream"}

    def ask(self, message: Mapping[str, Any]) -> str:
        status, headers, body = self._post(message)
        session = headers.get("mcp-session-id")
        if session:
            self._headers["mcp-session-id"] = session
        text = body.decode("utf-8", "replace")
        if headers.get("content-type", "").startswith("text/event-stream"):
            lines = text.replace("\r\n", "\n").split("\n")
            texts = [line[5:].strip() for line in lines if line.startswith("data:")]
        else:
            texts = [text]
        for candidate in texts:
            try:
                answer = json.loads(candidate)
            except ValueError:
                continue
            if isinstance(answer, dict) and ("result" in answer or "error" in answer):
                return candidate
        raise CaptureError(f"the server answered HTTP {status}: {text[:300]}")

    def tell(self, message: Mapping[str, Any]) -> None:
        self._post(message)

    def _post(self, message: Mapping[str, Any]) -> tuple[int, Mapping[str, str], bytes]:
        headers = dict(self._headers)
        if "_meta" in (message.get("params") or {}):
            headers |= {"mcp-protocol-version": STATELESS, "mcp-method": message["method"]}
        elif message["method"] != "initialize":
            headers["mcp-protocol-version"] = HANDSHAKE
        try:
            self._connection.send("POST", "", headers, json.dumps(message).encode())
            response = self._connection.receive()
            return response.status, response.headers, b"".join(response.parts())
        except (Unreachable, OSError) as error:
            raise CaptureError(str(error)) from None

    def close(self) -> None:
        """Let go of the connection."""
        self._connection.close()


def capture(channel: Channel) -> Captured:
    """Ask a server who it is and which tools it has, in the era it knows. Raises ``CaptureError``."""
    captured = Captured()
    opening = {"protocolVersion": HANDSHAKE, "capabilities": {}, "clientInfo": CLIENT}
    text = channel.ask({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": opening})
    meta: dict[str, Any] = {}
    if member(text, "result") is not None:
        captured.introduction = ("initialize", _result(text, "initialize"))
        channel.tell({"jsonrpc": "2.0", "method": "notifications/initialized"})
    else:
        meta = {"_meta": META}
        text = channel.ask({"jsonrpc": "2.0", "id": 1, "method": "server/discover", "params": meta})
        captured.introduction = ("server/discover", _result(text, "server/discover"))
    cursor: dict[str, Any] = {}
    while True:
        message = {
            "jsonrpc": "2.0",
            "id": len(captured.pages) + 2,
            "method": "tools/list",
            "params": {**cursor, **meta},
        }
        page = _result(channel.ask(message), "tools/list")
        captured.pages.append(page)
        following = json.loads(page).get("nextCursor")
        if not following or len(captured.pages) == 1000:
            return captured
        cursor = {"cursor": following}


def _result(text: str, method: str) -> str:
    result = member(text, "result")
    if result is None:
        raise CaptureError(f"the server answered {method} with an error: {member(text, 'error')}")
    return result


class Recorder:
    """Stands between a host and its server, passes every line on, and keeps what a catalogue and its calls need."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._captured = Captured()
        self._asked: dict[Any, tuple[str, Mapping[str, Any]]] = {}
        self._lock = threading.Lock()

    def run(self, command: Sequence[str], lines: BinaryIO, out: BinaryIO) -> int:
        """Serve until either side ends; the server's exit status. Raises ``CaptureError``."""
        try:
            process = subprocess.Popen(list(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        except OSError as error:
            raise CaptureError(f"cannot run {command[0]!r}: {error.strerror}") from None
        with process:
            assert process.stdin is not None
            assert process.stdout is not None
            threading.Thread(target=self._pass_on, args=(lines, process.stdin), daemon=True).start()
            for line in process.stdout:
                self._see_answer(line)
                out.write(line)
                out.flush()
        return process.returncode

    def _pass_on(self, lines: BinaryIO, server: Any) -> None:
        for line in lines:
            self._see_request(line)
            try:
                server.write(line)
                server.flush()
            except OSError:
                return
        with suppress(OSError):
            server.close()

    def _see_request(self, line: bytes) -> None:
        try:
            message = json.loads(line)
            number, method, params = message["id"], message["method"], message.get("params") or {}
        except (ValueError, TypeError, KeyError):
            return
        if method in ("initialize", "server/discover", "tools/list", "tools/call") and isinstance(params, dict):
            with self._lock:
                self._asked[number] = (method, params)

    def _see_answer(self, line: bytes) -> None:
        try:
            text = line.decode()
            message = json.loads(text)
            number = message["id"]
        except (ValueError, TypeError, KeyError):
            return
        with self._lock:
            asked = None if "method" in message else self._asked.pop(number, None)
        if asked is None:
            return
        method, params = asked
        result, error = member(text, "result"), member(text, "error")
        if method == "tools/call":
            answer = {"result": result} if result is not None else {"error": json.loads(error or "{}")}
            call = {"tool": params.get("name"), "arguments": params.get("arguments") or {}, **answer}
            self._captured.calls.append(call)
        elif result is None:
            return
        elif method == "tools/list":
            # A list from its beginning takes the place of one that was read before.
            kept = self._captured.pages if params.get("cursor") else []
            self._captured.pages = [*kept, result]
        else:
            self._captured.introduction = (method, result)
        self._captured.save(self._path)


def main(argv: Sequence[str]) -> int:
    """Run the command line; the exit status is 0 if a file was written, 1 if the server could not be captured."""
    parser = argparse.ArgumentParser(
        prog="falsefront capture",
        usage="falsefront capture mcp [-o FILE] (--url URL | [--record] -- COMMAND …)",
        description="Keep what a real server says of itself; after --, the command that starts it on stdio.",
    )
    parser.add_argument("what", choices=["mcp"])
    parser.add_argument("--url", help="a server that is reached by streamable HTTP")
    parser.add_argument("-o", "--output", type=Path, help="the file (default: <server's name>.mcp.json)")
    parser.add_argument(
        "--record", action="store_true", help="serve a host on stdin and stdout, and keep its calls too"
    )
    parser.add_argument("--timeout", type=float, default=60.0, help="seconds that a command, or an answer, may take")
    at = argv.index("--") if "--" in argv else len(argv)
    args, command = parser.parse_args(list(argv[:at])), list(argv[at + 1 :])
    if bool(args.url) == bool(command):
        parser.error("name either --url or, after --, a command")
    if args.record and (args.url or not args.output):
        parser.error("--record takes a command, and a file to write: -o <file>")
    try:
        if args.record:
            return Recorder(args.output).run(command, sys.stdin.buffer, sys.stdout.buffer)
        channel = Http(args.url, args.timeout) if args.url else Stdio(command, args.timeout)
        try:
            captured = capture(channel)
        finally:
            channel.close()
        path = args.output or Path(f"{_name_of(captured)}.mcp.json")
        captured.save(path)
    except (CaptureError, ValueError) as error:
        print(f"falsefront capture: {error}", file=sys.stderr)
        return 1
    tools = sum(len(json.loads(page)["tools"]) for page in captured.pages)
    print(f"{path}: {tools} tools")
    return 0


def _name_of(captured: Captured) -> str:
    assert captured.introduction is not None
    result = json.loads(captured.introduction[1])
    info = result.get("serverInfo") or (result.get("_meta") or {}).get("io.modelcontextprotocol/serverInfo") or {}
    return "".join(c if c.isalnum() or c in "._-" else "-" for c in str(info.get("name") or "server")).strip(".") or "x"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
