"""The words of changes: the types that mypy checks and the tables that outputs read list the same ones."""

import ast

import pytest

from cdkguard import model
from cdkguard.diff.replacement import IMPACT_OF
from tests.support.paths import PACKAGE


def read_literals():
    """Name -> words of each `Literal` in model.py, which only a type checker defines."""
    tree = ast.parse((PACKAGE / "model.py").read_text(encoding="utf-8"))
    (block,) = [node for node in tree.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"]
    return {
        node.targets[0].id: ast.literal_eval(node.value.slice)
        for node in block.body
        if isinstance(node, ast.Assign) and ast.unparse(node.value).startswith("Literal[")
    }


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("ResourceImpact", model.IMPACTS),
        ("StackImpact", model.STACK_IMPACTS),
        ("Detail", tuple(model.DETAILS)),
        ("Replacement", tuple(IMPACT_OF)),
    ],
)
def test_a_type_and_its_table_have_the_same_words(name, words):
    assert read_literals()[name] == words
