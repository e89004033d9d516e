"""Every candidate of the provider schemas has a decision, and every decision names what is there."""

import importlib.metadata
import sys

import pytest

from tests.support.paths import ROOT

sys.path.insert(0, str(ROOT / "tools"))
sys.path.insert(0, str(ROOT / "tools/schema"))

import candidates
import decisions
import places
from provider_schemas import provider_schemas

PINNED = (ROOT / "tools/schema/pinned.txt").read_text().split("==")[1].split()[0]
HAS_PINNED_SCHEMAS = importlib.metadata.version("cfn-lint") == PINNED
needs_the_pinned_schemas = pytest.mark.skipif(
    not HAS_PINNED_SCHEMAS, reason=f"the tables decide on the schemas of cfn-lint {PINNED}"
)


@needs_the_pinned_schemas
@pytest.mark.parametrize("kind", candidates.KINDS)
def test_somebody_decided_on_every_candidate(kind):
    schemas, _date = provider_schemas()
    assert candidates.find_candidates(kind, schemas) == list(decisions.read_table(kind)), (
        "run tools/schema/make_tables.py"
    )


@pytest.mark.parametrize("kind", candidates.KINDS)
def test_a_decision_names_rules_and_sets_that_look_there(kind):
    assert list(decisions.find_mistakes(kind, decisions.read_table(kind))) == []


def test_what_a_set_of_stores_names_is_decided_in_the_table():
    sets = decisions.load_sets()
    decided = {kind: one.made for (kind, _), one in decisions.read_table("stores").items()}
    names = ("stateful", "stateful-more", "stateful-minor", "stateful-light")
    assert {(kind, name) for name in names for kind in sets[name]} == {
        (kind, made[1:]) for kind, all_made in decided.items() for made in all_made if made[1:] in names
    }


def test_what_a_set_of_identities_names_is_decided_in_the_table():
    sets = decisions.load_sets()
    decided = {kind: one.made for (kind, _), one in decisions.read_table("identities").items()}
    names = ("address", "identity", "identity-light")
    assert {(kind, name) for name in names for kind in sets[name]} == {
        (kind, made[1:]) for kind, all_made in decided.items() for made in all_made if made[1:] in names
    }


def test_a_policy_that_a_change_reads_is_decided_in_the_table():
    places = {(kind, path) for kind, location in decisions.POLICY_LOCATIONS.items() for path in location.paths if path}
    decided = {place for place, one in decisions.read_table("policies").items() if decisions.CHANGE in one.made}
    assert places - decided == {("AWS::Serverless::Api", "Auth.ResourcePolicy.CustomStatements")}


SCHEMA = {
    "typeName": "AWS::Test::Thing",
    "properties": {
        "Policy": {"type": ["object", "string"]},
        "Settings": {"$ref": "#/definitions/Settings"},
        "ScalingPolicy": {"type": "object", "properties": {"Kind": {"type": "string"}}},
        "PolicyArn": {"type": "string"},
    },
    "definitions": {
        "Settings": {
            "type": "object",
            "properties": {
                "Parts": {"type": "array", "items": {"$ref": "#/definitions/Settings"}},
                "Users": {"type": "array", "items": {"type": "object", "properties": {"Password": {"type": "string"}}}},
                "Hidden": {"type": "string"},
            },
        }
    },
    "writeOnlyProperties": ["/properties/Settings/Hidden"],
}


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (candidates.may_hold_policy, ["Policy"]),
        (candidates.may_hold_secret, ["Settings.Hidden", "Settings.Users[].Password"]),
    ],
)
def test_candidates_are_found_through_references_and_lists(wanted, expected):
    found = places.find_properties(SCHEMA, wanted)
    assert [one.path for one in found] == expected


def test_a_decision_on_another_property_of_the_type_is_a_mistake():
    made = {("AWS::S3::BucketPolicy", "Bucket"): decisions.Decision(("s3-policy-wildcard-principal",), "")}
    assert len(list(decisions.find_mistakes("policies", made))) == 1
