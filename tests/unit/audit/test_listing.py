"""A listing of stacks -> entries and trees, and the units that are cut of them."""

from datetime import UTC, datetime
from itertools import accumulate

from hypothesis import given
from hypothesis import strategies as st

from cdkguard.api.judge import Judge
from cdkguard.audit.listing import Tree, group_stacks, read_entry
from cdkguard.audit.nouns import Place, StackEntry
from cdkguard.audit.units import Terms, cut_trees, describe_judging, name_unit, seal_terms, shorten_config
from cdkguard.config.settings import Config

PLACE = Place("111122223333", "eu-west-1")


def entry(name, root="", parent="", **more):
    return StackEntry(
        *PLACE, stack_id=name, name=name, status="CREATE_COMPLETE", root_id=root, parent_id=parent, **more
    )


def test_an_entry_has_the_values_that_are_shown_and_the_names_of_those_that_are_not():
    found = read_entry(
        PLACE,
        {
            "StackId": "arn", "StackName": "Svc", "StackStatus": "UPDATE_COMPLETE", "EnableTerminationProtection": True,
            "CreationTime": datetime(2030, 1, 31, 12, tzinfo=UTC), "Tags": [{"Key": "team", "Value": "a"}],
            "Parameters": [
                {"ParameterKey": "Size", "ParameterValue": "3"},
                {"ParameterKey": "Password", "ParameterValue": "****"},
                {"ParameterKey": "Image", "ParameterValue": "/ami", "ResolvedValue": "ami-1"},
                {"ParameterKey": "Left"},
            ],
        },
    )  # fmt: skip
    assert found.parameters == {"Size": "3", "Image": "ami-1"}
    assert found.hidden == ("Password", "Left")
    assert (found.created, found.updated, found.protected) == ("2030-01-31T12:00:00Z", "", True)
    assert found.tags == {"team": "a"}


def test_nested_stacks_are_with_their_root_whatever_the_order():
    stacks = [entry("b/1", "b", "b"), entry("c"), entry("b/1/x", "b", "b/1"), entry("b")]
    found = list(group_stacks(stacks))
    assert [[stack.name for stack in tree.stacks] for tree in found] == [["b", "b/1", "b/1/x"], ["c"]]
    assert found == list(group_stacks(reversed(stacks)))


def test_a_nested_stack_without_its_root_is_not_lost():
    (tree,) = group_stacks([entry("b/1", "b", "b")])
    assert tree == Tree(None, (entry("b/1", "b", "b"),))


@given(st.lists(st.integers(0, 30), max_size=60), st.integers(1, 60))
def test_units_hold_every_tree_once_and_are_large_enough(sizes, least):
    trees = [Tree(entry(str(at)), tuple(entry(f"{at}/{n}") for n in range(size))) for at, size in enumerate(sizes)]
    runs = list(cut_trees(trees, least))
    assert [tree for run in runs for tree in run] == trees
    counts = [sum(len(tree.stacks) for tree in run) for run in runs]
    assert all(count >= least for count in counts[1:])
    assert len(counts) <= 1 or counts[0] >= least
    assert all(sum(len(tree.stacks) for tree in run[:-1]) < least for run in runs[:-1])
    # The last unit may hold one more: what was left over, which alone is too small for a unit.
    if runs:
        sums = list(accumulate(len(tree.stacks) for tree in runs[-1]))
        assert sums[-1] - next((total for total in sums if total >= least), sums[-1]) < least


def test_a_unit_is_named_by_all_that_decides_its_verdicts():
    terms = seal_terms(Terms(Config(), "1+rules", ("1", "2"), "2030-01-31"))
    name = name_unit(PLACE, (entry("a"),), terms)
    assert name.startswith("111122223333/eu-west-1/")
    assert name == name_unit(PLACE, (entry("a"),), seal_terms(terms._replace(rate=1, cache="x", key="")))
    others = [
        (entry("a", updated="2030-01-01T00:00:00Z"),),
        (entry("a", parameters={"Size": "3"}),),
        (entry("a", tags={"env": "prod"}),),
        (entry("a"), entry("b")),
    ]
    changed = [
        terms._replace(today="2030-02-01"), terms._replace(fingerprint="1+others"), terms._replace(accounts=("1",)),
    ]  # fmt: skip
    names = [name_unit(PLACE, stacks, terms) for stacks in others]
    names += [name_unit(PLACE, (entry("a"),), seal_terms(each)) for each in changed]
    assert len({name, *names}) == 1 + len(others) + len(changed)


def test_what_decides_is_told_apart_and_where_it_lies_is_not():
    def describe(**settings):
        return describe_judging(Judge(shorten_config(Config(**settings))))

    plain = describe()
    assert plain == describe(directory="/elsewhere", file="/elsewhere/cdkguard.yaml", jobs=3, outputs=(("json", None),))
    names = [plain, describe(severities={"dynamodb-*": "low"}), describe(rules=("all",)), describe(fail_on="low")]
    assert len(set(names)) == 4


def test_what_times_and_status_do_not_show_is_in_the_digest_of_the_description():
    """Two imports of resources in turn may leave LastUpdatedTime and IMPORT_COMPLETE as they are; their change sets differ."""
    described = {"StackId": "arn", "StackName": "Svc", "StackStatus": "IMPORT_COMPLETE", "ChangeSetId": "arn:1", "CreationTime": datetime(2030, 1, 31, tzinfo=UTC)}  # fmt: skip
    first = read_entry(PLACE, described).described
    assert first and read_entry(PLACE, dict(reversed(described.items()))).described == first
    assert read_entry(PLACE, {**described, "DriftInformation": {"StackDriftStatus": "IN_SYNC"}}).described == first
    for field, value in (
        ("ChangeSetId", "arn:2"),
        ("Outputs", [{"OutputKey": "a"}]),
        ("LastOperations", [{"OperationId": "1"}]),
    ):
        assert read_entry(PLACE, {**described, field: value}).described != first


def test_a_stack_that_two_pages_have_counts_once():
    entries = [entry("root"), entry("child", "root", "root"), entry("child", "root", "root"), entry("root")]
    assert list(group_stacks(entries)) == [Tree(entries[0], (entries[1],))]
