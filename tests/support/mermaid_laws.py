"""The part of Mermaid's language that our pictures are written in: nothing but boxes, arrows and colours."""

import re
from typing import NamedTuple

_LETTERS = r"(?:[A-Za-z0-9 /,]|#[0-9]{1,7};)+"
_NODE = re.compile(rf'  n([0-9]+)\["({_LETTERS}(?:<br/>{_LETTERS})*)"\]:::([a-z]+)')
_EDGE = re.compile(r"  n([0-9]+) --> n([0-9]+)")
_CLASS = re.compile(r"  classDef ([a-z]+) fill:#[0-9a-f]{6},stroke:#[0-9a-f]{6},color:#fff")
_FENCE = re.compile(r"^```mermaid\n(.*?)^```$", re.MULTILINE | re.DOTALL)
RESERVED = {"default", "end", "class", "click", "style", "subgraph", "graph", "direction"}


class Flowchart(NamedTuple):
    """A picture that was read back."""

    labels: tuple[tuple[str, ...], ...]  # The lines of each box.
    edges: tuple[tuple[int, int], ...]
    classes: tuple[str, ...]  # Of each box.


def read_flowcharts(markdown: str) -> list[Flowchart]:
    """Each picture of a text; fails where one has anything else in it, or more than GitHub draws."""
    assert markdown.count("```mermaid") == len(_FENCE.findall(markdown))
    return [_read(text) for text in _FENCE.findall(markdown)]


def _read(text: str) -> Flowchart:
    assert len(text) <= 50_000
    head, *lines = text.splitlines()
    assert head == "flowchart LR"
    nodes = [match for line in lines if (match := _NODE.fullmatch(line))]
    edges = [(int(match[1]), int(match[2])) for line in lines if (match := _EDGE.fullmatch(line))]
    classes = [match[1] for line in lines if (match := _CLASS.fullmatch(line))]
    assert len(nodes) + len(edges) + len(classes) == len(lines), lines
    assert [int(match[1]) for match in nodes] == list(range(len(nodes)))
    assert len(nodes) <= 25 and len(edges) <= 500
    assert all(a < len(nodes) and b < len(nodes) and a != b for a, b in edges)
    assert {match[3] for match in nodes} == set(classes) and len(set(classes)) == len(classes)
    assert not RESERVED & set(classes)
    labels = tuple(tuple(map(_decode, match[2].split("<br/>"))) for match in nodes)
    return Flowchart(labels, tuple(edges), tuple(match[3] for match in nodes))


def _decode(label: str) -> str:
    return re.sub("#([0-9]+);", lambda match: chr(int(match[1])), label).replace("\u200b", "")
