"""Which rule belongs to which row, held by what the rules themselves say of their subject."""

import pytest

from cdkguard.config.preflight import MORE_ROWS, ROWS
from cdkguard.language.vocabulary import CHECKLIST
from cdkguard.model import REMOVE_IMPACTS
from cdkguard.packs.load import load_packs
from cdkguard.preflight.run import JUDGES

RULES = load_packs(()).rules
# Rules about a change that deletes nothing, and opens no network: each a decision.
OF_NO_ROW = {"access-widened", "authentication-weakened", "public-access-block-removed", "sharing-widened"}


def covering(*words):
    return [rule for rule in RULES if any(cover.startswith(words) for cover in rule.covers)]


def test_the_words_of_rule_files_are_rows():
    assert set(CHECKLIST) <= set(ROWS)
    assert {rule.checklist for rule in RULES} - {""} == set(CHECKLIST)
    assert set(JUDGES) == {*ROWS, *MORE_ROWS}


def test_every_rule_about_hard_coded_names_is_in_its_row():
    found = covering("hardcoded-")
    assert found and {rule.checklist for rule in found} == {"no-hard-coded"}
    assert all(rule.checklist == "no-hard-coded" for rule in RULES if rule.id.startswith("hardcoded-"))


def test_every_rule_about_ingress_is_in_its_row():
    found = covering("sg-ingress-", "rds-db-security-group")
    assert found and {rule.checklist for rule in found} == {"no-open-ingress"}


def test_every_rule_about_what_keeps_data_is_in_its_row():
    found = covering("deletion-policy-keeps-data", "update-replace-policy-keeps-data")
    assert found and {rule.checklist for rule in found} == {"data-retained"}
    protecting = covering("deletion-protection-on")
    assert protecting and {rule.checklist for rule in protecting} <= {"data-retained", "safety-nets"}


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule.pack == "changes"], ids=lambda rule: rule.id)
def test_every_rule_about_a_change_is_in_a_row_or_decided(rule):
    assert bool(rule.checklist) is (rule.id not in OF_NO_ROW)


def test_every_rule_about_a_removal_is_in_a_row():
    assert not [
        rule.id
        for rule in RULES
        if set(rule.on_change) & set(REMOVE_IMPACTS) and not rule.checklist and rule.id not in OF_NO_ROW
    ]


@pytest.mark.parametrize("pack", ["core", "data-protection", "deploy-safety"])
def test_every_rule_of_the_packs_about_data_and_deployments_is_in_a_row_or_decided(pack):
    decided = {
        "cognito-identity-pool-guests",
        "cognito-self-sign-up",
        "lambda-durable-bounds",
        "policy-lockout-check",
        "xray-policy-lockout-check",
    }
    assert {rule.id for rule in RULES if rule.pack == pack and not rule.checklist} <= decided
