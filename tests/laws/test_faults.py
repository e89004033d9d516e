"""Whatever fails outside of cdkguard, when it fails, and where a run is interrupted: no pass, no half file, nothing left.

Every call to the outside that a good run makes (fault_injection.py counts them) is made to fail in turn. Without
CDKGUARD_WHOLE=1 a sample of them is, spread over the run.
"""

import importlib
import inspect
import json
import os
import pkgutil
import re
import shutil
import subprocess
import sys
from typing import NamedTuple
from xml.etree import ElementTree

import pytest

import cdkguard
from cdkguard.baselines.snapshot import FOLDER
from cdkguard.cli.commands import COMMANDS
from cdkguard.packs import folders
from tests.support import audit_results
from tests.support import fault_injection as faults
from tests.support.paths import ROOT

pytestmark = pytest.mark.skipif(not hasattr(os, "fork") or os.name != "posix", reason="runs are made by fork")

PYTHON = f'"{sys.executable}" -IS'
ACCOUNT = "111122223333"
RULES = (
    "core/data-retention", "core/stack-termination-protection", "core/hardcoded-foreign-account",
    "changes/data-destroyed", "changes/guardrail-weakened", "changes/exemption-added",
)  # fmt: skip
OWN_RULE = """
id: team-tag
title: A bucket has a team
severity: {severity}
types: [AWS::S3::Bucket]
require: {{path: $.Properties.Tags, exists: true}}
why: Somebody has to answer for it.
remedy: Tag it.
examples:
  pass: [{{Tags: [{{Key: team, Value: a}}]}}]
  fail: [{{}}]
"""
APP = """
import json, os
out = os.environ["CDK_OUTDIR"]
os.makedirs(out, exist_ok=True)
body = {"Resources": json.load(open("resources.json"))}
json.dump(body, open(os.path.join(out, "Main.template.json"), "w"))
json.dump({"version": "38.0.0", "artifacts": {"Main": {"type": "aws:cloudformation:stack", "displayName": "Main",
    "environment": "aws://111122223333/eu-west-1", "properties": {"templateFile": "Main.template.json"}}}},
    open(os.path.join(out, "manifest.json"), "w"))
"""
TABLE = {"Type": "AWS::DynamoDB::Table", "DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain", "Properties": {}}
LOSSY = {**TABLE, "DeletionPolicy": "Delete"}
BUCKET = {"Type": "AWS::S3::Bucket", "DeletionPolicy": "Retain"}


@pytest.fixture(autouse=True, scope="module")
def everything_imported():
    """What is imported late is imported now: reading our own code is not what fails here."""
    for module in pkgutil.walk_packages(cdkguard.__path__, "cdkguard."):
        inside_an_app = module.name.split(".")[1] in ("aspect", "inapp", "testing", "__main__", "cfnlint_rules")
        if not inside_an_app and module.name != "cdkguard.cfnhook.construct":
            importlib.import_module(module.name)
    import yaml  # noqa: F401


@pytest.fixture(autouse=True)
def few_rules(tmp_path_factory, monkeypatch):
    """A handful of the built-in rules, so that thousands of runs take seconds."""
    folder = tmp_path_factory.mktemp("builtin")
    for name in RULES:
        (folder / name).parent.mkdir(exist_ok=True)
        shutil.copyfile(ROOT / "rules" / f"{name}.yaml", folder / f"{name}.yaml")
    shutil.copyfile(ROOT / "rules/sets.yaml", folder / "sets.yaml")
    monkeypatch.setattr(folders, "builtin_folder", lambda: str(folder))
    return folder


class Place:
    """A user's machine: the folder he works in, his home, his caches and the folder for temporary files."""

    def __init__(self, root):
        self.root = root
        for name in ("work", "home", "tmp", "cache"):
            (root / name).mkdir()
        self.work = root / "work"
        (root / "home/.gitconfig").write_text(
            "[user]\nname = T\nemail = t@example.com\n[init]\ndefaultBranch = main\n[gc]\nauto = 0\n"
        )
        self.environment = {
            "PATH": os.environ["PATH"], "HOME": str(root / "home"), "TMPDIR": str(root / "tmp"),
            "CDKGUARD_CACHE_DIR": str(root / "cache"), "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C.UTF-8",
        }  # fmt: skip
        self.cold = False  # whether each run begins without a cache

    def files(self, **files):
        for name, content in files.items():
            path = self.work / name.replace("__", "/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content if isinstance(content, str) else json.dumps(content))

    def file(self, name, content):
        path = self.work / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content))

    def assembly(self, folder="cdk.out", resources=None, **artifact):
        self.file(f"{folder}/Main.template.json", {"Resources": resources or {"T": LOSSY}})
        stack = {
            "type": "aws:cloudformation:stack", "displayName": "Main", "environment": f"aws://{ACCOUNT}/eu-west-1",
            "properties": {"templateFile": "Main.template.json", "terminationProtection": True}, **artifact,
        }  # fmt: skip
        self.file(f"{folder}/manifest.json", {"version": "38.0.0", "artifacts": {"Main": stack}})

    def git(self, *words):
        done = subprocess.run(["git", *words], cwd=self.work, env=self.environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr

    def run(self, argv, aim=None, lines=None):
        return faults.start(self.work, argv, self.environment, aim, lines)


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path)


# -- what is run


def nested_assembly(place):
    """Two stacks, one of them nested, with metadata beside the manifest; judged by a team's rules, written in all formats."""
    nested = {
        "Type": "AWS::CloudFormation::Stack", "Metadata": {"aws:cdk:path": "Main/N.NestedStack/N.NestedStackResource"},
        "Properties": {"TemplateURL": {"Fn::Sub": "https://x/" + "a" * 64 + ".json"}},
    }  # fmt: skip
    place.assembly(
        resources={"T": TABLE, "N": nested}, additionalMetadataFile="Main.metadata.json",
    )  # fmt: skip
    trace = [f"App ({place.work / 'app.ts'}:2:1)"]
    place.file("app.ts", "one\ntwo\nthree\n")
    place.file("cdk.out/Main.metadata.json", {"/Main/T": [{"type": "aws:cdk:logicalId", "data": "T", "trace": trace}]})
    place.file("cdk.out/N.nested.template.json", {"Resources": {"B": BUCKET}})
    place.file("cdk.out/Main.assets.json", {"files": {"a" * 64: {"source": {"path": "N.nested.template.json"}}}})
    place.file("rules/team-tag.yaml", OWN_RULE.format(severity="low"))
    place.file("cdkguard.yaml", "fail_on: low\npacks: [rules]\n")
    outputs = [
        f"--output={name}=report.{name}" for name in ("text", "sarif", "junit", "github", "gitlab", "html", "markdown")
    ]
    for name in ("text", "sarif", "markdown"):
        place.file(f"report.{name}", "what was here before")
    return ["check", "cdk.out", "--output=json", *outputs]


def folder_of_templates(place):
    """A folder with YAML, JSON, a cloud assembly and files that are none; several processes."""
    place.file("all/a.yaml", "Resources:\n  T: {Type: AWS::DynamoDB::Table}\n  B: {Type: AWS::S3::Bucket, DeletionPolicy: Retain}\n")  # fmt: skip
    place.file("all/deep/b.json", {"Resources": {"T": LOSSY}})
    place.file("all/deep/package.json", {"name": "none"})
    place.assembly("all/deeper/cdk.out", {"T": LOSSY})
    return ["check", "all", "--jobs=2", "--format=json"]


def from_source(place):
    """An app that is built, run with more context than fits into the environment, and judged; an accepted finding."""
    place.file("app.py", APP)
    place.file("resources.json", {"T": LOSSY, "U": LOSSY})
    place.file("cdk.json", {"app": f"{PYTHON} app.py", "build": "true", "context": {"large": "x" * 140_000}})
    place.file("cdk.context.json", {"looked": "up"})
    place.file("cdkguard.yaml", "environments: {prod: {accounts: ['111122223333']}}\nskip: [stack-*]\nsuppressions:\n  - {rule: data-retention, construct: '*', reason: wanted}\n")  # fmt: skip
    return ["check", "--format=json"]


def against_git(place):
    """A table that the working tree does not have any more."""
    place.file("app.py", APP)
    place.file("resources.json", {"T": LOSSY, "B": BUCKET})
    place.file("cdk.json", {"app": f"{PYTHON} app.py"})
    place.file("cdkguard.yaml", "skip: [stack-*]\n")
    place.git("init", "-q")
    place.git("add", ".")
    place.git("commit", "-q", "-m", "one")
    place.file("resources.json", {"B": BUCKET})
    return ["check", "--against=git", "--format=json"]


def against_snapshot(place):
    """A table that is gone, its destruction approved; and one whose destruction is not."""
    place.assembly("old", {"T": LOSSY, "U": LOSSY, "B": BUCKET})
    place.assembly("new", {"B": BUCKET})
    assert place.run(["snapshot", "old"]).status == 0
    approve = ["approve", "new", "--against=cdkguard.snapshot", "--change=T", "--reason=r", "--owner=o"]
    assert place.run(approve).status == 0
    place.file("accepted.json", {"version": 2, "findings": []})
    return ["check", "new", "--against=cdkguard.snapshot", "--accepted=accepted.json", "--format=json"]


def differing(place):
    place.assembly("old", {"T": LOSSY, "B": BUCKET})
    place.assembly("new", {"B": BUCKET})
    return ["diff", "old", "new", "--format=json"]


def snapshot(place):
    place.assembly("old", {"T": LOSSY})
    assert place.run(["snapshot", "old"]).status == 0
    place.assembly("new", {"B": BUCKET, "U": LOSSY})
    return ["snapshot", "new"]


def approve(place):
    place.assembly("old", {"T": LOSSY, "B": BUCKET})
    place.assembly("new", {"B": BUCKET})
    place.file("cdkguard.approvals.yaml", "approvals: []\n")
    return ["approve", "new", "--against=old", "--change=*", "--reason=r", "--owner=o"]


def accept(place):
    place.assembly()
    place.file(".cdkguard-baseline.json", {"version": 2, "findings": []})
    return ["accept", "cdk.out"]


def init(place):
    place.assembly()
    place.file("cdk.json", {"app": "cdk.out"})
    place.file("cdkguard.yaml", "fail_on: low\n")
    return ["init", "--force"]


def report(place):
    """Two reports, one of which fails."""
    place.assembly(resources={"T": LOSSY})
    assert place.run(["check", "cdk.out", "--output=json=a.json"]).status == 1
    assert place.run(["check", "cdk.out", "--output=json=b.json", "--fail-on=never"]).status == 0
    return ["report", "a.json", "b.json", "--output=html=fleet.html", "--output=text"]


def audited(place):
    """A finished audit, in two formats."""
    stack = audit_results.stack_row("111100000000", "eu-west-1", "Shop")
    rows = [stack, audit_results.finding(stack, audit_results.RULES[0])]
    audit_results.write_audit(
        str(place.work / "audit"), [("111100000000/eu-west-1/1", rows)], audit_results.header_of(1)
    )
    return ["audit", "show", "audit", "--output=csv=all.csv", "--output=json"]


def packaged(place):
    """The zip of the hook, over an older one."""
    place.file("rules/team-tag.yaml", OWN_RULE.format(severity="low"))
    place.file("cdkguard.yaml", "fail_on: low\npacks: [rules]\n")
    place.file("hook.zip", "what was here before")
    return ["cfn-hook", "package", "--config=cdkguard.yaml", "--out=hook.zip"]


def preflight(place):
    """Rows of rules, of code and of a command."""
    place.assembly(resources={"T": TABLE})
    place.file("cdk.json", {"app": "cdk.out"})
    place.file("app.py", "import os\nos.environ['NAME']\n")
    place.file(".env.example", "NAME=\n")
    place.file("cdkguard.yaml", "preflight: {test: 'true'}\n")
    return ["preflight", "--only=data-retained,env-example,unit-tests"]


def rules_test(place):
    place.file("rules/team-tag.yaml", OWN_RULE.format(severity="low"))
    return ["rules", "test", "rules"]


def pre_built(place):
    """Behind the sources; with GitHub's summary."""
    place.assembly(resources={"T": TABLE})
    place.file("cdk.json", {"app": "true"})
    place.file("app.py", "")
    place.file("summary.md", "of the steps before\n")
    place.environment["GITHUB_STEP_SUMMARY"] = str(place.work / "summary.md")
    return ["check", "--pre-built", "--output=github"]


def chained(place):
    """Behind the app in cdk.json, telling CDK."""
    place.assembly(resources={"T": LOSSY})
    place.file("cdk.out/validation-report.json", {"version": "38.0.0", "pluginReports": []})
    place.environment |= {"CDK_OUTDIR": str(place.work / "cdk.out"), "CDK_CONTEXT_JSON": "{}"}
    return ["check"]


QUICK = {
    nested_assembly: 30, folder_of_templates: 20, from_source: 20, against_git: 15, against_snapshot: 20, differing: 12,
    snapshot: 12, approve: 12, accept: 10, init: 10, report: 10, audited: 10, packaged: 10, preflight: 15, rules_test: 10, pre_built: 10, chained: 10,
}  # fmt: skip
# Commands that meet no case of their own here, and why.
NOT_TRIED = {
    "agents": "answers its hosts with statuses of their own: tests/unit/agents breaks it",
    "doctor": "tells what fails as a row: tests/unit/agents/test_doctor.py",
    "plan": "the run of check --against, and one output",
    "destroy": "the reading of diff, and one output",
    "explain": "reads rules as rules test does",
    "completion": "prints a text",
    "mcp": "serves until its client goes; each call is a process that fails as check and plan do: tests/unit/servers breaks it",
    "help": "prints a text",
    "schema": "prints a file of the package",
}
FILES = ("stat", "list", "open", "read", "create", "write", "close", "replace", "remove", "mkdir", "link")
SYSTEM = ("spawn", "fork", "pipe")


class Tried(NamedTuple):
    """A command with what a good run of it says and leaves."""

    place: Place
    argv: list
    before: dict
    cache: dict
    good: faults.Outcome
    after: dict

    def again(self, aim=None, lines=None):
        """One more run from the same beginning."""
        faults.restore(self.place.work, self.before)
        faults.restore(self.place.root / "cache", {} if self.place.cold else self.cache)
        return self.place.run(self.argv, aim, lines)


def tried(place, build, cold=False):
    argv = build(place)
    place.cold = cold
    before = faults.photograph(place.work)
    place.run(argv)
    cache = faults.photograph(place.root / "cache")
    start = Tried(place, argv, before, cache, None, {})
    good = start.again()
    assert good.status in (0, 1) and "Traceback" not in good.err, good
    assert not faults.photograph(place.root / "tmp")
    return start._replace(good=good, after=faults.photograph(place.work))


def essence(text):
    """What was found, without times and notices."""
    try:
        data = json.loads(text)
    except ValueError:
        return re.sub(r"\d+\.\d+|\d{4}-\d\d-\d\d \d\d:\d\d", "0.0", text)
    if isinstance(data, dict):
        data.pop("notices", None)
        data.pop("made", None)
        for volatile in ("seconds", "phases"):
            data.get("summary", {}).pop(volatile, None)
    return json.dumps(data, sort_keys=True)


# -- the laws


def broken(run, aim, outcome):
    """The laws that the outcome breaks, in words."""
    place, good = run.place, run.good
    hit = outcome.calls[0][1] if outcome.calls else "?"
    same = outcome.status == good.status and essence(outcome.out) == essence(good.out)
    text = outcome.err + outcome.out
    stops = faults.STATUS_OF.get(aim.fault, (2, 3))
    if outcome.calls and outcome.status not in stops and not same:
        yield f"status {outcome.status}, and not what a good run says"
    if not outcome.calls and not same:
        yield "the fault was not met, and the run differs"
    if "Traceback" in text or "bug in cdkguard" in text or "Exception ignored" in text:
        yield "a traceback"
    if outcome.left:
        yield f"processes are left: {outcome.left}"
    # What Python makes to see whether a folder can be written to is gone only where files can be removed.
    probe = aim.kind == "remove" and os.path.dirname(hit) == str(place.root / "tmp")
    if (temporary := faults.photograph(place.root / "tmp")) and not probe:
        yield f"temporary files are left: {sorted(temporary)}"
    faults.restore(place.root / "tmp", {})
    yield from half_files(run, aim)
    if outcome.calls and outcome.status in (2, 3) and aim.fault not in faults.SIGNALS:
        lines = [line for line in outcome.err.splitlines() if line.startswith("cdkguard: ")]
        if len(set(lines) - set(good.err.splitlines())) != 1 and essence(outcome.out) == "":
            yield f"{len(lines)} lines on standard error"
        ours = hit.startswith(("<", "/dev/")) or str(place.root / "tmp") in hit
        if not ours and not any(name in text + written(run) for name in named(hit)):
            yield "the file is not named"
    cache = faults.photograph(place.root / "cache")
    if cache != run.cache:
        faults.restore(place.work, run.before)
        after = place.run(run.argv)
        if after.status != good.status or essence(after.out) != essence(good.out):
            yield "the cache is poisoned"


def written(run):
    return "".join(
        c.decode("utf-8", "replace") for c in faults.photograph(run.place.work).values() if isinstance(c, bytes)
    )


def named(path):
    """What the user knows a file by; a temporary one by what it replaces, one of a snapshot by the snapshot's name, too."""
    folder, name = os.path.split(path)
    temporary = re.fullmatch(r"(.*?)\.[0-9a-f]{12}\.part", name)
    if temporary:
        return [temporary[1]]
    return [name, *([FOLDER] if os.path.basename(folder) == FOLDER else [])]


def half_files(run, aim):
    """Each file is what it was, or what a good run makes of it; or the whole report of a run that could not judge all."""
    now = faults.photograph(run.place.work)
    for path in sorted({*now, *run.before}):
        content = now.get(path, "gone")
        if content == run.before.get(path, "gone") or "/.git/" in path or path.endswith("/.git"):
            continue
        good = run.after.get(path, "gone")
        if isinstance(content, bytes) and isinstance(good, bytes):
            if path.endswith(".zip"):
                same, complete = content == good, False
            else:
                same, complete = essence(content.decode()) == essence(good.decode()), whole(path, content.decode())
            if not same and (aim.kind in WRITING or not complete):
                yield f"{path} is neither old nor new: {content[:200]!r}"
        elif content != good:
            yield f"{path} is left"


WRITING = ("create", "write", "close", "replace", "line")


def whole(path, text):
    if path.endswith("junit"):
        return ElementTree.fromstring(text) is not None
    if text.startswith(("{", "[")):
        return json.loads(text) is not None
    return text.endswith("\n")


def judge(run, chosen):
    wrong = []
    for aim in chosen:
        outcome = run.again(aim)
        wrong += [
            f"{' '.join(run.argv[:2])} {aim} at {outcome.calls}: {law}\n{outcome.err[-600:]}"
            for law in broken(run, aim, outcome)
        ]
    assert not wrong, f"{len(wrong)} of {len(chosen)}\n" + "\n".join(wrong[:: max(1, len(wrong) // 60)])


def test_every_command_is_tried():
    tried_here = set(re.findall(r'return \["([\w-]+)"', "".join(map(inspect.getsource, QUICK))))
    assert {command.name for command in COMMANDS} == tried_here | NOT_TRIED.keys()


@pytest.mark.parametrize("build", QUICK, ids=lambda build: build.__name__)
def test_a_call_that_fails_is_no_pass_and_leaves_nothing(place, build):
    run = tried(place, build)
    judge(run, faults.aims(run.good, (*FILES, *SYSTEM), QUICK[build], build.__name__))


@pytest.mark.parametrize("fault", faults.SIGNALS)
@pytest.mark.parametrize("build", QUICK, ids=lambda build: build.__name__)
def test_an_interruption_before_any_call_leaves_nothing(place, build, fault):
    run = tried(place, build)
    judge(run, faults.interruptions(run.good, fault, QUICK[build] // 3, build.__name__ + fault))


@pytest.mark.parametrize("fault", faults.SIGNALS)
@pytest.mark.parametrize("build", [from_source, against_git, snapshot, folder_of_templates], ids=lambda b: b.__name__)
def test_an_interruption_at_any_line_leaves_nothing(place, build, fault):
    run = tried(place, build)
    counted = run.again(lines=True)
    judge(run, faults.lines(counted, fault, 2000 if faults.WIDE else 6, build.__name__ + fault))


def test_what_fails_in_a_worker_process_is_no_pass(place):
    run = tried(place, folder_of_templates)
    judge(run, faults.aims(run.good, ("stat", "list", "open", "read"), 20, "worker", in_child=True))
