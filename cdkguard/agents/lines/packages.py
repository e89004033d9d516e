"""Scripts of package.json, as npm, pnpm, yarn and bun run them."""

from __future__ import annotations

import json
import os

from cdkguard._typing import TYPE_CHECKING, Any, NamedTuple
from cdkguard.agents.lines.workspaces import find_packages
from cdkguard.agents.shell.state import State, is_known

if TYPE_CHECKING:
    from cdkguard.agents.lines.session import Session

_VALUED = {"-w", "--workspace", "--prefix", "-C", "--dir", "--cwd", "--filter", "-F", "--loglevel", "--userconfig", "--cache", "--script-shell", "--registry",
           "--filter-prod", "--reporter", "--workspace-concurrency", "--test-pattern", "--config"}  # fmt: skip
_RUN = {"run", "run-script", "rum", "urn"}
# Commands of the managers themselves -> the scripts that they run.
_LIFECYCLE = {
    "test": ("test",), "t": ("test",), "tst": ("test",), "start": ("start",), "stop": ("stop",), "restart": ("restart", "stop", "start"),
    "install": ("install", "prepare"), "i": ("install", "prepare"), "ci": ("install", "prepare"), "add": ("install", "prepare"),
    "publish": ("prepublishOnly", "prepare", "prepack", "publish"), "pack": ("prepack", "prepare"), "version": ("version",),
}  # fmt: skip
_OWN = frozenset(
    [
        "exec", "x", "dlx", "create", "init", "add", "remove", "uninstall", "rm", "un", "update", "up", "upgrade",
        "outdated", "ls", "list", "ll", "la", "why", "view", "info", "show", "search", "link", "unlink", "config", "get",
        "set", "audit", "fund", "dedupe", "prune", "rebuild", "cache", "login", "logout", "whoami", "owner", "access",
        "team", "token", "org", "ping", "pkg", "query", "explain", "doctor", "bin", "root", "prefix", "store", "patch",
        "import", "licenses", "global", "node", "workspaces", "plugin", "constraints", "npm", "help", "completion", "env",
        "self-update", "setup", "approve-builds", "fetch", "deploy",
    ]
)  # fmt: skip


class Package(NamedTuple):
    """One package.json."""

    path: str  # relative to the top of the repository
    folder: str  # absolute
    text: str
    document: dict[str, Any]

    @property
    def scripts(self) -> dict[str, str]:
        """Name -> text."""
        found = self.document.get("scripts")
        return {name: text for name, text in found.items() if isinstance(text, str)} if isinstance(found, dict) else {}

    def place_of(self, name: str) -> str:
        """`package.json:12` of a script."""
        at = self.text.find(f'"{name}"', max(self.text.find('"scripts"'), 0))
        return f"{self.path}:{self.text.count(chr(10), 0, at) + 1}" if at >= 0 else self.path


def follow_manager(session: Session, words: tuple[str, ...], state: State) -> None:
    """`npm run X`, `npm test`, `yarn X`, `pnpm -r deploy`, `bun run X`."""
    manager = words[0]
    rest, folder, names, is_recursive = _read_options(words[1:])
    if folder:
        from cdkguard.agents.lines.paths import join_folder

        state.directory = join_folder(state.directory, folder)
    if manager.startswith("yarn") and rest[:1] == ["workspace"] and len(rest) > 2:
        names, rest = [rest[1]], rest[2:]
    elif manager.startswith("yarn") and rest[:2] == ["workspaces", "foreach"] or rest[:2] == ["workspaces", "run"]:
        is_recursive, rest = True, [word for word in rest[2:] if word[:1] != "-"]
    packages = find_packages(session, state, names, is_recursive)
    if not rest:
        if manager.startswith("yarn"):
            _run_all(session, packages, ("install", "prepare"), [], state, f"{manager}")
        return
    verb, arguments = rest[0], rest[1:]
    if verb in _RUN:
        arguments = [word for at, word in enumerate(arguments) if at or word[:1] != "-"]
        while arguments and arguments[0][:1] == "-":
            del arguments[0]
        if arguments:
            run_script(session, packages, arguments[0], _passed(manager, arguments[1:]), state, f"{manager} run")
        return
    if verb in _LIFECYCLE and (manager == "npm" or verb not in ("t", "tst")):
        names_of = _LIFECYCLE[verb]
        passed = _passed(manager, arguments) if verb in ("test", "t", "tst", "start", "stop", "restart") else []
        _run_all(session, packages, names_of, passed, state, f"{manager} {verb}")
        return
    if verb == "explore" and "--" in arguments:
        session.run_words(tuple(arguments[arguments.index("--") + 1 :]), state, {}, None, is_inside=True)
        return
    if manager == "npm" or (verb in _OWN and not any(verb in each.scripts for each in packages)):
        return
    if any(verb in each.scripts for each in packages) or not is_known(verb):
        run_script(session, packages, verb, _passed(manager, arguments), state, manager)
    else:  # a binary of a package: `yarn cdk destroy`
        session.run_words((verb, *arguments), state, {}, None, is_inside=True)


def follow_run_all(session: Session, words: tuple[str, ...], state: State) -> None:
    """`run-s build deploy:*`: scripts of the same package.json, by name or pattern."""
    packages = find_packages(session, state, [], False)
    for word in words[1:]:
        if word[:1] != "-":
            run_matching(session, packages, word, state, words[0])


def run_matching(session: Session, packages: list[Package], pattern: str, state: State, label: str) -> None:
    """The scripts whose names fit a pattern such as `deploy:*`."""
    from fnmatch import fnmatchcase

    name, _, arguments = pattern.partition(" ")
    for package in packages:
        for each in package.scripts:
            if fnmatchcase(each, name.replace(":**", ":*")):
                run_script(session, [package], each, arguments.split(), state, label)


def run_script(
    session: Session, packages: list[Package], name: str, arguments: list[str], state: State, label: str
) -> None:
    """A script with what runs before and after it, in each package that has it."""
    if not is_known(name):
        _ask_about_any(session, packages, name, state, label)
        return
    _run_all(session, packages, (name,), arguments, state, f"{label} {name}")


def _run_all(
    session: Session, packages: list[Package], names: tuple[str, ...], arguments: list[str], state: State, label: str
) -> None:
    from cdkguard.agents.shell.evaluate import quote

    for package in packages:
        scripts = package.scripts
        for name in dict.fromkeys(each for one in names for each in (f"pre{one}", one, f"post{one}")):
            if name not in scripts:
                continue
            text = scripts[name]
            if arguments and name == names[0]:
                text = " ".join([text, *map(quote, arguments)])
            inner = session.copy(state)
            inner.directory = package.folder
            session.run_recipe(label, package.place_of(name), _of_wireit(package, name) or text, inner, name=name)


def _of_wireit(package: Package, name: str) -> str:
    wireit = package.document.get("wireit")
    one = wireit.get(name) if isinstance(wireit, dict) and package.scripts.get(name) == "wireit" else None
    if not isinstance(one, dict):
        return ""
    before = [each for each in one.get("dependencies") or () if isinstance(each, str) and ":" not in each]
    return "\n".join([*(f"npm run {each}" for each in before), str(one.get("command") or "")])


def _ask_about_any(session: Session, packages: list[Package], name: str, state: State, label: str) -> None:
    """The name is not known: where any of the scripts would do something of ours, that is asked about."""
    before = len(session.actions)
    for package in packages:
        for each in package.scripts:
            run_script(session, [package], each, [], state, label)
    if found := session.actions[before:]:
        del session.actions[before:]
        first = found[0]
        session.actions.append(
            first._replace(
                kind="hidden",
                verb="",
                unread=f"which script {label} runs is not known, and one of them is {first.tool} {first.verb}".strip(),
            )
        )


def _read_options(words: tuple[str, ...]) -> tuple[list[str], str, list[str], bool]:
    """(the words without options before the script's name, the folder, the workspaces, whether all of them)."""
    rest: list[str] = []
    names: list[str] = []
    folder, is_recursive, at = "", False, 0
    while at < len(words):
        word = words[at]
        name, has_value, value = word.partition("=")
        if word == "--":
            rest += words[at:]
            break
        is_before = len(rest) < 2
        if word[:1] == "-" and is_before or name in ("-w", "--workspace", "--prefix", "--workspaces", "-ws"):
            if name in _VALUED and not (name == "-w" and rest[:1] == []):
                if not has_value:
                    at += 1
                    value = words[at] if at < len(words) else ""
                if name in ("--prefix", "-C", "--dir", "--cwd"):
                    folder = value
                elif name in ("-w", "--workspace", "--filter", "-F"):
                    names.append(value)
            elif (
                name == "-w" and at + 1 < len(words) and words[at + 1] not in _RUN
            ):  # of pnpm: the root; of npm: a workspace
                at += 1
                names.append(words[at])
            elif name in ("-r", "--recursive", "--workspaces", "-ws"):
                is_recursive = True
            elif rest and rest[0] not in _RUN and rest[0] not in _LIFECYCLE:
                rest.append(word)
        else:
            rest.append(word)
        at += 1
    return rest, folder, names, is_recursive


def _passed(manager: str, arguments: list[str]) -> list[str]:
    """The arguments that reach the script: npm keeps options for itself, except behind `--`."""
    if "--" in arguments:
        cut = arguments.index("--")
        before, behind = arguments[:cut], arguments[cut + 1 :]
    else:
        before, behind = arguments, []
    if manager == "npm":
        before = [word for word in before if word[:1] != "-"]
    return before + behind


def read_package(session: Session, folder: str) -> Package | None:
    """The package.json of a folder; None where there is none that can be read."""
    path = os.path.join(folder, "package.json")
    text = session.repository.read(path, "")
    if not text:
        return None
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return (
        Package(session.repository.relative(path, ""), folder, text, document) if isinstance(document, dict) else None
    )
