#!/usr/bin/env bash
# tests/fuzz/run.sh NAME ...: each fuzzer in $BUILD/fuzz for $FUZZ_SECONDS. `make fuzz`
# calls it. Ends with a line for each: its executions, and what it found.
set -u
cd "${0%/*}/../.." || exit 1
export UBSAN_OPTIONS=print_stacktrace=1

# kept NAME FOLDER: what it starts from.
kept() {
    mkdir -p "$2" && find tests/data -type f -exec cp {} "$2/" \; || return
    [ ! -d "tests/fuzz/$1" ] || cp "tests/fuzz/$1"/* "$2/" || return
    [ ! -f "tests/fuzz/$1.corpus" ] || split -a 4 -l 8 "tests/fuzz/$1.corpus" "$2/kept."
}

status=0
for name; do
    fuzzer=$BUILD/fuzz/$name
    kept "$name" "$fuzzer.corpus" || exit 1
    dict=
    [ ! -f "tests/fuzz/$name.dict" ] || dict=-dict=tests/fuzz/$name.dict
    # shellcheck disable=SC2086 # no word, or one
    "$fuzzer" $dict -max_total_time="$FUZZ_SECONDS" -timeout=20 -max_len=4096 -rss_limit_mb=2048 -print_final_stats=1 \
        -artifact_prefix="$fuzzer.found-" "$fuzzer.corpus" >"$fuzzer.log" 2>&1 || status=1
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$fuzzer.log")
    found=$(find "$BUILD/fuzz" -name "$name.found-*" | wc -l)
    printf '%s: %s executions, %d found\n' "$name" "${runs:-no}" "$found"
done
exit $status
