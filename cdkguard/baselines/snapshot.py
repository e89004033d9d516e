"""A saved baseline to commit: a folder with an index of the stacks and a normalized template for each."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress

from cdkguard._typing import Json
from cdkguard.baselines.normalize import normalize, without_hashes
from cdkguard.errors import BaselineError, InputError
from cdkguard.inputs.shapes import mapping_or_empty
from cdkguard.inputs.template_file import check_template, parse_json, read_text
from cdkguard.inputs.template_lines import ResourceLines
from cdkguard.model import Acknowledgement, Assembly, Missing, Stack
from cdkguard.system import files
from cdkguard.system.interrupts import exit_on_termination, hold_signals
from cdkguard.text import escape

VERSION = 1
FOLDER, INDEX, TEMPLATE = "cdkguard.snapshot", "stacks.json", ".template.json"
_MARK = re.compile(r'"snapshot"\s*:')
_FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*\.template\.json")
_LONGEST = 100  # characters of a file name before its ending
_TEXTS = ("constructPath", "account", "region", "parent", "parentLogicalId")
_MAPPINGS = ("tags", "parameters", "constructPaths")


def is_snapshot(path: str) -> bool:
    """Whether the folder is a snapshot, even a damaged one, so that reading it says what is wrong."""
    if not files.is_folder(path):
        return False
    if os.path.basename(os.path.abspath(path)) == FOLDER:
        return True
    index = os.path.join(path, INDEX)
    return files.is_file(index) and _MARK.search(files.read_bytes(index)[:4096].decode("utf-8", "replace")) is not None


# -- writing


def write_snapshot(found: Assembly, path: str, context: Mapping[str, Json] = {}) -> list[str]:
    """Write the assembly as the snapshot folder `path`; the files written, the index last.

    `context` are the values of the app's context by which environments are told apart.
    Files of an older snapshot that are not needed any more are removed. Raises BaselineError where the assembly was not
    read whole, or where the folder holds something else.
    """
    _refuse_incomplete(found)
    if files.exists(path) and not is_snapshot(path) and (not files.is_folder(path) or os.listdir(path)):
        raise BaselineError(f"{path}: is there and is no snapshot of cdkguard; name another folder")
    ordered = _sort(found.stacks)
    names = _file_names(ordered)
    texts: dict[str, str] = {}
    rows = []
    for stack in ordered:
        name = names[id(stack)]
        texts[name] = _template_text(stack)
        rows.append(_index_row(stack, name, texts[name], names))
    missing = sorted({(m.key, m.provider, tuple(m.dummies)) for m in found.missing})
    index: dict[str, Json] = {"snapshot": VERSION}
    if missing:
        index["missing"] = [{"key": key, "provider": of, "dummies": list(d)} for key, of, d in missing]
    if context:
        index["context"] = _sorted(context)
    texts[INDEX] = _json_text(index | {"stacks": rows}, sort=False)
    try:
        return _write_files(path, texts)
    except (OSError, UnicodeError) as problem:
        raise BaselineError(f"{path}: cannot be written: {getattr(problem, 'strerror', None) or problem}") from problem


def _refuse_incomplete(found: Assembly) -> None:
    unread = next((p.message for p in found.problems if p.fatal), None)
    if unread is not None:
        raise BaselineError(f"no snapshot of what was not read whole: {unread}")
    if not found.stacks:
        raise BaselineError("no snapshot of an app without a stack: it would call everything new")
    for stack in found.stacks:
        if stack.parent is not None and stack.parent not in found.stacks:
            raise BaselineError(f"no snapshot of the nested stack {stack.name} without the stack that it is in")


def _template_text(stack: Stack) -> str:
    return _json_text(normalize(stack.template))


def _identity(stack: Stack) -> tuple[str, ...]:
    return stack.construct_path or stack.name, stack.name, stack.account or "", stack.region or ""


def _sort(stacks: Sequence[Stack]) -> list[Stack]:
    """The stacks by identity, so that an app may create them in another order; equal ones (the same template given
    twice) by content."""
    found = [_identity(stack) for stack in stacks]
    if len(set(found)) == len(found):
        return sorted(stacks, key=_identity)
    return sorted(
        stacks, key=lambda stack: (_identity(stack), _json_text(_index_row(stack, "", _template_text(stack), {})))
    )


def _file_names(stacks: Sequence[Stack]) -> dict[int, str]:
    """id(stack) -> the name of its template's file: its construct path, with a hash where two names would be equal."""
    plain = {id(stack): _file_stem(stack.construct_path or stack.name) for stack in stacks}
    lowered = [name.lower() for name in plain.values()]
    names: dict[int, str] = {}
    taken: set[str] = set()
    for stack in stacks:
        name = plain[id(stack)]
        if lowered.count(name.lower()) > 1 or len(name) > _LONGEST:
            name = f"{name[:_LONGEST]}-{_digest_of(repr(_identity(stack)))[:8]}"
        number, base = 2, name
        while name.lower() in taken:  # the same template given twice
            name, number = f"{base}-{number}", number + 1
        taken.add(name.lower())
        names[id(stack)] = name + TEMPLATE
    return names


def _file_stem(path: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]+", "-", path).strip("-") or "stack"


def _index_row(stack: Stack, file: str, text: str, names: Mapping[int, str]) -> dict[str, Json]:
    acknowledged = sorted({(a.construct_path, a.rule_id, a.reason) for a in stack.acknowledgements})
    row = {
        "name": stack.name,
        "constructPath": stack.construct_path,
        "account": stack.account,
        "region": stack.region,
        "terminationProtection": stack.termination_protection,
        "tags": _sorted(stack.tags) if stack.tags is not None else None,
        "parameters": _parameters(stack) or None,
        "parent": names.get(id(stack.parent)) if stack.parent is not None else None,
        "parentLogicalId": stack.parent_logical_id,
        "bare": None if stack.from_assembly else True,
        "template": file,
        "digest": _digest_of(text),
        "acknowledgements": [{"construct": c, "rule": r, "reason": why} for c, r, why in acknowledged] or None,
        "constructPaths": _construct_paths(stack) or None,
    }
    return {key: value for key, value in row.items() if value is not None}


def _parameters(stack: Stack) -> dict[str, Json]:
    """The values given to the stack, without those of NoEcho parameters: a snapshot is committed."""
    declared = stack.template.get("Parameters") or {}
    kept = {
        k: v
        for k, v in stack.parameters.items()
        if str(mapping_or_empty(declared.get(k)).get("NoEcho")).lower() != "true"
    }
    return _sorted({without_hashes(key): without_hashes(value) for key, value in kept.items()})


def _construct_paths(stack: Stack) -> dict[str, Json]:
    """Logical id -> construct path of the resources that the snapshot holds."""
    kept = normalize(stack.template)["Resources"]
    return _sorted({key: value for key, value in stack.construct_paths.items() if key in kept})


def _sorted(values: Mapping[str, Json]) -> dict[str, Json]:
    return {key: values[key] for key in sorted(values)}


def _json_text(value: Json, sort: bool = True) -> str:
    text = json.dumps(value, indent=1, sort_keys=sort, ensure_ascii=False)
    return escape.json_visible(text) + "\n"  # people review it


def _digest_of(text: str) -> str:
    from hashlib import sha256

    # Git may check the file out with other line ends.
    return sha256(text.replace("\r\n", "\n").encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _write_files(path: str, texts: Mapping[str, str]) -> list[str]:
    """Write the files, all of them or none; the paths.

    All are written under temporary names before the first is renamed, and the index is renamed last.
    """
    mark = os.urandom(6).hex()
    waiting = {name: os.path.join(path, f".{name}.{mark}.tmp") for name in texts}
    is_new = not files.exists(path)
    with exit_on_termination(), hold_signals():
        try:
            os.makedirs(path, exist_ok=True)
            for name, temporary in waiting.items():
                with open(temporary, "x", encoding="utf-8", newline="\n") as handle:
                    handle.write(texts[name])
            for name, temporary in waiting.items():
                os.replace(temporary, os.path.join(path, name))
        except BaseException:
            with suppress(OSError):
                for temporary in filter(os.path.lexists, waiting.values()):
                    os.unlink(temporary)
                if is_new:
                    files.remove_folder(path)
            raise
        for name in _template_files(path) - texts.keys():
            os.unlink(os.path.join(path, name))
    return [os.path.join(path, name) for name in texts]


def _template_files(path: str) -> set[str]:
    return {name for name in os.listdir(path) if name.endswith(TEMPLATE) and not name.startswith(".")}


# -- reading


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
        unlisted = sorted(_template_files(self.path) - self.rows.keys())
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
        if _digest_of(text) != digest:
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
