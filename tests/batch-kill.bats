#!/usr/bin/env bats
# supai-batch killed, ended, out of disk and left by its server, again and
# again: nothing is lost, and nothing that was answered is asked twice.

load helper

setup() {
    common_setup
    RANDOM=1 # the same moments in each run
    seq 1 2000 | supai-req -R -e '"Say \(.)"' --id . >in
    : >answered
}

# note_answered: adds to the file "answered" what the results file OUT knows now,
# with how many requests the mock had seen by then: "ID SEEN".
note_answered() {
    awk -F'"custom_id":"' -v seen="$(mock_requests)" 'NR == FNR { known[$1]; next }
        /"error":null}$/ { split($2, id, "\""); if (!(id[1] in known)) print id[1] " " seen }' \
        FS=' ' answered FS='"custom_id":"' "${1-out}" >new
    cat new >>answered
}

# nothing_twice OUT: each id has exactly one result there, a success, on a whole
# line; and no id was asked after a restart that knew its answer.
nothing_twice() {
    jq -r 'select(.error == null and .response.status_code == 200).custom_id' "$1" | sort -n >ids
    seq 1 2000 | cmp - ids
    assert_equal "$(wc -l <"$1")" 2000
    jq -r '"\(.body.messages[0].content[4:]) \(.request)"' "$MOCK_LOG" >asked
    awk 'NR == FNR { seen[$1] = $2; next } $1 in seen && $2 > seen[$1] { print; bad = 1 }
        END { exit bad }' answered asked || fail 'asked again'
}

# The milliseconds until the first result of a run is in the file.
measure() {
    local start=${EPOCHREALTIME/./}
    supai-batch "$@" 2>/dev/null 3>&- &
    until_true test -s out
    kill -9 $!
    wait $! 2>/dev/null || true
    took=$(((${EPOCHREALTIME/./} - start) / 1000))
}

ms() { printf '%d.%03d' $(($1 / 1000)) $(($1 % 1000)); }

@test "killed at 200 moments: nothing is lost, and nothing asked twice" {
    reads_the_clock
    mock_start
    local moments=200 kills=0 grown=0 before pid status
    [ -z "${SUPAI_SAN-}" ] || moments=50 # each is as long as a start
    set -- -j 16 --rate 300/s -o out in
    measure "$@"
    while [ $kills -lt $moments ]; do
        note_answered
        before=$(wc -l <out)
        supai-batch "$@" 2>>err 3>&- &
        pid=$!
        sleep "$(ms $((RANDOM % (3 * took))))"
        kill -9 $pid && kills=$((kills + 1))
        wait $pid 2>/dev/null || true
        [ "$(wc -l <out)" -eq "$before" ] || grown=$((grown + 1))
    done
    note_answered
    [ $grown -gt $((moments / 5)) ] || fail "only $grown of the runs came to a result"
    run --separate-stderr supai-batch -j 64 -o out in
    expect 0 '' ''
    nothing_twice out
    assert_equal "$(cat err)" ''
    [ "$(wc -l <asked)" -gt 2000 ]
}

@test "ended by SIGTERM at 20 moments: what was asked was waited for" {
    mock_start --first-byte-delay 5
    local n pid
    set -- -j 16 --rate 200/s -o out in
    measure "$@"
    note_answered
    SECONDS=0
    for ((n = 0; n < 20 && SECONDS < 60; n++)); do # fewer on a slow machine
        supai-batch "$@" 2>>err 3>&- &
        pid=$!
        sleep "$(ms $((took + RANDOM % 50)))"
        kill -TERM $pid 2>/dev/null || :
        status=0
        wait $pid || status=$?
        note_answered
        [ $status -ne 0 ] || break # a machine so slow that it was done before
        [ $status -eq 75 ] || [ $status -eq 143 ] || fail "status $status" # before it was ready
    done
    run --separate-stderr supai-batch -j 64 -o out in
    expect 0 '' ''
    nothing_twice out
    # Only what measure killed was asked and not waited for.
    [ "$(wc -l <asked)" -le 2016 ]
}

@test "the disk fills up again and again" {
    mkdir disk
    mount -t tmpfs -o size=64k tmpfs disk 2>/dev/null || skip "no tmpfs can be mounted"
    mock_start
    local size=64 fulls=0
    status=74
    while [ $status -eq 74 ] && [ $size -lt 4000 ]; do
        status=0
        supai-batch -j 16 -o disk/out in 2>>err 3>&- || status=$?
        [ $status -eq 0 ] || fulls=$((fulls + 1))
        note_answered disk/out
        [ -z "$(tail -c 1 disk/out)" ] || status=torn
        size=$((size + 128))
        mount -o remount,size=${size}k disk
    done
    cp disk/out out
    umount disk
    assert_equal $status 0
    [ $fulls -gt 2 ]
    assert_equal "$(sort -u err)" 'supai-batch: disk/out: No space left on device'
    nothing_twice out
}

@test "the server is restarted under it" {
    local n port pid
    mock_start --first-byte-delay 20
    port=${SUPAI_BASE_URL#http://127.0.0.1:}
    port=${port%%/*}
    supai-batch -j 32 --rate 1000/s -o out in 2>err 3>&- &
    pid=$!
    for n in 300 800 1300; do
        until_true awk -v n=$n 'END { exit NR < n }' out
        note_answered
        kill "$MOCK_PID"
        wait "$MOCK_PID" || true
        supai-mock --port "$port" --log "$MOCK_LOG" --first-byte-delay 20 >/dev/null 3>&- 4>&- &
        MOCK_PID=$!
        MOCK_PIDS="$MOCK_PIDS $MOCK_PID"
    done
    wait $pid || fail "$(cat err; head -n 3 out.failed)"
    assert_equal "$(cat err)" ''
    # The new mock counts its requests anew.
    jq -c '.request = input_line_number' "$MOCK_LOG" >log
    MOCK_LOG=log
    nothing_twice out
}
