"""The tokens of a POSIX shell's text -> its commands, and what groups them; what the shell would refuse is read on."""

from __future__ import annotations

from cdkguard.agents.shell.budget import Budget
from cdkguard.agents.shell.nouns import Case, Function, Group, Loop, Node, Pipeline, Redirect, Simple, Word
from cdkguard.agents.shell.tokens import Token, Tokens

_SKIPPED = {"then", "else", "elif", "!", "time", "coproc", "if", "while", "until", "do"}
_CLOSING = {"fi", "done", "esac", "}", ")"}


def parse_posix(text: str, budget: Budget) -> tuple[Node, ...]:
    """The commands of the text, in their order; raises TooMuch where the budget ends."""
    return _Parser(Tokens(text, budget).read(), budget).parse_all()


class _Parser:
    def __init__(self, tokens: list[Token], budget: Budget) -> None:
        self.tokens = tokens
        self.budget = budget
        self.at = 0

    def parse_all(self) -> tuple[Node, ...]:
        nodes: list[Node] = []
        while self.at < len(self.tokens):
            nodes += self._parse_list(frozenset())
            self.at += 1  # what closes nothing
        return tuple(nodes)

    def _peek(self) -> str:
        return self.tokens[self.at].plain if self.at < len(self.tokens) else ""

    def _parse_list(self, closing: frozenset[str]) -> list[Node]:
        """Commands up to a word of `closing`, which is left where it is."""
        nodes: list[Node] = []
        while self.at < len(self.tokens):
            plain = self._peek()
            if plain in closing or (plain in _CLOSING and not closing) or plain == ")":
                break
            if self.tokens[self.at].operator not in ("", "("):
                self.at += 1
                continue
            nodes.append(self._parse_pipeline(closing))
        return nodes

    def _parse_pipeline(self, closing: frozenset[str]) -> Node:
        nodes = [self._parse_command(closing)]
        while self._peek() in ("|", "|&") and self.tokens[self.at].operator:
            self.at += 1
            while self._peek() == "\n":
                self.at += 1
            if self.at < len(self.tokens) and (self.tokens[self.at].operator or "(") == "(":
                nodes.append(self._parse_command(closing))
        return nodes[0] if len(nodes) == 1 else Pipeline(tuple(nodes))

    def _parse_command(self, closing: frozenset[str]) -> Node:
        while self._peek() in _SKIPPED and self._peek() not in closing:
            if self._peek() in ("if", "while", "until"):
                return self._parse_block()
            self.at += 1
        plain = self._peek()
        if plain in ("(", "{"):
            self.at += 1
            with self.budget.deeper():
                nodes = self._parse_list(frozenset((")" if plain == "(" else "}",)))
            self.at += 1
            return Group(tuple(nodes), plain == "(", self._parse_redirects())
        if plain in ("for", "select"):
            return self._parse_for()
        if plain == "case":
            return self._parse_case()
        if plain == "function":
            self.at += 1
            return self._parse_function()
        if plain == "[[":
            return self._parse_test()
        if plain and [token.operator for token in self.tokens[self.at + 1 : self.at + 3]] == ["(", ")"]:
            return self._parse_function()
        return self._parse_simple()

    def _parse_block(self) -> Node:
        """`if .. fi`, `while .. done`: every part of it may run."""
        closing = frozenset(("fi",)) if self._peek() == "if" else frozenset(("done",))
        self.at += 1
        with self.budget.deeper():
            nodes = self._parse_list(closing)
        self.at += 1
        return Group(tuple(nodes), False, self._parse_redirects())

    def _parse_for(self) -> Node:
        self.at += 1
        name = self._peek() if self.at < len(self.tokens) and self.tokens[self.at].word else ""
        words: list[Word] = []
        while self.at < len(self.tokens) and self._peek() not in ("do", "{"):
            token = self.tokens[self.at]
            if token.word and token.plain not in (name, "in"):
                words.append(token.word)
            self.at += 1
        closing = "}" if self._peek() == "{" else "done"
        self.at += 1
        with self.budget.deeper():
            nodes = self._parse_list(frozenset((closing,)))
        self.at += 1
        return Loop(name, tuple(words), tuple(nodes), self._parse_redirects())

    def _parse_case(self) -> Node:
        self.at += 1
        word = self.tokens[self.at].word if self.at < len(self.tokens) else ()
        branches = []
        while self.at < len(self.tokens) and self._peek() != "in":
            self.at += 1
        self.at += 1
        with self.budget.deeper():
            while self.at < len(self.tokens) and self._peek() != "esac":
                patterns = []
                while self.at < len(self.tokens) and self._peek() not in (")", "esac"):
                    patterns.append(self.tokens[self.at].word)
                    self.at += 1
                if self._peek() == "esac":
                    break
                self.at += 1
                nodes: list[Node] = []
                while self.at < len(self.tokens) and self._peek() not in (";;", ";&", ";;&", "esac"):
                    nodes += self._parse_list(frozenset((";;", ";&", ";;&", "esac")))
                    if self._peek() == ")":
                        self.at += 1
                if self._peek() != "esac":
                    self.at += 1
                branches.append((tuple(filter(None, patterns)), tuple(nodes)))
        self.at += 1
        return Case(word, tuple(branches))

    def _parse_function(self) -> Node:
        name = self._peek()
        self.at += 1
        while self._peek() in ("(", ")", "\n"):
            self.at += 1
            if self._peek() == "(" and self.tokens[self.at - 1].operator == ")":
                break
        if self.at >= len(self.tokens):
            return Function(name, ())
        with self.budget.deeper():
            return Function(name, (self._parse_command(frozenset()),))

    def _parse_test(self) -> Node:
        """`[[ .. ]]` runs nothing but its substitutions, and holds operators of its own."""
        words = []
        while self.at < len(self.tokens):
            token = self.tokens[self.at]
            self.at += 1
            if token.word:
                words.append(token.word)
            if token.plain == "]]":
                break
        return Simple(tuple(words))

    def _parse_simple(self) -> Node:
        words: list[Word] = []
        redirects: list[Redirect] = []
        while self.at < len(self.tokens) and not self.tokens[self.at].operator:
            token = self.tokens[self.at]
            if token.redirect:
                redirects.append(token.redirect)
            else:
                words.append(token.word)
            self.at += 1
        if not words and not redirects:
            self.at += 1
        return Simple(tuple(words), tuple(redirects))

    def _parse_redirects(self) -> tuple[Redirect, ...]:
        found = []
        while self.at < len(self.tokens) and (redirect := self.tokens[self.at].redirect):
            found.append(redirect)
            self.at += 1
        return tuple(found)
