"""Function URLs that ask for no signature any more."""

from cdkguard.template.values import Deferred
from tests.support.access import body, kinds, only, ref


def test_lambda_url_without_signature():
    def url(auth):
        target = ref("F", "Arn")
        return {
            "U": body("AWS::Lambda::Url", AuthType=auth, TargetFunctionArn=target),
            "F": body("AWS::Lambda::Function"),
        }

    found = only(url("AWS_IAM"), url("NONE"))
    assert (found.logical_id, found.kind, found.severity) == ("U", "url-auth", "critical")
    assert kinds(url("NONE"), url("AWS_IAM")) == []
    assert not only(url("AWS_IAM"), url(Deferred("parameter", {}, "Auth"))).certain
    without = {"F": body("AWS::Lambda::Function")}
    assert kinds(without, url("NONE")) == ["url-auth"]
    assert kinds({}, url("NONE")) == []
