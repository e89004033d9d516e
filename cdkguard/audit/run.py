"""The audit as one function: which accounts and regions, where to work and where the rows go in; what was found out."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime

from cdkguard import __version__
from cdkguard.api.judge import Judge
from cdkguard.audit.engines import Engine, open_dask, open_local, open_threads
from cdkguard.audit.judging import OtherRules, judge_unit
from cdkguard.audit.key_ring import KeyRing, open_session
from cdkguard.audit.listing import Tree, group_stacks, list_stacks
from cdkguard.audit.nouns import Place
from cdkguard.audit.pacing import Pace, PacedClient
from cdkguard.audit.progress import Progress
from cdkguard.audit.results.result import open_result
from cdkguard.audit.results.store import Store
from cdkguard.audit.rows import RowMaker
from cdkguard.audit.schedule import Event, Finished, Listed, NamedUnit, Schedule, Unlisted, pack_unit
from cdkguard.audit.scope import AuditSettings, Scope, find_scope
from cdkguard.audit.template_cache import TemplateCache
from cdkguard.audit.units import Terms, Unit, cut_trees, describe_judging, name_unit, seal_terms, shorten_config
from cdkguard.baselines.aws_calls import AwsError
from cdkguard.baselines.aws_session import Connection, Session
from cdkguard.check.evaluate import bind_config
from cdkguard.config.settings import Config
from cdkguard.errors import BaselineError, ConfigError
from cdkguard.outputs.audit.record import FindingRow, Row, RuleEntry, RunHeader, StackRow, UnreadRow
from cdkguard.outputs.audit.summary import Audit
from cdkguard.packs.prepared import LateRule, read_whole
from cdkguard.text.sha256 import digest


def run_audit(settings: AuditSettings, store: Store, progress: Progress) -> Audit:
    """Read and judge every stack of the places, and write the rows; the finished result, summed up.

    Raises CdkguardError where nothing can be audited. What was not read beside other things is a row.
    """
    if settings.since is not None:
        open_result(settings.since).verify()  # It is compared with at the end, which may be hours away.
    settings = settings._replace(config=shorten_config(settings.config))
    fingerprint = describe_judging(Judge(settings.config))
    if settings.cache:
        TemplateCache(settings.cache).prepare()
    counts: Counter[str] = Counter()
    session = open_session(settings.profile, settings.endpoint_url, settings.attempts)
    region = session.region or settings.regions[0]
    scope = find_scope(settings, session, region, counts)
    if settings.role.name:
        for account in scope.accounts:
            settings.role.arn(
                account, session.partition_of(region)
            )  # A mistake in it is told before anything is called.
    keys = KeyRing(session, settings.role, region, counts)

    with _open_engine(settings, fingerprint, len(scope.places)) as engine:
        header = RunHeader(
            version=__version__,
            rules_digest=fingerprint,
            started=_now(),
            engine=engine.words,
            scope=scope.words,
            accounts={account.id: account.name for account in scope.accounts.values()},
            places=tuple((place.account, place.region) for place in scope.places),
            rules=describe_rules(settings.config),
            fail_on=settings.config.fail_on,
            gate=settings.config.gate,
        )
        begun = store.begin(header, settings.resume)
        _refuse_other_inventory(begun, header)
        header = header._replace(started=begun.started)
        terms = seal_terms(
            Terms(
                settings.config, fingerprint, tuple(scope.accounts), header.started[:10],
                settings.rate, settings.attempts, settings.endpoint_url, settings.profile, settings.cache,
            )
        )  # fmt: skip
        audit = _Audit(settings, scope, keys, session, terms, store, progress, counts)
        audit.run(engine)

    header = header._replace(ended=_now(), calls=dict(sorted(counts.items())))
    progress.say("comparing with the last audit" if settings.since else "merging the parts")
    return store.finish(header, audit.units, settings.since)


class _Audit:
    """One run over the places of a scope."""

    def __init__(
        self,
        settings: AuditSettings,
        scope: Scope,
        keys: KeyRing,
        session: Session,
        terms: Terms,
        store: Store,
        progress: Progress,
        counts: Counter[str],
    ) -> None:
        self.settings, self.scope, self.keys, self.session = settings, scope, keys, session
        self.terms, self.store, self.progress, self.counts = terms, store, progress, counts
        self.present = store.parts_present()
        self.units: list[str] = []  # The ids of all that belong to this audit.
        self.listed = 0  # Stacks.
        self._unread_accounts: set[str] = set()

    def run(self, engine: Engine) -> None:
        self.progress.say("listing stacks")
        schedule = Schedule(
            engine.executor, engine.count_slots, self.list_place, self.make_unit, judge_unit, engine.is_suspect
        )
        for event in schedule.run(self.scope.places):
            self._take(event)

    def list_place(self, place: Place) -> Listed:
        """The units of a place; runs in a thread of its own."""
        keys = self.keys.keys_for(place.account)
        client = self.session.client("cloudformation", place.region, keys.client_options if keys else {})
        paced = PacedClient(client, Pace(self.terms.rate), self.counts)
        trees = group_stacks(list_stacks(place, Connection(paced, *place)))
        units = [self._name(place, run) for run in cut_trees(trees)]
        left = tuple(unit for unit in units if unit.id not in self.present)
        return Listed(place, left, tuple(unit for unit in units if unit.id in self.present))

    def _name(self, place: Place, trees: Sequence[Tree]) -> NamedUnit:
        stacks = tuple(entry for tree in trees for entry in tree.stacks)
        return pack_unit(name_unit(place, stacks, self.terms), place, stacks)

    def make_unit(self, unit: NamedUnit) -> Unit:
        """The unit with credentials that are good for longer than it takes; raises AwsError."""
        account = self.scope.accounts[unit.place.account]
        keys = self.keys.keys_for(account.id)
        if keys is None and self.settings.engine == "dask":
            reason = "it has no such role, and the credentials at hand are not sent to other machines"
            raise AwsError(f"account {account.id}", "denied", reason, "create the role in this account, too")
        return Unit(unit.place, unit.stacks, self.terms, keys, account.name, account.ou)

    # -- what comes back

    def _take(self, event: Event) -> None:
        match event:
            case Listed(_place, units, done):
                self.units += [unit.id for unit in (*units, *done)]
                self.listed += sum(unit.size for unit in (*units, *done))
                self.progress.begin(self.listed, len(self.scope.places))
                self.progress.add(stacks=sum(unit.size for unit in done))
            case Unlisted(place, problem):
                self._write_unlisted(place, problem)
            case Finished(unit, result, failure):
                if isinstance(failure, OtherRules):
                    raise failure
                if result is None:
                    self._write(unit.id, self._rows_of_lost(unit, failure))
                else:
                    self.counts.update(result.calls)
                    self._write(unit.id, result.rows, result.calls.get("refused") or 0)

    def _write_unlisted(self, place: Place, problem: BaselineError) -> None:
        account = self.scope.accounts[place.account]
        maker = RowMaker(account.name, account.ou)
        if not self.keys.is_shut(place.account):
            self._write(f"{place.account}/{place.region}/unread", [maker.unread_region(*place, problem)], is_new=True)
        elif place.account not in self._unread_accounts:
            self._unread_accounts.add(place.account)
            self._write(f"{place.account}/-/unread", [maker.unread_account(place.account, problem)], is_new=True)

    def _rows_of_lost(self, unit: NamedUnit, failure: Exception | None) -> Iterator[Row]:
        account = self.scope.accounts[unit.place.account]
        maker = RowMaker(account.name, account.ou)
        for entry in unit.stacks:
            if isinstance(failure, BaselineError):
                yield maker.unread_stack(entry, failure)
            else:
                yield maker.lost(entry, _words_of(failure))

    def _write(self, unit_id: str, rows: Sequence[Row] | Iterator[Row], refused: int = 0, is_new: bool = False) -> None:
        rows = list(rows)
        self.store.write_part(unit_id, rows)
        if is_new:
            self.units.append(unit_id)
        unread = sum(isinstance(row, UnreadRow) for row in rows)
        findings = sum(isinstance(row, FindingRow) and row.outcome != "suppressed" for row in rows)
        stacks = sum(isinstance(row, StackRow) for row in rows) + sum(
            isinstance(row, UnreadRow) and bool(row.stack) for row in rows
        )
        self.progress.add(stacks=stacks, findings=findings, unread=unread, refused=refused)


def _words_of(failure: Exception | None) -> str:
    """Why a unit is lost, in one line."""
    lines = str(failure or "").strip().splitlines()
    name = type(failure).__name__
    if name in ("WorkerLost",):
        return lines[0]
    if name == "KilledWorker":
        return "its worker processes were lost one after the other"
    return f"{name}: {lines[-1][:300] if lines else ''}"


def _open_engine(settings: AuditSettings, fingerprint: str, places: int) -> AbstractContextManager[Engine]:
    if settings.engine == "dask":
        return open_dask(settings.scheduler, settings.config, fingerprint)
    if settings.engine == "threads":
        return open_threads(places)
    return open_local(settings.processes, places)


def _refuse_other_inventory(begun: RunHeader, header: RunHeader) -> None:
    """Raises ConfigError where a resumed audit was begun with other accounts or places: verdicts depend on both.

    A stack that came, went or was deployed meanwhile is no reason: its unit is judged anew.
    """
    other = sorted({*begun.accounts} ^ {*header.accounts})
    what = f"accounts ({', '.join(other[:3])}{'...' if len(other) > 3 else ''})" if other else "accounts and regions"
    if other or set(begun.places) != set(header.places):
        raise ConfigError(f"the audit was begun with other {what}: begin another one, in another place")


def describe_rules(config: Config) -> tuple[RuleEntry, ...]:
    """The rules that judge templates, each with a digest of what decides."""
    entries = []
    for rule in bind_config(config).rules_on_resources():
        whole = read_whole(rule) if isinstance(rule, LateRule) else rule
        text = json.dumps(whole._replace(file=""), sort_keys=True)
        fix = whole.remedy.text if whole.remedy is not None else ""
        entries.append(RuleEntry(rule.id, whole.headline, rule.severity, fix, digest(text.encode())[:16], rule.pack))
    return tuple(entries)


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
