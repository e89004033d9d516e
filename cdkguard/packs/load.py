"""Folders of rule YAML -> rules; each mistake is named with its file and line.

Parsing YAML and JSONPath costs more than judging an app, so packs are kept prepared as JSON: the built-in ones in the
wheel, others in the user's cache folder under the hash of their files.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase

from cdkguard import __version__
from cdkguard._typing import Any, Json, NamedTuple, cast
from cdkguard.errors import ConfigError, RulePackError
from cdkguard.language import vocabulary
from cdkguard.language.vocabulary import PROFILES
from cdkguard.model import IMPACTS, SEVERITIES, STACK_IMPACTS, WIDENING_KINDS, Remedy, Rule
from cdkguard.system import files
from cdkguard.system.cache import cache_folder, make_cache_folder
from cdkguard.text.nesting import may_be_deep
from cdkguard.text.spelling import did_you_mean

UNSEEN = "unseen"  # the pack of what no template shows; a selection of rules never leaves it out
SETS_FILE = "sets.yaml"
COMPILED_FILE = "compiled.jsonl"
_BUILTIN = "builtin:"  # how the file of a built-in rule is named, wherever it is installed
_FORM = "7"  # of the prepared JSON; part of the cache key


# What choosing rules asks of one; the rest of a rule is read when something it is about is met.
HEAD = ("id", "pack", "scope", "types", "environments", "profiles", "predicates", "on_change", "file")


class Packs(NamedTuple):
    """What was loaded: rules in file order, and the named sets of types that they use."""

    rules: tuple[Rule, ...]
    sets: Mapping[str, frozenset[str]]


def builtin() -> str:
    """The folder of the built-in packs: inside the package in a wheel, beside it in a checkout."""
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    packaged = os.path.join(here, "rules")
    return packaged if files.is_folder(packaged) else os.path.join(os.path.dirname(here), "rules")


def load_all(directories: Sequence[str] = ()) -> Packs:
    """The built-in packs and those of the folders (or entry points of the group `cdkguard.packs`) named."""
    prepared = _prepared(builtin(), {})
    sets: dict[str, list[str]] = dict(prepared.sets)
    rules = list(prepared.rules())
    for name in directories:
        own = _prepared(_folder(name), sets)
        sets.update(own.sets)
        rules.extend(own.rules())
    seen: dict[str, str] = {}
    for rule in rules:
        if rule.id in seen:
            raise RulePackError(f"{rule.file}:1: rule id '{rule.id}' is also in {seen[rule.id]}")
        seen[rule.id] = rule.file
    _refuse_unknown_rules(rules)
    return Packs(tuple(rules), {name: frozenset(members) for name, members in sets.items()})


def _refuse_unknown_rules(rules: Sequence[Rule]) -> None:
    """Refuses a change rule of a team that watches rules which nobody has: it would never fire.

    This is asked of all packs together and each time, not when a pack is prepared, since a pack may name another's rules.
    Tests hold the built-in packs to it.
    """
    known: list[str] = []
    for rule in rules:
        if rule.file.startswith(_BUILTIN) or not rule.on_change or not isinstance(rule.weakens, Mapping):
            continue
        known = known or [other.id for other in rules if other.scope == "resource"]
        for key, globs in rule.weakens.items():
            for index, glob in enumerate(globs):
                if not any(fnmatchcase(rule_id, glob) for rule_id in known):
                    message = f"no rule about resources is named '{glob}'{did_you_mean(glob, known)}"
                    raise _RuleFile(rule.file, read_text(rule.file)).wrong(message, "weakens", key, index)


class _LateRule:
    """A Rule of which only the head has been read; asking it for anything else reads the rest."""

    __slots__ = (*HEAD, "_text", "_whole")

    def __init__(self, head: Sequence[Json], text: bytes) -> None:
        self.id, self.pack, self.scope, self.types, self.environments, self.profiles = head[:6]
        self.predicates, self.on_change, self.file = head[6:]
        self._text = text
        self._whole: Rule | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(_whole(self), name)

    def __eq__(self, other: object) -> bool:
        return _whole(self) == (_whole(other) if isinstance(other, _LateRule) else other)

    def __hash__(self) -> int:
        return hash(self.id)


def _whole(late: _LateRule) -> Rule:
    if late._whole is None:
        raw = json.loads(late._text)
        remedy = raw["remedy"]
        late._whole = Rule(**{**raw, "remedy": Remedy(*remedy) if remedy else None})
    return late._whole


def select(rules: Sequence[Rule], selectors: Sequence[str], skip: Sequence[str] = ()) -> tuple[Rule, ...]:
    """The rules that a profile, pack or id glob names, without those to skip, and with the pack `unseen` in any case.

    Raises ConfigError for a selector that names none, and where one of `unseen` is to be left out.
    """
    chosen: set[str] = set()
    always = {rule.id for rule in rules if rule.pack == UNSEEN}
    for selector in selectors:
        chosen |= {rule.id for rule in _named(rules, selector)}
    for selector in skip:
        if selector == UNSEEN or selector in always:
            raise ConfigError(
                f"'{selector}' says what nobody has judged, so it cannot be left out; accept its finding, with the reason"
            )
        chosen -= {rule.id for rule in _named(rules, selector)}
    if not chosen:
        raise ConfigError("no rule is selected, so nothing would be judged")
    return tuple(rule for rule in rules if rule.id in chosen or rule.id in always)


def _named(rules: Sequence[Rule], selector: str) -> list[Rule]:
    if selector == "all":
        return list(rules)
    if selector in PROFILES:
        found = [r for r in rules if selector in r.profiles or selector == "strict" and "recommended" in r.profiles]
    else:
        # a name is compared as it is: thirty of them as patterns cost more than judging a small template
        same = fnmatchcase if any(c in selector for c in "*?[") else str.__eq__
        found = [r for r in rules if r.pack == selector or same(r.id, selector)]
    if not found:
        known = [*PROFILES, "all", *sorted({r.pack for r in rules}), *(r.id for r in rules)]
        raise ConfigError(f"no profile, pack or rule is named '{selector}'{did_you_mean(selector, known)}")
    return found


# -- prepared packs


def _folder(name: str) -> str:
    if files.is_folder(name):
        return name
    from importlib.metadata import entry_points

    points = entry_points(group="cdkguard.packs")
    for point in points:
        if point.name == name:
            from importlib.util import find_spec

            spec = find_spec(point.value.split(":")[0])
            if spec is not None and spec.submodule_search_locations:
                return next(iter(spec.submodule_search_locations))
    known = [p.name for p in points]
    raise ConfigError(f"pack '{name}' is no folder and no installed pack{did_you_mean(name, known)}")


class Prepared(NamedTuple):
    """A pack in the form that is kept: a line of JSON with its sets, heads and the lengths of its rules, then each rule."""

    sets: Mapping[str, list[str]]
    heads: Sequence[Sequence[Json]]
    texts: Sequence[bytes]

    def rules(self) -> Iterator[Rule]:
        for head, text in zip(self.heads, self.texts, strict=True):
            yield cast(Rule, _LateRule(head, text))

    def written(self) -> bytes:
        first = [self.sets, self.heads, [len(text) for text in self.texts]]
        return b"\n".join([json.dumps(first, sort_keys=True).encode("ascii"), *self.texts])


def _read_prepared(path: str) -> Prepared:
    """A kept pack; raises OSError or ValueError where it is damaged."""
    return _parsed(path, files.read_bytes(path))


def _parsed(path: str, data: bytes) -> Prepared:
    start = data.index(b"\n")
    sets, heads, lengths = json.loads(data[:start])
    texts = []
    for length in lengths:
        texts.append(data[start + 1 : start + 1 + length])
        start += 1 + length
    if start != len(data) or len(heads) != len(texts):
        raise ValueError(f"{path}: cut short")
    return Prepared(sets, heads, texts)


def _prepared(folder: str, sets: Mapping[str, Sequence[str]]) -> Prepared:
    """A folder's rules and sets: shipped, cached, or made now."""
    shipped = os.path.join(folder, COMPILED_FILE)
    if folder == builtin() and files.is_file(shipped):
        try:
            return _read_prepared(shipped)
        except ValueError as problem:
            raise RulePackError(f"{shipped}: this file of cdkguard is damaged: install it again") from problem
    found = rule_files(folder)
    if not found:
        raise RulePackError(f"{folder}: no rule file (*.yaml) in this folder")
    texts = {path: read_text(path) for path in found}
    cache = _cache_file(texts, sets)
    if cache is not None:
        try:
            return _read_kept(cache)
        except (OSError, ValueError):
            pass  # a damaged cache entry is written again
    prepared = prepare(folder, texts, sets)
    if cache is not None:
        _write_cache(cache, prepared)
    return prepared


def source_file(rule: Rule) -> str:
    """The rule's file on this machine; a built-in one is named relative to the packs' folder."""
    return os.path.join(builtin(), rule.file.removeprefix(_BUILTIN)) if rule.file.startswith(_BUILTIN) else rule.file


def rule_files(folder: str) -> list[str]:
    """The YAML files below a pack's folder, in a stable order."""
    found = []
    seen = set()
    for directory, folders, names in files.walk(folder, links=True):
        seen.add(os.path.realpath(directory))
        folders[:] = sorted(
            f for f in folders if not f.startswith(".") and os.path.realpath(os.path.join(directory, f)) not in seen
        )
        found += [
            os.path.join(directory, n)
            for n in sorted(names)
            if n.lower().endswith((".yaml", ".yml")) and not n.startswith(".")
        ]
    return found


def read_text(path: str) -> str:
    """A rule file's text; raises RulePackError."""
    try:
        if files.exists(path) and not files.is_file(path):
            raise RulePackError(f"{path}:1: is a pipe or device")
        return files.read_text(path)
    except OSError as problem:
        raise RulePackError(f"{path}:1: cannot be read: {problem.strerror}") from problem
    except UnicodeDecodeError as problem:
        raise RulePackError(f"{path}:1: not UTF-8 text") from problem


def _cache_file(texts: Mapping[str, str], sets: Mapping[str, Sequence[str]]) -> str | None:
    """Where the prepared pack is kept; None where there is no home for a cache."""
    folder = cache_folder("packs")
    if folder is None:
        return None
    from cdkguard.text.sha256 import digest

    made_of = [f"{_FORM} {__version__} {_code_stamp()}\0"]
    made_of += [f"{path}\0{len(text)}\0{text}" for path, text in texts.items()]
    made_of.append(json.dumps({k: sorted(v) for k, v in sorted(sets.items())}))
    return os.path.join(folder, digest("".join(made_of).encode())[:40] + ".json")


def _code_stamp() -> str:
    """Changes when the code that prepares rules does, so that a development checkout never reads a stale cache."""
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    folders = [os.path.join(here, name) for name in ("packs", "language", "template")]
    return " ".join(
        str(entry.stat().st_mtime_ns) for folder in folders for entry in sorted(os.scandir(folder), key=_name)
    )


def _name(entry: os.DirEntry[str]) -> str:
    return entry.name


def _read_kept(path: str) -> Prepared:
    """A pack of the cache; raises OSError or ValueError where it is not there, or is not what was written."""
    from cdkguard.text.sha256 import digest

    said, _, data = files.read_bytes(path).partition(b"\n")
    if said.decode("ascii") != digest(data):
        raise ValueError(f"{path}: damaged")
    return _parsed(path, data)


def _write_cache(path: str, prepared: Prepared) -> None:
    from cdkguard.text.sha256 import digest

    data = prepared.written()
    try:
        make_cache_folder(os.path.dirname(path))
        files.write(path, digest(data).encode("ascii") + b"\n" + data)
    except OSError:
        pass  # a read-only home costs time, not correctness


# -- preparing


def prepare(folder: str, texts: Mapping[str, str], sets: Mapping[str, Sequence[str]]) -> Prepared:
    """Rule files -> rules with parsed paths, as JSON; raises RulePackError with `file:line:`."""
    own_sets = {name: list(members) for name, members in sets.items()}
    for path, text in texts.items():
        if os.path.basename(path) == SETS_FILE:
            for name, members in _read_sets(path, text).items():
                if set(own_sets.setdefault(name, members)) != set(members):  # rules that ask for it would judge less
                    line = next((n for n, row in enumerate(text.splitlines(), 1) if row.startswith(f"{name}:")), 1)
                    raise RulePackError(
                        f"{path}:{line}: the set '{name}' is there already, with other members; choose another name"
                    )
    rules = []
    for path, text in texts.items():
        if os.path.basename(path) != SETS_FILE:
            rules.append(_RuleFile(path, text).prepared(_pack_name(folder, path), own_sets))
    if not rules:
        raise RulePackError(f"{folder}: no rule in this folder")
    if folder == builtin():
        for rule in rules:
            rule["file"] = _BUILTIN + os.path.relpath(rule["file"], folder)
    heads = [[rule[key] for key in HEAD] for rule in rules]
    return Prepared(own_sets, heads, [json.dumps(rule, sort_keys=True).encode("ascii") for rule in rules])


def _pack_name(folder: str, path: str) -> str:
    parent = os.path.relpath(os.path.dirname(path), folder)
    return os.path.basename(os.path.abspath(folder)) if parent == "." else parent.split(os.sep)[0]


def _read_sets(path: str, text: str) -> dict[str, list[str]]:
    data = read_yaml(path, text)
    if not isinstance(data, dict) or not all(
        isinstance(v, list) and all(isinstance(m, str) for m in v) for v in data.values()
    ):
        raise RulePackError(f"{path}:1: a sets file is a mapping of names to lists of strings")
    return data


def read_yaml(path: str, text: str) -> Json:
    """A rule file's data, duplicate keys refused; raises RulePackError with `file:line:`."""
    import yaml

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        if may_be_deep(text):
            raise RulePackError(f"{path}:1: nested too deeply")
        node = yaml.compose(text, Loader=loader)
        _refuse_duplicates(path, node, 0)
        return yaml.load(text, Loader=loader)
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        words = getattr(problem, "problem", None) or str(problem).splitlines()[0]
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


class _RuleFile:
    """One rule file while it is checked."""

    def __init__(self, path: str, text: str) -> None:
        self.path, self.text = path, text
        self.data = read_yaml(path, text)
        if not isinstance(self.data, dict):
            raise RulePackError(f"{path}:1: a rule file is a mapping with id, title, severity ...")

    def wrong(self, message: str, *keys: str | int) -> RulePackError:
        return RulePackError(f"{self.path}:{self._line(keys)}: {message}")

    def _line(self, keys: Sequence[str | int]) -> int:
        import yaml

        node: Any = yaml.compose(self.text, Loader=yaml.SafeLoader)
        line = 1
        for key in keys:
            if isinstance(node, yaml.MappingNode):
                pair = next(((k, v) for k, v in node.value if k.value == str(key)), None)
                if pair is None:
                    break
                line, node = pair[0].start_mark.line + 1, pair[1]
            elif isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
                node = node.value[key]
                line = node.start_mark.line + 1
            else:
                break
        return line

    def prepared(self, pack: str, sets: Mapping[str, Sequence[str]]) -> Json:
        data = self.data
        for key in data:
            if key not in vocabulary.KEYS:
                raise self.wrong(f"no key '{key}'{did_you_mean(str(key), vocabulary.KEYS)}", key)
        for key in vocabulary.NEEDED_KEYS:
            if key not in data:
                raise self.wrong(f"a rule needs '{key}'")
        stem = os.path.splitext(os.path.basename(self.path))[0]
        if data["id"] != stem:
            raise self.wrong(f"the id '{data['id']}' is not the file's name '{stem}'", "id")
        severity, severities = self._severity(data["severity"])
        parameters = self._mapping("with")
        require = self._requirement(sets, parameters)
        where = self._checked("where", sets, parameters) if "where" in data else None
        return {
            "id": data["id"],
            "title": str(data["title"]).strip(),
            "severity": severity,
            "severities": severities,
            "pack": pack,
            "scope": self._scope(),
            "types": self._types(sets),
            "where": where,
            "require": require,
            "environments": self._strings("environments"),
            "on_unknown": self._one_of("on_unknown", vocabulary.ON_UNKNOWN, "unknown"),
            "message": _line_of(data.get("message", "")),
            "why": _line_of(data["why"]),
            "remedy": self._remedy(),
            "references": self._strings("references"),
            "equivalents": self._mapping("equivalents"),
            "covers": self._strings("covers"),
            "parameters": parameters,
            "profiles": self._profiles(),
            "secret": data.get("secret") is True,
            "file": self.path,
            "predicates": sorted({*_python(where), *_python(require)}),
            "on_change": self._impacts(),
            "weakens": self._weakens(sets),
            "widens": self._widens(),
        }

    def _scope(self) -> str:
        scope = self._one_of("scope", vocabulary.SCOPES, "change" if "on_change" in self.data else "resource")
        if (scope == "change") is not ("on_change" in self.data):
            raise self.wrong("a rule has the scope 'change' when it has 'on_change', and only then", "scope")
        for key in ("weakens", "widens"):
            if key in self.data and scope != "change":
                raise self.wrong(f"'{key}' stands beside 'on_change'", key)
        return scope

    def _profiles(self) -> list[str]:
        profiles = self._strings("profiles") if "profiles" in self.data else [vocabulary.PROFILES[0]]
        for index, name in enumerate(profiles):
            if name not in vocabulary.PROFILES:
                hint, known = did_you_mean(name, vocabulary.PROFILES), ", ".join(vocabulary.PROFILES)
                raise self.wrong(f"no profile '{name}'{hint}; there are: {known}", "profiles", index)
        return profiles

    def _impacts(self) -> list[str]:
        impacts = self._strings("on_change")
        for index, impact in enumerate(impacts):
            if impact not in (*IMPACTS, *STACK_IMPACTS):
                raise self.wrong(
                    f"no impact '{impact}'{did_you_mean(impact, (*IMPACTS, *STACK_IMPACTS))}", "on_change", index
                )
        return impacts

    def _weakens(self, sets: Mapping[str, Sequence[str]]) -> Json:
        """{rules, skip, raise}, or a list of {types, path, by}, the paths parsed."""
        value = self.data.get("weakens")
        if isinstance(value, dict) and set(value) <= {*vocabulary.WEAKENS_RULES} and value.get("rules"):
            for key, globs in value.items():
                if not isinstance(globs, list) or not all(isinstance(glob, str) for glob in globs):
                    raise self.wrong(f"'{key}' is a list of strings", "weakens", key)
            return value
        if value is None:
            return None
        if not isinstance(value, list) or not value:
            raise self.wrong("'weakens' is {rules: [...]} or a list of {path, by}", "weakens")
        out = []
        for index, entry in enumerate(value):
            at = ("weakens", index)
            if not isinstance(entry, dict) or not {"path", "by"} <= set(entry) <= {*vocabulary.WEAKENS_ENTRY}:
                raise self.wrong(
                    f"an entry of 'weakens' has path and by; it may have {', '.join(vocabulary.WEAKENS_ENTRY[2:])}", *at
                )
            if entry["by"] not in vocabulary.DIRECTIONS or (
                entry["by"] == "order" and not isinstance(entry.get("order"), list)
            ):
                raise self.wrong(
                    f"'by' is one of {', '.join(vocabulary.DIRECTIONS)}; 'order' has a list 'order'", *at, "by"
                )
            if entry.get("elements", "kept") not in vocabulary.ELEMENTS:
                raise self.wrong("'elements' may be `kept`: only those of a list that are in both", *at, "elements")
            for name in entry.get("types", ()):
                if name.startswith("@") and name[1:] not in sets:
                    raise self.wrong(f"no named set '{name}'{did_you_mean(name[1:], sets)}", *at, "types")
            steps = self._steps(entry["path"], at)
            out.append({**{k: v for k, v in entry.items() if k != "path"}, "steps": steps})
        return out

    def _steps(self, path: Json, at: tuple[str | int, ...]) -> Json:
        from cdkguard.template import paths

        try:
            return paths.parse(str(path))
        except paths.PathError as problem:
            raise self.wrong(str(problem), *at, "path") from problem

    def _widens(self) -> Json:
        value = self.data.get("widens")
        if value is None or value is True:
            return value
        if not isinstance(value, list) or not value or not all(isinstance(kind, str) for kind in value):
            raise self.wrong("'widens' is true or a list of kinds of access", "widens")
        for index, kind in enumerate(value):
            if kind not in WIDENING_KINDS:
                hint, known = did_you_mean(kind, WIDENING_KINDS), ", ".join(WIDENING_KINDS)
                raise self.wrong(f"no kind of access '{kind}'{hint}; there are: {known}", "widens", index)
        return value

    def _severity(self, value: Json) -> tuple[str, dict[str, str]]:
        table = value if isinstance(value, dict) else {"default": value}
        for name, severity in table.items():
            if severity not in SEVERITIES:
                raise self.wrong(f"severity is one of {', '.join(SEVERITIES)}, not {severity!r}", "severity", name)
        if "default" not in table:
            raise self.wrong("severity by environment needs a 'default'", "severity")
        return table["default"], {k: v for k, v in table.items() if k != "default"}

    def _types(self, sets: Mapping[str, Sequence[str]]) -> list[str]:
        types = self._strings("types")
        scope = self.data.get("scope", "resource")
        if scope == "resource" and not types and "on_change" not in self.data:
            raise self.wrong("a rule about resources needs 'types'")
        for index, name in enumerate(types):
            if name.startswith("@") and name[1:] not in sets:
                raise self.wrong(f"no named set '{name}'{did_you_mean(name[1:], sets)}", "types", index)
        return types

    def _requirement(self, sets: Mapping[str, Sequence[str]], parameters: Mapping[str, Json]) -> Json:
        both = [key for key in ("require", "forbid") if key in self.data]
        if len(both) > 1:
            raise self.wrong("a rule has 'require' or 'forbid', not both", "forbid")
        if not both:
            return None
        checked = self._checked(both[0], sets, parameters)
        return {"not": checked} if both[0] == "forbid" else checked

    def _checked(self, key: str, sets: Mapping[str, Sequence[str]], parameters: Mapping[str, Json]) -> Json:
        from cdkguard.language.requirements import RequirementError, prepare

        try:
            return prepare(self.data[key], (key,), parameters, sets)
        except RequirementError as problem:
            raise self.wrong(str(problem), *problem.keys) from problem

    def _remedy(self) -> list[Json]:
        value = self.data["remedy"]
        if isinstance(value, str):
            return [value.strip(), None, None]
        if (
            not isinstance(value, dict)
            or "text" not in value
            or not set(value) <= {"text", *vocabulary.REMEDY_LANGUAGES}
        ):
            raise self.wrong("remedy is a text, or a mapping with text, python and typescript", "remedy")
        return [_line_of(value["text"]), value.get("python"), value.get("typescript")]

    def _one_of(self, key: str, allowed: Sequence[str], default: str) -> str:
        value = self.data.get(key, default)
        if value not in allowed:
            raise self.wrong(f"{key} is one of {', '.join(allowed)}, not {value!r}", key)
        return str(value)

    def _strings(self, key: str) -> list[str]:
        value = self.data.get(key, [])
        if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
            raise self.wrong(f"'{key}' is a list of strings", key)
        return value

    def _mapping(self, key: str) -> dict[str, Json]:
        value = self.data.get(key, {})
        if not isinstance(value, dict):
            raise self.wrong(f"'{key}' is a mapping", key)
        return value


def _python(node: Json) -> Iterator[str]:
    """The Python predicates that a requirement names."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "python" and isinstance(value, str):
                yield value
            else:
                yield from _python(value)
    elif isinstance(node, list):
        for item in node:
            yield from _python(item)


def _line_of(text: Json) -> str:
    """Folded YAML text as one line."""
    return " ".join(str(text).split())
