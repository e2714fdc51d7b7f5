#!/usr/bin/env bash
# tests/soak/soak.sh: SOAK_SECONDS (1800) of work, and on until SOAK_ANSWERS (100000) were
# right, but at most four times as long; three kinds at once: supai-batch against a
# service that fails in every way, the everyday pipeline in a loop, and supai-serve with
# supai-ensemble over three services. Each answer must be the right one, and the servers'
# memory and descriptors stay flat. Status 0 when all of that held.
#
# `make soak` calls it. BIN is where the tools are.
set -u
cd "${0%/*}/../.." || exit 1
BIN=${BIN:-bin}
SOAK_SECONDS=${SOAK_SECONDS:-1800}
SOAK_ANSWERS=${SOAK_ANSWERS:-100000}
unset http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY SUPAI_BASE_URL
export NO_PROXY='*' SUPAI_API_KEY=soak-key-0123456789 LC_ALL=C

work=$(mktemp -d) || exit 1
# Copies: the tools may be built anew meanwhile.
mkdir "$work/bin" && find "$BIN" -maxdepth 1 -type f -perm -100 -name 'supai*' -exec cp {} "$work/bin/" \; || exit 1
PATH=$work/bin:$PATH
export HOME=$work XDG_CONFIG_HOME=$work/config
servers=() workers=()
finish() {
    [ ${#workers[@]} -eq 0 ] || kill "${workers[@]}" 2>/dev/null
    [ ${#servers[@]} -eq 0 ] || kill "${servers[@]}" 2>/dev/null
    wait
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# start NAME COMMAND ...: a server in the background; ADDRESS is what it prints.
start() {
    local name=$1
    shift
    mkfifo "$work/$name.fifo"
    "$@" >"$work/$name.fifo" 2>"$work/$name.err" &
    servers+=($!)
    printf '%s %s\n' "$!" "$name" >>"$work/watched"
    read -r ADDRESS <"$work/$name.fifo"
}

# What a server holds: kilobytes, and descriptors where that can be told.
kilobytes() { ps -o rss= -p "$1" | tr -d ' '; }
descriptors() { if [ -d "/proc/$1/fd" ]; then find "/proc/$1/fd" -type l | wc -l; else echo 0; fi; }

left() { [ ! -e "$work/enough" ]; }
right() { awk '{ n += $2 } END { print n + 0 }' "$work/right"; }

# note KIND N: so many answers were right.
note() { printf '%s %s\n' "$1" "$2" >>"$work/right"; }
wrong() { printf '%s\n' "$*" >>"$work/wrong"; }

# Rounds of a thousand questions; a round is run again until all of it is answered.
batch() {
    local url=$1 round=0 want got tries
    while left; do
        round=$((round + 1))
        seq 1 1000 | sed "s/.*/round $round, question &/" >"$work/batch.in"
        SUPAI_BASE_URL=$url supai-req -R -e . --id . <"$work/batch.in" >"$work/batch.requests"
        rm -f "$work/batch.out" "$work/batch.out.failed"
        for ((tries = 0; tries < 20; tries++)); do
            SUPAI_BASE_URL=$url supai-batch -q -j 32 --idle-timeout 5 -o "$work/batch.out" "$work/batch.requests" 2>>"$work/batch.err" && break
        done
        # the echo of each is the question, which is its id, too
        want=$(sort "$work/batch.in" | cksum)
        got=$(jq -r 'select(.custom_id == .response.body.choices[0].message.content) | .custom_id' "$work/batch.out" | sort | cksum)
        if [ "$got" = "$want" ]; then
            note batch 1000
        else
            wrong "batch: round $round is not all right"
        fi
    done
}

# The same words through every stage, and back.
pipeline() {
    local url=$1 n=0 words got
    while left; do
        n=$((n + 1))
        words="answer $n of $(seq -s ' ' 1 $((n % 50 + 2)))"
        got=$(SUPAI_BASE_URL=$url supai-req "$words" | SUPAI_BASE_URL=$url supai-send | supai-sse | supai-text) ||
            wrong "pipeline: answer $n failed"
        if [ "$got" = "$words" ]; then
            note pipeline 1
        else
            wrong "pipeline: answer $n is another"
        fi
    done
}

# Three models that agree, behind a server that runs a command for each request.
ensemble() {
    local url=$1 name=$2 n=0 words got
    while left; do
        n=$((n + 1))
        words="$name $n"
        got=$(supai-req -m fast "$words" | supai-send --no-key --url "$url/chat/completions" | supai-sse | supai-text) ||
            wrong "ensemble: answer $n of $name failed"
        if [ "$got" = "$words" ]; then
            note ensemble 1
        else
            wrong "ensemble: answer $n of $name is another"
        fi
    done
}

# measure FILE: a line for each server that is watched.
measure() {
    while read -r pid name; do
        printf '%s %s %s\n' "$name" "$(kilobytes "$pid")" "$(descriptors "$pid")"
    done <"$work/watched" >"$1"
}

# What grew by more than a quarter and 2 MB, or by more than 8 descriptors.
growth() {
    paste -d' ' "$1" "$2" | awk '
        $5 > $2 * 1.25 + 2048 { print $1 ": from " $2 " to " $5 " KB" }
        $6 > $3 + 8 { print $1 ": from " $3 " to " $6 " descriptors" }
        $5 == "" { print $1 ": gone" }'
}

start faulty supai-mock --seed 7 --fail 429:2% --fail 500:2% --fail 503:2% --cut 2:2% --stall 2:1% --garbage=1% --retry-after 0.02
faulty=$ADDRESS
start plain supai-mock
plain=$ADDRESS
mkdir -p "$XDG_CONFIG_HOME/supai"
for name in one two three; do
    start "$name" supai-mock
    printf 'model %s %s fast\n' $name "$ADDRESS"
done >"$XDG_CONFIG_HOME/supai/panel"
printf '%s\n' 'mode fast one two three' 'key 127.0.0.1 env SUPAI_API_KEY' >>"$XDG_CONFIG_HOME/supai/panel"
start serve supai-serve --port 0 --no-key --unlisted
serve=$ADDRESS

: >"$work/right" && : >"$work/wrong"
SECONDS=0
exec 2>"$work/said"
batch "$faulty" &
workers+=($!)
pipeline "$plain" &
workers+=($!)
for name in first second; do
    ensemble "$serve" $name &
    workers+=($!)
done
# What is there once all have begun, the caches filled, is what is to stay.
while [ "$SECONDS" -lt $((SOAK_SECONDS / 4)) ]; do sleep 1; done
measure "$work/before"
while [ "$SECONDS" -lt "$SOAK_SECONDS" ]; do sleep 1; done
while [ "$SECONDS" -lt $((SOAK_SECONDS * 4)) ] && [ "$(right)" -lt "$SOAK_ANSWERS" ]; do sleep 1; done
: >"$work/enough"
wait "${workers[@]}"
workers=()
measure "$work/after"
growth "$work/before" "$work/after" >"$work/grown"

awk '{ n[$1] += $2; all += $2 }
    END { printf "%d answers right (%d of a batch, %d of the pipeline, %d of an ensemble)", all, n["batch"], n["pipeline"], n["ensemble"] }' "$work/right"
printf ' in %d s, %d wrong\n' "$SECONDS" "$(wc -l <"$work/wrong")"
head -n 20 "$work/wrong"
head -n 20 "$work/said"
paste -d' ' "$work/before" "$work/after" | awk '{ print $1 ": " $2 " to " $5 " KB, " $3 " to " $6 " descriptors" }'
sed 's/^/not flat: /' "$work/grown"
[ ! -s "$work/wrong" ] && [ ! -s "$work/grown" ] && [ "$(right)" -ge "$SOAK_ANSWERS" ]
