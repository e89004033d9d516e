"""Writes docs/rules/, docs/coming-from-*.md and docs/accuracy.md from the rules and two data files; `--check` fails on drift."""

import csv
import re
import sys
from collections import defaultdict
from pathlib import Path

import yaml

from cdkguard.data import frameworks
from cdkguard.data.loader import peer_ids
from cdkguard.language.vocabulary import REMEDY_LANGUAGES
from cdkguard.model import SEVERITIES, Remedy
from cdkguard.packs.equivalents import find_equivalents
from cdkguard.packs.folders import source_file
from cdkguard.packs.load import load_packs

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
MADE = "<!-- made by tools/make_rule_docs.py: change the rule's file instead -->\n\n"

# How somebody who comes from a peer finds the way: what stays, what is another.
PEERS = {
    "cdk-nag": (
        "cdk-nag",
        "cdk-nag judges constructs inside the app, cdkguard the templates that come out of it, so that overrides, raw "
        "`CfnResource`s and nested stacks are seen, from the command line as well as inside the app (`CdkGuard`).",
        "`NagSuppressions` and `cdk_nag` metadata count with `--honour cdk-nag`; entries with `applies_to` do not, since a "
        "finding here is about the whole resource. New ones: `Validations.of(x).acknowledge` with `cdkguard::RULE`.",
    ),
    "checkov": (
        "checkov",
        "checkov resolves the defaults of parameters; cdkguard also mappings, conditions and joins, and "
        "reads the whole cloud assembly with construct paths and source lines.",
        "`checkov: skip` metadata with a comment counts with `--honour checkov`. `--skip-check` is `skip` in cdkguard.yaml.",
    ),
    "guard": (
        "CloudFormation Guard",
        "A Guard rule is a program in its own language; a rule here is one YAML file with its documentation and examples.",
        "`guard: SuppressedRules` metadata counts with `--honour guard`, without a reason.",
    ),
    "cfn_nag": (
        "cfn_nag",
        "cfn_nag names the security group that a separate ingress resource opens; cdkguard names the resource that opens it.",
        "`cfn_nag: rules_to_suppress` metadata with a reason counts with `--honour cfn-nag`.",
    ),
    "cfn-lint": (
        "cfn-lint",
        "cfn-lint asks whether a template is valid, cdkguard whether it is safe. Use both: `--lint` shows its errors with "
        "construct path and source line, and `cfn-lint -a cdkguard.cfnlint_rules` runs cdkguard's rules.",
        "`cfn-lint: config: ignore_checks` metadata is cfn-lint's own and stays so.",
    ),
    "kics": ("KICS", "KICS works on lines of text; a condition or a Join hides a value from it.", "`kics-scan` comments do not survive a synthesis."),
    "cfripper": ("cfripper", "cfripper flags every public range; cdkguard asks what is open to the world, and to which ports.", "Its filter files have no counterpart: use `suppressions`, with a reason and an expiry."),
    "trivy": ("Trivy", "Trivy knows no construct paths or environments.", "`trivy:ignore` comments do not survive a synthesis: use `suppressions`."),
    "regula": ("Regula", "Regula judges single templates; cdkguard the whole cloud assembly, and the change against a baseline.", "Its waivers have no counterpart: use `suppressions`."),
}  # fmt: skip
FILES = {"guard": "cfn-guard", "cfn_nag": "cfn-nag"}


def pages():
    loaded = load_packs()
    pairs = list(find_equivalents(loaded.rules, peer_ids()))
    by_rule = defaultdict(list)
    for pair in pairs:
        by_rule[pair.rule.id].append(pair)
    for rule in loaded.rules:
        yield DOCS / "rules" / f"{rule.id}.md", page(rule, by_rule[rule.id])
    yield DOCS / "rules" / "README.md", index(loaded.rules)
    yield DOCS / "rules-by-service.md", index_by_service(loaded.rules)
    yield DOCS / "rules-by-framework.md", index_by_framework(loaded.rules)
    for peer, words in PEERS.items():
        yield DOCS / f"coming-from-{FILES.get(peer, peer)}.md", coming_from(peer, words, pairs)
    yield DOCS / "accuracy.md", accuracy()


def page(rule, equivalents):
    data = yaml.safe_load(Path(source_file(rule)).read_text(encoding="utf-8"))
    severity = rule.severity + "".join(f", {s} on {e}" for e, s in rule.severities.items())
    facts = [
        ("a finding says", plain(rule.headline)),
        ("severity", severity),
        ("environments", ", ".join(rule.environments) or "every one"),
        ("profiles", ", ".join(rule.profiles) or "only with `--rules all`, or by name"),
        ("pack", f"[{rule.pack}](README.md#{rule.pack})"),
        ("about", ", ".join(f"`{t}`" for t in rule.types) or rule.scope),
    ]
    if rule.on_change:
        facts.append(("changes", ", ".join(f"`{i}`" for i in rule.on_change) + ": see [the change](../diff.md)"))
    if controls := controls_of(rule.id):
        facts.append(("[controls](../frameworks.md)", "; ".join(f"`{n}` {', '.join(c)}" for n, c in controls.items())))
    text = [MADE + f"# {rule.id}\n\n{plain(rule.title)}.\n", table(("", ""), facts), plain(rule.why) + "\n"]
    text += remedy(rule)
    titles = {"fail": "What fires", "pass": "What does not", "unknown": "What is not known before deployment"}
    examples = data.get("examples") or {}
    for outcome, title in titles.items():
        if examples.get(outcome):
            text.append(f"## {title}\n\n{fence(examples[outcome])}")
    if rule.parameters:
        text.append(
            "## Parameters\n\nSet under `with` in `cdkguard.yaml`:\n\n" + fence({rule.id: dict(rule.parameters)})
        )
    if equivalents:
        rows = [(p.peer, f"`{p.public_id}`" if p.public_id else "", f"`{p.name}`") for p in equivalents]
        text.append("## The same check elsewhere\n\n" + table(("peer", "id", "name"), rows))
    accepted = {"suppressions": [{"rule": rule.id, "construct": "Stack/Path/*", "reason": "..."}]}
    text.append("## Accepting a finding\n\n" + fence(accepted))
    if rule.references:
        text.append("## References\n\n" + "".join(f"- <{url}>\n" for url in rule.references))
    return "\n".join(text)


def controls_of(rule_id):
    """framework -> its controls that the rule judges."""
    table = {name: frameworks.controls_of(name) for name in frameworks.framework_names()}
    found = {name: [c for c, rules in controls.items() if rule_id in rules] for name, controls in table.items()}
    return {name: controls for name, controls in found.items() if controls}


def remedy(rule):
    if rule.remedy is None:
        return []
    remedies = [rule.remedy, *(Remedy(*case["remedy"]) for case in rule.remedy_cases)]
    parts = dict.fromkeys(part for one in remedies for part in advice(one))  # A case may repeat the text of the rule.
    return ["## What to write instead\n", *parts]


def advice(remedy):
    yield plain(remedy.text) + "\n"
    for language in REMEDY_LANGUAGES:
        code = getattr(remedy, language)
        if code:
            yield f"```{'yaml' if language == 'template' else language}\n{code.rstrip()}\n```\n"


def plain(text):
    """Prose in which nothing but code is markup."""
    return re.sub(r"<(?=[A-Za-z/])", "&lt;", " ".join(str(text).split())).rstrip(".") + (
        "." if str(text).rstrip().endswith(".") else ""
    )


def fence(value):
    return "```yaml\n" + yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=110) + "```\n"


def table(head, rows):
    cells = ["| " + " | ".join(str(c).replace("|", "\\|") for c in row) + " |" for row in [head, *rows]]
    cells.insert(1, "|" + " --- |" * len(head))
    return "\n".join(cells) + "\n"


def index(rules):
    def line(rule):
        return (
            f"[{rule.id}]({rule.id}.md)",
            rule.severity,
            ", ".join(rule.environments),
            ", ".join(rule.profiles),
            plain(rule.title),
        )

    text = [MADE + f"# The rules\n\n{len(rules)} rules. `cdkguard explain RULE` shows one in the terminal.\n"]
    by_pack = defaultdict(list)
    for rule in rules:
        by_pack[rule.pack].append(rule)
    text.append(" · ".join(f"[{pack}](#{pack})" for pack in sorted(by_pack)) + "\n")
    text.append(
        "Also [by severity](#by-severity), [by service and resource type](../rules-by-service.md) and "
        "[by framework](../rules-by-framework.md).\n"
    )
    for pack, found in sorted(by_pack.items()):
        head = ("rule", "severity", "environments", "profiles", "")
        text.append(f"## {pack}\n\n" + table(head, map(line, sorted(found, key=lambda r: r.id))))
    text.append("## By severity\n")
    for severity in reversed(SEVERITIES):
        ids = sorted(r.id for r in rules if severity in (r.severity, *r.severities.values()))
        text.append(f"**{severity}**: " + ", ".join(f"[{i}]({i}.md)" for i in ids) + "\n")
    return "\n".join(text)


def index_by_service(rules):
    """Each service's resource types, with the rules that judge them."""
    services = defaultdict(lambda: defaultdict(set))
    several = set()
    for rule in rules:
        for name in rule.types:
            if name.count("::") == 2:
                services[name.split("::")[1]][name].add(rule.id)
            else:
                several.add(rule.id)
    text = [
        MADE
        + "# Rules by service\n\nThe rules that judge each resource type; see also [the rules by pack](rules/README.md). "
        "Rules about a change judge every type that it is of: they stand in the pack [changes](rules/README.md#changes).\n",
        " · ".join(f"[{service}](#{service.lower()})" for service in sorted(services)) + "\n",
    ]
    for service, types in sorted(services.items()):
        text.append(f"## {service}\n")
        text += [f"### {name}\n\n{links(ids)}\n" for name, ids in sorted(types.items())]
    text.append(f"## Several types\n\n{links(several)}\n")
    return "\n".join(text)


def index_by_framework(rules):
    """Each framework's controls, with the rules that judge them."""
    known = {rule.id for rule in rules}
    text = [
        MADE + "# Rules by framework\n\nThe rules that judge each control; `--framework` runs those of one: see "
        "[compliance frameworks](frameworks.md).\n"
    ]
    for name in frameworks.framework_names():
        rows = [(f"`{c}`", links(known & set(ids))) for c, ids in sorted(frameworks.controls_of(name).items())]
        text.append(f"## {name}\n\n" + table(("control", "rules"), [row for row in rows if row[1]]))
    return "\n".join(text)


def links(ids):
    return ", ".join(f"[{i}](rules/{i}.md)" for i in sorted(ids))


def coming_from(peer, words, pairs):
    name, difference, suppressions = words
    rows = sorted(
        {
            (
                f"`{p.public_id}`" if p.public_id else "",
                f"`{p.name}`",
                f"[{p.rule.id}](rules/{p.rule.id}.md)",
                p.rule.severity,
            )
            for p in pairs
            if p.peer == peer
        }
    )
    known = {row[:2] for row in rows}
    return "\n".join(
        [
            MADE + f"# Coming from {name}\n",
            difference + "\n",
            suppressions + "\n",
            f"{len(known)} of its rules have an equivalent here; `cdkguard rules map ID` answers for one. Where it and its "
            "peers disagree, AWS's documentation decides: see [accuracy](accuracy.md).\n",
            table(("id", "name", "rule here", "severity"), rows),
        ]
    )


def accuracy():
    """Where a peer's own test says otherwise, and who is right."""
    with open(DOCS / "development/accuracy.tsv", encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle, delimiter="\t"))
    shown = [
        (
            f"`{r['case']}`",
            r["logical_id"],
            f"{r['label']} / {r['ours']}",
            r["right"],
            f"{plain(r['why'])} ([AWS]({r['document']}))",
        )
        for r in rows
    ]
    return "\n".join(
        [
            MADE + "# Where cdkguard and its peers disagree\n",
            "Judged by the peers' own test suites. Every case in which a rule here says something else than the test does, "
            "who is right, and the AWS document that decides.\n",
            table(("case", "resource", "test / cdkguard", "right", "why"), shown),
        ]
    )  # fmt: skip


def main():
    made = dict(pages())
    old = {*(DOCS / "rules").glob("*.md"), *DOCS.glob("coming-from-*.md")}
    drift = [p for p, text in made.items() if not p.is_file() or p.read_text(encoding="utf-8") != text]
    drift += sorted(old - set(made))
    if "--check" in sys.argv:
        for path in drift:
            print(f"{path.relative_to(ROOT)}: not as the rules say: run `make docs`")
        return int(bool(drift))
    (DOCS / "rules").mkdir(exist_ok=True)
    for path in old - set(made):
        path.unlink()
    for path, text in made.items():
        path.write_text(text, encoding="utf-8", newline="\n")
    print(f"{len(made)} pages")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
