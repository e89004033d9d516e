"""Files that are written where somebody else may have put links, pipes or folders."""

import os
import stat
import threading

import pytest

from cdkguard.cli import main as cli
from cdkguard.system import files

TEMPLATE = '{"Resources": {"T": {"Type": "AWS::SNS::Topic"}}}'


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    (tmp_path / "t.json").write_text(TEMPLATE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def leftovers(folder):
    return [p.name for p in folder.iterdir() if ".part" in p.name or ".tmp" in p.name]


@pytest.mark.parametrize("output", ["text", "json", "sarif", "junit", "github", "gitlab", "markdown"])
def test_an_output_replaces_a_link_and_does_not_follow_it(here, output):
    victim = here / "victim"
    victim.write_text("mine")
    (here / "report").symlink_to(victim)
    assert cli.main(["check", "t.json", "--output", f"{output}=report"]) == 0
    assert victim.read_text() == "mine"
    assert not (here / "report").is_symlink() and (here / "report").read_text()
    assert not leftovers(here)


def test_a_dangling_link_makes_no_file_where_it_leads(here):
    (here / "report").symlink_to(here / "elsewhere")
    cli.main(["check", "t.json", "--output", "json=report"])
    assert not (here / "elsewhere").exists() and (here / "report").is_file()


def test_nothing_is_written_through_a_temporary_name_that_lies_in_wait(here, monkeypatch):
    monkeypatch.setattr(os, "urandom", lambda size: b"\0" * size)
    (here / f"report.{'00' * 6}.part").symlink_to(here / "victim")
    with pytest.raises(FileExistsError):
        files.write("report", "x")
    assert not (here / "victim").exists() and not (here / "report").exists()


def test_a_failed_write_leaves_what_was_there(here, monkeypatch):
    (here / "report").write_text("old")
    monkeypatch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(OSError):
        files.write("report", "new")
    assert (here / "report").read_text() == "old" and not leftovers(here)


def test_a_pipe_is_written_to_and_stays_one(here):
    os.mkfifo(here / "pipe")
    got = []
    reader = threading.Thread(target=lambda: got.append((here / "pipe").read_text()))
    reader.start()
    assert cli.main(["check", "t.json", "--output", "gitlab=pipe"]) == 0
    reader.join(5)
    assert got[0].startswith("[") and stat.S_ISFIFO(os.stat("pipe").st_mode)


def test_what_the_system_names_is_a_stream_and_a_link_of_somebody_else_is_not(here):
    """As root, a rename would replace /dev/null for everybody."""
    assert files.is_stream("/dev/null") and files.is_stream("/dev/stdout") and files.is_stream("/dev/fd/1")
    (here / "report").symlink_to("/dev/null")
    assert not files.is_stream("report")
    assert not files.is_stream("t.json") and not files.is_stream("new.json")


def test_a_folder_in_the_place_of_an_output_is_an_error(here, capsys):
    (here / "report").mkdir()
    assert cli.main(["check", "t.json", "--output", "json=report"]) == 2
    assert "report: cannot be written: Is a directory" in capsys.readouterr().err
