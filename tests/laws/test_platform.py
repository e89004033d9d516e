"""Where a run happens: line ends, letters, locales, terminals, folders that are read-only or gone, closed streams."""

from __future__ import annotations

import json
import os
import pty
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cdkguard.cli import main as cli
from cdkguard.outputs.render import format_names
from tests.support import sampling
from tests.support.assemblies import assembly_with
from tests.support.paths import ROOT
from tests.support.programs import started

SCRIPT = str(Path(sys.executable).with_name("cdkguard"))
TABLE = {"Type": "AWS::DynamoDB::Table", "DeletionPolicy": "Delete"}
FORMATS = format_names()


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(capsys, *argv) -> tuple[int, str, str]:
    status = cli.main([str(word) for word in argv])
    out, err = capsys.readouterr()
    assert status != 4, err
    return status, out, err


def program(*argv, cwd, variables=None, start=(SCRIPT,), **options) -> subprocess.CompletedProcess:
    """The program itself, with these variables added, or taken away where they are None."""
    environment = {**os.environ, **(variables or {})}
    environment = {key: value for key, value in environment.items() if value is not None}
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
    done = subprocess.run([*start, *map(str, argv)], cwd=cwd, env=environment, timeout=60, **options)
    assert done.returncode != 4, done.stderr
    assert b"Traceback" not in (done.stderr or b""), done.stderr
    return done


# -- line ends


YAML = "Resources:\n  Table:\n    Type: AWS::DynamoDB::Table\n    DeletionPolicy: Delete\n"


@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["plain", "bom"])
@pytest.mark.parametrize("text", [YAML, json.dumps({"Resources": {"Table": TABLE}}, indent=1)], ids=["yaml", "json"])
def test_line_ends_of_a_template_change_nothing(capsys, here, text, mark):
    (here / "t.template").write_bytes(text.encode())
    plain = json.loads(run(capsys, "check", "t.template", "--output", "json")[1])
    (here / "t.template").write_bytes((mark + text.replace("\n", "\r\n")).encode())
    status, out, _err = run(capsys, "check", "t.template", "--output", "json")
    windows = json.loads(out)
    assert status == 1 and windows["findings"] == plain["findings"] and windows["findings"][0]["templateLine"] in (4, 5)


def test_line_ends_of_an_assembly_and_its_settings_change_nothing(capsys, here):
    source = {
        "metadata": {"/Main/T": [{"type": "aws:cdk:logicalId", "data": "T", "trace": [f"at x ({here}/app.py:2:1)"]}]}
    }
    assembly_with(here / "cdk.out", {"T": TABLE, "B": {"Type": "AWS::S3::Bucket"}}, **source)
    (here / "app.py").write_text('import aws_cdk\ntable = Table(self, "T")\n')
    (here / "cdk.json").write_text(json.dumps({"app": "cdk.out"}, indent=1))
    (here / "cdkguard.yaml").write_text(
        "packs: [./guards]\nrules: [recommended, my-rule]\nsuppressions:\n  - rule: s3-*\n    construct: '*'\n    reason: |\n      two\n      lines\n"
    )
    (here / "guards").mkdir()
    (here / "guards" / "my-rule.yaml").write_text(
        "id: my-rule\ntitle: Mine\nseverity: high\ntypes: [AWS::DynamoDB::Table]\nwhy: |\n  Because\n  I say so.\n"
        "require: {path: $.Properties.TableName, exists: true}\nremedy:\n  text: Name it.\n  python: |\n    Table(\n        table_name='x')\n"
        "examples: {pass: [{TableName: x}], fail: [{}]}\n"
    )
    assert run(capsys, "snapshot")[0] == 0
    assert run(capsys, "baseline", "--rules", "my-rule")[0] == 0
    argv = ("check", "--verbose", "--against", "cdkguard.snapshot", "--accepted", ".cdkguard-baseline.json")
    before = {name: run(capsys, *argv, "--output", name) for name in ("text", "markdown")}
    assert "my-rule" in before["text"][1] and 'table = Table(self, "T")' in before["text"][1]
    for file in [p for p in here.rglob("*") if p.is_file()]:
        file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    for name, (status, out, err) in before.items():
        again = run(capsys, *argv, "--output", name)
        assert (again[0], timeless(again[1]), again[2]) == (status, timeless(out), err)


def timeless(text: str) -> str:
    return re.sub(r"\d+\.\d+ s|time=\S+|\"seconds.*", "", text)


# -- names


NAMES = ("with space", "ünïcödé 日本 🚀", "n\u0303fd", "a'b\"c", "-dash", "%41$HOME`x`", "semi;colon&amp", "#hash?x=1")


@pytest.mark.parametrize("name", NAMES)
def test_any_folder_can_hold_an_app(capsys, here, name):
    app = here / name
    app.mkdir()
    assembly_with(app / "made here", {"T": TABLE, "B": {"Type": "AWS::S3::Bucket"}})
    (app / "app.py").write_text('table = Table(self, "T")\n')
    manifest = app / "made here" / "manifest.json"
    data = json.loads(manifest.read_text())
    trace = [f"at x ({app}/app.py:1:1)"]
    data["artifacts"]["Main"]["metadata"] = {"/Main/T": [{"type": "aws:cdk:logicalId", "data": "T", "trace": trace}]}
    manifest.write_text(json.dumps(data))
    (app / "cdk.json").write_text(json.dumps({"app": 'cp -R "made here/." "$CDK_OUTDIR"'}))
    (app / "cdkguard.yaml").write_text("skip: [s3-*]\n")
    path = f"./{name}"
    for output in FORMATS:
        assert run(capsys, "check", path, "--output", f"{output}={app}/report {output}")[0] == 1
        assert (app / f"report {output}").stat().st_size
    status, out, _err = run(capsys, "check", path, "--output", "json")
    report = json.loads(out)
    assert status == 1 and not any(f["ruleId"].startswith("s3-") for f in report["findings"])
    assert (
        report["findings"][0]["source"] == {"file": f"{name}/app.py", "line": 1, "column": 1}
        or report["findings"][-1]["source"]
    )
    assert 'table = Table(self, "T")' in run(capsys, "check", path)[1]
    assert run(capsys, "snapshot", path, "--out", f"{path}/cdkguard.snapshot")[0] == 0
    assert run(capsys, "check", path, "--against", f"{path}/cdkguard.snapshot")[0] == 1
    assert run(capsys, "check", f"{path}/made here", "--pre-built")[0] == 1


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
@pytest.mark.parametrize("name", ["with space", "ünïcödé 日本 🚀", "a'b\"c"])
def test_a_git_baseline_in_any_folder(capsys, here, name):
    app = here / name
    app.mkdir()
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.com"]
    assembly_with(app / "out", {"T": TABLE})
    (app / "cdk.json").write_text('{"app": "cp -R out/. $CDK_OUTDIR"}')
    for words in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-qm", "x"]):
        subprocess.run(["git", *identity, *words], cwd=app, check=True, capture_output=True)
    assembly_with(app / "out", {"Other": {"Type": "AWS::SNS::Topic"}})
    status, out, _err = run(capsys, "diff", f"./{name}", "--against", "git:HEAD")
    assert status == 0 and "DESTROYED  T" in out


def test_names_that_differ_in_case_only(capsys, here):
    """On most machines of Windows and macOS they are one file."""
    out = here / "cdk.out"
    assembly_with(out, {"T": TABLE, "t": TABLE})
    manifest = json.loads((out / "manifest.json").read_text())
    main = manifest["artifacts"]["Main"]
    manifest["artifacts"] = {name: {**main, "displayName": name} for name in ("Main", "MAIN", "main", "Ma-in", "Ma/in")}
    (out / "manifest.json").write_text(json.dumps(manifest))
    assert run(capsys, "snapshot", "cdk.out")[0] == 0
    files = [p.name.lower() for p in (here / "cdkguard.snapshot").iterdir()]
    assert len(files) == len(set(files)) == 6
    status, text, _err = run(capsys, "diff", "cdk.out", "--against", "cdkguard.snapshot")
    assert status == 0 and "no change" in text
    report = json.loads(run(capsys, "check", "cdk.out", "--output", "json")[1])
    assert len(report["stacks"]) == 5
    assert len({f["fingerprint"] for f in report["findings"]}) == len(report["findings"])


# -- homes and folders


@pytest.mark.sampled(2)
@pytest.mark.parametrize("home", [None, "", "/nonexistent", "/dev/null", "relative"])
def test_any_home_or_none(here, home):
    assembly_with(here / "cdk.out", {"T": TABLE})
    (here / "guards").mkdir()
    shutil.copy(ROOT / "rules" / "sets.yaml", here / "guards" / "sets.yaml")
    variables = {"HOME": home, "XDG_CACHE_HOME": None, "USERPROFILE": None}
    done = program("check", "cdk.out", cwd=here, variables=variables)
    assert done.returncode == 1 and b"data-retention" in done.stdout
    (here / "cdk.json").write_text('{"app": "cp -R cdk.out/. $CDK_OUTDIR"}')
    assert program("check", cwd=here, variables=variables).returncode == 1
    assert not (here / "relative").exists() and not (here / "~").exists()


def unprivileged() -> dict:
    """Root writes everywhere: as root the program runs as nobody, by a Python that everybody may read."""
    if os.geteuid() != 0:
        return {}
    nobody = {"user": 65534, "group": 65534, "extra_groups": []}
    paths = [str(ROOT), *(path for path in sys.path if path.endswith("site-packages"))]
    code = f"import sys; sys.path[:0] = {paths!r}; from cdkguard.cli.main import run; run()"
    for start in ([SCRIPT], ["/usr/bin/python3", "-I", "-c", code]):
        try:
            done = subprocess.run([*start, "--version"], capture_output=True, cwd="/", **nobody)
        except OSError:
            continue
        if done.returncode == 0:
            return {**nobody, "start": start}
    return pytest.skip("the program cannot be run as another user here")


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="needs POSIX permissions")
def test_a_folder_that_cannot_be_written_to(tmp_path_factory):
    from tempfile import TemporaryDirectory

    options = unprivileged()
    with TemporaryDirectory(dir="/tmp") as name:
        here = Path(name)
        assembly_with(here / "cdk.out", {"T": TABLE})
        for folder in (here, here / "cdk.out"):
            folder.chmod(0o555)
        home = {"HOME": str(here), "XDG_CACHE_HOME": None, "GITHUB_STEP_SUMMARY": None}
        try:
            assert program("check", "cdk.out", cwd=here, variables=home, **options).returncode == 1
            for argv in (
                ("check", "cdk.out", "--output", "json=report.json"),
                ("baseline", "cdk.out"),
                ("snapshot", "cdk.out"),
                ("approve", "cdk.out", "--against", "cdk.out", "--change", "*", "--reason", "r", "--owner", "o"),
                ("init",),
            ):
                done = program(*argv, cwd=here, variables=home, **options)
                assert done.returncode in (2, 3) and done.stderr, argv
            assert sorted(p.name for p in here.iterdir()) == ["cdk.out"]
            (here / "cdk.out" / "Main.template.json").chmod(0)
            done = program("check", "cdk.out", cwd=here, variables=home, **options)
            assert done.returncode == 3 and b"Permission denied" in done.stdout + done.stderr
        finally:
            for folder in (here, here / "cdk.out"):
                folder.chmod(0o755)


@pytest.mark.parametrize("argv", [("check",), ("check", "cdk.out"), ("check", "{path}"), ("diff", "{path}", "{path}"), ("snapshot",), ("rules", "list"), ("init",)], ids=" ".join)  # fmt: skip
def test_a_current_folder_that_is_gone(here, argv):
    assembly_with(here / "cdk.out", {"T": TABLE})
    words = " ".join(word.replace("{path}", f"'{here}/cdk.out'") for word in argv)
    (here / "gone").mkdir()
    done = subprocess.run(
        ["sh", "-c", f"cd gone && rmdir ../gone && exec {SCRIPT} {words}"], cwd=here, capture_output=True, timeout=60
    )
    assert b"Traceback" not in done.stderr, done.stderr
    if argv[0] == "rules":
        assert done.returncode == 0
    else:
        assert done.returncode in (2, 3) and b"cdkguard: " in done.stderr, (done.returncode, done.stderr)


# -- locales


LOCALES = {
    "c": {"LC_ALL": "C"},
    "posix": {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "ascii": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"},
    "strict": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "latin-1:strict"},
    "unknown": {"LC_ALL": "xx_YY.ISO-8859-15", "LANG": "xx"},
    "none": {"LC_ALL": None, "LANG": None, "LC_CTYPE": None},
}


@pytest.mark.parametrize("locale", LOCALES)
def test_any_locale_says_the_same(here, locale):
    words = "Größe 日本 🚀"
    (here / words).mkdir()
    body = {"T": {**TABLE, "Properties": {"TableName": words, "Tags": [{"Key": words, "Value": words}]}}}
    assembly_with(here / "cdk.out", body, displayName=f"Main-{words}", **{})
    assembly_with(here / words / "cdk.out", body)
    (here / "cdkguard.yaml").write_text(f"environments: {{'{words}': {{stacks: ['Main*'], strict: true}}}}\n")
    variables = {"LC_CTYPE": None, "LANG": None, **LOCALES[locale]}
    for output in sampling.share(("text", "junit", "markdown"), 3):
        usual = program("check", "cdk.out", "--output", output, cwd=here, variables={"PYTHONUTF8": "1"})
        here_too = program("check", "cdk.out", "--output", output, cwd=here, variables=variables)
        assert here_too.returncode == usual.returncode == 1
        assert timeless(here_too.stdout.decode()) == timeless(usual.stdout.decode())
        done = program("check", "cdk.out", "--output", f"{output}=report", cwd=here, variables=variables)
        assert done.returncode == 1 and (here / "report").read_bytes().decode()
    for argv in (
        ("diff", f"{words}/cdk.out", "cdk.out"),
        ("check", f"{words}/cdk.out"),
        ("snapshot", f"{words}/cdk.out", "--out", words + "2"),
    ):
        done = program(*argv, cwd=here, variables=variables)
        assert done.returncode in (0, 1), done.stderr
        done.stdout.decode()


@pytest.mark.parametrize("locale", ["posix", "ascii"])
def test_names_that_a_locale_has_no_letters_for(here, locale):
    """A template's name in a manifest is text; in such a locale no file can be named so, and that is said."""
    assembly_with(here / "cdk.out", {"T": TABLE})
    (here / "cdk.out" / "Main.template.json").rename(here / "cdk.out" / "Größe.json")
    manifest = json.loads((here / "cdk.out" / "manifest.json").read_text())
    manifest["artifacts"]["Main"]["properties"]["templateFile"] = "Größe.json"
    (here / "cdk.out" / "manifest.json").write_text(json.dumps(manifest))
    done = program("check", "cdk.out", cwd=here, variables=LOCALES[locale])
    assert done.returncode in (1, 3), done.stderr
    assert done.returncode == 1 or "no file can be named" in done.stdout.decode()


# -- terminals


def on_terminal(argv, cwd, columns=80, **variables) -> tuple[int, str]:
    """The exit status, and what a terminal of this width is given."""
    import fcntl
    import struct
    import termios

    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    environment = {
        key: value for key, value in {**os.environ, "TERM": "xterm-256color", **variables}.items() if value is not None
    }
    with started([SCRIPT, *argv], cwd=cwd, env=environment, stdout=follower, stderr=subprocess.DEVNULL) as child:
        os.close(follower)
        pieces = []
        while True:
            try:
                piece = os.read(leader, 65536)
            except OSError:  # Linux's way to say that nobody writes any more
                break
            if not piece:
                break
            pieces.append(piece)
        os.close(leader)
        return child.wait(30), b"".join(pieces).decode()


@pytest.mark.sampled(2)
@pytest.mark.parametrize("columns", [0, 1, 20, 60, 100, 1000])
def test_any_width(here, columns):
    assembly_with(here / "cdk.out", {"T": TABLE})
    for argv in (
        ["check", "cdk.out"],
        ["diff", "cdk.out", "cdk.out"],
        ["rules", "list"],
        ["explain", "data-retention"],
        ["check", "--help"],
    ):
        status, out = on_terminal(argv, here, columns)
        assert out and status == (argv == ["check", "cdk.out"]), out[-500:]
    plain = re.sub("\x1b\\[[0-9;]*m", "", on_terminal(["check", "cdk.out"], here, columns)[1])
    assert "\x1b" not in plain and "data-retention" in plain


@pytest.mark.parametrize(
    "variables", [{"NO_COLOR": "1"}, {"NO_COLOR": ""}, {"TERM": "dumb"}, {"NO_COLOR": "1", "FORCE_COLOR": "1"}], ids=str
)
def test_no_colours_where_nobody_wants_them(here, variables):
    assembly_with(here / "cdk.out", {"T": TABLE})
    assert "\x1b" in on_terminal(["check", "cdk.out"], here)[1]
    assert "\x1b" not in on_terminal(["check", "cdk.out"], here, **variables)[1]
    assert b"\x1b" not in program("check", "cdk.out", cwd=here, variables={}).stdout  # no terminal
    assert b"\x1b" in program("check", "cdk.out", cwd=here, variables={"FORCE_COLOR": "1"}).stdout


@pytest.mark.parametrize("columns", ["0", "-5", "x", "999999999999999999999", ""])
def test_any_columns(here, columns):
    assembly_with(here / "cdk.out", {"T": TABLE})
    for argv in (["check", "cdk.out"], ["check", "--help"]):
        assert program(*argv, cwd=here, variables={"COLUMNS": columns}).returncode == (argv == ["check", "cdk.out"])


# -- streams


def shell(here, words) -> tuple[int, str]:
    done = subprocess.run(["bash", "-c", words], cwd=here, capture_output=True, timeout=60, text=True)
    assert "Traceback" not in done.stderr and "Exception ignored" not in done.stderr, done.stderr
    return done.returncode, done.stderr


def good_and_bad(here) -> None:
    assembly_with(here / "bad", {f"T{n}": TABLE for n in range(300)})
    assembly_with(
        here / "good",
        {"T": {"Type": "AWS::SNS::Topic"}},
        properties={"templateFile": "Main.template.json", "terminationProtection": True},
    )


@pytest.mark.sampled(2)
@pytest.mark.parametrize("output", ["text", "json", "github"])
@pytest.mark.parametrize("folder", ["good", "bad"])
def test_a_report_that_nobody_reads_is_no_pass(here, folder, output):
    good_and_bad(here)
    command = f"{SCRIPT} check {folder} --output {output}"
    expected = 0 if folder == "good" else 1
    assert shell(here, command)[0] == expected
    assert shell(here, f"{command} < /dev/null 2>&-")[0] == expected
    assert shell(here, f"{command} <&-")[0] == expected
    for lost in (
        f"{command} | true; exit ${{PIPESTATUS[0]}}",
        f"{command} >&-",
        f"{command} >/dev/full",
        f"{command} >&- 2>&-",
    ):
        status, _err = shell(here, lost)
        assert status in (1, 3) if folder == "bad" else status == 3, (lost, status)
    assert shell(here, f"{command}=report >&-")[0] == expected  # the report is in its file


@pytest.mark.parametrize(
    "words",
    [
        "rules list",
        "diff good bad",
        "explain data-retention",
        "plan good --against bad",
        "--version",
        "check --help",
        "completion bash",
    ],
)
def test_other_commands_without_a_reader(here, words):
    good_and_bad(here)
    for lost in (">&-", ">/dev/full", ">&- 2>&-"):
        assert shell(here, f"{SCRIPT} {words} {lost}")[0] != 4
