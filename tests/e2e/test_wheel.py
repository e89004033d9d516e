"""What is published: the same bytes from the same sources anywhere, with the rules inside, and it runs alone."""

import os
import re
import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

from cdkguard.text.addresses import SITE
from tests.support.paths import ROOT

_LEFT_OUT = shutil.ignore_patterns(
    ".git", ".venv*", "node_modules", "cdk.out", "__pycache__", ".*_cache", ".hypothesis", "dist", "build"
)
# Stands for a machine without a network: whatever opens a socket ends the process.
_ALONE = "import os, socket\nsocket.socket.__init__ = lambda *_a, **_k: os._exit(99)\n"


def sources(target, newest_first=False):
    """A copy of the sources, with times, and an order in the folders, of their own."""
    shutil.copytree(ROOT, target, ignore=_LEFT_OUT)
    files = sorted((path for path in target.rglob("*") if path.is_file()), reverse=newest_first)
    for second, path in enumerate(files):
        data = path.read_bytes()
        path.unlink()
        path.write_bytes(data)
        os.utime(path, (1_600_000_000 + second, 1_600_000_000 + second))
    return target


def build(folder, out, **environment):
    """The names of the files that are built from a folder, with their bytes."""
    kept = {key: value for key, value in os.environ.items() if key not in ("SOURCE_DATE_EPOCH", "PYTHONPATH")}
    command = [sys.executable, "-P", "-m", "hatchling", "build", "-d", str(out)]
    done = subprocess.run(
        command, cwd=folder, env={**kept, **environment}, umask=int(environment.get("UMASK", "022"), 8),
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return {path.name: path.read_bytes() for path in Path(out).iterdir()}


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("built")
    build(sources(folder / "tree"), folder / "dist", PYTHONHASHSEED="1")
    return folder / "dist"


def only(folder, ending):
    (found,) = Path(folder).glob(f"*{ending}")
    return found


def test_the_same_sources_give_the_same_bytes_anywhere(built, tmp_path):
    other = sources(tmp_path / "another place ü", newest_first=True)
    again = build(other, tmp_path / "out", PYTHONHASHSEED="2", UMASK="077", TZ="Asia/Tokyo", LC_ALL="C")
    assert again == {path.name: path.read_bytes() for path in built.iterdir()}


def test_the_source_distribution_builds_the_same_wheel(built, tmp_path):
    with tarfile.open(only(built, ".tar.gz")) as archive:
        archive.extractall(tmp_path, **({"filter": "data"} if hasattr(tarfile, "data_filter") else {}))
    (tree,) = tmp_path.iterdir()
    wheel = only(built, ".whl")
    assert build(tree, tmp_path / "out")[wheel.name] == wheel.read_bytes()


def test_the_readme_on_pypi_names_no_file_of_the_repository(built):
    wheel = zipfile.ZipFile(only(built, ".whl"))
    (name,) = [name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")]
    text = wheel.read(name).decode()
    targets = re.findall(r'\]\(([^)]+)\)|src="([^"]+)"', text.partition("\n\n")[2])
    assert len(targets) > 20
    assert all((link or picture).startswith("https://") for link, picture in targets)
    assert f'src="{SITE}pictures/demo.svg"' in text


def test_what_the_wheel_holds(built):
    wheel = zipfile.ZipFile(only(built, ".whl"))
    names = {name for name in wheel.namelist() if ".dist-info/" not in name}
    inside = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "cdkguard").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    rules = {f"cdkguard/{path.relative_to(ROOT).as_posix()}" for path in (ROOT / "rules").rglob("*.yaml")}
    prepared = {"cdkguard/rules/compiled.jsonl", "cdkguard/packs/builtin_heads.py"}
    assert names == inside | rules | prepared
    assert "cdkguard/py.typed" in names
    assert not [name for name in prepared if str(ROOT) in wheel.read(name).decode()]


def test_what_the_source_distribution_holds(built):
    with tarfile.open(only(built, ".tar.gz")) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {
        "hatch_build.py",
        "rules/core/data-retention.yaml",
        "tests/e2e/test_wheel.py",
        "fuzz/run.py",
        ".ci/run",
    } <= names
    assert not [name for name in names if "node_modules" in name or ".venv" in name or name.endswith(".pyc")]


@pytest.mark.e2e
def test_it_is_installed_and_runs_without_a_network(built, tmp_path):
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "-q", "-w", tmp_path / "wheels", only(built, ".whl")], check=True
    )
    venv.create(tmp_path / "env", with_pip=True)
    python = tmp_path / "env/bin/python"
    alone = ["--no-index", "--find-links", tmp_path / "wheels"]
    subprocess.run([python, "-m", "pip", "install", "-q", *alone, "cdkguard"], check=True)
    site = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], capture_output=True, text=True
    )
    packages = Path(site.stdout.strip())
    (packages / "alone.py").write_text(_ALONE)
    (packages / "alone.pth").write_text("import alone\n")  # a distribution's own sitecustomize would hide ours
    assert subprocess.run([python, "-c", "import socket; socket.socket()"]).returncode == 99
    (tmp_path / "t.json").write_text('{"Resources": {"T": {"Type": "AWS::DynamoDB::Table"}}}')
    for command in ([python, "-m", "cdkguard"], [tmp_path / "env/bin/cdkguard"]):
        done = subprocess.run([*command, "check", "t.json"], cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 1 and "data-retention" in done.stdout, done.stderr
    shown = subprocess.run([python, "-m", "cdkguard", "rules", "test"], cwd=tmp_path, capture_output=True, text=True)
    assert shown.returncode == 0, shown.stdout
