"""The environment variables that JavaScript and TypeScript read: process.env, import.meta.env, Deno, Bun, schemas of zod."""

from __future__ import annotations

import re

from cdkguard._typing import Any
from cdkguard.preflight.env.javascript_nodes import (
    JavaScriptNames,
    arguments_of,
    callee_name,
    keys_of_object,
    literal_text,
    text_of,
    walk,
)
from cdkguard.preflight.env.javascript_parser import parse_javascript
from cdkguard.preflight.env.reads import Call, FileReads, Helper, Read, Unclear

_SCRIPT = re.compile(r"<script\b[^>]*>(.*?)</script>|\A---\n(.*?)\n---", re.DOTALL | re.IGNORECASE)
_MENTIONS = re.compile(r"\bprocess\s*\??\.\s*env\b|\bimport\.meta\.env\b|\bBun\.env\b|\bDeno\.env\b")
_OTHER_WAYS = re.compile(
    r"env-var|onfig(?:Service)?\)?\s*[?!]?\s*\.\s*get|createEnv|envsafe|defineEnv|cleanEnv|parseEnv|CleanEnv"
)
_PARSES = (
    "parse", "safeParse", "parseAsync", "safeParseAsync", "validate", "validateAsync", "validateSync", "cast", "attempt", "assert",
)  # fmt: skip
_TAKES_SCHEMA = ("cleanEnv", "createEnv", "customCleanEnv", "defineEnv", "envsafe", "parseEnv")
_SCHEMA_PARTS = ("server", "client", "shared")
# Calls that pass everything on, or show it, and read no variable by its name.
_PASSES_ON = re.compile(
    r"console\.\w+|JSON\.stringify|structuredClone|Object\.(?:assign|freeze)|(?:dotenv(?:Expand|\.)?\w*|expand|config)"
)
_SHOUTED = re.compile(r"[A-Z][A-Z0-9_]*")
_CONFIG_SERVICE = re.compile(r"config(?:Service)?$", re.IGNORECASE)


def may_read(text: str) -> bool:
    """Whether the file can read a variable by itself, so that it is parsed whatever other files hold."""
    return _MENTIONS.search(text) is not None or _OTHER_WAYS.search(text) is not None


def mentions_environment(text: str) -> bool:
    """Whether the text names the environment at all, so that it has to be parsed."""
    return _MENTIONS.search(text) is not None


def read_javascript(file: str, text: str, ending: str) -> FileReads:
    """What a file says. Raises NoParser where tree-sitter is not installed."""
    script = _scripts_of(text) if ending in (".vue", ".svelte", ".astro") else text
    root = parse_javascript(script, ending)
    reader = _Reader(file, JavaScriptNames(root, _is_environment))
    reader.read(root)
    if root.has_error and len(_MENTIONS.findall(script)) > reader.seen:
        reader.unclear.append(Unclear(file, 1, "a part of the file cannot be parsed"))
    return FileReads(reader.reads, reader.unclear, reader.helpers, reader.calls)


def _scripts_of(text: str) -> str:
    """The scripts of a component, on their own lines."""
    kept = [" "] * len(text)
    for found in _SCRIPT.finditer(text):
        group = 1 if found[1] is not None else 2
        kept[found.start(group) : found.end(group)] = found[group]
    return "".join(kept[at] if text[at] != "\n" else "\n" for at in range(len(text)))


def _is_environment(node: Any) -> bool:
    """`process.env`, `globalThis.process.env`, `import.meta.env`, `Bun.env`."""
    if node is None or node.type != "member_expression":
        return False
    prop, owner = node.child_by_field_name("property"), node.child_by_field_name("object")
    if prop is None or owner is None or text_of(prop) != "env":
        return False
    return text_of(owner) in ("process", "globalThis.process", "import.meta", "Bun") or owner.type == "meta_property"


class _Reader:
    def __init__(self, file: str, names: JavaScriptNames) -> None:
        self.file, self.names = file, names
        self.reads: list[Read] = []
        self.unclear: list[Unclear] = []
        self.helpers: list[Helper] = []
        self.calls: list[Call] = []
        self.seen = 0  # mentions of the environment that were understood

    def read(self, root: Any) -> None:
        for node in walk(root):
            if _is_environment(node):
                self.seen += 1
                self._read_use(node)
            elif node.type == "identifier" and text_of(node) in self.names.aliases and self._is_used(node):
                self._read_use(node)
            elif node.type == "call_expression":
                self._read_call(node)

    # -- uses of the whole environment

    def _is_used(self, node: Any) -> bool:
        """Whether an alias stands there as a value, and is not being declared."""
        parent = node.parent
        if parent.type in ("variable_declarator", "required_parameter", "optional_parameter", "assignment_pattern"):
            first = (
                parent.child_by_field_name("name")
                or parent.child_by_field_name("pattern")
                or parent.child_by_field_name("left")
            )
            return first is None or first.id != node.id
        return parent.type not in ("formal_parameters", "import_specifier", "pair_pattern")

    def _read_use(self, node: Any) -> None:
        parent = node.parent
        while parent is not None and parent.type in (
            "non_null_expression",
            "as_expression",
            "parenthesized_expression",
            "satisfies_expression",
        ):
            node, parent = parent, parent.parent
        match parent.type if parent is not None else "":
            case "member_expression":
                self._read_member(parent, node)
            case "subscript_expression" if parent.child_by_field_name("object").id == node.id:
                self._read_index(parent)
            case "variable_declarator" | "assignment_pattern" | "required_parameter" | "optional_parameter":
                pattern = (
                    parent.child_by_field_name("name")
                    or parent.child_by_field_name("left")
                    or parent.child_by_field_name("pattern")
                )
                self._read_pattern(pattern)
            case "assignment_expression":
                self._read_pattern(parent.child_by_field_name("left"))
            case "binary_expression" if text_of(parent.child_by_field_name("operator")) == "in":
                self._note(parent.child_by_field_name("left"), parent)
            case "arguments":
                self._read_argument(parent, node)
            case "for_in_statement":
                self._unclear(node, "every variable is looked at")

    def _read_member(self, member: Any, node: Any) -> None:
        owner, prop = member.child_by_field_name("object"), member.child_by_field_name("property")
        if owner is None or owner.id != node.id or prop is None or _is_written(member):
            return
        name = text_of(prop)
        if name in ("get", "has", "hasOwnProperty") and member.parent.type == "call_expression":  # Deno.env.get
            arguments = arguments_of(member.parent)
            if arguments:
                self._note(arguments[0], member)
            return
        self.reads.append(Read(name, self.file, _line(member)))

    def _read_index(self, subscript: Any) -> None:
        if not _is_written(subscript):
            self._note(subscript.child_by_field_name("index"), subscript)

    def _read_pattern(self, pattern: Any) -> None:
        """The names that `const {A, B: b, C = 1} = process.env` takes out."""
        if pattern is None or pattern.type != "object_pattern":
            return
        for child in pattern.named_children:
            name = child
            if child.type == "pair_pattern":
                name = child.child_by_field_name("key")
            elif child.type == "object_assignment_pattern":
                name = child.child_by_field_name("left")
            if child.type == "rest_pattern":
                continue
            text = literal_text(name) if name.type == "string" else text_of(name)
            if text:
                self.reads.append(Read(text, self.file, _line(child)))

    def _read_argument(self, arguments: Any, node: Any) -> None:
        call = arguments.parent
        function = call.child_by_field_name("function")
        name = text_of(function) if function is not None else ""
        last = name.rpartition(".")[2]
        schemas: list[Any] = []
        if last in _PARSES and function.type == "member_expression":
            schemas = self.names.resolve_objects(function.child_by_field_name("object"))
        if not schemas and last in (*_PARSES, *_TAKES_SCHEMA):
            others = [argument for argument in arguments_of(call) if argument.id != node.id]
            schemas = [each for argument in others for each in self.names.resolve_objects(argument)]
        if schemas:
            for schema in schemas:
                self._read_schema(schema)
        elif not _PASSES_ON.fullmatch(name):
            self._unclear(node, f"the whole environment is given to `{name[:40]}`")

    def _read_schema(self, schema: Any) -> None:
        keys = dict(keys_of_object(schema))
        for name, value in keys.items():
            parts = self.names.resolve_objects(value) if name in _SCHEMA_PARTS else []
            if parts:
                for part in parts:
                    self._read_schema(part)
            elif _SHOUTED.fullmatch(name):
                self.reads.append(Read(name, self.file, _line(schema)))

    # -- calls

    def _read_call(self, call: Any) -> None:
        name, owner = callee_name(call)
        arguments = arguments_of(call)
        if not name or not arguments:
            return
        text = literal_text(arguments[0])
        if (
            owner
            and name in ("get", "getOrThrow")
            and text
            and _SHOUTED.fullmatch(text)
            and _CONFIG_SERVICE.search(owner)
        ):
            self.reads.append(Read(text, self.file, _line(call)))
            return
        if owner and name == "get" and owner in self.names.readers and text:
            self.reads.append(Read(text, self.file, _line(call)))
            return
        if text_of(call.child_by_field_name("function")) == "Deno.env.get":
            self._note(arguments[0], call)
            return
        if name in _TAKES_SCHEMA:
            for argument in arguments:
                for schema in self.names.resolve_objects(argument):
                    self._read_schema(schema)
        texts, passed = dict[int | str, str](), dict[int | str, tuple[str, int, str]]()
        for position, argument in enumerate(arguments[:4]):
            found = self.names.texts_of(argument)
            if len(found) == 1:
                texts[position] = found[0]
            elif own := self.names.own_parameter(argument):
                passed[position] = own[:3]
        self.calls.append(Call(name, texts, passed, frozenset(range(min(4, len(arguments)))), self.file, _line(call)))

    def _note(self, named: Any, node: Any) -> None:
        """A variable that is read under the name which the node `named` gives."""
        texts = self.names.texts_of(named)
        if texts:
            self.reads += [Read(text, self.file, _line(node)) for text in texts]
        elif own := self.names.own_parameter(named):
            function, position, parameter, is_method = own
            self.helpers.append(Helper(function, position, parameter, is_method, self.file, _line(node)))
        else:
            self._unclear(node, "a variable is read under a name that is made there")

    def _unclear(self, node: Any, what: str) -> None:
        self.unclear.append(Unclear(self.file, _line(node), what))


def _is_written(node: Any) -> bool:
    """Whether the value is set or deleted there, and not read."""
    parent = node.parent
    if parent.type == "assignment_expression":
        return bool(parent.child_by_field_name("left").id == node.id)
    return parent.type == "unary_expression" and text_of(parent.child_by_field_name("operator")) == "delete"


def _line(node: Any) -> int:
    return int(node.start_point[0]) + 1
