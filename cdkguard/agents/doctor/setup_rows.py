"""What cdkguard itself needs: Python, Node, the app, the configuration, the baseline."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping

from cdkguard import __version__
from cdkguard.agents.doctor.rows import SETUP, Row
from cdkguard.config.baseline_kinds import DEPLOYED, GIT, GIT_REVISION, kind_of
from cdkguard.config.environments import is_strict
from cdkguard.config.load import load_config
from cdkguard.config.settings import Config
from cdkguard.errors import CdkguardError
from cdkguard.inputs.app import App, find_app
from cdkguard.system import processes

SECONDS = 10.0
OLDEST_NODE = 20  # jsii refuses older ones


def examine_setup(directory: str, environment: Mapping[str, str]) -> Iterator[Row]:
    """The rows in the order of the table; `environment` is that of a program outside of this shell."""
    yield Row(SETUP, "Python", "ok", f"{sys.version.split()[0]} ({sys.executable})")
    yield _examine_installed(environment)
    config, row = _examine_configuration(directory)
    app, app_row = _examine_app(directory, config)
    yield _examine_node(app)
    yield app_row
    yield row
    yield _examine_baseline(directory, config)


def find_program(name: str, environment: Mapping[str, str]) -> str | None:
    """The path of a program on the PATH of an environment."""
    import shutil

    return shutil.which(name, path=environment.get("PATH", ""))


def ask_version(program: str, environment: Mapping[str, str]) -> str | None:
    """The first version number in what `PROGRAM --version` prints; None where it does not answer in time."""
    try:
        done = processes.run([program, "--version"], environment=environment, timeout=SECONDS, stderr=subprocess.STDOUT)
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None
    found = re.search(r"\d+(?:\.\d+)+", done.out)
    return found[0] if found and done.status == 0 else None


def _examine_installed(environment: Mapping[str, str]) -> Row:
    program = find_program("cdkguard", environment)
    here = f"{__version__} runs here"
    if program is None:
        advice = "install it where a login shell finds it: uv tool install cdkguard, or pipx install cdkguard"
        return Row(SETUP, "cdkguard", "unknown", f"{here}; a login shell finds none, and a host may not either", advice)
    version = ask_version(program, environment)
    evidence = {"program": program, "version": version}
    if version is None:
        return Row(SETUP, "cdkguard", "broken", f"{here}; {program} does not answer", "install it anew", evidence)
    if version != __version__:
        return Row(
            SETUP, "cdkguard", "broken", f"{here}; hooks start {version} ({program})", "update that one", evidence
        )
    return Row(SETUP, "cdkguard", "ok", f"{version} ({program})", evidence=evidence)


def _examine_node(app: App | None) -> Row:
    program = find_program("node", os.environ)
    version = ask_version(program, os.environ) if program else None
    if version is None:
        text = "not found; each CDK app needs it, in Python, too"
        return Row(SETUP, "Node", "broken" if app is not None else "unknown", text, "install Node 22 or 24")
    if int(version.split(".")[0]) < OLDEST_NODE:
        return Row(SETUP, "Node", "broken", f"{version}: the CDK needs {OLDEST_NODE} or newer", "install Node 22 or 24")
    return Row(SETUP, "Node", "ok", f"{version} ({program})")


def _examine_configuration(directory: str) -> tuple[Config | None, Row]:
    try:
        config = load_config(directory, None)
    except CdkguardError as problem:
        return None, Row(SETUP, "configuration", "broken", str(problem), "mend it: until then nothing is judged")
    if config.file is None:
        text = "no cdkguard.yaml: every setting has its default"
        return config, Row(SETUP, "configuration", "absent", text, "cdkguard init writes one from what is in the app")
    strict = [rule.name for rule in config.environments if is_strict(rule)]
    names = f"strict: {', '.join(strict)}" if strict else "it names no strict environment: prod is the strict one"
    return config, Row(SETUP, "configuration", "ok", f"{config.file}; {names}")


def _examine_app(directory: str, config: Config | None) -> tuple[App | None, Row]:
    try:
        app = find_app(directory, config.app if config else None, {})
    except CdkguardError as problem:
        below = _apps_below(directory)
        advice = f"cdkguard doctor {below[0]}" if below else "run it in the folder with cdk.json"
        return None, Row(SETUP, "app", "unknown" if below else "broken", str(problem), advice)
    return app, Row(SETUP, "app", "ok", f"`{app.command}` in {os.path.abspath(directory)}; not run here")


def _apps_below(directory: str) -> list[str]:
    found = []
    for folder in ("", "packages", "apps", "infra"):
        above = os.path.join(directory, folder)
        try:
            names = sorted(os.listdir(above))
        except OSError:
            continue
        found += [os.path.normpath(os.path.join(above, n)) for n in names if os.path.isfile(os.path.join(above, n, "cdk.json"))]  # fmt: skip
    return found


def _examine_baseline(directory: str, config: Config | None) -> Row:
    """Whether what `against` names is there; no app is run, and nothing but STS is asked."""
    against = config.against if config else None
    if config is None:
        return Row(SETUP, "baseline", "unknown", "the configuration cannot be read")
    if not against:
        advice = "set `against: deployed` in cdkguard.yaml: only that can clear a deployment to a strict environment"
        return Row(SETUP, "baseline", "absent", "cdkguard.yaml names none", advice)
    kind = kind_of(against)
    try:
        if kind is DEPLOYED:
            return _examine_credentials(config)
        if kind in (GIT, GIT_REVISION):
            from cdkguard.baselines.worktree import find_commit, find_repository

            target = find_commit(find_repository(directory), against.partition(":")[2] or None)
            text = f"git {target.commit[:12]} is there; it can deny or ask, and not clear a deployment to prod"
            return Row(SETUP, "baseline", "ok", text)
        from cdkguard.baselines.open import read_saved

        stacks = len(read_saved(against).assembly.stacks)
        text = f"{against}: {stacks} stacks; it can deny or ask, and not clear a deployment to prod"
        return Row(SETUP, "baseline", "ok", text)
    except CdkguardError as problem:
        return Row(SETUP, "baseline", "broken", str(problem), "without a baseline the hook asks or denies")


_WHO = """
import boto3, json, sys
from botocore.config import Config
session = boto3.Session(profile_name=sys.argv[1] or None, region_name=sys.argv[2] or None)
client = session.client("sts", region_name=session.region_name or "us-east-1",
                        config=Config(connect_timeout=3, read_timeout=5, retries={"total_max_attempts": 1}))
print(json.dumps(client.get_caller_identity()["Arn"]))
"""


def _examine_credentials(config: Config) -> Row:
    """Who the credentials are, asked by a process of its own, which is ended where it hangs."""
    import json

    words = [sys.executable, "-c", _WHO, config.aws.get("profile", ""), config.aws.get("region", "")]
    advice = "sign in (aws sso login, AWS_PROFILE), and install cdkguard[aws]"
    try:
        done = processes.run(words, timeout=SECONDS, stderr=subprocess.PIPE)
    except subprocess.TimeoutExpired:
        return Row(SETUP, "baseline", "unknown", f"deployed: AWS did not answer within {SECONDS:.0f} s", advice)
    if done.status:
        last = (done.err.strip().splitlines() or [done.status_words])[-1]
        return Row(SETUP, "baseline", "broken", f"deployed: no usable credentials: {last}", advice)
    return Row(SETUP, "baseline", "ok", f"deployed, read as {json.loads(done.out)}")
