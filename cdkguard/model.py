"""Every noun of cdkguard, as immutable records without I/O.

NamedTuple and slots instead of dataclasses: importing `dataclasses` costs half of a Python start-up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum

from cdkguard._typing import TYPE_CHECKING, Json, NamedTuple

if TYPE_CHECKING:
    from typing import Literal

    # Where a suppression is written: in cdkguard.yaml, in a resource's metadata, as CDK's acknowledgement, in the file of
    # accepted findings, in that of approved changes, or in metadata for another checker.
    SuppressionKind = Literal["configuration", "metadata", "acknowledgement", "accepted", "approval", "peer"]

    # The subject of a problem: a template or a nested one that was not read, a crashed rule, missing context, a suppression
    # that does not count, one that covers no finding, an approval, the baseline, or something to know.
    ProblemKind = Literal[
        "template",
        "nested-template",
        "rule",
        "context",
        "suppression",
        "unused-suppression",
        "approval",
        "baseline",
        "notice",
    ]

    # A deployment's effect on a resource, in the words of CDK's ResourceImpact; IMPACTS lists them in their order.
    ResourceImpact = Literal["WILL_CREATE", "WILL_UPDATE", "MAY_REPLACE", "WILL_REPLACE", "WILL_ORPHAN", "WILL_DESTROY"]
    # A change of a stack as a whole or of cdkguard's own configuration; STACK_IMPACTS lists them.
    StackImpact = Literal[
        "STACK_ADDED",
        "STACK_REMOVED",
        "STACK_RENAMED",
        "STACK_MOVED",
        "STACK_UNPROTECTED",
        "STACK_RECLASSIFIED",
        "STACK_REFUSED",
        "GUARDRAIL_WEAKENED",
        "EXEMPTION_ADDED",
    ]
    Impact = ResourceImpact | StackImpact
    # What somebody writes the resource in; JavaScript counts as TypeScript.
    Language = Literal["python", "typescript", "java", "csharp", "go", "yaml", "json"]
    # Whether the change of a property replaces the resource.
    Replacement = Literal["no", "maybe", "yes"]
    # The fate of the resource that runs now; "" where it stays, "unknown" where only the deployment decides. "protected" and
    # "if-empty": the service refuses the deletion, always or while it holds anything; "refused": CloudFormation, the change.
    Fate = Literal["", "destroyed", "snapshot", "retained", "protected", "if-empty", "refused", "unknown"]
    # Why, or in which case, a change happens: the keys of DETAILS.
    Detail = Literal[
        "snapshot",
        "renamed",
        "moved",
        "nested",
        "other-environment",
        "part-lost",
        "type-changed",
        "retained-too-late",
        "condition",
        "condition-unknown",
        "condition-changed",
        "parameter-default",
        "parameter-kept",
        "follows",
        "stack-removed",
        "template-unread",
        "same-name",
        "name-taken",
        "protection-unknown",
        "asset",
        "metadata",
        "respelled",
    ]


class Outcome(Enum):
    """The verdict of a rule on one subject."""

    PASS = "pass"
    FAIL = "fail"
    UNKNOWN = "unknown"


FORMATS = ("text", "json", "concise", "sarif", "junit", "github", "github-summary", "gitlab", "html", "markdown")
SEVERITIES = ("low", "medium", "high", "critical")  # weakest first
GATES = ("all", "new")  # which findings decide about the exit status, strictest first
# The kinds of access that a change can widen: what `widens` of a rule may list, and the `kind` of each widening that
# access/ finds. Who is let in, what they may do, and what no longer stops them.
WIDENING_KINDS = (
    "action",  # an identity may do another action
    "resource",  # ... to another resource
    "principal",  # a resource policy names another principal
    "condition",  # a condition is gone, or allows more
    "not-action",  # NotAction, NotResource or NotPrincipal allows more, whatever else AWS will add
    "deny-removed",  # a Deny is gone or narrower
    "boundary-removed",  # a permissions boundary is gone, or another one
    "trust",  # another principal may assume a role
    "managed-policy",  # a managed policy is attached, or a group joined, that the template does not hold
    "public",  # a resource policy lets in everybody
    "cross-account",  # ... or another account
    "ingress",  # a security group or prefix list lets in more
    "egress",  # ... or lets out more
    "permission",  # an AWS::Lambda::Permission allows more
    "url-auth",  # a function URL asks for no signature
)


def severity_rank(severity: str) -> int:
    """0 for low ... 3 for critical."""
    return SEVERITIES.index(severity)


class Source(NamedTuple):
    """A place in the user's own code; `file` as the app reported it (usually absolute), `line` and `column` from 1."""

    file: str
    line: int
    column: int | None = None  # None where the trace has none: Python's have none.
    called_from: Source | None = (
        None  # The caller of the function that the line is in, outside of the stack's own line.
    )


class Acknowledgement(NamedTuple):
    """CDK's `Validations.of(construct).acknowledge("cdkguard::<rule>", reason=...)`."""

    construct_path: str
    rule_id: str  # without the `cdkguard::` prefix
    reason: str
    source: Source | None = None
    owner: str | None = None  # both read from the end of the reason: "... (owner orders, until 2030-01-31)"
    expires: str | None = None


class Missing(NamedTuple):
    """A context key that the app asked for and that was not in cdk.context.json."""

    key: str
    provider: str
    dummies: tuple[str, ...]  # the values that CDK put into the templates instead
    directory: str  # of the cloud assembly whose manifest names it


def find_nothing(logical_id: str, path: str = "") -> None:
    """For a stack of which no places are known."""


def find_no_grant(statement: Mapping[str, Json], guilty: Sequence[Json]) -> None:
    """For a stack of whose grants no places are known."""


class Stack(NamedTuple):
    """One CloudFormation template with its place in the cloud assembly; a nested stack is one, too.

    A stack equals itself alone, so that it can be the key of a mapping: two stacks with the same template are two.
    """

    name: str
    template: dict[str, Json]  # The parsed body; its reader has checked that `Resources` is a dict of dicts.
    template_path: str  # As given, or relative to the current folder; shown to the user.
    construct_path: str | None = None  # "Prod/Svc", of a nested stack "Prod/Svc/Nest".
    account: str | None = None  # None where the stack is environment-agnostic or a bare template; so is the region.
    region: str | None = None
    termination_protection: bool | None = None  # From the manifest, as tags are; None without one.
    tags: Mapping[str, str] | None = None
    notification_arns: Sequence[str] = ()
    parameters: Mapping[str, Json] = {}  # Values of CloudFormation parameters that are known before the deployment.
    presumed: Mapping[str, str] = {}  # Parameter -> its value in the stack's environment, instead of its Default.
    parent: Stack | None = None  # The stack whose AWS::CloudFormation::Stack resource this one is.
    parent_logical_id: str | None = None
    construct_paths: Mapping[str, str] = {}  # Logical id -> construct path.
    source_of: Callable[[str], Source | None] = find_nothing  # Logical id -> the user's own line; worked out late.
    # (logical id, property path or "") -> line in the template file; worked out late.
    line_of: Callable[..., int | None] = find_nothing
    # (resolved statement of a policy, its actions at fault) -> the line of the call that granted it, where it is certain.
    granted_at: Callable[..., Source | None] = find_no_grant
    source: Source | None = None  # The line where the user's code creates the stack.
    acknowledgements: Sequence[Acknowledgement] = ()  # Of its constructs; a root stack has those of nested stacks, too.
    missing: Sequence[Missing] = ()  # Context that was missing while the stack's assembly was synthesized.
    from_assembly: bool = False
    environment: str | None = None  # None until `config.environments.assign_environments` says which one it is.
    lowered_by_guess: bool = False  # Whether a guess from names, tags or context alone makes it milder than prod.
    unread: frozenset[str] = frozenset()  # Logical ids of what deploys templates that were not among the input.
    artifact: str = (
        ""  # What the manifest calls it, with the manifest's path; `depends_on` are those deployed before it.
    )
    depends_on: tuple[str, ...] = ()
    elsewhere: str = ""  # The other accounts that the template is deployed to, in words: of stack sets and products.

    def __eq__(self, other: object) -> bool:
        return self is other

    def __ne__(self, other: object) -> bool:
        return self is not other

    def __hash__(self) -> int:
        return id(self)

    def __repr__(self) -> str:
        return f"Stack({self.construct_path or self.name!r}, {self.template_path!r})"

    @property
    def root(self) -> Stack:
        """The stack that is deployed: itself, or the outermost parent of a nested stack."""
        stack = self
        while stack.parent is not None:
            stack = stack.parent
        return stack


def replace_stacks(stacks: Iterable[Stack], change: Callable[[Stack], Stack]) -> list[Stack]:
    """The stacks as `change` makes them, each with the changed parent."""
    changed: dict[Stack, Stack] = {}
    return [_replace_stack(stack, change, changed) for stack in stacks]


# A nested function that calls itself would hold the stacks in a cycle, until the garbage collector runs.
def _replace_stack(stack: Stack, change: Callable[[Stack], Stack], changed: dict[Stack, Stack]) -> Stack:
    if stack not in changed:
        new = change(stack)
        parent = None if stack.parent is None else _replace_stack(stack.parent, change, changed)
        changed[stack] = new if parent is stack.parent else new._replace(parent=parent)
    return changed[stack]


# Mildest first.
IMPACTS: tuple[ResourceImpact, ...] = (
    "WILL_CREATE",
    "WILL_UPDATE",
    "MAY_REPLACE",
    "WILL_REPLACE",
    "WILL_ORPHAN",
    "WILL_DESTROY",
)
UPDATE_IMPACTS: tuple[ResourceImpact, ...] = ("WILL_UPDATE", "MAY_REPLACE", "WILL_REPLACE")
REPLACE_IMPACTS: tuple[ResourceImpact, ...] = ("MAY_REPLACE", "WILL_REPLACE")
REMOVE_IMPACTS: tuple[ResourceImpact, ...] = ("WILL_ORPHAN", "WILL_DESTROY")
STACK_IMPACTS: tuple[StackImpact, ...] = (
    "STACK_ADDED",
    "STACK_REMOVED",  # from the app: what runs stays, and nobody looks after it
    "STACK_RENAMED",
    "STACK_MOVED",  # to another account or region
    "STACK_UNPROTECTED",  # termination protection off
    "STACK_RECLASSIFIED",  # of another environment: other rules apply from now on
    "STACK_REFUSED",  # CloudFormation refuses its update: another stack imports what it no longer exports
    "GUARDRAIL_WEAKENED",  # this and the next are changes of cdkguard's own configuration
    "EXEMPTION_ADDED",
)


class PropertyChange(NamedTuple):
    """One value of a resource before and after, both resolved; ABSENT where there is none."""

    path: str  # "Properties.Replicas[1]", "DeletionPolicy"
    before: Json
    after: Json
    replacement: Replacement = "no"  # Whether this change alone replaces the resource.
    because: str = ""  # The cause, where it is another resource: "follows Table, which is replaced".
    name: str = ""  # The name that calls it a secret, where it is the value of a pair such as {Name, Value}.
    only_follows: bool = False  # Whether both sides are one value but for the names of what is renamed or replaced.


class Change(NamedTuple):
    """The effect of a deployment on one resource, or on one stack (the impacts STACK_*)."""

    impact: Impact
    stack: Stack  # The stack of the app that shows it; the stack of the baseline where the app has none.
    logical_id: str | None = None
    resource_type: str | None = None
    construct_path: str | None = None
    before: Json = None  # The resolved resource in the baseline; None where it is new.
    after: Json = None
    properties: tuple[PropertyChange, ...] = ()
    detail: tuple[Detail, ...] = ()  # Why, or in which case, it happens.
    fate: Fate = ""  # The fate of the resource that runs now.
    partner: str | None = None  # The construct path of the other half of a rename or move.
    partner_id: str | None = None  # The logical ID of that half.
    partner_stack: str | None = None  # The stack of that half, where it is another one.
    noise: bool = False  # Whether every build brings such a change: an asset hash, metadata.
    stateful: bool = False  # Whether data may be lost with the resource that runs now.
    old_stack: Stack | None = None  # The stack of the baseline.
    predecessor: Change | None = None  # Of a creation: the removal of the resource whose place it takes.
    source: Source | None = None
    token: str = ""  # The hash that an approval is bound to, made by `diff.tokens`.
    causes: tuple[str, ...] = ()  # The tokens of the changes from which it follows, made by `diff.causes`.
    only_follows: bool = False  # Whether nothing but its causes is why it changes.
    importers: tuple[str, ...] = ()  # Of a refused stack: the paths of those that import what it no longer exports.

    def has_detail(self, word: Detail) -> bool:
        """Whether the word is one of its details; a type checker refuses a word that is none."""
        return word in self.detail


DETAILS: dict[Detail, str] = {
    "snapshot": "a final snapshot is taken",
    "renamed": "the same resource under another logical id",
    "moved": "the same resource in another stack",
    "nested": "the move is one into, out of or between nested stacks",
    "other-environment": "the move is one to another account or region",
    "part-lost": "a part that holds data goes",
    "type-changed": "CloudFormation refuses another type under the same logical id",
    "retained-too-late": "the new code retains it, but the deployed template decides",
    "condition": "its condition turns false",
    "condition-unknown": "its condition is not known before deployment",
    "condition-changed": "its new condition is not known before deployment; where it is false, the resource goes",
    "parameter-default": "only where the parameter takes its new default",
    "parameter-kept": "only where the parameter keeps the value it has",
    "follows": "it refers to a resource that is replaced, or to a value of one that changes",
    "stack-removed": "its stack left the app",
    "template-unread": "its nested stack names another template now, which is not among what is judged",
    "same-name": "both have the same physical name, so that the new one cannot be created",
    "name-taken": "the service is known to refuse a second resource of that name",
    "protection-unknown": "whether its deletion protection is on is not known before deployment; where it is, the deletion fails",
    "asset": "only asset hashes differ",
    "metadata": "only metadata differs",
    "respelled": "only the spelling of a policy differs",
}


class Problem(NamedTuple):
    """Something that could not be read or judged; `fatal` ones make the exit status 3."""

    kind: ProblemKind
    message: str  # one line, names the file
    path: str | None = None
    fatal: bool = True


class Assembly(NamedTuple):
    """All stacks that one run judges."""

    stacks: tuple[Stack, ...]
    problems: tuple[Problem, ...] = ()
    missing: tuple[Missing, ...] = ()
    directory: str | None = None  # of the cloud assembly, None for bare templates
    app_directory: str | None = None  # the folder with cdk.json, when known
    others: tuple[Stack, ...] = ()  # stacks of the same app that are not to be judged, though a baseline may hold them
    context: Mapping[str, Json] = {}  # the app's own context, by which environments may be told apart


class Remedy(NamedTuple):
    """The fix that a rule advises."""

    text: str
    python: str | None = None
    typescript: str | None = None
    template: str | None = None  # YAML: what is written on the resource, in the long form of functions


class Suppression(NamedTuple):
    """Somebody accepted a finding."""

    rule: str  # a rule id or glob
    reason: str
    origin: str  # the place in words: "cdkguard.yaml:12", "metadata of Bucket in app.json", "acknowledge on App/Data"
    kind: SuppressionKind
    construct_path: str | None = None  # glob (configuration); None in metadata
    owner: str | None = None
    expires: str | None = None  # ISO date; the suppression counts up to and including this day
    since: str | None = None  # ISO date of the acceptance, where it is noted

    @property
    def is_in_code(self) -> bool:
        """Whether the app itself holds it, so that it is in the templates or their manifest."""
        return self.kind in ("metadata", "acknowledgement", "peer")


class AcceptedFinding(NamedTuple):
    """An old finding that a team accepted as it is: an entry of the file that `cdkguard accept` writes."""

    rule_id: str
    since: str  # ISO date of the acceptance
    severity: str | None = None  # the highest that was accepted; None: any
    note: str = ""  # why, in the words of whoever added them to the file

    @property
    def reason(self) -> str:
        """The reason that outputs show for a suppression by this entry."""
        return f"{self.rule_id}: accepted since {self.since}" + (f": {self.note}" if self.note else "")

    def covers(self, severity: str) -> bool:
        """Whether a finding of that severity is not worse than what was accepted."""
        return self.severity is None or severity_rank(severity) <= severity_rank(self.severity)


class Finding(NamedTuple):
    """One rule's FAIL or UNKNOWN on one subject (resource, stack, or assembly)."""

    rule_id: str
    outcome: Outcome  # FAIL or UNKNOWN
    severity: str  # low | medium | high | critical
    message: str  # one line with the value found and the place
    stack: str  # stack name
    stack_path: str  # construct path of the stack, else its name
    template_path: str
    environment: str | None
    logical_id: str | None = None
    resource_type: str | None = None
    construct_path: str | None = None
    property_paths: tuple[str, ...] = ()  # "Properties.SecurityGroupIngress[0].CidrIp", "DeletionPolicy"
    looked_at: str = ""  # the property that the rule asks about, where property_paths names a part of it
    found: str | None = None  # the value found, shortened; secrets are masked
    branch: str | None = None  # "IsProd is false": the branch in which it happens
    source: Source | None = None
    template_line: int | None = None
    remedy: Remedy | None = None
    why: str = ""
    title: str = ""  # what is wrong, in the rule's words; of an undecided finding what may be
    fingerprint: str = ""  # holds the meaning of the value at fault, and its place by key; survives a change of lines
    suppression: Suppression | None = None
    impact: str | None = None  # of a finding on a change: one of IMPACTS or STACK_IMPACTS
    change: str | None = None  # the change's token
    hides_secret: bool = False  # the message or `found` holds the length of a secret instead of the secret
    is_new: bool | None = None  # whether the baseline does not have it; None where there is no baseline

    @property
    def state(self) -> str:
        """`fail`, `unknown` or `suppressed`: what the outputs call the outcome."""
        return "suppressed" if self.suppression else self.outcome.value


class Rule(NamedTuple):
    """One rule as the engine runs it; `where` and `require` are prepared requirements (see language/requirements.py)."""

    id: str
    title: str
    severity: str
    pack: str
    scope: str = "resource"  # resource | value | stack | assembly
    types: tuple[str, ...] = ()  # type names, globs, @sets
    where: Json = None
    require: Json = None
    environments: tuple[str, ...] = ()  # empty: every environment
    severities: Mapping[str, str] = {}  # environment -> severity, where it differs
    weights: Sequence[Mapping[str, Json]] = ()  # {where, severity, severities, message}: what weighs otherwise
    on_unknown: str = "unknown"  # the outcome that stands for UNKNOWN: unknown | fail | pass
    message: str = ""
    why: str = ""
    remedy: Remedy | None = None
    remedy_cases: Sequence[Mapping[str, Json]] = ()  # {where, remedy}: what is advised instead in that case
    references: tuple[str, ...] = ()
    equivalents: Mapping[str, Sequence[str]] = {}  # peer -> its rule ids
    covers: tuple[str, ...] = ()
    parameters: Mapping[str, Json] = {}  # `with`: name -> default
    profiles: tuple[str, ...] = ("recommended",)
    secret: bool = False  # the found value is never shown
    file: str = ""
    on_change: tuple[str, ...] = ()  # impacts; a rule with some judges changes instead of resources
    weakens: Json = None  # prepared entries, see engine/changes.py
    widens: Json = None  # kinds of widening, or True
    predicates: tuple[str, ...] = ()  # the Python predicates that `where` and `require` name
    problem: str = ""  # what is wrong where the rule fails, in a few words; the title says what is wanted
    checklist: str = ""  # the row of `cdkguard preflight` that it belongs to

    @property
    def headline(self) -> str:
        """The title of its findings."""
        return self.problem or self.title


class RuleInfo(NamedTuple):
    """A rule that ran, as far as a report describes it; the renderers need no more of a rule."""

    id: str
    title: str
    severity: str
    pack: str
    why: str
    remedy: Remedy | None
    references: tuple[str, ...] = ()
    problem: str = ""

    @property
    def headline(self) -> str:
        """The title of its findings."""
        return self.problem or self.title


class StackInfo(NamedTuple):
    """A judged stack, as far as a report describes it."""

    name: str
    construct_path: str
    template_path: str
    environment: str | None
    account: str | None
    region: str | None
    resources: int
    nested: bool
    lowered_by_guess: bool = False  # Whether nothing but a guess makes its environment milder than prod.


class Report(NamedTuple):
    """The result of a run: everything that any output shows, already sorted."""

    findings: tuple[Finding, ...]  # suppressed and unknown ones included; worst first within stack order
    rules: Sequence[RuleInfo]
    stacks: tuple[StackInfo, ...]
    problems: tuple[Problem, ...] = ()  # fatal ones are errors, the others notices
    seconds: float = 0.0
    fail_on: str = "high"  # severity or "never"
    gate: str = "all"  # the findings that decide: "all", or "new" for those that the baseline does not have
    version: str = ""
    phases: Mapping[str, float] = {}
    changes: tuple[Change, ...] = ()  # against the baseline, as the deployment would carry them out
    against: str = ""  # the baseline in words; empty where no change was judged
    rule_seconds: Mapping[str, float] = {}  # rule id -> seconds, where the configuration asks for timings

    @property
    def active(self) -> tuple[Finding, ...]:
        """Findings that nobody suppressed."""
        return tuple(f for f in self.findings if f.suppression is None)

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems that hide something from the judgement: the run has not passed with one of them."""
        return tuple(p for p in self.problems if p.fatal)

    def counts(self, finding: Finding) -> bool:
        """Whether the gate asks for the finding; one of which nobody knows whether it is new counts."""
        return self.gate != "new" or finding.is_new is not False

    def decides(self, finding: Finding) -> bool:
        """Whether the finding, failed or undecided, makes the run fail: it counts, and is at or above `fail_on`."""
        if self.fail_on == "never" or finding.suppression is not None or not self.counts(finding):
            return False
        return severity_rank(finding.severity) >= severity_rank(self.fail_on)

    def fails(self) -> bool:
        """Whether a finding makes the run fail."""
        return any(map(self.decides, self.active))

    @property
    def verdict(self) -> str:
        """APPROVE, REQUEST_CHANGES, or BLOCK (something critical, or something that was not read)."""
        if self.errors or any(f.severity == "critical" and self.counts(f) for f in self.active):
            return "BLOCK"
        return "REQUEST_CHANGES" if self.fails() else "APPROVE"


PEERS = ("checkov", "cdk-nag", "cfn-nag", "guard")


OUTCOMES = ("fail", "unknown", "pass", "not judged")  # the order of a summary


class Control(NamedTuple):
    """One control of a framework, with its outcome in a run."""

    id: str
    outcome: str  # one of OUTCOMES
    rules: tuple[str, ...]  # ours that judge it
    failed: tuple[str, ...] = ()  # those with findings, undecided ones included
    findings: int = 0  # failed or undecided, that nobody suppressed
    suppressed: int = 0
    reason: str = ""  # why it is not judged


class Framework(NamedTuple):
    """A framework, with the outcomes of its controls in a run."""

    name: str
    title: str
    controls: tuple[Control, ...]

    def having(self, outcome: str) -> tuple[Control, ...]:
        """The controls of that outcome; OUTCOMES lists them."""
        return tuple(control for control in self.controls if control.outcome == outcome)

    @property
    def counts(self) -> dict[str, int]:
        """Outcome -> number of controls, 0 included."""
        return {outcome: len(self.having(outcome)) for outcome in OUTCOMES}
