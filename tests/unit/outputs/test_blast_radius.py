"""What a picture of a change shows: causes, what follows from them, and no more than it has room for."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from cdkguard.model import IMPACTS, Change, Stack
from cdkguard.outputs.blast_radius import EFFECTS, BlastRadius, find_blast_radius
from cdkguard.outputs.resource_types import describe_type, pluralize
from cdkguard.outputs.short_names import shorten_name

BUCKET, ROLE, FUNCTION = "AWS::S3::Bucket", "AWS::IAM::Policy", "AWS::Lambda::Function"


def stack(environment: str | None, path: str = "") -> Stack:
    path = path or f"{environment}/Data"
    return Stack(path.replace("/", "-"), {}, "t.json", construct_path=path, environment=environment)


PROD, STAGING = stack("prod"), stack("staging")


def change(
    impact: Any, name: str, kind: str, causes: tuple[str, ...] = (), home: Stack = PROD, **fields: Any
) -> Change:
    path = f"{home.construct_path}/{name}/Resource"
    token = f"{home.construct_path}/{name}"
    return Change(impact, home, name, kind, path, token=token, causes=causes, **fields)


def edges(radius: BlastRadius) -> list[tuple[str, str]]:
    return [(radius.nodes[a].name, radius.nodes[b].name) for a, b in radius.edges]


def renamed(home: Stack = PROD) -> list[Change]:
    old = f"{home.construct_path}/Invoices"
    return [
        change("WILL_ORPHAN", "Invoices", BUCKET, home=home, stateful=True, fate="retained", partner="x", partner_id="Docs"),
        change("WILL_CREATE", "Docs", BUCKET, home=home, stateful=True, partner="x", partner_id="Invoices"),
        change("WILL_UPDATE", "Refund", ROLE, (old,), home),
        change("WILL_REPLACE", "Task", "AWS::ECS::TaskDefinition", (old,), home),
        change("WILL_UPDATE", "Web", "AWS::ECS::Service", (f"{home.construct_path}/Task",), home),
        change("WILL_UPDATE", "Other", FUNCTION, home=home),
    ]  # fmt: skip


def test_a_rename_is_one_box_with_its_followers():
    (radius,) = find_blast_radius(renamed())
    first = radius.nodes[0]
    assert (first.name, first.kind, first.effect, first.has_data) == ("Data/Invoices", "S3 bucket", "left behind", True)
    assert first.words == "left behind with its data, an empty one is made"
    assert sorted(edges(radius)) == [
        ("Data/Invoices", "Data/Refund"),
        ("Data/Invoices", "Data/Task"),
        ("Data/Task", "Data/Web"),
    ]
    assert {node.name for node in radius.nodes} == {"Data/Invoices", "Data/Refund", "Data/Task", "Data/Web"}


def test_where_a_name_is_taken_no_new_one_is_made():
    old, new, *_ = renamed()
    (radius,) = find_blast_radius([old._replace(detail=("same-name",)), new])
    assert radius.nodes[0].words == "left behind with its data, and no new one can take its name"


def test_the_same_change_of_two_stages_is_one_picture_production_first():
    (radius,) = find_blast_radius([*renamed(STAGING), *renamed(PROD)])
    assert radius.environments == ("prod", "staging")
    both = find_blast_radius([*renamed(STAGING), *renamed(PROD)[:-2]])
    assert [one.environments for one in both] == [("prod",), ("staging",)]


def test_an_environment_in_the_name_of_a_stack_is_a_star_where_a_picture_is_of_both():
    sides = [stack(name, f"Shop-{name}") for name in ("dev", "prod")]
    changes = [change("WILL_DESTROY", "Orders", BUCKET, home=side, stateful=True, fate="destroyed") for side in sides]
    (radius,) = find_blast_radius(changes)
    assert radius.nodes[0].name == "Shop-*/Orders"
    (alone,) = find_blast_radius(changes[:1])
    assert alone.nodes[0].name == "Shop-dev/Orders"


def test_followers_that_are_alike_are_one_box():
    cause = change("WILL_REPLACE", "Table", "AWS::DynamoDB::Table", stateful=True, fate="destroyed")
    others = [change("WILL_UPDATE", f"F{n}", FUNCTION, (cause.token,)) for n in range(5)]
    (radius,) = find_blast_radius([cause, *others])
    assert [node.name for node in radius.nodes] == ["Data/Table", "5 Lambda functions"]
    assert radius.nodes[0].words == "replaced, the old one is deleted with its data"
    assert radius.nodes[1].number == 5 and radius.nodes[1].members[0] == "Data/F0"
    assert radius.edges == ((0, 1),)


def test_what_only_updates_and_creates_has_no_picture():
    assert find_blast_radius([change("WILL_UPDATE", "A", ROLE), change("WILL_CREATE", "B", ROLE)]) == ()
    noise = change("WILL_REPLACE", "A", ROLE, noise=True)
    assert find_blast_radius([noise]) == ()


def test_an_update_that_causes_a_replacement_is_drawn():
    cause = change("WILL_UPDATE", "Image", FUNCTION)
    (radius,) = find_blast_radius([cause, change("WILL_REPLACE", "Task", "AWS::ECS::TaskDefinition", (cause.token,))])
    assert edges(radius) == [("Data/Image", "Data/Task")]


def test_names_leave_out_what_cdk_adds():
    known = {
        "prod/Data/Invoices/Resource": "Data/Invoices",
        "prod/Data/Reports.NestedStack/Reports.NestedStackResource": "Data/Reports",
        "Other/Invoices": "Other/Invoices",
    }
    assert {name: shorten_name(name, "prod/Data") for name in known} == known
    assert shorten_name("Shop-prod/Orders/Resource", "Shop-prod") == "Shop-prod/Orders"


def test_types_in_words():
    known = {
        "AWS::S3::Bucket": "S3 bucket",
        "AWS::DynamoDB::GlobalTable": "DynamoDB global table",
        "AWS::RDS::DBCluster": "RDS DB cluster",
        "AWS::EC2::VPC": "EC2 VPC",
        "AWS::ElasticLoadBalancingV2::LoadBalancer": "ElasticLoadBalancingV2 load balancer",
        "AWS::CloudFormation::Stack": "nested stack",
        "Custom::Api": "custom resource Api",
        "Vendor::Thing::Part::MODULE": "Vendor::Thing::Part::MODULE",
        None: "",
    }
    assert {kind: describe_type(kind) for kind in known} == known
    assert [pluralize(noun) for noun in ("IAM policy", "alias", "API key", "table")] == [
        "IAM policies", "aliases", "API keys", "tables",
    ]  # fmt: skip


@st.composite
def graphs(draw: Any) -> list[Change]:
    number = draw(st.integers(0, 60))
    names = [f"R{n}" for n in range(number)]
    made = []
    for name in names:
        causes = draw(st.lists(st.sampled_from([f"prod/Data/{n}" for n in names]), max_size=3))
        impact, kind = draw(st.sampled_from(IMPACTS)), draw(st.sampled_from((BUCKET, ROLE, FUNCTION)))
        made.append(change(impact, name, kind, tuple(causes), stateful=draw(st.booleans())))
    return made


@given(graphs(), st.integers(1, 30))
def test_any_graph_fits_and_loses_no_data_that_has_room(changes: list[Change], most: int) -> None:
    for radius in find_blast_radius(changes, most):
        assert 0 < len(radius.nodes) <= most
        assert all(a != b and a < len(radius.nodes) and b < len(radius.nodes) for a, b in radius.edges)
        lost = [c for c in changes if c.stateful and c.impact not in ("WILL_UPDATE", "WILL_CREATE")]
        assert sum(node.has_data for node in radius.nodes) == min(len(lost), most)
        assert sum(node.number for node in radius.nodes) + radius.left_out <= len(changes)
        order = [(not node.has_data, EFFECTS.index(node.effect)) for node in radius.nodes]
        assert order == sorted(order)
