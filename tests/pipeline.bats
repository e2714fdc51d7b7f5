# The four stages together: req | send | sse | text.
load helper

PIPE='supai-req hi | supai-send --retries 1 | supai-sse | supai-text'

# fails STATUSES OUTPUT STDERR: the pipeline, in a command substitution and
# without pipefail, ends with the last of STATUSES, which is not 0.
fails() {
    run_pipe "$PIPE"
    assert_equal "$stages" "$1"
    assert_equal "$output" "$2"
    # shellcheck disable=SC2053
    [[ $stderr == $3 ]] || fail "stderr is: $stderr"
    assert_not_equal "$status" 0
    x=$(set +o pipefail; eval "$PIPE" 2>/dev/null) && fail 'the substitution succeeded'
    assert_equal "$x" "$2"
}

@test "an answer comes through" {
    mock_start
    run_pipe 'supai-req "Why is the sky blue?" | supai-send | supai-sse | supai-text'
    expect 0 'Why is the sky blue?' ''
    assert_equal "$stages" '0 0 0 0'
}

@test "an answer comes through without streaming" {
    mock_start --reply 'Rayleigh.'
    run_pipe 'supai-req --no-stream hi | supai-send | supai-sse | supai-text -u'
    expect 0 'Rayleigh.' 'supai-text: tokens: * prompt, * completion, * total'
    assert_equal "$stages" '0 0 0 0'
}

@test "a text of every kind of character comes through unchanged" {
    mock_start --reply @"$DATA/chunks.txt"
    supai-req hi | supai-send | supai-sse | supai-text >out
    cmp out "$DATA/chunks.txt"
}

@test "failure travels: no key" {
    mock_start
    unset SUPAI_API_KEY
    fails '0 78 66 66' '' 'supai-send: *key*'
    assert_equal "$(mock_requests)" 0
}

@test "failure travels: 401" {
    mock_start --fail 401
    fails '0 77 66 66' '' 'supai-send: HTTP 401: *'
}

@test "failure travels: 402" {
    mock_start --fail 402
    fails '0 77 66 66' '' 'supai-send: HTTP 402: *'
}

@test "failure travels: 429 after retries" {
    mock_start --fail 429 --retry-after 0
    fails '0 75 66 66' '' 'supai-send: HTTP 429: *'
    assert_equal "$(mock_requests)" 4
}

@test "failure travels: 500 after retries" {
    mock_start --fail 500 --retry-after 0
    fails '0 69 66 66' '' 'supai-send: HTTP 500: *'
    assert_equal "$(mock_requests)" 4
}

@test "failure travels: connection refused" {
    mock_start
    common_teardown
    PIPE='supai-req hi | supai-send --retries 0 | supai-sse | supai-text'
    fails '0 69 66 66' '' 'supai-send: *127.0.0.1*'
}

@test "failure travels: a name that does not resolve" {
    # A label of 64 characters: no resolver takes it, and none is asked.
    label=$(printf 'a%.0s' {1..64})
    export SUPAI_BASE_URL=https://$label.invalid/v1/openai SUPAI_API_KEY=$TEST_KEY
    PIPE='supai-req hi | supai-send --retries 0 | supai-sse | supai-text'
    fails '0 69 66 66' '' 'supai-send: *'
}

@test "failure travels: the stream is cut before its finish reason" {
    mock_start --reply 'one two three four five six' --cut 3
    run_pipe "$PIPE"
    text=$output
    assert_not_equal "$text" ''
    fails '0 76 76 76' "$text" 'supai-send: *
supai-sse: *
supai-text: *not whole*'
}

@test "failure travels: an error object in mid-stream" {
    mock_start --reply 'one two three four five six' --error-event 3
    run_pipe "$PIPE"
    text=$output
    assert_not_equal "$text" ''
    assert_equal "${stages##* }" 69
    fails "$stages" "$text" '*supai-text: the service says: *'
}

@test "failure travels: a stall past the idle limit" {
    reads_the_clock
    mock_start --reply 'one two three four five six' --stall 3
    PIPE='supai-req hi | supai-send --idle-timeout 0.3 | supai-sse | supai-text'
    run_pipe "$PIPE"
    text=$output
    assert_not_equal "$text" ''
    fails '0 75 76 76' "$text" 'supai-send: *'
}

@test "failure travels: an HTML page instead of an answer" {
    mock_start --garbage
    fails '0 0 76 66' '' 'supai-sse: *not an event stream*'
}

@test "failure travels: an empty body" {
    mock_start --body ''
    fails '0 76 66 66' '' 'supai-send: *empty*'
}

@test "failure travels: the whole answer of a failed stage is silence after it" {
    mock_start
    PIPE='supai-req --no-such | supai-send | supai-sse | supai-text'
    fails '64 66 66 66' '' 'supai-req: *
usage: *'
}

@test "it streams: each piece of text is out before the next event is sent" {
    reads_the_clock
    mock_start --reply 'one two three four five six seven' --delay 200
    supai-req hi | supai-send | supai-sse | supai-text | clock >times
    assert [ "$(wc -l <times)" -ge 5 ]
    # Pieces that waited for each other would come together.
    awk 'NR > 1 && $1 - last < 100 { exit 1 } { last = $1 }' times
}

# Recordings.

# main_text FILE: the text of main's last text-start on, by jq alone.
main_text() {
    jq -rj --slurp '[.[].chunk | select(._source.key == "main")]
        | (map(.type) | rindex("text-start")) as $start
        | .[$start // length:][] | select(.type == "text").text' "$1"
}

@test "a recording replayed comes out byte for byte, and main's answer from it" {
    mock_start --replay "$DATA/ensemble.ndjson"
    supai-req -x hi | supai-send | supai-sse >out
    cmp out "$DATA/ensemble.ndjson"
    run --separate-stderr supai-text -k main out
    expect 0 "$(main_text out)" ''
}

@test "recordings without an answer give 1: main failed, only thought, said nothing" {
    main='{"object":"supai.chunk","chunk":{"_source":{"key":"main","modelId":"m"},"type":'
    head -n 26 "$DATA/ensemble.ndjson" >head
    tail -n 2 "$DATA/ensemble.ndjson" >tail
    printf '%s"error","message":"down","retryAt":null}}\n' "$main" >failed
    printf '%s"thinking-start"}}\n%s"thinking","text":"Hm."}}\n' "$main" "$main" >thought
    : >nothing
    for kind in failed thought nothing; do
        cat head $kind tail >$kind.ndjson
        mock_start --replay $kind.ndjson
        run_pipe 'supai-req -x hi | supai-send | supai-sse | tee out | supai-text -k main'
        failed=
        [ $kind != failed ] || failed=': main failed: down'
        expect 1 '' "supai-text: the answer has no text$failed"
        assert_equal "$stages" '0 0 0 0 1'
        cmp out $kind.ndjson
    done
}

@test "every recorded trace comes out byte for byte, and main's answer from it" {
    need_traces
    for trace in "$TRACES"/*.ndjson.gz; do
        gzip -dc "$trace" >trace.ndjson
        mock_start --replay trace.ndjson
        supai-req -x hi | supai-send | supai-sse >out
        cmp out trace.ndjson
        main_text out >want
        expected=0
        [ -s want ] || expected=1
        [ -z "$(tail -c 1 want)" ] || echo >>want
        run --separate-stderr bash -c 'supai-text -k main out >got'
        assert_equal "$status" "$expected"
        cmp got want
        common_teardown
    done
}
