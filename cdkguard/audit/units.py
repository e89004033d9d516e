"""Units of work: some fifty stacks of one place, with all that a worker needs to read and judge them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from cdkguard.api.judge import Judge
from cdkguard.audit.listing import Tree
from cdkguard.audit.nouns import Place, StackEntry
from cdkguard.baselines.aws_session import Keys
from cdkguard.check.evaluate import read_accepted_findings
from cdkguard.config.settings import Config
from cdkguard.outputs.audit.record import Row

LEAST = 50  # Stacks of a unit: about 0.2 s of work, ten times what handing it over costs on Dask.
THREADS = 4  # Of a unit: they wait for AWS.


class Terms(NamedTuple):
    """How every stack of an audit is read and judged; each worker binds it once."""

    config: Config
    fingerprint: str  # What `describe_judging` says of whoever asks: a worker with other rules refuses.
    accounts: tuple[str, ...] = ()  # The organisation's own, which are nobody foreign.
    today: str = ""  # ISO date.
    rate: float = 5.0  # Calls a second to one place.
    attempts: int = 8  # Of each call.
    endpoint_url: str | None = None
    profile: str | None = None  # Of credentials that are used as they are, see Unit.keys.
    cache: str | None = None  # A folder for templates.
    key: str = ""  # A digest of what decides a verdict, see `seal_terms`.


class Unit(NamedTuple):
    """Stacks of one place; a root is followed by those that are nested in it."""

    place: Place
    stacks: tuple[StackEntry, ...]
    terms: Terms
    keys: Keys | None = None  # None: the worker's own credentials, which must be of the place's account.
    account_name: str = ""
    ou: str = ""


class UnitResult(NamedTuple):
    """What a worker found: a row for every stack, and one for every finding."""

    rows: tuple[Row, ...]
    calls: Mapping[str, int] = {}  # Method -> how often; "refused" -> how often AWS asked to come again later.


def describe_judging(judge: Judge) -> str:
    """The version, the rules and the settings by which a judge decides: two with the same ones judge alike.

    Paths do not count, which differ from machine to machine, but what lies there does.
    """
    config = judge.config._replace(file=None, directory="", packs=(), accepted=None, approvals=None)
    return f"{judge.fingerprint}-{_digest([config, read_accepted_findings(judge.config, may_be_gone=False)])[:16]}"


def shorten_config(config: Config) -> Config:
    """The configuration without what says how this process reads, runs and writes."""
    fields = (
        "paths", "context", "app_context", "stacks", "full_synth", "timeout", "pre_built", "lint", "against", "aws", "aws_stacks",
        "install", "runs_baseline", "preflight", "agents", "outputs", "jobs", "timings", "overrides", "frameworks",
    )  # fmt: skip
    plain = Config()
    return config._replace(**{field: getattr(plain, field) for field in fields})


def make_terms(config: Config, accounts: Iterable[str] = (), today: str = "", **more: Any) -> Terms:
    """The terms of an audit by a configuration; `more` are the other fields of Terms. Raises ConfigError, RulePackError."""
    config = shorten_config(config)
    return seal_terms(Terms(config, describe_judging(Judge(config)), tuple(sorted(accounts)), today, **more))


def seal_terms(terms: Terms) -> Terms:
    """The terms with their key."""
    decides = [terms.fingerprint, terms.accounts, terms.today, terms.endpoint_url]
    return terms._replace(key=_digest(decides))


def cut_trees(trees: Iterable[Tree], least: int = LEAST) -> Iterator[tuple[Tree, ...]]:
    """The trees of a place in runs of at least so many stacks; what is left over goes with the last run."""
    runs: list[list[Tree]] = []
    size = least
    for tree in trees:
        if size >= least:
            runs.append([])
            size = 0
        runs[-1].append(tree)
        size += len(tree.stacks)
    if len(runs) > 1 and size < least:
        runs[-2:] = [runs[-2] + runs[-1]]
    yield from map(tuple, runs)


def name_unit(place: Place, stacks: Sequence[StackEntry], terms: Terms) -> str:
    """The unit's id, by what it holds: a resumed audit takes a part for this unit's only where all of that is the same."""
    return f"{place.account}/{place.region}/{_digest([terms.key, stacks])[:16]}"


def _digest(value: Any) -> str:
    text = json.dumps(_plain(value), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> Any:
    """A value of JSON that is the same in every process, whatever the order of sets there."""
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, Mapping):
        return sorted([_plain(key), _plain(inner)] for key, inner in value.items())
    if isinstance(value, frozenset | set):
        return sorted(map(_plain, value), key=json.dumps)
    if isinstance(value, Sequence):
        return [_plain(each) for each in value]
    return repr(value)
