"""The tools as a client sees them: names, titles, arguments and hints as the reference server's, in its order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from falsefront.kernel.chain import Handler
from falsefront.kernel.operation import Access
from falsefront.mcp.tool import Tool

from . import editing, listing, reading, writing
from .schema import (
    MEDIA_OUTPUT,
    TEXT_OUTPUT,
    Field,
    checker,
    each,
    expect,
    fields,
    input_schema,
    one_of,
    optional,
    text,
    texts_or_none,
)

_READS: Final = {"readOnlyHint": True, "openWorldHint": False}


_SLOW: Final = frozenset({"edit_file", "search_files", "directory_tree"})
"""Tools whose work grows with more than what they are given: they run in a thread."""


def _writes(*, idempotent: bool, destructive: bool) -> dict[str, bool]:
    return {
        "readOnlyHint": False,
        "idempotentHint": idempotent,
        "destructiveHint": destructive,
        "openWorldHint": False,
    }


def _number(description: str) -> Field:
    return optional(Field({"description": description, "type": "number"}, expect("number")))


_PATH: Final = {"path": text()}
_LINES: Final = {
    "path": text(),
    "tail": _number("Return this many lines from the file's end instead of all of it"),
    "head": _number("Return this many lines from the file's beginning instead of all of it"),
}
_PATHS: Final = {
    "paths": Field(
        {
            "minItems": 1,
            "type": "array",
            "items": {"type": "string"},
            "description": "The files to read, each inside an allowed directory",
        },
        each(expect("string"), at_least=1),
    )
}
_EDIT: Final = {
    "type": "object",
    "properties": {
        "oldText": {"type": "string", "description": "The text that is there now"},
        "newText": {"type": "string", "description": "The text to put in its place"},
    },
    "required": ["oldText", "newText"],
}
_EDITS: Final = {
    "path": text(),
    "edits": Field({"type": "array", "items": _EDIT}, each(fields(oldText=expect("string"), newText=expect("string")))),
    "dryRun": optional(
        Field(
            {"default": False, "description": "Only show the diff and leave the file as it is", "type": "boolean"},
            expect("boolean"),
        )
    ),
}
_SORTED: Final = {
    "path": text(),
    "sortBy": optional(
        Field(
            {
                "default": "name",
                "description": "What orders the entries: their name or their size",
                "type": "string",
                "enum": ["name", "size"],
            },
            one_of("name", "size"),
        )
    ),
}


def _tool(
    name: str,
    title: str,
    description: str,
    arguments: Mapping[str, Field],
    handler: Handler,
    hints: Mapping[str, bool] = _READS,
    output: Mapping[str, Any] = TEXT_OUTPUT,
) -> Tool:
    definition: Mapping[str, Any] = {
        "name": name,
        "title": title,
        "description": description,
        "inputSchema": input_schema(arguments),
        "annotations": hints,
        "execution": {"taskSupport": "forbidden"},
        "outputSchema": output,
    }
    access: Access = "read" if hints["readOnlyHint"] else "write"
    return Tool(definition, handler, access, checker(name, arguments), threaded=name in _SLOW)


_TOOLS: Final = (
    _tool(
        "read_file",
        "Read File (Deprecated)",
        "Reads a whole text file. Deprecated in favour of read_text_file.",
        _LINES,
        reading.read_text_file,
    ),
    _tool(
        "read_text_file",
        "Read Text File",
        "Reads a file as UTF-8 text, whatever its extension: all of it, or its first (`head`) or last (`tail`) lines. "
        "The path must lie inside an allowed directory.",
        _LINES,
        reading.read_text_file,
    ),
    _tool(
        "read_media_file",
        "Read Media File",
        "Reads a file as base64 with its MIME type: pictures and sounds as content of their kind, any other file as an "
        "embedded resource. The path must lie inside an allowed directory.",
        _PATH,
        reading.read_media_file,
        output=MEDIA_OUTPUT,
    ),
    _tool(
        "read_multiple_files",
        "Read Multiple Files",
        "Reads several text files in one call and returns each under its path. One that cannot be read shows its error "
        "and does not spoil the others. Paths must lie inside allowed directories.",
        _PATHS,
        reading.read_multiple_files,
    ),
    _tool(
        "write_file",
        "Write File",
        "Writes text to a file. A file that is already there is replaced without a question. The path must lie inside "
        "an allowed directory.",
        {"path": text(), "content": text()},
        writing.write_file,
        _writes(idempotent=True, destructive=True),
    ),
    _tool(
        "edit_file",
        "Edit File",
        "Replaces passages of a text file, one edit after the other, and returns a unified diff. With `dryRun` nothing "
        "is written. The path must lie inside an allowed directory.",
        _EDITS,
        editing.edit_file,
        _writes(idempotent=False, destructive=True),
    ),
    _tool(
        "create_directory",
        "Create Directory",
        "Makes a directory and any directories it lacks above it; one that exists already is left alone. The path "
        "must lie inside an allowed directory.",
        _PATH,
        writing.create_directory,
        _writes(idempotent=True, destructive=False),
    ),
    _tool(
        "list_directory",
        "List Directory",
        "Lists what a directory holds, each name marked [FILE] or [DIR]. The path must lie inside an allowed "
        "directory.",
        _PATH,
        listing.list_directory,
    ),
    _tool(
        "list_directory_with_sizes",
        "List Directory with Sizes",
        "Lists what a directory holds with file sizes and totals, by name or by size. The path must lie inside an "
        "allowed directory.",
        _SORTED,
        listing.list_directory_with_sizes,
    ),
    _tool(
        "directory_tree",
        "Directory Tree",
        "Returns a directory and everything below it as JSON: each entry has `name` and `type`, and a directory has "
        "`children`. The path must lie inside an allowed directory.",
        {"path": text(), "excludePatterns": texts_or_none()},
        listing.directory_tree,
    ),
    _tool(
        "move_file",
        "Move File",
        "Moves or renames a file or a directory; it fails where something stands at the destination. Both paths must "
        "lie inside allowed directories.",
        {"source": text(), "destination": text()},
        writing.move_file,
        _writes(idempotent=False, destructive=True),
    ),
    _tool(
        "search_files",
        "Search Files",
        "Finds files and directories below a directory whose relative path matches a glob, `*.ext` for this level and "
        "`**/*.ext` for all of them, and returns their full paths. The path must lie inside an allowed directory.",
        {"path": text(), "pattern": text(), "excludePatterns": texts_or_none()},
        listing.search_files,
    ),
    _tool(
        "get_file_info",
        "Get File Info",
        "Tells a file's or directory's size, times, kind and permissions. The path must lie inside an allowed "
        "directory.",
        _PATH,
        listing.get_file_info,
    ),
    _tool(
        "list_allowed_directories",
        "List Allowed Directories",
        "Lists the directories that may be read and written, with everything below them.",
        {},
        listing.list_allowed_directories,
    ),
)

TOOLS: Final[Mapping[str, Tool]] = {tool.name: tool for tool in _TOOLS}
