"""A blast radius as inline SVG: causes on the left, what follows from them to the right, each box in colours and words."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree.ElementTree import Element

from cdkguard._typing import TYPE_CHECKING, NamedTuple
from cdkguard.outputs.blast_radius import BlastRadius, Node
from cdkguard.outputs.html.elements import element
from cdkguard.outputs.summary import plural
from cdkguard.text import escape

if TYPE_CHECKING:
    from cdkguard.outputs.blast_radius import Effect

CLASSES: dict[Effect, str] = {
    "destroyed": "destroyed",
    "left behind": "behind",
    "replaced": "replaced",
    "perhaps replaced": "replaced",
    "parts lost": "lost",
    "refused": "refused",
    "stack": "stack",
    "updated": "updated",
    "created": "created",
}
_WIDTH, _GAP_X, _GAP_Y = 280, 58, 14
_NAME, _TEXT = 28, 31  # Characters of a line in a box, in the widest of the usual fonts.
_COLUMNS = 3  # Of boxes that nothing leads to or from.
_LINE = 17


class _Box(NamedTuple):
    """A node in its place."""

    node: Node
    lines: tuple[tuple[str, str], ...]  # (class, text)
    x: int
    y: int

    @property
    def height(self) -> int:
        return _height(self.lines)


def draw_blast_radius(radius: BlastRadius, number: int) -> Element:
    """The picture as an `svg`; `number` tells the pictures of a page apart."""
    boxes = _place_boxes(radius)
    width = max(box.x for box in boxes) + _WIDTH + 2
    height = max(box.y + box.height for box in boxes) + 2
    title = f"picture-{number}-title"
    return element(
        "svg",
        element("title", describe_picture(radius), id=title),
        [_draw_edge(boxes[a], boxes[b]) for a, b in radius.edges],
        [_draw_box(box) for box in boxes],
        viewBox=f"0 0 {width} {height}",
        width=width,
        height=height,
        role="img",
        aria_labelledby=title,
    )


def describe_picture(radius: BlastRadius) -> str:
    """The picture in a sentence, for those who do not see it; the list below it says the rest."""
    causes = plural(len(radius.nodes) - len({b for _, b in radius.edges}), "cause")
    return f"{causes}, {plural(len(radius.nodes), 'box')}".replace("boxs", "boxes") + "; the list below says the same"


def _place_boxes(radius: BlastRadius) -> list[_Box]:
    """The boxes by number of node: layers from left to right, then rows of those that no edge leads to or from."""
    lines = [_lay_out_text(node) for node in radius.nodes]
    linked = {at for edge in radius.edges for at in edge}
    layers = _order_layers(_find_layers(len(radius.nodes), radius.edges), radius.edges, linked)
    placed: dict[int, tuple[int, int]] = {}
    bottom = 1
    heights = [sum(_height(lines[at]) + _GAP_Y for at in layer) for layer in layers]
    for column, layer in enumerate(layers):
        y = 1 + (max(heights) - heights[column]) // 2
        for at in layer:
            placed[at] = (1 + column * (_WIDTH + _GAP_X), y)
            y += _height(lines[at]) + _GAP_Y
            bottom = max(bottom, y)

    alone = [at for at in range(len(radius.nodes)) if at not in linked]
    for first in range(0, len(alone), _COLUMNS):
        row = alone[first : first + _COLUMNS]
        for column, at in enumerate(row):
            placed[at] = (1 + column * (_WIDTH + _GAP_Y), bottom)
        bottom += max(_height(lines[at]) for at in row) + _GAP_Y
    return [_Box(node, lines[at], *placed[at]) for at, node in enumerate(radius.nodes)]


def _find_layers(number: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    """Node -> its column: one to the right of the last of its causes. An edge that closes a circle does not count."""
    causes: list[list[int]] = [[] for _ in range(number)]
    for a, b in edges:
        causes[b].append(a)
    layer = [0] * number
    for _ in range(number):  # A path without a circle is no longer.
        before = list(layer)
        for at in range(number):
            layer[at] = max([layer[cause] + 1 for cause in causes[at]], default=0)
        if layer == before:
            return layer
    return [0 if not causes[at] else min(layer[at], 1) for at in range(number)]  # circles: two columns


def _order_layers(layer: Sequence[int], edges: Sequence[tuple[int, int]], linked: set[int]) -> list[list[int]]:
    """The linked nodes of each column from top to bottom, near those that they follow."""
    columns: list[list[int]] = [[] for _ in range(max(layer, default=0) + 1)]
    for at in sorted(linked):
        columns[layer[at]].append(at)
    for before, column in zip(columns, columns[1:], strict=False):
        order = {at: y for y, at in enumerate(before)}

        def middle(at: int, order: dict[int, int] = order) -> float:
            above = [order[a] for a, b in edges if b == at and a in order]
            return sum(above) / len(above) if above else 0.0

        column.sort(key=lambda at: (middle(at), at))
    return [column for column in columns if column]


def _lay_out_text(node: Node) -> tuple[tuple[str, str], ...]:
    name = escape.terminal(node.name)
    if len(name) > _NAME:
        name = "…" + name[1 - _NAME :]
    kind = escape.terminal(node.kind)
    lines = [("name", name)]
    if kind:
        lines.append(("kind", kind if len(kind) <= _TEXT else kind[: _TEXT - 1] + "…"))
    words = node.words[:1].upper() + node.words[1:]
    lines += [("words", line) for line in _wrap(escape.terminal(words))]
    return tuple(lines)


def _wrap(text: str) -> list[str]:
    """At most three lines."""
    lines = [""]
    for word in text.split():
        word = word if len(word) <= _TEXT else word[: _TEXT - 1] + "…"
        if lines[-1] and len(lines[-1]) + 1 + len(word) > _TEXT:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    return lines if len(lines) <= 3 else [*lines[:2], lines[2][: _TEXT - 1] + "…"]


def _height(lines: Sequence[object]) -> int:
    return _LINE * len(lines) + 14


def _draw_box(box: _Box) -> Element:
    texts = [
        element("text", text, x=box.x + 16, y=box.y + 20 + _LINE * number, class_=name)
        for number, (name, text) in enumerate(box.lines)
    ]
    return element(
        "g",
        element("title", f"{box.node.name}: {box.node.words}"),
        element("rect", class_="box", x=box.x, y=box.y, width=_WIDTH, height=box.height, rx=6),
        element("rect", class_="bar", x=box.x, y=box.y, width=7, height=box.height, rx=3),
        texts,
        class_=CLASSES[box.node.effect],
    )


def _draw_edge(a: _Box, b: _Box) -> Element:
    """A curve with an arrow's tip; to a box that is not to the right it runs to its left side all the same."""
    x1, y1 = a.x + _WIDTH, a.y + a.height // 2
    x2, y2 = b.x - 1, b.y + b.height // 2
    bend = max(24, (x2 - x1) // 2)
    curve = f"M {x1} {y1} C {x1 + bend} {y1} {x2 - 8 - bend} {y2} {x2 - 8} {y2}"
    tip = f"M {x2} {y2} L {x2 - 9} {y2 - 5} L {x2 - 9} {y2 + 5} Z"
    return element("g", element("path", class_="edge", d=curve), element("path", class_="tip", d=tip))
