"""The secrets that scripts, configurations and programs assign, and the lines that only speak of one."""

from __future__ import annotations

import base64

import pytest

from cdkguard.text.secret_scripts import decode_base64, find_assigned_secrets

ASSIGNED = [
    "export DB_PASSWORD=hunter2hunter2",
    "DB_PASSWORD='hunter2hunter2' ./run",
    "export AWS_SECRET_ACCESS_KEY=EqV8ib8HDy88YtDtXbiufMdI8X2Y4rUmer+BH3M1",
    "mysql -h db -u app --password=hunter22 shop",
    "mysql -h db --password hunter22 shop",
    "db.password=hunter22",
    "db_password: hunter22",
    "  password: 'changeme'",
    '{"password": "hunter22"}',
    '"{\\"apiKey\\": \\"hunter22\\"}"',
    "client = connect(password='hunter22')",
    "const apiKey = 'hunter22hunter22';",
    'config["token"] = "hunter22hunter22"',
    "os.environ['API_TOKEN'] = 'hunter22hunter22'",
    "CREATE USER app IDENTIFIED BY 'hunter22'",
    "requirepass hunter22",
    "sshpass -p hunter22 ssh host",
    "curl -u admin:hunter22 https://example.com",
    "curl -H 'Authorization: Bearer a1b2c3d4e5f6' https://example.com",
    "echo 'root:hunter22' | chpasswd",
    "ENV JWT_SECRET=hunter22hunter22",
]
HARMLESS = [
    "export DB_PASSWORD=$(aws secretsmanager get-secret-value --secret-id shop --query SecretString --output text)",
    'export DB_PASSWORD="$DB_PASSWORD"',
    "export DB_PASSWORD=${DB_PASSWORD}",
    "export DB_PASSWORD=`cat /run/secrets/db`",
    "export DB_PASSWORD_FILE=/run/secrets/db",
    'TOKEN=$(curl -X PUT "http://169.254.169.254/latest/api/token" -H "X-aws-ec2-metadata-token-ttl-seconds: 21600")',
    'curl -H "X-aws-ec2-metadata-token: $TOKEN" http://169.254.169.254/latest/meta-data/',
    "docker login --username AWS --password-stdin registry",
    "aws ecr get-login-password --region eu-west-1",
    "password = os.environ['DB_PASSWORD']",
    "password = os.environ.get('DB_PASSWORD')",
    "token = event.get('token')",
    "connect(password=password, secret=secret)",
    "const secret = await client.send(new GetSecretValueCommand({ SecretId: process.env.SECRET_ARN }));",
    "const password = secret.password;",
    "const { password } = JSON.parse(data.SecretString);",
    "ResultToken=result_token",
    "Password=dbPassword",
    "token: process.env.TOKEN,",
    "password: dbPassword,",
    "result_token = 'No token found.'",
    "raise ValueError('password must be set')",
    "secret_name = 'shop/db'",
    "next_token = response.get('NextToken')",
    "kms_key = 'alias/orders'",
    "key = event['Records'][0]['s3']['object']['key']",
    "if password == '': pass",
    "def login(user, password): return check(user, password)",
    "passwd: files sss",
    "PasswordAuthentication no",
    "chage -M 90 user",
    "tokenizer = load('bert')",
    "print('password changed for ' + user)",
    "SecretId: shop/db",
    "--secret-id prod/shop --query SecretString",
    "{{ password }}",
    "login --password {{ password }}",
    "keys: [a, b, c]",
    "ssh-keygen -t rsa -f key",
    "public_key = 'ssh-rsa AAAAB3NzaC1yc2E'",
]


@pytest.mark.parametrize("line", ASSIGNED)
def test_a_line_that_assigns_a_secret(line: str) -> None:
    assert [*find_assigned_secrets(f"#!/bin/sh\n{line}\nexit 0\n")]


@pytest.mark.parametrize("line", HARMLESS)
def test_a_line_that_only_speaks_of_one(line: str) -> None:
    assert not [*find_assigned_secrets(f"#!/bin/sh\n{line}\nexit 0\n")]


def test_sections_of_a_build_that_name_secrets_are_left_out() -> None:
    build = "version: 0.2\nenv:\n  secrets-manager:\n    DB_PASSWORD: 'shop:password1'\n  variables:\n    STAGE: prod\n"
    assert not [*find_assigned_secrets(build)]
    assert [*find_assigned_secrets(build + "    API_TOKEN: hunter22hunter22\n")]
    assert [*find_assigned_secrets("secrets-manager: {a: [\nPASSWORD=hunter22")]  # no YAML: nothing is left out


def test_only_base64_of_a_text_is_decoded() -> None:
    encoded = base64.b64encode(b"export DB_PASSWORD=hunter2hunter2\n").decode()
    assert decode_base64(encoded) == "export DB_PASSWORD=hunter2hunter2\n"
    assert decode_base64("short") == "short"
    assert decode_base64("/" * 24) == "/" * 24
    assert decode_base64("A" * 25) == "A" * 25


def test_a_long_text_is_read_in_linear_time() -> None:
    assert not [*find_assigned_secrets("password " * 30_000)]
    assert not [*find_assigned_secrets("token = " + "a.b" * 60_000 + "(")]
