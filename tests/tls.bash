# An HTTPS server before a test's own, for the .bats files that speak TLS.

# gone PID: true once it has ended.
gone() { ! kill -0 "$1" 2>/dev/null; }

# tls_start: nghttpx with a certificate of its own (cert.pem) before
# $SUPAI_BASE_URL's server, HTTP/2 and HTTP/1.1; https at $TLS_PORT. For each
# request a line with the port that it came from stands in tls.log.
tls_start() {
    command -v nghttpx >/dev/null || skip "no nghttpx"
    local backend=${SUPAI_BASE_URL#http://127.0.0.1:}
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
        -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 \
        -keyout key.pem -out cert.pem 2>openssl.log || { cat openssl.log; return 1; }
    local try
    for try in 1 2 3 4 5; do
        TLS_PORT=$((20000 + (RANDOM + try) % 30000))
        nghttpx -f "127.0.0.1,$TLS_PORT" -b "127.0.0.1,${backend%%/*}" \
            --errorlog-file="$PWD/nghttpx.log" \
            --accesslog-file="$PWD/tls.log" --accesslog-format='$remote_port' \
            key.pem cert.pem >nghttpx.out 2>&1 3>&- 4>&- &
        local pid=$!
        until_true tls_listening "$pid"
        if ! gone "$pid"; then
            MOCK_PIDS="$MOCK_PIDS $pid"
            SUPAI_BASE_URL=https://127.0.0.1:$TLS_PORT/v1/openai
            return 0
        fi
    done
    cat nghttpx.out nghttpx.log # why the last one ended
    return 1
}

# TLS_PORT answers, or the server PID, which was to, is gone.
tls_listening() { gone "$1" || (: >"/dev/tcp/127.0.0.1/$TLS_PORT") 2>/dev/null; }
