"""A snapshot folder -> the assembly that was saved in it."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

from cdkguard._typing import Json
from cdkguard.baselines.snapshot import INDEX, VERSION, digest_of, find_template_files
from cdkguard.errors import BaselineError, InputError
from cdkguard.inputs.shapes import mapping_or_empty
from cdkguard.inputs.template_file import check_template, read_text
from cdkguard.inputs.template_json import parse_json
from cdkguard.inputs.template_lines import ResourceLines
from cdkguard.model import Acknowledgement, Assembly, Missing, Stack
from cdkguard.system import files

_FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*\.template\.json")
# The keys of a stack in the index, by the type of their values.
_TEXTS = ("constructPath", "account", "region", "parent", "parentLogicalId")
_MAPPINGS = ("tags", "parameters", "constructPaths")


def read_snapshot(path: str) -> Assembly:
    """The assembly of a snapshot folder; raises BaselineError for one that is damaged or incomplete."""
    try:
        return _SnapshotReader(path).read()
    except BaselineError:
        raise
    except (InputError, OSError) as problem:
        raise BaselineError(f"{problem}; {_advice(path)}") from problem


def _advice(path: str) -> str:
    return f"write the snapshot {path} anew with `cdkguard snapshot`"


class _SnapshotReader:
    """Reads one snapshot."""

    def __init__(self, path: str) -> None:
        self.path, self.index_path = path, os.path.join(path, INDEX)
        self.rows: dict[str, Mapping[str, Json]] = {}
        self.stacks: dict[str, Stack] = {}
        self.missing: tuple[Missing, ...] = ()

    def _wrong(self, message: str) -> BaselineError:
        return BaselineError(f"{self.index_path}: {message}; {_advice(self.path)}")

    def read(self) -> Assembly:
        """The snapshot's assembly; raises InputError."""
        if not files.is_file(self.index_path):
            raise self._wrong("there is no such file, so this is no whole snapshot")

        index = parse_json(read_text(self.index_path, self.index_path), self.index_path)
        version = index.get("snapshot") if isinstance(index, dict) else None
        if type(version) is not int or version < 1:
            raise self._wrong("is not the index of a snapshot")
        if version > VERSION:
            raise BaselineError(
                f"{self.index_path}: version {version} is newer than {VERSION}, the newest that this cdkguard reads; "
                "use the cdkguard that wrote it, or a newer one"
            )

        self.missing = tuple(self._read_missing(entry) for entry in self._list(index, "missing"))
        for row in self._list(index, "stacks"):
            self._add_row(row)
        if not self.rows:
            raise self._wrong("names no stack")

        unlisted = sorted(find_template_files(self.path) - self.rows.keys())
        if unlisted:
            raise self._wrong(f"does not name {unlisted[0]}, which is beside it")

        stacks = tuple(self._read_stack(name, ()) for name in self.rows)
        if not isinstance(context := index.get("context", {}), dict):
            raise self._wrong("'context' is not a mapping")
        return Assembly(stacks, (), self.missing, self.path, context=context)

    def _add_row(self, row: Json) -> None:
        name = mapping_or_empty(row).get("template")
        if not isinstance(name, str) or not _FILE_NAME.fullmatch(name):
            raise self._wrong(f"a stack needs 'template', a file of this folder, not {name!r}")
        if name in self.rows:
            raise self._wrong(f"names {name} twice")
        for key in ("name", "digest"):
            if not isinstance(row.get(key), str) or not row[key]:
                raise self._wrong(f"the stack of {name} needs '{key}', a text")
        for key in _TEXTS:
            if not isinstance(row.get(key, ""), str):
                raise self._wrong(f"'{key}' of {name} is not a text")
        for key in _MAPPINGS:
            if not isinstance(row.get(key, {}), dict):
                raise self._wrong(f"'{key}' of {name} is not a mapping")
        if not isinstance(row.get("terminationProtection", False), bool):
            raise self._wrong(f"'terminationProtection' of {name} is not true or false")
        self.rows[name] = row

    def _read_stack(self, name: str, inside: tuple[str, ...]) -> Stack:
        """The stack of a template file, whose parents are read first; `inside` are the stacks that asked for it."""
        if name in self.stacks:
            return self.stacks[name]
        row = self.rows[name]
        parent = row.get("parent")
        if parent is not None and (parent not in self.rows or parent in (*inside, name)):
            raise self._wrong(f"the parent '{parent}' of {name} is no other stack of the snapshot")
        outer = self._read_stack(parent, (*inside, name)) if parent is not None else None
        template, lines = self._read_template(name, row["digest"])
        self.stacks[name] = Stack(
            row["name"], template, os.path.join(self.path, name), construct_path=row.get("constructPath"),
            account=row.get("account"), region=row.get("region"),
            termination_protection=row.get("terminationProtection"), tags=row.get("tags"),
            parameters=row.get("parameters") or {}, parent=outer, parent_logical_id=row.get("parentLogicalId"),
            construct_paths=row.get("constructPaths") or {}, line_of=lines,
            acknowledgements=tuple(self._read_acknowledgement(a) for a in self._list(row, "acknowledgements")),
            missing=self.missing, from_assembly=row.get("bare") is not True,
        )  # fmt: skip
        return self.stacks[name]

    def _read_template(self, name: str, digest: str) -> tuple[dict[str, Json], ResourceLines]:
        path = os.path.join(self.path, name)
        if not files.is_file(path):
            raise BaselineError(f"{path}: {INDEX} names it and it is not there; {_advice(self.path)}")
        text = read_text(path, path)
        if digest_of(text) != digest:
            raise BaselineError(f"{path}: was changed since it was written (its digest differs); {_advice(self.path)}")
        body = parse_json(text, path)
        check_template(body, path)
        return body, ResourceLines(text)

    def _list(self, owner: Mapping[str, Json], key: str) -> list[Json]:
        value = owner.get(key, [])
        if not isinstance(value, list):
            raise self._wrong(f"'{key}' is not a list")
        return value

    def _read_acknowledgement(self, entry: Json) -> Acknowledgement:
        construct, rule, reason = self._texts(entry, ("construct", "rule", "reason"))
        return Acknowledgement(construct, rule, reason)

    def _read_missing(self, entry: Json) -> Missing:
        dummies = self._list(mapping_or_empty(entry), "dummies")
        if not all(isinstance(dummy, str) for dummy in dummies):
            raise self._wrong("'dummies' are not texts")
        key, provider = self._texts(entry, ("key", "provider"))
        return Missing(key, provider, tuple(dummies), self.path)

    def _texts(self, entry: Json, keys: tuple[str, ...]) -> list[str]:
        values = [mapping_or_empty(entry).get(key) for key in keys]
        if not all(isinstance(value, str) for value in values):
            raise self._wrong(f"an entry needs {', '.join(keys)}, each a text")
        return [str(value) for value in values]
