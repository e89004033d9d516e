"""The documentation says what the program does."""

import re

import yaml

from cdkguard.config.load import load_config
from cdkguard.errors import ExitCode
from cdkguard.language.operators import OPERATORS
from cdkguard.language.statement_tests import STATEMENT_TESTS
from cdkguard.packs import load as packs
from tests.support.paths import ROOT


def test_every_page_is_named_by_the_index_of_the_documentation():
    """The sections of docs/README.md are the navigation of the site, too; rules have an index of their own."""
    index = (ROOT / "docs/README.md").read_text()
    named = {target.partition("#")[0] for target in re.findall(r"\]\(([^)]+)\)", index)}
    pages = {path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")}
    missing = {page for page in pages - named - {"README.md"} if not page.startswith("rules/")}
    assert not missing, "add a row to docs/README.md"


def test_every_operator_is_in_the_docs():
    text = (ROOT / "docs/rule-language.md").read_text()
    assert not [name for name in OPERATORS if f"`{name}`" not in text]
    assert not [name for name in STATEMENT_TESTS if f"`{name}`" not in text]


def test_the_rule_in_the_docs_is_a_rule(tmp_path, own_cache):
    text = re.search(r"```yaml\n(id: .*?)```", (ROOT / "docs/rule-language.md").read_text(), re.DOTALL).group(1)
    name = yaml.safe_load(text)["id"]
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack" / f"my-{name}.yaml").write_text(text.replace(f"id: {name}", f"id: my-{name}"))
    assert any(rule.id == f"my-{name}" for rule in packs.load_packs([str(tmp_path / "pack")]).rules)


def test_the_configuration_in_the_docs_is_read(tmp_path):
    text = re.search(r"```yaml\n(fail_on.*?)```", (ROOT / "docs/configuration.md").read_text(), re.DOTALL).group(1)
    (tmp_path / "cdkguard.yaml").write_text(text)
    loaded = load_config(str(tmp_path), None)
    assert loaded.environments[0].name == "prod" and loaded.suppressions[0].owner == "team-orders"


def test_exit_statuses_of_the_readme():
    rows = re.findall(r"^\| (\d) \|", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert sorted(map(int, rows)) == sorted(map(int, ExitCode))
