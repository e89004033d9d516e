"""When another check is due, told by looks and a clock that the test gives."""

from hypothesis import given
from hypothesis import strategies as st

from cdkguard.watch.pace import MOST, QUIET, OwnWrites, Pace


def test_a_change_is_due_when_it_has_rested():
    pace = Pace()
    assert not pace.is_due({"a.ts": b"1"}, 10.0)
    assert not pace.is_due({"a.ts": b"1"}, 10.0 + QUIET / 2)
    assert pace.is_due({"a.ts": b"1"}, 10.0 + 1.1 * QUIET)


def test_another_save_of_the_same_file_begins_the_rest_anew():
    pace = Pace()
    pace.is_due({"a.ts": b"1"}, 0.0)
    assert not pace.is_due({"a.ts": b"2"}, QUIET)
    assert pace.is_due({"a.ts": b"2"}, 2 * QUIET)


def test_a_burst_without_an_end_is_due_after_a_while():
    pace, now, looks = Pace(), 0.0, 0
    while not pace.is_due({"a.ts": str(looks).encode()}, now):
        now, looks = now + QUIET / 2, looks + 1
    assert MOST <= now < MOST + QUIET


def test_an_edit_that_is_undone_starts_nothing():
    pace = Pace()
    pace.is_due({"a.ts": b"1"}, 0.0)
    assert not pace.is_due({}, 0.1)
    assert not pace.is_due({"a.ts": b"1"}, 5.0), "it rests from the new change on"


@given(st.lists(st.tuples(st.sampled_from([b"1", b"2", None]), st.floats(0.01, 1)), min_size=1, max_size=30))
def test_what_stays_changed_is_due_within_the_limit(saves):
    """Law: however the saves come, a check is due at the first look from MOST seconds after the first of them."""
    pace, now = Pace(), 0.0
    for digest, step in saves:
        if pace.is_due({"a.ts": digest}, now):
            return
        assert now < MOST
        now += step
    assert pace.is_due({"a.ts": saves[-1][0]}, now + MOST)


def test_what_each_run_writes_is_the_app_s():
    writes = OwnWrites(runs=3)
    assert not writes.note_run({"built.js", "lib.ts"})
    assert not writes.note_run({"built.js"})
    assert writes.note_run({"built.js", "lib.ts"}) == {"built.js"}


def test_a_run_that_leaves_a_file_alone_makes_it_the_user_s_again():
    writes = OwnWrites(runs=2)
    writes.note_run({"lib.ts"})
    assert writes.note_run({"lib.ts"}) == {"lib.ts"}
    assert not writes.note_run(())
    assert not writes.note_run({"lib.ts"})
