"""The profiles of AWS's shared configuration files."""

import pytest

from cdkguard.errors import InputError
from cdkguard.inputs.aws_profiles import Profiles, named_profile, parse_sections, read_profiles


def test_sections_settings_and_comments():
    text = "# c\n[default]\nregion=eu-west-1\n; c\n[profile a b]\nrole_arn = arn:x = y\ns3 =\n  region = no\n\n[empty]\nnonsense\n"
    assert parse_sections(text) == {
        "default": {"region": "eu-west-1"},
        "profile a b": {"role_arn": "arn:x = y", "s3": ""},
        "empty": {},
    }


def test_both_files_are_read_and_the_credentials_win(tmp_path, monkeypatch):
    (tmp_path / "config").write_text(
        "[profile p]\nregion = eu-west-1\naws_access_key_id = A\n[default]\nregion = us-west-2\n"
    )
    (tmp_path / "credentials").write_text("[p]\naws_access_key_id = B\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    found = read_profiles()
    assert found.settings_of("p") == {"region": "eu-west-1", "aws_access_key_id": "B"}
    assert found.settings_of("none") == {}


@pytest.mark.parametrize(
    "credentials, config, region",
    [
        ({"p": {"region": "a"}}, {"p": {"region": "b"}}, "a"),
        ({"p": {}}, {"p": {"region": "b"}, "default": {"region": "c"}}, "b"),
        ({}, {"default": {"region": "c"}}, "c"),
        ({"default": {"region": "d"}}, {"default": {"region": "c"}}, "d"),
        ({}, {}, None),
    ],
)
def test_the_region_is_found_in_the_order_of_the_cdk_cli(credentials, config, region):
    assert Profiles(credentials, config).region_of("p") == region


def test_a_file_that_cannot_be_read_is_named(tmp_path, monkeypatch):
    (tmp_path / "config").write_bytes(b"\xff\xfe[\x00")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    with pytest.raises(InputError, match="config: cannot be read"):
        read_profiles()


@pytest.mark.parametrize(
    "explicit, variables, name",
    [
        ("x", {"AWS_PROFILE": "y"}, "x"),
        (None, {"AWS_PROFILE": "y", "AWS_DEFAULT_PROFILE": "z"}, "y"),
        (7, {"AWS_DEFAULT_PROFILE": "z"}, "z"),
        (None, {}, None),
    ],
)
def test_the_profile_that_is_named(explicit, variables, name, monkeypatch):
    for key, value in variables.items():
        monkeypatch.setenv(key, value)
    assert named_profile(explicit) == name
