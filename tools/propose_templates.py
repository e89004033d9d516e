"""Proposes what a rule may advise for a plain template (`remedy.template`): the least of a passing example that mends failing ones.

    python tools/propose_templates.py RULE ...

Prints the proposals as YAML, those that mend most failing examples first. A proposal is for a reader to judge: the least that
passes may be a way around the rule (another engine, a Deny). tests/unit/packs/test_remedy_templates.py holds what was written.
"""

import copy
import json
import sys
from collections.abc import Iterator

import yaml

from cdkguard.check import examples
from cdkguard.engine.run import evaluate_resources
from cdkguard.packs import folders
from cdkguard.packs.load import load_packs

ATTRIBUTES = ("DeletionPolicy", "UpdateReplacePolicy", "UpdatePolicy", "Properties")


def body_of(rule, case):
    """The resource that an example is about; None where it is about none."""
    if not isinstance(case, dict) or "stack" in case:
        return None
    if "template" in case:
        return case["template"]["Resources"].get(case.get("id", examples.SUBJECT))
    if "resource" in case:
        return case["resource"]
    kind = rule.types[0] if rule.types and not rule.types[0].startswith("@") else "AWS::S3::Bucket"
    return {"Type": kind, "Properties": case}


def with_body(case, body):
    """The example about another resource."""
    if "template" in case:
        case = copy.deepcopy(case)
        case["template"]["Resources"][case.get("id", examples.SUBJECT)] = body
        return case
    return {**(case if "resource" in case else {}), "resource": body}


def merge(body, written):
    """The resource, with what is written on it: mappings are merged, everything else is replaced."""
    if not (isinstance(body, dict) and isinstance(written, dict)) or is_function(body) or is_function(written):
        return copy.deepcopy(written)
    return body | {key: merge(body[key], value) if key in body else value for key, value in written.items()}


def is_function(value):
    """Whether a value is an intrinsic function."""
    return isinstance(value, dict) and len(value) == 1 and next(iter(value)).startswith(("Fn::", "Ref"))


def findings_on(rule, case, sets):
    """The findings of a rule on an example's subject."""
    stack, settings, subject = examples.build_stack(rule, case, sets)
    found = evaluate_resources([stack], [rule], settings).findings
    return [finding for finding in found if subject is None or finding.logical_id in (subject, None)]


def propose(rule, sets) -> Iterator[tuple[int, str, dict]]:
    """(failing examples that pass with it, type, what is written on the resource), best first."""
    cases = examples._read_examples(rule)
    failing, passing = (
        [(case, body) for case in cases.get(outcome, []) if isinstance(body := body_of(rule, case), dict)]
        for outcome in ("fail", "pass")
    )
    found = {}
    for case, body in failing:
        for other, good in passing:
            written = {key: good[key] for key in ATTRIBUTES if key in good}
            if (
                good.get("Type") == body.get("Type")
                and "environment" not in other
                and mends(rule, sets, case, body, written)
            ):
                least = minimise(rule, sets, case, body, written)
                found[json.dumps(least, sort_keys=True)] = (body["Type"], least)
    ranked = [
        (
            sum(mends(rule, sets, case, body, written) for case, body in failing if body.get("Type") == kind),
            kind,
            written,
        )
        for kind, written in found.values()
    ]
    yield from sorted(ranked, key=lambda row: (-row[0], len(str(row[2]))))


def mends(rule, sets, case, body, written):
    """Whether the rule passes once this is written on the resource."""
    return not findings_on(rule, with_body(case, merge(body, written)), sets)


def minimise(rule, sets, case, body, written):
    """The least of it that still mends the example."""
    for path in sorted(paths_in(written), key=len):
        smaller = without(written, path)
        if smaller and mends(rule, sets, case, body, smaller):
            return minimise(rule, sets, case, body, smaller)
    return written


def paths_in(value, path=()):
    """The path of each member of the mappings inside a value."""
    if isinstance(value, dict) and not is_function(value):
        for key, inner in value.items():
            yield (*path, key)
            yield from paths_in(inner, (*path, key))


def without(value, path):
    """A copy without the member at the path."""
    key, *rest = path
    if not rest:
        return {name: inner for name, inner in value.items() if name != key}
    return {**value, key: without(value[key], rest)}


def main():
    loaded = load_packs()
    for rule in loaded.rules:
        if rule.id in sys.argv[1:] and rule.scope == "resource":
            rule = rule._replace(file=folders.source_file(rule))
            for number, kind, written in propose(rule, loaded.sets):
                print(f"# {rule.id}: mends {number} failing examples of {kind}")
                print(yaml.safe_dump(written, sort_keys=False))


if __name__ == "__main__":
    main()
