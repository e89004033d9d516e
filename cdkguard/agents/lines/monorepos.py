"""turbo, lerna, nx, rush: one script, in all packages of the repository or in one of them."""

from __future__ import annotations

import json
import os

from cdkguard._typing import TYPE_CHECKING, Any
from cdkguard.agents.lines.workspaces import find_packages
from cdkguard.agents.shell.state import State

if TYPE_CHECKING:
    from cdkguard.agents.lines.packages import Package
    from cdkguard.agents.lines.session import Session

_VALUED = {
    "--filter", "-F", "--scope", "--ignore", "--concurrency", "--projects", "-p", "--target", "-t", "--targets",
    "--parallel", "--configuration", "-c", "--exclude",
}  # fmt: skip


def follow_monorepo(session: Session, words: tuple[str, ...], state: State) -> None:
    """`turbo run deploy`, `lerna run deploy`, `nx deploy infra`, `nx run infra:deploy:prod`, `nx run-many -t deploy`."""
    from cdkguard.agents.lines.packages import run_script

    tool, rest, names, targets = words[0], [], [], []
    at = 1
    passed: list[str] = []
    while at < len(words):
        name, has_value, value = words[at].partition("=")
        if words[at] == "--":
            passed = list(words[at + 1 :])
            break
        if name[:1] == "-":
            if name in _VALUED and not has_value:
                at += 1
                value = words[at] if at < len(words) else ""
            if name in ("--filter", "-F", "--scope", "--projects", "-p"):
                names += value.split(",")
            elif name in ("--target", "-t", "--targets"):
                targets += value.split(",")
        else:
            rest.append(words[at])
        at += 1
    packages = find_packages(session, state, [], True)
    if tool == "nx":
        _follow_nx(session, packages, rest, names, targets, passed, state)
        return
    if rest[:1] and rest[0] in ("run", "rushx"):
        rest = rest[1:]
    elif tool == "lerna":
        return
    for each in rest[:8]:
        run_script(session, packages, each, passed, state, f"{tool} run")


def _follow_nx(
    session: Session,
    packages: list[Package],
    rest: list[str],
    names: list[str],
    targets: list[str],
    passed: list[str],
    state: State,
) -> None:
    from cdkguard.agents.lines.packages import run_script

    if not rest:
        return
    if rest[0] == "run" and len(rest) > 1:
        project, _, target = rest[1].partition(":")
        names, targets = [project], [target.partition(":")[0]]
    elif rest[0] in ("run-many", "affected"):
        pass
    elif len(rest) > 0 and rest[0] not in (
        "exec",
        "reset",
        "graph",
        "generate",
        "g",
        "migrate",
        "list",
        "show",
        "report",
        "init",
        "daemon",
    ):
        targets, names = [rest[0]], rest[1:2]
    for target in targets:
        for package in packages:
            if not names or _is_named(package, names):
                run_script(session, [package], target, passed, state, "nx")
    for folder in _project_folders(session, packages, state):
        _run_target(session, folder, names, targets, state)


def _is_named(package: Package, names: list[str]) -> bool:
    own, folder = str(package.document.get("name") or ""), os.path.basename(package.folder)
    return any(name in (own, own.rpartition("/")[2], folder) for name in names)


def _project_folders(session: Session, packages: list[Package], state: State) -> list[str]:
    folders = [package.folder for package in packages] or [state.directory]
    top = folders[0]
    for group in ("apps", "libs", "packages", "infra", "services"):
        try:
            folders += [
                entry.path
                for entry in sorted(os.scandir(os.path.join(top, group)), key=lambda entry: entry.name)
                if entry.is_dir()
            ][:30]
        except OSError:
            continue
    return list(dict.fromkeys(folders))


def _run_target(session: Session, folder: str, names: list[str], targets: list[str], state: State) -> None:
    text = session.repository.read(os.path.join(folder, "project.json"), "")
    try:
        document: Any = json.loads(text) if text else {}
    except (ValueError, RecursionError):
        return
    if not isinstance(document, dict) or (names and document.get("name", os.path.basename(folder)) not in names):
        return
    for target in targets:
        one = document.get("targets", {}).get(target) if isinstance(document.get("targets"), dict) else None
        options = one.get("options") if isinstance(one, dict) else None
        if not isinstance(one, dict):
            continue
        options = options if isinstance(options, dict) else {}
        commands = options.get("commands") or [options.get("command") or one.get("command") or ""]
        texts = [each.get("command") if isinstance(each, dict) else each for each in commands]
        inner = session.copy(state)
        inner.directory = (
            os.path.join(session.repository.top, options["cwd"])
            if isinstance(options.get("cwd"), str)
            else session.repository.top
        )
        path = session.repository.relative(os.path.join(folder, "project.json"), "")
        session.run_recipe(
            f"nx {target}", f"{path}:{target}", "\n".join(text for text in texts if isinstance(text, str)), inner
        )
