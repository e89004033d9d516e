"""The user's AWS profiles, from the shared configuration files, as far as an account or a region can be read from them.

https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from cdkguard._typing import NamedTuple
from cdkguard.errors import InputError
from cdkguard.system import files

_Sections = Mapping[str, Mapping[str, str]]


class Profiles(NamedTuple):
    """The profiles of the file of credentials and of the configuration file, by name."""

    credentials: _Sections
    config: _Sections

    def settings_of(self, name: str) -> dict[str, str]:
        """The profile's settings; those of the credentials win."""
        return {**self.config.get(name, {}), **self.credentials.get(name, {})}

    def region_of(self, name: str) -> str | None:
        """The profile's region, else the default profile's: https://github.com/aws/aws-cdk-cli, `getRegionFromIni`."""
        sections = [part.get(each, {}) for each in (name, "default") for part in (self.credentials, self.config)]
        return next((section["region"] for section in sections if section.get("region")), None)


def read_profiles() -> Profiles:
    """The profiles of the user; raises InputError where a file is there and cannot be read."""
    credentials = _read_sections("AWS_SHARED_CREDENTIALS_FILE", "credentials")
    config = _read_sections("AWS_CONFIG_FILE", "config")
    return Profiles(credentials, {name.removeprefix("profile ").strip(): body for name, body in config.items()})


def named_profile(explicit: object) -> str | None:
    """The profile that cdk.json (`explicit`) or the environment names."""
    given = explicit if isinstance(explicit, str) else ""
    return given or os.environ.get("AWS_PROFILE") or os.environ.get("AWS_DEFAULT_PROFILE") or None


def _read_sections(variable: str, name: str) -> _Sections:
    path = os.path.expanduser(os.environ.get(variable) or os.path.join("~", ".aws", name))
    try:
        text = files.read_text(path) if files.is_file(path) else ""
    except (OSError, UnicodeDecodeError) as problem:
        raise InputError(f"{path}: cannot be read: {getattr(problem, 'strerror', None) or problem}") from problem
    return parse_sections(text)


def parse_sections(text: str) -> dict[str, dict[str, str]]:
    """`[name]` lines and the `key = value` lines below them; indented lines belong to a setting with parts of its own."""
    sections: dict[str, dict[str, str]] = {}
    section: dict[str, str] = {}
    for line in text.splitlines():
        if line.startswith("["):
            section = sections.setdefault(line[1:].partition("]")[0].strip(), {})
        elif line[:1] not in ("", " ", "\t", "#", ";"):
            key, equals, value = line.partition("=")
            if equals:
                section[key.strip()] = value.strip()
    return sections
