# What the tests of supai-serve share.

# serve_start [option ...]: a supai-serve in the background, on a free port. BASE
# is its base URL, URL that of its one call, SERVE_PID its process; what it says
# goes to serve.err. It listens when this returns.
serve_start() {
    rm -f serve.fifo
    mkfifo serve.fifo
    supai-serve --port 0 "$@" >serve.fifo 2>serve.err 3>&- 4>&- &
    SERVE_PID=$!
    MOCK_PIDS="$MOCK_PIDS $SERVE_PID"
    read -r BASE <serve.fifo || { cat serve.err; return 1; }
    URL=$BASE/chat/completions
}

# serve_stop [SIGNAL]: tells it to end, and waits for that; $status is its status.
serve_stop() {
    kill -"${1:-TERM}" "$SERVE_PID"
    status=0
    wait "$SERVE_PID" || status=$?
}

hi='{"model":"fast","messages":[{"role":"user","content":"hello"}]}'

# post [curl's arguments]: a request that is good.
post() {
    curl -sS --max-time 30 -H 'Content-Type: application/json' --data-binary "$hi" "$URL" "$@"
}

# The same for the background: $! is curl itself.
poster() {
    exec curl -sS --max-time 30 -H 'Content-Type: application/json' --data-binary "$hi" "$URL" "$@"
}

# answers HTTP-STATUS CURL-STATUS BODY [curl's arguments]: what a good request gets.
answers() {
    local http=$1 curl=$2 body=$3
    shift 3
    status=0
    post -o body -D headers -w '%{http_code}' "$@" >code 2>/dev/null || status=$?
    assert_equal "$(cat code) $status" "$http $curl"
    assert_equal "$(cat body)" "$body"
}

# refused HTTP-STATUS CODE [curl's arguments]: an error object of OpenAI's shape.
refused() {
    local want=$1 code=$2
    shift 2
    run --separate-stderr curl -sS --max-time 30 -D headers -w '\n%{http_code}\n' "$@"
    assert_equal "${lines[1]}" "$want"
    assert_equal "$(jq -c '[(.error | keys), .error.code, (.error.message | length > 0)]' <<<"${lines[0]}")" \
        "[[\"code\",\"message\",\"param\",\"type\"],$code,true]"
    message=$(jq -r .error.message <<<"${lines[0]}")
}

# The value of a header of the last response, without its name.
header() { sed -n "s/^$1: \(.*\)\r\$/\1/Ip" headers; }

event() { printf 'data: {"choices":[{"index":0,"delta":{"content":"%s"},"finish_reason":null}]}\n\n' "$1"; }
general='{"error":{"message":"there was no answer, or not all of it","type":"server_error","param":null,"code":null}}'
