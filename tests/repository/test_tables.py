"""What is written down of AWS, its peers and the rule language changes on purpose only: the tables, word for word."""

import json

from cdkguard.access import (
    admin_ports,
    callers,
    group_rules,
    implied_tests,
    lost_conditions,
    managed_policies,
    patterns,
    policy_locations,
    resource_types,
    risk,
    severity,
    stack_index,
)
from cdkguard.aws import addresses, arn_patterns, arns, condition_tests, identity_providers
from cdkguard.config import environment_words
from cdkguard.diff import (
    asset_hashes,
    attributes,
    data_parts,
    deletion_protections,
    fronts,
    renames,
    replacement_conditions,
    served,
)
from cdkguard.engine import weakening
from cdkguard.language import operators
from cdkguard.suppressions import peers
from cdkguard.text import credentials


def plain(value):
    return (
        value.pattern
        if hasattr(value, "pattern")
        else sorted(value)
        if isinstance(value, set | frozenset)
        else repr(value)
    )


def test_tables(golden):
    records = operators.OPERATORS.values()
    tables = {
        "where resource policies stand": policy_locations.POLICY_LOCATIONS,
        "what holds data inside a resource": data_parts.DATA_PARTS,
        "changes of value that keep the resource": replacement_conditions.KEEPING_VALUES,
        "what neighbours of a property decide": replacement_conditions.NEIGHBOUR_EFFECTS,
        "what an update policy decides": replacement_conditions.POLICY_EFFECTS,
        "what the coming and going of a property decides": replacement_conditions.PRESENCE_EFFECTS,
        "custom resources that answer with an identifier": attributes._STEADY,
        "properties that a custom resource is not asked about": attributes._NOT_ASKED,
        "what protects a resource from deletion": deletion_protections.PROTECTIONS,
        "what fills a new resource with data": served.ORIGINS,
        "the ARN of a physical name": arns.OWN_NAMES,
        "names that a resource may have": renames.PHYSICAL_NAMES,
        "types of which several resources may have one Name": renames.NAMESAKES,
        "names of the app's own that lead to a resource": fronts.FRONTS,
        "types whose Ref is an ARN": stack_index._REF_IS_ARN,
        "what managed policies come to": managed_policies._MANAGED_POLICIES,
        "the worst of them": managed_policies._ADMINISTRATOR_POLICIES,
        "the mild ones": managed_policies._HARMLESS_POLICIES,
        "condition keys that restrict the caller": condition_tests.RESTRICTING,
        "condition keys that limit no identity": condition_tests.LIMITS_NOTHING,
        "condition keys that each request of an identity has": condition_tests.ALWAYS_PRESENT,
        "claims of a token": condition_tests.IDENTITY_TOKEN,
        "identity providers of many customers": identity_providers.SHARED_PROVIDERS,
        "one resource of each kind": arn_patterns.EVERY,
        "services whose ARNs have no type": arn_patterns._WITHOUT_TYPE,
        "condition keys that say whose": severity._CALLER_ORIGIN_KEYS,
        "condition keys that name an organization": callers._ORGANIZATION_KEYS,
        "condition keys that name an account": callers._ACCOUNT_KEYS,
        "condition keys for the account in an ARN": implied_tests._ACCOUNT_IN_ARN,
        "condition keys of the same value": implied_tests._SAME_VALUE,
        "condition keys for the organization in a path": implied_tests._ORGANIZATION_IN_PATH,
        "condition keys that are true if another is there": implied_tests._TRUE_IF_THERE,
        "principals that are ours": severity._OWN_PRINCIPAL,
        "guards of a trust": lost_conditions._CALLER_KEYS,
        "actions that hand on identities": risk._IDENTITY_ACTIONS,
        "actions that hand on permissions": risk._PERMISSION_ACTIONS,
        "actions that read": risk._READING_ACTION,
        "values that may be any text": patterns._MAY_BE_ANYTHING,
        "values that only point to a secret": credentials.ELSEWHERE,
        "keys that say who": asset_hashes.KEYS_THAT_SAY_WHO,
        "properties that hold a role": resource_types._ROLE_PROPERTIES,
        "properties that hold security groups": resource_types._GROUP_PROPERTIES,
        "ports of administration and databases": admin_ports.ADMIN_PORTS,
        "protocols": group_rules._PROTOCOLS,
        "who is let in": group_rules._PEERS,
        "private networks": addresses._PRIVATE,
        "words of environments": environment_words._WORDS,
        "keys that tell elements of a list apart": weakening._NAME_KEYS,
        "packs of cdk-nag": peers.PEERS["cdk-nag"].id_prefixes,
        "operators": list(operators.OPERATORS),
        "operators that are asked about what is absent": {o.name for o in records if o.absent is None},
        "operators that are asked about what is not known": {o.name for o in records if o.deferred is None},
        "operators that hold of what is absent": {o.name: True for o in records if o.absent is operators.always},
    }
    golden("tables.json", json.dumps(tables, indent=1, default=plain, ensure_ascii=False) + "\n")
