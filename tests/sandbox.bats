# A tool that is taken over by what it reads can do no more than it needs: what
# tests/preload/exploit.c tries from within, and what comes of it.
load helper

setup() {
    common_setup
    [ "$(uname -s)" = Linux ] || skip "the library that takes a tool over is made for Linux"
    [ -z "${SUPAI_SAN-}" ] || skip "a sanitizer wants to be loaded first"
    echo secret >"$HOME/secret"
    echo '{"choices":[{"index":0,"delta":{"content":"EXPLOIT"},"finish_reason":"stop"}]}' >in.ndjson
    printf 'data: %s\n\ndata: [DONE]\n\n' "$(cat in.ndjson)" >in.sse
    sed 's/EXPLOIT/well/' in.sse >next.sse
    export EXPLOIT_FILE=$HOME/secret EXPLOIT_NEXT=$PWD/next.sse
    ln -s "$BUILD/tests/exploit.so" . # the loader splits words at blanks
    # root may look by another power, which Landlock does not take
    look=',-look at another'
    [ "$(id -u)" != 0 ] || look=
    nothing="-read a file,-read the next operand,-write a file,-make a file,-connect,-signal another,-own a signal$look,-type,-make code,-call by other numbers,-run"
    walls=$(EXPLOIT_LOOK=1 taken_over env true 2>&1)
}

taken_over() { LD_PRELOAD=$PWD/exploit.so "$@"; }

need() {
    [[ $walls == *"$1: done"* ]] || skip "no $1 in this kernel"
    [ "$(getconf LONG_BIT)" -eq 64 ] || skip "no list of calls for 32 bits"
}

# What the intruder said of each try, in a line: "+" where it was done.
tried() {
    sed -n 's/^\([a-z ]*\): done$/+\1/p; s/^\([a-z ]*\): [A-Z].*/-\1/p' "$1" |
        if [ -n "$look" ]; then cat; else grep -v 'look at another'; fi | paste -sd, -
}


@test "without walls a filter that is taken over can do all that its user can" {
    SUPAI_NO_SANDBOX=1 taken_over supai-sse in.sse >/dev/null 2>said
    [[ $(tried said) == '+read a file,+read the next operand,+write a file,+make a file,+connect,+signal another,+own a signal,'*'+make code,+call by other numbers' ]]
    assert [ -e made ]
}

@test "a filter that is taken over cannot open, connect, signal or run anything" {
    need seccomp
    for tool in supai-text supai-fold supai-watch 'supai-watch --log'; do
        # shellcheck disable=SC2086
        taken_over $tool in.ndjson >out 2>said
        assert_equal "$tool: $(tried said)" "$tool: $nothing"
        assert [ -s out ]
        # shellcheck disable=SC2086
        taken_over $tool <in.ndjson >out 2>said
        assert_equal "$tool: $(tried said)" "$tool: $nothing"
    done
    for options in '' --envelope '--idle-timeout 5'; do
        # shellcheck disable=SC2086
        taken_over supai-sse $options in.sse >out 2>said
        assert_equal "$options: $(tried said)" "$options: $nothing"
        assert [ -s out ]
    done
    refute [ -e made ]
}

@test "a filter that has files to open can only read, and only these" {
    need seccomp
    need landlock
    run --separate-stderr taken_over supai-sse in.sse next.sse
    assert_equal "$(cat in.ndjson; sed 's/EXPLOIT/well/' in.ndjson)" "$(printf '%s\n' "$output" | sed '/^$/d')"
    printf '%s\n' "$stderr" >said
    assert_equal "$(tried said)" "${nothing/-read the next/+read the next}"
}

@test "a filter that has opened its last file cannot open that or any other one again" {
    need seccomp
    EXPLOIT_NEXT=$PWD/in.sse taken_over supai-sse next.sse in.sse >out 2>said
    assert_equal "$(tried said)" "$nothing"
}

@test "the walls do not move what is read, and when" {
    well=$(sed 's/EXPLOIT/well/' in.ndjson)
    mkfifo fifo
    # the FIFO opens when the walls stand: only then is there a late.sse
    (exec 6>fifo; cp next.sse late.sse; cat next.sse >&6) 3>&- &
    run --separate-stderr supai-sse next.sse - fifo /dev/fd/5 gone.sse late.sse <next.sse 5< <(cat next.sse)
    wait $!
    # an empty line between two answers
    expect 66 "$well

$well

$well

$well

$well" 'supai-sse: gone.sse: No such file or directory'
}

@test "supai-send that is taken over cannot run anything, or touch its user's files" {
    need seccomp
    need landlock
    mock_start --reply 'EXPLOIT, and well'
    supai-req hi >request
    taken_over supai-send request 2>said >out
    assert_equal "$(supai-sse out | supai-text)" "EXPLOIT, and well"
    # what it is made for it can do: connect
    assert_equal "$(tried said)" "-read a file,-read the next operand,-write a file,-make a file,+connect,-signal another,-own a signal$look,-type,+make code,-call by other numbers,-run"
    refute [ -e made ]
}

@test "supai-ensemble that is taken over cannot run anything, or touch its user's files" {
    need seccomp
    need landlock
    mock_start --reply 'EXPLOIT, and well'
    supai-req hi >request
    (umask 077; echo $TEST_KEY >key)
    taken_over supai-ensemble --base-url "$SUPAI_BASE_URL" --models fast --key-file key request 2>said >out
    [[ $(tried said) == "-read a file,-read the next operand,-write a file,-make a file,+connect,-signal another,-own a signal$look,-type,+make code,-call by other numbers,-run"* ]]
    refute [ -e made ]
}

@test "supai-batch that is taken over writes beside its results, and reads its input" {
    need seccomp
    need landlock
    mock_start --reply 'EXPLOIT, and well'
    mkdir results
    supai-req hi >next.sse
    echo secret >results/secret
    EXPLOIT_FILE=results/secret taken_over supai-batch -o results/other next.sse 2>said
    [[ $(tried said) == '-read a file,+read the next operand,+write a file,-make a file,'* ]]
    taken_over supai-batch -o results/out next.sse 2>said
    assert_equal "$(supai-text results/out)" "EXPLOIT, and well"
    assert_equal "$(tried said)" "-read a file,+read the next operand,-write a file,-make a file,+connect,-signal another,-own a signal$look,-type,+make code,-call by other numbers,-run"
    refute [ -e made ]
}

@test "supai-batch makes its file of failures within its walls" {
    mock_start --fail 400
    supai-req hi >request
    for out in out ./out "$PWD/out"; do
        run supai-batch -q -o "$out" request
        assert_equal "$status" 1
        assert [ -s out.failed ]
        rm out out.failed
    done
}

# environment_of PID: a variable a line.
environment_of() { tr '\0' '\n' <"/proc/$1/environ"; }

# keyless COMMAND ...: once it has asked the mock, its environment has no key any more.
keyless() {
    : >"$MOCK_LOG"
    "$@" >out 2>&1 3>&- &
    pid=$!
    until_true [ -s "$MOCK_LOG" ]
    environment_of $pid >env
    kill $pid
    wait $pid || :
    grep -q '^PATH=' env
    run ! grep -e "$TEST_KEY" -e other-key-0123456789 env
}

@test "a key in the environment is not there any more once it is read" {
    [ -r /proc/self/environ ] || skip "no /proc/PID/environ here"
    mock_start --first-byte-delay 20000
    supai-req hi >request
    keyless supai-send request
    keyless supai-send --no-key request
    keyless supai-batch -q request
    export OTHER_KEY=other-key-0123456789
    mkdir -p home/.config/supai
    printf '%s\n' "model one $SUPAI_BASE_URL" "model two ${SUPAI_BASE_URL/127.0.0.1/localhost}" 'mode fast one two' \
        'key 127.0.0.1 env OTHER_KEY' 'key localhost env OTHER_KEY' >home/.config/supai/panel
    keyless supai-ensemble request
    assert_equal "$(jq -r .path "$MOCK_LOG" | sort -u)" /v1/openai/chat/completions
}
