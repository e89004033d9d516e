"""make: the recipes of a target and of what it needs, with variables, includes and `$(MAKE)`."""

from __future__ import annotations

import re

from cdkguard._typing import TYPE_CHECKING, NamedTuple
from cdkguard.agents.shell.state import State, is_known, unknown
from cdkguard.text.regexes import lazy_pattern

if TYPE_CHECKING:
    from cdkguard.agents.lines.session import Session

_VALUED = set(
    [
        "-f", "--file", "--makefile", "-C", "--directory", "-I", "--include-dir", "-j", "--jobs", "-l", "--load-average",
        "-o", "--old-file", "-W", "--what-if", "--eval", "-O",
    ]
)  # fmt: skip
_ASSIGN = lazy_pattern(
    r"(?:export\s+|override\s+|unexport\s+)*([\w.-]+)\s*(\?=|:{0,3}=|\+=|!=)\s?(.*)", re.ASCII | re.DOTALL
)
_RULE = lazy_pattern(r"([^:=#\t][^:=#]*?)\s*&?::?(?!=)\s*([^;#]*)(?:;(.*))?", re.DOTALL)
MOST_TARGETS = 80


class Rule(NamedTuple):
    """Targets, what they need, and the recipe."""

    targets: tuple[str, ...]
    needs: str
    recipe: tuple[str, ...]
    place: str  # "Makefile:12"


class Makefile:
    """The rules and variables of a Makefile with all that it includes."""

    def __init__(self, session: Session, state: State, given: dict[str, str]) -> None:
        self.session = session
        self.state = state
        self.given = given  # NAME=VALUE of the command line, which wins
        self.variables: dict[str, str] = {}
        self.rules: list[Rule] = []
        self.defines: set[str] = set()

    def read(self, path: str, depth: int = 0) -> bool:
        """Read a file; False where there is none of the repository."""
        text = self.session.read_input(path, self.state) if path not in ("-", "/dev/stdin") else self.session.given
        if text is None or depth > 5:
            return False
        self.session.budget.spend(len(text))
        name = self.session.repository.relative(path, self.state.directory)
        lines, number = text.split("\n"), 0
        while number < len(lines):
            start = number + 1
            line = lines[number]
            while line.endswith("\\") and number + 1 < len(lines):
                number += 1
                line = (
                    line[:-1]
                    + (" " if not line.startswith("\t") else "\\\n")
                    + lines[number].lstrip("\t" if line.startswith("\t") else None)
                )
            number += 1
            if line.startswith("define "):
                body = []
                while number < len(lines) and not lines[number].startswith("endef"):
                    body.append(lines[number])
                    number += 1
                self.variables[line.split()[1]] = "\n".join(body)
            elif line.startswith("\t"):
                if self.rules:
                    last = self.rules[-1]
                    self.rules[-1] = last._replace(recipe=(*last.recipe, line[1:]))
            else:
                self._read_line(line, f"{name}:{start}", depth)
        return True

    def _read_line(self, line: str, place: str, depth: int) -> None:
        plain = line.strip()
        if plain.startswith(("include ", "-include ", "sinclude ")):
            for path in self.expand(plain.partition(" ")[2]).split():
                self.read(path, depth + 1)
        elif found := _ASSIGN.fullmatch(plain):
            self._assign(found[1], found[2], found[3].split(" #")[0])
        elif found := _RULE.fullmatch(plain):
            if assigned := _ASSIGN.fullmatch(found[2].strip()):  # `target: NAME = value`
                self._assign(assigned[1], assigned[2], assigned[3])
            else:
                targets = tuple(self.expand(found[1]).split())
                self.rules.append(Rule(targets, found[2], (found[3],) if found[3] else (), place))

    def _assign(self, name: str, operator: str, value: str) -> None:
        if operator == "?=" and (name in self.variables or name in self.state.variables):
            return
        if operator == "+=":
            value = f"{self.variables.get(name, '')} {value}".strip()
        elif operator == "!=":
            value = f"$(shell {value})"
        elif operator in (":=", "::=", ":::="):
            value = self.expand(value).replace("$", "$$")
        self.variables[name] = value

    def expand(self, text: str, automatic: dict[str, str] | None = None, depth: int = 0) -> str:
        """The text with its variables; functions of make are not known."""
        self.session.budget.spend(len(text) + 1)
        if "$" not in text or depth > 20:
            return text
        made, at = [], 0
        while at < len(text):
            if text[at] != "$" or at + 1 >= len(text):
                end = text.find("$", at + 1)
                end = len(text) if end < 0 else end
                made.append(text[at:end])
                at = end
                continue
            after = text[at + 1]
            if after in "({":
                end = _find_end(text, at + 2, after)
                made.append(self._value(text[at + 2 : end], text[at : end + 1], automatic, depth))
                at = end + 1
            else:
                made.append("$" if after == "$" else self._value(after, f"${after}", automatic, depth))
                at += 2
        return "".join(made)

    def _value(self, name: str, source: str, automatic: dict[str, str] | None, depth: int) -> str:
        name = name.strip()
        if automatic and name in automatic:
            return automatic[name]
        if name == "MAKE":
            return "make"
        if name in self.given:
            return self.given[name]
        if name in self.variables:
            return self.expand(self.variables[name], automatic, depth + 1)
        environment = self.state.variables.get(name)
        if isinstance(environment, str):
            return environment
        word, _, rest = name.partition(" ")
        if word in ("strip", "or", "firstword", "lastword", "info", "value", "call"):
            values = [self.expand(each, automatic, depth + 1).strip() for each in rest.split(",")]
            if word == "call":
                return self.expand(
                    self.variables.get(values[0], ""),
                    {**(automatic or {}), **{str(i): v for i, v in enumerate(values)}},
                    depth + 1,
                )
            return "" if word == "info" else next(filter(None, values), "")
        if rest or "$" in name or ":" in name:
            return unknown(source)
        return ""  # not set


def follow_make(session: Session, words: tuple[str, ...], state: State) -> None:
    """`make -C infra deploy STAGE=prod`."""
    from cdkguard.agents.lines.paths import join_folder

    files, targets, given, at = [], [], {}, 1
    rest = list(words[1:])
    at = 0
    while at < len(rest):
        word = rest[at]
        name, has_value, value = word.partition("=")
        if word[:2] in ("-C", "-f", "-I") and len(word) > 2 and word[:2] != "--":
            name, has_value, value = word[:2], "=", word[2:]
        if word[:1] == "-":
            if (
                name in _VALUED
                and not has_value
                and not (
                    name in ("-j", "-l", "-O")
                    and not rest[at + 1 : at + 2][:1]
                    or name in ("-j", "--jobs")
                    and at + 1 < len(rest)
                    and not rest[at + 1].isdigit()
                )
            ):
                at += 1
                value = rest[at] if at < len(rest) else ""
            if name in ("-C", "--directory"):
                state.directory = join_folder(state.directory, value)
            elif name in ("-f", "--file", "--makefile"):
                files.append(value)
            elif name == "--eval":
                session.run_text(value, state)
            elif word in (
                "-n",
                "--dry-run",
                "--just-print",
                "--recon",
                "--version",
                "-v",
                "--help",
                "-h",
                "-q",
                "--question",
                "-t",
                "--touch",
            ):
                return
        elif has_value and name.rstrip(":?+").replace("_", "a").isalnum():
            given[name.rstrip(":?+")] = value
        else:
            targets.append(word)
        at += 1
    makefile = Makefile(session, state, given)
    found = [path for path in files or ("GNUmakefile", "makefile", "Makefile") if makefile.read(path)][
        : len(files) or 1
    ]
    if not found:
        return
    _run_targets(session, makefile, targets, state)


def _run_targets(session: Session, makefile: Makefile, targets: list[str], state: State) -> None:
    if not targets:
        goal = makefile.variables.get(".DEFAULT_GOAL", "").strip()
        first = next(
            (
                rule.targets[0]
                for rule in makefile.rules
                if rule.targets
                and (rule.targets[0][:1] != "." or "/" in rule.targets[0])
                and "%" not in rule.targets[0]
            ),
            "",
        )
        targets = [makefile.expand(goal) or first]
    for name, value in makefile.given.items():
        state.assign(name, value)
    if not all(map(is_known, targets)):
        targets = [target for rule in makefile.rules for target in rule.targets]
    done: set[str] = set()
    waiting = list(reversed(targets))
    while waiting and len(done) < MOST_TARGETS:
        target = waiting.pop()
        if target in done:
            continue
        done.add(target)
        rules = [rule for rule in makefile.rules if target in rule.targets]
        if not any(rule.recipe for rule in rules):
            rules += [
                rule
                for rule in makefile.rules
                if any("%" in each and _stem(each, target) is not None for each in rule.targets)
            ]
        for rule in rules:
            _run_rule(session, makefile, rule, target, waiting, state)


def _run_rule(session: Session, makefile: Makefile, rule: Rule, target: str, waiting: list[str], state: State) -> None:
    stem = next((found for each in rule.targets if "%" in each and (found := _stem(each, target)) is not None), "")
    needs = makefile.expand(rule.needs.replace("%", stem or "%")).replace("|", " ").split()
    waiting += reversed(needs)
    automatic = {
        "@": target,
        "<": needs[0] if needs else "",
        "^": " ".join(needs),
        "+": " ".join(needs),
        "*": stem,
        "?": " ".join(needs),
        "@D": ".",
        "@F": target,
    }
    lines = [makefile.expand(line.lstrip(" \t").lstrip("@-+ "), automatic) for line in rule.recipe]
    if lines:
        session.run_recipe(f"make {target}", rule.place, "\n".join(lines), session.copy(state), name=target)


def _stem(pattern: str, target: str) -> str | None:
    before, _, after = pattern.partition("%")
    if target.startswith(before) and target.endswith(after) and len(target) >= len(before) + len(after):
        return target[len(before) : len(target) - len(after)]
    return None


def _find_end(text: str, at: int, opening: str) -> int:
    closing, depth = {"(": ")", "{": "}"}[opening], 1
    while at < len(text):
        depth += (text[at] == opening) - (text[at] == closing)
        if not depth:
            return at
        at += 1
    return at
