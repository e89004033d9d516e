"""One rule file: its YAML is checked key by key and becomes a rule as JSON; each mistake has file and line."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence

from cdkguard._typing import Any, Json
from cdkguard.errors import RulePackError
from cdkguard.language import vocabulary
from cdkguard.model import IMPACTS, SEVERITIES, STACK_IMPACTS, WIDENING_KINDS
from cdkguard.packs.rule_yaml import read_yaml
from cdkguard.text.spelling import did_you_mean

_FOR_EDITORS = ".cdkguard-rule"  # `my-rule.cdkguard-rule.yaml`: editors find the schema of a rule by that ending.


class RuleFile:
    """A rule file. Each method `_key` checks one key and returns its value as the prepared rule holds it."""

    def __init__(self, path: str, text: str) -> None:
        self.path, self.text = path, text
        self.data = read_yaml(path, text)
        if not isinstance(self.data, dict):
            raise RulePackError(f"{path}:1: a rule file is a mapping with id, title, severity ...")

    def wrong(self, message: str, *keys: str | int) -> RulePackError:
        """The error for a mistake at the value that `keys` lead to, with its line."""
        return RulePackError(f"{self.path}:{self._line(keys)}: {message}")

    def _line(self, keys: Sequence[str | int]) -> int:
        """The line of the value that `keys` lead to, or of the last one on the way that is there."""
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

    def prepare(self, pack: str, sets: Mapping[str, Sequence[str]]) -> dict[str, Json]:
        """The rule as JSON, its paths parsed; `sets` are the named sets of resource types. Raises RulePackError."""
        data = self.data
        for key in data:
            if key not in vocabulary.KEYS:
                raise self.wrong(f"no key '{key}'{did_you_mean(str(key), vocabulary.KEYS)}", key)
        for key in vocabulary.NEEDED_KEYS:
            if key not in data:
                raise self.wrong(f"a rule needs '{key}'")
        stem = os.path.splitext(os.path.basename(self.path))[0].removesuffix(_FOR_EDITORS)
        if data["id"] != stem:
            raise self.wrong(f"the id '{data['id']}' is not the file's name '{stem}'", "id")

        severity, severities = self._severity(data["severity"], "severity")
        parameters = self._mapping("with")
        require = self._requirement(sets, parameters)
        where = self._prepare("where", sets, parameters) if "where" in data else None

        return {
            "id": data["id"],
            "title": str(data["title"]).strip(),
            "problem": str(data.get("problem", "")).strip(),
            "checklist": self._one_of("checklist", vocabulary.CHECKLIST, "") if "checklist" in data else "",
            "severity": severity,
            "severities": severities,
            "weights": self._weights(sets, parameters),
            "pack": pack,
            "scope": self._scope(),
            "types": self._types(sets),
            "where": where,
            "require": require,
            "environments": self._strings("environments"),
            "on_unknown": self._one_of("on_unknown", vocabulary.ON_UNKNOWN, "unknown"),
            "message": _as_one_line(data.get("message", "")),
            "why": _as_one_line(data["why"]),
            "remedy": self._remedy(),
            "remedy_cases": self._remedy_cases(sets, parameters),
            "references": self._strings("references"),
            "equivalents": self._equivalents(),
            "covers": self._strings("covers"),
            "parameters": parameters,
            "profiles": self._profiles(),
            "secret": data.get("secret") is True,
            "file": self.path,
            "predicates": sorted(
                {*_find_predicates(where), *_find_predicates(require), *_find_predicates(data.get("weights"))}
            ),
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
                hint = did_you_mean(impact, (*IMPACTS, *STACK_IMPACTS))
                raise self.wrong(f"no impact '{impact}'{hint}", "on_change", index)
        return impacts

    def _weakens(self, sets: Mapping[str, Sequence[str]]) -> Json:
        """{rules, skip, raise, opens}, or a list of {types, path, by} with parsed paths."""
        value = self.data.get("weakens")
        if value is None:
            return None
        if isinstance(value, dict) and set(value) <= {*vocabulary.WEAKENS_RULES} and value.get("rules"):
            for key, globs in value.items():
                if not isinstance(globs, list) or not all(isinstance(glob, str) for glob in globs):
                    raise self.wrong(f"'{key}' is a list of strings", "weakens", key)
            return value
        if not isinstance(value, list) or not value:
            raise self.wrong("'weakens' is {rules: [...]} or a list of {path, by}", "weakens")
        return [self._weakens_entry(entry, ("weakens", index), sets) for index, entry in enumerate(value)]

    def _weakens_entry(self, entry: Json, at: tuple[str | int, ...], sets: Mapping[str, Sequence[str]]) -> Json:
        if not isinstance(entry, dict) or not {"path", "by"} <= set(entry) <= {*vocabulary.WEAKENS_ENTRY}:
            optional = ", ".join(vocabulary.WEAKENS_ENTRY[2:])
            raise self.wrong(f"an entry of 'weakens' has path and by; it may have {optional}", *at)

        by = entry["by"]
        if by not in vocabulary.DIRECTIONS or by == "order" and not isinstance(entry.get("order"), list):
            known = ", ".join(vocabulary.DIRECTIONS)
            raise self.wrong(f"'by' is one of {known}; 'order' has a list 'order'", *at, "by")
        if entry.get("elements", "kept") not in vocabulary.ELEMENTS:
            raise self.wrong(
                "'elements' may be `kept`, only those that are in both lists, or `outer`, of the outermost",
                *at,
                "elements",
            )
        if not isinstance(entry.get("inside", True), bool | str):
            raise self.wrong("'inside' is true, or the name of a switch", *at, "inside")
        beside = entry.get("beside", [])
        if not isinstance(beside, list) or not all(isinstance(name, str) for name in beside):
            raise self.wrong("'beside' is a list of properties", *at, "beside")
        for name in entry.get("types", ()):
            if name.startswith("@") and name[1:] not in sets:
                raise self.wrong(f"no named set '{name}'{did_you_mean(name[1:], sets)}", *at, "types")

        steps = self._steps(entry["path"], at)
        return {**{k: v for k, v in entry.items() if k != "path"}, "steps": steps}

    def _steps(self, path: Json, at: tuple[str | int, ...]) -> Json:
        from cdkguard.template import jsonpath

        try:
            return jsonpath.parse_path(str(path))
        except jsonpath.PathError as problem:
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

    def _severity(self, value: Json, *at: str | int) -> tuple[str, dict[str, str]]:
        table = value if isinstance(value, dict) else {"default": value}
        for name, severity in table.items():
            if severity not in SEVERITIES:
                raise self.wrong(f"severity is one of {', '.join(SEVERITIES)}, not {severity!r}", *at, name)
        if "default" not in table:
            raise self.wrong("severity by environment needs a 'default'", *at)
        return table["default"], {k: v for k, v in table.items() if k != "default"}

    def _weights(self, sets: Mapping[str, Sequence[str]], parameters: Mapping[str, Json]) -> list[Json]:
        value = self.data.get("weights", [])
        if not isinstance(value, list) or "weights" in self.data and not value:
            raise self.wrong("'weights' is a list of {where, severity}", "weights")
        if value and self._scope() == "change":
            raise self.wrong("'weights' are not for rules about changes", "weights")
        return [self._weight(entry, ("weights", index), sets, parameters) for index, entry in enumerate(value)]

    def _weight(
        self, entry: Json, at: tuple[str | int, ...], sets: Mapping[str, Sequence[str]], parameters: Mapping[str, Json]
    ) -> Json:
        if not isinstance(entry, dict) or not {*vocabulary.WEIGHT_NEEDED} <= set(entry) <= {*vocabulary.WEIGHT}:
            raise self.wrong("an entry of 'weights' has where and severity; it may have message and under", *at)

        severity, severities = self._severity(entry["severity"], *at, "severity")
        where = self._prepare_at(entry["where"], (*at, "where"), sets, parameters)
        message = _as_one_line(entry.get("message", ""))
        under = str(entry.get("under", ""))
        return {"where": where, "severity": severity, "severities": severities, "message": message, "under": under}

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
        prepared = self._prepare(both[0], sets, parameters)
        return {"not": prepared} if both[0] == "forbid" else prepared

    def _prepare(self, key: str, sets: Mapping[str, Sequence[str]], parameters: Mapping[str, Json]) -> Json:
        return self._prepare_at(self.data[key], (key,), sets, parameters)

    def _prepare_at(
        self, value: Json, at: tuple[str | int, ...], sets: Mapping[str, Sequence[str]], parameters: Mapping[str, Json]
    ) -> Json:
        from cdkguard.language.checking import RequirementError, prepare_requirement

        try:
            return prepare_requirement(value, at, parameters, sets)
        except RequirementError as problem:
            raise self.wrong(str(problem), *problem.keys) from problem

    def _remedy(self) -> list[Json]:
        value = self.data["remedy"]
        if isinstance(value, str):
            return [value.strip(), None, None, None]
        known = {"text", *vocabulary.REMEDY_LANGUAGES, "cases"}
        if not isinstance(value, dict) or "text" not in value or not set(value) <= known:
            raise self.wrong(
                "remedy is a text, or a mapping with text, python, typescript, template and cases", "remedy"
            )
        return _make_remedy(value)

    def _remedy_cases(self, sets: Mapping[str, Sequence[str]], parameters: Mapping[str, Json]) -> list[Json]:
        """What a rule advises in certain cases, as {where, remedy}. A case without a text has the rule's own advice, but for
        the code that it names."""
        remedy = self.data["remedy"]
        cases = remedy.get("cases") if isinstance(remedy, dict) else None
        if cases is None:
            return []
        if not isinstance(cases, list) or not cases:
            raise self.wrong("'cases' is a list of {where, text}", "remedy", "cases")
        if self._scope() not in ("change", "resource"):
            raise self.wrong("'cases' are for rules about resources or changes", "remedy", "cases")

        known = {"text", *vocabulary.REMEDY_LANGUAGES}
        for index, case in enumerate(cases):
            if not isinstance(case, dict) or "where" not in case or not {"where"} < set(case) <= {"where", *known}:
                raise self.wrong(
                    "a case has where, and of text, python, typescript and template at least one",
                    "remedy",
                    "cases",
                    index,
                )
        general = {key: value for key, value in remedy.items() if key in known}
        return [
            {
                "where": self._prepare_at(case["where"], ("remedy", "cases", index, "where"), sets, parameters),
                "remedy": _make_remedy(case if "text" in case else {**general, **case}),
            }
            for index, case in enumerate(cases)
        ]

    def _equivalents(self) -> dict[str, Json]:
        peers = vocabulary.EQUIVALENT_PEERS
        found = self._mapping("equivalents")
        for peer, names in found.items():
            if peer not in peers:
                hint = did_you_mean(str(peer), peers)
                raise self.wrong(f"no peer '{peer}'{hint}; there are: {', '.join(peers)}", "equivalents", peer)
            if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
                raise self.wrong(f"'{peer}' takes a list of names of its rules", "equivalents", peer)
        return found

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


def _find_predicates(node: Json) -> Iterator[str]:
    """The Python functions (`module:function`) that a requirement names."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "python" and isinstance(value, str):
                yield value
            else:
                yield from _find_predicates(value)
    elif isinstance(node, list):
        for item in node:
            yield from _find_predicates(item)


def _make_remedy(value: Mapping[str, Json]) -> list[Json]:
    return [_as_one_line(value["text"]), *(value.get(language) for language in vocabulary.REMEDY_LANGUAGES)]


def _as_one_line(text: Json) -> str:
    """A text that YAML folded, as one line."""
    return " ".join(str(text).split())
