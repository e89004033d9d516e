"""The code that rules advise, each piece in the place where a user writes it: a property among others, or a statement.

remedies/contexts.tsv says which properties a piece like `versioned: true,` stands among, remedies/names.tsv what the names are
that a piece takes for granted (`bucket`, `role`), for all rules or for some.
"""

from __future__ import annotations

import csv
import functools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from cdkguard.model import Remedy
from cdkguard.packs.load import load_packs

FOLDER = Path(__file__).parent / "remedies"

# What the code calls modules that are not called `aws-ALIAS`.
MODULES = {
    "agentcore": "aws-bedrockagentcore", "apigwv2": "aws-apigatewayv2", "authorizers": "aws-apigatewayv2-authorizers",
    "cfn_include": "cloudformation-include", "codepipeline_actions": "aws-codepipeline-actions",
    "destinations": "aws-lambda-destinations", "elb": "aws-elasticloadbalancing", "elbv2": "aws-elasticloadbalancingv2",
    "firehose": "aws-kinesisfirehose", "opensearch": "aws-opensearchservice", "origins": "aws-cloudfront-origins",
    "s3deploy": "aws-s3-deployment", "sfn": "aws-stepfunctions", "sources": "aws-lambda-event-sources",
    "subscriptions": "aws-sns-subscriptions", "targets": "aws-events-targets",
}  # fmt: skip
_SCHEDULER = {"targets": "aws-scheduler-targets"}  # In rules about AWS::Scheduler.
CORE = (
    "App", "CfnParameter", "CfnResource", "CfnStackSetProps", "CustomResource", "Duration", "NestedStack", "RemovalPolicy", "SecretValue",
    "Size", "Stack", "StackProps", "aws_rds",
)  # fmt: skip
CUSTOM = ("AwsCustomResource", "AwsCustomResourcePolicy", "AwsSdkCall")
# Classes of the user's own.
CLASSES = {"ShopStack": "Stack", "MyStack": "Stack", "DatabaseProduct": "servicecatalog.ProductStack"}

_ALIAS = re.compile(r"(?<![\w.'])([a-z][a-z_0-9]*)\.(?=[A-Z])")
_FRAGMENT = re.compile(r"(?:\w+:.*,|\w+,(?:.*,)?)(?:\s+//[^'\"]*)?", re.DOTALL)
_STRING = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"")


class Snippet(NamedTuple):
    """One piece of advice of a rule; `number` 0 is the general one, the others are those of its cases."""

    rule: str
    number: int
    python: str
    typescript: str
    properties: str = ""  # Among which it stands, where contexts.tsv does not say it.

    @property
    def name(self) -> str:
        return f"{self.rule} {self.number}"


def snippets() -> Iterator[Snippet]:
    for rule in load_packs().rules:
        remedies = [rule.remedy, *(Remedy(*case["remedy"]) for case in rule.remedy_cases)]
        known = set()
        for number, remedy in enumerate(remedies):
            code = remedy and (remedy.python, remedy.typescript)
            if remedy and code not in known and (remedy.python or remedy.typescript):
                known.add(code)
                yield Snippet(rule.id, number, (remedy.python or "").rstrip(), (remedy.typescript or "").rstrip())


def module_of(alias: str, rule: str) -> str:
    """The module of aws-cdk-lib that the code of a rule calls so."""
    alias = alias.rstrip("_")
    table = {**MODULES, **(_SCHEDULER if rule.startswith("scheduler") else {})}
    return table.get(alias, f"aws-{alias}")


@functools.cache
def _rows(name: str) -> list[dict[str, str]]:
    with open(FOLDER / name, encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle, delimiter="\t", quoting=csv.QUOTE_NONE))


@functools.cache
def names_for(rule: str) -> dict[str, dict[str, str]]:
    """Name -> its row for one rule."""
    general = {row["name"]: row for row in _rows("names.tsv") if not row["rules"]}
    return {**general, **{row["name"]: row for row in _rows("names.tsv") if rule in row["rules"].split()}}


@functools.cache
def _contexts() -> dict[str, str]:
    return {row["rule"]: row["properties"] for row in _rows("contexts.tsv")}


def properties_around(piece: Snippet) -> str | None:
    """The properties among which a piece stands; those of a rule may hang on the property that comes first."""
    first = re.match(r"\w*", piece.typescript)
    known = _contexts().get(f"{piece.rule} {first.group() if first else ''}") or _contexts().get(piece.rule)
    return piece.properties or known


def snake_case(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


# -- TypeScript


def is_fragment(code: str) -> bool:
    """Whether code stands among properties: `versioned: true,`."""
    return _FRAGMENT.fullmatch(code.strip()) is not None


def write_typescript(pieces: list[Snippet]) -> tuple[str, dict[int, str]]:
    """One program of all pieces, and line -> name of the piece that stands there."""
    imports: dict[str, str] = {}
    lines: list[str] = []
    where: dict[int, str] = {}
    for piece in pieces:
        if not piece.typescript:
            continue
        names = {name: row["typescript"] for name, row in names_for(piece.rule).items() if row["typescript"]}
        words = set(re.findall(r"(?<![\w.])\w+(?!\w*:)", _STRING.sub("''", piece.typescript)))
        taken = {name: kind for name, kind in names.items() if name in words}
        text = "\n".join([_statement(piece), *taken.values()])
        suffix = "_scheduler" if piece.rule.startswith("scheduler") else ""
        for alias in set(_ALIAS.findall(text)):
            module = module_of(alias, piece.rule)
            imports[alias + suffix * (module in _SCHEDULER.values())] = module
        if suffix:
            text = re.sub(r"\btargets\.", f"targets{suffix}.", text)
        statement = text.split("\n")[: _statement(piece).count("\n") + 1]
        given = ", ".join(["this: Stack", *(f"{name}: {kind}" for name, kind in taken.items())])
        for line in [f"export function f{len(lines)}({given}) {{", *statement, "}"]:
            lines.append(line)
            where[len(lines)] = piece.name
    head = [
        f"import {{ {', '.join(CORE)} }} from 'aws-cdk-lib';",
        f"import {{ {', '.join(CUSTOM)} }} from 'aws-cdk-lib/custom-resources';",
        "import { Construct } from 'constructs';",
        "import { CfnLoadBalancer } from 'aws-cdk-lib/aws-elasticloadbalancingv2';",
        "import { CfnHostedZone, CfnRecordSet } from 'aws-cdk-lib/aws-route53';",
        "import { CfnUserPoolClient } from 'aws-cdk-lib/aws-cognito';",
        "import { CfnCluster } from 'aws-cdk-lib/aws-eks';",
        "import * as servicecatalog from 'aws-cdk-lib/aws-servicecatalog';",
        *(f"import * as {a} from 'aws-cdk-lib/{m}';" for a, m in sorted(imports.items()) if a != "servicecatalog"),
        *(f"class {name} extends {base} {{}}" for name, base in CLASSES.items()),
    ]
    return "\n".join([*head, *lines]) + "\n", {len(head) + number: name for number, name in where.items()}


def _statement(piece: Snippet) -> str:
    code = piece.typescript
    if is_fragment(code):
        return f"const it: Partial<{properties_around(piece) or 'never'}> = {{\n{code}\n}}; void it;"
    if code.startswith("{"):  # one element of a list, whose class the Python code names
        kind = re.match(r"[\w.]+", piece.python)
        return f"const it: {kind.group().replace('lambda_', 'lambda') if kind else 'never'} =\n{code};\nvoid it;"
    return code
