"""The calls in the user's code that grant something: what is written in them, and on which line they stand."""

from __future__ import annotations

from collections.abc import Iterator

from cdkguard._typing import Any, NamedTuple
from cdkguard.text.regexes import lazy_pattern

# What makes a statement, and what takes one or grants by itself; camelCase without underscores, in lower case.
STATEMENTS = frozenset({"policystatement"})
GRANTS = frozenset({"addtoprincipal", "addtoprincipalorresource", "addtoprincipalandresource"})
TAKERS = frozenset({
    "addtopolicy", "addtoprincipalpolicy", "addtorolepolicy", "addtoresourcepolicy", "addstatements", "addtoexecutionrolepolicy",
    "addtotaskrolepolicy",
})  # fmt: skip
_ACTION = lazy_pattern(r"[A-Za-z0-9-]+:[A-Za-z0-9*?]+|\*")


class GrantingCall(NamedTuple):
    """One call; None for what is not written out in it."""

    line: int
    actions: frozenset[str] | None
    resources: frozenset[str] | None


def plain_name(name: str) -> str:
    """`iam.PolicyStatement`, `add_to_policy` -> `policystatement`, `addtopolicy`."""
    return name.rpartition(".")[2].replace("_", "").lower()


def make_call(line: int, name: str, values: dict[str, Any], arguments: list[Any]) -> GrantingCall | None:
    """The call of that name with these values by key, and arguments without one; None where it grants nothing."""
    by_name = {plain_name(key): value for key, value in values.items()}
    if name in STATEMENTS or name in GRANTS:
        known = [key for key in ("actions", "notactions") if key in by_name]
        if "notactions" in known or name in STATEMENTS and arguments:
            return GrantingCall(line, None, None)
        resources = by_name.get("resources", by_name.get("resourcearns"))
        return GrantingCall(line, _texts(by_name.get("actions")), _texts(resources))
    if name == "grant" and len(arguments) > 1:
        actions = [a for a in arguments if isinstance(a, str) and _ACTION.fullmatch(a)]
        return GrantingCall(line, frozenset(actions) if actions else None, None)
    if not name and "action" in by_name and ("effect" in by_name or "resource" in by_name):  # a statement as a mapping
        return GrantingCall(line, _texts(by_name["action"]), _texts(by_name.get("resource")))
    return None


def _texts(value: Any) -> frozenset[str] | None:
    """The texts of a list, or of one text; None where one of them is not written out."""
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list) or not values or not all(isinstance(one, str) for one in values):
        return None
    return frozenset(values)


# -- Python


def find_calls_in_python(text: str) -> Iterator[GrantingCall]:
    """The granting calls of a Python module; raises SyntaxError, or ValueError."""
    import ast

    tree = ast.parse(text)
    around: dict[int, Any] = {id(child): node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    constants = _find_constants(ast, tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = plain_name(ast.unparse(node.func)) if isinstance(node.func, ast.Attribute | ast.Name) else ""
            values = {word.arg: _value_of(ast, word.value, constants) for word in node.keywords if word.arg}
            made = make_call(node.lineno, name, values, [_value_of(ast, one, constants) for one in node.args])
        elif isinstance(node, ast.Dict):
            keys = [key.value if isinstance(key, ast.Constant) else None for key in node.keys]
            pairs = zip(keys, node.values, strict=True)
            values = {key: _value_of(ast, value, constants) for key, value in pairs if isinstance(key, str)}
            made = make_call(node.lineno, "", values, [])
        else:
            continue
        if made is not None:
            yield made._replace(line=_line_of_taker(ast, node, around))


def _line_of_taker(ast: Any, node: Any, around: dict[int, Any]) -> int:
    """The line of the call that takes the statement, where the statement is made as its argument."""
    line, outer = node.lineno, around.get(id(node))
    while outer is not None and not isinstance(outer, ast.stmt):
        if isinstance(outer, ast.Call) and plain_name(ast.unparse(outer.func)) in TAKERS:
            return int(outer.func.end_lineno)
        outer = around.get(id(outer))
    return int(line)


def _find_constants(ast: Any, tree: Any) -> dict[str, Any]:
    """The names to which the module's text assigns once, and a value that is written out."""
    assigned: dict[str, list[Any]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            assigned.setdefault(node.id, []).append(None)
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            assigned.setdefault(node.targets[0].id, []).append(_value_of(ast, node.value, {}))
    # Each assignment counts twice: its target is a name that is stored to.
    return {
        name: found[0] or found[1] for name, found in assigned.items() if len(found) == 2 and (found[0] or found[1])
    }


def _value_of(ast: Any, node: Any, constants: dict[str, Any]) -> Any:
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.List | ast.Tuple):
        return [_value_of(ast, one, constants) for one in node.elts]
    return constants.get(node.id) if isinstance(node, ast.Name) else None
