"""References in one spelling on both sides."""

from tests.support.access import allow, body, document, kinds, only, ref, role, text


def test_a_reference_that_follows_a_rename():
    def app(bucket, logical_id="R"):
        resource = text(ref(bucket, "Arn"), "/*")
        return {bucket: body("AWS::S3::Bucket"), logical_id: role(allow("s3:*", resource))}

    assert kinds(app("A"), app("B"), {"A": "B"}) == []
    assert kinds(app("A"), app("B", "S"), {"A": "B", "R": "S"}) == []
    assert kinds(app("A"), {**app("B"), **app("A", "X")}) == ["resource"]


def test_the_same_text_that_names_another_resource_after_a_rename():
    bucket, caller = body("AWS::S3::Bucket"), role(allow("s3:Get*"))
    renamed = {"A": "B"}

    def app(of):
        return {"R": role(allow("s3:*", ref(of, "Arn")))}

    assert kinds({"A": bucket, **app("A")}, {"B": bucket, "A": bucket, **app("A")}, renamed) == ["resource"]
    assert kinds({"A": bucket, "C": bucket, **app("C")}, {"B": bucket, "C": bucket, **app("C")}, renamed) == []

    trust = {"AssumeRolePolicyDocument": document(allow("sts:AssumeRole", Principal={"AWS": ref("A", "Arn")}))}
    assumed = body("AWS::IAM::Role", **trust)
    assert kinds({"A": caller, "R": assumed}, {"B": caller, "A": caller, "R": assumed}, renamed) == ["trust"]
    assert kinds({"A": caller, "R": assumed}, {"A": caller, "R": assumed}, {}) == []


def test_references_and_names_that_say_the_same():
    bucket = body("AWS::S3::Bucket", BucketName="my-bucket")
    forms = ["arn:aws:s3:::my-bucket/*", text(ref("B", "Arn"), "/*"), text("arn:aws:s3:::", ref("B"), "/*")]
    for one in forms:
        for other in forms:
            pair = ({"B": bucket, "R": role(allow("s3:*", resource))} for resource in (one, other))
            assert kinds(*pair) == []
    other = {"B": bucket, "R": role(allow("s3:*", "arn:aws:s3:::another/*"))}
    assert only({"B": bucket, "R": role(allow("s3:*", forms[1]))}, other).certain
