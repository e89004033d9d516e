"""Finds secrets inside any value: assigned by a script or settings, in JSON or Base64, or brought in by a reference."""

from __future__ import annotations

from collections.abc import Iterator

from cdkguard._typing import Json
from cdkguard.language.comparisons import has_no_echo
from cdkguard.template.functions import FUNCTIONS, is_intrinsic
from cdkguard.template.scope import Scope
from cdkguard.template.values import ABSENT, Deferred, scalar_text
from cdkguard.text.secret_scripts import REFERENCE_SECTIONS, decode_base64, find_assigned_secrets
from cdkguard.text.secret_values import is_secret_text

_DEEPEST = 100  # levels of a value that are looked at; deeper ones are UNKNOWN
# The attributes of resources that are secrets, as the provider schemas and CDK's own custom resources name them.
# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-accesskey.html
SECRET_ATTRIBUTES = frozenset({"SecretAccessKey", "ClientSecret", "ServicePassword", "ServiceCredentialSecret"})
# The keys of a name and of the value beside it, in lists of pairs.
NAME_KEYS = ("Name", "name", "Key", "key", "Variable", "OptionName", "HeaderName", "ParameterKey")
VALUE_KEYS = ("Value", "value", "HeaderValue", "ParameterValue", "StringValue")
# Keys below a name that give its value.
_VALUE_OF_NAME = frozenset({"default", "Default", "defaultValue", "value", "Value", "content", *VALUE_KEYS})
# CodeBuild: the value of such an environment variable is the name of a secret, not the secret.
# https://docs.aws.amazon.com/codebuild/latest/APIReference/API_EnvironmentVariable.html
STORED_ELSEWHERE = ("PARAMETER_STORE", "SECRETS_MANAGER")


def holds_secret(value: Json, scope: Scope) -> bool:
    """Whether a value of any form holds a secret in plain text."""
    return next(find_secret_names(value, scope), None) is not None


def find_secret_names(value: Json, scope: Scope, name: str = "", deep: int = 0) -> Iterator[str]:
    """What each secret in plain text in a value of any form is called; `name` is what the value is called.

    "" for one without a name, such as the argument of a command.
    """
    if deep > _DEEPEST:
        raise RecursionError("nested too deeply to be judged")
    if isinstance(value, dict) and brings_secret(value, scope, False):
        yield name
        return

    found = scope.resolve(value)
    if isinstance(found, Deferred):
        if found.kind == "text":
            yield from _find_in_text(found.text(), scope, name, deep)
    elif isinstance(found, dict):
        yield from _find_in_mapping(found, scope, name, deep)
    elif isinstance(found, list):
        yield from _find_in_list(found, scope, name, deep)
    elif found is not ABSENT and (text := scalar_text(found)) is not None:
        yield from _find_in_text(text, scope, name, deep)


def _find_in_text(text: str, scope: Scope, name: str, deep: int) -> Iterator[str]:
    if name and is_secret_text(name, text):
        yield name
        return
    if len(text) < 8:
        return
    text = decode_base64(text)
    if text.lstrip()[:1] in ("{", "[") and (parsed := _parse_json(text)) is not None:
        yield from find_secret_names(parsed, scope, "", deep + 1)
    else:
        yield from find_assigned_secrets(text)


def _parse_json(text: str) -> Json:
    import json

    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None  # a script, which is read as text


def _find_in_mapping(found: Json, scope: Scope, name: str, deep: int) -> Iterator[str]:
    if scope.resolve(found.get("Type")) in STORED_ELSEWHERE:
        return
    beside = next((n for key in NAME_KEYS if key in found and isinstance(n := scope.resolve(found[key]), str)), name)
    for key, item in found.items():
        if key in REFERENCE_SECTIONS:
            continue
        called = beside if key in _VALUE_OF_NAME and beside else str(key)
        yield from find_secret_names(item, scope, called, deep + 1)


def _find_in_list(found: list[Json], scope: Scope, name: str, deep: int) -> Iterator[str]:
    """A list of commands, of arguments (`--password`, `hunter2`) or of any values."""
    option = ""
    for item in found:
        yield from find_secret_names(item, scope, option or name, deep + 1)
        text = scope.resolve(item)
        option = text.lstrip("-") if isinstance(text, str) and text.startswith("-") and "=" not in text else ""


def brings_secret(value: Json, scope: Scope, hidden: bool = True) -> bool:
    """Whether a reference brings in a secret of another resource, or where `hidden` the value of a NoEcho parameter."""
    for name, attribute in _find_links(value, 0):
        if attribute is not None and attribute.rpartition(".")[2] in SECRET_ATTRIBUTES:
            return True
        if hidden and attribute is None and has_no_echo(scope, name):
            return True
    return False


def _find_links(value: Json, deep: int) -> Iterator[tuple[str, str | None]]:
    if deep > _DEEPEST:
        raise RecursionError("nested too deeply to be judged")
    if isinstance(value, dict):
        if is_intrinsic(value):
            ((function, operand),) = value.items()
            yield from FUNCTIONS[function].links(operand)
        for item in value.values():
            yield from _find_links(item, deep + 1)
    elif isinstance(value, list):
        for item in value:
            yield from _find_links(item, deep + 1)
