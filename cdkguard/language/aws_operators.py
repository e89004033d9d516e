"""The operators that know how AWS writes things: address ranges, ports, accounts, ARNs and secrets.

Each operator is a function of (value, operand, context), as in comparisons.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from cdkguard._typing import Json
from cdkguard.aws import addresses
from cdkguard.language.comparisons import Decide, known_texts
from cdkguard.language.subject import OperatorContext
from cdkguard.logic import Tri
from cdkguard.template.functions import flatten
from cdkguard.template.scope import Scope
from cdkguard.template.values import Deferred, scalar_text

# -- address ranges


def compare_cidr(check: Callable[[str, Json], Tri]) -> Decide:
    """An operator about an address range, which a text alone can be."""

    def decide(value: Json, operand: Json, context: OperatorContext) -> Tri:
        return check(value, operand) if isinstance(value, str) else False

    return decide


def _is_open(cidr: str, operand: Json) -> Tri:
    if isinstance(operand, bool):
        is_open = addresses.is_open(cidr)
        return None if is_open is None else is_open is operand
    return addresses.is_open(cidr, int(operand))


def _is_public(cidr: str, operand: Json) -> Tri:
    is_public = addresses.is_public(cidr)
    return None if is_public is None else is_public is operand


def _is_prefix_below(cidr: str, operand: Json) -> Tri:
    parsed = addresses.prefix_of(cidr)
    if parsed is None:
        return None
    version, length = parsed
    return length < (operand if version == 4 or operand != 32 else 128)


cidr_open = compare_cidr(_is_open)
cidr_public = compare_cidr(_is_public)
cidr_prefix_below = compare_cidr(_is_prefix_below)


def cidr_open_known_parts(value: Deferred, operand: Json, context: OperatorContext) -> Tri:
    """The range of a VPC or subnet is not open: a VPC has at most a /16. Of a text, the prefix length decides.

    https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html
    """
    if value.kind in ("resource", "import"):
        return operand is False if "Cidr" in str(value.attribute) else None
    answers = {_is_open(cidr, operand) for cidr in _ranges_of_length(value)}
    return answers.pop() if len(answers) == 1 else None


def cidr_prefix_below_known_parts(value: Deferred, operand: Json, context: OperatorContext) -> Tri:
    """Decides by the prefix length of a text whose address is not known."""
    answers = {_is_prefix_below(cidr, operand) for cidr in _ranges_of_length(value)}
    return answers.pop() if len(answers) == 1 else None


def _ranges_of_length(value: Deferred) -> list[str]:
    """Ranges that a text with an unknown address may be, of its prefix length; none where that is not known."""
    last = value.parts[-1] if value.kind == "text" else None
    length = last.rpartition("/")[2].strip() if isinstance(last, str) and "/" in last else ""
    if not length.isascii() or not length.isdigit() or int(length) > 128:
        return []
    v4 = [f"0.0.0.0/{length}", f"224.0.0.0/{length}"]  # one of them where somebody comes from, one where nobody does
    v6 = [f"2000::/{length}", f"fc00::/{length}"]
    if int(length) > 32 or any(isinstance(part, str) and ":" in part for part in value.parts):
        return v6
    return v4 if any(isinstance(part, str) and "." in part for part in value.parts) else v4 + v6


# -- ports and protocols of a security-group rule


def _ports_of(value: Json, context: OperatorContext) -> tuple[int, int] | None:
    return addresses.ports_of(context.scope.resolve_deep(value)) if isinstance(value, dict) else None


def _is_endpoint_port(value: Json, context: OperatorContext) -> bool:
    """Whether the port is that of a data store (`Fn::GetAtt: [Database, Endpoint.Port]`): unknown, but no web port."""
    port = context.scope.resolve(value.get("FromPort")) if isinstance(value, dict) else None
    return isinstance(port, Deferred) and port.kind == "resource" and str(port.attribute).endswith("Port")


def ports_include(value: Json, operand: Json, context: OperatorContext) -> Tri:
    """Whether the rule opens one of the operand's ports; UDP opens none of a service that listens on TCP alone."""
    if not isinstance(value, dict):
        return None
    rule = context.scope.resolve_deep(value)
    ports = addresses.ports_of(rule)
    if ports is None:
        return True if _is_endpoint_port(value, context) else None
    return any(ports[0] <= int(port) <= ports[1] and addresses.opens_port(rule, int(port)) for port in operand)


def ports_within(value: Json, operand: Json, context: OperatorContext) -> Tri:
    """Whether every port that the rule opens is one of the operand's."""
    ports = _ports_of(value, context)
    if ports is None:
        return False if _is_endpoint_port(value, context) else None
    allowed = {int(port) for port in operand}
    return ports[1] - ports[0] < 65 and all(port in allowed for port in range(ports[0], ports[1] + 1))


def ports_all(value: Json, operand: Json, context: OperatorContext) -> Tri:
    """Whether the rule opens every port, with or without port 0."""
    ports = _ports_of(value, context)
    return None if ports is None else (ports[0] <= 1 and ports[1] >= 65535) is operand


def ports_range(value: Json, operand: Json, context: OperatorContext) -> Tri:
    """Whether the rule opens more than one port."""
    ports = _ports_of(value, context)
    return None if ports is None else (ports[1] > ports[0]) is operand


def protocol_all(value: Json, operand: Json, context: OperatorContext) -> Tri:
    """Whether the rule is for every protocol."""
    if not isinstance(value, dict) or "IpProtocol" not in value:
        return operand is False  # CloudFormation refuses a rule without a protocol.
    protocol = addresses.protocol_of(context.scope.resolve(value["IpProtocol"]))
    return None if protocol is None else (protocol in ("-1", "all")) is operand


# -- accounts and ARNs in a text (scope: value)


def names_account(value: Json, operand: Json, context: OperatorContext) -> Tri:
    """Whether a text names an account of one of the operand's classes; see `arns.classify_account`."""
    from cdkguard.aws import arns

    if not isinstance(value, str) or context.facts is None or arns.is_skipped(context.path):
        return False
    classes = {
        arns.classify_account(literal.account, context.facts) for literal in arns.find_accounts(context.path, value)
    }
    return bool(classes & set(operand if isinstance(operand, list) else [] if operand is None else [operand]))


def names_own_resource(value: Json, operand: Json, context: OperatorContext) -> Tri:
    """Whether a text spells out the ARN of a resource that the app itself makes."""
    from cdkguard.aws import arns

    if not isinstance(value, str) or context.facts is None or arns.is_skipped(context.path):
        return not operand
    # In a condition a reference would go around in a circle: the key's policy names who uses the key.
    if ".Condition." in context.path:
        return not operand
    return any(True for _ in arns.find_own_arns(value, context.facts, context.logical_id)) is operand


def names_partition(value: Json, operand: Json, context: OperatorContext) -> Tri:
    """Whether a text spells out a partition, as in `arn:aws:`."""
    from cdkguard.aws import arns

    if not isinstance(value, str) or arns.is_skipped(context.path):
        return not operand
    return any(True for _ in arns.find_partition_literals(value)) is operand


# -- secrets in plain text


def secret_shape(value: Json, operand: Json, context: OperatorContext) -> Tri:
    """Whether a text holds a credential of a shape that no other text has."""
    from cdkguard.text import credentials

    return (isinstance(value, str) and credentials.find_credential_kind(value) is not None) is operand


def secret_shape_known_parts(value: Deferred, operand: Json, context: OperatorContext) -> Tri:
    """A reference that the deployment fills in is no text of the template, so the known parts decide."""
    return any(secret_shape(text, True, context) for text in known_texts(value)) is operand


def secret_named(value: Json, operand: Json, context: OperatorContext) -> Tri:
    """Whether a map of environment variables, or a list of {Name, Value}, holds a secret in plain text."""
    return any(True for _ in find_secret_names(value, context.scope)) is operand


def secret_inside(value: Json, operand: Json, context: OperatorContext) -> Tri:
    """Whether a script, a document or settings of any form hold a secret in plain text."""
    from cdkguard.language.secret_search import holds_secret

    return holds_secret(context.raw if isinstance(value, Deferred) else value, context.scope) is operand


def secret_revealed(value: Json, operand: Json, context: OperatorContext) -> Tri:
    """Whether a reference brings in a secret of another resource or the value of a NoEcho parameter."""
    from cdkguard.language.secret_search import brings_secret

    return brings_secret(context.raw, context.scope) is operand


def find_secret_names(value: Json, scope: Scope) -> Iterable[str]:
    """The names whose values are secrets in plain text, in a map or in a list of {Name, Value}."""
    from cdkguard.text.secret_values import is_secret_text

    pairs: Iterable[tuple[Json, Json]] = ()
    if isinstance(value, dict):
        pairs = value.items()
        if isinstance(name := scope.resolve(value.get("Name")), str) and "Value" in value:  # One pair by itself.
            pairs = [*pairs, (name, value["Value"])]
    elif isinstance(value, list):
        from cdkguard.language.secret_search import STORED_ELSEWHERE

        entries = [scope.resolve(e) for e in value]
        plain = [e for e in entries if isinstance(e, dict) and scope.resolve(e.get("Type")) not in STORED_ELSEWHERE]
        pairs = [(scope.resolve(e.get("Name")), e.get("Value")) for e in plain]

    for name, raw in pairs:
        found = scope.resolve(raw)
        text = flatten(raw) if isinstance(found, Deferred) else scalar_text(found)
        if (
            isinstance(name, str)
            and text
            and (is_secret_text(name, text) or isinstance(raw, dict) and _brings_secret(raw, scope))
        ):
            yield name


def _brings_secret(value: Json, scope: Scope) -> bool:
    """Whether a reference brings in a secret of another resource. A Ref, as most are, names no attribute."""
    if len(value) == 1 and "Ref" in value:
        return False
    from cdkguard.language.secret_search import brings_secret

    return brings_secret(value, scope, False)
