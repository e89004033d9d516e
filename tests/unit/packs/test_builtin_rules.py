"""Every built-in rule holds what its own examples say of it, and says the same of them as ever, word for word."""

import re
from collections import Counter
from collections.abc import Mapping
from fnmatch import fnmatchcase

import pytest

from cdkguard.check import examples
from cdkguard.packs.load import load_packs
from tests.support.golden_lines import RULE_IDS, change_line, finding_line

KEPT_IN = "rules"


@pytest.mark.parametrize("rule_id", RULE_IDS)
def test_every_example_holds(rule_id, builtin, kept):
    rules, loaded = builtin
    judged = list(examples.run_examples([rules[rule_id]], loaded.sets, loaded.rules))
    assert not [f"{e.expected}[{e.number}] is {e.got}: {e.detail}" for e in judged if not e.holds]
    assert {e.expected for e in judged} >= {"pass", "fail"}
    assert not [f.message for e in judged for f in e.findings if not _adds_to_its_headline(f)]
    lines = {f"{e.expected} {e.number}": [*map(finding_line, e.findings), *map(change_line, e.changes)] for e in judged}
    kept.compare(rules[rule_id].pack, rule_id, {name: each for name, each in lines.items() if each})


def _adds_to_its_headline(finding):
    """Whether each fact of the message has its value: one that is empty leaves two spaces, or one at the start."""
    message = finding.message
    return (
        not re.search(r"^\s|\s\s|\{(?:path|found|subject|type|construct|weakened)\}", message)
        and message != finding.title
    )


def test_every_rule_has_a_file_of_its_name_and_nothing_is_kept_of_others(builtin, kept):
    assert sorted(builtin[0]) == RULE_IDS
    assert sorted(rule_id for said in kept.by_pack.values() for rule_id in said) == RULE_IDS


def test_built_in_change_rules_name_rules_that_exist():
    """The loader asks this of a team's packs only, so that no start-up reads every change rule."""
    rules = load_packs().rules
    about_resources = [rule.id for rule in rules if rule.scope == "resource"]
    named = {
        (rule.id, glob)
        for rule in rules
        if rule.on_change and isinstance(rule.weakens, Mapping)
        for globs in rule.weakens.values()
        for glob in globs
    }
    assert named
    assert not [(rule, glob) for rule, glob in named if not any(fnmatchcase(one, glob) for one in about_resources)]


def test_each_rule_names_its_problem_in_words_of_its_own(builtin):
    """It is the headline of an alert: one line of plain words, which tells the rule from every other one."""
    rules = builtin[0].values()
    counts = Counter(rule.problem.lower() for rule in rules)
    wrong = {
        rule.id: rule.problem
        for rule in rules
        if not 0 < len(rule.problem) <= 72
        or not rule.problem.isascii()
        or rule.problem.endswith(".")
        or rule.problem == rule.title
        or counts[rule.problem.lower()] > 1
        or any(sign in rule.problem for sign in "{}<>`*_")
    }
    assert wrong == {}


def test_a_problem_demands_nothing(builtin):
    """It is a fact: what somebody should do stands in the remedy."""
    demanding = {"must", "should", "ensure", "always"}
    assert not [rule.id for rule in builtin[0].values() if demanding & set(rule.problem.lower().split())]


def test_no_fingerprint_depends_on_the_words_of_a_message(builtin):
    """What somebody accepted stays accepted when a message is put in better words."""
    rules, loaded = builtin
    told = [rule for rule in rules.values() if rule.weights or rule.weakens]
    reworded = [
        rule._replace(message="{subject}: other words", weights=[{**weight, "message": ""} for weight in rule.weights])
        for rule in told
    ]

    def fingerprints(which):
        judged = examples.run_examples(which, loaded.sets, loaded.rules)
        return [[finding.fingerprint for finding in example.findings] for example in judged]

    assert fingerprints(reworded) == fingerprints(told)
