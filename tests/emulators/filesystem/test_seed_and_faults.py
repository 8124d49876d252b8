"""What fixtures may say, and how injected failures read."""

from __future__ import annotations

from typing import Any

import pytest

from falsefront.control_plane.registry import load
from falsefront.emulators.filesystem.errors import INJECTED
from falsefront.emulators.filesystem.faults import describe
from falsefront.emulators.filesystem.tools.catalogue import TOOLS
from falsefront.faults import Rule, put_rule
from falsefront.kernel.operation import Failure, FailureKind, Operation
from falsefront.runtime import Runtime
from tests.emulators.filesystem.desk import Desk


@pytest.mark.parametrize(
    ("section", "wrong"),
    [
        ([], "the section is an object"),
        ({"file": {}}, "unknown key 'file'"),
        ({"files": []}, "files is an object"),
        ({"files": {"a": 1}}, "/workspace/a is a text, or an object"),
        ({"files": {"a": {"text": "", "base64": ""}}}, "one of text, base64 and symlink"),
        ({"files": {"a": {"text": 1}}}, "the text of /workspace/a is a string"),
        ({"files": {"a": {"base64": "?"}}}, "is not base64"),
        ({"files": {"a": {"text": "", "mode": "9"}}}, "octal digits"),
        ({"files": {"a": {"text": "", "mode": True}}}, "octal digits"),
        ({"files": {"a": {"text": "", "mtime": "noon"}}}, "an ISO 8601 time"),
        ({"files": {"a": "", "a/b": ""}}, "mkdir '/workspace/a'"),
        ({"files": {"d/": ""}, "directories": ["d"]}, "EISDIR"),
        ({"files": {"n" * 256: ""}}, "ENAMETOOLONG"),
        ({"directories": "d"}, "directories is a list of paths"),
        ({"root": "here"}, "a root is an absolute path"),
        ({"root": "/a", "roots": ["/b"]}, "not both"),
        ({"roots": []}, "a root is an absolute path"),
        ({"root": "/a", "files": {"/a": "file"}}, "none of the roots is a directory"),
        ({"home": "x"}, "home is an absolute path"),
    ],
)
def test_a_fixture_that_cannot_be_is_refused(section: Any, wrong: str) -> None:
    with pytest.raises(Failure) as failed:
        Runtime(load(["filesystem"])).seeded({"filesystem": section})
    assert failed.value.kind is FailureKind.INVALID
    assert wrong in failed.value.message


def test_a_second_seed_adds_to_the_first() -> None:
    runtime = Runtime(load(["filesystem"]))
    version = runtime.seeded({"filesystem": {"root": "/data", "files": {"a": "1"}}})
    version = runtime.seeded({"filesystem": {"files": {"a": "2", "b": "3"}}}, version)
    desk = Desk()
    desk.world.become(version)
    assert desk.list_directory(path="/data") == "[FILE] a\n[FILE] b"
    assert desk.read_text_file(path="a") == "2"


def test_every_kind_of_failure_has_an_error() -> None:
    op = Operation("filesystem", "get_file_info", {"path": "a"})
    texts = {describe(op, Failure(kind)) for kind in FailureKind}
    assert set(INJECTED) == set(FailureKind)
    assert len(texts) == len(FailureKind)
    assert all(text.endswith("stat '/workspace/a'") for text in texts)


@pytest.mark.parametrize(
    ("op", "args", "fail", "native", "text"),
    [
        ("read_text_file", {"path": "a"}, "forbidden", {}, "EACCES: permission denied, open '/workspace/a'"),
        ("read_text_file", {"path": "/workspace/a"}, "internal", {}, "EIO: i/o error, read"),
        ("write_file", {"path": "a"}, "quota_exceeded", {}, "ENOSPC: no space left on device, write"),
        ("write_file", {"path": "a"}, "invalid", {"errno": "EROFS"},
         "EROFS: read-only file system, open '/workspace/a'"),
        ("list_directory", {"path": "d/"}, "timeout", {}, "ETIMEDOUT: connection timed out, scandir '/workspace/d'"),
        (
            "move_file",
            {"source": "a", "destination": "/workspace/b"},
            "conflict",
            {},
            "EBUSY: resource busy or locked, rename '/workspace/a' -> '/workspace/b'",
        ),
        ("create_directory", {"path": "d"}, "gone", {"errno": "nonsense"},
         "Unknown system error -116: Unknown system error -116, mkdir '/workspace/d'"),
        ("list_allowed_directories", {}, "unavailable", {}, "EMFILE: too many open files, open"),
        ("read_file", {"path": 3}, "not_found", {"syscall": "lstat", "path": "/x"},
         "ENOENT: no such file or directory, lstat '/x'"),
    ],
)  # fmt: skip
def test_an_injected_failure_reads_as_the_system_call_would(
    op: str, args: dict[str, Any], fail: str, native: dict[str, str], text: str
) -> None:
    assert describe(Operation("filesystem", op, args), Failure(fail, native=native)) == text
    assert describe(Operation("filesystem", op, args), Failure(fail, "as it is")) == "as it is"


async def test_a_rule_strikes_a_tool_over_the_chain() -> None:
    from falsefront.kernel.chain import Exchange

    runtime = Runtime(load(["filesystem"]))
    world = runtime.worlds.create("w")
    put_rule(
        world,
        "full",
        Rule.model_validate(
            {
                "when": {"emulator": "filesystem", "op": "write_file", "args": {"path": "b"}},
                "then": [{"fail": "quota_exceeded"}],
            }
        ),
    )
    for path, struck in (("a", False), ("b", True)):
        op = Operation("filesystem", "write_file", {"path": path, "content": ""})
        exchange = Exchange(op, TOOLS["write_file"].call, world)
        if struck:
            with pytest.raises(Failure) as failed:
                await runtime.perform(exchange)
            assert describe(op, failed.value) == "ENOSPC: no space left on device, write"
        else:
            await runtime.perform(exchange)


def test_every_tool_has_a_system_call_to_fail_with() -> None:
    from falsefront.emulators.filesystem.faults import SYSCALLS

    assert set(TOOLS) - set(SYSCALLS) == {"list_allowed_directories"}
