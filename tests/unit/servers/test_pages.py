"""Cursors: every item is shown once, and a list that has changed is not continued."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdkguard.errors import ConfigError
from cdkguard.servers.pages import take_page

TEXTS = st.lists(st.text(max_size=5), max_size=50)


@given(st.lists(TEXTS, min_size=1, max_size=3), st.integers(1, 7))
def test_pages_show_each_item_once_and_in_order(lists, size):
    shown: list[list[str]] = [[] for _ in lists]
    cursor, pages = None, 0
    while True:
        page = take_page("asked", lists, cursor, size)
        for into, items, left, whole in zip(shown, page.items, page.left, lists, strict=True):
            assert len(items) <= size
            into += items
            assert len(into) + left == len(whole)
        pages += 1
        cursor = page.next_cursor
        if cursor is None:
            break
    assert shown == lists
    assert pages == max(1, -(-max(map(len, lists)) // size))


@given(TEXTS, TEXTS)
def test_a_list_that_has_changed_is_not_continued(before, after):
    cursor = take_page("asked", [before], None, 1).next_cursor
    if cursor and before != after:
        with pytest.raises(ConfigError, match="has changed"):
            take_page("asked", [after], cursor, 1)


def test_a_cursor_of_another_question_is_refused():
    cursor = take_page("one", [["a", "b"]], None, 1).next_cursor
    with pytest.raises(ConfigError, match="asked otherwise"):
        take_page("another", [["a", "b"]], cursor, 1)


@pytest.mark.parametrize("cursor", ["", "1", "x.y", "-1." + "0" * 32, "1e3." + "0" * 32, "0001." + "0" * 32, "9" * 500])
def test_what_is_no_cursor_is_refused(cursor):
    with pytest.raises(ConfigError, match="not one that this tool has given"):
        take_page("asked", [["a", "b"]], cursor, 1)


@pytest.mark.parametrize("start", [2, 3, 99])
def test_a_place_behind_the_end_is_refused(start):
    good = take_page("asked", [["a", "b"]], None, 1).next_cursor
    with pytest.raises(ConfigError, match="no such page"):
        take_page("asked", [["a", "b"]], f"{start}.{good.partition('.')[2]}", 1)
