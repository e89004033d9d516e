#!/usr/bin/env bash
# Installs cdkguard, runs it once, and hands on how it ended. This script itself ends with 0, so that the later steps of action.yml
# (code scanning, artifact, comment) run where findings block, too; gate.sh ends the job.
#
# For bash 3.2, which macOS has: no mapfile, and "${list[@]+"${list[@]}"}" because an empty list is unset there.
set -uo pipefail

marker="<!-- cdkguard${IN_NAME:+ ${IN_NAME:-}} -->"
work=$(mktemp -d "${RUNNER_TEMP:?}/cdkguard.XXXXXX") || exit 3
markdown=$work/comment.md

hand_on() { printf '%s=%s\n' "$1" "$2" >>"$GITHUB_OUTPUT"; }

# Nothing was judged: the summary and the comment say so, so that no older "passed" stands there.
not_judged() { # STATUS REASON
  local reason
  reason=$(printf '%s' "$2" | tr '\r\n' '  ' | LC_ALL=C tr -d '\000-\037\177' | cut -c 1-1000)
  hand_on exit-code "$1"
  hand_on verdict NOT_JUDGED
  hand_on reason "$reason"
  if [ ! -s "$markdown" ]; then
    {
      printf '%s\n' "$marker"
      printf '⚠️ **cdkguard could not judge this** (exit status %s). That is not a pass.\n\n' "$1"
      printf '    %s\n\n' "$reason" # indented: a code block that no text can leave
      printf 'What an earlier run said here does not hold any more. The log of the job has more.\n'
    } >"$markdown"
    [ -z "${GITHUB_STEP_SUMMARY:-}" ] || sed 1d "$markdown" >>"$GITHUB_STEP_SUMMARY"
  fi
  hand_on markdown "$markdown"
  exit 0
}

usage() { not_judged 2 "cdkguard's action: $1"; }

# PATH inside the app's folder, as seen from the root of the repository.
from_root() { case $1 in /*) printf '%s' "$1" ;; *) printf '%s' "$prefix$1" ;; esac; }

read_inputs() {
  [[ ${IN_NAME:=} =~ ^[A-Za-z0-9._-]*$ ]] || usage "name: letters, digits, '.', '_' and '-' only"
  [[ ${IN_VERSION:=} =~ ^([0-9][0-9A-Za-z.+!]*|latest|source)?$ ]] || usage "version: a version, 'latest' or 'source'"
  [[ ${IN_EXTRAS:=} =~ ^[a-z0-9,-]*$ ]] || usage "extras: names, separated by commas"
  [[ ${IN_HTML:=false} =~ ^(true|false)$ ]] || usage "html: true or false"
  case ${IN_GATE:=} in '' | all | new) ;; *) usage "gate: all or new" ;; esac
  hand_on title "cdkguard${IN_NAME:+-$IN_NAME}"
  case ${IN_AGAINST:=} in
    '') if [ -n "${GITHUB_BASE_REF:-}" ]; then IN_AGAINST=git; fi ;;
    none) IN_AGAINST= ;;
  esac
}

# GitHub takes paths from the repository's root, so cdkguard runs there and is given the app's folder.
enter_root() {
  local directory=${IN_DIRECTORY:-.}
  if ! { cd -- "${GITHUB_WORKSPACE:-.}" && cd -- "$directory"; } 2>/dev/null; then usage "working-directory: no folder '$directory'"; fi
  prefix=
  if root=$(git rev-parse --show-toplevel 2>/dev/null) && prefix=$(git rev-parse --show-prefix 2>/dev/null); then
    cd -- "$root" || usage "working-directory: '$root' cannot be entered"
  fi
  hand_on root "$PWD"
}

# `uv tool install` and not `uvx`: where uvx cannot install, it ends with 1 or 2, which would be taken for findings or wrong usage; and it
# puts cdkguard's own Python first in PATH. Beside the repository, so that no file of it chooses the Python.
install_cdkguard() {
  local extras=$IN_EXTRAS what
  [ "$IN_AGAINST" != deployed ] || extras=${extras:+$extras,}aws
  what=cdkguard${extras:+[$extras]}
  case $IN_VERSION in
    latest) ;;
    source) what="$what @ file://$GITHUB_ACTION_PATH" ;;
    '') what="$what==$(sed -n 's/^__version__ = "\(.*\)"$/\1/p' "$GITHUB_ACTION_PATH/cdkguard/__init__.py")" ;;
    *) what="$what==$IN_VERSION" ;;
  esac
  echo "::group::uv tool install $what"
  (cd -- "$work" && UV_TOOL_DIR=$work/tools UV_TOOL_BIN_DIR=$work/bin uv tool install --python '>=3.11' "$what")
  local status=$?
  echo "::endgroup::"
  [ "$status" = 0 ] || not_judged 3 "cdkguard could not be installed (uv tool install $what ended with $status)"
  cdkguard=$work/bin/cdkguard
  "$cdkguard" --version || not_judged 3 "cdkguard was installed and does not start ($what)"
}

collect_options() {
  options=(check --output=text --output=github "--output=json=$work/cdkguard.json" "--output=markdown=$markdown" "--output=sarif=$work/cdkguard.sarif")
  [ "$IN_HTML" = false ] || options+=("--output=html=$work/cdkguard.html")
  if [ -n "$IN_AGAINST" ]; then
    case $IN_AGAINST in
      git | git:* | deployed) ;; # also where the repository has a file of that name
      *) IN_AGAINST=$(from_root "$IN_AGAINST") ;;
    esac
    options+=("--against=$IN_AGAINST")
  fi
  [ -z "${IN_APP:-}" ] || options+=("--app=$IN_APP")
  [ -z "${IN_ENVIRONMENT:-}" ] || options+=("--environment=$IN_ENVIRONMENT")
  [ -z "${IN_FAIL_ON:-}" ] || options+=("--fail-on=$IN_FAIL_ON")
  [ -z "${IN_CONFIG:-}" ] || options+=("--config=$(from_root "$IN_CONFIG")")
  [ "$IN_GATE" != new ] || options+=(--new)

  local word line
  if [[ ${IN_ARGS:-} =~ [^[:space:]] ]]; then
    # xargs takes quotes away and expands nothing.
    printf '%s' "$IN_ARGS" | tr '\n' ' ' | xargs printf '%s\0' >"$work/args" || usage "args: a quote is not closed"
    while IFS= read -r -d '' word; do options+=("$word"); done <"$work/args"
  fi
  if [[ ${IN_PATHS:-} =~ [^[:space:]] ]]; then
    options+=(--pre-built --)
    while IFS= read -r line || [ -n "$line" ]; do
      line=$(printf '%s' "$line" | sed 's/^[[:space:]]*//; s/[[:space:]]*$//')
      [ -z "$line" ] || options+=("$(from_root "$line")")
    done <<<"$IN_PATHS"
  else
    options+=(-- "${prefix:-.}")
  fi
}

# The app runs without the files by which a step talks to the runner.
run_cdkguard() {
  { env -u GITHUB_ENV -u GITHUB_PATH -u GITHUB_OUTPUT -u GITHUB_STATE "$cdkguard" "${options[@]}" 2>&1 >&3 | tee "$work/stderr" >&2
    status=${PIPESTATUS[0]}; } 3>&1
}

read_inputs
enter_root
install_cdkguard
collect_options
run_cdkguard

[ -s "$markdown" ] && [ -n "$IN_NAME" ] && sed "1s/.*/$marker/" "$markdown" >"$work/named.md" && mv "$work/named.md" "$markdown"
for format in json html; do [ ! -s "$work/cdkguard.$format" ] || hand_on "$format" "$work/cdkguard.$format"; done

case $status in
  0 | 1)
    # A status without the report is no verdict: whatever ended so was not a whole run of cdkguard.
    verdict=$(sed -n 's/^  "verdict": "\([A-Z_]*\)",$/\1/p' "$work/cdkguard.json" 2>/dev/null | head -n 1)
    [ -n "$verdict" ] && [ -s "$markdown" ] || not_judged 3 "cdkguard ended with $status and wrote no report"
    hand_on exit-code "$status"
    hand_on verdict "$verdict"
    hand_on markdown "$markdown"
    hand_on sarif "$work/cdkguard.sarif"
    ;;
  *)
    # Of the messages the first line alone: what follows may be the app's own output, whose secrets only the log masks.
    reason=$(grep '^cdkguard[a-z ]*: ' "$work/stderr" | tail -n 1)
    not_judged "$status" "${reason:-cdkguard ended with exit status $status}"
    ;;
esac
