"""Which values of a resource are new after its change: what Ref and Fn::GetAtt give.

A replaced resource has another ID, and attributes of its own; an attribute that repeats a property is new only where that
property is. An update in place renews some attributes, such as the LatestVersionNumber of a launch template.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-update-behaviors.html
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from cdkguard._typing import TYPE_CHECKING, Json
from cdkguard.model import REPLACE_IMPACTS, Change
from cdkguard.template.values import ABSENT

if TYPE_CHECKING:
    from cdkguard.model import Replacement

# "Ref": type -> the property that Ref gives. "Fn::GetAtt": type -> attribute, or "Ref" -> the properties that it repeats,
# written or not; those whose change renews it; those whose change may renew it ("*": each but the tags).
Table = Mapping[str, Mapping[str, Json]]

_EVERYTHING = "*"
_TAGS = "Tags"
_ORDER: tuple[Replacement, ...] = ("no", "maybe", "yes")

# Their attributes are what a program of somebody answers, so that no property of theirs is an attribute.
# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-customresource.html
_CUSTOM = ("Custom::", "AWS::CloudFormation::CustomResource")
# The same of nested stacks (Outputs) and modules (resources inside them).
_OPAQUE = (*_CUSTOM, "AWS::CloudFormation::Stack", "AWS::Serverless::Application")
_MODULE = "::MODULE"

# Custom resources of aws-cdk-lib that answer with an identifier of what they look after, the same for its life, or
# with no attribute at all. Its `Custom::AWS` answers with whatever an API says.
# https://github.com/aws/aws-cdk/tree/main/packages/@aws-cdk/custom-resource-handlers
_STEADY = frozenset(
    {
        "Custom::AWSCDK-EKS-Cluster",
        "Custom::AWSCDK-EKS-FargateProfile",
        "Custom::AWSCDK-EKS-HelmChart",
        "Custom::AWSCDK-EKS-KubernetesPatch",
        "Custom::AWSCDK-EKS-KubernetesResource",
        "Custom::AWSCDKOpenIdConnectProvider",
        "Custom::CDKBucketDeployment",
        "Custom::CrossAccountZoneDelegation",
        "Custom::CrossRegionExportReader",
        "Custom::CrossRegionExportWriter",
        "Custom::DynamoDBReplica",
        "Custom::ECRAutoDeleteImages",
        "Custom::EventBridgeConnection",
        "Custom::LogRetention",
        "Custom::S3AutoDeleteObjects",
        "Custom::S3BucketNotifications",
        "Custom::VpcRestrictDefaultSG",
    }
)

# Properties of a custom resource that say how the program runs, and what aws-cdk-lib's `Custom::AWS` does at the end.
_NOT_ASKED = ("ServiceToken", "ServiceTimeout", "InstallLatestAwsSdk", "Delete")


class Attributes:
    """Which values of a resource its change renews; the table is loaded when it is first asked."""

    def __init__(self, load_table: Callable[[], Table]) -> None:
        self._load_table = load_table
        self._table: Table | None = None

    def decide(self, change: Change, attribute: str | None, uncertain: Collection[str] = ()) -> Replacement:
        """Whether Ref (None) or the attribute gives another value after an update or replacement.

        `uncertain` are paths of the change's properties of which nobody knows whether they change.
        """
        by_replacement = _decide_by_impact(change)
        if change.has_detail("type-changed"):
            return by_replacement

        repeats, renewed_by, may_be_renewed_by = self._find_row(str(change.resource_type), attribute)
        changed = _find_changed(change, uncertain)
        written = repeats or self._find_property(change, attribute)
        if written:
            return max(
                (changed[p] for p in changed if any(_overlap(p, one) for one in written)), key=_rank, default="no"
            )

        in_place = _decide_in_place(changed, renewed_by, may_be_renewed_by)
        if in_place == "no" and attribute is not None and _may_answer_anew(change, changed):
            in_place = "maybe"
        return max(by_replacement, in_place, key=_rank)

    def _find_row(self, kind: str, attribute: str | None) -> tuple[Sequence[str], ...]:
        lists: Sequence[Sequence[str]] = self._get("Fn::GetAtt", kind, {}).get(attribute or "Ref", ())
        return (*lists, (), (), ())[:3]

    def _find_property(self, change: Change, attribute: str | None) -> Sequence[str]:
        """The property that the value repeats, in a list; empty where it is none, or where neither side writes it."""
        kind = str(change.resource_type)
        if kind.startswith(_OPAQUE) or kind.endswith(_MODULE):
            return ()
        name = self._get("Ref", kind, None) if attribute is None else attribute
        if name is None:
            return ()
        is_written = [_find_value(body, name) is not ABSENT for body in (change.before, change.after)]
        return (name,) if any(is_written) else ()

    def _get(self, section: str, kind: str, default: Json) -> Json:
        if self._table is None:
            self._table = self._load_table()
        return self._table.get(section, {}).get(kind, default)


def _decide_by_impact(change: Change) -> Replacement:
    if change.fate == "refused":  # The deployment fails, and everything keeps its value.
        return "no"
    if change.impact == "WILL_REPLACE":
        return "yes"
    return "maybe" if change.impact in REPLACE_IMPACTS else "no"


def _find_changed(change: Change, uncertain: Collection[str]) -> dict[str, Replacement]:
    """The path below `Properties` of each property that changes, and whether that is certain."""
    hangs_on_parameter = change.has_detail("parameter-default") or change.has_detail("parameter-kept")
    return {
        p.path.partition(".")[2]: "maybe" if hangs_on_parameter or p.path in uncertain else "yes"
        for p in change.properties
        if p.path.startswith("Properties.")
    }


def _decide_in_place(
    changed: Mapping[str, Replacement], renewed_by: Sequence[str], may_be_renewed_by: Sequence[str]
) -> Replacement:
    found: Replacement = "no"
    for path, certainty in changed.items():
        if _is_listed(path, renewed_by):
            found = max(found, certainty, key=_rank)
        elif _is_listed(path, may_be_renewed_by):
            found = max(found, "maybe", key=_rank)
    return found


def _is_listed(path: str, names: Sequence[str]) -> bool:
    name = path.partition(".")[0].partition("[")[0]
    return name in names or (_EVERYTHING in names and name != _TAGS)


def _may_answer_anew(change: Change, changed: Iterable[str]) -> bool:
    """Whether it is a custom resource whose program may answer something else; an asset alone is no reason for that."""
    kind = str(change.resource_type)
    if not kind.startswith(_CUSTOM) or kind in _STEADY or change.noise:
        return False
    return any(path.partition(".")[0] not in _NOT_ASKED for path in changed)


def _overlap(path: str, other: str) -> bool:
    """Whether a dotted path is the other one, or above or below it."""
    shorter, longer = sorted((path, other), key=len)
    return longer.startswith(shorter) and longer[len(shorter) :][:1] in ("", ".", "[")


def _find_value(body: Json, name: str) -> Json:
    value = body.get("Properties", ABSENT) if isinstance(body, dict) else ABSENT
    for part in name.split("."):
        value = value.get(part, ABSENT) if isinstance(value, dict) else ABSENT
    return value


def _rank(word: Replacement) -> int:
    return _ORDER.index(word)
