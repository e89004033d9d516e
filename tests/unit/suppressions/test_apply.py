"""Accepted findings: what covers what, and what does not hold any more."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdkguard.model import AcceptedFinding, Acknowledgement, Finding, Outcome, Stack, Suppression
from cdkguard.suppressions.apply import Terms, apply_suppressions, list_suppressions_in_code

RULES = ("s3-versioning", "s3-encryption", "rds-backup")
TODAY = "2026-06-15"


def finding(path="Prod/Data/Bucket/Resource", logical_id="Bucket", rule="s3-versioning", stack="Prod/Data", **options):
    return Finding(
        rule,
        options.pop("outcome", Outcome.FAIL),
        "high",
        "m",
        stack.replace("/", "-"),
        stack,
        f"{stack}.json",
        "prod",
        logical_id=logical_id,
        construct_path=path,
        **options,
    )


def make_stack(path="Prod/Data", resources=None, **options):
    template = {"Resources": resources or {}}
    return Stack(path.replace("/", "-"), template, f"{path}.json", construct_path=path, **options)


def accept(rule="s3-versioning", path="Prod/Data/*", **options):
    return Suppression(rule, options.pop("reason", "known"), "cdkguard.yaml:3", "configuration", path, **options)


def old(rule):
    return AcceptedFinding(rule, "2026-01-02")


def run(findings, stacks=(), configured=(), accepted=None, **options):
    options["known_rules"] = options.pop("known", None)
    terms = Terms(options.pop("rule_ids", RULES), TODAY, **options)
    marked, problems = apply_suppressions(findings, stacks, configured, accepted, terms)
    for problem in problems:
        assert problem.kind == ("unused-suppression" if "covers no finding" in problem.message else "suppression")
        assert not problem.fatal
    return [f.suppression.origin if f.suppression else None for f in marked], [p.message for p in problems]


# -- configuration


@pytest.mark.parametrize(
    ("glob", "covered"),
    [
        ("Prod/Data/Bucket/Resource", True),
        ("Prod/Data/Bucket", True),
        ("Prod/Data", True),
        ("Prod", True),
        ("Prod-Data", True),
        ("*", True),
        ("Prod/*/Bucket", True),
        ("*/Bucket", True),
        ("Prod/Data/Buck", False),
        ("Prod/Data/Bucket/Resource/Policy", False),
        ("prod/data", False),
        ("Data", False),
    ],
)
def test_a_construct_glob_covers_the_construct_and_what_is_inside(glob, covered):
    origins, problems = run([finding()], configured=[accept(path=glob)])
    assert origins == ["cdkguard.yaml:3" if covered else None]
    assert bool(problems) != covered


def test_rule_globs_and_undecided_findings():
    found = [finding(), finding(rule="s3-encryption", outcome=Outcome.UNKNOWN), finding(rule="rds-backup")]
    assert run(found, configured=[accept("s3-*")]) == (["cdkguard.yaml:3", "cdkguard.yaml:3", None], [])


def test_where_no_construct_path_is_known_the_logical_id_stands_in():
    found = [finding(path=None), finding(path=None, logical_id=None)]
    assert run(found, configured=[accept(path="Prod/Data/Bucket")])[0] == ["cdkguard.yaml:3", None]
    assert run(found, configured=[accept(path="Prod/Data")])[0] == ["cdkguard.yaml:3"] * 2


def test_the_last_day_counts():
    assert run([finding()], configured=[accept(expires=TODAY)]) == (["cdkguard.yaml:3"], [])
    assert run([finding()], configured=[accept(expires="2026-06-14")]) == (
        [None],
        ["cdkguard.yaml:3: the suppression of 's3-versioning' expired on 2026-06-14 and does not count"],
    )


@pytest.mark.parametrize("expires", ["soon", "2026-13-01", "2027-02-29", "20270101", "2027-01-01T00:00", ""])
def test_what_is_no_date_does_not_count(expires):
    origins, (problem,) = run([finding()], configured=[accept(expires=expires)])
    assert origins == [None] and "expires is a date such as" in problem


@pytest.mark.parametrize("reason", ["", "  "])
def test_without_a_reason_it_does_not_count(reason):
    origins, problems = run([finding()], configured=[accept(reason=reason)])
    assert origins == [None]
    assert problems == ["cdkguard.yaml:3: the suppression of 's3-versioning' has no reason and does not count"]


def test_an_owner_may_be_required():
    assert run([finding()], configured=[accept(owner="team")], require_owner=True) == (["cdkguard.yaml:3"], [])
    origins, (problem,) = run([finding()], configured=[accept()], require_owner=True)
    assert origins == [None] and "has no owner" in problem


def test_unused_ones_are_reported_only_if_the_rule_ran():
    unused = "cdkguard.yaml:3: the suppression of 's3-versioning' on 'Prod/Data/*' covers no finding: remove it"
    assert run([], configured=[accept()]) == ([], [unused])
    assert run([], configured=[accept()], rule_ids=["rds-backup"], known=RULES) == ([], [])


def test_of_two_that_cover_the_same_finding_none_is_called_unused():
    assert run([finding()], configured=[accept(), accept("s3-*")]) == (["cdkguard.yaml:3"], [])


def test_mistyped_rules_are_named():
    origins, problems = run([finding()], configured=[accept("s3-versoning")])
    assert origins == [None]
    assert problems == ["cdkguard.yaml:3: no rule 's3-versoning' (did you mean 's3-versioning'?)"]


# -- resource metadata


def resource(*entries):
    return {"Type": "AWS::S3::Bucket", "Metadata": {"cdkguard": {"suppress": list(entries)}}}


KNOWN = {"rule": "s3-versioning", "reason": "known"}


def test_metadata_covers_its_resource_only():
    stack = make_stack(resources={"Bucket": resource(KNOWN), "Other": {"Type": "AWS::S3::Bucket"}})
    other = make_stack("Dev/Data", {"Bucket": {"Type": "AWS::S3::Bucket"}})
    found = [finding(), finding(logical_id="Other"), finding(stack="Dev/Data"), finding(rule="rds-backup")]
    assert run(found, [stack, other]) == (["metadata of Bucket in Prod/Data.json", None, None, None], [])


def test_metadata_of_a_nested_stack_covers_what_is_in_it():
    root = make_stack(resources={"Nest": resource(KNOWN), "Other": {}})
    nest = make_stack("Prod/Data/Nest", parent=root, parent_logical_id="Nest")
    deep = make_stack("Prod/Data/Nest/Deep", parent=nest, parent_logical_id="X")
    beside = make_stack("Prod/Data/Other", parent=root, parent_logical_id="Other")
    found = [finding(stack=s.construct_path) for s in (root, nest, deep, beside)]
    origins, problems = run(found, [root, nest, deep, beside])
    assert [bool(o) for o in origins] == [False, True, True, False] and problems == []


@pytest.mark.parametrize(
    ("block", "words"),
    [
        (None, "write {cdkguard: {suppress:"),
        ([], "write {cdkguard: {suppress:"),
        ({"supress": [KNOWN]}, "write {cdkguard: {suppress:"),
        ({"suppress": KNOWN}, "write {cdkguard: {suppress:"),
        ({"suppress": [KNOWN], "all": True}, "write {cdkguard: {suppress:"),
        ({"suppress": ["s3-versioning"]}, "is a mapping with rule and reason"),
        ({"suppress": [{"reason": "x"}]}, "needs a rule"),
        ({"suppress": [{"rule": "s3-versioning"}]}, "has no reason"),
        ({"suppress": [KNOWN | {"expire": "2020-01-01"}]}, "no key 'expire' (did you mean 'expires'?)"),
        ({"suppress": [KNOWN | {"expires": 2030}]}, "expires must be text"),
        ({"suppress": [KNOWN | {"expires": "2026-01-01"}]}, "expired on 2026-01-01"),
        ({"suppress": [KNOWN | {"reason": {"Ref": "Why"}}]}, "reason must be text"),
        ({"suppress": [KNOWN | {"rule": "s4"}]}, "no rule 's4'"),
    ],
)
def test_malformed_metadata_does_not_count_and_is_reported(block, words):
    stack = make_stack(
        resources={"Bucket": {"Metadata": {"cdkguard": block}}}, construct_paths={"Bucket": "Prod/Data/B"}
    )
    origins, (problem,) = run([finding()], [stack])
    assert origins == [None]
    assert problem.startswith("metadata of Prod/Data/B in Prod/Data.json: ") and words in problem


@pytest.mark.parametrize("body", [None, [], "x", {}, {"Metadata": None}, {"Metadata": ["cdkguard"]}])
def test_resources_of_any_shape_are_survived(body):
    assert run([finding()], [make_stack(resources={"Bucket": body})]) == ([None], [])


# -- acknowledgements


def noted(path, rule="s3-versioning", reason="known"):
    return Acknowledgement(path, rule, reason)


@pytest.mark.parametrize(
    ("path", "rule", "covered"),
    [
        ("Prod/Data/Bucket/Resource", "s3-versioning", True),
        ("Prod/Data/Bucket", "s3-versioning", True),
        ("Prod", "s3-versioning", True),
        ("Prod/Data/Buck", "s3-versioning", False),
        ("Prod/Data/Bucket/Resource/X", "s3-versioning", False),
        ("*", "s3-versioning", False),
        ("", "s3-versioning", False),
        ("Prod/Data/Bucket", "s3-encryption", False),
        ("Prod/Data/Bucket", "s3-*", False),
    ],
)
def test_an_acknowledgement_covers_its_construct_and_what_is_inside_and_nothing_else(path, rule, covered):
    origins, _problems = run([finding()], [make_stack(acknowledgements=[noted(path, rule)])])
    assert origins == [f"acknowledge on {path}" if covered else None]


def test_an_acknowledgement_of_a_root_covers_its_nested_stacks_but_no_other_app():
    root = make_stack(acknowledgements=[noted("Prod/Data")])
    nest = make_stack("Prod/Data/Nest", parent=root, parent_logical_id="N", acknowledgements=root.acknowledgements)
    twin = Stack("Prod-Data", {"Resources": {}}, "other/Prod/Data.json", construct_path="Prod/Data")
    inside, elsewhere = (
        finding("Prod/Data/Nest/B", stack="Prod/Data/Nest"),
        finding()._replace(template_path=twin.template_path),
    )
    assert run([inside, elsewhere], [root, nest, twin]) == (["acknowledge on Prod/Data", None], [])


def test_an_acknowledgement_without_reason_or_use_is_reported():
    stack = make_stack(
        acknowledgements=[noted("Prod/Data/Bucket", reason=""), noted("Prod/Data/Else"), noted("Prod", "s3-x")]
    )
    origins, problems = run([finding()], [stack])
    assert origins == [None]
    assert [p.split(": ", 1)[0] for p in problems] == [
        f"acknowledge on {p}" for p in ("Prod/Data/Bucket", "Prod", "Prod/Data/Else")
    ]


# -- the baseline


def test_the_baseline_covers_by_fingerprint():
    found = [finding(fingerprint="a"), finding(fingerprint="b"), finding(fingerprint="")]
    marked, problems = apply_suppressions(
        found, [], [], {"a": old("s3-versioning"), "": old("s3-versioning")}, Terms(RULES, TODAY)
    )
    assert [f.suppression and f.suppression.reason for f in marked] == [
        "s3-versioning: accepted since 2026-01-02",
        None,
        None,
    ]


def test_accepted_findings_that_are_gone_are_counted_if_their_rule_ran():
    accepted = {"a": old("s3-versioning"), "b": old("s3-encryption"), "c": old("unheard-of")}
    problem = "2 accepted findings were not found in this run: write the file again with `cdkguard accept`"
    assert run([], accepted=accepted) == ([], [problem])
    assert run([finding(fingerprint="a")], accepted=accepted, rule_ids=["s3-versioning"]) == (["accepted findings"], [])


def test_the_written_reason_is_preferred_to_the_baseline():
    assert run([finding(fingerprint="a")], configured=[accept()], accepted={"a": old("s3-versioning")}) == (
        ["cdkguard.yaml:3"],
        [],
    )


# -- laws

paths = st.lists(st.sampled_from(["Prod", "Data", "Bucket", "Resource"]), min_size=1, max_size=4).map("/".join)
globs = st.one_of(paths, st.sampled_from(["*", "Prod/*", "?", "[", "**/x", ""]))
rules = st.sampled_from([*RULES, "s3-*", "*", "nothing", "["])
dates = st.sampled_from([None, "2020-01-01", TODAY, "2030-01-01", "never"])
findings_lists = st.lists(
    st.builds(
        finding,
        path=st.none() | paths,
        rule=st.sampled_from(RULES),
        logical_id=st.sampled_from(["Bucket", None]),
        outcome=st.sampled_from([Outcome.FAIL, Outcome.UNKNOWN]),
        fingerprint=st.sampled_from(["", "a", "b"]),
    ),
    max_size=6,
)
acceptances = st.lists(
    st.builds(accept, rules, globs, expires=dates, reason=st.sampled_from(["", "known"])), max_size=4
)
blocks = st.recursive(
    st.sampled_from([None, "s3-versioning", 1, KNOWN]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["suppress", "rule", "reason"]), inner),
    max_leaves=6,
)


@given(findings_lists, acceptances, blocks, st.none() | st.just({"a": old("s3-versioning")}))
def test_no_finding_is_dropped_added_moved_or_changed(found, configured, block, accepted):
    stack = make_stack(resources={"Bucket": {"Metadata": {"cdkguard": block}}}, acknowledgements=[noted("Prod")])
    marked, _problems = apply_suppressions(found, [stack], configured, accepted, Terms(RULES, TODAY))
    assert [f._replace(suppression=None) for f in marked] == found


@given(findings_lists, rules, globs, st.dates().map(str))
def test_what_has_expired_suppresses_nothing(found, rule, glob, expires):
    origins, problems = run(found, configured=[accept(rule, glob, expires=expires)])
    if expires < TODAY:
        assert not any(origins) and len(problems) == 1


# -- as many and as long as an input can hold


def test_more_globs_than_anybody_writes_do_not_count():
    others = [accept(f"x{n}*", "*") for n in range(1_000)]
    assert run([finding()], configured=[accept("s3-*", "*"), *others])[0] == ["cdkguard.yaml:3"]
    origins, problems = run([finding()], configured=[*others, accept("s3-*", "*")])
    assert origins == [None] and "'s3-*' is one of more than 1000 different globs" in problems[-1]
    assert run([finding()], configured=[*others, accept()])[0] == ["cdkguard.yaml:3"]  # a name is no glob


def test_a_glob_longer_than_a_rules_name_covers_nothing():
    origins, problems = run([finding()], configured=[accept("*" * 201)])
    assert origins == [None] and "no rule" in problems[0]


def test_guesses_are_made_for_the_first_wrong_names_only():
    entries = [accept("s3-versionin", "*")] * 150
    _origins, problems = run([], configured=entries)
    assert len(problems) == 150 and sum("did you mean 's3-versioning'?" in p for p in problems) == 100


@pytest.mark.parametrize(("level", "covered"), [(0, True), (99, True), (100, False), (100_000, True)])
def test_a_path_of_very_many_levels(level, covered):
    """A construct around it is looked for among the outermost hundred; the place itself always."""
    path = "/".join(["a"] * 100_001)
    origins, _problems = run([finding(path)], configured=[accept(path="/".join(["a"] * (level + 1)))])
    assert origins == ["cdkguard.yaml:3" if covered else None]


def test_what_is_written_in_the_code_has_a_place():
    block = {"cdkguard": {"suppress": [{"rule": "r", "reason": "because"}]}}
    one = Stack("S", {"Resources": {"X": {"Type": "A::B::C", "Metadata": block}}}, "s.json", construct_path="App/S",
                construct_paths={"X": "App/S/X/Resource"})  # fmt: skip
    (found,) = list_suppressions_in_code([one])
    assert (found.rule, found.reason) == ("r", "because") and "App/S" in found.construct_path


def test_the_place_of_what_is_written_in_the_code_does_not_depend_on_a_file_name():
    one = Stack("S", {"Resources": {"Bucket": resource(KNOWN)}}, "out/built in CI/s.json", construct_path="S")
    assert [found.construct_path for found in list_suppressions_in_code([one])] == ["Bucket"]
