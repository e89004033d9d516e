"""What a line would do, by hand: the table of tests/fixtures/agents/lines.tsv holds the rest."""

from cdkguard.agents.lines.read import parse_line


def test_a_script_says_the_way_to_it(tmp_path):
    (tmp_path / "package.json").write_text('{\n "scripts": {\n  "release": "make ship"\n }\n}')
    (tmp_path / "Makefile").write_text("ship:\n\tcdk deploy Shop\n")
    (action,) = parse_line("npm run release", "posix", str(tmp_path), {}).actions
    assert action.via == ("npm run release", "package.json:3", "make ship", "Makefile:1")
    assert (action.kind, action.stacks, action.directory) == ("deploy", ("Shop",), str(tmp_path))


def test_the_files_that_were_read_are_told(tmp_path):
    (tmp_path / "deploy.sh").write_text("echo hello\n")
    assert parse_line("./deploy.sh", "posix", str(tmp_path), {}).files == ("deploy.sh",)


def test_past_the_bound_is_a_problem():
    assert parse_line("(" * 5000 + "cdk destroy" + ")" * 5000, "posix", "", {}).problems
    assert parse_line("$(" * 5000 + "cdk destroy" + ")" * 5000, "posix", "", {}).problems
    assert parse_line("x=" + "a" * 1000 + ";" + "x=$x$x;" * 40 + "cdk destroy", "posix", "", {}).problems
