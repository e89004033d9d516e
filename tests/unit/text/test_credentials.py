"""What counts as a secret in plain text, and what only looks like one."""

from __future__ import annotations

import pytest

from cdkguard.text import credentials
from cdkguard.text.secret_values import is_secret_text

RANDOM_40 = "q7Zk2Lw9Xe4Vb1Nm8Rt5Yp3Sd6Fg0Hj/cA+uTiOo"  # the shape of an AWS secret access key, made up
ACCESS_KEY = "AKIA" + "Q3EGTZ5XNBCW7LMP"  # written in two parts so that no scanner takes this file for a leak


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        (ACCESS_KEY, "aws access key"),
        (f"export AWS_ACCESS_KEY_ID={ACCESS_KEY}\n", "aws access key"),
        ("-----BEGIN RSA PRIVATE " + "KEY-----\nMIIE", "private key"),
        ("-----BEGIN PRIVATE " + "KEY-----", "private key"),
        ("ghp_" + "a1B2" * 9, "github token"),
        ("xoxb-" + "123456789012-abcdef", "slack token"),
        ("sk_live_" + "a1b2c3d4e5f6g7h8", "stripe key"),
        ("sk-ant-" + "api03-abcdefghijklmnopqrst", "anthropic key"),
        ("sk-proj-" + "a1b2_c3d4-" * 4, "openai key"),
        ("postgres://app:hunter22@db.internal:5432/orders", "url credentials"),
        ("redis://:hunter22@cache:6379", "url credentials"),
        ("ab://:abc@", "url credentials"),  # the shortest of all
    ],
)
def test_a_credential_is_known_by_its_shape(text: str, shape: str) -> None:
    assert credentials.find_credential_kind(text) == shape


@pytest.mark.parametrize(
    "text",
    [
        "arn:aws:secretsmanager:eu-west-1:123456789012:secret:orders/db-AbCdEf",
        "https://sqs.eu-west-1.amazonaws.com/123456789012/orders",
        "https://example.com:8443/path@v2",
        "postgres://§:§@§:5432/orders",
        "postgres://app:{{resolve:secretsmanager:db:SecretString:password}}@db/orders",
        "postgres://<user>:<password>@<host>/orders",
        "mysql://app:****@db/orders",
        "ssh://git@github.com/org/repo.git",
        "-----BEGIN CERTIFICATE-----",
        "-----BEGIN PUBLIC KEY-----",
        "disk-0123456789abcdef0123456789abcdef",  # ends in sk-
        "XAKIAQ3EGTZ5XNBCW7LMPX",
        "0b7c1f0e-4f5a-4c1c-9f7e-2d8a1b3c4d5e",
        "55e7e7703f17c41f276caf8f1a1b744d674259f8",
    ],
)
def test_text_that_only_looks_like_a_credential(text: str) -> None:
    assert credentials.find_credential_kind(text) is None


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("DB_PASSWORD", "hunter22"),
        ("dbPassword", "hunter22"),
        ("PASSWORD", "a/b"),
        ("apiKey", "0b7c1f0e-4f5a-4c1c-9f7e-2d8a1b3c4d5e"),
        ("AUTH_TOKEN", "abc123"),
        ("CLIENT_SECRET", "s3cr3t"),
        ("AWS_ACCESS_KEY_ID", "Tests"),
        ("AWS_SECRET_ACCESS_KEY", "Tests"),
        ("SETTING", RANDOM_40),
    ],
)
def test_a_named_value_is_a_secret(name: str, text: str) -> None:
    assert is_secret_text(name, text)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("DB_PASSWORD", "{{resolve:secretsmanager:orders/db:SecretString:password}}"),
        ("DB_PASSWORD", "{{resolve:secretsmanager:§:SecretString:password::}}"),  # as CDK joins it
        ("DB_PASSWORD", "§"),
        ("DB_PASSWORD", ""),
        ("DB_PASSWORD", "<set in the console>"),
        ("DB_PASSWORD_PARAMETER", "/orders/db/password"),
        ("DB_PASSWORD", "/orders/db/password"),
        ("DB_SECRET", "prod/orders/db"),
        ("APP_PRIVATE_KEY_SECRET_NAME", "my-secret"),
        ("SECRET_ARN", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:x"),
        ("TOKEN_URL", "https://example.com/token"),
        ("TOKEN", "https://example.com/token"),
        ("TOKEN_TTL", "3600"),
        ("SESSION_TOKEN", "3600"),
        ("MAX_TOKENS", "4096"),
        ("REQUIRE_PASSWORD", "true"),
        ("USE_API_KEY", "yes"),
        ("GIT_SHA", "55e7e7703f17c41f276caf8f1a1b744d674259f8"),
        ("REQUEST_ID", "0b7c1f0e-4f5a-4c1c-9f7e-2d8a1b3c4d5e"),
        ("HANDLER", "ordersServiceOrderCreatedEventHandlerV12"),
        ("TABLE_NAME", "orders"),
    ],
)
def test_a_named_value_is_no_secret(name: str, text: str) -> None:
    assert not is_secret_text(name, text)


def test_a_credential_of_known_shape_is_not_counted_by_name_as_well() -> None:
    assert credentials.find_credential_kind(ACCESS_KEY)
    assert not is_secret_text("AWS_ACCESS_KEY_ID", ACCESS_KEY)


def test_the_shape_of_an_aws_secret_key_counts_whatever_the_name_and_though_it_looks_like_a_path() -> None:
    pathlike = "wQ7ZkLw9Xe4Vb1/Nm8Rt5Yp/3Sd6Fg0HjcAuTiOo"
    assert all(is_secret_text(name, pathlike) for name in ("secret", "setting", "AWS_SECRET_ACCESS_KEY"))
    assert not is_secret_text("secret", "prod/orders/db")


@pytest.mark.parametrize("name", ["/orders/db/password", "orders-api-key", "/orders/access-token"])
def test_a_name_may_be_a_path(name: str) -> None:
    assert is_secret_text(name, "hunter22hunter22")


@pytest.mark.parametrize("prefix", ["ghp_", "gho_", "ghu_", "ghs_", "ghr_"])
def test_each_mark_is_looked_for(prefix: str) -> None:
    assert credentials.find_credential_kind(prefix + "a1" * 18) == "github token"


@pytest.mark.parametrize("text", ["sk-" + "a1" * 16, "sk-proj-" + "a1" * 16])
def test_a_key_of_openai(text: str) -> None:
    assert credentials.find_credential_kind(text) == "openai key"
    assert credentials.hide_credentials(f"the key {text}.") == f"the key (hidden, {len(text)} characters)."


@pytest.mark.parametrize("value, found", [("12345", False), ("123456", True), ("1234a", True), ("prod/db", False)])
def test_short_numbers_and_paths_are_no_secrets(value: str, found: bool) -> None:
    assert is_secret_text("API_TOKEN", value) is found


def test_a_secret_by_name_may_look_like_a_path_only_where_it_is_no_password() -> None:
    assert is_secret_text("DB_PASSWORD", "prod/db") and not is_secret_text("SECRET", "prod/db")


@pytest.mark.parametrize(
    "line", ["password='hunter2'", 'api_key = "hunter2"', "secret: `hunter2`", 'f(password="hunter2']
)
def test_a_line_of_code_keeps_its_secrets(line: str) -> None:
    shown = credentials.hide_secrets_in_code(line, False)
    assert "hunter2" not in shown and "(hidden)" in shown and shown.startswith(line[:5])
    assert "hunter2" not in credentials.hide_secrets_in_code(line.replace("password", "other"), True)


def test_a_line_of_code_without_a_secret_stays() -> None:
    assert credentials.hide_secrets_in_code('name = "orders"', False) == 'name = "orders"'
    assert credentials.hide_secrets_in_code('name = "orders"', True) == 'name = "(hidden)"'


@pytest.mark.parametrize("name, hidden", [("MasterUserPassword", True), ("Tokens", True), ("SecretKey", True), ("TokenTtl", False), ("Name", False)])  # fmt: skip
def test_what_is_named_so_is_hidden(name: str, hidden: bool) -> None:
    assert credentials.is_secret_name(name) is hidden
    shown = credentials.mask_secrets(f"Properties.{name}", "hunter2")
    assert shown == ("(hidden, 7 characters)" if hidden else "hunter2")


@pytest.mark.parametrize("names", [("Name", "Value"), ("name", "value"), ("Key", "Value"), ("key", "value"), ("ParameterKey", "ParameterValue"), ("OptionName", "Value")])  # fmt: skip
def test_a_pair_is_named_by_its_other_half(names: tuple[str, str]) -> None:
    name, value = names
    pair = {name: "DB_PASSWORD", value: "hunter2"}
    assert credentials.find_name_beside(pair, value) == "DB_PASSWORD" and credentials.find_name_beside(pair, name) == ""
    assert credentials.mask_secrets("Environment[0]", [pair]) == [
        {name: "DB_PASSWORD", value: "(hidden, 7 characters)"}
    ]
    assert credentials.find_name_beside({value: "x"}, value) == "" and credentials.find_name_beside([pair], value) == ""


def test_references_to_a_secret_stay_readable() -> None:
    for text in ("arn:aws:secretsmanager:eu-west-1:1:secret:x", "{{resolve:ssm:/a}}", ""):
        assert credentials.mask_secrets("Password", text) == text
    assert credentials.mask_secrets("Password[0][1]", "hunter2") == "(hidden, 7 characters)"
