"""Files that a line names by a pattern, or by a command that lists them: `scripts/*.sh`, `ls`, `find -name`."""

from __future__ import annotations

import os

from cdkguard._typing import TYPE_CHECKING
from cdkguard.agents.shell.state import State, is_known

if TYPE_CHECKING:
    from cdkguard.agents.lines.session import Session

MOST_PATHS = 60  # that one pattern means
MOST_ENTRIES = 4_000  # of folders that are looked at for one pattern
_SKIPPED = (".git", "node_modules", ".venv", "cdk.out", "__pycache__")


def find_paths(session: Session, pattern: str, state: State) -> list[str]:
    """The paths of the repository that a pattern means, as the shell would write them; none where it is too wide."""
    from fnmatch import fnmatchcase

    found = ["/" if pattern.startswith("/") else ""]
    entries = 0
    for part in [each for each in pattern.split("/") if each]:
        if not any(char in part for char in "*?["):
            found = [f"{each}{part}/" for each in found]
            continue
        deeper = []
        for folder in found:
            for name in list_folder(session, folder or ".", state):
                entries += 1
                if fnmatchcase(name, part) and (name[:1] != "." or part[:1] == "."):
                    deeper.append(f"{folder}{name}/")
        if entries > MOST_ENTRIES:
            return []
        found = deeper[:MOST_PATHS]
    session.budget.spend(entries)
    paths = [path.rstrip("/") for path in found]
    return [path for path in paths if session.repository.exists(path, state.directory)]


def list_folder(session: Session, folder: str, state: State) -> list[str]:
    """The names in a folder of the repository, in order; none where it is none."""
    real = session.repository.locate(folder, state.directory)
    if not real or not os.path.isdir(real):
        return []
    try:
        with os.scandir(real) as listed:
            return sorted(entry.name for _, entry in zip(range(MOST_ENTRIES), listed, strict=False))
    except OSError:  # the shell of the same user cannot list it either
        return []


def print_listing(session: Session, words: tuple[str, ...], state: State) -> str | None:
    """What `ls` of files and folders prints, with one name a line."""
    paths = [word for word in words[1:] if word[:1] != "-"]
    if not all(map(is_known, paths)) or any("l" in word for word in words[1:] if word[:1] == "-"):
        return None
    lines: list[str] = []
    for path in paths or ["."]:
        real = session.repository.locate(path, state.directory)
        if not real or not os.path.exists(real):
            return None
        if os.path.isdir(real):
            lines += [name for name in list_folder(session, path, state) if name[:1] != "."]
        else:
            lines.append(path)
    return "".join(f"{line}\n" for line in lines)


def print_found(session: Session, words: tuple[str, ...], state: State) -> str | None:
    """The files that `find FOLDER -name PATTERN` finds; None where they are not known, or too many."""
    from fnmatch import fnmatchcase

    words = tuple(word for word in words if word not in ("-L", "-H", "-P"))
    end = next((at for at, word in enumerate(words[1:], 1) if word[:1] in ("-", "(", "!")), len(words))
    names = {option: value for option, value in zip(words, words[1:], strict=False)}
    pattern, path = names.get("-name", names.get("-iname")), names.get("-path")
    if not all(map(is_known, words)):
        return None
    depth = names.get("-maxdepth", "")
    found: list[str] = []
    entries = 0
    for start in words[1:end] or (".",):
        top = session.repository.locate(start, state.directory)
        if not top or not os.path.exists(top):
            return None
        for folder, folders, files in os.walk(top):
            level = 0 if folder == top else folder[len(top) :].count("/")
            folders[:] = sorted(each for each in folders if each not in _SKIPPED)
            if depth.isdigit() and level + 1 >= int(depth):
                folders[:] = []
            entries += len(files) + len(folders)
            shown = f"{start.rstrip('/')}{folder[len(top) :]}"
            for name in sorted(files):
                is_named = pattern is None or fnmatchcase(name.lower(), pattern.lower())
                if is_named and (path is None or fnmatchcase(f"{shown}/{name}", path)):
                    found.append(f"{shown}/{name}")
            if entries > MOST_ENTRIES or len(found) > MOST_PATHS:
                return None
    session.budget.spend(entries)
    return "".join(f"{each}\n" for each in found)
