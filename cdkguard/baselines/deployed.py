"""What runs now: the deployed templates of an app's stacks with their nested stacks, read from CloudFormation."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from cdkguard._typing import Json
from cdkguard.baselines.aws_session import Access, NoSuchStack, Place, Places, Role, call, told
from cdkguard.errors import BaselineError, TemplateError
from cdkguard.inputs.assembly_files import environment_of
from cdkguard.inputs.assembly_stacks import nested_path
from cdkguard.inputs.template_file import check_template, parse, parse_json
from cdkguard.model import Assembly, Problem, Stack
from cdkguard.system import files
from cdkguard.template.values import Deferred

__all__ = ["Access", "read", "read_roles"]

T = TypeVar("T")
Key = tuple[
    str, str | None, str | None
]  # stack name, account, region: the last two None where the app leaves them open
MAX_LEVELS = 30  # of nested stacks in nested stacks
_NESTED = "AWS::CloudFormation::Stack"
_NO_STACK = ("REVIEW_IN_PROGRESS", "DELETE_COMPLETE")  # a first change set that nobody ran; a stack that is gone
_STABLE = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE", "IMPORT_ROLLBACK_COMPLETE")  # fmt: skip
_STATUS = {
    "ROLLBACK_COMPLETE": "its creation failed and was undone, so what its template says does not run; it has to be deleted before a deploy",
    "ROLLBACK_FAILED": "its creation failed and could not be undone; it has to be deleted before a deploy",
    "CREATE_FAILED": "its creation failed half-way; a deploy needs it deleted, or the failure repaired",
    "DELETE_FAILED": "its deletion failed half-way, so some of its resources are gone; it has to be deleted before a deploy",
    "UPDATE_FAILED": "its last update failed half-way; a deploy or a rollback goes on from there",
    "UPDATE_ROLLBACK_FAILED": "a deploy is refused until its rollback is continued (ContinueUpdateRollback)",
    "IMPORT_ROLLBACK_FAILED": "an import failed and could not be undone; a deploy is refused until that is repaired",
}
_ROLE_OPTIONS = ("Tags", "TransitiveTagKeys", "SourceIdentity", "DurationSeconds")


class _Target(NamedTuple):
    """A root stack to look for; account and region as the app says them, None: of the credentials."""

    name: str
    account: str | None
    region: str | None
    construct_path: str | None = None
    role: Role | None = None
    asked: bool = False  # by the user, not by the app

    @property
    def key(self) -> Key:
        return self.name, self.account, self.region

    @property
    def where(self) -> tuple[str | None, str | None, str | None]:
        return self.account, self.region, self.role.arn if self.role else None


class _Deployed(NamedTuple):
    """One stack as CloudFormation describes it, with the stacks nested in it, which are read one level later."""

    stack: Stack
    place: Place
    status: str
    inner: Mapping[str, str]  # logical id -> physical id


def read(after: Assembly, access: Access = Access(), extra_stacks: Sequence[str] = ()) -> Assembly:
    """The deployed stacks of the app, each by name in its own account and region, with their nested stacks.

    `extra_stacks` are read, too: `account/region/name`, or a name alone, which is looked for in every environment of the
    app. A stack that is not deployed is not in the result. Raises BaselineError where anything else cannot be read: a
    baseline is whole or there is none.
    """
    from concurrent.futures import ThreadPoolExecutor

    targets = list(_targets(after, extra_stacks))
    if not targets:
        return Assembly(())
    places = Places(access)
    with ThreadPoolExecutor(max_workers=max(1, access.workers)) as pool:
        first = {t.where: t for t in targets}
        opened = _all(pool, lambda t: places.open(t.account, t.region, t.role, t.name), first.values())
        found = dict(zip(first, opened, strict=True))
        roots = [d for d in _all(pool, lambda t: _read_root(t, found[t.where]), targets) if d is not None]
        deployed = _with_nested(pool, roots)
    problems = [Problem("baseline", text, fatal=False) for text in dict.fromkeys(p.notice for p in opened) if text]
    problems += [p for d in deployed if (p := _status_problem(d)) is not None]
    problems += _not_there(targets, roots, opened)
    return Assembly(tuple(d.stack for d in deployed), tuple(problems))


def _with_nested(pool: Any, roots: list[_Deployed]) -> list[_Deployed]:
    """Each root followed by what is nested in it; read level by level, so that no thread waits for another."""
    children: dict[int, list[_Deployed]] = {}
    level = roots
    for _depth in range(MAX_LEVELS):
        jobs = [(outer, logical_id, name) for outer in level for logical_id, name in outer.inner.items()]
        level = []
        for (outer, _id, _name), read_one in zip(jobs, _all(pool, _read_nested, jobs), strict=True):
            if read_one is not None:
                children.setdefault(id(outer), []).append(read_one)
                level.append(read_one)
        if not level:
            return [d for root in roots for d in _in_order(root, children)]
    raise BaselineError(f"{level[0].stack.template_path}: nested deeper than {MAX_LEVELS} levels")


def _in_order(root: _Deployed, children: Mapping[int, list[_Deployed]]) -> Iterator[_Deployed]:
    yield root
    for child in children.get(id(root), ()):
        yield from _in_order(child, children)


def _all(pool: Any, work: Callable[[Any], T], items: Iterable[Any]) -> list[T]:
    """The results in order; the first failure ends what has not begun, so that a refusal comes once and not fifty times."""
    futures = [pool.submit(work, item) for item in items]
    try:
        return [future.result() for future in futures]
    except BaseException:
        for future in futures:
            future.cancel()
        raise


# -- what is looked for


def _targets(after: Assembly, extra_stacks: Sequence[str]) -> Iterator[_Target]:
    roles = read_roles(after.directory) if after.directory else {}
    app: dict[Key, _Target] = {}
    for stack in after.stacks:
        if stack.parent is None:
            key = (stack.name, stack.account, stack.region)
            app.setdefault(key, _Target(*key, stack.construct_path, roles.get(key)))
    yield from app.values()
    environments: dict[tuple[str | None, str | None], _Target] = {}
    for target in app.values():
        environments.setdefault((target.account, target.region), target)
    extra = {t.key: t for text in extra_stacks for t in _extra(text, environments)}
    yield from (target for key, target in extra.items() if key not in app)


def _extra(text: str, environments: Mapping[tuple[str | None, str | None], _Target]) -> Iterator[_Target]:
    named = re.fullmatch(r"(?:(\d{12})/([a-z0-9-]+)/)?([A-Za-z][A-Za-z0-9-]*)", text)
    if named is None:
        raise BaselineError(f"'{text}' names no deployed stack: write a stack name, or account/region/name")
    account, region, name = named.groups()
    places = [(account, region)] if account else list(environments) or [(None, None)]
    for account, region in places:
        like = environments.get((account, region))
        yield _Target(name, account, region, None, like.role if like else None, True)


def read_roles(directory: str, level: int = 0) -> dict[Key, Role]:
    """(stack name, account, region) -> the role that the manifest names for reading, stages included.

    That is the lookup role; where a synthesizer names none, the one that deploys.
    """
    found: dict[Key, Role] = {}
    path = os.path.join(directory, "manifest.json")
    try:
        manifest = parse_json(files.read_text(path), path)
    except (OSError, UnicodeDecodeError, TemplateError) as problem:
        raise BaselineError(f"{path}: its roles cannot be read: {problem}") from problem
    for name, artifact in _mapping(_mapping(manifest).get("artifacts")).items():
        properties = _mapping(_mapping(artifact).get("properties"))
        kind = _mapping(artifact).get("type")
        if kind == "cdk:cloud-assembly" and level < MAX_LEVELS:
            found.update(read_roles(os.path.join(directory, str(properties.get("directoryName"))), level + 1))
        elif kind == "aws:cloudformation:stack" and (role := _role(properties)) is not None:
            stack_name = str(properties.get("stackName") or name)
            found[(stack_name, *environment_of(artifact.get("environment")))] = role
    return found


def _role(properties: Mapping[str, Json]) -> Role | None:
    lookup = _mapping(properties.get("lookupRole"))
    arn, source = (lookup["arn"], lookup) if lookup.get("arn") else (properties.get("assumeRoleArn"), properties)
    if not isinstance(arn, str):
        return None
    options = {k: v for k, v in _mapping(source.get("assumeRoleAdditionalOptions")).items() if k in _ROLE_OPTIONS}
    if source.get("assumeRoleExternalId"):
        options["ExternalId"] = str(source["assumeRoleExternalId"])
    return Role(arn, options)


# -- stacks


def _read_root(target: _Target, place: Place) -> _Deployed | None:
    """None where it is not deployed."""
    about = _describe(target.name, target.name, place, may_be_missing=True)
    if about is None or about["StackStatus"] in _NO_STACK:
        return None
    template = _template(target.name, target.name, place)
    paths = _paths(template)
    stack = Stack(
        target.name, template, _shown(place, target.name), construct_path=_stack_path(paths) or target.construct_path,
        account=target.account, region=target.region, tags={t["Key"]: t["Value"] for t in about.get("Tags", ())},
        termination_protection=about.get("EnableTerminationProtection") is True,
        parameters=_parameters(about, template), construct_paths=paths, from_assembly=True,
    )  # fmt: skip
    return _Deployed(stack, place, about["StackStatus"], _inner(target.name, stack, about["StackStatus"], place))


def _read_nested(job: tuple[_Deployed, str, str]) -> _Deployed | None:
    """None where it was deleted by hand, so that nothing of it runs."""
    (parent, place, _status, _ids), logical_id, physical_id = job
    label = f"{_label(parent)}/{logical_id}"
    about = _describe(physical_id, label, place)
    if about is None or about["StackStatus"] in _NO_STACK:
        return None
    template = _template(physical_id, label, place)
    path, root = nested_path(parent.construct_paths.get(logical_id), logical_id, parent.construct_path), parent.root
    stack = Stack(
        f"{root.name}/{path.rpartition('/')[2]}", template, _shown(place, str(about.get("StackName") or physical_id)),
        construct_path=path, account=root.account, region=root.region, tags=root.tags,
        termination_protection=root.termination_protection, parameters=_parameters(about, template),
        parent=parent, parent_logical_id=logical_id, construct_paths=_paths(template), from_assembly=True,
    )  # fmt: skip
    return _Deployed(stack, place, about["StackStatus"], _inner(physical_id, stack, about["StackStatus"], place))


def _describe(stack_id: str, label: str, place: Place, may_be_missing: bool = False) -> dict[str, Json] | None:
    try:
        stacks = _ask(place, "describe_stacks", label, StackName=stack_id).get("Stacks") or []
    except NoSuchStack as problem:
        if may_be_missing:
            return None
        raise _half(label, place, f"cannot be read: {problem}") from problem
    if len(stacks) != 1 or not stacks[0].get("StackStatus"):
        raise _half(label, place, f"DescribeStacks described {len(stacks)} stacks instead of this one")
    return dict(stacks[0])


def _template(stack_id: str, label: str, place: Place) -> dict[str, Json]:
    body = _ask(place, "get_template", label, StackName=stack_id, TemplateStage="Original").get("TemplateBody")
    if body is None or body == "":
        raise _half(label, place, "GetTemplate answered without a template")
    shown = _shown(place, label)
    try:
        # boto3 parses JSON itself; written out and read again it passes the same tests as every template.
        template = parse(body, shown) if isinstance(body, str) else parse_json(json.dumps(body), shown)
        check_template(template, shown)
    except (TemplateError, RecursionError) as problem:
        raise _half(label, place, f"its template cannot be read: {problem}") from problem
    return dict(template)


def _inner(stack_id: str, stack: Stack, status: str, place: Place) -> dict[str, str]:
    """Logical id -> physical id of the stacks nested in it; a macro can make some that the template does not show."""
    resources = stack.template["Resources"]
    declared = {logical_id for logical_id, body in resources.items() if _mapping(body).get("Type") == _NESTED}
    macros = "Transform" in stack.template or "Fn::Transform" in stack.template
    if not declared and not macros:
        return {}
    listed = list(_resources(stack_id, _label(stack), place))
    seen = {r.get("LogicalResourceId") for r in listed}
    lost = [i for i in sorted(declared - seen) if "Condition" not in resources[i]]
    if lost and not macros and status in _STABLE:
        raise _half(_label(stack), place, f"ListStackResources does not name its nested stack '{lost[0]}'")
    return {
        r["LogicalResourceId"]: r["PhysicalResourceId"] for r in listed
        if r.get("ResourceType") == _NESTED and r.get("PhysicalResourceId") and r.get("ResourceStatus") != "DELETE_COMPLETE"
    }  # fmt: skip


def _resources(stack_id: str, label: str, place: Place) -> Iterator[dict[str, Json]]:
    more: dict[str, Json] = {}
    seen: set[str] = set()
    while True:
        answer = _ask(place, "list_stack_resources", label, StackName=stack_id, **more)
        if "StackResourceSummaries" not in answer:
            raise _half(label, place, "ListStackResources answered without a list")
        yield from answer["StackResourceSummaries"]
        token = answer.get("NextToken")
        if not token:
            return
        if token in seen:
            raise _half(label, place, "ListStackResources gives the same page again and again")
        seen.add(token)
        more = {"NextToken": token}


def _ask(place: Place, method: str, label: str, **arguments: Json) -> dict[str, Json]:
    return told(f"stack '{label}' of {place.words}", lambda: call(place.client, method, **arguments))


def _label(stack: Stack) -> str:
    return stack.template_path.rpartition("/")[2]


def _shown(place: Place, name: str) -> str:
    return f"aws://{place.account}/{place.region}/{name}"


def _half(label: str, place: Place, text: str) -> BaselineError:
    return BaselineError(f"stack '{label}' of {place.words}: {text}, so there is no baseline to compare with")


def _paths(template: Mapping[str, Json]) -> dict[str, str]:
    """Logical id -> construct path, as the deployed template itself says."""
    paths: dict[str, str] = {}
    for logical_id, body in template["Resources"].items():
        named = _mapping(_mapping(body).get("Metadata")).get("aws:cdk:path")
        if isinstance(named, str):
            paths[logical_id] = named
    return paths


def _stack_path(paths: Mapping[str, str]) -> str | None:
    """The stack's own construct path, told by CDK's own resource in it, which is at the top of every stack."""
    named, end = paths.get("CDKMetadata", ""), "/CDKMetadata/Default"
    return named.removesuffix(end) if named.endswith(end) else None


def _parameters(about: Mapping[str, Json], template: Mapping[str, Json]) -> dict[str, Json]:
    """Name -> value; a hidden one is left out, or is a Deferred where else the template's default would be believed."""
    declared, values = _mapping(template.get("Parameters")), dict[str, Json]()
    for parameter in about.get("Parameters", ()):
        name = parameter["ParameterKey"]
        value = parameter.get("ResolvedValue", parameter.get("ParameterValue"))
        about_it = _mapping(declared.get(name))
        hidden = value is None or value == "****" or str(about_it.get("NoEcho")).lower() == "true"
        if not hidden:
            values[name] = value
        elif "Default" in about_it:
            values[name] = Deferred("parameter", {"Ref": name}, name)
    return values


def _status_problem(deployed: _Deployed) -> Problem | None:
    status, shown = deployed.status, deployed.stack.template_path
    if status in _STABLE or status.endswith("_COMPLETE_CLEANUP_IN_PROGRESS"):
        return None
    meaning = _STATUS.get(status, "cdkguard does not know this status")
    if status.endswith("_IN_PROGRESS"):
        meaning = "it is being changed right now, so this baseline can be out of date in a moment; a deploy has to wait"
    return Problem("baseline", f"{shown}: {status}: {meaning}", shown, fatal=False)


def _not_there(targets: Sequence[_Target], roots: Sequence[_Deployed], places: Sequence[Place]) -> Iterator[Problem]:
    """What is told because it may be a mistake: nothing deployed at all, or not a stack that the user named."""
    names = {d.stack.name for d in roots}
    for name in dict.fromkeys(t.name for t in targets if t.asked and t.name not in names):
        yield Problem("baseline", f"stack '{name}' was to be read, too, but is deployed nowhere", fatal=False)
    if not roots:
        words = "; ".join(dict.fromkeys(place.words for place in places))
        yield Problem("baseline", f"no stack of the app is deployed in {words}: everything is new", fatal=False)
    elif new := list(dict.fromkeys(t.name for t in targets if not t.asked and t.name not in names)):
        text = (
            "a stack that was renamed or left the app is not found under its old name (`aws: {stacks: [...]}` names it)"
        )
        shown = ", ".join(new[:5]) + (f" and {len(new) - 5} more" if len(new) > 5 else "")
        yield Problem("baseline", f"not deployed, so all of it is new: {shown}; {text}", fatal=False)


def _mapping(value: Json) -> dict[str, Json]:
    return value if isinstance(value, dict) else {}
