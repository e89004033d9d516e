"""Rule files: what is wrong with one is named with its file and line."""

import json
import os
from pathlib import Path

import pytest

from cdkguard.errors import ConfigError, RulePackError
from cdkguard.packs import load as packs

RULE = """\
id: {id}
title: A title
severity: high
types: [AWS::S3::Bucket]
require: {{path: $.Properties.X, equals: 1}}
why: Because.
remedy: Write X.
examples:
  pass: [{{X: 1}}]
  fail: [{{}}]
"""


pytestmark = pytest.mark.usefixtures("own_cache")


def write(tmp_path, text, name="my-rule"):
    folder = tmp_path / "guardrails"
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.yaml").write_text(text)
    return str(folder)


def test_own_packs_are_loaded_beside_the_built_in_ones(tmp_path):
    folder = write(tmp_path, RULE.format(id="my-rule"))
    loaded = packs.load_all([folder])
    *_unseen, mine = packs.select(loaded.rules, ["my-rule"])
    assert (mine.id, mine.pack) == ("my-rule", "guardrails")
    assert packs.select(loaded.rules, ["guardrails"])[-1] == mine


def test_no_selection_leaves_out_what_says_that_nobody_judged():
    rules = packs.load_all(()).rules
    unseen = {"context-missing", "nested-template-unread", "template-macro", "template-module"}
    assert {r.id for r in packs.select(rules, ["dynamodb-pitr"], ["*template*"])} == {"dynamodb-pitr", *unseen}
    for name in ("unseen", "template-macro"):
        with pytest.raises(ConfigError, match=f"'{name}' says what nobody has judged"):
            packs.select(rules, ["all"], [name])


@pytest.mark.parametrize(
    "change, words",
    [
        (("severity: high", "severity: hi"), "severity is one of"),
        (("equals: 1", "equal: 1"), r":5: no operator 'equal' \(did you mean 'equals'\?\)"),
        (("title:", "titel:"), r":2: no key 'titel' \(did you mean 'title'\?\)"),
        (("id: my-rule", "id: other"), "is not the file's name"),
        (("types: [AWS::S3::Bucket]", "types: ['@none']"), "no named set"),
        (("why: Because.\n", ""), "needs 'why'"),
        (("title: A title", "title: A title\ntitle: B"), ":3: key 'title' is there twice"),
        (("title: A title", "title: [A"), "not YAML"),
        (("title: A title", "title: A title\nforbid: {path: $.X, exists: true}"), "not both"),
        (("title: A title", "title: A title\nscope: galaxy"), "scope is one of"),
    ],
)
def test_mistakes_are_named_with_file_and_line(tmp_path, change, words):
    text = RULE.format(id="my-rule")
    assert change[0] in text
    with pytest.raises(RulePackError, match=words) as stop:
        packs.load_all([write(tmp_path, text.replace(*change))])
    assert "my-rule.yaml:" in str(stop.value)


CHANGE_RULE = """\
id: my-rule
title: A title
severity: high
on_change: [WILL_UPDATE]
{key}
why: Because.
remedy: Write X.
examples: {{pass: [], fail: []}}
"""


@pytest.mark.parametrize(
    "key, words",
    [
        ("widens: [action, acton]", r":5: no kind of access 'acton' \(did you mean 'action'\?\)"),
        ("widens: []", ":5: 'widens' is true or a list of kinds of access"),
        (
            "profiles: [recomended]",
            r":5: no profile 'recomended' \(did you mean 'recommended'\?\); there are: .*strict",
        ),
        ("profiles: [all]", ":5: no profile 'all'"),
        ("weakens: {rules: [s3-versoning]}", r":5: .* named 's3-versoning' \(did you mean 's3-versioning'\?\)"),
        ("weakens:\n  rules:\n  - 's3-*'\n  - s33-*", r":8: no rule about resources is named 's33-\*'"),
        ("weakens: {rules: ['*'], skip: [nowhere-*]}", r":5: no rule about resources is named 'nowhere-\*'"),
        ("weakens: {rules: ['*'], raise: [data-destroyed]}", ":5: no rule about resources is named 'data-destroyed'"),
        ("weakens: {rules: s3-versioning}", ":5: 'rules' is a list of strings"),
        ("weakens: {rules: ['*'], skip: [1]}", ":5: 'skip' is a list of strings"),
    ],
)
def test_words_that_name_nothing_are_refused(tmp_path, key, words):
    """Such a rule would never fire, and nothing would say so."""
    with pytest.raises(RulePackError, match=words):
        packs.load_all([write(tmp_path, CHANGE_RULE.format(key=key))])


def test_a_change_rule_may_name_the_rules_of_a_pack_that_is_loaded_with_it(tmp_path):
    watching = write(tmp_path, CHANGE_RULE.format(key="weakens: {rules: [theirs-*]}"))
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (theirs / "theirs-one.yaml").write_text(RULE.format(id="theirs-one"))
    assert packs.load_all([watching, str(theirs)])
    with pytest.raises(RulePackError, match=r"my-rule.yaml:5: no rule about resources is named 'theirs-\*'"):
        packs.load_all([watching])  # the prepared pack is in the cache by now


def test_an_empty_pack_is_an_error(tmp_path):
    with pytest.raises(RulePackError, match="no rule file"):
        packs.load_all([str(tmp_path)])
    with pytest.raises(ConfigError, match="no folder and no installed pack"):
        packs.load_all(["nowhere"])


def test_a_rule_id_is_there_once(tmp_path):
    folder = write(tmp_path, RULE.format(id="data-retention"), "data-retention")
    with pytest.raises(RulePackError, match="is also in"):
        packs.load_all([folder])


def test_a_selector_that_names_nothing_is_an_error():
    rules = packs.load_all().rules
    with pytest.raises(ConfigError, match="did you mean 'data-retention'"):
        packs.select(rules, ["data-retentoin"])
    with pytest.raises(ConfigError, match="nothing would be judged"):
        packs.select(rules, ["data-retention"], ["data-*"])
    assert packs.select(rules, ["all"]) == rules


def test_the_cache_is_json_is_used_and_a_damaged_one_is_rewritten(tmp_path):
    folder = write(tmp_path, RULE.format(id="my-rule"))
    first = packs.load_all([folder])
    cached = [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]
    assert cached and all(json.loads(line) for f in cached for line in f.read_text().strip().split("\n")[1:])
    for file in cached:
        file.write_text("{")
    assert packs.load_all([folder]) == first
    assert all(json.loads(line) for f in cached for line in f.read_text().strip().split("\n")[1:])


@pytest.mark.parametrize("change", [b"high", b"[]", b"AWS::"])
def test_a_cache_entry_that_is_not_what_was_written_is_not_believed(tmp_path, change):
    folder = write(tmp_path, RULE.format(id="my-rule"))
    first = packs.load_all([folder])
    cached = [os.path.join(d, f) for d, _, fs in os.walk(tmp_path / "cache") for f in fs]
    for file in map(Path, cached):
        file.write_bytes(file.read_bytes().replace(change, change[::-1]))
    assert packs.load_all([folder]) == first


def test_a_changed_rule_file_is_read_again(tmp_path):
    text = RULE.format(id="my-rule")
    packs.load_all([write(tmp_path, text)])
    loaded = packs.load_all([write(tmp_path, text.replace("severity: high", "severity: low"))])
    assert next(r for r in loaded.rules if r.id == "my-rule").severity == "low"


def test_built_in_rules_have_what_a_reader_needs():
    for rule in packs.load_all().rules:
        assert rule.message and rule.why and rule.remedy and rule.remedy.text and rule.references, rule.id


@pytest.mark.parametrize(
    ("sets", "words"),
    [
        ("stateful: []\n", "'stateful'"),
        ("mine: [A::B::C]\nstateful: [AWS::S3::Bucket]\n", "sets.yaml:2: the set 'stateful'"),
    ],
)
def test_a_pack_cannot_take_types_out_of_a_set_of_others(tmp_path, sets, words):
    """Every rule that asks for @stateful would judge less, and nothing would say so."""
    folder = write(tmp_path, RULE.format(id="my-rule"))
    Path(folder, "sets.yaml").write_text(sets)
    with pytest.raises(RulePackError, match=words):
        packs.load_all([folder])


def test_a_pack_adds_sets_and_may_repeat_one_that_is_the_same(tmp_path):
    folder = write(tmp_path, RULE.format(id="my-rule"))
    members = sorted(packs.load_all().sets["stateful"])
    Path(folder, "sets.yaml").write_text(json.dumps({"stateful": members, "mine": ["A::B::C"]}))
    assert packs.load_all([folder]).sets["mine"] == {"A::B::C"}
