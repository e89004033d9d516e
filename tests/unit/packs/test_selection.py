"""Rules are chosen by profile, pack, id or glob."""

import pytest

from cdkguard.errors import ConfigError
from cdkguard.packs.load import load_packs
from cdkguard.packs.selection import select_rules

pytestmark = pytest.mark.usefixtures("own_cache")


def test_no_selection_leaves_out_what_says_that_nobody_judged():
    rules = load_packs(()).rules
    unseen = {
        "context-missing",
        "deployed-template-unread",
        "nested-template-unread",
        "template-macro",
        "template-module",
    }
    assert {r.id for r in select_rules(rules, ["dynamodb-pitr"], ["*template*"])} == {"dynamodb-pitr", *unseen}
    for name in ("unseen", "template-macro"):
        with pytest.raises(ConfigError, match=f"'{name}' says what nobody has judged"):
            select_rules(rules, ["all"], [name])


def test_a_selector_that_names_nothing_is_an_error():
    rules = load_packs().rules
    with pytest.raises(ConfigError, match="did you mean 'data-retention'"):
        select_rules(rules, ["data-retentoin"])
    with pytest.raises(ConfigError, match="nothing would be judged"):
        select_rules(rules, ["data-retention"], ["data-*"])
    assert select_rules(rules, ["all"]) == rules
