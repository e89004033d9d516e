"""Rule files: what is wrong with one is named with its file and line."""

import pytest

from cdkguard.errors import RulePackError
from cdkguard.packs.load import load_packs
from tests.support.pack_files import CHANGE_RULE, RULE, write_pack

pytestmark = pytest.mark.usefixtures("own_cache")


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
        (("title: A title", "title: A title\nweights: []"), r":3: 'weights' is a list of \{where, severity\}"),
        (("title: A title", "title: A title\nweights: [{severity: low}]"), ":3: an entry of 'weights' has where and"),
        (
            ("title: A title", "title: A title\nweights:\n- where: {path: $.X, exist: true}\n  severity: low"),
            r":4: no operator 'exist' \(did you mean 'exists'\?\)",
        ),
        (
            ("title: A title", "title: A title\nweights:\n- where: {path: $.X, exists: true}\n  severity: lo"),
            ":5: severity is one of",
        ),
        (
            (
                "types: [AWS::S3::Bucket]",
                "on_change: [WILL_UPDATE]\nweights: [{where: {path: $, exists: true}, severity: low}]",
            ),
            ":5: 'weights' are not for rules about changes",
        ),
    ],
)
def test_mistakes_are_named_with_file_and_line(tmp_path, change, words):
    text = RULE.format(id="my-rule")
    assert change[0] in text
    with pytest.raises(RulePackError, match=words) as stop:
        load_packs([write_pack(tmp_path, text.replace(*change))])
    assert "my-rule.yaml:" in str(stop.value)


def test_a_rule_file_may_have_the_ending_by_which_editors_know_it(tmp_path):
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack/my-rule.cdkguard-rule.yaml").write_text(RULE.format(id="my-rule"))
    assert "my-rule" in {rule.id for rule in load_packs([str(tmp_path / "pack")]).rules}


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
        ("equivalents: {chekov: [CKV_AWS_1]}", r":5: no peer 'chekov' \(did you mean 'checkov'\?\)"),
        ("equivalents: {checkov: CKV_AWS_1}", ":5: 'checkov' takes a list"),
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
        load_packs([write_pack(tmp_path, CHANGE_RULE.format(key=key))])
