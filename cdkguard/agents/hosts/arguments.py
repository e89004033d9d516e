"""What the arguments of a tool hold: a command, files, what would be written. Nothing here trusts their types."""

from __future__ import annotations

import os
from collections.abc import Iterator

from cdkguard._typing import TYPE_CHECKING, Json
from cdkguard.agents.hosts import tools
from cdkguard.agents.nouns import ToolCall

if TYPE_CHECKING:
    from cdkguard.agents.nouns import Event, Shell

_DEEPEST = 6  # levels that are searched for commands, paths and content
_PATCH_HEADS = ("*** Add File:", "*** Update File:", "*** Delete File:", "*** Move to:", "--- ", "+++ ")


def read_call(host: str, tool: str, given: Json, directory: str, session: str, server: str = "") -> ToolCall:
    """The call of a tool with these arguments; `server` is that of an MCP tool, where the host says it apart."""
    arguments = parsed_arguments(given)
    name = tools.plain_name(tool)
    where = _directory(arguments, directory)
    command, content = "", ""
    paths: tuple[str, ...] = ()
    shell: Shell = tools.SHELL_TOOLS.get(name, "posix")
    event: Event = "other"

    if name in tools.SHELL_TOOLS:
        event, command = "shell", find_command(arguments, tools.COMMAND_FIELDS)
    elif name in tools.WRITE_TOOLS:
        event, paths, content = "write", find_paths(arguments, where), find_content(arguments)
    elif name not in tools.HARMLESS_TOOLS:
        from cdkguard.agents.hosts.aws_calls import describe_aws_call, is_aws_tool

        if is_aws_tool(tool, server):
            event, command = "aws", describe_aws_call(tool, server, arguments)
        elif _only_writes(tool, arguments) and (paths := find_paths(arguments, where)):
            event, content = "write", find_content(arguments)
        else:
            runs = any(word in name for word in tools.RUNNING_WORDS)
            command = find_command(arguments, tools.COMMAND_FIELDS if runs else tools.UNKNOWN_COMMAND_FIELDS)
            event = "shell" if command else "other"
    return ToolCall(host, event, tool, command, shell, where, paths, content, session)


def _only_writes(tool: str, arguments: Json) -> bool:
    """Whether a tool writes files by its name, and nothing like a line of a shell stands in its arguments."""
    return tools.writes_files(tool) and " " not in find_command(arguments, tools.UNKNOWN_COMMAND_FIELDS).strip()


def parsed_arguments(given: Json) -> Json:
    """The arguments, which some hosts send as JSON in a text."""
    if isinstance(given, str) and given.lstrip()[:1] in ("{", "["):
        from cdkguard.agents.quick_json import parse_json

        try:
            return parse_json(given)
        except (ValueError, RecursionError):
            return given
    return given


def find_command(arguments: Json, fields: tuple[str, ...]) -> str:
    """The commands in the arguments, a line each; a list of words is quoted as a shell would take them."""
    if isinstance(arguments, str):
        return arguments if fields is tools.COMMAND_FIELDS else ""
    return "\n".join(_commands(arguments, fields, 0))


def _commands(value: Json, fields: tuple[str, ...], depth: int) -> Iterator[str]:
    if depth > _DEEPEST:
        return
    if isinstance(value, dict):
        for key, item in value.items():
            if key in fields and isinstance(item, str):
                more = _words(value.get("args"))
                yield _line([item, *more]) if more else item
            elif (
                key in tools.PROGRAM_FIELDS
                and isinstance(item, str)
                and item
                and not any(each in value for each in fields)
            ):
                more = next((found for name in tools.ARGUMENT_FIELDS if (found := _words(value.get(name)))), [])
                if more or fields is tools.COMMAND_FIELDS:
                    yield _line([item, *more]) if more else item
            elif key in fields and _words(item):
                yield _line(_words(item))
            else:
                yield from _commands(item, fields, depth + 1)
    elif isinstance(value, list):
        for item in value:
            yield from _commands(item, fields, depth + 1)


def _words(value: Json) -> list[str]:
    """The value where it is a list of texts, else an empty one."""
    return value if isinstance(value, list) and all(isinstance(item, str) for item in value) else []


def _line(words: list[str]) -> str:
    import shlex

    return shlex.join(words) if len(words) > 1 else words[0]


def find_paths(arguments: Json, directory: str) -> tuple[str, ...]:
    """The files that the arguments name, as written there, and those in the text of a patch."""
    found = dict.fromkeys(_texts(arguments, tools.PATH_FIELDS, 0))
    for text in [arguments] if isinstance(arguments, str) else _texts(arguments, tools.PATCH_FIELDS, 0):
        found.update(dict.fromkeys(paths_of_patch(text)))
    return tuple(found)


def find_content(arguments: Json) -> str:
    """What would be written, and what that takes the place of, all pieces behind each other."""
    if isinstance(arguments, str):
        return arguments
    return "\n".join(_texts(arguments, (*tools.CONTENT_FIELDS, *tools.PATCH_FIELDS), 0))


def _texts(value: Json, fields: tuple[str, ...], depth: int) -> Iterator[str]:
    if depth > _DEEPEST:
        return
    if isinstance(value, dict):
        for key, item in value.items():
            if key in fields and isinstance(item, str):
                yield item
            elif key in ("files", "paths") and isinstance(item, list) and "path" in fields:
                yield from (name for name in item if isinstance(name, str))
                yield from _texts(item, fields, depth + 1)
            else:
                yield from _texts(item, fields, depth + 1)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item, fields, depth + 1)


def paths_of_patch(text: str) -> Iterator[str]:
    """The files of a patch in the form of apply_patch, or of a unified diff."""
    if "*** " not in text and "+++ " not in text:
        return
    for line in text.splitlines():
        for head in _PATCH_HEADS:
            if line.startswith(head):
                name = line[len(head) :].split("\t")[0].strip()
                if head in ("--- ", "+++ ") and name[:2] in ("a/", "b/"):
                    name = name[2:]
                if name and name != "/dev/null":
                    yield name


def _directory(arguments: Json, directory: str) -> str:
    """The folder that the tool would run in, absolute where the host's is."""
    if isinstance(arguments, dict):
        for field in tools.DIRECTORY_FIELDS:
            named = arguments.get(field)
            if isinstance(named, str) and named:
                return os.path.normpath(os.path.join(directory, os.path.expanduser(named)))
    return directory
