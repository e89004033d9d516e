"""Whole-process times of `cdkguard check` beside a floor and the peers that are installed, in turn, in one run.

The floor is: start Python and json.load the same files. Peers are run when they are on the PATH; nothing is installed.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
PYTHON = sys.executable
FLOOR = "import json, sys\nfor name in sys.argv[1:]: json.load(open(name))"


def resource(index):
    """One of a mix of ordinary resources."""
    return [
        {"Type": "AWS::S3::Bucket", "DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain",
         "Properties": {"VersioningConfiguration": {"Status": "Enabled"}, "BucketName": {"Fn::Sub": f"data-{index}-${{AWS::AccountId}}"}}},
        {"Type": "AWS::DynamoDB::Table", "DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain",
         "Properties": {"DeletionProtectionEnabled": True, "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True}}},
        {"Type": "AWS::IAM::Policy", "Properties": {"PolicyName": f"p{index}", "Roles": [{"Ref": f"R{index - index % 8 + 3}"}], "PolicyDocument": {"Statement": [
            {"Effect": "Allow", "Action": ["s3:GetObject", "s3:List*"], "Resource": {"Fn::Join": ["", [{"Fn::GetAtt": [f"R{index - index % 8}", "Arn"]}, "/*"]]}}]}}},
        {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {"Statement": [
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}]}}},
        {"Type": "AWS::Lambda::Function", "Properties": {"Runtime": "python3.13", "Handler": "index.handler",
         "Role": {"Fn::GetAtt": [f"R{index - index % 8 + 3}", "Arn"]}, "Environment": {"Variables": {"TABLE": {"Ref": f"R{index - index % 8 + 1}"}}}}},
        {"Type": "AWS::EC2::SecurityGroup", "Properties": {"GroupDescription": "x", "SecurityGroupIngress": [
            {"CidrIp": "10.0.0.0/8", "IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}]}},
        {"Type": "AWS::SQS::Queue", "DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain", "Properties": {}},
        {"Type": "AWS::Logs::LogGroup", "DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain", "Properties": {"RetentionInDays": 30}},
    ][index % 8]  # fmt: skip


def assembly(folder, stacks, resources):
    """A cloud assembly as CDK writes it, small; returns its template files."""
    folder.mkdir(parents=True)
    artifacts, files = {}, []
    for number in range(stacks):
        name = f"Stack{number}"
        template = {
            "Resources": {
                f"R{i}": {**resource(i), "Metadata": {"aws:cdk:path": f"{name}/R{i}/Resource"}}
                for i in range(resources)
            }
        }
        file = folder / f"{name}.template.json"
        file.write_text(json.dumps(template, indent=1))
        files.append(str(file))
        artifacts[name] = {
            "type": "aws:cloudformation:stack", "environment": "aws://222222222222/eu-west-1",
            "properties": {"templateFile": file.name, "terminationProtection": True}, "displayName": name,
            "metadata": {f"/{name}/R{i}/Resource": [{"type": "aws:cdk:logicalId", "data": f"R{i}"}] for i in range(resources)},
        }  # fmt: skip
    (folder / "manifest.json").write_text(json.dumps({"version": "55.0.0", "artifacts": artifacts}))
    return files


def timed(command, repeats, cwd=None):
    """(minimum, median) wall seconds."""
    times = []
    environment = {**os.environ, "PATH": os.path.dirname(sys.executable) + os.pathsep + os.environ["PATH"]}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed program has its compiled modules
    for _ in range(repeats):
        began = time.perf_counter()
        done = subprocess.run(command, cwd=cwd, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        times.append(time.perf_counter() - began)
        if done.returncode not in (0, 1, 2, 4, 6, 8, 14, 19):
            return None
    return min(times), statistics.median(times)


def peers(folder, files):
    """Commands of the peers that are installed."""
    found = {}
    if shutil.which("cfn-lint"):
        found["cfn-lint"] = ["cfn-lint", *files]
    if shutil.which("checkov"):
        found["checkov"] = ["checkov", "--quiet", "--compact", "--framework", "cloudformation", "-d", str(folder)]
    if shutil.which("cfripper"):
        found["cfripper"] = ["cfripper", *files]
    return found


def row(title, best, base):
    if best is None:
        print(f"  {title:34} failed")
        return
    print(f"  {title:34} {best[0] * 1000:8.0f} {best[1] * 1000:8.0f}   {best[0] / base[0]:7.1f}x")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--no-synth", action="store_true", help="leave out the runs from source")
    options = parser.parse_args()
    check = [PYTHON, "-m", "cdkguard", "check", "--fail-on", "never"]
    with tempfile.TemporaryDirectory() as temporary:
        print(f"  {'(milliseconds)':34} {'min':>8} {'median':>8}   to the yardstick")
        base = timed([PYTHON, "-c", "pass"], options.repeats * 3)
        row("python -c pass (the yardstick)", base, base)
        row("cdkguard --help", timed([PYTHON, "-m", "cdkguard", "--help"], options.repeats), base)
        row("cdkguard --version", timed([PYTHON, "-m", "cdkguard", "--version"], options.repeats), base)
        for title, stacks, resources in (
            ("20 resources", 1, 20),
            ("60 templates, 480 resources", 60, 8),
            ("10 x 100 resources", 10, 100),
            ("500 resources", 1, 500),
        ):
            folder = Path(temporary, title.replace(" ", "-"))
            files = assembly(folder, stacks, resources)
            print(title)
            row("floor: json.load", timed([PYTHON, "-c", FLOOR, *files], options.repeats), base)
            for rules in ("recommended", "all"):
                row(f"cdkguard, {rules}", timed([*check, str(folder), "--rules", rules], options.repeats), base)
            for name, command in peers(folder, files).items():
                row(name, timed(command, 1), base)
        if not options.no_synth:
            from_source(check, base, options.repeats)


def from_source(check, base, repeats):
    """The examples from source: cdkguard (synthesis and check) beside `cdk synth` alone."""
    cdk = ROOT / "examples/task-api/node_modules/.bin/cdk"
    if not cdk.exists():
        return
    for name in ("task-api", "orders"):
        print(f"from source: {name}")
        folder = ROOT / "examples" / name
        row("cdkguard check", timed(check, min(3, repeats), folder), base)
        with tempfile.TemporaryDirectory() as out:
            row(
                "cdk synth",
                timed(
                    [str(cdk), "synth", "-q", "--no-notices", "-o", os.path.join(out, "out")], min(3, repeats), folder
                ),
                base,
            )


if __name__ == "__main__":
    main()
