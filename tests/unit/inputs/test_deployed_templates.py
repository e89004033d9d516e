"""Templates that resources deploy: read where they are in the app or beside the template, and told where they are not."""

from __future__ import annotations

import json

import pytest

from cdkguard.check.run import check
from cdkguard.config.settings import Config

DIGEST, OTHER = "a" * 64, "b" * 64
BUCKET = "cdk-hnb659fds-assets-111122223333-eu-west-1"
OPEN = {"Resources": {"In": {"Type": "AWS::EC2::SecurityGroupIngress", "Properties": {
    "GroupId": "sg-1", "IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "0.0.0.0/0"}}}}  # fmt: skip
ORDERLY = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {"KmsMasterKeyId": "alias/app"}}}}
BY_PARAMETER = json.loads(json.dumps(OPEN).replace('"0.0.0.0/0"', '{"Ref": "Cidr"}'))
BY_PARAMETER["Parameters"] = {"Cidr": {"Type": "String", "Default": "10.0.0.0/8"}}
RULES = ("sg-ingress-open-sensitive-ports", "nested-template-unread", "deployed-template-unread")
HAZARD = ["sg-ingress-open-sensitive-ports"]
HINT = {"aws:asset:path": "Inner.json", "aws:asset:property": "TemplateURL"}


def join(*parts):
    return {"Fn::Join": ["", list(parts)]}


URL = join("https://s3.eu-west-1.", {"Ref": "AWS::URLSuffix"}, f"/{BUCKET}/{DIGEST}.json")
OTHER_URL = join("https://s3.eu-west-1.", {"Ref": "AWS::URLSuffix"}, f"/{BUCKET}/{OTHER}.json")
WITHOUT_ENVIRONMENT = join(
    "https://s3.", {"Ref": "AWS::Region"}, ".", {"Ref": "AWS::URLSuffix"}, "/",
    {"Fn::Sub": "cdk-hnb659fds-assets-${AWS::AccountId}-${AWS::Region}"}, f"/{DIGEST}.json",
)  # fmt: skip
BY_SUB = {"Fn::Sub": f"https://s3.eu-west-1.${{AWS::URLSuffix}}/{BUCKET}/{DIGEST}.json"}


def stack(url=None, **metadata):
    return {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": url}, "Metadata": metadata}


def stack_set(**properties):
    return {"Type": "AWS::CloudFormation::StackSet", "Properties": {"StackSetName": "s", **properties}}


def product(*urls, **properties):
    versions = [{"Info": {"LoadTemplateFromURL": url}} for url in urls]
    properties = {"Name": "n", "Owner": "o", "ProvisioningArtifactParameters": versions, **properties}
    return {"Type": "AWS::ServiceCatalog::CloudFormationProduct", "Properties": properties}


def application(location, **properties):
    return {"Type": "AWS::Serverless::Application", "Properties": {"Location": location, **properties}}


def judge(tmp_path, *names):
    report = check(Config(paths=tuple(str(tmp_path / name) for name in names), environment="prod", rules=RULES))
    return report, [f.rule_id for f in report.findings]


def assembly(tmp_path, resource, inner=OPEN, bucket=BUCKET, lists=True, **template):
    """What is judged of an app whose stack holds the resource, with two templates among its assets."""
    artifact = {"type": "aws:cloudformation:stack", "environment": "aws://111122223333/eu-west-1",
                "properties": {"templateFile": "Shop.template.json"}, "displayName": "Shop"}  # fmt: skip
    written = {
        "manifest.json": {"version": "48.0.0", "artifacts": {"Shop": artifact}},
        "Shop.template.json": {"Resources": {"X": resource}, **template},
        "Inner.json": inner,
        "Other.json": ORDERLY,
    }
    if lists:
        written["Shop.assets.json"] = {"files": {
            digest: {"source": {"path": file}, "destinations": {"here": {"bucketName": bucket, "objectKey": f"{digest}.json"}}}
            for digest, file in ((DIGEST, "Inner.json"), (OTHER, "Other.json"))
        }}  # fmt: skip
    for name, body in written.items():
        (tmp_path / name).write_text(json.dumps(body))
    return judge(tmp_path, "")


@pytest.mark.parametrize(
    "resource",
    [
        stack(URL, **HINT), stack(URL), stack(BY_SUB, **HINT), stack(WITHOUT_ENVIRONMENT, **HINT),
        stack(f"https://{BUCKET}.s3.eu-west-1.amazonaws.com/{DIGEST}.json"),
        stack_set(TemplateURL=URL), stack_set(TemplateBody=json.dumps(OPEN)),
        stack_set(TemplateBody=join(json.dumps(OPEN)[:9], json.dumps(OPEN)[9:])),
        stack_set(TemplateURL=URL, StackInstancesGroup={"Ref": "Groups"}),
        product(URL), product(URL, URL), product(OTHER_URL, URL),
    ],
)  # fmt: skip
def test_a_template_among_the_assets_is_judged(tmp_path, resource):
    _report, found = assembly(tmp_path, resource)
    assert found == HAZARD


@pytest.mark.parametrize("bucket", [BUCKET, "cdk-hnb659fds-assets-${AWS::AccountId}-${AWS::Region}"])
@pytest.mark.parametrize("url", [URL, WITHOUT_ENVIRONMENT])
def test_account_and_region_may_be_open_in_the_list_of_assets(tmp_path, url, bucket):
    assert assembly(tmp_path, stack(url, **HINT), bucket=bucket)[1] == HAZARD


@pytest.mark.parametrize(
    "url",
    [
        None, "https://s3.amazonaws.com/elsewhere/t.yaml", {"Ref": "Where"}, "./db.yaml",
        f"https://s3.amazonaws.com/elsewhere/{DIGEST}.json", f"https://s3.amazonaws.com/{BUCKET}/{'c' * 64}.json",
        f"https://vendor.example/{BUCKET}/{DIGEST}.json", f"https://{BUCKET}.vendor.example/{DIGEST}.json",
        f"https://s3.amazonaws.com/my-{BUCKET}/{DIGEST}.json", f"http://s3.amazonaws.com/{BUCKET}/{DIGEST}.json",
    ],
)  # fmt: skip
def test_the_url_decides_and_not_the_metadata(tmp_path, url):
    report, found = assembly(tmp_path, stack(url, **HINT), inner=ORDERLY)
    assert found == ["nested-template-unread"] and report.findings[0].logical_id == "X"


def test_another_asset_than_the_metadata_say_is_the_one_judged(tmp_path):
    assert assembly(tmp_path, stack(OTHER_URL, **HINT))[1] == []
    assert assembly(tmp_path, stack(URL, **{**HINT, "aws:asset:path": "Other.json"}))[1] == HAZARD


def test_without_lists_of_assets_the_metadata_name_the_file_of_an_asset(tmp_path):
    assert assembly(tmp_path, stack(URL, **HINT), lists=False)[1] == HAZARD
    old = join("https://s3.", {"Ref": f"AssetParameters{DIGEST}S3Bucket01234567"}, "/x.json")
    assert assembly(tmp_path, stack(old, **HINT), lists=False)[1] == HAZARD
    assert assembly(tmp_path, stack("https://s3.amazonaws.com/b/t.json", **HINT), lists=False)[1] == [
        "nested-template-unread"
    ]


@pytest.mark.parametrize(
    "resource",
    [
        stack_set(TemplateURL="https://s3.amazonaws.com/elsewhere/t.yaml"),
        stack_set(TemplateBody={"Ref": "Template"}),
        product("https://s3.amazonaws.com/elsewhere/t.yaml"),
        product(URL, {"Ref": "Where"}),
        product(SourceConnection={"Type": "CODESTAR"}),
        product(ProvisioningArtifactParameters=[{"Info": {"ImportFromPhysicalId": "arn:aws:cloudformation:::stack/s"}}]),
        application("https://s3.amazonaws.com/elsewhere/t.yaml"),
        application({"ApplicationId": "arn:aws:serverlessrepo:us-east-1:111122223333:applications/SecretsManagerX", "SemanticVersion": "1.0.0"}),
        application({"ApplicationId": {"Ref": "Id"}, "SemanticVersion": "1.0.0"}),
    ],
)  # fmt: skip
def test_a_template_elsewhere_is_a_finding(tmp_path, resource):
    report, found = assembly(tmp_path, resource, inner=ORDERLY)
    assert found == ["deployed-template-unread"] and report.findings[0].severity == "high"


OWN = "arn:aws:serverlessrepo:us-east-1:297356227824:applications/SecretsManagerRDSMySQLRotationSingleUser"


def test_the_rotation_of_secrets_is_aws_own(tmp_path):
    assert assembly(tmp_path, application({"ApplicationId": OWN, "SemanticVersion": "1.1.1"}))[1] == []
    by_partition = {"Fn::FindInMap": ["SAR", {"Ref": "AWS::Partition"}, "applicationId"]}
    for others, expected in ((OWN, []), (OWN.replace("297356227824", "111122223333"), ["deployed-template-unread"])):
        mappings = {"SAR": {"aws": {"applicationId": OWN}, "aws-cn": {"applicationId": others}}}
        assert assembly(tmp_path, application({"ApplicationId": by_partition}), Mappings=mappings)[1] == expected


def test_a_finding_says_where_the_template_goes(tmp_path):
    groups = [
        {
            "Regions": ["eu-west-1"],
            "DeploymentTargets": {"Accounts": ["222222222222"], "OrganizationalUnitIds": ["ou-1"]},
        }
    ]
    for resource, words in (
        (stack_set(TemplateURL=URL, StackInstancesGroup=groups), "accounts 222222222222 and organizational units ou-1"),
        (stack_set(TemplateURL=URL), "the accounts of the stack set"),
        (product(URL), "the accounts that launch the product"),
    ):
        (finding,) = assembly(tmp_path, resource)[0].findings
        assert finding.message.endswith(f"; its template goes to {words}") and finding.stack == "Shop"


def test_the_parameters_of_a_stack_set_are_passed(tmp_path):
    passed = [{"ParameterKey": "Cidr", "ParameterValue": "0.0.0.0/0"}]
    assert assembly(tmp_path, stack_set(TemplateURL=URL, Parameters=passed), inner=BY_PARAMETER)[1] == HAZARD
    assert assembly(tmp_path, stack_set(TemplateURL=URL), inner=BY_PARAMETER)[1] == []


def test_a_template_in_a_resource_that_is_none_is_an_error(tmp_path):
    report, _found = assembly(tmp_path, stack_set(TemplateBody="Resources: ["))
    assert [p.kind for p in report.errors] == ["nested-template"]


@pytest.mark.parametrize(
    ("cidr", "outcomes"),
    [("${Cidr}", ["unknown"]), ("0.0.0.0/0", ["fail"]), ("0.0.0.0/${Length}", ["unknown"])],
)
def test_what_the_deployment_fills_into_a_template_is_not_known(tmp_path, cidr, outcomes):
    text = json.dumps(OPEN).replace("0.0.0.0/0", cidr).replace("sg-1", "${Group}")
    report, _found = assembly(tmp_path, stack_set(TemplateBody={"Fn::Sub": text}))
    assert [f.outcome.value for f in report.findings] == outcomes


def test_a_template_as_plain_text_has_its_own_functions(tmp_path):
    text = (
        json.dumps(BY_PARAMETER).replace('{"Ref": "Cidr"}', '{"Fn::Sub": "${Cidr}"}').replace("10.0.0.0/8", "0.0.0.0/0")
    )
    assert assembly(tmp_path, stack_set(TemplateBody=text))[1] == HAZARD


# -- beside a bare template


def test_the_lists_of_assets_beside_a_template_of_cdk_count(tmp_path):
    assembly(tmp_path, product(URL))
    assert judge(tmp_path, "Shop.template.json")[1] == HAZARD
    assembly(tmp_path, stack(f"https://s3.amazonaws.com/elsewhere/{DIGEST}.json", **HINT))
    assert judge(tmp_path, "Shop.template.json")[1] == ["nested-template-unread"]


def bare(tmp_path, resource, inner=OPEN, file="db.json", names=("main.json",)):
    (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / file).write_text(json.dumps(inner))
    (tmp_path / "main.json").write_text(json.dumps({"Resources": {"X": resource}}))
    return judge(tmp_path, *names)


@pytest.mark.parametrize("names", [("main.json",), ("",), ("db.json", "main.json")])
@pytest.mark.parametrize("cidr", ["0.0.0.0/0", "10.1.0.0/16"])
def test_a_template_beside_a_plain_one_is_read_with_the_parameters_that_are_passed(tmp_path, cidr, names):
    resource = stack("./db.json")
    resource["Properties"]["Parameters"] = {"Cidr": cidr}
    assert bare(tmp_path, resource, BY_PARAMETER, names=names)[1] == (HAZARD if cidr == "0.0.0.0/0" else [])


@pytest.mark.parametrize(
    "resource",
    [
        stack("db.json"),
        application("./db.json"),
        stack_set(TemplateURL="db.json"),
        stack(URL, **{**HINT, "aws:asset:path": "db.json"}),
    ],
)
def test_whatever_deploys_it_a_template_beside_is_read(tmp_path, resource):
    assert bare(tmp_path, resource)[1] == HAZARD


@pytest.mark.parametrize("url", ["./gone.json", "../outside.json", "/etc/passwd", ".", "", "s3://b/db.json", "a\0b"])
def test_a_template_that_is_not_beside_is_a_finding(tmp_path, url):
    (tmp_path / "outside.json").write_text(json.dumps(OPEN))
    (tmp_path / "app").mkdir()
    assert bare(tmp_path / "app", stack(url))[1] == ["nested-template-unread"]


def test_a_path_is_from_the_template_that_names_it(tmp_path):
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "a/b/c.json").write_text(json.dumps(OPEN))
    report, found = bare(tmp_path, stack("a/one.json"), {"Resources": {"Y": stack("b/c.json")}}, "a/one.json")
    assert found == HAZARD and report.findings[0].stack_path == "main/X/Y"
    assert [s.name for s in report.stacks] == ["main", "main/X", "main/Y"]


def test_templates_that_nest_each_other_end(tmp_path):
    from cdkguard.errors import InputError

    inner = {"Resources": {"Y": stack("main.json"), "Z": stack("main.json")}}
    with pytest.raises(InputError, match="would be read again"):
        bare(tmp_path, stack("db.json"), inner)


LOOP = {"Fn::ForEach::Regions": ["Name", ["A", "B"], {"Db${Name}": stack("https://s3.amazonaws.com/elsewhere/t.yaml")}]}


@pytest.mark.parametrize("whole", [True, False])
def test_what_a_loop_deploys_is_a_finding(tmp_path, whole):
    template = {"Transform": "AWS::LanguageExtensions", "Resources": {"X": ORDERLY["Resources"]["Topic"], **LOOP}}
    assembly(tmp_path, stack(URL), inner=ORDERLY)
    (tmp_path / "Shop.template.json").write_text(json.dumps(template))
    report, _found = judge(tmp_path, "" if whole else "Shop.template.json")
    assert [(f.rule_id, f.logical_id) for f in report.findings] == [
        ("nested-template-unread", "DbA"),
        ("nested-template-unread", "DbB"),
    ]


def test_of_several_versions_beside_a_template_each_is_judged(tmp_path):
    assert sorted(bare(tmp_path, product("db.json", "https://s3.amazonaws.com/b/t.yaml"))[1]) == [
        "deployed-template-unread",
        *HAZARD,
    ]


def test_resources_that_are_included_are_a_finding_beside_the_others(tmp_path):
    include = {"Name": "AWS::Include", "Parameters": {"Location": "s3://shared/roles.yaml"}}
    (tmp_path / "main.json").write_text(json.dumps({"Resources": {"Fn::Transform": include, **OPEN["Resources"]}}))
    report = check(Config(paths=(str(tmp_path / "main.json"),), environment="prod", rules=(*RULES, "template-macro")))
    assert sorted(f.rule_id for f in report.findings) == [*HAZARD, "template-macro"]
