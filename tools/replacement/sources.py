"""What AWS says of a change of each property, by four sources: for `compare_sources.py`.

`schema`  the provider schemas of the installed cfn-lint: createOnlyProperties, conditionalCreateOnlyProperties
`service` the CDK's service spec
`spec`    CloudFormation's own resource specification, frozen in 2023, from the npm package @aws-cdk/cfnspec
`docs`    "Update requires" of the user guide, whose last public version is of 2023
"""

import json
import re
import subprocess
import tempfile
from pathlib import Path

from make_table import create_only

SPECIFICATION = "@aws-cdk/cfnspec@2.72.1"
GUIDE = "https://github.com/awsdocs/aws-cloudformation-user-guide"
GUIDE_COMMIT = "6c68a17a"  # The last one with the pages.
WORDS = {None: "-", "Mutable": "no", "Conditional": "some", "Immutable": "yes"}
PAGE_WORDS = {"No interruption": "no", "Some interruptions": "some", "Replacement": "yes", "Updates are not supported": "refused"}  # fmt: skip
TITLE = re.compile(r"# (AWS::\w+::\w+)(?: (\w+))?<a")
PROPERTY = re.compile(r'^`(\w+)`  <a name="[^"]*"></a>\n(.*?)(?=^`\w+`  <a name|^## |\Z)', re.S | re.M)
UPDATE = re.compile(r"\*Update requires\*: ?\[?([\w ]+)")


def read_schema(schema):
    """{path: no | maybe | yes} of one provider schema; a path that is not there is a "no"."""
    yes, maybe = create_only(schema)
    return dict.fromkeys(maybe, "maybe") | dict.fromkeys(yes, "yes")


def read_specification():
    """The whole specification, fetched by npm."""
    with tempfile.TemporaryDirectory() as folder:
        quiet = ("--no-audit", "--no-fund", "--ignore-scripts", "--no-save", "--prefix", folder)
        subprocess.run(["npm", "install", *quiet, SPECIFICATION], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        file = Path(folder, "node_modules", "@aws-cdk", "cfnspec", "spec", "specification.json")
        return json.loads(file.read_text())


def walk_specification(specification, kind):
    """(path, no | some | yes, name of the data type that holds it) of each property of a type, at any depth."""
    yield from _walk(specification, kind, specification["ResourceTypes"].get(kind), "", "", ())


def _walk(specification, kind, described, data_type, prefix, seen):
    for name, entry in (described or {}).get("Properties", {}).items():
        yield prefix + name, WORDS[entry.get("UpdateType")], data_type
        inner = entry.get("ItemType") or entry.get("Type")
        if inner and inner not in seen and inner != "Tag" and entry.get("Type") != "Map":
            below = specification["PropertyTypes"].get(f"{kind}.{inner}")
            yield from _walk(specification, kind, below, inner, f"{prefix}{name}.", (*seen, inner))


def read_guide(checkout):
    """{(type, name of the data type or ""): {property: no | some | yes | refused}} of the user guide's pages."""
    listed = _git(checkout, "ls-tree", "-r", "--name-only", GUIDE_COMMIT, "doc_source")
    names = [name for name in listed.split() if re.search(r"/aws-(resource|properties)-", name)]
    request = "".join(f"{GUIDE_COMMIT}:{name}\n" for name in names)
    return dict(filter(None, map(_read_page, _split_batch(_git(checkout, "cat-file", "--batch", input=request)))))


def _git(checkout, *arguments, **options):
    done = subprocess.run(["git", "-C", checkout, *arguments], check=True, capture_output=True, text=True, **options)
    return done.stdout


def _split_batch(batch):
    """The pages of one answer of git; each begins with a line of its own: name, kind, size."""
    return re.split(r"^[0-9a-f]{40} blob \d+\n", batch, flags=re.M)[1:]


def _read_page(text):
    title = TITLE.match(text)
    if title is None:
        return None
    body = text.partition("## Properties<a")[2].partition("## Return values")[0]
    found = {name: UPDATE.search(about) for name, about in PROPERTY.findall(body)}
    return (title[1], title[2] or ""), {name: PAGE_WORDS[u[1].strip()] for name, u in found.items() if u}
