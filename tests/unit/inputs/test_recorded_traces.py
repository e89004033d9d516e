"""The user's line of each construct, from traces that aws-cdk-lib recorded under each runtime (tests/fixtures/source-lines)."""

import json
import re

import pytest

from cdkguard.inputs.source_lines import StackMetadata
from tests.support.paths import ROOT

FOLDER = ROOT / "tests" / "fixtures" / "source-lines"
TRACES = json.loads((FOLDER / "traces.json").read_text(encoding="utf-8"))
_COMMENT = re.compile(r"(?://|#) [=~]> (.*)")

# Bun leaves the frame of a class field's initializer out, so that the nearest line is the call of the base class.
LOST = {("bun", "Main/Field/Resource")}


def lines_in_code(folder):
    """Construct path -> file:line, as the comments in the app say."""
    found = {}
    for file in sorted(folder.rglob("*.*")):
        for number, text in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            if (comment := _COMMENT.search(text)) is not None:
                found |= dict.fromkeys(comment[1].split(), f"{file.relative_to(folder).as_posix()}:{number}")
    return found


def expected(lines, path):
    while path not in lines:
        path = path.rpartition("/")[0]
    return lines[path]


def metadata(run, stack):
    folder = FOLDER / run.split()[0]
    entries = {
        path: [{"type": kind, "data" if kind == "aws:cdk:creationStack" else "trace": trace}]
        for path, (kind, trace) in json.loads(json.dumps(TRACES[run]).replace("/app/", f"{folder}/")).items()
        if path.startswith(stack)
    }
    return StackMetadata(entries, str(folder), stack)


@pytest.mark.parametrize("run", TRACES)
@pytest.mark.parametrize("stack", ["Main", "Staging/Data"])
def test_every_construct_has_the_line_that_makes_it(run, stack):
    lines, found = lines_in_code(FOLDER / run.split()[0]), metadata(run, stack)
    paths = {stack, *found.entries}
    sources = {path: found.source_at(path) for path in paths}
    wrong = {
        path: source for path, source in sources.items()
        if (source and f"{source.file}:{source.line}") != expected(lines, path) and (run.split()[1], path) not in LOST
    }  # fmt: skip
    assert not wrong


@pytest.mark.parametrize("run", TRACES)
def test_a_helper_names_its_caller(run):
    lines, found = lines_in_code(FOLDER / run.split()[0]), metadata(run, "Main")
    callers = {path: source.called_from for path in found.entries if (source := found.source_at(path))}
    told = {path: f"{caller.file}:{caller.line}" for path, caller in callers.items() if caller}
    main = (FOLDER / run.split()[0] / lines["Main/Raw"].rpartition(":")[0]).read_text(encoding="utf-8").splitlines()

    def call(words):
        return f"{lines['Main/Raw'].rpartition(':')[0]}:{next(n for n, text in enumerate(main, 1) if words in text)}"

    inside = {path for path in found.entries if path.startswith("Main/Worker/")}
    assert told == {
        "Main/Orders/Resource": call('"Orders"' if "python" in run else "'Orders'"),
        "Main/Users/Resource": call('"Users"' if "python" in run else "'Users'"),
        **dict.fromkeys(inside, call('"Worker"' if "python" in run else "'Worker'")),
    }


@pytest.mark.parametrize("run", TRACES)
def test_columns_are_those_of_the_trace(run):
    source = metadata(run, "Main").source_at("Main/Raw")
    assert (source.column is None) == run.startswith("python")
