"""Permissions of functions and event buses, read as statements."""

from tests.support.access import FOREIGN, OWN, PUBLIC, body, kinds, only, ref


def permission(**properties):
    return {
        "F": body("AWS::Lambda::Function"),
        "P": body(
            "AWS::Lambda::Permission", Action="lambda:InvokeFunction", FunctionName=ref("F", "Arn"), **properties
        ),
    }


def test_lambda_permissions():
    events = permission(Principal="events.amazonaws.com", SourceArn="arn:aws:events:eu-west-1:111122223333:rule/x")
    found = only({"F": events["F"]}, events)
    assert (found.kind, found.severity) == ("permission", "low")
    found = only(events, permission(Principal="events.amazonaws.com"))
    assert (found.kind, found.severity) == ("permission", "high")
    assert only(events, permission(Principal="*")).kind == "public"
    assert only(events, permission(Principal="*")).path == "Properties.Principal"
    assert found.path == "Properties"
    assert only(events, permission(Principal=FOREIGN)).kind == "cross-account"
    assert kinds(permission(Principal="*"), events) == []
    renamed = {"F": events["F"], "Q": events["P"]}
    assert kinds(events, renamed) == []


def test_event_buses_open_by_a_statement_or_by_properties():
    def bus(**properties):
        return {"B": body("AWS::Events::EventBus", Name="b"),
                "P": body("AWS::Events::EventBusPolicy", EventBusName=ref("B"), StatementId="s", **properties)}  # fmt: skip

    mine = bus(Action="events:PutEvents", Principal=OWN)
    assert only(mine, bus(Action="events:PutEvents", Principal="*")).path == "Properties.Statement.Principal"
    assert kinds(bus(Principal=OWN), bus(Action="events:PutEvents", Principal=OWN)) == []  # which it is for by itself
    org = {"Type": "StringEquals", "Key": "aws:PrincipalOrgID", "Value": "o-1"}
    bound = bus(Action="events:PutEvents", Principal="*", Condition=org)
    assert kinds(bound, bus(Action="events:PutEvents", Principal="*")) == ["public"]
    assert kinds(bus(Action="events:PutEvents", Principal="*"), bound) == []
    statement = {**PUBLIC, "Action": "events:PutEvents"}
    assert kinds(mine, bus(Statement=statement)) == ["public"]


def test_permissions_for_an_organization():
    bound, everybody = permission(Principal="*", PrincipalOrgID="o-1"), permission(Principal="*")
    assert kinds(bound, everybody) == ["public"] and kinds(everybody, bound) == []
    assert only({"F": bound["F"]}, bound).severity != only({"F": bound["F"]}, everybody).severity
    assert kinds(bound, permission(Principal="*", PrincipalOrgID="o-2")) == ["cross-account"]
