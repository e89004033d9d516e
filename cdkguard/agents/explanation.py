"""What the hook sees in a line and what it would answer, for people: `cdkguard agents explain`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cdkguard._typing import Json, NamedTuple
from cdkguard.agents.exchange import to_json
from cdkguard.agents.nouns import ACTION_KINDS, Action, Decision, ParsedLine, ToolCall
from cdkguard.outputs.render import Options
from cdkguard.outputs.styled_lines import Line, lay_out_labelled, render_lines
from cdkguard.text import escape

_SAID = {
    "silent": ("passed", "the host goes on as without a hook"),
    "ask": ("medium", "the user is asked; a host that cannot ask refuses"),
    "deny": ("failed", "the host refuses to run it"),
}


class ExplainedLine(NamedTuple):
    """A line with what was seen in it, and the decision where the judge was asked."""

    call: ToolCall
    line: ParsedLine
    decision: Decision | None = None


def to_document(explained: ExplainedLine) -> dict[str, Json]:
    """The explanation for programs."""
    document: dict[str, Json] = {
        "command": explained.call.command,
        "directory": explained.call.directory,
        "isOurs": bool(explained.line.actions or explained.line.problems),
        "actions": [to_json(action) for action in explained.line.actions],
        "files": list(explained.line.files),
        "problems": list(explained.line.problems),
    }
    if explained.decision is not None:
        document["decision"] = to_json(explained.decision)
    return document


def render_text(explained: ExplainedLine, options: Options) -> str:
    """The explanation for people."""
    return render_lines(list(_lay_out(explained, options)), options)


def _lay_out(explained: ExplainedLine, options: Options) -> Iterator[Line]:
    line = explained.line
    yield [(escape.terminal(explained.call.command), "code")]
    yield [(f"in {escape.terminal(explained.call.directory)}", "dim")]
    yield []
    for action in line.actions:
        yield from _lay_out_action(action, options)
        yield []
    if not line.actions:
        yield [
            ("Nothing of ours: no command that deploys, deletes, writes data or changes a guard was seen.", "heading")
        ]
    for problem in line.problems:
        yield from lay_out_labelled("not seen  ", problem, options, "dim", "medium")
    if line.files:
        yield from lay_out_labelled("read      ", ", ".join(line.files), options, "dim")
    if line.problems or line.files:
        yield []
    yield from _lay_out_decision(explained, options)


def _lay_out_action(action: Action, options: Options) -> Iterator[Line]:
    name = f"{action.tool} {action.verb}".strip()
    yield [(escape.terminal(name), "heading"), (f"  {action.kind}: {ACTION_KINDS[action.kind]}", "dim")]
    for label, text in _facts_of(action):
        if text:
            yield from lay_out_labelled(label.ljust(10), text, options, "dim")


def _facts_of(action: Action) -> Iterator[tuple[str, str]]:
    yield "by", " > ".join(action.via)
    yield "command", " ".join(action.words)
    yield "in", action.directory
    yield "stacks", ", ".join(action.stacks)
    yield "app", action.app or ""
    yield "template", action.template or ""
    yield "context", _pairs(action.context)
    yield "variables", _pairs(action.variables)
    yield "account", " ".join(filter(None, (action.profile, action.account, action.region)))
    yield "target", " ".join(filter(None, (action.target, action.resource_type)))
    yield "goes past", ", ".join(action.flags)
    yield "files", ", ".join(action.paths)
    yield "branch", action.branch
    yield "not seen", action.unread


def _pairs(mapping: Mapping[str, str]) -> str:
    from cdkguard.text.credentials import mask_secrets

    return " ".join(f"{name}={value}" for name, value in mask_secrets("", dict(mapping)).items())


def _lay_out_decision(explained: ExplainedLine, options: Options) -> Iterator[Line]:
    decision = explained.decision
    if decision is None:
        if explained.line.actions or explained.line.problems:
            yield [("Not judged, as asked.", "dim")]
        else:
            yield [("silent", "passed"), (f"  {_SAID['silent'][1]}", "dim")]
        return
    style, meaning = _SAID[decision.answer]
    environment = f" ({escape.terminal(decision.environment)})" if decision.environment else ""
    yield [(decision.answer, style), (f"{environment}  {meaning}", "dim")]
    if decision.reason:
        yield from lay_out_labelled("reason    ", decision.reason, options, "dim")
    if decision.token:
        yield from lay_out_labelled("token     ", decision.token, options, "dim")
