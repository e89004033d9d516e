"""What holds of every line that an agent may run: no wrapper hides it, a mention is none, and reading one never fails."""

import shlex
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdkguard.agents.lines.read import parse_line
from cdkguard.agents.triggers import may_concern

COMMANDS = (
    ("cdk destroy Shop --force", "destroy"),
    ("npx -y aws-cdk destroy --all", "destroy"),
    ("cdk deploy Prod --require-approval never", "deploy"),
    ("aws cloudformation delete-stack --stack-name Shop", "destroy"),
    ("aws dynamodb delete-table --table-name Orders", "data-delete"),
    ("aws s3 rb s3://bucket --force", "data-delete"),
    ("sam delete --stack-name Shop --no-prompts", "destroy"),
    ("npx sst remove --stage prod", "destroy"),
    ("serverless remove --stage prod", "destroy"),
    ("cdkguard approve --all", "guard"),
)
# Before words, as they are.
PREFIXES = (
    "sudo", "sudo -u me -E", "env", "env A=b", "timeout 30", "timeout -k 5 30s", "nice -n 5", "nohup", "time", "command", "exec", "setsid", "stdbuf -oL",
    "aws-vault exec prod --", "chamber exec app --", "op run --", "doppler run --", "direnv exec .", "dotenv -e .env --", "cross-env A=b", "env-cmd -f .env",
    "npx", "npm exec --", "pnpm exec", "pnpm dlx", "yarn dlx", "bunx", "uv run", "poetry run", "pipenv run", "pdm run", "mise exec --", "retry 3",
    "docker run --rm -it img", "docker compose run --rm svc", "ssh host", "xargs", "watch -n 5", "strace -f", "flock /tmp/l", "caffeinate -i", "my-own-wrapper --",
    "conda run -n x", "saml2aws exec -a p --", "systemd-run --user", "nix develop -c", "doas", "firejail", "unbuffer", "busybox", "ionice -c 3",
)  # fmt: skip
# Around a text for a shell.
TEXTS = (
    "sh -c {q}", "bash -lc {q}", "zsh -ic {q}", "bash -euo pipefail -c {q}", "eval {q}", "su -c {q} me", "echo {q} | bash", "printf '%s' {q} | sh", "bash <<< {q}",
    "nix-shell --run {q}", "script -qc {q} /dev/null", "ssh host {q}", "tmux send-keys {q} Enter", "echo {q} | at now", "npx -c {q}", "watch {q}", "concurrently {q}",
    "trap {q} EXIT", "fish -c {q}", "pwsh -c {q}", "doppler run --command {q}", "parallel ::: {q}", "docker exec x sh -c {q}",
)  # fmt: skip
# Around a line.
LINES = (
    "{l}", "cd infra && {l}", "({l})", "{{ {l}; }}", "true; {l}", "{l} &", "{l} | tee log", "{l} > log 2>&1", "if true; then {l}; fi", "for i in 1; do {l}; done",
    "while true; do {l}; done", "f() {{ {l}; }}; f", "A=b {l}", "export A=b; {l}", "x=$( {l} )", "echo \"$( {l} )\"", "! {l}", "set -e\n{l}", "cat <<E | bash\n{l}\nE",
    "case x in x) {l};; esac", "# why\n{l}", "[ -f x ] || {l}", "pushd x; {l}; popd", "bash <<'E'\n{l}\nE", "cat > /tmp/a.sh <<'E'\n{l}\nE\nsh /tmp/a.sh",
)  # fmt: skip
MENTIONS = (
    "echo {q}", "printf %s {q}", "git commit -m {q}", "grep -rn {q} .", "rg {q}", "# {p}", "ls # {p}", "cat <<'E'\n{p}\nE", "cat > notes.md <<'E'\n{p}\nE", "echo {q} > run.sh",
    "gh issue create -b {q}", "x={q}", "alias x={q}", "test -n {q}", "[ {q} = x ]", "man {q}", "jq {q} x.json", "logger {q}", "notify-send {q}", "curl -d {q} localhost",
    "sed -n {q} x", "awk {q} x", "git stash push -m {q}", "git log --grep {q}", "case {q} in x) ls;; esac", "export NOTE={q}", ": {q}", "echo \"$(echo {q})\"", "f() {{ {p}; }}",
    "python3 -c 'print(1)' {q}", "head {q}", "if [ {q} ]; then ls; fi", "for x in {q}; do echo \"$x\"; done", "echo {q} | cat", "echo {q} | grep x", "rm -- {q}",
)  # fmt: skip


@st.composite
def lines_of_ours(draw):
    """A command that destroys, in a chain of wrappers, and its kind."""
    line, kind = draw(st.sampled_from(COMMANDS))
    is_plain = True  # only words so far, before which a prefix may stand
    for _ in range(draw(st.integers(0, 3))):
        how = draw(st.sampled_from(("prefix", "text", "line") if is_plain else ("text", "line")))
        if how == "prefix":
            line = f"{draw(st.sampled_from(PREFIXES))} {line}"
        elif how == "text":
            template = draw(st.sampled_from(TEXTS))
            if template.startswith(("pwsh", "tmux", "parallel", "watch")) and not is_plain:
                template = "bash -c {q}"
            line = template.format(q=shlex.quote(line))
            is_plain = "|" not in line and "<" not in line and not template.startswith("trap")
        else:
            template = draw(st.sampled_from(LINES))
            if "\n" in line and "\nE" in template:
                template = "({l})"
            if "\n" in line and template in ("{l} &", "{l} | tee log", "{l} > log 2>&1"):
                template = "true; {l}"
            line = template.format(l=line if "\n" not in line else f"{line}\n")
            is_plain = is_plain and template == "{l}"
    return line, kind


@given(lines_of_ours())
@settings(max_examples=300, deadline=None)
def test_no_chain_of_wrappers_makes_a_command_silent(made):
    line, kind = made
    parsed = parse_line(line, "posix", "", {})
    assert parsed.problems or {each.kind for each in parsed.actions} & {kind, "hidden"}, line
    assert may_concern(line)


@given(st.sampled_from(MENTIONS), st.sampled_from(COMMANDS), st.sampled_from(("{}", "please run: {}", "{}; {}", "don't {}", '"{}"', "a && {}", "{} || {}")))  # fmt: skip
@settings(max_examples=300, deadline=None)
def test_a_mention_is_no_command(template, command, around):
    text = around.replace("{}", command[0])
    line = template.format(q=shlex.quote(text), p=command[0])
    parsed = parse_line(line, "posix", "", {})
    assert parsed.actions == () and parsed.problems == (), line


PIECES = st.sampled_from(
    ["cdk", "destroy", "deploy", " ", " ", "\n", "'", '"', "\\", "$", "$(", ")", "(", "{", "}", "`", "|", "&&", ";", "&", "<<E", "<<<", "<", ">", "E\n", "${x:-", "$x", "x=", "=",
     "if ", "then ", "fi", "do ", "done", "case x in ", "esac", ";;", "for i in ", "f() ", "aws", "npx", "sh -c ", "eval ", "sudo ", "env ", "-", "--", "*", "?", "[[", "]]", "((", "))",
     "$'\\x63dk'", "#", "%", "^", "@(", "\t", "\0", "é", "\u200b", "npm run ", "make ", "python -c ", "xargs ", "find -exec ", "git push ", "rm cdkguard.yaml", "docker run "]
)  # fmt: skip


@given(
    st.one_of(st.text(max_size=300), st.lists(PIECES, max_size=60).map("".join)),
    st.sampled_from(("posix", "powershell", "cmd")),
)
@settings(max_examples=400, deadline=None)
def test_reading_never_fails_and_what_is_found_passes_the_gate(text, shell):
    parsed = parse_line(text, shell, "", {})
    assert not parsed.actions or may_concern(text)


LONG = {
    "quotes": "\"'" * 50_000,
    "parentheses": "(" * 100_000,
    "substitutions": "$(" * 50_000,
    "backquotes": "`" * 100_000,
    "braces": "{a," * 33_000,
    "defaults": "${a:-" * 20_000,
    "heredocs": "<<A\n" * 25_000,
    "commands": "cdk destroy\n" * 8_000,
    "hidden commands": "$x cdk deploy;" * 7_000,
    "pipes": "a|" * 50_000,
    "wrappers": "sudo " * 20_000 + "cdk destroy",
    "shells": "bash -c '" * 11_000,
    "doubling": "x=aaaaaaaaaa;" + "x=$x$x;" * 14_000 + "cdk $x",
    "functions that double": "".join(f"f{i}() {{ f{i + 1}; f{i + 1}; }};" for i in range(60)) + "f0; cdk destroy",
    "loops": "for i in 1 2 3 4 5 6 7 8; do " * 12 + "cdk destroy; " + "done; " * 12,
}


@pytest.mark.parametrize("shell", ["posix", "powershell", "cmd"])
@pytest.mark.parametrize("name", LONG)
def test_a_long_line_is_read_in_bounded_time(name, shell):
    before = time.process_time()
    parsed = parse_line(LONG[name], shell, "", {})
    assert time.process_time() - before < 10  # 1 to 2 s on a machine that does nothing else
    if "cdk" in LONG[name] and shell == "posix":
        assert parsed.actions or parsed.problems
