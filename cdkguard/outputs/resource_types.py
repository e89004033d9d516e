"""Resource types in words: `DynamoDB table` for AWS::DynamoDB::Table."""

from __future__ import annotations

from cdkguard.text.regexes import lazy_pattern

_WORD = lazy_pattern("[A-Z]+(?![a-z])[0-9]*|[A-Z]?[a-z]+[0-9]*|[0-9]+")
_NAMES = {"AWS::CloudFormation::Stack": "nested stack", "AWS::CloudFormation::CustomResource": "custom resource"}


def describe_type(resource_type: str | None) -> str:
    """The type in words; one that is not AWS's stays as it is."""
    if not resource_type:
        return ""
    if resource_type in _NAMES:
        return _NAMES[resource_type]
    vendor, _, rest = resource_type.partition("::")
    if vendor == "Custom":
        return f"custom resource {rest}"
    service, _, name = rest.rpartition("::")
    if vendor != "AWS" or not service or not name.isalnum():
        return resource_type
    return f"{service.replace('::', ' ')} {' '.join(map(_lower, _WORD.findall(name)))}"


def _lower(word: str) -> str:
    return word if word.isupper() and len(word) > 1 else word.lower()


def pluralize(noun: str) -> str:
    """`IAM policies`, `DNS aliases`, `tables`."""
    if noun.endswith("y") and noun[-2:-1] not in "aeiou":
        return noun[:-1] + "ies"
    return noun + ("es" if noun.endswith(("s", "x", "ch", "sh")) else "s")
