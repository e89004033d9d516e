"""Finds secrets inside any value: assigned by a script or settings, in JSON or Base64, or brought in by a reference."""

from __future__ import annotations

from collections.abc import Iterator

from cdkguard._typing import Json
from cdkguard.language.comparisons import has_no_echo
from cdkguard.template.functions import FUNCTIONS, is_intrinsic
from cdkguard.template.scope import Scope
from cdkguard.template.values import ABSENT, Deferred, scalar_text
from cdkguard.text.secret_scripts import REFERENCE_SECTIONS, decode_base64, holds_assigned_secret
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


def holds_secret(value: Json, scope: Scope, name: str = "", deep: int = 0) -> bool:
    """Whether a value of any form holds a secret in plain text; `name` is what it is called."""
    if deep > _DEEPEST:
        raise RecursionError("nested too deeply to be judged")
    if isinstance(value, dict) and brings_secret(value, scope, False):
        return True

    found = scope.resolve(value)
    if isinstance(found, Deferred):
        return found.kind == "text" and _text_holds_secret(found.text(), scope, name, deep)
    if isinstance(found, dict):
        return _mapping_holds_secret(found, scope, name, deep)
    if isinstance(found, list):
        return _list_holds_secret(found, scope, name, deep)
    text = scalar_text(found)
    return text is not None and found is not ABSENT and _text_holds_secret(text, scope, name, deep)


def _text_holds_secret(text: str, scope: Scope, name: str, deep: int) -> bool:
    if name and is_secret_text(name, text):
        return True
    if len(text) < 8:
        return False
    text = decode_base64(text)
    if text.lstrip()[:1] in ("{", "[") and (parsed := _parse_json(text)) is not None:
        return holds_secret(parsed, scope, "", deep + 1)
    return holds_assigned_secret(text)


def _parse_json(text: str) -> Json:
    import json

    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None  # a script, which is read as text


def _mapping_holds_secret(found: Json, scope: Scope, name: str, deep: int) -> bool:
    if scope.resolve(found.get("Type")) in STORED_ELSEWHERE:
        return False
    beside = next((n for key in NAME_KEYS if key in found and isinstance(n := scope.resolve(found[key]), str)), name)
    for key, item in found.items():
        if key in REFERENCE_SECTIONS:
            continue
        called = beside if key in _VALUE_OF_NAME and beside else str(key)
        if holds_secret(item, scope, called, deep + 1):
            return True
    return False


def _list_holds_secret(found: list[Json], scope: Scope, name: str, deep: int) -> bool:
    """A list of commands, of arguments (`--password`, `hunter2`) or of any values."""
    option = ""
    for item in found:
        if holds_secret(item, scope, option or name, deep + 1):
            return True
        text = scope.resolve(item)
        option = text.lstrip("-") if isinstance(text, str) and text.startswith("-") and "=" not in text else ""
    return False


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
