"""The commands about rules: `cdkguard rules list`, `show`, `test` and `map`."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence

from cdkguard._typing import TYPE_CHECKING
from cdkguard.cli.options import RULES, add_outputs
from cdkguard.cli.output import print_text
from cdkguard.errors import ConfigError, ExitCode

if TYPE_CHECKING:
    from cdkguard.cli.parser import Parser
    from cdkguard.model import Rule


def add_packs(parser: Parser) -> None:
    """Add --packs, for folders of more rules."""
    parser.group(RULES).add_argument(
        "--packs", action="append", default=[], metavar="DIR", help="a folder with more rules"
    )


def find_rule(rule_id: str, packs: Sequence[str]) -> Rule:
    """The rule of that id, among the built-in ones and those of the packs. Raises ConfigError where there is none."""
    from cdkguard.packs.load import load_packs
    from cdkguard.text.spelling import did_you_mean

    rules = load_packs(packs).rules
    rule = next((rule for rule in rules if rule.id == rule_id), None)
    if rule is None:
        raise ConfigError(f"no rule '{rule_id}'{did_you_mean(rule_id, [rule.id for rule in rules])}")
    return rule


# -- list


def add_list_options(parser: Parser) -> None:
    """Add the options of `rules list`."""
    add_packs(parser)
    parser.group(RULES).add_argument(
        "words", nargs="*", metavar="WORD", help="only rules that speak of it, such as lambda or encryption"
    )
    parser.group(RULES).add_argument(
        "--rules", action="append", default=[], metavar="SEL", help="profiles, packs or rule ids (globs); default: all"
    )
    add_outputs(parser, "rules")


def run_list(options: argparse.Namespace) -> int:
    """Write the selected rules."""
    from cdkguard.cli.output import asked_outputs, write_outputs
    from cdkguard.cli.settings import split_lists
    from cdkguard.packs.load import load_packs
    from cdkguard.packs.search import search_rules
    from cdkguard.packs.selection import find_rules

    outputs = asked_outputs(options, "rules")
    rules = find_rules(load_packs(options.packs).rules, split_lists(options.rules) or ("all",))
    if options.words:
        rules = search_rules(rules, options.words)
    write_outputs(outputs, "rules", rules, color=options.color, is_table=True)
    return int(ExitCode.OK)


# -- show


def add_show_options(parser: Parser) -> None:
    """Add the options of `rules show`."""
    parser.group(RULES).add_argument("rule", metavar="RULE", help="the rule's id, such as data-retention")
    add_packs(parser)


def run_show(options: argparse.Namespace) -> int:
    """Print a rule's file."""
    from cdkguard.packs.folders import read_rule_file, source_file

    rule = find_rule(options.rule, options.packs)
    print_text(read_rule_file(source_file(rule)).rstrip("\n"))
    return int(ExitCode.OK)


# -- test


def add_test_options(parser: Parser) -> None:
    """Add the options of `rules test`."""
    parser.group(RULES).add_argument(
        "directories", nargs="*", metavar="DIR", help="packs to test; default: the built-in ones"
    )
    add_packs(parser)


def run_test(options: argparse.Namespace) -> int:
    """Evaluate the examples of the rules; the exit status is 1 where one is not judged as its file says."""
    from cdkguard.check import examples
    from cdkguard.packs.folders import builtin_folder, source_file
    from cdkguard.packs.load import load_packs

    home = os.path.realpath(builtin_folder())
    more = [d for d in options.directories if not os.path.realpath(d).startswith(home)]  # the built-in ones are loaded
    loaded = load_packs([*options.packs, *more])
    rules = tuple(rule._replace(file=source_file(rule)) for rule in loaded.rules)
    if options.directories:
        folders = tuple(os.path.realpath(d) + os.sep for d in options.directories)
        rules = tuple(rule for rule in rules if os.path.realpath(rule.file).startswith(folders))
        if not rules:
            raise ConfigError(f"no rule in {', '.join(options.directories)}")

    number = wrong = 0
    for example in examples.run_examples(rules, loaded.sets, loaded.rules):
        number += 1
        if not example.holds:
            wrong += 1
            place = f"{example.file}: examples.{example.expected}[{example.number}]"
            print_text(f"{place} is judged {example.got}: {example.detail}")
    print(f"{len(rules)} rules, {number} examples, {wrong} wrong")
    return int(ExitCode.FINDINGS if wrong else ExitCode.OK)


# -- map


def add_map_options(parser: Parser) -> None:
    """Add the options of `rules map`."""
    parser.group(RULES).add_argument("id", metavar="PEER:ID", help="such as checkov:CKV_AWS_28, or CKV_AWS_28 alone")
    add_packs(parser)
    add_outputs(parser, "rule_map")


def run_map(options: argparse.Namespace) -> int:
    """Write the rules that check the same as a rule of another checker. Raises ConfigError where there are none."""
    from cdkguard.cli.output import asked_outputs, write_outputs
    from cdkguard.data.loader import peer_ids
    from cdkguard.outputs import rule_map
    from cdkguard.packs import equivalents
    from cdkguard.packs.load import load_packs
    from cdkguard.text.spelling import did_you_mean

    outputs = asked_outputs(options, "rule_map")
    public = peer_ids()
    pairs = list(equivalents.find_equivalents(load_packs(options.packs).rules, public))
    found = equivalents.select_pairs(options.id, pairs)
    if not found and (theirs := equivalents.describe_unmatched(options.id, public)):
        raise ConfigError(f"no rule here checks what {theirs} does")
    if not found:
        known = {text for pair in pairs for text in (pair.public_id, pair.name) if text}
        bare = options.id.partition(":")[2] or options.id
        raise ConfigError(f"no rule here checks what '{options.id}' does, or no peer has it{did_you_mean(bare, known)}")
    rows = [rule_map.Row(pair.peer, pair.public_id, pair.name, pair.rule) for pair in found]
    write_outputs(outputs, "rule_map", rows, color=options.color)
    return int(ExitCode.OK)
