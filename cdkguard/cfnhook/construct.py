"""A CDK construct that deploys the hook into an account and region; needs aws-cdk-lib (`cdkguard[cdk]`), the handler never loads it.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-lambdahook.html
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Sequence
from importlib import import_module

from cdkguard._typing import Any
from cdkguard.cfnhook.bundle import FILE
from cdkguard.errors import ConfigError

# Not typed: mypy would read all of aws-cdk-lib.
cdk: Any = import_module("aws_cdk")
cloudformation: Any = import_module("aws_cdk.aws_cloudformation")
cloudwatch: Any = import_module("aws_cdk.aws_cloudwatch")
iam: Any = import_module("aws_cdk.aws_iam")
lambda_: Any = import_module("aws_cdk.aws_lambda")
logs: Any = import_module("aws_cdk.aws_logs")
Construct: Any = import_module("constructs").Construct

HANDLER = "cdkguard.cfnhook.handler.handler"
MEMORY = 1_769  # MB: one whole processor, https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
MAX_FILTERS = 50  # names of a filter
TARGETS = ("STACK", "CHANGE_SET")
READ_ACTIONS = ("DescribeStacks", "DescribeChangeSet", "GetTemplate", "ListStackResources")


class CdkguardHook(Construct):  # type: ignore[misc]
    """The function, its log, an alarm on its errors, and the hook that lets CloudFormation call it.

    `package` is the zip of `cdkguard cfn-hook package`. The hook warns until `failure_mode` is "FAIL". Its own stack and the
    CDK's bootstrap stack are never held back by it, nor what is deployed with one of `break_glass_roles` (ARNs).
    """

    def __init__(
        self,
        scope: Any,
        construct_id: str,
        *,
        package: str,
        alias: str = "Cdkguard::Stacks::Hook",
        failure_mode: str = "WARN",
        target_operations: Sequence[str] = ("STACK",),
        exclude_stacks: Sequence[str] = (),
        break_glass_roles: Sequence[str] = (),
        log_retention: Any = logs.RetentionDays.THREE_MONTHS,
        memory_size: int = MEMORY,
        alarm_actions: Sequence[Any] = (),
    ) -> None:
        super().__init__(scope, construct_id)
        if failure_mode not in ("WARN", "FAIL"):
            raise ConfigError(f"CdkguardHook: failure_mode is WARN or FAIL, not '{failure_mode}'")
        if not target_operations or not set(target_operations) <= set(TARGETS):
            raise ConfigError(f"CdkguardHook: target_operations are some of {', '.join(TARGETS)}")
        bundled = read_package(package)
        self.log_group = logs.LogGroup(self, "Log", retention=log_retention, removal_policy=cdk.RemovalPolicy.DESTROY)
        self.function = self._make_function(package, bundled, memory_size)
        self.alarm = self._make_alarm(alarm_actions)
        self.execution_role = self._make_execution_role()
        self.hook = cloudformation.CfnLambdaHook(
            self,
            "Hook",
            alias=alias,
            execution_role=self.execution_role.role_arn,
            failure_mode=failure_mode,
            hook_status="ENABLED",
            lambda_function=self.function.function_arn,
            # No target_filters: their L1 type makes a template that CloudFormation refuses. Every action is a target then.
            target_operations=list(target_operations),
            stack_filters=self._make_filters(exclude_stacks, break_glass_roles),
        )
        # A hook that is there before it may call its function would hold back what is deployed meanwhile.
        self.hook.node.add_dependency(self.execution_role, self.function)

    def _make_function(self, package: str, bundled: dict[str, Any], memory_size: int) -> Any:
        stack = cdk.Stack.of(self)
        role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        self.log_group.grant_write(role)
        if bundled["config"].get("cfn_hook", {}).get("read_stack"):
            resources = stack.format_arn(service="cloudformation", resource="stack", resource_name="*/*")
            actions = [f"cloudformation:{action}" for action in READ_ACTIONS]
            role.add_to_policy(iam.PolicyStatement(actions=actions, resources=[resources]))
        return lambda_.Function(
            self,
            "Function",
            code=lambda_.Code.from_asset(package),
            handler=HANDLER,
            runtime=lambda_.Runtime(f"python{bundled['python']}", lambda_.RuntimeFamily.PYTHON),
            architecture=lambda_.Architecture.ARM_64,
            memory_size=memory_size,
            timeout=cdk.Duration.seconds(30),
            log_group=self.log_group,
            role=role,
            description=f"cdkguard {bundled['fingerprint']}",
        )

    def _make_alarm(self, actions: Sequence[Any]) -> Any:
        alarm = self.function.metric_errors(period=cdk.Duration.minutes(5)).create_alarm(
            self,
            "Errors",
            threshold=1,
            evaluation_periods=1,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
            alarm_description="The cdkguard hook ended without an answer: with failure mode FAIL it holds back deployments",
        )
        alarm.add_alarm_action(*actions)
        return alarm

    def _make_execution_role(self) -> Any:
        role = iam.Role(self, "ExecutionRole", assumed_by=iam.ServicePrincipal("hooks.cloudformation.amazonaws.com"))
        role.add_to_policy(
            iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=[self.function.function_arn])
        )
        return role

    def _make_filters(self, stacks: Sequence[str], roles: Sequence[str]) -> Any:
        names = list(dict.fromkeys([cdk.Stack.of(self).stack_name, "CDKToolkit", *stacks]))
        if len(names) > MAX_FILTERS or len(roles) > MAX_FILTERS:
            raise ConfigError(f"CdkguardHook: at most {MAX_FILTERS} stacks and roles can be left out")
        kind = cloudformation.CfnLambdaHook
        return kind.StackFiltersProperty(
            filtering_criteria="ALL",  # The hook is called where no filter leaves the stack out.
            stack_names=kind.StackNamesProperty(exclude=names),
            stack_roles=kind.StackRolesProperty(exclude=list(roles)) if roles else None,
        )


def read_package(path: str) -> dict[str, Any]:
    """What the zip says of itself: configuration, Python version, rules; raises ConfigError for another file."""
    try:
        with zipfile.ZipFile(path) as archive:
            found: dict[str, Any] = json.loads(archive.read(FILE))
            return found
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as problem:
        raise ConfigError(f"{path}: no package of the hook: `cdkguard cfn-hook package` makes it") from problem
