"""Every rule of the checkers that CDK teams come from has one of ours that checks the same, or a decision why not."""

import csv
import json

import pytest
import yaml

from cdkguard.packs.load import load_packs
from tests.support.paths import ROOT

DECISIONS = ROOT / "docs/development/peers.tsv"
CONTROLS = json.loads((ROOT / "cdkguard/data/frameworks.json").read_text(encoding="utf-8"))["fsbp"]["controls"]


def read_decisions():
    with DECISIONS.open(encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


@pytest.fixture(scope="module")
def rules():
    return load_packs().rules


def undecided(rules):
    """(peer, id) of each rule that none of ours names as its equivalent."""
    equal = {(peer, name) for rule in rules for peer, names in rule.equivalents.items() for name in names}
    ids = json.loads((ROOT / "cdkguard/data/peer_ids.json").read_text(encoding="utf-8"))
    of_checkers = {
        (peer, public)
        for peer in ("checkov", "cdk-nag")
        for public, name in ids[peer].items()
        if (peer, name) not in equal
    }

    facts = json.loads((ROOT / "tools/frameworks/facts.json").read_text(encoding="utf-8"))
    known = {
        entry for key, each in facts.items() if key != "_" for found in each["controls"].values() for entry in found
    }
    mapped = yaml.safe_load((ROOT / "tools/frameworks/security_hub.yaml").read_text(encoding="utf-8"))
    judged = {control for control, ours in CONTROLS.items() if ours} | set(mapped)
    of_hub = {entry.partition(":")[2] for entry in known if entry.startswith("security-hub:")} - judged
    return of_checkers | {("security-hub", control) for control in of_hub}


def test_every_rule_of_a_peer_is_ours_or_decided(rules):
    decided = [(row["peer"], row["id"]) for row in read_decisions() if row["peer"] != "prowler"]
    assert decided == sorted(set(decided))
    assert set(decided) == undecided(rules)


def test_a_check_of_prowler_is_decided_with_its_control():
    hub = {row["id"] for row in read_decisions() if row["peer"] == "security-hub"} | set(CONTROLS)
    rows = [row for row in read_decisions() if row["peer"] == "prowler"]
    assert rows
    assert [row["id"] for row in rows if row["why"].removeprefix("as security-hub ") not in hub] == []


def test_a_decision_names_rules_that_exist_and_a_reason(rules):
    ids = {rule.id for rule in rules}
    assert [row["id"] for row in read_decisions() if not row["why"]] == []
    assert {rule for row in read_decisions() for rule in row["rules"].split(",") if rule} <= ids
