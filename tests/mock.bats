#!/usr/bin/env bats
# supai-mock: the service's stand-in. Asked by curl, so that nothing of what it
# is there to test takes part.

load helper

hi='{"messages":[{"role":"user","content":"one two red big sea waves"}]}'
streamed='{"stream":true,"messages":[{"role":"user","content":"one two red big sea waves"}]}'

# ask BODY [curl's arguments]: POSTs BODY (@FILE: from a file) to the mock.
ask() {
    local body=$1
    shift
    curl -sS --max-time 60 -H "Authorization: Bearer $TEST_KEY" -H 'Content-Type: application/json' \
        --data-binary "$body" "$@" "$SUPAI_BASE_URL/chat/completions"
}

export -f ask        # for the commands that it runs
export TEST_KEY

# status_of BODY ...: the response's status and curl's own, as "200 0".
status_of() {
    ask "$@" -o /dev/null -w '%{http_code} %{exitcode}' 2>/dev/null || :
}

# ends PID: waits for a process of ours; its status is $status.
ends() {
    status=0
    wait "$1" || status=$?
}

# The data of a stream's events, one a line; and without the [DONE].
events() { sed -n 's/^data: //p'; }
chunks() { events | grep -v '^\[DONE\]$'; }
content() { chunks | jq -rj '.choices[]?.delta.content // empty'; }

# refused STATUS CODE [curl's arguments]: what is refused, and how.
refused() {
    local want=$1 code=$2
    shift 2
    run --separate-stderr curl -sS --max-time 60 -w '\n%{http_code}\n' "$@"
    assert_equal "${lines[1]}" "$want"
    assert_equal "$(jq -c '[(.error | keys), .error.type, .error.code, (.error.message | length > 0)]' <<<"${lines[0]}")" \
        "[[\"code\",\"message\",\"param\",\"type\"],\"invalid_request_error\",\"$code\",true]"
}

# posted STATUS CODE BODY: the same for a body that is sent as it should be.
posted() {
    refused "$1" "$2" -H "Authorization: Bearer $TEST_KEY" -H 'Content-Type: application/json' \
        --data-binary "$3" "$SUPAI_BASE_URL/chat/completions"
}

### The server

@test "prints its base URL, serves on 127.0.0.1 alone, ends with 0 when told to" {
    for signal in TERM INT; do
        mock_start
        [[ $SUPAI_BASE_URL =~ ^http://127\.0\.0\.1:[0-9]+/v1/openai$ ]]
        assert_equal "$(status_of "$hi")" "200 0"
        run curl -s -o /dev/null "${SUPAI_BASE_URL/127.0.0.1/127.0.0.2}/chat/completions"
        [ "$status" -ne 0 ]
        kill -"$signal" "$MOCK_PID"
        ends "$MOCK_PID"
        assert_equal "$status" 0
        assert_equal "$(cat mock.err)" ''
    done
}

@test "a port that is taken is 69" {
    mock_start
    port=${SUPAI_BASE_URL#*:*:}
    port=${port%%/*}
    run --separate-stderr supai-mock --port "$port"
    expect 69 '' "supai-mock: 127.0.0.1:$port: *"
}

@test "a port that is free is taken when asked for" {
    mock_start
    port=${SUPAI_BASE_URL#*:*:}
    port=${port%%/*}
    ask "$hi" >/dev/null        # leaves a connection in TIME_WAIT behind
    kill "$MOCK_PID"
    wait "$MOCK_PID"
    mock_start --port "$port"
    assert_equal "$SUPAI_BASE_URL" "http://127.0.0.1:$port/v1/openai"
}

@test "wrong usage is 64, a missing file 66, a log that cannot be made 73" {
    while IFS='|' read -r args why; do
        # shellcheck disable=SC2086 # words
        run --separate-stderr supai-mock $args
        [ "$status" -eq 64 ] && [ -z "$output" ]
        # shellcheck disable=SC2053 # a pattern
        [[ ${stderr_lines[0]} == "supai-mock: "$why ]]
        assert_equal "${#stderr_lines[@]}" 2
    done <<'END'
--port 70000|--port: '70000' is no whole number from 0 to 65535
--fail 99|--fail: '99' must start with a status from 200 to 599
--fail 600|--fail: '600' must start with a status from 200 to 599
--fail 500:|--fail: '500:' must go on with :N requests or a share :P%
--fail 500:101%|--fail: '500:101%' must go on with :N requests or a share :P%
--fail 500:-1|--fail: '500:-1' must go on with :N requests or a share :P%
--cut|option '--cut' needs an argument
--cut x|--cut: 'x' must start with a number of events
--stall -1|--stall: '-1' must start with a number of events
--error-event 1:2:3|--error-event: '1:2:3' must go on with :N requests or a share :P%
--garbage=x|--garbage: 'x' must be N requests or a share P%
--fail 500:60% --cut 1:50%|--cut: '1:50%' makes the shares more than 100%
--header colon|--header: 'colon' is not 'Name: value'
--header Content-Length:5|--header: 'Content-Length:5' cannot be sent
--delay -1|--delay: '-1' is no whole number from 0 to 86400000
--seed x|--seed: 'x' is no whole number from 0 to *
END
    for option in --replay --key-file; do
        run --separate-stderr supai-mock $option missing
        expect 66 '' 'supai-mock: missing: No such file or directory'
    done
    for option in --reply --body; do
        run --separate-stderr supai-mock $option @missing
        expect 66 '' 'supai-mock: missing: No such file or directory'
    done
    : >empty
    run --separate-stderr supai-mock --key-file empty
    expect 66 '' 'supai-mock: empty: no key in it'
    run --separate-stderr supai-mock --log no/such/log
    expect 73 '' 'supai-mock: no/such/log: No such file or directory'
}

@test "a standard output that is full is 74, and a log at the end, all having been answered" {
    [ -e /dev/full ] || skip "no /dev/full"
    run --separate-stderr bash -c 'supai-mock >/dev/full'
    expect 74 '' 'supai-mock: standard output: No space left on device'
    run --separate-stderr supai-mock --log /dev/full -- curl -s "127.0.0.1:1"
    [ "$status" -eq 7 ]         # nothing was asked, nothing logged
    run --separate-stderr supai-mock --log /dev/full -- sh -c 'supai one && supai two'
    expect 74 $'one\ntwo' 'supai-mock: the log: No space left on device'
}

### What it refuses

@test "a wrong path is 404, a wrong method 405 with Allow" {
    mock_start
    refused 404 not_found "$SUPAI_BASE_URL"
    refused 404 not_found "$SUPAI_BASE_URL/chat/completions/"
    refused 404 not_found --data '{}' "$SUPAI_BASE_URL/completions"
    refused 404 not_found "${SUPAI_BASE_URL%/openai}/info"
    for method in GET PUT DELETE OPTIONS PATCH; do
        refused 405 method_not_allowed -X $method "$SUPAI_BASE_URL/chat/completions"
    done
    refused 405 method_not_allowed --data '{}' "${SUPAI_BASE_URL%/openai}/info/models"
    run curl -sI "$SUPAI_BASE_URL/chat/completions"
    assert_line --regexp '^HTTP/1.1 405'
    assert_line --regexp '^Allow: POST'
    run curl -sI -X DELETE "${SUPAI_BASE_URL%/openai}/info/modes"
    assert_line --regexp '^Allow: GET'
}

@test "no bearer token is 401" {
    mock_start
    for auth in 'X: y' 'Authorization: Bearer' 'Authorization: Bearer  ' 'Authorization: Basic eDp5' \
        'Authorization: Bearerx'; do
        refused 401 invalid_api_key -H "$auth" -H 'Content-Type: application/json' --data "$hi" \
            "$SUPAI_BASE_URL/chat/completions"
        refused 401 invalid_api_key -H "$auth" "${SUPAI_BASE_URL%/openai}/info/models"
    done
    run curl -sD- -o /dev/null "${SUPAI_BASE_URL%/openai}/info/models"
    assert_line --regexp '^WWW-Authenticate: Bearer'
    run curl -s -o /dev/null -w '%{http_code}' -H 'authorization: bearer x' "${SUPAI_BASE_URL%/openai}/info/models"
    assert_output 200           # the scheme's case does not matter
}

@test "--key-file: another key is 401" {
    printf '%s\n' "$TEST_KEY" >key
    mock_start --key-file key
    assert_equal "$(status_of "$hi")" "200 0"
    for key in x "${TEST_KEY}x" "${TEST_KEY%?}"; do
        refused 401 invalid_api_key -H "Authorization: Bearer $key" -H 'Content-Type: application/json' \
            --data "$hi" "$SUPAI_BASE_URL/chat/completions"
    done
}

@test "a request is JSON as RFC 8259 has it, nested 256 deep: libjq takes less" {
    mock_start
    for levels in 128 255; do
        deep=$(printf '{"a":%.0s' $(seq "$levels"))1$(printf '}%.0s' $(seq "$levels"))
        run ask "${hi%\}},\"x\":$deep}"
        assert_equal "$(jq -r '.choices[0].message.content' <<<"$output")" 'one two red big sea waves'
        grep -qF "\"x\":$deep},\"status\":200" "$MOCK_LOG" # jq would not take it
    done
    posted 400 invalid_json "${hi%\}},\"x\":{\"a\":$deep}}"
}

@test "what is not JSON is 400" {
    mock_start
    posted 400 invalid_json ''
    posted 400 invalid_json '{"messages":['
    posted 400 invalid_json '{"messages":[]} x'
    posted 400 invalid_json '{"messages":[01]}'
    posted 400 invalid_json '{"messages":NaN}'
    posted 400 invalid_json "$(printf '[%.0s' {1..10000})"
}

@test "what the body is called does not matter, as long as it is JSON" {
    mock_start
    assert_equal "$(status_of "$hi" -H 'Content-Type: application/json; charset=utf-8')" "200 0"
    assert_equal "$(status_of "$hi" -H 'Content-Type: application/x-www-form-urlencoded')" "200 0"
    assert_equal "$(status_of "$hi" -H 'Content-Type:')" "200 0"
}

@test "a request that breaks the rules of the API's page is 400, and the member is named" {
    mock_start
    while IFS='|' read -r param body; do
        run --separate-stderr ask "$body" -w '%{http_code}'
        assert_equal "${lines[1]}" 400
        assert_equal "$(jq -r '.error | .type, .param' <<<"${lines[0]}" | paste -sd ' ')" \
            "invalid_request_error $param"
    done <<'END'
messages|{}
messages|{"messages":[]}
messages|{"messages":"hi"}
messages|{"messages":[{"role":"system","content":"x"}]}
messages|{"messages":[{"role":"user","content":"x"},{"role":"assistant","content":"y"}]}
messages|{"messages":[{"role":"robot","content":"x"}]}
messages|{"messages":[{"role":"user","content":5}]}
model|{"model":"slow","messages":[{"role":"user","content":"x"}]}
model|{"model":1,"messages":[{"role":"user","content":"x"}]}
models|{"models":["no/such"],"messages":[{"role":"user","content":"x"}]}
models|{"models":"openai/gpt-5","messages":[{"role":"user","content":"x"}]}
stream|{"stream":"yes","messages":[{"role":"user","content":"x"}]}
stream_options|{"stream_options":true,"messages":[{"role":"user","content":"x"}]}
include_supai_chunks|{"include_supai_chunks":1,"messages":[{"role":"user","content":"x"}]}
environment|{"environment":"here","messages":[{"role":"user","content":"x"}]}
END
    posted 400 "$(ask '{"model":"slow","messages":[{"role":"user","content":"x"}]}' | jq -r .error.code)" \
        '{"model":"slow","messages":[{"role":"user","content":"x"}]}'
}

@test "members that the page does not know are accepted" {
    mock_start
    assert_equal "$(status_of '{"temperature":0,"tools":[],"messages":[{"role":"user","content":"x"}]}')" "200 0"
}

@test "--refuse: a request that has the member is 400, null or not" {
    mock_start --refuse logprobs --refuse stream_options --fail 503:1
    for member in '"logprobs":true' '"logprobs":null' '"stream_options":{}'; do
        posted 400 unsupported_parameter "{$member,${hi#\{}"
        name=${member%%:*}
        assert_equal "$(jq -c '[.error.param, .error.message]' <<<"${lines[0]}")" \
            "[$name,\"${name//\"/} is not supported by this model\"]"
    done
    posted 400 empty_array '{"logprobs":true,"messages":[]}'
    assert_equal "$(status_of "$hi")" "503 0"      # what is refused uses up no fault
    assert_equal "$(status_of "$hi")" "200 0"
}

@test "a body of 32 MiB is taken, a longer one is 413" {
    mock_start --reply ok
    { printf '{"messages":[{"role":"user","content":"'
        head -c $((33554432 - 43)) /dev/zero | tr '\0' x
        printf '"}]}'; } >body
    assert_equal "$(wc -c <body | tr -d ' ')" 33554432
    assert_equal "$(status_of @body)" "200 0"
    echo >>body
    posted 413 request_too_large @body
    assert_equal "$(jq -c '[.bytes, .status, .body_text]' "$MOCK_LOG" | tail -n 1)" '[33554433,413,""]'
}

@test "a body may come in chunks, or after a 100 Continue" {
    mock_start
    run --separate-stderr ask "$hi" -H 'Transfer-Encoding: chunked'
    assert_equal "$(jq -r '.choices[0].message.content' <<<"$output")" 'one two red big sea waves'
    run ask "$hi" -H 'Expect: 100-continue' -D-
    assert_line --regexp '^HTTP/1.1 100'
    assert_line --regexp '^HTTP/1.1 200'
}

@test "the query of a URL is passed over" {
    mock_start
    SUPAI_BASE_URL+="/chat/completions?x="
    assert_equal "$(status_of "$hi")" "200 0"
}

### Answers

@test "a whole answer is a chat.completion, as on the API's page" {
    mock_start
    run --separate-stderr ask "$hi" -D headers
    assert_equal "$(jq -c 'del(.created)' <<<"$output")" "$(jq -nc '{
        id: "chatcmpl-mock-1", object: "chat.completion", model: "auto",
        choices: [{index: 0, message: {role: "assistant", content: "one two red big sea waves"}, finish_reason: "stop"}],
        usage: {prompt_tokens: 6, completion_tokens: 6, total_tokens: 12}}')"
    assert_equal "$(jq '.created > 1700000000' <<<"$output")" true
    grep -qi '^Content-Type: application/json' headers
    grep -qi '^X-Request-Id: req_mock_1' headers
    run --separate-stderr ask '{"model":"fast","messages":[{"role":"user","content":"x"}]}'
    assert_equal "$(jq -c '[.id, .model]' <<<"$output")" '["chatcmpl-mock-2","fast"]'
}

@test "a streamed answer is role, content in small pieces, finish reason, [DONE]" {
    mock_start
    ask "$streamed" -D headers >body
    grep -qi '^Content-Type: text/event-stream' headers
    grep -qi '^Transfer-Encoding: chunked' headers
    assert_equal "$(chunks <body | jq -c '[.id, .object, .model, (.created > 1700000000), has("usage")]' | sort -u)" \
        '["chatcmpl-mock-1","chat.completion.chunk","auto",true,false]'
    assert_equal "$(chunks <body | jq -c '.choices')" "$(cat <<'END'
[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]
[{"index":0,"delta":{"content":"one two "},"finish_reason":null}]
[{"index":0,"delta":{"content":"red big "},"finish_reason":null}]
[{"index":0,"delta":{"content":"sea wave"},"finish_reason":null}]
[{"index":0,"delta":{"content":"s"},"finish_reason":null}]
[{"index":0,"delta":{},"finish_reason":"stop"}]
END
)"
    # The bytes between: each event is one data line and an empty one.
    assert_equal "$(grep -c '' body)" 14
    assert_equal "$(sed -n 'n;p' body | sort -u)" ''
    assert_equal "$(tail -n 2 body)" 'data: [DONE]'
}

@test "--logprobs: each piece of the text is a token, where they are asked for" {
    mock_start --logprobs
    asks='"logprobs":true,"messages":[{"role":"user","content":"one two é"}]}'
    ask "{\"stream\":true,$asks" | chunks >got
    assert_equal "$(jq -c '.choices[0].logprobs | if . == null then . else
        [.refusal, (.content[] | .token, .bytes, .top_logprobs, (.logprob < 0))] end' got)" "$(cat <<'END'
null
[null,"one two ",[111,110,101,32,116,119,111,32],[],true]
[null,"é",[195,169],[],true]
null
END
)"
    # As many and as likely when they come whole, in another run, and by top_logprobs.
    jq -c '.choices[0].logprobs.content // empty | .[]' got >streamed
    ask "{$asks" | jq -c '.choices[0].logprobs.content[]' | cmp - streamed
    mock_start --logprobs
    ask "{\"top_logprobs\":2,$asks" | jq -c '.choices[0].logprobs.content[]' >top
    jq -c '.top_logprobs = []' top | cmp - streamed
    jq -c '.top_logprobs[]' top | cmp - <(jq -c 'del(.top_logprobs)' streamed)
    # Not asked for, or not given: not a word of them.
    assert_equal "$(ask "$hi" | jq -c '.choices[0] | keys')" '["finish_reason","index","message"]'
    mock_start
    assert_equal "$(ask "{$asks" | jq -c '.choices[0] | keys')" '["finish_reason","index","message"]'
}

@test "--logprobs: an answer's confidence lies between 0.2 and 1, and differs by its text" {
    mock_start --logprobs
    for text in yes no maybe; do
        ask '{"logprobs":true,"messages":[{"role":"user","content":"'$text'"}]}' |
            jq '.choices[0].logprobs.content | map(.logprob) | add / length | exp'
    done >confidences
    assert_equal "$(jq -s 'map(. > 0.2 and . < 1) + [length, (unique | length)]' -c confidences)" \
        '[true,true,true,3,3]'
}

@test "usage comes in a chunk without choices, when it is asked for" {
    mock_start
    run --separate-stderr ask '{"stream":true,"stream_options":{"include_usage":true},"messages":[
        {"role":"system","content":"Be brief."},{"role":"user","content":"a b c"}]}'
    chunks <<<"$output" >got
    assert_equal "$(jq -c 'select(.usage).choices' got)" '[]'
    assert_equal "$(tail -n 1 got | jq -c .usage)" '{"prompt_tokens":5,"completion_tokens":3,"total_tokens":8}'
    assert_equal "$(jq -c 'has("usage")' got | sort -u)" true
    ask '{"stream":true,"stream_options":{},"messages":[{"role":"user","content":"x"}]}' | chunks >got
    assert_equal "$(jq -c 'has("usage")' got | sort -u)" false
}

@test "pieces never split a character" {
    mock_start --reply 'Grüße, 世界 and 🐧🐧🐧🐧🐧🐧🐧🐧🐧 of the ä öü'
    ask "$streamed" >body
    assert_equal "$(content <body)" 'Grüße, 世界 and 🐧🐧🐧🐧🐧🐧🐧🐧🐧 of the ä öü'
    events <body | iconv -f UTF-8 -t UTF-8 >/dev/null
    assert_equal "$(chunks <body | jq '.choices[0].delta.content // "" | length' | sort -n | tail -n 1)" 8
}

@test "a long reply comes whole, in longer pieces" {
    head -c 300000 /dev/zero | tr '\0' y >long
    mock_start --reply @long
    ask "$streamed" >body
    content <body | cmp - long
    [ "$(events <body | wc -l)" -lt 2100 ]
}

@test "a reply that is not UTF-8 becomes such that is, an empty one has no content" {
    printf 'a\377b\0c' >bytes
    mock_start --reply @bytes --reply ''
    assert_equal "$(ask "$hi" | jq -c '.choices[0].message.content')" '"a�b\u0000c"'
    ask "$streamed" >body
    assert_equal "$(chunks <body | jq -c '.choices[0].delta')" '{"role":"assistant","content":""}'$'\n{}'
}

@test "the echo joins the text parts of the last message" {
    mock_start
    run ask '{"messages":[{"role":"user","content":"no"},{"role":"assistant","content":"no"},{"role":"user","content":[
        {"type":"text","text":"Look:"},{"type":"image_url","image_url":{"url":"https://example.com/x.png"}},
        {"type":"text","text":"what is it?"}]}]}'
    assert_equal "$(jq -r '.choices[0].message.content' <<<"$output")" $'Look:\nwhat is it?'
}

@test "replies are given in turn, from files too, and recordings among them" {
    printf 'from a file\n' >file
    printf '{"choices":[{"index":0,"delta":{"content":"recorded"},"finish_reason":"stop"}]}\n' >rec
    mock_start --reply first --reply @file --replay rec --reply @@home
    for expected in first 'from a file' recorded @home first; do
        assert_equal "$(ask "$hi" | jq -r '.choices[0].message.content')" "$expected"
    done
}

@test "the ensemble's chunks come in the service's order, main saying the answer" {
    mock_start
    ask '{"stream":true,"include_supai_chunks":true,"model":"expert","messages":[{"role":"user","content":"why, oh why?"}]}' |
        chunks >got
    jq -c 'select(.object == "supai.chunk").chunk' got >supai
    assert_equal "$(jq -r .type supai | head -n 1)" run-mode-call
    assert_equal "$(jq -r .type supai | tail -n 2 | paste -sd ' ')" 'run-mode-result done'
    assert_equal "$(jq -r 'select(.type == "run-mode-call").modeId' supai)" expert
    assert_equal "$(content <<<"$(sed 's/^/data: /' got)")" 'why, oh why?'
    assert_equal "$(jq -rj 'select(._source.key == "main" and .type == "text").text' supai)" 'why, oh why?'
    assert_equal "$(jq -r 'select(._source.key == "main").type' supai | uniq | paste -sd ' ')" \
        'thinking-start thinking text-start text done'
    # STREAM's invariants: one done and at most one score a model, the score
    # after it, all before main begins, run-consensus right before that.
    jq -s -e '
        (.[0].startModelIds | sort) as $models |
        ([.[] | ._source.key // empty] | index("main")) as $unused |
        (map(.type) | index("run-consensus")) as $consensus |
        (map(._source.key == "main") | index(true)) as $main |
        $main == $consensus + 1 and
        ([.[] | select(.type == "done")._source.key] | sort) == ($models + ["main"] | sort) and
        ([.[:$consensus][] | select(.type == "confidence-score")._source.key] | sort) == $models and
        ([.[] | select(.type == "confidence-score") | .value > 0 and .value < 1] | all) and
        ([.[$main:][] | ._source.key // "main"] | unique) == ["main"] and
        .[-2].finalModelIds == .[0].startModelIds and
        ([.[] | select(.type == "text" or .type == "thinking") | .text | type == "string"] | all) and
        ([.[] | select(.type == "source").source | keys] | unique) == [["title","type","url"]]
    ' supai
}

@test "the ensemble is made of the models that are asked for" {
    mock_start
    ask '{"stream":true,"include_supai_chunks":true,"models":["openai/gpt-5","xai/grok-4"],"messages":[{"role":"user","content":"x"}]}' |
        chunks | jq -c '.chunk.startModelIds // empty' >got
    assert_equal "$(cat got)" '["openai/gpt-5","xai/grok-4"]'
}

@test "the lists of models and modes" {
    mock_start
    get() { curl -s -H "Authorization: Bearer $TEST_KEY" "${SUPAI_BASE_URL%/openai}/info/$1"; }
    assert_equal "$(get models | jq -r '.text | keys[]' | sort)" "$(sort "$ROOT/lib/models.txt")"
    assert_equal "$(get modes | jq -r '.text | keys[]' | sort)" "$(sort "$ROOT/lib/modes.txt")"
    assert_equal "$(get models | jq -c '[(.text[] | type), (.image | length)] | unique')" '[1,"object"]'
}

### Recordings

@test "a recording comes out byte for byte" {
    printf '%s\n' '{"b": 1.0, "a":"\u00e9\/ é"}' 'not JSON' '' '{"x":1e400}  ' >rec
    printf '{"bytes":"\377\200"}' >>rec      # not UTF-8, no newline after it
    mock_start --replay rec
    ask "$streamed" >body
    { sed 's/^/data: /;s/$/\n/' rec; echo; printf 'data: [DONE]\n\n'; } >expected
    cmp body expected
}

@test "an empty recording is a [DONE] alone" {
    : >rec
    mock_start --replay rec
    assert_equal "$(ask "$streamed")" 'data: [DONE]'
}

@test "a recording of many MB comes out byte for byte" {
    jq -nc 'range(60000) | {object: "supai.chunk", chunk: {type: "text", text: ("\(.) " * 40)}}' >rec
    [ "$(wc -c <rec)" -gt 10000000 ]
    mock_start --replay rec
    ask "$streamed" | chunks | cmp - rec
}

@test "every recorded trace comes out byte for byte" {
    need_traces
    for trace in "$TRACES"/*.gz; do
        gzip -dc "$trace" >rec
        supai-mock --replay rec -- bash -c 'ask "$1"' - "$streamed" >body
        chunks <body | cmp - rec
    done
}

@test "a recording asked for as a whole gives main's text after its last text-start" {
    s() { jq -nc --arg t "$1" --arg x "$2" '{object: "supai.chunk", chunk: ({_source: {key: "main", modelId: "m"}, type: $t} +
        if $x == "" then {} else {text: $x} end)}'; }
    { s text-start; s text void; s text-start; s text 'the '; s text answer; s "done"; } >rec
    mock_start --replay rec
    assert_equal "$(ask "$hi" | jq -r '.choices[0].message.content')" 'the answer'
}

### Faults

@test "--fail: a status with an error object, for all, or the first N" {
    mock_start --fail 503:2
    run ask "$hi" -w '\n%{http_code}'
    assert_equal "${lines[1]}" 503
    assert_equal "$(jq -c '.error | [(keys | length), .type]' <<<"${lines[0]}")" '[4,"server_error"]'
    assert_equal "$(status_of "$hi") $(status_of "$hi") $(status_of "$hi")" '503 0 200 0 200 0'
    assert_equal "$(jq -c '[.status, .fault]' "$MOCK_LOG" | paste -sd ' ')" \
        '[503,"fail"] [503,"fail"] [200,null] [200,null]'
    mock_start --fail 429
    assert_equal "$(status_of "$hi") $(status_of "$hi")" '429 0 429 0'
    assert_equal "$(ask "$hi" | jq -r .error.code)" rate_limit_exceeded
}

@test "faults in a row are a script; what is refused does not count" {
    mock_start --fail 500:1 --cut 1:1 --garbage=1 --fail 429:1
    posted 400 invalid_json x
    assert_equal "$(for i in 1 2 3 4 5; do status_of "$streamed"; echo; done | paste -sd ,)" \
        '500 0,200 18,200 0,429 0,200 0'
    assert_equal "$(jq -c '.fault' "$MOCK_LOG" | paste -sd ' ')" 'null "fail" "cut" "garbage" "fail" null'
}

@test "--retry-after goes with the failures alone, seconds or a date" {
    for value in 7 'Wed, 21 Oct 2026 07:28:00 GMT'; do
        mock_start --fail 429:1 --retry-after "$value"
        ask "$hi" -D one -o /dev/null
        ask "$hi" -D two -o /dev/null
        assert_equal "$(tr -d '\r' <one | grep -i '^retry-after')" "Retry-After: $value"
        run grep -i '^retry-after' two
        [ "$status" -eq 1 ]
    done
}

@test "--cut closes after N events, without an end" {
    mock_start --cut 0:1 --cut 1:1 --cut 3:1 --cut 7:1 --cut 8:1
    for n in 0 1 3 7; do
        run --separate-stderr ask "$streamed" -o body -D headers
        assert_equal "$status" 18      # curl's "partial file"
        assert_equal "$(events <body | wc -l | tr -d ' ')" $n
        grep -q '^HTTP/1.1 200' headers
        rm -f body
        : >body
    done
    # It has 7 events: to the 8th it never comes.
    assert_equal "$(status_of "$streamed")" '200 0'
    assert_equal "$(tail -n 1 "$MOCK_LOG" | jq .fault)" null
}

@test "--cut adds nothing to a stream that has no chunks (HTTP/1.0)" {
    mock_start --cut 2
    ask "$streamed" --http1.0 >body
    assert_equal "$(sed 's/^data: .*/data/' body | paste -sd ,)" data,,data,
}

@test "--cut and --stall of an answer that is no stream: half of it is one event" {
    mock_start
    ask "$hi" | wc -c >whole
    mock_start --cut 0:1 --cut 1:1 --cut 2:1 --stall 1:1
    assert_equal "$(status_of "$hi")" '200 18'
    run --separate-stderr ask "$hi" -o body
    assert_equal "$status" 18
    assert_equal "$(wc -c <body | tr -d ' ')" $(($(cat whole) / 2))
    assert_equal "$(status_of "$hi")" '200 0'
    assert_equal "$(status_of "$hi" --max-time 0.5)" '200 28'
}

@test "--stall: N events at once, then nothing, the connection open" {
    reads_the_clock
    mock_start --stall 0:1 --stall 2:1
    assert_equal "$(status_of "$streamed" --max-time 0.5)" '200 28'
    run --separate-stderr ask "$streamed" --max-time 0.5 -o body -w '%{time_starttransfer}'
    assert_equal "$status" 28
    assert_equal "$(events <body | wc -l | tr -d ' ')" 2
    [[ $output == 0.[0123]* ]]
    assert_equal "$(status_of "$streamed")" '200 0'
}

@test "a stalled client that leaves is let go" {
    [ -d /proc/self/fd ] || skip "no /proc"
    mock_start --stall 1
    before=$(find "/proc/$MOCK_PID/fd" | wc -l)
    for _ in 1 2 3 4; do
        ask "$streamed" --max-time 0.1 >/dev/null 2>&1 || :
    done
    let_go() { [ "$(find "/proc/$MOCK_PID/fd" | wc -l)" -le "$before" ]; }
    until_true let_go
}

@test "it ends while answers are stalled and delayed" {
    mock_start --stall 1 --first-byte-delay 0
    ask "$streamed" -N -o stalled 2>/dev/null 3>&- &
    client=$!
    until_true test -s stalled
    kill "$MOCK_PID"
    ends "$MOCK_PID"
    assert_equal "$status" 0
    ends "$client"
    assert_equal "$status" 18
    mock_start --first-byte-delay 60000
    ask "$streamed" 2>/dev/null 3>&- &
    client=$!
    until_true test -s "$MOCK_LOG"
    kill "$MOCK_PID"
    ends "$MOCK_PID"
    assert_equal "$status" 0
    ends "$client"
    assert_equal "$status" 52          # curl's "empty reply"
}

@test "--garbage: a web page with status 200" {
    mock_start --garbage
    run --separate-stderr ask "$streamed" -D headers
    assert_equal "${lines[0]}" '<!DOCTYPE html>'
    grep -q '^HTTP/1.1 200' headers
    grep -qi '^Content-Type: text/html' headers
}

@test "--error-event: an error object after N events, then the end, no [DONE]" {
    mock_start --error-event 2:1 --error-event 0:1
    run --separate-stderr ask "$streamed"
    assert_equal "$status" 0
    events <<<"$output" >got
    assert_equal "$(jq -c 'keys' got | paste -sd ' ')" \
        '["choices","created","id","model","object"] ["choices","created","id","model","object"] ["error"]'
    assert_equal "$(tail -n 1 got | jq -r '.error.type')" server_error
    assert_equal "$(ask "$streamed" | events | jq -c keys)" '["error"]'
}

@test "--no-done: no [DONE]" {
    printf '{"x":1}\n' >rec
    mock_start --no-done --reply hi --replay rec
    run --separate-stderr ask "$streamed"
    assert_equal "$status" 0
    assert_equal "$(events <<<"$output" | tail -n 1 | jq -r '.choices[0].finish_reason')" stop
    assert_equal "$(ask "$streamed")" 'data: {"x":1}'
}

@test "shares are drawn by the seed, the same in every run, and add up" {
    draws() {   # what 60 requests in a row get
        rm -f log
        supai-mock --log log "$@" -- bash -c 'SUPAI_BASE_URL+="/chat/completions?[1-60]="; ask "$1" >/dev/null' - "$hi"
        jq .status log
    }
    draws --fail 500:30% --fail 429:30% >one
    draws --fail 500:30% --fail 429:30% >two
    cmp one two
    draws --seed 7 --fail 500:30% --fail 429:30% >seven
    run cmp -s one seven
    assert_equal "$status" 1
    for s in 500 429 200; do
        n=$(grep -c "^$s" one)
        [ "$n" -ge 6 ] && [ "$n" -le 38 ]
    done
    assert_equal "$(draws --fail 500:100% | sort | uniq -c | tr -s ' ')" ' 60 500'
    assert_equal "$(draws --garbage=0% | sort | uniq -c | tr -s ' ')" ' 60 200'
}

@test "--first-byte-delay and --delay take their time" {
    mock_start --first-byte-delay 300
    run --separate-stderr ask "$hi" -o /dev/null -w '%{time_starttransfer}'
    assert_equal "$(jq '. >= 0.299' <<<"$output")" true    # its clock counts whole ms
    mock_start --delay 100
    run --separate-stderr ask "$streamed" -o /dev/null -w '%{time_starttransfer} %{time_total}'
    assert_equal "$(jq -n "[$(tr ' ' , <<<"$output")] | .[1] - .[0] >= 0.59")" true    # 7 events
}

@test "with --delay each event is a chunk of its own, sent at once" {
    mock_start --delay 60
    ask "$streamed" -N --raw >raw
    # Chunked encoding: as many chunks as events, and the last one.
    assert_equal "$(tr -d '\r' <raw | grep -cE '^[0-9A-F]+$')" 8
}

@test "--header: on every response, in place of the mock's own" {
    mock_start --fail 307:1 --header 'Location: http://127.0.0.1:9/x' --header 'X-Should-Retry: false' \
        --header 'x-request-id: mine' --header $'X-Esc: a\e[31mb'
    for status in 307 200; do
        ask "$hi" -D headers -o /dev/null
        tr -d '\r' <headers >h
        grep -q "^HTTP/1.1 $status" h
        grep -qx 'Location: http://127.0.0.1:9/x' h
        grep -qx 'X-Should-Retry: false' h
        grep -qx $'X-Esc: a\e\\[31mb' h
        assert_equal "$(grep -i '^x-request-id' h)" 'x-request-id: mine'
    done
}

@test "--body: the body as it is, of every response or of --fail's" {
    printf 'quota \0 spent' >file
    mock_start --fail 429:1 --body @file
    ask "$hi" -o body
    cmp body file
    assert_equal "$(status_of "$hi")" '200 0'
    mock_start --body ''
    run --separate-stderr ask "$streamed" -w '%{http_code} %{size_download}'
    expect 0 '200 0' ''
    mock_start --body '{"error":"a string"}' --header 'Content-Type: text/plain'
    run --separate-stderr ask "$hi" -D headers
    expect 0 '{"error":"a string"}' ''
    grep -qi '^Content-Type: text/plain' headers
}

### The log

@test "the log has each request on a line, before it is answered" {
    mock_start
    ask "$hi" -H 'X-Two: a' -H 'X-Two: b' >/dev/null
    assert_equal "$(mock_requests)" 1
    assert_equal "$(jq -c 'del(.time, .elapsed, .headers)' "$MOCK_LOG")" \
        "{\"request\":1,\"connection\":1,\"method\":\"POST\",\"path\":\"/v1/openai/chat/completions\",\"bytes\":${#hi},\"body\":$hi,\"status\":200,\"fault\":null}"
    assert_equal "$(jq -c '.headers | [.["content-type"], .authorization, .["x-two"]]' "$MOCK_LOG")" \
        '["application/json","Bearer ***","a, b"]'
    assert_equal "$(jq --argjson now "$(date +%s)" '.time - $now | fabs < 60' "$MOCK_LOG")" true
    ask $'{"x":\xff' >/dev/null
    assert_equal "$(jq -c '[.body_text, .status, has("body")]' "$MOCK_LOG" | tail -n 1)" '["{\"x\":�",400,false]'
}

@test "the log keeps numbers as they came, on one line, strings as UTF-8" {
    mock_start
    ask $'{"seed": 9007199254740993,\n\t"e": [1.0 , 1E+3],\r\n"s":"a  \\u00e9\\n\xff\\ud800",'"${hi#\{}" >/dev/null
    assert_equal "$(mock_requests)" 1
    [[ $(cat "$MOCK_LOG") == *'"body":{"seed":9007199254740993,"e":[1.0,1E+3],"s":"a  é\n��",'"${hi#\{},\"status\":200,\"fault\":null}" ]]
    ask '{}' >/dev/null
    mock_start --fail 503
    ask "$hi" >/dev/null
    assert_equal "$(jq -c '[.body, .status, .fault]' "$MOCK_LOG")" "[$hi,503,\"fail\"]"
}

@test "the log counts connections" {
    mock_start
    curl -s -o /dev/null -o /dev/null "$SUPAI_BASE_URL/a" "$SUPAI_BASE_URL/b"
    curl -s -o /dev/null "$SUPAI_BASE_URL/c"
    assert_equal "$(jq -c '[.path, .connection]' "$MOCK_LOG" | paste -sd ' ')" \
        '["/v1/openai/a",1] ["/v1/openai/b",1] ["/v1/openai/c",2]'
}

@test "the log has no header that carries credentials" {
    mock_start
    for header in 'api-key: S1' 'X-Api-Key: S2' 'Cookie: a=S3 b' 'x-goog-api-key: S4' 'Proxy-Authorization: Basic S5'; do
        curl -s -o out -H "$header" "$SUPAI_BASE_URL/x"
    done
    run ! grep -q 'S[1-5]' "$MOCK_LOG"
    assert_equal "$(jq -s -c '[.[].headers | .["api-key"], .["x-api-key"], .cookie, .["x-goog-api-key"], .["proxy-authorization"] | values]' "$MOCK_LOG")" \
        '["***","***","***","***","Basic ***"]'
}

@test "the log never has the key" {
    mock_start
    for auth in "Bearer $TEST_KEY" "bearer  $TEST_KEY" "$TEST_KEY" "Basic $TEST_KEY"; do
        curl -s -o /dev/null -H "Authorization: $auth" -H "Proxy-Authorization: $auth" "$SUPAI_BASE_URL?key=$TEST_KEY"
    done
    assert_equal "$(mock_requests)" 4
    run grep -c "$TEST_KEY" "$MOCK_LOG"
    assert_output 0
    assert_equal "$(jq -r .headers.authorization "$MOCK_LOG" | paste -sd ,)" 'Bearer ***,bearer ***,***,Basic ***'
}

### A command

@test "a command finds the mock in its environment, and standard output is its own" {
    run --separate-stderr supai-mock -- sh -c 'echo $SUPAI_API_KEY $NO_PROXY $no_proxy; curl -s -o /dev/null -w "%{http_code}\n" "$SUPAI_BASE_URL"'
    expect 0 $'mock-key 127.0.0.1,localhost 127.0.0.1,localhost\n404' ''
    SUPAI_API_KEY=mine NO_PROXY=example.com run --separate-stderr supai-mock sh -c 'echo $SUPAI_API_KEY $NO_PROXY'
    expect 0 'mine 127.0.0.1,localhost,example.com' ''
    echo secret >key
    SUPAI_API_KEY='' run --separate-stderr supai-mock --key-file key -- sh -c 'echo $SUPAI_API_KEY'
    expect 0 secret ''
}

@test "a command reads the standard input" {
    run --separate-stderr bash -c 'echo in | supai-mock -- cat'
    expect 0 in ''
}

@test "the command's status is the mock's" {
    for n in 0 1 77 255; do
        run --separate-stderr supai-mock -- sh -c "exit $n"
        expect $n '' ''
    done
    run --separate-stderr supai-mock -- sh -c 'kill -9 $$'
    expect 137 '' ''
    run -127 --separate-stderr supai-mock -- no-such-command
    expect 127 '' 'supai-mock: no-such-command: No such file or directory'
    run --separate-stderr supai-mock -- /
    expect 126 '' 'supai-mock: /: Permission denied'
}

@test "the command's own options are the command's" {
    run --separate-stderr supai-mock echo --port -h
    expect 0 '--port -h' ''
}

@test "SIGTERM and SIGINT are passed on to the command" {
    for signal in TERM INT; do
        rm -f ready
        set -m          # without it, what runs in the background ignores SIGINT
        supai-mock -- bash -c "trap 'echo got $signal; exit 3' $signal; : >ready; while :; do sleep 0.05; done" >out 3>&- &
        pid=$!
        set +m
        MOCK_PIDS="$MOCK_PIDS $pid"
        until_true test -e ready
        kill -$signal $pid
        ends $pid
        assert_equal "$status" 3
        assert_equal "$(cat out)" "got $signal"
    done
}

@test "the command has the limits that the mock was started with" {
    run --separate-stderr bash -c 'ulimit -Sn 100; supai-mock -- sh -c "ulimit -Sn"'
    expect 0 100 ''
}

### Many at once

@test "a thousand connections are served at once" {
    [ "$(ulimit -Hn)" = unlimited ] || [ "$(ulimit -Hn)" -ge 1100 ] || skip "the limit of open files is $(ulimit -Hn)"
    run --separate-stderr supai-mock --stall 2 -- many 1000 2
    expect 0 '1000 of 1000, 0 closed' ''
    run --separate-stderr supai-mock --delay 50 --first-byte-delay 50 -- many 1000 0
    expect 0 '1000 of 1000, 0 closed' ''
}
