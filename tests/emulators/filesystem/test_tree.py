"""The POSIX tree: resolving, writing, moving, and what it fails with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from falsefront.emulators.filesystem import tree
from falsefront.emulators.filesystem.errors import PosixError
from falsefront.emulators.filesystem.nodes import FILES
from falsefront.world.store import Transaction, Version
from falsefront.world.world import World

W = "/workspace"


@pytest.fixture
def state() -> Transaction:
    state = Transaction(Version(seed=1), "w")
    tree.write(state, f"{W}/a.txt", b"alpha")
    tree.make_directories(state, f"{W}/d/e")
    tree.write(state, f"{W}/d/e/x", b"x")
    tree.make_symlink(state, "d", f"{W}/link")
    tree.make_symlink(state, "loop", f"{W}/loop")
    tree.make_symlink(state, "nowhere", f"{W}/dangling")
    return state


def names(state: Transaction, path: str = W) -> list[str]:
    return [name for name, _ in tree.list_directory(state, path)]


def test_an_empty_world_has_its_workspace() -> None:
    state = Transaction(Version(), "w")
    assert names(state, "/") == ["workspace"]
    assert names(state) == []
    tree.write(state, f"{W}/b", b"")
    assert names(state) == ["b"]


def test_paths_are_resolved_through_links(state: Transaction) -> None:
    assert tree.resolve(state, f"{W}/link/e/x") == f"{W}/d/e/x"
    assert tree.resolve(state, f"{W}/link", follow=False) == f"{W}/link"
    assert tree.resolve(state, f"{W}/link/../a.txt") == f"{W}/a.txt"
    assert tree.read(state, f"{W}/link/e/x") == b"x"
    tree.write(state, f"{W}/dangling", b"now it is there")
    assert tree.read(state, f"{W}/nowhere") == b"now it is there"


Act = Callable[[Transaction], Any]


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda s: tree.read(s, f"{W}/b"), f"ENOENT: no such file or directory, open '{W}/b'"),
        (lambda s: tree.read(s, f"{W}/a.txt/b"), f"ENOTDIR: not a directory, open '{W}/a.txt/b'"),
        (lambda s: tree.read(s, f"{W}/loop"), f"ELOOP: too many symbolic links encountered, open '{W}/loop'"),
        (lambda s: tree.read(s, f"{W}/d"), "EISDIR: illegal operation on a directory, read"),
        (lambda s: tree.read(s, "/" + "n" * 256), f"ENAMETOOLONG: name too long, open '/{'n' * 256}'"),
        (lambda s: tree.write(s, f"{W}/日" + "é" * 127, b""), f"ENAMETOOLONG: name too long, open '{W}/日{'é' * 127}'"),
        (lambda s: tree.write(s, "/n" * 2048, b""), f"ENAMETOOLONG: name too long, open '{'/n' * 2048}'"),
        (lambda s: tree.write(s, f"{W}/x/y", b""), f"ENOENT: no such file or directory, open '{W}/x/y'"),
        (lambda s: tree.write(s, f"{W}/a.txt", b"", exclusive=True), f"EEXIST: file already exists, open '{W}/a.txt'"),
        (lambda s: tree.write(s, f"{W}/big", bytes(tree.FILE_MAX + 1)), "EFBIG: file too large, write"),
        (lambda s: tree.make_directory(s, f"{W}/d"), f"EEXIST: file already exists, mkdir '{W}/d'"),
        (lambda s: tree.make_directories(s, f"{W}/a.txt/b"), f"ENOTDIR: not a directory, mkdir '{W}/a.txt/b'"),
        (lambda s: tree.remove(s, f"{W}/d"), f"EISDIR: illegal operation on a directory, unlink '{W}/d'"),
        (lambda s: tree.remove_directory(s, f"{W}/d"), f"ENOTEMPTY: directory not empty, rmdir '{W}/d'"),
        (lambda s: tree.remove_directory(s, f"{W}/a.txt"), f"ENOTDIR: not a directory, rmdir '{W}/a.txt'"),
        (lambda s: tree.remove_tree(s, "/"), "EBUSY: resource busy or locked, rm '/'"),
        (lambda s: tree.read_link(s, f"{W}/d"), f"EINVAL: invalid argument, readlink '{W}/d'"),
        (lambda s: tree.list_directory(s, f"{W}/a.txt"), f"ENOTDIR: not a directory, scandir '{W}/a.txt'"),
        (lambda s: tree.move(s, f"{W}/d", f"{W}/d/q"), f"EINVAL: invalid argument, rename '{W}/d' -> '{W}/d/q'"),
        (lambda s: tree.move(s, f"{W}/no", f"{W}/q"), f"ENOENT: no such file or directory, rename '{W}/no' -> '{W}/q'"),
        (
            lambda s: tree.move(s, f"{W}/a.txt", f"{W}/d"),
            f"EISDIR: illegal operation on a directory, rename '{W}/a.txt' -> '{W}/d'",
        ),
        (lambda s: tree.move(s, f"{W}/d", f"{W}/a.txt"), f"ENOTDIR: not a directory, rename '{W}/d' -> '{W}/a.txt'"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_fails_as_the_kernel_does(state: Transaction, act: Act, message: str) -> None:
    before = dict(state.table(FILES).scan())
    with pytest.raises(PosixError) as failed:
        act(state)
    assert failed.value.message == message
    assert dict(state.table(FILES).scan()) == before


def test_a_directory_moves_with_all_that_is_in_it(state: Transaction) -> None:
    tree.move(state, f"{W}/d", f"{W}/moved")
    assert tree.read(state, f"{W}/moved/e/x") == b"x"
    assert names(state) == ["a.txt", "dangling", "link", "loop", "moved"]
    assert tree.lookup(state, f"{W}/d") is None


def test_moving_replaces_files_and_empty_directories(state: Transaction) -> None:
    tree.write(state, f"{W}/b", b"beta")
    tree.move(state, f"{W}/b", f"{W}/a.txt")
    assert tree.read(state, f"{W}/a.txt") == b"beta"
    tree.make_directory(state, f"{W}/empty")
    tree.move(state, f"{W}/d", f"{W}/empty")
    assert names(state, f"{W}/empty") == ["e"]
    tree.move(state, f"{W}/a.txt", f"{W}/a.txt")
    assert tree.read(state, f"{W}/a.txt") == b"beta"


def test_a_tree_goes_and_nothing_beside_it(state: Transaction) -> None:
    tree.write(state, f"{W}/d-not", b"")
    tree.remove_tree(state, f"{W}/d")
    assert names(state) == ["a.txt", "d-not", "dangling", "link", "loop"]


def test_names_are_in_byte_order(state: Transaction) -> None:
    made = ["é", "z", "Z", "a-b", "a", "a.b", "\uffff", "😀", "日"]
    tree.make_directory(state, f"{W}/names")
    for name in made:
        tree.write(state, f"{W}/names/{name}", b"")
    assert names(state, f"{W}/names") == sorted(made, key=str.encode)


def test_the_same_tree_has_the_same_digest_whatever_the_way() -> None:
    one, other = World("one", Version(seed=1)), World("other", Version(seed=2))
    for world, steps in ((one, ["a", "b/c", "d"]), (other, ["d", "x", "b/c", "a"])):
        state = world.begin()
        for step in steps:
            tree.make_directories(state, f"{W}/b")
            tree.write(state, f"{W}/{step}", step.encode())
        if tree.lookup(state, f"{W}/x") is not None:
            tree.remove(state, f"{W}/x")
        world.commit(state)
    assert one.version.digest == other.version.digest != Version().digest


def test_a_deep_tree_is_made_walked_moved_and_removed() -> None:
    state = Transaction(Version(), "w")
    deep = W + "/d" * 1000
    tree.make_directories(state, deep)
    tree.write(state, f"{deep}/x", b"x")
    tree.make_symlink(state, deep, f"{W}/short")
    assert tree.read(state, f"{W}/short/x") == b"x"
    tree.move(state, f"{W}/d", f"{W}/e")
    assert tree.read(state, f"{W}/e" + "/d" * 999 + "/x") == b"x"
    tree.remove_tree(state, f"{W}/e")
    assert names(state) == ["short"]
