"""What a client is told: bounded, worst first, and nothing in it hides or reverses text."""

import json

from hypothesis import given
from hypothesis import strategies as st

from cdkguard.packs.load import load_packs
from cdkguard.servers import documents
from cdkguard.text import escape

ANY_TEXT = st.text(st.characters(), max_size=3000)


@given(ANY_TEXT, st.integers(1, 500))
def test_a_text_is_short_and_harmless(text, most):
    short = documents.shorten(text, most)
    assert len(short) <= most
    assert escape.is_visible(short)


@given(ANY_TEXT)
def test_a_block_is_short_and_harmless(text):
    block = documents.shorten_block(text)
    assert len(block) <= 1500
    assert all(map(escape.is_visible, block.split("\n")))


def finding(**fields):
    whole = {
        "ruleId": "r", "outcome": "fail", "severity": "low", "title": "", "logicalId": None, "resourceType": None,
        "constructPath": None, "stack": "S", "environment": None, "templatePath": "t.json", "templateLine": None,
        "propertyPaths": [], "source": None, "message": "m", "remedy": None, "impact": None, "change": None, "isNew": None,
    }  # fmt: skip
    return {**whole, **fields}


def test_findings_come_worst_first_and_accepted_ones_not_at_all():
    found = [
        finding(ruleId="a"),
        finding(ruleId="b", severity="critical", isNew=False),
        finding(ruleId="c", severity="critical", outcome="unknown"),
        finding(ruleId="d", severity="critical", outcome="suppressed"),
        finding(ruleId="e", severity="critical", isNew=True),
        finding(ruleId="f", severity="high"),
    ]
    assert [f["ruleId"] for f in documents.order_findings(found)] == ["e", "b", "c", "f", "a"]


@given(ANY_TEXT)
def test_a_finding_is_bounded_whatever_the_template_says(text):
    told = documents.describe_finding(
        finding(
            **dict.fromkeys(
                ("ruleId", "message", "stack", "environment", "constructPath", "resourceType", "change"), text
            ),
            propertyPaths=[text] * 9,
            source={"file": text, "line": 3},
            remedy={"text": text},
        )
    )
    written = json.dumps(told, ensure_ascii=False)
    assert len(written) < 2600 + written.count("\\")
    assert escape.is_visible(written)


def test_every_rule_is_explained_within_bounds():
    for rule in load_packs().rules:
        told = documents.explain_rule(rule)
        assert told["fix"] and told["why"], rule.id
        assert len(json.dumps(told)) < 9000, rule.id
