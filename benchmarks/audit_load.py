"""What the benchmark of audits gives to workers, which import this module: templates to judge, and a place that throttles."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections import defaultdict
from typing import Any

from cdkguard.api.nouns import StackContext
from cdkguard.audit.judging import bind_judge, judge_unit

TYPES = ("AWS::S3::Bucket", "AWS::SNS::Topic", "AWS::SQS::Queue", "AWS::IAM::Role", "AWS::DynamoDB::Table")
TRUST = {
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]
}


def make_template(number: int, resources: int = 50) -> str:
    """A template as CDK writes them; one in ten has a table without a deletion policy."""
    made: dict[str, Any] = {}
    for at in range(resources):
        kind = TYPES[at % 4] if at or number % 10 else TYPES[4]
        properties: dict[str, Any] = {"Tags": [{"Key": "app", "Value": f"app-{number}"}]}
        if kind == TYPES[3]:
            properties["AssumeRolePolicyDocument"] = TRUST
        if kind == TYPES[0]:
            properties["PublicAccessBlockConfiguration"] = {
                key: True
                for key in ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
            }
        body = {
            "Type": kind,
            "Properties": properties,
            "Metadata": {"aws:cdk:path": f"App/Stack{number}/R{at}/Resource"},
        }
        if kind == TYPES[0]:
            body |= {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}
        made[f"R{at}{number:06X}"] = body
    return json.dumps({"Resources": made})


def judge_templates(terms: Any, file: str, offset: int, first: int, count: int) -> list[tuple[int, str, str]]:
    """(template, rule, fingerprint) of each finding of some templates of a file, one a line, from this byte on."""
    judge = bind_judge(terms)
    found = []
    with open(file, "rb") as lines:
        lines.seek(offset)
        for number in range(first, first + count):
            context = StackContext(f"S{number}", "111122223333", "eu-west-1", tags={}, termination_protection=True)
            verdict = judge.judge(lines.readline().decode(), context)
            found += [(number, finding.rule_id, finding.fingerprint) for finding in verdict.findings]
    return found


def kill_for_first_account(unit: Any) -> Any:
    """A unit function that kills its worker for the first account's units."""
    if unit.place.account.endswith("001"):
        os.kill(os.getpid(), signal.SIGKILL)
    return judge_unit(unit)


class Throttle:
    """Refuses more than `rate` calls of GetTemplate a second for one account."""

    def __init__(self, rate: float) -> None:
        self.rate, self.refused, self.calls = rate, 0, 0
        self._lock = threading.Lock()
        self._tokens: dict[str, tuple[float, float]] = defaultdict(lambda: (rate, time.monotonic()))

    def takes(self, account: str) -> bool:
        """Whether the call is answered."""
        with self._lock:
            self.calls += 1
            tokens, at = self._tokens[account]
            now = time.monotonic()
            tokens = min(self.rate, tokens + (now - at) * self.rate)
            taken = tokens >= 1
            self._tokens[account] = (tokens - taken, now)
            self.refused += not taken
            return taken
