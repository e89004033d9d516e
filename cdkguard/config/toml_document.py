"""The table [tool.cdkguard] of a pyproject.toml -> a document that knows its lines."""

from __future__ import annotations

import re

from cdkguard._typing import Json
from cdkguard.config.document import Document, Path, read_text
from cdkguard.errors import ConfigError


def read_toml(file: str) -> Document:
    """The file's table [tool.cdkguard]; raises ConfigError, also where there is none."""
    document = _read_table(file, read_text(file))
    if document.data is None:
        raise ConfigError(f"{file}: there is no table [tool.cdkguard]")
    return document


def has_table(file: str) -> bool:
    """Whether the file has a table [tool.cdkguard]; raises ConfigError where it cannot be read."""
    text = read_text(file)
    # Most projects' files do not name the tool, and then importing a parser is not worth its time.
    return "cdkguard" in text and _read_table(file, text).data is not None


def _read_table(file: str, text: str) -> Document:
    """The table; None where there is none."""
    import tomllib

    try:
        table = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as problem:
        raise ConfigError(f"{file}: not TOML: {problem}") from problem

    tool = table.get("tool")
    data = tool.get("cdkguard") if isinstance(tool, dict) else None
    written: dict[Path, str] = {}
    return Document(file, _plain_values(data, (), written), _find_lines(text), written)


def _plain_values(value: Json, path: Path, written: dict[Path, str]) -> Json:
    if isinstance(value, dict):
        return {key: _plain_values(item, (*path, key), written) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain_values(item, (*path, index), written) for index, item in enumerate(value)]
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if isinstance(value, bool | int | float):
        written[path] = str(value).lower()
    return value


def _find_lines(text: str) -> dict[Path, int]:
    """The lines of tables and of keys at the beginning of a line, found in the text because tomllib reports none."""
    lines: dict[Path, int] = {}
    table: tuple[str, ...] | None = None
    for number, line in enumerate(text.split("\n"), 1):
        header = re.match(r"\s*\[+\s*([^\]]+?)\s*\]+", line)
        if header and "=" not in line.split("]")[0]:
            parts = _split_key(header.group(1))
            table = parts[2:] if parts[:2] == ("tool", "cdkguard") else None
            if table is not None:
                lines.setdefault(table, number)
        elif table is not None and (key := re.match(r"\s*([\w.\"'-]+)\s*=", line)):
            lines.setdefault((*table, *_split_key(key.group(1))), number)
    return lines


def _split_key(dotted: str) -> tuple[str, ...]:
    return tuple(found.strip("\"'") for found in re.findall(r"\"[^\"]*\"|'[^']*'|[\w-]+", dotted))
