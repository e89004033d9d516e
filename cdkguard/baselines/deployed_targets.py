"""The deployed stacks to read: those of the app and those that the user names, each with the role of its manifest."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from cdkguard._typing import Json
from cdkguard.baselines.aws_session import Role
from cdkguard.errors import BaselineError, TemplateError
from cdkguard.inputs.assembly_files import environment_of
from cdkguard.inputs.shapes import mapping_or_empty
from cdkguard.inputs.template_json import parse_json
from cdkguard.model import Assembly
from cdkguard.system import files

# Stack name, account, region; the last two are None where the app leaves them open.
Key = tuple[str, str | None, str | None]
MAX_LEVELS = 30  # of stages in stages
_ROLE_OPTIONS = ("Tags", "TransitiveTagKeys", "SourceIdentity", "DurationSeconds")


class Target(NamedTuple):
    """A root stack to look for; an account or region that is None is that of the credentials."""

    name: str
    account: str | None
    region: str | None
    construct_path: str | None = None
    role: Role | None = None
    by_user: bool = False  # whether the user named the stack, and not the app

    @property
    def key(self) -> Key:
        """(stack name, account, region), the same for two targets that mean one stack."""
        return self.name, self.account, self.region

    @property
    def connection_key(self) -> tuple[str | None, str | None, str | None]:
        """(account, region, ARN of the role): targets with the same one share a connection."""
        return self.account, self.region, self.role.arn if self.role else None


def find_targets(after: Assembly, extra_stacks: Sequence[str]) -> Iterator[Target]:
    """The root stacks of the app, then those of `extra_stacks` that the app does not have. Raises BaselineError."""
    roles = read_roles(after.directory) if after.directory else {}
    app: dict[Key, Target] = {}
    for stack in after.stacks:
        if stack.parent is None:
            key = (stack.name, stack.account, stack.region)
            app.setdefault(key, Target(*key, stack.construct_path, roles.get(key)))
    yield from app.values()
    environments: dict[tuple[str | None, str | None], Target] = {}
    for target in app.values():
        environments.setdefault((target.account, target.region), target)
    extra = {t.key: t for text in extra_stacks for t in _targets_named(text, environments)}
    yield from (target for key, target in extra.items() if key not in app)


def _targets_named(text: str, environments: Mapping[tuple[str | None, str | None], Target]) -> Iterator[Target]:
    match = re.fullmatch(r"(?:(\d{12})/([a-z0-9-]+)/)?([A-Za-z][A-Za-z0-9-]*)", text)
    if match is None:
        raise BaselineError(f"'{text}' names no deployed stack: write a stack name, or account/region/name")
    account, region, name = match.groups()
    where = [(account, region)] if account else list(environments) or [(None, None)]
    for account, region in where:
        like = environments.get((account, region))
        yield Target(name, account, region, None, like.role if like else None, True)


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
    for name, artifact in mapping_or_empty(mapping_or_empty(manifest).get("artifacts")).items():
        properties = mapping_or_empty(mapping_or_empty(artifact).get("properties"))
        kind = mapping_or_empty(artifact).get("type")
        if kind == "cdk:cloud-assembly" and level < MAX_LEVELS:
            found.update(read_roles(os.path.join(directory, str(properties.get("directoryName"))), level + 1))
        elif kind == "aws:cloudformation:stack" and (role := _role_of(properties)) is not None:
            stack_name = str(properties.get("stackName") or name)
            found[(stack_name, *environment_of(artifact.get("environment")))] = role
    return found


def _role_of(properties: Mapping[str, Json]) -> Role | None:
    lookup = mapping_or_empty(properties.get("lookupRole"))
    arn, source = (lookup["arn"], lookup) if lookup.get("arn") else (properties.get("assumeRoleArn"), properties)
    if not isinstance(arn, str):
        return None
    options = {
        k: v for k, v in mapping_or_empty(source.get("assumeRoleAdditionalOptions")).items() if k in _ROLE_OPTIONS
    }
    if source.get("assumeRoleExternalId"):
        options["ExternalId"] = str(source["assumeRoleExternalId"])
    return Role(arn, options)
