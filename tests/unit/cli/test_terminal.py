"""Colours, links and width: who decides, in which order, and that no name breaks out of a link."""

import io
import itertools
import os
import re

import pytest

from cdkguard.cli import terminal
from cdkguard.cli.links import make_links
from cdkguard.cli.output import terminal_options
from cdkguard.outputs.render import Options
from cdkguard.outputs.styled_lines import render_lines

VARIABLES = (
    "NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "TERM", "TERM_PROGRAM", "VTE_VERSION", "TMUX", "CI", "COLUMNS",
    "GITHUB_ACTIONS", "GITLAB_CI", "FORCE_HYPERLINK", "WT_SESSION", "KONSOLE_VERSION",
)  # fmt: skip


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def around(monkeypatch):
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")

    def surround(**variables):
        for name, value in variables.items():
            monkeypatch.setenv(name, value)

    return surround


@pytest.fixture
def pipe():
    read, write = os.pipe()
    with os.fdopen(read), os.fdopen(write, "w") as out:
        yield out


@pytest.mark.parametrize(
    ("variables", "on_terminal", "on_pipe"),
    [
        ({}, True, False),
        ({"NO_COLOR": "1"}, False, False),
        ({"NO_COLOR": ""}, False, False),
        ({"FORCE_COLOR": "1"}, True, True),
        ({"FORCE_COLOR": "0"}, False, False),
        ({"FORCE_COLOR": "false"}, False, False),
        ({"CLICOLOR_FORCE": "1"}, True, True),
        ({"CLICOLOR_FORCE": "0"}, False, False),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1", "GITHUB_ACTIONS": "true"}, False, False),
        ({"TERM": "dumb"}, False, False),
        ({"TERM": "dumb", "FORCE_COLOR": "1"}, True, True),
        ({"CLICOLOR": "0"}, False, False),
        ({"GITHUB_ACTIONS": "true"}, True, True),
        ({"GITLAB_CI": "true"}, True, True),
        ({"CI": "true"}, True, False),
        ({"GITHUB_ACTIONS": "true", "TERM": "dumb"}, False, False),
    ],
    ids=str,
)
def test_the_environment_decides_about_colours_in_this_order(around, pipe, variables, on_terminal, on_pipe):
    around(**variables)
    assert terminal.has_colors(Terminal()) is on_terminal
    assert terminal.has_colors(pipe) is on_pipe


def test_the_option_beats_every_variable(around, pipe):
    for some in itertools.product(("0", "1"), ("0", "1"), ("xterm", "dumb")):
        around(**dict(zip(("NO_COLOR", "FORCE_COLOR", "TERM"), some, strict=True)))
        for out in (Terminal(), pipe):
            assert terminal.has_colors(out, "always") and not terminal.has_colors(out, "never")


def test_a_file_gets_no_colours_from_a_ci_service(around, tmp_path):
    around(GITHUB_ACTIONS="true")
    with open(tmp_path / "report.txt", "w") as out:
        assert not terminal.has_colors(out)


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, False),
        ({"TERM_PROGRAM": "vscode"}, True),
        ({"VTE_VERSION": "7201"}, True),
        ({"VTE_VERSION": "4803"}, False),
        ({"TERM": "xterm-kitty"}, True),
        ({"WT_SESSION": "1"}, True),
        ({"TERM_PROGRAM": "iTerm.app", "TMUX": "/tmp/tmux,1"}, False),
        ({"TERM_PROGRAM": "iTerm.app", "CI": "true"}, False),
        ({"TERM_PROGRAM": "iTerm.app", "GITHUB_ACTIONS": "true"}, False),
        ({"FORCE_HYPERLINK": "1"}, True),
        ({"FORCE_HYPERLINK": "0", "TERM_PROGRAM": "vscode"}, False),
        ({"FORCE_HYPERLINK": "1", "GITLAB_CI": "true"}, False),
    ],
    ids=str,
)
def test_links_are_for_terminals_that_show_them(around, pipe, variables, expected):
    around(**variables)
    assert terminal.has_links(Terminal()) is expected
    assert not terminal.has_links(pipe)


@pytest.mark.parametrize(
    ("columns", "expected"), [("100", 100), ("20", 60), ("0", 80), ("x", 80), ("-3", 80), ("99999", 1000), ("١٢٠", 80)]
)
def test_columns_counts_where_there_is_no_terminal(around, pipe, columns, expected):
    around(COLUMNS=columns)
    assert terminal.width_of(pipe) == expected


def test_a_table_is_not_folded_for_another_program(around, pipe):
    assert terminal.width_of(pipe) == 80 and terminal.width_of(pipe, is_table=True) > 500
    around(COLUMNS="90")
    assert terminal.width_of(pipe, is_table=True) == 90


def test_a_rule_links_to_its_page_and_a_place_to_its_file(tmp_path):
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib/my stack.ts").write_text("")
    link_of = make_links(str(tmp_path))
    assert link_of("rule", "data-retention").endswith("/rules/data-retention/")
    assert link_of("rule", "my-own-rule") == link_of("rule", "../../x") == ""
    assert link_of("place", "lib/my stack.ts:71").endswith(f"{tmp_path}/lib/my%20stack.ts")
    assert link_of("place", "lib/none.ts:71") == link_of("place", "a\0b:1") == link_of("place", "x" * 5000) == ""


HOSTILE = "a\x1b]8;;http:evil\x1b\\;\x07b\n.ts"


def test_no_name_breaks_out_of_a_link(tmp_path):
    (tmp_path / HOSTILE).write_text("")
    address = make_links(str(tmp_path))("place", f"{HOSTILE}:1")
    assert address and re.fullmatch(r"file://[A-Za-z0-9._/%~-]*", address)


def test_links_stand_around_the_text_alone_and_only_where_they_are_wanted():
    lines = [[("  ", ""), ("  lib/a.ts:7", "place"), ("  ", ""), ("data-retention", "rule"), (" [red]x", "")]]
    plain = render_lines(lines, Options())
    linked = render_lines(lines, Options(color=True, link_of=lambda style, text: f"https://x/{style}/{text}"))
    found = re.findall("\x1b]8;[^;]*;([^\x1b]+)\x1b\\\\(?:\x1b\\[[0-9;]*m)*([^\x1b]+)", linked)
    assert found == [("https://x/place/lib/a.ts:7", "lib/a.ts:7"), ("https://x/rule/data-retention", "data-retention")]
    assert "\x1b" not in plain and "\x1b]8" not in render_lines(lines, Options(color=True))
    assert re.sub("\x1b(\\][^\x1b]*\x1b\\\\|\\[[0-9;]*m)", "", linked) == plain


def test_only_text_on_standard_output_is_coloured(around, monkeypatch):
    monkeypatch.setattr("sys.stdout", Terminal())
    around(TERM_PROGRAM="vscode")
    assert terminal_options("text").color and terminal_options("text").link_of("rule", "data-retention")
    for name, file in (("json", None), ("text", "out.txt"), ("markdown", None)):
        options = terminal_options(name, file, "always")
        assert not options.color and not options.link_of("rule", "data-retention")
