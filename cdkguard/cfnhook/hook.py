"""One call of the hook -> its answer: what is judged for which target, and what the verdict means."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase

from cdkguard._typing import TYPE_CHECKING, Any, Json, NamedTuple
from cdkguard.api.judge import Judge
from cdkguard.api.nouns import StackContext, Verdict
from cdkguard.cfnhook.answer import INTERNAL, NON_COMPLIANT, Annotation, Answer
from cdkguard.cfnhook.payload import Payload, parse_yaml_once, read_payload
from cdkguard.cfnhook.request import HookRequest
from cdkguard.errors import CdkguardError, InputError
from cdkguard.model import Finding, Outcome

if TYPE_CHECKING:
    from cdkguard.config.settings import CfnHookSettings, Config

_TOLD = 5  # findings that the message names


class Hook(NamedTuple):
    """A configuration that is bound, for as many calls as there are."""

    judge: Judge
    settings: CfnHookSettings
    allows_loopback: bool = (
        False  # whether a payload may lie at http://127.0.0.1: for tests, and to try the hook at home
    )
    read: Callable[[str, bool], Payload] = read_payload
    connect: Callable[[str], Any] | None = None  # region -> a client of CloudFormation; None: boto3's own

    def answer(self, request: HookRequest) -> Answer:
        """The answer to one call; raises CdkguardError for what cannot be read."""
        if request.target == "STACK" and request.action == "DELETE":
            return self._answer_deletion(request)
        if request.target == "STACK" and request.action:
            return self._answer_stack(request)
        if request.target == "CHANGE_SET":
            return self._answer_change_set(request)
        text = f"cdkguard judges STACK and CHANGE_SET, not {request.target or 'a call without a target'}"
        if request.target == "STACK":
            text = "the call does not say whether the stack is created, updated or deleted"
        return Answer(INTERNAL, f"{text}; take that target out of the hook's configuration")

    # -- the targets

    def _answer_stack(self, request: HookRequest) -> Answer:
        payload = self._read_payload(request)
        if not payload.template:
            raise InputError("the payload holds no template")
        previous = payload.previous or None  # Of a new stack there is none.
        if request.action == "UPDATE" and previous is None:
            raise InputError("the payload of an update holds no previous template")

        context, running = _context_of(request), None
        if self.settings.read_stack and request.change_set_id:
            from cdkguard.cfnhook import own_account

            client = self._client(request)
            if previous is not None:
                found = own_account.read_running(client, request.stack_id or request.name, context)
                running = found.context if found is not None else None
            context = own_account.read_change_set(client, request.change_set_id, context)
        return self._judge(payload.template, context, previous, running)

    def _answer_change_set(self, request: HookRequest) -> Answer:
        payload = self._read_payload(request)
        if not payload.template:
            raise InputError("the payload holds no template")
        context = _context_of(request)
        if self.settings.read_stack:
            from cdkguard.cfnhook import own_account

            client = self._client(request)
            if not request.name:
                context = context._replace(name=own_account.name_of_change_set(client, request.change_set_id))
            found = own_account.read_running(client, request.stack_id or context.name, context)
            new = own_account.read_change_set(client, request.change_set_id, context)
            if found is not None:
                return self._judge(payload.template, new, found.template, found.context)
            context = new

        answer = self._judge(payload.template, context, None, None)
        return _join(answer, self._judge_changed_resources(payload.changed, context))

    def _judge_changed_resources(self, changed: Sequence[dict[str, Json]] | None, context: StackContext) -> Answer:
        """The rules on changes, over the types, actions and properties that the change set lists."""
        from cdkguard.cfnhook.change_set import WITHOUT_POLICY, read_sides

        if changed is None:
            raise InputError("the payload of a change set holds no changedResources")
        if not changed:
            return Answer()
        sides = read_sides(changed)
        verdict = self.judge.judge(sides.after, context, previous=sides.before)
        on_change = tuple(
            finding._replace(message=f"{finding.message} ({WITHOUT_POLICY})")
            for finding in verdict.findings
            if finding.impact
        )
        return self._answer_of(verdict._replace(findings=on_change), frozenset())

    def _answer_deletion(self, request: HookRequest) -> Answer:
        """By the stack's name alone: CloudFormation sends no template. With `read_stack`, by what would be lost."""
        name = request.name
        if not name:
            raise InputError("the call does not name the stack that is deleted")
        kept = next((glob for glob in self.settings.keep if fnmatchcase(name, glob)), None)
        if kept is not None:
            return _refuse_deletion(f"{name} is kept (`keep: {kept}` of `cfn_hook`)")

        context = _context_of(request)
        if self.settings.read_stack:
            from cdkguard.cfnhook import own_account

            stack = own_account.read_running(self._client(request), request.stack_id or name, context)
            if stack is None and own_account.is_there(self._client(request), request.stack_id or name):
                return Answer(message=f"cdkguard: nothing of {name} runs")
            if stack is None:  # CloudFormation deletes it, so that it is somewhere else.
                raise InputError(f"{name} is not in the function's account and region: what would be lost is not known")
            return self._answer_of(self.judge.judge_deletion(stack.template, stack.context), frozenset())

        environment = self.judge.environment_of(context)
        if self.judge.is_lowered_by_guess(context):
            text = f"{name} is of {environment} by a guess from its name alone, and no stack is deleted by that"
            return _refuse_deletion(f"{text}: name it under `environments` of the hook's configuration")
        if self.settings.may_delete(environment, self.judge.strict_environments):
            return Answer(message=f"cdkguard: {name} is of {environment}, whose stacks may be deleted")
        return _refuse_deletion(f"{name} is of {environment}, whose stacks are not deleted unseen")

    # -- the verdict

    def _judge(
        self, template: str, context: StackContext, previous: str | None, running: StackContext | None
    ) -> Answer:
        templates = [parse_yaml_once(text) for text in (previous, template) if text]
        before = templates[0] if previous else None
        verdict = self.judge.judge(templates[-1], context, before, running)
        if not verdict.deciding or verdict.errors:
            return self._answer_of(verdict, frozenset())

        from cdkguard.cfnhook.undecided import find_undecided  # Most templates have no finding that decides.

        def judge_with(values: dict[str, Json], bodies: Sequence[Mapping[str, Json]]) -> Verdict:
            tried = context._replace(parameters={**values, **context.parameters})
            then = running and running._replace(parameters={**values, **running.parameters})
            return self.judge.judge(bodies[-1], tried, bodies[0] if previous else None, then)

        return self._answer_of(verdict, find_undecided(verdict, templates, context.parameters, judge_with))

    def _answer_of(self, verdict: Verdict, undecided: frozenset[int]) -> Answer:
        """The answer; `undecided` are places in the verdict's findings."""
        listed = list(enumerate(verdict.findings))
        annotations = [self._annotate(verdict, finding, place in undecided) for place, finding in listed]
        if verdict.errors:
            text = "; ".join(problem.message for problem in verdict.errors)
            broken = [Annotation("cdkguard", "FAILED", problem.message, "critical") for problem in verdict.errors]
            return Answer(INTERNAL, f"cdkguard could not judge the whole: {text}", [*broken, *annotations])

        skips = self.settings.unknown == "skip"
        refused = [f for place, f in listed if verdict.decides(f) and not (skips and place in undecided)]
        waiting = len(verdict.deciding) - len(refused)
        environment = f" in {verdict.environment}" if verdict.environment else ""
        more = (
            f"; {_count(waiting, 'finding')} undecided, since CloudFormation does not tell parameters"
            if waiting
            else ""
        )
        if not refused:
            return Answer(
                message=f"cdkguard: nothing at or above {verdict.fail_on}{environment}{more}", annotations=annotations
            )
        told = "; ".join(_describe(finding) for finding in refused[:_TOLD])
        rest = f"; and {len(refused) - _TOLD} more" if len(refused) > _TOLD else ""
        text = f"cdkguard: {_count(len(refused), 'finding')} at or above {verdict.fail_on}{environment}: {told}{rest}{more}"
        return Answer(NON_COMPLIANT, text, annotations)

    def _annotate(self, verdict: Verdict, finding: Finding, waits: bool) -> Annotation:
        message, status = _describe(finding), "FAILED"
        if finding.suppression is not None:
            status, message = "SKIPPED", f"accepted: {finding.suppression.reason}: {message}"
        elif waits:
            message = (
                f"not decided, since CloudFormation does not tell the hook parameters and other templates: {message}"
            )
            status = "FAILED" if self.settings.unknown == "fail" else "SKIPPED"
        elif finding.outcome is Outcome.UNKNOWN and not verdict.decides(finding):
            status = "SKIPPED"
        if finding.change:
            message += f" (change {finding.change})"
        rule = self.judge.find_rule(finding.rule_id)
        link = next((one for one in rule.references if one.startswith("https://")), "") if rule is not None else ""
        remedy = finding.remedy.text if finding.remedy is not None else ""
        return Annotation(finding.rule_id, status, message, finding.severity, remedy, link)

    def _read_payload(self, request: HookRequest) -> Payload:
        if not request.payload:
            raise InputError("the call names no payload")
        return self.read(request.payload, self.allows_loopback)

    def _client(self, request: HookRequest) -> Any:
        from cdkguard.cfnhook import own_account

        return (self.connect or own_account.connect)(request.region)


def bind_hook(config: Config, allows_loopback: bool = False) -> Hook:
    """The hook of a configuration; raises ConfigError or RulePackError."""
    config = config._replace(lint=False, gate="all")
    return Hook(Judge(config, suppressions="configuration", lines=False), config.cfn_hook, allows_loopback)


def answer_of_error(problem: BaseException) -> Answer:
    """The answer where something was not read, or is a defect of ours: never a pass."""
    if isinstance(problem, CdkguardError):
        return Answer(INTERNAL, f"cdkguard could not judge: {problem}")
    return Answer(
        INTERNAL, f"cdkguard could not judge ({type(problem).__name__}): that is a bug in cdkguard, or memory is short"
    )


def _context_of(request: HookRequest) -> StackContext:
    return StackContext(request.name or "Stack", request.account or None, request.region or None, construct_path="")


def _refuse_deletion(text: str) -> Answer:
    return Answer(NON_COMPLIANT, f"cdkguard: {text}", [Annotation("stack-deletion", "FAILED", text, "critical")])


def _join(first: Answer, second: Answer) -> Answer:
    """Both answers: what was not judged weighs most, then what is refused."""
    annotations = [*second.annotations, *first.annotations]
    for code in (INTERNAL, NON_COMPLIANT):
        found = [one for one in (second, first) if one.error_code == code]
        if found:
            return Answer(code, "; ".join(one.message for one in found), annotations)
    return first._replace(annotations=annotations)


def _describe(finding: Finding) -> str:
    unknown = " (not known before the deployment)" if finding.outcome is Outcome.UNKNOWN else ""
    branch = f" where {finding.branch}" if finding.branch else ""
    place = f" on {finding.logical_id}" if finding.logical_id else ""
    return f"{finding.severity.upper()} {finding.rule_id}{place}: {finding.message}{branch}{unknown}"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
