"""The lexer, the grammar and the expansion of POSIX shells, compared with the shell's own answer."""

import shutil
import subprocess

import pytest

from cdkguard.agents.shell.braces import expand_braces
from cdkguard.agents.shell.budget import Budget, TooMuch
from cdkguard.agents.shell.evaluate import Walker
from cdkguard.agents.shell.grammar import parse_posix
from cdkguard.agents.shell.nouns import Text
from cdkguard.agents.shell.outputs import print_of
from cdkguard.agents.shell.state import State

BASH = shutil.which("bash")


def calls_of(text: str) -> list[tuple[str, ...]]:
    """The commands that a text calls, but for assignments."""
    budget, found = Budget(), []

    def call(invocation):
        if invocation.words:
            found.append(invocation.words)
            if invocation.words[0] != "SHOW":
                return print_of(invocation.words, invocation.given)
        return ""

    walker = Walker(
        budget, call, lambda inner: parse_posix(inner, budget), lambda path, state: None, lambda pattern, state: [], {}
    )
    state = State("", {})
    state.arguments = ()
    walker.walk_text(text, state)
    return [words[1:] for words in found if words[0] == "SHOW"]


# SHOW prints its arguments, one in brackets each.
SAME = [
    "SHOW a 'b c' \"d e\"", "SHOW a\\ b", "SHOW 'a\\b' \"a\\b\" \"a\\$b\" a\\\\b", "SHOW $'a\\tb\\x41\\101\\u0042'", "x=1; SHOW $x ${x} \"$x\" '$x' ${x}y",
    "x='a b'; SHOW $x \"$x\"", "x='a b'; SHOW p$x", "x=' a'; SHOW p$x", "x='a '; SHOW ${x}p", "x=; SHOW $x \"$x\"", "SHOW ${u:-a b} \"${u:-a b}\"", "x=v; SHOW ${x:+set} ${u:+set}",
    "x=abc; SHOW ${x:1} ${x:0:2} ${x:1:1}", "x=a.b.c; SHOW ${x#a.} ${x%.c} ${x%%.*} ${x#*.} ${x##*.}", "x=aXbX; SHOW ${x/X/-} ${x//X/-}", "x=aB; SHOW ${x^^} ${x,,} ${x^}",
    "SHOW {a,b}c p{1,2}{x,y} {a} {,b} '{a,b}'", "SHOW $(echo a b) \"$(echo a b)\"", "SHOW `echo a` \"`echo b c`\"", "SHOW $(echo $(echo deep))", "SHOW $(printf '%s-' a b)",
    "a=(x 'y z'); SHOW \"${a[@]}\" ${a[0]} \"${a[*]}\"", "set_a=1; SHOW $set_a", "for i in a b; do SHOW $i; done",
    "if true; then SHOW a; fi", "case ab in a*) SHOW yes;; *) SHOW no;; esac", "case x in (x|y) SHOW yes;; esac", "{ SHOW a; }; (SHOW b)",
    "SHOW a # comment", "SHOW a#b", "SHOW a;SHOW b&&SHOW c", "SHOW a \\\n b", "SHOW a >/dev/null", "x=a y=b; SHOW $x$y", "SHOW \"a\nb\"", "cat <<E >/dev/null\nbody\nE\nSHOW after",
    "cat <<'E' >/dev/null\n$(SHOW no)\nE\nSHOW after", "SHOW ok", "SHOW \"it's\" 'say \"x\"'", "SHOW a\\;b 'a;b' \"a;b\"", "x=$'a\\nb'; SHOW \"$x\"", "SHOW \"$(case x in x) echo in;; esac)\"",
]  # fmt: skip


@pytest.mark.skipif(BASH is None, reason="needs bash")
@pytest.mark.parametrize("text", list(dict.fromkeys(SAME)))
def test_a_text_means_what_it_means_to_bash(text):
    script = 'SHOW() { printf "["; printf "%s|" "$@"; printf "]"; }\n' + text.replace(">/dev/null", ">/dev/null")
    told = subprocess.run(
        [BASH, "-c", script], capture_output=True, text=True, timeout=20, env={"PATH": "/usr/bin:/bin"}
    ).stdout
    ours = "".join(
        f"[{''.join(f'{word}|' for word in words)}]" for words in calls_of(text.replace("SHOW a >/dev/null", "SHOW a"))
    )
    assert ours == told or "SHOW a >/dev/null" in text and told == ""


@pytest.mark.parametrize("text", ["(" * 200, "{ " * 200, "if " * 200, "$(" * 200 + ")" * 200, "case x in a) " * 200])
def test_what_nests_too_deep_is_said(text):
    with pytest.raises(TooMuch):
        calls_of(f"SHOW {text}" if text[0] == "$" else text)


def test_braces_give_a_bounded_number_of_words():
    assert len(expand_braces((Text("{a,b}" * 20, False),))) <= 64


@pytest.mark.parametrize(
    "words, given, expected",
    [
        (("echo", "-n", "a"), None, "a"),
        (("echo", "-e", "a\\x41"), None, "aA\n"),
        (("printf", "%s %s\\n", "a", "b", "c"), None, "a b\nc \n"),
        (("printf", "%5.2f", "1"), None, None),
        (("base64", "-d"), "Y2Rr", "cdk"),
        (("base64", "-d"), "\udcff", None),
        (("rev",), "kdc\n", "cdk\n"),
        (("tr", "a-z", "A-Z"), "cdk", "CDK"),
        (("tr", "-d", "x"), "cxdxk", "cdk"),
        (("xxd", "-r", "-p"), "63 64 6b", "cdk"),
        (("cat",), "a", "a"),
        (("curl", "x"), None, None),
    ],
)
def test_what_a_command_prints_is_known_or_it_is_said(words, given, expected):
    assert print_of(words, given) == expected
