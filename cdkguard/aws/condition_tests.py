"""The Condition of a statement: who can meet it, and whether it limits anything.

A Condition is a list of tests, all of which a request must pass; of the values of one test, any is enough.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from cdkguard._typing import Json, NamedTuple
from cdkguard.aws.condition_values import are_open_values, is_year_far_off
from cdkguard.aws.policies import as_list
from cdkguard.logic import Tri, all_of, any_of, negate
from cdkguard.template.values import Deferred, scalar_text

# Condition keys that bind a public principal to somebody: an account, organization, VPC, source or address.
# Not among them, since everybody can meet them: who a principal says that he is (aws:username, aws:PrincipalTag), private
# addresses (aws:VpcSourceIp), services that act for everybody (aws:PrincipalIsAWSService, kms:ViaService) and a function
# URL with IAM (lambda:FunctionUrlAuthType).
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
RESTRICTING = frozenset(
    k.lower()
    for k in [
        "aws:PrincipalOrgID",
        "aws:PrincipalOrgPaths",
        "aws:PrincipalAccount",
        "aws:PrincipalArn",
        "aws:PrincipalServiceName",
        "aws:SourceAccount",
        "aws:SourceArn",
        "aws:SourceOrgID",
        "aws:SourceOrgPaths",
        "aws:SourceOwner",  # SNS itself writes it into a topic's default policy.
        "aws:SourceVpc",
        "aws:SourceVpcArn",
        "aws:SourceVpce",
        "aws:VpceAccount",
        "aws:VpceOrgID",
        "aws:VpceOrgPaths",
        "aws:SourceIp",
        "aws:userid",
        "s3:DataAccessPointAccount",
        "s3:DataAccessPointArn",
        "s3:x-amz-server-side-encryption-aws-kms-key-id",
        "kms:CallerAccount",
        "elasticfilesystem:AccessedViaMountTarget",
        "elasticfilesystem:AccessPointArn",
        "lambda:EventSourceToken",  # A secret that Alexa sends.
    ]
)
IDENTITY_TOKEN = (":sub", ":aud")  # Claims of a web identity token; the issuer's name stands before them.

# Keys that limit nothing in a policy of an identity: each of its requests meets them, or they are what the caller says.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
LIMITS_NOTHING = frozenset(
    {
        "aws:securetransport",
        "aws:useragent",
        "aws:referer",
        "aws:principaltype",
        "aws:principalorgid",
        "aws:principalaccount",
        "aws:principalisawsservice",
        "s3:authtype",
        "s3:signatureversion",
        "s3:signatureage",
        "s3:tlsversion",
    }
)
# Keys that a request of an identity always has, so that IfExists says nothing there.
ALWAYS_PRESENT = frozenset(
    {
        "aws:principalarn",
        "aws:principalaccount",
        "aws:principaltype",
        "aws:userid",
        "aws:requestedregion",
        "aws:sourceip",
        "aws:currenttime",
        "aws:epochtime",
        "aws:securetransport",
        "aws:resourceaccount",
        "aws:resourceorgid",
        "aws:viaawsservice",
        "iam:passedtoservice",
    }
)
_TIMES = ("aws:currenttime", "aws:epochtime")


class ConditionEntry(NamedTuple):
    """One operator and one key of a Condition, with the values of which any is enough."""

    # In lower case, without qualifier, Not and IfExists: stringequals, ipaddress, null.
    operator: str
    # In lower case: keys are not case-sensitive.
    key: str
    values: list[Json]
    # Passes requests that have none of the values.
    negative: bool
    # Passes requests that lack the key: IfExists, and ForAllValues where no other test asks for the key.
    may_lack: bool


def list_entries(condition: Json) -> Iterator[ConditionEntry | Deferred]:
    """The tests of a Condition; Deferred stands for what only the deployment puts there."""
    if isinstance(condition, Deferred):
        yield condition
        return
    demanded: frozenset[str] | None = None
    for operator, block in condition.items() if isinstance(condition, dict) else ():
        if isinstance(block, Deferred):  # CDK's CfnJson: its keys hold the issuer of an EKS cluster.
            yield block
            continue
        qualifier, _, name = str(operator).lower().rpartition(":")
        plain = name.removesuffix("ifexists")
        lacking = plain != name or qualifier == "forallvalues"
        if lacking and demanded is None:
            demanded = _find_demanded(condition)
        for key, value in block.items() if isinstance(block, dict) else ():
            lowered = str(key).lower()
            may_lack = lacking and lowered not in (demanded or ())
            yield ConditionEntry(plain.replace("not", ""), lowered, as_list(value), "not" in plain, may_lack)


def _find_demanded(condition: dict[str, Json]) -> frozenset[str]:
    """The keys that a request must have: `Null: {key: false}`."""
    blocks = (block for operator, block in condition.items() if str(operator).lower() == "null")
    return frozenset(
        str(key).lower()
        for block in blocks
        if isinstance(block, dict)
        for key, value in block.items()
        if scalar_text(value[0] if isinstance(value, list) and value else value) in ("false", "False")
    )


# -- who can meet it


def list_bindings(
    statement: dict[str, Json], wanted: Callable[[str], bool]
) -> Iterator[tuple[ConditionEntry | None, Tri]]:
    """The tests of keys that `wanted` accepts and that a request passes by its values alone, and whether they bind.

    A test binds where none of its values is true of everybody; None where that depends on a parameter. An entry that is
    None stands for tests that only the deployment knows.
    """
    for entry in list_entries(statement.get("Condition")):
        if isinstance(entry, Deferred):
            yield None, _binds_by_link(entry)
        elif not (entry.negative or entry.may_lack or entry.operator == "null") and wanted(entry.key):
            yield entry, binds_caller(entry)


def binds_caller(entry: ConditionEntry) -> Tri:
    """Whether none of the values of a test is true of everybody."""
    return negate(are_open_values(entry.key, entry.values))


def is_restricted(statement: dict[str, Json]) -> Tri:
    """Whether a Condition binds the statement to somebody."""
    return has_condition_on(statement, restricts_caller)


def restricts_caller(key: str) -> bool:
    """Whether a condition key, in lower case, can bind everybody to somebody."""
    return key in RESTRICTING or key.endswith(IDENTITY_TOKEN)


def has_condition_on(statement: dict[str, Json], wanted: Callable[[str], bool]) -> Tri:
    """Whether a Condition binds a key, which `wanted` is asked in lower case, to values of which none is open."""
    return any_of(binds for _entry, binds in list_bindings(statement, wanted))


def _binds_by_link(value: Deferred) -> Tri:
    """True for a link, which is somebody in particular; None for a parameter, which may be given any value."""
    return None if value.kind in ("parameter", "unknown") else True


def spares_somebody(statement: dict[str, Json]) -> Tri:
    """Whether the Condition is met by everybody but somebody in particular: by all but one address or VPC endpoint.

    A Deny under such a condition leaves the one that it spares.
    """
    entries = list(list_entries(statement.get("Condition")))
    return all_of(_spares_somebody(entry) for entry in entries) if entries else False


def _spares_somebody(entry: ConditionEntry | Deferred) -> Tri:
    if isinstance(entry, Deferred):
        return None
    if not restricts_caller(entry.key):
        return False
    if entry.operator == "null":
        return negate(_demands_key(entry))  # Whoever comes by a VPC endpoint has the key aws:SourceVpce.
    return negate(are_open_values(entry.key, entry.values)) if entry.negative else False


# -- whether it limits anything


def is_limited(statement: dict[str, Json]) -> Tri:
    """Whether the Condition of an identity's policy limits anything: is there a request of the identity that fails it?

    A link to a resource counts as a limit; None where a parameter may be given `*`, or a macro may write anything.
    """
    return any_of(
        _binds_by_link(entry) if isinstance(entry, Deferred) else _limits(entry)
        for entry in list_entries(statement.get("Condition"))
    )


def _limits(entry: ConditionEntry) -> Tri:
    """Whether a test leaves out more of an identity's requests than hardly any."""
    key = entry.key
    if key in LIMITS_NOTHING:
        return False
    if entry.operator == "null":
        return key not in ALWAYS_PRESENT and _demands_key(entry)
    if key in _TIMES:
        # What begins some day goes on for ever.
        return "less" in entry.operator and negate(any_of(map(is_year_far_off, entry.values)))
    if entry.negative:
        # All services, regions or roles but a few are nearly all; the resources that have another tag are not.
        return "tag/" in key
    if entry.may_lack and key not in ALWAYS_PRESENT:
        return False
    is_open = are_open_values(key, entry.values, of_identity=True)
    # StringEquals takes `*` for a star, so that a parameter there is one value in any case.
    return True if is_open is None and entry.operator == "stringequals" else negate(is_open)


def _demands_key(entry: ConditionEntry) -> Tri:
    return any_of(
        None if isinstance(value, Deferred) else scalar_text(value) in ("false", "False") for value in entry.values
    )


# -- TLS


def meets_without_tls(statement: dict[str, Json]) -> Tri:
    """Whether every request without TLS meets the Condition: it asks for the lack of TLS, and for nothing else.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html
    """
    entries = list(list_entries(statement.get("Condition")))
    return all_of(_meets_without_tls(entry) for entry in entries) if entries else False


def _meets_without_tls(entry: ConditionEntry | Deferred) -> Tri:
    if isinstance(entry, Deferred):
        return None
    if entry.key == "aws:securetransport" and entry.operator != "null":
        if any(isinstance(value, Deferred) for value in entry.values):
            return None
        said = {str(value).lower() for value in entry.values}
        return said == {"true"} if entry.negative else "false" in said
    # A request without TLS has no version of it, so that only IfExists catches it.
    return entry.key == "s3:tlsversion" and entry.operator.startswith("numericless") and entry.may_lack
