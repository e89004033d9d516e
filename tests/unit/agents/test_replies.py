"""A reason is one harmless line of bounded length, whatever it is made of."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdkguard.agents.hosts.replies import LONGEST, clean_reason
from cdkguard.agents.hosts.table import NAMES, load_host

TEXTS = st.text(st.characters(), max_size=80) | st.text(min_size=1600, max_size=1700)


@given(TEXTS)
def test_a_reason_is_one_line_of_bounded_length(text):
    line = clean_reason(text)
    assert 0 < len(line) <= LONGEST and all(char.isprintable() for char in line)
    assert clean_reason(line) == line


@pytest.mark.parametrize("host", NAMES)
@given(text=TEXTS)
def test_a_reply_is_ascii_json_or_a_line(host, text):
    record = load_host(host)
    for form in (record.deny, record.ask, record.hand_back):
        for event in ("", "PreToolUse", "stop") if form else ():
            reply = form(event, text)
            assert reply.status in (0, 2)
            assert not reply.out or isinstance(json.loads(reply.out), dict)
            assert reply.err.count("\n") <= 1
            assert not (reply.status and reply.out)


def test_a_word_that_means_yes_is_never_said_but_to_cursor():
    for host in NAMES:
        record = load_host(host)
        said = [form("PreToolUse", "r") for form in (record.deny, record.ask, record.hand_back) if form]
        said += [record.pass_by("beforeShellExecution")] if record.pass_by else []
        assert not any("allow" in reply.out or "approve" in reply.out for reply in said) or host == "cursor"
