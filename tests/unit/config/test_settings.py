"""The configuration file: what it says, and how its mistakes are told."""

import json
import subprocess
import sys
from importlib.resources import files

import jsonschema
import pytest
import yaml

from cdkguard.config import settings_file
from cdkguard.config.load import load_config
from cdkguard.config.settings import AgentSettings, Config, Overrides
from cdkguard.data import frameworks
from tests.support.configuration import mistake, read

WHOLE = """\
fail_on: medium
rules: [recommended, "sqs-*"]
skip: s3-versioning
packs: [./guardrails, acme]
python: [acme_rules]
stacks: ["Prod*"]
app: node app.js
context: {flag: true, size: 3}
environment: prod
environments:
  prod:
    accounts: ["111122223333"]
    stages: ["Prod*"]
    stacks: ["*-prod"]
    tags: {env: prod}
    regions: [eu-west-1]
    context: {env: prod, live: true}
    strict: true
    parameters: {Size: 012}
  staging: {stages: [Staging]}
  production-eu:
accounts: {allowed: {logging: "444455556666"}}
severity: {sqs-x: low, rds-y: {prod: critical, dev: low}}
with: {sg-ingress-open-world: {allowed_ports: [80, 443]}}
parameters: {Env: prod, Port: 080, On: yes}
require_owner: true
suppressions:
  - {rule: s3-versioning, construct: "Prod/Data/*", reason: rebuilt nightly, owner: team-x, expires: 2027-01-31}
accepted: .cdkguard-baseline.json
timeout: 90
full_synth: false
outputs: [text, sarif=out.sarif]
agents: {deploy: [staging, dev], pull_request: off, protected_branches: "release/*", after_edit: true, synthesize: false, log: false}
"""


def test_without_a_file_every_setting_has_its_default(repo):
    assert load_config(".", None) == Config()


def test_every_setting_is_read(repo):
    found = read(WHOLE)
    assert found.fail_on == "medium"
    assert (found.rules, found.skip, found.stacks) == (("recommended", "sqs-*"), ("s3-versioning",), ("Prod*",))
    assert (found.packs, found.python_packs) == (("./guardrails", "acme"), ("acme_rules",))
    assert (found.app, found.context, found.environment) == ("node app.js", {"flag": True, "size": 3}, "prod")
    prod, staging, eu = found.environments
    assert prod.accounts == ("111122223333",) and prod.stages == ("Prod*",) and prod.stacks == ("*-prod",)
    assert prod.tags == {"env": "prod"} and prod.regions == ("eu-west-1",) and prod.parameters == {"Size": "012"}
    assert prod.context == {"env": "prod", "live": "true"}
    assert (prod.strict, staging.strict, eu.strict) == (True, False, True)
    assert found.accounts == {"allowed": {"logging": "444455556666"}}
    assert found.severities == {"sqs-x": "low", "rds-y": {"prod": "critical", "dev": "low"}}
    assert found.parameters == {"sg-ingress-open-world": {"allowed_ports": [80, 443]}}
    assert found.template_parameters == {"Env": "prod", "Port": "080", "On": "yes"}
    (one,) = found.suppressions
    assert one.rule == "s3-versioning" and one.construct_path == "Prod/Data/*" and one.owner == "team-x"
    assert one.expires == "2027-01-31" and one.origin == "cdkguard.yaml:28" and one.reason == "rebuilt nightly"
    assert (found.accepted, found.timeout, found.full_synth) == (".cdkguard-baseline.json", 90.0, False)
    assert found.outputs == (("text", None), ("sarif", "out.sarif"))
    assert found.require_owner and found.file == "cdkguard.yaml"
    assert found.agents == AgentSettings(("staging", "dev"), "off", ("release/*",), True, False, False)


@pytest.mark.parametrize(
    ("settings", "may", "may_not"),
    [
        ("", ["dev", "staging"], ["prod", "blue"]),
        ("agents: {}", ["dev", "staging"], ["prod", "blue"]),
        ("agents: {deploy: []}", [], ["dev", "staging", "prod", "blue"]),
        ("agents: {deploy: [blue]}", ["blue"], ["dev", "staging", "prod"]),
    ],
)
def test_an_agent_deploys_where_the_file_says_so(repo, settings, may, may_not):
    found = read(f"environments: {{blue: {{strict: true}}}}\n{settings}\n")
    assert [name for name in (*may, *may_not) if found.agents.may_deploy(name, {"prod", "blue"})] == may


def test_pyproject_says_the_same(repo):
    text = """
[tool.cdkguard]
fail_on = "low"
[tool.cdkguard.environments.prod]
accounts = ["111122223333"]
[[tool.cdkguard.suppressions]]
rule = "a"
construct = "*"
reason = "b"
expires = 2027-01-31
"""
    found = read(text, "pyproject.toml")
    assert found.fail_on == "low" and found.environments[0].accounts == ("111122223333",)
    assert found.suppressions[0].expires == "2027-01-31" and found.file == "pyproject.toml"


@pytest.mark.parametrize("text", ["", "# only a comment\n", "---\n", "fail_on:\n", "\ufefffail_on: high\n"])
def test_a_file_may_say_nothing(repo, text):
    assert read(text) == Config(file="cdkguard.yaml")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("\nfail-on: high", "2: no key 'fail-on' (did you mean 'fail_on'?)"),
        ("xyzzy: 1", "1: no key 'xyzzy'"),
        ("environments:\n  prod:\n    stage: [P]", "3: no key 'stage' (did you mean 'stages'?)"),
        ("suppressions:\n- rule: a\n  path: b", "3: no key 'path'"),
        ("accounts: {alowed: {}}", "1: no key 'alowed' (did you mean 'allowed'?)"),
        ("fail_on: hihg", "1: fail_on is one of low, medium, high, critical, never, not 'hihg' (did you mean 'high'?)"),
        ("gate: newest", "1: gate is one of all, new, not 'newest' (did you mean 'new'?)"),
        ("fail_on: [high]", "1: fail_on is one of low, medium, high, critical, never, not '['high']'"),
        (
            "severity:\n  a: hgh",
            "2: severity.a is one of low, medium, high, critical, not 'hgh' (did you mean 'high'?)",
        ),
        ("severity:\n  a: {prd: low}", "2: no key 'prd' (did you mean 'prod'?)"),
        ("environment: prd", "1: environment is one of prod, staging, dev, not 'prd' (did you mean 'prod'?)"),
        ("rules: []", "1: rules is empty, so nothing would be judged"),
        ("rules: [1]", '1: rules is a text; write "1" in quotes'),
        ("rules: {a: b}", "1: rules is a list"),
        ("environments: [prod]", "1: environments is a mapping of names to values"),
        ("- a", "1: the file is a mapping of names to values"),
        ("full_synth: 1", "1: full_synth is true or false"),
        ("timeout: 0", "1: timeout is a number of seconds above 0"),
        ("timeout: .inf", "1: timeout is a number of seconds above 0"),
        ("timeout: .nan", "1: timeout is a number of seconds above 0"),
        ("outputs: [sraif=x]", "1: no output format 'sraif' (did you mean 'sarif'?)"),
        ("app: [node]", "1: app is a text"),
        ("parameters: {A: [1]}", "1: parameters.A is a text, a number or a boolean"),
        ("fail_on: low\n\nfail_on: high", "3: key 'fail_on' is there twice"),
        ("fail_on: 'low\n", "2: not YAML: "),
        ("? [a]\n: b", "1: a key is a text, and merge keys"),
        ("context: &a {b: 1}\nwith:\n  <<: *a", "3: a key is a text, and merge keys are not understood here"),
        ("context: !!python/object:os.system {}", "1: the tag tag:yaml.org,2002:python/object:os.system"),
        ("app: !env HOME", "1: 'HOME' has the tag !env, which is not understood here"),
        ("context: {a: " + "9" * 5000 + "}", "1: not a number that can be read"),
        ("suppressions: [{construct: a, reason: b}]", "1: a suppression needs `rule`"),
        (
            "suppressions: [{rule: a, reason: b}]",
            '1: a suppression needs `construct`: a construct path or glob ("*" is',
        ),
        ("suppressions:\n- {rule: a, construct: b}", "2: a suppression needs `reason`"),
        ("suppressions:\n- {rule: a, construct: b, reason: ' '}", "2: suppressions.reason is a text"),
        (
            "suppressions:\n- {rule: a, construct: b, reason: c, expires: 2027-02-30}",
            "2: expires is a date such as 2030-01-31, not '2027-02-30'",
        ),
        (
            "parameters: {A: b}\nenvironments: {prod: {parameters: {A: c}}}",
            "1: parameter 'A' is in environments.prod.parameters, too: keep one of them",
        ),
    ],
)
def test_a_mistake_is_named_with_file_and_line(repo, text, message):
    assert mistake(text).startswith(f"cdkguard.yaml:{message}")


@pytest.mark.parametrize("account", ["111122223333", "012345670123", "1_1"])
@pytest.mark.parametrize("where", ["environments: {{prod: {{accounts: [{}]}}}}", "accounts: {{allowed: {{a: {}}}}}"])
def test_an_account_that_yaml_reads_as_a_number_must_be_quoted(repo, account, where):
    assert f'account {account} is read as a number: write "{account}" in quotes' in mistake(where.format(account))


@pytest.mark.parametrize("account", ["11112222333", "0123456789ab", ""])
def test_an_account_has_12_digits(repo, account):
    assert "an account id has 12 digits" in mistake(f'accounts: {{allowed: ["{account}"]}}')


def test_without_a_yaml_file_yaml_is_not_imported(repo):
    code = "import sys, cdkguard.config.load as c; c.load_config('.', None); print('yaml' in sys.modules, 'tomllib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


# -- the published schema


@pytest.fixture(scope="module")
def schema():
    return json.loads((files("cdkguard") / "schemas" / "config.schema.json").read_text(encoding="utf-8"))


def test_schema_and_reader_know_the_same_keys(schema):
    jsonschema.Draft202012Validator.check_schema(schema)
    assert set(schema["properties"]) == set(settings_file.KEYS)
    assert set(schema["$defs"]["environment"]["properties"]) == set(settings_file.ENVIRONMENT_KEYS)
    assert set(schema["$defs"]["suppression"]["properties"]) == set(settings_file.SUPPRESSION_KEYS)


def test_schema_accepts_what_the_reader_accepts(schema):
    jsonschema.validate(yaml.load(WHOLE, yaml.BaseLoader) | {"environments": {"prod": None}} | TYPED, schema)


def test_schema_and_reader_know_the_same_keys_for_agents(repo, schema):
    assert set(schema["properties"]["agents"]["properties"]) == set(AgentSettings._fields)
    assert "agents.deploy is one of" in mistake("agents: {deploy: [prodd]}")


def test_other_checkers_and_cfn_lint(repo, schema):
    assert read("honour: [checkov, guard, checkov]\nlint: true").honour == ("checkov", "guard")
    assert read("honour: cdk-nag").honour == ("cdk-nag",)
    assert (read("").honour, read("").lint, read("lint: true").lint) == ((), False, True)
    for data in ({"honour": ["checkov"], "lint": True}, {"honour": "cfn-nag", "lint": None}, {"honour": None}):
        jsonschema.validate(data, schema)


def test_frameworks_select_their_rules_unless_rules_are_named(repo, schema):
    found = read("frameworks: [fsbp, hipaa, fsbp]")
    assert found.frameworks == ("fsbp", "hipaa")
    assert found.rules == (*frameworks.rule_ids_of(["fsbp", "hipaa"]), "changes")
    assert read("frameworks: fsbp\nrules: [core]").rules == ("core",)
    assert (read("frameworks: []").rules, read("").frameworks) == (("recommended",), ())
    assert schema["$defs"]["framework"]["enum"] == list(frameworks.framework_names())
    for data in ({"frameworks": ["fsbp"]}, {"frameworks": "hipaa"}, {"frameworks": None}):
        jsonschema.validate(data, schema)


TYPED = {
    "require_owner": True,
    "full_synth": False,
    "timeout": 90,
    "agents": {"pull_request": False, "log": True, "deploy": []},
}


@pytest.mark.parametrize(
    "data",
    [
        {"fail-on": "high"},
        {"fail_on": "hihg"},
        {"accounts": {"allowed": [111122223333]}},
        {"suppressions": [{"rule": "a", "construct": "b"}]},
        {"environments": {"prod": {"stage": ["P"]}}},
        {"timeout": 0},
        {"honour": ["chekov"]},
        {"lint": "yes please"},
        {"frameworks": ["nist-800-35"]},
        {"agents": {"deploys": ["dev"]}},
        {"agents": {"pull_request": "ask"}},
        {"agents": {"after_edit": "sometimes"}},
    ],
)
def test_schema_refuses_what_the_reader_refuses(schema, repo, data):
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(data, schema)
    mistake(yaml.safe_dump(data))


def test_the_command_line_is_applied_to_any_configuration():
    overrides = Overrides({"fail_on": "low", "app": None}, {"skip": ("b",)}, {"context": {"k": "new"}})
    for file in (Config(app="x", skip=("a",), context={"k": "old", "other": 1}), Config()):
        found = overrides.apply(file)
        assert (found.fail_on, found.app, found.rules) == ("low", None, ("recommended",))
        assert found.skip == (*file.skip, "b") and found.context == {**file.context, "k": "new"}
        assert found.overrides is overrides


@pytest.mark.parametrize("name", ["main", "eu", "blue-1"])
def test_where_no_environment_is_strict_one_with_an_unknown_name_is(repo, name):
    text = f"environments: {{{name}: {{stacks: ['*']}}, dev: {{stacks: [D]}}}}"
    assert [rule.strict for rule in read(text).environments] == [True, False]
    with_prod = f"environments: {{{name}: {{stacks: ['*']}}, prod: {{stacks: [P]}}}}"
    assert [rule.strict for rule in read(with_prod).environments] == [False, True]


def test_environments_that_are_known_to_be_milder_need_no_strict_one(repo):
    found = read("environments: {dev: {stages: [Dev]}, staging: {stages: [Staging]}}").environments
    assert not any(rule.strict for rule in found)


@pytest.mark.parametrize("name", ["main", "live", "eu"])
def test_a_file_under_which_no_environment_is_strict_is_refused(repo, name):
    text = f"environments: {{{name}: {{stacks: ['*'], strict: false}}, dev: {{}}}}"
    assert f"no environment is strict, so no rule for production would apply anywhere: '{name}'" in mistake(text)
