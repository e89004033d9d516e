"""A snapshot, which a team commits as its baseline: a folder with an index of the stacks and a normalized template of each."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress

from cdkguard._typing import Json
from cdkguard.baselines.normalize import normalize, without_hashes
from cdkguard.errors import BaselineError
from cdkguard.inputs.shapes import mapping_or_empty
from cdkguard.model import Assembly, Stack
from cdkguard.system import files
from cdkguard.system.interrupts import exit_on_termination, hold_signals
from cdkguard.system.temporary_folders import remove_folder
from cdkguard.text import escape

VERSION = 1
FOLDER, INDEX, TEMPLATE = "cdkguard.snapshot", "stacks.json", ".template.json"
_MARK = re.compile(r'"snapshot"\s*:')
_LONGEST = 100  # characters of a file name before its ending


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
            name = f"{name[:_LONGEST]}-{digest_of(repr(_identity(stack)))[:8]}"
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
        "digest": digest_of(text),
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


def digest_of(text: str) -> str:
    """The first 16 hexadecimal digits of a text's SHA-256, whichever line ends it has."""
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
                    remove_folder(path)
            raise
        for name in find_template_files(path) - texts.keys():
            os.unlink(os.path.join(path, name))
    return [os.path.join(path, name) for name in texts]


def find_template_files(path: str) -> set[str]:
    """The names of the templates in a snapshot's folder, without files that a write has not renamed yet."""
    return {name for name in os.listdir(path) if name.endswith(TEMPLATE) and not name.startswith(".")}


# -- reading
