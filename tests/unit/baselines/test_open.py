"""The kinds of baseline: one table for the command line, the configuration, the opening and the documents."""

import json

import pytest

from cdkguard.baselines import open as baselines
from cdkguard.config.baseline_kinds import DEPLOYED, GIT, GIT_REVISION, KINDS, SAVED, describe_kinds, kind_of
from cdkguard.config.settings import Config
from cdkguard.errors import BaselineError, ConfigError
from cdkguard.model import Assembly
from tests.support.paths import PACKAGE, ROOT


@pytest.mark.parametrize(
    ("against", "kind"),
    [("deployed", DEPLOYED), ("git", GIT), ("git:HEAD~1", GIT_REVISION), ("git:", GIT_REVISION), ("./git", SAVED),
     ("deployed.json", SAVED), ("github", SAVED), ("", SAVED)],
)  # fmt: skip
def test_a_kind_is_recognised_by_its_name(against, kind):
    assert kind_of(against) is kind


def test_each_kind_can_be_opened():
    assert set(baselines._OPENERS) == {kind.name for kind in KINDS}


def test_help_schema_and_page_name_each_kind():
    schema = json.loads((PACKAGE / "schemas" / "config.schema.json").read_text(encoding="utf-8"))
    page = (ROOT / "docs" / "baselines.md").read_text(encoding="utf-8")
    for kind in KINDS:
        if not kind.is_path:
            assert kind.name in describe_kinds()
            assert kind.name in schema["properties"]["against"]["description"]
            assert kind.name.partition(":")[0] in page


def test_a_path_that_leads_nowhere_is_told_what_there_is():
    with pytest.raises(BaselineError) as stop:
        baselines.read_saved("nowhere")
    assert str(stop.value) == (
        "nowhere: no such baseline; it is `deployed`, `git`, `git:REVISION`, or the path of a snapshot, a cdk.out or a template"
    )


@pytest.mark.parametrize("against", ["git", "git:main"])
def test_a_file_alone_does_not_run_another_revisions_app(against):
    config = Config(file="cdkguard.yaml", against=against, runs_baseline=False)
    with (
        pytest.raises(ConfigError, match="nothing runs that a file names"),
        baselines.open_baseline(config, Assembly(()), None),
    ):
        pass
