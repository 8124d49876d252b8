"""Random worlds of files, and random calls of the filesystem tools that follow what is there."""

from __future__ import annotations

import base64
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

NAMES = (
    "a.txt", "b.txt", "B.txt", "c.md", "notes.md", "main.py", "test_main.py", "index.html", "data.json", ".env",
    ".gitignore", "README", "Makefile", "image.png", "photo.JPG", "sound.mp3", "clip.ogg", "blob.bin", "archive.tar.gz",
    "naïve.txt", "nai\u0308ve.txt", "é.md", "e\u0301.md", "Ünï.txt", "日本語.txt", "файл.txt", "😀.txt",
    "ß.txt", "ﬁle.txt",
    "with space.txt", " leading", "trailing ", "quote'd", 'dq"uote"', "semi;colon", "hash#tag", "per%cent", "star*",
    "que?ry", "brack[et]", "brace{d,e}", "back\\slash", "tab\tname", "new\nline", "-dash",
    "_under", "~tilde", "(paren)",
    "10", "9", "1", "A", "a", "Z", "z", "node_modules", "src", "lib", "docs", "build", ".git", "dir.d", "x" * 40,
    "long-" + "n" * 214, "y" * 255, "ﬃ", "Å", "A\u030a", "K", "\u212a", "a-b", "a_b", "a b", "a.b", "ab", "aB", "Ab",
)  # fmt: skip
DIRECTORIES = (
    "src",
    "lib",
    "docs",
    "build",
    ".git",
    "node_modules",
    "dir.d",
    "deep",
    "é",
    "日本",
    "with space",
    "a",
    "A-b",
)
WORDS = ("alpha", "beta", "  gamma", "\tdelta", "epsilon  ", "", "}", "{", "return x", "    return x", "```", "a``b")
UNIX_LINES = ("\n", "\n", "\n", "\r\n")
GLOBS = (
    "*", "**", "**/*", "*.txt", "**/*.txt", "*.{txt,md}", "**/*.{py,md,json}", "?.txt", "[ab]*", "[!a]*", "[^a]*",
    "src/**", "**/src/**", "*/*", "*/", "**/", ".*", "**/.*", "!*.txt", "!**/*.md", "#a", "", "a.txt", "node_modules",
    "**/node_modules/**", "+(a|b)*", "@(a|b).txt", "!(a)*", "*(a|b)", "?(a)b", "{1..10}", "{a,b,c}.txt", "[[:alpha:]]*",
    "[[:digit:]]", "[[:upper:]]*", "\\*", "star\\*", "*\\?*", "é*", "*é*", "日*", "????", "*a*b*", "**/*a*",
    "/*", "./*",
    "*.", "*.*", "...", "[a-z]*", "[z-a]", "[", "]", "{", "}", "{a", "a}", "[]a]", "[!]]*", "***",
    "a**", "**a", "**/a/**/*",
    "{src,lib}/**/*", "{,src/}*.txt", "src/../*", "src//*", "*\n*", "* *", "brack\\[*", "*[[]*", "*{*",
)  # fmt: skip
ODD_PATHS = (
    "", ".", "/", "..", "../..", "~", "~/x", "~x", "C:\\Users\\x", "C:/x", "c:", "C:x", "\0",
    "a\0b", "/etc/passwd", "//",
    "./a.txt", "a.txt/", "src/", "src//a.txt", "src/../a.txt", "src/./a.txt", " a.txt", "a.txt ", '"a.txt"', "'a.txt'",
    "file:///a.txt", "a\\b", "\ud800", "\udc00x", "missing/\ud800", "y" * 256, "日" * 86, "p/" * 40, "/" + "q" * 300,
    "a.txt/b", "a.txt/..", "\u00a0a.txt", "a.txt\u2003", "nope/nope/nope.txt", "nope.txt",
    "\ufeff", "\ufffd", "%2e%2e/x",
)  # fmt: skip
JUNK: tuple[Any, ...] = (None, 1, 1.5, True, [], {}, "x", ["x"], [1, None], {"a": 1}, -1, [[]], [{}], "")


@dataclass
class Tree:
    """Files to begin with: ``root`` is allowed, ``outside`` is not."""

    root: str
    outside: str
    roots: list[str]
    directories: list[str] = field(default_factory=list[str])
    files: dict[str, bytes] = field(default_factory=dict[str, bytes])
    links: dict[str, str] = field(default_factory=dict[str, str])
    modes: dict[str, int] = field(default_factory=dict[str, int])

    def fixture(self) -> dict[str, Any]:
        """The same as a fixture's section."""
        files: dict[str, Any] = {}
        for path, data in self.files.items():
            files[path] = {"base64": base64.b64encode(data).decode()}
            if path in self.modes:
                files[path]["mode"] = f"{self.modes[path]:o}"
        files.update({path: {"symlink": target} for path, target in self.links.items()})
        home = self.outside.rpartition("/")[0] + "/home"
        return {"roots": self.roots, "home": home, "directories": self.directories, "files": files}


def make_tree(dice: random.Random, base: str, *, several: bool = False) -> Tree:
    """A tree of files below ``base/root``, with links of every kind, some leading outside.

    ``several`` allows a second directory too, by way of a link.
    """
    tree = Tree(f"{base}/root", f"{base}/outside", [f"{base}/root"])
    tree.directories = [tree.root, tree.outside, f"{tree.outside}/dir", f"{base}/rootx"]
    if several:
        tree.roots.append(f"{base}/via")
        tree.directories.append(f"{base}/second")
        tree.links[f"{base}/via"] = f"{base}/second"
        tree.files[f"{base}/second/a.txt"] = b"second\n"
    tree.files[f"{tree.outside}/secret.txt"] = b"secret\n"
    for _ in range(dice.randint(0, 8)):
        parent = dice.choice([d for d in tree.directories if d.startswith(f"{tree.root}/")] + [tree.root] * 2)
        path = f"{parent}/{dice.choice(DIRECTORIES)}"
        if path not in tree.directories:
            tree.directories.append(path)
    inside = [d for d in tree.directories if d == tree.root or d.startswith(f"{tree.root}/")]
    for _ in range(dice.randint(0, 16)):
        path = f"{dice.choice(inside)}/{dice.choice(NAMES)}"
        if path not in tree.directories:
            tree.files[path] = content(dice)
            if dice.random() < 0.2:
                tree.modes[path] = dice.choice((0o600, 0o755, 0o444, 0o640, 0o000, 0o777))
    for _ in range(dice.choice((0, 0, 1, 3, 5))):
        path = f"{dice.choice(inside)}/{dice.choice(('link', 'link2', 'ln.txt', 'é-link'))}"
        if path not in tree.directories and path not in tree.files:
            tree.links[path] = link_target(dice, tree, path)
    return tree


def link_target(dice: random.Random, tree: Tree, path: str) -> str:
    """Where a link leads: to a file, a directory, nowhere, itself, or out."""
    name = path.rpartition("/")[2]
    ways = [name, "nowhere", "nowhere/deeper", tree.outside, f"{tree.outside}/secret.txt", "..", ".", "../link"]
    ways += [f"{tree.outside}/missing", "/etc/hostname-that-is-not-there", tree.root, "./a.txt", "link2"]
    ways += [*list(tree.files)[:8], *tree.directories[:6]]
    return dice.choice(ways)


def content(dice: random.Random) -> bytes:
    """What may be in a file."""
    kind = dice.random()
    if kind < 0.75:
        return text(dice).encode()
    if kind < 0.8:
        return b""
    if kind < 0.9:
        return dice.randbytes(dice.choice((1, 10, 700, 1024, 1025, 3000)))
    if kind < 0.95:
        return b"\xef\xbb\xbf" + text(dice).encode("utf-16-le")
    return b"".join(b"%d: %s\n" % (line, b"x" * dice.randint(0, 90)) for line in range(dice.randint(10, 200)))


def text(dice: random.Random) -> str:
    """A few lines."""
    end = dice.choice(UNIX_LINES)
    lines = [dice.choice(WORDS) + str(dice.choice(("", "", line))) for line in range(dice.choice((1, 2, 5, 12, 40)))]
    return end.join(lines) + dice.choice((end, end, "", "\r", "é", "😀\n"))


class Calls:
    """Random calls. ``paths`` gives what there is now: real paths below the root with their kinds and contents."""

    def __init__(self, dice: random.Random, tree: Tree) -> None:
        self.dice = dice
        self.tree = tree
        self.there: Mapping[str, bytes | None] = {}

    def pick(self, there: Mapping[str, bytes | None]) -> tuple[str, Any]:
        """A call; ``there`` holds a file's content, and ``None`` for anything else."""
        self.there = there
        dice = self.dice
        name = dice.choice(_WEIGHTED)
        arguments: Any = getattr(self, f"_{name}")()
        if dice.random() < 0.04:
            arguments = dict(arguments)
            key = dice.choice([*arguments, "path", "extra"])
            if dice.random() < 0.4:
                arguments.pop(key, None)
            else:
                arguments[key] = dice.choice(JUNK)
        return name, arguments

    # Paths

    def path(self) -> str:
        dice = self.dice
        roll = dice.random()
        if len(self.tree.roots) > 1 and dice.random() < 0.2:
            return f"{dice.choice(('', '../via/', '../second/', self.tree.roots[1] + '/'))}{dice.choice(NAMES)}"
        if roll < 0.62 and self.there:
            return self.spelled(dice.choice(list(self.there)))
        if roll < 0.9:
            return self.spelled(f"{self.directory()}/{dice.choice(NAMES)}")
        if roll < 0.96:
            return dice.choice(ODD_PATHS)
        return dice.choice((self.tree.outside, f"{self.tree.outside}/secret.txt", f"{self.tree.root}x", self.tree.root))

    def directory(self) -> str:
        found = [path for path, data in self.there.items() if data is None]
        return self.dice.choice([self.tree.root, *found])

    def file(self) -> str:
        found = [path for path, data in self.there.items() if data is not None]
        return self.spelled(self.dice.choice(found)) if found and self.dice.random() < 0.85 else self.path()

    def spelled(self, path: str) -> str:
        """An absolute path in one of the ways that a client may write it."""
        dice = self.dice
        root = self.tree.root
        roll = dice.random()
        if roll < 0.45:
            return path
        short = path[len(root) + 1 :] if path.startswith(f"{root}/") else path
        if roll < 0.8:
            return short
        return dice.choice((
            path + "/", f"./{short}", path.replace("/", "//"), f"{root}/x/../{short}", f"{path}/.",
    f" {short}", f"{path} ",
            f"'{path}'", f"{path}/..", f"{path}/x", short.upper(), f"{root}/{short}/../{short}", _other_form(path),
        ))  # fmt: skip

    # Arguments, by tool

    def _read_text_file(self) -> dict[str, Any]:
        arguments: dict[str, Any] = {"path": self.file()}
        dice = self.dice
        counts = (0, 1, 2, 3, 5, 50, 1.5, 0.5, -1, 2.7, 1e9)
        if dice.random() < 0.3:
            arguments["head"] = dice.choice(counts)
        if dice.random() < 0.3:
            arguments["tail"] = dice.choice(counts)
        return arguments

    _read_file = _read_text_file

    def _read_media_file(self) -> dict[str, Any]:
        return {"path": self.file()}

    def _read_multiple_files(self) -> dict[str, Any]:
        return {"paths": [self.file() for _ in range(self.dice.choice((0, 1, 2, 4)))]}

    def _write_file(self) -> dict[str, Any]:
        dice = self.dice
        written = text(dice) + dice.choice(("", "", "", "\ud83d", "\x00", "\ufeff", "\udc00\ud800"))
        return {"path": self.path(), "content": written}

    def _edit_file(self) -> dict[str, Any]:
        path = self.file()
        known = self.there.get(path) or self.there.get(f"{self.tree.root}/{path}") or b"alpha\nbeta\n"
        arguments: dict[str, Any] = {"path": path, "edits": list(self._edits(known.decode("utf-8", "replace")))}
        if self.dice.random() < 0.4:
            arguments["dryRun"] = self.dice.random() < 0.7
        return arguments

    def _edits(self, there: str) -> Iterator[dict[str, str]]:
        dice = self.dice
        for _ in range(dice.choice((0, 1, 1, 1, 2, 3))):
            lines = there.replace("\r\n", "\n").split("\n")
            start = dice.randrange(len(lines))
            old = lines[start : start + dice.choice((1, 1, 2, 4))]
            yield {"oldText": self._fuzzy(old), "newText": self._new(old)}

    def _fuzzy(self, lines: list[str]) -> str:
        """Text that is there, or nearly."""
        dice = self.dice
        roll = dice.random()
        if roll < 0.5:
            found = "\n".join(lines)
            return found[: dice.randint(0, len(found))] if dice.random() < 0.2 else found
        if roll < 0.8:
            return "\n".join(
                dice.choice(("", " ", "\t", "  ")) + line.strip() + dice.choice(("", " ")) for line in lines
            )
        if roll < 0.9:
            return "\r\n".join(lines)
        return dice.choice(("", "\n", "nowhere to be found", "\ud83d", " ", "é", "alpha"))

    def _new(self, old: list[str]) -> str:
        dice = self.dice
        lines = [*old]
        for _ in range(dice.choice((0, 1, 2, 5))):
            lines.insert(dice.randint(0, len(lines)), dice.choice(("  ", "", "\t", "      ")) + dice.choice(WORDS))
        if lines and dice.random() < 0.5:
            lines.pop(dice.randrange(len(lines)))
        return dice.choice(("\n", "\n", "\r\n")).join(lines)

    def _create_directory(self) -> dict[str, Any]:
        deeper = self.dice.choice(("", "", f"/{self.dice.choice(DIRECTORIES)}", "/new/deep/er"))
        return {"path": self.path() + deeper}

    def _list_directory(self) -> dict[str, Any]:
        return {"path": self.spelled(self.directory()) if self.dice.random() < 0.8 else self.path()}

    def _list_directory_with_sizes(self) -> dict[str, Any]:
        sort = self.dice.choice(({}, {"sortBy": "name"}, {"sortBy": "size"}, {"sortBy": "date"}))
        return {**self._list_directory(), **sort}

    def _directory_tree(self) -> dict[str, Any]:
        return {**self._list_directory(), **self._excluded()}

    def _search_files(self) -> dict[str, Any]:
        return {**self._list_directory(), "pattern": self._glob(), **self._excluded()}

    def _excluded(self) -> dict[str, Any]:
        if self.dice.random() < 0.5:
            return {}
        return {"excludePatterns": [self._glob() for _ in range(self.dice.choice((0, 1, 1, 2)))]}

    def _glob(self) -> str:
        dice = self.dice
        roll = dice.random()
        if roll < 0.6:
            return dice.choice(GLOBS)
        name = dice.choice(NAMES)
        if roll < 0.75:
            return name
        return dice.choice(
            (f"**/{name}", name[:1] + "*", "*" + name[-2:], f"{{{name},x}}", name.replace("a", "?"), f"!{name}")
        )

    def _move_file(self) -> dict[str, Any]:
        return {"source": self.path(), "destination": self.path()}

    def _get_file_info(self) -> dict[str, Any]:
        return {"path": self.path()}

    def _list_allowed_directories(self) -> dict[str, Any]:
        return {}


_WEIGHTED = (
    *["read_text_file"] * 8, "read_file", *["read_media_file"] * 3, *["read_multiple_files"] * 3, *["write_file"] * 8,
    *["edit_file"] * 12, *["create_directory"] * 5, *["list_directory"] * 4, *["list_directory_with_sizes"] * 5,
    *["directory_tree"] * 5, *["move_file"] * 6, *["search_files"] * 7,
    *["get_file_info"] * 4, "list_allowed_directories",
)  # fmt: skip


def _other_form(path: str) -> str:
    """The same characters, composed the other way."""
    import unicodedata

    decomposed = unicodedata.normalize("NFD", path)
    return decomposed if decomposed != path else unicodedata.normalize("NFC", path)
