#!/usr/bin/env bash
# Runs the bats files (all, or the ones named), JOBS of them at a time, and
# prints what each said as one block. Ends with one line of counts: "N passed,
# N failed, N skipped". Status 0 only when some passed and none failed.
#
# With SUPAI_SAN=1 a report of a sanitizer is a failure, whatever the test that
# caused it expected.
set -u
cd "${0%/*}/.." || exit 1
if [ -z "${SUPAI_DEFAULTS-}" ] && [ -x "${BUILD:=build}/tests/defaults" ]; then
    SUPAI_DEFAULTS=1 exec "$BUILD/tests/defaults" tests/run.sh "$@"
fi
unset SUPAI_DEFAULTS
# The plainest locale, whatever the caller's is: a test that needs another says so.
unset LANG LANGUAGE "${!LC_@}"
export LC_ALL=C
. tests/bats-path.sh
# For a test that hangs, and none that is slow.
export BATS_TEST_TIMEOUT=${BATS_TEST_TIMEOUT:-${SUPAI_SAN:+300}}
export BATS_TEST_TIMEOUT=${BATS_TEST_TIMEOUT:-120}
JOBS=${JOBS:-$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)}

if [ $# -eq 0 ]; then
    # The longest first, so that none of them runs alone at the end.
    # shellcheck disable=SC2046,SC2012 # names without spaces
    set -- $(ls -S tests/*.bats)
fi
files=("$@")

# Beside what was built: the tree itself may be read-only.
mkdir -p "${BUILD:=build}"
work=$(cd "$BUILD" && mktemp -d "$PWD/check.XXXXXX") || exit 1
workers=()

# A process group each (set -m below), so that what a test left behind ends too.
finish() {
    for worker in "${workers[@]+"${workers[@]}"}"; do
        kill -TERM -- "-$worker" 2>/dev/null
    done
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

mkdir "$work/san" "$work/claim" "$work/done"
if [ -n "${SUPAI_SAN-}" ]; then
    export ASAN_OPTIONS="detect_leaks=1:exitcode=99:log_path='$work/san/report'"
    export UBSAN_OPTIONS="print_stacktrace=1:exitcode=99:log_path='$work/san/report'"
fi

# Takes one file after the other that no other worker has taken; the name of
# each goes into the pipe when it is done.
work_off() {
    local i
    for i in "${!files[@]}"; do
        mkdir "$work/claim/$i" 2>/dev/null || continue
        bats --tap --timing --print-output-on-failure "${files[i]}" </dev/null \
            >"$work/done/$i" 2>&1
        printf '%s %s\n' "$i" "$?"
    done
}

passed=0 failed=0 skipped=0

# count FILE STATUS: adds up a block of TAP.
count() {
    local ok not skip planned
    ok=$(grep -c '^ok ' "$1")
    skip=$(grep -c '^ok .* # skip' "$1")
    not=$(grep -c '^not ok ' "$1")
    planned=$(sed -n 's/^1\.\.//p' "$1" | head -n 1)
    if [ "${planned:-0}" -gt $((ok + not)) ]; then # some never said how they ended
        not=$((planned - ok))
    fi
    if [ "$2" -ne 0 ] && [ "$not" -eq 0 ]; then
        not=1
    fi
    passed=$((passed + ok - skip))
    failed=$((failed + not))
    skipped=$((skipped + skip))
}

# With job control on, what is started in the background gets a process group
# of its own, and SIGINT is not ignored there.
mkfifo "$work/pipe" || exit 1
exec 4<>"$work/pipe"
set -m
for ((n = 0; n < JOBS && n < ${#files[@]}; n++)); do
    work_off >&4 4>&- &
    workers+=($!)
done
set +m
exec 3<"$work/pipe" 4>&- # it ends when the last worker has

left=${#files[@]}
while read -r i status <&3; do
    printf '# %s\n' "${files[i]}"
    cat "$work/done/$i"
    count "$work/done/$i" "$status"
    left=$((left - 1))
done
if [ "$left" -gt 0 ]; then
    printf 'not ok: %d files were not run to their end\n' "$left"
    failed=$((failed + left))
fi

for report in "$work"/san/*; do
    [ -f "$report" ] || continue
    printf 'not ok: a sanitizer said\n'
    cat "$report"
    failed=$((failed + 1))
done
printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
