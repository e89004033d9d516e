"""Records that somebody has verified an environment, for `cdkguard preflight record`."""

from __future__ import annotations

import os

from cdkguard._typing import TextIO
from cdkguard.baselines import worktree
from cdkguard.config.settings import Config
from cdkguard.errors import BaselineError, ConfigError, InputError
from cdkguard.preflight.records import VerifiedRecord, approvals_inside, file_of, list_changes_since, write_record
from cdkguard.preflight.subject import open_subject
from cdkguard.preflight.templates import digest_templates


def record_environment(
    config: Config, name: str, by: str, expires: str, note: str, progress: TextIO | None = None
) -> str:
    """Add the record to the file, and return its path. Raises ConfigError, or InputError where the app cannot be read.

    The record is bound to HEAD, so that nothing may differ from it but what cdkguard itself keeps.
    """
    try:
        repo = worktree.find_repository(config.directory)
        commit = worktree.find_commit(repo, "HEAD").commit
    except BaselineError as problem:
        raise ConfigError(f"a record is bound to a commit: {problem}") from problem
    path = file_of(config)
    own = os.path.relpath(os.path.realpath(path), repo.root).replace(os.sep, "/")
    changed = list_changes_since(commit, repo, (own, approvals_inside(config, repo)))
    if changed:
        raise ConfigError(f"a record is bound to a commit, and {changed[0]} is not committed: commit it first")
    with open_subject(config, needs_app=True, needs_rules=False, progress=progress) as subject:
        if subject.unread:
            raise InputError(subject.unread)
        same = subject.staging == name
        stacks = subject.staging_stacks if same else tuple(subject.stacks_of(name))
        if not stacks:
            known = ", ".join(dict.fromkeys(str(stack.environment) for stack in subject.stacks))
            raise ConfigError(f"no stack of '{name}' is in what was synthesized; there are stacks of: {known}")
        record = VerifiedRecord(name, by, expires, commit, digest_templates(stacks), note)
    write_record(path, record)
    return path
