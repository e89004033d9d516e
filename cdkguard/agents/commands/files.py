"""rm, mv, cp, tee, sed -i and redirections: reported where the file is one that guards the agent."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from cdkguard.agents.commands.call import Call
from cdkguard.agents.commands.git_trees import paths_of_patch
from cdkguard.agents.guarded_names import find_by_pattern, is_around, is_guarded, is_parent_of_guarded
from cdkguard.agents.nouns import Action

# Tool -> options that take a value. The last argument alone is written by cp, ln and install.
_TOOLS: dict[str, str] = {
    "rm": "", "unlink": "", "rmdir": "", "shred": "-n -s", "trash": "", "truncate": "-s -r --size", "touch": "-d -t -r",
    "mv": "-t -S --target-directory", "cp": "-t -S --target-directory", "ln": "-t -S", "install": "-m -o -g -t",
    "tee": "", "chmod": "", "chown": "", "chattr": "", "sponge": "", "patch": "-i -p -d -o", "rsync": "-e", "ed": "", "ex": "-c",
    "vim": "-c", "vi": "-c", "nano": "", "emacs": "", "del": "", "erase": "", "move": "", "copy": "", "ren": "", "rename": "",
    "remove-item": "", "ri": "", "rd": "", "set-content": "-value", "sc": "-value", "add-content": "-value", "ac": "-value",
    "out-file": "-encoding -inputobject", "clear-content": "", "clc": "", "move-item": "", "mi": "", "copy-item": "", "ci": "",
    "cpi": "", "rename-item": "", "rni": "", "new-item": "-value -itemtype", "ni": "-value -itemtype", "yq": "", "jq": "", "curl": "-X -H -d", "wget": "",
    "dd": "", "split": "", "sed": "-e -f --expression --file", "gsed": "-e -f", "perl": "-e -I", "awk": "-v -f", "gawk": "-v -f", "ruby": "-e",
    "prettier": "", "git-apply": "", "find": "", "fd": "",
}  # fmt: skip
_COPIES = {"cp", "ln", "install", "copy", "copy-item", "cpi", "ci", "rsync"}
_REMOVES = {
    "rm", "rmdir", "mv", "trash", "move", "del", "erase", "rd", "remove-item", "ri", "move-item", "mi", "rename-item",
    "rni", "ren", "rename", "chmod", "chattr", "shred",
}  # fmt: skip
_DELETES = {"rm", "trash", "del", "erase", "rd", "remove-item", "ri", "shred"}
NAMES = frozenset(_TOOLS)


def read_files(call: Call) -> Iterator[Action]:
    """The guarded files that the call would change."""
    name = call.words[0].lower()
    if name not in _TOOLS or not _writes(name, call.words):
        return
    if name in ("find", "fd"):
        yield from _read_find(call)
        return
    valued = _TOOLS[name].split()
    paths, at = [], 1
    while at < len(call.words):
        word = call.words[at]
        at += 1
        if word.lower() in valued:
            if word in ("-t", "--target-directory", "-o") and at < len(call.words):
                paths.append(call.words[at])
            at += 1
        elif word[:1] != "-" or word.startswith("--target-directory="):
            paths.append(word.partition("=")[2] if name == "dd" or word[:2] == "--" else word)
        elif name in ("curl", "wget") and word[:2] in ("-o", "-O") and len(word) > 2:
            paths.append(word[2:])
    if name in _COPIES:
        sources, last = paths[:-1], paths[-1:]
        paths = [
            *last,
            *(
                f"{last[0].rstrip('/')}/{source.rstrip('/').rpartition('/')[2]}"
                for source in sources
                if _is_folder(last[0], call)
            ),
        ]
    if name == "patch":
        paths += [
            path for text in (call.given, *map(call.read, _inputs(call.words))) for path in paths_of_patch(text or "")
        ]
    found = [guarded for path in paths if (guarded := find_guarded(path, call, name in _REMOVES))]
    if name in _DELETES:
        found += [path for path in paths if is_around(path, call.directory)]
    if found:
        yield call.act("guard", name, "", paths=tuple(dict.fromkeys(found)))


def _inputs(words: tuple[str, ...]) -> list[str]:
    """The files that `patch -i FILE` reads."""
    found = [after for word, after in pairwise(words) if word in ("-i", "--input")]
    return found + [word.partition("=")[2] for word in words if word.startswith("--input=")]


def _read_find(call: Call) -> Iterator[Action]:
    """`find .. -delete` and `find .. -exec sed -i`: the guarded files of the folders that the patterns mean."""
    words = call.words
    at = next((at for at, word in enumerate(words[1:], 1) if word[:1] == "-" or word in ("(", "!")), len(words))
    given = tuple(pairwise(words))
    patterns = [after for word, after in given if word in ("-name", "-iname")]
    patterns += [after.rpartition("/")[2] for word, after in given if word in ("-path", "-wholename", "-ipath")]
    narrows = {"-path", "-regex", "-newer", "-empty", "-mtime", "-mmin", "-size", "-user", "-perm", "-wholename"}
    if not patterns and (narrows & set(words) or ("-type", "d") in given):
        return
    found: list[str] = []
    for folder in words[1:at] or (".",):
        for pattern in patterns or ("*",):
            path = f"{folder.rstrip('/')}/{pattern}"
            found += (
                [path] if is_guarded(path) and call.exists(path) else filter(None, [find_by_pattern(path, call.exists)])
            )
    if found:
        yield call.act("guard", words[0], "", paths=tuple(dict.fromkeys(found)))


def _runs_writer(words: tuple[str, ...]) -> bool:
    """Whether what `find -exec` starts writes the files that are found."""
    for at, word in enumerate(words):
        if word in ("-exec", "-execdir", "-ok", "-okdir") and at + 1 < len(words):
            name = words[at + 1].rpartition("/")[2].lower()
            rest = words[at + 1 :]
            end = next((i for i, each in enumerate(rest) if each in (";", "+", "\\;")), len(rest))
            if (
                name in _TOOLS
                and name not in ("find", "curl", "wget", "cp", "touch")
                and _writes(name, tuple(rest[:end]))
            ):
                return True
    return False


def read_redirects(call: Call, redirects: tuple[tuple[str, str], ...]) -> Iterator[Action]:
    """The guarded files into which a command's output goes."""
    found = [
        guarded
        for operator, path in redirects
        if operator in (">", ">>", ">|", "&>", "&>>", "<>", ">&") and (guarded := find_guarded(path, call, False))
    ]
    if found:
        words = call.words or (">", *found)
        yield call._replace(words=words).act("guard", "shell", ">", paths=tuple(dict.fromkeys(found)))


def find_guarded(path: str, call: Call, is_removed: bool) -> str:
    """The guarded file that the path means; nothing where it is another."""
    if is_guarded(path) or (is_removed and is_parent_of_guarded(path)):
        return path
    if path.lower().rpartition("/")[2] == "pyproject.toml":
        return path if "[tool.cdkguard" in (call.read(path) or "") else ""
    return find_by_pattern(path, call.exists)


def _is_folder(path: str, call: Call) -> bool:
    """Whether what is copied goes into the path, not onto it."""
    return path.endswith(("/", ".")) or (call.exists(path) and call.read(path) is None)


def _writes(name: str, words: tuple[str, ...]) -> bool:
    """Whether the tool, with these options, writes files at all."""
    if name in ("sed", "gsed"):
        return any(
            word[:2] == "-i" or word.startswith("--in-place") or (word[:1] == "-" and word[1:2] != "-" and "i" in word)
            for word in words[1:]
        )
    if name in ("perl", "ruby"):
        return any(word[:1] == "-" and word[1:2] != "-" and "i" in word for word in words[1:])
    if name == "yq":
        return any(word in ("-i", "--inplace", "-y") for word in words[1:])
    if name in ("awk", "gawk"):
        return "inplace" in words
    if name in ("find", "fd"):
        return "-delete" in words or _runs_writer(words)
    if name == "jq":
        return False
    if name in ("curl", "wget"):
        return True
    if name == "prettier":
        return "--write" in words or "-w" in words
    return True
