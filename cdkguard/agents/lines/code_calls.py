"""Calls of the AWS SDK in code, and writes to files that guard the agent."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cdkguard._typing import TYPE_CHECKING
from cdkguard.agents.commands.aws import CLOUDFORMATION, is_local_address
from cdkguard.agents.commands.aws_calls import find_row
from cdkguard.agents.commands.aws_names import SERVICES, to_cli_name
from cdkguard.agents.commands.call import Call
from cdkguard.agents.guarded_names import FILES, FOLDERS, PLACES, is_guarded
from cdkguard.agents.nouns import Action
from cdkguard.agents.shell.state import State
from cdkguard.text.regexes import lazy_pattern

if TYPE_CHECKING:
    from cdkguard.agents.lines.session import Session
    from cdkguard.agents.nouns import ActionKind

_PY_CLIENT = lazy_pattern(r"""\b(?:client|resource)\(\s*(?:service_name\s*=\s*)?['"]([\w-]+)['"]""")
_JS_CLIENT = lazy_pattern(r"""@aws-sdk/(?:client|lib)-([\w-]+)|\bAWS\.(\w+)|aws-sdk/clients/(\w+)""")
_METHOD = lazy_pattern(r"""\.([A-Za-z]\w+)\s*\(\s*(?:\{?\s*[A-Za-z]\w*\s*[=:]\s*['"]([\w./:-]+)['"])?""")
_COMMAND = lazy_pattern(r"""\b([A-Z]\w+?)Command\s*\)?\s*\(\s*(?:\{\s*\w+\s*:\s*['"]([\w./:-]+)['"])?""")
_GETATTR = lazy_pattern(r"""getattr\([^\n]{1,160}?,\s*['"](\w+)['"]\s*\)""")
_ENDPOINT = lazy_pattern(r"""(?:endpoint_url|endpoint)['"]?\s*[=:]\s*['"]([^'"]+)""")
_TOOLKIT = lazy_pattern(r"\.(deploy|destroy|rollback|watch|bootstrap|refactor)\s*\(")
_WRITES = lazy_pattern(
    r"""open\([^)\n]*['"][rbt+]*[wax]|write_text|write_bytes|writeFile|appendFile|unlink|\brm\(|rmSync|rmtree|os\.(?:remove|rename|replace)|"""
    r"""\.(?:rename|replace|touch)\(|shutil\.|createWriteStream|truncate|FileUtils|File\.(?:write|delete|open)|copyFile|Set-Content"""
)
# Names of clients that are not the CLI's.
_SERVICES = {
    "cognitoidentityprovider": "cognito-idp", "cognito-identity-provider": "cognito-idp", "cloudwatch-logs": "logs", "cloudwatchlogs": "logs",
    "eventbridge": "events", "sfn": "stepfunctions", "dynamodb-documentclient": "dynamodb", "elasticsearch-service": "es",
    "elastic-load-balancing-v2": "elbv2", "elastic-load-balancing": "elb", "documentclient": "dynamodb", "docdb": "docdb",
    "rds-data": "rds-data", "redshift-data": "redshift-data", "database-migration-service": "dms", "storage": "s3",
}  # fmt: skip
_DOCUMENT = {"Put": "put-item", "Delete": "delete-item", "Update": "update-item", "BatchWrite": "batch-write-item", "TransactWrite": "transact-write-items",
             "ExecuteStatement": "execute-statement", "BatchExecuteStatement": "batch-execute-statement", "ExecuteTransaction": "execute-transaction"}  # fmt: skip
_DOCUMENT_METHODS = {
    "put": "put-item",
    "delete": "delete-item",
    "update": "update-item",
    "batchWrite": "batch-write-item",
    "transactWrite": "transact-write-items",
}
# A file that is named like this is run to write; in any other one, writing an item is what the application does.
_SCRIPT_WORDS = ("script", "tool", "ops", "migrat", "seed", "purge", "clean", "delete", "destroy", "drop", "wipe", "reset", "backfill", "fix", "teardown", "maintenance", "bin/", "hack")  # fmt: skip
_ITEM_LEVEL = (
    "item", "items", "object", "objects", "statement", "record", "records", "message", "messages", "transaction",
)  # fmt: skip


def find_sdk_calls(session: Session, code: str, language: str, path: str, state: State) -> Iterator[Action]:
    """The actions of the calls of AWS's services in the code."""
    endpoint = _ENDPOINT.search(code)
    if endpoint and is_local_address(endpoint[1]):
        return
    if "toolkit-lib" in code and (found := _TOOLKIT.search(code)):
        kinds: dict[str, ActionKind] = {"destroy": "destroy", "deploy": "deploy", "watch": "deploy"}
        kind = kinds.get(found[1], "maintain")
        yield _call(session, path, state, f"toolkit.{found[1]}()").act(kind, "cdk", found[1])
    is_script = not path or any(word in path.lower() for word in _SCRIPT_WORDS)
    for service, operation, target in dict.fromkeys(_find_operations(code, language)):
        action = _act(session, service, operation, target, path, state)
        if action is None:
            continue
        is_item = action.kind in ("data-write", "data-delete") and operation.rpartition("-")[2] in _ITEM_LEVEL
        if is_script or not (is_item or action.kind in ("data-write", "hidden")):
            yield action


def _act(session: Session, service: str, operation: str, target: str, path: str, state: State) -> Action | None:
    call = _call(session, path, state, f"{service}.{operation}")
    unread = "" if target else "which one it means stands in the code"
    if service == "cloudformation":
        kind = CLOUDFORMATION.get(operation)
        if kind is None or kind == "protection":
            return None
        return call.act(kind, "aws", f"cloudformation {operation}", stacks=(target,) if target else (), unread=unread)
    row = find_row(SERVICES.get(service, service), operation)
    if row is None or (row[3] and not row[3].startswith("sql:")):
        return None
    return call.act(row[0], "aws", f"{service} {operation}", target=target, resource_type=row[1], unread=unread)


def _find_operations(code: str, language: str) -> Iterator[tuple[str, str, str]]:
    """(service, operation, target) of each call, in the CLI's words."""
    if language == "python" or "boto" in code:
        services = set(_PY_CLIENT.findall(code))
        methods = [*_METHOD.findall(code), *((name, "") for name in _GETATTR.findall(code))] if services else []
        for name, target in methods:
            for service in sorted(services):
                yield service, name.replace("_", "-"), target
        if re.search(r"resource\(\s*['\"](s3|dynamodb)", code):
            yield from _of_resources(code)
        return
    services = {_service_of(next(filter(None, groups))) for groups in _JS_CLIENT.findall(code)}
    for name, target in _COMMAND.findall(code):
        for service in sorted(services):
            yield service, to_cli_name(name), target
            if service == "dynamodb" and name in _DOCUMENT:
                yield service, _DOCUMENT[name], target
    for name, target in _METHOD.findall(code) if services else ():
        for service in sorted(services):
            yield service, to_cli_name(name), target
            if service == "dynamodb" and name in _DOCUMENT_METHODS and "DocumentClient" in code:
                yield service, _DOCUMENT_METHODS[name], target


def _of_resources(code: str) -> Iterator[tuple[str, str, str]]:
    if re.search(r"\bTable\(", code):
        if re.search(r"batch_writer\(|\.batch_write", code):
            yield "dynamodb", "batch-write-item", ""
        if re.search(r"\.delete\(\s*\)", code):
            yield "dynamodb", "delete-table", ""
    if re.search(r"\bBucket\(", code) and re.search(r"\.delete\(\s*\)|delete_all|object_versions", code):
        yield "s3api", "delete-objects", ""


def _service_of(name: str) -> str:
    plain = name.lower()
    return _SERVICES.get(plain, plain) if plain != "dynamodb" else plain


def _call(session: Session, path: str, state: State, word: str) -> Call:
    return session.make_call(((path or "code"), word), state, {}, None)


def find_writes_to_guarded(session: Session, code: str, path: str, state: State) -> Iterator[Action]:
    """A file that guards the agent, where the code names it and writes files."""
    if not any(name in code for name in (*FILES, *FOLDERS, *(place.strip("/") for place in PLACES if place[0] != "/"))):
        return
    named = [each for each in re.findall(r"""['"]([^'"\n]{0,120})['"]""", code) if len(each) > 2 and is_guarded(each)]
    if named and _WRITES.search(code):
        call = session.make_call(((path or "code"), *named[:4]), state, {}, None)
        yield call.act("guard", "code", "", paths=tuple(dict.fromkeys(named)))
