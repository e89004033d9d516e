"""`cdkguard cfn-hook`: package the function of the CloudFormation hook, and try it on a call."""

from __future__ import annotations

import argparse
import json

from cdkguard._typing import TYPE_CHECKING, Any
from cdkguard.cli.options import JUDGED, OUTPUT
from cdkguard.errors import ExitCode, InputError, describe_os_error

if TYPE_CHECKING:
    from cdkguard.cfnhook.package import Packed
    from cdkguard.cli.parser import Parser

_STATUS = {None: ExitCode.OK, "NonCompliant": ExitCode.FINDINGS, "InternalFailure": ExitCode.INPUT}


def add_package_options(parser: Parser) -> None:
    """Add the options of `cfn-hook package`."""
    parser.group(JUDGED).add_argument("--config", metavar="FILE", help="instead of the cdkguard.yaml that is found")
    parser.group(OUTPUT).add_argument(
        "--out", default="hook.zip", metavar="FILE", help="the zip to write; default: hook.zip"
    )


def run_package(options: argparse.Namespace) -> int:
    """Write the zip of the function."""
    from cdkguard.cfnhook.package import pack_hook
    from cdkguard.system import files
    from cdkguard.text import escape

    packed = pack_hook(options.config)
    try:
        files.write(options.out, packed.data)
    except OSError as problem:
        raise InputError(f"{describe_os_error(problem)}: the package cannot be written") from problem
    print(escape.block(f"{options.out}: {_describe(packed)}"))
    return int(ExitCode.OK)


def _describe(packed: Packed) -> str:
    size = f"{len(packed.data) / 1_000_000:.1f} MB"
    return (
        f"{size}, {packed.rules} rules, {packed.fingerprint}\n"
        f"compiled for Python {packed.python}: the function's runtime is python{packed.python}, or it starts four times as slowly"
    )


def add_test_options(parser: Parser) -> None:
    """Add the options of `cfn-hook test`."""
    add = parser.group(JUDGED).add_argument
    add("event", metavar="PAYLOAD", help="a file with a call of the hook (JSON); its payload may stand in it")
    add("--config", metavar="FILE", help="instead of the cdkguard.yaml that is found")
    output = parser.group(OUTPUT).add_argument
    output("--json", action="store_true", help="the answer as CloudFormation gets it")


def run_test(options: argparse.Namespace) -> int:
    """Answer a call as the function would, and print the answer; the status is 1 for NonCompliant, 3 for InternalFailure."""
    from cdkguard.cfnhook.handler import answer_event
    from cdkguard.cfnhook.hook import bind_hook
    from cdkguard.cfnhook.payload import parse_payload
    from cdkguard.config.load import load_config

    event = _read_event(options.event)
    hook = bind_hook(load_config(".", options.config), allows_loopback=True)
    data = event.get("requestData") if isinstance(event, dict) else None
    if isinstance(data, dict) and isinstance(data.get("payload"), dict):
        inside = json.dumps(data["payload"]).encode("utf-8")
        data["payload"] = "https://payload.invalid/"
        hook = hook._replace(read=lambda _url, _allows_loopback: parse_payload(inside))

    answer = answer_event(event, lambda: hook)
    print(json.dumps(answer, indent=2) if options.json else _render(answer))
    return int(_STATUS[answer.get("errorCode")])


def _read_event(path: str) -> Any:
    from cdkguard.system import files

    try:
        return json.loads(files.read_text(path))
    except OSError as problem:
        raise InputError(f"{describe_os_error(problem)}: the call cannot be read") from problem
    except (ValueError, RecursionError) as problem:
        raise InputError(f"{path}: not JSON: {problem}") from problem


def _render(answer: dict[str, Any]) -> str:
    """The status and the message, then a paragraph for each annotation. What comes from templates is harmless already."""
    head = " ".join(filter(None, [answer["hookStatus"], answer.get("errorCode", "")]))
    lines = [f"{head}: {answer['message']}"]
    for one in answer.get("annotations", ()):
        lines += ["", f"{one['status']} {one['severityLevel']} {one['annotationName']}", f"  {one['statusMessage']}"]
        lines += [f"  remedy: {one['remediationMessage']}"] if "remediationMessage" in one else []
        lines += [f"  {one['remediationLink']}"] if "remediationLink" in one else []
    return "\n".join(lines)
