"""The requirement `opens_together`: rules of a security group that only together let in the whole Internet.

The rules of a group add up, and a rule that names a prefix list lets in all its entries.
https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cdkguard._typing import Json
from cdkguard.aws import addresses
from cdkguard.language.subject import Decide, Subject
from cdkguard.logic import Tri
from cdkguard.template import paths
from cdkguard.template.values import Deferred, as_mapping, canonical_text

_INGRESS = frozenset({"AWS::EC2::SecurityGroupIngress"})
_PREFIX_LIST = "AWS::EC2::PrefixList"
_OWN = ("Properties",)  # the path of a rule that is a resource
_PEERS = ("CidrIp", "CidrIpv6", "SourcePrefixListId")
_INLINE = paths.bind_steps([["f", "Properties"], ["f", "SecurityGroupIngress"], ["*"]])
_ENTRIES = paths.bind_steps([["f", "Properties"], ["f", "Entries"], ["*"], ["f", "Cidr"]])

_Found = tuple[tuple[str | int, ...], Json]  # a property path, and the rule there


def bind_opens_together(counts: Decide) -> Decide:
    """Bind `opens_together`: `counts` is asked of each rule, whose `$` it is.

    One range that is open by itself is the business of `cidr_open`, which also says of a range of a rule that it is not
    known. None where a prefix list, an entry of it, or what `counts` asks for decides and is not known.
    """

    def judge(rules: Iterable[_Found], subject: Subject) -> tuple[Tri, _Found | None]:
        """Whether rules are open together, and the first of those that make them so."""
        rules = [rule for rule in rules if _has_peer(rule[1])]
        if len(rules) < 2 and not any("SourcePrefixListId" in rule for _path, rule in rules):
            return False, None

        asked = [(path, rule, counts(subject._replace(root=rule, evidence=None))) for path, rule in rules]
        counted = [(path, rule) for path, rule, answer in asked if answer is True]
        answer = _are_open([rule for _path, rule in counted], subject)
        if answer is not True:
            possible = [rule for _path, rule, answer in asked if answer is not False]
            return False if _are_open(possible, subject) is False else None, None
        return True, counted[0] if counted else None

    def judge_member(subject: Subject) -> tuple[Tri, _Found | None]:
        """The same of a rule that is a resource: its group is judged once for all of its rules."""
        own = as_mapping(subject.root.get("Properties"))
        if not _has_peer(own):
            return False, None
        group = own.get("GroupId", own.get("GroupName"))
        key, answers = (judge, canonical_text(group)), subject.scope.answers
        if key not in answers:
            rules = list(_find_own_resources(subject, group))
            answers[key] = {id(rule): rule for rule in rules}, *judge(((_OWN, rule) for rule in rules), subject)

        members, answer, first = answers[key]
        if members.get(id(own)) is not own:  # what a custom resource stands for
            others = ((_OWN, rule) for rule in _find_own_resources(subject, group))
            return judge([(_OWN, own), *others], subject)
        if answer is True and counts(subject._replace(root=own, evidence=None)) is True:
            first = _OWN, own
        return answer, first

    def decide(subject: Subject) -> Tri:
        if _is_single(subject):
            return False
        if as_mapping(subject.root).get("Type") in _INGRESS:
            answer, first = judge_member(subject)
        else:
            answer, first = judge(_find_rules(subject), subject)
        if subject.evidence is not None and first is not None:
            subject.evidence.append((paths.render_path(first[0]), first[1]))
        return answer

    return decide


def _is_single(subject: Subject) -> bool:
    """Whether a group certainly has one rule at most, and one that names no prefix list; most groups have."""
    body = subject.root
    if type(body) is not dict or body.get("Type") in _INGRESS:
        return False
    properties = body.get("Properties")
    if type(properties) is not dict or len(properties) == 1:  # as a call of an intrinsic function
        return False
    inline = properties.get("SecurityGroupIngress", [])
    if type(inline) is not list or len(inline) > 1:
        return False
    if not all(type(rule) is dict and len(rule) > 1 and "SourcePrefixListId" not in rule for rule in inline):
        return False
    others = subject.world.others(subject.scope, _INGRESS) if subject.world is not None else ()
    return next(iter(others), None) is None


def _are_open(rules: list[Json], subject: Subject) -> Tri:
    """Whether rules are open together; None where a prefix list that only the deployment knows may make them so."""
    cidrs = [cidr for rule in rules for cidr in _find_cidrs(rule, subject)]
    if addresses.are_open_together([cidr for cidr in cidrs if isinstance(cidr, str)]):
        return True
    return None if any(isinstance(cidr, Deferred) for cidr in cidrs) else False


def _has_peer(rule: Json) -> bool:
    return isinstance(rule, dict) and any(name in rule for name in _PEERS)


def _find_rules(subject: Subject) -> Iterator[_Found]:
    """(property path, rule) of the rules of a group, also of those that are resources."""
    yield from _INLINE(subject.scope, subject.root)
    yield from ((_OWN, rule) for rule in _find_own_resources(subject, subject.logical_id))


def _find_own_resources(subject: Subject, group: Json) -> Iterator[Json]:
    """The rules that are resources of their own and name the group: by its logical ID, or in the same words."""
    for _logical_id, body, scope in subject.world.others(subject.scope, _INGRESS) if subject.world is not None else ():
        rule = as_mapping(body.get("Properties"))
        if not _has_peer(rule):
            continue
        named = rule.get("GroupId", rule.get("GroupName"))
        if named == group or _find_target(scope.resolve(named)) == group:
            yield rule


def _find_target(value: Json) -> str | None:
    """The logical ID of the resource that a value refers to."""
    links = list(value.links()) if isinstance(value, Deferred) else []
    return links[0].target if links else None


def _find_cidrs(rule: Json, subject: Subject) -> Iterator[str | Deferred]:
    """The ranges that one rule lets in and that are not open by themselves, and all of a prefix list of the template."""
    for name in ("CidrIp", "CidrIpv6"):
        if isinstance(cidr := subject.scope.resolve(rule.get(name)), str) and not addresses.is_open(cidr):
            yield cidr

    named = subject.scope.resolve(rule.get("SourcePrefixListId"))
    if isinstance(named, Deferred) and named.kind in ("parameter", "unknown") and not named.choices():
        yield named  # One of several ids, as in a map by region, is a list of somebody else.
    target = _find_target(named)
    body = subject.world.target(subject.scope, target) if target is not None and subject.world is not None else None
    if as_mapping(body).get("Type") == _PREFIX_LIST:
        yield from (cidr for _path, cidr in _ENTRIES(subject.scope, body) if isinstance(cidr, str | Deferred))
