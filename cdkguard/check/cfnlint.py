"""cfn-lint as one more source of rules: its errors on the same templates, as findings."""

from __future__ import annotations

import glob
import json
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from subprocess import PIPE, TimeoutExpired

from cdkguard._typing import Json, NamedTuple
from cdkguard.engine.fingerprints import fingerprint
from cdkguard.errors import ConfigError, InputError
from cdkguard.model import Finding, Outcome, RuleInfo, Stack
from cdkguard.system import processes
from cdkguard.text.credentials import mask_secrets

PREFIX = "cfn-lint-"
OWN_RULE = "E9900"  # of cdkguard.cfnlint_rules: the findings are here already
PACK = "cfn-lint"
_START = "import sys; from cfnlint.runner import main; sys.exit(main())"  # as its console script does
_BROKEN = ("E0001", "E0002", "E0003")  # not of the template: a transform, a rule or the configuration that failed
_AT_ONCE = 100  # templates of one process: command lines have an end
_CHARACTERS = 400  # of a message


class Linted(NamedTuple):
    """The findings of cfn-lint, and its rules that found something."""

    findings: list[Finding]
    rules: tuple[RuleInfo, ...]


def run_cfnlint(stacks: Sequence[Stack], timeout: float | None = None, settings: bool = True) -> Linted:
    """The errors (E...) of cfn-lint on the templates of these stacks, each for the region of its stack.

    `settings` are the user's and the folder's .cfnlintrc, which can name rules to run, so code. Raises ConfigError where cfn-lint is not installed, and InputError where it does not do its work.
    """
    if find_spec("cfnlint") is None:
        raise ConfigError("lint: cfn-lint is not installed; `pip install 'cdkguard[lint]'` brings it")
    findings: list[Finding] = []
    rules: dict[str, RuleInfo] = {}
    for region, group in _by_region(stacks).items():
        paths = list(group)
        for start in range(0, len(paths), _AT_ONCE):
            for match in _matches(paths[start : start + _AT_ONCE], region, timeout, settings):
                rule = _rule(match)
                rules.setdefault(rule.id, rule)
                findings += _findings(match, rule, group)
    return Linted(findings, tuple(rules[name] for name in sorted(rules)))


def _by_region(stacks: Sequence[Stack]) -> dict[str | None, dict[str, list[Stack]]]:
    groups: dict[str | None, dict[str, list[Stack]]] = {}
    for stack in stacks:
        groups.setdefault(stack.region, {}).setdefault(stack.template_path, []).append(stack)
    return groups


def _matches(
    paths: Sequence[str], region: str | None, timeout: float | None, settings: bool
) -> list[Mapping[str, Json]]:
    # -P: nothing is imported from the folder that is judged. No --ignore-checks: it would replace the one in .cfnlintrc.
    command = [sys.executable, "-P", "-c", _START, "--format", "json"]
    command += [] if settings else ["--config-file", os.devnull]
    command += ["--regions", region] if region else []
    command += ["--template", *map(glob.escape, paths)]

    shown = ", ".join(paths[:3])
    try:
        done = processes.run(command, timeout=timeout, stderr=PIPE, errors="replace")
    except TimeoutExpired as problem:
        raise InputError(f"cfn-lint was stopped after {timeout:g} s on {shown}") from problem
    except OSError as problem:
        raise InputError(f"cfn-lint cannot be run on {shown}: {problem.strerror or problem}") from problem

    try:
        found = json.loads(done.out)
    except ValueError as problem:
        raise InputError(f"cfn-lint failed on {shown}: {_last_line(done)}") from problem
    # Its status is a sum of 2 for errors, 4 for warnings and 8 for notes; anything else is a crash.
    if done.status not in range(0, 16, 2) or not isinstance(found, list):
        raise InputError(f"cfn-lint failed on {shown}: {_last_line(done)}")

    matches = [match for match in found if match["Rule"]["Id"].startswith("E") and match["Rule"]["Id"] != OWN_RULE]
    for match in matches:
        if match["Rule"]["Id"] in _BROKEN:
            raise InputError(f"cfn-lint failed on {match['Filename'] or shown}: {_line(match['Message'])}")
    return matches


def _last_line(done: processes.Completed) -> str:
    lines = [line.strip() for line in (done.err or done.out).splitlines() if line.strip()]
    return _line(lines[-1]) if lines else f"it said nothing ({done.status_words})"


def _line(text: Json) -> str:
    return " ".join(str(text).split())[:_CHARACTERS]


def _rule(match: Mapping[str, Json]) -> RuleInfo:
    rule = match["Rule"]
    source = rule.get("Source")
    return RuleInfo(
        PREFIX + rule["Id"], _line(rule["ShortDescription"]), "high", PACK, _line(rule["Description"]), None,
        (source,) if source else (),
    )  # fmt: skip


def _findings(match: Mapping[str, Json], rule: RuleInfo, stacks: Mapping[str, Sequence[Stack]]) -> Iterator[Finding]:
    """One for each stack that has this template."""
    where = stacks.get(match["Filename"])
    if where is None:
        raise InputError(
            f"cfn-lint speaks of {match['Filename']}, which was not given to it: {_line(match['Message'])}"
        )
    path = match["Location"].get("Path") or []
    for stack in where:
        yield _finding(match, rule, stack, path)


def _finding(match: Mapping[str, Json], rule: RuleInfo, stack: Stack, path: Sequence[str | int]) -> Finding:
    logical_id = str(path[1]) if len(path) > 1 and path[0] == "Resources" else None
    place = _dotted(path[2:] if logical_id else path)
    body = stack.template["Resources"].get(logical_id)
    kind = body.get("Type") if isinstance(body, dict) else None
    stack_path = stack.construct_path or stack.name
    construct = stack.construct_paths.get(logical_id) if logical_id else None
    message, hides_secret = _message(match, stack, path)

    return Finding(
        rule.id,
        Outcome.FAIL,
        rule.severity,
        message,
        stack.name,
        stack_path,
        stack.template_path,
        stack.environment,
        logical_id=logical_id,
        resource_type=kind if isinstance(kind, str) else None,
        construct_path=construct,
        property_paths=(place,) if place else (),
        source=stack.source_of(logical_id) if logical_id else stack.source,
        template_line=match["Location"]["Start"]["LineNumber"],
        why=rule.why,
        title=rule.title,
        fingerprint=fingerprint(
            rule.id,
            Outcome.FAIL,
            stack_path,
            construct or "",
            logical_id or "",
            (re.sub(r"\[\d+\]", "[]", place), message),
        ),
        hides_secret=hides_secret,
    )


def _message(match: Mapping[str, Json], stack: Stack, path: Sequence[str | int]) -> tuple[str, bool]:
    """cfn-lint quotes values; one that its name calls a secret is only a length, and then the second is true."""
    text = message = str(match["Message"])
    value: Json = stack.template
    for step in path:
        inside = isinstance(value, dict) and step in value
        inside = inside or (isinstance(value, list) and isinstance(step, int) and step < len(value))
        value = value[step] if inside else None
    if isinstance(value, str) and value:
        text = text.replace(value, str(mask_secrets(str(path[-1]), value)))
    return _line(text), text != message


def _dotted(path: Sequence[str | int]) -> str:
    """["Properties", "Tags", 0] -> `Properties.Tags[0]`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")
