"""Workspaces made by the real package managers: a git baseline finds its modules, and the repository's own as they were.

`CDKGUARD_PACKAGE_MANAGERS` names a folder with node_modules, made by `npm install pnpm@10 yarn@1 @yarnpkg/cli-dist@4 bun@1`;
without it those on the PATH are taken, and what is missing is skipped.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from cdkguard.baselines import git as gitbase
from tests.support.git_projects import commit, git, isolate

MANAGERS = Path(os.environ.get("CDKGUARD_PACKAGE_MANAGERS", "/nowhere")) / "node_modules"
SCRIPTS = {"classic": MANAGERS / "yarn/bin/yarn.js", "berry": MANAGERS / "@yarnpkg/cli-dist/bin/yarn.js"}
pytestmark = [pytest.mark.e2e, pytest.mark.skipif(shutil.which("node") is None, reason="needs Node")]

# Writes a stack with one resource, which is named by two packages of the workspace.
WRITE = """#!/usr/bin/env node
const { name } = require('NAMES');
const fs = require('fs'), out = process.env.CDK_OUTDIR;
fs.writeFileSync(`${out}/manifest.json`, JSON.stringify({ version: '48.0.0', artifacts: { S: {
  type: 'aws:cloudformation:stack', environment: 'aws://111122223333/eu-west-1', properties: { templateFile: 't.json' } } } }));
fs.writeFileSync(`${out}/t.json`, JSON.stringify({ Resources: { [name]: { Type: 'AWS::SNS::Topic' } } }));
"""
# Name -> (program, settings, version of a workspace's package, the app's commands).
KINDS = {
    "npm": ("npm", {}, "*", ("node app.js", "npx --no-install acme-write")),
    "pnpm": ("pnpm", {"pnpm-workspace.yaml": "packages: [packages/*, infra]\n"}, "workspace:*", ("node app.js", "pnpm exec acme-write")),
    "pnpm, hoisted": (
        "pnpm", {"pnpm-workspace.yaml": "packages: [packages/*, infra]\nnodeLinker: hoisted\n"}, "workspace:*",
        ("node app.js", "pnpm exec acme-write"),
    ),
    "pnpm, injected": (
        "pnpm",
        {"pnpm-workspace.yaml": "packages: [packages/*, infra]\ninjectWorkspacePackages: true\ndedupeInjectedDeps: false\n"},
        "workspace:*", ("node app.js", "pnpm exec acme-write"),
    ),
    "yarn classic": ("classic", {}, "1.0.0", ("node app.js", "yarn -s acme-write")),
    "yarn, node-modules": ("berry", {".yarnrc.yml": "nodeLinker: node-modules\n", "yarn.lock": ""}, "workspace:*", ("node app.js", "yarn acme-write")),
    "yarn, plug and play": ("berry", {".yarnrc.yml": "nodeLinker: pnp\n", "yarn.lock": ""}, "workspace:*", ("yarn node app.js", "yarn acme-write")),
    "yarn, zero install": (
        "berry", {".yarnrc.yml": "nodeLinker: pnp\nenableGlobalCache: false\n", "yarn.lock": "", ".gitignore": ""}, "workspace:*",
        ("yarn node app.js", "yarn acme-write"),
    ),
    "bun": ("bun", {}, "workspace:*", ("bun run app.js", "bun run acme-write")),
    "bun, hoisted": ("bun", {"bunfig.toml": '[install]\nlinker = "hoisted"\n'}, "workspace:*", ("node app.js", "bun run acme-write")),
}  # fmt: skip


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Makes the workspace of a kind in a repository, with its packages installed; skips where the program is missing."""
    isolate(tmp_path, monkeypatch)
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")

    def make(kind):
        program, settings, version, _commands = KINDS[kind]
        name = "yarn" if program in SCRIPTS else program
        own = SCRIPTS.get(program, MANAGERS / ".bin" / program)
        if own.exists():
            (tmp_path / "bin" / name).symlink_to(own)
        elif program != "npm":
            pytest.skip(f"needs {kind.split(',')[0]}: see the module's docstring")
        folder = write_workspace(tmp_path / "repository", settings, version)
        done = subprocess.run([name, "install"], cwd=folder, capture_output=True, text=True)
        if done.returncode != 0:
            pytest.skip(f"{name} cannot install: {done.stdout[-300:]}{done.stderr[-300:]}")
        git(folder, "init", "--quiet")
        commit(folder)
        return folder

    return make


def write_workspace(root, settings, version):
    """An app in `infra`, of which the package `names` of the workspace needs the package `core`; two of them need `ms`."""
    packages = {
        ".": {"name": "root", "private": True, "workspaces": ["packages/*", "infra"]},
        "packages/core": {"name": "@acme/core", "dependencies": {"ms": "2.1.3"}},
        "packages/names": {
            "name": "@acme/names",
            "bin": {"acme-write": "write.js"},
            "dependencies": {"@acme/core": version},
        },
        "infra": {"name": "infra", "dependencies": {"@acme/names": version, "ms": "2.1.2"}},
    }
    for folder, package in packages.items():
        (root / folder).mkdir(parents=True, exist_ok=True)
        (root / folder / "package.json").write_text(json.dumps({"version": "1.0.0", **package}))
    for name, text in {
        ".gitignore": "node_modules\n.yarn\n.pnp.*\n", **settings,
        "packages/core/index.js": "require('ms'); exports.name = 'Then';",
        "packages/names/index.js": "exports.name = require('@acme/core').name + 'Names';",
        "packages/names/write.js": WRITE.replace("NAMES", "./index.js"),
        "infra/app.js": "require('ms');" + WRITE.partition("\n")[2].replace("NAMES", "@acme/names"),
        "infra/cdk.json": '{"app": "false"}',
    }.items():  # fmt: skip
        (root / name).write_text(text)
    (root / "packages/names/write.js").chmod(0o755)
    return root


@pytest.mark.parametrize("kind", KINDS)
def test_the_packages_of_a_workspace_are_those_of_the_baseline(install, kind):
    root = install(kind)
    (root / "packages/core/index.js").write_text("require('ms'); exports.name = 'Now';")
    for command in KINDS[kind][3]:
        with gitbase.open_revision("HEAD", str(root / "infra"), app=command, context={}) as found:
            assert list(found.assembly.stacks[0].template["Resources"]) == ["ThenNames"], command
    status = git(root, "status", "--porcelain")
    assert status == "M packages/core/index.js", "the user's tree stays as it is"
