"""The file of accepted findings, so that a check fails on new ones only."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping

from cdkguard._typing import Any
from cdkguard.errors import BaselineError
from cdkguard.model import SEVERITIES, AcceptedFinding, Finding
from cdkguard.system import files
from cdkguard.text import escape

VERSION = 2
OLD_VERSION = 1  # its fingerprints hold no values, so that they cover new and worse findings, too


def read_accepted(path: str) -> dict[str, AcceptedFinding]:
    """The file's entries by fingerprint; raises BaselineError."""
    return {
        entry["fingerprint"]: AcceptedFinding(
            entry["ruleId"], entry["since"], entry.get("severity"), entry.get("reason", "")
        )
        for entry in read_entries(path)
    }


def is_of_old_version(path: str) -> bool:
    """Whether the file is there and holds fingerprints of the old form; raises BaselineError where it holds none."""
    return files.exists(path) and _load(path).get("version") == OLD_VERSION


def write_accepted(path: str, findings: Iterable[Finding], since: str) -> None:
    """Write the findings as accepted since that ISO date; those of the file that is there keep their date and reason.

    The file is replaced whole or not at all. Raises BaselineError, also where the file there holds something else.
    """
    is_there = files.exists(os.path.realpath(path))  # a link may lead nowhere yet
    there = {entry["fingerprint"]: entry for entry in read_entries(path)} if is_there else {}
    write_rows(path, [make_row(f, there.get(f.fingerprint, {"since": since})) for f in sorted(findings, key=_by_place)])


def write_rows(path: str, rows: Iterable[dict[str, Any]]) -> None:
    """Replace the file whole by one of these entries, or not at all; raises BaselineError."""
    path = os.path.realpath(path)  # where it is a link, the file that it leads to is replaced
    by_fingerprint = {row["fingerprint"]: row for row in rows}
    if "" in by_fingerprint:
        raise BaselineError(f"{path}: a finding of rule '{by_fingerprint['']['ruleId']}' has no fingerprint")
    text = json.dumps({"version": VERSION, "findings": list(by_fingerprint.values())}, indent=2, ensure_ascii=False)
    try:
        files.write(path, escape.json_visible(text) + "\n")
    except (OSError, UnicodeError) as problem:
        raise BaselineError(f"{path}: cannot be written: {_words(problem)}") from problem


def _by_place(finding: Finding) -> tuple[str, ...]:
    path, logical_id = finding.construct_path or "", finding.logical_id or ""
    return finding.stack_path, path, logical_id, finding.rule_id, finding.fingerprint


def make_row(finding: Finding, entry: Mapping[str, str]) -> dict[str, Any]:
    """The entry of a finding, with the date and the reason of the entry that accepted it."""
    row = {
        "ruleId": finding.rule_id,
        "severity": finding.severity,
        "stack": finding.stack,
        "constructPath": finding.construct_path,
        "logicalId": finding.logical_id,
        "since": entry["since"],
        "fingerprint": finding.fingerprint,
    }
    return {**row, "reason": entry["reason"]} if entry.get("reason") else row


def read_entries(path: str, version: int = VERSION) -> list[Mapping[str, str]]:
    """The entries as they stand in a file of that version; raises BaselineError."""
    data = _load(path)
    if data.get("version") == OLD_VERSION != version:
        raise BaselineError(
            f"{path}:1: its fingerprints hold no values, so new and worse findings would be accepted, too: "
            f"`cdkguard accept --accepted {path} --rewrite`, with the other options of your check, rewrites it"
        )
    if data.get("version") != version:
        raise BaselineError(
            f"{path}:1: version {data.get('version')!r} of a file of accepted findings is not known; {version} is"
        )
    for number, entry in enumerate(data["findings"], 1):
        if wrong := _find_mistake(entry):
            raise BaselineError(f"{path}:1: entry {number} {wrong}")
    entries: list[Mapping[str, str]] = data["findings"]
    return entries


def _load(path: str) -> dict[str, Any]:
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
    return data


def _find_mistake(entry: Any) -> str:
    """What is wrong with an entry, or ""."""
    wanted = ("ruleId", "fingerprint", "since")
    if not isinstance(entry, dict) or not all(isinstance(entry.get(key), str) and entry[key] for key in wanted):
        return "needs ruleId, fingerprint and since, each a text"
    if entry.get("severity", "low") not in SEVERITIES:
        return f"has a severity that is none of {', '.join(SEVERITIES)}"
    return "" if isinstance(entry.get("reason", ""), str) else "has a reason that is no text"


def _words(problem: BaseException) -> str:
    return (problem.strerror if isinstance(problem, OSError) else None) or str(problem).split("\n")[0]
