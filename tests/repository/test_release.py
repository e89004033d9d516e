"""A release: the version in every file, the notes, and what the release workflow's scripts and jobs may and do."""

import datetime
import importlib.util
import os
import re
import shutil
import subprocess
import tomllib

import pytest
import yaml

from cdkguard import __version__
from tests.support.paths import ROOT

_SPEC = importlib.util.spec_from_file_location("version_tool", ROOT / "tools/release/version.py")
version = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(version)

WORKFLOW = yaml.safe_load((ROOT / ".github/workflows/release.yml").read_text())
JOBS = WORKFLOW["jobs"]


@pytest.fixture
def checkout(tmp_path):
    """A copy of the files that name the version."""
    for place in version.PLACES:
        for path in ROOT.glob(place.files):
            copy = tmp_path / path.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, copy)
    shutil.copy(ROOT / "CHANGELOG.md", tmp_path)
    return tmp_path


def test_every_file_names_the_version_of_the_package():
    assert version.check(ROOT, None) == __version__


def test_no_file_names_a_version_that_the_table_does_not_know():
    """Of the files that a user copies from: what is pinned there is set by `version.py set`."""
    known = {(file, line) for file, line, _ in version.find_versions(ROOT)}
    for path in [
        ROOT / "README.md",
        *ROOT.glob("docs/ci*.md"),
        *ROOT.glob("docs/ci/*.md"),
        *ROOT.glob("templates/**/*.yml"),
    ]:
        name = path.relative_to(ROOT).as_posix()
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if re.search(rf"(?<![\d.]){re.escape(__version__)}(?!\d)", line):
                assert (name, number) in known, f"{name}:{number}"


def test_setting_a_version_writes_it_everywhere(checkout):
    version.set_version(checkout, "0.2.0", datetime.date(2027, 1, 2))
    assert version.check(checkout, "v0.2.0") == "0.2.0"
    assert {found for _, _, found in version.find_versions(checkout)} == {"0.2.0"}
    changes = (checkout / "CHANGELOG.md").read_text()
    assert "## [Unreleased]\n\n## [0.2.0] - 2027-01-02\n\n### Added" in changes
    assert f"[0.2.0]: https://github.com/cdkguard/cdkguard/compare/v{__version__}...v0.2.0\n" in changes
    version.set_version(checkout, "0.2.0", datetime.date(2027, 1, 3))
    assert (checkout / "CHANGELOG.md").read_text() == changes


@pytest.mark.parametrize(
    ("tag", "said"), [("v9.9.9", "the tag v9.9.9 is not"), (f"{__version__}", "the tag"), ("", "the tag")]
)
def test_a_tag_that_is_not_the_version_is_refused(checkout, tag, said, capsys):
    assert version.main(["check", tag], checkout) == 1
    assert said in capsys.readouterr().err


def test_one_file_with_another_version_is_named_with_its_line(checkout, capsys):
    file = checkout / "templates/check/template.yml"
    file.write_text(file.read_text().replace(f"cdkguard:{__version__}", "cdkguard:0.0.9"))
    assert version.main(["check"], checkout) == 1
    assert re.match(
        rf"templates/check/template.yml:\d+: names 0.0.9, not {re.escape(__version__)}\n$", capsys.readouterr().err
    )


def test_a_release_without_notes_is_refused(checkout, capsys):
    version.set_version(checkout, "0.2.0rc1", datetime.date(2027, 1, 2))
    file = checkout / "CHANGELOG.md"
    file.write_text(
        re.sub(r"(## \[0\.2\.0rc1\][^\n]*\n).*?(?=^## )", r"\1\n", file.read_text(), flags=re.MULTILINE | re.DOTALL)
    )
    assert version.main(["check", "v0.2.0rc1"], checkout) == 1
    assert "CHANGELOG.md: has no notes of 0.2.0rc1" in capsys.readouterr().err


def test_the_notes_are_the_section_with_links_that_lead_to_the_tag(tmp_path):
    text = "# C\n\n## [Unreleased]\n\n## [1.0.0] - x\n\n- a [p](docs/p.md#x) [q](https://x) [r](#y)\n\n## [0.9.0]\n\nold\n\n[1.0.0]: https://z\n"
    (tmp_path / "CHANGELOG.md").write_text(text)
    page = "https://github.com/cdkguard/cdkguard/blob/v1.0.0/docs/p.md#x"
    assert version.read_notes(tmp_path, "v1.0.0") == f"- a [p]({page}) [q](https://x) [r](#y)\n"
    assert version.read_notes(tmp_path, "v0.9.0") == "old\n"


# The scripts, beside a stub of gh

_GH = """#!/usr/bin/env bash
printf '%q ' "$@" >>"$NOTES"; echo >>"$NOTES"
case "$*" in
  *matching-refs*) printf 'refs/tags/%s\\n' $TAGS ;;
  *"/git/ref/tags/"*) [ -n "${EXISTS:-}" ] ;;
esac
"""


def run(script, tmp_path, **environment):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/gh").write_text(_GH)
    (tmp_path / "bin/gh").chmod(0o755)
    for name in ("release/dist/a.whl", "release/sbom.cdx.json", "release/SHA256SUMS", "release/notes.md"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    settings = {
        "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}",
        "NOTES": str(tmp_path / "notes"),
        "GITHUB_REPOSITORY": "o/r",
        "GITHUB_SHA": "5ha",
    }
    script = str(ROOT / ".github/release" / script)
    done = subprocess.run(
        ["bash", script], cwd=tmp_path, env=settings | environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    notes = tmp_path / "notes"
    return done.stdout, [line.strip() for line in notes.read_text().splitlines()] if notes.exists() else []


@pytest.mark.parametrize(("tag", "flags"), [("v1.2.3", ""), ("v1.2.3rc1", " --prerelease --latest=false")])
def test_the_release_holds_notes_and_files(tmp_path, tag, flags):
    _, (call,) = run("publish.sh", tmp_path, TAG=tag)
    assert call == (
        rf"release create {tag} --repo o/r --verify-tag --title cdkguard\ {tag[1:]} --notes-file release/notes.md{flags}"
        " release/dist/a.whl release/sbom.cdx.json release/SHA256SUMS"
    )


@pytest.mark.parametrize(
    ("tag", "tags", "exists", "call"),
    [
        ("v0.2.0", "v0.1.0 v0.2.0", "yes", "api --method PATCH repos/o/r/git/refs/tags/v0 --field sha=5ha --field force=true --silent"),
        ("v1.0.0", "v1.0.0", "", "api --method POST repos/o/r/git/refs --field ref=refs/tags/v1 --field sha=5ha --silent"),
        ("v0.10.0", "v0.9.0 v0.10.0 v0.11.0rc1", "yes", "api --method PATCH repos/o/r/git/refs/tags/v0 --field sha=5ha --field force=true --silent"),
        ("v0.1.9", "v0.1.9 v0.2.0", "yes", None),
        ("v0.2.0rc1", "v0.2.0rc1", "yes", None),
        ("v0", "v0", "yes", None),
    ],
)  # fmt: skip
def test_the_major_tag_moves_to_the_newest_final_version_alone(tmp_path, tag, tags, exists, call):
    _, calls = run("move_major.sh", tmp_path, TAG=tag, TAGS=tags, EXISTS=exists)
    assert [line for line in calls if "--method" in line] == ([call] if call else [])


# The workflow


def test_each_job_has_the_rights_it_needs_and_no_others():
    assert WORKFLOW["permissions"] == {}
    assert {name: set(job.get("permissions", {})) for name, job in JOBS.items()} == {
        "build": {"contents"}, "attest": {"attestations", "id-token"}, "pypi": {"id-token"}, "github": {"contents"},
        "image": {"attestations", "artifact-metadata", "contents", "id-token", "packages"},
    }  # fmt: skip
    assert [name for name, job in JOBS.items() if job["permissions"].get("contents") == "write"] == ["github"]
    assert JOBS["pypi"]["environment"]["name"] == "pypi"


def test_what_is_published_is_what_one_job_built():
    order = {name: job.get("needs") for name, job in JOBS.items()}
    assert order == {"build": None, "attest": "build", "pypi": "attest", "image": "pypi", "github": "image"}
    ran = {name: [step["run"] for step in job["steps"] if "run" in step] for name, job in JOBS.items()}
    assert ran["pypi"] == ran["attest"] == [] and ran["image"] == ["mv release/dist dist"]
    assert not [line for lines in ran.values() for line in lines if "${{" in line]


def test_the_programs_that_build_are_pinned_by_hash():
    text = (ROOT / ".github/release/requirements.txt").read_text()
    pinned = re.findall(r"^([a-z0-9-]+)==", text, re.MULTILINE)
    assert {"build", "twine", "cyclonedx-bom", "hatchling"} <= set(pinned) and "://" not in text
    assert len(re.split(r"\n(?=[a-z])", text.strip())) == len(pinned) and all(
        "--hash=sha256:" in it for it in re.split(r"\n(?=[a-z])", text.strip())
    )
    assert "--require-hashes" in str(JOBS["build"]["steps"])


def test_the_build_fetches_nothing_else():
    """`--no-isolation`: what pyproject.toml asks for to build the package is among what is pinned."""
    asked = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]["requires"]
    assert set(asked) <= set((ROOT / ".github/release/requirements.in").read_text().splitlines())
    pinned = re.findall(r"^([a-z0-9-]+)==", (ROOT / ".github/release/requirements.txt").read_text(), re.MULTILINE)
    assert {re.match(r"[a-z0-9-]+", it.lower())[0] for it in asked} <= set(pinned)
