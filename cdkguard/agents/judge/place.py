"""In which environment a table, bucket or database is that a command names, without running the app."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping

from cdkguard.agents.judge.plan import list_signs
from cdkguard.agents.judge.signs import Sign, signs_of_account, signs_of_name
from cdkguard.agents.judge.trusted import Trusted
from cdkguard.agents.nouns import Action
from cdkguard.check.comparison import load_names
from cdkguard.check.evaluate import assign_environments
from cdkguard.errors import CdkguardError
from cdkguard.inputs.app import find_app
from cdkguard.inputs.assembly import read_paths
from cdkguard.model import Stack
from cdkguard.system import files

_LOCAL = re.compile(
    r"(?i)^(?:https?://)?(?:localhost|127\.\d+\.\d+\.\d+|\[::1\]|0\.0\.0\.0|[\w-]*(?:localstack|dynamodb-local)[\w.-]*)(?::\d+)?(?:/|$)"
)
_ACCOUNT = re.compile(r"(?<!\d)\d{12}(?!\d)")
_GENERATED = re.compile(
    r"^(.+)-([A-Za-z0-9]+)-[A-Za-z0-9]{8,14}$"
)  # STACK-LOGICALID-RANDOM, a name that CloudFormation makes


def is_local(action: Action, variables: Mapping[str, str]) -> bool:
    """Whether the call goes to an emulator on this machine."""
    urls = [word.partition("=")[2] for word in action.words if word.startswith("--endpoint-url=")]
    urls += [after for word, after in zip(action.words, action.words[1:], strict=False) if word == "--endpoint-url"]
    if not urls:
        given = {**variables, **action.variables}
        urls = [value for name, value in given.items() if name.startswith("AWS_ENDPOINT_URL")]
    return bool(urls) and all(_LOCAL.match(url) for url in urls)


def find_places(action: Action, trusted: Trusted, variables: Mapping[str, str]) -> Iterator[Sign]:
    """What speaks for an environment: variables, profile, account, the name itself, and the app's templates in cdk.out."""
    rules = trusted.config.environments
    yield from list_signs(action, trusted, variables)
    for account in _ACCOUNT.findall(" ".join((action.target, *action.words))):
        yield from signs_of_account(account, rules)
    if action.target:
        yield from signs_of_name("name", _last_part(action.target), rules)
        yield from _places_in_templates(action, trusted)


def _last_part(target: str) -> str:
    """The name at the end of an ARN or URI."""
    return (
        target.removeprefix("s3://").split("/")[0]
        if target.startswith("s3://")
        else target.rpartition("/")[2] or target
    )


def _places_in_templates(action: Action, trusted: Trusted) -> Iterator[Sign]:
    name = _last_part(action.target).rpartition(":")[2]
    for stack in _stacks_of(trusted):
        if _holds(stack, name, action.resource_type):
            yield Sign(str(stack.environment), "stack", stack.construct_path or stack.name)


def _stacks_of(trusted: Trusted) -> list[Stack]:
    """The stacks of the cloud assembly that is there, however old; none where there is none."""
    directory = trusted.config.directory
    folder = os.path.join(directory, "cdk.out")
    if not files.is_file(os.path.join(folder, "manifest.json")):
        return []
    try:
        context = find_app(directory, trusted.config.app, {}).context
        found = read_paths([folder], refuses_apps=False)
        return assign_environments(trusted.config._replace(app_context=context), found.stacks).stacks
    except CdkguardError:
        return []


def _holds(stack: Stack, name: str, resource_type: str) -> bool:
    """Whether a template gives a resource that name, or CloudFormation would have made the name for one of it."""
    made = _GENERATED.match(name)
    resources = stack.template["Resources"]
    if made and (made[1].lower() == stack.root.name.lower()[: len(made[1])]):
        return any(logical_id.lower().startswith(made[2].lower()) for logical_id in resources)
    names = load_names()
    for body in resources.values():
        kind = str(body.get("Type"))
        if resource_type and kind != resource_type:
            continue
        properties = body.get("Properties")
        parts = names.get(kind, ())
        if isinstance(properties, dict) and any(properties.get(part) == name for part in parts):
            return True
    return False
