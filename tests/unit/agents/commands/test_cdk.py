"""The CDK CLI's options and verbs, compared with its own list where it is installed; which stacks a line names."""

import json

import pytest

from cdkguard.agents.commands.cdk import ALIASES, HARMLESS, KINDS, VALUED
from cdkguard.agents.lines.read import parse_line
from tests.support.paths import ROOT

REGISTRY = ROOT / "examples/task-api/node_modules/aws-cdk/lib/cli/cli-type-registry.json"
needs_the_cli = pytest.mark.skipif(not REGISTRY.exists(), reason="needs the example's aws-cdk")


@needs_the_cli
def test_every_verb_of_the_cli_is_known():
    commands = json.loads(REGISTRY.read_text())["commands"]
    verbs = {name for verb, one in commands.items() for name in (verb, *(one.get("aliases") or ()))}
    assert verbs - set(KINDS) - HARMLESS == set()


@needs_the_cli
def test_an_option_takes_a_value_here_as_it_does_there():
    registry = json.loads(REGISTRY.read_text())
    options = {name: one for part in (registry["globalOptions"], *(each.get("options", {}) for each in registry["commands"].values())) for name, one in part.items()}  # fmt: skip
    writing = {name for verb in (*KINDS,) for name in registry["commands"].get(verb, {}).get("options", {})} | set(
        registry["globalOptions"]
    )
    valued = {name for name in writing if options[name]["type"] in ("string", "number", "array")}
    assert valued - VALUED == set()
    assert {name for name in writing - valued if name in VALUED} == set()


@needs_the_cli
def test_a_letter_stands_for_the_option_that_it_stands_for_there():
    registry = json.loads(REGISTRY.read_text())
    for verb in KINDS:
        for one in {**registry["globalOptions"], **registry["commands"][verb].get("options", {})}.values():
            aliases = one.get("alias") or ()
            for letter in (aliases,) if isinstance(aliases, str) else aliases:
                is_valued = one["type"] in ("string", "number", "array")
                assert len(letter) != 1 or (ALIASES.get(letter, letter) in VALUED) == is_valued, f"{verb} -{letter}"


def test_what_is_told_of_a_deployment_alone_is_unread():
    (action,) = parse_line('cdk deploy Shop --outputs-file "$OUT" -c env="$ENV"').actions
    assert action.unread == "the value of $ENV is not known before the line runs"
    (action,) = parse_line('cdk deploy Shop --outputs-file "$OUT"').actions
    assert action.unread == "" and action.stacks == ("Shop",)
