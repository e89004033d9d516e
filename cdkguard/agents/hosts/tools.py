"""The tools of all hosts by their names: which run a command, which write files, which do neither."""

from __future__ import annotations

from cdkguard._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cdkguard.agents.nouns import Shell

# Names in lower case without `_` and `-`: hosts spell the same tool in several ways.
SHELL_TOOLS: dict[str, Shell] = {
    "bash": "posix",  # Claude Code, Codex, Copilot
    "shell": "posix",  # Cursor (Shell), Kiro CLI 3, Codex
    "monitor": "posix",  # Claude Code: a command whose output is followed
    "runshellcommand": "posix",  # Gemini CLI
    "runcommand": "posix",  # Antigravity
    "runinterminal": "posix",  # VS Code
    "runterminalcommand": "posix",  # VS Code, older
    "runterminalcmd": "posix",  # Cursor, older
    "sendtoterminal": "posix",  # VS Code: input of a terminal that is open
    "executebash": "posix",  # Kiro IDE, Kiro CLI 2
    "executecommand": "posix",
    "exec": "posix",  # Devin CLI
    "execcommand": "posix",  # Codex
    "localshell": "posix",
    "terminal": "posix",
    "writebash": "posix",  # Copilot: input of a shell that is open
    "writestdin": "posix",  # Codex: the same
    "writetoprocess": "posix",  # Devin CLI: the same
    "sendcommandinput": "posix",  # Antigravity: the same
    "powershell": "powershell",
    "writepowershell": "powershell",
    "executepwsh": "powershell",  # Kiro IDE on Windows
    "executecmd": "cmd",
}
WRITE_TOOLS = frozenset(
    (
        "write", "edit", "multiedit", "notebookedit",  # Claude Code, Devin CLI
        "applypatch",  # Codex, Copilot, VS Code
        "create", "strreplaceeditor", "strreplace", "strreplacebasededittool",  # Copilot, Kiro
        "createfile", "createdirectory", "editfiles", "inserteditintofile", "replacestringinfile",
        "multireplacestringinfile", "editnotebookfile",  # VS Code
        "writefile", "replace",  # Gemini CLI
        "writetofile", "replacefilecontent", "multireplacefilecontent",  # Antigravity
        "fswrite", "fsappend", "fsreplace", "deletefile", "delete", "tabwrite", "searchreplace", "editfile",  # Kiro, Cursor
        "notebookeditcell", "editnotebook", "movefile", "renamefile", "smartrelocate", "semanticrename",
    )
)  # fmt: skip
# Parts of the names of an MCP server's tools that write files: `write_file`, `edit_block`, `replace_text_in_file`, `move_file`.
_WRITING_VERBS = (
    "write", "edit", "create", "move", "rename", "delete", "remove", "replace", "insert", "append", "update", "patch", "modify",
    "copy", "save", "overwrite",
)  # fmt: skip
_WRITTEN_THINGS = ("file", "dir", "folder", "path", "block", "text", "symbol", "content", "line", "notebook", "note")
# They neither run nor write, and a field of theirs may be called as one that does.
HARMLESS_TOOLS = frozenset(
    (
        "read", "grep", "glob", "ls", "view", "rg", "readfile", "readmanyfiles", "viewfile", "listdir", "listdirectory",
        "filesearch", "grepsearch", "globsearch", "findbyname", "codebasesearch", "semanticsearch", "fsread", "readcode",
        "readfiles", "getdiagnostics", "geterrors", "listfiles", "searchfilecontent", "googlewebsearch", "websearch",
        "webfetch", "searchweb", "readurlcontent", "todowrite", "updatetodo", "writetodos", "todoread",
        "askuserquestion", "askuser", "bashoutput", "readbash", "stopbash", "killshell", "killbash", "taskoutput",
        "thinking", "reportintent", "savememory", "listbash", "tabread", "readlints", "exitplanmode", "enterplanmode",
    )
)  # fmt: skip

# The fields that hold a command, the usual first.
COMMAND_FIELDS = ("command", "CommandLine", "command_line", "commandLine", "cmd", "script", "input", "chars", "Input")
# Those of a tool that nobody here knows: `input` may be anything there.
UNKNOWN_COMMAND_FIELDS = (
    "command",
    "CommandLine",
    "command_line",
    "commandLine",
    "cmd",
    "shell_command",
    "bash",
    "script",
)
# A program that is named apart from its arguments.
PROGRAM_FIELDS = ("program", "executable", "exe", "binary")
ARGUMENT_FIELDS = ("args", "arguments", "argv", "parameters")
RUNNING_WORDS = (
    "process",
    "terminal",
    "shell",
    "exec",
    "command",
    "stdin",
    "bash",
)  # in the name of a tool that may run one
DIRECTORY_FIELDS = (
    "cwd",
    "Cwd",
    "workdir",
    "working_directory",
    "workingDirectory",
    "working_dir",
    "dir_path",
    "directory",
)
PATH_FIELDS = (
    "file_path", "filePath", "path", "TargetFile", "notebook_path", "target_file", "filename", "file", "destination",
    "sourcePath", "destinationPath", "old_path", "new_path", "relative_path", "source", "pathInProject", "file_name", "fileName",
    "target", "uri", "dest",
)  # fmt: skip
CONTENT_FIELDS = (
    "content", "contents", "new_string", "new_str", "newString", "newStr", "file_text", "text", "code", "CodeContent",
    "ReplacementContent", "new_source", "newCode", "insert_text", "old_string", "old_str", "oldString", "oldStr",
    "TargetContent", "newText", "oldText", "new_text", "old_text", "new_content", "replacement", "body",
)  # fmt: skip
PATCH_FIELDS = ("patch", "input", "command", "patch_text", "diff")


def plain_name(tool: str) -> str:
    """The name as the tables have it; of `functions.shell` or `MCP:shell` the last part."""
    return tool.rsplit(".", 1)[-1].lower().replace("_", "").replace("-", "")


def writes_files(tool: str) -> bool:
    """Whether a tool of an MCP server writes files, by its name: `mcp__filesystem__write_file`, `fs-edit_file`, `MCP:move_file`."""
    name = tool.lower().replace("/", "__").replace(":", "__").rpartition("__")[2]
    plain = plain_name(name)
    if plain in WRITE_TOOLS or plain.endswith(_ENDINGS_OF_WRITERS):
        return True
    verb = next((at for at in sorted(map(name.find, _WRITING_VERBS)) if at >= 0), -1)
    return verb >= 0 and any(thing in name[verb:] for thing in _WRITTEN_THINGS)


_ENDINGS_OF_WRITERS = ("writefile", "editfile", "movefile", "createfile", "deletefile")
