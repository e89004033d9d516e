"""What is missing where an app's packages are not installed, and the command that installs them."""

import json

import pytest

from cdkguard.errors import SynthError
from cdkguard.inputs.app import App, find_apps_below
from cdkguard.inputs.default_environment import DefaultEnvironment
from cdkguard.inputs.installed_packages import advise_on_node, advise_on_python, refuse_missing_packages
from cdkguard.inputs.synth_advice import advise_on_failure

PACKAGE = json.dumps({"dependencies": {"aws-cdk-lib": "2.276.0"}})


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A repository with an app below its root, from whose root everything is named."""
    (tmp_path / ".git").mkdir()
    (tmp_path / "infra").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NODE_PATH", raising=False)
    return tmp_path


@pytest.mark.parametrize(
    "lock, command",
    [
        ("package-lock.json", "npm ci"),
        ("npm-shrinkwrap.json", "npm ci"),
        ("yarn.lock", "yarn install"),
        ("pnpm-lock.yaml", "pnpm install --frozen-lockfile"),
        ("bun.lock", "bun install --frozen-lockfile"),
        ("bun.lockb", "bun install --frozen-lockfile"),
        (None, "npm install"),
    ],
)
@pytest.mark.parametrize("folder", ["infra", "."])
def test_the_command_is_that_of_the_lock_file(repository, lock, command, folder):
    (repository / "infra/package.json").write_text(PACKAGE)
    if lock:
        (repository / folder / lock).write_text("")
    place = " in infra" if folder == "infra" or not lock else ""
    assert advise_on_node("infra") == f"node_modules is missing: run `{command}`{place}"


@pytest.mark.parametrize(
    "command, more, refused",
    [
        ("npx ts-node bin/app.ts", {}, True),
        ("tsx bin/app.ts", {}, True),
        ("npm run app", {}, True),
        ("node bin/app.js", {}, False),  # may be a bundle
        ("bun run app.ts", {}, False),  # installs what is missing itself
        ("npm ci && npx ts-node bin/app.ts", {}, False),
        ("python3 app.py", {}, False),
        ("npx ts-node bin/app.ts", {"build": "npm ci"}, False),
        ("npx ts-node bin/app.ts", {"file": "node_modules/aws-cdk-lib/package.json"}, False),
        ("npx ts-node bin/app.ts", {"file": ".pnp.cjs"}, False),
        ("npx ts-node bin/app.ts", {"package": "{}"}, False),
        ("npx ts-node bin/app.ts", {"package": None}, False),
        ("npx ts-node bin/app.ts", {"variable": True}, False),
    ],
)
def test_an_app_whose_library_is_not_installed_is_not_run(repository, monkeypatch, command, more, refused):
    if more.get("package", PACKAGE) is not None:
        (repository / "infra/package.json").write_text(more.get("package", PACKAGE))
    if "file" in more:
        (repository / more["file"]).parent.mkdir(parents=True, exist_ok=True)
        (repository / more["file"]).write_text("{}")
    if "variable" in more:
        monkeypatch.setenv("NODE_PATH", "/usr/lib/node_modules")
    app = App(command, "infra", {}, more.get("build"))
    if refused:
        with pytest.raises(SynthError, match="^node_modules is missing: run `npm install` in infra$"):
            refuse_missing_packages(app)
    else:
        refuse_missing_packages(app)


@pytest.mark.parametrize(
    "file, advice",
    [
        ("uv.lock", "run `uv sync` in infra"),
        ("poetry.lock", "run `poetry install` in infra"),
        ("Pipfile.lock", "run `pipenv install` in infra"),
        ("requirements.txt", "run `pip install -r requirements.txt` in infra"),
        (".venv/pyvenv.cfg", "there is one in infra/.venv: activate it (`source infra/.venv/bin/activate`)"),
        (None, "install it"),
    ],
)
def test_a_python_package_that_is_missing(repository, file, advice):
    if file:
        (repository / "infra" / file).parent.mkdir(exist_ok=True)
        (repository / "infra" / file).write_text("")
    told = advise_on_python("infra", "aws_cdk")
    assert told.startswith("the Python package of 'aws_cdk' is not installed in the environment that runs the app: ")
    assert told.endswith(advice)


@pytest.mark.parametrize(
    "said, advice",
    [
        ("ModuleNotFoundError: No module named 'aws_cdk'", "the Python package of 'aws_cdk' is not installed"),
        ("ModuleNotFoundError: No module named 'stacks.data'", ""),  # the app's own
        ("Error: Cannot find module 'aws-cdk-lib'", "node_modules is missing: run `npm install`"),
        ("Error: Cannot find module './lib/shop'", ""),
        ("Error: Cannot find module '../shop'", ""),
        ("KeyError: 'CDK_DEFAULT_ACCOUNT'", "set X"),
        ("context provider vpc-provider since account/region are not specified at the stack level", "set X"),
        ("x" * 500 + "account" + "x" * 500, ""),  # minified code
        ("TypeError: x is not a function", ""),
        ("docker exited with status 1", "Docker did not build an asset: without `--full-synth`"),
    ],
)
def test_the_reason_of_a_failure_is_told_where_it_is_known(repository, said, advice):
    (repository / "infra/package.json").write_text(PACKAGE)
    (repository / "infra/stacks").mkdir()
    default = DefaultEnvironment(None, "eu-west-1", advice="set X")
    told = advise_on_failure(App("x", "infra", {}), default, str(repository), ["first", said, "last"])
    assert told.strip().startswith(advice) if advice else told == ""


def test_apps_below_a_folder_are_found(repository):
    for folder in ("a", "b/c", "node_modules/x", ".hidden", "cdk.out/y", "1/2/3/4/5"):
        (repository / folder).mkdir(parents=True)
        (repository / folder / "cdk.json").write_text("{}")
    (repository / "loop").symlink_to(repository)
    assert find_apps_below(".") == ["a", "b/c"]
