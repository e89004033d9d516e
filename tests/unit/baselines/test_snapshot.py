"""Saved baselines: what is written is read again, and what is damaged is refused."""

import json
import os
import string
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdkguard.baselines import snapshot, snapshot_reader
from cdkguard.baselines.normalize import normalize
from cdkguard.errors import BaselineError
from cdkguard.model import Acknowledgement, Assembly, Missing, Problem, Source, Stack, replace_stacks

HASH = "a1" * 32


def template(*names, **more):
    bodies = {name: {"Type": "AWS::S3::Bucket", "Metadata": {"aws:cdk:path": f"S/{name}"}} for name in names}
    return {"Resources": bodies, **more}


def app():
    """Two stages with the same stack, one with a nested stack."""
    stacks = []
    for stage, account in (("Prod", "111122223333"), ("Dev", None)):
        parent = Stack(
            "svc", template("B", "A", Parameters={"Env": {"Type": "String"}, "Key": {"Type": "String", "NoEcho": True}}),
            "/machine/cdk.out/S.template.json", construct_path=f"{stage}/Svc", account=account,
            region="eu-west-1" if account else None, termination_protection=stage == "Prod", tags={"z": "1", "a": "2"},
            parameters={"Env": "prod", "Key": "hunter2"}, construct_paths={"A": f"{stage}/Svc/A", "Gone": "x"},
            acknowledgements=[Acknowledgement(f"{stage}/Svc/A", "rule", "why", Source("/machine/app.ts", 3))], from_assembly=True,
        )  # fmt: skip
        nested = Stack(
            "svc/Nest", template("N"), "/machine/n.json", construct_path=f"{stage}/Svc/Nest", parent=parent,
            parent_logical_id="NestRes", from_assembly=True,
        )  # fmt: skip
        stacks += [parent, nested]
    return Assembly(tuple(stacks), missing=(Missing("vpc:1", "vpc-provider", ("vpc-12345",), "/machine"),))


def contents(folder):
    return {name: (Path(folder) / name).read_bytes() for name in sorted(os.listdir(folder))}


def facts(found, change=lambda t: t):
    rows = []
    for s in found.stacks:
        parent = s.parent.construct_path if s.parent else None
        settled = (s.termination_protection, s.tags, s.parent_logical_id, s.from_assembly)
        rows.append((s.construct_path, s.name, s.account, s.region, parent, settled, change(s.template)))
    return sorted(rows, key=lambda row: json.dumps(row, sort_keys=True))


@pytest.fixture
def saved(tmp_path):
    folder = tmp_path / "cdkguard.snapshot"
    snapshot.write_snapshot(app(), str(folder))
    return folder


def test_what_was_written_is_read(saved, tmp_path):
    found = snapshot_reader.read_snapshot(str(saved))
    assert facts(found) == facts(app(), normalize)
    stack = next(s for s in found.stacks if s.construct_path == "Prod/Svc")
    assert stack.construct_paths == {"A": "Prod/Svc/A"}
    assert stack.acknowledgements == (Acknowledgement("Prod/Svc/A", "rule", "why"),)
    assert stack.template_path == str(saved / "Prod-Svc.template.json")
    assert Path(stack.template_path).read_text().splitlines()[stack.line_of("B") - 1] == '  "B": {'
    assert [m.dummies for m in found.missing] == [("vpc-12345",)] and stack.missing == found.missing
    assert found.problems == ()


def test_nothing_of_the_machine_and_no_secret_is_written(saved):
    text = b"".join(contents(saved).values())
    assert b"/machine" not in text and b"hunter2" not in text and b"111122223333" in text and b'"prod"' in text


def test_the_files_are_told_and_named_by_construct_path(tmp_path):
    files = snapshot.write_snapshot(app(), str(tmp_path / "x"))
    assert [os.path.basename(f) for f in files] == [
        "Dev-Svc.template.json", "Dev-Svc-Nest.template.json", "Prod-Svc.template.json", "Prod-Svc-Nest.template.json",
        "stacks.json",
    ]  # fmt: skip
    assert sorted(os.listdir(tmp_path / "x")) == sorted(map(os.path.basename, files))


def test_order_of_stacks_and_keys_is_irrelevant(saved, tmp_path):
    found = app()

    def in_another_order(stack):
        return stack._replace(template={k: dict(reversed(v.items())) for k, v in reversed(stack.template.items())})

    snapshot.write_snapshot(
        found._replace(stacks=tuple(replace_stacks(found.stacks, in_another_order)[::-1])), str(tmp_path / "other")
    )
    assert contents(saved) == contents(tmp_path / "other")


def test_names_that_would_meet_are_kept_apart(tmp_path):
    names = ["A/B", "A-B", "a b", "../../x", "con", "é" * 200, "x" * 300, "A/B"]
    stacks = [Stack("s", template(f"R{i}"), "t", construct_path=name) for i, name in enumerate(names)]
    files = snapshot.write_snapshot(Assembly(tuple(stacks)), str(tmp_path / "x"))
    assert len({f.lower() for f in files}) == len(names) + 1 and all(Path(f).parent == tmp_path / "x" for f in files)
    assert max(len(os.path.basename(f)) for f in files) < 140
    assert facts(snapshot_reader.read_snapshot(str(tmp_path / "x"))) == facts(Assembly(tuple(stacks)), normalize)


def test_stale_files_of_its_own_go_and_others_stay(saved):
    (saved / "README.md").write_text("mine")
    one = Assembly((Stack("only", template("A"), "t"),))
    snapshot.write_snapshot(one, str(saved))
    assert sorted(os.listdir(saved)) == ["README.md", "only.template.json", "stacks.json"]


def test_a_folder_of_something_else_is_left_alone(tmp_path):
    (tmp_path / "x.template.json").write_text("{}")
    for path in (tmp_path, tmp_path / "x.template.json"):
        with pytest.raises(BaselineError, match="no snapshot of cdkguard"):
            snapshot.write_snapshot(app(), str(path))
    assert os.listdir(tmp_path) == ["x.template.json"]


def test_no_half_snapshot_is_written(tmp_path, saved, monkeypatch):
    unread = app()._replace(problems=(Problem("template", "S.json: not JSON"),))
    with pytest.raises(BaselineError, match="not read whole: S.json"):
        snapshot.write_snapshot(unread, str(tmp_path / "x"))
    with pytest.raises(BaselineError, match="without a stack"):
        snapshot.write_snapshot(Assembly(()), str(tmp_path / "x"))
    with pytest.raises(BaselineError, match="nested stack svc/Nest without"):
        snapshot.write_snapshot(Assembly(app().stacks[1:2]), str(tmp_path / "x"))
    before = contents(saved)
    monkeypatch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(BaselineError, match="cannot be written: No space left"):
        snapshot.write_snapshot(Assembly(app().stacks[:1]), str(saved))
    assert contents(saved) == before and not (tmp_path / "x").exists()


def test_line_ends_of_a_checkout_do_not_matter(saved):
    for file in saved.iterdir():
        file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    assert facts(snapshot_reader.read_snapshot(str(saved))) == facts(app(), normalize)


def test_what_a_snapshot_is(saved, tmp_path):
    assert snapshot.is_snapshot(str(saved))
    assert not snapshot.is_snapshot(str(tmp_path)) and not snapshot.is_snapshot(str(saved / "stacks.json"))
    (saved / "stacks.json").unlink()
    assert snapshot.is_snapshot(str(saved)), "by its name, so that it is refused and not read as bare templates"
    (tmp_path / "stacks.json").write_text('{"stacks": []}')
    assert not snapshot.is_snapshot(str(tmp_path))


def edited(folder, change):
    index = json.loads((folder / "stacks.json").read_text())
    change(index, index["stacks"][0])
    (folder / "stacks.json").write_text(json.dumps(index))


DAMAGES = {
    "there is no such file": lambda f: (f / "stacks.json").unlink(),
    "Prod-Svc.template.json: stacks.json names it and it is not there": lambda f: (f / "Prod-Svc.template.json").unlink(),
    "its digest differs": lambda f: (f / "Prod-Svc.template.json").write_text('{"Resources": {}}'),
    "does not name Dev-Svc.template.json": lambda f: edited(f, lambda index, row: index["stacks"].remove(row)),
    "version 2 is newer than 1": lambda f: edited(f, lambda index, row: index.update(snapshot=2)),
    "is not the index of a snapshot": lambda f: edited(f, lambda index, row: index.update(snapshot=True)),
    "not JSON": lambda f: (f / "stacks.json").write_text("<<<<<<< HEAD"),
    "names no stack": lambda f: edited(f, lambda index, row: index.update(stacks=[])),
    "'stacks' is not a list": lambda f: edited(f, lambda index, row: index.update(stacks={})),
    "a file of this folder, not '../x.template.json'": lambda f: edited(f, lambda i, row: row.update(template="../x.template.json")),
    "names Dev-Svc.template.json twice": lambda f: edited(f, lambda index, row: index["stacks"].append(row)),
    "needs 'name'": lambda f: edited(f, lambda index, row: row.pop("name")),
    "needs 'digest'": lambda f: edited(f, lambda index, row: row.update(digest=3)),
    "'tags' of Dev-Svc.template.json is not a mapping": lambda f: edited(f, lambda index, row: row.update(tags=[])),
    "'region' of Dev-Svc.template.json is not a text": lambda f: edited(f, lambda index, row: row.update(region=1)),
    "is not true or false": lambda f: edited(f, lambda index, row: row.update(terminationProtection="no")),
    "is no other stack": lambda f: edited(f, lambda index, row: row.update(parent="Dev-Svc.template.json")),
    "each a text": lambda f: edited(f, lambda index, row: row.update(acknowledgements=[{"rule": "x"}])),
    "'dummies' are not texts": lambda f: edited(f, lambda index, row: index.update(missing=[{"dummies": [1]}])),
}  # fmt: skip


@pytest.mark.parametrize("words", DAMAGES)
def test_a_damaged_snapshot_is_refused(saved, words):
    DAMAGES[words](saved)
    with pytest.raises(BaselineError) as stop:
        snapshot_reader.read_snapshot(str(saved))
    assert words in str(stop.value) and "\n" not in str(stop.value) and str(saved) in str(stop.value)


def test_a_damaged_snapshot_can_be_written_anew(saved):
    (saved / "stacks.json").write_text("<<<<<<< HEAD")
    (saved / "Old.template.json").write_text("{}")
    snapshot.write_snapshot(app(), str(saved))
    assert facts(snapshot_reader.read_snapshot(str(saved))) == facts(app(), normalize)


names = st.text(string.ascii_letters + "/-. é", min_size=1, max_size=8)
scalars = st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just(f"{HASH}.zip") | st.just("\ud800")
bodies = st.dictionaries(st.text(max_size=5), scalars | st.lists(scalars, max_size=2), max_size=3)
stacks = st.builds(
    lambda path, name, account, tags, body, key: Stack(
        name, {"Resources": {key: {"Type": "T", "Properties": body}}, "Outputs": {"O": body}}, "t", construct_path=path,
        account=account, tags=tags, from_assembly=path is not None,
    ),
    st.none() | names, names, st.sampled_from([None, "1" * 12, "2" * 12]), st.none() | st.dictionaries(names, names, max_size=2),
    bodies, st.text(min_size=1, max_size=5),
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(stacks, min_size=1, max_size=4))
def test_writing_what_was_read_is_byte_equal(tmp_path_factory, found):
    one, two = (str(tmp_path_factory.mktemp("law") / name) for name in "ab")
    snapshot.write_snapshot(Assembly(tuple(found)), one)
    read = snapshot_reader.read_snapshot(one)
    assert facts(read) == facts(Assembly(tuple(found)), normalize)
    snapshot.write_snapshot(read, two)
    assert contents(one) == contents(two)


def test_the_context_that_tells_environments_apart_is_kept(tmp_path):
    snapshot.write_snapshot(app(), str(tmp_path / "x"), {"env": "prod"})
    assert snapshot_reader.read_snapshot(str(tmp_path / "x")).context == {"env": "prod"}


def test_only_telling_context_is_kept():
    from cdkguard.config.environments import EnvironmentRule, environment_context

    rules = [EnvironmentRule("prod", context={"tier": "gold"})]
    assert environment_context({"tier": "gold", "Stage": "live", "token": "hunter2"}, rules) == {
        "tier": "gold",
        "Stage": "live",
    }


def test_a_baseline_that_holds_nothing_is_none(tmp_path):
    from cdkguard.baselines.open import read_saved

    (tmp_path / "old.json").write_text('{"Resources": {}}')
    with pytest.raises(BaselineError, match="no resource"):
        read_saved(str(tmp_path / "old.json"))
