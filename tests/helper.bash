# What every .bats file loads: a clean environment, the programs under test
# first in PATH, a mock to talk to, and checks that pin stdout, stderr and
# status together.

ROOT=$(cd "${BASH_SOURCE[0]%/*}/.." && pwd)
BIN=${BIN:-bin}
BUILD=${BUILD:-build}
case $BIN in /*) ;; *) BIN=$ROOT/$BIN ;; esac
case $BUILD in /*) ;; *) BUILD=$ROOT/$BUILD ;; esac
DATA=$ROOT/tests/data
TRACES=$ROOT/../shared/traces
TEST_KEY=test-key-0123456789abcdef

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert

common_setup() {
    unset http_proxy https_proxy all_proxy no_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY
    unset SUPAI_API_KEY SUPAI_API_KEY_FILE SUPAI_BASE_URL SUPAI_MODEL SUPAI_UNLISTED
    unset SUPAI_CONVERSATION CREDENTIALS_DIRECTORY XDG_CONFIG_HOME XDG_STATE_HOME NO_COLOR
    export LC_ALL=C PATH=$BIN:$BUILD/tests:$PATH HOME=$BATS_TEST_TMPDIR/home TERM=xterm
    mkdir "$HOME"
    cd "$BATS_TEST_TMPDIR" || return
    MOCK_PIDS=
}

common_teardown() {
    local pid
    for pid in ${MOCK_PIDS-}; do
        kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null
    done
    return 0
}

setup() { common_setup; }
teardown() { common_teardown; }

# mock_start [option ...]: a supai-mock in the background that logs what it
# gets to $MOCK_LOG. Sets and exports SUPAI_BASE_URL and a key; MOCK_PID is its
# process. It has printed its address, and so listens, when this returns.
mock_start() {
    MOCK_LOG=$BATS_TEST_TMPDIR/mock.$RANDOM.log
    : >"$MOCK_LOG"
    rm -f mock.fifo
    mkfifo mock.fifo
    supai-mock --log "$MOCK_LOG" "$@" >mock.fifo 2>"$BATS_TEST_TMPDIR/mock.err" 3>&- 4>&- &
    MOCK_PID=$!
    MOCK_PIDS="$MOCK_PIDS $MOCK_PID"
    read -r SUPAI_BASE_URL <mock.fifo
    [ -n "$SUPAI_BASE_URL" ] || { cat "$BATS_TEST_TMPDIR/mock.err"; return 1; }
    SUPAI_API_KEY=$TEST_KEY
    export SUPAI_BASE_URL SUPAI_API_KEY
}

# The requests that the mock has logged so far, counted.
mock_requests() { wc -l <"$MOCK_LOG" | tr -d ' '; }

# run_pipe 'a | b | c': runs a pipeline in a shell without pipefail. $status is
# the last stage's, $stages all of them ("0 77 66"), $output and $stderr what
# they wrote.
run_pipe() {
    run --separate-stderr bash +o pipefail -c "$1"'
        s=("${PIPESTATUS[@]}"); echo "${s[*]}" >stages; exit "${s[${#s[@]}-1]}"'
    stages=$(cat stages)
}

# expect STATUS STDOUT STDERR: what the last run gave, all three. STDERR is a
# glob pattern; quote what must be literal.
expect() {
    assert_equal "$status" "$1"
    assert_equal "$output" "$2"
    # shellcheck disable=SC2053
    [[ $stderr == $3 ]] || batslib_print_kv_single 8 expected "$3" actual "$stderr" |
        batslib_decorate 'stderr differs' | fail
}

# prints STATUS FILE COMMAND ...: it ends with that status, and has printed just the
# bytes of the file.
prints() {
    local want=$1 file=$2 got=0
    shift 2
    "$@" >"$BATS_TEST_TMPDIR/printed" || got=$?
    assert_equal "$got" "$want"
    cmp "$BATS_TEST_TMPDIR/printed" "$file"
}

# A test that needs the recorded traces, which are not part of the project.
need_traces() {
    [ -d "$TRACES" ] || skip "no recorded traces in ../shared/traces"
}

# For a test that reads the clock. A machine that is busy with something else may
# spoil one try, and not three; what is wrong fails each time.
reads_the_clock() { BATS_TEST_RETRIES=2; }

# until_true COMMAND ...: waits, at most 60 s (a machine may be slow), until it succeeds.
until_true() {
    local end=$((SECONDS + 60))
    until "$@"; do
        [ "$SECONDS" -lt "$end" ] || return 1
        sleep 0.02
    done
}

# raw_start [option ...] [FILE ...]: a server that says exactly the bytes of the
# files (see tests/rawserver.c), in the background; RAW_PORT is where, RAW_LOG
# gets what it receives. Sets and exports SUPAI_BASE_URL and a key as mock_start.
raw_start() {
    RAW_LOG=$BATS_TEST_TMPDIR/raw.$RANDOM.log
    : >"$RAW_LOG"
    rm -f raw.fifo
    mkfifo raw.fifo
    rawserver -l "$RAW_LOG" "$@" >raw.fifo 3>&- 4>&- &
    MOCK_PIDS="$MOCK_PIDS $!"
    read -r RAW_PORT <raw.fifo
    SUPAI_BASE_URL=http://127.0.0.1:$RAW_PORT/v1
    SUPAI_API_KEY=$TEST_KEY
    export SUPAI_BASE_URL SUPAI_API_KEY
}
