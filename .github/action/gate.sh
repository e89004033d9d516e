#!/usr/bin/env bash
# Ends the job as cdkguard ended: 0 passed, 1 findings, all else was not judged and never passes.
set -uo pipefail

escape() { printf '%s' "$1" | sed 's/%/%25/g' | tr '\r\n' '  '; }

case ${EXIT_CODE:-} in
  0)
    echo "cdkguard: ${VERDICT:-}"
    exit 0
    ;;
  1)
    echo "::error title=cdkguard::${VERDICT:-}: there are findings at or above fail-on; the summary and the log have them"
    exit 1
    ;;
  *)
    reason=$(escape "${REASON:-the step that runs cdkguard ended without a verdict}")
    echo "::error title=cdkguard: not judged::That is not a pass. $reason"
    [[ ${EXIT_CODE:-} =~ ^[0-9]+$ ]] && exit "$EXIT_CODE"
    exit 3
    ;;
esac
