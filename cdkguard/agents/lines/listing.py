"""Files that a line names by a pattern, or by a command that lists them: `scripts/*.sh`, `ls`, `find -name`."""

from __future__ import annotations

import os

from cdkguard._typing import TYPE_CHECKING, NamedTuple
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
    rest = [word for word in words[1:] if word not in ("-L", "-H", "-P")]
    end = next((at for at, word in enumerate(rest) if word[:1] in ("-", "(", "!")), len(rest))
    tests = _read_tests(rest[end:])
    if tests is None or not all(map(is_known, words)):
        return None
    found: list[str] = []
    entries = 0
    for start in rest[:end] or ["."]:
        top = session.repository.locate(start, state.directory)
        if not top or not os.path.exists(top):
            return None
        for folder, folders, files in os.walk(top):
            level = 0 if folder == top else folder[len(top) :].count("/")
            folders[:] = sorted(each for each in folders if each not in _SKIPPED) if level + 1 < tests.depth else []
            entries += len(files) + len(folders)
            shown = f"{start.rstrip('/')}{folder[len(top) :]}"
            found += [f"{shown}/{name}" for name in sorted(files) if tests.holds_for(f"{shown}/{name}")]
            if entries > MOST_ENTRIES or len(found) > MOST_PATHS:
                return None
    session.budget.spend(entries)
    return "".join(f"{each}\n" for each in found)


class _Tests(NamedTuple):
    """The tests of `find`: any of the patterns, none of those that are left out."""

    wanted: tuple[str, ...]
    left_out: tuple[str, ...]
    depth: int
    is_any: bool

    def holds_for(self, path: str) -> bool:
        """Whether a file is found."""
        from fnmatch import fnmatchcase

        name = path.rpartition("/")[2]
        held = [fnmatchcase(path if "/" in pattern else name, pattern) for pattern in self.wanted]
        if any(fnmatchcase(path if "/" in pattern else name, pattern) for pattern in self.left_out):
            return False
        return not held or (any(held) if self.is_any else all(held))


def _read_tests(words: list[str]) -> _Tests | None:
    """The tests behind the folders; None where only other things than files are looked for."""
    wanted: list[str] = []
    left_out: list[str] = []
    depth, is_negated = 1_000, False
    for at, word in enumerate(words):
        value = words[at + 1] if at + 1 < len(words) else ""
        if word in ("-exec", "-execdir", "-ok", "-okdir"):
            break
        if word in ("!", "-not"):
            is_negated = True
            continue
        if word in ("-name", "-iname", "-path", "-ipath", "-wholename"):
            is_pruned = words[at + 2 : at + 3] == ["-prune"]
            value = value if word in ("-name", "-iname") or "/" in value else f"/{value}"
            (left_out if is_negated or is_pruned else wanted).append(value)
        elif word == "-type" and value and "f" not in value and not is_negated:
            return None
        elif word == "-maxdepth" and value.isdigit() and len(value) < 4:
            depth = int(value)
        is_negated = False
    return _Tests(tuple(wanted), tuple(left_out), depth, "-o" in words or "-or" in words)
