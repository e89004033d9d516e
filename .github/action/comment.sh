#!/usr/bin/env bash
# Keeps one comment on the pull request: the one whose first line is the marker and whose author is ours is updated, else one is
# added. A comment that cannot be written changes nothing of the verdict, so this ends with 0 and says what is missing.
set -uo pipefail

most=65000 # of the 65,536 characters that GitHub takes
marker="<!-- cdkguard${IN_NAME:+ ${IN_NAME:-}} -->"

say() { printf '::%s title=cdkguard::%s\n' "$1" "$2"; }

give_up() { # of the answer, what gh says of it
  local answer
  answer=$(LC_ALL=C tr -d '\000-\010\013-\037\177' <"$error" | tail -n 3 | sed 's/%/%25/g' | tr '\n' ' ')
  if grep -q -e 'HTTP 403' -e 'HTTP 401' -e 'not accessible by integration' "$error"; then
    say notice "The comment was not written: this job's token may not (a pull request from a fork, or no 'pull-requests: write'). The job's summary has the same text."
  else
    say warning "The comment was not written: $answer. The job's summary has the same text."
  fi
  exit 0
}

# At most $most characters, cut at the end of a line; a block that the cut leaves open is closed.
cut_to_most() {
  awk -v most="$most" '
    used + length($0) + 1 > most - 400 { cut = 1; exit }
    { used += length($0) + 1; print }
    /^[[:space:]]*```/ { fence = !fence }
    !fence { rest = $0; open += gsub(/<details/, "", rest); rest = $0; open -= gsub(/<\/details>/, "", rest) }
    END {
      if (!cut) exit
      if (fence) print "```"
      for (; open > 0; open--) print "\n</details>"
      print "\n_This was cut: GitHub takes no longer comment. The log of the job, its summary and the reports have all of it._"
    }' "$1"
}

[[ ${PULL_REQUEST:-} =~ ^[0-9]+$ ]] || { say notice "There is no pull request to comment on."; exit 0; }
[ -s "${MARKDOWN:-}" ] || { say warning "There is no text for the comment."; exit 0; }
command -v gh >/dev/null || { say warning "The comment was not written: this runner has no gh. The job's summary has the same text."; exit 0; }

if [ "${GITHUB_SERVER_URL:-https://github.com}" != https://github.com ]; then
  export GH_HOST=${GITHUB_SERVER_URL#*://} GH_ENTERPRISE_TOKEN=$GH_TOKEN
fi
work=$(mktemp -d "${RUNNER_TEMP:?}/cdkguard-comment.XXXXXX") || exit 0
error=$work/error body=$work/body.md
cut_to_most "$MARKDOWN" >"$body"
[ "$(head -n 1 "$body")" = "$marker" ] || { say warning "The comment was not written: its text has no marker."; exit 0; }

issues="repos/${GITHUB_REPOSITORY:?}/issues"
export MARKER=$marker AUTHOR=${IN_AUTHOR:-github-actions[bot]}
found=$(gh api --paginate "$issues/$PULL_REQUEST/comments?per_page=100" \
  --jq '.[] | select(.user.login == env.AUTHOR and (.body | startswith(env.MARKER))) | .id' 2>"$error") || give_up
found=$(printf '%s\n' "$found" | head -n 1)
if [ -n "$found" ]; then
  gh api --method PATCH "$issues/comments/$found" --field "body=@$body" --silent 2>"$error" || give_up
  echo "updated comment $found"
else
  gh api --method POST "$issues/$PULL_REQUEST/comments" --field "body=@$body" --silent 2>"$error" || give_up
  echo "added a comment"
fi
