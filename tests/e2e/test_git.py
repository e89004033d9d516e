"""Git revisions as baselines, in real repositories with a tiny app; and one with the example app."""

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cdkguard.baselines import git as gitbase
from cdkguard.baselines import git_cache
from cdkguard.baselines.open import open_baseline
from cdkguard.check.difference import find_difference
from cdkguard.check.run import check
from cdkguard.config.load import load_config
from cdkguard.errors import BaselineError, InputError
from cdkguard.inputs.app import context_of_cli
from cdkguard.inputs.assembly import read_assembly
from cdkguard.model import Assembly
from tests.support.git_projects import APP, commit, git, isolate, project
from tests.support.paths import ROOT
from tests.support.programs import started, wait_for_file


@pytest.fixture(autouse=True)
def surroundings(tmp_path, monkeypatch):
    isolate(tmp_path, monkeypatch)


def types(*names):
    return {name: {"Type": "AWS::S3::Bucket"} for name in names}


@pytest.fixture
def repo(tmp_path):
    """A repository whose branch `topic` has B where main has A."""
    folder = project(tmp_path / "my repo")
    git(folder, "init", "--quiet")
    commit(folder, resources=types("A"))
    git(folder, "switch", "--quiet", "-c", "topic")
    commit(folder, resources=types("B"))
    return folder


def opened(folder, revision=None, **options):
    return gitbase.open_revision(revision, str(folder), context=options.pop("context", {}), **options)


def logical_ids(folder, revision=None, **options):
    with opened(folder, revision, **options) as found:
        return sorted(found.assembly.stacks[0].template["Resources"].keys() - {"R"})


def said(folder, revision=None, **options):
    with opened(folder, revision, **options) as found:
        assert not any(note.fatal for note in found.notes)
        return "\n".join(note.message for note in found.notes)


def runs():
    path = os.environ["RUNS"]
    return len(Path(path).read_text().splitlines()) if os.path.exists(path) else 0


def nothing_left(folder, tmp_path):
    assert list((tmp_path / "tmp").iterdir()) == []
    assert len(git(folder, "worktree", "list").splitlines()) == 1


# -- which commit


def test_the_merge_base_with_main_is_the_default(repo, tmp_path):
    git(repo, "switch", "--quiet", "main")
    commit(repo, resources=types("Later"))
    git(repo, "switch", "--quiet", "topic")
    with opened(repo) as found:
        stack = found.assembly.stacks[0]
        assert (stack.name, stack.account, stack.region) == ("s", "111122223333", "eu-west-1")
        assert "A" in stack.template["Resources"]
        assert found.commit == git(repo, "rev-parse", "main~1")
        assert "merge base with main" in found.notes[0].message
        assert stack.template_path == f"{found.commit[:12]}:S.template.json"
        assert stack.source_of("A")[:2] == (str(repo / "app.py"), 7)
        assert json.loads(Path(found.directory, "resources.json").read_text()) == types("A")
        assert os.path.basename(found.directory) == "my repo"
    nothing_left(repo, tmp_path)


def test_a_revision_can_be_named(repo):
    first = git(repo, "rev-parse", "main")
    git(repo, "tag", "v1", first)
    for name in ("main", "v1", first[:10], "topic~1"):
        assert logical_ids(repo, name) == ["A"]
    assert logical_ids(repo, "topic") == ["B"]


@pytest.mark.parametrize("name", ["nowhere", "0" * 40, "--help", "main:app.py", ""])
def test_a_revision_that_is_none(repo, name):
    with pytest.raises(BaselineError, match="no commit of this repository"), opened(repo, name):
        pass


def test_the_remote_main_branch_comes_first(repo, tmp_path):
    git(tmp_path, "clone", "--quiet", str(repo), "clone")
    clone = tmp_path / "clone"
    git(clone, "switch", "--quiet", "-c", "mine")
    commit(clone, resources=types("C"))
    assert logical_ids(clone) == ["B"], "origin/HEAD is topic"
    git(clone, "remote", "set-head", "origin", "main")
    assert logical_ids(clone) == ["A"]


def test_ci_names_the_target_branch(repo, monkeypatch):
    git(repo, "branch", "release", "topic")
    commit(repo, resources=types("C"))
    assert logical_ids(repo) == ["A"]
    monkeypatch.setenv("GITHUB_BASE_REF", "release")
    assert logical_ids(repo) == ["B"]
    monkeypatch.setenv("GITHUB_BASE_REF", "gone")
    with (
        pytest.raises(BaselineError, match=r"'gone' \(GITHUB_BASE_REF\) is not in this clone: run `git fetch"),
        opened(repo),
    ):
        pass


def test_a_first_commit_is_told_before_the_app_is_run(repo, monkeypatch):
    git(repo, "switch", "--quiet", "main")
    monkeypatch.chdir(repo)
    config = load_config(str(repo), None)._replace(against="git")
    for judge in (lambda: check(config), lambda: find_difference(config, None)):
        with pytest.raises(BaselineError, match="first commit"):
            judge()
    assert runs() == 0
    with pytest.raises(BaselineError, match="no commit of this repository"):
        check(config._replace(against="git:nowhere"))
    assert runs() == 0


def test_on_main_the_last_commit_or_the_uncommitted_changes(repo, monkeypatch):
    git(repo, "switch", "--quiet", "main")
    with pytest.raises(BaselineError, match="first commit"), opened(repo):
        pass
    git(repo, "merge", "--quiet", "--no-ff", "topic", "-m", "merge")
    commit(repo, resources=types("C"))
    assert logical_ids(repo) == ["B"] and "first parent" in said(repo)
    (repo / "untracked").write_text("")
    assert logical_ids(repo) == ["B"]
    (repo / "resources.json").write_text("{}")
    assert logical_ids(repo) == ["C"] and "uncommitted changes" in said(repo)
    monkeypatch.setenv("CI", "true")
    assert logical_ids(repo) == ["B"], "what a build rewrites must not hide the merge"


def test_a_shallow_clone_says_how_to_fetch(repo, tmp_path, monkeypatch):
    git(tmp_path, "clone", "--quiet", "--depth=1", repo.as_uri(), "shallow")
    clone = tmp_path / "shallow"
    for revision in (None, git(repo, "rev-parse", "main")):
        with pytest.raises(BaselineError, match="shallow clone.*fetch-depth: 0"), opened(clone, revision):
            pass
    monkeypatch.setenv("GITHUB_BASE_REF", "main")
    with pytest.raises(BaselineError, match="fetch-depth: 0"), opened(clone):
        pass
    git(clone, "fetch", "--quiet", "--unshallow", "origin", "+refs/heads/*:refs/remotes/origin/*")
    assert logical_ids(clone) == ["A"]


def test_no_repository_no_git_no_common_commit(repo, tmp_path, monkeypatch):
    with pytest.raises(BaselineError, match="is in no git repository"), opened(tmp_path / "home"):
        pass
    git(repo, "switch", "--quiet", "--orphan", "other")
    commit(repo)
    with pytest.raises(BaselineError, match="HEAD and main have no common commit"), opened(repo):
        pass
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BaselineError, match="git cannot be run"), opened(repo):
        pass


# -- the work tree


def test_the_users_tree_stays_as_it_is(repo, monkeypatch):
    (repo / "app.py").write_text("raise SystemExit('today it is broken')")
    (repo / "new.txt").write_text("new")
    (repo / ".git/hooks").mkdir(exist_ok=True)
    hook = repo / ".git/hooks/post-checkout"
    hook.write_text("#!/bin/sh\ntouch '" + str(repo / "hooked") + "'\n")
    hook.chmod(0o755)
    git(repo, "add", "new.txt")
    before = (
        git(repo, "status", "--porcelain"),
        git(repo, "rev-parse", "HEAD"),
        git(repo, "config", "--list", "--local"),
    )
    monkeypatch.setenv("GIT_INDEX_FILE", str(repo / ".git/index"))  # as a hook of git's is started
    monkeypatch.setenv("GIT_DIR", str(repo / ".git"))
    assert logical_ids(repo, "main") == ["A"]
    monkeypatch.undo()
    after = git(repo, "status", "--porcelain"), git(repo, "rev-parse", "HEAD"), git(repo, "config", "--list", "--local")
    assert before == after and not (repo / "hooked").exists()


@pytest.mark.parametrize("stop", [KeyboardInterrupt, RuntimeError, SystemExit])
def test_the_work_tree_is_removed_whatever_happens(repo, tmp_path, stop):
    with pytest.raises(stop), opened(repo) as found:
        assert os.path.isdir(found.directory)
        (Path(found.directory) / "dirt").write_text("x")
        raise stop
    nothing_left(repo, tmp_path)


def test_an_app_that_fails_is_the_baselines(repo, tmp_path):
    (repo / "app.py").write_text("raise SystemExit('it was broken then')")
    broken = commit(repo, resources=types("A"))
    with (
        pytest.raises(
            BaselineError, match=rf"(?s)the baseline {broken[:12]}: the app ended.*it was broken then"
        ) as stop,
        opened(repo, "HEAD"),
    ):
        pass
    assert "  | " not in stop.value.unshown
    nothing_left(repo, tmp_path)
    (repo / "cdk.json").write_text("{")
    commit(repo)
    with pytest.raises(BaselineError, match="[0-9a-f]{12}: cdk.json:1: not JSON"), opened(repo, "HEAD"):
        pass


SLEEP = "import time; open(__import__('os').environ['RUNS'], 'w').close(); time.sleep(62.5)"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("while_in", ["app", "block"])
def test_a_signal_leaves_nothing_behind(repo, tmp_path, number, while_in):
    if while_in == "app":
        (repo / "app.py").write_text(SLEEP)
        commit(repo)
    else:
        (repo / "app.py").write_text(APP.replace('os.environ["RUNS"]', "os.devnull"))
        commit(repo)
    code = f"from cdkguard.baselines import git\nwith git.open_revision('HEAD', {str(repo)!r}, context={{}}): {SLEEP}"
    environment = {**os.environ, "TMPDIR": str(tmp_path / "tmp"), "PYTHONPATH": str(ROOT)}
    with started([sys.executable, "-c", code], env=environment, stderr=subprocess.PIPE) as child:
        wait_for_file(os.environ["RUNS"], child)
        child.send_signal(number)
        child.communicate(timeout=15)
    assert child.returncode != 0
    nothing_left(repo, tmp_path)


def test_an_app_below_the_root(repo, monkeypatch):
    shutil.copytree(repo, repo / "infra/net", ignore=shutil.ignore_patterns(".git"))
    commit(repo)
    (repo / "infra/net/resources.json").write_text(json.dumps(types("N")))
    (repo / "app.py").unlink()
    assert logical_ids(repo / "infra/net", "HEAD") == ["B"]
    with opened(repo / "infra/net", "HEAD") as found:
        assert found.directory.endswith(os.path.join("my repo", "infra", "net"))
        source_of = found.assembly.stacks[0].source_of
        assert source_of("B")[:2] == (str(repo / "infra/net/app.py"), 7)
        monkeypatch.chdir(repo / "infra")
        assert source_of("B")[:2] == (os.path.join("net", "app.py"), 7)


def test_an_app_that_was_not_there_is_new(repo):
    shutil.copytree(repo, repo / "infra", ignore=shutil.ignore_patterns(".git"))
    with opened(repo / "infra", "main") as found:
        assert found.assembly.stacks == () and os.path.isdir(found.directory)
        assert [n.fatal for n in found.notes] == [False]
    assert said(repo / "infra", "main").endswith("so all of it is new")
    (repo / "cdk.json").unlink()
    (repo / "infra/app.py").rename(repo / "infra/other.py")
    (repo / "infra/resources.json").unlink()
    assert "cdk.json of that revision is gone: was the app moved?" in said(repo / "infra", "main")


@pytest.mark.parametrize("old", ["infra", "apps/net", ""])
@pytest.mark.parametrize("by_git", [True, False])
def test_an_app_whose_folder_was_moved_is_compared_with_its_former_one(repo, old, by_git):
    if old:
        (repo / old).mkdir(parents=True)
        for name in ("app.py", "cdk.json", "resources.json"):
            (repo / name).rename(repo / old / name)
    (repo / ".gitignore").write_text("node_modules\n")
    before = commit(repo)
    (repo / "infrastructure").mkdir()
    for name in ("app.py", "cdk.json", "resources.json"):
        (repo / old / name).rename(repo / "infrastructure" / name)
    (repo / "infrastructure/resources.json").write_text(json.dumps(types("New")))
    (repo / "infrastructure/node_modules/lib").mkdir(parents=True)
    (repo / "infrastructure/node_modules/lib/types.json").write_text(json.dumps(types("Lib")))
    if by_git:
        git(repo, "add", "-A")
    with opened(repo / "infrastructure", before) as found:
        (stack,) = found.assembly.stacks
        assert {"B", "Lib"} <= set(stack.template["Resources"]) and "New" not in stack.template["Resources"]
        assert stack.source_of("B").file == str(repo / "infrastructure/app.py")
        assert os.path.realpath(found.directory).endswith(old.replace("/", os.sep))
    words = old or "the repository root"
    assert f"the app infrastructure lay in {words} at {before[:12]}: compared with that" in said(
        repo / "infrastructure", before
    )


def test_another_app_in_place_of_one_that_is_gone_is_new(repo):
    (repo / "other").mkdir()
    (repo / "cdk.json").rename(repo / "other/cdk.json")
    (repo / "app.py").unlink()
    (repo / "other/main.py").write_text("")
    assert "was the app moved?" in said(repo / "other", "main")


def test_the_baselines_own_command_unless_one_is_given(repo):
    (repo / "other.py").write_text(APP.replace('"R"', '"Other"'))
    (repo / "cdk.json").write_text(json.dumps({"app": f'"{sys.executable}" other.py'}))
    commit(repo)
    assert logical_ids(repo, "HEAD") == ["B", "Other"]
    assert logical_ids(repo, "main") == ["A"]
    assert logical_ids(repo, "HEAD", app=f'"{sys.executable}" app.py') == ["B"]


def test_a_cdkguard_behind_the_app_does_not_judge_the_baseline(repo):
    (repo / "cdk.json").write_text(json.dumps({"app": f'"{sys.executable}" app.py && false cdkguard check --x'}))
    commit(repo)
    assert logical_ids(repo, "HEAD") == ["B"]


@pytest.mark.parametrize("chained", [True, False])
def test_the_context_that_the_cdk_cli_was_given_is_the_baselines_too(repo, tmp_path, monkeypatch, chained):
    (repo / "cdk.json").write_text(json.dumps({"app": f'"{sys.executable}" app.py', "context": {"kept": "1"}}))
    commit(repo)
    (tmp_path / "out").mkdir()
    given = {"lookup": "Vpc", "kept": "1", "aws:cdk:enable-path-metadata": True}  # cdk synth -c lookup=Vpc
    monkeypatch.setenv("CDK_CONTEXT_JSON", json.dumps(given))
    monkeypatch.setenv("CDK_OUTDIR", str(tmp_path / "out"))
    subprocess.run([sys.executable, "app.py"], cwd=repo, check=True)
    monkeypatch.chdir(repo)
    assert context_of_cli(".") == {"lookup": "Vpc"}
    config = load_config(".", None)._replace(against="git:HEAD", paths=() if chained else (".",))
    with open_baseline(config, read_assembly(str(tmp_path / "out"), app_directory="."), None) as found:
        kind = found.assembly.stacks[0].template["Resources"]["R"]["Type"]
    assert kind == ("Test::Is::Vpc" if chained else "Test::Is::None")


@pytest.mark.parametrize("text", ["[", "7", '{"a": "b"}'])
def test_a_context_that_cannot_be_read_is_no_context(repo, monkeypatch, text):
    monkeypatch.setenv("CDK_CONTEXT_JSON", text)
    monkeypatch.setenv("CONTEXT_OVERFLOW_LOCATION_ENV", str(repo / "nowhere"))
    with pytest.raises(InputError, match="CDK_CONTEXT_JSON"):
        context_of_cli(str(repo))


def test_todays_code_is_not_run_for_the_baseline(repo):
    with pytest.raises(BaselineError, match="names app.py of the work tree by its absolute path"):
        logical_ids(repo, "main", app=f"python {repo}/app.py")


def test_a_committed_assembly_is_read(repo):
    out = repo / "out"
    environment = {**os.environ, "CDK_OUTDIR": str(out), "CDK_CONTEXT_JSON": "{}"}
    subprocess.run([sys.executable, "app.py"], cwd=repo, env=environment, check=True)
    (repo / "cdk.json").write_text('{"app": "out"}')
    commit(repo)
    with opened(repo, "HEAD") as found:
        assert found.assembly.stacks[0].template_path == f"{found.commit[:12]}:S.template.json"


# -- what is installed


INSTALLED = {"node_modules/lib": {"version": "1.0.0"}}


def node(repo, **lock):
    (repo / ".gitignore").write_text("node_modules\n.venv\n")
    (repo / "package.json").write_text('{"version": "1", "dependencies": {"lib": "1"}}')
    packages = {"": {"version": "1"}, "packages/names": {"version": "1"}, **INSTALLED}
    (repo / "package-lock.json").write_text(json.dumps({"version": "1", "packages": packages, **lock}))
    (repo / "node_modules/lib").mkdir(parents=True, exist_ok=True)
    (repo / "node_modules/lib/types.json").write_text(json.dumps(types("Lib")))
    return commit(repo)


def test_equal_lock_files_share_the_packages(repo):
    old = node(repo)
    (repo / "package.json").write_text('{"version": "2", "scripts": {}, "dependencies": {"lib": "1"}}')
    lock = {"version": "2", "packages": {"": {"version": "2"}, "packages/names": {"version": "9"}, **INSTALLED}}
    (repo / "package-lock.json").write_text(json.dumps(lock))
    assert logical_ids(repo, old) == ["B", "Lib"]
    assert (repo / "node_modules/lib/types.json").exists()


@pytest.mark.parametrize(
    "file, text", [("package-lock.json", "{}"), ("yarn.lock", "x"), ("package.json", "{}"), ("bun.lock", "{}")]
)
def test_different_lock_files_are_refused(repo, tmp_path, file, text):
    old = node(repo)
    (repo / file).write_text(text)
    with pytest.raises(BaselineError, match=rf"{file} differs .*--install installs"), opened(repo, old):
        pass
    nothing_left(repo, tmp_path)


def test_packages_are_installed_only_where_allowed(repo, tmp_path, monkeypatch):
    old = node(repo)
    (repo / "package-lock.json").write_text('{"packages": {"lib": {}}}')
    tools = tmp_path / "tools"
    tools.mkdir()
    npm = tools / "npm"
    npm.write_text(
        '#!/bin/sh\nmkdir -p node_modules/lib && echo \'{"Installed": {"Type": "\'$*\'"}}\' > node_modules/lib/types.json\n'
    )
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}{os.pathsep}{os.environ['PATH']}")
    with opened(repo, old, install=True) as found:
        assert found.assembly.stacks[0].template["Resources"]["Installed"]["Type"].startswith("ci --ignore-scripts")
        assert any("npm ci installed the baseline's packages" in note.message for note in found.notes)
    assert (repo / "node_modules/lib/types.json").read_text() == json.dumps(types("Lib"))
    npm.write_text("#!/bin/sh\necho no network; exit 1\n")
    (repo / "package.json").write_text('{"dependencies": {"lib": "2"}}')
    with (
        pytest.raises(BaselineError, match="(?s)were not installed: npm ci.*no network"),
        opened(repo, "HEAD", install=True, context={"x": "1"}),
    ):
        pass


def test_packages_of_the_repository_are_the_baselines(repo):
    (repo / "packages/lib").mkdir(parents=True)
    (repo / "packages/lib/types.json").write_text(json.dumps(types("Then")))
    (repo / ".gitignore").write_text("node_modules\n")
    (repo / "node_modules/@acme").mkdir(parents=True)
    (repo / "node_modules/other").mkdir()
    (repo / "node_modules/lib").symlink_to("../packages/lib")
    (repo / "node_modules/@acme/lib").symlink_to("../../packages/lib")
    old = commit(repo)
    (repo / "packages/lib/types.json").write_text(json.dumps(types("Now")))
    with opened(repo, old) as found:
        assert "Then" in found.assembly.stacks[0].template["Resources"]
        modules = Path(found.directory) / "node_modules"
        assert json.loads((modules / "@acme/lib/types.json").read_text()) == types("Then")
        assert (modules / "other").resolve() == repo / "node_modules/other"


def test_programs_of_the_repositorys_packages_are_the_baselines(repo):
    for folder in ("packages/cli", "node_modules/.bin", "node_modules/lib", "node_modules/other"):
        (repo / folder).mkdir(parents=True, exist_ok=True)
    (repo / "node_modules/lib/types.json").write_text("{}")
    (repo / "node_modules/other/run.js").write_text("other")
    (repo / "packages/cli/run.js").write_text("then")
    (repo / "node_modules/cli").symlink_to("../packages/cli")
    for link in ("cli", "other"):
        (repo / "node_modules/.bin" / link).symlink_to(f"../{link}/run.js")
    (repo / "node_modules/.bin/script").write_text("#!/bin/sh\n")  # as pnpm writes them
    (repo / "node_modules/.bin/gone").symlink_to("../gone/run.js")
    (repo / ".gitignore").write_text("node_modules\n")
    old = commit(repo)
    (repo / "packages/cli/run.js").write_text("now")
    with opened(repo, old) as found:
        programs = Path(found.directory) / "node_modules/.bin"
        assert [(programs / name).read_text() for name in ("cli", "other", "script")] == [
            "then",
            "other",
            "#!/bin/sh\n",
        ]
        assert (programs / "cli").resolve() == Path(found.directory).resolve() / "packages/cli/run.js"


@pytest.mark.parametrize("by", ["file:packages/lib", "pnpm"])
def test_copies_of_the_repositorys_packages_are_the_baselines(repo, by):
    (repo / ".gitignore").write_text("node_modules\n")
    (repo / "packages/lib").mkdir(parents=True)
    (repo / "packages/lib/types.json").write_text(json.dumps(types("Then")))
    (repo / "package.json").write_text(
        json.dumps({"dependencies": {"lib": by if by.startswith("file:") else "workspace:*"}})
    )
    (repo / "node_modules").mkdir()
    if by == "pnpm":
        (repo / "pnpm-lock.yaml").write_text("packages:\n  lib@file:packages/lib:\n    resolution: {}\n")
        copy = repo / "node_modules/.pnpm/lib@file+packages+lib/node_modules/lib"
        copy.mkdir(parents=True)
        (repo / "node_modules/lib").symlink_to(".pnpm/lib@file+packages+lib/node_modules/lib")
    else:
        copy = repo / "node_modules/lib"
        (copy / "node_modules/inner").mkdir(parents=True)
    old = commit(repo)
    for folder in (copy, repo / "packages/lib"):
        (folder / "types.json").write_text(json.dumps(types("Now")))
    with opened(repo, old) as found:
        assert found.assembly.stacks[0].template["Resources"].keys() == {"B", "Then", "R"}
        inner = Path(found.directory) / "node_modules/lib/node_modules/inner"
        assert inner.exists() == (by != "pnpm"), "what the copy has of its own"


def test_what_a_build_would_write_is_said_to_be_missing(repo):
    (repo / "app.py").write_text("open('dist/names.json')")
    commit(repo)
    with pytest.raises(BaselineError, match="`build` in cdk.json makes it"), opened(repo, "HEAD"):
        pass


def test_a_virtual_environment_is_shared(repo):
    (repo / ".gitignore").write_text(".venv\n")
    (repo / "requirements.txt").write_text("x==1")
    (repo / "cdk.json").write_text('{"app": ".venv/bin/python app.py"}')
    (repo / "mine").mkdir()
    (repo / "mine/mine.py").write_text("NAME = 'Then'")
    (repo / "app.py").write_text("import mine\n" + APP.replace('"Test::Is::" +', '"Test::" + mine.NAME +'))
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(repo / ".venv")], check=True)
    (site,) = (repo / ".venv/lib").glob("python*/site-packages")
    (site / "mine.pth").write_text(f"{repo}/mine\n")  # `pip install -e .`
    old = commit(repo)
    (repo / "mine/mine.py").write_text("NAME = 'Now'")
    with opened(repo, old) as found:
        assert found.assembly.stacks[0].template["Resources"]["R"]["Type"] == "Test::ThenNone"
        assert len(found.notes) == 0
    (repo / "requirements.txt").write_text("x==2")
    os.utime(site, ns=(1, 1))  # something was installed
    assert "requirements.txt differs: the baseline was synthesized with the Python packages installed now" in said(
        repo, old
    )


def test_looked_up_context_outside_version_control_is_lent(repo):
    (repo / ".gitignore").write_text("cdk.context.json\n")
    old = commit(repo)
    (repo / "cdk.context.json").write_text('{"lookup": "Vpc"}')
    with opened(repo, old) as found:
        assert found.assembly.stacks[0].template["Resources"]["R"]["Type"] == "Test::Is::Vpc"
    assert "cdk.context.json is not in that revision" in said(repo, old)


def test_submodules_are_those_of_the_baseline(repo, tmp_path):
    part = tmp_path / "part"
    part.mkdir()
    git(part, "init", "--quiet")
    commit(part, types=types("Then"))
    git(repo, "submodule", "--quiet", "add", part.as_uri(), "node_modules/lib")
    old = commit(repo)
    commit(part, types=types("Now"))
    git(repo / "node_modules/lib", "pull", "--quiet")
    commit(repo)
    before = git(repo, "config", "--list", "--local")
    assert logical_ids(repo, "HEAD") == ["B", "Now"]
    shutil.rmtree(part)  # the user's own clone is enough
    assert logical_ids(repo, old) == ["B", "Then"]
    assert git(repo, "config", "--list", "--local") == before
    assert git(repo, "submodule", "status").startswith(git(repo / "node_modules/lib", "rev-parse", "HEAD"))
    git(repo, "submodule", "--quiet", "deinit", "--force", "--all")
    assert "submodule 'node_modules/lib' is not initialised here" in said(repo, old, context={"new": "key"})
    nothing_left(repo, tmp_path)


# -- the cache


def entries(tmp_path):
    return sorted((tmp_path / "cache/cdkguard/baselines").iterdir())


def test_a_commit_is_synthesized_once(repo, tmp_path):
    first = said(repo)
    assert runs() == 1 and "cache" not in first
    with opened(repo) as found:
        assert "A" in found.assembly.stacks[0].template["Resources"]
        assert os.path.isfile(os.path.join(found.directory, "app.py")), "settings are read from there"
        assert found.assembly.stacks[0].source_of("A")[:2] == (str(repo / "app.py"), 7)
        assert found.assembly.stacks[0].template_path == f"{found.commit[:12]}:S.template.json"
    assert said(repo) == first and runs() == 1
    nothing_left(repo, tmp_path)


def below_the_root(repo, **files):
    """An app in infra/net of the repository, beside other folders; its folder."""
    shutil.copytree(repo, repo / "infra/net", ignore=shutil.ignore_patterns(".git"))
    (repo / "docs").mkdir()
    (repo / "docs/page.md").write_text("x")
    for name, text in files.items():
        (repo / name.replace("__", "/").replace("_dot_", ".")).write_text(text)
    commit(repo)
    return repo / "infra/net"


def checked_out(folder):
    """The files of the work tree by which a baseline from the cache is judged."""
    with opened(folder, "HEAD"):
        pass
    before = runs()
    with open_baseline(load_config(str(folder), None)._replace(against="git:HEAD"), APPLESS, None) as found:
        assert runs() == before
        tree = Path(found.directory).parents[1]
        return {path.relative_to(tree).as_posix() for path in tree.rglob("*") if path.is_file()} - {".git"}


APPLESS = Assembly(())
OWN = {"app.py", "cdk.json", "resources.json"}


def test_a_cached_baseline_needs_the_apps_folder_and_the_files_around_it(repo, tmp_path, monkeypatch):
    folder = below_the_root(repo, infra__shared="x", infra__net__notes="x")
    monkeypatch.chdir(folder)
    near = OWN | {f"infra/net/{name}" for name in OWN}
    assert checked_out(Path(".")) == near | {"infra/shared", "infra/net/notes"}
    nothing_left(repo, tmp_path)


@pytest.mark.parametrize(
    "setting", ["packs: [docs/rules]", "accepted: docs/accepted.json", "approvals: docs/a.yaml", "python: [mine]"]
)
def test_a_baseline_whose_configuration_names_files_elsewhere_has_all(repo, monkeypatch, setting):
    folder = below_the_root(repo, cdkguard_dot_yaml=f"{setting}\n")
    monkeypatch.chdir(folder)
    assert "docs/page.md" in checked_out(Path("."))


def test_settings_beside_the_app_or_above_it_need_no_other_file(repo, monkeypatch):
    settings = "accepted: infra/net/accepted.json\napprovals: approved.yaml\npacks: [infra/net/rules]\n"
    folder = below_the_root(repo, cdkguard_dot_yaml=settings)
    monkeypatch.chdir(folder)
    assert "docs/page.md" not in checked_out(Path("."))


def test_links_and_submodules_of_a_baseline_lead_to_files_that_are_there(repo, monkeypatch):
    folder = below_the_root(repo)
    (folder / "cdkguard.yaml").symlink_to("../../docs/page.md")
    (repo / "docs/page.md").write_text("fail_on: low\n")
    commit(repo)
    monkeypatch.chdir(folder)
    assert "docs/page.md" in checked_out(Path("."))


def test_a_folder_of_more_files_than_one_call_of_git_names_comes_with_all(repo, monkeypatch):
    folder = below_the_root(repo)
    for number in range(200):
        (folder / f"{'long' * 25}{number}").write_text("x")
    commit(repo)
    monkeypatch.chdir(folder)
    assert "docs/page.md" in checked_out(Path("."))


def test_a_sparse_checkout_of_the_user_is_that_of_the_baseline(repo, monkeypatch):
    folder = below_the_root(repo)
    git(repo, "sparse-checkout", "set", "infra")
    monkeypatch.chdir(folder)
    found = checked_out(Path("."))
    assert {"infra/net/app.py", "app.py"} <= found


@pytest.mark.parametrize(
    "options, variable",
    [({"context": {"a": "1"}}, None), ({"full_synth": True}, None), ({}, "STAGE"), ({}, "CDK_DEFAULT_ACCOUNT")],
)
def test_what_the_app_reads_is_part_of_the_key(repo, monkeypatch, options, variable):
    logical_ids(repo)
    if variable:
        monkeypatch.setenv(variable, "other")
    logical_ids(repo, **options)
    assert runs() == 2


@pytest.mark.parametrize("damage", ["template", "extra", "digests", "gone"])
def test_a_poisoned_entry_is_not_believed(repo, tmp_path, damage):
    logical_ids(repo)
    (entry,) = entries(tmp_path)
    if damage == "template":
        (entry / "assembly/S.template.json").write_text('{"Resources": {"Evil": {"Type": "AWS::S3::Bucket"}}}')
    elif damage == "extra":
        (entry / "assembly/more.json").write_text("{}")
    elif damage == "digests":
        (entry / "digests.json").write_text("[]")
    else:
        (entry / "assembly/manifest.json").unlink()
    assert logical_ids(repo) == ["A"] and runs() == 2
    assert logical_ids(repo) == ["A"] and runs() == 2, "written again"


def test_an_entry_of_another_key_is_not_believed(repo, tmp_path):
    logical_ids(repo, "topic")
    (entry,) = entries(tmp_path)
    shutil.move(entry, tmp_path / "topic")
    logical_ids(repo, "main")
    (entry,) = entries(tmp_path)
    shutil.rmtree(entry)
    shutil.move(tmp_path / "topic", entry)
    assert logical_ids(repo, "main") == ["A"]


def test_the_cache_is_bounded(repo, tmp_path, monkeypatch):
    monkeypatch.setattr(git_cache, "MAX_ENTRIES", 2)
    for number in range(3):
        logical_ids(repo, context={"n": str(number)})
        time.sleep(0.01)
    assert len(entries(tmp_path)) == 2
    logical_ids(repo, context={"n": "2"})
    assert runs() == 3


def test_no_place_for_a_cache_costs_only_time(repo, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("CDKGUARD_CACHE_DIR", str(tmp_path / "file"))
    assert logical_ids(repo) == logical_ids(repo) == ["A"] and runs() == 2


def test_a_progress_line(repo):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    terminal = Terminal()
    (repo / "app.py").write_text("import time; time.sleep(0.6)\n" + APP)
    commit(repo)
    logical_ids(repo, "HEAD", progress=terminal)
    assert "synthesizing" in terminal.getvalue()


EXAMPLE = ROOT / "examples/task-api"


@pytest.mark.e2e
@pytest.mark.skipif(not (EXAMPLE / "node_modules").is_dir(), reason="`make examples` installs what it needs")
@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node")
def test_the_example_against_its_last_commit(tmp_path):
    folder = tmp_path / "task-api"
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("node_modules", "cdk.out"))
    (folder / ".gitignore").write_text("node_modules\n")
    os.symlink(EXAMPLE / "node_modules", folder / "node_modules")
    git(folder, "init", "--quiet")
    commit(folder)
    stack = folder / "lib/task-api-stack.ts"
    stack.write_text(stack.read_text() + "\nthrow new Error('today it is broken');\n")
    with opened(folder) as found:
        (read,) = found.assembly.stacks
        tables = [k for k, body in read.template["Resources"].items() if body["Type"] == "AWS::DynamoDB::Table"]
        assert tables and not found.assembly.problems
        source = read.source_of(tables[0])
        assert source.file == str(stack) and source.line > 1
