"""Ctrl-C at any line of the clean-up leaves no temporary folder."""

import os
import signal
import sys
from pathlib import Path

import pytest

from cdkguard.system import interrupts, temporary_folders
from cdkguard.system.temporary_folders import temporary_folder

OWN = {temporary_folders.__file__, interrupts.__file__}
MANY = 200  # more than the lines of one use of a temporary folder


def use_folder(made):
    with temporary_folder() as folder:
        made.append(folder)
        Path(folder, "file").write_text("x")


def interrupted_at(line, made):
    """Whether the use met so many lines of our own code after the folder was there, and was interrupted at that one."""
    met = 0

    def watch(frame, event, _argument):
        nonlocal met
        if frame.f_code.co_filename not in OWN:
            return None
        if event == "line" and made:
            if met == line:
                sys.settrace(None)
                met += 1
                signal.raise_signal(signal.SIGINT)
            met += 1
        return watch

    before = sys.gettrace()
    sys.settrace(watch)
    try:
        use_folder(made)
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(before)
    return met > line


@pytest.mark.skipif(signal.getsignal(signal.SIGINT) is signal.SIG_IGN, reason="SIGINT is ignored here")
def test_a_temporary_folder_is_removed_wherever_ctrl_c_comes(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        for line in range(MANY):
            made = []
            if not interrupted_at(line, made):
                break
            assert made and not os.listdir(tmp_path), f"line {line} of the clean-up"
    finally:
        signal.signal(signal.SIGINT, handler)
    assert 8 < line < MANY - 1
