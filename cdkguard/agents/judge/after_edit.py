"""After an edit: what is new in the working tree since the main branch is handed back to the model, once."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping

from cdkguard.agents.judge.losses import Losses, describe_losses, ways_out
from cdkguard.agents.judge.plan import plan_deployment
from cdkguard.agents.judge.trusted import Trusted, open_trusted
from cdkguard.agents.judge.verdict import SILENT, Verdict
from cdkguard.agents.nouns import Action, ToolCall
from cdkguard.baselines.worktree import run_git
from cdkguard.system import cache, files
from cdkguard.text.sha256 import digest

_ACTIVE = "stop_hook_active"  # the host's word that the agent was sent back to work already
_KEPT = 200  # sets of findings that are remembered


def judge_finished(call: ToolCall, variables: Mapping[str, str], end: float) -> Verdict:
    """The new findings of the app around the folder, where the settings ask for it and they were not told yet."""
    if _ACTIVE in call.content:
        return SILENT
    app = _app_around(call.directory or os.getcwd())
    if app is None:
        return SILENT
    with open_trusted(app) as trusted:
        if not trusted.settings.after_edit or trusted.main is None or not _has_edits(trusted):
            return SILENT
        against_git = trusted._replace(config=trusted.config._replace(against="git"))
        plan = plan_deployment(
            Action("deploy", "cdk", "deploy", directory=app), against_git, end - time.monotonic(), {}
        )
        if plan.losses is None or plan.losses.is_clean or not _is_new(call.session, plan.losses):
            return SILENT
        facts = describe_losses(plan.losses, plan.folders)
        text = "The change so far would not go through as it is."
        return Verdict("deny", text, facts, ways_out(plan.losses), tokens=plan.losses.tokens())


def _app_around(directory: str) -> str | None:
    """The nearest folder with an app, up to the root of the repository."""
    folder = os.path.abspath(directory)
    while not files.is_file(os.path.join(folder, "cdk.json")):
        above = os.path.dirname(folder)
        if above == folder or files.exists(os.path.join(folder, ".git")):
            return None
        folder = above
    return folder


def _has_edits(trusted: Trusted) -> bool:
    main = trusted.main.commit if trusted.main else "HEAD"
    return bool(run_git(trusted.root, "diff", "--name-only", "--no-ext-diff", main, "--")) or bool(
        run_git(trusted.root, "ls-files", "--others", "--exclude-standard")
    )


def _is_new(session: str, losses: Losses) -> bool:
    """Whether this session was not told of these findings yet; remembers them."""
    named = sorted({*losses.tokens(), *(f.fingerprint for f in (*losses.protection, *losses.access, *losses.others))})
    mark = digest("\n".join([session, *named]).encode())[:32]
    folder = cache.cache_folder("agents")
    if folder is None:
        return False  # What cannot be remembered would be told again and again.
    cache.make_cache_folder(folder)
    path = os.path.join(folder, "told")
    known = files.read_text(path).split() if files.is_file(path) else []
    if mark in known:
        return False
    files.write(path, ("\n".join([*known[-_KEPT:], mark]) + "\n").encode())
    return True
