"""Whether a call is about something of ours, and what its line would do: reads scripts, runs nothing, loads no engine."""

from __future__ import annotations

import os

from cdkguard.agents.nouns import Action, ParsedLine, ToolCall

_CONFIGURATIONS = ("cdkguard.yaml", "cdkguard.yml")
_LONGEST_CONFIGURATION = 1 << 20  # bytes


def find_concern(call: ToolCall) -> ParsedLine | None:
    """What the judge has to be asked about; None where nothing of the call is ours."""
    if call.event in ("shell", "aws"):
        from cdkguard.agents.lines.read import parse_line

        line = parse_line(call.command, call.shell, call.directory, os.environ)
        line = line._replace(actions=(*line.actions, *_find_patches(call.command)))
        return line if line.actions or line.problems else None
    if call.event == "write":
        return ParsedLine() if _touches_guard(call) else None
    return ParsedLine() if call.event == "finished" and wants_after_edit(call.directory) else None


def _find_patches(command: str) -> tuple[Action, ...]:
    """The guarded files of patches that are handed to a shell, which Codex takes for its tool `apply_patch`."""
    if "*** Begin Patch" not in command:
        return ()
    from cdkguard.agents.guarded_names import is_guarded
    from cdkguard.agents.hosts.arguments import paths_of_patch

    paths = tuple(dict.fromkeys(path for path in paths_of_patch(command) if is_guarded(path)))
    return (Action("guard", "apply_patch", "write", paths=paths),) if paths else ()


def _touches_guard(call: ToolCall) -> bool:
    """Whether a write may be of a file that guards the agent, or of a suppression; the judge looks closer."""
    if any(_may_be_guarded(spelling) for path in call.paths for spelling in _spellings_of(path, call.directory)):
        return True
    return "cdkguard" in call.content.lower()


def _spellings_of(path: str, directory: str) -> tuple[str, str]:
    """The path as it is written, and where it leads through links."""
    return path, os.path.realpath(os.path.join(directory, os.path.expanduser(path.removeprefix("file://"))))


def _may_be_guarded(path: str) -> bool:
    """Whether the path may lead to a guarded file; letters that look like others are for the judge to tell."""
    from cdkguard.agents.guarded_names import PERHAPS, is_guarded

    name = os.path.basename(path)
    if is_guarded(path) or name in PERHAPS or name.startswith(".env") or not path.isascii():
        return True
    return "/.git/" in path.replace("\\", "/").lower()


def wants_after_edit(directory: str) -> bool:
    """Whether a configuration above the folder may ask for findings after an edit; the judge reads it properly."""
    for folder in folders_above(directory):
        for name in _CONFIGURATIONS:
            try:
                with open(os.path.join(folder, name), "rb") as handle:
                    return b"after_edit" in handle.read(_LONGEST_CONFIGURATION)
            except OSError:
                continue
        if os.path.exists(os.path.join(folder, ".git")):
            return False
    return False


def folders_above(directory: str) -> list[str]:
    """The folder and those that it lies in, up to the root."""
    found = [os.path.abspath(directory)]
    while os.path.dirname(found[-1]) != found[-1]:
        found.append(os.path.dirname(found[-1]))
    return found


def find_repository(directory: str) -> str | None:
    """The folder of the git repository that the folder lies in, by its `.git`; None where there is none."""
    return next((folder for folder in folders_above(directory) if os.path.exists(os.path.join(folder, ".git"))), None)
