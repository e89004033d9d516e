"""Which stack is which below the stages, and what two environments have otherwise."""

import pytest

from cdkguard.config.environments import EnvironmentRule
from cdkguard.model import Stack
from cdkguard.preflight.environment_words import EnvironmentWords
from cdkguard.preflight.pairs import key_of, pair_stacks
from cdkguard.preflight.templates import compare_environments, digest_templates, find_differences


def stack(path, environment="prod", resources=None, **more):
    return Stack(
        path.replace("/", "-"),
        {"Resources": resources or {}},
        f"{path}.json",
        construct_path=path,
        environment=environment,
        **more,
    )


@pytest.mark.parametrize(
    ("path", "environment", "key"),
    [
        ("prod/Data", "prod", "Data"),
        ("Pipeline/Prod/Data", "prod", "Data"),
        ("Pipeline/Prod/Eu/Data", "prod", "Eu/Data"),
        ("Blue/Data", "prod", "Data"),  # a stage whose name says nothing
        ("Shop-prod", "prod", "Shop-*"),
        ("Shop", "prod", "Shop"),
        ("shop-stg", "staging", "shop-*"),
    ],
)
def test_the_key_is_the_path_below_the_stage(path, environment, key):
    assert key_of(stack(path, environment)) == key


def test_the_configured_stage_comes_first():
    rules = (EnvironmentRule("live", stages=("Green*",)),)
    assert key_of(stack("App/GreenOne/Prod/Data", "live"), rules) == "Prod/Data"


def names(pairs):
    return [(a.construct_path, b.construct_path) for a, b in pairs.pairs]


def test_pairs():
    ours = [stack("prod/Data"), stack("prod/Web"), stack("prod/Only")]
    theirs = [stack("staging/Data", "staging"), stack("staging/WebV2", "staging")]
    found = pair_stacks(ours, theirs, {"prod/Web": "staging/WebV2"})
    assert names(found) == [("prod/Data", "staging/Data"), ("prod/Web", "staging/WebV2")]
    ((lonely, reason),) = found.unpaired
    assert lonely.construct_path == "prod/Only" and reason == "no stack of staging is called Only"
    assert found.only_staging == ()


def test_what_is_not_one_is_no_pair():
    ours = [stack("prod/eu/Data"), stack("Prod/us/Data")]
    found = pair_stacks([*ours, stack("prod-a/X"), stack("prod-b/X")], [stack("staging/X", "staging")])
    assert not found.pairs and len(found.unpaired) == 4
    assert "2 stacks are called X below their stages" in [reason for _s, reason in found.unpaired]


def table(**properties):
    return {"Type": "AWS::DynamoDB::Table", "Properties": properties}


def resource(path, body):
    return {**body, "Metadata": {"aws:cdk:path": path}}


def test_words_of_the_environment_are_no_difference():
    def make(stage, env, account, protect):
        return stack(
            f"{stage}/Data", env,
            {
                f"Table{'1A2B3C4D' if protect else 'FFEE0011'}": resource(
                    f"{stage}/Data/Table/Resource",
                    table(TableName=f"orders-{env}", Arn=f"arn:aws:x:eu-west-1:{account}:{stage}DataTable0A1B2C3D", DeletionProtectionEnabled=protect),
                ),
                **({"Extra": resource(f"{stage}/Data/Extra", {"Type": "AWS::SQS::Queue"})} if protect else {}),
            },
            account=account, region="eu-west-1",
        )  # fmt: skip

    ours, theirs = make("prod", "prod", "3" * 12, True), make("staging", "staging", "2" * 12, False)
    own, its = EnvironmentWords([ours], "prod"), EnvironmentWords([theirs], "staging")
    found = compare_environments(ours, theirs, own.neutralize, its.neutralize)
    assert found.values == ("Table/Resource DeletionProtectionEnabled",)
    assert found.only_target == ("Extra",) and found.only_staging == ()


def test_deployed_and_made():
    made = stack(
        "staging/Data", "staging", {"T": resource("staging/Data/T", table(Name="größe", Key="a" * 64 + ".zip"))}
    )
    same = stack(
        "staging/Data", "staging", {"T": resource("staging/Data/T", table(Name="gr??e", Key="b" * 64 + ".zip"))}
    )
    assert find_differences(same, made) == []  # CloudFormation gives back a question mark for each letter beyond ASCII
    other = stack("staging/Data", "staging", {"T": resource("staging/Data/T", table(Name="x")), "U": table()})
    assert find_differences(other, made) == ["staging/Data/T", "U"]
    bare = made._replace(template={"Resources": made.template["Resources"], "Outputs": {"A": {"Value": 1}}})
    assert find_differences(made, bare) == ["Outputs"]


def test_the_digest_is_of_the_templates_alone():
    one = stack("staging/A", "staging", {"T": table(Key="a" * 64 + ".zip")})
    assert digest_templates([one]) == digest_templates(
        [stack("staging/A", "staging", {"T": table(Key="c" * 64 + ".zip")})]
    )
    assert digest_templates([one]) != digest_templates([stack("staging/A", "staging", {"T": table(Key="d")})])
    both = [one, stack("staging/B", "staging")]
    assert digest_templates(both) == digest_templates(both[::-1])
