# Bad input, everywhere: what each tool says and does, as a table a case.
# A row is: the status, a glob for stderr, the command; its input is the file in.
load helper

FILTERS='sse text fold'

setup() {
    common_setup
    echo '{"model":"auto","stream":true,"messages":[{"role":"user","content":"hi"}]}' >request.json
    # Nobody listens there: what gets as far as the network fails the row.
    export SUPAI_BASE_URL=http://127.0.0.1:1/v1/openai SUPAI_API_KEY=$TEST_KEY
}

row() {
    local want=$1 said=$2
    shift 2
    run --separate-stderr "$@" <in
    [ "$status" -eq "$want" ] || fail "$*: status $status, not $want: $stderr"
    # shellcheck disable=SC2053
    [[ $stderr == $said ]] || fail "$*: stderr: $stderr"
}

# rows STATUS STDERR TOOL ...: the same for several.
rows() {
    local want=$1 said=$2 tool
    shift 2
    for tool; do
        row "$want" "$said" "supai-$tool"
    done
}

event() { printf '{"id":"c","choices":[{"index":0,"delta":{"content":%s},"finish_reason":"stop"}]}\n' "$1"; }

# deep N: an array in an array, N levels.
deep() { printf '%*s' "$1" '' | tr ' ' '['; printf '%*s' "$1" '' | tr ' ' ']'; echo; }

# big MIB: an event of more than so many MiB, all of it one string.
big() {
    printf '{"id":"c","choices":[{"index":0,"delta":{"content":"'
    head -c $(($1 << 20)) /dev/zero | tr '\0' x
    printf '"},"finish_reason":"stop"}]}\n'
}

@test "empty input: 66, said by those that begin a pipeline only" {
    : >in
    row 66 'supai-req: *empty*' supai-req
    rows 66 '' send watch $FILTERS
    row 66 'supai-batch: standard input: *empty*' supai-batch
}

@test "a folder as FILE: 66 and said" {
    : >in
    mkdir dir
    row 66 'supai-req: *dir*directory*' supai-req -f dir hi
    for tool in send batch $FILTERS; do
        row 66 "supai-$tool: dir: *directory*" supai-$tool dir
    done
}

@test "a folder as standard input: 66" {
    for tool in req send watch batch $FILTERS; do
        run --separate-stderr supai-$tool <.
        expect 66 '' "supai-$tool: standard input: *directory*"
    done
}

@test "a missing FILE among good ones: said, the others read, 66" {
    : >in
    event '"a"' >a
    event '"b"' >b
    row 66 'supai-text: none: No such file*' supai-text a none b
    assert_output $'a\nb'
    row 66 'supai-fold: none: No such file*' supai-fold a none b
    assert_equal "$(jq -r '.choices[0].message.content' <<<"$output")" $'a\nb'
    for f in a b; do { printf 'data: '; cat $f; printf '\ndata: [DONE]\n\n'; } >$f.sse; done
    row 66 'supai-sse: none: No such file*' supai-sse a.sse none b.sse
    assert_output "$(cat a; echo; cat b)"
    row 66 'supai-req: *none: No such file*' supai-req -f a -f none hi
    assert_output ''
    row 66 'supai-send: none: No such file*' supai-send none
}

@test "NUL bytes: no JSON has one; an event's data may" {
    printf '{"choices":[{"delta":{"content":"a\0b"}}]}\n' >in
    rows 65 'supai-*: a control character in a string*' send text fold
    { printf 'data: a\0b\n\ndata: [DONE]\n\n'; } >in
    supai-sse in | od -An -c | tr -d ' \n' >got
    assert_equal "$(cat got)" 'a\0b\n'
}

@test "NUL bytes in a prompt become an escape or are refused, never cut it" {
    printf 'a\0b' >in
    run --separate-stderr supai-req <in
    if [ "$status" -eq 0 ]; then
        assert_equal "$(jq '.messages[0].content' <<<"$output")" '"a\u0000b"'
    else
        expect 65 '' 'supai-req: *NUL*'
    fi
}

@test "invalid UTF-8: req refuses it with the offset, sse passes it on, text and fold mend it" {
    printf 'abc\xff' >in
    row 65 'supai-req: *UTF-8*3*' supai-req
    event '"x"' | sed $'s/"x"/"\xff"/' >line
    { printf 'data: '; cat line; printf '\ndata: [DONE]\n\n'; } >in
    supai-sse in | cmp - line
    cp line in
    row 0 '' supai-text
    assert_output $'\xef\xbf\xbd'
    row 0 '' supai-fold
    assert_equal "$(jq -r '.choices[0].message.content' <<<"$output")" $'\xef\xbf\xbd'
}

@test "what is no event at all passes supai-watch untouched" {
    { printf 'a\0b\xff\n{"ha'; deep 10000; big 65; printf 'no newline'; } >in
    supai-watch <in | cmp - in
}

@test "a line of 10 MiB passes" {
    big 10 >line
    { printf 'data: '; cat line; printf '\ndata: [DONE]\n\n'; } >in
    supai-sse in | cmp - line
    assert_equal "$(supai-text line | wc -c | tr -d ' ')" $(((10 << 20) + 1))
    supai-fold line | jq -r '.choices[0].message.content' | cmp - <(supai-text line)
    head -c $((10 << 20)) /dev/zero | tr '\0' x >in
    supai-req <in >request
    assert_equal "$(jq -j '.messages[0].content' request | wc -c | tr -d ' ')" $((10 << 20))
    mock_start --reply ok
    supai-send request >/dev/null
}

@test "a line of 65 MiB: 65 and says so, nothing of it comes out" {
    big 65 >in
    rows 65 'supai-*: *67108864 bytes*--max-record*' text fold
    assert_output ''
    row 65 'supai-send: *67108864*' supai-send
    { printf 'data: '; cat in; } >sse
    row 65 'supai-sse: *67108864 bytes*--max-record*' supai-sse sse
    assert_output ''
    row 65 'supai-req: *67108864*' supai-req
    assert_output ''
    row 65 'supai-req: *67108864*' supai-req -e .
    assert_output ''
}

@test "--max-record moves the limit" {
    event '"a"' >in
    n=$(($(wc -c <in) - 1))
    for tool in text fold; do
        row 0 '' supai-$tool --max-record $n
        row 65 '*--max-record*' supai-$tool --max-record $((n - 1))
    done
    { printf 'data: '; cat in; printf '\ndata: [DONE]\n\n'; } >sse
    row 0 '' supai-sse --max-record $n sse
    row 65 '*--max-record*' supai-sse --max-record $((n - 1)) sse
}

@test "--max-record 1G is a size on every machine" {
    printf '%s\n' '{"choices":[{"index":0,"message":{"content":"hi"},"finish_reason":"stop"}]}' >in
    row 0 '' supai-text --max-record 1G
}

@test "a file of 3 GiB can be opened: it is too long, not unreadable" {
    truncate -s 3G big || skip "no room for a file with a hole of 3 GiB"
    : >in
    row 65 'supai-req: big: longer than 67108864 bytes (--max-record)' supai-req -f big hi
    row 65 'supai-send: big: longer than 67108864 bytes (--max-record)' supai-send --url http://127.0.0.1:1/ --no-key big
    rm big
}

@test "truncated JSON: 65, from the wire 76" {
    printf '{"choices":[{"delta":{"conte' >in
    rows 65 'supai-*: *too early*' send text fold
    row 65 'supai-req: record 1: *' supai-req -e .
    row 76 'supai-sse: *' supai-sse
    assert_output ''
}

@test "JSON nested 10,000 deep: 65; 256 deep is well" {
    deep 10000 >in
    rows 65 'supai-*: *256 deep*' send sse text fold
    row 65 'supai-req: *256 deep*' supai-req -e .
    row 64 'supai-req: *256 deep*' supai-req -E "$(cat in)" hi
    deep 257 >in
    rows 65 'supai-*: *256 deep*' sse text fold
    deep 256 >in
    row 0 '' supai-sse
    rows 1 'supai-*: no answer in the input' text fold
}

@test "/dev/full as standard output: 74" {
    mock_start
    event '"a"' >line
    { printf 'data: '; cat line; printf '\ndata: [DONE]\n\n'; } >sse
    while read -r command; do
        run --separate-stderr bash -c "$command >/dev/full"
        [ "$status" -eq 74 ] || fail "$command: $status"
        [[ $stderr == "${command%% *}: standard output: No space left on device" ]] || fail "$command: $stderr"
    done <<'E'
supai-req hi
supai-send request.json
supai-sse sse
supai-text line
supai-fold line
supai-watch <line
supai-batch request.json
supai-models
supai-mock
supai-req --help
supai-send --version
supai-text -h
E
}

@test "closed standard output: 74" {
    mock_start
    event '"a"' >line
    { printf 'data: '; cat line; printf '\ndata: [DONE]\n\n'; } >sse
    for command in 'supai-req hi' 'supai-send request.json' 'supai-sse sse' \
        'supai-text line' 'supai-fold line' 'supai-watch <line' 'supai-batch request.json' 'supai-models' 'supai-mock' 'supai-fold --help'; do
        run --separate-stderr bash -c "$command >&-"
        [ "$status" -eq 74 ] || fail "$command: $status"
        [[ $stderr == "${command%% *}: standard output: "* ]] || fail "$command: $stderr"
    done
}

@test "closed standard output is not taken for the input that is opened next" {
    event '"a"' >line
    cp line before
    run --separate-stderr bash -c 'supai-text line >&-'
    cmp line before
}

@test "closed standard input: 66" {
    for tool in req send watch batch $FILTERS; do
        run --separate-stderr bash -c "supai-$tool <&-"
        expect 66 '' "supai-$tool: standard input: Bad file descriptor*"
    done
}

@test "closed standard error harms nothing" {
    event '"a"' >line
    run --separate-stderr bash -c 'supai-text none line 2>&-'
    expect 66 a ''
}

@test "a reader that is gone: death by SIGPIPE, in silence" {
    mock_start --reply @"$BATS_TEST_FILENAME" --delay 1
    yes "$(event '"aaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n"')" | head -n 20000 >lines
    sed 's/$/\n/; s/^{/data: {/' lines >sse
    while read -r command; do
        run --separate-stderr bash +o pipefail -c "$command | :"'; exit ${PIPESTATUS[0]}'
        [ "$status" -eq 141 ] || fail "$command: $status: $stderr"
        [ -z "$stderr" ] || fail "$command: $stderr"
    done <<'E'
supai-sse sse
supai-text lines
supai-fold lines
supai-watch <lines
supai-send request.json
E
    # Also where SIGPIPE comes down ignored, as from systemd.
    run --separate-stderr bash +o pipefail -c "trap '' PIPE; supai-text lines | :; exit \${PIPESTATUS[0]}"
    expect 141 '' ''
}

@test "a file that begins with a byte order mark is read like one without, wherever it is read whole" {
    bom=$(printf '\357\273\277')
    printf '%s{"model":"auto","messages":[{"role":"user","content":"hi"}],"stream":false}' "$bom" >request
    printf '%s{"role":"user","content":"a"}\n{"role":"assistant","content":"b"}\n' "$bom" >history
    printf '%sX-One: 1\n' "$bom" >headers
    printf '%stest-key-from-a-file\n' "$bom" >key
    printf '%spirate\n' "$bom" >system
    chmod 600 key
    mock_start --reply ahoy
    run --separate-stderr supai-send --header @headers --key-file key request
    assert_equal "$status $stderr" '0 '
    assert_equal "$(jq -c '[.bytes, .headers["x-one"], .headers.authorization]' "$MOCK_LOG")" \
        "[$(($(wc -c <request) - 3)),\"1\",\"Bearer ***\"]"
    run --separate-stderr supai-batch -q request
    assert_equal "$status" 0
    run --separate-stderr supai-req -H history -s @system -f history hi
    assert_equal "$status" 0
    assert_equal "$(jq -c '[.messages[].content[:6]]' <<<"$output")" '["pirate","a","b","==> hi"]'
    run ! grep -q "$bom" <<<"$output"
}

@test "a byte order mark is one at a file's start only" {
    bom=$(printf '\357\273\277')
    : >in
    event '"a"' >a
    { printf %s "$bom"; cat a; } >b
    { cat a; printf %s "$bom"; cat a; } >c
    for tool in text fold; do
        row 0 '' supai-$tool b
        row 0 '' supai-$tool b b
        row 65 "supai-$tool: c: line 2: *" supai-$tool c
    done
    printf '%s"a"\n' "$bom" >r
    run --separate-stderr supai-req -e . r r
    assert_equal "$status $stderr" '0 '
    { cat r r; } >s
    run --separate-stderr supai-req -e . s
    assert_equal "$status" 65
    [[ $stderr == 'supai-req: s: record 2: not JSON: '* ]]
}

@test "a file whose reading fails is 74, one that cannot be opened 66, wherever it is read whole" {
    [ -r /proc/self/mem ] || skip "no /proc/self/mem, whose first byte cannot be read"
    export SUPAI_API_KEY=$TEST_KEY
    echo '{"messages":[]}' >request
    for tool in 'supai-send --url http://127.0.0.1:1/ FILE' 'supai-send --url http://127.0.0.1:1/ --header @FILE request' \
        'supai-req -H FILE hi' 'supai-req -f FILE hi' 'supai-req -s @FILE hi' 'supai-req -i FILE hi' \
        'supai-text FILE' 'supai-fold FILE' 'supai-sse FILE' 'supai-batch FILE' 'supai-mock --reply @FILE'; do
        run --separate-stderr ${tool//FILE//proc/self/mem}
        expect 74 '' "${tool%% *}: *"
        run --separate-stderr ${tool//FILE/missing}
        expect 66 '' "${tool%% *}: *"
    done
    run --separate-stderr supai-send --url http://127.0.0.1:1/ --key-file /proc/self/mem request
    expect 74 '' 'supai-send: key file /proc/self/mem: *'
}

@test "SIGINT in the middle: death by it, whole records only" {
    mkfifo to
    event '"a"' >line
    { printf 'data: '; cat line; echo; } >sse
    set -m  # without job control a background process ignores SIGINT
    for tool in $FILTERS; do
        : >got # the last tool's would pass for this one's
        supai-$tool <to >got 2>err 3>&- &
        pid=$!
        exec 7>to
        case $tool in
        sse) { cat sse; printf 'data: {"ha'; } >&7 ;;
        *) { cat line; printf '{"ha'; } >&7 ;;
        esac
        [ $tool = fold ] || until_true test -s got
        kill -INT $pid
        wait $pid && fail 'it went on' || assert_equal $? 130
        exec 7>&-
        case $tool in
        sse) cmp got line ;;
        text) assert_equal "$(cat got)" a ;;
        fold) assert_equal "$(cat got)" '' ;;
        esac
        assert_equal "$(cat err)" ''
    done
}

@test "SIGINT while the server is silent ends supai-send" {
    mock_start --stall 0
    set -m
    supai-send request.json >got 2>err 3>&- &
    pid=$!
    until_true test -s "$MOCK_LOG"
    kill -INT $pid
    wait $pid && fail 'it went on' || assert_equal $? 130
    assert_equal "$(cat got err)" ''
}

@test "a file that is the output, too, is not read: what is written would come back without end" {
    mock_start
    supai-req hi >request
    ulimit -f 1000
    for tool in sse text fold watch batch 'req -e .'; do
        name=supai-${tool%% *}
        cp request file
        # shellcheck disable=SC2086 # a tool and its options
        run --separate-stderr sh -c "exec supai-$tool file >>file"
        expect 66 '' "$name: file: is the output, too"
        # shellcheck disable=SC2086
        run --separate-stderr sh -c "exec supai-$tool <file >>file"
        expect 66 '' "$name: standard input: is the output, too"
        cmp request file
    done
    assert_equal "$(mock_requests)" 0
    # Others are read all the same, and one that is empty yet comes to no harm.
    run --separate-stderr sh -c 'supai-watch file request >>file'
    expect 66 '' 'supai-watch: file: is the output, too'
    cat request request | cmp - file
    run --separate-stderr sh -c 'supai-watch empty request >empty'
    expect 0 '' ''
    cmp request empty
}

# Of what they say others tell; this is for what ends a tool by a signal or a sanitizer.
@test "every reader takes every fixture, and ends with a status of its own" {
    local file tool status
    for file in "$DATA"/*.* "$DATA"/cases/* "$DATA"/sse/* "$ROOT"/tests/fuzz/fold/*; do
        supai-sse "$file" >events 2>err || :
        for tool in 'sse --envelope' 'text -t' 'text -u -k main' 'fold -t' 'watch --log'; do
            for in in "$file" events; do
                status=0
                # shellcheck disable=SC2086 # a tool and its options
                supai-$tool <"$in" >out 2>err || status=$?
                [ "$status" -lt 79 ] || fail "supai-$tool, $in of $file: $status: $(cat err)"
            done
        done
    done
}
