"""A blast radius as a Mermaid flowchart, which GitHub and GitLab draw: causes on the left, what follows to the right.

https://docs.github.com/en/get-started/writing-on-github/working-with-advanced-formatting/creating-diagrams
"""

from __future__ import annotations

from cdkguard._typing import TYPE_CHECKING
from cdkguard.outputs.blast_radius import BlastRadius, Node
from cdkguard.text import escape

if TYPE_CHECKING:
    from cdkguard.outputs.blast_radius import Effect

MAX_EDGES = 500  # GitHub draws no more.
MAX_CHARACTERS = 50_000
_NAME, _WORDS = 44, 70  # Characters of a line of a label.
_CLASS_OF: dict[Effect, str] = {
    "destroyed": "destroyed",
    "left behind": "behind",
    "replaced": "replaced",
    "perhaps replaced": "replaced",
    "parts lost": "destroyed",
    "refused": "refused",
    "stack": "behind",
    "updated": "updated",
    "created": "created",
}
# White text on each of them has a contrast of at least 4.5 in light and dark themes.
_COLORS = {
    "destroyed": "#b91c1c",
    "behind": "#b45309",
    "replaced": "#c2410c",
    "refused": "#7e22ce",
    "updated": "#475569",
    "created": "#15803d",
}


def render_picture(radius: BlastRadius) -> str:
    """The fenced block of one picture."""
    lines = ["flowchart LR"]
    lines += [f'  n{at}["{_render_label(node)}"]:::{_CLASS_OF[node.effect]}' for at, node in enumerate(radius.nodes)]
    lines += [f"  n{a} --> n{b}" for a, b in radius.edges[:MAX_EDGES]]
    used = {_CLASS_OF[node.effect] for node in radius.nodes}
    lines += [
        f"  classDef {name} fill:{color},stroke:{color},color:#fff" for name, color in _COLORS.items() if name in used
    ]
    return "\n".join(["```mermaid", *lines, "```"]) + "\n"


def _render_label(node: Node) -> str:
    name = node.name
    if len(name) > _NAME:  # The end of a path says most.
        end = name[1 - _NAME :]
        name = "…" + (end[end.index("/") :] if "/" in end[:-1] else end)
    words = node.words
    if node.has_data and words.startswith(node.effect):
        words = node.effect.upper() + words.removeprefix(node.effect)
    parts = [name, *([node.kind] if node.kind else []), words]
    return "<br/>".join(_escape_label(part if len(part) <= _WORDS else part[: _WORDS - 1] + "…") for part in parts)


def _escape_label(text: str) -> str:
    """Text that Mermaid reads as nothing but text: no Markdown, HTML, icon, formula, directive or end of the label."""
    return "".join(map(_escape_letter, escape.terminal(text)))


def _escape_letter(letter: str) -> str:
    if letter.isascii() and letter.isalnum() or letter in " /,":
        return letter
    # Mermaid looks for formulas ($$x$$) and icons (fa:fa-x) after it has decoded entities; a zero-width space stops that.
    return f"#{ord(letter)};" + ("#8203;" if letter in "$:" else "")
