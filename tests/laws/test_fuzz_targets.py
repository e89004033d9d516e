"""The inputs kept for coverage-guided fuzzing, those that once broke something among them, keep every law."""

import random
import sys

import pytest

from tests.support.paths import ROOT

FUZZ = ROOT / "fuzz"
sys.path.insert(0, str(FUZZ))

import mutate  # noqa: E402
import seeds  # noqa: E402
import targets  # noqa: E402

INPUTS = sorted(path for path in (FUZZ / "corpus").glob("*/*") if path.is_file())


@pytest.mark.parametrize("path", INPUTS, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_kept_inputs(path):
    targets.TARGETS[path.parent.name](path.read_bytes())


def test_the_corpus_is_what_the_script_writes():
    for target, texts in seeds.seeds().items():
        for name, text in texts.items():
            assert (FUZZ / "corpus" / target / name).read_text(encoding="utf-8") == text, "run python fuzz/seeds.py"
    assert {path.parent.name for path in INPUTS} == set(targets.TARGETS) == set(seeds.seeds())


def test_seeds_get_past_the_loaders():
    """A corpus of refused inputs would look at nothing but the first check."""
    for text in seeds.seeds()["rule"].values():
        assert next(iter(targets.packs.prepare_pack("pack", {"pack/x.yaml": text}, {"s": ["AWS::S3::Bucket"]}).rules()))
    for text in seeds.seeds()["judge"].values():
        report = targets._judged(text.encode())
        assert report is not None and (report.findings or text == '{"Resources": {}}')


def test_changes_keep_json_what_it_is():
    chance = random.Random(1)
    value = seeds.RICH
    for _step in range(200):
        text = seeds.json.dumps(mutate.mutated(value, chance, lambda raw: raw[::-1]))
        assert isinstance(seeds.json.loads(text), dict | list | str | int | float | None)
