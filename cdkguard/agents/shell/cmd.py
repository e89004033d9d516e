"""Lines of cmd.exe -> the same commands as those of a POSIX shell, with `%NAME%` and `^` as cmd takes them."""

from __future__ import annotations

import re

from cdkguard.agents.shell.budget import Budget
from cdkguard.agents.shell.nouns import Node, Parameter, Piece, Redirect, Simple, Text, Word
from cdkguard.text.regexes import lazy_pattern

_CMD_WORD = lazy_pattern(r"\"[^\"]*\"?|[^\s\"&|<>()]+")
_CMD_KEYWORDS = {
    "if", "else", "for", "do", "in", "not", "exist", "errorlevel", "call", "start", "@echo", "setlocal", "endlocal", "/b",
    "/wait", "/i", "/d",
}  # fmt: skip


def parse_cmd(text: str, budget: Budget) -> tuple[Node, ...]:
    """The commands of a text of cmd.exe, `%NAME%` and `^` taken as cmd takes them."""
    budget.spend(len(text))
    nodes: list[Simple] = []
    for line in text.replace("^\r\n", "").replace("^\n", "").splitlines():
        plain = _without_carets(line)
        if plain.strip().lower().startswith(("rem ", "::", "rem\t")):
            continue
        words: list[Word] = []
        redirects: list[Redirect] = []
        at = 0
        while at < len(plain):
            char = plain[at]
            if char in "&|()":
                if words or redirects:
                    nodes.append(Simple(tuple(words), tuple(redirects)))
                words, redirects = [], []
                at += 1
            elif char in "<>":
                found = re.compile(r"(>>|>|<)(&\d)?\s*(\"[^\"]*\"|[^\s&|<>]*)").match(plain, at)
                if found and not found[2]:
                    redirects.append(Redirect(found[1], (Text(found[3].strip('"'), True),)))
                at = found.end() if found else at + 1
            elif found := _CMD_WORD.match(plain, at):
                whole = found[0]
                at = found.end()
                while at < len(plain) and (more := _CMD_WORD.match(plain, at)):
                    whole += more[0]
                    at = more.end()
                if words or whole.lower().lstrip("@") not in _CMD_KEYWORDS:
                    words.append(_cmd_word(whole if words else whole.lstrip("@")))
            else:
                at += 1
        if words or redirects:
            nodes.append(Simple(tuple(words), tuple(redirects)))
    return tuple(map(_assign, nodes))


def _without_carets(line: str) -> str:
    made, is_quoted, at = [], False, 0
    while at < len(line):
        if line[at] == '"':
            is_quoted = not is_quoted
        if line[at] == "^" and not is_quoted:
            at += 1
            if at >= len(line):
                break
        made.append(line[at])
        at += 1
    return "".join(made)


def _cmd_word(text: str) -> Word:
    pieces: list[Piece] = []
    for number, part in enumerate(re.split(r"%([\w:~=,-]+)%|!(\w+)!", text.replace('"', ""))):
        if number % 3 == 0:
            if part:
                pieces.append(Text(part, True))
        elif part:
            pieces.append(Parameter(part if part.isidentifier() else "", f"%{part}%", False))
    return tuple(pieces) or (Text("", True),)


def _assign(node: Simple) -> Node:
    """`set NAME=VALUE` as an assignment."""
    if len(node.words) > 1 and isinstance(first := node.words[0][0], Text) and first.text.lower() == "set":
        second = node.words[1][0]
        if isinstance(second, Text) and "=" in second.text:
            rest: list[Piece] = [Text(second.text, False), *node.words[1][1:]]
            for word in node.words[2:]:
                rest += [Text(" ", True), *word]
            return Simple((tuple(rest),))
    return node
