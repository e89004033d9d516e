"""What a command prints, as far as files of the repository and the line tell it; of a filter, the text of which that is a part."""

from __future__ import annotations

import os

from cdkguard._typing import TYPE_CHECKING
from cdkguard.agents.lines.paths import join_folder
from cdkguard.agents.lines.written import print_files
from cdkguard.agents.shell.outputs import print_of
from cdkguard.agents.shell.state import State, is_known, show, unknown

if TYPE_CHECKING:
    from cdkguard.agents.lines.session import Session

# They print a part of their input, or their input changed.
_FILTERS = frozenset(
    [
        "cat", "head", "tail", "sed", "gsed", "grep", "egrep", "fgrep", "rg", "awk", "gawk", "mawk", "cut", "sort", "uniq",
        "tac", "nl", "tr", "rev", "fold", "fmt", "expand", "paste", "column", "envsubst", "strings", "jq", "yq", "m4",
        "base64", "xxd", "shuf", "tee", "dos2unix", "bat", "batcat", "less", "more", "iconv", "zcat", "xargs",
    ]
)  # fmt: skip
# Questions to git whose answer stands in .git/HEAD.
BRANCH_QUESTIONS = (
    ("branch", "--show-current"),
    ("rev-parse", "--abbrev-ref", "HEAD"),
    ("symbolic-ref", "--short", "HEAD"),
)


def find_printed(session: Session, name: str, words: tuple[str, ...], state: State, given: str | None) -> str | None:
    """What the command prints; a piece that is not known where it is a part of a text that is; None where nobody knows."""
    printed = _print(session, name, words, state, given)
    if printed is not None or (name not in _FILTERS and name != "git"):
        return printed
    text = _find_source(session, name, words, state, given)
    if not text:
        return None
    key = f"$({' '.join(map(show, words))})".replace("\n", " ")
    session.perhaps[key] = text
    return unknown(key)


def _print(session: Session, name: str, words: tuple[str, ...], state: State, given: str | None) -> str | None:
    rest = words[1:]
    if name == "pwd" or rest == ("rev-parse", "--show-toplevel"):
        folder = state.directory if name == "pwd" else session.repository.top
        return f"{folder}\n" if state.directory and folder else None
    if name == "git" and rest in BRANCH_QUESTIONS and (branch := session.current_branch()):
        return f"{branch}\n"
    if name in ("dirname", "basename", "realpath", "readlink"):
        return _print_path(name, rest, state)
    if name == "cat":
        return print_files(session, words, state, given)
    if name in ("head", "tail"):
        return _print_end(session, name, words, state, given)
    if name in ("ls", "find"):
        from cdkguard.agents.lines.listing import print_found, print_listing

        return print_listing(session, words, state) if name == "ls" else print_found(session, words, state)
    if given is not None and not is_known(given) and show(given).strip() in session.perhaps and name in _FILTERS:
        return None
    return print_of((name, *rest), given)


def _print_path(name: str, rest: tuple[str, ...], state: State) -> str | None:
    paths = [word for word in rest if word[:1] != "-"]
    if not paths or not all(map(is_known, paths)):
        return None
    if name in ("realpath", "readlink"):
        whole = join_folder(state.directory, paths[0])
        return f"{whole}\n" if whole and (name == "realpath" or "-f" in rest or "-e" in rest) else None
    path = paths[0].rstrip("/") or "/"
    if name == "dirname":
        return f"{os.path.dirname(path) or '.'}\n"
    return os.path.basename(path).removesuffix(paths[1] if len(paths) > 1 else "") + "\n"


def _print_end(session: Session, name: str, words: tuple[str, ...], state: State, given: str | None) -> str | None:
    """The first or last lines of a text, where the number is a plain one."""
    rest, count, paths = list(words[1:]), "10", []
    while rest:
        word = rest.pop(0)
        if word in ("-n", "--lines") and rest:
            count = rest.pop(0)
        elif word[:2] == "-n":
            count = word[2:]
        elif word.startswith("--lines="):
            count = word[8:]
        elif word[:1] == "-" and word[1:].isdigit():
            count = word[1:]
        elif word[:1] == "-" and word != "-":
            return None
        else:
            paths.append(word)
    text = print_files(session, (name, *paths), state, given)
    if text is None or not is_known(text) or not count.isdigit() or len(count) > 6:
        return None
    lines = text.splitlines(keepends=True)
    return "".join(lines[: int(count)] if name == "head" else lines[-int(count) :] if int(count) else [])


def _find_source(session: Session, name: str, words: tuple[str, ...], state: State, given: str | None) -> str | None:
    """The text that a filter reads: files of the repository, or its input."""
    if name == "git":
        if words[1:2] not in (("show",), ("cat-file",)):
            return None
        paths = [word.partition(":")[2] for word in words[2:] if ":" in word]
        folder = session.repository.top
        return "".join(filter(None, (session.repository.read(path, folder) for path in paths if path))) or None
    texts = [
        _values_of(word, session.read_input(word, state, is_printed=True))
        for word in words[1:]
        if word[:1] != "-" and _may_be_file(session, word, state)
    ]
    if any(texts):
        return "\n".join(filter(None, texts))
    if given is None:
        return None
    text = given if is_known(given) else session.perhaps.get(show(given).strip())
    if text is None:
        return None
    changed = print_of((name, *words[1:]), text)
    return text if not changed or changed == text else f"{text}\n{changed}"


def _values_of(path: str, text: str | None) -> str | None:
    """The text; of JSON, its values a line each, which `jq` prints."""
    if text is None or not path.endswith((".json", ".jsonc", ".yaml", ".yml")):
        return text
    import re

    values = re.findall(r'"((?:[^"\\]|\\.)*)"\s*[,}\]\n]', text)
    return "\n".join(
        [each.replace('\\"', '"') for each in values] + ([text] if not path.endswith((".json", ".jsonc")) else [])
    )


def _may_be_file(session: Session, word: str, state: State) -> bool:
    if not is_known(word):
        return show(word) in session.perhaps
    return (
        session.repository.is_file(word, state.directory)
        or session.repository.written_at(word, state.directory) is not None
    )
