"""The message of a finding on a change."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from cdkguard._typing import TYPE_CHECKING, Json, NamedTuple
from cdkguard.diff.data_parts import find_lost_data_parts
from cdkguard.diff.deletion_protections import name_protection
from cdkguard.diff.fronts import find_fronts
from cdkguard.diff.references import find_references
from cdkguard.diff.refusals import find_refusals
from cdkguard.diff.resource_changes import holds_resources
from cdkguard.diff.served import find_origin
from cdkguard.engine.property_paths import value_at_text
from cdkguard.engine.resource_names import name_resource, use_construct_paths
from cdkguard.engine.weakening import Weakening
from cdkguard.model import Change, Outcome, PropertyChange, Rule
from cdkguard.template.rendering import is_hidden, render_value
from cdkguard.template.values import as_mapping
from cdkguard.text.credentials import mask_secrets
from cdkguard.text.regexes import lazy_pattern

if TYPE_CHECKING:
    from cdkguard.model import Fate, Impact

_FACT = lazy_pattern(r"\{(\w+)\}")  # the name of a fact in a rule's message
_FATES: dict[Fate, str] = {
    "destroyed": "deleted with its data",
    "snapshot": "deleted after a final snapshot",
    "retained": "kept, outside the stack",
    "if-empty": "deleted only if it is empty (otherwise the deletion fails, and it is left behind)",
    "refused": "kept, as CloudFormation refuses the change",
    "unknown": "deleted or kept: that is not known before deployment",
}
# What happens to a resource of which another one may take the place.
_HAPPENS: dict[Impact, str] = {
    "MAY_REPLACE": "may be replaced",
    "WILL_REPLACE": "is replaced",
    "WILL_ORPHAN": "is left behind",
    "WILL_DESTROY": "is deleted",
}
# The properties that switch a resource on and off as a whole.
_SWITCHES = tuple(
    f"Properties.{name}" for name in ("ActionsEnabled", "Enable", "Enabled", "IngestionEnabled", "State", "Status")
)
# The ends of the names of parameters that say what a call deletes, and how; in lower case.
_NAMING = ("name", "identifier", "id", "arn", "skipfinalsnapshot")
_PROTECTED = "kept, as its deletion fails while {} is on"
_UNREAD = "deleted with all that is in it, which was not read"
_TOO_LATE = " The new code retains it, but that comes too late: the deployed template's policy decides."
_MOST_CAUSES = 3  # of a replacement, that are told


class Message(NamedTuple):
    """The words of a finding."""

    text: str
    hides_secret: bool = False  # the text holds the length of a secret instead of the secret


def render_message(
    rule: Rule,
    change: Change,
    outcome: Outcome,
    paths: Sequence[str],
    more: Mapping[str, str],
    secrets: Collection[str],
    unknown: str = "",
) -> Message:
    """The rule's message with the facts of the change, and `more` facts, put in; `secrets` are those of `more` that hold
    the length of a secret. `unknown` says what is not known, where it cannot be judged."""
    form = rule.message or rule.headline
    facts = {**_facts(change, paths), **more}
    text = _FACT.sub(lambda m: facts.get(m.group(1), m.group(0)), form)
    text = use_construct_paths(text.removesuffix(": "), change.stack)  # a fact may be empty here
    if change.old_stack is not None:
        text = use_construct_paths(text, change.old_stack)

    if outcome is Outcome.UNKNOWN:
        link = ":" if "not known before deployment" in text else " whether"
        text = f"Cannot be judged{link} {text}" + (f" ({unknown})" if unknown else "")
    if change.predecessor is not None and rule.weakens is not None:
        text += f"; it takes the place of {facts['partner']}"
    if change.has_detail("condition-unknown"):
        text += ", where its condition holds"
    return Message(text, _tells_secret(set(_FACT.findall(form)), change, secrets))


def render_step(path: str, before: Json, after: Json, secret: bool = False) -> str:
    """`Properties.Port 80 -> 443`; of a secret, or of what its name calls one, only the length."""
    values = [render_value(mask_secrets(path, value), secret) for value in (before, after)]
    return f"{path} {values[0]} -> {values[1]}"


def render_weakening(weakening: Weakening) -> str:
    """A protection that goes, in the words of its rule where that has some: `... for ever -> 30 days`."""
    if weakening.told:
        return weakening.told
    values = weakening.path, weakening.before, weakening.after, weakening.secret
    if weakening.words is not None and not step_hides_secret(*values):
        words = f"{weakening.path} {weakening.words[0]} -> {weakening.words[1]}"
        return f"{words} ({weakening.beside})" if weakening.beside else words
    step = render_step(*values)
    return f"{step}, and {weakening.missing}" if weakening.missing else step


def render_call(call: Mapping[str, Json]) -> str:
    """`rds:DeleteDBInstance (DBInstanceIdentifier orders, SkipFinalSnapshot true)`: a call, and what it names."""
    if "Call" not in call:
        return ""
    parameters = as_mapping(call["Parameters"])
    named = [name for name in parameters if name.lower().endswith(_NAMING)][:_MOST_CAUSES]
    shown = ", ".join(f"{name} {render_value(mask_secrets(name, parameters[name]), False)}" for name in named)
    return f"{call['Call']} ({shown})" if shown else str(call["Call"])


def describe_weaker(found: Sequence[Weakening]) -> str:
    """Whether what watches over others is switched off as a whole, or watches less."""
    is_off = any(weakening.path in _SWITCHES for weakening in found)
    return "is switched off" if is_off else "protects or watches less than before"


def step_hides_secret(path: str, before: Json, after: Json, secret: bool = False) -> bool:
    """Whether `render_step` shows only the length of one of the values, or of a part of it."""
    pairs = [(value, mask_secrets(path, value)) for value in (before, after)]
    return any(is_hidden(seen, secret) or seen != value for value, seen in pairs)


def _tells_secret(facts: Collection[str], change: Change, secrets: Collection[str]) -> bool:
    """Whether one of the facts of a message holds the length of a secret."""
    causes = [p for p in _causes(change) if not p.because] if "because" in facts else []
    return any(step_hides_secret(p.path, p.before, p.after, p.name != "") for p in causes) or any(
        fact in facts for fact in secrets
    )


def _causes(change: Change) -> list[PropertyChange]:
    """The changes of properties that replace the resource; the first of them."""
    return [p for p in change.properties if p.replacement != "no"][:_MOST_CAUSES]


def _facts(change: Change, paths: Sequence[str]) -> dict[str, str]:
    causes = (p.because or _render_cause(change, p) for p in _causes(change))
    partner = (change.partner or "").removesuffix("/Resource")
    if change.partner_stack:
        partner += f" in {change.partner_stack}"

    return {
        "subject": name_resource(change.stack, change.logical_id) if change.logical_id else change.stack.name,
        "type": change.resource_type or "stack",
        "construct": (
            (change.construct_path or "").removesuffix("/Resource")
            or change.logical_id
            or change.stack.construct_path
            or change.stack.name
        ),
        "impact": change.impact,
        "how": _describe_loss(change, partner),
        "fronts": ", ".join(find_fronts(change)),
        "fate": _describe_fate(change),
        "served": _describe_served(change),
        "renaming": _describe_renaming(change),
        "partner": partner,
        "ends": _describe_end(change),
        "partner_id": change.partner_id or "",
        "lost": ", ".join(lost.text for lost in find_lost_data_parts(change)),
        "refused": "; ".join(refusal.text for refusal in find_refusals(change)),
        "because": ", ".join(causes),
        "stack": change.stack.name,
        "old_stack": change.old_stack.name if change.old_stack else "",
        "text": str(change.after.get("Text", "")) if isinstance(change.after, dict) else "",
        "before": _environment_or_number(change.before),
        "after": _environment_or_number(change.after),
        "path": paths[0] if paths else "",
        "late": _TOO_LATE if change.has_detail("retained-too-late") else "",
    }


def _render_cause(change: Change, cause: PropertyChange) -> str:
    """A property that replaces the resource; in a nested stack with the parameter that its parent passes for it."""
    step = render_step(cause.path, cause.before, cause.after, cause.name != "")
    if change.stack.parent is None or not change.logical_id:
        return step
    body = as_mapping(as_mapping(change.stack.template.get("Resources")).get(change.logical_id))
    declared = as_mapping(change.stack.template.get("Parameters"))
    given = [link[0] for link in find_references(value_at_text(body, cause.path)) if link[0] in declared]
    return f"{step} (its parent passes it as the parameter {given[0]})" if given else step


def _describe_fate(change: Change) -> str:
    if change.fate == "unknown" and holds_resources(change.resource_type):
        return _UNREAD
    if change.fate == "protected":
        return _PROTECTED.format(name_protection(change.resource_type or ""))
    return _FATES.get(change.fate, "")


def _describe_loss(change: Change, partner: str) -> str:
    """What becomes of a resource, and which one takes its place."""
    is_kept = partner and change.fate in ("retained", "protected")
    happens = _HAPPENS["WILL_ORPHAN"] if is_kept else _HAPPENS.get(change.impact, "")
    return f"{happens}, and {partner} takes its place" if partner else happens


def _describe_end(change: Change) -> str:
    """What ends where a resource goes that watches over others, or backs them up."""
    if change.fate == "retained":
        return "leaves the stack and goes on, but nothing manages it any more"
    if change.fate in ("refused", "protected"):
        return f"is to go, and is {_describe_fate(change)}"
    if str(change.resource_type).startswith(("AWS::Backup::", "AWS::DLM::")):
        return "goes: no more backups are taken by it, and those that were taken stay until their time is over"
    if change.resource_type == "AWS::SecretsManager::RotationSchedule":
        return "goes: its secret is not rotated any more"
    return "goes: what it guarded, recorded or looked at has it no more"


def _describe_served(change: Change) -> str:
    """What takes the place of a resource that is replaced."""
    origin = find_origin(change)
    return (
        "an empty one" if origin is None else f"one with the data that {origin} names, without what was written since"
    )


def _describe_renaming(change: Change) -> str:
    """What becomes of the two halves of a rename or move."""
    if change.has_detail("same-name") and not change.partner_stack:
        return "CloudFormation cannot create it while the one that runs has its name, so that the deployment fails."
    late = _TOO_LATE if change.has_detail("retained-too-late") else ""
    return f"the one that runs is {_describe_fate(change)}, and an empty one is made.{late}"


def _environment_or_number(body: Json) -> str:
    """Of a whole stack: the environment, or how many resources it has."""
    return str(body.get("Environment") or body.get("Resources", "")) if isinstance(body, dict) else ""
