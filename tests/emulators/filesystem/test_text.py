"""The algorithms that decide whether an answer is the same byte for byte."""

from __future__ import annotations

import pytest

from falsefront.emulators.filesystem.text.collation import full_key, sorter
from falsefront.emulators.filesystem.text.globs import BadGlob, matcher
from falsefront.emulators.filesystem.text.javascript import as_units, from_units, pad_end, show_size
from falsefront.emulators.filesystem.text.patch import lines_of, patch, runs


@pytest.mark.parametrize(
    ("old", "new", "signs"),
    [
        ("", "", ""),
        ("a\n", "a\n", " "),
        ("a\nb\n", "b\na\n", "- +"),
        ("a\nb\nc\na\nb\nb\na\n", "c\nb\na\nb\na\nc\n", "- + - +"),
        ("x\n" * 20, "y\n" * 20, "-+"),
        ("a\n" + "x\n" * 9 + "z\n", "a\n" + "y\n" * 9 + "z\n", " -+ "),
    ],
)
def test_the_shortest_script_is_the_one_jsdiff_finds(old: str, new: str, signs: str) -> None:
    script = runs(lines_of(old), lines_of(new))
    assert "".join(run.sign for run in script) == signs
    assert "".join(line for run in script if run.sign != "+" for line in run.lines) == old
    assert "".join(line for run in script if run.sign != "-" for line in run.lines) == new


def test_hunks_join_where_their_context_meets() -> None:
    old = [f"{number}\n" for number in range(40)]
    near, far = old.copy(), old.copy()
    near[5], near[14] = "x\n", "y\n"
    far[5], far[15] = "x\n", "y\n"
    assert patch("f", "".join(old), "".join(near)).count("@@ -") == 1
    assert patch("f", "".join(old), "".join(far)).count("@@ -") == 2


def test_a_missing_line_feed_is_noted() -> None:
    assert patch("f", "a", "a\n").endswith("@@ -1,1 +1,1 @@\n-a\n\\ No newline at end of file\n+a\n")
    assert patch("f", "", "a\n").endswith("@@ -0,0 +1,1 @@\n+a\n")


@pytest.mark.parametrize(
    ("glob", "path", "matches"),
    [
        ("*.txt", "a.txt", True),
        ("*.txt", "d/a.txt", False),
        ("*.txt", ".txt", True),
        ("**", "a/b", True),
        ("**/a", "a", True),
        ("a/**", "a", False),
        ("a/**/b", "a/b", True),
        ("**/**/b", "x/y/b", True),
        ("a/../b", "b", True),
        ("a/", "a", False),
        ("!a", "b", True),
        ("!!a", "a", True),
        ("#a", "#a", False),
        ("", "a", False),
        ("{a,b{1..3}}.c", "b2.c", True),
        ("{01..10}", "07", True),
        ("{a},b}", "a}", True),
        ("{a}", "{a}", True),
        ("${a,b}", "${a,b}", True),
        ("[]a]", "]", True),
        ("[z-a]", "m", False),
        ("[[:alpha:]]1", "é1", True),
        ("[!a]b", "ab", False),
        ("!(a)b", "(a)b", False),
        ("x!(a)b", "xb", True),
        ("x!(a)b", "xab", False),
        ("+(a|b)c", "abac", True),
        ("?(a)b", "b", True),
        ("+()", "+()", True),
        ("@(a", "@(a", True),
        ("\\*", "*", True),
        ("\\*", "a", False),
        ("?.txt", "😀.txt", False),
        ("??.txt", "😀.txt", True),
        ("a\\", "a\\", True),
    ],
)
def test_globs(glob: str, path: str, matches: bool) -> None:
    assert matcher(glob)(path) is matches


@pytest.mark.parametrize("glob", ["[[:digit:]]-x", "x" * 70_000])
def test_globs_that_minimatch_does_not_take(glob: str) -> None:
    with pytest.raises(BadGlob):
        matcher(glob)


@pytest.mark.parametrize(
    "glob",
    ["*a" * 100 + "b", "+(a|aa)" * 4 + "b", "+(+(a|+(a)))b", "{1..99999}" * 3, "{a}" + ",a" * 30_000, "{a,b}" * 12_000,
     "{" * 60_000, "**/" * 10_000 + "b", "!(" * 2000, "@(a|" * 10_000, "(" * 60_000],
)  # fmt: skip
def test_no_glob_takes_forever(glob: str) -> None:
    assert isinstance(matcher(glob)("a" * 255), bool)


def test_names_are_in_the_order_of_the_root_collation() -> None:
    ordered = [
        "_a",
        "-a",
        ".a",
        "(a)",
        "1",
        "10",
        "9",
        "a",
        "A",
        "á",
        "ab",
        "Ab",
        "æ",
        "b",
        "ﬁ",
        "ß",
        "я",
        "日",
        "\ufffd",
    ]
    keys = sorter(ordered)
    assert sorted(set(ordered), key=keys.__getitem__) == ordered


def test_both_keys_give_one_order() -> None:
    names = ["a b", "A-b", "a_b", "ab", "aB", "Ab", "AB", "a.b", "~", "$1", "[x]", "x10", "x9", "", " "]
    assert sorted(names, key=sorter(names).__getitem__) == sorted(names, key=full_key)


def test_sizes_are_rounded_as_javascript_does() -> None:
    assert [show_size(size) for size in (0, 1023, 1024, 1536, 1029, 16896, 1024**2, 1024**3 + 1)] == [
        "0 B", "1023 B", "1.00 KB", "1.50 KB", "1.00 KB", "16.50 KB", "1.00 MB", "1.00 GB",
    ]  # fmt: skip
    assert show_size(1024 * 8 + 128 + 1024 * 5 // 1000) == "8.13 KB"


def test_lengths_are_in_utf_16() -> None:
    assert pad_end("😀", 4) == "😀  "
    assert len(as_units("a😀")) == 3
    assert from_units(as_units("a😀é")) == "a😀é"
