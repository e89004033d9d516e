"""One side of a comparison of guardrails: the configuration that is in force for the stacks of an app."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cdkguard._typing import TYPE_CHECKING, NamedTuple
from cdkguard.config.settings import AgentSettings, CfnHookSettings
from cdkguard.model import Rule, Suppression

if TYPE_CHECKING:
    from cdkguard.config.environments import EnvironmentRule
    from cdkguard.config.preflight import PreflightSettings


class Guardrail(NamedTuple):
    """One side: the configuration in force for the stacks of an app."""

    rules: Mapping[str, Rule]  # The selected ones, by id.
    severities: Mapping[tuple[str, str], str]  # (rule id, environment) -> severity.
    environments: Mapping[str, str | None]  # Construct path of each stack -> environment.
    strict: frozenset[str]  # The environments to which the rules for prod apply.
    fail_on: str
    gate: str
    suppressions: Sequence[Suppression]  # Of the configuration and of the code.
    accounts: frozenset[str]  # Accounts outside the app that its templates may name.
    accepted: frozenset[str]  # Fingerprints of accepted findings.
    approvals: Sequence[str]  # One sentence each.
    file: str
    sets: Mapping[str, frozenset[str]] = {}  # The named sets of types that rules use.
    stacks: Sequence[str] = ()  # Globs; empty: every stack is judged.
    require_owner: bool = False
    new_suppressions: str = "strict"
    honour: Sequence[str] = ()  # Peers whose suppressions count.
    lint: bool = False
    full_synth: bool = False
    aws: Mapping[str, str] = {}  # How what is deployed is read: profile, role, region.
    aws_stacks: Sequence[str] = ()  # Stacks beside those of the app that are compared with it.
    judged: str = ""  # The command or the paths; empty: the app of cdk.json.
    agents: AgentSettings = AgentSettings()
    cfn_hook: CfnHookSettings = CfnHookSettings()
    preflight: PreflightSettings | None = None
    environment_rules: Sequence[EnvironmentRule] = ()
    # What it says of the values of CloudFormation parameters, by "Name" or "prod: Name".
    parameters: Mapping[str, str] = {}
