"""For maintainers: checks rules/sets.yaml and the types and paths of rules against the provider schemas of the installed
cfn-lint, and lists deletion-protection properties that no rule looks at. Exits 1 where something is stale.
"""

import json
import re
import sys

from provider_schemas import find_schema_files

from cdkguard.packs import load as packs

# SAM's types, what custom resources stand for, and a service that left the schemas.
ELSEWHERE = ("AWS::Serverless::", "AWS::OpsWorks::", "SDK::", "Kubernetes::")
OPT_IN = {  # rows of low value: scale-in and opt-in protections that no rule is wanted for
    "AWS::AppConfig::ConfigurationProfile", "AWS::AppConfig::Environment", "AWS::AutoScaling::AutoScalingGroup",
    "AWS::CloudTrail::Dashboard", "AWS::ECS::Gateway", "AWS::SMSVOICE::NotifyConfiguration", "AWS::SMSVOICE::Pool",
    "AWS::SMSVOICE::ProtectConfiguration", "AWS::SMSVOICE::RcsAgent", "AWS::SMSVOICE::SenderId",
    "AWS::WellArchitected::AgentProfile",
}  # fmt: skip
PROTECTS = re.compile(
    r"^(?:Deletion|Delete|Termination)Protect|^DeletionProtected|DisableApiTermination$", re.IGNORECASE
)


def main():
    known = find_schema_files()
    loaded = packs.load_packs()
    problems = []
    for name, members in loaded.sets.items():
        if name != "aws-accounts":
            problems += [
                f"rules/sets.yaml: {name}: no type {m}"
                for m in sorted(members)
                if m not in known and not m.startswith(ELSEWHERE)
            ]
    watched = {}
    for rule in loaded.rules:
        for kind in rule.types:
            if (
                not kind.startswith(("@", "Custom::", "AWS::CDK::", *ELSEWHERE))
                and "*" not in kind
                and kind not in known
            ):
                problems.append(f"{rule.file}: no type {kind}")
            watched.setdefault(kind, "")
            watched[kind] += json.dumps(rule.require)
    for kind, file in sorted(known.items()):
        for name in json.loads(file.read_text()).get("properties", {}):
            if PROTECTS.search(name) and f'"{name}"' not in watched.get(kind, "") and kind not in OPT_IN:
                problems.append(f"no rule looks at {kind} {name}")
    print("\n".join(problems) or "every type of the sets and rules is in the schemas")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
