"""The keys of cdkguard.yaml or [tool.cdkguard] -> Config, each mistake named with its file and line."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

from cdkguard._typing import Json
from cdkguard.config.document import Document, DocumentValue
from cdkguard.config.environment_words import BUILTIN
from cdkguard.config.environments import EnvironmentRule, is_known_to_be_mild, is_production, is_strict
from cdkguard.config.settings import Config
from cdkguard.model import FORMATS, GATES, SEVERITIES, Suppression
from cdkguard.system import files
from cdkguard.text.spelling import did_you_mean

KEYS = (
    "paths", "app", "context", "environment", "environments", "fail_on", "gate", "rules", "skip", "packs", "python", "stacks",
    "suppressions", "require_owner", "accounts", "with", "severity", "parameters", "accepted", "baseline", "full_synth",
    "timeout", "outputs", "against", "approvals", "new_suppressions", "aws", "honour", "lint",
    "frameworks", "agents", "preflight", "cfn_hook",
)  # fmt: skip
AWS_KEYS = ("profile", "role", "region", "stacks")
ENVIRONMENT_KEYS = ("accounts", "regions", "stages", "stacks", "tags", "context", "strict", "parameters")
SUPPRESSION_KEYS = ("rule", "construct", "reason", "owner", "expires")


def config_of(document: Document, directory: str) -> Config:
    """The configuration that a document holds; raises ConfigError. `directory` is the folder that it is for."""
    at = document.root.known(KEYS)
    base = os.path.dirname(document.file)
    environments = _environments(at)
    own = {
        "directory": directory,
        "file": document.file,
        "environments": environments,
        **_read_plain(at),
        **_read_rules(at),
    }

    names = (*(rule.name for rule in environments), *BUILTIN)
    if "environment" in at:
        own["environment"] = at["environment"].one_of(dict.fromkeys(names))
    if "severity" in at:
        own["severities"] = {rule: _severity(item, names) for rule, item in _entries(at, "severity")}
    if "parameters" in at:
        own["template_parameters"] = at["parameters"].written_pairs()
        _refuse_both(at, environments)
    if "accounts" in at:
        own["accounts"] = _accounts(at["accounts"])
    if "suppressions" in at:
        own["suppressions"] = tuple(map(_suppression, at["suppressions"].elements()))

    if "agents" in at:
        from cdkguard.config.agent_settings import read_agent_settings

        own["agents"] = read_agent_settings(at["agents"], names)

    if "cfn_hook" in at:
        from cdkguard.config.cfn_hook_settings import read_cfn_hook_settings

        own["cfn_hook"] = read_cfn_hook_settings(at["cfn_hook"], names)

    own.update(_read_files(at, base))
    if "preflight" in at:
        from cdkguard.config.preflight import read_preflight

        own["preflight"] = read_preflight(at["preflight"], base, names)
    return Config(**own)


def _entries(at: Mapping[str, DocumentValue], key: str) -> list[tuple[str, DocumentValue]]:
    return list(at[key].items().items()) if key in at else []


def _read_plain(at: Mapping[str, DocumentValue]) -> dict[str, Json]:
    """The settings that depend on no other."""
    own: dict[str, Json] = {}
    if "app" in at:
        own["app"] = at["app"].text()
    if "context" in at:
        own["context"] = {key: item.value for key, item in at["context"].items().items()}
    if "fail_on" in at:
        own["fail_on"] = at["fail_on"].one_of((*SEVERITIES, "never"))
    if "gate" in at:
        own["gate"] = at["gate"].one_of(GATES)
    if "timeout" in at:
        own["timeout"] = _seconds(at["timeout"])
    if "new_suppressions" in at:
        own["new_suppressions"] = at["new_suppressions"].one_of(("count", "strict", "baseline"))
    if "aws" in at:
        aws = at["aws"].known(AWS_KEYS)
        own["aws"] = {key: item.text() for key, item in aws.items() if key != "stacks"}
        own["aws_stacks"] = aws["stacks"].texts() if "stacks" in aws else ()
    if "honour" in at:
        from cdkguard.model import PEERS

        own["honour"] = tuple(dict.fromkeys(item.one_of(PEERS) for item in at["honour"].one_or_more()))
    for key in ("full_synth", "require_owner", "lint"):
        if key in at:
            own[key] = at[key].flag()
    return own


def _seconds(at: DocumentValue) -> float:
    if isinstance(at.value, bool) or not isinstance(at.value, int | float) or not 0 < at.value < float("inf"):
        raise at.wrong(f"{at.name} is a number of seconds above 0")
    return float(at.value)


def _read_rules(at: Mapping[str, DocumentValue]) -> dict[str, Json]:
    own: dict[str, Json] = {}
    for key, field in (("rules", "rules"), ("skip", "skip"), ("stacks", "stacks"), ("python", "python_packs")):
        if key in at:
            own[field] = at[key].texts()
    if own.get("rules") == ():
        raise at["rules"].wrong("rules is empty, so nothing would be judged")
    if "frameworks" in at:
        from cdkguard.data.frameworks import framework_names, selectors_of

        known = framework_names()
        named = tuple(dict.fromkeys(item.one_of(known) for item in at["frameworks"].one_or_more()))
        own["frameworks"] = named
        if named and "rules" not in at:
            own["rules"] = selectors_of(named)
    if "with" in at:
        own["parameters"] = {rule: {k: v.value for k, v in item.items().items()} for rule, item in _entries(at, "with")}
    return own


def _read_files(at: Mapping[str, DocumentValue], base: str) -> dict[str, Json]:
    """The settings that name files, which are relative to the configuration file."""
    own: dict[str, Json] = {}
    if "paths" in at:
        own["paths"] = tuple(os.path.join(base, path) for path in at["paths"].texts())
    if "packs" in at:
        own["packs"] = tuple(_pack(name, base) for name in at["packs"].texts())
    if "accepted" in at and "baseline" in at:
        raise at["baseline"].wrong("baseline is the older name of accepted: keep one of them")
    for key in ("accepted", "baseline"):
        if key in at:
            own["accepted"] = os.path.join(base, at[key].text())
    if "approvals" in at:
        own["approvals"] = _writable(at["approvals"], at["approvals"].text(), base)
    if "against" in at:
        from cdkguard.config.baseline_kinds import kind_of

        text = at["against"].text()
        own["against"] = os.path.join(base, text) if kind_of(text).is_path else text
    if "outputs" in at:
        listed = at["outputs"].elements() if isinstance(at["outputs"].value, list) else [at["outputs"]]
        own["outputs"] = tuple(_output(item, base) for item in listed)
    return own


def _pack(name: str, base: str) -> str:
    """The path of a folder beside the configuration file, or the name of an installed pack."""
    folder = os.path.join(base, name)
    return folder if "/" in name or files.is_folder(folder) else name


def _output(at: DocumentValue, base: str) -> tuple[str, str | None]:
    name, sign, file = at.text().partition("=")
    if sign and not file:
        raise at.wrong(f"'{name}=' names no file")
    if name not in FORMATS:
        raise at.wrong(f"no output format '{name}'{did_you_mean(name, FORMATS)}; there are: {', '.join(FORMATS)}")
    return name, _writable(at, file, base) if file else None


def _writable(at: DocumentValue, file: str, base: str) -> str:
    """The path of a file that a run writes; raises ConfigError where it leads out of the repository.

    The configuration can be a pull request's, which must not write wherever it likes.
    """
    from cdkguard.config.find import is_below, repository_root

    path, root = os.path.join(base, file), repository_root(base)
    inside = os.path.relpath(os.path.realpath(path), os.path.realpath(root)).lower().split(os.sep)
    if not is_below(path, root) or ".git" in inside:
        raise at.wrong(f"'{file}' leads out of the repository; only the command line names a file there")
    return path


def _environments(at: Mapping[str, DocumentValue]) -> tuple[EnvironmentRule, ...]:
    """The environments. Where none is strict, those are whose names do not say that they are milder than production.

    Raises ConfigError where the file says of each of them that it is not: then no stack would be judged as production.
    """
    entries = _entries(at, "environments")
    rules = [_environment(name, item) for name, item in entries]
    unclear = [n for n, rule in enumerate(rules) if not is_known_to_be_mild(rule.name)]
    if any(map(is_strict, rules)) or not unclear:
        return tuple(rules)

    unsaid = [n for n in unclear if "strict" not in (entries[n][1].value or {})]
    if not unsaid:
        name, item = entries[unclear[0]]
        raise item.wrong(
            f"no environment is strict, so no rule for production would apply anywhere: '{name}' has `strict: false`"
        )
    return tuple(rule._replace(strict=True) if n in unsaid else rule for n, rule in enumerate(rules))


def _environment(name: str, at: DocumentValue) -> EnvironmentRule:
    """One environment; its rule is strict where its name says production, unless the file says otherwise."""
    found = at.known(ENVIRONMENT_KEYS) if at.value is not None else {}
    texts = {key: found[key].texts() for key in ("regions", "stages", "stacks") if key in found}
    pairs = {key: found[key].written_pairs() for key in ("tags", "context", "parameters") if key in found}
    accounts = tuple(item.account() for item in found["accounts"].elements()) if "accounts" in found else ()
    strict = found["strict"].flag() if "strict" in found else is_production(name)
    return EnvironmentRule(name, accounts, strict=strict, **texts, **pairs)  # type: ignore[arg-type]


def _refuse_both(at: Mapping[str, DocumentValue], environments: Iterable[EnvironmentRule]) -> None:
    """Refuse a parameter that has a value for everywhere and another for an environment: nobody would know which counts."""
    for name, item in at["parameters"].items().items():
        owner = next((rule.name for rule in environments if name in rule.parameters), None)
        if owner:
            raise item.wrong(f"parameter '{name}' is in environments.{owner}.parameters, too: keep one of them")


def _severity(at: DocumentValue, environments: Iterable[str]) -> Json:
    if not isinstance(at.value, dict):
        return at.one_of(SEVERITIES)
    return {name: item.one_of(SEVERITIES) for name, item in at.known(dict.fromkeys(environments)).items()}


def _accounts(at: DocumentValue) -> dict[str, Json]:
    allowed = at.known(("allowed",)).get("allowed")
    if allowed is None:
        return {}
    if isinstance(allowed.value, list):
        return {"allowed": [item.account() for item in allowed.elements()]}
    return {"allowed": {name: item.account() for name, item in allowed.items().items()}}


def _suppression(at: DocumentValue) -> Suppression:
    found = at.known(SUPPRESSION_KEYS)
    for key, why in (("rule", ""), ("construct", ': a construct path or glob ("*" is everywhere)'), ("reason", "")):
        if key not in found:
            raise at.wrong(f"a suppression needs `{key}`{why}")
    texts = {key: item.text() for key, item in found.items()}
    if "expires" in texts:
        from cdkguard.text.dates import is_date

        if not is_date(texts["expires"]):
            raise found["expires"].wrong(f"expires is a date such as 2030-01-31, not '{texts['expires']}'")
    origin = f"{at.document.file}:{at.document.line(at.path)}"
    owner, expires = texts.get("owner"), texts.get("expires")
    return Suppression(texts["rule"], texts["reason"], origin, "configuration", texts["construct"], owner, expires)
