# shellcheck shell=sh disable=SC2034 # used where this is read
# What run.sh and batch.sh share: where things are, a scratch folder that goes
# away with whoever reads this, and a service to ask. Not to be run by itself.

root=$(cd "${0%/*}/../.." && pwd) || exit 1
here=$root/tests/bench
BIN=${BIN:-bin}
BUILD=${BUILD:-build}
case $BIN in /*) ;; *) BIN=$root/$BIN ;; esac
case $BUILD in /*) ;; *) BUILD=$root/$BUILD ;; esac
work=${BENCH_DIR:-$BUILD/bench}
case $work in /*) ;; *) work=$root/$work ;; esac
peers=$BUILD/peers
unset SUPAI_API_KEY SUPAI_API_KEY_FILE SUPAI_BASE_URL SUPAI_MODEL http_proxy https_proxy all_proxy \
    HTTP_PROXY HTTPS_PROXY ALL_PROXY
export LC_ALL=C PATH="$BIN:$BUILD/tests/bench:$PATH" HOME="$work/home" BIN BUILD NODE_PEER="$peers/node"

mkdir -p "$work/home" || exit 1
scratch=$(mktemp -d "$work/run.XXXXXX") || exit 1
mock=
finish() {
    [ -z "$mock" ] || kill "$mock" 2>/dev/null
    rm -rf "$scratch"
}
trap finish EXIT
trap 'exit 1' HUP INT TERM

# stop: ends the mock, if there is one.
stop() {
    [ -n "$mock" ] || return 0
    kill "$mock"
    wait "$mock" 2>/dev/null
    mock=
    unset SUPAI_BASE_URL SUPAI_API_KEY
}

# start OPTION ...: a mock in place of the one before, and where it is to be asked.
start() {
    stop
    mkfifo "$scratch/fifo"
    supai-mock "$@" >"$scratch/fifo" 2>/dev/null &
    mock=$!
    read -r SUPAI_BASE_URL <"$scratch/fifo"
    rm "$scratch/fifo"
    export SUPAI_BASE_URL SUPAI_API_KEY=bench
}
