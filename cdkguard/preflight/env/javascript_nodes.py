"""The syntax tree of JavaScript: its nodes as texts, and what the names of one file stand for."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from cdkguard._typing import Any

_FUNCTIONS = (
    "function_declaration", "function_expression", "arrow_function", "method_definition", "generator_function_declaration", "function",
)  # fmt: skip
_EACH = ("forEach", "map", "filter", "every", "some", "find", "reduce", "flatMap")
# Methods of a schema that take more keys; what others are given are settings.
_ADDS = ("object", "extend", "merge", "keys", "append", "shape", "concat", "and", "intersection", "safeExtend")
_WRAPPERS = ("as_expression", "non_null_expression", "parenthesized_expression", "satisfies_expression")


def walk(root: Any) -> Iterator[Any]:
    """Every named node, parents first, without recursion."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(reversed(node.named_children))


def text_of(node: Any) -> str:
    """The source text of a node; "" where there is none."""
    return "" if node is None else node.text.decode("utf-8", "replace")


def literal_text(node: Any) -> str:
    """The value of a text without substitutions; "" for every other node."""
    while node is not None and node.type in _WRAPPERS:
        node = node.named_children[0] if node.named_children else None
    if node is None or node.type not in ("string", "template_string"):
        return ""
    if any(child.type == "template_substitution" for child in node.named_children):
        return ""
    return text_of(node)[1:-1]


def arguments_of(call: Any) -> list[Any]:
    """The arguments of a call."""
    arguments = call.child_by_field_name("arguments")
    if arguments is None or arguments.type != "arguments":
        return []
    return [child for child in arguments.named_children if child.type != "comment"]


def callee_name(call: Any) -> tuple[str, str]:
    """(name, owner) of the function that is called: ("get", "this.configService"); ("", "") where it has no name."""
    function = call.child_by_field_name("function")
    if function is None:
        return "", ""
    if function.type == "identifier":
        return text_of(function), ""
    if function.type == "member_expression":
        return text_of(function.child_by_field_name("property")), text_of(function.child_by_field_name("object"))
    return "", ""


def keys_of_object(node: Any) -> Iterator[tuple[str, Any]]:
    """(key, value) of an object literal."""
    for child in node.named_children:
        if child.type == "pair":
            key = child.child_by_field_name("key")
            yield (literal_text(key) if key.type == "string" else text_of(key)), child.child_by_field_name("value")
        elif child.type == "shorthand_property_identifier":
            yield text_of(child), child


class JavaScriptNames:
    """What the names of one file stand for: aliases of the environment, texts, objects."""

    def __init__(self, root: Any, is_environment: Callable[[Any], bool]) -> None:
        self.aliases: set[str] = set()  # variables that are the whole environment
        self.readers: set[str] = set()  # names of the package env-var
        self.texts: dict[str, tuple[str, ...]] = {}
        self.values: dict[str, Any] = {}  # variable -> the node of its value
        self._is_environment = is_environment
        for node in walk(root):
            if node.type in ("variable_declarator", "assignment_pattern", "required_parameter"):
                self._note(node)
            elif node.type == "import_statement" and literal_text(node.child_by_field_name("source")) == "env-var":
                self.readers.update(text_of(child) for child in walk(node) if child.type == "identifier")
        for node in walk(root):
            if node.type == "for_in_statement":
                self._note_loop(node.child_by_field_name("left"), node.child_by_field_name("right"))
            elif node.type == "call_expression":
                self._note_callback(node)

    def _note(self, node: Any) -> None:
        name = (
            node.child_by_field_name("name") or node.child_by_field_name("left") or node.child_by_field_name("pattern")
        )
        value = node.child_by_field_name("value") or node.child_by_field_name("right")
        if name is None or value is None or name.type != "identifier":
            return
        while value.type in _WRAPPERS and value.named_children:
            value = value.named_children[0]
        if self._is_environment(value) or self._is_copy(value):
            self.aliases.add(text_of(name))
        elif node.type == "variable_declarator":
            self.values[text_of(name)] = value
            if texts := self.texts_of(value):
                self.texts[text_of(name)] = texts

    def _is_copy(self, value: Any) -> bool:
        """`{...process.env}`"""
        return value.type == "object" and any(
            child.type == "spread_element" and child.named_children and self._is_environment(child.named_children[0])
            for child in value.named_children
        )

    def _note_loop(self, left: Any, right: Any) -> None:
        texts = self.texts_of(right)
        if left is not None and left.type == "identifier" and texts:
            self.texts[text_of(left)] = texts

    def _note_callback(self, call: Any) -> None:
        """`['A', 'B'].forEach((name) => process.env[name])`"""
        function = call.child_by_field_name("function")
        if (
            function is None
            or function.type != "member_expression"
            or text_of(function.child_by_field_name("property")) not in _EACH
        ):
            return
        texts = self.texts_of(function.child_by_field_name("object"))
        arguments = arguments_of(call)
        if texts and arguments and arguments[0].type in _FUNCTIONS:
            names = parameters_of(arguments[0])
            if names:
                self.texts[names[0]] = texts

    def texts_of(self, node: Any) -> tuple[str, ...]:
        """The texts that a value can be: of a text, a list of nothing else, or a name of one; () where nobody knows."""
        while node is not None and node.type in _WRAPPERS and node.named_children:
            node = node.named_children[0]
        if node is None:
            return ()
        if text := literal_text(node):
            return (text,)
        if node.type == "array":
            found = [literal_text(child) for child in node.named_children if child.type != "comment"]
            return tuple(found) if found and all(found) else ()
        return self.texts.get(text_of(node), ()) if node.type == "identifier" else ()

    def resolve_objects(self, node: Any, level: int = 0) -> list[Any]:
        """The object literals that a schema is made of: `z.object({...}).strict()`, `base.extend({...})`, a variable of one."""
        if node is None or level > 12:
            return []
        if node.type == "object":
            return [node]
        if node.type == "identifier":
            return self.resolve_objects(self.values.get(text_of(node)), level + 1)
        if node.type in _WRAPPERS and node.named_children:
            return self.resolve_objects(node.named_children[0], level + 1)
        if node.type != "call_expression":
            return []
        function, found = node.child_by_field_name("function"), []
        if function is not None and function.type == "member_expression":
            found = self.resolve_objects(function.child_by_field_name("object"), level + 1)
        if not found or callee_name(node)[0] in _ADDS:
            found = [*found, *(each for a in arguments_of(node) for each in self.resolve_objects(a, level + 1))]
        return found

    def own_parameter(self, node: Any) -> tuple[str, int, str, bool] | None:
        """(function, position, parameter, is a method) where a name is a parameter of the named function around it."""
        if node is None or node.type != "identifier":
            return None
        name, around = text_of(node), node.parent
        while around is not None:
            if around.type in _FUNCTIONS:
                names = parameters_of(around)
                if name in names:
                    function = name_of_function(around)
                    return (function, names.index(name), name, around.type == "method_definition") if function else None
            around = around.parent
        return None


def parameters_of(function: Any) -> list[str]:
    """The names of a function's parameters; "" for one that is taken apart."""
    one = function.child_by_field_name("parameter")  # `name => ...`
    if one is not None:
        return [text_of(one)]
    parameters = function.child_by_field_name("parameters")
    return (
        [_parameter(child) for child in parameters.named_children if child.type != "comment"]
        if parameters is not None
        else []
    )


def _parameter(node: Any) -> str:
    if node.type == "assignment_pattern":
        node = node.child_by_field_name("left")
    elif node.type in ("required_parameter", "optional_parameter"):
        node = node.child_by_field_name("pattern")
    return text_of(node) if node is not None and node.type == "identifier" else ""


def name_of_function(function: Any) -> str:
    """The name by which a function is called; "" where it has none."""
    name = function.child_by_field_name("name")
    if name is not None:
        return text_of(name)
    parent = function.parent
    if parent.type == "variable_declarator":
        return text_of(parent.child_by_field_name("name"))
    if parent.type == "pair":
        return text_of(parent.child_by_field_name("key"))
    if parent.type == "assignment_expression":
        return text_of(parent.child_by_field_name("left")).rpartition(".")[2]
    return ""
