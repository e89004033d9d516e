"""Mistakes in pyproject.toml, and their lines."""

from tests.support.configuration import mistake


def test_mistakes_in_pyproject_have_lines_too(repo):
    table = "[tool.cdkguard.environments.prod]\naccounts = [111122223333]\n"
    text = f"[project]\nname = 'x'\n[tool.cdkguard]\nrules = ['a']\n{table}"
    assert mistake(text, "pyproject.toml").startswith("pyproject.toml:6: account 111122223333 is read as a number")
    assert mistake("[tool.cdkguard]\nfail-on = 'low'\n", "pyproject.toml").startswith(
        "pyproject.toml:2: no key 'fail-on'"
    )
    assert mistake("[tool.cdkguard\n", "pyproject.toml").startswith("pyproject.toml: not TOML")
