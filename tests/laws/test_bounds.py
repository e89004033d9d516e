"""Time and memory are bounded by the size of the input, however it is made.

In the suite small inputs (a part of them by default) are run by counting function calls, which a loaded machine does not change: four times the
input, about four times the calls. `make bounds` runs each case at 1 MB in a process of its own, and holds it to 5 s and
500 MB.
"""

from __future__ import annotations

import gc
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cdkguard.check import run as check
from cdkguard.cli import main as cli
from cdkguard.config.settings import Config
from cdkguard.errors import ConfigError
from cdkguard.model import Stack
from cdkguard.outputs.render import format_names
from cdkguard.template.scope import Scope
from tests.support import bounds_inputs

SIZE = int(os.environ.get("CDKGUARD_BOUNDS", "0"))  # characters of each input of the long run; a table is printed
MOST_SECONDS, MOST_MB = 5, 500  # of CPU, and of memory
SMALL = 3_000
FORMATS = tuple(name for name in format_names() if name != "json")
# Where one thing meets each of another, as many as a bound allows that the small inputs do not reach.
UP_TO_A_BOUND = (
    "lists_of_a_mapping", "one_nested_template_many_stacks", "one_template_many_stacks", "group_rules",
    "all_renamed_and_alike", "one_metadata_file_many_stacks", "branches", "branches_compared",
)  # fmt: skip
MOST_CALLS = 6_000_000  # for one of these
MANY_FINDINGS = ("buckets", "branches", "acknowledgements", "long_quotes", "path_of_many_levels")


def commands(case: bounds_inputs.Case) -> dict[str, list[str]]:
    judged = ["check", case.path, "--rules", "all", *case.options]
    if case.against is None:
        return {"check": [*judged, "--output", "json=report.json"]}
    return {
        "check --against": [*judged, "--against", case.against, "--output", "json=report.json"],
        "diff": ["diff", case.against, case.path],
    }


def write(case: bounds_inputs.Case, folder: Path) -> int:
    """Writes the files of a case; their characters."""
    for name, text in case.files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8", errors="surrogatepass")
    return sum(map(len, case.files.values()))


# -- how the work grows


def calls_of(arguments: list[str]) -> tuple[int, int]:
    """The exit status, and how many functions are called meanwhile."""
    number = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal number
        number += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        status = cli.main(arguments)
    finally:
        sys.setprofile(before)
    return status, number


@pytest.fixture(scope="module", autouse=True)
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What is read once for a process is not counted with the first case."""
    here = os.getcwd()
    os.chdir(tmp_path_factory.mktemp("first"))
    try:
        for name in ("roles_and_policies", "buckets", "yaml_wide"):
            case = bounds_inputs.sized(name, SMALL)
            write(case, Path())
            for arguments in commands(case).values():
                cli.main(arguments)
        yield
    finally:
        os.chdir(here)


@pytest.mark.sampled(4)
@pytest.mark.parametrize("name", bounds_inputs.CASES)
def test_work_grows_with_the_input_alone(name, tmp_path, monkeypatch, capsys):
    counts: list[dict[str, int]] = []
    cases = [bounds_inputs.sized(name, size) for size in (SMALL, 4 * SMALL)]
    for number, case in enumerate(cases):
        folder = tmp_path / str(number)
        folder.mkdir()
        monkeypatch.chdir(folder)
        write(case, folder)
        done = {how: calls_of(arguments) for how, arguments in commands(case).items()}
        assert {status for status, _calls in done.values()} <= {0, 1, 2, 3}, capsys.readouterr().err
        counts.append({how: calls for how, (_status, calls) in done.items()})
    for how, calls in counts[1].items():
        most = MOST_CALLS if name in UP_TO_A_BOUND else 5 * counts[0][how] + 50_000
        assert calls <= most, (how, counts)


@pytest.mark.sampled(2)
@pytest.mark.parametrize("name", bounds_inputs.CASES)
def test_a_judged_template_is_freed_without_the_garbage_collector(name, tmp_path, monkeypatch):
    """The command runs without it, and a fleet of any number of templates must stay in the memory of one."""
    monkeypatch.chdir(tmp_path)
    case = bounds_inputs.sized(name, SMALL)
    write(case, tmp_path)
    gc.collect()
    others = [x for x in gc.get_objects() if type(x) in (Scope, Stack)]  # those of other tests' modules
    held = set(map(id, others))
    gc.disable()
    try:
        for arguments in commands(case).values():
            cli.main(arguments)
            assert not [x for x in gc.get_objects() if type(x) in (Scope, Stack) and id(x) not in held]
    finally:
        gc.enable()


def test_more_severities_by_glob_than_anybody_writes_are_refused(tmp_path):
    (tmp_path / "t.json").write_text('{"Resources": {"A": {"Type": "Custom::X"}}}')
    severities = {f"s3-{'*' * n}": "low" for n in range(1, 1_001)}
    config = Config(paths=(str(tmp_path / "t.json"),), severities={**severities, "s3-versioning": "low"})
    assert not check.check(config).findings
    with pytest.raises(ConfigError, match="more than 1000 globs"):
        check.check(config._replace(severities={**severities, "sqs-*": "low"}))


# -- what it costs at the size that is promised


def measured(arguments: list[str], folder: Path) -> tuple[int, float, float]:
    """The exit status, CPU seconds and MB of a run in a process of its own."""

    def limits() -> None:
        resource.setrlimit(resource.RLIMIT_CPU, (6 * MOST_SECONDS, 7 * MOST_SECONDS))
        resource.setrlimit(resource.RLIMIT_AS, (6 * MOST_MB * 2**20, 6 * MOST_MB * 2**20))

    with open(folder / "stdout", "wb") as out, open(folder / "stderr", "wb") as err:
        command = [sys.executable, "-m", "cdkguard", *arguments]
        child = subprocess.Popen(command, cwd=folder, stdout=out, stderr=err, preexec_fn=limits)
        _pid, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    return child.returncode, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


@pytest.mark.skipif(not SIZE, reason="make bounds")
@pytest.mark.parametrize("name", bounds_inputs.CASES)
def test_five_seconds_and_500_mb(name, tmp_path, capsys):
    case = bounds_inputs.sized(name, SIZE)
    size = write(case, tmp_path)
    runs = commands(case)
    if name in MANY_FINDINGS:
        plain = next(iter(runs.values()))[:-1]
        runs.update({f"{plain[0]}, {how}": [*plain, how] for how in FORMATS})
    broken = []
    for how, arguments in runs.items():
        status, seconds, memory = measured(arguments, tmp_path)
        if MOST_SECONDS < seconds < 2 * MOST_SECONDS:  # a slow moment of the machine, perhaps
            seconds = min(seconds, measured(arguments, tmp_path)[1])
        with capsys.disabled():
            row = f"{size // 1000} KB | exit {status} | {seconds:.1f} s | {memory:.0f} MB"
            print(f"\n| {name} | {how} | {row} |", end="", flush=True)
        if status not in (0, 1, 2, 3) or seconds > MOST_SECONDS or memory > MOST_MB:
            broken.append((how, status, seconds, memory, (tmp_path / "stderr").read_text(errors="replace")[-300:]))
    assert not broken
