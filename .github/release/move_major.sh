#!/usr/bin/env bash
# Moves v0, v1 ..., which `uses: cdkguard/cdkguard@v0` names, to the commit of a released version. A pre-release moves nothing, and an
# older version than the newest of its major (a mend of an old line) neither.
set -euo pipefail

[[ $TAG =~ ^v([0-9]+)\.[0-9]+\.[0-9]+$ ]] || { echo "$TAG is no final version: no tag is moved"; exit 0; }
major=v${BASH_REMATCH[1]}
refs=repos/$GITHUB_REPOSITORY/git

newest=$(gh api --paginate "$refs/matching-refs/tags/$major." --jq '.[].ref' | sed 's,^refs/tags/,,' |
  grep -E '^v[0-9]+\.[0-9]+\.[0-9]+$' | sort --version-sort | tail -n 1)
[ "$newest" = "$TAG" ] || { echo "$newest is newer than $TAG: $major stays"; exit 0; }

if gh api "$refs/ref/tags/$major" --silent 2>/dev/null; then
  gh api --method PATCH "$refs/refs/tags/$major" --field "sha=$GITHUB_SHA" --field force=true --silent
else
  gh api --method POST "$refs/refs" --field "ref=refs/tags/$major" --field "sha=$GITHUB_SHA" --silent
fi
echo "$major is $GITHUB_SHA"
