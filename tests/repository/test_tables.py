"""What is written down of AWS, its peers and the rule language changes on purpose only: the tables, word for word."""

import json

from cdkguard.access import grants as iam
from cdkguard.access import patterns as globs
from cdkguard.access import policy_locations, principals, security_groups, wording, workload_roles
from cdkguard.access import stack_index as views
from cdkguard.aws import addresses, arns, policies
from cdkguard.config import environments
from cdkguard.diff import asset_hashes, data_parts, renames
from cdkguard.engine import weakening
from cdkguard.language import operators
from cdkguard.suppressions import peers as honour
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
        "the ARN of a physical name": arns.OWN_NAMES,
        "names that a resource may have": renames.PHYSICAL_NAMES,
        "types whose Ref is an ARN": views._REF_IS_ARN,
        "what managed policies come to": principals._MANAGED_POLICIES,
        "the worst of them": principals._ADMINISTRATOR_POLICIES,
        "the mild ones": principals._HARMLESS_POLICIES,
        "condition keys that restrict the caller": policies.RESTRICTING,
        "claims of a token": policies._IDENTITY_TOKEN,
        "condition keys that say whose": wording._CALLER_ORIGIN_KEYS,
        "principals that are ours": wording._OWN_PRINCIPAL,
        "guards of a trust": iam._CALLER_KEYS,
        "actions that hand on identities": iam._IDENTITY_ACTIONS.split(),
        "actions that hand on permissions": iam._PERMISSION_ACTIONS.split(),
        "actions that read": iam._READING_ACTION,
        "values that may be any text": globs._MAY_BE_ANYTHING,
        "values that only point to a secret": credentials._ELSEWHERE,
        "keys that say who": asset_hashes.KEYS_THAT_SAY_WHO,
        "properties that hold a role": workload_roles._ROLE_PROPERTIES,
        "properties that hold security groups": security_groups._GROUP_PROPERTIES,
        "ports of administration and databases": security_groups._ADMIN_PORTS,
        "protocols": security_groups._PROTOCOLS,
        "who is let in": security_groups._PEERS,
        "private networks": addresses._PRIVATE,
        "words of environments": environments._WORDS,
        "keys that tell elements of a list apart": weakening._KEYS,
        "packs of cdk-nag": honour._NAG_PACKS,
        "operators": list(operators.OPERATORS),
        "operators that are asked about what is absent": {o.name for o in records if o.absent is None},
        "operators that are asked about what is not known": {o.name for o in records if o.deferred is None},
        "operators that hold of what is absent": {o.name: True for o in records if o.absent is operators.always},
    }
    golden("tables.json", json.dumps(tables, indent=1, default=plain, ensure_ascii=False) + "\n")
