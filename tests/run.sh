#!/usr/bin/env bash
# Runs the bats files (all, or the ones named) and ends with one line of
# counts: "N passed, N failed, N skipped". Status 0 only when none failed.
set -u
cd "${0%/*}/.." || exit 1
export BATS_TEST_TIMEOUT=${BATS_TEST_TIMEOUT:-120}
export BATS_LIB_PATH=${BATS_LIB_PATH:-/usr/lib/bats:/usr/local/lib/bats:/usr/share/bats:/opt/homebrew/lib:/usr/local/lib}
if [ $# -eq 0 ]; then
    set -- tests/*.bats
fi
mkdir -p build
log=$(mktemp build/check.XXXXXX) || exit 1
trap 'rm -f "$log"' EXIT
bats --tap --print-output-on-failure "$@" </dev/null | tee "$log"
ended=${PIPESTATUS[0]}
ok=$(grep -c '^ok ' "$log")
skipped=$(grep -c '^ok .* # skip' "$log")
failed=$(grep -c '^not ok ' "$log")
planned=$(sed -n 's/^1\.\.//p' "$log" | head -n 1)
lost=$((${planned:-0} - ok - failed))
if [ "$lost" -gt 0 ]; then      # a test that never said how it ended
    failed=$((failed + lost))
fi
if [ "$ended" -ne 0 ] && [ "$failed" -eq 0 ]; then
    failed=1
fi
echo "$((ok - skipped)) passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$((ok - skipped))" -gt 0 ]
