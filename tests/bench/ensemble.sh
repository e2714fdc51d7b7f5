#!/bin/sh
# Measures supai-ensemble, a row of run.sh's table each: a question to five mocks, whose
# first bytes take half a second each, and to a sixth as main, which takes as long. Its
# time against that of the slowest and of main, and the processor's time against a program
# of forty lines by the official Python SDK. It needs race (see run.sh) and supai-* in PATH.
set -u
# shellcheck source=common.sh
. "${0%/*}/common.sh"
cd "$scratch" || exit 1

reply='Light of short wavelengths is scattered more by the air than light of long ones, so that the sky is blue.'
: >panel
urls=
for n in 1 2 3 4 5 main; do
    another --first-byte-delay 500 --reply "$reply ($n)"
    echo "model m$n $SUPAI_BASE_URL auto" >>panel
    urls="$urls $SUPAI_BASE_URL"
done
printf '%s\n' 'key 127.0.0.1 env SUPAI_API_KEY' 'main mmain' 'mode council m1 m2 m3 m4 m5' >>panel
echo '{"model":"council","stream":true,"stream_options":{"include_usage":true},"messages":[{"role":"user","content":"Why is the sky blue?"}]}' >request
ours='supai-ensemble --panel panel request'

# row WHAT AGAINST OURS PEER UNIT GOAL: passes where OURS / PEER is at most GOAL.
row() {
    awk -v what="$1" -v against="$2" -v a="$3" -v b="$4" -v unit="$5" -v goal="$6" 'BEGIN {
        printf "| %s | %s | %.4g %s | %.4g %s | %.3f | <= %.3g | | | %s |\n", what, against,
            a, unit, b, unit, a / b, goal, a / b <= goal ? "pass" : "NO"
    }'
}

what='a question to five models and main, 500 ms each'
against='the slowest, and main: 1 s'
if race -n 5 "$ours" >race.out && read -r seconds _ _ status <race.out && [ "$status" -eq 0 ]; then
    row "$what" "$against" "$seconds" 1 s 1.05
else
    printf '| %s | %s | | | | | | | NO: did not run |\n' "$what" "$against"
fi

what='processor, such a question'
against='asyncio and the Python SDK'
if ! "$peers/python/bin/python" -c 'import openai' 2>/dev/null; then
    printf '| %s | %s | | | | | | | missing |\n' "$what" "$against"
elif race -n 5 "$ours" "'$peers/python/bin/python' '$here/council.py' $urls" >race.out &&
    awk '$4 != 0 { exit 1 }' race.out; then
    # shellcheck disable=SC2046 # two numbers
    row "$what" "$against" $(awk '{ print $2 * 1000 }' race.out) ms 0.1
else
    printf '| %s | %s | | | | | | | NO: did not run |\n' "$what" "$against"
fi
