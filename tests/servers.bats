# Real servers and proxies between supai-send and the service, each started here on
# loopback: what is whole is passed on whole, what is not has its status and its words,
# and nothing takes longer than it may.
load helper
load tls

have() { command -v "$1" >/dev/null || skip "no $1"; }

# certificate NAME SUBJECT [OPTION ...]: NAME.pem and NAME.key, signed by itself.
certificate() {
    local name=$1 subject=$2
    shift 2
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=$subject" \
        -addext "subjectAltName=$subject" -keyout "$name.key" -out "$name.pem" "$@" 2>openssl.log ||
        { cat openssl.log; return 1; }
}

# nginx_start LINES [NAME]: nginx with TLS and HTTP/2 before the mock, which is @BACKEND@ in
# the lines; its address is the base URL.
nginx_start() {
    have nginx
    certificate nginx "${2:-IP:127.0.0.1}" -days 2
    mkdir -p nginx
    cat >server.in <<E
daemon off; master_process off; pid $PWD/nginx/pid; error_log stderr;
events { }
http {
    access_log off; default_type text/plain;
    client_body_temp_path $PWD/nginx; proxy_temp_path $PWD/nginx; fastcgi_temp_path $PWD/nginx;
    uwsgi_temp_path $PWD/nginx; scgi_temp_path $PWD/nginx;
    server {
        listen 127.0.0.1:@PORT@ ssl http2;
        ssl_certificate $PWD/nginx.pem; ssl_certificate_key $PWD/nginx.key;
        proxy_http_version 1.1;
        ${1//@BACKEND@/${SUPAI_BASE_URL%/v1/openai}}
    }
}
E
    server_start nginx -p "$PWD/nginx" -c "$PWD/server.conf"
    SUPAI_BASE_URL=https://127.0.0.1:$PORT/v1/openai
    export CURL_CA_BUNDLE=$PWD/nginx.pem
}

ask() { run_pipe "supai-req ${1:-hi} | supai-send --retries 0 --max-time 20 ${2-} | supai-sse | supai-text"; }

@test "nginx: TLS, HTTP/2 and gzip, as it comes and from its buffers" {
    answer=$(seq -s ' ' 1 400)
    mock_start --reply "$answer"
    backend=$SUPAI_BASE_URL
    for buffering in off on; do
        SUPAI_BASE_URL=$backend
        nginx_start "gzip on; gzip_types text/event-stream; gzip_min_length 1; gzip_proxied any;
            location / { proxy_pass @BACKEND@; proxy_buffering $buffering; }"
        ask hi -v
        assert_equal "$buffering: $stages" "$buffering: 0 0 0 0"
        assert_equal "$output" "$answer"
        [[ ${stderr,,} == *'http/2 200'* && ${stderr,,} == *'content-encoding: gzip'* ]]
        refute [ "${stderr/$TEST_KEY/}" != "$stderr" ]
    done
}

@test "nginx: without its buffers each event is there when it was sent" {
    mock_start --reply 'one two three' --delay 700
    nginx_start 'location / { proxy_pass @BACKEND@; proxy_buffering off; gzip on; gzip_types text/event-stream; }'
    mkfifo body
    supai-req hi | supai-send >body 3>&- &
    exec 5<body
    read -r -t 20 first <&5
    assert kill -0 $!
    [[ $first == 'data: {'* ]]
    cat <&5 >rest
    exec 5<&-
    wait $!
}

@test "nginx: its pages of errors have their status, and are told by their title" {
    mock_start
    nginx_start 'client_max_body_size 1k;
        location /busy { return 429; }  location /moved { return 301 https://elsewhere.test/; }
        location /gone { proxy_pass http://127.0.0.1:1; }  location /forbidden { deny all; }
        location /auth { auth_basic x; auth_basic_user_file /dev/null; }
        location / { proxy_pass @BACKEND@; }'
    base=https://127.0.0.1:$PORT
    supai-req hi >request
    while read -r path want words; do
        run --separate-stderr supai-send --retries 0 --url "$base/$path" request
        expect "$want" '' "supai-send: HTTP $words*"
    done <<'E'
busy 75 429: Too Many Requests
moved 76 301: a redirect, which is not followed, to https://elsewhere.test/
gone 69 502: Bad Gateway
forbidden 77 403: Forbidden
auth 77 401: Authorization Required
nothing 65 404: *
E
    supai-req "$(seq 1 1000)" >long
    run --separate-stderr supai-send --retries 0 long
    expect 65 '' 'supai-send: HTTP 413: Request Entity Too Large*'
}

@test "nginx: a server that is slow or breaks after it is 504, or a cut answer" {
    mock_start --stall 2 --reply 'one two three four five six'
    nginx_start 'location / { proxy_pass @BACKEND@; proxy_buffering off; proxy_read_timeout 1s; }'
    ask
    assert_equal "$stages" '0 76 76 76'
    mock_start --cut 3 --reply 'one two three four five six'
    nginx_start 'location / { proxy_pass @BACKEND@; proxy_buffering off; gzip on; gzip_types text/event-stream; gzip_min_length 1; }'
    ask
    assert_equal "$stages" '0 76 76 76'
    mock_start --first-byte-delay 5000
    nginx_start 'location / { proxy_pass @BACKEND@; proxy_read_timeout 1s; }'
    ask
    assert_equal "$stages" '0 69 66 66'
    [[ $stderr == 'supai-send: HTTP 504: Gateway Time-out'* ]]
}

@test "nghttpx: GOAWAY in the middle of an answer lets it end, a kill cuts it" {
    have nghttpx
    answer='one two three four five six seven eight'
    for signal in QUIT KILL; do
        mock_start --delay 150 --reply "$answer"
        tls_start
        export CURL_CA_BUNDLE=$PWD/cert.pem
        mkfifo "body.$signal"
        supai-req hi | supai-send --retries 0 >"body.$signal" 2>said.$signal 3>&- &
        sender=$!
        exec 5<"body.$signal"
        read -r -t 20 first <&5
        kill -$signal "${MOCK_PIDS##* }"
        cat <&5 >rest
        exec 5<&-
        got=0
        wait $sender || got=$?
        { echo "$first"; cat rest; } >"whole.$signal"
        if [ $signal = QUIT ]; then
            assert_equal "$got $(supai-sse whole.QUIT | supai-text)" "0 $answer"
        else
            assert_equal "$got" 76
            run bash -c 'supai-sse whole.KILL | supai-text'
            assert_equal "$status" 76
        fi
    done
}

# proxied WORDS ...: tinyproxy with these lines; what is asked goes through it.
proxied() {
    printf '%s\n' 'Port @PORT@' 'Listen 127.0.0.1' 'Timeout 20' 'Allow 127.0.0.1' "$@" >server.in
    # it finds the service on this machine, which is not to know that name
    server_start unshare -rm sh -c 'mount --bind hosts /etc/hosts && exec tinyproxy -d -c server.conf'
    # a refusal may be lost in the reset that follows it, more often where all is slow
    run --separate-stderr supai-send --retries 6 --max-time 60 --proxy "http://127.0.0.1:$PORT" --url "$url" request
}

@test "tinyproxy: CONNECT, 407 and 403" {
    have tinyproxy
    echo '127.0.0.1 elsewhere.test' >hosts
    unshare -rm mount --bind hosts /etc/hosts 2>/dev/null || skip "no namespaces of mounts here"
    mock_start --reply well
    nginx_start 'location / { proxy_pass @BACKEND@; }' DNS:elsewhere.test
    url=https://elsewhere.test:$PORT/v1/openai/chat/completions
    supai-req hi >request
    proxied
    assert_equal "$status$stderr" 0
    assert_equal "$(printf '%s\n' "$output" | supai-sse | supai-text)" well
    proxied 'BasicAuth user pass'
    expect 77 '' 'supai-send: proxy: HTTP 407*'
    proxied 'ConnectPort 1'
    expect 77 '' 'supai-send: proxy: HTTP 403*'
    url=https://nowhere.test:1/
    proxied
    expect 69 '' 'supai-send: proxy: HTTP 500*'
}

# h2_start STEP ...: h2server with these steps; its address is the base URL.
h2_start() {
    have openssl
    [ -e h2.pem ] || certificate h2 IP:127.0.0.1 -days 2
    server_start h2server @PORT@ h2.pem h2.key "$@"
    SUPAI_BASE_URL=https://127.0.0.1:$PORT/v1
    export SUPAI_BASE_URL SUPAI_API_KEY=$TEST_KEY CURL_CA_BUNDLE=$PWD/h2.pem
}

# Pieces of an answer for h2server.
h2_pieces() {
    event() { printf 'data: {"id":"a","choices":[{"index":0,"delta":{"content":"%s"},"finish_reason":%s}]}\n\n' "$@"; }
    supai-req hi >request
    event 'one ' null >one
    { event two '"stop"'; printf 'data: [DONE]\n\n'; } >two
    cat one two >whole
    gzip -nc whole >packed
    head -c $(($(wc -c <packed) - 5)) packed >cut
    printf 'GET / HTTP/1.1\r\n\r\n' >nonsense
    : >nothing
}

@test "HTTP/2: frames that end an answer, and others that do not cut it" {
    h2_pieces
    while read -r steps; do
        # shellcheck disable=SC2086 # steps are words
        h2_start $steps
        run --separate-stderr supai-send --retries 0 --max-time 20 request
        assert_equal "$steps: $status $stderr" "$steps: 0 "
        assert_equal "$output" "$(cat whole)"
        run supai-batch -q --retries 0 --max-time 20 request
        assert_equal "$steps: $status" "$steps: 0"
    done <<'E'
head data=one end=two
head=content-encoding:gzip data=packed end
head data=one seen data=two trailer
head data=one seen goaway=2147483647,0 data=two end
head data=one frame=99,255,-1,nonsense data=two end
head=content-length:195 data=one seen end=two
E
}

@test "HTTP/2: a body that something else than END_STREAM ends is 76" {
    h2_pieces
    while read -r steps; do
        # shellcheck disable=SC2086
        h2_start $steps
        run --separate-stderr supai-send --retries 0 --max-time 20 request
        assert_equal "$steps: $status" "$steps: 76"
        assert_equal "${#stderr_lines[@]}" 1
    done <<'E'
head data=one seen close
head data=whole seen close
head data=one seen reset=2
head data=one seen reset=8
head data=one seen goaway=0,0 close
head=content-length:500 data=one seen reset=0
head=content-length:500 data=one seen end
head=content-encoding:gzip data=cut end
head=content-encoding:gzip data=cut seen reset=0
head=content-encoding:br data=whole end
head seen close
head-end
head end
E
}

# RFC 9113, 5.4.1 (an error of the connection) and 8.1 (a reset without an error, where
# all of a response was not there yet): some libcurls take them for an end.
@test "HTTP/2: an answer that nonsense or a reset without an error cuts passes for none" {
    h2_pieces
    while read -r steps; do
        # A server for each: one that ends a connection takes the next one badly.
        # shellcheck disable=SC2086
        h2_start $steps
        run_pipe 'supai-send --retries 0 --idle-timeout 10 request | supai-sse | supai-text'
        [[ $stages == '76 76 76' || $stages == '0 76 76' ]]
        assert_equal "$output" 'one '
        # shellcheck disable=SC2086
        h2_start $steps
        run --separate-stderr timeout 60 supai-batch -q --retries 0 --idle-timeout 10 request
        assert_equal "$steps: $status $(jq -r .error.code <<<"$output")" "$steps: 1 broken_response"
        # shellcheck disable=SC2086
        h2_start $steps
        run --separate-stderr timeout 60 supai --cacert h2.pem --retries 0 --idle-timeout 10 hi
        expect 76 'one ' 'supai*'
    done <<'E'
head data=one seen reset=0
head data=one seen bytes=nonsense close
head data=one seen frame=0,0,0,one close
head data=one seen frame=1,4,-1,nonsense close
head data=one seen frame=1,0,-1,nothing frame=0,0,-1,one close
head data=one seen frame=4,0,-1,nonsense close
E
}

@test "HTTP/2: after [DONE] it may end anyhow; of several tries the whole one counts" {
    h2_pieces
    for end in reset=0 reset=2 bytes=nonsense close; do
        h2_start head data=whole seen $end
        run --separate-stderr timeout 60 supai-send -1 --retries 0 request
        expect 0 "$(cat whole)" ''
    done
    for end in reset=0 reset=2 close 'bytes=nonsense close'; do
        # shellcheck disable=SC2086
        h2_start head data=one seen $end / head end=whole
        run --separate-stderr timeout 60 supai-batch -q --idle-timeout 10 request
        assert_equal "$end: $status" "$end: 0"
        assert_equal "$(jq -r '.response.body.choices[0].message.content' <<<"$output")" 'one two'
    done
}

@test "openssl: certificates that are expired, nobody's or another's, and TLS 1.0, are 69" {
    have openssl
    certificate good IP:127.0.0.1 -days 2
    certificate other DNS:other.test -days 2
    certificate old IP:127.0.0.1 -days 1
    openssl req -new -key old.key -subj /CN=127.0.0.1 -out old.csr
    openssl x509 -req -in old.csr -signkey old.key -days -1 -out old.pem 2>openssl.log || skip "this openssl makes no old ones"
    supai-req hi >request
    while read -r cert ca options; do
        # shellcheck disable=SC2086 # options are words
        server_start openssl s_server -accept 127.0.0.1:@PORT@ -cert $cert.pem -key $cert.key -www -quiet $options
        run --separate-stderr supai-send --no-key --retries 0 --max-time 20 --cacert "$ca.pem" \
            --url "https://127.0.0.1:$PORT/" request
        assert_equal "$cert $ca $options: $status $output" "$cert $ca $options: 69 "
        assert_equal "${#stderr_lines[@]}" 1
        [[ $stderr == "supai-send: https://127.0.0.1:$PORT/: "?* ]]
    done <<'E'
good other
other other
old old
good good -tls1 -cipher ALL@SECLEVEL=0
E
}

@test "lies about the length and the encoding of a body are no answers" {
    event='data: {"choices":[{"index":0,"delta":{"content":"hi"},"finish_reason":"stop"}]}'
    body=$event$'\n\ndata: [DONE]\n\n'
    supai-req hi >request
    say() { printf 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n%b\r\n\r\n%b' "$1" "$2" >response; }
    while IFS='|' read -r want headers prefix suffix; do
        say "$headers" "$prefix${body//\\/\\\\}$suffix"
        raw_start response
        run --separate-stderr supai-send --retries 0 --max-time 20 request
        assert_equal "$headers: $status" "$headers: $want"
        assert [ -n "$stderr" ]
    done <<'E'
76|Content-Length: 4000||
76|Transfer-Encoding: chunked|ffff\r\n|
76|Transfer-Encoding: chunked|xyz\r\n|
76|Transfer-Encoding: chunked|-1\r\n|
76|Transfer-Encoding: chunked|fffffffffffffffff\r\n|
76|Content-Encoding: gzip||
76|Content-Encoding: deflate||
76|Content-Encoding: gzip|\x1f\x8b\x08\x00\x00\x00\x00\x00|
E
    # a length that ends in the middle of the answer: the cut is seen where it is read
    say 'Content-Length: 60' "${body//\\/\\\\}"
    raw_start response
    run_pipe 'supai-send --retries 0 request | supai-sse | supai-text'
    assert_equal "$stages" '0 76 66'
}

@test "an answer that drips, a byte at a time, is the same answer" {
    printf 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: {"choices":[{"index":0,"delta":{"content":"drop by drop"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n' >response
    raw_start -p 1:1 response
    ask
    assert_equal "$stages $output" '0 0 0 0 drop by drop'
    raw_start -r response
    ask
    [[ $stages == '0 76 '* || $stages == '0 0 '* ]]
}

@test "a network that loses packets and is slow: each answer whole, or said not to be" {
    [ "$(uname -s)" = Linux ] || skip "namespaces are Linux's"
    have nft
    have unshare
    cat >inside.sh <<'E'
set -eu
ip link set lo mtu 1500 up
nft add table ip lossy
nft add chain ip lossy in '{ type filter hook input priority 0; }'
nft add rule ip lossy in tcp dport != 1 numgen random mod 100 '<' 8 drop
tc qdisc add dev lo root tbf rate 8mbit burst 32k latency 50ms 2>/dev/null || true
seq -s ' ' 1 300 >answer
supai-mock --reply @answer -- sh -c '
    for i in 1 2 3; do
        supai-req hi | supai-send --retries 0 --max-time 60 | supai-sse | supai-text | cmp - answer || exit
    done
    echo all well'
E
    unshare -rn true 2>/dev/null || skip "no namespaces of networks here"
    unshare -rn sh -c 'ip link set lo up && nft add table ip t' 2>/dev/null || skip "no packet filter in a namespace"
    run --separate-stderr unshare -rn sh inside.sh
    expect 0 'all well' ''
}
