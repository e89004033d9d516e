"""What the arguments of a tool hold, whatever their types."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdkguard.agents.hosts import tools
from cdkguard.agents.hosts.arguments import find_paths, paths_of_patch, read_call
from cdkguard.agents.hosts.aws_calls import describe_aws_call, is_aws_tool, kebab
from cdkguard.agents.hosts.table import NAMES, load_host
from cdkguard.agents.install.host_files import CLAUDE_HOOKS

NAMES_OF_TOOLS = [
    *tools.SHELL_TOOLS,
    *sorted(tools.WRITE_TOOLS),
    "mcp__aws-api__call_aws",
    "unknown",
    "use_aws",
    "Read",
]
KEYS = st.sampled_from(
    [*tools.COMMAND_FIELDS, *tools.PATH_FIELDS, *tools.CONTENT_FIELDS, *tools.DIRECTORY_FIELDS, "args", "files", "service_name", "x"]
)  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS | st.text(max_size=3), inner, max_size=4),
    max_leaves=12,
)


@given(st.sampled_from(NAMES_OF_TOOLS), JSON)
def test_no_arguments_break_the_reading(tool, arguments):
    call = read_call("claude", tool, arguments, "/srv/app", "")
    assert (
        isinstance(call.command, str) and isinstance(call.content, str) and all(isinstance(p, str) for p in call.paths)
    )


FIELDS = st.sampled_from(
    ["hook_event_name", "tool_name", "tool_input", "toolName", "toolArgs", "toolCall", "tool_info", "agent_action_name", "cwd",
     "conversationId", "workspacePaths", "workspace_roots", "executionNum", "command", "error", "stopReason", "sessionId"]
)  # fmt: skip
EVENTS = st.sampled_from(
    ["PreToolUse", "preToolUse", "Stop", "BeforeTool", "beforeShellExecution", "pre_run_command", "stop", ""]
)
PAYLOADS = st.dictionaries(FIELDS, JSON | EVENTS, max_size=8)


@given(st.sampled_from(NAMES), PAYLOADS)
def test_no_payload_breaks_a_host(name, payload):
    call = load_host(name).read(payload)
    assert call is None or call.host == name


def test_a_deep_value_ends_the_search():
    deep = {"command": "cdk destroy"}
    for _ in range(5_000):
        deep = {"x": deep}
    assert read_call("claude", "unknown", deep, "/", "").event == "other"


@pytest.mark.parametrize(
    ("tool", "arguments", "command"),
    [
        ("mcp__x__run", {"command": "cdk destroy"}, "cdk destroy"),
        ("mcp__x__run", {"options": {"shell_command": "cdk destroy"}}, "cdk destroy"),
        ("mcp__x__run", {"command": "npx", "args": ["cdk", "destroy", "My Stack"]}, "npx cdk destroy 'My Stack'"),
        ("mcp__terminal__run", {"program": "cdk", "args": ["destroy", "--force"]}, "cdk destroy --force"),
        ("mcp__x__many", {"steps": [{"cmd": "npm test"}, {"cmd": "cdk destroy"}]}, "npm test\ncdk destroy"),
        ("mcp__desk__interact_with_process", {"pid": 1, "input": "cdk destroy"}, "cdk destroy"),
        ("functions.shell", {"command": ["cdk", "destroy"]}, "cdk destroy"),
        ("bash", "cdk destroy", "cdk destroy"),
        ("write_stdin", {"session_id": 1, "chars": "cdk destroy\n"}, "cdk destroy\n"),
    ],
)
def test_a_command_is_found_wherever_a_tool_has_it(tool, arguments, command):
    assert read_call("claude", tool, arguments, "/", "")[1:4] == ("shell", tool, command)


@pytest.mark.parametrize("tool", ["Grep", "TodoWrite", "WebSearch", "read_file"])
def test_a_tool_that_runs_nothing_is_none_of_our_business(tool):
    assert read_call("claude", tool, {"command": "cdk destroy"}, "/", "").event == "other"


def test_the_files_of_a_patch():
    patch = "*** Begin Patch\n*** Add File: a b.ts\n+*** Delete File: no\n*** Update File: c.ts\n*** Move to: d.ts\n*** End Patch"
    assert list(paths_of_patch(patch)) == ["a b.ts", "c.ts", "d.ts"]
    diff = "--- a/cdk.json\t2026\n+++ b/cdk.json\n@@\n-x\n+y\n--- /dev/null\n+++ b/new.ts\n"
    assert list(dict.fromkeys(paths_of_patch(diff))) == ["cdk.json", "new.ts"]
    assert find_paths({"patch": diff, "path": "z"}, "/") == ("z", "cdk.json", "new.ts")


@pytest.mark.parametrize(
    ("tool", "server", "arguments", "line"),
    [
        ("mcp__awslabs_dynamodb-mcp-server__delete_table", "", {"table_name": "orders"}, "aws dynamodb delete-table --table-name orders"),
        ("mcp__awslabs_ccapi__delete_resource", "", {"resource_type": "AWS::S3::Bucket", "identifier": "b"}, "aws cloudcontrol delete-resource --type-name AWS::S3::Bucket --identifier b"),
        ("@awslabs.dynamodb-mcp-server/delete_table", "", {"TableName": "orders"}, "aws dynamodb delete-table --table-name orders"),
        ("awslabs_dynamodb-delete_table", "", {"TableName": "orders"}, "aws dynamodb delete-table --table-name orders"),
        ("use_aws", "", {"service_name": "RDS", "operation_name": "DeleteDBInstance", "parameters": {"DBInstanceIdentifier": "x", "SkipFinalSnapshot": True}}, "aws rds delete-db-instance --db-instance-identifier x --skip-final-snapshot"),
        ("aws___call_aws", "aws-mcp", {"cli_command": ["aws s3 ls", "aws s3 rb s3://x"]}, "aws s3 ls\naws s3 rb s3://x"),
        ("mcp__aws__aws___run_script", "", {"code": "x = 1"}, "x = 1"),
    ],
)  # fmt: skip
def test_a_tool_that_calls_aws_is_a_line_of_its_command_line(tool, server, arguments, line):
    assert is_aws_tool(tool, server)
    assert describe_aws_call(tool, server, arguments) == line


@pytest.mark.parametrize("tool", ["Bash", "mcp__github__create_issue", "drawsomething", "mcp__x__search"])
def test_other_tools_do_not_call_aws(tool):
    assert not is_aws_tool(tool) or tool.startswith("mcp__aws")


@pytest.mark.parametrize(
    ("name", "option"),
    [
        ("TableName", "table-name"),
        ("DBInstanceIdentifier", "db-instance-identifier"),
        ("ListObjectsV2", "list-objects-v2"),
    ],
)
def test_names_as_the_aws_command_line_spells_them(name, option):
    assert kebab(name) == option


@pytest.mark.parametrize(("tool", "arguments", "paths"), [
    ("mcp__filesystem__write_file", {"path": "cdkguard.yaml", "content": "x"}, ("cdkguard.yaml",)),
    ("mcp__filesystem__move_file", {"source": "cdkguard.yaml", "destination": "/tmp/x"}, ("cdkguard.yaml", "/tmp/x")),
    ("mcp__filesystem__edit_file", {"path": "cdkguard.yaml", "edits": [{"oldText": "high", "newText": "low"}]}, ("cdkguard.yaml",)),
    ("mcp__filesystem__create_directory", {"path": ".cdkguard"}, (".cdkguard",)),
    ("mcp__desktop-commander__edit_block", {"file_path": "cdk.json", "old_string": "a", "new_string": "b"}, ("cdk.json",)),
    ("mcp__serena__replace_symbol_body", {"relative_path": "lib/x.ts", "body": "b"}, ("lib/x.ts",)),
    ("mcp__jetbrains__replace_text_in_file", {"pathInProject": "cdk.json", "newText": "b"}, ("cdk.json",)),
    ("filesystem-write_file", {"path": "cdkguard.yaml"}, ("cdkguard.yaml",)),
    ("mcp_filesystem_write_file", {"path": "cdkguard.yaml"}, ("cdkguard.yaml",)),
    ("MCP:delete_file", {"path": "cdkguard.yaml"}, ("cdkguard.yaml",)),
    ("@filesystem/write_file", {"path": "cdkguard.yaml"}, ("cdkguard.yaml",)),
])  # fmt: skip
def test_a_tool_of_an_mcp_server_that_writes_files_is_a_write(tool, arguments, paths):
    call = read_call("claude", tool, arguments, "/srv/app", "")
    assert (call.event, call.paths) == ("write", paths)


@pytest.mark.parametrize(("tool", "arguments"), [
    ("mcp__filesystem__read_file", {"path": "cdkguard.yaml"}),
    ("mcp__filesystem__read_text_file", {"path": "cdkguard.yaml"}),
    ("mcp__filesystem__search_files", {"path": ".", "pattern": "cdkguard.yaml"}),
    ("mcp__filesystem__list_directory", {"path": ".cdkguard"}),
    ("mcp__filesystem__get_file_info", {"path": "cdkguard.yaml"}),
    ("mcp__linear__create_issue", {"title": "cdkguard.yaml"}),
    ("mcp__slack__update_message", {"text": "cdkguard.yaml"}),
    ("mcp__serena__find_symbol", {"relative_path": "lib/x.ts"}),
])  # fmt: skip
def test_one_that_reads_or_has_no_path_is_none(tool, arguments):
    assert read_call("claude", tool, arguments, "/srv/app", "").event == "other"


@pytest.mark.parametrize(
    "tool",
    ["mcp__filesystem__write_file", "mcp__filesystem__move_file", "mcp__fs__create_directory", "mcp__x__edit_block"],
)
def test_the_installed_matchers_name_such_tools(tool):
    matcher = CLAUDE_HOOKS[0].value["matcher"]
    assert re.fullmatch(matcher, tool) and not re.fullmatch(matcher, "mcp__filesystem__read_file")
