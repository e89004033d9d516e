"""Commands whose first word only a run would show, in a line that names one of our tools."""

from __future__ import annotations

from collections.abc import Iterator

from cdkguard._typing import TYPE_CHECKING
from cdkguard.agents.commands.call import Call
from cdkguard.agents.commands.table import DEPLOYERS, NAMES, name_of
from cdkguard.agents.nouns import Action
from cdkguard.agents.shell.state import is_known, show

if TYPE_CHECKING:
    from cdkguard.agents.lines.session import Session

_SEPARATORS = str.maketrans(dict.fromkeys("\t\n\r'\"`;|&()<>{}=,$!\0", " "))
_BEGINNINGS = (
    "cdk", "aws", "sam", "sst", "ampx", "amplify", "serverless", "sls", "copilot", "chalice", "rain", "eksctl", "sceptre",
    "zappa",
)  # fmt: skip
_VERBS = frozenset(
    [
        "deploy", "destroy", "delete", "remove", "rollback", "gc", "orphan", "import", "refactor", "watch", "bootstrap",
        "push", "publish", "sync", "rm", "rb", "mv", "terminate", "launch", "prune", "dev", "sandbox", "undeploy",
        "cloudformation", "dynamodb", "s3", "s3api", "rds", "execute-change-set",
    ]
)  # fmt: skip
_NAMED = DEPLOYERS | {name for name, tool in NAMES.items() if tool in DEPLOYERS}


def find_hidden(session: Session, name: str, words: tuple[str, ...], call: Call) -> Iterator[Action]:
    """The action of a command that may be ours: `$x deploy` where the line, or a variable of it, names cdk."""
    if name and is_known(words[0]):
        tool = _pattern_of_tool(name) or _lookalike_of_tool(words[0])
        if tool:
            yield call.act("hidden", tool, "", unread=f"{show(words[0])} may mean {tool}")
        return
    tool = find_named_tool(" ".join(words)) if session.depth else session.tool_of_line
    tool = tool or next(filter(None, map(find_named_tool, map(str, call.variables.values()))), "")
    if tool and _is_unknown_name(words) and _may_write(words):
        yield call.act(
            "hidden",
            tool,
            "",
            unread=f"what {show(words[0])} runs is not known before the line runs, and the line names {tool}",
        )


def find_named_tool(text: str) -> str:
    """The tool of ours that a text names as a word of its own."""
    plain = text.lower()
    if not any(name in plain for name in _BEGINNINGS):
        return ""
    for word in plain.translate(_SEPARATORS).split():
        if word in _NAMED:
            return NAMES.get(word, word)
        if "/bin/" in f"/{word}" and word.rpartition("/")[2] in _NAMED:
            return NAMES.get(word.rpartition("/")[2], word.rpartition("/")[2])
    return ""


def _is_unknown_name(words: tuple[str, ...]) -> bool:
    """Whether the program's own name is not known; of `$BIN/python` it is."""
    if is_known(words[0]):
        return True  # the input of a shell
    return not is_known(words[0].rpartition("/")[2]) or name_of(words[0]) in DEPLOYERS


def _may_write(words: tuple[str, ...]) -> bool:
    """Whether the arguments leave room for a verb that writes: none at all, one that is not known, or one that is ours."""
    rest = words[1:]
    return not rest or any(
        not is_known(word) or word in _VERBS or word.startswith(("delete-", "put-", "update-")) for word in rest
    )


def _pattern_of_tool(name: str) -> str:
    """The tool that a shell's pattern in the place of a command means: `/usr/bin/cd?`."""
    if not any(char in name for char in "*?[") or name in ("[", "[[", "?", "*"):
        return ""
    from fnmatch import fnmatchcase

    return (
        next((tool for tool in sorted(DEPLOYERS) if fnmatchcase(tool, name)), "")
        if name.strip("*?[]") or len(name) > 1
        else ""
    )


def _lookalike_of_tool(word: str) -> str:
    """The tool whose name a word shows, written with other characters: full width, Cyrillic, invisible ones."""
    if word.isascii():
        return ""
    import unicodedata

    plain = unicodedata.normalize("NFKC", word).lower().translate(_LOOKALIKES)
    plain = "".join(char for char in plain if unicodedata.category(char) not in ("Cf", "Mn", "Cc"))
    name = name_of(plain)
    return name if name in DEPLOYERS else ""


_LOOKALIKES = str.maketrans(
    {"\u0441": "c", "\u0501": "d", "\u043a": "k", "\u0430": "a", "\u0455": "s", "\u043c": "m", "\u0440": "p", "\u0435": "e",
     "\u043e": "o", "\u03ba": "k", "\u03bf": "o", "\u03f2": "c"}
)  # fmt: skip
