"""What a change destroys, replaces, leaves behind and weakens: in words by environment, and as pictures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cdkguard._typing import NamedTuple
from cdkguard.model import Finding, Outcome, Report
from cdkguard.outputs.blast_radius import BlastRadius, Node, find_blast_radius
from cdkguard.outputs.diff.common import summarize_changes
from cdkguard.outputs.locations import subject_of
from cdkguard.outputs.markdown.budget import FIRST, PICTURE, Block, Part
from cdkguard.outputs.markdown.inline import code, fold, name_list, prose
from cdkguard.outputs.markdown.mermaid import MAX_CHARACTERS, render_picture
from cdkguard.outputs.resource_types import describe_type
from cdkguard.outputs.short_names import rank_environment, shorten_name
from cdkguard.outputs.summary import plural

_SHOWN = 8  # Resources without data, of one environment, beyond which the others are folded.
_MILD = ("updated", "created")
# Findings of these impacts are about what goes, which the picture shows.
_DRAWN = (
    "WILL_DESTROY", "WILL_ORPHAN", "WILL_REPLACE", "MAY_REPLACE", "STACK_REMOVED", "STACK_RENAMED", "STACK_MOVED", "STACK_REFUSED",
)  # fmt: skip


class _Line(NamedTuple):
    """An item of a list in Markdown."""

    name: str  # Of what it is about.
    text: str
    has_data: bool = False


class _Losses(NamedTuple):
    """What is lost in environments in which it is the same."""

    environments: tuple[str, ...]
    radius: BlastRadius | None
    lines: tuple[_Line, ...]


def lay_out_losses(report: Report) -> Iterator[Part]:
    """Parts of Markdown: the numbers, then each environment, the strictest first, with its picture."""
    heading = f"\n### This change: {prose(summarize_changes(report.changes))}\n"
    approved = sum(1 for f in report.findings if f.impact and f.suppression and f.suppression.kind == "approval")
    if approved:
        heading += f"\n{plural(approved, 'finding')} on it approved: see below.\n"
    yield Part([Block(heading)])
    found = _find_losses(report)
    for number, losses in enumerate(found):
        text = _in_words(losses, found[0] if number else None)
        yield Part([Block(text, FIRST, len(losses.environments), "environment")])
        if losses.radius and len(losses.radius.nodes) > 1:
            picture = _picture(losses, losses.radius, is_first=not number)
            yield Part([Block(picture, PICTURE, 1, "picture", is_optional=True)])


def _find_losses(report: Report) -> list[_Losses]:
    weakened: dict[str, list[Finding]] = {}
    for finding in report.active:
        if finding.impact and finding.impact not in _DRAWN and finding.outcome is Outcome.FAIL:
            weakened.setdefault(finding.environment or "", []).append(finding)

    found = []
    for picture in find_blast_radius(report.changes):
        nodes = _list_nodes(picture)
        own = {name: _list_weakened(weakened.pop(name, [])) for name in picture.environments}
        if len(set(own.values())) == 1:
            found.append(_Losses(picture.environments, picture, (*nodes, *own[picture.environments[0]])))
        else:
            found += [_Losses((name,), picture, (*nodes, *lines)) for name, lines in own.items()]
    found += [_Losses((name,), None, _list_weakened(findings)) for name, findings in weakened.items()]
    return sorted(found, key=lambda losses: rank_environment(losses.environments[0]))


def _list_weakened(findings: Sequence[Finding]) -> tuple[_Line, ...]:
    """A line for each problem, with the resources that have it."""
    groups: dict[str, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(finding.title or finding.rule_id, []).append(finding)
    lines = []
    for title, group in groups.items():
        names = list(dict.fromkeys(shorten_name(subject_of(f), f.stack_path) for f in group))
        kind = describe_type(group[0].resource_type) if len(names) == 1 else ""
        lines.append(_Line(title, f"{prose(title)}: {name_list(names)}{f' {prose(kind)}' if kind else ''}"))
    return tuple(lines)


def _list_nodes(radius: BlastRadius) -> list[_Line]:
    """A line for each resource that goes or is replaced, then one for all that is updated because of them."""
    causes: dict[int, list[str]] = {}
    for a, b in radius.edges:
        causes.setdefault(b, []).append(radius.nodes[a].name)
    lines = []
    following = []
    for at, node in enumerate(radius.nodes):
        because = f", because of {name_list(causes[at], 2)}" if at in causes else ""
        if node.effect not in _MILD:
            words = f"**{prose(node.words)}**" if node.has_data else prose(node.words)
            lines.append(_Line(node.name, f"{_name(node)}: {words}{because}", node.has_data))
        elif because:
            following.append(node)
        else:
            lines.append(_Line(node.name, f"{_name(node)}: {prose(node.words)}, and leads to what is above"))
    if following:
        number = plural(sum(node.number for node in following), "resource")
        lines.append(_Line("", f"{number} updated in consequence: {', '.join(map(_name, following))}"))
    if radius.left_out:
        lines.append(_Line("", f"and {plural(radius.left_out, 'more resource')}"))
    return lines


def _in_words(losses: _Losses, first: _Losses | None) -> str:
    """The list of one environment; of one that is much like the first, what differs alone."""
    names = ", ".join(prose(name) for name in losses.environments if name)
    lines = losses.lines
    text = f"\n**In {names}**\n\n" if names else "\n"
    if first and first.environments[0]:
        own = {line.name for line in lines}
        different = tuple(line for line in lines if line not in first.lines)
        if 2 * len(different) <= len(lines) and all(line in lines or line.name in own for line in first.lines):
            as_there = f"as in {prose(first.environments[0])}"
            text = f"\n**In {names}** {as_there}{', but' if different else ''}\n\n"
            lines = different

    shown = lines if len(lines) <= _SHOWN + 2 else tuple(line for line in lines if line.has_data) or lines[:_SHOWN]
    rest = [line for line in lines if line not in shown]
    text += _render_list(shown)
    return text + (fold(f"and {len(rest)} more", _render_list(rest)) if rest else "")


def _render_list(lines: Sequence[_Line]) -> str:
    return "".join(f"- {line.text}\n" for line in lines)


def _name(node: Node) -> str:
    if node.members:
        return f"{prose(node.name)} ({name_list(list(node.members), 4)})"
    kind = f" {prose(node.kind)}" if node.kind else ""
    return f"**{code(node.name)}**{kind}" if node.has_data else f"{code(node.name)}{kind}"


def _picture(losses: _Losses, radius: BlastRadius, is_first: bool) -> str:
    """The picture; that of the strictest environment is open, the others are folded."""
    text = render_picture(radius)
    if len(text) > MAX_CHARACTERS:  # GitHub would show an error instead.
        return ""
    names = ", ".join(prose(name) for name in losses.environments if name)
    return f"\n{text}" if is_first else fold(f"Picture of {names}" if names else "Picture", text)
