"""What a change from each rule's example that passes to each that fails is called, and back: word for word as ever."""

import json
from collections import Counter

import pytest
from conftest import GOLDEN
from test_rules import RULE_IDS, of_change, of_finding

from cdkguard import changerules, changes, diff, packs, ruletest
from cdkguard.scopes import Scopes

SAID = GOLDEN / "pairs"
MOST = 2  # examples of a rule


@pytest.fixture(scope="module")
def builtin(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CDKGUARD_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        loaded = packs.load_all()
        rules = {rule.id: rule._replace(file=packs.source_file(rule)) for rule in loaded.rules}
        return rules, [rule for rule in rules.values() if rule.scope == "change"], loaded.sets


NEW = {}


@pytest.fixture(scope="module")
def said(request):
    kept = {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in sorted(SAID.glob("*.json"))}
    yield {rule_id: lines for pack in kept.values() for rule_id, lines in pack.items()}
    if request.config.getoption("--update-golden"):
        SAID.mkdir(exist_ok=True)
        for pack, lines in NEW.items():
            text = json.dumps({**kept.get(pack, {}), **lines}, indent=1, sort_keys=True, ensure_ascii=False)
            (SAID / f"{pack}.json").write_text(text + "\n", encoding="utf-8", newline="\n")


def judged(rule, before, after, change_rules, rules, sets):
    """The lines of one change of one template."""
    (old, settings, _), (new, _, _) = (ruletest._stack(rule, case, sets) for case in (before, after))
    sides = diff.Sides(Scopes(), Scopes())
    found = diff.compare([old], [new], changes.tables_of(sets), sides)
    answer = changerules.evaluate(found, change_rules, list(rules.values()), ([old], [new]), settings, sides)
    assert not answer.problems
    for number, outcome in ((1, "fail"), (2, "unknown")):
        counted = {rule_id: counts[number] for rule_id, counts in answer.counts.items() if counts[number]}
        assert counted == dict(Counter(f.rule_id for f in answer.findings if f.outcome.value == outcome))
    return [*map(of_change, found), *(f"{f.rule_id}: {of_finding(f)}" for f in answer.findings)]


@pytest.mark.parametrize("rule_id", RULE_IDS)
def test_the_way_from_pass_to_fail_and_back(rule_id, builtin, said, request):
    rules, change_rules, sets = builtin
    rule, lines = rules[rule_id], {}
    if rule.scope == "change":
        pytest.skip("its examples are pairs already")
    examples = ruletest._examples(rule)
    good, bad = (list(enumerate(examples[name]))[:MOST] for name in ("pass", "fail"))
    for (n, one), (m, other) in zip(good, bad, strict=False):
        for name, before, after in ((f"pass {n} -> fail {m}", one, other), (f"fail {m} -> pass {n}", other, one)):
            if found := judged(rule, before, after, change_rules, rules, sets):
                lines[name] = found
    if request.config.getoption("--update-golden"):
        NEW.setdefault(rule.pack, {})[rule_id] = lines
    else:
        assert lines == said[rule_id]
