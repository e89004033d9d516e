"""Every piece of code that a rule advises is right for aws-cdk-lib: TypeScript is compiled, Python is executed."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator

import pytest

from cdkguard.check.remedies import TAKE_REMOVAL_POLICY, fit_raw_resource
from cdkguard.packs.load import load_packs
from tests.support.paths import ROOT
from tests.support.remedy_snippets import Snippet, is_fragment, snippets, write_typescript

MODULES = ROOT / "examples/task-api/node_modules"
pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(not MODULES.is_dir(), reason="`make examples` installs what it needs"),
    pytest.mark.skipif(shutil.which("node") is None, reason="needs Node"),
]

# Each is wrong in another way: a property, its type, a method, a class, an argument that is missing.
WRONG = [
    Snippet("wrong-property", 0, "versionned=True,", "versionned: true,", "s3.BucketProps"),
    Snippet("wrong-type", 0, 'versioned="yes",', "versioned: 'yes',", "s3.BucketProps"),
    Snippet("wrong-method", 0, "bucket.grant_reed(role)", "bucket.grantReed(role);"),
    Snippet("wrong-class", 0, 's3.Buckett(self, "It")', "new s3.Buckett(this, 'It');"),
    Snippet("wrong-argument", 0, 'kms.Alias(self, "It")', "new kms.Alias(this, 'It');"),
    Snippet("wrong-name", 0, "bukket.grant_read(role)", "bukket.grantRead(role);"),
]
NAMES_OF_WRONG = {piece.name for piece in WRONG}
# The modules of aws-cdk-lib that are not called as CloudFormation calls the service.
SERVICES = {"elasticloadbalancingv2": "elbv2", "elasticloadbalancing": "elb", "kinesisfirehose": "firehose", "opensearchservice": "opensearch",
            "bedrockagentcore": "agentcore", "certificatemanager": "certificatemanager", "cloudformation": "cdk"}  # fmt: skip


def of_raw_classes() -> Iterator[Snippet]:
    """What a resource of a `Cfn...` class is advised, where that is a property."""
    for rule in load_packs().rules:
        kind = rule.types[0].split("::") if rule.types else []
        if rule.remedy is None or len(kind) != 3 or kind[0] != "AWS" or "*" in rule.types[0] or kind[1] == "Serverless":
            continue
        remedy = fit_raw_resource(rule.remedy)
        if remedy != rule.remedy and is_fragment(remedy.typescript or ""):
            service = kind[1].lower()
            properties = f"{SERVICES.get(service, service)}.Cfn{kind[2]}Props"
            yield Snippet(f"{rule.id} raw", 0, remedy.python or "", remedy.typescript or "", properties)


def all_pieces() -> list[Snippet]:
    argument = ("removal_policy=RemovalPolicy.RETAIN,", "removalPolicy: RemovalPolicy.RETAIN,")
    takers = [Snippet(kind, 0, *argument) for kind in sorted(TAKE_REMOVAL_POLICY)]
    return [*snippets(), *takers, *of_raw_classes(), *WRONG]


def test_typescript_of_every_rule_compiles(tmp_path):
    (tmp_path / "node_modules").symlink_to(MODULES)
    program, piece_at = write_typescript(all_pieces())
    (tmp_path / "advice.ts").write_text(program)
    options = "--noEmit --skipLibCheck --strict --target es2022 --module commonjs --moduleResolution node --types node"
    command = ["node", "node_modules/typescript/bin/tsc", *options.split(), "advice.ts"]
    output = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True).stdout
    errors = re.findall(r"^advice\.ts\((\d+),\d+\): error (.*)", output, re.MULTILINE)
    wrong = {piece_at.get(int(line), output[:500]): error for line, error in errors}
    assert {name: why for name, why in wrong.items() if name not in NAMES_OF_WRONG} == {}
    assert set(wrong) == NAMES_OF_WRONG


def test_python_of_every_rule_runs(tmp_path):
    (tmp_path / "site").mkdir()
    (tmp_path / "site/index.html").write_text("shop")
    (tmp_path / "vendor.yaml").write_text("Resources: {Files: {Type: AWS::S3::Bucket}}")
    pieces = json.dumps([piece for piece in all_pieces() if piece.python])
    command = [sys.executable, "-m", "tests.support.remedy_world"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1"}
    done = subprocess.run(command, cwd=tmp_path, input=pieces, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    wrong = json.loads(done.stdout.splitlines()[-1])
    assert {name: why for name, why in wrong.items() if name not in NAMES_OF_WRONG} == {}
    assert set(wrong) == NAMES_OF_WRONG


def test_a_rule_with_code_has_it_in_both_languages():
    assert [piece.name for piece in snippets() if not (piece.python and piece.typescript)] == []
