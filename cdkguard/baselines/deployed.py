"""The deployed templates of an app's stacks, with their nested stacks, read from CloudFormation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from cdkguard.baselines.aws_session import Access, Connection, Session
from cdkguard.baselines.deployed_stacks import STABLE, DeployedStack, read_nested, read_root
from cdkguard.baselines.deployed_targets import Target, find_targets
from cdkguard.errors import BaselineError
from cdkguard.model import Assembly, Problem

T = TypeVar("T")


class DeployedApp(NamedTuple):
    """The stacks of an app as they run, each root followed by its nested stacks, with notices."""

    stacks: tuple[DeployedStack, ...]
    problems: tuple[Problem, ...] = ()


MAX_LEVELS = 30  # of nested stacks in nested stacks
# Status of a stack that a deployment does not simply update -> what that means for the baseline.
_STATUS = {
    "ROLLBACK_COMPLETE": "its creation failed and was undone, so what its template says does not run; it has to be deleted before a deploy",
    "ROLLBACK_FAILED": "its creation failed and could not be undone; it has to be deleted before a deploy",
    "CREATE_FAILED": "its creation failed half-way; a deploy needs it deleted, or the failure repaired",
    "DELETE_FAILED": "its deletion failed half-way, so some of its resources are gone; it has to be deleted before a deploy",
    "UPDATE_FAILED": "its last update failed half-way; a deploy or a rollback goes on from there",
    "UPDATE_ROLLBACK_FAILED": "a deploy is refused until its rollback is continued (ContinueUpdateRollback)",
    "IMPORT_ROLLBACK_FAILED": "an import failed and could not be undone; a deploy is refused until that is repaired",
}


def read_deployed(after: Assembly, access: Access = Access(), extra_stacks: Sequence[str] = ()) -> Assembly:
    """The deployed stacks of the app, each by name in its own account and region, with their nested stacks.

    `extra_stacks` are read, too: `account/region/name`, or a name alone, which is looked for in every environment of the
    app. A stack that is not deployed is not in the result. Raises BaselineError where anything else cannot be read: a
    baseline is whole or there is none.
    """
    found = read_deployed_stacks(after, access, extra_stacks)
    return Assembly(tuple(d.stack for d in found.stacks), found.problems)


def read_deployed_stacks(after: Assembly, access: Access = Access(), extra_stacks: Sequence[str] = ()) -> DeployedApp:
    """As `read_deployed`, with what CloudFormation says of each stack: its status, and what rolls it back."""
    from concurrent.futures import ThreadPoolExecutor

    targets = list(find_targets(after, extra_stacks))
    if not targets:
        return DeployedApp(())

    session = Session(access)
    with ThreadPoolExecutor(max_workers=max(1, access.workers)) as pool:
        first = {t.connection_key: t for t in targets}
        opened = _run_all(pool, lambda t: session.connect(t.account, t.region, t.role, t.name), first.values())
        connections = dict(zip(first, opened, strict=True))
        read = _run_all(pool, lambda t: read_root(t, connections[t.connection_key]), targets)
        roots = [root for root in read if root is not None]
        deployed = _add_nested(pool, roots)

    notices = dict.fromkeys(connection.notice for connection in opened)
    problems = [Problem("baseline", notice, fatal=False) for notice in notices if notice]
    problems += [p for d in deployed if (p := _status_problem(d)) is not None]
    problems += _problems_of_missing(targets, roots, opened)
    return DeployedApp(tuple(deployed), tuple(problems))


def _add_nested(pool: Any, roots: list[DeployedStack]) -> list[DeployedStack]:
    """Each root followed by its nested stacks, which are read level by level, so that no thread waits for another."""
    children: dict[int, list[DeployedStack]] = {}
    level = roots
    for _depth in range(MAX_LEVELS):
        jobs = [(outer, logical_id, name) for outer in level for logical_id, name in outer.nested.items()]
        level = []
        for (outer, _id, _name), inner in zip(jobs, _run_all(pool, read_nested, jobs), strict=True):
            if inner is not None:
                children.setdefault(id(outer), []).append(inner)
                level.append(inner)
        if not level:
            return [d for root in roots for d in _in_order(root, children)]
    raise BaselineError(f"{level[0].stack.template_path}: nested deeper than {MAX_LEVELS} levels")


def _in_order(root: DeployedStack, children: Mapping[int, list[DeployedStack]]) -> Iterator[DeployedStack]:
    yield root
    for child in children.get(id(root), ()):
        yield from _in_order(child, children)


def _run_all(pool: Any, work: Callable[[Any], T], items: Iterable[Any]) -> list[T]:
    """The results in order.

    The first failure cancels what has not begun, so that a missing permission is reported once and not fifty times.
    """
    futures = [pool.submit(work, item) for item in items]
    try:
        return [future.result() for future in futures]
    except BaseException:
        for future in futures:
            future.cancel()
        raise


# -- notices


def _status_problem(deployed: DeployedStack) -> Problem | None:
    """A notice where the stack's status says that the baseline is not all that runs, or that a deployment is refused."""
    status, shown = deployed.status, deployed.stack.template_path
    if status in STABLE or status.endswith("_COMPLETE_CLEANUP_IN_PROGRESS"):
        return None
    meaning = _STATUS.get(status, "cdkguard does not know this status")
    if status.endswith("_IN_PROGRESS"):
        meaning = "it is being changed right now, so this baseline can be out of date in a moment; a deploy has to wait"
    return Problem("baseline", f"{shown}: {status}: {meaning}", shown, fatal=False)


def _problems_of_missing(
    targets: Sequence[Target], roots: Sequence[DeployedStack], connections: Sequence[Connection]
) -> Iterator[Problem]:
    """Notices about targets that are not deployed, which may be a mistake in a name, an account or a region."""
    names = {d.stack.name for d in roots}
    for name in dict.fromkeys(t.name for t in targets if t.by_user and t.name not in names):
        yield Problem("baseline", f"stack '{name}' was to be read, too, but is deployed nowhere", fatal=False)

    if not roots:
        words = "; ".join(dict.fromkeys(connection.words for connection in connections))
        yield Problem("baseline", f"no stack of the app is deployed in {words}: everything is new", fatal=False)
    elif new := list(dict.fromkeys(t.name for t in targets if not t.by_user and t.name not in names)):
        text = (
            "a stack that was renamed or left the app is not found under its old name (`aws: {stacks: [...]}` names it)"
        )
        shown = ", ".join(new[:5]) + (f" and {len(new) - 5} more" if len(new) > 5 else "")
        yield Problem("baseline", f"not deployed, so all of it is new: {shown}; {text}", fatal=False)
