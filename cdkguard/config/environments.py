"""The environment (prod, staging, dev ...) that a stack belongs to: configured, or guessed from names, tags and context."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase

from cdkguard._typing import TYPE_CHECKING, Any, NamedTuple
from cdkguard.config import environment_words as words
from cdkguard.config.environment_words import BUILTIN, all_environments_in
from cdkguard.errors import ConfigError
from cdkguard.model import Problem, Stack, replace_stacks
from cdkguard.text.spelling import did_you_mean

if TYPE_CHECKING:
    from cdkguard.config.environment_guesses import Guess

_MAX_LISTED = 8  # the number of stacks that a notice names


class EnvironmentRule(NamedTuple):
    """How the stacks of one environment are recognised: by any one of its entries, within `regions` where given.

    Names and values are globs. `tags` and `context` match when every pair does. An account that several environments
    list for the stack's region does not decide between them.
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


_Key = tuple[Any, ...]


class Placement(NamedTuple):
    """Which environment each root stack of an app is of."""

    names: Mapping[_Key, str]
    guesses: Mapping[_Key, Guess]  # of the stacks whose environments were guessed
    parameters: Mapping[str, Mapping[str, str]]  # environment -> values of CloudFormation parameters
    strict: frozenset[str] = frozenset({"prod"})  # the environments that are judged as production

    def apply(self, stacks: Iterable[Stack]) -> list[Stack]:
        """The stacks, each with its `environment` and with the values that parameters have there.

        A nested stack is of its root's environment; parameters are given to root stacks, as a deployment does. In
        production, a Default that is made for another environment is not taken for the value.
        """

        def with_environment(stack: Stack) -> Stack:
            key = _key_of(stack.root)
            name = self.names[key]
            placed = stack._replace(environment=name, lowered_by_guess=key in self.guesses and name != "prod")
            if stack.parent is not None:
                return placed
            if name in self.strict and "Parameters" in stack.template:
                from cdkguard.config.presumed_parameters import presume_parameters

                placed = placed._replace(presumed=presume_parameters(stack.template, name))
            return (
                placed
                if name not in self.parameters
                else placed._replace(parameters={**stack.parameters, **self.parameters[name]})
            )

        return replace_stacks(stacks, with_environment)


def _key_of(root: Stack) -> _Key:
    """All of a stack by which its environment is told."""
    return root.construct_path, root.name, root.account, root.region, *sorted((root.tags or {}).items())


def assign_environments(
    stacks: Sequence[Stack],
    rules: Sequence[EnvironmentRule],
    override: str | None,
    context: Mapping[str, Any],
    others: Sequence[Stack] = (),
) -> Assigned:
    """The stacks, each in its environment. `others` are stacks of the same app that are not judged.

    `override` wins over everything; raises ConfigError where no environment has that name.
    """
    placement = place_stacks([*stacks, *others], rules, override, context)
    roots = _roots_of(stacks)
    notices: list[Problem] = []
    if override is None:
        find = _notices_of_rules if rules else _notices_of_guesses
        notices = [Problem("notice", text, fatal=False) for text in find(roots, placement, rules, context)]
    return Assigned(placement.apply(stacks), notices)


def place_stacks(
    stacks: Sequence[Stack], rules: Sequence[EnvironmentRule], override: str | None, context: Mapping[str, Any]
) -> Placement:
    """The environments of all root stacks of an app, whose names are judged together; raises ConfigError."""
    roots = _roots_of(stacks)
    parameters = {rule.name: rule.parameters for rule in rules if rule.parameters}
    strict = frozenset(("prod", *(rule.name for rule in rules if is_strict(rule))))
    if override is not None:
        return Placement(dict.fromkeys(map(_key_of, roots), _require_known(override, rules)), {}, parameters, strict)
    if rules:
        return Placement(_match_all(roots, rules, context), {}, parameters, strict)

    from cdkguard.config.environment_guesses import guess_environment, names_of

    names = names_of(roots)
    guesses = {_key_of(root): guess_environment(root, names, context) for root in roots}
    return Placement({key: guess.environment or "prod" for key, guess in guesses.items()}, guesses, {})


def _roots_of(stacks: Iterable[Stack]) -> list[Stack]:
    return list(dict.fromkeys(stack.root for stack in stacks))


def environment_context(context: Mapping[str, Any], rules: Iterable[EnvironmentRule]) -> dict[str, Any]:
    """The entries of the context that decide about environments."""
    keys = {key for rule in rules for key in rule.context}
    return {key: value for key, value in context.items() if key in keys or words.is_environment_key(key)}


def strictest_environment(rules: Iterable[EnvironmentRule]) -> str:
    """The name of the environment that a stack is judged as where nothing says which one it is of."""
    return next((rule.name for rule in rules if is_strict(rule)), "prod")


def is_strict(rule: EnvironmentRule) -> bool:
    """Whether the rules for prod apply to the environment, so that it may stand for an unknown one."""
    return rule.strict or rule.name == "prod"


def is_production(name: str) -> bool:
    """Whether the words of an environment's name say production."""
    return "prod" in all_environments_in(name)


def is_known_to_be_mild(name: str) -> bool:
    """Whether the words of an environment's name say that it is no production."""
    return bool(all_environments_in(name)) and not is_production(name)


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
    if not rules and (found := words.environment_of_value(override)) is not None:
        return found
    choice = list(dict.fromkeys([*names, *BUILTIN]))
    raise ConfigError(f"no environment '{override}'{did_you_mean(override, choice)}; there are: {', '.join(choice)}")


# -- configured environments


def _match_all(roots: Sequence[Stack], rules: Sequence[EnvironmentRule], context: Mapping[str, Any]) -> dict[_Key, str]:
    """The environment of each root. Where none is of a strict one, those that call themselves production are."""
    strictest = strictest_environment(rules)
    strict = {"prod", *(rule.name for rule in rules if is_strict(rule))}
    found = {}
    for root in roots:
        matching = _matching(root, rules, context)
        found[_key_of(root)] = matching[0].name if matching else strictest
    if not strict.isdisjoint(found.values()):
        return found

    for root in _named_production(roots):
        found[_key_of(root)] = strictest
    return found


def _named_production(roots: Sequence[Stack]) -> list[Stack]:
    """Those whose names or tags say production, whatever the configuration says."""
    if not roots:
        return []
    from cdkguard.config.environment_guesses import guess_environment, names_of

    names = names_of(roots)
    return [root for root in roots if guess_environment(root, names, {}).environment == "prod"]


def _matching(root: Stack, rules: Sequence[EnvironmentRule], context: Mapping[str, Any]) -> list[EnvironmentRule]:
    """The rules that a root stack matches, the strictest first."""
    in_region = [rule for rule in rules if not rule.regions or _any_glob((root.region,), rule.regions)]
    owners = [rule for rule in in_region if root.account in rule.accounts]
    by_account = owners[0] if len(owners) == 1 else None
    return sorted((r for r in in_region if r is by_account or _matches(r, root, context)), key=_leniency)


def _leniency(rule: EnvironmentRule) -> int:
    """A sort key: 0 for the strictest; of equal ones the first in the file counts."""
    builtin = all_environments_in(rule.name)
    if is_strict(rule):
        return 0
    return 1 if builtin & {"prod", "staging"} else 3 if "dev" in builtin else 2


def _matches(rule: EnvironmentRule, stack: Stack, context: Mapping[str, Any]) -> bool:
    """Whether a stack of the rule's regions matches it by something else than its account."""
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
    return any(tests) if tests or rule.accounts else bool(rule.regions)


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


# -- notices


def _notices_of_rules(
    roots: Sequence[Stack], placement: Placement, rules: Sequence[EnvironmentRule], context: Mapping[str, Any]
) -> list[str]:
    notices, unmatched = [], []
    for root in roots:
        matching = _matching(root, rules, context)
        name = placement.names[_key_of(root)]
        if not matching:
            unmatched.append(root)
        elif name != matching[0].name:
            notices.append(
                f"{_label(root)} matches {matching[0].name}, but calls itself production, and no other stack is of "
                f"production: it is judged as {name}"
            )
        elif len(matching) > 1:
            several = " and ".join(f"'{rule.name}'" for rule in matching)
            notices.append(f"{_label(root)} matches the environments {several} and is judged as {name}")
    if unmatched:
        verb = "stack matches no environment and is" if len(unmatched) == 1 else "stacks match no environment and are"
        notices.append(f"{len(unmatched)} {verb} judged as {strictest_environment(rules)}: {_labels(unmatched)}")

    strict = list(dict.fromkeys(rule.name for rule in rules if is_strict(rule))) or ["prod"]
    if roots and not {"prod", *strict}.intersection(placement.names.values()):
        notices.append(
            f"no stack is of {' or '.join(strict)}, so no rule for production applies: {_by_name(roots, placement)}"
        )
    mild = [root for root in roots if placement.names[_key_of(root)] not in ("prod", *strict)]
    if named := _named_production(mild):
        notices.append(f"{_by_name(named, placement)} by the configuration, though the name or a tag says production")
    strict_accounts = {account for rule in rules if is_strict(rule) for account in rule.accounts}
    return [*notices, *_unseen_accounts(strict_accounts, placement, f"production ({', '.join(strict)})")]


def _notices_of_guesses(
    roots: Sequence[Stack], placement: Placement, _rules: Sequence[EnvironmentRule], context: Mapping[str, Any]
) -> list[str]:
    if not roots:
        return []
    guesses = [(root, placement.guesses[_key_of(root)]) for root in roots]
    notices = [f"no environments are configured; judged by names, tags and context: {_by_name(roots, placement)}"]
    if unclear := [f"{_label(root)} ({_signs_of(guess)})" for root, guess in guesses if guess.disagrees]:
        notices.append(f"signs disagree, and the strictest counts: {_listed(unclear)}")

    in_prod = {root.account: root for root, guess in guesses if guess.environment == "prod" and root.account}
    for account, one in in_prod.items():
        if mild := [r for r, g in guesses if r.account == account and g.environment not in (None, "prod")]:
            notices.append(f"{_by_name(mild, placement)}: in account {account}, where {_label(one)} is as well")
    return [*notices, *_unseen_accounts(_looked_up_accounts(context), placement, "look-ups in the app's context")]


def _looked_up_accounts(context: Mapping[str, Any]) -> set[str]:
    """The accounts of the answers that CDK keeps: the app was synthesized for them before."""
    return {key.partition("account=")[2][:12] for key in context if "account=" in key}


def _unseen_accounts(accounts: Iterable[str], placement: Placement, owner: str) -> Iterator[str]:
    """Accounts without a stack, where stacks may exist that the app makes only for them."""
    seen = {account for _path, _name, account, *_more in placement.names}
    for account in sorted(set(accounts) - seen):
        yield f"no stack is in account {account} of {owner}: what the app makes only there (CDK_DEFAULT_ACCOUNT) was not seen"


def _signs_of(guess: Guess) -> str:
    return ", ".join(dict.fromkeys(f"{sign.label}: {sign.environment}" for sign in guess.signs))


def _by_name(roots: Sequence[Stack], placement: Placement) -> str:
    """`Prod/A as prod; Dev/A, Dev/B as dev; X as prod (nothing names an environment)`."""
    by_words: dict[str, list[Stack]] = {}
    for root in roots:
        key = _key_of(root)
        guess = placement.guesses.get(key)
        unknown = " (nothing names an environment)" if guess is not None and not guess.signs else ""
        by_words.setdefault(f"{placement.names[key]}{unknown}", []).append(root)
    listed = sorted(by_words.items(), key=lambda one: (*BUILTIN, one[0]).index(one[0]))
    return "; ".join(f"{_labels(found)} as {text}" for text, found in listed)


def _label(stack: Stack) -> str:
    return stack.construct_path or stack.name


def _labels(stacks: Sequence[Stack]) -> str:
    return _listed([_label(stack) for stack in stacks[:_MAX_LISTED]], len(stacks) - _MAX_LISTED)


def _listed(texts: Sequence[str], rest: int = 0) -> str:
    rest = max(rest, len(texts) - _MAX_LISTED)
    return ", ".join(texts[:_MAX_LISTED]) + (f" and {rest} more" if rest > 0 else "")
