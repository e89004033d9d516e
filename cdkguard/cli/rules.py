"""The commands about rules: list, show, test, map, and explain."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence

from cdkguard._typing import Any
from cdkguard.errors import ConfigError, ExitCode


def add_parsers(commands: Any) -> None:
    """Adds `rules` with its parts, and `explain`."""
    rules = commands.add_parser("rules", help="list, show, test and map rules")
    parts = rules.add_subparsers(prog="cdkguard rules", dest="part", metavar="PART", required=True)
    listing = parts.add_parser("list", help="every rule, a line each")
    show = parts.add_parser("show", help="a rule's file")
    show.add_argument("rule")
    tests = parts.add_parser("test", help="run the examples in the rule files")
    tests.add_argument("directories", nargs="*", metavar="DIR", help="packs to test; default: the built-in ones")
    mapping = parts.add_parser("map", help="which rules check what a peer's rule checks")
    mapping.add_argument("id", metavar="PEER:ID", help="such as checkov:CKV_AWS_28, or CKV_AWS_28 alone")
    handlers = ((listing, _rules_list), (show, _rules_show), (tests, _rules_test), (mapping, _rules_map))
    for part, handler in handlers:
        part.add_argument("--packs", action="append", default=[], metavar="DIR")
        part.set_defaults(handler=handler)
    listing.add_argument("--rules", action="append", default=[], metavar="SEL")
    for part in (listing, mapping):
        part.add_argument("--format", choices=("text", "json"), default="text")
    explain = commands.add_parser("explain", help="why a rule exists, and what to write instead")
    explain.add_argument("rule")
    explain.add_argument("--packs", action="append", default=[], metavar="DIR")
    explain.set_defaults(handler=_explain)


def _rules_map(options: argparse.Namespace) -> int:
    from cdkguard.data import loader as tables
    from cdkguard.packs import equivalents
    from cdkguard.packs import load as packs
    from cdkguard.text import spelling

    public = tables.peer_ids()
    pairs = list(equivalents.equivalents(packs.load_all(options.packs).rules, public))
    found = equivalents.named(options.id, pairs)
    if not found and (theirs := equivalents.without_ours(options.id, public)):
        raise ConfigError(f"no rule here checks what {theirs} does")
    if not found:
        known = {text for pair in pairs for text in (pair.public_id, pair.name) if text}
        bare = options.id.partition(":")[2] or options.id
        raise ConfigError(
            f"no rule here checks what '{options.id}' does, or no peer has it{spelling.did_you_mean(bare, known)}"
        )
    if options.format == "json":
        rows = [{"peer": p.peer, "id": p.public_id, "name": p.name, "ruleId": p.rule.id} for p in found]
        _say_json(rows)
        return int(ExitCode.OK)
    for pair in found:
        shown = f"{pair.public_id} ({pair.name})" if pair.public_id else pair.name
        _say(f"{pair.peer}: {shown} -> {pair.rule.id} ({pair.rule.severity}): {' '.join(pair.rule.title.split())}")
    return int(ExitCode.OK)


def _say(text: str) -> None:
    """A pack may be somebody else's: its texts are shown, and never obeyed."""
    from cdkguard.text import escape

    print(escape.block(text))


def _say_json(rows: list[dict[str, Any]]) -> None:
    from cdkguard.text import escape

    print(escape.json_text(rows))


def _split(values: Sequence[str]) -> tuple[str, ...]:
    return tuple(part.strip() for value in values for part in value.split(",") if part.strip())


def _rules_list(options: argparse.Namespace) -> int:
    from cdkguard.packs import load as packs

    loaded = packs.load_all(options.packs)
    rules = packs.select(loaded.rules, _split(options.rules) or ("all",))
    if options.format == "json":
        rows = [
            {
                "id": r.id,
                "title": r.title,
                "severity": r.severity,
                "pack": r.pack,
                "scope": r.scope,
                "types": list(r.types),
                "environments": list(r.environments),
                "profiles": list(r.profiles),
                "equivalents": dict(r.equivalents),
                "covers": list(r.covers),
                "with": dict(r.parameters),
                "references": list(r.references),
            }
            for r in rules
        ]
        _say_json(rows)
        return int(ExitCode.OK)
    width = max(len(r.id) for r in rules)
    for rule in rules:
        where = ",".join(rule.environments) or "all"
        _say(f"{rule.severity:8}  {rule.id:{width}}  {where:8}  {' '.join(rule.title.split())}")
    return int(ExitCode.OK)


def _one_rule(options: argparse.Namespace) -> Any:
    from cdkguard.packs import load as packs
    from cdkguard.text import spelling

    loaded = packs.load_all(options.packs)
    rule = next((r for r in loaded.rules if r.id == options.rule), None)
    if rule is None:
        raise ConfigError(
            f"no rule '{options.rule}'{spelling.did_you_mean(options.rule, [r.id for r in loaded.rules])}"
        )
    return rule


def _rules_show(options: argparse.Namespace) -> int:
    from cdkguard.packs import load as packs

    rule = _one_rule(options)
    _say(packs.read_text(packs.source_file(rule)).rstrip("\n"))
    return int(ExitCode.OK)


def _explain(options: argparse.Namespace) -> int:
    import textwrap

    rule = _one_rule(options)
    severities = ", ".join(f"{s} on {e}" for e, s in rule.severities.items())
    environments = ", ".join(rule.environments) or "every environment"
    _say(f"{rule.id}: {rule.title}")
    _say(f"severity {rule.severity}{f' ({severities})' if severities else ''}; {environments}; pack {rule.pack}\n")
    _say(textwrap.fill(rule.why, 79))
    if rule.remedy:
        _say("\nWhat to write instead\n" + textwrap.indent(textwrap.fill(rule.remedy.text, 75), "  "))
        for language, code in (("Python", rule.remedy.python), ("TypeScript", rule.remedy.typescript)):
            if code:
                _say(f"\n  {language}:\n" + textwrap.indent(code.rstrip(), "    "))
    for reference in rule.references:
        _say(f"\n{reference}")
    _say(
        f'\nAccept one finding in cdkguard.yaml:\n  suppressions:\n    - {{rule: {rule.id}, construct: "Stack/Path/*", reason: "..."}}'
    )
    return int(ExitCode.OK)


def _rules_test(options: argparse.Namespace) -> int:
    from cdkguard.check import examples
    from cdkguard.packs import load as packs

    home = os.path.realpath(packs.builtin())
    own = [d for d in options.directories if not os.path.realpath(d).startswith(home)]  # the others are loaded anyway
    loaded = packs.load_all([*options.packs, *own])
    rules = tuple(r._replace(file=packs.source_file(r)) for r in loaded.rules)
    if options.directories:
        folders = tuple(os.path.realpath(d) + os.sep for d in options.directories)
        rules = tuple(r for r in rules if os.path.realpath(r.file).startswith(folders))
        if not rules:
            raise ConfigError(f"no rule in {', '.join(options.directories)}")
    done = 0
    wrong = 0
    for example in examples.run(rules, loaded.sets, loaded.rules):
        done += 1
        if not example.holds:
            wrong += 1
            _say(
                f"{example.file}: examples.{example.expected}[{example.number}] is judged {example.got}: {example.detail}"
            )
    print(f"{len(rules)} rules, {done} examples, {wrong} wrong")
    return int(ExitCode.FINDINGS if wrong else ExitCode.OK)
