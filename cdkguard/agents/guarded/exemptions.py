"""Suppressions in code that a text would add, cdkguard's own and those of peers that are honoured."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

_CODE = (
    ".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs", ".py", ".java", ".kt", ".scala", ".cs", ".fs", ".vb", ".go",
    ".json", ".yaml", ".yml", ".template",
)  # fmt: skip
_OWN = (
    re.compile(r"cdkguard::[\w*?\[\]-]*"),
    re.compile(r"""(?i)metadata\w*\W{1,40}cdkguard['"]?[^\n]{0,80}"""),
    re.compile(r"""['"]?cdkguard['"]?\s*[:=]>?\s*(?:\{|\n\s*|dict\(|Map\.of\()\s*['"]?suppress['"]?"""),
)
_PEERS = {
    "cdk-nag": (re.compile(r"NagSuppressions|cdk_nag\W{1,40}rules_to_suppress|rules_to_suppress"),),
    "checkov": (re.compile(r"checkov:skip[^\n]*|['\"]?checkov['\"]?\s*[:=]>?\s*(?:\{|\n\s*)\s*['\"]?skip"),),
    "cfn-nag": (re.compile(r"cfn_nag[^\n]{0,80}|rules_to_suppress"),),
    "guard": (re.compile(r"SuppressedRules"),),
}


def find_exemptions(path: str, text: str, honoured: Collection[str]) -> Iterator[str]:
    """The suppressions that a text of a code file or template holds, as they stand there."""
    if not path.lower().endswith(_CODE):
        return
    patterns = [*_OWN, *(pattern for peer in honoured for pattern in _PEERS.get(peer, ()))]
    for pattern in patterns:
        for found in pattern.finditer(text):
            yield " ".join(found[0].split())
