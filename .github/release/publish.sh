#!/usr/bin/env bash
# The release on GitHub, of the tag that is there: notes, files, list of contents. What build.sh left is in release/.
set -euo pipefail

kind=()
if [[ $TAG =~ (a|b|rc)[0-9]+$ ]]; then kind=(--prerelease --latest=false); fi
gh release create "$TAG" --repo "$GITHUB_REPOSITORY" --verify-tag --title "cdkguard ${TAG#v}" --notes-file release/notes.md \
  "${kind[@]+"${kind[@]}"}" release/dist/* release/sbom.cdx.json release/SHA256SUMS
