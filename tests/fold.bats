# supai-fold: a stream put back together.
load helper

fold() {
    local input=$1
    shift
    printf '%s\n' "$input" >in
    run --separate-stderr supai-fold "$@" <in
}

# same_json A B: two JSON texts are the same value.
same_json() {
    assert_equal "$(jq -S . <<<"$1")" "$(jq -S . <<<"$2")"
}

# agrees FILE: what supai-fold makes of a recording is what the jq program makes.
agrees() {
    supai-fold "$1" 2>/dev/null >folded || [ $? -eq 1 ]
    jq -S '{message: .choices[0].message.content, finish_reason: .choices[0].finish_reason,
        keys: (.supai.threads | keys_unsorted), supai}' folded >got
    jq -S --slurp -f "$ROOT/tests/fold.jq" "$1" >want
    cmp got want
}

@test "chunks become the completion that stream: false would have sent" {
    run --separate-stderr supai-fold "$DATA/chunks.ndjson"
    assert_equal "$status" 0
    assert_equal "$stderr" ''
    same_json "$output" '{"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"auto",
        "choices":[{"index":0,"message":{"role":"assistant",
            "content":"The sky is blüe, 空は😀青い.\n\nBecause of \"Rayleigh\"."},"finish_reason":"stop"}],
        "usage":{"prompt_tokens":50,"completion_tokens":150,"total_tokens":200}}'
}

@test "the ensemble's member agrees with an independent jq program" {
    agrees "$DATA/ensemble.ndjson"
}

@test "the ensemble's member agrees with jq on every recorded trace" {
    need_traces
    for trace in "$TRACES"/*.ndjson.gz; do
        gzip -dc "$trace" >trace.ndjson
        agrees trace.ndjson
    done
}

@test "the threads stand in the order of their first appearance" {
    supai-fold "$DATA/ensemble.ndjson" | jq -r '.supai.threads | keys_unsorted[]' >got
    printf '%s\n' acme/alpha zeta/gamma-2 acme/beta main | cmp - got
}

@test "an error's retry_at is a string, null, or not there" {
    fold '{"object":"supai.chunk","chunk":{"_source":{"key":"main","modelId":"m"},"type":"error","message":"a","retryAt":"2025-12-09T06:09:25.321Z"}}
{"object":"supai.chunk","chunk":{"_source":{"key":"main","modelId":"m"},"type":"error","message":"b","retryAt":null}}
{"object":"supai.chunk","chunk":{"_source":{"key":"main","modelId":"m"},"type":"error","message":"c"}}'
    same_json "$(jq .supai.threads.main.errors <<<"$output")" \
        '[{"message":"a","retry_at":"2025-12-09T06:09:25.321Z"},{"message":"b","retry_at":null},{"message":"c"}]'
}

@test "searches, pages, sources and files: no duplicates, first titles, nulls skipped" {
    chunk() { printf '{"object":"supai.chunk","chunk":{"_source":{"key":"m","modelId":"m"},"type":%s}}\n' "$1"; }
    fold "$(chunk '"web-search-call","query":null'
        chunk '"web-search-result","query":"q1","results":[]'
        chunk '"web-search-call","query":"q2"'
        chunk '"web-search-result","query":"q2","results":[]'
        chunk '"google-search-results","queries":["q3","q1"],"results":[]'
        chunk '"fetch-url-call","toolCallId":"t","url":"u1"'
        chunk '"fetch-url-call","toolCallId":"t","url":"u1"'
        chunk '"source","source":{"type":"url","url":"s1","title":null}'
        chunk '"source","source":{"type":"url","url":"s2","title":"two"}'
        chunk '"source","source":{"type":"url","url":"s1","title":"one"}'
        chunk '"source","source":{"type":"url","url":"s1","title":"other"}'
        chunk '"file-start","fileId":"f","contentType":"image/png","dimensions":{}')"
    same_json "$(jq '.supai.threads.m | {searches, fetched, sources, files}' <<<"$output")" \
        '{"searches":["q1","q2","q3"],"fetched":["u1"],
        "sources":[{"url":"s1","title":"one"},{"url":"s2","title":"two"}],
        "files":[{"id":"f","content_type":"image/png"}]}'
}

@test "a title with a NUL is kept whole" {
    fold '{"object":"supai.chunk","chunk":{"_source":{"key":"m","modelId":"m"},"type":"source","source":{"url":"u","title":"a\u0000b"}}}'
    same_json "$(jq '.supai.threads.m.sources' <<<"$output")" '[{"url":"u","title":"a\u0000b"}]'
}

@test "unknown types of chunk are counted" {
    fold '{"object":"supai.chunk","chunk":{"_source":{"key":"m","modelId":"m"},"type":"dream"}}
{"object":"supai.chunk","chunk":{"type":"dream"}}
{"object":"supai.chunk","chunk":{"type":"nap"}}'
    same_json "$(jq .supai.other <<<"$output")" '{"dream":2,"nap":1}'
}

@test "-t adds the thinking; without it only its length is kept" {
    run --separate-stderr supai-fold "$DATA/ensemble.ndjson"
    same_json "$(jq '.supai.threads["acme/alpha"] | {thinking, thinking_chars}' <<<"$output")" \
        '{"thinking":null,"thinking_chars":26}'
    run --separate-stderr supai-fold -t "$DATA/ensemble.ndjson"
    same_json "$(jq '.supai.threads["acme/alpha"] | {thinking, thinking_chars}' <<<"$output")" \
        '{"thinking":"Rayleigh scattering, λ⁻⁴ 😀","thinking_chars":26}'
}

@test "choices are merged by index: content, tool calls, refusal, logprobs, finish reason" {
    c() { printf '{"id":"x","object":"chat.completion.chunk","created":7,"model":"m","system_fingerprint":"fp","choices":[%s]}\n' "$1"; }
    fold "$(c '{"index":1,"delta":{"role":"assistant","content":"B"},"finish_reason":null}'
        c '{"index":0,"delta":{"role":"assistant","content":null,"tool_calls":[{"index":1,"id":"t1","type":"function","function":{"name":"g","arguments":""}}]},"finish_reason":null}'
        c '{"index":0,"delta":{"tool_calls":[{"index":0,"id":"t0","type":"function","function":{"name":"f","arguments":"{\"a\""}}]},"finish_reason":null}'
        c '{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":":1}"}},{"index":1,"function":{"arguments":"{}"}}]},"finish_reason":null}'
        c '{"index":1,"delta":{"content":"C"},"logprobs":{"content":[{"token":"B"}],"refusal":null},"finish_reason":null}'
        c '{"index":1,"delta":{"refusal":"no"},"logprobs":{"content":[{"token":"C"}]},"finish_reason":null}'
        c '{"index":1,"delta":{"refusal":"pe"},"finish_reason":"stop"}'
        c '{"index":0,"delta":{},"finish_reason":"tool_calls"}')"
    assert_equal "$status" 1
    assert_equal "$stderr" 'supai-fold: the model refused to answer'
    same_json "$output" '{"id":"x","object":"chat.completion","created":7,"model":"m","system_fingerprint":"fp","choices":[
        {"index":0,"message":{"role":"assistant","content":null,"tool_calls":[
            {"id":"t0","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}},
            {"id":"t1","type":"function","function":{"name":"g","arguments":"{}"}}]},"finish_reason":"tool_calls"},
        {"index":1,"message":{"role":"assistant","content":"BC","refusal":"nope"},
            "logprobs":{"content":[{"token":"B"},{"token":"C"}],"refusal":null},"finish_reason":"stop"}]}'
}

@test "the role in every delta, and names sent again and again, are not joined" {
    c() { printf '{"id":"x","choices":[{"index":0,"delta":%s,"finish_reason":%s}]}\n' "$1" "${2-null}"; }
    fold "$(c '{"role":"assistant","content":"a","tool_calls":[{"index":0,"id":"t","type":"function","function":{"name":"f","arguments":"1"}}]}'
        c '{"role":"assistant","content":"b","tool_calls":[{"index":0,"id":"t","type":"function","function":{"name":"f","arguments":"2"}}]}' '"stop"')"
    same_json "$(jq '.choices[0].message' <<<"$output")" '{"role":"assistant","content":"ab",
        "tool_calls":[{"id":"t","type":"function","function":{"name":"f","arguments":"12"}}]}'
}

@test "unknown members of chunk and choice are kept from the last chunk that had them" {
    fold '{"id":"x","service_tier":"a","choices":[{"index":0,"delta":{"content":"a"},"hint":{"n":1},"finish_reason":null}]}
{"id":"x","service_tier":"b","choices":[{"index":0,"delta":{"content":"b"},"hint":{"n":2},"finish_reason":null}]}
{"id":"x","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}'
    same_json "$output" '{"id":"x","object":"chat.completion","service_tier":"b",
        "choices":[{"index":0,"message":{"role":"assistant","content":"ab"},"hint":{"n":2},"finish_reason":"stop"}]}'
}

@test "several answers: an object each, in order" {
    c() { printf '{"id":"%s","choices":[{"index":0,"delta":{"content":"%s"},"finish_reason":%s}]}\n' "$1" "$2" "${3-null}"; }
    fold "$(c a a1; c a a2 '"stop"'; c b b1; c b b2 '"stop"'; c d d1 '"stop"')"
    assert_equal "$status" 0
    assert_equal "$(jq -c '[.id, .choices[0].message.content]' <<<"$output")" '["a","a1a2"]
["b","b1b2"]
["d","d1"]'
}

@test "an answer that was cut before the next one: 76" {
    c() { printf '{"id":"%s","choices":[{"index":0,"delta":{"content":"%s"},"finish_reason":%s}]}\n' "$1" "$2" "${3-null}"; }
    fold "$(c a a1; echo; c b b1 '"stop"'; c d d1 '"stop"')"
    assert_equal "$status" 76
    assert_equal "$(jq -c '[.id, .choices[0].finish_reason]' <<<"$output")" '["a",null]
["b","stop"]
["d","stop"]'
}

@test "-1: all that comes is one answer, a completion among it too" {
    c() { printf '{"id":"%s","choices":[{"index":0,"delta":{"content":"%s"},"finish_reason":"stop"}]}\n' "$1" "$2"; }
    { c a 1; echo; c b 2; c b 3; } >in
    run --separate-stderr supai-fold -1 in
    expect 0 '{"id":"a","object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"123"},"finish_reason":"stop"}]}' ''
    { jq -c . "$DATA/completion.json"; c x ' Indeed.'; } >in
    run --separate-stderr supai-fold -1 in
    assert_equal "$status" 0
    assert_equal "$(jq -r '.choices[0].message.content' <<<"$output")" 'The capital of France is Paris. Indeed.'
}

@test "a completion of the open answer's id is its last chunk, its text counts where no delta spoke" {
    c() { printf '{"id":"i","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"role":"assistant","content":"%s"},"finish_reason":null}]}\n' "$1"; }
    last='{"id":"i","object":"chat.completion","created":1,"choices":[{"index":0,"message":{"role":"assistant","content":"Hello"},"finish_reason":"stop"}],"usage":{"total_tokens":3}}'
    for said in Hello ''; do
        fold "$(c "$said"; echo "$last")"
        expect 0 '{"id":"i","object":"chat.completion","created":1,"usage":{"total_tokens":3},"choices":[{"index":0,"message":{"role":"assistant","content":"Hello"},"finish_reason":"stop"}]}' ''
        run --separate-stderr supai-text in
        expect 0 Hello ''
    done
}

@test "recordings without ids: an object each run-mode-call" {
    cat "$DATA/ensemble.ndjson" "$DATA/ensemble.ndjson" >in
    run --separate-stderr supai-fold in
    assert_equal "$status" 0
    assert_equal "$(jq -r '.choices[0].message.content' <<<"$output")" 'Yes: the air scatters blue light most.
Yes: the air scatters blue light most.'
}

@test "a whole completion passes through as it is" {
    line='{"choices": [{"finish_reason":"stop","message":{"content":"x\u0041","role":"assistant"},"index":0}],  "object":"chat.completion", "n": 1.00, "big": 12345678901234567890}'
    fold "$line"
    expect 0 "$line" ''
}

@test "a value that is no object, after a completion, is not another one" {
    line='{"object":"chat.completion","choices":[{"message":{"content":"a"},"finish_reason":"stop"}]}'
    fold "$line"$'\n6\n[]\n"x"\nnull'
    expect 0 "$line" ''
}

@test "a stream cut after any line gives what was there, and 76" {
    n=$(wc -l <"$DATA/ensemble.ndjson")
    for ((at = 1; at < n; at++)); do
        head -n $at "$DATA/ensemble.ndjson" >in
        run --separate-stderr supai-fold in
        expect 76 "$output" 'supai-fold: the answer is not whole*'
        assert_equal true "$(jq --argjson i $at '.choices[0].finish_reason == null and .object == "chat.completion"
            and ($i < 32 or .choices[0].message.content == "Yes: the air scatters blue light most.")' <<<"$output")"
    done
    n=$(wc -l <"$DATA/chunks.ndjson")
    for ((at = 1; at < n - 1; at++)); do
        head -n $at "$DATA/chunks.ndjson" >in
        run --separate-stderr supai-fold in
        expect 76 "$output" 'supai-fold: the answer is not whole*'
        assert_equal "$(jq '.choices[0].finish_reason' <<<"$output")" null
        assert_equal "$(jq -j '.choices[0].message.content' <<<"$output")" "$(supai-text -n in 2>/dev/null)"
    done
}

@test "an error in the stream becomes the member error, 69" {
    { head -n 3 "$DATA/chunks.ndjson"; echo '{"error":{"message":"down","code":"x"}}'; } >in
    run --separate-stderr supai-fold in
    expect 69 "$output" 'supai-fold: the service says: down'
    same_json "$(jq '[.error, .choices[0].finish_reason]' <<<"$output")" '[{"message":"down","code":"x"},null]'
    fold '{"error":"bare"}'
    expect 69 "$output" 'supai-fold: the service says: bare'
    assert_equal "$(jq -r .error <<<"$output")" bare
}

@test "main done without text: content and finish reason null, 1" {
    { head -n 28 "$DATA/ensemble.ndjson"; tail -n 2 "$DATA/ensemble.ndjson"; } >in
    run --separate-stderr supai-fold in
    expect 1 "$output" 'supai-fold: the answer has no text'
    same_json "$(jq '.choices' <<<"$output")" '[{"index":0,"message":{"role":"assistant","content":null},"finish_reason":null}]'
    supai-fold in 2>/dev/null >folded || true
    run --separate-stderr supai-text folded
    expect 1 '' 'supai-text: the answer has no text'
}

@test "--message: the message of whole answers only" {
    run --separate-stderr supai-fold --message "$DATA/chunks.ndjson"
    assert_equal "$status" 0
    same_json "$output" '{"role":"assistant","content":"The sky is blüe, 空は😀青い.\n\nBecause of \"Rayleigh\"."}'
    head -n 4 "$DATA/chunks.ndjson" >in
    run --separate-stderr supai-fold --message in
    expect 76 '' 'supai-fold: the answer is not whole*'
    jq -c . "$DATA/completion.json" >in
    run --separate-stderr supai-fold --message in
    assert_equal "$status" 0
    same_json "$output" '{"role":"assistant","content":"The capital of France is Paris."}'
}

@test "a finish reason other than stop is 1, tool calls without text are an answer" {
    fold '{"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"length"}]}'
    expect 1 "$output" 'supai-fold: the answer ended for the reason "length"'
    fold '{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"t"}]},"finish_reason":"tool_calls"}]}'
    expect 0 "$output" ''
}

@test "a folded object folds and reads as the stream does" {
    supai-fold "$DATA/ensemble.ndjson" >folded
    prints 0 folded supai-fold folded
    for key in main acme/alpha 'acme/*' '*'; do
        assert_equal "$(supai-text -k "$key" folded | sort)" "$(supai-text -k "$key" "$DATA/ensemble.ndjson" | sort)"
    done
    run --separate-stderr supai-text --min-confidence .82 folded
    expect 0 'Yes: the air scatters blue light most.' ''
    run --separate-stderr supai-text --min-confidence .83 folded
    expect 1 '' '*below 0.83'
}

@test "-1: a folded thread's text takes the place of half a character that came before, and crashes nothing" {
    cat >in <<'E'
{"object":"supai.chunk","chunk":{"type":"text","_source":{"key":"m"},"text":"a\ud83d"}}
{"object":"chat.completion","choices":[],"supai":{"threads":{"m":{"text":""}}}}
{"object":"supai.chunk","chunk":{"type":"text","_source":{"key":"m"},"text":"\ude00b"}}
{"object":"supai.chunk","chunk":{"type":"done","_source":{"key":"m"}}}
E
    r=$'\xef\xbf\xbd'
    run --separate-stderr supai-fold -1 in
    assert_equal "$status $(jq -r .supai.threads.m.text <<<"$output") $stderr" \
        "76 ${r}b supai-fold: the answer is not whole: it was cut before its end"
    run --separate-stderr supai-text -1 -k m in
    expect 0 "${r}b" ''
}

@test "invalid UTF-8 and lone surrogates become U+FFFD" {
    printf '{"choices":[{"delta":{"content":"a\xed\xa0\x80\xff\\ud800"},"finish_reason":"stop"}],"note":"\xff\\udc00"}\n' >in
    run --separate-stderr supai-fold in
    assert_equal "$status" 0
    r=$'\xef\xbf\xbd'
    assert_equal "$(jq -r '.choices[0].message.content, .note' <<<"$output")" "a$r$r$r$r$r
$r$r"
}

@test "empty input: 66 in silence; a line that is no JSON: 65; no answer: 1" {
    run --separate-stderr supai-fold </dev/null
    expect 66 '' ''
    fold 'data: {}'
    expect 65 '' '*put supai-sse before supai-fold'
    fold '{"foo":1}'
    expect 1 '' 'supai-fold: no answer in the input'
    fold '{"choices":[{"index":0,"delta":{"content":"a"}}]}
{' --message
    expect 65 '' 'supai-fold: standard input: line 2: no JSON: it ends too early (byte 2)'
}

@test "memory grows with the answer, not with the stream" {
    [ -z "${SUPAI_SAN-}" ] || skip 'sanitizers keep freed memory'
    # 40 MB of thinking that is counted, not kept.
    {
        awk 'BEGIN {
            s = sprintf("%400s", ""); gsub(/ /, "x", s)
            for (i = 0; i < 80000; i++)
                printf "{\"object\":\"supai.chunk\",\"chunk\":{\"_source\":{\"key\":\"m\",\"modelId\":\"m\"},\"type\":\"thinking\",\"text\":\"%s\"}}\n", s
        }'
        tail -n 5 "$DATA/ensemble.ndjson"
    } >in
    run bash -c 'ulimit -v 40000; supai-fold in | jq .supai.threads.m.thinking_chars'
    assert_output 32000000
}

@test "a key and an id that are no UTF-8 are the same each time they come" {
    # as text they hold U+FFFD, which their bytes are not
    printf '{"object":"supai.chunk","chunk":{"_source":{"key":"e\xff"},%s}}\n' '"type":"thinking-start"' \
        '"type":"thinking","text":"hm"' '"type":"text","text":"a"' '"type":"text","text":"b"' '"type":"done"' >in
    run --separate-stderr supai-fold in
    assert_equal "$status" 76
    assert_equal "$(grep -o '"thinking_chars"' <<<"$output" | wc -l | tr -d ' ')" 1
    same_json "$(jq '[.supai.threads[] | .text, .done, .thinking_chars]' <<<"$output")" '["ab",true,2]'
    for id in 'c\xff' '\xff'; do
        printf '{"id":"'"$id"'","choices":[{"delta":{"content":"%s"}%s}]}\n' a '' b ',"x":1' c ',"finish_reason":"stop"' >in
        run --separate-stderr supai-fold --message in
        assert_equal "$status" 0
        same_json "$output" '{"role":"assistant","content":"abc"}'
    done
}

@test "an error is of the answer in its segment, before or after it" {
    ok='{"id":"A","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"ok"},"finish_reason":"stop"}]}'
    error='{"error":{"message":"boom"}}'
    for in in "$error"$'\n'"$ok" "$ok"$'\n'"$error"; do
        fold "$in"
        expect 69 '{"id":"A","object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"ok"},"finish_reason":"stop"}],"error":{"message":"boom"}}' 'supai-fold: the service says: boom'
    done
    fold "$error"$'\n\n'"$ok"
    expect 69 '{"object":"chat.completion","choices":[],"error":{"message":"boom"}}
{"id":"A","object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"ok"},"finish_reason":"stop"}]}' 'supai-fold: the service says: boom'
    { sed -n 1p "$DATA/ensemble.ndjson"; echo "$error"; sed 1d "$DATA/ensemble.ndjson"; } >in
    run --separate-stderr supai-fold in
    assert_equal "$status" 69
    assert_equal "$(jq -c .error <<<"$output")" '{"message":"boom"}'
}

@test "answers without ids that call tools are told apart" {
    call() { printf '{"choices":[{"index":0,"delta":{"role":"assistant","content":null,"tool_calls":[{"index":0,"id":"%s","type":"function","function":{"name":"f","arguments":"{}"}}]},"finish_reason":null}]}\n{"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}\n' "$1"; }
    fold "$(call one; echo; call two)"
    assert_equal "$status" 0
    assert_equal "$(jq -r '.choices[0].message.tool_calls[0] | .id + .function.arguments' <<<"$output" | xargs)" 'one{} two{}'
    refuse() { printf '{"choices":[{"index":0,"delta":{"refusal":"%s"},"finish_reason":null}]}\n{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n' "$1"; }
    fold "$(refuse No; echo; refuse Never)"
    assert_equal "$status" 1
    assert_equal "$(jq -r '.choices[0].message.refusal' <<<"$output" | xargs)" 'No Never'
}

@test "a completion that is no UTF-8 comes out with U+FFFD, its message too" {
    printf '{"id":"x","object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"h\xffllo"},"finish_reason":"stop"}]}\n' >in
    prints 0 <(printf '{"id":"x","object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"h\xef\xbf\xbdllo"},"finish_reason":"stop"}]}\n') supai-fold in
    prints 0 <(printf '{"role":"assistant","content":"h\xef\xbf\xbdllo"}\n') supai-fold --message in
}

@test "a delta that came twice, or by the name of message, is in the object once" {
    fold '{"id":"x","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"a"},"delta":{"content":"b"},"finish_reason":"stop"}]}'
    expect 0 '{"id":"x","object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"b"},"finish_reason":"stop"}]}' ''
    fold '{"id":"x","object":"chat.completion.chunk","choices":[{"index":0,"message":{"content":"b"},"finish_reason":"stop"}]}'
    expect 0 '{"id":"x","object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"b"},"finish_reason":"stop"}]}' ''
}

@test "before a line that is too long, what was there comes out" {
    { printf '{"id":"A","choices":[{"index":0,"delta":{"content":"text"},"finish_reason":null}]}\n'; printf '{"x":"%3000s"}\n' ''; } >in
    run --separate-stderr supai-fold --max-record 2K in
    assert_equal "$status" 65
    assert_equal "$(jq -r '.choices[0].message.content' <<<"$output")" text
    assert_equal "${stderr_lines[0]}" 'supai-fold: in: line 2: longer than 2048 bytes (--max-record)'
}

@test "a choice that comes without a delta takes nothing away" {
    fold '{"id":"A","choices":[{"index":0,"delta":{"role":"assistant","content":"hi"}}]}
{"id":"A","choices":[{"index":0,"finish_reason":"stop"}]}'
    assert_equal "$status" 0
    assert_equal "$(jq -c '.choices[0] | [.message.content, .finish_reason]' <<<"$output")" '["hi","stop"]'
}

@test "an empty finish reason is written as null, and takes no other's place" {
    hi='{"id":"A","choices":[{"index":0,"delta":{"content":"hi"},"finish_reason":""}]}'
    fold "$hi"
    assert_equal "$status" 76
    assert_equal "$(jq '.choices[0].finish_reason' <<<"$output")" null
    run --separate-stderr supai-text <<<"$output"
    expect 76 hi 'supai-text: the answer is not whole*'
    fold "$hi
{\"id\":\"A\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}
{\"id\":\"A\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"\"}]}"
    assert_equal "$status" 0
    assert_equal "$(jq -r '.choices[0].finish_reason' <<<"$output")" stop
}

@test "of one id, a finish after each call of a tool ends no answer" {
    call() { printf '{"id":"A","choices":[{"index":0,"delta":{"tool_calls":[{"index":%s,"id":"%s","type":"function","function":{"name":"f","arguments":"{}"}}]},"finish_reason":"tool_calls"}]}\n' "$1" "$2"; }
    fold "$(call 0 one; call 1 two)"
    assert_equal "$status" 0
    assert_equal "$(jq -r '.choices[0].message.tool_calls[].id' <<<"$output" | xargs)" 'one two'
}

@test "-k keeps the threads whose key matches; none is 1" {
    run --separate-stderr supai-fold -k 'acme/*' "$DATA/ensemble.ndjson"
    assert_equal "$status$stderr" 0
    assert_equal "$(jq -c '.supai.threads' <<<"$output")" \
        "$(supai-fold "$DATA/ensemble.ndjson" | jq -c '.supai.threads | with_entries(select(.key | startswith("acme/")))')"
    run --separate-stderr supai-fold --key main "$DATA/ensemble.ndjson"
    assert_equal "$status$stderr$(jq -c '.supai.threads | keys' <<<"$output")" '0["main"]'
    run --separate-stderr supai-fold -k zeta "$DATA/ensemble.ndjson"
    assert_equal "$status$(jq -c '.supai.threads' <<<"$output")" '1{}'
    assert_equal "$stderr" "supai-fold: no thread's key matches 'zeta' (-k '*zeta*' would)"
    run --separate-stderr supai-fold -k sk-x1 "$DATA/ensemble.ndjson"
    expect 64 '' "supai-fold: --key takes the key of a thread, *"
    [[ $stderr != *x1* ]]
}

@test "--min-confidence: no object unless the answer is whole and sure" {
    run --separate-stderr supai-fold --min-confidence .5 "$DATA/ensemble.ndjson"
    expect 0 "$(supai-fold "$DATA/ensemble.ndjson")" ''
    run --separate-stderr supai-fold --min-confidence 1 "$DATA/ensemble.ndjson"
    expect 1 '' 'supai-fold: held back: the median confidence is *, below 1'
    head -n 20 "$DATA/ensemble.ndjson" >cut
    run --separate-stderr supai-fold --min-confidence 0 cut
    expect 76 '' 'supai-fold: *not whole*'
    run --separate-stderr supai-fold --min-confidence 0 "$DATA/chunks.ndjson"
    expect 1 '' 'supai-fold: held back: no confidence scores*'
    run --separate-stderr supai-fold --min-confidence 50 "$DATA/ensemble.ndjson"
    expect 64 '' "supai-fold: --min-confidence: '50' is not from 0 to 1: 50 % is 0.5"$'\n''usage: *'
}

@test "a null, an empty name or a 0 that comes later takes nothing away" {
    fold '{"id":"a","model":"m","created":7,"service_tier":"s","choices":[{"index":0,"delta":{"role":"assistant","content":"hi","note":"n"},"hint":1,"finish_reason":null}],"usage":{"total_tokens":1}}
{"id":null,"model":"","created":0,"service_tier":null,"choices":[{"index":0,"delta":{"role":null,"content":null,"note":null},"hint":null,"finish_reason":"stop"}],"usage":null}
{"id":"","model":null,"created":null,"choices":[]}'
    expect 0 '{"id":"a","object":"chat.completion","model":"m","created":7,"service_tier":"s","usage":{"total_tokens":1},"choices":[{"index":0,"message":{"role":"assistant","content":"hi","note":"n"},"hint":1,"finish_reason":"stop"}]}' ''
}

# calls PIECE ...: the calls that deltas with these in tool_calls make, as id, name, arguments.
calls() {
    for piece; do
        printf '{"id":"x","choices":[{"index":0,"delta":{"tool_calls":[%s]},"finish_reason":null}]}\n' "$piece"
    done >in
    echo '{"id":"x","choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}' >>in
    supai-fold in | jq -c '.choices[0].message.tool_calls | map([.id, .function.name, .function.arguments])'
}

# call ID NAME ARGUMENTS [INDEX]: one; an ID, NAME or INDEX of - is left out.
call() {
    local sep=
    printf '{'
    [ "$1" = - ] || { printf '"id":"%s"' "$1"; sep=,; }
    [ "${4--}" = - ] || { printf '%s"index":%s' "$sep" "$4"; sep=,; }
    printf '%s"function":{' "$sep"
    [ "$2" = - ] || printf '"name":"%s",' "$2"
    printf '"arguments":"%s"}}' "$3"
}

@test "calls of tools: a new id begins one, its own id, its index or none goes on" {
    while read -r want pieces; do
        got=$(eval "calls $pieces")
        assert_equal "$got" "$want"
    done <<'E'
[["a","f","12"]] "$(call a f 1 0)" "$(call - - 2 0)"
[["a","f","12"]] "$(call a f 1)" "$(call - - 2)"
[["a","f","12"]] "$(call a f 1)" "$(call '' '' 2)"
[["a","f","12"]] "$(call a f 1 0)" "$(call a f 2 0)"
[["a","f","13"],["b","g","24"]] "$(call a f 1 0)" "$(call b g 2 1)" "$(call - - 3 0)" "$(call - - 4 1)"
[["a","f","13"],["b","g","24"]] "$(call a f 1),$(call b g 2)" "$(call a - 3),$(call b - 4)"
[["a","f","1"],["b","g","23"]] "$(call a f 1 0)" "$(call b g 2 0)" "$(call - - 3 0)"
[["a","f","13"],["b","g","2"]] "$(call a f 1 0)" "$(call b g 2 0)" "$(call a - 3 0)"
[[null,"f","13"],[null,"g","2"]] "$(call - f 1 0)" "$(call - g 2 1)" "$(call - - 3 0)"
[["late","f","12"]] "$(call - f 1 0)" "$(call late - 2 0)"
[[null,"f","1"],[null,"f","2"]] "$(call - f 1),$(call - f 2)"
[[null,"f","1"],[null,"g","2"]] "$(call - f 1)" "$(call - g 2)"
[["a","f","123"]] "$(call a f 1)" "$(call - f 2)" "$(call - f 3)"
E
}

@test "names are not joined, texts are, of the same value too" {
    d() { printf '{"id":"x","choices":[{"index":0,"delta":{"details":[{"index":0,"type":"t","format":"f","channel":"c","id":"i","text":"ha","summary":"s","data":"d","signature":"g"}]},"finish_reason":%s}]}\n' "$1"; }
    fold "$(d null; d '"stop"')"
    assert_equal "$(jq -c '.choices[0].message.details' <<<"$output")" \
        '[{"index":0,"type":"t","format":"f","channel":"c","id":"i","text":"haha","summary":"ss","data":"dd","signature":"gg"}]'
}

@test "parts of a content that are no text are kept" {
    fold '{"choices":[{"delta":{"content":[{"type":"text","text":"a"},{"type":"image_url","image_url":{"url":"u"}},"b",{"text":"c"},{"type":"refusal","refusal":"r"},5]},"finish_reason":"stop"}]}'
    assert_equal "$(jq -c '.choices[0].message' <<<"$output")" \
        '{"role":"assistant","content":"abc","content_parts":[{"type":"image_url","image_url":{"url":"u"}},5],"refusal":"r"}'
}
