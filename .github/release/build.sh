#!/usr/bin/env bash
# Builds what is released, into release/: dist/ (wheel, source distribution), sbom.cdx.json, notes.md, SHA256SUMS; each is tried before
# anything is published. TAG is the tag; without one this is a dry run (`make release-check`), whose notes are what is unreleased.
# The programs are those of .github/release/requirements.txt.
set -euo pipefail
cd "$(dirname "$0")/../.."

out=release
python=${PYTHON:-python3}
rm -rf "$out" && mkdir -p "$out/dist"

version=$("$python" tools/release/version.py check ${TAG:+"$TAG"})
"$python" tools/release/version.py notes ${TAG:+"$TAG"} >"$out/notes.md"

# The same commit makes the same files, whenever and wherever it is built.
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH
"$python" -m build --no-isolation --outdir "$out/dist" .
"$python" -m twine check --strict "$out"/dist/*
wheel=$out/dist/cdkguard-$version-py3-none-any.whl
[ -f "$wheel" ] && [ -f "$out/dist/cdkguard-$version.tar.gz" ]

# The wheel runs where nothing else is installed, and judges: a template that must pass, one that must not, one that is not there.
"$python" -m venv "$out/venv"
"$out/venv/bin/python" -m pip install --quiet "$wheel"
cdkguard=$out/venv/bin/cdkguard
[ "$("$cdkguard" --version)" = "cdkguard $version" ]
echo '{"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}' >"$out/good.json"
echo '{"Resources": {"Table": {"Type": "AWS::DynamoDB::Table", "DeletionPolicy": "Delete"}}}' >"$out/bad.json"
status=0 && "$cdkguard" check --quiet "$out/good.json" || status=$?
[ "$status" = 0 ]
status=0 && "$cdkguard" check --quiet "$out/bad.json" || status=$?
[ "$status" = 1 ]
status=0 && "$cdkguard" check --quiet "$out/nowhere.json" || status=$?
[ "$status" = 3 ]
rm "$out/good.json" "$out/bad.json"

# What `pip install cdkguard` brings, today.
"$out/venv/bin/python" -m pip uninstall --quiet --yes pip setuptools
"$python" -m cyclonedx_py environment --output-reproducible --pyproject pyproject.toml --mc-type library \
  --output-format JSON --output-file "$out/sbom.cdx.json" "$out/venv/bin/python"
rm -rf "$out/venv"
"$python" - "$out/sbom.cdx.json" "$version" <<'END' # pyproject.toml leaves the version to the package
import json, sys

with open(sys.argv[1]) as file:
    sbom = json.load(file)
sbom["metadata"]["component"]["version"] = sys.argv[2]
with open(sys.argv[1], "w") as file:
    json.dump(sbom, file, indent=2)
END

(cd "$out/dist" && sha256sum -- *) >"$out/SHA256SUMS"
cat "$out/SHA256SUMS"
