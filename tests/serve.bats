#!/usr/bin/env bats
# supai-serve: any command as the API's endpoint: what it lets in, what an answer
# becomes, who may ask.

load helper
load serve

### An answer

@test "an event stream is passed on byte for byte, as it comes" {
    { event one; printf ': a comment\r\n\r\nevent: x\nid: 1\ndata: {}\r\rdata: [DONE]\n\n'; } >stream
    serve_start --no-key --answer 'cat stream'
    post -D headers | cmp - stream
    assert_equal "$(header Content-Type)" text/event-stream
    assert_equal "$(header Cache-Control)" no-cache
    assert_equal "$(header Transfer-Encoding)" chunked
    assert_equal "$(header X-Should-Retry)" ''
    # The second event waits for a file that the first one's reader makes.
    serve_start --no-key --answer '. ./helpers; event one; until [ -e go ]; do sleep 0.02; done; event two; printf "data: [DONE]\n\n"'
    declare -f event >helpers
    post -N | while read -r line; do
        case $line in *one*) touch go ;; esac
        printf '%s\n' "$line"
    done >got
    assert_equal "$(grep -c . got)" 3
}

@test "JSON is held until the command has ended, then passed on byte for byte" {
    printf '\n {"a": 1.0,\n"b":"x"}\n\n' >json
    serve_start --no-key --answer 'cat json; exec >&-; touch begun; until [ -e go ]; do sleep 0.02; done'
    post -D headers -o body &
    until_true [ -e begun ]
    refute [ -s headers ]
    touch go
    wait $!
    cmp body json
    assert_equal "$(header Content-Type)" application/json
    assert_equal "$(header Content-Length)" "$(wc -c <json | tr -d ' ')"
}

@test "the request is the command's standard input, byte for byte, and nothing else of it is anywhere" {
    hi='{ "messages":[{"role":"user","content":"s\u00e9cret-7"}],  "n": 9007199254740993 }'
    serve_start --no-key --answer 'cat >request; tr "\0" "\n" </proc/self/environ >environ 2>/dev/null || env >environ; ps -o args= -p $$ >args; echo "{}"'
    answers 200 0 '{}'
    printf '%s' "$hi" | cmp - request
    refute grep -q cret-7 environ args
}

@test "a long request comes from a file without a name, byte for byte" {
    { printf '{"messages":[{"role":"user","content":"'; head -c 3000000 /dev/zero | tr '\0' x; printf '"}]}'; } >long
    mkdir tmp
    TMPDIR=$PWD/tmp serve_start --no-key --answer 'cat >request; ls tmp >files; echo "{}"'
    run curl -sS --data-binary @long "$URL"
    assert_output '{}'
    cmp long request
    assert_equal "$(cat files)" ''
    # One that cannot be kept is the server's fault.
    TMPDIR=$PWD/no/such serve_start --no-key --answer 'echo "{}"'
    refused 500 null --data-binary @long "$URL"
    [[ $(cat serve.err) == "supai-serve: a request's body: No such file or directory" ]]
}

@test "a command need not read its input" {
    { printf '{"messages":[{"role":"user","content":"'; head -c 60000 /dev/zero | tr '\0' x; printf '"}]}'; } >long
    serve_start --no-key --answer 'exec <&-; sleep 0.1; echo "{}"'
    for _ in 1 2 3; do
        run curl -sS --data-binary @long "$URL"
        assert_output '{}'
    done
    assert_equal "$(cat serve.err)" ''
}

@test "a torn event is dropped, an error event written, the connection closed without an end" {
    error="data: $general"
    while IFS='|' read -r command want; do
        serve_start --no-key --answer ". ./helpers; $command"
        declare -f event >helpers
        answers 200 18 "$(eval "$want")"
        serve_stop
        assert_equal "$status" 0
    done <<'END'
event one; printf "data: {"|event one; echo "$error"
event one; exit 1|event one; echo "$error"
event one; kill -9 $$|event one; echo "$error"
event one; printf "data: [DONE]\n\n"; exit 1|event one; echo "$error"
event one; printf "data: [DONE]\n\n"; kill -9 $$|event one; echo "$error"
event one; printf "data: {\"error\":{\"message\":\"m\"}}\n\n"|event one; printf "data: {\"error\":{\"message\":\"m\"}}\n\n"
event one; printf "event: error\ndata: x\n\n"; exit 75|event one; printf "event: error\ndata: x\n\n"
printf "data: {\"error\":{\"message\":\"m\"}}\n\n"; event one|printf "data: {\"error\":{\"message\":\"m\"}}\n\n"; event one; echo "$error"
END
}

@test "an error event has the message of 65 and 75, as the statuses have" {
    serve_start --no-key --answer 'printf "data: 1\n\n"; echo "too much" >&2; exit 75'
    answers 200 18 'data: 1

data: {"error":{"message":"too much","type":"rate_limit_error","param":null,"code":"rate_limit_exceeded"}}'
}

@test "[DONE] ends the answer, also without a line end, and what follows is dropped" {
    for done in 'data: [DONE]\n\n' 'data:[DONE]\r\n\r\n' 'data: [DONE]\r\r' 'id: 1\ndata: [DONE]\n\n'; do
        serve_start --no-key --answer "printf 'data: 1\n\n$done'"
        # shellcheck disable=SC2059 # escapes in it
        post | cmp - <(printf "data: 1\n\n$done")
    done
    for done in 'data: [DONE]' 'data: [DONE]\n' 'data: [DONE]\n\ndata: 2\n\n'; do
        serve_start --no-key --answer "printf 'data: 1\n\n$done'"
        post | cmp - <(printf 'data: 1\n\ndata: [DONE]\n\n')
    done
}

@test "an exit status before the first byte is an HTTP status" {
    while read -r want statuses; do
        for status in $statuses; do
            serve_start --no-key --answer "echo private >&2; exit $status"
            code=null
            [ "$want" != 429 ] || code='"rate_limit_exceeded"'
            refused "$want" "$code" --data-binary "$hi" "$URL"
            case $want in 400 | 429) assert_equal "$message" private ;; *) refute [ "$message" = private ] ;; esac
            if [ "$want" = 429 ]; then
                assert_equal "$(header Retry-After) $(header X-Should-Retry)" '10 '
            else
                assert_equal "$(header Retry-After) $(header X-Should-Retry)" ' false'
            fi
            assert_equal "$(cat serve.err)" private
            kill "$SERVE_PID"
        done
    done <<'END'
400 65
429 75
502 69 76 77 1 0 2 143
500 64 66 70 71 72 73 74 78 126 127
END
    for command in 'kill -9 $$' 'kill $$' 'echo "{}"; kill -9 $$' 'printf "data: 1"' ':' 'echo "{}"; exit 69' \
        'echo "{\"a\":"' 'echo hello; echo; echo' 'echo "[1]"; echo' 'printf "\n\n\n"'; do
        serve_start --no-key --answer "$command"
        refused 502 null --data-binary "$hi" "$URL"
        assert_equal "$message" 'there was no answer, or not all of it'
        kill "$SERVE_PID"
    done
}

@test "the message is the last line on stderr that says something, harmless to a terminal" {
    serve_start --no-key --answer 'printf "first\nlast \033[31mred\r\n \n" >&2; exit 65'
    refused 400 null --data-binary "$hi" "$URL"
    assert_equal "$message" 'last \x1b[31mred'
    assert_equal "$(cat serve.err)" $'first\nlast \\x1b[31mred\n '
    serve_start --no-key --answer 'exit 65'
    refused 400 null --data-binary "$hi" "$URL"
    assert_equal "$message" 'the request failed'
    serve_start --no-key --answer 'printf "no line end" >&2; exit 65'
    refused 400 null --data-binary "$hi" "$URL"
    assert_equal "$message" 'no line end'
}

@test "--max-time: 504, or a cut; the command is told to end" {
    serve_start --no-key --max-time 0.2 --answer 'echo $$ >pid; sleep 60'
    refused 504 null --data-binary "$hi" "$URL"
    assert_equal "$message" 'the answer took too long'
    until_true eval '! kill -0 "$(cat pid)" 2>/dev/null'
    serve_start --no-key --max-time 0.2 --answer 'printf "data: 1\n\n"; sleep 60'
    answers 200 18 'data: 1

data: {"error":{"message":"the answer took too long","type":"server_error","param":null,"code":null}}'
    serve_start --no-key --max-time 20 --answer 'echo "{}"'
    answers 200 0 '{}'
}

@test "an answer's environment is the server's, without the command's key and systemd's variables" {
    export SUPAI_API_KEY=mine MARK=1
    LISTEN_FDS=0 LISTEN_PID=1 LISTEN_FDNAMES=x run --separate-stderr supai-serve \
        --answer 'env | sort >environ; cat >/dev/null; echo "{}"' -- \
        sh -c 'env | sort >own; curl -sS -H "Authorization: Bearer $SUPAI_API_KEY" -d "$0" $SUPAI_BASE_URL/chat/completions' "$hi"
    expect 0 '{}' ''
    assert_equal "$(grep -e '^SUPAI' -e '^LISTEN' -e '^MARK' environ | grep -v -e '^SUPAI_SAN=' -e '^SUPAI_NO_SANDBOX=')" $'MARK=1\nSUPAI_API_KEY=mine'
    grep -q '^SUPAI_BASE_URL=http://127.0.0.1:[0-9]*/v1/openai$' own
    grep -q '^SUPAI_API_KEY=sk-supai-[0-9a-f]\{48\}$' own
    grep -q '^NO_PROXY=127.0.0.1,localhost' own
    assert_equal "$(grep '^LISTEN' own)" ''
}

@test "an answer inherits no descriptor, and SIGPIPE kills it" {
    [ -d /proc/self/fd ] || skip 'no /proc'
    serve_start --no-key --answer 'ls -l /proc/self/fd >fds; yes | head -n 1 >/dev/null; sh -c "kill -PIPE \$\$"; echo $? >how; echo "{}"'
    post >/dev/null &
    answers 200 0 '{}'
    wait $!
    assert_equal "$(grep -c -e socket -e eventpoll -e eventfd fds)" 0
    assert_equal "$(cat how)" 141
}

### What is let in

@test "a request is checked as the API's page says; --unlisted takes any mode and model" {
    serve_start --no-key --answer 'cat >/dev/null; echo "{}"'
    while IFS='|' read -r code body; do
        refused 400 "$code" --data-binary "$body" "$URL"
        assert_equal "$(header X-Should-Retry)" false
    done <<'END'
"invalid_json"|
"invalid_json"|{"messages":
"missing_required_parameter"|{}
"empty_array"|{"messages":[]}
"model_not_found"|{"model":"gpt-9","messages":[{"role":"user","content":"x"}]}
"model_not_found"|{"models":["a/b"],"messages":[{"role":"user","content":"x"}]}
"invalid_value"|{"messages":[{"role":"assistant","content":"x"}]}
END
    serve_start --no-key --unlisted --answer 'cat >/dev/null; echo "{}"'
    hi='{"model":"gpt-9","models":["a/b"],"messages":[{"role":"user","content":"x"}]}'
    answers 200 0 '{}'
}

@test "paths and methods: 404, 405 with Allow; /v1 works too; HEAD is as GET; no CORS" {
    serve_start --no-key --answer 'cat >/dev/null; echo "{}"'
    root=${BASE%/v1/openai}
    for path in / /v1 /v1/openai /v1/completions /chat/completions /v1/openai/chat/completions/; do
        refused 404 '"not_found"' "$root$path"
    done
    for method in '-X GET' -I '-X OPTIONS' '-X PUT' '-X DELETE' '-X PATCH'; do
        # shellcheck disable=SC2086 # words
        run curl -sS $method -D headers -o /dev/null -w '%{http_code}' "$URL"
        assert_equal "$output" 405
        assert_equal "$(header Allow)" POST
    done
    for path in /v1/models /v1/openai/models /v1/info/models /v1/info/modes /healthz; do
        refused 405 '"method_not_allowed"' -X OPTIONS -H 'Access-Control-Request-Method: GET' "$root$path"
        assert_equal "$(header Allow)" 'GET, HEAD'
        assert_equal "$(grep -ci access-control headers)" 0
        curl -sS "$root$path" | jq -e . >/dev/null
        run curl -sS -I "$root$path"
        assert_line --regexp '^HTTP/1.1 200'
        refute_output --partial '{'
    done
    URL=$root/v1/chat/completions
    answers 200 0 '{}'
}

@test "models and modes are listed as OpenAI and as the service have them" {
    serve_start --no-key --answer true
    curl -sS "$BASE/models" >list
    assert_equal "$(jq -r '.object, (.data | map(.object) | unique[])' list)" $'list\nmodel'
    assert_equal "$(jq -r '.data[].id' list)" "$(supai-models -m; supai-models)"
    assert_equal "$(SUPAI_BASE_URL=$BASE supai-models --live --no-key)" "$(supai-models)"
    assert_equal "$(SUPAI_BASE_URL=$BASE supai-models --live --no-key -m)" "$(supai-models -m)"
}

@test "the user's panel is what is listed, and known" {
    mkdir -p "$HOME/.config/supai"
    printf '%s\n' 'model a/one http://127.0.0.1:1/v1' 'model b/* http://127.0.0.1:1/v1' 'mode both a/one b/two' >"$HOME/.config/supai/panel"
    serve_start --no-key --answer 'cat >/dev/null; echo "{}"'
    assert_equal "$(curl -sS "$BASE/models" | jq -r '.data[].id')" "$(supai-models -m)"$'\na/one'
    assert_equal "$(curl -sS "$BASE/models" | jq -r '.data[].id' | grep -cx both)" 1
    assert_equal "$(SUPAI_BASE_URL=$BASE supai-models --live --no-key)" a/one
    hi='{"model":"both","models":["a/one","b/three"],"messages":[{"role":"user","content":"x"}]}'
    answers 200 0 '{}'
    echo 'model a/one' >"$HOME/.config/supai/panel"
    run --separate-stderr timeout 10 supai-serve --no-key --port 0
    expect 78 '' 'supai-serve: */panel: line 1: *'
}

@test "a body may come in chunks, after a 100 Continue, or over a kept connection" {
    serve_start --no-key --answer 'cat; echo'
    run post -H 'Transfer-Encoding: chunked'
    assert_output "$hi"
    run post -H 'Expect: 100-continue' -D -
    assert_line --regexp '^HTTP/1.1 100'
    assert_line "$hi"
    run post "$URL" "$BASE/nothing" "$URL" -o /dev/null -o /dev/null -o /dev/null -o /dev/null -w '%{http_code} %{num_connects}\n'
    assert_output $'200 1\n200 0\n404 0\n200 0' || assert_output $'200 1\n200 0\n404 0\n200 1'
}

### Who may ask

@test "neither --keys nor --no-key is 78, both are 64" {
    run --separate-stderr supai-serve --port 0 --answer true
    expect 78 '' 'supai-serve: who may ask? --keys FILE names them, --no-key lets anybody on this machine'
    echo t >keys
    chmod 600 keys
    run --separate-stderr supai-serve --keys keys --no-key
    assert_equal "$status ${stderr_lines[0]}" '64 supai-serve: --keys and --no-key do not go together'
}

@test "--keys: one of three; missing and wrong ones are 401, before the body is read" {
    printf '%s\n' '# who' 'token-a alice' $'token-b\t Bob  B. ' 'token-c' >keys
    chmod 600 keys
    serve_start --keys keys --answer 'cat >/dev/null; echo "{}"' --log log
    for token in token-a token-b token-c; do
        answers 200 0 '{}' -H "Authorization: Bearer $token"
    done
    for auth in 'X: y' 'Authorization: Bearer' 'Authorization: Bearer token' 'Authorization: Bearer token-' \
        'Authorization: Bearer token-aa' 'Authorization: Bearer alice' 'Authorization: Bearer #' \
        'Authorization: Basic token-a' 'Authorization: token-a'; do
        refused 401 '"invalid_api_key"' -H "$auth" --data-binary "$hi" "$URL"
        assert_equal "$(header WWW-Authenticate) $(header X-Should-Retry)" 'Bearer false'
        refused 401 '"invalid_api_key"' -H "$auth" "$BASE/models"
        run curl -sS -H "$auth" -o /dev/null -w '%{http_code}' "${BASE%/v1/openai}/healthz"
        assert_output 200
    done
    # No 100 Continue without a key: the body is not even asked for.
    run curl -sS -D - -o /dev/null -H 'Expect: 100-continue' --data-binary "$hi" "$URL"
    refute_line --regexp '^HTTP/1.1 100'
    assert_line --regexp '^HTTP/1.1 401'
    assert_equal "$(jq -c '[.client, .mode, .status]' log | head -n 4)" \
        $'["alice","fast",200]\n["Bob  B.","fast",200]\n[null,"fast",200]\n[null,null,401]'
    refute grep -q token log
}

@test "--keys: a file that is not its owner's alone, has no token or an empty one is 78" {
    keys_are() { run --separate-stderr timeout 10 supai-serve --port 0 --answer true --keys "$1"; }
    echo token >keys
    chmod 644 keys
    keys_are keys
    expect 78 '' 'supai-serve: keys: not for you alone (mode 644): run chmod 600 keys'
    chmod 600 keys
    keys_are missing
    expect 78 '' 'supai-serve: missing: No such file or directory'
    while IFS='|' read -r text why; do
        printf "$text" >keys
        keys_are keys
        expect 78 '' "supai-serve: keys$why"
    done <<'END'
|: no token in it
# alice\n|: no token in it
token\n\nother\n|:2: an empty token
 alice\n|:1: an empty token
t\303\244 x\n|:1: not a token: a control character or a letter beyond ASCII at byte 2
a\0b\n|:1: a NUL byte
END
    refute [ "${stderr#*token-}" != "$stderr" ]
}

@test "--no-key: what a web page may have sent is 403, by its Origin or by its Host" {
    serve_start --no-key --answer 'cat >/dev/null; echo "{}"'
    port=${BASE#http://127.0.0.1:}
    port=${port%%/*}
    for headers in 'Origin: https://example.org' 'Origin: null' 'Origin: http://localhost' 'Host: example.org' \
        "Host: example.org:$port" 'Host: 127.0.0.1.example.org' 'Host: localhost.example.org' 'Host: [::2]:80' 'Host: 10.0.0.1' \
        'Host: [::1' 'Host: 0.0.0.0' 'Host: 127.0.0.1:example.org' 'Host: [::1]example.org' 'Host: localhost:80/'; do
        refused 403 '"forbidden"' -H "$headers" --data-binary "$hi" "$URL"
        refused 403 '"forbidden"' -H "$headers" "$BASE/models"
        refused 403 '"forbidden"' -H "$headers" "${BASE%/v1/openai}/healthz"
    done
    for host in localhost "localhost:$port" LocalHost 127.0.0.1 127.1.2.3:80 '[::1]' "[::1]:$port"; do
        answers 200 0 '{}' -H "Host: $host"
    done
    # With keys, whoever has one may come from anywhere.
    echo token >keys
    chmod 600 keys
    serve_start --keys keys --answer 'cat >/dev/null; echo "{}"'
    answers 200 0 '{}' -H 'Authorization: Bearer token' -H 'Origin: https://example.org' -H 'Host: example.org'
}

@test "--no-key is for loopback alone: 78 on any other address" {
    run --separate-stderr supai-serve --no-key --port 0 --listen 0.0.0.0 --answer true
    expect 78 '' 'supai-serve: --no-key is for loopback addresses: others can reach this one; *'
    serve_start --no-key --listen localhost --answer 'echo "{}"'
    answers 200 0 '{}'
    if curl -sS -o /dev/null 'http://[::1]:1' 2>&1 | grep -q refused; then
        serve_start --no-key --listen ::1 --answer 'echo "{}"'
        [[ $BASE == 'http://[::1]:'* ]]
        answers 200 0 '{}'
    fi
    echo token >keys
    chmod 600 keys
    serve_start --keys keys --listen 0.0.0.0 --answer 'echo "{}"'
    [[ $BASE == http://127.0.0.1:* ]]
    answers 200 0 '{}' -H 'Authorization: Bearer token'
}

### A command

@test "a command finds the server, with a key that nobody else has" {
    run --separate-stderr supai-serve --answer 'echo "{}"' -- \
        sh -c 'echo $SUPAI_BASE_URL; curl -s -o /dev/null -w "%{http_code}\n" -d "$0" $SUPAI_BASE_URL/chat/completions
            curl -s -H "Authorization: Bearer $SUPAI_API_KEY" -d "$0" $SUPAI_BASE_URL/chat/completions' "$hi"
    assert_equal "$status" 0
    [[ ${lines[0]} =~ ^http://127\.0\.0\.1:[0-9]+/v1/openai$ ]]
    assert_equal "${lines[1]} ${lines[2]}" '401 {}'
    echo token >keys
    chmod 600 keys
    run --separate-stderr supai-serve --keys keys --log log --answer 'echo "{}"' -- \
        sh -c 'for k in token $SUPAI_API_KEY; do
            curl -s -H "Authorization: Bearer $k" -d "$0" $SUPAI_BASE_URL/chat/completions; done' "$hi"
    expect 0 $'{}\n{}' ''
    assert_equal "$(jq -c .client log)" $'null\n"command"'
}

@test "the command's status is the server's; a signal's is 128 and its number" {
    for try in 'exit 0|0' 'exit 7|7' 'kill -9 $$|137' 'kill $$|143'; do
        run --separate-stderr supai-serve --answer true -- sh -c "${try%|*}"
        expect "${try#*|}" '' ''
    done
    run -127 --separate-stderr supai-serve --answer true -- ./missing
    expect 127 '' 'supai-serve: ./missing: No such file or directory'
    run --separate-stderr supai-serve --answer true -- ./
    expect 126 '' 'supai-serve: ./: Permission denied'
}

@test "SIGTERM is passed on to the command" {
    supai-serve --answer true -- sh -c 'trap "echo told; exit 5" TERM; echo up; while :; do sleep 0.05; done' >out 3>&- &
    pid=$!
    until_true grep -q up out
    kill "$pid"
    status=0
    wait "$pid" || status=$?
    assert_equal "$status $(cat out)" $'5 up\ntold'
}

@test "what the command left running is ended with it" {
    run --separate-stderr supai-serve --answer 'echo $$ >pid; sleep 60' -- \
        sh -c 'curl -sS -H "Authorization: Bearer $SUPAI_API_KEY" -d "$0" $SUPAI_BASE_URL/chat/completions >/dev/null 2>&1 &
            until [ -s pid ]; do sleep 0.02; done' "$hi"
    expect 0 '' ''
    until_true eval '! kill -0 "$(cat pid)" 2>/dev/null'
}

### The log

@test "the log: time, client, mode, status, ms, bytes of each request, and no more" {
    serve_start --no-key --log log --answer 'cat >/dev/null; event() { :; }; printf "data: [DONE]\n\n"'
    answers 200 0 'data: [DONE]'
    refused 404 '"not_found"' "$BASE/secret"
    post >/dev/null
    serve_stop
    assert_equal "$(jq -c keys_unsorted log | uniq)" '["time","client","mode","status","ms","bytes"]'
    assert_equal "$(jq -c '[.client, .mode, .status, .bytes]' log)" \
        $'[null,"fast",200,14]\n[null,null,404,122]\n[null,"fast",200,14]'
    assert_equal "$(jq --argjson now "$(date +%s)" 'select(.time - $now | fabs < 60) | .ms < 60000' log | uniq)" true
}

@test "a log that cannot be made is 73; one that is full is said once, and 74 at the end" {
    run --separate-stderr supai-serve --no-key --port 0 --answer true --log no/such/log
    expect 73 '' 'supai-serve: no/such/log: No such file or directory'
    [ -e /dev/full ] || skip 'no /dev/full'
    serve_start --no-key --log /dev/full --answer 'echo "{}"'
    answers 200 0 '{}'
    answers 200 0 '{}'
    serve_stop
    assert_equal "$status $(cat serve.err)" '74 supai-serve: the log: No space left on device'
}

### Usage

@test "a port that is taken is 69; wrong usage is 64" {
    serve_start --no-key --answer true
    port=${BASE#http://127.0.0.1:}
    port=${port%%/*}
    run --separate-stderr supai-serve --no-key --port "$port"
    expect 69 '' "supai-serve: 127.0.0.1 port $port: Address*in use"
    run --separate-stderr supai-serve --no-key --listen no.such.host.invalid
    assert_equal "$status" 69
    for args in '--port 70000' '-j 0' '--queue -1' '--max-time x'; do
        # shellcheck disable=SC2086 # words
        run --separate-stderr timeout 10 supai-serve --no-key --answer true $args
        assert_equal "$status" 64
    done
}
