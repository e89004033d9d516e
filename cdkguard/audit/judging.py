"""Reads and judges the stacks of one unit: the function that workers run, wherever they are."""

from __future__ import annotations

import gc
import hashlib
import json
import threading
import time
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from cdkguard._typing import Json
from cdkguard.api.judge import Judge
from cdkguard.api.nouns import NestedTemplate, StackContext
from cdkguard.audit.listing import Tree, group_stacks
from cdkguard.audit.nouns import Place, StackEntry
from cdkguard.audit.pacing import Pace, PacedClient
from cdkguard.audit.rows import RowMaker
from cdkguard.audit.statuses import why_nothing_runs
from cdkguard.audit.template_cache import TemplateCache
from cdkguard.audit.units import THREADS, Terms, Unit, UnitResult, describe_judging
from cdkguard.baselines.aws_session import Connection, client_config
from cdkguard.baselines.deployed_stacks import list_nested, read_body
from cdkguard.errors import BaselineError, ConfigError
from cdkguard.outputs.audit.record import Row


class OtherRules(ConfigError):
    """A worker would judge by other rules, or by another version, than whoever asked it."""


class _Body(NamedTuple):
    """A template that was read, and the digest of its text."""

    value: Json
    sha256: str


def judge_unit(unit: Unit) -> UnitResult:
    """Read and judge the stacks of a unit, in four threads; what cannot be read is a row.

    Raises OtherRules where this process has other rules, or another version of cdkguard, than the unit's terms say.
    """
    judge = bind_judge(unit.terms)
    counts: Counter[str] = Counter()
    client = PacedClient(_client_of(unit), _pace_of(unit.place, unit.terms.rate), counts)
    reader = _TreeReader(unit, judge, Connection(client, *unit.place))
    with ThreadPoolExecutor(THREADS, "cdkguard-read") as pool:
        rows = [row for found in pool.map(reader.read_tree, group_stacks(unit.stacks)) for row in found]
    return UnitResult(tuple(rows), dict(counts))


class _TreeReader:
    """One unit's way from a tree of stacks to rows."""

    def __init__(self, unit: Unit, judge: Judge, connection: Connection) -> None:
        self.unit, self.judge, self.connection = unit, judge, connection
        self.cache = TemplateCache(unit.terms.cache) if unit.terms.cache else None
        self.rows = RowMaker(unit.account_name, unit.ou)

    def read_tree(self, tree: Tree) -> list[Row]:
        """The rows of a root and of the stacks nested in it; what goes wrong with them costs no other stack its verdict."""
        try:
            return self._read_tree(tree)
        except Exception as problem:
            return [self.rows.failed(entry, problem) for entry in tree.stacks]

    def _read_tree(self, tree: Tree) -> list[Row]:
        if tree.root is None:
            return [self.rows.orphan(entry) for entry in tree.nested]
        if reason := why_nothing_runs(tree.root.status):
            return [self.rows.without_template(entry, reason) for entry in tree.stacks]

        bodies: dict[str, _Body] = {}
        unread: dict[str, Row] = {}
        idle: list[Row] = []
        for entry in tree.stacks:
            if reason := why_nothing_runs(entry.status):
                idle.append(self.rows.without_template(entry, reason))
                continue
            try:
                bodies[entry.stack_id] = self._read_template(entry)
            except BaselineError as problem:
                unread[entry.stack_id] = self.rows.unread_template(entry, problem)
        if tree.root.stack_id in unread:
            lost = [self.rows.root_unread(entry) for entry in tree.nested if entry.stack_id in bodies]
            return [*idle, *unread.values(), *lost]

        try:
            context = self._context_of(tree.root, tree, bodies)
        except BaselineError as problem:
            return [
                *idle,
                *(self.rows.unread_template(entry, problem) for entry in tree.stacks if entry.stack_id in bodies),
            ]
        verdict = self.judge.judge(bodies[tree.root.stack_id].value, context)
        digests = {stack_id: body.sha256 for stack_id, body in bodies.items()}
        return [*idle, *unread.values(), *self.rows.of_verdict(tree, verdict, digests)]

    def _read_template(self, entry: StackEntry) -> _Body:
        """What CloudFormation made of the template by its transforms: that is what runs. Without one it is the original.

        https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_GetTemplate.html
        """
        body = self.cache.get(entry) if self.cache is not None else None
        if body is None:
            body = read_body(entry.stack_id, entry.name, self.connection, "Processed")
            if self.cache is not None:
                self.cache.put(entry, body)
        text = body if isinstance(body, str) else json.dumps(body)
        digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        if isinstance(body, dict) and "Transform" in body:
            body = {key: value for key, value in body.items() if key != "Transform"}  # It was applied.
        return _Body(body, digest)

    def _context_of(self, entry: StackEntry, tree: Tree, bodies: Mapping[str, _Body]) -> StackContext:
        children = {each.stack_id: each for each in tree.nested if each.parent_id == entry.stack_id}
        nested = {}
        if children:
            _listed, present = list_nested(entry.stack_id, entry.name, self.connection)
            for logical_id, stack_id in present.items():
                child = children.get(stack_id)
                if child is not None and stack_id in bodies:
                    nested[logical_id] = NestedTemplate(bodies[stack_id].value, self._context_of(child, tree, bodies))
        return StackContext(
            name=entry.name,
            account=entry.account,
            region=entry.region,
            parameters=entry.parameters,
            tags=entry.tags,
            termination_protection=entry.protected,
            notification_arns=entry.notification_arns,
            nested=nested,
            source=entry.stack_id,
        )


# -- what a process makes once

_lock = threading.Lock()
_judges: dict[str, Judge] = {}
_paces: dict[tuple[Place, float], Pace] = {}
_clients: dict[Any, Any] = {}
_MOST_CLIENTS = 100


def bind_judge(terms: Terms) -> Judge:
    """This process's judge by the terms; raises OtherRules, ConfigError, RulePackError."""
    with _lock:
        judge = _judges.get(terms.key)
        if judge is None:
            judge = Judge(terms.config, terms.accounts, terms.today)
            found = describe_judging(judge)
            if found != terms.fingerprint:
                text = f"a worker has other rules or another version: {found}, not {terms.fingerprint}"
                raise OtherRules(f"{text}: install the same cdkguard and the same rule packs on every worker")
            _judges.clear()
            _judges[terms.key] = judge
            gc.freeze()  # The rules stay: the collector need not look at them again and again.
    return judge


def _pace_of(place: Place, rate: float) -> Pace:
    with _lock:
        return _paces.setdefault((place, rate), Pace(rate, time.monotonic, time.sleep))


def _client_of(unit: Unit) -> Any:
    """A client for the unit's place; one for each set of keys, for the threads and the units to share."""
    key = (unit.place, unit.keys, unit.terms.endpoint_url, unit.terms.attempts)
    with _lock:
        client = _clients.pop(key, None)
        if client is None:
            client = _make_client(unit)
        _clients[key] = client  # The last used one stands last.
        while len(_clients) > _MOST_CLIENTS:
            _clients.pop(next(iter(_clients)))
    return client


def _make_client(unit: Unit) -> Any:
    terms = unit.terms
    options = unit.keys.client_options if unit.keys is not None else {}
    return _boto_session(terms.profile if unit.keys is None else None).client(
        "cloudformation", region_name=unit.place.region, endpoint_url=terms.endpoint_url,
        config=client_config(terms.attempts, THREADS), **options,
    )  # fmt: skip


_sessions: dict[str | None, Any] = {}


def _boto_session(profile: str | None) -> Any:
    if profile not in _sessions:
        import boto3

        _sessions[profile] = boto3.Session(profile_name=profile)
    return _sessions[profile]
