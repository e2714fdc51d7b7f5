# shellcheck shell=sh disable=SC2034 # used where this is read
# What run.sh, batch.sh, ensemble.sh and serve.sh share: where things are, a scratch folder
# that goes away with whoever reads this, and a service to ask. Not to be run by itself.

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
servers=
finish() {
    # shellcheck disable=SC2086 # numbers
    [ -z "$servers" ] || kill $servers 2>/dev/null
    rm -rf "$scratch"
}
trap finish EXIT
trap 'exit 1' HUP INT TERM

# stop: ends the servers, if there are any.
stop() {
    [ -n "$servers" ] || return 0
    # shellcheck disable=SC2086 # numbers
    kill $servers
    # shellcheck disable=SC2086 # numbers
    wait $servers 2>/dev/null
    servers=
    unset SUPAI_BASE_URL SUPAI_API_KEY
}

# serving COMMAND ...: a server beside the others, which says where it is to be asked once
# it listens. Sets url, and process.
serving() {
    mkfifo "$scratch/fifo"
    "$@" >"$scratch/fifo" 2>/dev/null &
    process=$!
    servers="$servers $process"
    read -r url <"$scratch/fifo"
    rm "$scratch/fifo"
}

# another OPTION ...: a mock beside the others, and where it is to be asked.
another() {
    serving supai-mock "$@"
    export SUPAI_BASE_URL="$url" SUPAI_API_KEY=bench
}

# start OPTION ...: a mock in place of the ones before.
start() {
    stop
    another "$@"
}
