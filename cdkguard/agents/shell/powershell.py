"""PowerShell -> the same commands as those of a POSIX shell; of its own language only what starts programs."""

from __future__ import annotations

import re

from cdkguard.agents.shell.budget import Budget
from cdkguard.agents.shell.nouns import Group, Node, Output, Parameter, Piece, Pipeline, Redirect, Simple, Text, Word
from cdkguard.agents.shell.scan import find_closing
from cdkguard.text.regexes import lazy_pattern

_VARIABLE = lazy_pattern(
    r"\$(?:env:|global:|script:|local:|private:)?(\w+)|\$\{(?:env:)?([^}]+)\}", re.IGNORECASE | re.ASCII
)
_PLAIN = lazy_pattern(r"[^\s'\"`$|;&(){}<>,@#]+")
_ENDS = " \t\r\n|;&(){}<>,"
# Words that are no program in the place of a command.
_KEYWORDS = {"if", "else", "elseif", "while", "for", "foreach", "foreach-object", "do", "until", "try", "catch", "finally", "switch", "%", "?",
             "where-object", "where", "return", "function", "param", "begin", "process", "end", "in", "trap", "throw"}  # fmt: skip
_INVOKES = {
    "&", ".", "iex", "invoke-expression", "start-process", "saps", "start", "invoke-command", "icm", "start-job",
    "measure-command",
}  # fmt: skip


def parse_powershell(text: str, budget: Budget) -> tuple[Node, ...]:
    """The commands of a PowerShell text; blocks `{ .. }` and `( .. )` may all run."""
    budget.spend(len(text))
    parser = _PowerShell(text, budget)
    return tuple(parser.parse_block(""))


class _PowerShell:
    def __init__(self, text: str, budget: Budget) -> None:
        self.text = text
        self.budget = budget
        self.at = 0

    def parse_block(self, closing: str) -> list[Node]:
        nodes: list[Node] = []
        stages: list[Node] = []
        words: list[Word] = []
        redirects: list[Redirect] = []
        inner: list[Node] = []

        is_invoked = False

        def end_stage() -> None:
            nonlocal is_invoked
            if redirects or (words and (is_invoked or not _is_expression(words[0]))):
                stages.append(_make_command(words, tuple(redirects)))
            is_invoked = False
            words.clear()
            redirects.clear()

        def end_line() -> None:
            end_stage()
            if stages:
                nodes.append(stages[0] if len(stages) == 1 else Pipeline(tuple(stages)))
            stages.clear()
            nodes.extend(inner)
            inner.clear()

        text = self.text
        while self.at < len(text):
            char = text[self.at]
            if char == closing:
                break
            if char in " \t\r":
                self.at += 1
            elif char == "`" and text[self.at + 1 : self.at + 2] in ("\n", "\r"):
                self.at += 2
            elif text.startswith("<#", self.at):
                found = text.find("#>", self.at)
                self.at = len(text) if found < 0 else found + 2
            elif char == "#":
                found = text.find("\n", self.at)
                self.at = len(text) if found < 0 else found
            elif char in "\n;":
                end_line()
                self.at += 1
            elif text.startswith(("&&", "||"), self.at):
                end_line()
                self.at += 2
            elif char == "|":
                end_stage()
                self.at += 1
            elif char in "({" or text.startswith(("@(", "@{", "$("), self.at):
                self.at += 1 + (char in "@$")
                with self.budget.deeper():
                    found_nodes = self.parse_block(")" if text[self.at - 1] == "(" else "}")
                self.at += 1
                if found_nodes:
                    inner.append(Group(tuple(found_nodes)))
                if words and _is_plain(words[0], _INVOKES):
                    words.append(_text_of(found_nodes))
            elif char in ")},&":
                is_invoked = is_invoked or (char == "&" and not words)
                self.at += 1
            elif char in "<>" or (char in "123456*" and text[self.at + 1 : self.at + 2] == ">"):
                self._read_redirect(redirects)
            else:
                word = self._read_word()
                if not words and _is_plain(word, _KEYWORDS):
                    continue
                if word == (Text("=", False),) and len(words) == 1:
                    name = words[0][0]
                    words.clear()
                    if isinstance(name, Parameter) and (value := self._assigned()):
                        nodes.append(Simple(((Text(f"{name.name}=", False), *value),)))
                    continue
                if not words and not is_invoked and (assignment := _as_assignment(word)):
                    nodes.append(assignment)
                    continue
                words.append(word)
        end_line()
        return nodes

    def _assigned(self) -> Word:
        """The value behind `$name =`, where it is one word that stands alone."""
        start = self.at
        while self.at < len(self.text) and self.text[self.at] in " \t":
            self.at += 1
        if self.at < len(self.text) and self.text[self.at] in "'\"":
            word = self._read_word()
            rest = self.text[self.at : self.at + 3].strip(" \t\r")
            if not rest or rest[0] in "\n;":
                return word
        self.at = start
        return ()

    def _read_redirect(self, redirects: list[Redirect]) -> None:
        found = re.compile(r"[1-6*]?(>>|>|<)(&\d)?\s*").match(self.text, self.at)
        self.at = found.end() if found else self.at + 1
        if found and not found[2] and self.at < len(self.text) and self.text[self.at] not in _ENDS:
            redirects.append(Redirect(found[1], self._read_word()))

    def _read_word(self) -> Word:
        text = self.text
        pieces: list[Piece] = []
        while self.at < len(text) and text[self.at] not in _ENDS:
            char = text[self.at]
            plain = _PLAIN.match(text, self.at)
            if plain:
                pieces.append(Text(plain[0], False))
                self.at = plain.end()
            elif char == "'":
                found = text.find("'", self.at + 1)
                end = len(text) if found < 0 else found
                pieces.append(Text(text[self.at + 1 : end], True))
                self.at = end + 1
            elif char == '"':
                end = _find_quote(text, self.at + 1)
                pieces += _expandable(text[self.at + 1 : end])
                self.at = end + 1
            elif char == "`":
                pieces.append(Text(text[self.at + 1 : self.at + 2], True))
                self.at += 2
            elif char == "$" and (variable := _VARIABLE.match(text, self.at)):
                pieces.append(Parameter(variable[1] or variable[2], variable[0], False))
                self.at = variable.end()
            elif char == "$" and text[self.at + 1 : self.at + 2] == "(":
                end = find_closing(text, self.at + 2, "(")
                pieces.append(Output(text[self.at + 2 : end], text[self.at : end + 1], True))
                self.at = end + 1
            elif text.startswith("@'", self.at) or text.startswith('@"', self.at):
                mark = "\n" + text[self.at + 1] + "@"
                found = text.find(mark, self.at)
                end = len(text) if found < 0 else found
                pieces.append(Text(text[self.at + 2 : end].lstrip("\r\n"), True))
                self.at = end + len(mark)
            else:
                pieces.append(Text(char, False))
                self.at += 1
        if not pieces:
            self.at += 1
        return tuple(pieces) or (Text("", True),)


def _make_command(words: list[Word], redirects: tuple[Redirect, ...]) -> Node:
    first = words[0][0] if words and words[0] else None
    name = first.text.lower() if isinstance(first, Text) and len(words[0]) == 1 and not first.is_quoted else ""
    if name in ("iex", "invoke-expression") and len(words) > 1:
        return Simple(
            (
                (Text("pwsh", False),),
                (Text("-Command", False),),
                *(word for word in words[1:] if not _is_plain(word, {"-command"})),
            ),
            redirects,
        )
    if name in ("start-process", "saps", "start", "start-job", "invoke-command", "icm"):
        skipped = {
            "-filepath", "-argumentlist", "-args", "-wait", "-nonewwindow", "-passthru", "-scriptblock", "-verb", "runas",
            "-command",
        }  # fmt: skip
        return Simple(tuple(word for word in words[1:] if not _is_plain(word, skipped)), redirects)
    if name == "." and len(words) > 1:
        return Simple(tuple(words[1:]), redirects)
    if isinstance(first, Text) and name == "set-alias" and len(words) > 2:
        rest = [word for word in words[1:] if not _is_plain(word, {"-name", "-value"})]
        return (
            Simple(((Text("alias", False),), (*rest[0], Text("=", False), *rest[1])), redirects)
            if len(rest) > 1
            else Simple(tuple(words), redirects)
        )
    return Simple(tuple(words), redirects)


def _is_expression(word: Word) -> bool:
    """A variable, a text or a number in the place of a command is a value: only `&` and `.` would run it."""
    return bool(word) and (
        isinstance(word[0], Parameter) or (isinstance(word[0], Text) and word[0].is_quoted and len(word) == 1)
    )


def _as_assignment(word: Word) -> Node | None:
    """`$env:STAGE="prod"` without blanks."""
    if (
        len(word) > 1
        and isinstance(name := word[0], Parameter)
        and isinstance(sign := word[1], Text)
        and sign.text.startswith("=")
    ):
        return Simple(((Text(f"{name.name}=", False), Text(sign.text[1:], True), *word[2:]),))
    return None


def _is_plain(word: Word, names: set[str]) -> bool:
    return len(word) == 1 and isinstance(word[0], Text) and not word[0].is_quoted and word[0].text.lower() in names


def _text_of(nodes: list[Node]) -> Word:
    return (Text("", True),) if not nodes else ()


def _find_quote(text: str, at: int) -> int:
    while at < len(text) and text[at] != '"':
        at += 2 if text[at] == "`" else 1
    return min(at, len(text))


def _expandable(text: str) -> list[Piece]:
    pieces: list[Piece] = []
    at = 0
    while at < len(text):
        if text[at] == "`":
            pieces.append(Text(text[at + 1 : at + 2], True))
            at += 2
        elif text[at] == "$" and (found := _VARIABLE.match(text, at)):
            pieces.append(Parameter(found[1] or found[2], found[0], True))
            at = found.end()
        else:
            end = min(
                (place for place in (text.find("$", at + 1), text.find("`", at + 1)) if place > 0), default=len(text)
            )
            pieces.append(Text(text[at:end], True))
            at = end
    return pieces or [Text("", True)]
