"""A server on loopback that stands for S3's presigned URLs, and the calls of a hook that name them."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Json = Any
ACCOUNT = "111122223333"
TOKEN = "0b9a4a0e-8d5c-4f0e-9a51-3f2f0d0b6a11"


class Presigned:
    """What the server hands out, by path."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.bodies: dict[str, tuple[int, bytes, dict[str, str]]] = {}
        self.asked: list[str] = []

    def put(self, body: Json, status: int = 200, **headers: str) -> str:
        """The URL of a payload: bytes as they are, everything else as JSON."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        path = f"/payload{len(self.bodies)}"
        self.bodies[path] = (status, data, headers)
        return f"http://127.0.0.1:{self.port}{path}?X-Amz-Signature=secret0signature"


@contextmanager
def presigned_urls() -> Iterator[Presigned]:
    """The server, as long as the block."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            served.asked.append(path)
            status, data, headers = served.bodies[path]
            self.send_response(status)
            for name, value in {"Content-Length": str(len(data)), **headers}.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: Json) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served = Presigned(server.server_port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def dripping(head: bytes) -> Iterator[int]:
    """The port of a server that sends this, and then a letter now and again, without an end."""
    listener = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def serve() -> None:
        connection, _address = listener.accept()
        with connection:
            connection.sendall(head)
            while not over.wait(0.05):
                try:
                    connection.sendall(b"x")
                except OSError:
                    return

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        over.set()
        listener.close()
        thread.join(5)


def stack_event(action: str, name: str, url: str | None = None, **more: Json) -> Json:
    """A call for a stack, as the user guide shows it."""
    data = {"targetName": "STACK", "targetType": "STACK", "targetLogicalId": name}
    if url is not None:
        data["payload"] = url
    return {
        "clientRequestToken": TOKEN,
        "awsAccountId": ACCOUNT,
        "stackId": f"arn:aws:cloudformation:eu-west-1:{ACCOUNT}:stack/{name}/1a2b3c4d",
        "changeSetId": None,
        "hookTypeName": "Cdkguard::Stacks::Hook",
        "hookTypeVersion": "00000001",
        "hookModel": {"LambdaFunction": f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:hook"},
        "actionInvocationPoint": f"{action}_PRE_PROVISION",
        "requestData": data,
        "requestContext": {"invocation": 1, "callbackContext": None},
        **more,
    }


def change_set_event(name: str, url: str | None = None, **more: Json) -> Json:
    """A call for a change set, as the user guide shows it."""
    arn = f"arn:aws:cloudformation:eu-west-1:{ACCOUNT}:changeSet/deploy/5e6f7a8b"
    event = stack_event("CREATE", name, url, changeSetId=arn, **more)
    event["requestData"].update(targetName="CHANGE_SET", targetType="CHANGE_SET", targetLogicalId=arn)
    return event


def assert_valid(answer: Json, token: str = TOKEN) -> None:
    """The answer is one that CloudFormation takes: its fields, their words and lengths, and the token."""
    json.dumps(answer, ensure_ascii=False).encode()
    assert set(answer) <= {"hookStatus", "errorCode", "message", "clientRequestToken", "annotations"}
    assert answer["clientRequestToken"] == token
    assert answer["hookStatus"] in ("SUCCESS", "FAILED")
    assert (answer["hookStatus"] == "FAILED") == ("errorCode" in answer)
    assert answer.get("errorCode") in (None, "NonCompliant", "InternalFailure")
    assert 1 <= len(answer["message"]) <= 4096
    most = {"annotationName": 1024, "statusMessage": 16384, "remediationMessage": 16384, "remediationLink": 5120}
    assert len(answer.get("annotations", ())) <= 200
    for annotation in answer.get("annotations", ()):
        assert set(annotation) <= {*most, "status", "severityLevel"}
        assert annotation["status"] in ("PASSED", "FAILED", "SKIPPED")
        assert annotation["severityLevel"] in ("INFORMATIONAL", "LOW", "MEDIUM", "HIGH", "CRITICAL")
        assert annotation["annotationName"] and annotation["statusMessage"]
        assert all(1 <= len(annotation[key]) <= limit for key, limit in most.items() if key in annotation)
