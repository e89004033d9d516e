"""One record describes a peer: what else names the peers is held to these records."""

import json
import re

from cdkguard import model
from cdkguard.cli.options import add_input_options
from cdkguard.cli.parser import Parser
from cdkguard.data.loader import peer_ids
from cdkguard.suppressions.peers import PEERS
from tests.support.paths import PACKAGE, ROOT


def test_the_command_line_knows_each_peer():
    assert tuple(PEERS) == model.PEERS
    parser = Parser(prog="cdkguard check")
    add_input_options(parser)
    (text,) = [action.help for action in parser._actions if "--honour" in action.option_strings]
    assert f"for {', '.join(PEERS)}, too" in text


def test_the_schema_of_the_configuration_knows_each_peer():
    schema = json.loads((PACKAGE / "schemas" / "config.schema.json").read_text(encoding="utf-8"))
    several, one = schema["properties"]["honour"]["anyOf"]
    assert several["items"]["enum"] == list(PEERS) and one["enum"] == [*PEERS, None]


def test_the_page_says_of_each_peer_what_is_read():
    page = (ROOT / "docs" / "honour.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-z-]+)`[^|]*\| ([^|]+)", page, re.MULTILINE)
    assert [name for name, _form in rows] == list(PEERS)
    for name, form in rows:
        assert f"`Metadata.{PEERS[name].metadata_key}." in form
        assert ("whole stack" in form) == PEERS[name].suppresses_stacks
    assert f"--honour {','.join(PEERS)}\n" in page


def test_what_a_peer_is_called_in_rules_is_one_of_its_names():
    """Rules of peers without suppressions in metadata may be named in rules, too; a misspelt peer would not count."""
    known = {key for peer in PEERS.values() for key in peer.equivalents_keys}
    assert known & set(peer_ids()) == {"checkov", "cdk-nag", "cfn_nag"}


def test_whatever_a_block_holds_it_is_read_or_refused():
    for peer in PEERS.values():
        for block in (None, [], {}, "x", 3, {"skip": None}, {"rules_to_suppress": [None]}, {"SuppressedRules": [None]}):
            assert all(entry.wrong for entry in peer.read_block(block))
