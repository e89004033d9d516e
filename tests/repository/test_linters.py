"""`make lint` looks at every script, workflow and Dockerfile, with programs that pyproject.toml pins."""

import glob
import re
import subprocess
import tomllib

from tests.support.paths import ROOT

MAKEFILE = (ROOT / "Makefile").read_text()
LINT = re.search(r"^lint:.*\n((?:\t.*\n)+)", MAKEFILE, re.MULTILINE).group(1)
# Lines for the agents' hook to read, not programs of ours.
NOT_OURS = ("tests/fixtures/", "examples/")


def tracked() -> list[str]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:  # a source distribution
        return [str(path.relative_to(ROOT)) for path in ROOT.rglob("*") if path.is_file() and ".venv" not in path.parts]
    return [name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def is_shell(name: str) -> bool:
    if name.startswith(NOT_OURS):
        return False
    with open(ROOT / name, "rb") as file:
        return name.endswith(".sh") or bool(re.match(rb"#!.*\b(ba|da|k|z)?sh\b", file.readline(200)))


def test_shellcheck_sees_every_script():
    patterns = re.search(r"^SCRIPTS := (.*)$", MAKEFILE, re.MULTILINE).group(1).split()
    seen = {name for pattern in patterns for name in glob.glob(pattern, root_dir=ROOT)}
    assert "shellcheck $(SCRIPTS)" in LINT and {name for name in tracked() if is_shell(name)} == seen


def test_every_linter_is_pinned_and_run():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert all(re.fullmatch(r"[a-z-]+==[0-9.]+", requirement) for requirement in extras["linters"])
    programs = {re.sub(r"-(py|bin|kjanat)$", "", requirement.partition("==")[0]) for requirement in extras["linters"]}
    assert programs == set(re.findall(r"\$\(BIN\)/(\S+)", LINT)) - {"ruff", "mypy"}
    assert "linters" in re.search(r"^\$\(VENV\)/\.installed:.*\n(?:\t.*\n)+", MAKEFILE, re.MULTILINE).group(0)


def test_every_action_has_one_version():
    versions: dict[str, set[str]] = {}
    for file in [ROOT / "action.yml", *(ROOT / ".github/workflows").glob("*.yml")]:
        for action, pin in re.findall(r"uses: ([\w./-]+)@(.*)", file.read_text()):
            versions.setdefault(action, set()).add(pin)
    assert versions and not {action: pins for action, pins in versions.items() if len(pins) > 1}
