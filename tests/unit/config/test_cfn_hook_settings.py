"""The key `cfn_hook` of the configuration."""

import json

import pytest

from cdkguard.config.load import config_of_data
from cdkguard.config.settings import CfnHookSettings
from cdkguard.errors import ConfigError
from tests.support.paths import PACKAGE


def test_the_settings_are_read():
    data = {"unknown": "fail", "keep": ["A*"], "delete": ["dev"], "read_stack": True}
    assert config_of_data({"cfn_hook": data}).cfn_hook == CfnHookSettings("fail", ("A*",), ("dev",), True)
    assert config_of_data({}).cfn_hook == CfnHookSettings()


@pytest.mark.parametrize(
    "data, words",
    [
        ({"unknown": "pass"}, "unknown"),
        ({"deletes": ["dev"]}, "did you mean 'delete'"),
        ({"delete": ["prodd"]}, "prodd"),
        ({"read_stack": "yes please"}, "read_stack"),
        ([], "cfn_hook"),
    ],
)
def test_a_mistake_is_refused(data, words):
    with pytest.raises(ConfigError, match=words):
        config_of_data({"cfn_hook": data})


def test_the_schema_has_the_same_keys():
    schema = json.loads((PACKAGE / "schemas/config.schema.json").read_text(encoding="utf-8"))
    assert set(schema["properties"]["cfn_hook"]["properties"]) == set(CfnHookSettings._fields)


def test_unseen_deletions_are_for_environments_that_are_not_strict():
    assert CfnHookSettings().may_delete("dev", {"prod"}) and not CfnHookSettings().may_delete("prod", {"prod"})
    assert not CfnHookSettings(delete=()).may_delete("dev", {"prod"})
