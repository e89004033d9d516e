"""A digest of the rules: two machines with the same one, and the same configuration, judge alike."""

from __future__ import annotations

import json

from cdkguard import __version__
from cdkguard.check.evaluate import BoundConfig, bind_config
from cdkguard.config.settings import Config
from cdkguard.model import Rule
from cdkguard.packs.prepared import LateRule, read_whole


def fingerprint(config: Config) -> str:
    """The version of cdkguard and a digest of all rules of the configuration's packs, wherever their files lie.

    Raises ConfigError or RulePackError where the packs cannot be loaded.
    """
    return fingerprint_of(bind_config(config))


def fingerprint_of(bound: BoundConfig) -> str:
    """As `fingerprint`, of rules that are loaded already."""
    from cdkguard.text.sha256 import digest  # Judging alone asks for no fingerprint.

    chosen = sorted(rule.id for rule in bound.rules)
    sets = sorted((name, sorted(members)) for name, members in bound.packs.sets.items())
    lines = sorted(map(_write_rule, bound.packs.rules))
    lines.append(json.dumps([chosen, sets]))
    return f"{__version__}+{digest(chr(10).join(lines).encode())[:32]}"


def _write_rule(rule: Rule) -> str:
    """The whole rule without its file, which lies elsewhere on every machine."""
    whole = read_whole(rule) if isinstance(rule, LateRule) else rule
    return json.dumps(whole._replace(file=""), sort_keys=True)
