"""The YAML of rule files, read with the line of each mistake."""

from __future__ import annotations

from cdkguard._typing import Any, Json
from cdkguard.errors import RulePackError
from cdkguard.text.nesting import may_be_deep
from cdkguard.text.yaml_nodes import fast_loader, mistake_of


def read_yaml(path: str, text: str) -> Json:
    """Read a rule file's data; raises RulePackError with `file:line:`, also for a key that is there twice."""
    import yaml

    loader = fast_loader()
    try:
        if may_be_deep(text):
            raise RulePackError(f"{path}:1: nested too deeply")
        node = yaml.compose(text, Loader=loader)
        _refuse_duplicates(path, node, 0)
        return yaml.load(text, Loader=loader)
    except yaml.YAMLError as problem:
        line, words = mistake_of(problem)
        raise RulePackError(f"{path}:{line}: not YAML: {words}") from problem
    except RecursionError as problem:
        raise RulePackError(f"{path}:1: nested too deeply") from problem


def _refuse_duplicates(path: str, node: Any, depth: int) -> None:
    if depth > 100:
        raise RulePackError(f"{path}:{node.start_mark.line + 1}: nested too deeply")
    if type(node).__name__ == "MappingNode":
        seen: set[str] = set()
        for key, value in node.value:
            if not isinstance(key.value, str):
                raise RulePackError(f"{path}:{key.start_mark.line + 1}: a key is a text")
            if key.value in seen:
                raise RulePackError(f"{path}:{key.start_mark.line + 1}: key '{key.value}' is there twice")
            seen.add(key.value)
            _refuse_duplicates(path, value, depth + 1)
    elif type(node).__name__ == "SequenceNode":
        for item in node.value:
            _refuse_duplicates(path, item, depth + 1)
