"""The pattern of `cdk init`, whose stacks are in CDK_DEFAULT_ACCOUNT and look values up, as under the CDK CLI."""

import json
import os
import shutil

import pytest

from cdkguard.check.run import check
from cdkguard.config.load import load_config
from cdkguard.errors import SynthError
from cdkguard.inputs import aws_account
from tests.support.git_projects import git
from tests.support.moto_stacks import ACCOUNT, open_moto
from tests.support.paths import ROOT

MODULES = ROOT / "examples/task-api/node_modules"
needs_cdk = [
    pytest.mark.e2e,
    pytest.mark.skipif(not MODULES.is_dir(), reason="`make examples` installs aws-cdk-lib"),
    pytest.mark.skipif(shutil.which("node") is None, reason="needs Node"),
]
# Says which account it was told, in a stack's name.
TOLD = """
const fs = require('fs');
const told = `aws://${process.env.CDK_DEFAULT_ACCOUNT || 'unknown-account'}/${process.env.CDK_DEFAULT_REGION}`;
fs.writeFileSync(`${process.env.CDK_OUTDIR}/manifest.json`, JSON.stringify({ version: '48.0.0', artifacts: { S: {
  type: 'aws:cloudformation:stack', environment: told, properties: { templateFile: 't.json', stackName: 's' } } } }));
fs.writeFileSync(`${process.env.CDK_OUTDIR}/t.json`, JSON.stringify({ Resources: { T: { Type: 'AWS::SNS::Topic' } } }));
"""
LOOKUPS = """
const cdk = require('aws-cdk-lib');
const app = new cdk.App();
const env = { account: process.env.CDK_DEFAULT_ACCOUNT, region: process.env.CDK_DEFAULT_REGION };
const stack = new cdk.Stack(app, 'Shop', { env, terminationProtection: true });
const vpc = cdk.aws_ec2.Vpc.fromLookup(stack, 'Vpc', { vpcId: 'vpc-0a1b' });
cdk.aws_route53.HostedZone.fromLookup(stack, 'Zone', { domainName: 'example.com' });
const image = cdk.aws_ssm.StringParameter.valueFromLookup(stack, '/shop/image');
new cdk.CfnOutput(stack, 'Zones', { value: stack.availabilityZones.join(',') + image });
new cdk.aws_ec2.SecurityGroup(stack, 'Group', { vpc, description: 'of the shop', allowAllOutbound: false });
"""


@pytest.fixture
def app(tmp_path, monkeypatch):
    """An app in a repository, with a home of nobody's and AWS's answers by moto, which the test starts."""
    for name in ("app", "home"):
        (tmp_path / name).mkdir()
    for name, value in {
        "HOME": tmp_path / "home", "CDKGUARD_CACHE_DIR": tmp_path / "cache", "GIT_CONFIG_NOSYSTEM": "1", "AWS_REGION": "eu-west-1",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, str(value))
    monkeypatch.setattr(aws_account, "reaches_instance", lambda: False)
    folder = tmp_path / "app"
    (folder / "app.js").write_text(TOLD)
    (folder / "cdk.json").write_text('{"app": "node app.js"}')
    git(folder, "init", "--quiet")
    monkeypatch.chdir(folder)
    return folder


def judged():
    return check(load_config(".", None)._replace(paths=(".",), rules=("all",), fail_on="never"))


def place():
    (stack,) = judged().stacks
    return stack.account, stack.region


@pytest.fixture
def sts(monkeypatch):
    """STS by moto, and keys that it knows; the number of calls is that of the entries."""
    pytest.importorskip("moto")
    pytest.importorskip("boto3")
    with open_moto() as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        yield url


@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node")
def test_the_account_of_the_credentials_is_asked_once(app, sts, monkeypatch):
    assert place() == (ACCOUNT, "eu-west-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    assert place() == (ACCOUNT, "eu-west-1"), "kept by the digest of the key's id"
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "ANOTHER")
    assert place() == (None, "eu-west-1")


@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node")
@pytest.mark.parametrize("by", ["environment", "cdk.json"])
def test_the_keys_of_a_profile_are_asked_for_their_account(app, sts, monkeypatch, by):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"):
        monkeypatch.delenv(name)
    (app.parent / "home/.aws").mkdir()
    (app.parent / "home/.aws/credentials").write_text("[me]\naws_access_key_id = AKID\naws_secret_access_key = s\n")
    (app.parent / "home/.aws/config").write_text("[profile me]\nregion = eu-north-1\n")
    if by == "environment":
        monkeypatch.setenv("AWS_PROFILE", "me")
    else:
        (app / "cdk.json").write_text('{"app": "node app.js", "profile": "me"}')
    assert place() == (ACCOUNT, "eu-north-1")


@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node")
@pytest.mark.parametrize("switch", ["code", "variable"])
def test_aws_is_not_asked_where_nothing_needs_it(app, sts, monkeypatch, switch):
    if switch == "code":  # no file of the repository names the variable
        (app / "app.js").write_text(TOLD.replace(".CDK_DEFAULT_ACCOUNT", "['CDK_DEFAULT_ACC' + 'OUNT']"))
    else:
        monkeypatch.setenv("CDK_DEFAULT_ACCOUNT", "")
    monkeypatch.setattr("boto3.Session", None)
    assert place() == (None, "eu-west-1")


@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node")
def test_an_app_that_needs_an_account_says_what_to_set(app):
    (app / "app.js").write_text("throw new Error('no account: ' + process.env.CDK_DEFAULT_ACCOUNT)")
    with pytest.raises(
        SynthError, match="the app was told no account: no AWS credentials were found: set AWS_PROFILE, or"
    ):
        judged()


@pytest.mark.parametrize("credentials", [True, False], ids=["with credentials", "without"])
class TestLookups:
    pytestmark = needs_cdk

    @pytest.fixture(autouse=True)
    def shop(self, app, monkeypatch, credentials, request):
        (app / "app.js").write_text(LOOKUPS)
        os.symlink(MODULES, app / "node_modules")
        if credentials:
            request.getfixturevalue("sts")
        return app

    def test_lookups_without_answers_are_named_and_unknown(self, app, credentials):
        if not credentials:
            with pytest.raises(SynthError, match="the app was told no account: no AWS credentials were found"):
                judged()
            return
        report = judged()
        missing = sorted(p.message.split("'")[1].split(":")[0] for p in report.problems if p.kind == "context")
        assert missing == ["availability-zones", "hosted-zone", "ssm", "vpc-provider"]
        assert all("run `cdk synth` once with credentials" in p.message for p in report.problems if p.kind == "context")

    def test_with_the_answers_all_is_known(self, app, credentials):
        place = f"account={ACCOUNT}"
        answers = {
            f"availability-zones:{place}:region=eu-west-1": ["eu-west-1a", "eu-west-1b"],
            f"ssm:{place}:parameterName=/shop/image:region=eu-west-1": "v1",
            f"hosted-zone:{place}:domainName=example.com:region=eu-west-1": {"Id": "/hostedzone/Z1", "Name": "example.com."},
            f"vpc-provider:{place}:filter.vpc-id=vpc-0a1b:region=eu-west-1:returnAsymmetricSubnets=true": {
                "vpcId": "vpc-0a1b", "vpcCidrBlock": "10.0.0.0/16", "ownerAccountId": ACCOUNT, "availabilityZones": [],
                "subnetGroups": [],
            },
        }  # fmt: skip
        (app / "cdk.context.json").write_text(json.dumps(answers))
        report = judged()
        assert [p.message for p in report.problems if p.kind == "context"] == []
        assert [(s.account, s.region) for s in report.stacks] == [(ACCOUNT, "eu-west-1")]
        said = [p.message for p in report.problems if "the only one in cdk.context.json" in p.message]
        assert len(said) == (not credentials)
