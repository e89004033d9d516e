"""Records that somebody has verified an environment: bound to a commit and to its templates, with a last day.

As approvals in their strictest form do, a record counts from the git baseline only: from what the main branch has.
"""

from __future__ import annotations

import os
from collections.abc import Iterable

from cdkguard._typing import NamedTuple
from cdkguard.baselines import worktree
from cdkguard.config import approvals
from cdkguard.config.document import DocumentValue
from cdkguard.config.preflight import RECORDS
from cdkguard.config.settings import Config
from cdkguard.config.yaml_document import read_yaml, read_yaml_text
from cdkguard.errors import BaselineError, ConfigError
from cdkguard.system import files
from cdkguard.text import escape
from cdkguard.text.addresses import editor_line
from cdkguard.text.dates import is_date

_KEYS = ("environment", "by", "expires", "commit", "templates", "note")
_NEEDED = _KEYS[:-1]


class VerifiedRecord(NamedTuple):
    """Somebody's word that an environment works with the code of one commit."""

    environment: str
    by: str
    expires: str  # ISO date, the last day on which it counts
    commit: str
    templates: str  # the digest of the environment's templates
    note: str = ""
    origin: str = ""  # "cdkguard.preflight.yaml:3"


def file_of(config: Config) -> str:
    """The file of records: the configured one, else the one beside the configuration file or in the app's folder."""
    if config.preflight is not None and config.preflight.records:
        return config.preflight.records
    return os.path.join(os.path.dirname(config.file) if config.file else config.directory, RECORDS)


def read_records(path: str) -> tuple[VerifiedRecord, ...]:
    """The records of a file; none where it does not exist. Raises ConfigError with file and line."""
    return _records(read_yaml(path).root) if files.exists(path) else ()


def _records(root: DocumentValue) -> tuple[VerifiedRecord, ...]:
    entries = root.known(("records",)).get("records")
    return tuple(map(_record, entries.elements())) if entries is not None else ()


def _record(at: DocumentValue) -> VerifiedRecord:
    found = at.known(_KEYS)
    for key in _NEEDED:
        if key not in found:
            raise at.wrong(f"a record needs `{key}`; `cdkguard preflight record` writes it")
    texts = {key: item.as_written() for key, item in found.items()}
    if not is_date(texts["expires"]):
        raise found["expires"].wrong(f"expires is a date such as 2030-01-31, not '{texts['expires']}'")
    return VerifiedRecord(**texts, origin=f"{at.document.file}:{at.document.line(at.path)}")


class Judged(NamedTuple):
    """What the records say of an environment."""

    counts: VerifiedRecord | None
    reasons: tuple[str, ...]  # why the others do not


def judge_records(config: Config, environment: str, digest: str, today: str) -> Judged:
    """The record that counts for an environment whose templates have this digest. Raises BaselineError, ConfigError."""
    repo = worktree.find_repository(config.directory)
    landed = worktree.find_landed(repo)
    path = file_of(config)
    inside = os.path.relpath(os.path.realpath(path), repo.root).replace(os.sep, "/")
    text = worktree.run_git(repo.root, "show", f"{landed}:{inside}", no=(128,))
    name = os.path.basename(path)
    committed = _records(read_yaml_text(f"{landed[:10]}:{inside}", text).root) if text else ()

    reasons = []
    for record in reversed(committed):  # the newest is the last
        if record.environment == environment:
            reason = _why_not(record, config, repo, digest, today, inside)
            if not reason:
                return Judged(record, ())
            reasons.append(f"{record.origin}: the record of {record.by} does not count: {reason}")
    waiting = [r for r in read_records(path) if r.environment == environment and not _is_in(r, committed)]
    if waiting:
        reasons.append(
            f"{name}: the record of {waiting[-1].by} has not landed on the main branch, so it does not count yet"
        )
    return Judged(None, tuple(reasons))


def _is_in(record: VerifiedRecord, committed: Iterable[VerifiedRecord]) -> bool:
    return any(record._replace(origin="") == other._replace(origin="") for other in committed)


def _why_not(
    record: VerifiedRecord, config: Config, repo: worktree.Repository, digest: str, today: str, own: str
) -> str:
    if record.expires < today:
        return f"it has expired on {record.expires}"
    if record.templates != digest:
        return "the templates are others since"
    try:
        changed = list_changes_since(record.commit, repo, (own, approvals_inside(config, repo)))
    except BaselineError as problem:
        return str(problem)
    if changed:
        more = f" and {len(changed) - 3} more" if len(changed) > 3 else ""
        return f"files are others since {record.commit[:10]}: {', '.join(changed[:3])}{more}"
    return ""


def approvals_inside(config: Config, repo: worktree.Repository) -> str:
    """The file of approvals, relative to the repository."""
    return os.path.relpath(os.path.realpath(approvals.file_of(config)), repo.root).replace(os.sep, "/")


def list_changes_since(commit: str, repo: worktree.Repository, but: Iterable[str]) -> list[str]:
    """The files of the app's folder that differ between a commit and the work tree, without those in `but`."""
    known = worktree.run_git(repo.root, "cat-file", "-e", f"{commit}^{{commit}}", no=(1, 128))
    if known is None:
        raise BaselineError(f"its commit {commit[:10]} is not in this clone; {worktree.DEEPEN}")
    excluded = [f":(exclude,top){path}" for path in but]
    text = worktree.run_git(
        repo.root,
        "diff",
        "--name-only",
        "-z",
        "--no-renames",
        "--end-of-options",
        commit,
        "--",
        repo.prefix or ".",
        *excluded,
    )
    return [path for path in (text or "").split("\0") if path]


def write_record(path: str, record: VerifiedRecord) -> None:
    """Add a record to the file in place of the environment's older ones; whole or not at all."""
    import yaml

    kept = [old for old in read_records(path) if old.environment != record.environment]
    rows = []
    for one in (*kept, record):
        rows.append({key: escape.storable(getattr(one, key)) for key in _KEYS if getattr(one, key)})
    head = editor_line("preflight-records")
    head += "# Environments that somebody has verified. Each entry counts for one commit, until its day, once it has landed.\n"
    is_plain = all(escape.is_visible(str(text)) for row in rows for text in row.values())
    try:
        files.write(path, head + yaml.safe_dump({"records": rows}, sort_keys=False, allow_unicode=is_plain, width=110))
    except OSError as problem:
        raise ConfigError(f"{path}: cannot be written: {problem.strerror}") from problem
