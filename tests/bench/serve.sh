#!/bin/sh
# Measures supai-serve, a row of run.sh's table each: answers a second at 16 connections,
# and the memory of the server with all that it runs, against LiteLLM's proxy with one
# route to a supai-mock; and how much later an answer of supai-send begins through
# supai-serve than the mock's own. curl is the client of all of them. It needs race (see
# run.sh) and supai-* in PATH.
set -u
# shellcheck source=common.sh
. "${0%/*}/common.sh"
cd "$scratch" || exit 1

litellm=$peers/litellm/bin
against="LiteLLM's proxy"
reply='Light of short wavelengths is scattered more by the air than light of long ones, so that the sky is blue.'

# row WHAT AGAINST OURS PEER UNIT SENSE GOAL: by OURS / PEER, which is to be at least
# GOAL (">=") or at most ("<="), or by OURS - PEER, at most GOAL ("+"). GOAL is "-" where
# there is none.
row() {
    awk -v what="$1" -v against="$2" -v a="$3" -v b="$4" -v unit="$5" -v sense="$6" -v goal="$7" 'BEGIN {
        value = sense == "+" ? a - b : a / b
        pass = sense == ">=" ? value >= goal : value <= goal
        shown = goal == "-" ? "" : sense == "+" ? "<= " goal " more" : sense " " goal
        printf "| %s | %s | %.4g %s | %.4g %s | %s%.3g | %s | | | %s |\n", what, against, a, unit, b, unit,
            sense == "+" ? "+" : "", value, shown, goal == "-" ? "no goal" : pass ? "pass" : "NO"
    }'
}

no_row() { printf '| %s | %s | | | | | | | %s |\n' "$1" "$against" "$2"; }

# load N BODY URL: the command that makes N requests on 16 connections; its status
# is 0 when each was answered with 200.
load() {
    printf "curl -sf --fail-early --parallel --parallel-max 16 -H @headers -d @%s -o /dev/null '%s/chat/completions?[1-%d]' 2>/dev/null" "$2" "$3" "$1"
}

# answers BODY URL: whether it gives the reply, whole or streamed.
answers() {
    curl -sf -H @headers -d "@$1" "$2/chat/completions" | sed 's/^data: //' |
        jq -Rj 'fromjson? | .choices[0] | .message.content // .delta.content // empty' | grep -qxF "$reply"
}

# proxy URL: LiteLLM's, before the service at URL; sets url, and process. The time that
# it takes to start does not count.
proxy() {
    printf 'model_list:\n- model_name: auto\n  litellm_params:\n    model: openai/auto\n    api_base: %s\n    api_key: %s\n' \
        "$1" "$token" >proxy.yaml
    port=$("$litellm/python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    LITELLM_LOCAL_MODEL_COST_MAP=True LITELLM_TELEMETRY=False LITELLM_MASTER_KEY=$token \
        "$litellm/litellm" --config proxy.yaml --host 127.0.0.1 --port "$port" >proxy.log 2>&1 &
    process=$!
    servers="$servers $process"
    url=http://127.0.0.1:$port/v1
    curl -sf --retry 120 --retry-delay 1 --retry-all-errors -o /dev/null "http://127.0.0.1:$port/health/liveliness" 2>/dev/null
}

# versus WHAT GOAL BODY OURS: answers a second of supai-serve at OURS and of the proxy.
# Ours are more, so that both take a while.
versus() {
    if answers "$3" "$4" && answers "$3" "$theirs" &&
        race -n 3 "$(load 1000 "$3" "$4")" "$(load 100 "$3" "$theirs")" >race.out &&
        awk '$4 != 0 { exit 1 }' race.out; then
        # shellcheck disable=SC2046 # two numbers
        row "$1, answers a second" "$against" $(awk '{ print (NR == 1 ? 1000 : 100) / $1 }' race.out) /s '>=' "$2"
    else
        no_row "$1, answers a second" 'NO: did not run'
    fi
}

# memory PID COMMAND: the most KiB that the process and all below it hold at once while
# the command runs, looked at again and again; pages that they share count each time.
memory() {
    rm -f over
    { sh -c "$2" && : >well; : >over; } &
    while [ ! -e over ]; do
        ps -A -o pid= -o ppid= -o rss= | awk -v top="$1" '
            { parent[$1] = $2; kb[$1] = $3 }
            END {
                for (p in kb) {
                    for (q = p; q != top && q in parent && q != parent[q]; )
                        q = parent[q]
                    if (q == top) sum += kb[p]
                }
                print sum + 0
            }'
        sleep 0.05
    done | sort -n | tail -n 1
    wait $!
}

# against_proxy: the rows that need it.
against_proxy() {
    versus "supai-serve --answer 'cat FILE', whole" 5 whole "$ours_whole"
    versus "supai-serve --answer 'cat FILE', streamed" 5 streamed "$ours_streamed"
    versus 'supai-serve --answer supai-send, streamed' - streamed "$ours_sent"
    what="peak memory: supai-serve --answer 'cat FILE'"
    rm -f well
    a=$(memory "$ours_process" "$(load 1000 streamed "$ours_streamed")")
    b=$(memory "$process" "$(load 100 streamed "$theirs")")
    if [ -e well ]; then
        row "$what" "$against" "$a" "$b" KiB '<=' 0.1
    else
        no_row "$what" 'NO: did not run'
    fi
}

# first_bytes URL OTHER: 101 requests to each, in turn, on a connection that is there; a
# line each with the seconds until the response begins.
first_bytes() {
    # shellcheck disable=SC2016 # curl's words
    awk -v a="$1" -v b="$2" 'BEGIN {
        for (i = 0; i <= 202; i++) {
            printf "%surl = \"%s/chat/completions\"\n", (i > 0 ? "next\n" : ""), (i % 2 ? b : a)
            print "silent\nfail\nheader = \"@headers\"\ndata = \"@streamed\"\noutput = \"/dev/null\""
            print "write-out = \"%{time_starttransfer}\\n\""
        }
    }' >requests
    curl -K requests
}

median() { sort -n | awk '{ v[NR] = $1 } END { print (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2 }'; }

token=sk-$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n')
printf '%s\n' "Authorization: Bearer $token" 'Content-Type: application/json' >headers
(umask 077 && echo "$token" >keys)
printf '{"model":"auto","messages":[{"role":"user","content":"hi"}]}' >whole
printf '{"model":"auto","stream":true,"messages":[{"role":"user","content":"hi"}]}' >streamed
start --reply "$reply"
mock=$SUPAI_BASE_URL
curl -sf -H @headers -d @whole "$mock/chat/completions" >whole.body
curl -sf -H @headers -d @streamed "$mock/chat/completions" >streamed.body

serving supai-serve --keys keys --port 0 --answer 'cat whole.body'
ours_whole=$url
serving supai-serve --keys keys --port 0 --answer 'cat streamed.body'
ours_streamed=$url ours_process=$process
serving supai-serve --keys keys --port 0 --answer supai-send
ours_sent=$url

if ! [ -x "$litellm/litellm" ]; then
    no_row "supai-serve --answer 'cat FILE'" missing
elif proxy "$mock"; then
    theirs=$url
    against_proxy
else
    no_row "supai-serve --answer 'cat FILE'" 'NO: did not run'
fi

what='first byte, supai-serve --answer supai-send'
against='the mock straight'
if answers streamed "$ours_sent" && first_bytes "$mock" "$ours_sent" >first; then
    # The first of each makes the connection, and does not count.
    a=$(sed 1,2d first | awk 'NR % 2 == 0 { print $1 * 1000 }' | median)
    b=$(sed 1,2d first | awk 'NR % 2 == 1 { print $1 * 1000 }' | median)
    row "$what" "$against" "$a" "$b" ms + 10
else
    no_row "$what" 'NO: did not run'
fi
