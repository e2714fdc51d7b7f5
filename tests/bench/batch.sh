#!/bin/sh
# Measures supai-batch, a row of run.sh's table each: against the ideal time, by
# the processor's time a request against xargs with curl and the official SDKs,
# a thousand at once, and by its memory. The service is a supai-mock that takes
# 100 ms for its first byte. It needs race (see run.sh) and supai-* in PATH.
set -u
# shellcheck source=common.sh
. "${0%/*}/common.sh"
cd "$scratch" || exit 1

requests() {
    awk -v n="$1" 'BEGIN { for (i = 1; i <= n; i++)
        printf "{\"custom_id\":\"%07d\",\"method\":\"POST\",\"url\":\"/v1/chat/completions\",\"body\":{\"model\":\"auto\",\"messages\":[{\"role\":\"user\",\"content\":\"Say %d\"}]}}\n", i, i }'
}

# measure COMMAND: sets seconds and kb, of one run after another.
measure() {
    race -n 1 "$1" >race.out && read -r seconds _ kb status <race.out && [ "$status" -eq 0 ]
}

# row WHAT AGAINST OURS PEER UNIT GOAL: passes where OURS / PEER is at most GOAL.
row() {
    awk -v what="$1" -v against="$2" -v a="$3" -v b="$4" -v unit="$5" -v goal="$6" 'BEGIN {
        printf "| %s | %s | %.4g %s | %.4g %s | %.3f | <= %.3g | | | %s |\n", what, against,
            a, unit, b, unit, a / b, goal, a / b <= goal ? "pass" : "NO"
    }'
}

did_not_run() { printf '| %s | %s | | | | | | | NO: did not run |\n' "$1" "$2"; }

# a_request WHAT N COMMAND GOAL: the processor's time for one of our requests
# against that of one of the N that the command makes, in one race.
a_request() {
    what='processor, a request of a batch'
    if race -n 3 "$ours" "$3" >race.out && awk '$4 != 0 { exit 1 }' race.out; then
        # shellcheck disable=SC2046 # two numbers
        row "$what" "$1" $(awk -v n="$2" '{ print $2 * 1000 / (NR == 1 ? 2000 : n) }' race.out) ms "$4"
    else
        did_not_run "$what" "$1"
    fi
}

missing() { printf '| %s | %s | | | | | | | missing |\n' 'processor, a request of a batch' "$1"; }

start --first-byte-delay 100
requests 5000 >in.5000
requests 4000 >in.4000
requests 2000 >in.2000
ours='rm -f out; supai-batch -j 64 -o out in.2000'

what='5,000 requests of 100 ms, -j 64'
if measure 'rm -f out; supai-batch -j 64 -o out in.5000'; then
    row "$what" 'the ideal, 5,000 / 64 x 100 ms' "$seconds" 7.8125 s 1.15
else
    did_not_run "$what" 'the ideal'
fi

body='{"model":"auto","stream":true,"messages":[{"role":"user","content":"hi"}]}'
a_request 'xargs -P 64 curl' 640 "seq 640 | xargs -P 64 -I {} curl -sN -H 'Authorization: Bearer k' \
    -H 'Content-Type: application/json' -d '$body' \$SUPAI_BASE_URL/chat/completions" 0.05
if [ -e "$peers/node/node_modules/openai/package.json" ]; then
    a_request 'Node SDK, 64 at once' 2000 "node '$here/many.mjs' 2000" 0.1667
else
    missing 'Node SDK, 64 at once'
fi
if "$peers/python/bin/python" -c 'import openai' 2>/dev/null; then
    a_request 'Python SDK, 64 at once' 2000 "'$peers/python/bin/python' '$here/many.py' 2000" 0.1667
else
    missing 'Python SDK, 64 at once'
fi

what='4,000 requests of 100 ms, -j 1000'
if measure 'rm -f out; supai-batch -j 1000 -o out in.4000'; then
    row "$what" 'the same, -j 64, ideal' "$seconds" 6.25 s 0.5
else
    did_not_run "$what" 'the ideal'
fi

start --reply ok
requests 100000 >in.100000
what='memory, 100,000 lines, -j 64'
if measure 'supai-batch -j 64 <in.100000'; then
    row "$what" '24 MiB + 48 B an id' "$kb" 29263 KiB 1
else
    did_not_run "$what" '24 MiB + 48 B an id'
fi

# An ensemble's answers of 300 KB, folded, before a reader that waits.
awk 'BEGIN { for (i = 0; i < 60000; i++) printf "%c", i % 61 ? 97 + i % 26 : 32 }' >text
start --reply @text
seq 256 | supai-req -x -R -e '"Say \(.)"' --id . >long
what='memory, answers of 300 KB folded, -j 64'
if measure 'supai-batch -j 64 long | { sleep 2; cat; }'; then
    row "$what" '64 MiB' "$kb" 65536 KiB 1
else
    did_not_run "$what" '64 MiB'
fi
