"""Loads packs: folders of rule files -> rules. Each mistake is named with its file and line."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

from cdkguard._typing import Json, NamedTuple, cast
from cdkguard.errors import RulePackError
from cdkguard.model import Rule
from cdkguard.packs import folders
from cdkguard.packs.prepared import (
    HEAD,
    LateRule,
    Lines,
    Prepared,
    describe_rule,
    find_cache_file,
    join_lines,
    read_cached,
    read_whole,
    rule_of,
    write_cached,
)
from cdkguard.packs.shipped import is_shipped, read_shipped, shipped_files
from cdkguard.text.spelling import did_you_mean


class Packs(NamedTuple):
    """Loaded rules in file order, and the named sets of resource types that they use."""

    rules: tuple[Rule, ...]
    sets: Mapping[str, frozenset[str]]


def load_packs(directories: Sequence[str] = ()) -> Packs:
    """Load the built-in packs and those of the directories, each a folder or an entry point of `cdkguard.packs`.

    Raises RulePackError where a rule file is wrong or an id is there twice, ConfigError where there is no such pack.
    """
    prepared = _load_builtin()
    sets = dict(prepared.sets)
    rules = list(prepared.rules())

    for name in directories:
        own = _load_pack(folders.find_pack_folder(name), sets)
        sets.update(own.sets)
        rules.extend(own.rules())

    if directories:
        _refuse_known_ids(rules)
        _refuse_unknown_rules(rules)
    return Packs(tuple(rules), {name: frozenset(members) for name, members in sets.items()})


def _load_builtin() -> Prepared:
    """Load the built-in packs: as shipped, or those of a checkout."""
    folder = folders.builtin_folder()
    if not is_shipped(folder):
        return _load_pack(folder, {})
    try:
        return read_shipped(folder)
    except (ImportError, ValueError) as problem:
        raise RulePackError(f"{folder}: these files of cdkguard are damaged: install it again") from problem


def _refuse_known_ids(rules: Sequence[Rule]) -> None:
    """Refuse a second rule of one id; a test asks the built-in packs alone."""
    seen: dict[str, str] = {}
    for rule in rules:
        if rule.id in seen:
            raise RulePackError(f"{rule.file}:1: rule id '{rule.id}' is also in {seen[rule.id]}")
        seen[rule.id] = rule.file


def _refuse_unknown_rules(rules: Sequence[Rule]) -> None:
    """Refuse a change rule of a team that watches rules which no pack has, since it would never fire.

    All packs are asked together and in each run, not when a pack is prepared, since a pack may name the rules of another.
    A test asks the built-in packs, so that start-up need not read their change rules.
    """
    known: list[str] = []
    for rule in rules:
        if rule.file.startswith(folders.BUILTIN_PREFIX) or not rule.on_change or not isinstance(rule.weakens, Mapping):
            continue

        known = known or [other.id for other in rules if other.scope == "resource"]
        for key, globs in rule.weakens.items():
            for index, glob in enumerate(globs):
                if not any(fnmatchcase(rule_id, glob) for rule_id in known):
                    message = f"no rule about resources is named '{glob}'{did_you_mean(glob, known)}"
                    raise _wrong(rule, message, "weakens", key, index)


def _wrong(rule: Rule, message: str, *keys: str | int) -> RulePackError:
    from cdkguard.packs.rule_file import RuleFile

    return RuleFile(rule.file, folders.read_rule_file(rule.file)).wrong(message, *keys)


def _load_pack(folder: str, sets: Mapping[str, Sequence[str]]) -> Prepared:
    """Load a folder's rules and sets: from the cache, or from its rule files."""
    found = folders.find_rule_files(folder)
    if not found:
        raise RulePackError(f"{folder}: no rule file (*.yaml) in this folder")

    texts = {path: folders.read_rule_file(path) for path in found}
    cache = find_cache_file(texts, sets)
    if cache is not None:
        try:
            return read_cached(cache)
        except (OSError, ValueError):
            pass  # A damaged cache entry is written again.

    prepared = prepare_pack(folder, texts, sets)
    if cache is not None:
        write_cached(cache, prepared)
    return prepared


def prepare_pack(folder: str, texts: Mapping[str, str], sets: Mapping[str, Sequence[str]]) -> Prepared:
    """Check the rule files of a folder and parse their paths; raises RulePackError with `file:line:`.

    `texts` is path -> text of every file, `sets` the named sets of the packs that were loaded before.
    """
    from cdkguard.packs.rule_file import RuleFile

    own_sets = {name: list(members) for name, members in sets.items()}
    for path, text in texts.items():
        if os.path.basename(path) == folders.SETS_FILE:
            _add_sets(path, text, own_sets)

    rules = [
        RuleFile(path, text).prepare(_pack_name(folder, path), own_sets)
        for path, text in texts.items()
        if os.path.basename(path) != folders.SETS_FILE
    ]
    if not rules:
        raise RulePackError(f"{folder}: no rule in this folder")

    if folder == folders.builtin_folder():
        for rule in rules:
            rule["file"] = folders.BUILTIN_PREFIX + os.path.relpath(rule["file"], folder)
    heads = [[rule[key] for key in HEAD] for rule in rules]
    bodies = [json.dumps(rule, sort_keys=True).encode("ascii") for rule in rules]
    return Prepared(own_sets, heads, _join_lines(bodies))


def prepare_builtin_with(directories: Sequence[str]) -> dict[str, bytes]:
    """Path below the package -> content of the files by which an installation has the rules of these directories built in.

    Raises RulePackError or ConfigError as `load_packs` does.
    """
    loaded = load_packs(directories)
    rules = [_as_builtin(read_whole(cast(LateRule, rule))) for rule in loaded.rules]
    heads = [[rule[key] for key in HEAD] for rule in rules]
    bodies = [json.dumps(rule, sort_keys=True).encode("ascii") for rule in rules]
    sets = {name: sorted(members) for name, members in sorted(loaded.sets.items())}  # in whichever order they came
    return shipped_files(Prepared(sets, heads, _join_lines(bodies)))


def _as_builtin(rule: Rule) -> dict[str, Json]:
    """The rule as `prepare_pack` has it, without the folder of this machine that its file lies in."""
    file = (
        rule.file
        if rule.file.startswith(folders.BUILTIN_PREFIX)
        else f"{folders.BUILTIN_PREFIX}{rule.pack}/{rule.id}.yaml"
    )
    return {**rule._asdict(), "remedy": rule.remedy and list(rule.remedy), "file": file}


def _join_lines(bodies: Sequence[bytes]) -> Lines:
    return Lines(*join_lines(bodies, list(map(_report_entry, bodies))))


def _report_entry(body: bytes) -> bytes:
    """What a JSON report says of a rule."""
    from cdkguard.outputs.report_json import rule_document
    from cdkguard.text.escape import json_text

    return json_text(rule_document(describe_rule(rule_of(body))), depth=0).encode("ascii")


def _pack_name(folder: str, path: str) -> str:
    parent = os.path.relpath(os.path.dirname(path), folder)
    return os.path.basename(os.path.abspath(folder)) if parent == "." else parent.split(os.sep)[0]


def _add_sets(path: str, text: str, sets: dict[str, list[str]]) -> None:
    """Add the sets of a file; raises RulePackError where one has the name of another with other members."""
    from cdkguard.packs.rule_yaml import read_yaml

    data = read_yaml(path, text)
    if not isinstance(data, dict) or not all(
        isinstance(v, list) and all(isinstance(m, str) for m in v) for v in data.values()
    ):
        raise RulePackError(f"{path}:1: a sets file is a mapping of names to lists of strings")

    for name, members in data.items():
        # Rules of other packs that ask for the set would judge less, and nothing would say so.
        if set(sets.setdefault(name, members)) != set(members):
            line = next((n for n, row in enumerate(text.splitlines(), 1) if row.startswith(f"{name}:")), 1)
            raise RulePackError(
                f"{path}:{line}: the set '{name}' is there already, with other members; choose another name"
            )
