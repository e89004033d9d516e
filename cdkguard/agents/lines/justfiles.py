"""just: recipes of a justfile, with variables, arguments and what they depend on."""

from __future__ import annotations

import re

from cdkguard._typing import TYPE_CHECKING, NamedTuple
from cdkguard.agents.lines.workspaces import find_upwards
from cdkguard.agents.shell.state import State, is_known, unknown
from cdkguard.text.regexes import lazy_pattern

if TYPE_CHECKING:
    from cdkguard.agents.lines.session import Session

_NAMES = ("justfile", "Justfile", ".justfile", "JUSTFILE")
_ASSIGN = lazy_pattern(r"(?:export\s+)?([\w-]+)\s*:=\s*(.*)", re.ASCII)
_ALIAS = lazy_pattern(r"alias\s+([\w-]+)\s*:=\s*([\w:-]+)", re.ASCII)
_RECIPE = lazy_pattern(r"@?([\w-]+)((?:\s+[^:]+)?)\s*:(?!=)\s*(.*)", re.ASCII)
_INSERT = lazy_pattern(r"\{\{\s*(.*?)\s*\}\}")


class Recipe(NamedTuple):
    """One recipe."""

    parameters: tuple[str, ...]
    needs: tuple[str, ...]
    lines: tuple[str, ...]
    place: str


def follow_just(session: Session, words: tuple[str, ...], state: State) -> None:
    """`just deploy prod`, `just stage=prod deploy`."""
    rest, file, values = list(words[1:]), "", {}
    while rest and (rest[0][:1] == "-" or "=" in rest[0]):
        word = rest.pop(0)
        if word in ("-f", "--justfile", "-d", "--working-directory", "--set", "--shell", "--dotenv-path") and rest:
            value = rest.pop(0)
            file = value if word in ("-f", "--justfile") else file
            if word == "--set" and rest:
                values[value] = f"'{rest.pop(0)}'"
        elif word in (
            "-l",
            "--list",
            "-n",
            "--dry-run",
            "--show",
            "-s",
            "--summary",
            "--evaluate",
            "--dump",
            "--help",
            "--version",
        ):
            return
        elif "=" in word and word[:1] != "-":
            values[word.partition("=")[0]] = f"'{word.partition('=')[2]}'"
    folder = find_upwards(session, state.directory, *_NAMES)
    path = file or next(
        (f"{folder}/{name}" for name in _NAMES if folder and session.repository.is_file(name, folder)), ""
    )
    text = session.repository.read(path, state.directory) if path else None
    if text is None:
        return
    if folder and not file:
        state.directory = folder
    session.budget.spend(len(text))
    recipes, variables = _read(text, session.repository.relative(path, state.directory))
    variables.update(values)
    targets = rest or list(recipes)[:1]
    at = 0
    while at < len(targets):
        name = targets[at]
        at += 1
        if name not in recipes and is_known(name):
            continue
        chosen = recipes if not is_known(name) else {name: recipes[name]}
        for each, recipe in chosen.items():
            arguments = targets[at : at + len(recipe.parameters)]
            _run(session, recipes, variables, each, arguments, state, 0)
            at += len(recipe.parameters) if is_known(name) else 0


def _read(text: str, path: str) -> tuple[dict[str, Recipe], dict[str, str]]:
    recipes: dict[str, Recipe] = {}
    variables: dict[str, str] = {}
    aliases: dict[str, str] = {}
    current = ""
    for number, line in enumerate(text.replace("\\\n", " ").split("\n"), 1):
        if line[:1] in (" ", "\t"):
            if current:
                one = recipes[current]
                recipes[current] = one._replace(lines=(*one.lines, line.strip().lstrip("@-")))
        elif found := _ALIAS.fullmatch(line.strip()):
            aliases[found[1]] = found[2]
        elif found := _ASSIGN.fullmatch(line.strip()):
            variables[found[1]] = found[2].strip()
            current = ""
        elif line[:1] not in ("#", "[", "") and (found := _RECIPE.fullmatch(line.strip())):
            current = found[1]
            needs = tuple(re.findall(r"\(\s*([\w-]+)|([\w-]+)", found[3].replace("&&", " ")))
            names = tuple(a or b for a, b in needs)
            recipes[current] = Recipe(tuple(found[2].split()), names, (), f"{path}:{number}")
    for name, target in aliases.items():
        if target in recipes:
            recipes[name] = recipes[target]
    return recipes, variables


def _run(
    session: Session,
    recipes: dict[str, Recipe],
    variables: dict[str, str],
    name: str,
    arguments: list[str],
    state: State,
    depth: int,
) -> None:
    recipe = recipes[name]
    if depth > 10:
        return
    for need in recipe.needs:
        if need in recipes and need != name:
            _run(session, recipes, variables, need, [], state, depth + 1)
    bound: dict[str, str] = {}
    for at, parameter in enumerate(recipe.parameters):
        key, has_default, default = parameter.lstrip("*+$").partition("=")
        if has_default:
            default = f"'{_value(default, variables, '{{' + key + '}}', 0)}'"
        rest = " ".join(arguments[at:]) if parameter[:1] in "*+" else arguments[at] if at < len(arguments) else ""
        bound[key] = (
            f"'{rest}'"
            if at < len(arguments)
            else default
            if has_default
            else f"'{unknown('{{' + key + '}}')}'"
            if parameter[:1] != "*"
            else "''"
        )

    def insert(found: re.Match[str]) -> str:
        return _value(found[1], {**variables, **bound}, found[0], 0)

    lines = [_INSERT.sub(insert, line) for line in recipe.lines]
    session.run_recipe(f"just {name}", recipe.place, "\n".join(lines), session.copy(state))


def _value(expression: str, variables: dict[str, str], source: str, depth: int) -> str:
    """A name, a text in quotes, or `a + b` of them."""
    if depth > 8:
        return unknown(source)
    made = ""
    for part in expression.split("+"):
        part = part.strip()
        if len(part) > 1 and part[0] in "'\"" and part[-1] == part[0]:
            made += part[1:-1]
        elif part in variables:
            made += _value(variables[part], variables, source, depth + 1)
        elif part:
            return unknown(source)
    return made
