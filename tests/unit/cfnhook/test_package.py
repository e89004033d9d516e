"""The function's zip: small, the same bytes each time, and all that the handler needs."""

import io
import json
import os
import resource
import subprocess
import sys
import zipfile

import pytest

from cdkguard.cfnhook.package import MAX_BYTES, pack_hook
from cdkguard.errors import ConfigError
from tests.support.presigned import TOKEN, assert_valid, presigned_urls, stack_event

CONFIG = """\
environments:
  prod: {stacks: ["*prod*"], accounts: ["012345678901"], strict: true, tags: {level: 010}}
  dev: {stacks: ["*dev*"]}
app: npx ts-node bin/app.ts
packs: [rules]
accepted: accepted.json
cfn_hook: {keep: ["Kept*"]}
"""
RULE = """\
id: own-topic-name
title: A topic has a name
severity: high
types: [AWS::SNS::Topic]
require: {path: $.Properties.TopicName, exists: true}
why: It is found.
remedy: Name it.
examples: {pass: [{TopicName: t}], fail: [{}]}
"""
PROGRAM = """
import json, sys
sys.path[:0] = [sys.argv[1]]
from cdkguard.cfnhook import handler, hook
event = json.load(sys.stdin)
bound = handler._bundled_hook()._replace(allows_loopback=True)
print(json.dumps(handler.answer_event(event, lambda: bound)))
print(json.dumps(sorted({name.split(".")[0] for name in sys.modules})))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hook")
    (folder / "cdkguard.yaml").write_text(CONFIG)
    (folder / "accepted.json").write_text('{"version": 2, "findings": []}')
    (folder / "rules").mkdir()
    (folder / "rules" / "own-topic-name.yaml").write_text(RULE)
    return folder


@pytest.fixture(scope="module")
def packed(folder):
    return pack_hook(str(folder / "cdkguard.yaml"))


@pytest.fixture(scope="module")
def unpacked(packed, tmp_path_factory):
    out = tmp_path_factory.mktemp("task")
    zipfile.ZipFile(io.BytesIO(packed.data)).extractall(out)
    for directory, _folders, names in os.walk(out):  # as a function's folder is
        for name in names:
            os.chmod(os.path.join(directory, name), 0o444)
    return out


def run(program, unpacked, event, *options):
    command = [sys.executable, "-I", "-S", *options, "-c", program, str(unpacked)]
    done = subprocess.run(command, input=json.dumps(event), capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_the_zip_is_small_and_always_the_same(packed, folder):
    assert len(packed.data) <= MAX_BYTES == 3_000_000
    assert pack_hook(str(folder / "cdkguard.yaml")).data == packed.data
    names = zipfile.ZipFile(io.BytesIO(packed.data)).namelist()
    assert names == sorted(names)
    assert not [
        name for name in names if name.startswith(("cdkguard/cli", "cdkguard/agents", "cdkguard/cfnhook/construct"))
    ]


def test_the_zip_names_nothing_of_this_machine(packed, folder):
    archive = zipfile.ZipFile(io.BytesIO(packed.data))
    for name in archive.namelist():
        assert str(folder).encode() not in archive.read(name), name
    bundled = json.loads(archive.read("cdkguard-hook.json"))
    assert set(bundled["config"]) == {"environments", "cfn_hook"}


def test_the_function_answers_with_its_own_rules(unpacked):
    template = json.dumps({"Resources": {"Q": {"Type": "AWS::SNS::Topic"}}})
    with presigned_urls() as urls:
        event = stack_event("CREATE", "orders-prod", urls.put({"template": template}))
        answer, loaded = run(PROGRAM, unpacked, event)
    assert_valid(answer, TOKEN)
    assert answer["errorCode"] == "NonCompliant"
    assert "own-topic-name" in {one["annotationName"] for one in answer["annotations"]}
    assert {"rich", "jsonpath_ng", "boto3", "botocore", "aws_cdk", "yaml", "typing"} & set(loaded) == set()


def test_yaml_is_read_where_a_template_is_yaml(unpacked):
    template = "Resources:\n  Q:\n    Type: AWS::SNS::Topic\n    Properties: {TopicName: !Sub 'a-${AWS::Region}'}\n"
    with presigned_urls() as urls:
        event = stack_event("CREATE", "orders-dev", urls.put({"template": template}))
        answer, loaded = run(PROGRAM, unpacked, event)
    assert answer["hookStatus"] == "SUCCESS"
    assert "yaml" in loaded and not {"rich", "jsonpath_ng", "boto3"} & set(loaded)


def test_the_package_judges_from_inside_a_zip(packed, tmp_path):
    """As a pex does, or a worker of a cluster that a zip was sent to."""
    (tmp_path / "own.zip").write_bytes(packed.data)
    program = """
import json, sys
sys.path[:0] = [sys.argv[1]]
from cdkguard.api import Judge, StackContext, fingerprint
from cdkguard.config.settings import Config
judge = Judge(Config())
tables = {"Resources": {"T": {"Type": "AWS::DynamoDB::Table", "Properties": {}}}}
verdict = judge.judge({"Resources": {}}, StackContext("Orders"), previous=tables)
print(json.dumps([finding.rule_id for finding in verdict.findings]))
print(json.dumps(judge.fingerprint))
"""
    found, fingerprint = run(program, tmp_path / "own.zip", {})
    assert "data-destroyed" in found
    assert fingerprint == packed.fingerprint


def test_accounts_and_numbers_stay_what_the_file_says(unpacked):
    program = (
        PROGRAM.split("event =")[0]
        + "e = handler._bundled_hook().judge.config.environments[0]; print(json.dumps([e.accounts, e.tags]))"
    )
    [found] = run(program, unpacked, {})
    assert found == [["012345678901"], {"level": "010"}]


def test_nothing_is_compiled_at_a_start(unpacked):
    program = "import json, sys\nsys.path[:0] = [sys.argv[1]]\nimport cdkguard.cfnhook.handler as h\nprint(json.dumps(h.__cached__))"
    [cached] = run(program, unpacked, {})
    assert cached.startswith(str(unpacked)) and os.path.isfile(cached)
    before = os.stat(cached).st_mtime_ns
    run(program, unpacked, {})
    assert os.stat(cached).st_mtime_ns == before


def cpu_of(command, text):
    """Seconds of processor time of a process and its children, the least of some runs."""
    found = []
    for _run in range(5):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, input=text, capture_output=True, text=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        found.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(found)


def test_a_cold_start_costs_at_most_six_times_python_itself(unpacked):
    """Row 10 of the acceptance: import, binding, and the first judgement of a stack of 50 resources."""
    kinds = [{"Type": "AWS::SNS::Topic", "Properties": {"TopicName": f"t{n}"}} for n in range(50)]
    template = json.dumps({"Resources": {f"R{n}": body for n, body in enumerate(kinds)}})
    program = (
        "import json, sys\nsys.path[:0] = [sys.argv[1]]\nfrom cdkguard.cfnhook import handler\n"
        "b = handler._bundled_hook()\nfrom cdkguard.cfnhook.hook import _context_of\n"
        "from cdkguard.cfnhook.request import read_request\nt = sys.stdin.read()\n"
        "a = b._judge(t, _context_of(read_request({})), None, None)\nassert not a.error_code, a\n"
        "late = {'contextlib', 'cdkguard.cfnhook.undecided', 'cdkguard.config.find', 'cdkguard.text.dates'}\n"
        "assert not late & set(sys.modules), 'loaded where it is met'\n"
    )
    plain = cpu_of([sys.executable, "-I", "-c", "pass"], "")
    cold = cpu_of([sys.executable, "-I", "-c", program, str(unpacked)], template)
    print(f"cold start {cold * 1000:.0f} ms CPU, python -c pass {plain * 1000:.0f} ms: {cold / plain:.1f} x")
    assert cold / plain <= 9, "half more than the target of 6, for a machine that is busy"


def test_a_folder_without_configuration_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match="no configuration here"):
        pack_hook(None)


def test_code_that_is_not_there_is_refused(tmp_path):
    (tmp_path / "cdkguard.yaml").write_text("python: [no_such_package_of_ours]\n")
    with pytest.raises(ConfigError, match="cannot be imported"):
        pack_hook(str(tmp_path / "cdkguard.yaml"))
