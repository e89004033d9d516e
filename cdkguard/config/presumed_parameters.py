"""The values that a template's parameters have in production, where their Defaults are those of another environment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from cdkguard._typing import Json
from cdkguard.config.environment_words import environment_of_value, is_environment_key
from cdkguard.template.scope import has_ssm_type
from cdkguard.template.values import as_mapping


def presume_parameters(template: Mapping[str, Json], environment: str) -> dict[str, str]:
    """Parameter -> the value that it offers for the environment, where its Default names another one, or none at all.

    A parameter offers its AllowedValues; without them, the texts that conditions compare it with, and the keys beside its
    Default in a mapping. The first such value counts. Without a Default, every value is judged anyway.
    """
    found = {}
    for name, declared in as_mapping(template.get("Parameters")).items():
        parameter = as_mapping(declared)
        default = parameter.get("Default")
        if not isinstance(default, str) or has_ssm_type(parameter):
            continue
        offered = list(_find_offered(template, name, parameter, default))
        if not offered or _names(default, environment):
            continue
        if not is_environment_key(name) and environment_of_value(default) is None:
            continue
        if (value := next((v for v in offered if _names(v, environment)), None)) is not None:
            found[name] = value
    return found


def _names(value: str, environment: str) -> bool:
    named = environment_of_value(value)
    return value == environment or (named is not None and named == (environment_of_value(environment) or "prod"))


def _find_offered(
    template: Mapping[str, Json], name: str, parameter: Mapping[str, Json], default: str
) -> Iterable[str]:
    allowed = parameter.get("AllowedValues")
    if allowed is not None:
        return [v for v in allowed if isinstance(v, str)] if isinstance(allowed, list) else []
    mappings = [as_mapping(one) for one in as_mapping(template.get("Mappings")).values()]
    keys = [key for mapping in mappings if default in mapping for key in mapping]
    return [*_find_literals(list(as_mapping(template.get("Conditions")).values()), {"Ref": name}), *keys]


def _find_literals(conditions: list[Json], reference: Json) -> Iterator[str]:
    """The texts with which conditions compare the parameter."""
    pending = conditions[::-1]
    while pending:
        value = pending.pop()
        if isinstance(value, list):
            if reference in value:
                yield from (other for other in value if isinstance(other, str))
            pending.extend(reversed(value))
        elif isinstance(value, dict):
            pending.extend(value.values())
