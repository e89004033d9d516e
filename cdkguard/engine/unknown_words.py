"""What is not known in a value, and how to make it known: `the parameter Role has no value (--parameter Role=...)`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cdkguard._typing import Json
from cdkguard.diff.references import find_references
from cdkguard.engine.offending import Steps, Subjects
from cdkguard.engine.resource_names import name_resource
from cdkguard.model import Stack
from cdkguard.template.paths import render_path
from cdkguard.template.rendering import render_value
from cdkguard.template.values import Deferred, as_mapping, import_name

MAX_UNKNOWN = 40  # values in one that are looked at
_MOST_TOLD = 2
_NESTED = ("AWS::CloudFormation::Stack", "AWS::Serverless::Application")
_GIVEN = ("parameter", "import", "dummy", "text")
_ONLY = "only the deployment knows"
_PROBE = "cdkguard"  # what an unknown value is replaced by, to see whether the answer hangs on it

Leaf = tuple[Steps, Deferred]


def list_unknown(value: Json, steps: Steps = ()) -> Iterator[Leaf]:
    """(steps inside, value) of each part of a resolved value that is not known."""
    if isinstance(value, Deferred):
        yield steps, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from list_unknown(item, (*steps, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from list_unknown(item, (*steps, index))


def find_decisive(asked: Subjects | None, steps: Steps, value: Json) -> list[Leaf]:
    """The unknown parts of the value at `steps` on which the rule's answer hangs; all of them where none does alone."""
    leaves: list[Leaf] = []
    for leaf in list_unknown(value):
        if len(leaves) < MAX_UNKNOWN and all(leaf[1] != other for _steps, other in leaves):
            leaves.append(leaf)
    if asked is None or len(leaves) < 2:
        return leaves
    try:
        decisive = [leaf for leaf in leaves if not asked.is_at_fault(steps, _replace(value, leaf[1]))]
    except MemoryError:
        raise
    except Exception:  # a function makes the place, or the rule cannot judge the text that stands for the value
        return leaves
    return decisive or leaves


def _replace(value: Json, unknown: Deferred) -> Json:
    if isinstance(value, Deferred):
        return _PROBE if value == unknown else value
    if isinstance(value, dict):
        return {key: _replace(item, unknown) for key, item in value.items()}
    return [_replace(item, unknown) for item in value] if isinstance(value, list) else value


def describe_leaves(path: str, leaves: Sequence[Leaf], stack: Stack, secret: bool = False) -> str:
    """`Properties.Encrypted is ${Value}: the parameter Value has no value (--parameter Value=...)`."""
    if not leaves:
        return ""
    steps, value = leaves[0]
    place = path + ("" if not steps or not path else _join(steps))
    reasons = list(dict.fromkeys(reason for _steps, leaf in leaves for reason in _explain(leaf, stack)))
    more = len(reasons) - _MOST_TOLD
    told = " and ".join(reasons[:_MOST_TOLD]) + (f" (and {more} more)" if more > 0 else "")
    if not place:
        return told
    shown = _find_passed_resource(value, stack) or render_value(value, False)
    found = f"{place} is {shown}" if shown != "${…}" and not secret else place
    if told in (f"{_ONLY} {shown}", _ONLY):
        return f"{found}, which only the deployment knows"
    return f"{found}: {told}"


def explain_unknown(value: Json, stack: Stack) -> str:
    """What somebody can give of what is not known in a resolved value; "" where that is nothing."""
    leaves = [leaf for leaf in find_decisive(None, (), value) if leaf[1].kind in _GIVEN]
    return describe_leaves("", leaves, stack)


def _join(steps: Steps) -> str:
    text = render_path(steps)
    return text if text.startswith("[") else f".{text}"


def _explain(value: Deferred, stack: Stack) -> Iterator[str]:
    """One reason for each thing that the value waits for."""
    if value.kind == "text":
        for part in value.parts:
            if isinstance(part, Deferred):
                yield from _explain(part, stack)
    elif value.kind == "parameter" and value.target is not None:
        yield _explain_parameter(value.target, stack)
    elif value.kind == "resource" and value.target is not None:
        yield _explain_resource(value, stack)
    elif value.kind == "pseudo":
        yield f"the stack is made for no certain {_PSEUDO.get(str(value.target), 'environment')} (give it one by `env`)"
    elif value.kind == "import":
        name = import_name(value)
        what = f"the export {name.removeprefix('import ')}" if name else "the export that it imports"
        yield f"no stack of this run gives {what} a value (judge the stack that exports it as well)"
    elif value.kind == "dummy":
        yield "the app looks it up in the account, and cdk.context.json does not hold it (run `cdk synth` with credentials)"
    elif value.kind == "dynamic":
        yield "only the deployment reads what the reference names"
    else:
        yield from _explain_call(value.raw, stack)


_PSEUDO = {"AWS::AccountId": "account", "AWS::Region": "region", "AWS::Partition": "region", "AWS::URLSuffix": "region"}


def _explain_parameter(name: str, stack: Stack) -> str:
    """A parameter without a value; of a nested stack, the one of its parents that is passed to it."""
    inner = name
    while stack.parent is not None:
        passed, parent = _find_passed(stack, name), stack.parent
        parents = as_mapping(parent.template.get("Parameters"))
        if isinstance(passed, dict) and len(passed) == 1 and passed.get("Ref") in parents:
            name, stack = passed["Ref"], parent
            continue
        resource = _name_reference(passed, parent)
        return f"{_ONLY} {resource}" if resource else f"{_ONLY} what the parent passes as the parameter {name}"
    declared = as_mapping(as_mapping(stack.template.get("Parameters")).get(name))
    if str(declared.get("Type", "")).startswith("AWS::SSM::"):
        return f"the parameter {name} is read from Parameter Store by the deployment (--parameter {name}=...)"
    passed_as = f", which is passed as {inner}," if inner != name else ""
    return f"the parameter {name}{passed_as} has no value (--parameter {name}=...)"


def _find_passed(stack: Stack, name: str) -> Json:
    assert stack.parent is not None
    resources = as_mapping(stack.parent.template.get("Resources"))
    properties = as_mapping(as_mapping(resources.get(stack.parent_logical_id or "")).get("Properties"))
    return as_mapping(properties.get("Parameters")).get(name)


def _find_passed_resource(value: Deferred, stack: Stack) -> str:
    """`${Data/Invoices.Arn}` of a nested stack's parameter that takes a value of a resource; "" of any other value."""
    if value.kind != "parameter" or value.target is None or stack.parent is None:
        return ""
    return _name_reference(_find_passed(stack, value.target), stack.parent)


def _name_reference(passed: Json, stack: Stack) -> str:
    resources = as_mapping(stack.template.get("Resources"))
    link = next((link for link in find_references(passed) if link[0] in resources), None)
    return f"${{{name_resource(stack, link[0])}{'.' + link[1] if link[1] else ''}}}" if link is not None else ""


def _explain_resource(value: Deferred, stack: Stack) -> str:
    target = str(value.target)
    body = as_mapping(as_mapping(stack.template.get("Resources")).get(target))
    if body.get("Type") in _NESTED and target in stack.unread:
        return f"the template of {target} is not among what is judged (give its file as well)"
    return f"{_ONLY} {render_value(value, False)}"


def _explain_call(raw: Json, stack: Stack) -> Iterator[str]:
    """The parameters that stand in the call of a function, else that only the deployment knows what it gives."""
    declared = as_mapping(stack.template.get("Parameters"))
    named = [name for name, attribute in find_references(raw) if attribute is None and name in declared]
    if named:
        yield from dict.fromkeys(_explain_parameter(name, stack) for name in named)
    elif isinstance(raw, dict) and len(raw) == 1 and "Ref" not in raw:
        yield f"{_ONLY} what {next(iter(raw))} gives"
    else:
        yield _ONLY
