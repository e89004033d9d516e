"""The environment (prod, staging, dev ...) that a stack belongs to: configured, or guessed from names and tags."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase

from cdkguard._typing import Any, NamedTuple
from cdkguard.errors import ConfigError
from cdkguard.model import Problem, Stack, replace_stacks
from cdkguard.text.spelling import did_you_mean

BUILTIN = ("prod", "staging", "dev")  # strictest first
_WORDS = {
    "prod": ("prod", "production", "prd", "live"),
    "staging": ("staging", "stage", "stg", "preprod", "uat", "qa"),
    "dev": ("dev", "development", "sandbox", "test"),
}
_NAME_OF_WORD = {word: name for name, words in _WORDS.items() for word in words}
_KEYS = ("env", "environment", "stage")  # tags and context keys whose values name an environment
_MAX_LISTED = 8  # the number of stacks that a notice names


class EnvironmentRule(NamedTuple):
    """How the stacks of one environment are recognised: by any one of its entries, within `regions` where given.

    Names and values are globs. `tags` and `context` match when every pair does. An account that several environments
    list does not decide between them.
    """

    name: str
    accounts: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    stacks: tuple[str, ...] = ()
    tags: Mapping[str, str] = {}
    context: Mapping[str, str] = {}
    strict: bool = False
    parameters: Mapping[str, str] = {}  # values of CloudFormation parameters in this environment


class Assigned(NamedTuple):
    """Stacks with their environments, in the order given; the notices say which were guessed or taken as the strictest."""

    stacks: list[Stack]
    notices: list[Problem]


def assign_environments(
    stacks: Sequence[Stack], rules: Sequence[EnvironmentRule], override: str | None, context: Mapping[str, Any]
) -> Assigned:
    """The stacks, each with its `environment` and with the values that parameters have there.

    A nested stack is of its root's environment; parameters are given to root stacks, as a deployment does. `override` wins
    over everything; raises ConfigError where no environment has that name.
    """
    roots = list(dict.fromkeys(stack.root for stack in stacks))
    notices: list[Problem] = []
    if override is not None:
        names = dict.fromkeys(roots, _require_known(override, rules))
    elif rules:
        names, notices = _match_all(roots, rules, context)
    else:
        names, notices = _guess_all(roots, context)
    given = {rule.name: rule.parameters for rule in rules}

    def with_environment(stack: Stack) -> Stack:
        name = names[stack.root]
        if stack.parent is not None:
            return stack._replace(environment=name)
        return stack._replace(environment=name, parameters={**stack.parameters, **given.get(name, {})})

    return Assigned(replace_stacks(stacks, with_environment), notices)


def environment_context(context: Mapping[str, Any], rules: Iterable[EnvironmentRule]) -> dict[str, Any]:
    """The entries of the context that decide about environments."""
    keys = {key for rule in rules for key in rule.context}
    return {key: value for key, value in context.items() if key in keys or key.lower() in _KEYS}


def strictest_environment(rules: Iterable[EnvironmentRule]) -> str:
    """The name of the environment that a stack is judged as where nothing says which one it is of."""
    return next((rule.name for rule in rules if is_strict(rule)), "prod")


def is_strict(rule: EnvironmentRule) -> bool:
    """Whether the rules for prod apply to the environment, so that it may stand for an unknown one."""
    return rule.strict or rule.name == "prod"


def is_production(name: str) -> bool:
    """Whether the words of an environment's name say production."""
    return "prod" in _environments_in(name)


def account_names(rules: Iterable[EnvironmentRule]) -> dict[str, str]:
    """Account -> name of its environment, without the accounts that several environments share."""
    listed = list(rules)
    shared = _shared_accounts(listed)
    return {account: rule.name for rule in listed for account in rule.accounts if account not in shared}


def _shared_accounts(rules: Iterable[EnvironmentRule]) -> set[str]:
    seen: set[str] = set()
    shared: set[str] = set()
    for rule in rules:
        own = set(rule.accounts)
        shared |= seen & own
        seen |= own
    return shared


def _require_known(override: str, rules: Sequence[EnvironmentRule]) -> str:
    """The name of the environment that the user asked for.

    Raises ConfigError for an unknown one, because a mistyped name would switch off the rules for prod.
    """
    names = [rule.name for rule in rules]
    if override in names or override in BUILTIN:
        return override
    if not rules and override.lower() in _NAME_OF_WORD:
        return _NAME_OF_WORD[override.lower()]
    choice = list(dict.fromkeys([*names, *BUILTIN]))
    raise ConfigError(f"no environment '{override}'{did_you_mean(override, choice)}; there are: {', '.join(choice)}")


# -- configured environments


def _match_all(
    roots: Sequence[Stack], rules: Sequence[EnvironmentRule], context: Mapping[str, Any]
) -> tuple[dict[Stack, str], list[Problem]]:
    shared = _shared_accounts(rules)
    names: dict[Stack, str] = {}
    notices = []
    unmatched = []
    for root in roots:
        found = sorted((r for r in rules if _matches(r, root, shared, context)), key=_leniency)
        names[root] = found[0].name if found else strictest_environment(rules)
        if not found:
            unmatched.append(root)
        elif len(found) > 1:
            matching = " and ".join(f"'{rule.name}'" for rule in found)
            notices.append(
                _notice(f"{_label(root)} matches the environments {matching} and is judged as {found[0].name}")
            )
    if unmatched:
        verb = "stack matches no environment and is" if len(unmatched) == 1 else "stacks match no environment and are"
        notices.append(
            _notice(f"{len(unmatched)} {verb} judged as {strictest_environment(rules)}: {_labels(unmatched)}")
        )
    return names, notices


def _leniency(rule: EnvironmentRule) -> int:
    """A sort key: 0 for the strictest; of equal ones the first in the file counts."""
    builtin = _environments_in(rule.name)
    if is_strict(rule):
        return 0
    return 1 if builtin & {"prod", "staging"} else 3 if "dev" in builtin else 2


def _matches(rule: EnvironmentRule, stack: Stack, shared: set[str], context: Mapping[str, Any]) -> bool:
    if rule.regions and not _any_glob((stack.region,), rule.regions):
        return False
    tests = []
    if rule.stages:
        tests.append(_any_glob(_stage_names(stack), rule.stages))
    if rule.stacks:
        path = stack.construct_path or stack.name
        tests.append(_any_glob((stack.name, path, path.split("/")[-1]), rule.stacks))
    if rule.tags:
        tests.append(_all_pairs(rule.tags, stack.tags or {}))
    if rule.context:
        tests.append(_all_pairs(rule.context, context))

    # An account that several environments share decides only where nothing else does.
    accounts = set(rule.accounts) - shared
    if accounts or not tests:
        accounts = accounts or set(rule.accounts)
        tests += [stack.account in accounts] if accounts else []
    return any(tests) if tests else bool(rule.regions)


def _stage_names(stack: Stack) -> list[str]:
    """The stages around a stack, by name and by path: `Pipeline/Prod/Svc` -> Pipeline, Prod, Pipeline/Prod."""
    parts = (stack.construct_path or "").split("/")[:-1]
    return [*parts, *("/".join(parts[: n + 1]) for n in range(1, len(parts)))]


def _any_glob(names: Iterable[str | None], globs: Sequence[str]) -> bool:
    return any(name is not None and fnmatchcase(name, glob) for name in names for glob in globs)


def _all_pairs(wanted: Mapping[str, str], actual: Mapping[str, Any]) -> bool:
    return all(key in actual and fnmatchcase(_text(actual[key]), value) for key, value in wanted.items())


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


# -- guesses, where nothing is configured


def _guess_all(roots: Sequence[Stack], context: Mapping[str, Any]) -> tuple[dict[Stack, str], list[Problem]]:
    guesses = {root: _guess(root, context) for root in roots}
    parts = []
    for name in BUILTIN:
        if guessed := [root for root, guess in guesses.items() if guess == name]:
            parts.append(f"{_labels(guessed)} as {name}")
    if unknown := [root for root, guess in guesses.items() if guess is None]:
        parts.append(f"{_labels(unknown)} as prod (nothing names an environment)")
    names = {root: guess or "prod" for root, guess in guesses.items()}
    if not parts:
        return names, []
    return names, [_notice(f"no environments are configured; judged by names and tags: {'; '.join(parts)}")]


def _guess(stack: Stack, context: Mapping[str, Any]) -> str | None:
    """The environment that tags, names or the context name, the first of these that does; of several, the strictest."""
    names = f"{stack.construct_path or ''}/{stack.name}"
    for text in (*_key_values(stack.tags or {}), names, *_key_values(context)):
        found = _environments_in(text)
        if found:
            return next(name for name in BUILTIN if name in found)
    return None


def _key_values(pairs: Mapping[str, Any]) -> Iterator[str]:
    lower = {key.lower(): value for key, value in pairs.items()}
    return (value for key in _KEYS if isinstance(value := lower.get(key), str))


def _environments_in(text: str) -> set[str]:
    """The built-in environments whose words are whole words of the text: `MyProdStack` -> {prod}."""
    text = re.sub(r"(?i)dev-?ops", " ", text)  # "DevOps" names a team or a job, not an environment
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", text)
    return {_NAME_OF_WORD[word.lower()] for word in words if word.lower() in _NAME_OF_WORD}


def _label(stack: Stack) -> str:
    return stack.construct_path or stack.name


def _labels(stacks: Sequence[Stack]) -> str:
    shown = ", ".join(map(_label, stacks[:_MAX_LISTED]))
    rest = len(stacks) - _MAX_LISTED
    return f"{shown} and {rest} more" if rest > 0 else shown


def _notice(message: str) -> Problem:
    return Problem("notice", message, fatal=False)
