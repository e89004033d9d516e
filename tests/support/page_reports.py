"""Findings for the tests of pages."""

from typing import Any

from cdkguard.model import Finding, Outcome, Remedy, StackInfo

HOSTILE = (
    "</script><script>alert(1)</script></style>\"'><img src=x onerror=y>\u202e\x1b[2J\n::error::x {{}} ${x} &lt;"
    + "x" * 500
)


def stack(name: str, environment: str | None) -> StackInfo:
    return StackInfo(name, name, f"{name}.json", environment, None, None, 3, False)


def finding(name: str = "Orders", home: str = "prod/Data", rule: str = "data-retention", **fields: Any) -> Finding:
    values: dict[str, Any] = {
        "severity": "high",
        "environment": home.partition("/")[0],
        "logical_id": name,
        "resource_type": "AWS::S3::Bucket",
        "construct_path": f"{home}/{name}/Resource",
        "title": "Bucket is deleted with its objects",
        "why": "A deleted bucket is gone.",
        "remedy": Remedy("Retain it.", "RemovalPolicy.RETAIN", "RemovalPolicy.RETAIN"),
        **fields,
    }
    return Finding(
        rule, values.pop("outcome", Outcome.FAIL), message=f"{name} goes", stack=home.replace("/", "-"),
        stack_path=home, template_path=f"{home}.json", **values,
    )  # fmt: skip
