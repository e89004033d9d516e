"""Inputs of a given size that are made to cost as much as they can: name -> files, and what is run on them."""

import itertools
import json
from collections.abc import Callable
from typing import Any, NamedTuple

Json = Any


class Case(NamedTuple):
    """Files by name; `path` is checked, and compared with `against` where that is given."""

    files: dict[str, str]
    path: str = "t.json"
    against: str | None = None
    options: tuple[str, ...] = ()


CASES: dict[str, Callable[[int], Case]] = {}


def case(make: Callable[[int], Any]) -> Callable[[int], Any]:
    """Lists the function under its name; it returns a template, a pair of templates, or a Case."""

    def made(size: int) -> Case:
        found = make(size)
        if isinstance(found, Case):
            return found
        if isinstance(found, tuple):
            return Case({"old.json": json.dumps(found[0]), "t.json": json.dumps(found[1])}, against="old.json")
        return Case({"t.json": json.dumps(found)})

    CASES[make.__name__] = made
    return make


def template(resources: dict[str, Json], **sections: Json) -> Json:
    return {"Resources": resources, **sections}


def bucket(**properties: Json) -> Json:
    return {"Type": "AWS::S3::Bucket", "Properties": properties}


def policy(statements: list[Json]) -> Json:
    document = {"Version": "2012-10-17", "Statement": statements}
    return {"Type": "AWS::IAM::Policy", "Properties": {"PolicyName": "p", "Roles": ["r"], "PolicyDocument": document}}


def many(size: int, one: Callable[[int], tuple[str, Json]]) -> dict[str, Json]:
    """As many resources as fit."""
    each = len(json.dumps(dict([one(99_999)])))
    return dict(one(number) for number in range(size // each))


# -- shape


@case
def deep_json(size: int) -> Json:
    return Case({"t.json": '{"Resources": {"A": {"Type": "T", "X": ' + "[" * (size // 2) + "]" * (size // 2) + "}}}"})


@case
def deep_functions(_size: int) -> Json:
    value: Json = {"Ref": "P"}
    for _level in range(45):
        value = {"Fn::Sub": ["${X}${X}${Y}", {"X": value, "Y": "y"}]}
    pair = [
        template(
            {"A": bucket(BucketName={"Fn::Sub": [f"{n}${{X}}", {"X": value}]})}, Parameters={"P": {"Type": "String"}}
        )
        for n in "ab"
    ]
    return tuple(pair)


@case
def wide(size: int) -> Json:
    return template({"A": bucket(Tags=[{"Key": str(n), "Value": "v"} for n in range(size // 30)])})


@case
def tiny_resources(size: int) -> Json:
    return template(many(size, lambda n: (f"A{n}", {"Type": "Custom::X"})))


@case
def buckets(size: int) -> Json:
    return template(many(size, lambda n: (f"B{n}", {"Type": "AWS::S3::Bucket"})))


@case
def functions(size: int) -> Json:
    return template(
        many(
            size,
            lambda n: (
                f"F{n}",
                {"Type": "AWS::Lambda::Function", "Properties": {"Role": {"Fn::GetAtt": [f"F{n + 1}", "Arn"]}}},
            ),
        )
    )


@case
def cycles(size: int) -> Json:
    return template(
        many(
            size,
            lambda n: (
                f"A{n}",
                {
                    "Type": "AWS::SQS::Queue",
                    "DependsOn": [f"A{n}", f"A{n + 1}"],
                    "Properties": {"QueueName": {"Ref": f"A{n}"}},
                },
            ),
        )
    )


@case
def yaml_aliases(size: int) -> Json:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 40)]
    return Case({"t.yaml": "\n".join(lines) + "\nResources: {A: {Type: T, X: *a39}}\n"}, "t.yaml")


@case
def yaml_repeats_a_text(size: int) -> Json:
    text, times = "x" * (size // 2), size // 2 // 5
    return Case(
        {
            "t.yaml": f"Resources:\n  A:\n    Type: AWS::S3::Bucket\n    Properties:\n      N: &n {text}\n      T: [{', '.join(['*n'] * times)}]\n"
        },
        "t.yaml",
    )


@case
def yaml_wide(size: int) -> Json:
    return Case(
        {"t.yaml": "Resources:\n" + "".join(f"  A{n}:\n    Type: AWS::S3::Bucket\n" for n in range(size // 36))},
        "t.yaml",
    )


# -- functions that make much of little


@case
def conditions_that_double(size: int) -> Json:
    conditions: Json = {
        f"C{n}": {"Fn::And": [{"Condition": f"C{n + 1}"}, {"Condition": f"C{n + 1}"}]} for n in range(60)
    }
    conditions["C60"] = {"Fn::Equals": [{"Ref": "P"}, "x"]}
    both = [
        template(
            {"A": {"Type": "AWS::S3::Bucket", "Condition": "C0", "Properties": {"BucketName": n}}},
            Conditions=conditions,
            Parameters={"P": {"Type": "String"}},
        )
        for n in "ab"
    ]
    return tuple(both)


@case
def conditions_in_a_chain(size: int) -> Json:
    count = size // 40
    conditions = {f"C{n}": {"Fn::Not": [{"Condition": f"C{n + 1}"}]} for n in range(count)}
    both = [
        template(
            {"A": {"Type": "AWS::S3::Bucket", "Condition": "C0", "Properties": {"BucketName": n}}},
            Conditions=conditions,
        )
        for n in "ab"
    ]
    return tuple(both)


def _branches(size: int, name: str = "b") -> Json:
    names = [f"P{n}" for n in range(30)]
    resources = many(
        max(size - 4_000, 1_000),
        lambda n: (
            f"B{n}",
            bucket(
                **{
                    key: {"Fn::If": [f"C{(n + i) % 30}", "x", {"Ref": "AWS::NoValue"}]}
                    for i, key in enumerate(
                        (
                            "BucketName",
                            "AccessControl",
                            "VersioningConfiguration",
                            "BucketEncryption",
                            "LoggingConfiguration",
                            "PublicAccessBlockConfiguration",
                        )
                    )
                },
                Tags=name,
            ),
        ),
    )
    return template(
        resources,
        Conditions={f"C{n}": {"Fn::Equals": [{"Ref": p}, "x"]} for n, p in enumerate(names)},
        Parameters={p: {"Type": "String"} for p in names},
    )


@case
def branches(size: int) -> Json:
    return _branches(size)


@case
def branches_compared(size: int) -> Json:
    return _branches(size, "a"), _branches(size)


@case
def one_resource_of_branches(size: int) -> Json:
    value: Json = {"Status": "Enabled"}
    for n in range(40):
        value = {"Fn::If": [f"C{n}", value, {"Fn::If": [f"D{n}", {"Status": "x"}, {"Ref": "AWS::NoValue"}]}]}
    conditions = {f"{k}{n}": {"Fn::Equals": [{"Ref": f"{k}{n}"}, "x"]} for n in range(40) for k in "CD"}
    resources = {f"B{n}": bucket(VersioningConfiguration=value) for n in range(size // 5_000)}
    return template(resources, Conditions=conditions, Parameters={name: {"Type": "String"} for name in conditions})


@case
def sub_of_many_names(size: int) -> Json:
    names = {f"V{n}": {"Ref": f"P{n}"} for n in range(size // 60)}
    return template({"A": bucket(BucketName={"Fn::Sub": ["".join(f"${{{n}}}" for n in names), names]})})


@case
def sub_doubles(size: int) -> Json:
    value: Json = "x" * 1_000
    for _level in range(40):
        value = {"Fn::Sub": ["${X}${X}", {"X": value}]}
    return template(
        {
            "A": bucket(BucketName=value),
            "F": {"Type": "AWS::Lambda::Function", "Properties": {"Environment": {"Variables": {"A": value}}}},
        }
    )


@case
def sub_repeats_a_parameter(size: int) -> Json:
    resources = many(size, lambda n: (f"A{n}", bucket(BucketName={"Fn::Sub": f"{n}${{P}}${{P}}${{P}}"})))
    pair = [
        template(
            {**resources, "X": bucket(BucketName=name)},
            Parameters={"P": {"Type": "String", "Default": "p" * 4_000}, "Q": {"Default": name}},
        )
        for name in "ab"
    ]
    return tuple(pair)


@case
def join_repeats_a_mapping(size: int) -> Json:
    text = {"Fn::FindInMap": ["M", "a", "b"]}
    resources = many(size // 2, lambda n: (f"A{n}", bucket(BucketName={"Fn::Join": ["", [str(n), text, text]]})))
    return template(resources, Mappings={"M": {"a": {"b": "m" * (size // 2)}}})


@case
def lists_of_a_mapping(size: int) -> Json:
    resources = many(size // 2, lambda n: (f"A{n}", bucket(Tags={"Fn::FindInMap": ["M", "a", "b"]}, N=n)))
    mappings = {"M": {"a": {"b": ["x"] * (size // 10)}}}
    return template(resources, Mappings=mappings), template(
        {**resources, "Z": bucket()}, Mappings={**mappings, "N": {}}
    )


@case
def selects_of_a_split(size: int) -> Json:
    resources = many(
        size // 2,
        lambda n: (
            f"A{n}",
            bucket(BucketName={"Fn::Select": [n, {"Fn::Split": [",", {"Fn::FindInMap": ["M", "a", "b"]}]}]}),
        ),
    )
    return template(resources, Mappings={"M": {"a": {"b": "m," * (size // 4)}}})


LIST = {"P": {"Type": "CommaDelimitedList", "Default": "a," * 2_000}}


@case
def references_to_a_list(size: int) -> Json:
    resources = many(size // 2, lambda n: (f"A{n}", bucket(Tags={"Ref": "P"}, N=n)))
    more = template({**resources, "Z": bucket(Tags=[{"Ref": "P"}] * (size // 2 // 14))}, Parameters=LIST)
    return template(resources, Parameters=LIST), more


@case
def splits_of_a_parameter(size: int) -> Json:
    parts = {"Fn::Split": [",", {"Ref": "P"}]}
    sides = [
        template({"A": bucket(Tags=[parts] * (size // 34), N=n)}, Parameters={"P": {"Default": "a," * 500}})
        for n in (1, 2)
    ]
    return tuple(sides)


@case
def json_of_a_list(size: int) -> Json:
    value = {"Fn::ToJsonString": {"Ref": "P"}}
    return template({"A": bucket(Tags=[value] * (size // 38))}, Parameters=LIST)


@case
def json_strings_in_each_other(size: int) -> Json:
    value: Json = 'a"b'
    for _level in range(40):
        value = {"Fn::ToJsonString": {"a": value}}
    return template({"A": bucket(BucketName=value)}, Transform="AWS::LanguageExtensions")


@case
def loops_in_loops(size: int) -> Json:
    items = [str(n) for n in range(100)]
    inner: Json = {"${A}${B}${C}": "x"}
    for name in "ABC":
        inner = {f"Fn::ForEach::{name}": [name, items, inner]}
    resource = {"Type": "Custom::X", "Properties": inner}
    return template({"R": resource}, Transform="AWS::LanguageExtensions")


@case
def loop_over_a_large_body(size: int) -> Json:
    items = [f"i{n}" for n in range(size // 2 // 8)]
    body = {"R${A}": bucket(Tags=[{"Key": "${A}", "Value": "v"}] * (size // 2 // 32))}
    return template({"Fn::ForEach::L": ["A", items, body]}, Transform="AWS::LanguageExtensions")


@case
def loop_of_a_large_item(size: int) -> Json:
    body = {"R${A}": bucket(Tags=["${A}" * (size // 8)])}
    return template({"Fn::ForEach::L": ["A", ["x" * (size // 2)], body]}, Transform="AWS::LanguageExtensions")


# -- text

LONG = {
    "letters": "a", "spaces": " ", "digits": "1", "accounts": "123456789012", "arns": "arn:aws:iam::123456789012:root", "colons": ":", "urls": "://", "logins": "://a:b@",
    "stars": "*a", "keys": "AKIAABCDEFGHIJKLMNOP", "pems": "-----BEGIN", "dots": "a.", "slashes": "/a", "holes": "${", "resolves": "{{resolve:", "hex": "0123456789abcdef",
    "quotes": '\\"', "lines": "\n", "tokens": "xoxb-1-", "percent": "%1b", "ips": "1.2.3.4/", "braces": "{[", "base64": "QUFB", "equals": "password=", "bidi": "\u202e", "ticks": "`",
}  # fmt: skip


def _long_text(text: str) -> Callable[[int], Any]:
    def make(size: int) -> Json:
        long = text * (size // 10 // len(json.dumps(text)[1:-1]))
        statement = {"Effect": "Allow", "Principal": {"AWS": long}, "Action": long, "Resource": long}
        resources = {
            "F": {"Type": "AWS::Lambda::Function", "Properties": {"Environment": {"Variables": {"PASSWORD": long, "A": {"Fn::Sub": long}}}, "Role": long}},
            "B": bucket(BucketName=long), "P": {"Type": "AWS::SQS::QueuePolicy", "Properties": {"Queues": ["q"], "PolicyDocument": {"Statement": [statement]}}},
            "G": {"Type": "AWS::EC2::SecurityGroup", "Properties": {"GroupDescription": "g", "SecurityGroupIngress": [{"CidrIp": long, "FromPort": long}]}},
        }  # fmt: skip
        old = json.loads(json.dumps(resources).replace(json.dumps(text)[1:-1], json.dumps(text[::-1])[1:-1], 1))
        return template(old), template(resources)

    make.__name__ = f"long_{next(k for k, v in LONG.items() if v == text)}"
    return case(make)


for _text in LONG.values():
    _long_text(_text)


# -- access


@case
def statements(size: int) -> Json:
    resources = [
        {"Effect": "Allow", "Action": f"s3:Get{n}*", "Resource": f"arn:aws:s3:::b{n}/*"} for n in range(size // 90)
    ]
    return template({"P": policy(resources)}), template(
        {"P": policy([{**s, "Action": s["Action"] + "x*"} for s in resources])}
    )


@case
def one_statement_of_many(size: int) -> Json:
    actions, resources = ([f"{t}{n}*" for n in range(size // 2 // 20)] for t in ("s3:Get", "arn:aws:s3:::"))
    other = [f"x{r}" for r in resources]
    return tuple(
        template({"P": policy([{"Effect": "Allow", "Action": actions, "Resource": r}])}) for r in (resources, other)
    )


@case
def globs(size: int) -> Json:
    text = "*a" * (size // 40)
    one = {"Effect": "Allow", "Action": f"s3:{text}b", "Resource": f"arn:aws:s3:::{text}b"}
    other = {"Effect": "Allow", "Action": "s3:" + "a" * (size // 20), "Resource": "arn:aws:s3:::" + "a?" * (size // 40)}
    return template({"P": policy([one])}), template({"P": policy([other])})


@case
def globs_with_holes(size: int) -> Json:
    text = [{"Ref": "P"}, "*a"] * (size // 200)
    one = {"Effect": "Allow", "Action": "s3:*", "Resource": {"Fn::Join": ["", text]}}
    other = {"Effect": "Allow", "Action": "s3:*", "Resource": {"Fn::Join": ["", [*text, {"Ref": "Q"}, "b"]]}}
    parameters = {"P": {"Type": "String"}, "Q": {"Type": "String"}}
    return tuple(template({"P": policy([s] * 3)}, Parameters=parameters) for s in (one, other))


@case
def denies(size: int) -> Json:
    allow = [{"Effect": "Allow", "Action": "*", "Resource": f"arn:aws:s3:::b{n}"} for n in range(size // 200)]
    deny = [
        {"Effect": "Deny", "NotAction": f"s3:Get{n}", "NotResource": f"arn:aws:s3:::c{n}*"} for n in range(size // 200)
    ]
    return template({"P": policy([*allow, *deny])}), template({"P": policy(allow[::-1])})


@case
def policy_branches(size: int) -> Json:
    one: Json = {
        "Effect": "Allow",
        "Action": {"Fn::If": ["C0", "s3:*", "ec2:*"]},
        "Resource": [{"Fn::If": [f"C{n % 30}", f"arn:{n}", {"Ref": "AWS::NoValue"}]} for n in range(size // 100)],
    }
    conditions = {f"C{n}": {"Fn::Equals": [{"Ref": f"P{n}"}, "x"]} for n in range(30)}
    parameters = {f"P{n}": {"Type": "String"} for n in range(30)}
    other = {**one, "Resource": one["Resource"][::-1], "Condition": {"StringEquals": {"a": "b"}}}
    return tuple(template({"P": policy([s])}, Conditions=conditions, Parameters=parameters) for s in (one, other))


def _ingress(n: int) -> Json:
    return {
        "IpProtocol": "tcp",
        "FromPort": n % 60_000,
        "ToPort": n % 60_000 + 1,
        "CidrIp": f"10.{n // 250 % 250}.{n % 250}.0/24",
    }


@case
def group_rules(size: int) -> Json:
    old: Json = {
        "Type": "AWS::EC2::SecurityGroup",
        "Properties": {"GroupDescription": "g", "SecurityGroupIngress": [_ingress(n) for n in range(size // 90)]},
    }
    new = {
        **old,
        "Properties": {
            **old["Properties"],
            "SecurityGroupIngress": [{**_ingress(n), "ToPort": n % 60_000 + 2} for n in range(size // 90)],
        },
    }
    return template({"G": old}), template({"G": new})


@case
def group_rules_as_resources(size: int) -> Json:
    sides = [
        many(
            size,
            lambda n, by=by: (  # type: ignore[misc]  # mypy infers no lambda with a default
                f"I{n}",
                {"Type": "AWS::EC2::SecurityGroupIngress", "Properties": {"GroupId": "sg-1", **_ingress(n + by)}},
            ),
        )
        for by in (0, 1)
    ]
    return template(sides[0]), template(sides[1])


@case
def buckets_and_policies(size: int) -> Json:
    resources = many(size // 3, lambda n: (f"B{n}", {"Type": "AWS::S3::Bucket"}))
    policies = {
        f"P{n}": {
            "Type": "AWS::S3::BucketPolicy",
            "Properties": {"Bucket": {"Ref": f"B{n}"}, "PolicyDocument": {"Statement": []}},
        }
        for n in range(len(resources))
    }
    return template({**resources, **policies})


@case
def roles_and_policies(size: int) -> Json:
    half = size // 260
    roles = {
        f"R{n}": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {"Statement": []}}}
        for n in range(half)
    }
    sides = [
        {
            f"P{n}": {
                "Type": "AWS::IAM::Policy",
                "Properties": {
                    "PolicyName": "p",
                    "Roles": [{"Ref": f"R{n}"}],
                    "PolicyDocument": {"Statement": [{"Effect": "Allow", "Action": a, "Resource": "*"}]},
                },
            }
            for n in range(half)
        }
        for a in ("s3:Get*", "s3:*")
    ]
    return template({**roles, **sides[0]}), template({**roles, **sides[1]})


# -- comparisons


@case
def all_renamed(size: int) -> Json:
    sides = [
        many(
            size,
            lambda n, by=by: (  # type: ignore[misc]  # mypy infers no lambda with a default
                f"{by}{n}",
                {
                    "Type": "AWS::DynamoDB::Table",
                    "Properties": {"TableName": f"{by}{n}", "BillingMode": "PAY_PER_REQUEST"},
                },
            ),
        )
        for by in "ab"
    ]
    return template(sides[0]), template(sides[1])


@case
def all_renamed_and_alike(size: int) -> Json:
    sides = [
        many(size, lambda n, by=by: (f"{by}{n}", {"Type": "AWS::SQS::Queue", "Properties": {"DelaySeconds": n % 3}}))  # type: ignore[misc]
        for by in "ab"
    ]
    return template(sides[0]), template(sides[1])


@case
def list_in_another_order(size: int) -> Json:
    tags = [{"Key": str(n), "Value": "v"} for n in range(size // 30)]
    return template({"A": bucket(Tags=tags)}), template({"A": bucket(Tags=[*tags[::-1], {"Key": "new"}])})


@case
def all_replaced_in_a_chain(size: int) -> Json:
    sides = [
        many(
            size,
            lambda n, by=by: (  # type: ignore[misc]  # mypy infers no lambda with a default
                f"T{n}",
                {
                    "Type": "AWS::DynamoDB::Table",
                    "Properties": {"TableName": f"{by}{n}" if n == 0 else {"Ref": f"T{n - 1}"}},
                },
            ),
        )
        for by in "ab"
    ]
    return template(sides[0]), template(sides[1])


@case
def values_of_any_kind_changed(size: int) -> Json:
    sides = [template({"A": bucket(**{f"K{n}": f"{by}{n}" for n in range(size // 20)})}) for by in "ab"]
    return tuple(sides)


# -- cloud assemblies


def assembly(artifacts: dict[str, Json], files: dict[str, Json], **more: Json) -> Case:
    manifest = {"version": "36.0.0", "artifacts": artifacts, **more}
    return Case({f"out/{k}": json.dumps(v) for k, v in {"manifest.json": manifest, **files}.items()}, "out")


def stack_artifact(name: str, **more: Json) -> Json:
    properties = {"templateFile": f"{name}.template.json"}
    return {
        "type": "aws:cloudformation:stack",
        "environment": "aws://111122223333/eu-west-1",
        "displayName": name,
        "properties": properties,
        **more,
    }


@case
def metadata(size: int) -> Json:
    entries = {
        f"/Main/A{n}": [{"type": "aws:cdk:logicalId", "data": f"A{n}", "trace": ["at f (/app/x.ts:1:2)"] * 3}]
        for n in range(size // 130)
    }
    resources = {f"A{n}": {"Type": "AWS::SQS::Queue"} for n in range(size // 130)}
    return assembly({"Main": stack_artifact("Main", metadata=entries)}, {"Main.template.json": template(resources)})


@case
def acknowledgements(size: int) -> Json:
    entries = {
        f"/Main/A{n}": [
            {"type": "aws:cdk:logicalId", "data": f"A{n}"},
            {"type": "aws:cdk:acknowledge", "data": "cdkguard::sqs-*"},
        ]
        for n in range(size // 130)
    }
    metadata_ = {"cdkguard": {"suppress": [{"rule": "sqs-*", "reason": "r"}]}}
    resources = {f"A{n}": {"Type": "AWS::SQS::Queue", "Metadata": metadata_} for n in range(size // 130)}
    return assembly({"Main": stack_artifact("Main", metadata=entries)}, {"Main.template.json": template(resources)})


@case
def stacks_that_depend(size: int) -> Json:
    count = size // 400
    names = [f"S{n}" for n in range(count)]
    artifacts = {
        name: stack_artifact(name, dependencies=names[max(0, n - 3) : n] + [name]) for n, name in enumerate(names)
    }
    return assembly(
        artifacts, {f"{name}.template.json": template({"A": {"Type": "AWS::SQS::Queue"}}) for name in names}
    )


@case
def missing_context(size: int) -> Json:
    missing = [
        {
            "key": f"ami:{n}",
            "provider": "ami",
            "props": {"account": "1", "region": "eu-west-1", "dummyValue": f"ami-{n}"},
        }
        for n in range(size // 160)
    ]
    resources = many(
        size // 3, lambda n: (f"I{n}", {"Type": "AWS::EC2::Instance", "Properties": {"ImageId": f"ami-{n}"}})
    )
    return assembly({"Main": stack_artifact("Main")}, {"Main.template.json": template(resources)}, missing=missing)


@case
def nested_in_nested(size: int) -> Json:
    files = {}
    for n in range(size // 400):
        inner = {
            "Type": "AWS::CloudFormation::Stack",
            "Properties": {
                "TemplateURL": f"https://s3.amazonaws.com/assets/{'0' * 64}.json",
                "Parameters": {"P": {"Ref": "P"}},
            },
            "Metadata": {"aws:asset:path": f"n{n + 1}.json", "aws:asset:property": "TemplateURL"},
        }
        files["Main.template.json" if n == 0 else f"n{n}.json"] = template(
            {"N": inner, "Q": {"Type": "AWS::SQS::Queue"}}, Parameters={"P": {"Type": "String"}}
        )
    return assembly({"Main": stack_artifact("Main")}, files)


@case
def one_template_many_stacks(size: int) -> Json:
    names = [f"S{n}" for n in range(size // 2 // 250)]
    artifacts = {name: {**stack_artifact(name), "properties": {"templateFile": "t.template.json"}} for name in names}
    return assembly(
        artifacts, {"t.template.json": template(many(size // 2, lambda n: (f"Q{n}", {"Type": "AWS::SQS::Queue"})))}
    )


@case
def stacks_of_buckets(size: int) -> Json:
    """More findings than any one template may have."""
    each = template({f"B{n}": {"Type": "AWS::S3::Bucket"} for n in range(700)})
    names = [f"S{n}" for n in range(size // (len(json.dumps(each)) + 200))]
    return assembly({name: stack_artifact(name) for name in names}, {f"{name}.template.json": each for name in names})


def nested_stack(file: str, **metadata: Json) -> Json:
    return {
        "Type": "AWS::CloudFormation::Stack",
        "Properties": {"TemplateURL": f"https://s3.amazonaws.com/assets/{'0' * 64}.json"},
        "Metadata": {"aws:asset:path": file, "aws:asset:property": "TemplateURL", **metadata},
    }


@case
def one_nested_template_many_stacks(size: int) -> Json:
    half = many(size // 2, lambda n: (f"Q{n}", {"Type": "Custom::X"}))
    nested = {f"N{n}": nested_stack("n.json") for n in range(size // 2 // 160)}
    return assembly(
        {"Main": stack_artifact("Main")}, {"Main.template.json": template(nested), "n.json": template(half)}
    )


@case
def nested_in_itself(size: int) -> Json:
    one = template({"A": nested_stack("n.json"), "B": nested_stack("n.json")})
    return assembly({"Main": stack_artifact("Main")}, {"Main.template.json": one, "n.json": one})


@case
def nested_by_hashes(size: int) -> Json:
    digests = [f"{n:064x}" for n in range(size // 2 // 150)]
    files = {digest: {"source": {"path": f"{digest[-6:]}.json", "packaging": "file"}} for digest in digests}
    stacks = {
        f"N{n}": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": f"https://b/{digest}.json"}}
        for n, digest in enumerate(digests)
    }
    inner = {f"{digest[-6:]}.json": template({"A": {"Type": "Custom::X"}}) for digest in digests[:50]}
    more = {"Main.template.json": template(stacks), "Main.assets.json": {"files": files}, **inner}
    return assembly({"Main": stack_artifact("Main")}, more)


@case
def one_metadata_file_many_stacks(size: int) -> Json:
    entries = {f"/Main/A{n}": [{"type": "aws:cdk:logicalId", "data": f"A{n}"}] for n in range(size // 2 // 70)}
    names = [f"S{n}" for n in range(size // 2 // 320)]
    artifacts = {name: stack_artifact(name, additionalMetadataFile="m.json") for name in names}
    files = {f"{name}.template.json": template({"A": {"Type": "Custom::X"}}) for name in names}
    return assembly(artifacts, {"m.json": entries, **files})


@case
def suppressions_of_no_rule(size: int) -> Json:
    resources = many(
        size,
        lambda n: (
            f"Q{n}",
            {"Type": "Custom::X", "Metadata": {"cdkguard": {"suppress": [{"rule": f"sqs-{n}", "reason": "r"}]}}},
        ),
    )
    return template(resources)


@case
def suppressions_by_glob(size: int) -> Json:
    entries = [{"rule": f"s3-*{n}*", "reason": "r"} for n in range(size // 2 // 40)]
    held = {"B": {"Type": "AWS::S3::Bucket", "Metadata": {"cdkguard": {"suppress": entries}}}}
    return template({**held, **many(size // 2, lambda n: (f"B{n}", {"Type": "AWS::S3::Bucket"}))})


@case
def path_of_many_levels(size: int) -> Json:
    sides = [template({"B": {**bucket(N=n), "Metadata": {"aws:cdk:path": "a/" * (size // 2)}}}) for n in range(2)]
    return tuple(sides)


@case
def suppression_by_a_long_glob(size: int) -> Json:
    entries = [{"rule": "*s" * (size // 20), "reason": "r"}] * 10
    return template({"B": {"Type": "AWS::S3::Bucket", "Metadata": {"cdkguard": {"suppress": entries}}}})


# -- configuration and rules, with an ordinary template


ONE = json.dumps(template({"B": {"Type": "AWS::S3::Bucket"}}))


@case
def configured_suppressions(size: int) -> Json:
    lines = [
        f"- {{rule: 's3-*{'*' * (n % 9)}', construct: '*/B*{n}*', reason: r}}" for n in range(min(12_000, size // 54))
    ]
    return Case({"t.json": ONE, "cdkguard.yaml": "suppressions:\n" + "\n".join(lines)})


@case
def configured_severities(size: int) -> Json:
    names = ["".join(mark) for mark in itertools.product(*[(c, "?") for c in "s3-versioning"])]
    lines = [f"  '{name}{'*' * (n // len(names))}': low" for n, name in enumerate(names * (size // len(names) // 25))]
    return Case({"t.json": ONE, "cdkguard.yaml": "severity:\n" + "\n".join(lines)})


def rule_text(number: int, require: Json) -> str:
    words = "title: t\nseverity: low\ntypes: [AWS::S3::Bucket]\nwhy: w\nremedy: r\nexamples: {pass: [{}], fail: [{}]}"
    return f"id: own-{number}\n{words}\nrequire: {json.dumps(require)}\n"


@case
def many_rules(size: int) -> Json:
    one = {"path": "$.Properties.BucketName", "matches": "^[a-z]+$"}
    rules = {f"p/own-{n}.yaml": rule_text(n, one) for n in range(size // 200)}
    return Case({"t.json": ONE, **rules}, options=("--packs", "p"))


@case
def rule_of_many_parts(size: int) -> Json:
    parts = {"any": [{"path": f"$.Properties.A{n}", "matches": f"^[a-z]+{n}$"} for n in range(size // 65)]}
    return Case({"t.json": ONE, "p/own-1.yaml": rule_text(1, parts)}, options=("--packs", "p"))


@case
def rule_of_steps_into_everything(size: int) -> Json:
    parts = {"path": "$..*.A", "equals": "x"}
    value: Json = {"A": "x"}
    for n in range(40):
        value = {f"K{n}": value, "L": [{"A": "x"}] * (size // 800)}
    files = {"t.json": json.dumps(template({"Z": bucket(**value)})), "p/own-1.yaml": rule_text(1, parts)}
    return Case(files, options=("--packs", "p"))


def sized(name: str, size: int) -> Case:
    """The case, its files about `size` characters in all where it grows with it."""
    made = CASES[name](size)
    length = sum(map(len, made.files.values()))
    return made if length < size // 20 else CASES[name](size * size // length)
