"""The row `staging`: what runs there is what is about to be deployed, and somebody or something has tried it."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

from cdkguard._typing import TYPE_CHECKING, NamedTuple
from cdkguard.baselines.deployed import DeployedApp
from cdkguard.baselines.deployed_stacks import DeployedStack
from cdkguard.errors import BaselineError
from cdkguard.model import Stack
from cdkguard.outputs.preflight.record import Evidence, Row, make_row
from cdkguard.outputs.summary import plural
from cdkguard.preflight.environment_words import EnvironmentWords
from cdkguard.preflight.pairs import Pairs, pair_stacks, path_of
from cdkguard.preflight.subject import Subject, name_stacks
from cdkguard.preflight.templates import compare_environments, find_differences
from cdkguard.preflight.verification import verify_staging

if TYPE_CHECKING:
    from cdkguard.outputs.preflight.record import State

# Status codes: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_Stack.html
COMPLETE = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
_SHOWN = 4  # names in a sentence


class Seen(NamedTuple):
    """What was seen, by what it means."""

    failed: list[Evidence]
    unknown: list[Evidence]
    good: list[Evidence]


def judge_staging(subject: Subject, row: str, title: str) -> Row:
    """Done where each stack is complete with the template of today's code, like that of its partner, and verified."""
    if subject.assembly is None:
        evidence = (Evidence(f"the app could not be read: {subject.unread}"),)
        return make_row(row, title, "unknown", evidence, unread=True)
    name = subject.staging
    if not name:
        text = "nothing says which environment comes before"
        advice = f"write `preflight: {{staging: NAME}}` into {subject.file}, NAME being one of `environments`"
        return make_row(row, title, "unknown", (Evidence(text),), (advice,))
    targets, stagings = subject.stacks_of(*subject.targets), subject.staging_stacks
    if not targets or not stagings:
        missing = " or ".join(subject.targets) if not targets else name
        text = f"no stack of {missing} is in what was synthesized: {name_stacks(subject.stacks) or 'no stack at all'}"
        advice = f"say how the app makes them: `preflight: {{staging: {{environment: {name}, context: {{env: {name}}}}}}}` in {subject.file}"
        return make_row(row, title, "unknown", (Evidence(text),), (advice,))

    seen = Seen([], [], [])
    pairs = pair_stacks(_chosen(targets, subject), stagings, subject.settings.pairs, subject.config.environments)
    _look_at_pairs(pairs, targets, stagings, subject, seen)
    is_unread = False
    try:
        _look_at_deployed(subject.read_deployed(name, stagings), stagings, seen)
    except BaselineError as problem:
        is_unread = True
        seen.unknown.append(Evidence(f"what runs could not be read: {problem.unshown}"))
    verified = verify_staging(subject)
    getattr(seen, "good" if verified.state == "done" else verified.state).extend(verified.evidence)
    state: State = "failed" if seen.failed else "unknown" if seen.unknown else "done"
    to_do = (*_advise(seen, name, subject), *verified.advice)
    return make_row(
        row, title, state, (*seen.failed, *seen.unknown, *seen.good), to_do, output=verified.output, unread=is_unread
    )  # fmt: skip


def _chosen(targets: Sequence[Stack], subject: Subject) -> list[Stack]:
    """The stacks that `--stack` names, or all."""
    globs = subject.config.stacks
    return [
        s for s in targets if not globs or any(fnmatchcase(n, g) for n in (s.root.name, path_of(s.root)) for g in globs)
    ]


def _advise(seen: Seen, name: str, subject: Subject) -> list[str]:
    advice = []
    if any("deploy" in one.text or "template" in one.text for one in seen.failed):
        advice.append(f"deploy this code to {name} first, and try it there")
    if any("pair" in one.text or "called" in one.text for one in seen.unknown):
        advice.append(
            f"name the partner under `preflight: {{pairs: {{PATH: PATH OF {name.upper()}}}}}` in {subject.file}"
        )
    return advice


# -- the code


def _look_at_pairs(
    pairs: Pairs, targets: Sequence[Stack], stagings: Sequence[Stack], subject: Subject, seen: Seen
) -> None:
    """What the code makes for both environments must be the same, but for values."""
    for stack, reason in pairs.unpaired:
        seen.unknown.append(Evidence(f"{path_of(stack)} has no partner: {reason}"))
    values: list[str] = []
    rules = subject.config.environments
    own = EnvironmentWords(targets, " ".join(subject.targets), rules).neutralize
    its = EnvironmentWords(stagings, subject.staging, rules).neutralize
    for target, staging in pairs.pairs:
        for one, other in _with_nested(target, staging, targets, stagings):
            if other is None:
                seen.failed.append(Evidence(f"{path_of(one)} is a template that {path_of(staging)} does not have"))
                continue
            found = compare_environments(one, other, own, its)
            values += [f"{path_of(one)}/{value}" for value in found.values]
            lacking = [place for place in found.only_target if not _is_accepted(one, place, subject)]
            if lacking:
                text = f"{path_of(one)} has what the template of {path_of(other)} has not: {_list(lacking)}"
                seen.failed.append(Evidence(text))
    if pairs.pairs:
        text = f"{plural(len(pairs.pairs), 'stack')} in pairs: {_list([f'{path_of(a)} as {path_of(b)}' for a, b in pairs.pairs], 2)}"
        seen.good.append(Evidence(text))
    if values:
        text = f"{plural(len(values), 'value')} made otherwise for {subject.staging}: {_list(values, 3)}"
        seen.good.append(Evidence(text))


def _is_accepted(stack: Stack, place: str, subject: Subject) -> bool:
    paths = (f"{path_of(stack)}/{place}", place)
    return any(fnmatchcase(path, glob) for path in paths for glob in subject.settings.without_staging)


def _with_nested(
    target: Stack, staging: Stack, targets: Sequence[Stack], stagings: Sequence[Stack]
) -> list[tuple[Stack, Stack | None]]:
    """Both stacks, and the stacks nested in the first with their partners."""
    theirs = {_place_in(stack): stack for stack in stagings if stack.root is staging}
    return [(stack, theirs.get(_place_in(stack))) for stack in targets if stack.root is target]


def _place_in(stack: Stack) -> str:
    """Where a nested stack is in its root: its path below that, "" for the root."""
    return path_of(stack).removeprefix(path_of(stack.root)) if stack.parent is not None else ""


# -- what runs


def _look_at_deployed(deployed: DeployedApp, stagings: Sequence[Stack], seen: Seen) -> None:
    """Each stack must be complete, with the template that the code makes now."""
    running = {_key(one.stack): one for one in deployed.stacks}
    complete = 0
    for stack in stagings:
        found = running.get(_key(stack))
        if found is None:
            seen.failed.append(Evidence(f"{path_of(stack)} is not deployed"))
            continue
        complete += _look_at_stack(stack, found, seen)
    if complete:
        text = f"{plural(complete, 'stack')} deployed and complete, with the template that this code makes"
        seen.good.append(Evidence(text, deployed.stacks[0].stack.template_path))


def _look_at_stack(stack: Stack, found: DeployedStack, seen: Seen) -> bool:
    place = found.stack.template_path
    if found.status.endswith("_IN_PROGRESS") and found.status not in COMPLETE:
        seen.unknown.append(Evidence(f"{path_of(stack)} is {found.status}: it is being changed right now", place))
        return False
    if found.status not in COMPLETE:
        seen.failed.append(Evidence(f"{path_of(stack)} is {found.status}: its last deployment did not succeed", place))
        return False
    different = find_differences(found.stack, stack)
    if different:
        text = f"{path_of(stack)} runs another template than this code makes: {_list(different)}"
        seen.failed.append(Evidence(text, place))
    return not different


def _key(stack: Stack) -> tuple[str, ...]:
    """The root's name and the logical ids that lead to a nested stack."""
    ids: list[str] = []
    while stack.parent is not None:
        ids.append(stack.parent_logical_id or "")
        stack = stack.parent
    return (stack.name, *reversed(ids))


def _list(names: Sequence[str], most: int = _SHOWN) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
