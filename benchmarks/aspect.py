"""What the Aspect costs: `app.synth()` bare, with CdkGuard and, where it is installed, with cdk-nag 3, in one run.

    python benchmarks/aspect.py [--resources 50 200 500 2000] [--repeat 5]

Each measurement is a process of its own, with CDK's built-in validation off (CDK_VALIDATION=false); the kinds take turns,
so that a busy machine slows all of them. `ratio` is the least time against the least bare time.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import subprocess
import sys
import tempfile
import time

KINDS = ("bare", "CdkGuard", "CdkGuard record=False", "cdk-nag")
PER_STACK = 100  # tables, buckets, roles and functions of each stack: 400 resources and their policies


def build(kind: str, resources: int, outdir: str) -> object:
    """An app of S3, DynamoDB, IAM and Lambda in stacks of at most 400 resources."""
    import aws_cdk as cdk
    from aws_cdk import aws_dynamodb, aws_iam, aws_lambda, aws_s3

    app = cdk.App(outdir=outdir)
    made = 0
    while made < resources:
        stack = cdk.Stack(app, f"Stack{made}", termination_protection=True)
        for n in range(PER_STACK):
            if made >= resources:
                break
            role = aws_iam.Role(stack, f"Role{n}", assumed_by=aws_iam.ServicePrincipal("lambda.amazonaws.com"))
            bucket = aws_s3.Bucket(stack, f"Bucket{n}", versioned=True, enforce_ssl=False)
            aws_dynamodb.Table(
                stack, f"Table{n}", deletion_protection=True,
                partition_key=aws_dynamodb.Attribute(name="id", type=aws_dynamodb.AttributeType.STRING),
                point_in_time_recovery_specification=aws_dynamodb.PointInTimeRecoverySpecification(
                    point_in_time_recovery_enabled=True
                ),
            )  # fmt: skip
            aws_lambda.CfnFunction(
                stack, f"Function{n}", role=role.role_arn, runtime="python3.13", handler="index.handler",
                code=aws_lambda.CfnFunction.CodeProperty(zip_file="def handler(event, context): pass"),
                environment=aws_lambda.CfnFunction.EnvironmentProperty(variables={"BUCKET": bucket.bucket_name}),
            )  # fmt: skip
            made += 4
    if kind.startswith("CdkGuard"):
        from cdkguard.aspect import CdkGuard

        cdk.Aspects.of(app).add(CdkGuard(fail_on="never", record="False" not in kind))
    elif kind == "cdk-nag":
        from cdk_nag import AwsSolutionsChecks

        cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    return app


def measure(kind: str, resources: int) -> float:
    """Seconds of `app.synth()` alone; what it prints and how it ends does not matter here."""
    import contextlib

    with tempfile.TemporaryDirectory() as outdir:
        app = build(kind, resources, outdir)
        began = time.perf_counter()
        with contextlib.suppress(RuntimeError):  # cdk-nag fails the synthesis by its findings
            app.synth()  # type: ignore[attr-defined]
        return time.perf_counter() - began


def measured(kind: str, resources: int, site: str | os.PathLike[str] = "") -> float:
    """Seconds of one measurement in a process of its own; `site` is a folder with another cdkguard than the one at hand."""
    environment = {**os.environ, "CDK_VALIDATION": "false", "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "1"}
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, [str(site), os.environ.get("PYTHONPATH", "")]))
    command = [sys.executable, __file__, "--measure", kind, "--resources", str(resources)]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    if done.returncode:
        raise SystemExit(f"{kind}, {resources} resources: exit status {done.returncode}")
    return float(done.stdout.split()[-1])


def import_cost(repeat: int) -> float:
    """Seconds that `import cdkguard.aspect` adds to `import aws_cdk`."""
    code = "import time, aws_cdk; t = time.perf_counter(); import cdkguard.aspect; print(time.perf_counter() - t)"
    runs = [subprocess.run([sys.executable, "-c", code], capture_output=True, text=True) for _ in range(repeat)]
    return min(float(run.stdout.split()[-1]) for run in runs)


def kinds() -> list[str]:
    """What can be measured here."""
    return [kind for kind in KINDS if kind != "cdk-nag" or importlib.util.find_spec("cdk_nag")]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--resources", type=int, nargs="+", default=[50, 200, 500, 2000])
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--measure", choices=KINDS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        print(measure(options.measure, options.resources[0]))
        return
    print(f"import cdkguard.aspect adds {import_cost(options.repeat) * 1000:.0f} ms to import aws_cdk")
    print(f"{'resources':>9}  {'kind':<22} {'least':>7} {'median':>7} {'ratio':>6}")
    for resources in options.resources:
        times: dict[str, list[float]] = {kind: [] for kind in kinds()}
        for _ in range(options.repeat):
            for kind in times:
                times[kind].append(measured(kind, resources))
        for kind in times:
            ordered = sorted(times[kind])
            ratio = ordered[0] / min(times["bare"])
            print(f"{resources:>9}  {kind:<22} {ordered[0]:>6.2f}s {ordered[len(ordered) // 2]:>6.2f}s {ratio:>6.2f}")


if __name__ == "__main__":
    main()
