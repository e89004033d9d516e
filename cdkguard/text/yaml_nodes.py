"""YAML text -> nodes that know their lines: what every reader of YAML here needs before it makes values of them."""

from __future__ import annotations

from cdkguard._typing import Any


class NotYaml(ValueError):
    """The text is no YAML; `line` counts from 1, `words` are the parser's."""

    def __init__(self, line: int, words: str) -> None:
        super().__init__(f"{line}: {words}")
        self.line, self.words = line, words


def compose(text: str) -> Any:
    """The root node, None for a text that says nothing; raises NotYaml.

    libyaml composes by recursion in C, so that nesting without end crashes the process: ask `line_nested_deeper` or
    `nesting.may_be_deep` first.
    """
    import yaml

    try:
        return yaml.compose(text, Loader=fast_loader())
    except yaml.YAMLError as problem:
        raise NotYaml(*mistake_of(problem)) from problem


def line_nested_deeper(text: str, most: int) -> int | None:
    """The first line that is nested deeper than `most` levels; raises NotYaml. Reading events takes no recursion."""
    import yaml

    depth = 0
    try:
        for event in yaml.parse(text, Loader=fast_loader()):
            kind = type(event).__name__
            depth += kind in ("MappingStartEvent", "SequenceStartEvent")
            depth -= kind in ("MappingEndEvent", "SequenceEndEvent")
            if depth > most and event.start_mark is not None:
                return event.start_mark.line + 1
    except yaml.YAMLError as problem:
        raise NotYaml(*mistake_of(problem)) from problem
    return None


def find_repeated_key(mapping: Any) -> Any:
    """The first key node whose text another key before it has; None where there is none."""
    seen: set[str] = set()
    for key, _value in mapping.value:
        if isinstance(key.value, str):
            if key.value in seen:
                return key
            seen.add(key.value)
    return None


def fast_loader() -> Any:
    """libyaml's loader where it was built, which is ten times as fast."""
    import yaml

    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def mistake_of(problem: Any) -> tuple[int, str]:
    """(line from 1, the parser's words) of a yaml.YAMLError."""
    mark = getattr(problem, "problem_mark", None)
    words = getattr(problem, "problem", None) or str(problem).split("\n")[0]
    return (mark.line + 1 if mark else 1), words
