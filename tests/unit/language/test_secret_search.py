"""Secrets inside values of any form, and references that bring one in."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable

import pytest

from cdkguard._typing import Json
from cdkguard.language.secret_search import brings_secret, holds_secret
from cdkguard.template.scope import Scope

WORD = "hunter2hunter2"
TEMPLATE = {
    "Parameters": {
        "Hidden": {"Type": "String", "NoEcho": True},
        "AlsoHidden": {"Type": "String", "NoEcho": "true"},
        "Shown": {"Type": "String"},
        "Given": {"Type": "String", "Default": WORD},
    },
    "Mappings": {"M": {"a": {"word": WORD}}},
    "Resources": {"Key": {"Type": "AWS::IAM::AccessKey"}},
}


@pytest.mark.parametrize(
    "value",
    [
        {"DB_PASSWORD": WORD},
        {"a": {"b": [{"apiKey": WORD}]}},
        [{"Name": "DB_PASSWORD", "Value": WORD}],
        [{"OptionName": "DBPassword", "Value": WORD}],
        [{"HeaderName": "x-origin-secret", "HeaderValue": WORD}],
        {"password": {"type": "String", "default": WORD}},
        json.dumps({"password": WORD}),
        json.dumps({"inner": json.dumps({"password": WORD})}),
        base64.b64encode(f"export DB_PASSWORD={WORD}".encode()).decode(),
        {"Fn::Base64": f"export DB_PASSWORD={WORD}"},
        {"Fn::Base64": {"Fn::Sub": ["export DB_PASSWORD=${P}", {"P": WORD}]}},
        {"Fn::Base64": {"Fn::Join": ["\n", ["#!/bin/sh", {"Fn::Join": ["=", ["export DB_PASSWORD", WORD]]}]]}},
        {"Fn::Join": ["", ['{"Resource":"', {"Fn::GetAtt": ["Fn", "Arn"]}, '","password":"', WORD, '"}']]},
        {"DB_PASSWORD": {"Ref": "Given"}},
        {"DB_PASSWORD": {"Fn::FindInMap": ["M", "a", "word"]}},
        {"Fn::Sub": "DB_PASSWORD=${Given}"},
        {"KEY": {"Fn::GetAtt": ["Key", "SecretAccessKey"]}},
        {"Fn::Sub": "KEY=${Key.SecretAccessKey}"},
        ["run", "--password", WORD],
        ["run", {"Fn::Sub": "--password"}, WORD],
        ["sh", "-c", f"mysql --password={WORD}"],
    ],
)
def test_a_secret_is_found_in_every_form(value: Json) -> None:
    assert holds_secret(value, Scope(TEMPLATE))


@pytest.mark.parametrize(
    "value",
    [
        {},
        "",
        None,
        3,
        {"DB_PASSWORD": {"Ref": "Hidden"}},
        {"DB_PASSWORD": {"Ref": "Shown"}},
        {"DB_PASSWORD": "{{resolve:secretsmanager:orders:SecretString:password}}"},
        {"DB_PASSWORD_ARN": {"Ref": "Key"}},
        {"Fn::Sub": "DB_PASSWORD=${Shown}"},
        {"KEY": {"Ref": "Key"}},
        [{"Name": "DB_PASSWORD", "Type": "SECRETS_MANAGER", "Value": "orders:password"}],
        {"env": {"secrets-manager": {"DB_PASSWORD": "orders:password"}}},
        {"Parameters": {"Password.$": "$.password", "TaskToken.$": "$$.Task.Token"}},
        json.dumps({"secretName": "shop/db"}),
        ["run", "--password-file", "/run/secrets/db"],
        base64.b64encode(b"\xff\xfe" * 20).decode(),
        "{not json",
    ],
)
def test_what_refers_to_a_secret_holds_none(value: Json) -> None:
    assert not holds_secret(value, Scope(TEMPLATE))


@pytest.mark.parametrize(
    ("value", "brings"),
    [
        ({"Ref": "Hidden"}, True),
        ({"Ref": "AlsoHidden"}, True),
        ({"Fn::Sub": "x${Hidden}"}, True),
        ({"Fn::Join": ["", ["x", {"Ref": "Hidden"}]]}, True),
        ({"Fn::GetAtt": "Key.SecretAccessKey"}, True),
        ({"Fn::GetAtt": ["Describe", "UserPoolClient.ClientSecret"]}, True),
        ({"Ref": "Shown"}, False),
        ({"Ref": "Key"}, False),
        ({"Fn::GetAtt": ["Key", "Arn"]}, False),
        ("Hidden", False),
        ("{{resolve:secretsmanager:orders}}", False),
    ],
)
def test_a_reference_brings_in_a_secret(value: Json, brings: bool) -> None:
    assert brings_secret(value, Scope(TEMPLATE)) is brings


@pytest.mark.parametrize("search", [holds_secret, brings_secret])
def test_a_value_without_end_is_refused_and_not_passed(search: Callable[[Json, Scope], bool]) -> None:
    deep: Json = {"password": WORD}
    for _ in range(200):
        deep = {"a": [deep]}
    with pytest.raises(RecursionError):
        search(deep, Scope(TEMPLATE))
