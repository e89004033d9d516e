"""A YAML file of a team's own -> a document that knows its lines."""

from __future__ import annotations

from collections.abc import Iterator

from cdkguard._typing import Any, Json
from cdkguard.config.document import Document, Path, read_text
from cdkguard.errors import ConfigError
from cdkguard.text.yaml_nodes import NotYaml, compose, find_repeated_key, line_nested_deeper

MAX_DEPTH = 40
MAX_VALUES = 50_000  # after aliases are followed


def read_yaml(file: str) -> Document:
    """The file's document; a file that says nothing is an empty mapping. Raises ConfigError with file and line."""
    return read_yaml_text(file, read_text(file))


def read_yaml_text(file: str, text: str) -> Document:
    """As `read_yaml`, of a text that is at hand; messages call it by the name `file`."""
    try:
        too_deep = line_nested_deeper(text, MAX_DEPTH)
        if too_deep is not None:
            raise ConfigError(f"{file}:{too_deep}: nested too deeply")
        node = compose(text)
    except NotYaml as problem:
        raise ConfigError(f"{file}:{problem.line}: not YAML: {problem.words}") from problem

    reader = _NodeReader(file)
    data = {} if node is None else reader.read(node, ())
    return Document(file, {} if data is None else data, reader.lines, reader.written)


class _NodeReader:
    """YAML nodes -> plain values: text, numbers, booleans, null, lists and mappings, and no other tags."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.lines: dict[Path, int] = {}
        self.written: dict[Path, str] = {}
        self.count = 0

    def read(self, node: Any, path: Path) -> Json:
        """The node's value; raises ConfigError."""
        self.lines.setdefault(path, node.start_mark.line + 1)
        self.count += 1
        if len(path) > MAX_DEPTH or self.count > MAX_VALUES:
            raise self._wrong(node, "nested too deeply, or aliases that repeat too much")
        if node.id != "scalar" and not node.tag.endswith((":map", ":seq")):
            raise self._wrong(node, f"the tag {node.tag} is not understood here")

        if node.id == "mapping":
            return dict(self._read_pairs(node, path))
        if node.id == "sequence":
            return [self.read(item, (*path, index)) for index, item in enumerate(node.value)]
        return self._read_scalar(node, path)

    def _read_pairs(self, node: Any, path: Path) -> Iterator[tuple[str, Json]]:
        repeated = find_repeated_key(node)
        for key, item in node.value:
            if key.id != "scalar" or key.tag.endswith(":merge"):
                raise self._wrong(key, "a key is a text, and merge keys are not understood here")
            if key is repeated:
                raise self._wrong(key, f"key '{key.value}' is there twice")
            self.lines[(*path, key.value)] = key.start_mark.line + 1
            yield key.value, self.read(item, (*path, key.value))

    def _read_scalar(self, node: Any, path: Path) -> Json:
        kind, text = node.tag.rpartition(":")[2], node.value
        if kind in ("str", "timestamp"):
            return text
        if kind == "null":
            return None
        self.written[path] = text
        if kind == "bool":
            return text.lower() in ("true", "yes", "on")
        if kind not in ("int", "float"):
            raise self._wrong(node, f"'{text}' has the tag {node.tag}, which is not understood here")
        import yaml

        try:
            return yaml.safe_load(text)
        except ValueError as problem:  # such as more digits than Python reads
            raise self._wrong(node, "not a number that can be read; write it in quotes") from problem

    def _wrong(self, node: Any, message: str) -> ConfigError:
        return ConfigError(f"{self.file}:{node.start_mark.line + 1}: {message}")
