"""The words that a rule file may use, for the loader, the schema and the documentation.

The operators are in operators.py, the tests of statements in statement_tests.py; severities, impacts and the kinds of
access that a change can widen are in model.py, since findings carry them. docs/rule-language.md explains all of them.
"""

from cdkguard.logic import Tri

# The keys of a rule, in the order of the documentation; a rule needs the second ones.
KEYS = (
    "id", "title", "problem", "checklist", "severity", "weights", "profiles", "scope", "types", "environments", "where", "require", "forbid", "on_unknown",
    "on_change", "weakens", "widens", "message", "why", "remedy", "references", "equivalents", "covers", "with", "secret",
    "examples",
)  # fmt: skip
NEEDED_KEYS = ("id", "title", "severity", "why", "remedy", "examples")

# A rule without `profiles` is in the first one. The profile `strict` selects the rules of both.
PROFILES = ("recommended", "strict")
SCOPES = ("resource", "value", "template", "stack", "assembly", "change")
ON_UNKNOWN = ("unknown", "fail", "pass")
# The rows of `cdkguard preflight` that a rule may belong to.
CHECKLIST = ("data-retained", "no-hard-coded", "no-open-ingress", "no-unexpected-deletion", "safety-nets")
REMEDY_LANGUAGES = ("python", "typescript", "template")
EXAMPLES = ("pass", "fail", "unknown")

# The kinds of operand that an operator or a test of a statement takes: the end of the message "'exists' takes ...".
# operands.py checks an operand against its kind when a rule file is loaded.
ANYTHING = "any value"
BOOLEAN = "true or false"
LIST = "a list"
NUMBER = "a number"
PATTERN = "a regular expression"
TESTS = "a mapping of tests"
EFFECT = "an effect"
ELEMENTS_OF_STATEMENT = "elements of a statement"
PRINCIPAL_KINDS = "kinds of principals"
PROVIDER_GROUPS = "groups of identity providers"
RESOURCE_KINDS = "true or kinds of resources"
ACCOUNT_CLASSES = "classes of accounts"
DEFERRED_KINDS = "true or kinds of values that only the deployment knows"

# The other checkers that `equivalents` may name.
EQUIVALENT_PEERS = (
    "cdk-nag", "cfn-lint", "cfn_nag", "cfripper", "checkov", "guard", "kics", "prowler", "regula", "security-hub", "trivy",
)  # fmt: skip

# `cases` of `remedy`: entries with a requirement and what is advised where it holds, in text or in code alone.
REMEDY_CASE_NEEDED = ("where",)

# `weights`: entries with a requirement and what then stands for the rule's own severity and message.
WEIGHT_NEEDED = ("where", "severity")
WEIGHT = (*WEIGHT_NEEDED, "message", "under")

# Requirements: those of COMBINERS stand alone in their mapping; a `target` or `referrer` has the keys RELATED_KEYS.
COMBINERS = ("all", "any", "not", "target", "referrer", "backup_selected", "opens_together", "python")
QUANTIFIERS = ("every", "some", "none")
RELATED_KEYS = ("path", "types", "named", "satisfies", "otherwise")
BACKUP_KEYS = ("arn", "named", "tags")
OTHERWISE: dict[str, Tri] = {"pass": True, "fail": False, "unknown": None}

# `weakens`: globs of rules, or a list of entries with a path, a direction and the optional keys.
WEAKENS_RULES = ("rules", "skip", "raise", "opens")
WEAKENS_ENTRY = ("path", "by", "types", "order", "default", "inside", "beside", "elements", "unset", "unit")
DIRECTIONS = ("lower", "higher", "absent", "new", "added", "changed", "other", "prefix", "addresses", "order")
ELEMENTS = ("kept", "outer")
