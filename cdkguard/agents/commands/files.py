"""rm, mv, cp, tee, sed -i and redirections: reported where the file is one that guards the agent."""

from __future__ import annotations

from collections.abc import Iterator

from cdkguard.agents.commands.call import Call
from cdkguard.agents.guarded_names import find_by_pattern, is_guarded, is_parent_of_guarded
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
    "prettier": "", "git-apply": "",
}  # fmt: skip
_COPIES = {"cp", "ln", "install", "copy", "copy-item", "cpi", "ci", "rsync"}
_REMOVES = {
    "rm", "rmdir", "mv", "trash", "move", "del", "erase", "rd", "remove-item", "ri", "move-item", "mi", "rename-item",
    "rni", "ren", "rename", "chmod", "chattr", "shred",
}  # fmt: skip
NAMES = frozenset(_TOOLS)


def read_files(call: Call) -> Iterator[Action]:
    """The guarded files that the call would change."""
    name = call.words[0].lower()
    if name not in _TOOLS or not _writes(name, call.words):
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
    found = [guarded for path in paths if (guarded := find_guarded(path, call, name in _REMOVES))]
    if found:
        yield call.act("guard", name, "", paths=tuple(dict.fromkeys(found)))


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
    if name == "jq":
        return False
    if name in ("curl", "wget"):
        return True
    if name == "prettier":
        return "--write" in words or "-w" in words
    return True
