"""Runs the coding agents themselves with a scripted model, and shows what each makes of the hook's answers.

    python tools/agents/check_hosts.py FOLDER [--hosts claude codex copilot gemini]

FOLDER gets the hosts' packages from npm, by its ordinary client, and a project for each run; nothing of it belongs into the
repository. No account is needed: the model is tools/agents/scripted_model.py, which asks for `cdk deploy`; the `cdk` that
would run is a script that leaves a mark. The hook files are those that `cdkguard agents install` writes. The judge is one that
says what the run is about. The payloads that the hosts sent lie in FOLDER/HOST-VERDICT/payloads.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

from scripted_model import ScriptedModel  # noqa: E402

from tests.support.hook_process import JUDGE  # noqa: E402

PACKAGES = {
    "claude": ("@anthropic-ai/claude-code-linux-x64", "claude"),
    "codex": ("@openai/codex", "node_modules/.bin/codex"),
    "copilot": ("@github/copilot-linux-x64", "copilot"),
    "gemini": ("@google/gemini-cli", "node_modules/.bin/gemini"),
}
VERDICTS = ("deny", "ask", "silent", "crash", "timeout", "missing", "finished")
SECONDS = 60  # that a host gets; one that waits for a person that is not there takes all of them


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--hosts", nargs="*", default=list(PACKAGES), choices=list(PACKAGES))
    parser.add_argument("--verdicts", nargs="*", default=list(VERDICTS), choices=VERDICTS)
    options = parser.parse_args()
    folder = options.folder.resolve()
    print("| host | version | " + " | ".join(options.verdicts) + " |")
    print("| --- | --- |" + " --- |" * len(options.verdicts))
    for host in options.hosts:
        program, version = install(host, folder)
        found = [run(host, program, folder, verdict) for verdict in options.verdicts]
        print(f"| {host} | {version} | " + " | ".join(found) + " |", flush=True)


def install(host, folder):
    """(the program, its version); from npm unless it is there."""
    package, program = PACKAGES[host]
    place = folder / f"npm-{host}"
    if not (place / "node_modules").exists():
        place.mkdir(parents=True, exist_ok=True)
        command = ["npm", "install", "--prefix", str(place), "--no-save", "--ignore-scripts", package]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    home = place / "node_modules" / package
    version = json.loads((home / "package.json").read_text())["version"]
    return (place / program if "/" in program else home / program), version


def run(host, program, folder, verdict):
    """What became of `cdk deploy`: whether it ran, and whether the model has read the reason."""
    project = folder / f"{host}-{verdict}"
    shutil.rmtree(project, ignore_errors=True)
    app = project / "app"
    (project / "payloads").mkdir(parents=True)
    app.mkdir()
    (project / "home").mkdir()
    for words in (
        ["init", "-q"],
        ["-c", "user.name=x", "-c", "user.email=x@x", "commit", "-q", "--allow-empty", "-m", "x"],
    ):
        subprocess.run(["git", *words], cwd=app, check=True)
    environment = prepare(project, verdict)
    (project / "home/.profile").write_text(f'PATH="{environment["PATH"]}"\n')  # of a login shell, which Codex takes
    installer = [sys.executable, "-m", "cdkguard", "agents", "install", host, "--yes"]
    if verdict == "finished":
        (app / "cdkguard.yaml").write_text("agents: {after_edit: true}\n")
        installer.append("--after-edit")
    subprocess.run(installer, cwd=app, env=environment, check=True, capture_output=True)
    if verdict == "missing":
        (project / "bin/cdkguard").unlink()
    model = ScriptedModel([] if verdict == "finished" else ["cdk deploy Shop"])
    command = [str(program), *start(host, project, app, model.url, environment)]
    try:
        options = {"cwd": app, "env": environment, "stdin": subprocess.DEVNULL, "capture_output": True, "text": True}
        done = subprocess.run(command, timeout=SECONDS, **options)
        (project / "output").write_text(done.stdout + done.stderr)
        waited = ""
    except subprocess.TimeoutExpired:
        waited = "waits for a person, "
    told = any("the table goes" in json.dumps(body) for _path, body in model.requests)
    if verdict == "finished":
        return waited + ("goes on, reason read" if told else "ends")
    return waited + ("RAN" if (project / "RAN").exists() else "blocked") + (", reason read" if told else "")


def prepare(project, verdict):
    """The environment: a `cdk` that leaves a mark, a `cdkguard` that is this checkout, a judge that says the verdict."""
    site, programs = project / "site", project / "bin"
    site.mkdir()
    programs.mkdir()
    judge = JUDGE.replace("the table \\x1b[31mgoes\\n\\nand more", "the table goes")
    (site / "sitecustomize.py").write_text(judge)
    script(programs / "cdk", f"echo ran >> {project}/RAN; echo deployed")
    record = f'cat > "$f"; exec {sys.executable} -m cdkguard "$@" < "$f"'
    script(programs / "cdkguard", f'f={project}/payloads/$(date +%s%N).json; [ "$1 $2" = "agents hook" ] || exec {sys.executable} -m cdkguard "$@"; {record}')  # fmt: skip
    deadline = 3 if verdict == "timeout" else 0
    if deadline:
        script(programs / "cdkguard", f'exec {sys.executable} -m cdkguard "$@" --deadline {deadline}')
    return {
        "PATH": f"{programs}:{os.path.dirname(shutil.which('node') or '')}:/usr/bin:/bin",
        "HOME": str(project / "home"),
        "TERM": "dumb",
        "LANG": "C.UTF-8",
        "PYTHONPATH": f"{site}:{ROOT}",
        "TEST_VERDICT": {"missing": "deny", "finished": "ask"}.get(verdict, verdict),
        "TEST_NOTES": str(project / "notes"),
        "CDKGUARD_CACHE_DIR": str(project / "cache"),
    }


def script(path, text):
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def start(host, project, app, url, environment):
    """The host's arguments for one prompt without questions; sets what leads it to the scripted model."""
    home = project / "home"
    if host == "claude":
        environment |= {"ANTHROPIC_BASE_URL": url, "ANTHROPIC_API_KEY": "none", "IS_SANDBOX": "1"}
        environment |= {"CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1", "DISABLE_AUTOUPDATER": "1"}
        return ["-p", "run it", "--dangerously-skip-permissions"]
    if host == "codex":
        (home / ".codex").mkdir()
        lines = [
            'model = "scripted"', 'model_provider = "scripted"', "[model_providers.scripted]", 'name = "scripted"',
            f'base_url = "{url}/v1"', 'wire_api = "responses"', f'[projects."{app}"]', 'trust_level = "trusted"',
        ]  # fmt: skip
        (home / ".codex/config.toml").write_text("\n".join(lines))
        return ["exec", "--dangerously-bypass-approvals-and-sandbox", "--dangerously-bypass-hook-trust", "run it"]
    if host == "copilot":
        (home / ".copilot").mkdir()
        (home / ".copilot/config.json").write_text(json.dumps({"trusted_folders": [str(app)]}))
        environment |= {
            "COPILOT_PROVIDER_BASE_URL": f"{url}/v1",
            "COPILOT_PROVIDER_TYPE": "openai",
            "COPILOT_OFFLINE": "true",
        }
        environment |= {"COPILOT_PROVIDER_API_KEY": "none", "COPILOT_MODEL": "scripted"}
        return ["-p", "run it", "--allow-all-tools"]
    (home / ".gemini").mkdir()
    settings = {"security": {"auth": {"selectedType": "gemini-api-key"}}}
    (home / ".gemini/settings.json").write_text(json.dumps(settings))
    environment |= {"GEMINI_API_KEY": "none", "GOOGLE_GEMINI_BASE_URL": url, "GEMINI_CLI_TRUST_WORKSPACE": "true"}
    return ["-m", "gemini-2.5-flash", "--yolo", "-p", "run it"]


if __name__ == "__main__":
    main()
