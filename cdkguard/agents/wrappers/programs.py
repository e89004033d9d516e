"""Interpreters of other languages: the file, module or code that they run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cdkguard._typing import NamedTuple
from cdkguard.agents.wrappers.nouns import Inside


class Interpreter(NamedTuple):
    """How an interpreter takes code and files."""

    language: str
    code: str = ""  # options whose value is code
    valued: str = ""  # other options that take a value
    module: str = ""  # the option whose value is a module
    verbs: str = ""  # subcommands before the file


_NODE = Interpreter(
    "javascript",
    "-e -p --eval --print -pe",
    "-r --require --import --loader --experimental-loader -C --conditions --env-file",
)
_TS_NODE = Interpreter(
    "javascript", "-e -p --eval --print -pe", "-r --require -P --project -C --cwd --compiler -O --compiler-options"
)
_PYTHON = Interpreter("python", "-c", "-W -X --check-hash-based-pycs", "-m")

INTERPRETERS: dict[str, Interpreter] = {
    "node": _NODE,
    "nodejs": _NODE,
    "ts-node": _TS_NODE,
    "ts-node-esm": _TS_NODE,
    "ts-node-script": _TS_NODE,
    "tsx": _TS_NODE._replace(valued=f"{_TS_NODE.valued} --tsconfig"),
    "esno": _TS_NODE,
    "babel-node": _TS_NODE,
    "swc-node": _TS_NODE,
    "jiti": _TS_NODE,
    "vite-node": _TS_NODE,
    "zx": Interpreter("javascript", "--eval -e", "--shell --prefix --postfix --cwd"),
    "deno": Interpreter("javascript", "", "-c --config --import-map -L", verbs="run eval"),
    "python": _PYTHON,
    "py": _PYTHON,
    "pypy": _PYTHON,
    "ipython": _PYTHON,
    "xonsh": _PYTHON,
    "ruby": Interpreter("ruby", "-e", "-r -I -C"),
    "perl": Interpreter("perl", "-e -E -ne -pe -le -we", "-I -M -m"),
    "php": Interpreter("php", "-r", "-d -c"),
    "groovy": Interpreter("groovy", "-e"),
    "lua": Interpreter("lua", "-e"),
    "osascript": Interpreter("applescript", "-e"),
    "rscript": Interpreter("r", "-e"),
    "r": Interpreter("r", "-e"),
    "elixir": Interpreter("elixir", "-e --eval", "-r -pa -pz --rpc-eval"),
    "iex": Interpreter("elixir", "-e --eval", "-r -pa -pz"),
    "jshell": Interpreter("java", "", "-R -C --startup --feedback --class-path"),
    "julia": Interpreter("julia", "-e -E --eval", "--project -p -t -L"),
    "groovysh": Interpreter("groovy", "-e"),
    "scala": Interpreter("scala", "-e"),
}


# Options with which nothing runs: the script is read for mistakes.
_CHECKS = {("node", "--check"), ("node", "-c"), ("nodejs", "--check"), ("nodejs", "-c"), ("ruby", "-c"), ("php", "-l")}


def interpreter_of(name: str) -> Interpreter | None:
    """The interpreter of that name, with or without a version: python3.12, node20."""
    plain = name.rstrip("0123456789.") if name[-1:].isdigit() else name
    return INTERPRETERS.get(name) or INTERPRETERS.get(plain)


def find_in_program(interpreter: Interpreter, words: Sequence[str], given: str | None) -> Iterator[Inside]:
    """What the interpreter would run: code, a module or a file."""
    valued, codes, verbs = interpreter.valued.split(), interpreter.code.split(), interpreter.verbs.split()
    language = interpreter.language
    at = 1
    if verbs and at < len(words) and words[at] in verbs:
        if words[at] == "eval":
            yield Inside(code=" ".join(words[at + 1 :]), language=language)
            return
        at += 1
    elif verbs:
        return
    has_code = False
    while at < len(words) and words[at][:1] == "-" and len(words[at]) > 1:
        name, has_value, value = words[at].partition("=")
        rest = words[at + 1 :]
        if name == interpreter.module or (
            interpreter.module and name[:1] == "-" and name[1:2] != "-" and name.endswith("m")
        ):
            if rest:
                yield Inside(("-m", *rest), language=language)
            return
        if language == "python" and name[:2] == "-m" and len(name) > 2:
            yield Inside(("-m", name[2:], *rest), language=language)
            return
        is_cluster = name[1:2] != "-" and any(len(each) == 2 and name.endswith(each[1]) for each in codes)
        if name in codes or is_cluster:
            code = value if has_value and name in codes else rest[0] if rest else ""
            yield Inside(code=code, language=language, arguments=tuple(rest[1:]))
            has_code = True
            at += 1
            if language == "python":
                return
        elif language == "python" and name[:2] == "-c":
            yield Inside(code=words[at][2:], language=language)
            return
        elif (words[0], name) in _CHECKS or (name in ("--version", "-V", "--help", "-h", "-v") and language != "perl"):
            return
        elif name in valued and not has_value:
            at += 1
        elif words[at] == "--":
            at += 1
            break
        at += 1
    if at < len(words) and words[at] != "-":
        if not has_code:
            yield Inside(script=words[at], language=language, arguments=tuple(words[at + 1 :]))
    elif not has_code:
        yield Inside(code=given, language=language) if given is not None else Inside(is_unread=True, language=language)
