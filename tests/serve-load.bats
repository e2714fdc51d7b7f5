#!/usr/bin/env bats
# supai-serve at its limits: many at once, clients that leave or are slow, answers
# that do not end, the server's own end.

load helper
load serve

port() {
    port=${BASE#http://*:}
    port=${port%%/*}
}

# head LENGTH [LINE ...]: a request's head with such a Content-Length.
head_of() {
    printf 'POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Length: %s\r\n' "$1"
    shift
    [ $# -eq 0 ] || printf '%s\r\n' "$@"
    printf '\r\n'
}

# gone FILE: none of the processes whose numbers are in the file is there any more.
gone() {
    local pid
    while read -r pid; do
        ! kill -0 "$pid" 2>/dev/null || return 1
    done <"$1"
}

# most_memory KB: the server has never had more in memory.
most_memory() {
    [ -r "/proc/$SERVE_PID/status" ] && [ -z "${SUPAI_SAN-}" ] || return 0
    [ "$(sed -n 's/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$SERVE_PID/status")" -le "$1" ]
}

has_line() { grep -qs -e "$1" "$2"; }
has_lines() { [ "$(wc -l <"$1")" -eq "$2" ]; } 2>/dev/null

# One that does not end at SIGTERM, nor does what it has started.
stubborn='trap "" TERM
    sh -c "trap \"\" TERM; echo \$\$ >>pids; while :; do sleep 1; done" & echo $$ >>pids
    printf "data: 1\n\n"; while :; do sleep 1; done'

### Clients that leave

@test "a client that leaves in mid-answer ends the command and its group, within 6 s" {
    reads_the_clock
    for answer in 'sleep 300 & echo $! >>pids; echo $$ >>pids; printf "data: 1\n\n"; wait' "$stubborn"; do
        rm -f pids
        serve_start --no-key --log log --answer "$answer"
        poster -N >got &
        client=$!
        until_true grep -q 1 got
        until_true has_lines pids 2
        kill $client
        started=$SECONDS
        until_true gone pids
        [ $((SECONDS - started)) -le 7 ]      # SECONDS are whole ones: 6 may count as 7
        until_true [ -s log ]
        assert_equal "$(jq -c '[.status, .bytes]' log)" '[200,9]'
        rm log
        serve_stop
        assert_equal "$status" 0
    done
}

@test "a client that leaves before the first byte, or is half closed, ends the command too" {
    serve_start --no-key --log log --answer 'echo $$ >>pids; sleep 300'
    port
    poster >/dev/null 2>&1 &
    client=$!
    until_true [ -s pids ]
    kill $client
    until_true gone pids
    until_true [ -s log ]
    assert_equal "$(jq -c '[.status, .bytes]' log)" '[null,0]'
    rm pids
    { head_of "${#hi}"; printf '%s' "$hi"; } >request
    run slow -w "$port" request
    assert_output $'open\nclosed'
    [ ! -e pids ] || until_true gone pids
    serve_start --no-key --answer 'echo $$ >pids; printf "data: 1\n\n"; sleep 300'
    port
    run slow -W "$port" request
    assert_output $'open\nHTTP/1.1 200 OK'
    until_true gone pids
}

@test "a client that sends its next request and then no more ends the command too" {
    [ "$(uname)" = Linux ] || skip 'poll(2) tells of it on Linux alone'
    serve_start --no-key --log log --answer 'echo $$ >>pids; exec sleep 20'
    port
    { head_of "${#hi}"; printf '%s' "$hi"; } >request
    # A byte a millisecond: the second one comes while the first is answered.
    cat request request >two
    run slow -w -i 1 "$port" two
    assert_output $'open\nclosed'
    until_true gone pids
    until_true [ -s log ]
    assert_equal "$(jq -c '[.status, .bytes]' log)" '[null,0]'
}

@test "a client that leaves the queue is not answered" {
    mkfifo gate
    serve_start --no-key -j 1 --log log --answer 'echo x >>began; read -r _ <gate; echo "{}"'
    port
    poster >first &
    first=$!
    until_true [ -s began ]
    { head_of "${#hi}"; printf '%s' "$hi"; } >request
    run slow -w "$port" request
    assert_output $'open\nclosed'
    until_true [ -s log ]
    assert_equal "$(jq -c '[.mode, .status]' log)" '["fast",null]'
    echo go >gate
    wait $first
    assert_equal "$(cat first) $(wc -l <began | tr -d ' ')" '{} 1'
}

# It was killed by SIGPIPE at its first word, before it had cleared anything away.
@test "a command that is to end has its last words, which are passed on" {
    serve_start --no-key --log log --answer 'trap "echo going >&2; echo >cleared; echo gone >&2; exit" TERM
        echo >begun; case $(cat) in *stream*) printf "data: 1\n\n" ;; esac; while :; do sleep 0.02; done'
    for hi in "$hi" '{"messages":[{"role":"user","content":"stream"}]}'; do
        rm -f begun cleared
        poster -N >got 2>&1 &
        client=$!
        until_true [ -e begun ]
        kill $client
        until_true [ -e cleared ]
    done
    serve_stop
    assert_equal "$status $(grep -vx Terminated serve.err)" $'0 going\ngone\ngoing\ngone'
    serve_start --no-key --max-time 0.2 --answer 'trap "echo going >&2; echo >cleared; exit" TERM; while :; do sleep 0.02; done'
    rm -f cleared
    refused 504 null --data-binary "$hi" "$URL"
    until_true [ -e cleared ]
}

# Its end was taken for that of the earlier one, and its client waited for ever.
@test "an answer that gets the process number of one whose client still reads is told of its end" {
    unshare -pf --mount-proc sh -c 'echo 99 >/proc/sys/kernel/ns_last_pid' 2>/dev/null ||
        skip 'the next process number cannot be chosen'
    supai-serve() { exec unshare -pf --mount-proc --kill-child supai-serve "$@"; }
    mkfifo hold
    serve_start --no-key --answer 'read -r r
        case $r in
        *slow*) echo $$ >pids; exec yes "data: 1

" ;;
        *kill*) read -r p <pids; until grep -q pipe /proc/$p/wchan; do sleep 0.02; done; kill -9 $p
            while kill -0 $p 2>/dev/null; do sleep 0.02; done; echo $((p - 1)) >/proc/sys/kernel/ns_last_pid ;;
        *) echo $$ >>pids ;;
        esac; echo "{}"'
    MOCK_PIDS=$(ps -o pid= --ppid "$SERVE_PID")     # unshare(1) takes no SIGTERM
    port
    curl -sS -N -d '{"messages":[{"role":"user","content":"slow"}]}' "$URL" 2>/dev/null | { read -r _; read -r _ <hold; } 3>&- &
    until_true [ -s pids ]
    # A connection has a thread, which takes a number: it is there before.
    exec 8<>"/dev/tcp/127.0.0.1/$port"
    printf 'GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n' >&8
    until read -r -t 10 line <&8 && [ "$line" = $'\r' ]; do :; done
    hi='{"messages":[{"role":"user","content":"kill"}]}' answers 200 0 '{}'
    head_of "${#hi}" >&8
    printf '%s' "$hi" >&8
    read -r -N 15 -t 10 line <&8
    until read -r -t 10 line <&8 && [ "$line" = $'\r' ]; do :; done
    read -r -t 10 line <&8
    exec 8>&-
    echo >hold
    assert_equal "$line $(sort -u pids | wc -l | tr -d ' ')" '{} 1'
}

@test "what an answer leaves running is ended: SIGTERM when its shell has ended, SIGKILL later" {
    for trap in : 'trap "" TERM;'; do
        rm -f pids
        serve_start --no-key --answer "$trap"' sleep 300 >/dev/null 2>&1 & echo $! >pids; echo "{}"'
        answers 200 0 '{}'
        until_true gone pids
        serve_stop
        assert_equal "$status" 0
    done
}

### Many at once

# crowd: 321 clients send the file request at once: 320 are answered, and one is 429.
crowd() {
    mkfifo gate
    serve_start --no-key --answer 'echo x >>began; read -r _ <gate; echo "{}"'
    port
    slow -n 321 "$port" request >got 3>&- &
    client=$!
    until_true grep -q ' 429 ' got
    until_true has_lines began 64
    # Each that reads is at its end when one has opened it for writing.
    (while :; do : >gate; done) 3>&- &
    opener=$!
    wait $client
    kill $opener
    assert_equal "$(sort got | uniq -c | sed 's/^ *//')" $'320 HTTP/1.1 200 OK\n1 HTTP/1.1 429 Too Many Requests\n1 open'
    assert_equal "$(wc -l <began | tr -d ' ')" 320
    assert_equal "$(cat serve.err)" ''
}

@test "64 answers at once and 256 in the queue; the 257th is 429" {
    { head_of "${#hi}"; printf '%s' "$hi"; } >request
    crowd
}

# Each of those that wait has a file and a waker, which were not counted: they got 500.
@test "as many with long requests, whose descriptors the limit is raised for" {
    hard=$(ulimit -Hn)
    [ "$hard" = unlimited ] || [ "$hard" -ge 2500 ] || skip 'too few descriptors'
    ulimit -Sn 1024
    { head_of 100043; printf '{"messages":[{"role":"user","content":"'; head -c 100000 /dev/zero | tr '\0' x; printf '"}]}'; } >request
    crowd
}

@test "-j and --queue: one at work, one waits, one is 429, which may be tried again" {
    mkfifo gate.1 gate.2
    serve_start --no-key -j 1 --queue 1 --answer 'echo x >>began; read -r _ <gate.$(($(wc -l <began))); echo "{}"'
    clients=
    for n in 1 2 3; do
        poster -D headers.$n -o body.$n &
        clients+=" $!"
    done
    until_true eval 'grep -qs " 429 " headers.*'
    cp "$(grep -l ' 429 ' headers.*)" headers
    assert_equal "$(header Retry-After) $(header X-Should-Retry)" '10 '
    until_true [ -s began ]
    echo >gate.1
    until_true has_lines began 2
    echo >gate.2
    # shellcheck disable=SC2086 # numbers
    wait $clients
    assert_equal "$(cat headers.* | grep -c ' 200 ') $(wc -l <began | tr -d ' ')" '2 2'
}

### Answers without end

# huge KB: what writes so many events of 1,000 bytes, for an answer's shell.
huge() {
    printf '%s' 'yes "data: $(printf %0992d 0)
" | head -c '"$1"'000'
}

@test "an answer of 1 GB goes through whole, in little memory" {
    serve_start --no-key --answer "$(huge 1000000); printf 'data: [DONE]\n\n'"
    assert_equal "$(post --max-time 100 | wc -c | tr -d ' ')" 1000000014
    most_memory 20000
}

# A wake-up was lost where the client had taken what waited just as the command ended.
@test "the end of an answer is sent, however its client's reading and its command's end meet" {
    serve_start --no-key --answer "$(huge 900); printf 'data: [DONE]\n\n'"
    assert_equal "$(post --fail-early "$URL?[2-200]" | wc -c | tr -d ' ')" $((900014 * 200))
}

@test "a client that does not read holds up nobody, and fills no memory" {
    serve_start --no-key --answer "case \$(cat) in *slow*) echo x >began; $(huge 1000000); touch over ;; *) echo '{}' ;; esac"
    port
    slow='{"messages":[{"role":"user","content":"slow"}]}'
    mkfifo hold
    # It reads nothing once its pipe is full.
    curl -sS -N -d "$slow" "$URL" 2>/dev/null | { read -r _; touch reads; read -r _ <hold; } &
    until_true [ -e reads ]
    for _ in 1 2 3 4 5; do
        answers 200 0 '{}'
    done
    refute [ -e over ]
    most_memory 20000
    echo >hold
    wait $!
}

@test "JSON of more than 64 MiB is 502, an event of more is a cut; the command is ended" {
    serve_start --no-key --answer 'echo $$ >pids; printf "{\"x\":\""; while :; do yes | head -c 1000000; done'
    refused 502 null --data-binary "$hi" "$URL"
    until_true gone pids
    most_memory 180000
    serve_start --no-key --answer 'echo $$ >pids; printf "data: 1\n\ndata: "; while :; do yes x | head -c 1000000 | tr -d "\n"; done'
    answers 200 18 "data: 1

data: $general"
    until_true gone pids
}

### Bodies

@test "a body of 32 MiB is taken, one that is longer is 413, however it comes" {
    body_of() { printf '{"messages":[{"role":"user","content":"'; head -c $(($1 - 43)) /dev/zero | tr '\0' x; printf '"}]}'; }
    body_of 33554432 >body32
    body_of 34603008 >body33
    serve_start --no-key --log log --answer 'wc -c >n; echo "{}"'
    run curl -sS --data-binary @body32 "$URL"
    assert_output '{}'
    assert_equal "$(tr -d ' ' <n)" 33554432
    refused 413 '"request_too_large"' -H 'Expect:' --data-binary @body33 "$URL"
    refused 413 '"request_too_large"' -H 'Transfer-Encoding: chunked' --data-binary @body33 "$URL"
    run curl -sS -D - -o /dev/null -H 'Expect: 100-continue' --data-binary @body33 "$URL"
    refute_line --regexp '^HTTP/1.1 100'
    assert_line --regexp '^HTTP/1.1 413'
    assert_equal "$(jq -c .status log | tr '\n' ' ')" '200 413 413 413 '
    most_memory 180000
}

@test "no body, or a Content-Length that lies: 400, or the connection's end, and nothing runs" {
    serve_start --no-key --answer 'touch ran; echo "{}"'
    port
    refused 400 '"invalid_json"' -X POST "$URL"
    refused 400 '"invalid_json"' -X POST -H 'Content-Length: 0' "$URL"
    # Longer than what comes before the client's end.
    { head_of 1000; printf '%s' "$hi"; } >request
    run slow -w "$port" request
    assert_output $'open\nclosed'
    # Shorter: what is cut is no JSON, the rest no request.
    { head_of 10; printf '%s' "$hi"; } >request
    run slow "$port" request
    assert_output $'open\nHTTP/1.1 400 Bad Request'
    for length in -1 1x 99999999999999999999999; do
        { head_of "$length"; printf '%s' "$hi"; } >request
        run slow -w "$port" request
        assert_line --regexp '^closed$|^HTTP/1.1 4'
    done
    refute [ -e ran ]
    answers 200 0 '{}'
}

@test "500 bodies that trickle, heads and kept connections: cut after 60 s, and nobody waits for them" {
    serve_start --no-key --log log --answer 'cat >/dev/null; echo "{}"'
    port
    { head_of 4000000; head -c 4000 /dev/zero; } >body
    slow -n 500 -i 100 "$port" body >bodies 3>&- &
    clients=$!
    { printf 'POST /v1/chat/completions HTTP/1.1\r\nX: '; head -c 4000 /dev/zero | tr '\0' x; } >head
    slow -n 50 -i 100 "$port" head >heads 3>&- &
    clients+=" $!"
    printf 'GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n' >kept
    slow -n 5 "$port" kept >keeps 3>&- &
    clients+=" $!"
    until_true grep -q open bodies
    until_true grep -q open heads
    started=$SECONDS
    for _ in 1 2 3 4 5; do
        answers 200 0 '{}'
    done
    [ $((SECONDS - started)) -lt 20 ]
    assert_equal "$(cat bodies heads)" $'open\nopen'
    # shellcheck disable=SC2086 # numbers
    wait $clients
    assert_equal "$(sort bodies | uniq -c | sed 's/^ *//')" $'500 HTTP/1.1 408 Request Timeout\n1 open'
    assert_equal "$(sort heads | uniq -c | sed 's/^ *//')" $'50 closed\n1 open'
    assert_equal "$(sort keeps | uniq -c | sed 's/^ *//')" $'5 HTTP/1.1 200 OK\n1 open'
    [ $((SECONDS - started)) -ge 50 ]
    # A line is written when the connection is at its end, which its client sees first.
    until_true eval '[ "$(wc -l <log)" -ge 510 ]'
    assert_equal "$(jq -c .status log | sort | uniq -c | sed 's/^ *//')" $'10 200\n500 408'
    most_memory 90000
}

### The end

@test "SIGTERM or SIGINT: no new requests, those at work and in the queue are answered, then 0" {
    for signal in TERM INT; do
        rm -f gate.* began headers.*
        mkfifo gate.1 gate.2
        serve_start --no-key -j 1 --answer 'echo x >>began; printf "data: 1\n\n"; read -r _ <gate.$(($(wc -l <began))); printf "data: [DONE]\n\n"'
        for n in 1 2; do
            # 100 Continue tells that it was let in.
            poster -o body.$n -D headers.$n -H 'Expect: 100-continue' &
            clients[n]=$!
            until_true has_line ' 100 ' headers.$n
        done
        until_true [ -s began ]
        kill -$signal "$SERVE_PID"
        until_true eval '! curl -sS -o /dev/null "$BASE/models" 2>/dev/null'
        kill -0 "$SERVE_PID"
        echo >gate.1
        until_true has_lines began 2
        echo >gate.2
        wait "${clients[1]}" "${clients[2]}"
        status=0
        wait "$SERVE_PID" || status=$?
        assert_equal "$status $(cat serve.err)" '0 '
        for n in 1 2; do
            assert_equal "$(cat body.$n)" $'data: 1\n\ndata: [DONE]'
        done
        # One who came with the signal knows that the connection is over.
        assert_equal "$(cat headers.* | grep -ci '^connection: close')" 1
    done
}

@test "a kept connection that is idle does not hold up the end" {
    serve_start --no-key --answer true
    port
    printf 'GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n' >kept
    slow -n 5 "$port" kept >keeps 3>&- &
    client=$!
    until_true has_lines keeps 6
    serve_stop
    assert_equal "$status" 0
    wait $client
}

# Tells it to end, and once more when it takes no connections: it ends with 0.
stop_twice() {
    kill "$SERVE_PID"
    until_true eval '! curl -sS -o /dev/null "$BASE/models" 2>/dev/null'
    serve_stop
    assert_equal "$status" 0
}

@test "a second signal ends all answers, those that ignore SIGTERM too" {
    serve_start --no-key -j 1 --answer "$stubborn"
    poster -N -o body &
    first=$!
    until_true has_lines pids 2
    poster -o queued -D headers -w '%{http_code}' -H 'Expect: 100-continue' >code &
    second=$!
    until_true has_line ' 100 ' headers
    stop_twice
    gone pids
    wait $second
    assert_equal "$(cat code)" 503
    status=0
    wait $first || status=$?
    assert_equal "$status $(cat body)" "18 data: 1

data: $general"
}

@test "a second signal ends it, too, where a client does not read" {
    serve_start --no-key --answer "$(huge 1000000)"
    mkfifo hold
    curl -sS -N -d "$hi" "$URL" 2>/dev/null | { read -r _; touch reads; read -r _ <hold; } &
    until_true [ -e reads ]
    stop_twice
    echo >hold
    wait $!
}
