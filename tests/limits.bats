# Limits of the system have their words and statuses, in every tool alike.
load helper

chunks() { # N: so many, in one answer
    seq 1 "$1" | sed 's/.*/{"choices":[{"index":0,"delta":{"content":"& and some more text"}}]}/'
    echo '{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}'
}

# limited LIMIT COMMAND: what it says goes to a file that may grow by a kilobyte.
limited() { bash -c "ulimit $1 && exec $2" >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" </dev/null; }

@test "a limit on the size of files is 74, in every tool" {
    chunks 200 >in.ndjson
    sed 's/^/data: /; s/$/\n/' in.ndjson >in.sse
    mock_start --reply "$(seq 1 2000)"
    supai-req hi >request
    for command in 'supai-sse in.sse' 'supai-text in.ndjson' 'supai-fold -t in.ndjson' 'supai-watch in.ndjson' \
        'supai-req -f in.ndjson hi' supai-models 'supai-send request' 'supai-batch request' \
        'supai-mock --help'; do
        got=0
        limited '-f 1' "$command" || got=$?
        assert_equal "$command: $got: $(cat err)" \
            "$command: 74: ${command%% *}: standard output: File too large"
    done
}

@test "what a tool starts has the system's own way with too large a file" {
    run supai-mock -- sh -c 'ulimit -f 1; exec head -c 9000 /dev/zero >big'
    assert_equal "$status" $((128 + $(kill -l XFSZ)))
}

@test "out of memory is 71, in libjq too" {
    [ "$(uname -s)" = Linux ] || skip "limits of memory differ"
    [ -z "${SUPAI_SAN-}" ] || skip "sanitizers reserve more than any limit"
    { printf '{"a":['; yes '["a","b","c"],' | head -n 700000; printf '0]}'; } >big
    # what our own reader needs fits in, what libjq makes of it does not
    for limit in 60000 90000 120000; do
        got=0
        limited "-v $limit" 'supai-req -e .a[0][0] big' || got=$?
        # libjq 1.6 has a line of its own before it
        assert_equal "$limit: $got: $(tail -n 1 err)" "$limit: 71: supai-req: out of memory"
    done
    got=0
    limited '-v 40000' 'supai-req -b @big hi' || got=$?
    assert_equal "$got: $(cat err)" '71: supai-req: out of memory'
}

@test "out of descriptors is 71, and no server's fault" {
    mock_start
    supai-req hi >request
    for n in 3 4 5 6 7 8 10 20; do
        got=0
        limited "-n $n" 'supai-send request' || got=$?
        case $got in
        0) continue ;;   # libcurl does with few, in some ways
        127) continue ;; # the loader's own
        71) # a static one gets as far as its input
            [[ $(cat err) != 'supai-send: request: '* ]] || continue
            ;;&
        # some libcurls need one before there is a connection
        *) assert_equal "$n: $got: $(sed "s|$SUPAI_BASE_URL/chat/completions: ||" err)" \
            "$n: 71: supai-send: out of file descriptors (ulimit -n)" ;;
        esac
        seen=yes
    done
    assert_equal "$got${seen-}" 0yes
}
