"""Judges one stack after another by one configuration, bound once: the base of audits and of the CloudFormation hook."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from functools import cached_property

from cdkguard._typing import TYPE_CHECKING, NamedTuple
from cdkguard.api.nouns import StackContext, Verdict
from cdkguard.api.stacks import ReadStacks, read_stacks
from cdkguard.check.evaluate import (
    BoundConfig,
    assign_environments,
    bind_config,
    engine_settings,
    mark_accepted,
    read_accepted_findings,
    refuse_unknown_rules,
    strict_environments,
)
from cdkguard.check.report import describe_stack, find_unseen, sort_findings, veil_credentials
from cdkguard.config.approvals import Approval, apply_approvals, file_of, read_approvals
from cdkguard.config.settings import Config
from cdkguard.engine.rules import MAX_FINDINGS, BoundRules, EngineSettings
from cdkguard.engine.run import Run
from cdkguard.errors import MACHINE, BaselineError, CdkguardError, ConfigError, TemplateError, stop_of
from cdkguard.model import AcceptedFinding, Assembly, Change, Finding, Problem, RuleInfo, Stack
from cdkguard.packs.prepared import describe_rule
from cdkguard.suppressions.apply import Terms, list_suppressions_in_code
from cdkguard.template.stack_scopes import StackScopes
from cdkguard.text import credentials

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cdkguard.api.nouns import Body, Suppressions
    from cdkguard.check.changes import JudgedChange
    from cdkguard.model import ProblemKind


class Judge:
    """The rules of a configuration, bound once, to judge as many stacks as there are.

    Threads may share it. It starts no process, sets no signal handler, and after it is bound it opens no file but the
    modules and tables of cdkguard itself, each at its first use. It is not pickled: send the Config, and bind it there.
    """

    def __init__(
        self,
        config: Config,
        accounts: Collection[str] = (),
        today: str | None = None,
        suppressions: Suppressions = "all",
        lines: bool = True,
    ) -> None:
        """Load and bind the rules; raises ConfigError or RulePackError.

        `accounts` are the organisation's own, beside those that the configuration allows. `today` (ISO) decides which
        suppressions have expired; None: the day of each judgement. With suppressions="configuration" a template does not
        exempt itself: neither its suppressions nor the construct paths count that it holds of itself. Without `lines` a finding
        has no line in the template, which is quicker.
        """
        self.config = config
        self.suppressions = suppressions
        self._has_lines = lines
        self._today = today
        self._bound = bind_config(config)
        refuse_unknown_rules(self._bound)

        settings = engine_settings(self._bound, self._bound.rules)
        settings = settings._replace(allowed_accounts=settings.allowed_accounts | frozenset(accounts), clock=None)
        self._without_parameters = config._replace(
            template_parameters={}, environments=tuple(one._replace(parameters={}) for one in config.environments)
        )
        self._by_defaults = self._by_values = _Bound.of(self._bound, settings)
        if settings.template_parameters:
            self._by_values = _Bound.of(self._bound, settings._replace(template_parameters={}))
        self._rules = {rule.id: rule for rule in self._bound.packs.rules}
        self._rules_run = frozenset(rule.id for rule in self._bound.rules_on_resources())
        self._accepted: Mapping[str, AcceptedFinding] | None = read_accepted_findings(config, may_be_gone=False)
        self._approvals: tuple[Approval, ...] = read_approvals(file_of(config))

    @cached_property
    def fingerprint(self) -> str:
        """The version and a digest of the rules, as the function `fingerprint` gives it."""
        from cdkguard.api.rules_digest import fingerprint_of

        return fingerprint_of(self._bound)

    def judge(
        self,
        body: Body,
        context: StackContext = StackContext(),
        previous: Body | None = None,
        previous_context: StackContext | None = None,
    ) -> Verdict:
        """Judge a template, and with a `previous` one the change that leads from there to it.

        `previous_context` is what is known of the stack as it runs; None: the same as of the new one. What cannot be
        judged is a fatal problem of the verdict. Raises ConfigError for an environment that the configuration does not
        name.
        """
        return self._fail_closed(lambda: self._judge(body, context, previous, previous_context or context))

    def judge_deletion(self, body: Body, context: StackContext = StackContext()) -> Verdict:
        """Judge the deletion of a stack that runs with this template: the rules on changes, by what would be lost."""
        return self._fail_closed(lambda: self._judge_deletion(body, context))

    def environment_of(self, context: StackContext) -> str:
        """The environment of a stack of which no template is known; raises ConfigError as `judge` does."""
        return self._place_unseen(context).environment or "prod"

    def is_lowered_by_guess(self, context: StackContext) -> bool:
        """Whether nothing but a guess from its name makes such a stack milder than prod: the configuration does not know it."""
        return self._place_unseen(context).lowered_by_guess

    @property
    def strict_environments(self) -> frozenset[str]:
        """The environments in which the rules for production apply."""
        return strict_environments(self.config)

    def find_rule(self, rule_id: str) -> RuleInfo | None:
        """The rule of that id, as a report describes it."""
        rule = self._rules.get(rule_id)
        return describe_rule(rule) if rule is not None else None

    # -- the steps

    def _fail_closed(self, judge: Callable[[], Verdict]) -> Verdict:
        try:
            return judge()
        except ConfigError:
            raise  # The caller names something that there is not.
        except (CdkguardError, *MACHINE) as problem:
            stop = stop_of(problem) or problem
            kind: ProblemKind = "baseline" if isinstance(stop, BaselineError) else "template"
            return self._verdict((), (), [Problem(kind, str(stop))], ())

    def _judge(
        self, body: Body, context: StackContext, previous: Body | None, previous_context: StackContext
    ) -> Verdict:
        read = self._read(body, context)
        stacks, notices = self._place(read.stacks, context)
        bound = self._bound_for(context, read.size)
        run = Run(stacks, bound.on_resources, StackScopes(bound.settings.template_parameters))
        run.evaluate_stacks()
        run.evaluate_assembly()
        problems = [
            *read.problems,
            *notices,
            *find_unseen(stacks, self._bound.rules),
            *run.scopes.problems,
            *run.problems,
        ]

        if self.config.lint:
            problems.append(
                Problem("notice", "cfn-lint was not run: it reads files, `cdkguard check` runs it", fatal=False)
            )

        changed = None
        if previous is not None:
            changed = self._judge_change(
                previous, previous_context, context, read, stacks, run.findings, bound.settings
            )
            problems += changed.problems
        ran = self._rules_run if changed is None else frozenset(rule.id for rule in self._bound.rules)
        findings, notes = self._mark([*run.findings, *(changed.findings if changed else ())], stacks, ran)
        if changed is not None:
            findings, _notes = changed.mark_approved(findings, self._day())
            from cdkguard.check.new_findings import mark_new

            findings = mark_new(findings, changed.known)
        gate = changed.gate if changed else "all"
        return self._verdict(findings, changed.changes if changed else (), [*problems, *notes], stacks, gate)

    def _judge_change(
        self,
        previous: Body,
        previous_context: StackContext,
        context: StackContext,
        read: ReadStacks,
        stacks: Sequence[Stack],
        findings: Sequence[Finding],
        settings: EngineSettings,
    ) -> JudgedChange:
        from cdkguard.baselines.open import Baseline  # Judging templates alone needs no other side.
        from cdkguard.check.changes import NewSide, judge_change

        try:
            before = self._read(previous, previous_context)
        except TemplateError as problem:
            raise BaselineError(f"the previous template cannot be read: {problem}") from problem
        unread = next((problem for problem in before.problems if problem.fatal), None)
        if unread is not None:
            raise BaselineError(f"the previous template was not read whole: {unread.message}")
        config = self._config_for(context)
        # A deployment keeps the values of parameters that nobody gives anew, where those that run are known apart.
        baseline = Baseline(Assembly(before.stacks), "the previous template", deployed=previous_context is not context)
        new = NewSide(self._bound._replace(config=config), settings, read.stacks, stacks, (), findings, self._approvals)
        return judge_change(new, baseline, self._day())

    def _judge_deletion(self, body: Body, context: StackContext) -> Verdict:
        read = self._read(body, context)
        stacks, notices = self._place(read.stacks, context)
        settings = self._bound_for(context, read.size).settings
        given = settings.template_parameters

        from cdkguard.check.comparison import find_destroyed
        from cdkguard.check.guardrail_config import is_about_guardrail
        from cdkguard.diff.sides import Sides
        from cdkguard.engine.changes import evaluate_changes

        changes = find_destroyed(stacks, self._bound.packs.sets, given)
        rules = [rule for rule in self._bound.rules if rule.scope == "change" and not is_about_guardrail(rule)]
        sides = Sides(StackScopes(given), StackScopes(given))
        judged = evaluate_changes(changes, rules, self._bound.packs.rules, (stacks, ()), settings, sides)

        findings, notes = self._mark(judged.findings, stacks, frozenset(rule.id for rule in rules))
        findings, _notes = apply_approvals(findings, changes, self._approvals, self._day())
        return self._verdict(findings, changes, [*read.problems, *notices, *judged.problems, *notes], stacks)

    def _read(self, body: Body, context: StackContext) -> ReadStacks:
        return read_stacks(body, context, self.suppressions == "all", self._has_lines)

    def _place_unseen(self, context: StackContext) -> Stack:
        return self._place(read_stacks({"Resources": {}}, context).stacks, context)[0][0]

    def _place(self, stacks: Sequence[Stack], context: StackContext) -> tuple[list[Stack], list[Problem]]:
        """The stacks in their environment, with notices about it."""
        placed = assign_environments(self._config_for(context), stacks)
        return placed.stacks, placed.notices

    def _config_for(self, context: StackContext) -> Config:
        """The configuration for a stack: what it says of parameters' values is for templates that nobody has deployed."""
        config = self.config if context.takes_defaults else self._without_parameters
        return config if context.environment is None else config._replace(environment=context.environment)

    def _bound_for(self, context: StackContext, size: int) -> _Bound:
        bound = self._by_defaults if context.takes_defaults else self._by_values
        return bound._replace(settings=bound.settings._replace(most=lambda: MAX_FINDINGS + size // 100))

    def _mark(
        self, findings: Sequence[Finding], stacks: Sequence[Stack], rules_run: Collection[str]
    ) -> tuple[list[Finding], list[Problem]]:
        """The findings, those marked that somebody accepted, and why a suppression does not count.

        Of one stack alone nobody can tell whether a suppression of the configuration is used.
        """
        known = self._bound.known_ids()
        terms = Terms(rules_run, self._day(), known, self.config.require_owner)
        if self.suppressions == "all":
            found, problems = mark_accepted(self._bound, findings, stacks, self._accepted, terms)
            return found, [problem for problem in problems if problem.kind != "unused-suppression"]

        bound = self._bound._replace(config=self.config._replace(honour=()))
        found, problems = mark_accepted(bound, findings, (), self._accepted, terms)
        problems = [problem for problem in problems if problem.kind != "unused-suppression"]
        if ignored := len(list_suppressions_in_code(stacks)):
            text = f"{stacks[0].template_path}: {ignored} suppression{'s' if ignored > 1 else ''} in the template: none counts"
            problems.append(Problem("suppression", text, stacks[0].template_path, fatal=False))
        return found, problems

    def _verdict(
        self,
        findings: Sequence[Finding],
        changes: Sequence[Change],
        problems: Sequence[Problem],
        stacks: Sequence[Stack],
        gate: str = "all",
    ) -> Verdict:
        if findings:
            from cdkguard.check.remedies import fit_remedies  # A clean stack needs no advice.

            ordered = sort_findings(list(fit_remedies(findings, ())), stacks, strict_environments(self.config))
            findings = [veil_credentials(finding) for finding in ordered]
        hidden = [p._replace(message=credentials.hide_credentials(p.message)) for p in dict.fromkeys(problems)]
        sizes = [len(stack.template.get("Resources") or {}) for stack in stacks]
        shown = tuple(map(describe_stack, stacks, sizes))
        return Verdict(tuple(findings), tuple(changes), tuple(hidden), shown, self.config.fail_on, gate)

    def _day(self) -> str:
        return self._today or time.strftime("%Y-%m-%d")


class _Bound(NamedTuple):
    """The engine's settings, and the rules on resources that are bound to them."""

    settings: EngineSettings
    on_resources: BoundRules

    @classmethod
    def of(cls, bound: BoundConfig, settings: EngineSettings) -> _Bound:
        return cls(settings, BoundRules(bound.rules_on_resources(), settings))
