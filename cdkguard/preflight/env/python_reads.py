"""The environment variables that Python code reads: os.environ, os.getenv, dotenv, decouple, environs, pydantic settings."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from cdkguard.preflight.env.reads import Call, FileReads, Helper, Read, Unclear

_GETTERS = ("get", "pop", "setdefault", "__getitem__")
_ALL = ("items", "keys", "values")
# module -> names in it that are called with a variable's name, or that make an object which is.
_FUNCTIONS = {"os": ("getenv",), "decouple": ("config",)}
_MAKERS = {"environs": ("Env", "FileAwareEnv"), "environ": ("Env", "FileAwareEnv"), "starlette.config": ("Config",)}
Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


def read_python(file: str, text: str) -> FileReads:
    """What a Python file says; a file that cannot be parsed is unclear."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return FileReads(unclear=(Unclear(file, 1, "the file cannot be parsed"),))
    reader = _Reader(file)
    reader.visit(tree)
    return FileReads(reader.reads, reader.unclear, reader.helpers, reader.calls)


class _Reader(ast.NodeVisitor):
    def __init__(self, file: str) -> None:
        self.file = file
        self.reads: list[Read] = []
        self.unclear: list[Unclear] = []
        self.helpers: list[Helper] = []
        self.calls: list[Call] = []
        self.os_names, self.environ_names, self.getters, self.makers = {"os"}, set[str](), set[str](), set[str]()
        self.modules: set[str] = set()  # names of modules whose classes make callable objects
        self.objects: set[str] = set()  # variables that are called with a variable's name
        self.texts: dict[str, tuple[str, ...]] = {}  # name -> the texts that it can be
        self.functions: list[Function] = []
        self.classes: list[ast.ClassDef] = []

    # -- imports and assignments

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            name = alias.asname or alias.name.partition(".")[0]
            if alias.name == "os":
                self.os_names.add(name)
            elif alias.name in _MAKERS:
                self.modules.add(name)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        for alias in node.names:
            name = alias.asname or alias.name
            if node.module == "os" and alias.name == "environ":
                self.environ_names.add(name)
            elif alias.name in _FUNCTIONS.get(node.module or "", ()):
                self.getters.add(name)
            elif (
                alias.name in _MAKERS.get(node.module or "", ())
                or node.module == "dotenv"
                and alias.name == "dotenv_values"
            ):
                self.makers.add(name)

    def visit_Assign(self, node: ast.Assign) -> None:
        for target in node.targets:
            if isinstance(target, ast.Name):
                self._note_value(target.id, node.value)
        self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if isinstance(node.target, ast.Name) and node.value is not None:
            self._note_value(node.target.id, node.value)
        self.generic_visit(node)

    def _note_value(self, name: str, value: ast.expr) -> None:
        if self._is_environ(value) or _is_copy(value, self._is_environ):
            self.environ_names.add(name)
        elif isinstance(value, ast.Call) and self._makes_object(value.func):
            self.objects.add(name)
            self.environ_names.add(name)
        elif texts := _texts_of(value):
            self.texts[name] = texts

    def _makes_object(self, node: ast.expr) -> bool:
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            return node.value.id in self.modules and node.attr in ("Env", "FileAwareEnv")
        return isinstance(node, ast.Name) and node.id in self.makers

    def visit_For(self, node: ast.For) -> None:
        self._note_loop(node.target, node.iter)
        if self._is_whole(node.iter):
            self._note_unclear(node, "every variable is looked at")
        self.generic_visit(node)

    def visit_comprehension(self, node: ast.comprehension) -> None:
        self._note_loop(node.target, node.iter)
        self.generic_visit(node)

    def visit_ListComp(self, node: ast.ListComp) -> None:
        self._visit_comprehension(node)

    def visit_SetComp(self, node: ast.SetComp) -> None:
        self._visit_comprehension(node)

    def visit_GeneratorExp(self, node: ast.GeneratorExp) -> None:
        self._visit_comprehension(node)

    def visit_DictComp(self, node: ast.DictComp) -> None:
        self._visit_comprehension(node)

    def _visit_comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> None:
        for generator in node.generators:  # They stand behind what uses their names.
            self.visit(generator)
        self.generic_visit(node)

    def _note_loop(self, target: ast.expr, iterated: ast.expr) -> None:
        texts = _texts_of(iterated) or (self.texts.get(iterated.id, ()) if isinstance(iterated, ast.Name) else ())
        if isinstance(target, ast.Name) and texts:
            self.texts[target.id] = texts

    # -- reads

    def visit_Subscript(self, node: ast.Subscript) -> None:
        if self._is_environ(node.value) and isinstance(node.ctx, ast.Load):
            self._note_read(node.slice, node)
        self.generic_visit(node)

    def visit_Compare(self, node: ast.Compare) -> None:
        for operator, right in zip(node.ops, node.comparators, strict=True):
            if isinstance(operator, ast.In | ast.NotIn) and self._is_environ(right):
                self._note_read(node.left, node)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        function = node.func
        if node.args and self._is_reading(function):
            self._note_read(node.args[0], node)
        else:
            self._note_call(node)
        self.generic_visit(node)

    def _is_reading(self, function: ast.expr) -> bool:
        """Whether the function takes the name of a variable first."""
        if isinstance(function, ast.Name):
            return function.id in self.getters or function.id in self.objects
        if not isinstance(function, ast.Attribute):
            return False
        owner = function.value
        if self._is_environ(owner) and not (isinstance(owner, ast.Name) and owner.id in self.objects):
            return function.attr in _GETTERS
        if isinstance(owner, ast.Name):
            if owner.id in self.os_names and function.attr in ("getenv", "getenvb"):
                return True
            return owner.id in self.objects and function.attr not in ("read_env", "prefixed", "seal")
        return False

    def _is_whole(self, node: ast.expr) -> bool:
        """`os.environ`, or `os.environ.items()`."""
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _ALL:
            node = node.func.value
        return self._is_environ(node)

    def _is_environ(self, node: ast.expr) -> bool:
        if isinstance(node, ast.Attribute):
            return node.attr == "environ" and isinstance(node.value, ast.Name) and node.value.id in self.os_names
        return isinstance(node, ast.Name) and node.id in self.environ_names

    def _note_read(self, named: ast.expr, node: ast.expr) -> None:
        texts = _texts_of(named) or (self.texts.get(named.id, ()) if isinstance(named, ast.Name) else ())
        if texts:
            self.reads += [Read(text, self.file, node.lineno) for text in texts]
            return
        own = self._own_parameter(named)
        if own is not None:
            function, position, parameter, is_method = own
            self.helpers.append(Helper(function, position, parameter, is_method, self.file, node.lineno))
            return
        self._note_unclear(node, "a variable is read under a name that is made there")

    def _note_unclear(self, node: ast.stmt | ast.expr, what: str) -> None:
        self.unclear.append(Unclear(self.file, node.lineno, what))

    # -- helpers and their calls

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._visit_function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self._visit_function(node)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._visit_function(node)

    def _visit_function(self, node: Function) -> None:
        self.functions.append(node)
        self.generic_visit(node)
        self.functions.pop()

    def _own_parameter(self, named: ast.expr) -> tuple[str, int, str, bool] | None:
        """(function, position, parameter, is a method) where the name is a parameter of the function around it."""
        if not isinstance(named, ast.Name):
            return None
        for function in reversed(self.functions):
            names = [argument.arg for argument in (*function.args.posonlyargs, *function.args.args)]
            is_method = bool(names) and names[0] in ("self", "cls")
            if named.id in names and not isinstance(function, ast.Lambda):
                return function.name, names.index(named.id) - is_method, named.id, is_method
            if named.id in [argument.arg for argument in function.args.kwonlyargs] and not isinstance(
                function, ast.Lambda
            ):
                return function.name, 99, named.id, is_method
        return None

    def _note_call(self, node: ast.Call) -> None:
        name = (
            node.func.id
            if isinstance(node.func, ast.Name)
            else node.func.attr
            if isinstance(node.func, ast.Attribute)
            else ""
        )
        if not name or not (node.args or node.keywords):
            return
        values: dict[int | str, ast.expr] = dict(enumerate(node.args[:4]))
        values |= {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}
        texts, passed = dict[int | str, str](), dict[int | str, tuple[str, int, str]]()
        for key, value in values.items():
            found = _texts_of(value) or (self.texts.get(value.id, ()) if isinstance(value, ast.Name) else ())
            if len(found) == 1:
                texts[key] = found[0]
            elif own := self._own_parameter(value):
                passed[key] = own[:3]
        self.calls.append(Call(name, texts, passed, frozenset(values), self.file, node.lineno))


def _texts_of(node: ast.expr) -> tuple[str, ...]:
    """The text, or the texts of a list of nothing else; () for all other values."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return (node.value,)
    if isinstance(node, ast.List | ast.Tuple | ast.Set):
        found = [each.value for each in node.elts if isinstance(each, ast.Constant) and isinstance(each.value, str)]
        return tuple(found) if len(found) == len(node.elts) else ()
    return ()


def _is_copy(node: ast.expr, is_environ: Callable[[ast.expr], bool]) -> bool:
    """`dict(os.environ)`, `os.environ.copy()`, `{**os.environ, ...}`."""
    return any(is_environ(each) for each in _copied(node))


def _copied(node: ast.expr) -> Iterator[ast.expr]:
    if isinstance(node, ast.Call):
        if isinstance(node.func, ast.Attribute) and node.func.attr == "copy":
            yield node.func.value
        elif isinstance(node.func, ast.Name) and node.func.id == "dict":
            yield from node.args
    elif isinstance(node, ast.Dict):
        yield from (value for key, value in zip(node.keys, node.values, strict=True) if key is None)
