"""The hook as a process: what each host understands of its end, whatever happens inside."""

import json
import os
import re
import signal
import subprocess
import sys
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cdkguard.agents import hook
from cdkguard.agents.hosts.host import Reply
from cdkguard.agents.hosts.table import NAMES
from cdkguard.agents.nouns import ANSWERS, Decision, ToolCall
from tests.support.hook_process import judged, load_payload, run_hook
from tests.support.hosts_understand import understand
from tests.support.paths import ROOT

SHELLS = {
    "claude": "claude/bash", "copilot": "copilot/bash", "vscode": "vscode/terminal", "codex": "codex/bash",
    "gemini": "gemini/shell", "antigravity": "antigravity/run-command", "cursor": "cursor/shell", "kiro": "kiro/bash",
    "kiro-cli": "kiro-cli/bash", "windsurf": "windsurf/command", "devin": "devin/exec",
}  # fmt: skip
CAN_ASK = ("claude", "copilot", "vscode", "antigravity")
OUTCOMES = ("deny", "ask", "silent", "crash", "exit", "garbage", "timeout", "malformed", "no judge")


@pytest.fixture
def folder(tmp_path):
    """A repository."""
    (tmp_path / "app").mkdir()
    subprocess.run(["git", "init", "-q"], cwd=tmp_path / "app", check=True)
    return tmp_path / "app"


def payload_of(host, command, folder):
    """The kept payload of a shell with another command, in the folder."""
    text = (
        json.dumps(load_payload(SHELLS[host])).replace("/srv/app/infra", str(folder)).replace("/srv/app", str(folder))
    )
    payload = json.loads(text)

    def replaced(value):
        if isinstance(value, dict):
            return {
                key: command if key in ("command", "CommandLine", "command_line") else replaced(item)
                for key, item in value.items()
            }
        return value

    return replaced(payload)


def expected(host, outcome):
    if outcome == "silent":
        return "runs"
    if outcome in ("ask", "timeout"):
        return "asks" if host in CAN_ASK else "blocked"
    return "blocked"


FAILURES = {
    "crash": Decision("deny", "cdk destroy: cdkguard's judge failed", evidence={"failure": "judge"}),
    "timeout": Decision("ask", "cdk destroy: cdkguard could not tell within 99 s", evidence={"failure": "timeout"}),
}


@pytest.mark.parametrize("outcome", ["deny", "ask", "silent", "crash", "timeout", "malformed"])
@pytest.mark.parametrize("host", NAMES)
def test_each_host_understands_each_answer(host, outcome, folder, monkeypatch, capfd):
    from cdkguard.agents import answers, hook

    decision = FAILURES.get(outcome) or Decision(outcome if outcome in ANSWERS else "deny", "the table \x1b goes")
    text = json.dumps(payload_of(host, "npx cdk destroy", folder))
    monkeypatch.setattr(hook, "read_payload", lambda: (text[: -9 if outcome == "malformed" else None].encode(), True))
    monkeypatch.setattr(hook, "_raise_on_signals", lambda: None)
    monkeypatch.setattr(answers, "ask_judge", lambda _request: decision)
    monkeypatch.setenv("CDKGUARD_CACHE_DIR", str(folder.parent / "cache"))
    status = hook.run(["--host", host])
    written = capfd.readouterr()
    meaning, told = understand(host, written.out, written.err, status)
    assert status in (0, 2) and meaning == expected(host, outcome)
    assert meaning == "runs" or told


@pytest.mark.sampled(6)
@pytest.mark.parametrize("outcome", OUTCOMES)
@pytest.mark.parametrize("host", NAMES)
def test_each_host_understands_each_outcome(host, outcome, folder):
    given = payload_of(host, "npx cdk destroy", folder)
    words = ["--host", host, *(["--deadline", "2.5"] if outcome == "timeout" else [])]
    verdict = {"no judge": "none", "malformed": "deny"}.get(outcome, outcome)
    if outcome == "malformed":
        given = json.dumps(given)[:-9]
    done = run_hook(given, folder, *words, verdict=verdict)
    assert done.returncode in (0, 2)
    meaning, told = understand(host, done.stdout, done.stderr, done.returncode)
    assert meaning == expected(host, outcome)
    if meaning != "runs":
        assert 20 < len(told) <= 1500 or outcome in ("deny", "ask")
        assert "goes and more" in told or outcome not in ("deny", "ask")
    assert '"allow"' not in done.stdout or host == "cursor"
    for text in (done.stdout, done.stderr, told):
        assert not [char for char in text.rstrip("\n") if not char.isprintable()]


@pytest.mark.sampled(3)
@pytest.mark.parametrize("host", NAMES)
def test_what_is_not_ours_is_passed_by_without_a_word(host, folder):
    done = run_hook(payload_of(host, "ls -la", folder), folder, "--host", host)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == ('{"permission": "allow"}\n' if host == "cursor" else "")
    assert not judged(folder) and not (folder / ".cdkguard").exists()


@pytest.mark.sampled(7)
@pytest.mark.parametrize("host", NAMES)
@pytest.mark.parametrize("given", ["", "{", "[1, 2]", "null", "ls", '{"a": 1}', '{"tool": "Read", "path": "a b"}'])
def test_what_is_no_payload_and_names_nothing_of_ours_is_passed_by_or_refused(host, given, folder):
    done = run_hook(given, folder, "--host", host)
    meaning, _ = understand(host, done.stdout, done.stderr, done.returncode)
    assert meaning == ("runs" if given else "blocked") or host == "cursor"


@pytest.mark.sampled(7)
@pytest.mark.parametrize("host", NAMES)
@pytest.mark.parametrize("given", ['{"tool_name": "Bash", "tool_input": {"command": "cdk destroy"', '"cdk destroy"', '{"x": "cdk destroy"}'])  # fmt: skip
def test_what_is_no_payload_and_names_ours_is_refused(host, given, folder):
    done = run_hook(given, folder, "--host", host)
    assert understand(host, done.stdout, done.stderr, done.returncode)[0] == "blocked"


@pytest.mark.parametrize("size", [100, 2 << 20, 9 << 20])
def test_a_payload_is_read_or_refused_whatever_its_length(size, folder):
    for command, status in (("ls", 0 if size < (8 << 20) else 2), (f"ls {'x' * size}; npx cdk destroy", 2)):
        given = {"tool_name": "exec", "tool_input": {"command": command, "description": "x" * size}}
        assert run_hook(given, folder, "--host", "devin").returncode == status


def test_a_payload_that_stops_halfway_is_refused(folder):
    command = [sys.executable, "-m", "cdkguard", "agents", "hook", "--host", "kiro"]
    variables = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, env=variables, cwd=folder)
    process.stdin.write(b'{"hook_event_name": "PreToolUse", "tool_name": "execute_bash", "tool_input": {"command": "ls')
    process.stdin.flush()
    assert process.wait(timeout=20) == 2
    process.stdin.close()
    process.stderr.close()


@pytest.mark.parametrize(
    "words", [["--hots", "claude"], ["--host", "emacs"], ["--deadline", "soon"], ["--deadline=-1"], ["x"]]
)
def test_a_hook_file_with_a_mistake_refuses_with_the_mistake(words, folder):
    done = run_hook(payload_of("claude", "ls", folder), folder, *words)
    assert done.returncode == 2 and words[0].split("=")[0] in done.stderr


def test_a_second_call_for_the_same_command_does_not_judge_again(folder):
    given = payload_of("claude", "npx cdk destroy", folder)
    first = run_hook(given, folder, "--host", "claude")
    second = run_hook(payload_of("vscode", "npx cdk destroy", folder), folder, "--host", "claude")
    assert first.returncode == 2 and json.loads(second.stdout)["permissionDecision"] == "deny"
    assert judged(folder) == 1
    third = run_hook(payload_of("cursor", "npx cdk destroy", folder), folder, "--host", "claude")
    assert (
        json.loads(third.stdout)["permission"] == "deny" and judged(folder) == 2
    )  # it cannot ask, so the reason differs
    (folder / "lib.ts").write_text("x")
    run_hook(given, folder, "--host", "claude")
    assert judged(folder) == 3


@pytest.mark.parametrize("end", ["closed", "full"])
@pytest.mark.parametrize("host", ["copilot", "antigravity", "cursor"])
def test_an_answer_that_cannot_be_written_refuses_by_the_status(host, end, folder):
    if end == "full" and not os.path.exists("/dev/full"):
        pytest.skip("no /dev/full")
    script = f'"{sys.executable}" -m cdkguard agents hook --host {host} ' + (
        ">&-" if end == "closed" else "> /dev/full"
    )
    variables = {**os.environ, "PYTHONPATH": str(ROOT), "TEST_VERDICT": "deny"}
    text = json.dumps(payload_of(host, "cdk x", folder))[:-9]
    done = subprocess.run(["sh", "-c", script], input=text, capture_output=True, text=True, cwd=folder, env=variables)
    assert done.returncode == 2 and done.stderr


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT", "SIGHUP"])
@pytest.mark.parametrize("host", ["claude", "copilot"])
def test_a_signal_while_judging_refuses_and_leaves_no_judge(host, name, folder):
    site = folder.parent / "site"
    run_hook("{}", folder, verdict="timeout")  # writes the judge
    variables = {**os.environ, "PYTHONPATH": f"{site}{os.pathsep}{ROOT}", "TEST_VERDICT": "timeout", "TEST_NOTES": str(folder.parent / "notes"), "CDKGUARD_CACHE_DIR": str(folder.parent / "cache")}  # fmt: skip
    command = [sys.executable, "-m", "cdkguard", "agents", "hook", "--host", host]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=variables, cwd=folder)  # fmt: skip
    process.stdin.write(json.dumps(payload_of(host, "npx cdk destroy", folder)))
    process.stdin.close()
    process.stdin = None
    time.sleep(2)
    process.send_signal(getattr(signal, name))
    out, err = process.communicate(timeout=20)
    assert understand(host, out, err, process.returncode)[0] == "blocked"
    assert "interrupted" in out + err


def test_standard_input_that_never_ends_is_read_for_two_seconds(folder):
    variables = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "cdkguard", "agents", "hook", "--host", "kiro"]
    for text, status in (("", 2), (json.dumps(payload_of("kiro", "ls", folder)), 0)):
        began = time.monotonic()
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, env=variables, cwd=folder)
        process.stdin.write(text.encode())
        process.stdin.flush()
        assert process.wait(timeout=20) == status
        assert time.monotonic() - began < 8
        process.stdin.close()
        process.stderr.close()


def test_a_broken_installation_refuses_in_the_host_s_form(folder):
    broken = folder.parent / "broken"
    broken.mkdir()
    (broken / "sitecustomize.py").write_text("import sys; sys.modules['cdkguard.agents.hook'] = None\n")
    for host in ("claude", "copilot", "antigravity", "cursor"):
        variables = {**os.environ, "PYTHONPATH": f"{broken}{os.pathsep}{ROOT}"}
        command = [sys.executable, "-m", "cdkguard", "agents", "hook", "--host", host]
        done = subprocess.run(command, input="{}", capture_output=True, text=True, env=variables, cwd=folder)
        assert done.returncode in (0, 2)
        meaning, told = understand(host, done.stdout, done.stderr, done.returncode)
        assert meaning == "blocked" and "cannot be loaded" in told


@pytest.mark.parametrize(
    "module", ["cdkguard.agents.concern", "cdkguard.agents.answers", "cdkguard.agents.hosts.claude", "json"]
)
def test_a_part_that_cannot_be_loaded_refuses(module, folder):
    broken = folder.parent / "broken"
    broken.mkdir()
    (broken / "sitecustomize.py").write_text(f"import sys; sys.modules[{module!r}] = None\n")
    variables = {
        **os.environ,
        "PYTHONPATH": f"{broken}{os.pathsep}{ROOT}",
        "CDKGUARD_CACHE_DIR": str(folder.parent / "c"),
    }
    command = [sys.executable, "-m", "cdkguard", "agents", "hook", "--host", "claude"]
    text = json.dumps(payload_of("claude", "npx cdk destroy", folder))
    done = subprocess.run(command, input=text, capture_output=True, text=True, env=variables, cwd=folder)
    assert done.returncode == 2 and done.stderr.strip()


@pytest.mark.parametrize(
    "problem", [MemoryError(), RecursionError(), KeyboardInterrupt(), ValueError("x"), SystemExit(0)]
)
def test_any_failure_inside_refuses(problem, monkeypatch, capfd, folder):
    from cdkguard.agents import hook

    def fail(_caller):
        raise problem

    monkeypatch.setattr(hook, "answer", fail)
    assert hook.run(["--host", "claude"]) == 2
    assert "does not let it run" in capfd.readouterr().err


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12) | st.sampled_from(["cdk destroy", "PreToolUse", "Bash", "npm"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["hook_event_name", "tool_name", "tool_input", "command", "toolName", "toolArgs", "toolCall", "args", "cwd"])
        | st.text(max_size=4),
        inner,
        max_size=4,
    ),
    max_leaves=10,
)  # fmt: skip


@given(JSON | st.text(max_size=30), st.sampled_from(["", *NAMES]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_no_payload_ends_in_another_status(monkeypatch, value, hint):
    from cdkguard.agents import hook

    written = []
    text = value if isinstance(value, str) else json.dumps(value)
    monkeypatch.setattr(hook, "read_payload", lambda: (text.encode("utf-8", "surrogatepass"), True))
    monkeypatch.setattr(hook, "write_reply", lambda reply: written.append(reply) or reply.status)
    monkeypatch.setattr(hook, "_raise_on_signals", lambda: None)
    monkeypatch.setattr("cdkguard.agents.concern.find_concern", lambda _call: None)
    assert hook.run([f"--host={hint}"] if hint else []) in (0, 2)
    [reply] = written
    assert isinstance(reply, Reply)
    assert len(reply.err) <= 1501 and all(char.isprintable() for char in (reply.out + reply.err).replace("\n", ""))


def test_a_line_that_takes_too_long_to_read_is_refused(monkeypatch):
    monkeypatch.setattr(hook, "READING", 0.3)
    # A pattern that backtracks is in C, where only a signal reaches it.
    monkeypatch.setattr("cdkguard.agents.concern.find_concern", lambda call: re.fullmatch("(a+)+b", "a" * 60))
    call = ToolCall("claude", "shell", "Bash", "cdk deploy", directory="/tmp")
    caller = hook.Caller(hook.Asked("claude"))
    began = time.monotonic()
    with pytest.raises(hook.TooSlow) as found:
        hook.answer_call(caller, call)
    assert time.monotonic() - began < 10
    reply = hook._reply_to_failure(caller, found.value)
    assert "could not read this within" in reply.out + reply.err and (reply.status == 2 or '"deny"' in reply.out)


def test_no_alarm_is_left_behind(monkeypatch):
    monkeypatch.setattr("cdkguard.agents.concern.find_concern", lambda call: None)
    hook.answer_call(
        hook.Caller(hook.Asked("claude")), ToolCall("claude", "shell", "Bash", "cdk deploy", directory="/tmp")
    )
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
