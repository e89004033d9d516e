"""The row `safety-nets`: what stops a deployment that goes wrong, and keeps a stack from being deleted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from cdkguard._typing import TYPE_CHECKING, Json, NamedTuple
from cdkguard.baselines.deployed import DeployedApp
from cdkguard.inputs.shapes import construct_path_of, list_or_empty, mapping_or_empty
from cdkguard.model import Outcome, Stack, severity_rank
from cdkguard.outputs.preflight.record import Evidence, Row, make_row
from cdkguard.outputs.summary import plural
from cdkguard.preflight.pairs import path_of
from cdkguard.preflight.rule_rows import describe_finding, find_about
from cdkguard.preflight.subject import Subject, name_stacks
from cdkguard.preflight.templates import find_resources

if TYPE_CHECKING:
    from cdkguard.outputs.preflight.record import State

_ALARMS = ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm")
# What runs a team's own code, so that a deployment of it can go wrong at once.
_CODE = (
    "AWS::Lambda::Function", "AWS::Serverless::Function", "AWS::ECS::Service", "AWS::AutoScaling::AutoScalingGroup", "AWS::AppRunner::Service",
    "AWS::ElasticBeanstalk::Environment", "AWS::EC2::Instance", "AWS::EKS::Nodegroup", "AWS::SageMaker::Endpoint",
)  # fmt: skip
# CDK's own functions, which it makes for custom resources: by their construct path.
_OF_CDK = ("Custom::", "framework-on", "LogRetention", "AWS679f53", "SingletonLambda", "waiter-state-machine")


class Nets(NamedTuple):
    """What was seen of the nets, by what it means."""

    failed: list[Evidence]
    unknown: list[Evidence]
    good: list[Evidence]
    advice: list[str]


def judge_safety_nets(subject: Subject, row: str, title: str) -> Row:
    """Done where each net that the configuration asks for is up."""
    if subject.report is None:
        evidence = (Evidence(f"the app could not be read: {subject.unread}"),)
        return make_row(row, title, "unknown", evidence, unread=True)
    stacks = subject.stacks_of(*subject.targets)
    if not stacks:
        text = f"no stack of {' or '.join(subject.targets)} is in what was synthesized: {name_stacks(subject.stacks)}"
        return make_row(
            row, title, "unknown", (Evidence(text),), ("synthesize the app as it is deployed: `-c env=...`",)
        )

    nets = Nets([], [], [], [])
    _look_at_findings(subject, nets)
    wanted = subject.settings.nets
    problem = ""
    deployed = DeployedApp(())
    if "termination-protection" in wanted or "rollback" in wanted:
        deployed, problem = _read_deployed(subject, stacks)
    if problem:
        nets.unknown.append(Evidence(f"what runs could not be read: {problem}"))
    if "termination-protection" in wanted and not problem:
        _look_at_protection(stacks, deployed, nets)
    if "alarms" in wanted:
        _look_at_alarms(stacks, subject.targets, nets)
    if "rollback" in wanted:
        _look_at_rollback(stacks, deployed, bool(problem), nets)
    state: State = "failed" if nets.failed else "unknown" if nets.unknown else "done"
    return make_row(
        row, title, state, (*nets.failed, *nets.unknown, *nets.good), tuple(nets.advice), unread=bool(problem)
    )


def _read_deployed(subject: Subject, stacks: Sequence[Stack]) -> tuple[DeployedApp, str]:
    from cdkguard.errors import BaselineError

    try:
        return subject.read_deployed("/".join(subject.targets), stacks), ""
    except BaselineError as problem:
        return DeployedApp(()), problem.unshown


def _look_at_findings(subject: Subject, nets: Nets) -> None:
    """What the rules say that belong to this row."""
    bar = severity_rank(subject.settings.fail_on)
    for finding in find_about(subject, "safety-nets"):
        if finding.suppression is None and severity_rank(finding.severity) >= bar:
            (nets.failed if finding.outcome is Outcome.FAIL else nets.unknown).append(describe_finding(finding))
    if nets.failed:
        nets.advice.append("`cdkguard explain RULE` shows the code that mends it")


def _look_at_protection(stacks: Sequence[Stack], deployed: DeployedApp, nets: Nets) -> None:
    running = {one.stack.name: one.stack for one in deployed.stacks if one.stack.parent is None}
    roots = [stack for stack in stacks if stack.parent is None]
    off = [s for s in roots if s.name in running and not running[s.name].termination_protection]
    new = [stack for stack in roots if stack.name not in running]
    bare = [stack for stack in new if not stack.termination_protection]
    for stack in off:
        nets.failed.append(
            Evidence(f"{stack.name} runs without termination protection", running[stack.name].template_path)
        )
    for stack in bare:
        nets.failed.append(Evidence(f"{path_of(stack)} is not deployed yet, and will have no termination protection"))
    if off or bare:
        nets.advice.append(
            "set `terminationProtection: true` on the stack, and deploy it or run `aws cloudformation update-termination-protection`"
        )
    protected = [stack for stack in roots if stack not in (*off, *new)]
    if protected:
        nets.good.append(Evidence(f"termination protection is on in AWS: {name_stacks(protected)}"))
    coming = [stack for stack in new if stack not in bare]
    if coming:
        nets.good.append(Evidence(f"not deployed yet, and created with termination protection: {name_stacks(coming)}"))


def _look_at_alarms(stacks: Sequence[Stack], targets: Iterable[str], nets: Nets) -> None:
    alarms = [body for stack in stacks for _id, body in find_resources(stack, _ALARMS)]
    if alarms:
        nets.good.append(Evidence(f"{plural(len(alarms), 'alarm')} in the templates of {' and '.join(targets)}"))
        return
    nets.failed.append(
        Evidence(
            f"no alarm in the templates of {' and '.join(targets)}, so nobody hears of a deployment that goes wrong"
        )
    )
    nets.advice.append(
        "add alarms on errors, or leave `alarms` out of `preflight: {nets: [...]}` where they are elsewhere"
    )


def _look_at_rollback(stacks: Sequence[Stack], deployed: DeployedApp, is_unread: bool, nets: Nets) -> None:
    """Each stack with code needs something that takes a bad deployment back: triggers, CodeDeploy, ECS."""
    triggers = {one.stack.name: one.rollback_triggers for one in deployed.stacks if one.stack.parent is None}
    bare = []
    for root in (stack for stack in stacks if stack.parent is None):
        own = [stack for stack in stacks if stack.root is root]
        if not any(_runs_code(stack) for stack in own):
            continue
        ways = list(dict.fromkeys(way for stack in own for way in _find_rollbacks(stack)))
        if root.name in triggers and triggers[root.name]:
            ways.append(plural(len(triggers[root.name]), "rollback trigger"))
        if ways:
            nets.good.append(Evidence(f"{path_of(root)} is taken back by: {', '.join(ways)}"))
        else:
            bare.append(root)
    if not bare:
        return
    kinds = "CodeDeploy or ECS rollback" if is_unread else "rollback trigger, CodeDeploy or ECS rollback"
    text = f"no {kinds} takes back a deployment of {name_stacks(bare)} that misbehaves"
    text += "; whether a rollback trigger does is not known" if is_unread else ""
    (nets.unknown if is_unread else nets.failed).append(Evidence(text))
    nets.advice.append(
        "deploy with rollback triggers, by CodeDeploy with alarms, or with the ECS circuit breaker; or leave `rollback` out of `nets`"
    )


def _runs_code(stack: Stack) -> bool:
    for logical_id, body in find_resources(stack, _CODE):
        path = construct_path_of(body) or logical_id
        if not any(word in path for word in _OF_CDK):
            return True
    return False


def _find_rollbacks(stack: Stack) -> Iterator[str]:
    """The ways in which a template says that a bad deployment is taken back."""
    for _id, body in find_resources(stack, ("AWS::CodeDeploy::DeploymentGroup",)):
        properties = mapping_or_empty(body.get("Properties"))
        alarms = mapping_or_empty(properties.get("AlarmConfiguration"))
        rollback = mapping_or_empty(properties.get("AutoRollbackConfiguration"))
        if (
            list_or_empty(alarms.get("Alarms"))
            and _is_on(alarms.get("Enabled"), True)
            and _is_on(rollback.get("Enabled"), False)
        ):
            yield "CodeDeploy with alarms"
        elif _is_on(rollback.get("Enabled"), False):
            yield "CodeDeploy after a failure"
    for _id, body in find_resources(stack, ("AWS::ECS::Service",)):
        configuration = mapping_or_empty(mapping_or_empty(body.get("Properties")).get("DeploymentConfiguration"))
        alarms = mapping_or_empty(configuration.get("Alarms"))
        breaker = mapping_or_empty(configuration.get("DeploymentCircuitBreaker"))
        if _is_on(alarms.get("Enable"), False) and _is_on(alarms.get("Rollback"), False):
            yield "ECS with alarms"
        if _is_on(breaker.get("Enable"), False) and _is_on(breaker.get("Rollback"), False):
            yield "the ECS circuit breaker"


def _is_on(value: Json, default: bool) -> bool:
    return default if value is None else value is True or str(value).lower() == "true"
