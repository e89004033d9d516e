"""The public Python API: one stack judged, wherever its template comes from."""

from cdkguard.api.judge import Judge as Judge
from cdkguard.api.nouns import NestedTemplate as NestedTemplate
from cdkguard.api.nouns import StackContext as StackContext
from cdkguard.api.nouns import Verdict as Verdict
from cdkguard.api.rules_digest import fingerprint as fingerprint
