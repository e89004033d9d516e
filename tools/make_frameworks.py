"""tools/frameworks/ and the rules' `equivalents` -> cdkguard/data/frameworks.json; --check compares only.

facts.json holds which public rules judge which control, security_hub.yaml what we tie to Security Hub's controls ourselves.
"""

import json
import sys
from collections import defaultdict
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
FACTS = ROOT / "tools/frameworks/facts.json"
TIED = ROOT / "tools/frameworks/security_hub.yaml"
TABLE = ROOT / "cdkguard/data/frameworks.json"


def ours():
    """A public rule, "peer:name" in small letters -> our rules that check the same."""
    from cdkguard.packs import load as packs

    found = defaultdict(set)
    rules = packs.load_packs().rules
    for rule in rules:
        for peer, names in rule.equivalents.items():
            for name in names:
                found[f"{peer}:{name}".lower()].add(rule.id)
    for control, tied in yaml.safe_load(TIED.read_text(encoding="utf-8")).items():
        if strange := set(tied) - {rule.id for rule in rules}:
            sys.exit(f"{TIED.relative_to(ROOT)}: {control}: no rule {', '.join(sorted(strange))}")
        found[f"security-hub:{control}".lower()].update(tied)
    return found


def build():
    facts = json.loads(FACTS.read_text(encoding="utf-8"))
    parts = [f' "_": {json.dumps(facts.pop("_"))}']
    equivalents = ours()
    for name, framework in facts.items():
        rows = []
        for control, public in framework["controls"].items():
            rules = sorted({rule for one in public for rule in equivalents[one.lower()]})
            rows.append(f"   {json.dumps(control)}: {json.dumps(rules)}")
        controls = ",\n".join(rows)
        parts.append(
            f' {json.dumps(name)}: {{\n  "title": {json.dumps(framework["title"])},\n  "controls": {{\n{controls}\n  }}\n }}'
        )
    return "{\n" + ",\n".join(parts) + "\n}\n"


def main():
    text = build()
    if "--check" in sys.argv:
        if not TABLE.is_file() or TABLE.read_text(encoding="utf-8") != text:
            sys.exit("cdkguard/data/frameworks.json is out of date: run tools/make_frameworks.py")
        return
    TABLE.write_text(text, encoding="utf-8")
    for name, framework in json.loads(text).items():
        if name != "_":
            judged = [rules for rules in framework["controls"].values() if rules]
            print(
                f"{name}: {len(framework['controls'])} controls, {len(judged)} judged by {len(set().union(*judged))} rules"
            )


if __name__ == "__main__":
    main()
