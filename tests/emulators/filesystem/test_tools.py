"""What the tools answer, literally; the differential tests have the rest."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from tests.emulators.filesystem.desk import Desk

W = "/workspace"
LINES = "line1\nline2\nline3\nline4\nline5\n"
DENIED = "! Access denied - path outside allowed directories:"


@pytest.fixture
def desk() -> Desk:
    return Desk(
        {
            "a.txt": LINES,
            "crlf.txt": "one\r\ntwo\r\n",
            "bad.txt": {"base64": "b2sg/w=="},
            "src/main.py": "def f():\n    return 1\n",
            "é.txt": "composed",
            "/etc/passwd": "root",
            "/workspacex/y": "sibling",
            "out": {"symlink": "/etc/passwd"},
            "loop": {"symlink": "loop"},
            "dangling": {"symlink": "nowhere"},
            "here": {"symlink": "src"},
        }
    )


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("a.txt", LINES),
        ("/workspace/a.txt/", LINES),
        ("./src/../a.txt", LINES),
        ("e\u0301.txt", "composed"),
        ("bad.txt", "ok \ufffd"),
        ("here/main.py", "def f():\n    return 1\n"),
        (".", "! EISDIR: illegal operation on a directory, read"),
        ("no", f"! ENOENT: no such file or directory, open '{W}/no'"),
        ("no/no/no", f"! ENOENT: no such file or directory, open '{W}/no/no/no'"),
        ("a.txt/x", f"! ENOTDIR: not a directory, realpath '{W}/a.txt/x'"),
        ("loop", f"! ELOOP: too many symbolic links encountered, realpath '{W}/loop'"),
        ("dangling", f"! Parent directory does not exist: {W}"),
        ("out", f"! Access denied - symlink target outside allowed directories: /etc/passwd not in {W}"),
        ("/etc/passwd", f"{DENIED} /etc/passwd not in {W}"),
        ("../etc/passwd", f"{DENIED} /etc/passwd not in {W}"),
        ("/workspacex/y", f"{DENIED} /workspacex/y not in {W}"),
        ("~", f"{DENIED} /root not in {W}"),
        ("a\0b", f"{DENIED} {W}/a\0b not in {W}"),
        ("C:\\x", "! Access denied - Windows-style path received on a POSIX host: C:\\x"),
        ("\ud800", f"! ENOENT: no such file or directory, open '{W}/\ufffd'"),
        ("n" * 256, f"! ENAMETOOLONG: name too long, realpath '{W}/{'n' * 256}'"),
    ],
)
def test_paths(desk: Desk, path: str, answer: str) -> None:
    assert desk.read_text_file(path=path) == answer


@pytest.mark.parametrize(
    ("part", "answer"),
    [
        ({"head": 2}, "line1\nline2"),
        ({"head": 1.5}, "line1\nline2"),
        ({"head": 99}, LINES[:-1]),
        ({"head": -1}, ""),
        ({"head": 0}, LINES),
        ({"tail": 2}, "line5\n"),
        ({"tail": 1}, ""),
        ({"tail": 99}, LINES),
        ({"tail": -1}, ""),
        ({"head": 0, "tail": 2}, "line5\n"),
        ({"head": 1, "tail": 1}, "! Cannot specify both head and tail parameters simultaneously"),
    ],
)
def test_parts_of_a_file(desk: Desk, part: dict[str, Any], answer: str) -> None:
    assert desk.read_text_file(path="a.txt", **part) == answer


def test_line_ends(desk: Desk) -> None:
    assert desk.read_text_file(path="crlf.txt", head=1) == "one\r"
    assert desk.read_text_file(path="crlf.txt", tail=2) == "two\n"


@pytest.mark.parametrize(
    ("tool", "arguments", "wrong"),
    [
        ("read_text_file", {}, "Invalid input: expected string, received undefined at path"),
        (
            "read_text_file",
            {"path": True, "head": []},
            "Invalid input: expected string, received boolean at path\n"
            "Invalid input: expected number, received array at head",
        ),
        ("read_text_file", {"path": "a", "tail": None}, "Invalid input: expected number, received null at tail"),
        ("read_multiple_files", {"paths": []}, "Too small: expected array to have >=1 items at paths"),
        ("read_multiple_files", {"paths": ["a", 1]}, "Invalid input: expected string, received number at paths[1]"),
        (
            "edit_file",
            {"path": "a", "edits": [1, {}]},
            "Invalid input: expected object, received number at edits[0]\n"
            "Invalid input: expected string, received undefined at edits[1].oldText\n"
            "Invalid input: expected string, received undefined at edits[1].newText",
        ),
        (
            "list_directory_with_sizes",
            {"path": "", "sortBy": 1},
            'Invalid option: expected one of "name"|"size" at sortBy',
        ),
        ("search_files", {"path": "", "pattern": {}}, "Invalid input: expected string, received object at pattern"),
    ],
)
def test_arguments_are_checked_as_zod_does(desk: Desk, tool: str, arguments: dict[str, Any], wrong: str) -> None:
    head = f"! MCP error -32602: Input validation error: Invalid arguments for tool {tool}: "
    assert getattr(desk, tool)(**arguments) == head + wrong


def test_media(desk: Desk) -> None:
    desk.write_file(path="i.PNG", content="x")
    desk.write_file(path="s.mp3", content="x")
    desk.write_file(path="a ~#.bin", content="x")
    found = [desk.call("read_media_file", {"path": path})["content"][0] for path in ("i.PNG", "s.mp3", "a ~#.bin")]
    assert found == [
        {"type": "image", "data": "eA==", "mimeType": "image/png"},
        {"type": "audio", "data": "eA==", "mimeType": "audio/mpeg"},
        {
            "type": "resource",
            "resource": {
                "uri": "file:///workspace/a%20%7E%23.bin",
                "mimeType": "application/octet-stream",
                "blob": "eA==",
            },
        },
    ]


def test_several_files(desk: Desk) -> None:
    text = desk.read_multiple_files(paths=["é.txt", "no"])
    assert text == f"é.txt:\ncomposed\n\n---\nno: Error - ENOENT: no such file or directory, open '{W}/no'"


def test_writing(desk: Desk) -> None:
    assert desk.write_file(path="new.txt", content="\ud83d\ude00 \ud800\r\n") == "Successfully wrote to new.txt"
    assert desk.read_text_file(path="new.txt") == "😀 \ufffd\r\n"
    assert desk.write_file(path="x/y", content="") == f"! ENOENT: no such file or directory, open '{W}/x/y'"
    assert desk.write_file(path="src", content="").startswith(
        f"! EISDIR: illegal operation on a directory, rename '{W}/src."
    )
    assert desk.write_file(path="here/new", content="1") == "Successfully wrote to here/new"
    assert desk.read_text_file(path="src/new") == "1"
    name = "n" * 220
    assert desk.write_file(path=name, content="1") == f"Successfully wrote to {name}"
    assert desk.write_file(path=name, content="2").startswith(f"! ENAMETOOLONG: name too long, open '{W}/{name}.")


def test_a_file_too_large_changes_nothing(desk: Desk) -> None:
    before = desk.world.version
    assert desk.write_file(path="big", content="x" * (100 * 1024 * 1024 + 1)) == "! EFBIG: file too large, write"
    assert desk.world.version is before


EDITED = f"""```diff
Index: {W}/a.txt
{"=" * 67}
--- {W}/a.txt\toriginal
+++ {W}/a.txt\tmodified
@@ -1,5 +1,5 @@
 line1
-line2
+LINE2
 line3
 line4
 line5
```

"""


def test_editing(desk: Desk) -> None:
    edit = {"path": "a.txt", "edits": [{"oldText": "line2", "newText": "LINE2"}]}
    assert desk.edit_file(**edit, dryRun=True) == EDITED
    assert desk.read_text_file(path="a.txt") == LINES
    assert desk.edit_file(**edit) == EDITED
    assert desk.read_text_file(path="a.txt") == LINES.replace("line2", "LINE2")
    assert desk.edit_file(**edit) == "! Could not find exact match for edit:\nline2"


def test_an_edit_keeps_the_indentation(desk: Desk) -> None:
    old = "def f():\n  return 1"
    desk.edit_file(path="src/main.py", edits=[{"oldText": old, "newText": "def g():\n      x = 1\n  return x"}])
    assert desk.read_text_file(path="src/main.py") == "def g():\n    x = 1\n  return x\n"


def test_edits_are_made_all_or_none(desk: Desk) -> None:
    edits = [{"oldText": "line1", "newText": "x"}, {"oldText": "not there", "newText": ""}]
    assert desk.edit_file(path="a.txt", edits=edits) == "! Could not find exact match for edit:\nnot there"
    assert desk.read_text_file(path="a.txt") == LINES


def test_the_fence_is_longer_than_any_in_the_diff(desk: Desk) -> None:
    text = desk.edit_file(path="a.txt", edits=[{"oldText": "line1", "newText": "````"}])
    assert text.startswith("`````diff\n")
    assert text.endswith("`````\n\n")


def test_directories(desk: Desk) -> None:
    assert desk.create_directory(path="x/y/z") == "Successfully created directory x/y/z"
    assert desk.create_directory(path="x/y") == "Successfully created directory x/y"
    assert desk.create_directory(path="a.txt") == f"! EEXIST: file already exists, mkdir '{W}/a.txt'"
    assert desk.list_directory(path="x") == "[DIR] y"
    assert desk.list_directory(path="x/y/z") == ""
    assert desk.list_directory(path="a.txt") == f"! ENOTDIR: not a directory, scandir '{W}/a.txt'"
    assert "[FILE] here\n" in desk.list_directory(path="")


def test_sizes() -> None:
    desk = Desk({"B": "x" * 1536, "a": "", "c": "x" * 20, "d/e": ""})
    summary = "\n\nTotal: 3 files, 1 directories\nCombined size: 1.52 KB"
    rows = {
        "a": f"[FILE] {'a':30}        0 B",
        "B": f"[FILE] {'B':30}    1.50 KB",
        "c": f"[FILE] {'c':30}       20 B",
        "d": f"[DIR] {'d':30} ",
    }
    assert desk.list_directory_with_sizes(path="") == "\n".join(rows[name] for name in "aBcd") + summary
    assert desk.list_directory_with_sizes(path="", sortBy="size") == "\n".join(rows[n] for n in "dBca") + summary
    assert desk.list_directory_with_sizes(path="d").endswith("Total: 1 files, 0 directories\nCombined size: 0 B")


def test_trees() -> None:
    desk = Desk({"a": "", "d/e/f": "", "d/node_modules/x": "", "ü": ""}, directories=["empty"])
    text = desk.directory_tree(path="", excludePatterns=["node_modules"])
    listed = [
        {"name": "a", "type": "file"},
        {
            "name": "d",
            "type": "directory",
            "children": [{"name": "e", "type": "directory", "children": [{"name": "f", "type": "file"}]}],
        },
        {"name": "empty", "type": "directory", "children": []},
        {"name": "ü", "type": "file"},
    ]
    assert orjson.loads(text) == listed
    assert text == orjson.dumps(listed, option=orjson.OPT_INDENT_2).decode()
    assert desk.directory_tree(path="empty") == "[]"


def test_searches(desk: Desk) -> None:
    assert desk.search_files(path="", pattern="*.py") == "No matches found"
    assert desk.search_files(path="", pattern="**/*.py") == f"{W}/src/main.py"
    assert desk.search_files(path="", pattern="{a,é}.txt") == f"{W}/a.txt\n{W}/é.txt"
    assert desk.search_files(path="", pattern="**", excludePatterns=["*.txt", "src"]) == f"{W}/here"
    assert desk.search_files(path="no", pattern="*") == f"! ENOENT: no such file or directory, scandir '{W}/no'"


def test_moving(desk: Desk) -> None:
    assert desk.move_file(source="a.txt", destination="src/b.txt") == "Successfully moved a.txt to src/b.txt"
    assert desk.move_file(source="src", destination="é.txt") == f"! Destination already exists: {W}/é.txt"
    assert (
        desk.move_file(source="src", destination="src/x")
        == f"! EINVAL: invalid argument, rename '{W}/src' -> '{W}/src/x'"
    )
    assert desk.move_file(source="src", destination="lib") == "Successfully moved src to lib"
    assert desk.read_text_file(path="lib/b.txt") == LINES
    assert (
        desk.move_file(source="no", destination="x")
        == f"! ENOENT: no such file or directory, rename '{W}/no' -> '{W}/x'"
    )


def test_metadata() -> None:
    desk = Desk({"run": {"text": "123", "mode": "4755", "mtime": "2025-02-03T04:05:06Z"}})
    assert desk.get_file_info(path="run") == (
        "size: 3\n"
        "created: Thu Jan 01 2026 00:00:00 GMT+0000 (Coordinated Universal Time)\n"
        "modified: Mon Feb 03 2025 04:05:06 GMT+0000 (Coordinated Universal Time)\n"
        "accessed: Mon Feb 03 2025 04:05:06 GMT+0000 (Coordinated Universal Time)\n"
        "isDirectory: false\nisFile: true\npermissions: 755"
    )
    desk.write_file(path="run", content="")
    assert desk.get_file_info(path="run").endswith("permissions: 755")


def test_several_roots() -> None:
    desk = Desk({"/data/x": "1", "/link": {"symlink": "/data"}}, roots=["/workspace", "/link", "/gone/../data/x"])
    assert desk.list_allowed_directories() == "Allowed directories:\n/workspace\n/link\n/data"
    assert desk.read_text_file(path="/link/x") == "1"
    assert desk.read_text_file(path="../data/x") == "1"
    assert desk.read_text_file(path="/x") == f"{DENIED} /x not in /workspace, /link, /data"


def test_reading_changes_nothing(desk: Desk) -> None:
    before = desk.world.version
    for tool, arguments in {
        "read_text_file": {"path": "a.txt"},
        "list_directory_with_sizes": {"path": ""},
        "directory_tree": {"path": ""},
        "search_files": {"path": "", "pattern": "**"},
        "get_file_info": {"path": "a.txt"},
    }.items():
        getattr(desk, tool)(**arguments)
    assert desk.world.version is before
