"""Judges what a writing tool would do to the files that hold the agent back."""

from __future__ import annotations

import os
from collections.abc import Iterator

from cdkguard.agents.guarded.exemptions import find_exemptions
from cdkguard.agents.guarded.files import OTHER, GuardedFile, find_guarded, guard_path
from cdkguard.agents.guarded.hook_files import is_ours, keeps_chain, keeps_ours, switches_off
from cdkguard.agents.guarded.paths import absolute_path, added_lines, paths_in_patch
from cdkguard.agents.judge.app import is_steering
from cdkguard.agents.judge.reason import quote, render_names
from cdkguard.agents.judge.trusted import Trusted, open_trusted
from cdkguard.agents.judge.verdict import SILENT, Verdict, rank
from cdkguard.agents.nouns import ToolCall
from cdkguard.config import approvals
from cdkguard.config.baseline_kinds import kind_of
from cdkguard.errors import CdkguardError, InputError
from cdkguard.system import files

_LARGEST = 2_000_000  # bytes of a file that is looked at
_MOST_FILES = 2_000  # of a folder that goes as a whole
PERSON = "A person makes this edit, or says so and lands it on the main branch."


def judge_edit(call: ToolCall) -> Verdict:
    """The strictest verdict on the files of a writing tool."""
    directory = call.directory or os.getcwd()
    paths = call.paths or paths_in_patch(call.content)
    if not paths:
        return SILENT
    with_settings = list(_configured(directory))
    verdicts = [_judge_path(path, call.content, directory, with_settings) for path in paths]
    verdicts.append(_judge_exemptions(paths, call.content, directory))
    return max(verdicts, key=lambda verdict: rank(verdict.answer))


def _configured(directory: str) -> Iterator[GuardedFile]:
    """The files that the configuration names; the built-in names hold where it cannot be read."""
    try:
        with open_trusted(_nearest(directory)) as trusted:
            yield from guarded_by(trusted)
    except CdkguardError:
        return


def guarded_by(trusted: Trusted) -> Iterator[GuardedFile]:
    """The files of the working tree that a configuration names."""
    config = trusted.config
    named = [("approvals", approvals.file_of(config)), ("accepted", config.accepted)]
    named += [("rules", pack) for pack in config.packs if os.sep in pack]
    if config.against and kind_of(config.against).is_path:
        named.append(("snapshot", config.against))
    words = {"approvals": "the approvals of changes", "accepted": "the findings that the team has accepted",
             "rules": "the team's own rules", "snapshot": "the snapshot that changes are measured against"}  # fmt: skip
    for kind, path in named:
        if path:
            real = os.path.realpath(path)
            own = os.path.join(trusted.root, os.path.relpath(real, trusted.copies)) if trusted.copies else real
            yield guard_path(kind, os.path.realpath(own), words[kind])  # type: ignore[arg-type]


def _nearest(directory: str) -> str:
    while not files.is_folder(directory) and os.path.dirname(directory) != directory:
        directory = os.path.dirname(directory)
    return directory


def _judge_path(path: str, content: str, directory: str, more: list[GuardedFile]) -> Verdict:
    guarded = find_guarded(path, directory, more)
    if guarded is None:
        return SILENT
    before = _read(absolute_path(path, directory))
    match guarded.kind:
        case "settings" if (
            absolute_path(path, directory).endswith("pyproject.toml") and "cdkguard" not in before + content
        ):
            return SILENT
        case "hook":
            return _judge_hook(path, before, content, guarded)
        case "variables" if not any(map(_leads_elsewhere, _names_in(content))):
            return SILENT
        case "app":
            return _judge_chain(path, before, content, guarded)
    return refuse(path, guarded)


def refuse(path: str, guarded: GuardedFile) -> Verdict:
    """The verdict on a change of a guarded file."""
    text = f"{quote(path)} holds {guarded.words}, and no agent changes them."
    if guarded.kind in ("approvals", "accepted", "record", "log", "git", "program"):
        return Verdict("deny", text, (), (PERSON,))
    return Verdict(
        "ask", f"{quote(path)} holds {guarded.words}: what it loosens would hold the agent back no more.", (), (PERSON,)
    )


def find_inside(folder: str) -> GuardedFile | None:
    """A guarded file in a folder that goes as a whole; of hooks and chains those alone that name cdkguard."""
    left = _MOST_FILES
    for inside, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in ("node_modules", "cdk.out", ".venv")]
        for name in names:
            left -= 1
            guarded = find_guarded(name, inside)
            if left < 0:
                return OTHER
            if guarded is None or (guarded.kind in ("hook", "app", "variables") and not is_hook_of_ours(name, inside)):
                continue
            return guarded
    return None


def is_hook_of_ours(path: str, directory: str) -> bool:
    """Whether the file that a path leads to names cdkguard."""
    return is_ours(_read(absolute_path(path, directory)))


def _judge_hook(path: str, before: str, content: str, guarded: GuardedFile) -> Verdict:
    if not is_ours(before):
        off = switches_off(content)
        return Verdict("ask", f"{quote(path)} would switch hooks off.", (), (PERSON,)) if off else SILENT
    kept = keeps_ours(before, content)
    if kept:
        return SILENT
    if kept is None and content and not switches_off(content):
        return Verdict("ask", f"{quote(path)} holds {guarded.words}: do they stay as they are?", (), (PERSON,))
    return Verdict("deny", f"{quote(path)} holds {guarded.words}, and this would take them out.", (), (PERSON,))


def _judge_chain(path: str, before: str, content: str, guarded: GuardedFile) -> Verdict:
    if not is_ours(before) or keeps_chain(before, content):
        return SILENT
    return Verdict("ask", f"{quote(path)} holds {guarded.words}: does it stay as it is?", (), (PERSON,))


def _leads_elsewhere(name: str) -> bool:
    """Whether a variable that a host may load leads the hook, or its Python, elsewhere."""
    return name.startswith("PYTHON") or name == "PATH" or is_steering(name)


def _names_in(text: str) -> list[str]:
    """The variables that a file of variables sets."""
    lines = (line.strip().removeprefix("+").removeprefix("export ").strip() for line in text.splitlines())
    return [line.partition("=")[0].strip() for line in lines if "=" in line]


def _judge_exemptions(paths: tuple[str, ...], content: str, directory: str) -> Verdict:
    """A question where a text adds suppressions that its file does not have yet."""
    honoured: tuple[str, ...] = ()
    if "uppress" in content or "skip" in content or "nag" in content.lower():
        honoured = _honoured(directory)
    added = added_lines(content)
    for path in paths:
        found = list(find_exemptions(path, added, honoured))
        known = set(find_exemptions(path, _read(absolute_path(path, directory)), honoured)) if found else set()
        new = [text for text in found if text not in known]
        if new:
            text = f"{quote(path)} would suppress findings of cdkguard: {render_names(new)}."
            ways = ("Mend what is found instead.", "A suppression counts for an agent when it is on the main branch.")
            return Verdict("ask", text, (), ways)
    return SILENT


def _honoured(directory: str) -> tuple[str, ...]:
    try:
        with open_trusted(_nearest(directory)) as trusted:
            return trusted.config.honour
    except CdkguardError:
        return ("cdk-nag", "checkov", "cfn-nag", "guard")


def _read(path: str) -> str:
    """The file's text; empty where there is none. Raises InputError or OSError where it cannot be looked at."""
    if not os.path.isfile(path):
        return ""
    if os.path.getsize(path) > _LARGEST:
        raise InputError(f"{path} is too large to be looked at")
    return files.read_bytes(path).decode("utf-8", "replace")
