"""Every rule against real templates, changed mechanically: where CDKGUARD_CORPUS names the evaluation corpus.

What a rule looks at is taken from one of its own examples, everything else stays as the real template has it. A resource
that passes must then fail by an example that fails, and one that fails must pass by an example that passes.
"""

import copy
import functools
import json
import os
from pathlib import Path

import pytest

from cdkguard.check import examples
from cdkguard.data.loader import sdk_calls
from cdkguard.engine.rules import BoundRules, EngineSettings
from cdkguard.engine.run import Run
from cdkguard.errors import InputError
from cdkguard.inputs.assembly import read_paths
from cdkguard.packs import folders, prepared
from cdkguard.packs import load as packs

CORPUS = os.environ.get("CDKGUARD_CORPUS")
pytestmark = [pytest.mark.corpus, pytest.mark.skipif(not CORPUS, reason="CDKGUARD_CORPUS names no folder")]
LOADED = packs.load_packs(())
RULES = [prepared.read_whole(r)._replace(file=folders.source_file(r)) for r in LOADED.rules if r.scope != "change"]
SMALL = 60_000  # characters of a template that is changed; larger ones are only judged


def templates():
    """Every template of the corpus that can be read, as stacks."""
    labelled = sorted(Path(CORPUS, "labelled/templates").rglob("*.json"))
    for path in [*labelled, *sorted(Path(CORPUS, "assemblies/cdk-integ").iterdir())]:
        try:
            stacks = read_paths([str(path)]).stacks
        except InputError:
            continue
        for stack in stacks:
            yield stack._replace(environment="prod")


class Seen:
    """Where each rule passes and fails in the corpus, one small template each: (template, logical id)."""

    def __init__(self):
        self.judged = {rule.id: [0, 0, 0] for rule in RULES}
        self.passes, self.fails = {}, {}


@functools.cache
def seen():
    found = Seen()
    settings = EngineSettings(sets=LOADED.sets, aws_accounts=LOADED.sets["aws-accounts"], sdk_calls=sdk_calls)
    for stack in templates():
        text = json.dumps(stack.template)
        run = Run([stack], BoundRules(RULES, settings))
        run.evaluate_stacks()
        run.evaluate_assembly()
        for rule_id, counts in run.rules.counts.items():
            found.judged[rule_id] = [a + b for a, b in zip(found.judged[rule_id], counts, strict=True)]
        if len(text) > SMALL:
            continue
        bad = {(f.rule_id, f.logical_id): f.outcome.value for f in run.findings}
        for (rule_id, logical_id), outcome in bad.items():
            if outcome == "fail":
                found.fails.setdefault(rule_id, (text, logical_id))
        for rule in RULES:
            if rule.id not in found.passes:
                about = next((i for i in subjects(rule, run, stack) if (rule.id, i) not in bad), None)
                if about is not None:
                    found.passes[rule.id] = (text, about)
    return found


def subjects(rule, run, stack):
    """Logical ids of the template that the rule may be about."""
    if rule.scope in ("stack", "template"):
        return [None]
    resources = stack.template["Resources"].items()
    return [i for i, body in resources if rule.scope != "resource" or run.rules.is_about(rule, body["Type"])]


def looked_at(node):
    """Names of the top-level properties that a prepared requirement names; None: any of them."""
    names = set()
    for inner in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        more = looked_at(inner)
        if more is None:
            return None
        names |= more
    steps = node.get("steps") if isinstance(node, dict) else None
    if steps and steps[0] == ["f", "Properties"]:
        if len(steps) == 1 or steps[1][0] != "f":
            return None
        names.add(steps[1][1])
    elif steps and steps[0][0] != "f":
        return None
    return names


def referrers(node):
    """Types of the other resources that a prepared requirement asks about: those that refer to the one judged."""
    inner = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    types = set().union(*map(referrers, inner))
    return types | set(node["referrer"]["types"]) if isinstance(node, dict) and "referrer" in node else types


def changed(rule, case, template, logical_id):
    """The example with the real template in place of its own, and what the rule looks at put into the real resource.

    What the rule looks at beside the resource is the example's too: the real referrers go.
    """
    case = case if isinstance(case, dict) else {}
    if "stack" in case:
        return {**case, "template": template}
    if rule.scope == "template":
        return {**case, "template": {**case["template"], "Resources": template["Resources"]}}
    options = case if "template" in case or "resource" in case else {}
    example = copy.deepcopy(options.get("template") or {"Resources": {}})
    kind = rule.types[0] if rule.types and not rule.types[0].startswith("@") else "AWS::S3::Bucket"
    if "template" not in options:
        example["Resources"][examples.SUBJECT] = options.get("resource") or {"Type": kind, "Properties": case}
    subject = options.get("id", examples.SUBJECT)
    text = json.dumps(example).replace(f'"{subject}"', f'"{logical_id}"').replace("${" + subject, "${" + logical_id)
    example = json.loads(text)
    real, wanted = template["Resources"][logical_id], example["Resources"][logical_id]
    merged = copy.deepcopy(template)
    others = referrers([rule.where, rule.require])
    merged["Resources"] = {k: v for k, v in merged["Resources"].items() if k == logical_id or v["Type"] not in others}
    for section, entries in example.items():
        if isinstance(entries, dict):
            merged[section] = {**(merged.get(section) or {}), **entries}
    looked = set().union(*(looked_at(part) or () for part in (rule.where, rule.require)))
    anything = rule.scope == "value" or any(looked_at(part) is None for part in (rule.where, rule.require))
    kept = {} if anything else {k: v for k, v in (real.get("Properties") or {}).items() if k not in looked}
    merged["Resources"][logical_id] = {**wanted, "Properties": {**kept, **(wanted.get("Properties") or {})}}
    unread = [logical_id if i == subject else i for i in options.get("unread", ())]
    return {**options, "template": merged, "id": logical_id, "unread": unread}


def outcomes(rule, expected, place):
    """What the rule says of the real resource under each of its examples of one outcome."""
    template, logical_id = json.loads(place[0]), place[1]
    cases = examples._read_examples(rule)[expected]
    return [
        examples._judge_example(rule, (), changed(rule, case, template, logical_id), LOADED.sets)[0] for case in cases
    ]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_passing_template_that_is_broken_fires_and_a_failing_one_that_is_mended_falls_silent(rule):
    if rule.id in seen().passes:
        found = outcomes(rule, "fail", seen().passes[rule.id])
        assert "fail" in found
    if rule.id in seen().fails:
        found = outcomes(rule, "pass", seen().fails[rule.id])
        assert "pass" in found


def test_rules_that_no_real_template_exercises_are_listed(golden):
    """What fires nowhere in the corpus, or is about nothing in it, is known by its own examples only."""
    listed = []
    for rule in sorted(RULES, key=lambda rule: rule.id):
        passed, failed, unknown = seen().judged[rule.id]
        if not failed:
            listed.append(f"{rule.id}\t{'never fires' if passed + unknown else 'about nothing'}\n")
    golden("corpus-never-fires.tsv", "".join(listed))
