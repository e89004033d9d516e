"""The file of accepted findings, so that a check fails on new ones only."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping

from cdkguard._typing import Any
from cdkguard.errors import BaselineError
from cdkguard.model import AcceptedFinding, Finding
from cdkguard.system import files
from cdkguard.text import escape

VERSION = 1


def read_accepted(path: str) -> dict[str, AcceptedFinding]:
    """The file's entries by fingerprint; raises BaselineError."""
    return {entry["fingerprint"]: AcceptedFinding(entry["ruleId"], entry["since"]) for entry in _read_entries(path)}


def write_accepted(path: str, findings: Iterable[Finding], since: str) -> None:
    """Write the findings as accepted since that ISO date; those of the file that is there keep their date.

    The file is replaced whole or not at all. Raises BaselineError, also where the file there holds something else.
    """
    path = os.path.realpath(path)  # where it is a link, the file that it leads to is replaced
    dates = {entry["fingerprint"]: entry["since"] for entry in _read_entries(path)} if files.exists(path) else {}
    rows = {f.fingerprint: _row(f, dates.get(f.fingerprint, since)) for f in sorted(findings, key=_by_place)}
    if "" in rows:
        raise BaselineError(f"{path}: a finding of rule '{rows['']['ruleId']}' has no fingerprint")
    text = json.dumps({"version": VERSION, "findings": list(rows.values())}, indent=2, ensure_ascii=False)
    try:
        files.write(path, escape.json_visible(text) + "\n")
    except (OSError, UnicodeError) as problem:
        raise BaselineError(f"{path}: cannot be written: {_words(problem)}") from problem


def _by_place(finding: Finding) -> tuple[str, ...]:
    path, logical_id = finding.construct_path or "", finding.logical_id or ""
    return finding.stack_path, path, logical_id, finding.rule_id, finding.fingerprint


def _row(finding: Finding, since: str) -> dict[str, Any]:
    return {
        "ruleId": finding.rule_id,
        "stack": finding.stack,
        "constructPath": finding.construct_path,
        "logicalId": finding.logical_id,
        "since": since,
        "fingerprint": finding.fingerprint,
    }


def _read_entries(path: str) -> list[Mapping[str, str]]:
    try:
        data = json.loads(files.read_text(path))
    except FileNotFoundError as problem:
        raise BaselineError(f"{path}: there is no such file; `cdkguard accept` writes it") from problem
    except OSError as problem:
        raise BaselineError(f"{path}: cannot be read: {_words(problem)}") from problem
    except json.JSONDecodeError as problem:
        raise BaselineError(f"{path}:{problem.lineno}: not JSON: {problem.msg}") from problem
    except (ValueError, RecursionError) as problem:
        raise BaselineError(f"{path}:1: not JSON: {_words(problem)}") from problem
    if not isinstance(data, dict) or not isinstance(data.get("findings"), list):
        raise BaselineError(f"{path}:1: no accepted findings: `cdkguard accept` writes a file of them")
    if data.get("version") != VERSION:
        raise BaselineError(
            f"{path}:1: version {data.get('version')!r} of a file of accepted findings is not known; {VERSION} is"
        )
    for number, entry in enumerate(data["findings"], 1):
        if not _is_entry(entry):
            raise BaselineError(f"{path}:1: entry {number} needs ruleId, fingerprint and since, each a text")
    entries: list[Mapping[str, str]] = data["findings"]
    return entries


def _is_entry(entry: Any) -> bool:
    wanted = ("ruleId", "fingerprint", "since")
    return isinstance(entry, dict) and all(isinstance(entry.get(key), str) and entry[key] for key in wanted)


def _words(problem: BaseException) -> str:
    return (problem.strerror if isinstance(problem, OSError) else None) or str(problem).split("\n")[0]
