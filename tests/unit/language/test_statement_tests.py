"""Policy documents: JSON text with holes, conditions that bind nobody, principals by account; tails of texts."""

import pytest

from cdkguard.aws import arns, condition_tests, policies
from cdkguard.language.operands import find_operand_problem
from cdkguard.language.operators import evaluate_operator
from cdkguard.language.subject import OperatorContext
from cdkguard.template.scope import Scope

FACTS = arns.AccountFacts(
    "222222222222", frozenset({"222222222222"}), frozenset(), frozenset({"127311923021"}), {}, "prod"
)
ACCOUNT = {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}


def judge(name, value, wanted, parameters=None, facts=FACTS):
    scope = Scope({"Parameters": {p: {"Type": "String"} for p in parameters or ()}})
    return evaluate_operator(name, scope.resolve(value), wanted, OperatorContext(scope, "", None, facts))


def allow(**members):
    return {"Statement": [{"Effect": "Allow", "Action": "x:Get", "Resource": "*", **members}]}


def joined(*parts):
    return {"Fn::Join": ["", list(parts)]}


OPEN = {"public": True, "restricted": False}


@pytest.mark.parametrize(
    ("principal", "answer"),
    [
        ('"*"', True),
        ('{"AWS": ["arn:aws:iam::1:root", "*"]}', True),
        ('{"Service": "x.amazonaws.com"}', False),
        ('{"Service": "*"}', True),
        ('{"AWS": "arn:aws:iam::*:role/deploy"}', True),
        ('{"AWS": "arn:aws:*"}', True),
        ('{"AWS": "arn:aws:iam::111122223333:*"}', False),
    ],
)
def test_a_document_may_be_json_text(principal, answer):
    text = f'{{"Statement": [{{"Effect": "Allow", "Principal": {principal}, "Action": "x:Get"}}]}}'
    assert judge("has_statement", text, OPEN) is answer


def test_json_text_keeps_what_is_filled_in_later():
    head, tail = '{"Statement": {"Effect": "Allow", "Action": "x:Get", "Principal": {"AWS": "', '"}}}'
    assert judge("has_statement", joined(head, {"Fn::GetAtt": ["Role", "Arn"]}, tail), OPEN) is False
    assert judge("has_statement", joined(head, {"Ref": "Who"}, tail), OPEN, ["Who"]) is None
    assert judge("has_statement", joined(head, "*", tail), OPEN) is True
    starred = joined(head, "arn:", {"Ref": "AWS::Partition"}, ":iam::*:root", tail)
    assert judge("has_statement", starred, OPEN) is True


def test_text_that_is_no_json_or_that_only_the_deployment_knows_is_unknown():
    assert judge("has_statement", "{not json", OPEN) is None
    assert judge("has_statement", joined('{"Statement": ', {"Ref": "All"}, "}"), OPEN, ["All"]) is None
    assert judge("has_statement", {"Ref": "Document"}, OPEN, ["Document"]) is None


def test_a_statement_may_stand_alone():
    assert judge("has_statement", {"Effect": "Allow", "Principal": "*", "Action": "events:PutEvents"}, OPEN) is True
    assert judge("has_statement", [{"Effect": "Deny", "Principal": "*"}], OPEN) is False


@pytest.mark.parametrize(
    ("condition", "restricted"),
    [
        ({"StringEquals": {"aws:PrincipalOrgID": "o-1"}}, True),
        ({"StringEquals": {"AWS:SourceOwner": "123456789012"}}, True),
        ({"StringLike": {"aws:PrincipalOrgID": "*"}}, False),
        ({"StringEquals": {"aws:PrincipalOrgID": ["o-1", "*"]}}, False),
        ({"StringEquals": {"aws:PrincipalOrgID": ""}}, False),
        ({"StringNotEquals": {"aws:SourceAccount": "123456789012"}}, False),
        ({"StringEqualsIfExists": {"aws:SourceAccount": "123456789012"}}, False),
        ({"ForAllValues:StringEquals": {"aws:PrincipalOrgID": "o-1"}}, False),
        ({"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-1/*"}}, True),
        ({"StringLike": {"aws:Referer": "https://example.com/*"}}, False),
        ({"Bool": {"elasticfilesystem:AccessedViaMountTarget": "true"}}, True),
        ({"Bool": {"aws:PrincipalIsAWSService": "false"}}, False),
        ({"StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}}, False),
        ({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, True),
        ({"IpAddress": {"aws:SourceIp": "0.0.0.0/1"}}, False),
        ({"IpAddress": {"aws:SourceIp": "2000::/3"}}, False),
        ({"StringEquals": {"oidc.eks.eu-west-1.amazonaws.com/id/X:sub": "system:serviceaccount:a:b"}}, True),
        ({"StringEquals": {"Fn::GetAtt": ["CfnJson", "Value"]}}, True),
        ({"StringEquals": {"Ref": "Keys"}}, None),
        ({"Fn::GetAtt": ["CfnJson", "Value"]}, True),
    ],
)
def test_which_conditions_bind_a_public_principal(condition, restricted):
    document = allow(Principal="*", Condition=condition)
    answer = {True: False, False: True, None: None}[restricted]
    assert judge("has_statement", document, OPEN, ["Keys"]) is answer


def test_condition_on_asks_for_keys_by_a_pattern():
    bound = allow(Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}})
    unbound = allow(Condition={"Bool": {"aws:MultiFactorAuthPresent": "false"}})
    pattern = "^aws:multifactorauth"
    assert judge("has_statement", bound, {"condition_on": pattern}) is True
    assert judge("has_statement", bound, {"no_condition_on": pattern}) is False
    assert judge("has_statement", unbound, {"no_condition_on": pattern}) is True
    assert judge("has_statement", allow(), {"condition_on": pattern}) is False


@pytest.mark.parametrize(
    ("principal", "answer"),
    [
        ({"AWS": "arn:aws:iam::333333333333:role/x"}, True),
        ({"AWS": ["222222222222", "333333333333"]}, True),
        ({"AWS": joined("arn:", {"Ref": "AWS::Partition"}, ":iam::333333333333:root")}, True),
        ({"AWS": "arn:aws:iam::222222222222:root"}, False),
        ({"AWS": "127311923021"}, False),
        ({"AWS": ACCOUNT}, False),
        ({"Service": "333333333333"}, False),
        ("*", False),
    ],
)
def test_names_principal_compares_accounts_with_those_of_the_run(principal, answer):
    assert judge("names_principal", allow(Principal=principal), {"account": ["foreign"]}) is answer


def test_names_principal_takes_the_tests_of_statements_too():
    document = allow(Principal={"AWS": "333333333333"}, Condition={"StringEquals": {"sts:ExternalId": "a"}})
    wanted = {"account": ["foreign"], "no_condition_on": "^sts:externalid$"}
    assert judge("names_principal", document, wanted) is False
    assert judge("names_principal", document, {"account": ["foreign"], "effect": "Deny"}) is False
    assert judge("names_principal", document, {"account": ["foreign"]}, facts=None) is None
    assert judge("names_principal", {"Ref": "Document"}, {"account": ["foreign"]}, ["Document"]) is None


@pytest.mark.parametrize(
    ("value", "tail", "answer"),
    [
        (joined("arn:", {"Ref": "AWS::Partition"}, ":iam::aws:policy/AdministratorAccess"), ":policy/Admin", False),
        (joined("arn:", {"Ref": "AWS::Partition"}, ":policy/AdministratorAccess"), "/AdministratorAccess", True),
        (joined("a:", {"Ref": "AWS::Region"}, "Access"), "FullAccess", None),
        (joined("a:", {"Ref": "AWS::Region"}), "x", None),
        (joined("a:", {"Ref": "AWS::Region"}, ":b"), ["x", ":b"], True),
    ],
)
def test_the_known_tail_of_a_text_decides_ends_with(value, tail, answer):
    assert judge("ends_with", value, tail) is answer


@pytest.mark.parametrize(
    ("name", "operand", "words"),
    [
        ("names_principal", "foreign", "takes a mapping"),
        ("names_principal", {"effect": "Allow"}, "needs 'account'"),
        ("names_principal", {"account": ["foreign"], "action_si": "x"}, "'action_si' (did you mean 'action_is'?)"),
        ("names_principal", {"account": ["foriegn"]}, "not 'foriegn' (did you mean 'foreign'?)"),
        ("names_principal", {"account": []}, "not an empty list"),
        ("has_statement", {"effect": "Alow"}, "not 'Alow' (did you mean 'Allow'?)"),
        ("has_statement", {"effect": ["Allow"]}, "takes an effect"),
        ("has_statement", {"public": "yes"}, "takes true or false"),
        ("has_statement", {"lacks": ["Conditon"]}, "(did you mean 'Condition'?)"),
        ("has_statement", {"principal_kind": "federated"}, "(did you mean 'Federated'?)"),
        ("has_statement", {"resource_every": ["rolle"]}, "(did you mean 'role'?)"),
        ("names_account", ["foriegn"], "(did you mean 'foreign'?)"),
        ("deferred", ["resorce"], "(did you mean 'resource'?)"),
        ("has_statement", {"account": ["foreign"]}, "no statement test 'account'"),
        ("has_statement", {"no_condition_on": "("}, "not a regular expression"),
        ("has_statement", {"condition_on": 1}, "a pattern is a string"),
    ],
)
def test_mistakes_in_operands_are_named(name, operand, words):
    assert words in find_operand_problem(name, operand)


@pytest.mark.parametrize(
    ("test", "operand", "element", "value", "answer"),
    [
        ("action_every", True, "Action", ["?*"], True),
        ("action_every", True, "Action", "*:*", True),
        ("action_every", True, "Action", "iam:*", False),
        ("action_every", "iot", "Action", "IoT:?*", True),
        ("action_every", "iot", "Action", "*", True),
        ("action_every", "iot", "Action", "iot:Get*", False),
        ("action_every", True, "Action", {"Ref": "Which"}, None),
        ("resource_every", ["role"], "Resource", joined("arn:", {"Ref": "AWS::Partition"}, ":iam::*:role/*"), True),
        ("resource_every", ["role"], "Resource", joined("arn:aws:iam::*:role/", {"Ref": "Which"}), False),
        ("resource_every", ["role"], "Resource", {"Ref": "Which"}, None),
        ("resource_every", ["role"], "Resource", {"Fn::GetAtt": ["Role", "Arn"]}, False),
        ("resource_every", True, "Resource", ["arn:aws:s3:::shop", "arn:aws:s3:::*"], True),
        ("resource_every", False, "Resource", "arn:aws:s3:::*", False),
        ("limited", False, "Condition", {"Bool": {"aws:SecureTransport": "true"}}, True),
        ("limited", False, "Condition", {"Bool": {"aws:MultiFactorAuthPresent": "true"}}, False),
    ],
)
def test_every_is_known_in_whatever_spelling(test, operand, element, value, answer):
    assert judge("has_statement", allow(**{element: value}), {test: operand}, ["Which"]) is answer


def test_holes_stand_in_keys_as_a_mark():
    text = joined('{"Effect": "Allow", "Condition": {"StringEquals": {"', {"Ref": "Issuer"}, ':sub": "a"}}}')
    scope = Scope({"Parameters": {"Issuer": {"Type": "String"}}})
    ((_path, statement),) = policies.list_statements(scope.resolve_deep(text))
    assert condition_tests.is_restricted(statement) is True


@pytest.mark.parametrize(
    ("action", "answer"),
    [("${P}:*", None), ("s3:${P}", None), ("s3:Put${P}", False), ("${AWS::Region}:*", False), ("s3:${P}Object", None)],
)
def test_an_action_with_a_parameter_in_it_may_cover_what_is_asked_for(action, answer):
    document = allow(Action={"Fn::Sub": action})
    assert judge("has_statement", document, {"action_covers": "s3:GetObject"}, ["P"]) is answer
