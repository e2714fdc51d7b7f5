#!/usr/bin/env bats
# supai-batch: many requests at once, each with one result, run after run.

load helper
load tls

# requests N: a batch file of so many questions, with the ids 1 to N.
requests() { seq 1 "$1" | supai-req -R -e '"Say \(.)"' --id .; }

# line ID TEXT: one line of such a file.
line() {
    printf '{"custom_id":"%s","method":"POST","url":"/v1/chat/completions","body":{"model":"auto","messages":[{"role":"user","content":"%s"}]}}\n' "$1" "$2"
}

# Each id of the input has one success in the file, each line is whole JSON.
each_has_one_success() {
    jq -e 'select(.error == null and .response.status_code == 200) | .custom_id' "$2" | sort >got.ids
    jq '.custom_id' "$1" | sort >want.ids
    diff want.ids got.ids
}

# The seconds since the mock's start at which the requests came.
times() { jq .elapsed "$MOCK_LOG"; }

# How many connections rawserver has had.
connections() { grep -o '# connection' "$RAW_LOG" | wc -l; }

lines_in() { [ -e "$1" ] && [ "$(wc -l <"$1")" -ge "$2" ]; }

# --- what goes in and what comes out ----------------------------------------

@test "end to end: from records to results, in silence" {
    mock_start
    for i in 1 2 3 4 5; do echo "{\"id\":\"r$i\",\"text\":\"review $i\"}"; done >reviews.ndjson
    run --separate-stderr bash -c 'supai-req -e "\"Classify: \\(.text)\"" --id .id <reviews.ndjson |
        supai-batch -j 32 -o results.ndjson'
    expect 0 '' ''
    assert_equal "$(jq -r '"\(.custom_id) \(.response.body.choices[0].message.content)"' results.ndjson | sort)" \
        'r1 Classify: review 1
r2 Classify: review 2
r3 Classify: review 3
r4 Classify: review 4
r5 Classify: review 5'
    [ ! -e results.ndjson.failed ]
}

@test "a result is a line of OpenAI's batch output, with usage" {
    mock_start --reply 'two words'
    run --separate-stderr supai-batch <<<"$(line my-id hi)"
    [ "$status" -eq 0 ]
    assert_equal "$(jq -c 'keys_unsorted, (.response | keys_unsorted)' <<<"$output")" \
        '["id","custom_id","response","error"]
["status_code","request_id","body"]'
    assert_equal "$(jq -c '[.custom_id, .response.status_code, .response.request_id, .error,
        (.response.body | .object, .choices[0].message.content, .choices[0].finish_reason, .usage.completion_tokens)]' <<<"$output")" \
        '["my-id",200,"req_mock_1",null,"chat.completion","two words","stop",2]'
    [[ $(jq -r .id <<<"$output") =~ ^batch_req_[0-9a-f]{32}$ ]]
}

@test "what is sent streams and asks for usage, and is else as it was" {
    mock_start
    echo '{"custom_id":"a","body":{"model":"fast","stream":false,"temperature":0.5,"max_tokens":7,"stream_options":{"x":1},
        "messages":[{"role":"system","content":"s"},{"role":"user","content":"hi"}]}}' | tr -d '\n' >in
    run --separate-stderr supai-batch in
    [ "$status" -eq 0 ]
    assert_equal "$(jq -c .body "$MOCK_LOG")" '{"model":"fast","temperature":0.5,"max_tokens":7,"messages":[{"role":"system","content":"s"},{"role":"user","content":"hi"}],"stream":true,"stream_options":{"x":1,"include_usage":true}}'
}

@test "a service that refuses stream_options is asked without them, which is no try" {
    mock_start --refuse stream_options --reply well
    requests 3 >in
    run --separate-stderr supai-batch -j 1 --retries 0 -o out in
    expect 0 '' ''
    assert_equal "$(text_of out | xargs) $(mock_requests)" 'well well well 4'
    assert_equal "$(jq -c '.body | [.stream, has("stream_options")]' "$MOCK_LOG" | xargs)" '[true,true] [true,false] [true,false] [true,false]'
    # The requests are the same: none is asked again.
    run --separate-stderr supai-batch -j 1 -o out in
    expect 0 '' ''
    assert_equal "$(mock_requests)" 4
    # One that is refused without them, too, is a failure.
    echo '{"error":{"message":"bad stream_options","param":"stream_options"}}' >body
    mock_start --fail 400 --body @body
    run supai-batch -q -j 1 --retries 0 in
    assert_equal "$status $(mock_requests)" '1 4'
}

@test "lines without method and url, as another vendor has them" {
    mock_start
    echo '{"custom_id":"0","body":{"max_tokens":100,"messages":[{"role":"user","content":"hi"}]}}' >in
    run --separate-stderr supai-batch in
    assert_equal "$status" 0
    assert_equal "$(jq -r .custom_id <<<"$output")" 0
}

@test "the results read back: supai-text -0 has a record for each, empty where it failed" {
    mock_start --fail 400:1
    supai-batch -j 1 --ordered >out < <(line a one; line b two; line c three) || [ $? -eq 1 ]
    supai-text -0 <out >texts || true
    printf '\0two\0three\0' | cmp - texts
}

@test "a request alone gets an id of its hash, a repeated one a number" {
    mock_start
    { supai-req one; supai-req two; supai-req one; supai-req one; } >in
    run --separate-stderr supai-batch -o out in
    expect 0 '' ''
    jq -r .custom_id out | sort >ids
    assert_equal "$(sed 's/[0-9a-f]\{16\}/HASH/' ids | sort)" $'req-HASH\nreq-HASH\nreq-HASH-2\nreq-HASH-3'
    run --separate-stderr supai-batch -o out in
    expect 0 '' ''
    assert_equal "$(mock_requests)" 4
    assert_equal "$(jq -r .custom_id out | sort)" "$(cat ids)"
}

@test "the order of members does not make another request of it" {
    mock_start
    echo '{"model":"auto","messages":[{"role":"user","content":"hi"}]}' | supai-batch -o out
    echo '{"messages":[{"content":"hi","role":"user"}],  "model":"auto"}' | supai-batch -o out
    assert_equal "$(mock_requests)" 1
}

@test "what is the same JSON value is the same request, and nothing else is" {
    mock_start
    request() { printf '{"messages":[{"role":"user","content":"%s"}],"seed":%s,"x":%s}\n' "$@"; }
    same() {
        request "$@" | supai-batch -o out 2>err
        assert_equal "$* $(mock_requests) $(cat err)" "$* $asked "
    }
    other() {
        asked=$((asked + 1))
        same "$@"
    }
    asked=1
    same 'é/1' 1 '{"a":[1,{}],"b":null}'
    same '\u00e9\/\u0031' 1.0 '{ "b" : null , "a" : [ 10e-1, { } ] }'
    same 'é/1' 1e0 '{"a":2,"a":[1,{}],"b":null}' # the last one of a name counts
    other 'é/1' 1 '{"a":[1,{}],"a":2,"b":null}'
    other 'é/1' 1 '{"a":[1,{"c":1}],"b":null}'
    other 'é/1' '"1"' '{"a":[1,{}],"b":null}'
    other 'é/1' 9007199254740992 '[]'
    other 'é/1' 9007199254740993 '[]' # one double for both
    other 'é/1' 9007199254740993 '{}'
    other 'é/1' 9007199254740993 '[[]]'
    other 'é/1' 0.1 0
    other 'é/1' 0.1000000000000000055511151231257827 0
    other 'é/1' true 0
    same 'é/1' true 0.0
}

@test "the hash of a request stays what it was: no update asks all again" {
    mock_start
    echo '{"model":"auto","messages":[{"role":"user","content":"h\u00e9"}],"temperature":0.7,"n":1,"stop":["a",null],"stream_options":{"x":{}}}' >in
    assert_equal "$(supai-batch in | jq -r '.id + " " + .custom_id')" \
        'batch_req_d4fd39e401737ae9a4b42b0bb001d5e9 req-d4fd39e401737ae9'
}

@test "a custom_id that is a number is its text, the same for each spelling" {
    mock_start
    body='"body":{"messages":[{"role":"user","content":"hi"}]}}'
    for id in 7 9007199254740993 1.50 -0.0 1e21; do
        echo "{\"custom_id\":$id,$body"
    done >in
    echo "{\"custom_id\":7.0,$body" >>in
    echo "{\"custom_id\":1e1234567890,$body" >>in
    echo "{\"custom_id\":\"\",$body" >>in
    echo "{\"custom_id\":null,$body" >>in
    run --separate-stderr supai-batch -j 1 in
    assert_equal "$status" 1
    assert_equal "$(jq -r '"\(.custom_id) \(.error.code)"' <<<"$output" | sort)" "$(sort <<'END'
7 null
9007199254740993 null
1.5 null
0 null
1e+21 null
7 duplicate_id
 invalid_line
 invalid_line
 invalid_line
END
)"
}

@test "a request may be nested as deep as JSON may be here, and no deeper" {
    mock_start
    deep() { printf '{"custom_id":"d","body":{"messages":[{"role":"user","content":"hi"}],"x":%s}}\n' "$(printf '[%.0s' $(seq "$1"); printf ']%.0s' $(seq "$1"))"; }
    run --separate-stderr supai-batch <<<"$(deep 254)"
    assert_equal "$status$stderr" 0
    for n in 255 100000; do
        deep $n >in
        run --separate-stderr supai-batch in
        expect 1 "$output" 'supai-batch: 0 answered, 1 failed; *: line 1: not JSON: nested more than 256 deep at byte *)'
    done
}

@test "running the failures says to run the same command again" {
    mock_start --fail 400:1
    supai-batch -q -o out <<<"$(line a hi)" || [ $? -eq 1 ]
    run --separate-stderr supai-batch out.failed
    expect 1 "$output" 'supai-batch: 0 answered, 1 failed; * (the first: out.failed: line 1: it is a result, no request: *run the same command *)'
    assert_equal "$(mock_requests)" 1
}

@test "messages that OpenAI documents pass to another service, and not to Sup AI" {
    cat >in <<'END'
{"custom_id":"a","body":{"model":"gpt-x","messages":[{"role":"developer","content":"be brief"},{"role":"user","content":"hi"},{"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"c","content":"42"}]}}
{"custom_id":"b","body":{"messages":[{"role":"user","content":[{"type":"input_audio","input_audio":{"data":"","format":"wav"}}]},{"role":"assistant","refusal":"no"},{"role":"user","content":"hi"}]}}
{"custom_id":"c","body":{"messages":[{"role":"critic","content":"hi"}]}}
{"custom_id":"d","body":{"messages":[{"role":"assistant","content":null}]}}
END
    stream hello | response 'Connection: close' >answer
    raw_start answer
    # What listens on loopback is no host of Sup AI's.
    run --separate-stderr supai-batch in
    assert_equal "$status" 1
    assert_equal "$(jq -r 'select(.error).error.message' <<<"$output" | sort)" \
        "in: line 3: messages[0].role must be system, developer, user, assistant or tool, not 'critic'
in: line 4: messages[0].content must be a string or an array of parts, not null"
    assert_equal "$(connections)" 2
    run --separate-stderr supai-batch --url https://api.sup.ai:1/v1/openai/chat/completions --retries 0 in
    assert_equal "$(jq -r '"\(.custom_id) \(.error.code)"' <<<"$output" | sort | xargs)" \
        'a invalid_value b invalid_value c invalid_value d invalid_type'
}

@test "a bad line is a failure of its own, the others go on" {
    mock_start
    {
        line a hi
        echo '{"custom_id":'
        echo '[1]'
        line a again
        line b hi | sed 's|/v1/chat/completions|/v1/embeddings|'
        line c hi | sed 's/POST/GET/'
        echo '{"custom_id":"d"}'
        echo '{"custom_id":7,"body":{}}'
        echo '{"custom_id":"e","body":{"messages":[]}}'
        line f $'\377'
        line g "$(head -c 2000 /dev/zero | tr '\0' x)"
        echo
        line h hi
    } >in
    run --separate-stderr supai-batch --max-record 1K -o out in
    expect 1 '' 'supai-batch: 2 answered, 10 failed; *; see out.failed (the first: in: line 2: not JSON: *)'
    assert_equal "$(jq -r .custom_id out | sort | xargs)" 'a h'
    assert_equal "$(jq -r '"\(.custom_id) \(.response) \(.error | "\(.line) \(.code)")"' out.failed)" \
        ' null 2 invalid_json
 null 3 invalid_line
a null 4 duplicate_id
b null 5 invalid_url
c null 6 invalid_line
d null 7 invalid_line
7 null 8 missing_required_parameter
e null 9 empty_array
 null 10 invalid_utf8
 null 11 line_too_long'
    assert_equal "$(jq -r 'select(.error.line == 4).error.message' out.failed)" \
        "in: line 4: another line before it has the custom_id 'a'"
}

@test "input without a last newline, with blank lines and a BOM" {
    mock_start
    { printf '\357\273\277'; line a hi; echo; echo '   '; line b hi | tr -d '\n'; } >in
    run --separate-stderr supai-batch in
    [ "$status" -eq 0 ]
    assert_equal "$(jq -r .custom_id <<<"$output" | sort | xargs)" 'a b'
}

@test "a service that does not stream is understood" {
    printf 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n%s' \
        '{"id":"c","object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"whole"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}' >response
    raw_start response
    run --separate-stderr supai-batch <<<"$(line a hi)"
    [ "$status" -eq 0 ]
    assert_equal "$(jq -r .response.body.choices[0].message.content <<<"$output")" whole
}

@test "an ensemble's answer is folded with what is known of its threads" {
    mock_start
    supai-req -x hi | supai-batch >out
    assert_equal "$(jq -c '.response.body.supai | keys' out)" \
        '["consensus_model","final_models","mode","start_models","threads"]'
}

@test "files one after the other; a missing one is said, the others are asked" {
    mock_start
    line a hi >one
    line b hi >two
    run --separate-stderr supai-batch one none two
    assert_equal "$status" 66
    assert_equal "$(jq -r .custom_id <<<"$output" | sort | xargs)" 'a b'
    [[ ${stderr_lines[0]} == 'supai-batch: none: No such file or directory' ]]
}

@test "input without a request is said by name, and is 66" {
    mock_start
    : >empty
    printf '\n  \n' >blank
    run --separate-stderr supai-batch </dev/null
    expect 66 '' 'supai-batch: standard input: no request in it: it is empty'
    run --separate-stderr supai-batch -q -o out empty
    expect 66 '' 'supai-batch: empty: no request in it: it is empty'
    run --separate-stderr supai-batch blank
    expect 66 '' 'supai-batch: blank: no request in it: it is empty'
    run --separate-stderr supai-batch empty blank
    expect 66 '' 'supai-batch: the input: no request in it: it is empty'
    run --separate-stderr supai-batch none
    expect 66 '' 'supai-batch: none: No such file or directory'
    # One that is not empty is enough.
    line a hi >in
    run --separate-stderr supai-batch empty in
    assert_equal "$status$stderr" 0
    assert_equal "$(mock_requests)" 1
}

@test "options that make no sense are 64" {
    for o in '-j 0' '-j x' '--rate 0' '--rate 5/d' '--rate x' '--rate 5/' '--rate /s' '--rate 5/s/m' '--rate 5/mi' '--rate -1/s'; do
        run --separate-stderr supai-batch $o </dev/null
        [ "$status" -eq 64 ] || fail "$o: $status"
    done
}

@test "no key is 78, and no file is made" {
    mock_start
    unset SUPAI_API_KEY
    run --separate-stderr supai-batch -o out <<<"$(line a hi)"
    expect 78 '' 'supai-batch: *key*'
    [ ! -e out ]
}

# --- results files ----------------------------------------------------------

@test "what is answered is not asked again; what failed is" {
    mock_start --fail 400:2
    requests 10 >in
    run --separate-stderr supai-batch -j 1 -o out in
    expect 1 '' 'supai-batch: 8 answered, 2 failed; *; see out.failed (the first: 1: HTTP 400: *)'
    assert_equal "$(jq -r .custom_id out.failed | xargs)" '1 2'
    assert_equal "$(jq -c '[.response.status_code, .response.body.error.type, .error]' out.failed | uniq)" \
        '[400,"invalid_request_error",null]'
    run --separate-stderr supai-batch -o out in
    expect 0 '' ''
    [ ! -e out.failed ]
    each_has_one_success in out
    assert_equal "$(mock_requests)" 12
    run --separate-stderr supai-batch -v -o out in
    expect 0 '' 'supai-batch: 0 answered, 0 failed, 10 answered before; *'
    assert_equal "$(mock_requests)" 12
}

@test "a request that was edited is asked again, and that is said" {
    mock_start
    { line a one; line b two; } >in
    supai-batch -o out in
    { line a one; line b three; } >in
    run --separate-stderr supai-batch -o out in
    expect 0 '' 'supai-batch: changed since they were answered, and asked again: 1 (the first: b)'
    assert_equal "$(mock_requests)" 3
    assert_equal "$(jq -r 'select(.custom_id == "b").response.body.choices[0].message.content' out | xargs)" 'two three'
    run --separate-stderr supai-batch -o out in
    expect 0 '' ''
}

@test "another vendor's results are known as answers" {
    mock_start
    echo '{"id":"batch_req_x","custom_id":"a","response":{"status_code":200,"body":{"choices":[]}},"error":null}' >out
    { line a hi; line b hi; } >in
    run --separate-stderr supai-batch -o out in
    expect 0 '' ''
    assert_equal "$(mock_requests)" 1
}

@test "a torn last line is cut off, a whole one without its newline is kept" {
    mock_start
    requests 3 >in
    supai-batch -j 1 -o out in
    cp out whole
    head -c -20 whole >out
    supai-batch -j 1 -o out in
    each_has_one_success in out
    assert_equal "$(mock_requests)" 4
    head -c -1 whole >out
    supai-batch -j 1 -o out in
    cmp whole out
    assert_equal "$(mock_requests)" 4
    head -c 30 whole >out # not one whole line
    supai-batch -j 1 -o out in
    each_has_one_success in out
}

@test "a file that holds something else is refused, untouched" {
    mock_start
    requests 3 >in
    for content in 'my diary' '{"a":1}' $'\nmy diary, no newline' "$(cat in)"; do
        printf '%s' "$content" >out
        cp out before
        run --separate-stderr supai-batch -o out in
        expect 65 '' 'supai-batch: out: line * is no result of a batch: *'
        cmp before out
    done
    supai-batch in >out
    echo 'a line of something else' >>out
    cp out before
    run --separate-stderr supai-batch -o out in
    expect 65 '' 'supai-batch: out: line 4 is no result of a batch: *'
    cmp before out
}

@test "the input is refused as results, however it is named" {
    mock_start
    requests 3 >in
    cp in before
    ln -s in link
    ln in hard
    for out in in ./in link hard; do
        run --separate-stderr supai-batch -o $out in
        expect 65 '' "supai-batch: $out: is the input: *"
        run --separate-stderr supai-batch -o $out <in
        expect 65 '' "supai-batch: $out: is the input: *"
    done
    cp in out.failed
    run --separate-stderr supai-batch -o out out.failed
    expect 65 '' "supai-batch: out.failed: is the input: it holds failures, no requests: run the same command *"
    cmp before in
    cmp before out.failed
    assert_equal "$(mock_requests)" 0
}

@test "an x.failed that holds something else is left alone, and nothing is asked" {
    mock_start
    requests 3 >in
    for content in 'my notes' '{"a":1}' $'\n' "$(cat in)" \
        '{"id":"batch_req_x","custom_id":"a","response":null,"error":{"code":"a","message":"another vendor"}}'; do
        printf '%s\n' "$content" >out.failed
        cp out.failed before
        run --separate-stderr supai-batch -o out in
        expect 65 '' 'supai-batch: out.failed: line 1 is no failure of a batch: *'
        cmp before out.failed
        [ ! -s out ]
    done
    rm out.failed
    mkdir out.failed
    run --separate-stderr supai-batch -o out in
    expect 73 '' 'supai-batch: out.failed: not a regular file *'
    rmdir out.failed
    mkfifo out.failed
    run --separate-stderr supai-batch -o out in
    expect 73 '' 'supai-batch: out.failed: not a regular file *'
    assert_equal "$(mock_requests)" 0
}

@test "the x.failed of the run before is replaced, also a torn one; notes after it are kept" {
    mock_start --fail 400:3
    requests 2 >in
    supai-batch -q -j 1 -o out in || [ $? -eq 1 ]
    assert_equal "$(wc -l <out.failed)" 2
    head -c -10 out.failed >torn
    cp torn out.failed
    supai-batch -q -j 1 -o out in || [ $? -eq 1 ]
    assert_equal "$(jq -r .custom_id out.failed)" 1
    echo 'ask Ada about this one' >>out.failed
    cp out.failed before
    run --separate-stderr supai-batch -o out in
    expect 65 '' 'supai-batch: out.failed: line 2 is no failure of a batch: *'
    cmp before out.failed
}

@test "an x.failed that somebody makes meanwhile is not overwritten" {
    mock_start --fail 400:1 --first-byte-delay 300
    supai-batch -o out <<<"$(line a hi)" 2>err 3>&- &
    until_true lines_in "$MOCK_LOG" 1
    echo 'my notes' >out.failed
    status=0
    wait $! || status=$?
    assert_equal "$status $(cat err)" '73 supai-batch: out.failed: somebody else has made it: it is not overwritten'
    assert_equal "$(cat out.failed)" 'my notes'
    # An empty one is taken as it is.
    : >out.failed
    kill "$MOCK_PID"
    mock_start --fail 400:1
    supai-batch -q -o out <<<"$(line a hi)" || [ $? -eq 1 ]
    assert_equal "$(wc -l <out.failed)" 1
}

@test "what is no regular file, or cannot be made, is 73" {
    mock_start
    mkdir dir
    for out in dir /dev/null none/out; do
        run --separate-stderr supai-batch -o $out <<<"$(line a hi)"
        expect 73 '' "supai-batch: $out: *"
    done
}

@test "a second run on the same file is refused with 75 while the first goes on" {
    mock_start --first-byte-delay 60000
    requests 2 >in
    supai-batch -o out in 3>&- &
    until_true lines_in "$MOCK_LOG" 2
    run --separate-stderr supai-batch -o out in
    expect 75 '' "supai-batch: out: another batch is writing to it (process $!)"
    kill -9 $!
    wait $! || true
}

@test "the file system's limit stops it with 74 and leaves whole lines" {
    mock_start --reply "$(head -c 3000 /dev/zero | tr '\0' x)"
    requests 40 >in
    run --separate-stderr bash -c 'ulimit -f 50; exec supai-batch -o out in'
    expect 74 '' 'supai-batch: out: File too large'
    jq -e .custom_id out >ids
    [ "$(wc -l <ids)" -gt 5 ]
    run --separate-stderr supai-batch -o out in
    expect 0 '' ''
    each_has_one_success in out
}

@test "a full disk stops it with 74 and leaves whole lines; with room it goes on" {
    mkdir disk
    mount -t tmpfs -o size=64k tmpfs disk 2>/dev/null || skip "no tmpfs can be mounted"
    mock_start --reply "$(head -c 3000 /dev/zero | tr '\0' x)"
    requests 40 >in
    run --separate-stderr supai-batch -o disk/out in
    expect 74 '' 'supai-batch: disk/out: No space left on device'
    jq -e .custom_id disk/out >ids
    [ "$(wc -l <ids)" -gt 5 ]
    mount -o remount,size=1m disk
    run --separate-stderr supai-batch -o disk/out in
    cp disk/out out
    umount disk
    expect 0 '' ''
    each_has_one_success in out
}

@test "standard output that is full is 74, one that is closed ends it by SIGPIPE" {
    mock_start --delay 100
    requests 3 >in
    run --separate-stderr bash -c 'supai-batch in >/dev/full'
    expect 74 '' 'supai-batch: standard output: No space left on device'
    before=$(mock_requests)
    run --separate-stderr bash -c 'supai-batch in >&-'
    expect 74 '' 'supai-batch: standard output: Bad file descriptor'
    assert_equal "$(mock_requests)" "$before"
    # Also while the service is silent.
    kill "$MOCK_PID"
    mock_start --first-byte-delay 60000
    run --separate-stderr bash -c 'supai-batch in | true; echo "${PIPESTATUS[0]}"'
    expect 0 141 ''
}

# --- failures ---------------------------------------------------------------

@test "a permanent failure is not tried again" {
    mock_start --fail 422:1
    run --separate-stderr supai-batch <<<"$(line a hi)"
    assert_equal "$status" 1
    assert_equal "$(jq -c '[.response.status_code, .error]' <<<"$output")" '[422,null]'
    assert_equal "$(mock_requests)" 1
}

@test "a key that is refused stops the batch with 77 and one useful line" {
    mock_start --fail 401
    requests 1000 >in
    run --separate-stderr supai-batch -j 4 -o out in
    expect 77 '' 'supai-batch: stopped: HTTP 401: *: 0 answered, 4 failed; *; run it again to go on; see out.failed'
    assert_equal "${#stderr_lines[@]}" 1
    assert_equal "$(mock_requests)" 4
}

@test "one request that is forbidden does not stop the others" {
    mock_start --fail 403:1
    requests 50 >in
    run --separate-stderr supai-batch -j 4 -o out in
    assert_equal "$status" 1
    assert_equal "$(wc -l <out)" 49
}

@test "eight that are forbidden stop it with 77 when they are in a row, and only then" {
    faults=()
    for _ in 1 2 3 4 5 6 7 8 9; do faults+=(--fail 403:1 --fail 400:1); done
    mock_start "${faults[@]}"
    requests 20 >in
    run --separate-stderr supai-batch -j 1 -o out in
    expect 1 '' 'supai-batch: 2 answered, 18 failed; *'
    assert_equal "$(mock_requests)" 20
    mock_start --fail 403:8
    run --separate-stderr supai-batch -j 1 -o none in
    expect 77 '' 'supai-batch: stopped: HTTP 403: *: 0 answered, 8 failed; *'
    assert_equal "$(mock_requests)" 8
}

@test "a service that nobody reaches stops the batch with 69" {
    raw_start
    kill "${MOCK_PIDS##* }"
    wait "${MOCK_PIDS##* }" || true
    requests 1000 >in
    run --separate-stderr supai-batch -j 4 --retries 1 -o out in
    expect 69 '' 'supai-batch: stopped: http*: *; run it again to go on; see out.failed'
    assert_equal "${#stderr_lines[@]}" 1
    [ "$(wc -l <out.failed)" -le 4 ]
}

@test "one request that takes too long is a failure of its own, the others are asked" {
    body='{"choices":[{"index":0,"message":{"content":"hi"},"finish_reason":"stop"}]}'
    printf 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s' \
        "${#body}" "$body" >answer
    : >nothing
    requests 3 >in
    for limit in '--max-time 0.5' '--retries 0 --first-byte-timeout 0.5'; do
        rm -f out
        raw_start -k nothing answer
        # shellcheck disable=SC2086
        run --separate-stderr supai-batch -j 1 $limit -o out in
        expect 1 '' 'supai-batch: 2 answered, 1 failed; *; see out.failed (the first: 1: *)'
        assert_equal "$(jq -c '[.custom_id, .error.code]' out.failed)" '["1","timeout"]'
    done
    # On a connection that is used again.
    sed 's/^Connection: close/Connection: keep-alive/' answer >kept
    rm -f out
    raw_start -k kept answer
    run --separate-stderr supai-batch -j 1 --max-time 0.5 -o out in
    expect 1 '' 'supai-batch: 2 answered, 1 failed; *; see out.failed (the first: 2: *)'
    assert_equal "$(connections)" 2
}

@test "a service that cannot be connected to in time stops the batch with 75" {
    # The connection stands, but TLS never comes about.
    raw_start
    requests 3 >in
    run --separate-stderr supai-batch -j 1 --retries 0 --url "https://127.0.0.1:$RAW_PORT/v1/chat/completions" \
        --connect-timeout 0.5 -o out in
    expect 75 '' 'supai-batch: stopped: no connection in time (--connect-timeout): *: 0 answered, 1 failed; *'
    run --separate-stderr supai-batch -j 1 --url "https://127.0.0.1:$RAW_PORT/v1/chat/completions" \
        --max-time 0.5 -o out in
    expect 75 '' 'supai-batch: stopped: not done within the time limit (--max-time): 0 answered, 1 failed; *'
}

@test "what does not speak HTTP stops the batch with 76" {
    printf 'SSH-2.0-OpenSSH_9.2\r\n' >ssh
    requests 3 >in
    raw_start ssh
    run --separate-stderr supai-batch -j 1 -o out in
    expect 76 '' 'supai-batch: stopped: *: 0 answered, 1 failed; *'
    assert_equal "$(connections)" 1
}

@test "a connection that closes in the middle of a response's header is tried again" {
    printf 'HTTP/1.1 200 OK\r\nContent-Ty' >cut
    stream hello | response 'Connection: close' >answer
    raw_start cut answer
    run --separate-stderr supai-batch <<<"$(line a hi)"
    assert_equal "$status$stderr" 0
    assert_equal "$(text_of <<<"$output") $(connections)" 'hello 2'
}

@test "a service that wants to be left alone for long stops the batch with 75" {
    mock_start --fail 429 --retry-after 600
    requests 1000 >in
    run --separate-stderr supai-batch -j 4 -o out in
    expect 75 '' 'supai-batch: stopped: HTTP 429: *: try again in 600 s: *'
    [ "$(mock_requests)" -le 4 ]
}

@test "six more tries, then it is a failure" {
    mock_start --fail 500 --retry-after 0
    run --separate-stderr supai-batch <<<"$(line a hi)"
    assert_equal "$status" 1
    assert_equal "$(jq -c '[.response.status_code, .error]' <<<"$output")" '[500,null]'
    assert_equal "$(mock_requests)" 7
}

@test "cut, stalled and broken streams, garbage and errors in the stream are tried again" {
    reads_the_clock
    mock_start --cut 2:1 --stall 2:1 --garbage=1 --error-event 2:1 --fail 503:1
    run --separate-stderr supai-batch -j 1 --idle-timeout 0.3 <<<"$(line a hi)"
    assert_equal "$status" 0
    assert_equal "$(jq -r .response.body.choices[0].message.content <<<"$output")" hi
    assert_equal "$(jq -r .fault "$MOCK_LOG" | sort | xargs)" 'cut error-event fail garbage null stall'
}

@test "an error body of several lines, or of none of JSON, stays on the line" {
    for body in $'{\r\n "error": {\n  "message": "no"}\n}\n' $'<html>\n\377 \"no\"\n'; do
        printf 'HTTP/1.1 400 Bad\r\nConnection: close\r\n\r\n%s' "$body" >response
        raw_start response
        supai-batch -q <<<"$(line a hi)" >>out || [ $? -eq 1 ]
    done
    assert_equal "$(jq -c .response.body out)" '{"error":{"message":"no"}}
{"error":{"message":"<html>\n� \"no\"\n"}}'
    assert_equal "$(wc -l <out)" 2
}

@test "an error of the stream is told to its end, a NUL in it shown" {
    mock_start --body $'data: {"error":{"message":"no\\u0000 luck"}}\n\n'
    requests 1 >in
    run --separate-stderr supai-batch -q --retries 0 in
    assert_equal "$status" 1
    assert_equal "$(jq -r .error.message <<<"$output")" 'the service says: no\x00 luck'
}

@test "an answer that is whole but says nothing is a failure, with its body" {
    printf '%s\n\n' 'data: {"id":"c","choices":[{"index":0,"delta":{"role":"assistant"},"finish_reason":"content_filter"}]}' 'data: [DONE]' >body
    { printf 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n'; cat body; } >response
    raw_start response
    run --separate-stderr supai-batch <<<"$(line a hi)"
    assert_equal "$status" 1
    assert_equal "$(jq -c '[.error.code, .error.message, .response.body.choices[0].finish_reason]' <<<"$output")" \
        '["no_answer","the answer has no text, finish reason content_filter","content_filter"]'
}

@test "a fifth of 2,000 requests fails in every way: all succeed, at less than 1.6 requests each" {
    mock_start --seed 3 --fail 429:4% --fail 500:4% --fail 503:3% --cut 3:3% --stall 2:3% --garbage=3% \
        --retry-after 0.02
    requests 2000 >in
    run --separate-stderr supai-batch -j 64 --idle-timeout 0.2 -o out in
    expect 0 '' ''
    each_has_one_success in out
    [ "$(mock_requests)" -lt 3200 ] || fail "$(mock_requests) requests"
    assert_equal "$(jq -r '.fault // "none"' "$MOCK_LOG" | sort -u | xargs)" 'cut fail garbage none stall'
}

# --- what is sent, and when -------------------------------------------------

@test "eight are under way at once unless -j says otherwise" {
    reads_the_clock
    mock_start --first-byte-delay 2000
    requests 20 >in
    for jobs in '' '-j 3'; do
        : >"$MOCK_LOG"
        # shellcheck disable=SC2086
        supai-batch $jobs in >out 2>err 3>&- &
        until_true lines_in out 1
        # The first answers, and no others, have made room for the next ones.
        times | awk -v want="${jobs:+3}" 'NR == 1 { first = $1 } $1 - first < 1.9 { n++ } END { exit n != (want ? want : 8) }'
        kill -TERM $! && kill -TERM $!
        wait $! || true
    done
}

@test "results come as they are there, not in the order of the input" {
    mock_start --fail 503:1 --retry-after 1
    requests 3 >in
    run --separate-stderr supai-batch in
    assert_equal "$status$stderr" 0
    assert_equal "$(jq -r .custom_id <<<"$output" | tail -n 1)" 1
}

@test "supai-send's options: URL, headers, no key; any url of a line that ends in /chat/completions" {
    mock_start
    url=$SUPAI_BASE_URL/chat/completions
    unset SUPAI_API_KEY SUPAI_BASE_URL
    {
        line a hi | sed 's|/v1/chat|https://api.example/v7/deep/chat|'
        line b hi | sed 's|"/v1|"|'
        line c hi | sed 's|completions"|completions/"|'
    } >in
    echo 'X-Team: blue' >headers
    run --separate-stderr supai-batch --url "$url" --no-key --header @headers --header 'Authorization: x' in
    assert_equal "$status" 64
    echo "Authorization: Bearer $TEST_KEY" >>headers
    chmod 600 headers
    run --separate-stderr supai-batch --url "$url" --header @headers in
    assert_equal "$status" 1
    assert_equal "$(jq -r '"\(.custom_id) \(.error.code)"' <<<"$output" | sort | xargs)" 'a null b null c invalid_url'
    assert_equal "$(jq -r '.headers | to_entries[] | select(.key | ascii_downcase == "x-team").value' "$MOCK_LOG" | xargs)" 'blue blue'
}

# --- the end of an answer ---------------------------------------------------

# stream TEXT: the events of an answer of that text, finish reason and [DONE].
stream() {
    printf 'data: {"id":"c","choices":[{"index":0,"delta":{"content":"%s"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n' "$1"
}

# response HEADER ...: standard input as the body of a 200, with these headers.
response() {
    printf 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n'
    [ $# -eq 0 ] || printf '%s\r\n' "$@"
    printf '\r\n'
    cat
}

text_of() { jq -r '.response.body.choices[0].message.content' "$@"; }

@test "a response without a body is broken: asked again, and named so at last" {
    printf 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n' >nothing
    printf 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n' >chunked
    stream hello | response >answer
    raw_start nothing chunked answer
    run --separate-stderr supai-batch <<<"$(line a hi)"
    expect 0 "$output" ''
    assert_equal "$(text_of <<<"$output")" hello
    raw_start nothing
    run --separate-stderr supai-batch --retries 0 <<<"$(line a hi)"
    assert_equal "$(jq -c .error <<<"$output")" '{"code":"broken_response","message":"HTTP 200: the body is empty"}'
}

@test "[DONE] is the end: a connection that stays open holds its slot for a second at most" {
    reads_the_clock
    stream hello | response >answer
    raw_start -k answer
    requests 3 >in
    SECONDS=0
    run --separate-stderr supai-batch -j 1 in
    [ "$SECONDS" -lt 10 ]
    assert_equal "$status$stderr" 0
    assert_equal "$(text_of <<<"$output" | xargs)" 'hello hello hello'
    assert_equal "$(connections)" 3
}

@test "[DONE] is the end: a connection that drops after it changes nothing" {
    stream hello | response 'Content-Length: 1000' >length
    { response 'Transfer-Encoding: chunked' </dev/null; printf '%x\r\n' "$(stream hello | wc -c)"; stream hello; } >chunked
    { stream hello; printf 'data: {"error":{"message":"late"}}\n\n'; } | response >more
    for answer in length chunked more; do
        for how in '' -r; do
            # shellcheck disable=SC2086
            raw_start $how $answer
            run --separate-stderr supai-batch <<<"$(line a hi)"
            assert_equal "$answer$how $status$stderr" "$answer$how 0"
            assert_equal "$(text_of <<<"$output")" hello
            assert_equal "$(connections)" 1
        done
    done
}

@test "a damaged answer is no success: the checksum of a compressed one is wrong" {
    stream hello | gzip -nc >body.gz
    { head -c -8 body.gz; printf '\1\2\3\4'; tail -c 4 body.gz; } >bad.gz
    response 'Content-Encoding: gzip' "Content-Length: $(wc -c <bad.gz)" <bad.gz >bad
    response 'Content-Encoding: gzip' <bad.gz >bad-open
    response 'Content-Encoding: gzip' <body.gz >good-open
    raw_start bad
    run --separate-stderr supai-batch -o out --retries 1 <<<"$(line a hi)"
    expect 1 '' 'supai-batch: 0 answered, 1 failed; *; see out.failed (the first: a: the answer is damaged, *'
    assert_equal "$(jq -r .error.code out.failed)" broken_response
    assert_equal "$(connections)" 2
    # The same where nothing but the checksum tells of the end; then a good one.
    raw_start -k bad-open good-open
    run --separate-stderr supai-batch -o out <<<"$(line a hi)"
    expect 0 '' ''
    assert_equal "$(text_of out)" hello
    assert_equal "$(connections)" 2
}

@test "a damaged answer is no success: a length that lies, a broken frame, a cut compressed body" {
    stream hello | sed '/DONE/d' >events
    response 'Content-Length: 1000' <events >length
    { response 'Transfer-Encoding: chunked' </dev/null; printf '%x\r\n' "$(wc -c <events)"; cat events; printf '\r\nno frame\r\n'; } >frame
    stream hello | gzip -nc | head -c -12 >cut
    response 'Content-Encoding: gzip' <cut >compressed
    response 'Content-Encoding: gzip' "Content-Length: $(wc -c <cut)" <cut >packed-length
    for answer in length frame compressed packed-length; do
        raw_start $answer
        rm -f out
        run --separate-stderr supai-batch -o out --retries 1 <<<"$(line a hi)"
        expect 1 '' 'supai-batch: 0 answered, 1 failed; *'
        [ ! -s out ]
        assert_equal "$answer $(jq -r .error.code out.failed)" "$answer broken_response"
        assert_equal "$answer $(connections)" "$answer 2"
    done
}

@test "an error in the stream says more than the cut that follows it" {
    printf 'data: {"error":{"message":"spent","code":"insufficient_quota"}}\n\n' | response 'Content-Length: 1000' >answer
    raw_start answer
    requests 3 >in
    run --separate-stderr supai-batch -j 1 -o out in
    expect 77 '' 'supai-batch: stopped: *spent*: 0 answered, 1 failed; *'
    assert_equal "$(connections)" 1
}

@test "a flood of events does not outlast --max-time" {
    reads_the_clock
    yes $'data: 1\n' | head -c 60000000 | response >answer # and no end
    raw_start -k answer
    requests 6 >in
    SECONDS=0
    run --separate-stderr supai-batch -j 1 --max-time 0.05 -o out in
    expect 1 '' 'supai-batch: 0 answered, 6 failed; *'
    assert_equal "$(jq -r .error.code out.failed | uniq -c | xargs)" '6 timeout'
    [ "$SECONDS" -lt 20 ]
}

# events DATA ...: a response of such events, and [DONE].
events() { printf 'data: %s\n\n' "$@" '[DONE]' | response 'Connection: close'; }

# delta MORE: a chunk whose delta, and what comes after it, is that.
delta() { printf '{"id":"c","choices":[{"index":0,"delta":%s}]}' "$1"; }

@test "no text is lost where a service says stop in each chunk, gives each an id, or sends parts" {
    events "$(delta '{"content":"Hel"},"finish_reason":"stop"')" "$(delta '{"content":"lo"},"finish_reason":"stop"')" >stops
    events '{"id":"1","choices":[{"index":0,"delta":{"content":"Hel"}}]}' '{"id":"2","choices":[{"index":0,"delta":{"content":"lo"},"finish_reason":"stop"}]}' >ids
    events "$(delta '{"content":[{"type":"text","text":"Hello"}]},"finish_reason":"stop"')" >parts
    events "$(delta '{"content":"Hello"},"message":{"content":"Hello"},"finish_reason":"stop"')" >both
    raw_start stops ids parts both
    requests 4 >in
    run --separate-stderr supai-batch -j 1 in
    assert_equal "$status$stderr" 0
    assert_equal "$(text_of <<<"$output" | xargs)" 'Hello Hello Hello Hello'
    assert_equal "$(connections)" 4
}

@test "a request that the stream says is wrong is asked once, and so is one that is too long" {
    events "$(delta '{"content":"Par"}')" '{"error":{"message":"no such tool","code":400}}' >number
    events '{"error":{"message":"too many tokens","code":"context_length_exceeded"}}' >name
    events '{"error":{"message":"busy","code":"503"}}' >busy
    stream hello | response 'Connection: close' >answer
    printf 'error: {"code":400,"message":"no such context"}\n\n' | response 'Connection: close' >field
    raw_start number name busy answer field
    requests 4 >in
    run --separate-stderr supai-batch -j 1 -o out in
    expect 1 '' 'supai-batch: 1 answered, 3 failed; *; see out.failed (the first: 1: the service says: no such tool)'
    assert_equal "$(jq -r '"\(.error.code) \(.error.message)"' out.failed)" 'invalid_request the service says: no such tool
invalid_request the service says: too many tokens
invalid_request the service says: no such context'
    assert_equal "$(connections)" 5
}

# --- what a failure looks like ----------------------------------------------

# The type of each member of a line, as OpenAI's page of the output has them.
shape() { jq -c '[(.id, .custom_id, .response, .error | type), (.response // .error | map_values(type))]'; }

@test "a failure has the response or the error that OpenAI documents, and its custom_id is a string" {
    stream Par | sed 's/"stop"/null/; /DONE/d' | response >cut
    printf 'HTTP/1.1 400 Bad\r\nContent-Length: 21\r\n\r\n[{"error":{"a":"b"}}]' >array
    printf 'HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n' >nothing
    { line a hi; echo 'no JSON'; } >in
    for answer in cut array nothing; do
        raw_start $answer
        supai-batch -q --retries 0 in >$answer.out || [ $? -eq 1 ]
    done
    raw_start
    kill "${MOCK_PIDS##* }"
    wait "${MOCK_PIDS##* }" || true
    supai-batch -q --retries 0 in >unreached.out || [ $? -eq 69 ]
    error='["string","string","null","object",{"code":"string","message":"string"}]'
    assert_equal "$(jq -c 'select(.custom_id == "a")' unreached.out | shape)" "$error"
    assert_equal "$(shape <<<"$(jq -c 'select(.custom_id == "") | del(.error.line)' cut.out)")" "$error"
    assert_equal "$(jq -c 'select(.custom_id == "a") | .error.partial.choices[0].message.content' cut.out)" '"Par"'
    assert_equal "$(shape <<<"$(jq -c 'select(.custom_id == "a") | del(.error.partial)' cut.out)")" "$error"
    for answer in array nothing; do
        assert_equal "$(jq -c 'select(.custom_id == "a")' $answer.out | shape)" \
            '["string","string","object","null",{"status_code":"number","request_id":"string","body":"object"}]'
    done
}

# --- answers that are less than what was asked for --------------------------

# ended REASON [MORE]: a whole answer that ended for that reason.
ended() {
    printf 'data: {"id":"c","choices":[{"index":0,"delta":{"content":"Half an"%s},"finish_reason":"%s"}]}\n\ndata: [DONE]\n\n' \
        "${2-}" "$1" | response 'Connection: close'
}

@test "answers that are cut or refused are kept, not asked again, counted and named in every run" {
    ended length >one
    ended content_filter >two
    ended stop ',"refusal":"I cannot"' >three
    events "$(delta '{"refusal":"I cannot"},"finish_reason":"stop"')" >four
    ended stop >five
    requests 6 >in
    raw_start one two three one four five
    run --separate-stderr supai-batch -j 1 -o out in
    flaws='2 answers are cut: length; 1 answer is cut: content_filter; 2 answers are refused (asking again will not help)'
    expect 1 '' "supai-batch: 6 answered, 0 failed; $flaws; tokens: *"
    [ ! -e out.failed ]
    assert_equal "$(text_of out | sort | uniq -c | xargs)" '5 Half an 1 null'
    for _ in 1 2; do
        run --separate-stderr supai-batch -j 1 -o out in
        expect 1 '' "supai-batch: 0 answered, 0 failed, 6 answered before; $flaws; tokens: *"
    done
    run --separate-stderr supai-batch -q -o out in
    expect 1 '' ''
    assert_equal "$(connections)" 6
    # Those of other requests in the file are no matter.
    tail -n 1 in >last
    run --separate-stderr supai-batch -o out last
    expect 0 '' ''
}

@test "an answer that ended by the service's failure is asked again, one that ended with eos is whole" {
    ended insufficient_system_resource >failed
    ended eos >well
    requests 1 >in
    raw_start failed well
    run --separate-stderr supai-batch -q -o out in
    expect 0 '' ''
    assert_equal "$(connections) $(text_of out)" '2 Half an'
    raw_start failed
    run --separate-stderr supai-batch --retries 0 <in
    expect 1 "$output" 'supai-batch: 0 answered, 1 failed; *'
    assert_equal "$(jq -r '"\(.error.code) \(.error.message)"' <<<"$output")" \
        'service_error the service failed: the answer ended for the reason "insufficient_system_resource"'
}

@test "answers that are cut are counted without a results file too" {
    ended length >answer
    raw_start answer
    run --separate-stderr supai-batch <<<"$(line a hi)"
    expect 1 "$output" 'supai-batch: 1 answered, 0 failed; 1 answer is cut: length (*'
    assert_equal "$(text_of <<<"$output")" 'Half an'
}

@test "hundreds of reasons to end, and long ones, are told in a few words" {
    {
        for n in {1..300}; do
            printf '{"id":"x","custom_id":"%s","response":{"status_code":200,"body":{"choices":[{"message":{"content":"a"},"finish_reason":"reason%s"}]}},"error":null}\n' $n $n
        done
        printf '{"id":"x","custom_id":"301","response":{"status_code":200,"body":{"choices":[{"message":{"content":"a"},"finish_reason":"%05000d"}]}},"error":null}\n' 1
    } >out
    requests 301 >in
    mock_start
    run --separate-stderr supai-batch -o out in
    expect 1 '' 'supai-batch: 0 answered, 0 failed, 301 answered before; 1 answer is cut: reason1; *; 285 answers are cut: other reasons (*'
    [ "${#stderr}" -lt 1000 ]
}

# --- the key ----------------------------------------------------------------

@test "the key gets into no results file and no message, however a server quotes it" {
    key=sk-0123456789abcdefghij
    escaped=$(sed 's/k/\\u006b/; s/-/\\u002D/' <<<"$key")
    body="{\"error\":{\"message\":\"wrong key $key\",\"$key\":[\"$escaped\"]}}"
    printf 'HTTP/1.1 400 Bad\r\nx-request-id: %s\r\nContent-Length: %d\r\n\r\n%s' $key ${#body} "$body" >object
    body="<html><b>$key</b>"
    printf 'HTTP/1.1 400 Bad\r\nContent-Length: %d\r\n\r\n%s' ${#body} "$body" >html
    printf 'data: {"error":{"message":"wrong key %s","code":400}}\n\n' "$escaped" | response "x-request-id: $key" >event
    { stream Par | sed 's/"stop"/null/; s/Par/'$key'/; /DONE/d'; } | response 'Content-Length: 1000' >cut
    stream "The key is $escaped." | response "x-request-id: $key" >answer
    ended "$key" >reason
    requests 6 >in
    raw_start object html event cut answer reason
    export SUPAI_API_KEY=$key
    run --separate-stderr supai-batch -v -j 1 --retries 0 -o out in
    expect 1 '' 'supai-batch: *wrong key \*\*\**'
    assert_equal "$(wc -l <out) $(wc -l <out.failed)" '2 4'
    jq . out out.failed >shown
    assert_equal "$(grep -h 0123456789 shown out out.failed)" ''
    [[ $stderr != *0123456789* ]]
    assert_equal "$(text_of out | head -n 1)" 'The key is ***.'
    assert_equal "$(jq -r .response.request_id out | head -n 1)" '***'
    # libcurl's own words follow the last colon
    assert_equal "$(jq -r '.response.body.error.message // .error.message' out.failed | sed 's/\(110 bytes\): .*/\1/')" \
        $'wrong key ***\n<html><b>***</b>\nthe service says: wrong key ***\nthe answer was cut after 110 bytes'
}

@test "in the text of an answer nothing is hidden that may be a word, or an example" {
    text='ask ollama; Authorization: Bearer abcdef0123456789abcdef0123; sk-0123456789abcdefghij0123'
    mock_start --reply "$text"
    for key in ollama lm-studio test; do
        SUPAI_API_KEY=$key supai-batch <<<"$(line a hi)" >out
        assert_equal "$(text_of out)" "$text"
    done
    # The same words are hidden in what is no answer.
    kill "$MOCK_PID"
    printf 'HTTP/1.1 400 Bad\r\nContent-Length: 7\r\n\r\nollama!' >response
    raw_start response
    export SUPAI_API_KEY=ollama
    run --separate-stderr supai-batch <<<"$(line a hi)"
    expect 1 "$output" 'supai-batch: *HTTP 400: \*\*\*!)'
    assert_equal "$(jq -r .response.body.error.message <<<"$output")" '***!'
}

@test "results files are for their owner alone" {
    mock_start --fail 400:1
    requests 2 >in
    (umask 000 && supai-batch -q -j 1 -o out in) || [ $? -eq 1 ]
    assert_equal "$(stat -c %a out out.failed | xargs)" '600 600'
}

# --- pace -------------------------------------------------------------------

@test "after a 429 nothing is sent until the time it names, and fewer at once then" {
    reads_the_clock
    mock_start --fail 429:1 --retry-after 1 --first-byte-delay 50
    requests 60 >in
    run --separate-stderr supai-batch -v -j 8 -o out in
    [ "$status" -eq 0 ]
    # Eight were on their way; the ninth waits.
    times | awk 'NR == 8 { early = $1 } NR == 9 { exit !($1 - early > 0.9 && $1 - early < 2) }'
    assert_equal "$(sed -n 's/.*: \([0-9]* at a time\).*/\1/p' <<<"$stderr" | head -n 5 | tr '\n' ,)" \
        '4 at a time,5 at a time,6 at a time,7 at a time,8 at a time,'
    [[ ${stderr_lines[0]} == 'supai-batch: HTTP 429: '*', nothing is sent for 1 s' ]]
}

@test "429s of requests that were sent together count once, and are no tries" {
    mock_start --fail 429:20 --retry-after 0.1
    requests 8 >in
    run --separate-stderr supai-batch --retries 2 -v -j 8 -o out in
    [ "$status" -eq 0 ]
    assert_equal "$(sed -n 's/.*: \([0-9]* at a time\), .*/\1/p' <<<"$stderr" | head -n 2 | tr '\n' ,)" \
        '4 at a time,2 at a time,'
}

@test "--rate is even from the first request on" {
    reads_the_clock
    mock_start
    requests 150 >in
    run --separate-stderr supai-batch -j 64 --rate 50/s -o out in
    expect 0 '' ''
    times | awk 'NR == 1 { first = last = $1 }
        { if ($1 - first < 0.5) early++; last = $1 }
        END { rate = (NR - 1) / (last - first)
            if (NR != 150 || rate > 52.5 || rate < 45 || early > 28) { print NR, rate, early; exit 1 } }'
}

@test "--rate per minute and hour" {
    reads_the_clock
    mock_start
    requests 3 >in
    for rate in 4 4/s 4/sec 4/second 240/m 240/min 240/minute 14400/h 14400/hour; do
        : >"$MOCK_LOG"
        run --separate-stderr supai-batch --rate $rate in
        assert_equal "$rate $status$stderr" "$rate 0"
        # Half a second; a unit taken for another is 60 times off.
        times | awk '{ t[NR] = $1 } END { exit !(t[3] - t[1] > 0.1 && t[3] - t[1] < 8) }'
    done
}

@test "--rate: the last answer is the end, no start is waited for that nobody needs" {
    reads_the_clock
    mock_start
    SECONDS=0
    run --separate-stderr supai-batch --rate 1/h <<<"$(line a hi)"
    assert_equal "$status$stderr" 0
    { line a hi; line b hi; echo; } >in
    supai-batch -q -o out <<<"$(line a hi)"
    run --separate-stderr supai-batch --rate 1/h -o out in
    expect 0 '' ''
    [ "$SECONDS" -lt 10 ]
}

@test "--rate: the next start may be years away" {
    requests 2 >in
    for rate in 0.001/h 1e-300/h; do
        rm -f out
        mock_start
        supai-batch --rate $rate --first-byte-timeout 0 --idle-timeout 0 in >out 2>err 3>&- &
        until_true lines_in out 1
        kill $!
        status=0
        wait $! || status=$?
        assert_equal "$status" 75
        assert_equal "$(cut -d';' -f1 err)" 'supai-batch: SIGTERM: 1 answered, 0 failed'
        assert_equal "$(mock_requests)" 1
    done
}

@test "connections are used again" {
    mock_start --first-byte-delay 5
    requests 400 | supai-batch -j 8 -o out
    # A connection that the other end has just closed is replaced.
    [ "$(jq .connection "$MOCK_LOG" | sort -u | wc -l)" -le 12 ]
}

@test "a thousand at once: the file limit is raised" {
    reads_the_clock
    local delay=2 # seconds
    [ -z "${SUPAI_SAN-}" ] || delay=8
    mock_start --first-byte-delay $((delay * 1000))
    requests 1000 >in
    run --separate-stderr bash -c 'ulimit -Sn 256; exec supai-batch -j 1000 -o out in'
    [ "$status" -ne 71 ] || skip "$stderr"
    expect 0 '' ''
    # All of them were sent before the first answer came.
    times | awk -v delay=$delay '{ if ($1 > last) last = $1; if (NR == 1) first = $1 }
        END { exit !(NR == 1000 && last - first < delay) }'
    run --separate-stderr bash -c 'ulimit -n 256; exec supai-batch -j 1000 -o out in'
    expect 71 '' 'supai-batch: -j 1000 needs 1064 open files, 256 are allowed: *ulimit*'
}

@test "without descriptors the batch stops with 71, and that is no failure of a request" {
    [ "$(ulimit -Hn)" != unlimited ] || [ "$(ulimit -Hn)" -gt 80 ] || skip "no descriptors to spare"
    mock_start --first-byte-delay 300
    requests 20 >in
    run --separate-stderr bash -c 'for fd in {3..72}; do eval "exec $fd</dev/null"; done; ulimit -n 80; exec supai-batch -o out in'
    expect 71 '' 'supai-batch: stopped: *out of file descriptors (ulimit -n)*'
    [ ! -e out.failed ]
    run --separate-stderr supai-batch -o out in
    expect 0 '' ''
    each_has_one_success in out
}

@test "out of memory is 71" {
    [ -z "${SUPAI_SAN-}" ] || skip "sanitizers need memory of their own"
    mock_start
    { printf '{"custom_id":"a","body":{"messages":[{"role":"user","content":"hi"}],"x":['; yes '{"a":1},' | head -n 6000000 | tr -d '\n'; echo '0]}}'; } >in
    # less than a buffer for the line, however thrifty the system
    run --separate-stderr bash -c 'ulimit -v 65000; exec supai-batch in'
    expect 71 '' 'supai-batch: out of memory'
}

# --- input and order --------------------------------------------------------

@test "results come while the input is still open, and its next line is awaited" {
    mock_start
    mkfifo fifo
    supai-batch <fifo >out 3>&- &
    exec 5>fifo
    line a hi >&5
    until_true lines_in out 1
    printf '{"custom_id":"b",' >&5 # half a line keeps nobody waiting
    line c hi | sed 's/{"custom_id":"c",//' >&5
    until_true lines_in out 2
    exec 5>&-
    wait $!
    assert_equal "$(jq -r .custom_id out | xargs)" 'a b'
}

@test "input is read as it is needed" {
    [ -r /proc/self/status ] || skip "no /proc"
    mock_start --first-byte-delay 100
    line ID hi >one
    awk '{ for (i = 1; i <= 1000000; i++) { l = $0; sub(/ID/, i, l); print l } }' one | supai-batch -j 64 >out 3>&- &
    pid=$!
    until_true lines_in out 640
    kb=$(awk '/^VmHWM:/ { print $2 }' /proc/$pid/status)
    kill -9 $pid
    wait $pid || true
    [ "$(mock_requests)" -lt 6400 ]
    [ -n "${SUPAI_SAN-}" ] || [ "$kb" -lt $((24 * 1024)) ] || fail "$kb KiB"
}

@test "--ordered keeps the order of the input, and reads ahead only so far" {
    reads_the_clock
    # The first one waits for its next try.
    mock_start --fail 503:1 --retry-after 2
    requests 300 >in
    echo 'no JSON' >>in
    run --separate-stderr supai-batch -j 4 --ordered in
    assert_equal "$status" 1
    assert_equal "$(jq -r '.custom_id + "."' <<<"$output")" "$(seq 300 | sed 's/$/./'; echo .)"
    # The mock saw no more than 4 times 4 in these two seconds.
    times | awk 'NR > 1 && $1 - before > 1 { at = NR - 1 } { before = $1 } END { exit !(at > 4 && at <= 17) }'
    run --separate-stderr supai-batch -j 4 --ordered -o out <in
    assert_equal "$(jq -r .custom_id out)" "$(seq 1 300)"
}

@test "the memory of --ordered has a bound: long results are held back only so far" {
    reads_the_clock
    head -c 3000000 /dev/zero | tr '\0' x >long
    # The first one waits for its next try.
    mock_start --fail 503:1 --retry-after "$([ -n "${SUPAI_SAN-}" ] && echo 9 || echo 3)" --reply @long
    requests 12 >in
    run --separate-stderr bash -c 'supai-batch -j 4 --ordered in | jq -r .custom_id'
    expect 0 "$(seq 12)" ''
    # 8 MiB are three of them, and as many as were under way then: so many were asked
    # before the one that failed was asked again.
    jq -r '.body.messages[0].content' "$MOCK_LOG" |
        awk 'seen[$0]++ { at = NR - 1 } END { if (!(at >= 4 && at <= 9)) { print at; exit 1 } }'
}

@test "the memory of an answer has a bound, however small its events are" {
    printf 'data: {"id":"c","choices":[{"index":0,"delta":{"content":"%s"}}]}\n\n' {1..50} >small
    { cat small; stream end; } | response 'Connection: close' >fits
    { cat small small; stream end; } | response 'Connection: close' >long
    { stream "$(head -c 1100 /dev/zero | tr '\0' x)"; } | response 'Connection: close' >event
    raw_start fits long event
    requests 3 >in
    run --separate-stderr supai-batch -j 1 --max-record 1K --ordered in
    assert_equal "$status" 1
    assert_equal "$(jq -r '"\(.custom_id) \(.error.code) \(.error.message)"' <<<"$output")" '1 null null
2 too_long the answer is too long (--max-record)
3 too_long event 1: longer than 1024 bytes (--max-record)'
    assert_equal "$(connections)" 3
}

@test "a result longer than --max-record is a failure, since no run could read it again" {
    stream "$(head -c 900 /dev/zero | tr '\0' x)" | response 'Connection: close' "x-request-id: $(head -c 400 /dev/zero | tr '\0' x)" >answer
    raw_start answer
    run --separate-stderr supai-batch --max-record 1K -o out <<<"$(line a hi)"
    expect 1 '' 'supai-batch: 0 answered, 1 failed; *; see out.failed (the first: a: the result is too long (--max-record))'
    [ ! -s out ]
    assert_equal "$(jq -r .error.code out.failed)" too_long
    assert_equal "$(connections)" 1
}

# --- ends -------------------------------------------------------------------

# signal_run SIGNAL [N]: sends it N times to a batch whose answers take long.
signal_run() {
    mock_start --first-byte-delay "${3-700}"
    requests 100 >in
    supai-batch -j 4 -o out in 2>err 3>&- &
    local pid=$! n
    until_true lines_in "$MOCK_LOG" 4
    for ((n = 0; n < ${2-1}; n++)); do
        kill -s "$1" $pid
        sleep 0.05 # two signals at the same time are one
    done
    status=0
    wait $pid || status=$?
}

@test "the first SIGTERM lets the ones in flight end, sends no more, and is 75" {
    reads_the_clock
    signal_run TERM
    assert_equal "$status" 75
    assert_equal "$(cat err | cut -d';' -f1)" 'supai-batch: SIGTERM: 4 answered, 0 failed'
    assert_equal "$(jq -r .custom_id out | sort | xargs)" '1 2 3 4'
    assert_equal "$(mock_requests)" 4
}

@test "the first SIGINT does so too, and then it dies of it" {
    reads_the_clock
    set -m # in the background SIGINT is ignored without
    signal_run INT
    assert_equal "$status" 130
    assert_equal "$(wc -l <out)" 4
    assert_equal "$(mock_requests)" 4
}

@test "a second signal ends it at once" {
    signal_run TERM 2 60000
    assert_equal "$status" 75
    assert_equal "$(cat err | cut -d';' -f1)" 'supai-batch: SIGTERM: 0 answered, 0 failed'
}

@test "a third signal ends it where it is stuck" {
    head -c 200000 /dev/zero | tr "\0" x >long
    mock_start --reply @long
    requests 20 >in
    mkfifo fifo
    supai-batch in >fifo 2>err 3>&- &
    pid=$!
    exec 5<fifo # and nobody reads it
    until_true read -r -t 0 -u 5 # a result is longer than what a pipe holds
    for i in 1 2 3 4 5; do
        kill -TERM $pid || break
        sleep 0.1
    done
    status=0
    wait $pid || status=$?
    exec 5<&-
    assert_equal "$status" 143
}

@test "-v says what came of it, -q nothing" {
    mock_start --fail 400:1
    run --separate-stderr supai-batch -v -o out <<<"$(line a hi)"
    expect 1 '' 'supai-batch: 0 answered, 1 failed; tokens: 0 prompt, 0 completion; *.* s; see out.failed (the first: a: HTTP 400: *)'
    run --separate-stderr supai-batch -v -o out <<<"$(line a hi)"
    expect 0 '' 'supai-batch: 1 answered, 0 failed; tokens: 1 prompt, 1 completion; *.* s'
    run --separate-stderr supai-batch -q <<<'no JSON'
    assert_equal "$status" 1
    assert_equal "$stderr" ''
}

@test "--progress draws the line where no terminal is, and -q nothing anywhere" {
    mock_start --first-byte-delay 400
    requests 2 >in
    run --separate-stderr supai-batch -j 1 --progress -o out in
    assert_equal "$status$output" 0
    [[ $stderr == *$'\rsupai-batch: 1/'*'2 done, 0 failed, '*'/s, '*' tokens, '*' s left'*'K'* ]]
    run --separate-stderr supai-batch -j 1 --progress -q <in
    assert_equal "$status$stderr" 0
}

@test "a terminal that can only take lines gets no picture, but the summary" {
    mock_start --first-byte-delay 400
    requests 2 >in
    TERM=dumb pty supai-batch -j 1 -o out in >screen
    grep -q 'supai-batch: 2 answered, 0 failed; ' screen
    assert_equal "$(grep -e ' done' -e $'\033' screen)" ''
}

@test "progress on a terminal, and a summary there" {
    command -v tmux >/dev/null || skip "no tmux"
    mock_start --first-byte-delay 100
    requests 100 >in
    tmux -L "batch$$" -f /dev/null new-session -d -x 100 -y 10 \
        "PATH='$PATH' supai-batch -j 2 -o out in; echo ended; exec sleep 60" 3>&-
    seen() { tmux -L "batch$$" capture-pane -p >pane && grep -Eq "$1" pane; }
    until_true seen '^supai-batch: [0-9]+/~?[0-9]+ done, 0 failed, [0-9.]+/s, [0-9]+ tokens, [0-9]+ s left$'
    # A screen that is narrow has the beginning of it, on one line still.
    tmux -L "batch$$" resize-window -x 40
    narrow() { seen '^supai-batch: [0-9]+/' && ! grep -q tokens pane; }
    until_true narrow
    tmux -L "batch$$" resize-window -x 100
    until_true seen '^ended'
    tmux -L "batch$$" kill-server
    grep -Eq '^supai-batch: 100 answered, 0 failed; tokens: 200 prompt, 200 completion; [0-9.]+ s' pane
    assert_equal "$(grep -c supai-batch pane)" 1
}

@test "over TLS with HTTP/2 requests share a connection" {
    reads_the_clock
    mock_start --first-byte-delay 200
    tls_start
    requests 100 >in
    SECONDS=0
    run --separate-stderr supai-batch -j 50 --cacert cert.pem -o out in
    expect 0 '' ''
    each_has_one_success in out
    [ "$(sort -u tls.log | wc -l)" -le 2 ]
    [ "$SECONDS" -lt 15 ]
}
