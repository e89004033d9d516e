"""Which environment variables code reads: a table for each language, and what only seems to read one."""

import pytest

from cdkguard.preflight.env import other_reads, pydantic_reads, python_reads
from cdkguard.preflight.env.reads import resolve_helpers

PYTHON = [
    ("import os\nos.environ['A']", "A"),
    ("import os\nos.environ.get('A', 'x'); os.getenv('B'); os.environ.setdefault('C', '1')", "A B C"),
    ("import os as o\no.getenv('A')", "A"),
    ("from os import environ, getenv as g\nenviron['A'] + g('B')", "A B"),
    ("import os\nenv = os.environ\nenv['A']", "A"),
    ("import os\nenv = {**os.environ, 'X': '1'}\nenv['A']", "A"),
    ("import os\nenv = dict(os.environ)\nenv.get('A')", "A"),
    ("import os\nif 'A' in os.environ: pass", "A"),
    ("import os\nfor name in ('A', 'B'):\n    os.environ[name]", "A B"),
    ("import os\nNAMES = ['A', 'B']\n[os.environ[n] for n in NAMES]", "A B"),
    ("import os\nKEY = 'A'\nos.environ[KEY]", "A"),
    ("import os\ndef env(name, default=''):\n    return os.environ.get(name, default)\nenv('A'); env(name='B')", "A B"),
    ("import os\ndef one(n): return os.environ[n]\ndef two(m): return one(m)\ntwo('A')", "A"),
    ("import os\nclass C:\n    def get(self, key): return os.environ[key]\nC().get('A'); {}.get('not-one')", "A"),
    ("from decouple import config\nconfig('A', default=1)", "A"),
    ("from environs import Env\nenv = Env()\nenv.read_env()\nenv('A'); env.int('B')", "A B"),
    ("import environ\nenv = environ.Env()\nenv.str('A')", "A"),
    ("from dotenv import dotenv_values\nvalues = dotenv_values('.env')\nvalues['A']", "A"),
    # what reads none
    ("import os\nos.environ['A'] = 'x'\ndel os.environ['B']", ""),
    ("# os.environ['A']\ntext = \"os.getenv('B')\"", ""),
    ("import os, subprocess\nsubprocess.run([], env=os.environ)", ""),
    ("environ = {}\nenviron['A']", ""),
]


@pytest.mark.parametrize(("code", "names"), PYTHON)
def test_python(code, names):
    found = resolve_helpers([python_reads.read_python("a.py", code)])
    assert sorted({read.name for read in found.reads}) == names.split()
    assert not found.unclear


@pytest.mark.parametrize(
    "code",
    [
        "import os\nos.environ[f'{x}_URL']",
        "import os\nos.getenv(name())",
        "import os\nfor name, value in os.environ.items(): pass",
        "import os\ndef env(name): return os.environ[name]\nenv('A' + b)",
        "def broken(:",
    ],
)
def test_python_that_hides_names(code):
    assert resolve_helpers([python_reads.read_python("a.py", code)]).unclear


PYDANTIC = [
    ("class S(BaseSettings):\n    url: str\n    debug: bool = False", "DEBUG URL"),
    ("class S(BaseSettings):\n    model_config = SettingsConfigDict(env_prefix='APP_')\n    url: str", "APP_URL"),
    ("class S(BaseSettings):\n    class Config:\n        env_prefix = 'APP_'\n    url: str", "APP_URL"),
    ("class S(BaseSettings, env_prefix='X_'):\n    url: str = Field(alias='REAL')\n    b: int", "REAL X_B"),
    ("class S(BaseSettings):\n    url: str = Field(validation_alias=AliasChoices('A', 'B'))", "A B"),
    ("class B(BaseSettings):\n    model_config = {'env_prefix': 'P_'}\n    a: str\nclass S(B):\n    b: str", "P_A P_B"),
    ("class S(BaseModel):\n    url: str", ""),
    ("class S(BaseSettings):\n    _own: int\n    N: ClassVar[int] = 1", ""),
]


@pytest.mark.parametrize(("code", "names"), PYDANTIC)
def test_pydantic(code, names):
    found = pydantic_reads.read_settings(pydantic_reads.list_classes("a.py", code))
    assert sorted({read.name for read in found}) == names.split()


JAVASCRIPT = [
    ("process.env.A; process.env['B']; process.env[`C`]; process.env?.D", "A B C D"),
    ("const { A, B: b, C = 'x', ...rest } = process.env;", "A B C"),
    ("import.meta.env.VITE_A", "VITE_A"),
    ("const env = process.env; env.A; env['B']", "A B"),
    ("const env = { ...process.env }; env.A", "A"),
    ("(process.env as any).A; process.env.B!", "A B"),
    ("const required = (name: string): string => { const v = process.env[name]; return v!; };\nrequired('A');", "A"),
    ("function get(name) { return process.env[name] }\nget('A')", "A"),
    ("for (const k of ['A', 'B']) process.env[k]", "A B"),
    ("const KEYS = ['A', 'B'];\nKEYS.forEach((k) => check(process.env[k]))", "A B"),
    ("const K = 'A'; process.env[K]", "A"),
    ("const s = z.object({ A: z.string(), B: z.string() }).strict();\ns.parse(process.env)", "A B"),
    ("z.object({ A: z.string() }).safeParse(process.env)", "A"),
    (
        "const s = Joi.object().keys({ A: Joi.string(), B: Joi.x() }).unknown();\ns.prefs({ errors: { C: 1 } }).validate(process.env)",
        "A B",
    ),
    ("const b = z.object({ A: 1 }); const s = b.extend({ B: 2 }).strict(); s.parse(process.env)", "A B"),
    ("v.parse(v.object({ A: v.string() }), process.env)", "A"),
    ("cleanEnv(process.env, { A: str(), B: num() })", "A B"),
    ("createEnv({ server: { A: z.string() }, client: { VITE_B: z.string() }, runtimeEnv: process.env })", "A VITE_B"),
    ("this.configService.get('A'); config.getOrThrow('B'); map.get('NOT')", "A B"),
    ("import * as env from 'env-var'; env.get('A').required()", "A"),
    ("'A' in process.env", "A"),
    ("function f({ A, B } = process.env) {}", "A B"),
    ("Deno.env.get('A'); Bun.env.B", "A B"),
    # what reads none
    ("process.env.A = 'x'; delete process.env.B", ""),
    ("// process.env.A\nconst t = 'process.env.B'", ""),
    ("spawn('x', { env: process.env }); spawn('y', { env: { ...process.env, X: '1' } }); console.log(process.env)", ""),
]


@pytest.mark.parametrize(("code", "names"), JAVASCRIPT)
def test_javascript(code, names):
    pytest.importorskip("tree_sitter_typescript")
    from cdkguard.preflight.env import javascript_reads

    found = resolve_helpers([javascript_reads.read_javascript("a.ts", code, ".ts")])
    assert sorted({read.name for read in found.reads}) == names.split()
    assert not found.unclear


@pytest.mark.parametrize(
    "code",
    [
        "process.env[`${stage}_URL`]",
        "load(process.env)",
        "Object.keys(process.env)",
        "for (const k in process.env) {}",
        "const get = (n) => process.env[n]; get(a + b)",
    ],
)
def test_javascript_that_hides_names(code):
    pytest.importorskip("tree_sitter_typescript")
    from cdkguard.preflight.env import javascript_reads

    assert resolve_helpers([javascript_reads.read_javascript("a.ts", code, ".ts")]).unclear


def test_components():
    pytest.importorskip("tree_sitter_typescript")
    from cdkguard.preflight.env import javascript_reads

    text = "<template>{{ x }}</template>\n<script setup lang='ts'>\nconst x = import.meta.env.VITE_A\n</script>\n"
    (read,) = javascript_reads.read_javascript("a.vue", text, ".vue").reads
    assert (read.name, read.line) == ("VITE_A", 3)


OTHER = [
    (".java", 'System.getenv("A"); // System.getenv("B")', "A"),
    (".go", 'os.Getenv("A"); v, ok := os.LookupEnv("B")', "A B"),
    (".cs", 'Environment.GetEnvironmentVariable("A")', "A"),
    (".kt", 'val a = System.getenv("A") /* System.getenv("B") */', "A"),
]


@pytest.mark.parametrize(("ending", "code", "names"), OTHER)
def test_other_languages(ending, code, names):
    found = other_reads.read_other("a" + ending, code, ending)
    assert sorted(read.name for read in found.reads) == names.split() and not found.unclear


def test_other_languages_that_hide_names():
    assert other_reads.read_other("a.go", "os.Getenv(name)", ".go").unclear
