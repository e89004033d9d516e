"""Options and fixtures that all tests share."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from cdkguard.model import Rule
from cdkguard.packs import folders
from cdkguard.packs import load as packs
from tests.support import sampling

# A machine may be busy; what is slow has tests of its own.
settings.register_profile("unhurried", deadline=None, max_examples=sampling.examples(100))
settings.load_profile("unhurried")

# What a CI, a terminal or a CDK app sets around the suite, and what decides something in cdkguard or below it: every test
# starts without them, so that it says the same everywhere.
_AROUND = re.compile(
    r"CI|CHANGE_TARGET|BITBUCKET_.*|BUILD_.*|SYSTEM_.*|GITHUB_.*|GITLAB_.*|CI_.*|AWS_.*|CDK_.*|GIT_(DIR|WORK_TREE|INDEX_FILE|PREFIX)|CONTEXT_OVERFLOW_.*"
    r"|COLUMNS|LINES|NO_COLOR|FORCE_COLOR|CLICOLOR.*|CIRCLECI|BUILDKITE|TRAVIS|DRONE|GITEA_ACTIONS|VIRTUAL_ENV|CDKGUARD_CACHE_DIR"
)
if os.environ.get("CI"):
    os.environ["CDKGUARD_IN_CI"] = "1"  # For the tests that may be skipped elsewhere.
for _name in [name for name in os.environ if _AROUND.fullmatch(name)]:
    del os.environ[_name]

GOLDEN = Path(__file__).parent / "golden"
LEFT_OUT = pytest.StashKey[int]()  # the number of tests that are not in the sample


@pytest.fixture(autouse=True)
def own_folder() -> Iterator[None]:
    """Let the next test begin in the folder in which this one did, whatever it calls goes into."""
    here = os.getcwd()
    yield
    os.chdir(here)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write tests/golden/ anew instead of comparing")


def pytest_configure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput"):
        # pytest-xdist's worker has a thread that waits for its controller, and nothing else: a fork there is harmless.
        config.addinivalue_line(
            "filterwarnings", "ignore:This process .* is multi-threaded, use of fork:DeprecationWarning"
        )
    if config.getoption("--update-golden") and getattr(config.option, "numprocesses", None):
        raise pytest.UsageError("--update-golden writes files whose tests may be spread over processes: leave -n out")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests that are not in the sample, unless all are wanted or some are asked for by name."""
    if sampling.WHOLE or config.option.keyword or any("::" in argument for argument in config.args):
        return
    numbers: Counter[str] = Counter()
    left, out = [], []
    for item in items:
        marker = item.get_closest_marker("sampled")
        name = item.nodeid.partition("[")[0]
        (out if marker and numbers[name] % marker.args[0] else left).append(item)
        numbers[name] += 1
    config.stash[LEFT_OUT] = len(out)
    if out:
        config.hook.pytest_deselected(items=out)
        items[:] = left


def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workerinput"):
        session.config.workeroutput["left_out"] = session.config.stash.get(LEFT_OUT, 0)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """pytest-xdist: each worker has collected the same tests, and left out the same ones."""
    node.config.stash[LEFT_OUT] = getattr(node, "workeroutput", {}).get("left_out", 0)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    if number := config.stash.get(LEFT_OUT, 0):
        terminalreporter.write_line(f"{number} tests are not in the sample: `make test-all` runs them")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """`golden(name, text)` compares the text with tests/golden/<name>."""

    def compare(name: str, text: str) -> None:
        path = GOLDEN / name
        if request.config.getoption("--update-golden"):
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
        assert path.is_file(), f"{path} is missing: run pytest --update-golden and read what it wrote"
        assert text == path.read_text(encoding="utf-8")

    return compare


class Kept:
    """Lines by pack and rule in tests/golden/<folder>/<pack>.json; `--update-golden` writes what was said instead."""

    def __init__(self, folder: Path, update: bool) -> None:
        self.folder, self.update = folder, update
        self.by_pack = {f.stem: json.loads(f.read_text(encoding="utf-8")) for f in sorted(folder.glob("*.json"))}

    def compare(self, pack: str, rule_id: str, lines: dict[str, list[str]]) -> None:
        if self.update:
            self.by_pack.setdefault(pack, {})[rule_id] = lines
        assert lines == self.by_pack[pack][rule_id]

    def close(self) -> None:
        if self.update:
            self.folder.mkdir(exist_ok=True)
            for pack, said in self.by_pack.items():
                text = json.dumps(said, indent=1, sort_keys=True, ensure_ascii=False)
                (self.folder / f"{pack}.json").write_text(text + "\n", encoding="utf-8", newline="\n")


@pytest.fixture(scope="module")
def kept(request: pytest.FixtureRequest) -> Iterator[Kept]:
    """What the module's folder of golden files, `KEPT_IN`, holds."""
    found = Kept(GOLDEN / request.module.KEPT_IN, request.config.getoption("--update-golden"))
    yield found
    found.close()


@pytest.fixture(scope="session")
def warm_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache in which the built-in rules are prepared: that takes a second, which only tests of the cache need to spend."""
    folder = tmp_path_factory.mktemp("warm") / "cache"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CDKGUARD_CACHE_DIR", str(folder))
        packs.load_packs()
    return folder


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, warm_cache: Path) -> Path:
    """A copy of it for one test."""
    folder = tmp_path / "cache"
    shutil.copytree(warm_cache, folder)
    monkeypatch.setenv("CDKGUARD_CACHE_DIR", str(folder))
    return folder


@pytest.fixture(scope="session")
def builtin(warm_cache: Path) -> tuple[dict[str, Rule], packs.Packs]:
    """The built-in rules by id, their files named so that they can be read, and all that was loaded with them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CDKGUARD_CACHE_DIR", str(warm_cache))
        loaded = packs.load_packs()
        return {rule.id: rule._replace(file=folders.source_file(rule)) for rule in loaded.rules}, loaded
