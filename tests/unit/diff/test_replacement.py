"""The replacement table: its shape, its known cases, its freshness; and how it is looked up and made."""

import datetime
import importlib.util
import json
import re
from importlib.metadata import version

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from cdkguard.check import comparison
from cdkguard.diff.replacement import Replacements
from tests.support.paths import ROOT

TABLE = json.loads((ROOT / "cdkguard/data/replacement.json").read_text())
HEADER = TABLE.pop("_")
OVERLAY = yaml.safe_load((ROOT / "tools/replacement/overlay.yaml").read_text())
SHIPPED = comparison.load_replacements()
SURENESS = {"no": 0, "maybe": 1, "yes": 2}

_spec = importlib.util.spec_from_file_location("make_table", ROOT / "tools/replacement/make_table.py")
make_table = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(make_table)


# -- the shipped table

KNOWN = [
    ("AWS::RDS::DBInstance", "StorageEncrypted", "yes"),
    ("AWS::RDS::DBInstance", "DBInstanceIdentifier", "yes"),
    ("AWS::RDS::DBInstance", "Engine", "yes"),
    ("AWS::RDS::DBInstance", "AvailabilityZone", "yes"),
    ("AWS::RDS::DBInstance", "Port", "maybe"),
    ("AWS::RDS::DBInstance", "DBInstanceClass", "no"),
    ("AWS::S3::Bucket", "BucketName", "yes"),
    ("AWS::S3::Bucket", "ObjectLockEnabled", "maybe"),
    ("AWS::S3::Bucket", "VersioningConfiguration", "no"),
    ("AWS::DynamoDB::Table", "TableName", "yes"),
    ("AWS::DynamoDB::Table", "KeySchema", "yes"),
    ("AWS::DynamoDB::Table", "BillingMode", "no"),
    ("AWS::EC2::Instance", "ImageId", "yes"),
    ("AWS::EC2::Instance", "InstanceType", "maybe"),
    ("AWS::EC2::Instance", "UserData", "maybe"),
    ("AWS::EC2::VPC", "CidrBlock", "yes"),
    ("AWS::EC2::VPC", "InstanceTenancy", "maybe"),
    ("AWS::ECS::Service", "LaunchType", "maybe"),
    ("AWS::ECS::TaskDefinition", "ContainerDefinitions", "yes"),
    ("AWS::AutoScaling::AutoScalingGroup", "LaunchTemplate", "maybe"),  # by its UpdatePolicy
    ("AWS::AutoScaling::AutoScalingGroup", "VPCZoneIdentifier", "maybe"),
    ("AWS::Events::Rule", "EventBusName", "yes"),
    ("AWS::OpenSearchService::Domain", "EncryptionAtRestOptions.Enabled", "maybe"),
    ("AWS::EFS::FileSystem", "PerformanceMode", "yes"),
    ("AWS::SQS::Queue", "FifoQueue", "yes"),
    ("AWS::Lambda::Function", "FunctionName", "yes"),
    ("AWS::Lambda::Function", "DurableConfig", "maybe"),
    ("AWS::Lambda::Function", "Code.S3Key", "no"),
    ("AWS::BedrockAgentCore::Memory", "Name", "yes"),
    ("AWS::ElastiCache::CacheCluster", "CacheNodeType", "no"),
    ("AWS::FSx::FileSystem", "WindowsConfiguration.DeploymentType", "yes"),
    ("AWS::CloudFormation::Stack", "TemplateURL", "no"),
    # Refused by CloudFormation, so nothing is replaced.
    ("AWS::KMS::Key", "KeySpec", "no"),
    ("AWS::Cognito::UserPool", "AliasAttributes", "no"),
    ("AWS::Cognito::UserPool", "Schema", "no"),
    ("AWS::CloudFormation::CustomResource", "ServiceToken", "no"),
    ("Custom::Thing", "ServiceToken", "no"),
    ("Acme::Data::Store", "Name", "no"),
    ("Acme::Data::Store::MODULE", "Name", "no"),
    # SAM: the service spec calls every property create-only.
    ("AWS::Serverless::Function", "MemorySize", "no"),
    ("AWS::Serverless::SimpleTable", "TableName", "yes"),
]


@pytest.mark.parametrize(("kind", "path", "expected"), KNOWN)
def test_known_cases(kind, path, expected):
    assert SHIPPED.decide(kind, path.split(".")) == expected


@pytest.mark.parametrize("kind", ["AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable"])
def test_an_index_comes_and_goes_without_replacing_the_table(kind):
    assert SHIPPED.decide(kind, ("GlobalSecondaryIndexes", 1)) == "no"
    assert SHIPPED.decide(kind, ("AttributeDefinitions", 2)) == "no"
    assert SHIPPED.decide(kind, ("AttributeDefinitions",)) == "no"
    assert SHIPPED.decide(kind, ("AttributeDefinitions", 0, "AttributeType")) == "maybe"
    assert SHIPPED.decide(kind, ("KeySchema", 0, "AttributeName")) == "yes"


def test_tags_that_the_provider_calls_updatable_are_updated_in_place():
    assert SHIPPED.decide("AWS::Batch::JobQueue", ("Tags", "team")) == "no"


def test_every_row_is_sorted_and_says_nothing_twice():
    assert list(TABLE) == sorted(TABLE)
    for kind, row in TABLE.items():
        assert re.fullmatch(r"\w+(::\w+)+", kind)
        assert len(row) in (1, 2) and any(row) and row[-1], kind
        for paths in row:
            assert paths == sorted(set(paths)), kind
            assert all(re.fullmatch(r"\w+(\.\w+)*!?", path) for path in paths), kind
        yes, maybe = map(set, (*row, ())[:2])
        assert not any(make_table.above(path) & yes for path in yes | maybe), kind
        assert not any(make_table.above(path) & maybe for path in maybe) and not yes & maybe, kind


def test_every_entry_is_decided_as_it_is_listed():
    for kind, row in TABLE.items():
        for expected, paths in zip(("yes", "maybe"), row, strict=False):
            for path in paths:
                assert SHIPPED.decide(kind, path.removesuffix("!").split(".")) == expected, (kind, path)


def test_the_overlay_is_in_the_table_and_gives_reason_and_source():
    for entry in OVERLAY:
        assert set(entry) == {"type", "paths", "replaces", "reason", "source"}
        for path in entry["paths"]:
            assert SHIPPED.decide(entry["type"], path.removesuffix("!").split(".")) == entry["replaces"], entry


def test_the_header_names_its_sources_and_is_no_type():
    assert set(HEADER) == {"schema_date", "cfn_lint", "service_spec"}
    assert datetime.date.fromisoformat(HEADER["schema_date"])
    assert not SHIPPED.knows("_") and SHIPPED.knows("AWS::S3::Bucket") and not SHIPPED.knows("Custom::Thing")


def numbers(text):
    return tuple(int(part) for part in re.findall(r"\d+", text)[:3])


@pytest.mark.skipif(importlib.util.find_spec("cfnlint") is None, reason="cfn-lint is not installed")
def test_the_table_is_not_stale_against_the_installed_cfn_lint():
    if numbers(version("cfn-lint")) < numbers(HEADER["cfn_lint"]):
        pytest.skip("the installed cfn-lint is older than the table")
    schemas, date = make_table.provider_schemas()
    age = datetime.date.fromisoformat(date[:10]) - datetime.date.fromisoformat(HEADER["schema_date"])
    assert age.days < 90, f"run tools/replacement/make_table.py: schemas of {date}, table of {HEADER['schema_date']}"
    if version("cfn-lint") == HEADER["cfn_lint"]:
        assert age.days == 0
    ours = {(entry["type"], path.removesuffix("!")) for entry in OVERLAY for path in entry["paths"]}
    missing = [
        f"{kind} {path}: {least}"
        for kind, schema in schemas.items()
        for least, paths in zip(("yes", "maybe"), make_table.create_only(schema), strict=True)
        for path in paths
        if not ({(kind, path)} | {(kind, parent) for parent in make_table.above(path)}) & ours
        and SURENESS[SHIPPED.decide(kind, path.split("."))] < SURENESS[least]
    ]
    assert not missing, "run tools/replacement/make_table.py"


# -- looking up

NESTED = Replacements(
    {"A::B::C": [["Name", "Disks.Ebs.Key"], ["Mode", "Disks.Size", "Columns.Type!"]], "A::B::D": [["X"]]}
)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (("Name",), "yes"),
        (("Name", "Fn::Join"), "yes"),
        (("Names",), "no"),
        (("Mode",), "maybe"),
        (("Mode", 3, "Deep"), "maybe"),
        (("Disks",), "maybe"),
        (("Disks", 0), "maybe"),
        (("Disks", 0, "Ebs"), "maybe"),
        (("Disks", 0, "Ebs", "Key"), "yes"),
        (("Disks", 7, "Ebs", "Key", 2), "yes"),
        (("Disks", 0, "Ebs", "Label"), "no"),
        (("Disks", 0, "Size"), "maybe"),
        (("Columns",), "no"),
        (("Columns", 1), "no"),
        (("Columns", 1, "Type"), "maybe"),
        ((), "maybe"),
    ],
)
def test_a_path_is_decided_with_those_above_and_below_it(path, expected):
    assert NESTED.decide("A::B::C", path) == expected


def test_the_surest_answer_above_a_path_wins():
    table = Replacements({"A::B::C": [["Outer.Inner"], ["Outer"]]})
    assert [table.decide("A::B::C", ("Outer", *rest)) for rest in ((), ("Inner",), ("Other",))] == [
        "maybe",
        "yes",
        "maybe",
    ]


def test_a_type_that_is_not_in_the_table_is_updated_in_place():
    assert NESTED.decide("A::B::E", ("Name",)) == "no"
    assert NESTED.decide("A::B::E", ()) == "no"


places = st.lists(st.sampled_from(["Name", "Mode", "Disks", "Ebs", "Key", "Size", "Columns", "Type", 0, 1]), max_size=5)


@settings(max_examples=150, deadline=None)
@given(places, places)
def test_going_deeper_below_a_listed_path_never_makes_it_less_sure(path, deeper):
    if NESTED.decide("A::B::C", path) == "yes":
        assert NESTED.decide("A::B::C", [*path, *deeper]) == "yes"
    if NESTED.decide("A::B::C", [*path, *deeper]) != "no" and "Columns" not in path:
        assert NESTED.decide("A::B::C", path) != "no"


@settings(max_examples=100, deadline=None)
@given(places)
def test_list_positions_do_not_matter(path):
    names = [part for part in path if isinstance(part, str)]
    assert NESTED.decide("A::B::C", path) == NESTED.decide("A::B::C", names)


# -- making it


def test_pointers_lose_their_list_levels():
    assert make_table.dotted(["/properties/A", "/properties/B/*/C"]) == {"A", "B.C"}


@pytest.mark.parametrize(
    ("schema", "spec", "expected"),
    [
        (None, {"yes": ["A"], "maybe": ["B"]}, ({"A"}, {"B"})),
        ({"createOnlyProperties": ["/properties/A"]}, {"yes": ["A", "C"], "maybe": []}, ({"A"}, {"A", "C"})),
        ({"conditionalCreateOnlyProperties": ["/properties/A"]}, {"yes": ["A"], "maybe": []}, (set(), {"A"})),
        ({"tagging": {"tagUpdatable": True}}, {"yes": ["Tags"], "maybe": []}, (set(), set())),
        ({"tagging": {"tagUpdatable": False}}, {"yes": ["Tags"], "maybe": []}, (set(), {"Tags"})),
    ],
)
def test_the_provider_schema_decides_and_the_service_spec_adds_doubt(schema, spec, expected):
    assert make_table.merged(schema, spec) == expected


def test_folding_drops_what_a_path_above_says_already():
    assert make_table.folded({"A", "A.B"}, {"A", "A.C", "D", "D.E"}) == [["A"], ["D"]]
    assert make_table.folded({"D.E"}, {"D"}) == [["D.E"], ["D"]]
    assert make_table.folded({"A"}, {"A"}) == [["A"]]


def test_a_correction_that_changes_nothing_is_reported():
    rows = {"T": ({"A"}, {"B.C"})}
    same = {"type": "T", "paths": ["A"], "replaces": "yes"}
    assert make_table.corrected(rows, [same]) == ["T: A"]
    gone = {"type": "T", "paths": ["B"], "replaces": "no"}
    inside = {"type": "T", "paths": ["D.E!"], "replaces": "maybe"}
    assert make_table.corrected(rows, [gone, inside]) == []
    assert rows == {"T": ({"A"}, {"D.E!"})}
