"""A world's files in a local directory: what is checked out, what a commit does, and what it refuses to do."""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from falsefront.control_plane.files import main
from falsefront.control_plane.files.checkout import Item, compare
from falsefront.control_plane.files.disk import Changed, Disk
from falsefront.control_plane.serving import Background
from falsefront.faults import Rule, put_rule
from falsefront.world.world import World

FILES = {
    "/workspace/a.txt": "hello\n",
    "/workspace/bin/tool": {"text": "#!/bin/sh\n", "mode": "755", "mtime": "2026-03-04T05:06:07Z"},
    "/workspace/bin/data": {"base64": "AP8NCg=="},
    "/workspace/deep/er/still/x": "",
    "/workspace/link": {"symlink": "../../etc/passwd"},
    "/workspace/dir-link": {"symlink": "bin"},
    "/workspace/naïve ☃": "é",
    "/elsewhere/y": "not mine",
}


class Local:
    """A world, and a directory it is checked out to."""

    def __init__(self, background: Background, world: str, path: Path) -> None:
        self.background = background
        self.world = world
        self.path = path

    def run(self, command: str, *args: str) -> int:
        named = ["--world", self.world, "--url", self.background.url] if command == "checkout" else []
        return main([command, str(self.path), "--record", str(self.path.parent / "record.json"), *named, *args])

    def do(self, work: Callable[[World], Any]) -> Any:
        return self.background.call(lambda: work(self.background.runtime.worlds.find(self.world)))

    def seed(self, files: Any) -> None:
        def seed(world: World) -> None:
            state = world.begin()
            self.background.runtime.emulators["filesystem"].seed(state, {"files": files})
            world.commit(state)

        self.do(seed)

    def held(self) -> dict[str, Any]:
        """What the world holds below /workspace, by path."""

        def look(world: World) -> dict[str, Any]:
            found = {}
            for path, node in world.version.tables["files"].scan():
                if path.startswith("/workspace/"):
                    shown = node.get("content", node.get("target", "directory"))
                    found[path[11:]] = (shown, node["mode"])
            return found

        return self.do(look)

    def journal(self) -> list[tuple[str, str]]:
        return self.do(lambda world: [(entry.op.name, entry.op.args.get("path", "")) for entry in world.journal])


@pytest.fixture
def local(serve: Callable[..., Background], tmp_path: Path, request: pytest.FixtureRequest) -> Local:
    background = serve("filesystem")
    world = f"w{zlib.crc32(request.node.nodeid.encode())}"
    background.call(lambda: background.runtime.worlds.create(world))
    local = Local(background, world, tmp_path / "work")
    local.seed(FILES)
    return local


def test_a_checkout_is_what_the_world_holds(local: Local, capsys: pytest.CaptureFixture[str]) -> None:
    assert local.run("checkout") == 0
    assert "entries of /workspace in the world" in capsys.readouterr().out
    path = local.path
    assert (path / "a.txt").read_bytes() == b"hello\n"
    assert (path / "bin/data").read_bytes() == b"\0\xff\r\n"
    assert (path / "bin/tool").stat().st_mode & 0o777 == 0o755
    assert (path / "bin/tool").stat().st_mtime == 1772600767
    assert os.readlink(path / "link") == "../../etc/passwd"
    assert (path / "naïve ☃").read_text() == "é"
    assert sorted(os.listdir(path)) == ["a.txt", "bin", "deep", "dir-link", "link", "naïve ☃"]
    assert local.run("status") == 0
    assert capsys.readouterr().out == ""
    assert local.run("commit") == 0
    assert local.journal() == [("roots.get", ""), ("disk.check_out", "/workspace")]


def test_a_commit_does_what_was_done(local: Local, capsys: pytest.CaptureFixture[str]) -> None:
    local.run("checkout")
    path = local.path
    (path / "a.txt").write_text("changed\n")
    (path / "bin/tool").chmod(0o700)
    (path / "bin/data").unlink()
    (path / "bin/data").mkdir()
    (path / "bin/data/new").write_bytes(b"\xff")
    (path / "link").unlink()
    (path / "link").symlink_to("a.txt")
    (path / "dir-link").unlink()
    (path / "dir-link").write_text("a file now")
    (path / "deep/er/still/x").unlink()
    (path / "deep/er/still").rmdir()
    (path / "naïve ☃").rename(path / "plain")
    (path / "n").mkdir()
    (path / "n/e").symlink_to("/nowhere")
    os.mkfifo(path / "pipe")
    before = len(local.journal())
    capsys.readouterr()
    assert local.run("status") == 0
    planned = capsys.readouterr().out
    assert local.run("commit") == 0
    assert capsys.readouterr().out == planned
    assert local.held() == {
        "a.txt": (b"changed\n", 0o644),
        "bin": ("directory", 0o755),
        "bin/tool": (b"#!/bin/sh\n", 0o700),
        "bin/data": ("directory", 0o755),
        "bin/data/new": (b"\xff", 0o644),
        "deep": ("directory", 0o755),
        "deep/er": ("directory", 0o755),
        "link": ("a.txt", 0o777),
        "dir-link": (b"a file now", 0o644),
        "plain": ("é".encode(), 0o644),
        "n": ("directory", 0o755),
        "n/e": ("/nowhere", 0o777),
    }
    assert set(local.journal()[before:]) == {
        ("disk.write", "/workspace/a.txt"),
        ("disk.change_mode", "/workspace/bin/tool"),
        ("disk.remove", "/workspace/bin/data"),
        ("disk.make_directory", "/workspace/bin/data"),
        ("disk.write", "/workspace/bin/data/new"),
        ("disk.remove", "/workspace/link"),
        ("disk.make_symlink", "/workspace/link"),
        ("disk.remove", "/workspace/dir-link"),
        ("disk.write", "/workspace/dir-link"),
        ("disk.remove", "/workspace/deep/er/still/x"),
        ("disk.remove_directory", "/workspace/deep/er/still"),
        ("disk.remove", "/workspace/naïve ☃"),
        ("disk.write", "/workspace/plain"),
        ("disk.make_directory", "/workspace/n"),
        ("disk.make_symlink", "/workspace/n/e"),
    }
    count = len(local.journal())
    assert local.run("commit") == 0
    assert len(local.journal()) == count


def test_what_changed_in_the_world_meanwhile_is_left(local: Local, capsys: pytest.CaptureFixture[str]) -> None:
    local.run("checkout")
    local.seed({"/workspace/a.txt": "theirs", "/workspace/new": "theirs", "/workspace/deep/er/still/y": "theirs"})
    (local.path / "a.txt").write_text("mine")
    (local.path / "new").write_text("mine")
    (local.path / "other").write_text("mine")
    (local.path / "deep/er/still/x").unlink()
    (local.path / "deep/er/still").rmdir()
    capsys.readouterr()
    assert local.run("commit") == 1
    printed = capsys.readouterr()
    assert printed.out == "remove deep/er/still/x\nadd    other\n"
    conflicts = [line.split(":")[0] for line in printed.err.splitlines()]
    assert conflicts == ["conflict deep/er/still", "conflict a.txt", "conflict new"]
    held = local.held()
    assert (held["a.txt"][0], held["new"][0], held["other"][0]) == (b"theirs", b"theirs", b"mine")
    assert "deep/er/still/y" in held
    assert local.run("commit", "--force") == 1
    held = local.held()
    assert (held["a.txt"][0], held["new"][0]) == (b"mine", b"mine")
    assert "deep/er/still/y" in held


def test_what_was_removed_on_both_sides_is_gone(local: Local, disk: Disk) -> None:
    local.run("checkout")
    disk.do("remove", "/workspace/a.txt")
    (local.path / "a.txt").unlink()
    assert local.run("commit", "--force") == 0


def test_a_commit_goes_on_after_a_fault(local: Local, capsys: pytest.CaptureFixture[str]) -> None:
    local.run("checkout")
    for name in ("n1", "n2", "n3"):
        (local.path / name).write_text(name)
    rule = Rule.model_validate({"when": {"op": "disk.write", "nth": 2}, "then": [{"fail": "quota_exceeded"}]})
    local.do(lambda world: put_rule(world, "full", rule))
    assert local.run("commit") == 1
    assert "no space left on device" in capsys.readouterr().err
    assert {"n1", "n2", "n3"} & set(local.held()) == {"n1"}
    assert local.run("commit") == 0
    assert {"n1", "n2", "n3"} <= set(local.held())


def test_another_directory_of_the_world(local: Local) -> None:
    assert local.run("checkout", "--path", "/elsewhere") == 0
    assert os.listdir(local.path) == ["y"]
    (local.path / "z").write_text("z")
    assert local.run("commit") == 0
    assert local.do(lambda world: world.version.tables["files"].get("/elsewhere/z"))["content"] == b"z"


def test_what_cannot_be_done_is_said(local: Local, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def says(text: str, status: int) -> None:
        assert status == 1
        assert text in capsys.readouterr().err

    says("was not checked out here", local.run("commit"))
    says("ENOENT", local.run("checkout", "--path", "/nowhere"))
    says("ENOTDIR", local.run("checkout", "--path", "/workspace/a.txt"))
    says("no world 'gone'", local.run("checkout", "--world", "gone"))
    says("cannot reach", local.run("checkout", "--url", "http://127.0.0.1:1"))
    says("is no address", local.run("checkout", "--url", "nonsense"))
    (tmp_path / "work").mkdir(exist_ok=True)
    (tmp_path / "work" / "there").touch()
    says("is not empty", local.run("checkout"))
    with pytest.raises(SystemExit):
        main([])


def test_the_record_is_outside_the_directory(local: Local, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    named = ["--world", local.world, "--url", local.background.url]
    assert main(["checkout", str(local.path), *named]) == 0
    assert list((tmp_path / "state/falsefront/checkouts").iterdir())
    (local.path / "more").touch()
    assert main(["commit", str(local.path)]) == 0
    assert "more" in local.held()


def test_differences_come_in_an_order_in_which_they_can_be_done() -> None:
    directory, file = Item("directory", 0o755), Item("file:1", 0o644)
    before = {"a": directory, "a/b": directory, "a/b/c": file, "x": file}
    after = {"a": file, "x": directory, "x/y": directory, "x/y/z": file}
    assert [(change.verb, change.path) for change in compare(before, after)] == [
        ("remove", "x"),
        ("remove", "a/b/c"),
        ("remove", "a/b"),
        ("remove", "a"),
        ("add", "a"),
        ("add", "x"),
        ("add", "x/y"),
        ("add", "x/y/z"),
    ]


# The disk's own operations


@pytest.fixture
def disk(local: Local) -> Iterator[Disk]:
    with Disk(local.background.url, local.world) as disk:
        yield disk


def test_parts_of_files(disk: Disk) -> None:
    path = "/workspace/part"
    disk.do("write", path, b"0123456789")
    assert disk.do("read", path, offset=3, size=4) == b"3456"
    disk.do("write", path, b"ab", offset=4)
    disk.do("write", path, b"z", offset=12)
    assert disk.do("read", path) == b"0123ab6789\0\0z"
    disk.do("truncate", path, size=3)
    disk.do("truncate", path, size=5)
    assert disk.do("read", path, offset=1) == b"12\0\0"
    assert disk.do("read", path, offset=99) == b""
    told = disk.get("set_modified", path, modified=1_000_000_000.25)
    assert (told["size"], told["modified"], told["kind"]) == (5, 1_000_000_000.25, "file")


@pytest.mark.parametrize(
    ("operation", "path", "args", "error", "text"),
    [
        ("stat", "/gone", {}, FileNotFoundError, "lstat '/gone'"),
        ("read", "/workspace", {}, IsADirectoryError, "read"),
        ("list", "/workspace/a.txt", {}, NotADirectoryError, "scandir"),
        ("read_link", "/workspace/a.txt", {}, OSError, "EINVAL"),
        ("make_directory", "/workspace/bin", {}, FileExistsError, "mkdir"),
        ("make_symlink", "/workspace/bin", {"target": "x"}, FileExistsError, "symlink"),
        ("write", "/workspace/a.txt", {"exclusive": True}, FileExistsError, "open"),
        ("write", "/workspace/a.txt", {"expect": "absent"}, Changed, "was changed in the world"),
        ("remove_directory", "/workspace/bin", {}, OSError, "ENOTEMPTY"),
        ("rename", "/workspace/bin", {"target": "/workspace/bin/x"}, OSError, "EINVAL"),
        ("rename", "/workspace/a.txt", {"target": "/workspace/link", "exclusive": True}, FileExistsError, "rename"),
        ("rename", "/workspace/a.txt", {"target": "relative"}, OSError, "EINVAL"),
        ("stat", "relative", {}, OSError, "EINVAL"),
        ("stat", "/a\0b", {}, OSError, "EINVAL"),
        ("read", "/workspace/a.txt", {"offset": "x"}, OSError, "offset is a number"),
        ("read", "/workspace/a.txt", {"offset": -1}, OSError, "offset is a number"),
        ("truncate", "/workspace/a.txt", {"size": 10**12}, OSError, "EFBIG"),
        ("set_modified", "/workspace/a.txt", {"modified": 1e300}, OSError, "EINVAL"),
        ("nothing", "/workspace", {}, OSError, "there is no POST /disk/nothing"),
    ],
)
def test_errors_have_the_numbers_of_system_calls(
    disk: Disk, operation: str, path: str, args: dict[str, Any], error: type[OSError], text: str
) -> None:
    with pytest.raises(error, match=text):
        disk.do(operation, path, **args)


def test_names_that_are_not_utf_8(disk: Disk) -> None:
    odd = os.fsdecode(b"/workspace/\xff")
    disk.do("write", odd, b"x")
    assert odd[11:] in [entry["name"] for entry in disk.get("list", "/workspace")]
    assert disk.do("read", odd) == b"x"
    with pytest.raises(FileNotFoundError):
        disk.do("read", odd + odd[-1])


def test_roots_are_directories_that_are_there(local: Local, disk: Disk) -> None:
    import httpx

    url = f"{local.background.url}/w/{local.world}/filesystem/roots"
    answer = httpx.put(url, json={"directories": ["/workspace/dir-link", "/gone", "/workspace/a.txt"]})
    assert answer.json() == {
        "directories": ["/workspace/dir-link", "/workspace/bin"],
        "skipped": ["/gone", "/workspace/a.txt"],
    }
    assert disk.roots() == ["/workspace/dir-link", "/workspace/bin"]
    answer = httpx.put(url, json={"directories": ["/gone"]})
    assert (answer.status_code, answer.json()["skipped"]) == (422, ["/gone"])
    for bad in ({}, {"directories": "x"}, {"directories": [5]}, []):
        assert httpx.put(url, json=bad).status_code == 422
    assert httpx.put(url, content=b"{").status_code == 422
    assert httpx.delete(url).status_code == 404
    assert disk.roots() == ["/workspace/dir-link", "/workspace/bin"]
