"""What a rule advises for a plain template: written on a resource that fails, it makes that pass."""

from __future__ import annotations

import sys
from collections import defaultdict

import pytest
import yaml

from cdkguard.check import examples
from cdkguard.model import Remedy
from cdkguard.packs import folders
from cdkguard.packs.load import load_packs
from tests.support.paths import ROOT

sys.path.insert(0, str(ROOT / "tools"))

import propose_templates as tool

LOADED = load_packs()
ADVISED = [
    (rule, remedy.template)
    for rule in LOADED.rules
    for remedy in (rule.remedy, *(Remedy(*case["remedy"]) for case in rule.remedy_cases))
    if remedy and remedy.template
]
ON_RESOURCES = [rule for rule in LOADED.rules if rule.scope == "resource" and any(rule is one for one, _ in ADVISED)]


def test_most_rules_on_resources_say_it_for_a_template():
    of_resources = [rule for rule in LOADED.rules if rule.scope == "resource"]
    assert len(ON_RESOURCES) / len(of_resources) > 0.9


@pytest.mark.parametrize("rule, template", ADVISED, ids=[rule.id for rule, _ in ADVISED])
def test_the_form_for_templates_is_what_stands_on_a_resource(rule, template):
    written = yaml.safe_load(template)
    assert written and set(written) <= set(tool.ATTRIBUTES)
    assert template.endswith("\n") or "\n" not in template


@pytest.mark.parametrize("rule", ON_RESOURCES, ids=[rule.id for rule in ON_RESOURCES])
def test_a_failing_resource_passes_with_it(rule):
    """Of each type that is advised something, one example at least; what the properties held before may stand in its way."""
    rule = rule._replace(file=folders.source_file(rule))
    mended = defaultdict(list)
    for case in examples._read_examples(rule)["fail"]:
        body = tool.body_of(rule, case)
        finding = next(iter(tool.findings_on(rule, case, LOADED.sets)), None)
        if not isinstance(body, dict) or finding is None or finding.remedy is None or finding.remedy.template is None:
            continue
        written = yaml.safe_load(finding.remedy.template)
        properties = {**(body.get("Properties") or {}), **written.get("Properties", {})}
        sides = [tool.merge(body, written), {**body, **written, "Properties": properties}]
        outcomes = [tool.findings_on(rule, tool.with_body(case, side), LOADED.sets) for side in sides]
        mended[body["Type"], finding.remedy.template].append(not all(outcomes))
    assert mended
    assert {key: True for key in mended} == {key: any(answers) for key, answers in mended.items()}
