"""What holds whatever an agent does, and how much of it is up here."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping

from cdkguard._typing import Json
from cdkguard.agents.doctor.gate_rows import examine_chain
from cdkguard.agents.doctor.rows import WALLS, Row
from cdkguard.system import files


def examine_walls(directory: str, root: str) -> Iterator[Row]:
    """The rows in the order of the table. Nothing is asked of AWS or of GitHub."""
    chain = examine_chain(directory)
    holds = "stops `cdk deploy` with any launcher; does not stop `cdk destroy`"
    yield Row(WALLS, "chain", chain.state, holds if chain.state == "ok" else f"see cdk.json above; it {holds}")
    yield _examine_termination_protection(directory)
    advice = "docs/deployed.md; a CloudFormation hook judges each change set, whoever sends it"
    yield Row(WALLS, "CloudFormation hook", "unknown", "only the account knows: aws cloudformation list-types", advice)
    yield _examine_branch(root)
    yield _examine_credentials(os.environ)


def _examine_termination_protection(directory: str) -> Row:
    """By the manifest of the last synthesis; what is deployed may differ."""
    name = "termination protection"
    stacks = _stacks_of(os.path.join(directory, "cdk.out"))
    if not stacks:
        advice = "`terminationProtection: true` on each production stack stops `cdk destroy`, too"
        return Row(WALLS, name, "unknown", "no cdk.out here says which stacks ask for it", advice)
    without = [stack for stack, is_protected in stacks if not is_protected]
    if not without:
        text = f"all {len(stacks)} stacks of the last cdk.out ask for it; whether it is deployed is not asked"
        return Row(WALLS, name, "ok", text)
    shown = ", ".join(without[:3]) + (f" and {len(without) - 3} more" if len(without) > 3 else "")
    advice = "`terminationProtection: true` on production stacks stops `cdk destroy`, too"
    return Row(WALLS, name, "absent", f"{len(without)} of {len(stacks)} stacks of the last cdk.out do not ask for it: {shown}", advice)  # fmt: skip


def _stacks_of(folder: str) -> list[tuple[str, bool]]:
    """(stack, whether it asks for termination protection) of an assembly and those in it."""
    try:
        manifest = json.loads(files.read_bytes(os.path.join(folder, "manifest.json")))
    except (OSError, ValueError, RecursionError):
        return []
    found: list[tuple[str, bool]] = []
    artifacts = manifest.get("artifacts") if isinstance(manifest, dict) else None
    for name, artifact in (artifacts if isinstance(artifacts, dict) else {}).items():
        kind, properties = _field(artifact, "type"), _field(artifact, "properties")
        if kind == "aws:cloudformation:stack":
            found.append((str(_field(artifact, "displayName") or name), _field(properties, "terminationProtection") is True))  # fmt: skip
        elif kind == "cdk:cloud-assembly" and isinstance(_field(properties, "directoryName"), str):
            found += _stacks_of(os.path.join(folder, os.path.basename(properties["directoryName"])))
    return found


def _field(value: Json, name: str) -> Json:
    return value.get(name) if isinstance(value, dict) else None


def _examine_branch(root: str) -> Row:
    advice = (
        "require reviews on the main branch (GitHub: a ruleset), so that no agent merges or approves its own change"
    )
    owners = next((name for name in (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS") if os.path.isfile(os.path.join(root, name))), None)  # fmt: skip
    text = "only the host of the repository knows"
    return Row(WALLS, "branch protection", "unknown", f"{text}; {owners} is here" if owners else text, advice)


_GIVEN = ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI")  # fmt: skip


def _examine_credentials(environment: Mapping[str, str]) -> Row:
    """Which credentials an agent would have that is started from this shell. Nothing of them is shown."""
    given = [name for name in _GIVEN if environment.get(name)]
    folder = os.path.join(os.path.expanduser("~"), ".aws")
    places = [
        *given,
        *(f"~/.aws/{name}" for name in ("credentials", "config") if os.path.isfile(os.path.join(folder, name))),
    ]
    advice = "start agents with a role that can read and cannot change production"
    if places:
        text = f"an agent started here has what you have ({', '.join(places)}); what that may do is not asked"
        return Row(WALLS, "AWS credentials", "unknown", text, advice)
    text = "none in this shell, none in ~/.aws; whether this machine has a role of its own is not asked"
    return Row(WALLS, "AWS credentials", "unknown", text, advice)
