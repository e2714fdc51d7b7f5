# An HTTPS server before a test's own, for the .bats files that speak TLS.

# gone PID: true once it has ended.
gone() { ! kill -0 "$1" 2>/dev/null; }

# listening PID PORT: something answers there, or the server has given up.
listening() { gone "$1" || (: >"/dev/tcp/127.0.0.1/$2") 2>/dev/null; }

# free_port: sets PORT, where nobody listens, below those that connections are made from:
# who answers there a moment later is the server that was told to.
free_port() {
    local try
    for try in 1 2 3 4 5 6 7 8 9; do
        PORT=$((10000 + (RANDOM + try) % 22000))
        (: >"/dev/tcp/127.0.0.1/$PORT") 2>/dev/null || return 0
    done
    return 1
}

# server_start COMMAND ...: a server in the background on a port of its own, which stands
# for @PORT@ in its arguments and in the file server.conf, made of server.in; sets PORT
# and SERVER, its process.
server_start() {
    local try
    for try in 1 2 3 4 5; do
        free_port
        [ ! -f server.in ] || sed "s|@PORT@|$PORT|g" server.in >server.conf
        "${@//@PORT@/$PORT}" >server.out 2>server.err 3>&- 4>&- </dev/null &
        SERVER=$!
        until_true listening "$SERVER" "$PORT"
        gone "$SERVER" && continue
        MOCK_PIDS="$MOCK_PIDS $SERVER"
        return 0
    done
    cat server.err
    return 1
}

# tls_start: nghttpx with a certificate of its own (cert.pem) before
# $SUPAI_BASE_URL's server, HTTP/2 and HTTP/1.1; https at $TLS_PORT. For each
# request a line with the port that it came from stands in tls.log.
tls_start() {
    command -v nghttpx >/dev/null || skip "no nghttpx"
    local backend=${SUPAI_BASE_URL#http://127.0.0.1:}
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
        -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 \
        -keyout key.pem -out cert.pem 2>openssl.log || { cat openssl.log; return 1; }
    server_start nghttpx -f 127.0.0.1,@PORT@ -b "127.0.0.1,${backend%%/*}" \
        --errorlog-file="$PWD/nghttpx.log" \
        --accesslog-file="$PWD/tls.log" --accesslog-format='$remote_port' \
        key.pem cert.pem || { cat nghttpx.log; return 1; } # why it ended
    TLS_PORT=$PORT
    SUPAI_BASE_URL=https://127.0.0.1:$TLS_PORT/v1/openai
}
