"""Words -> the arguments that a program would get, as far as they can be known."""

from __future__ import annotations

from collections.abc import Callable

from cdkguard.agents.shell.braces import expand_braces
from cdkguard.agents.shell.budget import Budget
from cdkguard.agents.shell.nouns import UNKNOWN, Elements, Output, Parameter, Piece, Text, Word
from cdkguard.agents.shell.state import State, Value, is_known, show, unknown, without_unknown
from cdkguard.agents.shell.words import read_quoted, read_word

BLANK = " \t\n"


class Expander:
    """Expands the words of one state.

    `print_of` gives what a command prints, or None where nobody knows; `find_paths` the files that a pattern means; into
    `perhaps` goes what a piece that is not known is a part of.
    """

    def __init__(
        self,
        state: State,
        budget: Budget,
        print_of: Callable[[str, State], str | None],
        find_paths: Callable[[str, State], list[str]],
        perhaps: dict[str, str],
    ) -> None:
        self.state = state
        self.budget = budget
        self.print_of = print_of
        self.find_paths = find_paths
        self.perhaps = perhaps
        self.found = 0  # arguments that patterns have brought

    def expand(self, words: tuple[Word, ...], is_loop: bool = False) -> list[str]:
        """The arguments; of a bare `*`, which may stand for stacks, the files in a loop alone."""
        found: list[str] = []
        for word in words:
            for one in expand_braces(word):
                fields = self.expand_word(one)
                if _is_pattern(one):
                    fields = [path for field in fields for path in self._paths_of(field, is_loop)]
                found += fields
        return found

    def _paths_of(self, field: str, is_loop: bool) -> list[str]:
        if not any(char in field for char in "*?[") or not is_known(field) or not (is_loop or field.strip("*?")):
            return [field]
        paths = self.find_paths(field, self.state)
        self.found += len(paths)
        return paths or [field]

    def expand_word(self, word: Word) -> list[str]:
        """The arguments that one word stands for: none, one or several."""
        separators = self._separators()
        fields: list[str] = []
        current: str | None = None
        for piece in word:
            if isinstance(piece, Text):
                current = (current or "") + piece.text
                continue
            if isinstance(piece, Elements):
                current = (current or "") + " ".join(self.expand(piece.words))
                continue
            values = self._values(piece)
            if (
                isinstance(piece, Parameter)
                and isinstance(values, tuple)
                and piece.is_quoted
                and piece.name[-1:] == "@"
            ):
                if values:  # "$@" gives each of them as an argument
                    fields += [(current or "") + values[0], *values[1:]]
                    current = fields.pop()
                continue
            value = values if isinstance(values, str) else " ".join(values)
            self.budget.spend(len(value))
            if piece.is_quoted:
                current = (current or "") + value
                continue
            parts = split_fields(value, separators)
            if parts and value[0] in separators and current is not None:
                fields.append(current)
                current = None
            for number, part in enumerate(parts):
                if number:
                    fields.append(current or "")
                    current = part
                else:
                    current = (current or "") + part
            if parts and value[-1] in separators:
                fields.append(current or "")
                current = None
        return fields if current is None else [*fields, current]

    def text_of(self, word: Word) -> str:
        """The word as one text, as an assignment or a heredoc takes it."""
        parts: list[str] = []
        for piece in word:
            if isinstance(piece, Text):
                parts.append(piece.text)
            elif isinstance(piece, Elements):
                parts.append(" ".join(self.expand(piece.words)))
            else:
                values = self._values(piece)
                parts.append(values if isinstance(values, str) else " ".join(values))
                self.budget.spend(len(parts[-1]))
        return "".join(parts)

    def elements_of(self, word: Word) -> Value:
        """What an assignment assigns: a text, or the values of an array."""
        if word and isinstance(word[0], Elements):
            return tuple(self.expand(word[0].words))
        return self.text_of(word)

    def _separators(self) -> str:
        value = self.state.variables.get("IFS")
        return value if isinstance(value, str) and is_known(value) else BLANK

    def _values(self, piece: Piece) -> Value:
        if isinstance(piece, Output):
            return self._printed(piece)
        if not isinstance(piece, Parameter):
            return ""
        if not piece.name:  # what is put in there runs: `$((`cdk destroy`))`
            if "$(" in piece.source[2:] or "`" in piece.source:
                self.text_of(tuple(read_quoted(piece.source[2:-1])))
            return unknown(piece.source)
        value = self._parameter(piece.name)
        if piece.operator:
            return self._operate(piece, value)
        return unknown(piece.source) if value is None else value

    def _printed(self, piece: Output) -> str:
        printed = self.print_of(piece.text, self.state)
        if piece.is_file:
            if printed is not None:
                text = self.perhaps.get(show(printed).strip(), printed) if not is_known(printed) else printed
                self.perhaps[show(piece.source)] = text
            return unknown(piece.source)
        if printed is None:
            return unknown(piece.source)
        return printed.rstrip("\n")

    def _parameter(self, name: str) -> Value | None:
        """The value of a variable; None where it is not known, which one that is not set may be, too."""
        arguments = self.state.arguments
        if name in ("PWD", "pwd") and name not in self.state.assigned:
            return self.state.directory or None
        if name in ("@", "*", "@@", "*@"):
            return arguments
        if name.isdigit() and name != "0" and arguments is not None:
            return arguments[int(name) - 1] if len(name) < 6 and int(name) <= len(arguments) else ""
        value = self.state.variables.get(name.removesuffix("@"))
        if name.endswith("@") and isinstance(value, str):
            return (value,)
        if isinstance(value, tuple) and not name.endswith("@"):
            return value[0] if value else ""
        return value

    def _operate(self, piece: Parameter, value: Value | None) -> Value:
        if piece.operator == "*":  # "${a[*]}" is one word
            values = self.state.variables.get(piece.name)
            return unknown(piece.source) if values is None else values if isinstance(values, str) else " ".join(values)
        if piece.operator == "[":
            values, at = self.state.variables.get(piece.name), int(piece.operand[:6])
            values = (values,) if isinstance(values, str) else values
            return values[at] if values and at < len(values) else unknown(piece.source)
        operator, text = piece.operator, None if value is None else value if isinstance(value, str) else " ".join(value)
        if operator[-1] in "-=" and operator[0] in ":-=":
            if text:
                return text
            if text is None and piece.name in self.state.variables:
                return unknown(piece.source)
            return self._operand(piece)  # not set: what the line says for it
        if operator[-1] == "+":
            return "" if text is None else self._operand(piece)
        if text is None or not without_unknown(text):
            return unknown(piece.source)
        text = without_unknown(text)
        operand = self._operand(piece)
        if not is_known(operand):
            return unknown(piece.source)
        return _change(text, operator, operand) if _can_change(operator) else unknown(piece.source)

    def _operand(self, piece: Parameter) -> str:
        with self.budget.deeper():
            self.budget.spend(len(piece.operand))
            if piece.is_quoted:
                return self.text_of(tuple(read_quoted(piece.operand)))
            pieces, at = read_word(piece.operand, 0)
            while at < len(piece.operand):  # blanks inside of `${x:-cdk destroy}` belong to it
                more, after = read_word(piece.operand, at + 1)
                pieces += [Text(piece.operand[at], False), *more]
                at = max(after, at + 1)
            return self.text_of(tuple(pieces))


def _is_pattern(word: Word) -> bool:
    """Whether the shell would look for files by the word: a `*`, `?` or `[` that is not quoted, or what a variable may bring."""
    return any(
        not piece.is_quoted and (not isinstance(piece, Text) or any(char in piece.text for char in "*?["))
        for piece in word
        if not isinstance(piece, Elements)
    )


def split_fields(value: str, separators: str) -> list[str]:
    """The value at its separators; what is not known is one piece."""
    if UNKNOWN not in value and separators == BLANK:
        return value.split()
    fields, current, is_inside = [], "", False
    for char in value:
        if char == UNKNOWN:
            is_inside = not is_inside
        if char in separators and not is_inside:
            if current:
                fields.append(current)
            current = ""
        else:
            current += char
    return [*fields, current] if current else fields


def _can_change(operator: str) -> bool:
    return operator[0] in ":#%/^,"


def _change(text: str, operator: str, operand: str) -> str:
    """`${x:1:3}`, `${x#pattern}`, `${x%pattern}`, `${x/a/b}`, `${x^^}`; patterns by their plain text and `*` alone."""
    if operator == ":":
        start, _, length = operand.partition(":")
        try:
            begin = int(start)
            rest = text[begin:] if begin or start.strip() == "0" else text
            return rest[: int(length)] if length else rest
        except ValueError:
            return unknown("${..}")
    if operator[0] in "^,":
        changed = text.upper() if operator[0] == "^" else text.lower()
        return changed if len(operator) == 2 else changed[:1] + text[1:]
    if operator[0] == "/":
        old, _, new = operand.partition("/")
        return text.replace(old, new, -1 if operator == "//" else 1) if old else text
    plain = operand.strip("*")
    if operator[0] == "#":
        if "*" in operand:
            at = text.rfind(plain) if operator == "##" else text.find(plain)
            return text[at + len(plain) :] if at >= 0 and plain else text
        return text.removeprefix(operand)
    if "*" in operand:
        at = text.find(plain) if operator == "%%" else text.rfind(plain)
        return text[:at] if at >= 0 and plain else text
    return text.removesuffix(operand)
