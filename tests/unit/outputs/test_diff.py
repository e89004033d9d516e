"""The outputs of a diff: golden files, hostile text, secrets, and what must never be folded away."""

from __future__ import annotations

import html
import json

import pytest
from markdown_it import MarkdownIt

from cdkguard.model import Change, Source
from cdkguard.outputs.diff import json as diffjson
from cdkguard.outputs.diff import markdown as diffmarkdown
from cdkguard.outputs.diff import text as difftext
from cdkguard.outputs.diff.common import Difference, count_impacts, summarize_changes
from cdkguard.outputs.render import Options
from tests.support.changes import compare, stack
from tests.support.shop import ROOT, TABLE, A, B, difference

OPTIONS = Options(root=ROOT)
RENDERERS = {"text": difftext.render, "json": diffjson.render, "markdown": diffmarkdown.render}


@pytest.mark.parametrize(("name", "file"), [("text", "diff.txt"), ("json", "diff.json"), ("markdown", "diff.md")])
def test_golden(golden, name, file):
    golden(file, RENDERERS[name](difference(), OPTIONS))


def test_unknown_values_that_look_alike_are_shown_as_the_template_says_them():
    old, new = (
        [stack({"It": {"Type": TABLE, "Properties": {"TableName": {"Fn::Select": [i, {"Ref": "Names"}]}}}})]
        for i in ("0", "1")
    )
    text = difftext.render(Difference(compare(old, new), tuple(new), "a", "b", (), "1.0.0"), OPTIONS)
    assert '{"Fn::Select": ["0", {"Ref": "Names"}]}' in text.replace("\n        ", " ")


def test_the_json_names_every_change():
    document = json.loads(diffjson.render(difference(), OPTIONS))
    changes = difference().changes
    assert len(document["changes"]) + len(document["stackChanges"]) == len(changes)
    assert sum(document["summary"].values()) == len(changes)
    orders = next(c for c in document["changes"] if c["logicalId"] == "Orders")
    assert orders["properties"][0] == {
        "path": "Properties.TableName", "before": "orders", "after": "orders-2", "replacement": "yes", "because": None,
    }  # fmt: skip


@pytest.mark.parametrize("name", RENDERERS)
def test_what_destroys_is_in_every_output(name):
    text = html.unescape(RENDERERS[name](difference(), OPTIONS))
    impacts = ("WILL_REPLACE", "WILL_DESTROY", "STACK_REMOVED", "STACK_UNPROTECTED")
    words = ("REPLACED", "DESTROYED", "STACK REMOVED", "UNPROTECTED")
    for word in ("Orders", "Ledger", "Replicas", "OldUsers", *(impacts if name == "json" else words)):
        assert word in text


@pytest.mark.parametrize("name", RENDERERS)
def test_secrets_are_hidden(name):
    text = RENDERERS[name](difference(), OPTIONS)
    assert "old-key-1" not in text
    assert "new-key-22" not in text
    assert "ppppppp" not in text


@pytest.mark.parametrize("name", RENDERERS)
def test_a_secret_inside_what_is_new_as_a_whole_is_hidden(name):
    token = "ghp_" + "a1B2" * 9
    body = {
        "Type": "Custom::X",
        "Properties": {"Environment": {"Variables": {"DB_PASSWORD": "hunter2", "OTHER": token}}},
    }
    changes = compare({"It": {"Type": "Custom::X", "Properties": {}}}, {"It": body})
    text = RENDERERS[name](Difference(changes, (), "a", "b"), OPTIONS)
    assert "Environment" in text
    assert "hunter2" not in text
    assert token not in text


@pytest.mark.parametrize("name", ["text", "markdown"])
def test_a_text_that_only_looks_hidden_is_quoted_as_any_other(name):
    old, new = (
        [stack({"It": {"Type": TABLE, "Properties": {"TableName": n}}})] for n in ("a", "(hidden, 3 characters)")
    )
    text = RENDERERS[name](Difference(compare(old, new), tuple(new), "a", "b"), OPTIONS)
    assert '"(hidden, 3 characters)"' in html.unescape(text).replace("\\", "")


HOSTILE = "\x1b[31m\x07\r\n::error::x|</td><script>alert(1)</script>`**@all** ](javascript:x) \u202e <!-- -->"


def hostile() -> Difference:
    def side(value, more):
        return [
            stack(
                {"It": {"Type": TABLE, "Properties": {HOSTILE: value}}, **more},
                HOSTILE,
                paths={"It": HOSTILE},
                environment=HOSTILE,
            )
        ]

    changes = list(compare(side(HOSTILE, {HOSTILE: {"Type": HOSTILE}}), side(HOSTILE * 2, {})))
    changes.append(
        Change(
            "STACK_RENAMED",
            stack({}, HOSTILE),
            old_stack=stack({}, HOSTILE),
            partner=HOSTILE,
            source=Source(HOSTILE, 1),
        )
    )
    return Difference(tuple(changes), (), HOSTILE, HOSTILE, (HOSTILE,), "1")


def test_hostile_text_in_the_terminal():
    text = difftext.render(hostile(), OPTIONS)
    assert "\x1b" not in text
    assert "\x07" not in text
    assert "\r" not in text
    assert "\u202e" not in text
    assert not any(line.lstrip().startswith("::error") for line in text.splitlines())


def test_long_lines_are_wrapped_and_stateless_moves_are_short():
    def side(folder):
        resources = {f"{folder}{kind.replace(':', '')}": {"Type": kind, "Properties": {"Name": "n" * 60}}
                     for kind in ("AWS::SNS::Topic", TABLE)}  # fmt: skip
        return [stack(resources, paths={name: f"Shop/{folder}/{'x' * 40}/{name}" for name in resources})]

    found = Difference(tuple(compare(side("Old"), side("New"))), (), "old", "new", (), "1")
    text = difftext.render(found, OPTIONS._replace(width=80))
    assert all(
        len(line) <= 80 or " " not in line.strip() or line.startswith(("  - ", "  + ")) for line in text.splitlines()
    )
    assert text.count("to keep it") == 1  # the topic has nothing to keep
    assert text.count("is now Shop/New/") == 2  # what it was is said there, and no line of the new ones
    assert text.rstrip().endswith("2 destroyed, 2 created")
    assert "DATA AT STAKE  1 resource" in text


def test_hostile_text_in_json():
    document = json.loads(diffjson.render(hostile(), OPTIONS))
    assert HOSTILE in {c["logicalId"] for c in document["changes"]}
    assert "\x1b" not in diffjson.render(hostile(), OPTIONS)


def test_hostile_text_in_markdown():
    text = diffmarkdown.render(hostile(), OPTIONS)
    page = MarkdownIt("commonmark", {"html": True}).enable("table").render(text)
    assert "<script" not in page
    assert "<a " not in page
    assert "<strong>@all" not in page
    assert "\u202e" not in text
    assert text.count("<!--") == 1
    assert page.count("<table>") == page.count("<h4>") >= 1


def test_nothing_changed():
    nothing = Difference((), (), "a", "b")
    assert "no change" in difftext.render(nothing, OPTIONS)
    assert "no change" in diffmarkdown.render(nothing, OPTIONS)
    assert json.loads(diffjson.render(nothing, OPTIONS))["changes"] == []


def test_harmless_changes_are_counted_and_not_hidden_from_programs():
    found = compare({"It": {"Type": "AWS::Lambda::Function", "Properties": {"Code": {"S3Key": f"{A}.zip"}}}},
                    {"It": {"Type": "AWS::Lambda::Function", "Properties": {"Code": {"S3Key": f"{B}.zip"}}}})  # fmt: skip
    assert (count_impacts(found), summarize_changes(found)) == ({"harmless": 1}, "1 harmless")
    assert json.loads(diffjson.render(Difference(found, (), "a", "b"), OPTIONS))["changes"][0]["harmless"] is True


def test_many_creations_are_folded_and_deletions_are_not():
    many = {f"N{i}": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": str(i)}} for i in range(40)}
    gone = difftext.render(Difference(compare(many, {}), (), "a", "b"), OPTIONS)
    come = difftext.render(Difference(compare({}, many), (), "a", "b"), OPTIONS)
    assert gone.count("DESTROYED") == 40
    assert "40 resources created" in come


def test_a_long_markdown_says_what_it_leaves_out():
    many = {f"N{i}": {"Type": TABLE, "Properties": {"TableName": "x" * 150 + str(i)}} for i in range(1000)}
    text = diffmarkdown.render(Difference(compare(many, {}), (), "a", "b"), OPTIONS)
    assert len(text) < 65_536
    assert "left out" in text
    assert text.count("WILL&#95;DESTROY") < 1000
