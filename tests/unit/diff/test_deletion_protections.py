"""The table of deletion protections holds every one that the provider schemas have."""

import re

from cdkguard.diff.deletion_protections import PROTECTIONS, name_protection
from tests.repository.test_schema_tables import decisions

PROTECTS = re.compile(r"(?:Delet|Terminat)\w*Protect|DeleteProtection$|DisableApiTermination$")
# What does not make the deletion of the resource fail in any case, or protects something else.
OTHERS = {
    ("AWS::AppConfig::ConfigurationProfile", "DeletionProtectionCheck"),  # Only while it is in use.
    ("AWS::AppConfig::Environment", "DeletionProtectionCheck"),
    ("AWS::ECS::CapacityProvider", "AutoScalingGroupProvider.ManagedTerminationProtection"),  # Of tasks' instances.
}


def test_every_protection_of_the_schemas_is_in_the_table():
    decided = decisions.read_table("protection")
    found = {
        (kind, path)
        for (kind, path), one in decided.items()
        if PROTECTS.search(path) and "none" not in one.made and not re.search("DeletionProtectionConfiguration", path)
    }
    known = {(kind, ".".join(one.path)) for kind, one in PROTECTIONS.items()}
    names = {(kind, path.replace("[]", "")) for kind, path in found} - OTHERS
    assert [
        one for one in sorted(names) if not any(kind == one[0] and path.startswith(one[1]) for kind, path in known)
    ] == []


def test_the_name_of_a_protection():
    assert name_protection("AWS::DynamoDB::Table") == "DeletionProtectionEnabled"
    assert name_protection("AWS::SNS::Topic") == ""
