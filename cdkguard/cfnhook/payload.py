"""Reads what a presigned URL of the hook leads to: by HTTPS, bounded in size and time, and without following anything."""

from __future__ import annotations

import json
import time

from cdkguard._typing import TYPE_CHECKING, Any, Json, NamedTuple
from cdkguard.errors import CdkguardError, InputError, TemplateError
from cdkguard.inputs.shapes import mapping_or_empty
from cdkguard.inputs.template_file import parse
from cdkguard.inputs.template_json import parse_json

if TYPE_CHECKING:
    from http.client import HTTPConnection

    from cdkguard.api.nouns import Body

MAX_BYTES = 16 * 1024 * 1024  # two templates of 1 MB, written as text in JSON, with room
TIMEOUT, DEADLINE = 5.0, 15.0  # seconds for one step of the network, and for all; CloudFormation waits 30
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class Payload(NamedTuple):
    """The templates of a stack or change set; empty where CloudFormation sends none."""

    template: str
    previous: str
    changed: tuple[dict[str, Json], ...] | None = None  # `changedResources` of a change set


def read_payload(url: str, allows_loopback: bool = False) -> Payload:
    """The payload behind the URL; raises InputError, whose message never holds the signature in the URL."""
    return parse_payload(_fetch(url, allows_loopback))


def parse_payload(data: bytes) -> Payload:
    """The payload of these bytes; raises InputError."""
    try:
        value = parse_json(data.decode(json.detect_encoding(data)), "the payload")
    except (TemplateError, UnicodeDecodeError) as problem:
        raise InputError("the payload is not JSON, or holds a key twice") from problem
    if not isinstance(value, dict):
        raise InputError("the payload is no mapping")
    return Payload(_template(value, "template"), _template(value, "previousTemplate"), _changed(value))


def _changed(value: dict[str, Json]) -> tuple[dict[str, Json], ...] | None:
    """The changed resources; a change that would not be seen in them is no small one."""
    found = value.get("changedResources")
    if found is None:
        return None
    rows = [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
    names = [one.get("logicalResourceId") for one in rows]
    texts = [text for one in rows for text in (one.get("logicalResourceId"), one.get("resourceType"))]
    if (
        not isinstance(found, list)
        or len(rows) < len(found)
        or not all(isinstance(text, str) and text for text in texts)
    ):
        raise InputError("'changedResources' of the payload is no list of resources with id and type")
    if len(set(names)) < len(names):
        raise InputError("'changedResources' of the payload names a resource twice")
    return tuple(rows)


def parse_yaml_once(text: str) -> Body:
    """The template as a value where it is YAML, which takes seconds where it is large; else, or if it is none, the text."""
    try:
        return text if text.lstrip()[:1] in ("{", "[", "") else mapping_or_empty(parse(text, "template")) or text
    except CdkguardError:
        return text  # Whoever judges it says what is wrong.


def _template(value: dict[str, Json], key: str) -> str:
    found = value.get(key)
    if found is None:
        return ""
    if isinstance(found, dict):
        return json.dumps(found)
    if not isinstance(found, str):
        raise InputError(f"'{key}' of the payload is no text")
    return found


def _fetch(url: str, allows_loopback: bool) -> bytes:
    from urllib.parse import urlsplit  # A deletion has no payload.

    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as problem:
        raise InputError("the payload's address is no URL") from problem
    is_loopback = allows_loopback and host in _LOOPBACK
    if not host or (parts.scheme != "https" and not (is_loopback and parts.scheme == "http")):
        raise InputError("the payload's address is not of https")

    path = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    connection = _connect(parts.scheme, host, port)
    try:
        return _read(connection, path, host)
    finally:
        connection.close()


def _connect(scheme: str, host: str, port: int | None) -> HTTPConnection:
    import http.client

    kind = http.client.HTTPSConnection if scheme == "https" else http.client.HTTPConnection
    return kind(host, port, timeout=TIMEOUT)


def _read(connection: HTTPConnection, path: str, host: str) -> bytes:
    import http.client
    from threading import Timer

    ends = time.monotonic() + DEADLINE
    hang_up = Timer(DEADLINE, _hang_up, [connection])  # Headers that come letter by letter never meet a time limit.
    hang_up.daemon = True
    try:
        connection.connect()
        hang_up.start()
        connection.request("GET", path, headers={"Accept-Encoding": "identity"})
        answer: Any = connection.getresponse()
        if answer.status != 200:
            raise InputError(f"the payload cannot be read: {host} answers {answer.status}")
        parts, size = [], 0
        while chunk := answer.read1(65_536):
            parts.append(chunk)
            size += len(chunk)
            if size > MAX_BYTES:
                raise InputError(f"the payload is larger than {MAX_BYTES // 1024 // 1024} MB")
        if time.monotonic() > ends:
            raise InputError(f"the payload takes longer than {DEADLINE:.0f} s to read")
        if answer.length:
            raise InputError("the payload was cut short")
        return b"".join(parts)
    except (OSError, http.client.HTTPException, ValueError) as problem:
        words = getattr(problem, "strerror", None) or type(problem).__name__
        raise InputError(f"the payload cannot be read from {host}: {words}") from problem
    finally:
        hang_up.cancel()


def _hang_up(connection: HTTPConnection) -> None:
    """End a connection that another thread reads from."""
    import socket

    try:
        if connection.sock is not None:
            connection.sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # It has ended.
