#!/usr/bin/env bats
# supai-send: one request, one exchange, careful with the key.

load helper
load tls

setup() {
    common_setup
    unset CURL_CA_BUNDLE
    printf '%s\n' '{"model":"auto","messages":[{"role":"user","content":"hi"}],"stream":false}' >req
}

# http STATUS [HEADER ...]: a response of a raw server, its body from stdin.
http() {
    cat >http.body
    printf 'HTTP/1.1 %s\r\n' "$1"
    shift
    [ $# -eq 0 ] || printf '%s\r\n' "$@"
    printf 'Content-Length: %d\r\nConnection: close\r\n\r\n' "$(wc -c <http.body)"
    cat http.body
}

raw_requests() { grep -c '^# connection' "$RAW_LOG" || true; }

# The milliseconds between the requests that the mock saw, a line each.
gaps() { jq -n '[inputs.time] | [., .[1:]] | transpose[:-1][] | (.[1] - .[0]) * 1000 | floor' "$MOCK_LOG"; }

when_now() { echo $((${EPOCHREALTIME/./} / 1000)); }

ms_since() { echo $(($(when_now) - $1)); }

# A port on which nothing listens: one that was free a moment ago.
dead_url() {
    raw_start
    kill "${MOCK_PIDS##* }"
    wait "${MOCK_PIDS##* }" || true
}

# --- what goes out and what comes back ---------------------------------------

@test "the body comes out byte for byte, and nothing on stderr" {
    printf 'data: {"a":1}\r\n\n\000\377 end' >body
    http '200 OK' 'Content-Type: text/event-stream' <body >response
    raw_start response
    supai-send req >out 2>err
    cmp body out
    [ ! -s err ]
}

@test "the request goes on byte for byte, from a file or standard input" {
    printf ' { "messages" : [ ],\n "x" : 1.0e0 } \n\n' >odd
    echo x | http '200 OK' >response
    raw_start response
    run --separate-stderr supai-send odd
    expect 0 x ''
    run --separate-stderr supai-send - <odd
    expect 0 x ''
    run --separate-stderr supai-send <odd
    expect 0 x ''
    [ "$(grep -c '^# connection' "$RAW_LOG")" -eq 3 ]
    # What stands after the headers of the last one.
    awk -v RS='\r\n\r\n' 'END { printf "%s", $0 }' "$RAW_LOG" | cmp - odd
}

@test "the headers of a request" {
    echo x | http '200 OK' >response
    raw_start response
    run --separate-stderr supai-send --header 'X-A: 1' --header 'Accept: text/plain' req
    expect 0 x ''
    tr -d '\r' <"$RAW_LOG" >log
    grep -qx 'POST /v1/chat/completions HTTP/1.1' log
    grep -qx "Authorization: Bearer $TEST_KEY" log
    grep -qx 'Content-Type: application/json' log
    grep -qx 'X-A: 1' log
    grep -q '^User-Agent: supai-send/' log
    grep -qx 'Accept-Encoding: gzip' log
    [ "$(grep -ci '^accept:' log)" -eq 1 ]
    run ! grep -qi '^expect' log
}

@test "a request of 3 MB asks for no 100 Continue, and so waits for none" {
    echo x | http '200 OK' >response
    raw_start response
    head -c 3000000 /dev/zero | tr '\0' x >text
    printf '{"messages":[{"role":"user","content":"%s"}]}' "$(cat text)" >big
    run --separate-stderr supai-send big
    expect 0 x ''
    tr -d '\r' <"$RAW_LOG" | sed '/^$/q' >head
    grep -q '^Content-Length: 3000' head
    run ! grep -qi '^expect' head
    tail -c "$(wc -c <big)" "$RAW_LOG" | cmp - big
}

@test "a compressed body is unpacked as it arrives" {
    printf 'data: one\n\ndata: two\n\n' >body
    gzip -c body >packed
    http '200 OK' 'Content-Encoding: gzip' <packed >response
    raw_start -p 7:1 response
    run --separate-stderr supai-send req
    expect 0 "$(cat body)" ''
}

@test "the body is passed on as it arrives, piece by piece" {
    reads_the_clock
    mock_start --delay 300
    jq -c '.stream = true' req >stream
    supai-send stream | clock | grep data: | sed "s| .*||" >times
    # Pieces 300 ms apart, not all at once at the end.
    [ "$(wc -l <times)" -ge 3 ]
    [ $(($(tail -n 1 times) - $(head -n 1 times))) -ge 300 ]
}

@test "--url is the whole URL; a base URL may end in a slash and have a query" {
    echo x | http '200 OK' >response
    raw_start response
    SUPAI_BASE_URL="$SUPAI_BASE_URL//?v=1" run --separate-stderr supai-send req
    expect 0 x ''
    run --separate-stderr supai-send --url "http://localhost:$RAW_PORT/other" req
    expect 0 x ''
    grep -o '^POST .* HTTP' "$RAW_LOG" >asked
    printf 'POST /v1/chat/completions?v=1 HTTP\nPOST /other HTTP\n' | cmp asked -
}

# --- the request -------------------------------------------------------------

@test "an empty standard input is 66, in silence; other emptiness is explained" {
    run --separate-stderr supai-send </dev/null
    expect 66 '' ''
    : >empty
    run --separate-stderr supai-send empty
    expect 66 '' 'supai-send: empty: empty'
    run --separate-stderr supai-send < <(printf ' \n')
    expect 66 '' 'supai-send: standard input: empty'
}

@test "an input that is no request is 65" {
    run --separate-stderr supai-send < <(printf 'hello\n')
    expect 65 '' 'supai-send: standard input: not JSON: *'
    run --separate-stderr supai-send < <(printf '[1]\n')
    expect 65 '' 'supai-send: standard input: not a JSON object'
    run --separate-stderr supai-send < <(printf '{"a":\n')
    expect 65 '' 'supai-send: standard input: not JSON: it ends too early *'
    run --separate-stderr supai-send < <(head -c 10000 /dev/zero | tr '\0' '[')
    expect 65 '' 'supai-send: standard input: *256*'
    run --separate-stderr supai-send < <(cat req req)
    expect 65 '' 'supai-send: standard input: more than one request: *supai-batch*'
}

@test "a request over --max-record is 65, at it is not" {
    mock_start
    run --separate-stderr supai-send --max-record 10 req
    expect 65 '' 'supai-send: req: longer than 10 bytes (--max-record)'
    run --separate-stderr supai-send --max-record 10 <req
    expect 65 '' 'supai-send: standard input: longer than 10 bytes (--max-record)'
    run --separate-stderr supai-send --max-record "$(wc -c <req)" req
    assert_equal "$status" 0
}

@test "files that cannot be read are 66" {
    run --separate-stderr supai-send nothing
    expect 66 '' 'supai-send: nothing: No such file or directory'
    run --separate-stderr supai-send .
    expect 66 '' 'supai-send: .: Is a directory'
    run --separate-stderr bash -c 'supai-send <&-'
    expect 66 '' 'supai-send: standard input: *'
}

@test "usage is 64" {
    run --separate-stderr supai-send req req
    expect 64 '' 'supai-send: one request at a time*usage: supai-send *'
    run --separate-stderr supai-send --retries x req
    expect 64 '' "supai-send: --retries: 'x' is no whole number*"
    run --separate-stderr supai-send --idle-timeout -1 req
    expect 64 '' 'supai-send: --idle-timeout: *'
    run --separate-stderr supai-send --nope
    expect 64 '' "supai-send: unknown option '--nope'*"
}

@test "no start of libcurl for an empty input or bad usage" {
    command -v strace >/dev/null || skip "no strace"
    [ -z "${SUPAI_SAN-}" ] || skip "LeakSanitizer cannot be traced"
    strace -f -e trace=openat -o trace supai-send </dev/null || [ $? -eq 66 ]
    run ! grep -q openssl.cnf trace
}

# --- statuses ----------------------------------------------------------------

# status_is HTTP EXIT: for a failure that is not retried.
status_is() {
    mock_start --fail "$1" --body '{"error":{"message":"because","code":"x"}}'
    run --separate-stderr supai-send --retries 0 req
    local at=
    [ "$1" != 404 ] || at=", at $SUPAI_BASE_URL/chat/completions"
    expect "$2" '' "supai-send: HTTP $1: because$at (request id req_mock_1)"
}

@test "400, 404, 413, 418 and 422 are 65" {
    for s in 400 404 413 418 422; do status_is $s 65; done
}

@test "401, 402, 403 and 407 are 77" {
    for s in 401 402 403 407; do status_is $s 77; done
}

@test "408, 409, 425 and 429 are 75" {
    for s in 408 409 425 429; do status_is $s 75; done
}

@test "500, 502, 503, 504 and 529 are 69" {
    for s in 500 502 503 504 529; do status_is $s 69; done
}

@test "a spent quota is 77 and not retried, whatever the status" {
    for s in 429 400 503; do
        mock_start --fail $s --header 'x-should-retry: true' \
            --body '{"error":{"message":"You exceeded your quota","type":"insufficient_quota","code":null}}'
        run --separate-stderr supai-send req
        expect 77 '' "supai-send: HTTP $s: You exceeded your quota (request id *)"
        assert_equal "$(mock_requests)" 1
    done
    mock_start --fail 429 --body '{"error":{"code":"insufficient_quota"}}'
    run --separate-stderr supai-send req
    expect 77 '' 'supai-send: HTTP 429: {"code":"insufficient_quota"} (request id *)'
    assert_equal "$(mock_requests)" 1
    mock_start --fail 429 --body '{"error":{"message":"no","code":"insufficient_quota"}}'
    run --separate-stderr supai-send req
    expect 77 '' 'supai-send: HTTP 429: no *'
}

@test "a spent balance is 77 and not retried by the names of other services too" {
    while read -r http body; do
        mock_start --fail "$http" --body "$body"
        run --separate-stderr supai-send req
        expect 77 '' "supai-send: HTTP $http: spent (request id *)"
        assert_equal "$(mock_requests)" 1
    done <<'E'
429 {"error":{"code":"1113","message":"spent"}}
429 {"type":"error","error":{"type":"1113","message":"spent"}}
500 {"type":"error","error":{"type":"insufficient_balance_error","message":"spent","http_code":"500"}}
400 {"error":{"code":"Arrearage","type":"Arrearage","message":"spent"},"request_id":"r"}
400 {"error":{"message":"spent","type":"budget_exceeded","param":null,"code":"400"}}
E
}

# says MESSAGE [HEADER]: what supai-send says of a 400 with the body on standard input.
says() {
    http '400 Bad Request' "${@:2}" >response
    raw_start response
    run --separate-stderr supai-send req
    expect 65 '' "supai-send: HTTP 400$1"
}

@test "an error's message is found wherever servers put it" {
    while IFS='|' read -r body want; do
        says "$want" < <(printf '%s' "$body")
    done <<'END'
{"error":{"message":"one"}}|: one
{"error":"two"}|: two
{"message":"three"}|: three
{"detail":"four"}|: four
{"error":{"message":"a\nb\u001b[31mc"}}|: a b\\x1b\[31mc
Not found.|: Not found.
<html><title>x</title></html>|: x
<html><body>no title</body></html>|: Bad Request
<?xml version="1.0"?><Error><Code>x</Code><Message>no such blob</Message></Error>|: no such blob
{"detail":{"error":{"message":"deep"}}}|: deep
{"detail":[{"loc":["body","model"],"msg":"field required"}]}|: body.model: field required
[{"error":{"code":400,"message":"from an array"}}]|: from an array
{"errors":[{"message":"one of many"}]}|: one of many
{"error":{"message":"Provider returned error","metadata":{"raw":"{\"error\":{\"message\":\"behind it\"}}"}}}|: Provider returned error: behind it
{"why":  "no words of ours"}|: {"why":"no words of ours"}
{}|: Bad Request
|: Bad Request
END
    says ': Bad Gateway' < <(printf '\n<!DOCTYPE html><HTML><head><TITLE lang=en>\n 400 Bad\nGateway\n</TITLE>')
    says ': the\\x00reason (request id r1)' 'X-Request-Id: r1' < <(printf '{"message":"  ","detail":"the\\u0000reason\\n"}')
    says ': Bad Request' < <(printf ' \n')
    says ': no\\x00 luck (request id r1)' 'X-Request-Id: r1' < <(printf 'no\0 luck')
    printf '{"error":"\\u0000 \\n"}' | http '400 Bad Request' >response
    raw_start response
    run --separate-stderr supai-batch req
    [[ $stderr == *': HTTP 400: \x00)' ]]
    says ': \\x00' < <(printf '{"error":"\\u0000 \\n"}')
    says ': first line' < <(printf '\n\n  first line \r\nsecond\n')
}

@test "an error page with a NUL in or before its title keeps the title" {
    says ': no\\x00 luck' < <(printf '<html><title>no\0 luck</title></html>')
    says ': late' < <(printf '<html>\0<title>late</title></html>')
    says ': Bad Request' < <(printf '<html><title>\0')
}

@test "a status without a reason has its name" {
    printf 'HTTP/1.1 503\r\nContent-Length: 0\r\n\r\n' >response
    raw_start response
    run --separate-stderr supai-send --retries 0 req
    expect 69 '' 'supai-send: HTTP 503: Service Unavailable'
    printf 'HTTP/1.1 529\r\nContent-Length: 0\r\n\r\n' >response
    raw_start response
    run --separate-stderr supai-send --retries 0 req
    expect 69 '' 'supai-send: HTTP 529: Overloaded'
}

@test "404 and 405 name the URL" {
    for s in '404 Not Found' '405 Method Not Allowed'; do
        http "$s" </dev/null >response
        raw_start response
        run --separate-stderr supai-send req
        expect 65 '' "supai-send: HTTP ${s%% *}: ${s#* }, at $SUPAI_BASE_URL/chat/completions"
    done
}

@test "a base URL that ends in /chat/completions is the endpoint" {
    mock_start
    base=$SUPAI_BASE_URL
    for end in /chat/completions /chat/completions/ '/chat/completions?a=b' '/?a=b'; do
        SUPAI_BASE_URL=$base$end run --separate-stderr supai-send req
        assert_equal "$status $stderr" '0 '
    done
    assert_equal "$(jq -r .path "$MOCK_LOG" | sort -u)" /v1/openai/chat/completions
    SUPAI_BASE_URL=$base/chat/completions run supai-models --live
    assert_equal "$status" 0
}

@test "a long error message is cut, between two characters" {
    printf '{"error":{"message":"%s€€"}}' "$(head -c 997 /dev/zero | tr '\0' x)" | http '400 Bad Request' >response
    raw_start response
    run --separate-stderr supai-send req
    assert_equal "$status" 65
    [[ $stderr == *x€… ]]
}

@test "an error body without end is read up to 64 KiB, one that stalls for 5 s" {
    { printf 'HTTP/1.1 400 Bad\r\n\r\nbad\n'; head -c 200000 /dev/zero; } >response
    raw_start -k response
    run --separate-stderr timeout 60 supai-send req
    expect 65 '' 'supai-send: HTTP 400: bad'
    printf 'HTTP/1.1 400 Bad\r\nContent-Length: 9\r\n\r\nbad' >response
    raw_start -k response
    run --separate-stderr timeout 60 supai-send req
    expect 65 '' 'supai-send: HTTP 400: bad'
}

@test "a body that is too long for the server is 65, told while it is still sent" {
    mock_start
    head -c 34000000 /dev/zero | tr "\0" x | sed "s/.*/{\"a\":\"&\"}/" >big
    run --separate-stderr supai-send big
    expect 65 "" "supai-send: HTTP 413: *"
}

@test "a redirect is not followed, carries no key, and is 76" {
    echo stolen | http '200 OK' >there
    raw_start there
    target=http://127.0.0.1:$RAW_PORT/x there_log=$RAW_LOG
    for s in 301 302 303 307 308; do
        http "$s Moved" "Location: $target" </dev/null >here
        raw_start here
        run --separate-stderr supai-send req
        expect 76 '' "supai-send: HTTP $s: a redirect, which is not followed, to $target"
        assert_equal "$(raw_requests)" 1
    done
    [ ! -s "$there_log" ]
}

@test "an empty X-Request-Id does not hide a Request-Id" {
    http '400 Bad Request' 'X-Request-Id:' 'Request-Id: r2' <<<'{"message":"no"}' >response
    raw_start response
    run --separate-stderr supai-send req
    expect 65 '' 'supai-send: HTTP 400: no (request id r2)'
}

@test "an empty body is 76" {
    http '200 OK' </dev/null >response
    raw_start response
    run --separate-stderr supai-send req
    expect 76 '' 'supai-send: HTTP 200: the body is empty'
    assert_equal "$(raw_requests)" 1
    printf 'HTTP/1.1 204 No Content\r\n\r\n' >response
    raw_start response
    run --separate-stderr supai-send req
    expect 76 '' 'supai-send: HTTP 204: the body is empty'
}

@test "a body that is cut before its end is 76, and not retried once bytes are out" {
    printf 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart' >length
    printf 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n' >chunks
    printf 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n50\r\nxx' >chunk
    for f in length chunks chunk; do
        raw_start $f
        run --separate-stderr supai-send req
        assert_equal "$status" 76
        [[ $output == part* ]]
        [[ $stderr == 'supai-send: the answer was cut after '*' bytes: '* ]]
        assert_equal "$(raw_requests)" 1
    done
    raw_start -r length
    run --separate-stderr supai-send req
    assert_equal "$status" 76
    assert_equal "$(raw_requests)" 1
}

@test "a 2xx that breaks before its first byte is tried again, then 76" {
    printf 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n' >cut
    echo x | http '200 OK' >good
    raw_start cut good
    run --separate-stderr supai-send req
    expect 0 x ''
    raw_start cut
    run --separate-stderr supai-send --retries 1 req
    expect 76 '' 'supai-send: the answer was cut after 0 bytes: *, after 2 tries'
}

@test "what is no HTTP is 76" {
    printf 'hello\r\n' >nine
    raw_start nine
    run --separate-stderr supai-send --retries 0 req
    expect 76 '' 'supai-send: *'
    printf 'HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc' >bad
    raw_start bad
    run --separate-stderr supai-send req
    expect 76 '' 'supai-send: *'
    assert_equal "$(raw_requests)" 1
}

@test "a header that is too long is 76, a status line too" {
    long=$(printf '%0120000d' 0)
    for head in "HTTP/1.1 200 OK\r\nX-Long: $long" "HTTP/1.1 200 $long"; do
        printf '%b\r\nContent-Length: 1\r\n\r\nx' "$head" >response
        raw_start response
        run --separate-stderr supai-send --retries 0 req
        assert_equal "$status" 76
        assert_equal "$output" ''
        [[ $stderr == 'supai-send: '* && ${#stderr_lines[@]} -eq 1 ]]
    done
}

@test "1xx responses are passed over" {
    { printf 'HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n'; echo x | http '200 OK' 'X-Last: yes'; } >response
    raw_start response
    run --separate-stderr supai-send -D head req
    expect 0 x ''
    run ! grep -q Link head
    grep -q '^X-Last: yes' head
}

@test "a server that closes without a word is 69 after retries" {
    : >nothing
    raw_start nothing
    run --separate-stderr supai-send --retries 1 req
    expect 69 '' "supai-send: http://127.0.0.1:$RAW_PORT/v1/chat/completions: *, after 2 tries"
    assert_equal "$(raw_requests)" 2
}

@test "a 1xx is no response: closed after it is tried again, silent after it is 75" {
    printf 'HTTP/1.1 102 Processing\r\n\r\n' >interim
    echo x | http '200 OK' >response
    raw_start interim response
    run --separate-stderr supai-send --retries 1 req
    expect 0 x ''
    assert_equal "$(raw_requests)" 2
    raw_start interim
    run --separate-stderr supai-send --retries 0 req
    expect 69 '' "supai-send: http://127.0.0.1:$RAW_PORT/v1/chat/completions: *"
    raw_start -k interim
    run --separate-stderr supai-send --first-byte-timeout 0.3 req
    expect 75 '' 'supai-send: no answer within 0.3 s (--first-byte-timeout)'
    raw_start -k interim
    run --separate-stderr supai-send --max-time 0.3 req
    expect 75 '' 'supai-send: not done within the time limit (--max-time)'
    raw_start -k interim
    run --separate-stderr supai-batch -q --retries 0 --first-byte-timeout 0.3 req
    assert_equal "$(jq -r .error.code <<<"$output")" timeout
}

@test "connection refused is 69 after retries" {
    reads_the_clock
    dead_url
    start=$(when_now)
    run --separate-stderr supai-send --retries 1 req
    expect 69 '' 'supai-send: http://127.0.0.1:*, after 2 tries'
    took=$(ms_since "$start")
    [ "$took" -ge 370 ] && [ "$took" -lt 3000 ]
}

@test "a host that does not exist is 69" {
    # A label of 64 characters: no resolver takes it, and none is asked.
    name=$(printf 'a%.0s' {1..64}).invalid
    SUPAI_API_KEY=k run --separate-stderr supai-send --retries 0 --url "https://$name/x" req
    expect 69 '' "supai-send: https://$name/x: *"
}

# --- one answer (-1) ----------------------------------------------------------

answer_body() { printf 'data: {"choices":[{"index":0,"delta":{"content":"hi"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'; }

# open_response [HEADER ...]: one whose end only the connection's end tells.
open_response() {
    printf 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n'
    [ $# -eq 0 ] || printf '%s\r\n' "$@"
    printf '\r\n'
    cat
}

@test "-1: a connection that stays open after [DONE] is left after a second" {
    answer_body | open_response >response
    raw_start -k response
    run --separate-stderr timeout 60 supai-send -1 req
    expect 0 "$(answer_body)" ''
    run --separate-stderr timeout 60 supai-send --one --max-time 0.3 req
    expect 0 "$(answer_body)" ''
}

@test "-1: a connection that drops after [DONE] is no failure, before it is one" {
    answer_body | open_response 'Content-Length: 500' >response
    raw_start response
    run --separate-stderr supai-send -1 req
    expect 0 "$(answer_body)" ''
    run --separate-stderr supai-send req
    expect 76 "$(answer_body)" 'supai-send: the answer was cut after *'
    answer_body | head -n 1 | open_response 'Content-Length: 500' >response
    raw_start response
    run --separate-stderr supai-send -1 req
    expect 76 "$(answer_body | head -n 1)" 'supai-send: the answer was cut after *'
}

@test "-1: a wrong checksum after [DONE] is 76" {
    answer_body | gzip -nc >packed
    { head -c -8 packed; printf 'wrongsum'; } | open_response 'Content-Encoding: gzip' >response
    for how in '' -k; do
        raw_start $how response
        run --separate-stderr timeout 60 supai-send -1 req
        expect 76 "$(answer_body)" 'supai-send: the answer is damaged, after * bytes: *'
    done
}

# chunks FILE: the file as chunks of ten bytes, with what else a frame may have.
chunks() {
    rm -f part.*
    split -b 10 "$1" part.
    for part in part.*; do
        printf '%X;a=b\r\n' "$(wc -c <"$part")"
        cat "$part"
        printf '\r\n'
    done
    printf '0\r\nA: 1\r\n\r\n'
}

@test "a gzip body without its end is 76, whatever else says where it ends" {
    answer_body >body
    gzip -nc body >packed
    open_response 'Content-Encoding: gzip' <packed >response
    raw_start -p 60:2 response
    run --separate-stderr supai-send req
    expect 0 "$(answer_body)" ''
    for less in 0 1 3 4 5 8 9 20 60; do
        head -c $(($(wc -c <packed) - less)) packed >cut
        open_response 'Content-Encoding: gzip' <cut >end
        open_response "Content-Length: $(wc -c <cut)" 'content-encoding:X-GZIP ' <cut >length
        chunks cut | open_response 'Content-Encoding: gzip' 'Transfer-Encoding: chunked' >chunks
        for how in end length chunks; do
            raw_start -p 31:1 $how
            run --separate-stderr supai-send --retries 0 req
            if [ $less = 0 ]; then
                expect 0 "$(answer_body)" ''
                continue
            fi
            assert_equal "$how $less: $status" "$how $less: 76"
            [[ $stderr == 'supai-send: the answer was cut after '*' bytes: its compressed form has no end' ]]
        done
    done
    # Of several tries, the one that is whole.
    open_response 'Content-Encoding: gzip' <packed >whole
    raw_start response whole
    SUPAI_API_KEY=$TEST_KEY run --separate-stderr supai-batch -q <<<'{"messages":[{"role":"user","content":"hi"}]}'
    assert_equal "$(jq -r '.response.body.choices[0].message.content' <<<"$output")" hi
    # With [DONE] seen it may drop.
    head -c -4 packed | open_response 'Content-Encoding: gzip' >response
    raw_start response
    run --separate-stderr supai-send -1 req
    expect 0 "$(answer_body)" ''
}

@test "a body in an encoding whose end cannot be told is 76, and not passed on" {
    while IFS='|' read -r name headers; do
        answer_body | open_response "$headers" >response
        raw_start response
        run --separate-stderr supai-send --retries 0 req
        expect 76 '' "supai-send: HTTP 200: the body is encoded as $name: only gzip is read, *"
        SUPAI_API_KEY=$TEST_KEY run --separate-stderr supai-batch -q <<<'{"messages":[{"role":"user","content":"hi"}]}'
        assert_equal "$status" 1
        [[ $(jq -r .error.message <<<"$output") == "HTTP 200: the body is encoded as $name: "* ]]
        assert_equal "$name: $(grep -c '^# connection' "$RAW_LOG")" "$name: 2" # it is not tried again
    done <<'E'
br|Content-Encoding: br
zstd|content-encoding:zstd
deflate|Content-Encoding: deflate
gzip, br|Content-Encoding: gzip, br
gzip, gzip|Content-Encoding: gzip, gzip
nonsense|Content-Encoding: nonsense
E
    answer_body | gzip -nc | open_response 'Content-Encoding: gzip' 'Content-Encoding: gzip' >response
    raw_start response
    run --separate-stderr supai-send --retries 0 req
    expect 76 '' 'supai-send: HTTP 200: the body is encoded as gzip: *'
    answer_body | open_response 'Content-Encoding: identity' >response
    raw_start response
    run --separate-stderr supai-send req
    expect 0 "$(answer_body)" ''
}

@test "X-Content-Encoding, X-Location and their like are other headers" {
    answer_body | open_response 'X-Content-Encoding: br' 'X-Transfer-Encoding: gzip' >response
    raw_start response
    run --separate-stderr supai-send req
    expect 0 "$(answer_body)" ''
    echo '{"error":{"message":"elsewhere"}}' | http '302 Found' 'X-Location: http://a.test/' >response
    raw_start response
    run --separate-stderr supai-send req
    expect 76 '' 'supai-send: HTTP 302: elsewhere'
}

@test "a transfer encoding that nobody asked for is 76, and not passed on" {
    answer_body | open_response 'Transfer-Encoding: gzip, chunked' >response
    raw_start response
    run --separate-stderr supai-send --retries 0 req
    assert_equal "$status $output" '76 '
    # libcurl 8.23 refuses it itself.
    [[ $stderr == 'supai-send: HTTP 200: the body is encoded as gzip, chunked: only gzip is read, '* ||
        $stderr == *': Unsolicited Transfer-Encoding'* ]]
}

@test "a connection that closes in the middle of the header is tried again, then 76" {
    echo x | http '200 OK' >good
    for half in 'HTTP/1.1 200 OK\r\nX-A: b' 'HTTP/1.1 200 OK\r\nX-A: b\r\n'; do
        printf "$half" >half
        raw_start half good
        run --separate-stderr supai-send req
        expect 0 x ''
        assert_equal "$(raw_requests)" 2
        raw_start half
        run --separate-stderr supai-send --retries 1 req
        expect 76 '' "supai-send: the connection was closed in the middle of the response's header, after 2 tries"
    done
}

@test "-1: what comes after [DONE] is not passed on, a body of JSON is" {
    { answer_body; head -c 200000 /dev/zero | tr '\0' 'x'; } | open_response >response
    raw_start response
    supai-send -1 req >out 2>err
    [ ! -s err ]
    cmp out <(answer_body)
    printf '{"a":"data: [DONE]"}\n' | http '200 OK' >response
    raw_start response
    run --separate-stderr supai-send -1 req
    expect 0 '{"a":"data: [DONE]"}' ''
}

# --- retries -----------------------------------------------------------------

@test "two retries, silently, when the third try is well" {
    mock_start --fail 503:2 --header 'retry-after-ms: 20'
    run --separate-stderr supai-send req
    assert_equal "$status" 0
    assert_equal "$stderr" ''
    assert_equal "$(mock_requests)" 3
}

@test "two retries, then one line that counts the tries" {
    mock_start --fail 503 --header 'retry-after-ms: 20' --body busy
    run --separate-stderr supai-send req
    expect 69 '' 'supai-send: HTTP 503: busy (request id req_mock_3), after 3 tries'
    assert_equal "$(mock_requests)" 3
}

@test "408, 409, 425, 429, 498 and 5xx are retried, others are not" {
    for s in 408 409 425 429 498 500 502 503 504; do
        mock_start --fail $s:1 --header 'retry-after-ms: 10'
        run --separate-stderr supai-send req
        assert_equal "$status" 0
        assert_equal "$(mock_requests)" 2
    done
    for s in 400 401 402 403 404 407 413 422; do
        mock_start --fail $s:1 --header 'retry-after-ms: 10'
        run --separate-stderr supai-send req
        assert_not_equal "$status" 0
        assert_equal "$(mock_requests)" 1
    done
}

@test "x-should-retry wins over the status" {
    mock_start --fail 503:1 --header 'x-should-retry: false'
    run --separate-stderr supai-send req
    assert_equal "$status" 69
    assert_equal "$(mock_requests)" 1
    mock_start --fail 400:1 --header 'x-should-retry: true' --header 'retry-after-ms: 10'
    run --separate-stderr supai-send req
    assert_equal "$status" 0
    assert_equal "$(mock_requests)" 2
}

@test "--retries 0 never tries again" {
    mock_start --fail 503:1
    run --separate-stderr supai-send --retries 0 req
    assert_equal "$status" 69
    assert_equal "$(mock_requests)" 1
    run ! grep -q tries <<<"$stderr"
}

@test "without a word of the server's it waits 0.5 s, then 1 s, with jitter" {
    mock_start --fail 503:2
    run --separate-stderr supai-send req
    assert_equal "$status" 0
    mapfile -t gap < <(gaps)
    [ "${gap[0]}" -ge 374 ] && [ "${gap[0]}" -lt 900 ]
    [ "${gap[1]}" -ge 749 ] && [ "${gap[1]}" -lt 1500 ]
}

@test "Retry-After in seconds, whole or not" {
    mock_start --fail 429:1 --retry-after 1
    run --separate-stderr supai-send req
    assert_equal "$status" 0
    [ "$(gaps)" -ge 999 ] && [ "$(gaps)" -lt 1900 ]
    mock_start --fail 429:1 --retry-after 0.2
    run --separate-stderr supai-send req
    assert_equal "$status" 0
    [ "$(gaps)" -ge 199 ] && [ "$(gaps)" -lt 370 ]
}

@test "Retry-After as a date is relative to the server's own Date" {
    mock_start --fail 429:1 --header 'Date: Sun, 06 Nov 1994 08:49:37 GMT' \
        --retry-after 'Sun, 06 Nov 1994 08:49:38 GMT'
    run --separate-stderr supai-send req
    assert_equal "$status" 0
    [ "$(gaps)" -ge 999 ] && [ "$(gaps)" -lt 1900 ]
}

@test "retry-after-ms goes before Retry-After" {
    mock_start --fail 429:1 --header 'retry-after-ms: 50' --retry-after 60
    run --separate-stderr supai-send req
    assert_equal "$status" 0
    [ "$(gaps)" -lt 370 ]
}

@test "the wait that an error's details ask for, where no header does" {
    body='[{"error":{"code":429,"message":"slow down","status":"RESOURCE_EXHAUSTED","details":[
        {"@type":"type.googleapis.com/google.rpc.Help","links":[]},
        {"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"%s"}]}}]'
    mock_start --fail 429:1 --body "${body/\%s/1.2s}"
    run --separate-stderr supai-send req
    assert_equal "$status$stderr" 0
    [ "$(gaps)" -ge 1199 ]
    mock_start --fail 429 --body "${body/\%s/300s}"
    run --separate-stderr supai-send req
    expect 75 '' 'supai-send: HTTP 429: slow down (request id *): try again in 300 s'
    mock_start --fail 429:1 --retry-after 0.1 --body "${body/\%s/300s}"
    run --separate-stderr supai-send req
    assert_equal "$status$stderr" 0
    for wrong in '' s -3s 5 1m xs; do
        mock_start --fail 429 --body "${body/\%s/$wrong}"
        run --separate-stderr supai-send --retries 0 req
        expect 75 '' 'supai-send: HTTP 429: slow down (request id *)'
    done
}

@test "a server that asks to wait over 120 s ends it at once with 75, saying how long" {
    for s in 429 503; do
        mock_start --fail $s --retry-after 300 --body slow
        run --separate-stderr supai-send req
        expect 75 '' "supai-send: HTTP $s: slow (request id req_mock_1): try again in 300 s"
        assert_equal "$(mock_requests)" 1
    done
}

@test "limits of time: seconds, or with s, m or h" {
    while IFS='|' read -r s want; do
        run --separate-stderr supai-send --no-key --dry-run --url http://127.0.0.1:1/ --max-time "$s" req
        assert_equal "$s: $status" "$s: 0"
        [[ $output == *"--max-time $want "* ]] || fail "$s: $output"
    done <<'END'
5|5
0.5|0.5
5s|5
1.5m|90
2h|7200
END
    for s in '' s m 5d 5ms '5 s' -1 -1s 0x5 inf nan 1e9h 5mm; do
        run --separate-stderr supai-send --max-time "$s" req
        expect 64 '' "supai-send: --max-time: '$s' is no time (seconds, or with s, m or h)*"
    done
}

# Whether the text is a date that a time of 32 bits cannot be.
is_too_late() { [[ $1 == *2999* && $(retrytest clock) -le 32 ]]; }

@test "a server that asks to wait over a day is told as one" {
    while IFS='|' read -r asked want; do
        ! is_too_late "$asked" || continue
        mock_start --fail 429 --retry-after "$asked" --body slow
        run --separate-stderr supai-send req
        expect 75 '' "supai-send: HTTP 429: slow (request id *): try again in $want"
    done <<'END'
86400|86400 s
86401|over a day
99999999999999|over a day
Tue, 01 Jan 2999 00:00:00 GMT|over a day
END
}

@test "retry-after: what is understood (RFC 9110, 10.2.3)" {
    now=784111777       # Sun, 06 Nov 1994 08:49:37 GMT
    date='Sun, 06 Nov 1994 08:49:37 GMT'
    while IFS='|' read -r ms after want; do
        ! is_too_late "$after" || continue
        assert_equal "$ms|$after|$(retrytest after "$ms" "$after" "$date" 1)" "$ms|$after|$want"
        assert_equal "$ms|$after|$(retrytest after "$ms" "$after" '' $now)" "$ms|$after|$want"
    done <<'END'
||-1
|0|0
|1|1000
|1.5|1500
| 7 |7000
|120|120000
|-1|-1
|soon|-1
|1e3|-1
|1x|-1
|nan|-1
|99999999999999999999999999|2000000000
250||250
0.6||1
x|2|2000
-5|2|2000
10|2|10
|Sun, 06 Nov 1994 08:50:00 GMT|23000
|Sun, 06 Nov 1994 08:49:60 GMT|23000
|Sunday, 06-Nov-94 08:50:00 GMT|23000
|Sun Nov  6 08:50:00 1994|23000
|Sun, 06 Nov 1994 08:00:00 GMT|0
|Sun, 06 Nov 1994 08:49:37 GMTx|-1
|Sun, 06 Nov 1994 24:00:00 GMT|-1
|Sun, 06 No 1994 08:49:37 GMT|-1
|Sun, 99 Nov 1994 08:50:00 GMT|-1
|Tue, 01 Jan 2999 00:00:00 GMT|2000000000
END
}

@test "backoff doubles from 0.5 s to 8 s, less up to a quarter" {
    while read -r tries most; do
        assert_equal "$(retrytest backoff "$tries" 0)" "$most"
        for random in 1 999 123456789 4294967295; do
            wait=$(retrytest backoff "$tries" "$random")
            [ "$wait" -le "$most" ] && [ "$wait" -ge $((most * 3 / 4)) ]
        done
    done <<'END'
1 500
2 1000
3 2000
4 4000
5 8000
6 8000
1000 8000
END
}

@test "retries are noted with -v, and on a terminal" {
    mock_start --fail 503:1 --header 'retry-after-ms: 10' --body busy
    run --separate-stderr supai-send -v req
    assert_equal "$status" 0
    [[ $stderr == *'supai-send: HTTP 503: busy (request id req_mock_1): trying again in 0.01 s'* ]]
    mock_start --fail 503:1 --header 'retry-after-ms: 10' --body busy
    run pty -2 supai-send req
    [[ $output == *'trying again in 0.01 s'* ]]
}

# --- limits of time ----------------------------------------------------------

@test "--first-byte-timeout: a silent server is 75, not asked again" {
    reads_the_clock
    raw_start
    start=$(when_now)
    run --separate-stderr supai-send --first-byte-timeout 0.3 req
    expect 75 '' 'supai-send: no answer within 0.3 s (--first-byte-timeout)'
    took=$(ms_since "$start")
    [ "$took" -ge 300 ] && [ "$took" -lt 2000 ]
    assert_equal "$(raw_requests)" 1
}

@test "--first-byte-timeout: headers are no byte of the body" {
    printf 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n' >head
    raw_start -k head
    run --separate-stderr supai-send --first-byte-timeout 0.3 --idle-timeout 0.1 req
    expect 75 '' 'supai-send: no answer within 0.3 s (--first-byte-timeout)'
}

@test "--idle-timeout: a body that stops is 75 after what came" {
    reads_the_clock
    printf 'HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\npart' >part
    raw_start -k part
    run --separate-stderr supai-send --first-byte-timeout 60 --idle-timeout 0.3 req
    expect 75 part 'supai-send: the answer stopped after 4 bytes: nothing came for 0.3 s (--idle-timeout)'
    assert_equal "$(raw_requests)" 1
}

@test "--idle-timeout: a body that trickles is no stall" {
    reads_the_clock
    printf '0123456789' | http '200 OK' >response
    # The headers quickly, the body a byte at a time: 10 times 100 ms.
    raw_start -p 1:10 response
    run --separate-stderr supai-send --idle-timeout 1 req
    expect 0 0123456789 ''
}

@test "--idle-timeout: time in which stdout is full does not count" {
    reads_the_clock
    head -c 400000 /dev/zero | http '200 OK' >response
    raw_start response
    mkfifo out
    supai-send --idle-timeout 0.3 req >out 2>err &
    pid=$!
    exec 9<out
    sleep 1     # the time itself is what is tested
    wc -c <&9 | tr -d ' ' >count
    exec 9<&-
    wait $pid
    [ ! -s err ]
    assert_equal "$(cat count)" 400000
}

@test "a libcurl without TLS serves loopback, and is named where it must have TLS" {
    [ "$(uname -s)" = Linux ] && [ -z "${SUPAI_SAN-}" ] || skip "nothing to put in the place of libcurl's functions"
    cat >notls.c <<'END'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdarg.h>
#include <string.h>
#include <strings.h>
#include <curl/curl.h>
#undef curl_easy_setopt

CURLcode
curl_easy_setopt(CURL *e, CURLoption o, ...)
{
	CURLcode (*next)(CURL *, CURLoption, ...) =
	    (CURLcode (*)(CURL *, CURLoption, ...))dlsym(RTLD_NEXT, "curl_easy_setopt");
	va_list ap;
	void *p;
	curl_off_t n;

	va_start(ap, o);
	if (o == CURLOPT_SSLVERSION || o == CURLOPT_CAINFO)
		return CURLE_NOT_BUILT_IN;
	if (o < CURLOPTTYPE_OBJECTPOINT)
		return next(e, o, va_arg(ap, long));
	if (o >= CURLOPTTYPE_OFF_T && o < CURLOPTTYPE_BLOB) {
		n = va_arg(ap, curl_off_t);
		return next(e, o, n);
	}
	p = va_arg(ap, void *);
#if LIBCURL_VERSION_NUM >= 0x075500
	if (o == CURLOPT_PROTOCOLS_STR && strstr(p, "https") != NULL)
		return CURLE_UNSUPPORTED_PROTOCOL;
#endif
	return next(e, o, p);
}

CURLUcode
curl_url_set(CURLU *u, CURLUPart what, const char *s, unsigned flags)
{
	CURLUcode (*next)(CURLU *, CURLUPart, const char *, unsigned) =
	    (CURLUcode (*)(CURLU *, CURLUPart, const char *, unsigned))dlsym(RTLD_NEXT, "curl_url_set");

	if (what == CURLUPART_URL && strncasecmp(s, "https:", 6) == 0)
		return CURLUE_UNSUPPORTED_SCHEME;
	return next(u, what, s, flags);
}
END
    # shellcheck disable=SC2046 # flags are words
    ${CC:-cc} -shared -fPIC $(pkg-config --cflags libcurl 2>/dev/null) -o notls.so notls.c || skip "no compiler for it"
    mock_start --reply hi
    supai-req hello >req
    run --separate-stderr env LD_PRELOAD="$PWD/notls.so" supai-send --cacert notls.c req
    assert_equal "$status" 0
    assert_output --partial '[DONE]'
    run --separate-stderr env LD_PRELOAD="$PWD/notls.so" supai-send --url https://127.0.0.1:1/ req
    expect 64 '' "supai-send: --url: 'https://127.0.0.1:1/': https, and the libcurl here is built without TLS"
    run --separate-stderr env LD_PRELOAD="$PWD/notls.so" SUPAI_BASE_URL= supai-send req
    expect 78 '' "supai-send: SUPAI_BASE_URL: 'https://api.sup.ai/v1/openai': https, and the libcurl here is built without TLS"
}

@test "a standard output that does not block: every byte, and nothing done while it is full" {
    head -c 1000000 /dev/zero | tr '\0' 'x' >text
    { printf 'data: {"choices":[{"index":0,"delta":{"content":"'; cat text
        printf '"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'; } >body
    http '200 OK' 'Content-Type: text/event-stream' <body >response
    raw_start response
    prints 0 body nonblock supai-send req
    run --separate-stderr nonblock supai-ensemble --no-key --base-url "$SUPAI_BASE_URL" --models m req
    assert_equal "$status: $stderr" '0: '
    printf '%s\n\n' "$output" | supai-sse | supai-text -n >got
    cmp got text
}

@test "--max-time: all of it, retries included, also while stdout is full" {
    reads_the_clock
    raw_start
    run --separate-stderr supai-send --max-time 0.3 req
    expect 75 '' 'supai-send: not done within the time limit (--max-time)'
    head -c 400000 /dev/zero | http '200 OK' >response
    raw_start response
    mkfifo out
    supai-send --max-time 0.5 req >out 2>err &
    pid=$!
    exec 9<out
    status=0
    wait $pid || status=$?
    exec 9<&-
    assert_equal "$status" 75
    assert_equal "$(cat err)" 'supai-send: not done within the time limit (--max-time): the answer is cut'
    mock_start --fail 503 --body busy
    start=$(when_now)
    run --separate-stderr supai-send --max-time 0.2 req
    expect 69 '' 'supai-send: HTTP 503: busy*'
    [ "$(ms_since "$start")" -lt 300 ]
    assert_equal "$(mock_requests)" 1
}

@test "--connect-timeout: a connection that is not made is 75" {
    # A TLS handshake that nobody answers is part of connecting.
    raw_start
    run --separate-stderr supai-send --connect-timeout 0.3 --url "https://127.0.0.1:$RAW_PORT/" req
    expect 75 '' 'supai-send: no connection in time (--connect-timeout): *'
}

# --- the key -----------------------------------------------------------------

@test "no key is 78 and says where it may go; nothing is sent" {
    raw_start
    unset SUPAI_API_KEY
    run --separate-stderr supai-send req
    expect 78 '' "supai-send: no key for 127.0.0.1: set SUPAI_API_KEY, or put it into $HOME/.config/supai/keys/127.0.0.1 with mode 600 *"
    unset SUPAI_BASE_URL
    run --separate-stderr supai-send req
    expect 78 '' "supai-send: no key for api.sup.ai: set SUPAI_API_KEY, or put it into $HOME/.config/supai/key with mode 600 *"
    unset HOME
    run --separate-stderr supai-send req
    expect 78 '' 'supai-send: no key for api.sup.ai: set SUPAI_API_KEY, or give --key-file FILE *'
    [ ! -s "$RAW_LOG" ]
}

# sent: the key that the raw server was sent last.
sent() { tr -d '\r' <"$RAW_LOG" | sed -n 's/^Authorization: //p' | tail -n 1; }

@test "the key: --key-file, SUPAI_API_KEY, SUPAI_API_KEY_FILE, credentials, configuration" {
    echo x | http '200 OK' >response
    raw_start response
    umask 077
    mkdir -p creds "$HOME/.config/supai/keys" xdg/supai/keys
    echo key-option >option
    echo key-file >file
    echo key-credential >creds/supai-api-key
    echo key-home >"$HOME/.config/supai/keys/127.0.0.1"
    echo key-xdg >xdg/supai/keys/127.0.0.1
    export SUPAI_API_KEY=key-variable SUPAI_API_KEY_FILE=file CREDENTIALS_DIRECTORY=$PWD/creds
    supai-send --key-file option req
    assert_equal "$(sent)" 'Bearer key-option'
    supai-send req
    assert_equal "$(sent)" 'Bearer key-variable'
    unset SUPAI_API_KEY
    supai-send req
    assert_equal "$(sent)" 'Bearer key-file'
    unset SUPAI_API_KEY_FILE
    supai-send req
    assert_equal "$(sent)" 'Bearer key-credential'
    unset CREDENTIALS_DIRECTORY
    XDG_CONFIG_HOME=$PWD/xdg supai-send req
    assert_equal "$(sent)" 'Bearer key-xdg'
    XDG_CONFIG_HOME=xdg supai-send req      # relative: ignored
    assert_equal "$(sent)" 'Bearer key-home'
    : >"$RAW_LOG"
    supai-send --no-key req
    assert_equal "$(sent)" ''
    # A folder of credentials without ours goes on to the next place.
    CREDENTIALS_DIRECTORY=$PWD supai-send req
    assert_equal "$(sent)" 'Bearer key-home'
}

@test "a stored key goes to its own host only" {
    umask 077
    mkdir -p "$HOME/.config/supai/keys"
    echo key-default >"$HOME/.config/supai/key"
    echo key-localhost >"$HOME/.config/supai/keys/localhost"
    echo x | http '200 OK' >response
    raw_start response
    unset SUPAI_API_KEY
    run --separate-stderr supai-send req
    expect 78 '' 'supai-send: no key for 127.0.0.1: *'
    [ ! -s "$RAW_LOG" ]
    SUPAI_BASE_URL=http://LocalHost:$RAW_PORT run --separate-stderr supai-send req
    expect 0 x ''
    assert_equal "$(sent)" 'Bearer key-localhost'
    for url in https://evil.invalid https://api.sup.ai.evil.invalid https://evil.invalid/api.sup.ai \
        https://..%2fkey; do
        run --separate-stderr supai-send --retries 0 --url "$url" req
        [ "$status" -eq 78 ] || [ "$status" -eq 64 ]
    done
}

@test "a key file that others have rights to is refused, with the chmod to run" {
    mock_start
    unset SUPAI_API_KEY
    echo "$TEST_KEY" >"a key"
    for mode in 644 640 604 620 601; do
        chmod $mode 'a key'
        run --separate-stderr supai-send --key-file 'a key' req
        expect 78 '' "supai-send: a key: not for you alone (mode $mode): run chmod 600 'a key'"
        SUPAI_API_KEY_FILE='a key' run --separate-stderr supai-send req
        assert_equal "$status" 78
    done
    assert_equal "$(mock_requests)" 0
    for mode in 600 400; do
        chmod $mode 'a key'
        run --separate-stderr supai-send --key-file 'a key' req
        assert_equal "$status" 0
    done
}

@test "pipes and systemd's credentials may have any mode" {
    echo x | http '200 OK' >response
    raw_start response
    unset SUPAI_API_KEY
    run --separate-stderr supai-send --key-file <(echo key-pipe) req
    expect 0 x ''
    assert_equal "$(sent)" 'Bearer key-pipe'
    mkdir creds
    printf 'key-credential' >creds/supai-api-key
    chmod 644 creds/supai-api-key
    CREDENTIALS_DIRECTORY=$PWD/creds run --separate-stderr supai-send req
    expect 0 x ''
    assert_equal "$(sent)" 'Bearer key-credential'
}

@test "a key that is none is refused, and not shown" {
    mock_start
    umask 077
    for key in '' 'secret one' $'secret\tone' $'secret\none' $'secret\x01' 'sécret' ' secret'; do
        SUPAI_API_KEY=$key run --separate-stderr supai-send req
        assert_equal "$status" 78
        [[ $stderr == 'supai-send: SUPAI_API_KEY: '* && $stderr != *cret* ]]
        printf '%s\n' "$key" >file
        run --separate-stderr supai-send --key-file file req
        assert_equal "$status" 78
        [[ $stderr == 'supai-send: key file file: '* && $stderr != *cret* ]]
    done
    printf 'secret\0one\n' >file
    run --separate-stderr supai-send --key-file file req
    assert_equal "$status" 78
    run --separate-stderr supai-send --key-file nothing req
    expect 78 '' 'supai-send: key file nothing: No such file or directory'
    run --separate-stderr supai-send --key-file . req
    expect 78 '' 'supai-send: *'
    head -c 100000 /dev/zero | tr '\0' x >file
    run --separate-stderr supai-send --key-file file req
    expect 78 '' 'supai-send: key file file: *'
    assert_equal "$(mock_requests)" 0
}

@test "one line end after the key is not part of it, CR LF neither" {
    echo x | http '200 OK' >response
    raw_start response
    umask 077
    printf 'key-crlf\r\n' >file
    supai-send --key-file file req
    assert_equal "$(sent)" 'Bearer key-crlf'
}

@test "the key is in no argument of any process" {
    [ -r /proc/self/cmdline ] || skip "no /proc"
    raw_start
    umask 077
    echo "$TEST_KEY" >file
    unset SUPAI_API_KEY
    supai-send --key-file file req >out 2>err 3>&- &
    pid=$!
    until_true grep -q "$TEST_KEY" "$RAW_LOG"
    tr '\0' ' ' <"/proc/$pid/cmdline" >cmdline
    tr '\0' '\n' <"/proc/$pid/environ" >environ
    kill $pid
    wait $pid || true
    grep -q -- '--key-file file req' cmdline
    run ! grep -q "$TEST_KEY" cmdline environ out err
}

@test "headers from a file; Authorization there takes the key's place" {
    echo x | http '200 OK' >response
    raw_start response
    printf 'X-One: 1\r\n\nX-Two: 2\n' >headers
    run --separate-stderr supai-send --header @headers req
    expect 0 x ''
    tr -d '\r' <"$RAW_LOG" >log
    grep -qx 'X-One: 1' log
    grep -qx 'X-Two: 2' log
    grep -qx "Authorization: Bearer $TEST_KEY" log
    umask 077
    rm headers
    printf 'authorization: Bearer own-secret-7\n' >headers
    unset SUPAI_API_KEY
    run --separate-stderr supai-send -v --header @headers req
    assert_equal "$status" 0
    [[ $stderr == *'> authorization: Bearer ***'* ]]
    [[ $stderr != *own-secret* ]]
    [ "$(grep -ci '^authorization:' "$RAW_LOG")" -eq 2 ]
    chmod 644 headers
    run --separate-stderr supai-send --header @headers req
    expect 78 '' 'supai-send: headers: not for you alone *'
}

@test "headers that are none, or are not for an argument, are refused" {
    for h in 'no colon' ': x' 'a b: c' $'X: a\nb' $'X: a\rb' $'X: \x1b[31m' 'Content-Length: 3' \
        'transfer-encoding: chunked' 'Authorization: Bearer secret' 'proxy-authorization: secret' \
        'api-key: secret' 'X-Api-Key: secret' 'Cookie: a=secret' $'X: a\x7f' $'X: \x1f'; do
        run --separate-stderr supai-send --header "$h" req
        assert_equal "$status" 64
        assert_equal "$output" ''
        [[ $stderr == 'supai-send: --header: '* && $stderr != *secret\ * && $stderr != *secret$ ]]
        [[ $stderr != *'Bearer secret'* ]]
    done
    printf 'X: 1\nY\n' >headers
    run --separate-stderr supai-send --header @headers req
    expect 78 '' "supai-send: --header @headers: line 2: not 'Name: value'"
    run --separate-stderr supai-send --header @nothing req
    expect 66 '' 'supai-send: --header @nothing: No such file or directory'
}

# --- where it goes -----------------------------------------------------------

@test "http: beyond this machine is refused before any connection or look-up" {
    raw_start
    export http_proxy=http://127.0.0.1:$RAW_PORT
    for url in http://api.sup.ai/x http://127.0.0.1.evil.invalid/x http://localhost.evil.invalid/x \
        http://evil.invalid/127.0.0.1 http://evil.invalid?@127.0.0.1/ http://evil.invalid#@localhost/ \
        http://128.0.0.1/ http://0.0.0.0/ http://[::2]/ http://[::ffff:1.2.3.4]/ http://126.255.255.255/; do
        run --separate-stderr supai-send --url "$url" req
        expect 78 '' 'supai-send: *: plain http shows the key *'
    done
    SUPAI_BASE_URL=http://example.invalid run --separate-stderr supai-send req
    expect 78 '' 'supai-send: http://example.invalid/chat/completions: plain http *'
    [ ! -s "$RAW_LOG" ]
}

@test "a key that is stored for a port of a host goes there, before the host's" {
    mkdir -p "$HOME/.config/supai/keys"
    mock_start
    unset SUPAI_API_KEY
    port=${SUPAI_BASE_URL#http://127.0.0.1:}
    port=${port%%/*}
    umask 077
    echo key-of-the-host >"$HOME/.config/supai/keys/127.0.0.1"
    echo key-of-the-port >"$HOME/.config/supai/keys/127.0.0.1:$port"
    echo key-of-another >"$HOME/.config/supai/keys/127.0.0.1:1"
    echo key-of-https >"$HOME/.config/supai/keys/example.org:443"
    echo key-of-six >"$HOME/.config/supai/keys/[::1]:8080"
    run --separate-stderr supai-send --dry-run req
    [[ $output == *"/keys/127.0.0.1:$port)"* ]]
    run --separate-stderr supai-send --dry-run --url http://127.0.0.1:2/ req
    [[ $output == *"/keys/127.0.0.1)"* ]]
    run --separate-stderr supai-send --dry-run --url https://example.org/ req
    [[ $output == *"/keys/example.org:443)"* ]]
    run --separate-stderr supai-send --dry-run --url http://[::1]:8080/ req
    [[ $output == *"/keys/[::1]:8080'"* ]]
    run --separate-stderr supai-send --url https://example.org:444/ req
    expect 78 '' "supai-send: no key for example.org: *$HOME/.config/supai/keys/example.org with mode 600*"
}

@test "http: to this machine needs no leave, whatever address of it" {
    raw_start
    for host in 127.0.0.0 127.0.0.1 127.1.2.3 127.255.255.255 localhost '[::1]'; do
        run --separate-stderr supai-send --no-key --dry-run --url "http://$host:$RAW_PORT/" req
        assert_equal "$host: $status $stderr" "$host: 0 "
        [[ $output == *"--noproxy '*'"* ]]
    done
}

@test "the dot of the DNS root makes no other host: the service's key is for api.sup.ai. too" {
    mkdir -p "$HOME/.config/supai/keys"
    (umask 077; echo service-key >"$HOME/.config/supai/key")
    for url in https://api.sup.ai/v1 https://api.sup.ai./v1 https://API.SUP.AI.:443/v1; do
        run --separate-stderr supai-send --dry-run --url "$url" req
        assert_equal "$url: $status" "$url: 0"
        [[ $output == *"/supai/key"* ]]
        SUPAI_BASE_URL=$url run --separate-stderr supai-req -m nonsense hi
        assert_equal "$url: $status" "$url: 64"
    done
    for url in https://api.sup.ai.evil.invalid https://xapi.sup.ai https://evil.invalid/://api.sup.ai \
        https://evil.invalid?://api.sup.ai https://api.sup.ai@evil.invalid; do
        SUPAI_BASE_URL=$url run --separate-stderr supai-req -m nonsense hi
        assert_equal "$url: $status" "$url: 0"
    done
}

@test "--insecure-http lets plain http out, through the proxy too" {
    echo x | http '200 OK' >response
    raw_start response
    http_proxy=http://127.0.0.1:$RAW_PORT run --separate-stderr supai-send --insecure-http --url http://service.invalid/x req
    expect 0 x ''
    grep -q '^POST http://service.invalid/x HTTP/1.1' "$RAW_LOG"
}

@test "loopback never goes through a proxy, however it is written" {
    raw_start
    proxy=http://127.0.0.1:$RAW_PORT proxy_log=$RAW_LOG
    mock_start
    port=${SUPAI_BASE_URL#http://127.0.0.1:}
    port=${port%%/*}
    export http_proxy=$proxy HTTP_PROXY=$proxy all_proxy=$proxy https_proxy=$proxy
    for host in 127.0.0.1 localhost LOCALHOST 127.1 127.0.0.2 2130706433 0x7f.1 0177.0.0.1; do
        run --separate-stderr supai-send --retries 0 --url "http://$host:$port/v1/openai/chat/completions" req
        # Some of these may be refused or not be served; none goes to the proxy.
        [ "$status" -eq 0 ] || [ "$status" -eq 69 ] || [ "$status" -eq 78 ]
    done
    run --separate-stderr supai-send req
    assert_equal "$status" 0
    run --separate-stderr supai-send --proxy "$proxy" req
    assert_equal "$status" 0
    run --separate-stderr supai-send --retries 0 --url "http://[::1]:$port/" req
    [ ! -s "$proxy_log" ]
}

@test "https goes through a proxy by CONNECT, which is not shown the key" {
    http '403 Forbidden' 'Content-Type: text/plain' <<<no >response
    raw_start response
    https_proxy=http://user:proxy-secret@127.0.0.1:$RAW_PORT run --separate-stderr supai-send -v --url https://service.invalid/x req
    assert_equal "$status" 77
    assert_equal "$output" ''
    [[ $stderr == *'supai-send: proxy: HTTP 403'* ]]
    [[ $stderr != *proxy-secret* && $stderr != *$TEST_KEY* && $stderr != *$(printf user:proxy-secret | base64)* ]]
    grep -q '^CONNECT service.invalid:443 ' "$RAW_LOG"
    run ! grep -q "$TEST_KEY" "$RAW_LOG"
    printf 'HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n' >response
    run --separate-stderr supai-send --proxy "http://127.0.0.1:$RAW_PORT" --url https://service.invalid/x req
    expect 77 '' 'supai-send: proxy: HTTP 407*'
}

@test "a proxy that cannot be reached is 69, its password not shown" {
    export SUPAI_API_KEY=$TEST_KEY
    for proxy in http://user:proxy-secret@127.0.0.1:1 'http://user:proxy-secret@:x'; do
        run --separate-stderr supai-send --retries 0 --proxy "$proxy" --url https://service.invalid/ req
        assert_equal "$status" 69
        [[ $stderr != *proxy-secret* ]]
    done
    run --separate-stderr supai-send --retries 0 --proxy http://user:proxy-secret@127.0.0.1:1 --url https://service.invalid/ req
    expect 69 '' 'supai-send: https://service.invalid/: *[(]the proxy of --proxy: http://[*][*][*]@127.0.0.1:1)'
    for name in https_proxy HTTPS_PROXY all_proxy ALL_PROXY; do
        run --separate-stderr env "$name=127.0.0.1:1" supai-send --retries 0 --url https://service.invalid/ req
        expect 69 '' "supai-send: https://service.invalid/: *[(]the proxy of $name: 127.0.0.1:1)"
    done
    https_proxy=http://nothing.invalid:1 run --separate-stderr supai-send --retries 0 --url https://service.invalid/ req
    expect 69 '' 'supai-send: https://service.invalid/: *[(]the proxy of https_proxy: http://nothing.invalid:1)'
    # Where it is not the proxy that fails it is not named.
    https_proxy=http://127.0.0.1:1 no_proxy=service.invalid run --separate-stderr supai-send --retries 0 --url https://service.invalid/ req
    assert_equal "$status" 69
    [[ $stderr != *proxy\ of* ]]
}

@test "URLs that are none: 64 from --url, 78 from SUPAI_BASE_URL; a password is not shown" {
    for url in nothing api.sup.ai/v1 ftp://127.0.0.1/ file:///etc/passwd 'http://a b/' https:// \
        gopher://127.0.0.1/ https://user:url-secret@127.0.0.1/ https://url-secret@127.0.0.1/ \
        http://127.0.0.1@evil.invalid/ 'https://x:99999/' $'https://127.0.0.1/\n' 'user:url-secret@host'; do
        SUPAI_API_KEY=k run --separate-stderr supai-send --url "$url" req
        assert_equal "$url: $status" "$url: 64"
        [[ $stderr == 'supai-send: --url: '* ]]
        [[ $stderr != *url-secret* ]]
        SUPAI_API_KEY=k SUPAI_BASE_URL=$url run --separate-stderr supai-send req
        assert_equal "$url: $status" "$url: 78"
        [[ $stderr == 'supai-send: SUPAI_BASE_URL: '* ]]
    done
}

# --- TLS and HTTP/2 ----------------------------------------------------------

@test "HTTP/2 where offered; the certificate must be known" {
    mock_start
    tls_start
    run --separate-stderr supai-send --cacert cert.pem -D head req
    assert_equal "$status" 0
    assert_equal "$stderr" ''
    grep -q '^HTTP/2 200' head
    CURL_CA_BUNDLE=cert.pem run --separate-stderr supai-send req
    assert_equal "$status" 0
    start=$(when_now)
    run --separate-stderr supai-send req
    assert_equal "$status" 69
    assert_equal "$output" ''
    [[ $stderr == "supai-send: https://127.0.0.1:$TLS_PORT/"*certificate* ]]
    run ! grep -q tries <<<"$stderr"    # no try would help
    assert_equal "$(mock_requests)" 2
    run --separate-stderr supai-send --cacert cert.pem --url "https://localhost:$TLS_PORT/v1/openai/chat/completions" req
    assert_equal "$status" 69
    assert_equal "$(mock_requests)" 2
    run --separate-stderr supai-send --cacert nothing req
    expect 66 '' 'supai-send: --cacert nothing: No such file or directory'
    # As for curl(1): a file or a folder that the environment names, CURL_CA_BUNDLE first.
    SSL_CERT_FILE=cert.pem run --separate-stderr supai-send req
    assert_equal "$status $stderr" '0 '
    mkdir certs
    cp cert.pem "certs/$(openssl x509 -in cert.pem -noout -hash).0"
    SSL_CERT_DIR=certs run --separate-stderr supai-send req
    assert_equal "$status $stderr" '0 '
    SSL_CERT_FILE=nothing run --separate-stderr supai-send req
    expect 78 '' 'supai-send: SSL_CERT_FILE: nothing: No such file or directory'
    CURL_CA_BUNDLE=cert.pem SSL_CERT_FILE=nothing run --separate-stderr supai-send req
    assert_equal "$status $stderr" '0 '
    CURL_CA_BUNDLE=nothing run --separate-stderr supai-send req
    expect 78 '' 'supai-send: CURL_CA_BUNDLE: nothing: No such file or directory'
}

@test "-v shows headers and no key, over HTTP/1.1 and HTTP/2" {
    mock_start
    tls_start
    printf 'X-Hidden: file-secret-8\n' >headers
    run --separate-stderr supai-send -v --cacert cert.pem --header 'X-Mine: 1' --header @headers req
    assert_equal "$status" 0
    [[ $stderr == *'> POST /v1/openai/chat/completions HTTP/2'* && $stderr == *'< HTTP/2 200'* ]]
    [[ ${stderr,,} == *'authorization: bearer ***'* && ${stderr,,} == *'x-mine: 1'* ]]
    [[ $stderr != *$TEST_KEY* && $stderr != *file-secret* ]]
    SUPAI_BASE_URL=http://127.0.0.1:$(jq -nr 'input.headers.host' "$MOCK_LOG" | sed 's/.*://')/v1/openai
    mock_start
    run --separate-stderr supai-send -v req
    assert_equal "$status" 0
    [[ $stderr == *'> POST /v1/openai/chat/completions HTTP/1.1'* && $stderr == *'< HTTP/1.1 200 OK'* ]]
    [[ $stderr == *'> Authorization: Bearer ***'* ]]
    [[ $stderr != *$TEST_KEY* ]]
}

@test "a stream that is cut over HTTP/2 is 76" {
    mock_start --cut 2 --delay 100
    tls_start
    jq -c '.stream = true' req >stream
    run --separate-stderr supai-send --cacert cert.pem stream
    assert_equal "$status" 76
    [[ $output == data:* ]]
    [[ $stderr == 'supai-send: the answer was cut after '* ]]
}

@test "a request over HTTP/2 that breaks early is retried" {
    mock_start --fail 503:1 --header 'retry-after-ms: 10'
    tls_start
    run --separate-stderr supai-send --cacert cert.pem req
    assert_equal "$status" 0
    assert_equal "$(mock_requests)" 2
}

# --- many at once ------------------------------------------------------------

@test "exchanges run at once in one thread, are retried and cancelled one by one" {
    mock_start --fail 503:3 --stall 2:2
    exchanges "$SUPAI_BASE_URL/chat/completions" 50 >out
    # Three failed at first, two stalled; the last one was cancelled.
    assert_equal "$(tail -n 1 out)" "1 0 0"
    assert_equal "$(head -n 49 out | cut -d " " -f 1,2 | sort | uniq -c | tr -s " ")" " 44 1 0
 5 2 0"
    run ! grep -q " 0$" <(head -n 49 out)
}

# --- what is shown -----------------------------------------------------------

@test "a crash leaves no core with the key, and no file has the secrets of TLS, but with -v" {
    mock_start
    tls_start
    export SSLKEYLOGFILE=$PWD/secrets
    CURL_CA_BUNDLE=cert.pem run --separate-stderr supai-send req
    assert_equal "$status $stderr" '0 '
    [ ! -e secrets ]
    CURL_CA_BUNDLE=cert.pem run --separate-stderr supai-send -v req
    assert_equal "$status" 0
    [ -s secrets ] || skip "this libcurl writes no SSLKEYLOGFILE"
    [ -r /proc/self/limits ] || return 0
    raw_start
    supai-send req >out 2>err 3>&- &
    pid=$!
    MOCK_PIDS="$MOCK_PIDS $pid"
    until_true grep -q '^# connection' "$RAW_LOG"
    assert_equal "$(grep '^Max core file size' /proc/$pid/limits | tr -s ' ')" 'Max core file size 0 0 bytes '
}

@test "the command of --dry-run hands on a key with quotes and backslashes" {
    command -v curl >/dev/null || skip "no curl"
    echo x | http '200 OK' >response
    for key in 'a"b\\c' "d'e\$f&g/h" 'plain-key'; do
        raw_start response
        SUPAI_API_KEY=$key supai-send --dry-run req >command
        SUPAI_API_KEY=$key run sh command
        assert_equal "$output" x
        grep -a -q -F "Authorization: Bearer $key" "$RAW_LOG"
        (umask 077; printf '%s\r\n\n' "$key" >key)
        raw_start response
        supai-send --key-file key --dry-run req >command
        run sh command
        assert_equal "$output" x
        grep -a -q -F "Authorization: Bearer $key" "$RAW_LOG"
    done
}

@test "the key is hidden where the server sends it back" {
    printf '{"error":{"message":"bad key %s!"}}' "$TEST_KEY" |
        http '401 Unauthorized' "X-Echo: $TEST_KEY" "X-Request-Id: $TEST_KEY" >response
    raw_start response
    run --separate-stderr supai-send -v -D head req
    assert_equal "$status" 77
    [[ $stderr == *'supai-send: HTTP 401: bad key ***! (request id ***)'* ]]
    [[ $stderr != *$TEST_KEY* ]]
    grep -q '^X-Echo: \*\*\*' head
    run ! grep -q "$TEST_KEY" head
}

@test "the key is hidden however a JSON text escapes it, one of four bytes too" {
    for key in "$TEST_KEY" k3y.; do
        export SUPAI_API_KEY=$key
        escaped=$(printf %s "$key" | od -An -tx1 -v | tr -d '\n' | sed 's/ \(..\)/\\u00\1/g')
        printf '{"error":{"message":"bad key %s, %s!"}}' "$escaped" "$key" | http '401 Unauthorized' >response
        raw_start response
        SUPAI_API_KEY=$key run --separate-stderr supai-send req
        expect 77 '' 'supai-send: HTTP 401: bad key [*][*][*], [*][*][*]!'
    done
    # Shorter than four bytes it is nobody's secret, and would garble what is said.
    printf 'bad key' | http '401 Unauthorized' >response
    raw_start response
    SUPAI_API_KEY=key run --separate-stderr supai-send req
    expect 77 '' 'supai-send: HTTP 401: bad key'
}

@test "what looks like a key is hidden too, what does not is not" {
    while IFS='|' read -r said want; do
        printf '%s' "$said" | http '401 Unauthorized' >response
        raw_start response
        run --separate-stderr supai-send req
        expect 77 '' "supai-send: HTTP 401: $want"
        run --separate-stderr supai-text <<<"{\"error\":\"$said\"}"
        assert_equal "$stderr" "supai-text: the service says: ${want//\\/}"
    done <<'END'
key sk-proj-0123456789_ABCDEFGHI of x|key \*\*\* of x
(sk-01234567890123456789)|(\*\*\*)
sk-0123456789012345678 is short|sk-0123456789012345678 is short
task-01234567890123456789 is a word|task-01234567890123456789 is a word
gsk_01234567890123456789|\*\*\*
bad Authorization: Bearer abc.def-1~x==, sorry|bad Authorization: Bearer \*\*\*, sorry
bearer abcdefghijklmnopqrst|bearer \*\*\*
a Bearer token is missing|a Bearer token is missing
Bearer authentication is needed|Bearer authentication is needed
END
}

@test "the key of a header's file is hidden too, whatever white space is around it" {
    printf '{"error":{"message":"bad key own-secret-7!"}}' | http '401 Unauthorized' >response
    umask 077
    for line in 'Authorization: Bearer own-secret-7 \t ' 'Authorization:\tBearer\town-secret-7' \
        'Authorization:own-secret-7\r'; do
        printf "$line\\n" >headers
        raw_start response
        run --separate-stderr supai-send --header @headers req
        expect 77 '' 'supai-send: HTTP 401: bad key [*][*][*]!'
    done
}

@test "a URL's password is hidden without its scheme too" {
    export SUPAI_API_KEY=$TEST_KEY
    https_proxy=user:proxy-secret@127.0.0.1:1 run --separate-stderr supai-send -v --retries 0 \
        --url https://service.invalid/ req
    assert_equal "$status" 69
    [[ $stderr == *127.0.0.1* && $stderr != *proxy-secret* ]]
    run --separate-stderr supai-send --retries 0 --proxy user:proxy-secret@h:99999 --url https://service.invalid/ req
    [[ $stderr == 'supai-send: '* && $stderr != *proxy-secret* ]]
    run --separate-stderr supai-send --url me:url-secret@host/v1 req
    expect 64 '' "supai-send: --url: '[*][*][*]@host/v1': no https:// at its start*"
    SUPAI_BASE_URL=me:url-secret@host/v1 run --separate-stderr supai-send req
    expect 78 '' "supai-send: SUPAI_BASE_URL: '[*][*][*]@host/v1': no https:// at its start"
}

@test "terminal escapes of a server's are shown, not sent" {
    esc=$'\x1b]52;c;x\x07' c1=$'\xc2\x9b31m' bidi=$'\xe2\x80\xae'
    printf '{"error":{"message":"%s"}}' '\u001b]0;x\u0007\u009b31m\u202e' |
        http "400 A${esc}B" "X-Request-Id: ${esc}${c1}${bidi}" "X-Other: $esc" >response
    http "302 A${esc}B" "Location: /${esc}${c1}${bidi}" </dev/null >moved
    printf '%s\n' "plain ${esc}${c1}${bidi}" | http '400 Bad' >plain
    http "400 A${esc}B" </dev/null >reason
    for f in response moved plain reason; do
        raw_start $f
        supai-send -v -D /dev/stderr req >out 2>err && return 1
        [ ! -s out ]
        run ! grep -q -e $'\x1b' -e $'\x07' -e $'\xc2\x9b' -e "$bidi" err
        grep -q -e 'x1b' err
    done
    # A cut is told in libcurl's words, a name that was asked for in ours.
    run --separate-stderr supai-send "no$esc"
    expect 66 '' 'supai-send: no\\x1b]52;c;x\\x07: No such file or directory'
}

@test "--dump-header: the last response's headers as received" {
    { printf 'HTTP/1.1 503 Busy\r\nretry-after-ms: 1\r\nX-Long: a long one that must go\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'; } >first
    printf 'HTTP/1.1 200 OK\r\nX-A:  1 \r\nContent-Length: 1\r\nConnection: close\r\n\r\nx' >second
    raw_start first second
    echo old, and longer than anything that will come: "$(head -c 1000 /dev/zero | tr '\0' x)" >head
    run --separate-stderr supai-send -D head req
    expect 0 x ''
    printf 'HTTP/1.1 200 OK\r\nX-A:  1 \r\nContent-Length: 1\r\nConnection: close\r\n\r\n' | cmp - head
}

@test "--dump-header: 73 before anything is sent; standard output is refused" {
    mock_start
    run --separate-stderr supai-send -D no/such/folder req
    expect 73 '' 'supai-send: no/such/folder: No such file or directory'
    run --separate-stderr supai-send -D - req
    expect 64 '' 'supai-send: --dump-header: standard output is for the body*'
    assert_equal "$(mock_requests)" 0
    run --separate-stderr supai-send -D /dev/full req
    expect 74 '' 'supai-send: /dev/full: No space left on device'
}

@test "--dump-header: what is standard output by another name is refused, and kept" {
    mock_start
    [ -e /dev/stdout ] || skip 'no /dev/stdout'
    echo before >log
    for name in /dev/stdout log; do
        run --separate-stderr bash -c "supai-send -D $name req >>log"
        expect 64 '' 'supai-send: --dump-header: standard output is for the body*'
    done
    assert_equal "$(cat log)" before
    run_pipe 'supai-send -D /dev/stdout req | cat'
    expect 0 '' 'supai-send: --dump-header: standard output is for the body*'
    assert_equal "$(mock_requests)" 0
    run --separate-stderr bash -c "supai-send -D /dev/null req >/dev/null"
    expect 0 '' ''
}

@test "--dump-header /dev/stderr keeps the log that standard error goes to" {
    mock_start
    echo before >log
    supai-send -D /dev/stderr req >out 2>>log
    head -n 1 log | grep -qx before
    grep -qx 'HTTP/1.1 200 OK' log
}

# --- --dry-run ---------------------------------------------------------------

@test "--dry-run prints a curl command that does the same, without the key" {
    mock_start
    run --separate-stderr supai-send --dry-run --header "X-Q: it's" req
    assert_equal "$status" 0
    assert_equal "$stderr" ''
    [[ $output != *$TEST_KEY* && $output == *'-K -'* && $output == *'--data-binary @req'* ]]
    assert_equal "$(mock_requests)" 0
    printf '%s\n' "$output" >cmd
    sh cmd >out
    supai-send req | jq -S 'del(.id, .created)' >want
    jq -S 'del(.id, .created)' out | cmp want -
    assert_equal "$(jq -s -c '.[0].headers["x-q"]' "$MOCK_LOG")" "\"it's\""
    # The same headers, but for the one that was added and who asks.
    jq -c -S '.headers | del(.["x-q"], .["accept-encoding"])' "$MOCK_LOG" | uniq | wc -l | grep -qx ' *1'
}

@test "--dry-run: a request from standard input, quotes, newlines and all" {
    mock_start
    printf '{"stream":false,\n"messages":[{"role":"user","content":"it'"'"'s $HOME `x` \\\\ \\u00e9 \\n"}]}\n' |
        tee body | supai-send --dry-run >cmd
    sh cmd | jq -j '.choices[0].message.content' >out
    printf 'it'"'"'s $HOME `x` \\ \303\251 \n' | cmp - out
    head -c 200000 /dev/zero | tr '\0' x | sed 's/.*/{"a":"&"}/' >big
    run --separate-stderr supai-send --dry-run <big
    expect 65 '' 'supai-send: --dry-run: standard input is too long *'
    run --separate-stderr supai-send --dry-run big
    assert_equal "$status" 0
}

@test "--dry-run: the command reads a key file as supai-send does, CR LF and all" {
    echo x | http '200 OK' >response
    raw_start response
    umask 077
    for name in file -n; do
        printf 'key-crlf\r\n' >"./$name"
        supai-send --key-file="$name" --dry-run req >cmd
        run --separate-stderr sh cmd
        expect 0 x ''
        grep -q $'^Authorization: Bearer key-crlf\r$' "$RAW_LOG"
        run ! grep -q $'key-crlf\r\r' "$RAW_LOG"
        : >"$RAW_LOG"
    done
}

@test "--dry-run: brackets and braces in a URL are no pattern of curl's" {
    mock_start
    run --separate-stderr supai-send --dry-run --max-time 1234567.5 --url "$SUPAI_BASE_URL/chat/completions?a=[1-3]{b,c}" req
    assert_equal "$status" 0
    [[ $output == *'--max-time 1234567.5'*'--globoff'* ]]
    printf '%s\n' "$output" >cmd
    run --separate-stderr sh cmd
    assert_equal "$status $stderr" '0 '
    assert_equal "$(mock_requests)" 1
}

@test "--dry-run names where the key is, read or not" {
    unset SUPAI_API_KEY
    run --separate-stderr supai-send --dry-run req
    assert_equal "$status" 0
    [[ $output == *'"$SUPAI_API_KEY"'*'--url https://api.sup.ai/v1/openai/chat/completions' ]]
    run --separate-stderr supai-send --dry-run --key-file "my key" req
    [[ $output == *"\"\$(tr -d '\\r' <'my key')\""* ]]
    run --separate-stderr supai-send --dry-run --no-key --proxy http://p:1 --cacert cert --max-time 9 -D head -v req
    [[ $status -eq 66 ]]
    : >cert
    run --separate-stderr supai-send --dry-run --no-key --proxy http://p:1 --cacert cert --max-time 9 -D head -v req
    assert_equal "$status" 0
    [[ $output != *'-K -'* ]]
    for o in '--proxy http://p:1' '--cacert cert' '--max-time 9' '--dump-header head' --verbose '--proto =https'; do
        [[ $output == *"$o"* ]]
    done
    printf 'X-Secret: hidden\nX-More: hidden\n' >headers
    run --separate-stderr supai-send --dry-run --header @headers --header 'X-A: 1' req
    [[ $output == *'--header @headers'*"--header 'X-A: 1'"* && $output != *hidden* ]]
    assert_equal "$(grep -c '@headers' <<<"$output")" 1
    run --separate-stderr supai-send --dry-run --url http://service.invalid/ req
    assert_equal "$status" 78
}

# --- the other ends ----------------------------------------------------------

@test "it ends at once, by SIGPIPE, when its reader is gone and the server silent" {
    reads_the_clock
    raw_start
    start=$(when_now)
    supai-send req 2>err | true
    assert_equal "${PIPESTATUS[0]}" 141
    [ "$(ms_since "$start")" -lt 2000 ]
    [ ! -s err ]
}

@test "it ends at once when its reader goes away while it waits, or between two tries" {
    reads_the_clock
    raw_start
    mkfifo out
    supai-send req >out 2>err 3>&- &
    pid=$!
    exec 9<out
    until_true grep -q Authorization "$RAW_LOG"
    exec 9<&-
    start=$(when_now)
    status=0
    wait $pid || status=$?
    assert_equal "$status" 141
    [ "$(ms_since "$start")" -lt 1500 ]
    mock_start --fail 429 --retry-after 60
    supai-send req >out 2>>err 3>&- &
    pid=$!
    exec 9<out
    until_true test -s "$MOCK_LOG"
    exec 9<&-
    status=0
    wait $pid || status=$?
    assert_equal "$status" 141
    [ ! -s err ]
}

@test "a reader that takes one line and goes ends it by SIGPIPE, silently" {
    yes 'data: x' | head -n 100000 | http '200 OK' >response
    raw_start response
    supai-send req 2>err | head -n 1 >out
    assert_equal "${PIPESTATUS[0]}" 141
    [ ! -s err ]
}

@test "SIGPIPE ignored by whoever starts it makes no difference" {
    raw_start
    (trap '' PIPE; supai-send req 2>err || echo $? >code) | true
    assert_equal "$(cat code)" 141
}

@test "a full disk and a closed standard output are 74" {
    mock_start
    run --separate-stderr bash -c 'supai-send req >/dev/full'
    expect 74 '' 'supai-send: standard output: No space left on device'
    assert_equal "$(mock_requests)" 1
    # Known before anything is asked for, and paid.
    run --separate-stderr bash -c 'supai-send req >&-'
    expect 74 '' 'supai-send: standard output: Bad file descriptor'
    assert_equal "$(mock_requests)" 1
}

@test "SIGINT kills it as usual" {
    raw_start
    supai-send req >out 2>err 3>&- &
    pid=$!
    until_true grep -q Authorization "$RAW_LOG"
    kill -TERM $pid
    status=0
    wait $pid || status=$?
    assert_equal "$status" 143
    [ ! -s out ] && [ ! -s err ]
    # Background jobs of a script have SIGINT ignored: a shell that waits has not.
    run bash -c 'set -m; supai-send req & until grep -c Authorization "$0" | grep -qx 2; do sleep 0.02; done; kill -INT $!; wait $!' "$RAW_LOG"
    assert_equal "$status" 130
}

@test "it works without HOME" {
    mock_start
    unset HOME
    run --separate-stderr supai-send req
    assert_equal "$status" 0
    assert_equal "$stderr" ''
}

@test "--notes says retries, terminal or not" {
    mock_start --fail 503:1 --retry-after 0
    run --separate-stderr bash -c 'supai-req hi | supai-send --notes >out'
    expect 0 '' 'supai-send: HTTP 503: *: trying again in 0 s'
    mock_start --fail 503:1 --retry-after 0
    run --separate-stderr bash -c 'supai-req hi | supai-send >out'
    expect 0 '' ''
}
