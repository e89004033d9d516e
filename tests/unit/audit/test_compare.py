"""What an audit says of the last one: nothing that was not read is resolved, and nothing unknown is old."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdkguard.audit.results.result import diff_results, open_result
from cdkguard.outputs.audit.record import FindingRow, UnreadRow
from tests.support.audit_results import RULES, finding, header_of, stack_row, unread_account, write_audit

A, B, EU, US = "111100000000", "111100000001", "eu-west-1", "us-east-1"
FIRST, SECOND, THIRD = "2030-01-01T00:00:00Z", "2030-01-08T00:00:00Z", "2030-01-15T00:00:00Z"


def audit(place, rows, started, since=None, **fields):
    """A finished result of the rows, each in the unit of its place."""
    units = {}
    for row in rows:
        units.setdefault(f"{row.account}/{row.region or '-'}/1", []).append(row)
    return write_audit(str(place), list(units.items()), header_of(started=started, **fields), since and str(since))


def stack_with(name, *numbers, account=A, region=EU, rule=RULES[0], **fields):
    stack = stack_row(account, region, name, **fields)
    return [stack, *(finding(stack, rule, number) for number in numbers)]


def changes(made):
    return {(row.stack, row.logical_id): (row.change, row.first_seen) for row in made.findings()}


def endings(made):
    return {(row.finding.stack, row.finding.logical_id): row.ending for row in made.former()}


def two(tmp_path, before, after, **fields):
    """The second of two audits."""
    audit(tmp_path / "1", before, FIRST)
    return audit(tmp_path / "2", after, SECOND, tmp_path / "1", **fields)


def test_without_a_last_audit_nothing_is_new(tmp_path):
    made = audit(tmp_path / "1", stack_with("Shop", 1), FIRST)
    assert changes(made) == {("Shop", "Data1"): ("", FIRST)}
    assert not made.summary.is_compared


def test_new_resolved_and_unchanged_of_a_stack_that_was_deployed_anew(tmp_path):
    made = two(tmp_path, stack_with("Shop", 1, 2), stack_with("Shop", 2, 3, template_sha256="6" * 64))
    assert changes(made) == {("Shop", "Data2"): ("", FIRST), ("Shop", "Data3"): ("new", SECOND)}
    assert endings(made) == {("Shop", "Data1"): "resolved"}
    counts = made.summary.run.counts
    assert (counts.new, counts.resolved, counts.not_read, counts.open) == (1, 1, 0, 2)


def test_a_stack_that_is_gone_is_resolved_and_one_that_came_is_new(tmp_path):
    made = two(tmp_path, stack_with("Old", 1), stack_with("New", 1))
    assert changes(made) == {("New", "Data1"): ("new", SECOND)}
    assert endings(made) == {("Old", "Data1"): "resolved"}


@pytest.mark.parametrize(
    "unread",
    [
        UnreadRow("account", A, "", "", "denied"),
        UnreadRow("region", A, EU, "", "denied"),
        UnreadRow("stack", A, EU, "Shop", "a rule crashed"),
        UnreadRow("template", A, EU, "Shop", "denied"),
        UnreadRow("unit", A, EU, "Shop", "lost"),
    ],
    ids=lambda row: row.kind,
)
def test_what_was_not_read_is_not_resolved(tmp_path, unread):
    made = two(tmp_path, stack_with("Shop", 1), [unread])
    assert endings(made) == {("Shop", "Data1"): "not-read"}
    assert made.summary.run.counts.resolved == 0
    assert made.summary.run.counts.not_read == 1


def test_what_is_being_deleted_is_not_resolved_before_it_is_gone(tmp_path):
    going = stack_row(A, EU, "Shop", status="DELETE_IN_PROGRESS", unjudged="not judged: it is being deleted")
    made = two(tmp_path, stack_with("Shop", 1), [going])
    assert endings(made) == {("Shop", "Data1"): "not-read"}
    assert not made.summary.run.counts.resolved

    failed = audit(tmp_path / "failed", stack_with("Shop", 1, status="DELETE_FAILED"), THIRD, tmp_path / "2")
    assert changes(failed) == {("Shop", "Data1"): ("", FIRST)}
    gone = audit(tmp_path / "gone", stack_with("Other"), THIRD, tmp_path / "2")
    assert endings(gone) == {("Shop", "Data1"): "resolved"}


def test_another_unread_stack_does_not_hide_what_is_resolved(tmp_path):
    made = two(tmp_path, stack_with("Shop", 1), [UnreadRow("template", A, EU, "Other", "denied")])
    assert endings(made) == {("Shop", "Data1"): "resolved"}


def test_a_stack_that_was_read_in_part_alone_resolves_nothing(tmp_path):
    after = [*stack_with("Shop", template_sha256="6" * 64), UnreadRow("stack", A, EU, "Shop", "a rule crashed")]
    assert endings(two(tmp_path, stack_with("Shop", 1), after)) == {("Shop", "Data1"): "not-read"}


def test_a_place_that_was_not_asked_for_is_not_covered(tmp_path):
    before = [*stack_with("Shop", 1), *stack_with("Shop", 1, account=B), *stack_with("Shop", 1, region=US)]
    made = two(tmp_path, before, stack_with("Shop", 1), places=((A, EU),))
    assert [(row.finding.account, row.finding.region, row.ending) for row in made.former()] == [
        (A, US, "not-covered"),
        (B, EU, "not-covered"),
    ]


def test_a_finding_outlives_an_audit_that_did_not_read_its_stack(tmp_path):
    audit(tmp_path / "1", stack_with("Shop", 1, 2), FIRST)
    audit(tmp_path / "2", [UnreadRow("region", A, EU, "", "throttled")], SECOND, tmp_path / "1")
    third = audit(tmp_path / "3", stack_with("Shop", 1, 3), THIRD, tmp_path / "2")
    assert changes(third) == {("Shop", "Data1"): ("", FIRST), ("Shop", "Data3"): ("first-read", THIRD)}
    assert endings(third) == {("Shop", "Data2"): "resolved"}


@pytest.mark.parametrize("unread", [UnreadRow("region", A, EU, "", "x"), unread_account(A)], ids=lambda row: row.kind)
def test_what_is_read_for_the_first_time_is_not_called_new(tmp_path, unread):
    made = two(tmp_path, [unread], stack_with("Shop", 1))
    assert changes(made) == {("Shop", "Data1"): ("first-read", SECOND)}


def test_a_stack_that_is_as_it_was_has_findings_from_rules(tmp_path):
    made = two(tmp_path, stack_with("Shop", 1), stack_with("Shop", 1, 2, rule=RULES[1]), rules_digest="other")
    assert changes(made) == {("Shop", "Network1"): ("from-rules", SECOND), ("Shop", "Network2"): ("from-rules", SECOND)}
    assert endings(made) == {("Shop", "Data1"): "from-rules"}
    assert made.summary.run.has_other_rules
    counts = made.summary.run.counts
    assert (counts.from_rules, counts.resolved_by_rules, counts.new, counts.resolved) == (2, 1, 0, 0)


@pytest.mark.parametrize(
    "changed", [{"updated": "2030-01-02"}, {"template_sha256": "6" * 64}, {"protected": False}, {"stack_id": "another"}]
)
def test_a_stack_that_was_changed_has_new_findings(tmp_path, changed):
    made = two(tmp_path, stack_with("Shop"), stack_with("Shop", 1, **changed))
    assert changes(made) == {("Shop", "Data1"): ("new", SECOND)}


def test_a_nested_stack_is_as_it_was_only_if_its_root_is(tmp_path):
    root = stack_row(A, EU, "Root")
    nested = stack_with("Root-Nested", 1, root_id=root.stack_id)
    before = [root, nested[0]]
    assert changes(two(tmp_path, before, [root, *nested])) == {("Root-Nested", "Data1"): ("from-rules", SECOND)}
    deployed = root._replace(updated="2030-01-02")
    made = audit(tmp_path / "3", [deployed, *nested], SECOND, tmp_path / "1")
    assert changes(made) == {("Root-Nested", "Data1"): ("new", SECOND)}


def test_a_suppression_that_ends_reopens_its_finding(tmp_path):
    stack, found = stack_with("Shop", 1)
    made = two(tmp_path, [stack, found._replace(outcome="suppressed", suppression="later")], [stack, found])
    assert changes(made) == {("Shop", "Data1"): ("reopened", FIRST)}
    assert made.summary.run.counts.reopened == 1


def test_equal_findings_are_counted_one_by_one(tmp_path):
    stack, one = stack_with("Shop", 1)
    made = two(tmp_path, [stack, one, one], [stack._replace(updated="2030-01-02"), one, one, one])
    assert sorted(row.change for row in made.findings()) == ["", "", "new"]
    again = audit(tmp_path / "3", [stack._replace(updated="2030-01-09"), one], THIRD, tmp_path / "2")
    assert [row.ending for row in again.former()] == ["resolved", "resolved"]


@pytest.mark.parametrize(
    "gate, fail_on, deciding", [("all", "high", 3), ("new", "high", 2), ("new", "never", 0), ("all", "critical", 2)]
)
def test_the_gate_says_which_findings_decide(tmp_path, gate, fail_on, deciding):
    before = [*stack_with("Shop", 1), UnreadRow("region", A, US, "", "x")]
    after = [*stack_with("Shop", 1), *stack_with("Bus", 1, rule=RULES[1]), *stack_with("Desk", 1, region=US)]
    made = two(tmp_path, before, after, gate=gate, fail_on=fail_on)
    assert made.summary.run.counts.deciding == deciding


def test_history_grows(tmp_path):
    audit(tmp_path / "1", stack_with("Shop", 1, 2), FIRST)
    audit(tmp_path / "2", stack_with("Shop", 1), SECOND, tmp_path / "1")
    third = audit(tmp_path / "3", stack_with("Shop"), THIRD, tmp_path / "2")
    assert [(point.started, point.counts.open) for point in third.summary.run.history] == [(FIRST, 2), (SECOND, 1)]


def test_an_audit_that_finds_the_same_has_the_same_bytes(tmp_path):
    rows = [*stack_with("Shop", 1, 2), *stack_with("Bus", 3, account=B)]
    audit(tmp_path / "1", rows, FIRST)
    audit(tmp_path / "2", rows, SECOND, tmp_path / "1")
    for name in ("findings/00000.jsonl.gz", "stacks/00000.jsonl.gz"):
        assert (tmp_path / "1" / name).read_bytes() == (tmp_path / "2" / name).read_bytes()


# -- laws

NAMES = ("Bus", "Desk", "Shop")
ESTATES = st.dictionaries(
    st.tuples(st.sampled_from((A, B)), st.sampled_from((EU, US)), st.sampled_from(NAMES)),
    st.tuples(st.sampled_from(("5", "6")), st.lists(st.integers(0, 3), max_size=4), st.booleans()),
    max_size=8,
)
UNREAD_PLACES = st.lists(st.sampled_from(((A, ""), (B, ""), (A, EU), (B, US))), max_size=2, unique=True)


def rows_of(estate, unread):
    rows = [UnreadRow("account" if not region else "region", account, region, "", "x") for account, region in unread]
    for (account, region, name), (digest, numbers, is_read) in estate.items():
        if (account, "") in unread or (account, region) in unread:
            continue
        if is_read:
            rows += stack_with(name, *numbers, account=account, region=region, template_sha256=digest * 64)
        else:
            rows.append(UnreadRow("template", account, region, name, "x"))
    return rows


def keys_of(rows):
    return sorted((row.account, row.region, row.stack, row.fingerprint) for row in rows if isinstance(row, FindingRow))


@settings(max_examples=60, deadline=None)
@given(audits=st.lists(st.tuples(ESTATES, UNREAD_PLACES), min_size=2, max_size=3))
def test_each_finding_has_one_fate_and_unread_ones_none(tmp_path_factory, audits):
    place = tmp_path_factory.mktemp("law")
    known = []  # What the last audit has, or has kept.
    for number, (estate, unread) in enumerate(audits):
        rows = rows_of(estate, unread)
        made = audit(place / str(number), rows, f"2030-01-0{number + 1}", place / str(number - 1) if number else None)
        found, former = list(made.findings()), list(made.former())
        assert keys_of(found) == keys_of(rows)
        if number:
            same = [row for row in found if not row.change]
            assert sorted(keys_of(same) + keys_of(row.finding for row in former)) == sorted(keys_of(known))
        read = {(row.account, row.region, row.stack) for row in rows if hasattr(row, "template_sha256")}
        closed = {(row.account, row.region, row.stack) for row in rows if hasattr(row, "reason")}
        for row in former:
            at = row.finding
            hidden = {(at.account, "", ""), (at.account, at.region, ""), (at.account, at.region, at.stack)} & closed
            assert (row.ending == "not-read") == bool(hidden)
            if row.ending == "from-rules":
                assert (at.account, at.region, at.stack) in read
        diff = diff_results(open_result(str(place / str(number - 1))), open_result(str(place / str(number))), "high", "new") if number else made  # fmt: skip
        assert list(diff.findings()) == found and list(diff.former()) == former
        known = [*found, *(row.finding for row in former if row.ending == "not-read")]
