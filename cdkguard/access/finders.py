"""The functions that find widenings, one for each way in which access is given."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from cdkguard.access.attached_groups import find_attached_resource_widenings
from cdkguard.access.function_urls import find_url_widenings
from cdkguard.access.identity_policies import find_identity_widenings
from cdkguard.access.resource_policies import find_resource_policy_widenings
from cdkguard.access.security_groups import find_group_widenings, find_prefix_list_widenings
from cdkguard.access.stack_index import StackIndex
from cdkguard.access.widening import Widening
from cdkguard.access.workload_roles import find_workload_widenings

# Each takes the stack before and after. Where two find the same, the first counts.
FINDERS: tuple[Callable[[StackIndex, StackIndex], Iterator[Widening]], ...] = (
    find_identity_widenings,
    find_resource_policy_widenings,
    find_url_widenings,
    find_group_widenings,
    find_prefix_list_widenings,
    find_workload_widenings,
    find_attached_resource_widenings,
)
