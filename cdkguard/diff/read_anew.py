"""Values that a deployment reads anew from Parameter Store, though no template changes.

CloudFormation resolves a parameter of an SSM type at each update of the stack, and `cdk deploy` updates a stack with such
parameters each time, since it cannot know their values; a dynamic reference without a version is resolved when its
resource is updated. Where the value stands in a create-only property, another one replaces the resource.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-supplied-parameter-types.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references-ssm.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from cdkguard._typing import TYPE_CHECKING, Json, NamedTuple
from cdkguard.diff.fates import is_copy
from cdkguard.diff.uses import find_property_references
from cdkguard.template.paths import render_path
from cdkguard.template.scope import has_ssm_type
from cdkguard.template.values import Deferred, as_mapping, scalar_text
from cdkguard.text.regexes import lazy_pattern

if TYPE_CHECKING:
    from cdkguard.diff.differences import Path
    from cdkguard.diff.resource_changes import TypeFacts
    from cdkguard.model import Stack
    from cdkguard.template.stack_scopes import StackScopes

_WITH_DISKS = ("AWS::EC2::Instance",)
_PUBLIC = "/aws/service/"  # AWS writes new values here, such as the image of the week, whenever it likes.
_BOOTSTRAP = "BootstrapVersion"  # CDK's own parameter, which no resource reads.
_PINNED = lazy_pattern(r":[0-9]+$")  # The version of a parameter, which never has another value.
_DYNAMIC = lazy_pattern(r"\{\{resolve:ssm:([^{}]+)\}\}")


class Reading(NamedTuple):
    """A create-only property whose value comes from Parameter Store."""

    stack: Stack
    logical_id: str
    path: Path  # Below `Properties`.
    name: str  # Of the parameter in Parameter Store.

    @property
    def is_public(self) -> bool:
        """Whether AWS writes the value, so that another one is a matter of time."""
        return self.name.startswith(_PUBLIC)

    @property
    def property_name(self) -> str:
        """The property, such as `SnapshotIdentifier`."""
        return render_path(self.path)


def find_parameter_readings(stacks: Sequence[Stack], scopes: StackScopes, facts: TypeFacts) -> Iterator[Reading]:
    """The create-only properties that refer to a parameter of an SSM type, also in nested stacks that it is passed to.

    Only of resources that somebody would miss: a security group or a launch configuration is made anew without harm.
    """
    nested = {(s.parent, s.parent_logical_id): s for s in stacks if s.parent is not None}
    passed: dict[Stack, dict[str, str]] = {}
    for stack in sorted(stacks, key=_depth):
        names = {**_find_ssm_parameters(stack), **passed.get(stack, {})}
        if not names:
            continue
        for logical_id, body in scopes.resources(stack).items():
            kind = str(body.get("Type"))
            inner = nested.get((stack, logical_id))
            if inner is None and not _is_worth_keeping(kind, body, facts):
                continue
            for path, (name, _attribute) in find_property_references(body.get("Properties"), ()):
                if name not in names:
                    continue
                if inner is None and facts.replacements.decide(kind, path) == "yes":
                    yield Reading(stack, logical_id, path, names[name])
                elif inner is not None and len(path) == 2 and path[0] == "Parameters":
                    passed.setdefault(inner, {})[str(path[1])] = names[name]


def find_reference_readings(stack: Stack, logical_id: str, body: Json, facts: TypeFacts) -> Iterator[Reading]:
    """The create-only properties of a resolved resource that hold a dynamic reference without a version."""
    kind = str(body.get("Type"))
    if not _is_worth_keeping(kind, body, facts):
        return
    for path, text in _find_texts(body.get("Properties"), ()):
        for found in _DYNAMIC.finditer(text) if "{{resolve:ssm:" in text else ():
            if not _PINNED.search(found[1]) and facts.replacements.decide(kind, path) == "yes":
                yield Reading(stack, logical_id, path, found[1])


def _is_worth_keeping(resource_type: str, body: Json, facts: TypeFacts) -> bool:
    """Whether the resource holds data, or has disks of its own."""
    is_store = resource_type in facts.stateful and not is_copy(resource_type, body)
    return is_store or resource_type in _WITH_DISKS


def _find_ssm_parameters(stack: Stack) -> dict[str, str]:
    """Parameter -> the name in Parameter Store that it reads, without those of one version."""
    found = {}
    for name, declared in as_mapping(stack.template.get("Parameters")).items():
        if name == _BOOTSTRAP or not isinstance(declared, dict) or not has_ssm_type(declared):
            continue
        # What is given may be the value that a deployment read before.
        source = scalar_text(declared.get("Default")) or name
        if not _PINNED.search(source):
            found[name] = source
    return found


def _find_texts(value: Json, path: Path) -> Iterator[tuple[Path, str]]:
    """Each text in a resolved value, with its path; of a value that is not known, as the template writes it."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Deferred):
        yield path, value.text()
    elif isinstance(value, dict | list):
        members: Iterable[tuple[str | int, Json]] = value.items() if isinstance(value, dict) else enumerate(value)
        for key, inner in members:
            yield from _find_texts(inner, (*path, key))


def _depth(stack: Stack) -> int:
    return 0 if stack.parent is None else 1 + _depth(stack.parent)
