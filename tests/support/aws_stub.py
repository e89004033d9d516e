"""A small CloudFormation and STS that speaks the query protocol over HTTP, for answers that no real one gives on demand."""

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

ACCOUNT, REGION = "111122223333", "eu-west-1"
Parameters = dict[str, str]


class Answer(NamedTuple):
    """What is sent instead of the real answer."""

    status: int = 200
    code: str | None = None  # of an error
    message: str = "no"
    body: str | None = None
    cut: int | None = None  # only so many bytes of the announced ones are sent


class Stub:
    """`stacks`: (account, region, name or id) -> what `stack` makes; `fault(action, parameters, count)` may answer first."""

    def __init__(self, account: str = ACCOUNT, delay: float = 0.0) -> None:
        self.account, self.delay = account, delay
        self.page = 100  # Stacks of a page of DescribeStacks.
        self.stacks: dict[tuple[str, str, str], dict[str, Any]] = {}
        self.roles: set[str] = set()
        self.fault: Callable[[str, Parameters, int], Answer | None] = lambda action, parameters, count: None
        self.calls: list[tuple[str, Parameters]] = []
        self.counts: Counter[tuple[str, str | None]] = Counter()
        self._lock = threading.Lock()

    def stack(
        self,
        name: str,
        template: Any,
        region: str = REGION,
        account: str | None = None,
        stack_id: str | None = None,
        **about: Any,
    ) -> None:
        body = template if isinstance(template, str) else json.dumps(template)
        key = (account or self.account, region, stack_id or name)
        self.stacks[key] = {"name": name, "body": body, "status": "CREATE_COMPLETE", "resources": [], **about}

    def actions(self) -> list[str]:
        return [action for action, _parameters in self.calls]

    def __enter__(self) -> "Stub":
        stub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                text = self.rfile.read(int(self.headers["Content-Length"])).decode()
                answer = stub.answer({k: v[0] for k, v in parse_qs(text).items()}, self.headers["Authorization"])
                data = (answer.body or error(answer)).encode()
                self.send_response(answer.status)
                self.send_header("Content-Type", "text/xml")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data[: answer.cut])
                self.wfile.flush()
                self.close_connection = answer.cut is not None

            def log_message(self, *_args: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, *_request: Any) -> None:
                """A client that was killed is none of ours."""

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    def answer(self, parameters: Parameters, authorization: str) -> Answer:
        action = parameters.pop("Action")
        with self._lock:
            self.calls.append((action, parameters))
            key = (action, parameters.get("StackName"))
            self.counts[key] += 1
            count = self.counts[key]
        time.sleep(self.delay)
        # The stub's sessions carry the account in their access key, as ASIA<account>; all other keys are its own.
        access_key, _date, region, *_rest = authorization.partition("Credential=")[2].split("/")
        account = access_key[4:] if access_key[4:].isdigit() else self.account
        answer: Answer = self.fault(action, parameters, count) or getattr(self, action)(account, region, parameters)
        return answer

    def DescribeStacks(self, account: str, region: str, parameters: Parameters) -> Answer:
        if "StackName" not in parameters:
            return self.list_stacks(account, region, int(parameters.get("NextToken", 0)))
        name = parameters["StackName"]
        stack = self.stacks.get((account, region, name))
        if stack is None:
            return Answer(400, "ValidationError", f"Stack with id {name} does not exist")
        return result("DescribeStacks", f"<Stacks>{self.description(account, region, name, stack)}</Stacks>")

    def list_stacks(self, account: str, region: str, start: int) -> Answer:
        """A page of all stacks of a place, `page` of them."""
        held = [(key, stack) for key, stack in self.stacks.items() if key[:2] == (account, region)]
        shown = "".join(self.description(*key, stack) for key, stack in held[start : start + self.page])
        more = f"<NextToken>{start + self.page}</NextToken>" if start + self.page < len(held) else ""
        return result("DescribeStacks", f"<Stacks>{shown}</Stacks>{more}")

    def description(self, account: str, region: str, stack_id: str, stack: dict[str, Any]) -> str:
        """A stack as DescribeStacks writes it."""
        tags = members("Tags", ({"Key": k, "Value": v} for k, v in stack.get("tags", {}).items()))
        inputs = members("Parameters", stack.get("parameters", ()))
        protected = str(stack.get("protected", False)).lower()
        triggers = members(
            "RollbackTriggers", ({"Arn": arn, "Type": "AWS::CloudWatch::Alarm"} for arn in stack.get("rollback", ()))
        )
        optional = {"LastUpdatedTime": "updated", "RootId": "root", "ParentId": "parent"}
        more = "".join(f"<{field}>{escape(stack[key])}</{field}>" for field, key in optional.items() if stack.get(key))
        return (
            f"<member><StackId>{escape(stack_id)}</StackId><StackName>{stack['name']}</StackName><CreationTime>2026-01-01T00:00:00Z</CreationTime>"
            f"<StackStatus>{stack['status']}</StackStatus>{more}"
            f"<EnableTerminationProtection>{protected}</EnableTerminationProtection><RollbackConfiguration>{triggers}</RollbackConfiguration>{tags}{inputs}</member>"
        )

    def GetTemplate(self, account: str, region: str, parameters: Parameters) -> Answer:
        stack = self.stacks[account, region, parameters["StackName"]]
        return result("GetTemplate", f"<TemplateBody>{escape(stack['body'])}</TemplateBody>")

    def ListStackResources(self, account: str, region: str, parameters: Parameters) -> Answer:
        stack = self.stacks[account, region, parameters["StackName"]]
        start, size = int(parameters.get("NextToken", 0)), stack.get("page", 100)
        page = [
            {"LogicalResourceId": i, "PhysicalResourceId": p, "ResourceType": "AWS::CloudFormation::Stack",
             "ResourceStatus": "CREATE_COMPLETE", "LastUpdatedTimestamp": "2026-01-01T00:00:00Z"}
            for i, p in stack["resources"][start : start + size]
        ]  # fmt: skip
        more = f"<NextToken>{start + size}</NextToken>" if start + size < len(stack["resources"]) else ""
        return result("ListStackResources", members("StackResourceSummaries", page) + more)

    def GetCallerIdentity(self, account: str, region: str, parameters: Parameters) -> Answer:
        arn = f"arn:aws:iam::{account}:user/dev"
        return result("GetCallerIdentity", f"<Arn>{arn}</Arn><UserId>U</UserId><Account>{account}</Account>")

    def AssumeRole(self, account: str, region: str, parameters: Parameters) -> Answer:
        arn = parameters["RoleArn"]
        if arn not in self.roles:
            return Answer(403, "AccessDenied", f"User is not authorized to perform: sts:AssumeRole on resource: {arn}")
        owner = arn.split(":")[4]
        keys = (
            f"<AccessKeyId>ASIA{owner}</AccessKeyId><SecretAccessKey>s</SecretAccessKey>"
            "<SessionToken>t</SessionToken><Expiration>2036-01-01T00:00:00Z</Expiration>"
        )
        user = f"<Arn>arn:aws:sts::{owner}:assumed-role/r/cdkguard</Arn><AssumedRoleId>A:cdkguard</AssumedRoleId>"
        return result("AssumeRole", f"<Credentials>{keys}</Credentials><AssumedRoleUser>{user}</AssumedRoleUser>")


def members(name: str, entries: Iterable[Mapping[str, str]]) -> str:
    inner = "".join(f"<member>{''.join(f'<{k}>{escape(v)}</{k}>' for k, v in e.items())}</member>" for e in entries)
    return f"<{name}>{inner}</{name}>"


def result(action: str, inner: str) -> Answer:
    return Answer(body=f"<{action}Response><{action}Result>{inner}</{action}Result></{action}Response>")


def error(answer: Answer) -> str:
    kind = "Sender" if answer.status < 500 else "Receiver"
    return (
        f"<ErrorResponse><Error><Type>{kind}</Type><Code>{answer.code}</Code><Message>{escape(answer.message)}</Message>"
        "</Error><RequestId>r</RequestId></ErrorResponse>"
    )
