"""Which public rules AWS and others map to which controls -> facts.json, from checkouts of four public repositories.

    python tools/frameworks/make_facts.py CDK_NAG GUARD_REGISTRY SECURITY_HUB_GUIDE PROWLER

Only names and ids are taken. The pivot is the name of an AWS Config rule: the Guard registry names its files after
them, cdk-nag links to them, and the Security Hub guide names them.
"""

import json
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

HERE = Path(__file__).parent
SECURITY_HUB_REVISION = "bda5bf7ddbdf498557b2ac6a538577528004e6d5"  # the last with content
TITLES = {
    "nist-800-53": "NIST SP 800-53 revision 5",
    "hipaa": "HIPAA Security Rule (45 CFR 164)",
    "pci-dss-4.0": "PCI DSS 4.0",
    "pci-dss-3.2.1": "PCI DSS 3.2.1",
    "cis-aws-5.0": "CIS AWS Foundations Benchmark 5.0",
    "cis-aws-1.4": "CIS AWS Foundations Benchmark 1.4",
    "fsbp": "AWS Foundational Security Best Practices",
}
NAG_SECTIONS = {"HIPAA Security": "hipaa", "NIST 800-53 rev 5": "nist-800-53", "PCI DSS 3.2.1": "pci-dss-3.2.1"}
GUARD_FILES = {
    "nist800_53rev5": "nist-800-53",
    "hipaa_security": "hipaa",
    "pci_dss_3_2_1": "pci-dss-3.2.1",
    "cis_aws_benchmark_level_1": "cis-aws-1.4",
    "cis_aws_benchmark_level_2": "cis-aws-1.4",
}
RELATED = (
    (re.compile(r"NIST\.800-53\.r5 (\S+)"), "nist-800-53"),
    (re.compile(r"PCI DSS v3\.2\.1/(\S+)"), "pci-dss-3.2.1"),
    (re.compile(r"CIS AWS Foundations Benchmark v1\.4\.0/(\S+)"), "cis-aws-1.4"),
)
CONFIG_LINK = re.compile(r"config/latest/developerguide/([a-z0-9-]+)")


class Repository:
    def __init__(self, folder, revision="HEAD"):
        self.folder, self.revision = folder, revision

    def git(self, *arguments):
        return subprocess.run(["git", "-C", self.folder, *arguments], capture_output=True, text=True, check=True).stdout

    def read(self, path):
        return self.git("show", f"{self.revision}:{path}")

    def names(self, under):
        return self.git("ls-tree", "-r", "--name-only", self.revision, under).split("\n")

    def date(self):
        return self.git("log", "-1", "--format=%cs", self.revision).strip()


class Facts:
    def __init__(self):
        self.controls = {name: defaultdict(set) for name in TITLES}

    def add(self, framework, control, peer_rule=None):
        found = self.controls[framework][control.strip()]
        if peer_rule:
            found.add(peer_rule)


def cells(line):
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip())[1:-1]]


def from_nag(repository, facts):
    """RULES.md: a section per pack; a rule's row ends in its controls. Returns cdk-nag rule -> Config rule.

    Config rules that it leaves out have rows, too; the Guard registry may have them, or nobody.
    """
    config_rules = {}
    framework = None
    for line in repository.read("RULES.md").split("\n"):
        if line.startswith("## "):
            framework = NAG_SECTIONS.get(line[3:].strip())
        if not line.startswith("|") or framework is None:
            continue
        row = cells(line)
        left_out = re.match(r"\[([a-z0-9-]+)\]\(", row[0])
        if left_out and len(row) == 3:
            for control in row[-1].split(", "):
                facts.add(framework, control.rstrip(","), f"guard:{left_out.group(1).replace('-', '_')}")
            continue
        name = re.match(r"\[[A-Za-z0-9.]+-(\w+)\]\((.*)\)", row[0])
        if name is None or len(row) < 4:
            continue
        if link := CONFIG_LINK.search(name.group(2)):
            config_rules[name.group(1)] = link.group(1)
        for control in row[-1].split(", "):
            facts.add(framework, control.strip().rstrip(","), f"cdk-nag:{name.group(1)}")
    return config_rules


def from_guard(repository, facts):
    for name, framework in GUARD_FILES.items():
        for entry in json.loads(repository.read(f"mappings/rule_set_{name}.json"))["mappings"]:
            rule = "guard:" + Path(entry["guardFilePath"]).stem.lower()
            for control in entry["controls"]:
                facts.add(framework, control, rule)
    return {Path(p).stem.lower() for p in repository.names("rules") if p.endswith(".guard")}


def from_security_hub(repository, facts, of_config):
    """A heading per control, then its related requirements and its Config rule. Returns control -> peers' rules."""
    found = {}
    for path in repository.names("doc_source/"):
        if not path.endswith("-controls.md"):
            continue
        for part in repository.read(path).replace("\\", "").split("\n## ")[1:]:
            head = re.match(r"\[([A-Za-z0-9]+\.\d+)\]", part)
            rule = re.search(r"\*\*AWS Config rule:\*\*(.*)", part)
            if head is None or rule is None:
                continue
            name = CONFIG_LINK.search(rule.group(1)) or re.search(r"`([a-z0-9-]+)`", rule.group(1))
            peers = {f"security-hub:{head.group(1)}"} | (of_config.get(name.group(1), set()) if name else set())
            found[head.group(1)] = peers
            related = re.search(r"\*\*Related requirements:\*\*(.*)", part)
            for text in related.group(1).split(",") if related else ():
                for pattern, framework in RELATED:
                    if match := pattern.search(text):
                        for peer in peers:
                            facts.add(framework, match.group(1), peer)
    return found


def from_prowler(repository, facts, hub):
    """Its own checks are tied to ours by the Security Hub controls that it maps to one check only."""
    folder = "prowler/compliance/aws/"
    of_check = defaultdict(set)
    for entry in json.loads(repository.read(folder + "aws_foundational_security_best_practices_aws.json"))[
        "Requirements"
    ]:
        peers = hub.get(entry["Id"], set()) | {f"security-hub:{entry['Id']}"}
        for peer in peers:
            facts.add("fsbp", entry["Id"], peer)
        if len(entry["Checks"]) == 1:
            of_check[entry["Checks"][0]] |= peers
    for entry in json.loads(repository.read(folder + "pci_4.0_aws.json"))["Requirements"]:
        control = entry["Attributes"][0]["Section"].split(":")[0]
        facts.add("pci-dss-4.0", control)
        for check in entry["Checks"]:
            for peer in of_check[check]:
                facts.add("pci-dss-4.0", control, peer)
    for entry in json.loads(repository.read(folder + "cis_5.0_aws.json"))["Requirements"]:
        facts.add("cis-aws-5.0", entry["Id"])
        for check in entry["Checks"]:
            for peer in of_check[check]:
                facts.add("cis-aws-5.0", entry["Id"], peer)


def natural(text):
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in re.split(r"(\d+)", text) if part]


def main(folders):
    nag, guard, hub, prowler = (Repository(folder) for folder in folders)
    hub.revision = SECURITY_HUB_REVISION
    facts = Facts()
    of_config = defaultdict(set)
    for name, config_rule in from_nag(nag, facts).items():
        of_config[config_rule].add(f"cdk-nag:{name}")
    for stem in from_guard(guard, facts):
        of_config[stem.replace("_", "-")].add(f"guard:{stem}")
    from_prowler(prowler, facts, from_security_hub(hub, facts, of_config))
    sources = {
        "cdklabs/cdk-nag RULES.md": nag.date(),
        "aws-cloudformation/aws-guard-rules-registry mappings": guard.date(),
        "awsdocs/aws-security-hub-user-guide": hub.date(),
        "prowler-cloud/prowler compliance": prowler.date(),
    }
    table = {
        name: {
            "title": TITLES[name],
            "controls": {
                control: sorted(rules) for control, rules in sorted(found.items(), key=lambda i: natural(i[0]))
            },
        }
        for name, found in facts.controls.items()
    }
    text = json.dumps({"_": {"sources": sources}, **table}, indent=1, ensure_ascii=False) + "\n"
    (HERE / "facts.json").write_text(text, encoding="utf-8")
    for name, entry in table.items():
        tied = sum(1 for rules in entry["controls"].values() if rules)
        print(f"{name}: {len(entry['controls'])} controls, {tied} with a public rule")


if __name__ == "__main__":
    main(sys.argv[1:])
