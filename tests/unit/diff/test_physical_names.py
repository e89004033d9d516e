"""The table of names: its known cases, and that the installed schemas give it."""

import importlib.util
import json

import pytest

from cdkguard.check.comparison import load_names
from cdkguard.diff.deletion_protections import PROTECTIONS
from tests.repository.test_schema_tables import needs_the_pinned_schemas, provider_schemas
from tests.support.paths import ROOT

_spec = importlib.util.spec_from_file_location("make_names", ROOT / "tools/names/make_table.py")
make_names = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(make_names)

KNOWN = [
    ("AWS::DynamoDB::Table", ["TableName"]),
    ("AWS::S3::Bucket", ["BucketName"]),
    ("AWS::RDS::DBInstance", ["DBInstanceIdentifier"]),
    ("AWS::SQS::Queue", ["QueueName"]),
    ("AWS::SecretsManager::Secret", ["Name"]),
    ("AWS::Timestream::Table", ["DatabaseName", "TableName"]),
    ("AWS::Cognito::UserPool", None),  # A number is its identifier, and two pools may have one name.
    ("AWS::EFS::FileSystem", None),
    ("AWS::Batch::JobDefinition", None),
]


@pytest.mark.parametrize(("kind", "name"), KNOWN)
def test_the_name_of_a_type(kind, name):
    assert load_names().get(kind) == name


@needs_the_pinned_schemas
def test_the_table_is_what_the_schemas_and_the_overlay_give():
    table, problems = make_names.make_table(*provider_schemas())
    assert problems == []
    assert json.loads(make_names.TABLE.read_text()) == table


@needs_the_pinned_schemas
def test_each_protection_is_a_property_of_its_type():
    schemas, _date = provider_schemas()
    assert [kind for kind, one in PROTECTIONS.items() if one.path[0] not in schemas[kind]["properties"]] == []
