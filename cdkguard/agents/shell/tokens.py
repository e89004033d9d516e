"""The words, operators and redirections of a POSIX shell's text, heredocs read."""

from __future__ import annotations

import re

from cdkguard._typing import NamedTuple
from cdkguard.agents.shell.budget import Budget
from cdkguard.agents.shell.nouns import Elements, Output, Piece, Redirect, Text, Word
from cdkguard.agents.shell.scan import find_closing
from cdkguard.agents.shell.words import ENDS, read_quoted, read_word

_BLANK = re.compile(r"(?:[ \t\r]|\\\n)+")
_OPERATOR = re.compile(r";;&|;;|;&|;|&&|\|\||\|&|\||&(?!>)|\(|\)|\n")
_REDIRECT = re.compile(r"(?:\d+|\{\w+\})?(<<<|<<-|<<|<>|<&|>>|>\||>&|<(?!\()|>(?!\())|(&>>|&>)", re.ASCII)
_ARRAY = re.compile(r"[A-Za-z_]\w*\+?=", re.ASCII)


class Token(NamedTuple):
    """A word, a redirection, or an operator."""

    operator: str = ""  # empty for the other two
    word: Word = ()
    redirect: Redirect | None = None

    @property
    def plain(self) -> str:
        """The word where nothing of it is quoted or to be expanded, as keywords are; the operator, otherwise nothing."""
        if len(self.word) == 1 and isinstance(piece := self.word[0], Text) and not piece.is_quoted:
            return piece.text
        return self.operator


class Tokens:
    """Reads a text into tokens; `problems` says in words what of it is not finished."""

    def __init__(self, text: str, budget: Budget) -> None:
        self.text = text.replace("$\\\n", "$")  # a line that goes on between `$` and its name
        self.budget = budget
        self.found: list[Token] = []
        self._heredocs: list[tuple[int, str, bool, bool]] = []  # token, delimiter, tabs go, is literal

    def read(self) -> list[Token]:
        """All tokens; raises TooMuch where the budget ends."""
        text, at = self.text, 0
        self.budget.spend(len(text))
        while at < len(text):
            blank = _BLANK.match(text, at)
            if blank:
                at = blank.end()
                continue
            if text[at] == "#":
                found = text.find("\n", at)
                at = len(text) if found < 0 else found
                continue
            at = self._read_token(at)
        self._read_heredocs(len(text))
        return self.found

    def _read_token(self, at: int) -> int:
        text = self.text
        redirect = _REDIRECT.match(text, at) if text[at] in "<>&{" or text[at].isdigit() else None
        if redirect:
            return self._read_redirect(redirect[1] or redirect[2], redirect.end())
        operator = _OPERATOR.match(text, at)
        if operator:
            self.found.append(Token(operator[0]))
            return self._read_heredocs(operator.end()) if operator[0] == "\n" else operator.end()
        word, after = self._read_word(at)
        self.found.append(Token("", tuple(word)))
        return after

    def _read_word(self, at: int) -> tuple[list[Piece], int]:
        text = self.text
        if text[at] in "<>" and text[at + 1 : at + 2] == "(":
            end = find_closing(text, at + 2, "(")
            return [Output(text[at + 2 : end], text[at : end + 1], False, True)], end + 1
        word, after = read_word(text, at)
        if after == at:  # a character that begins nothing
            return [Text(text[at], False)], at + 1
        if (
            text[after : after + 1] == "("
            and len(word) == 1
            and isinstance(word[0], Text)
            and _ARRAY.fullmatch(word[0].text)
        ):
            end = find_closing(text, after + 1, "(")
            with self.budget.deeper():
                inside = Tokens(text[after + 1 : end], self.budget).read()
            word.append(Elements(tuple(token.word for token in inside if token.word)))
            return word, end + 1
        return word, after

    def _read_redirect(self, operator: str, at: int) -> int:
        text = self.text
        blank = _BLANK.match(text, at)
        at = blank.end() if blank else at
        if at >= len(text) or (text[at] in ENDS and text[at : at + 2] not in ("<(", ">(")):
            return at
        word, after = self._read_word(at)
        if operator in ("<<", "<<-"):
            delimiter = "".join(
                piece.text if isinstance(piece, Text) else piece.source
                for piece in word
                if not isinstance(piece, Elements)
            )
            is_literal = any(isinstance(piece, Text) and piece.is_quoted for piece in word)
            self._heredocs.append((len(self.found), delimiter, operator == "<<-", is_literal))
        self.found.append(Token(redirect=Redirect(operator, tuple(word))))
        return after

    def _read_heredocs(self, at: int) -> int:
        """Read the bodies of the heredocs that the line before `at` announced; the place behind them."""
        for token, delimiter, is_stripped, is_literal in self._heredocs:
            lines: list[str] = []
            while at < len(self.text):
                found = self.text.find("\n", at)
                end = len(self.text) if found < 0 else found
                line = self.text[at:end].removesuffix("\r")
                at = end + 1
                line = line.lstrip("\t") if is_stripped else line
                if line == delimiter:
                    break
                lines.append(line + "\n")
            body = "".join(lines)
            pieces = [Text(body, True)] if is_literal else read_quoted(body, is_heredoc=True)
            self.found[token] = Token(redirect=Redirect("<<", tuple(pieces)))
        self._heredocs = []
        return min(at, len(self.text))
