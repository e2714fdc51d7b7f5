#!/bin/sh
# `make bench`: measures the tools against what one would use instead, prints a
# table and writes it to build/bench.md. 1 when a goal is not reached.
#
#   run.sh [sse|text|fold|watch|start|request|delay|memory|batch|ensemble|serve|growth|lists ...]
#
# BENCH_MB (500) is the size of the big input, and the others follow it;
# BENCH_RUNS (11) how often each command of a row runs, in turn with its peer;
# BENCH_DIR (build/bench) where the inputs are made. On a system that does not
# keep files in memory for long, a folder of a file system in memory makes the
# rows tell of the programs and not of the disk. BIN and BUILD say where the
# programs are.
set -u
# shellcheck source=common.sh
. "${0%/*}/common.sh"
cd "$root" || exit 1
mb=${BENCH_MB:-500}
runs=${BENCH_RUNS:-11}
# Where there is a system's own, no version manager stands before it.
python=/usr/bin/python3
[ -x "$python" ] || python=python3
sections=${*:-sse text fold watch start request delay memory batch ensemble serve growth lists}
report=$BUILD/bench.md
[ $# -eq 0 ] || report=$BUILD/bench-part.md

say() { printf '%s\n' "$*" | tee -a "$report"; }
note() { printf 'bench: %s\n' "$*" >&2; }
wanted() { case " $sections " in *" $1 "*) ;; *) return 1 ;; esac; }
there() { command -v "$1" >/dev/null 2>&1; }

# scaled MB: of the size that it has when the big input is 500 MB, at least 1.
scaled() { awk -v s="$1" -v mb="$mb" 'BEGIN { n = int(s * mb / 500); print (n > 0 ? n : 1) }'; }

# --- inputs ----------------------------------------------------------------

recordings() {
    mkdir -p "$work/recordings"
    for f in "$root"/../shared/traces/*.ndjson.gz; do
        [ -f "$f" ] || return 0
        name=${f##*/}
        [ -s "$work/recordings/${name%.gz}" ] || gzip -dc "$f" >"$work/recordings/${name%.gz}"
    done
}

# input KIND MB: $work/KIND-MB.ndjson and .sse, made unless they are there.
input() {
    [ -s "$work/$1-$2.sse" ] && [ -s "$work/$1-$2.ndjson" ] && return
    free=$(df -Pk "$work" | awk 'NR == 2 { print int($4 / 1000) }')
    if [ "$free" -lt $(($2 * 3)) ]; then
        note "$work: $free MB free, $1 of $2 MB needs $(($2 * 3))"
        exit 1
    fi
    note "making $1, $2 MB"
    set -- "$1" "$2" "$work/recordings"/*.ndjson
    if [ "$1" = plain ] || ! [ -f "$3" ]; then
        set -- "$1" "$2"
    fi
    kind=$1 size=$2
    shift 2
    gen "$kind" "$size" "$work/made.ndjson" "$work/made.sse" "$@" || exit 1
    mv "$work/made.ndjson" "$work/$kind-$size.ndjson"
    mv "$work/made.sse" "$work/$kind-$size.sse"
}

# --- rows ------------------------------------------------------------------

agreed=yes

# agree OURS PEER: whether both print the same (both in its order of members
# where they print JSON); the next row is none to pass when they do not.
agree() {
    a=$(sh -c "$1" 2>/dev/null </dev/null | cksum)
    b=$(sh -c "$2" 2>/dev/null </dev/null | cksum)
    agreed=no
    [ "$a" = "$b" ] && agreed=yes
}

# row WHAT AGAINST SENSE GOAL OURS PEER [CPU-OURS CPU-PEER]: seconds. SENSE is
# "speed" (how many times as fast, at least GOAL) or "time" (at most); GOAL is "-"
# where there is none, and the row is there to be known.
row() {
    say "$(awk -v what="$1" -v against="$2" -v sense="$3" -v goal="$4" -v a="$5" -v b="$6" \
        -v ca="${7:-}" -v cb="${8:-}" -v agreed="$agreed" '
        function show(t) {
            if (t == "") return ""
            if (t >= 1) return sprintf("%.2f s", t)
            return t >= .001 ? sprintf("%.1f ms", t * 1e3) : sprintf("%.0f us", t * 1e6)
        }
        BEGIN {
            if (a <= 0) a = 1e-9
            if (b <= 0) b = 1e-9
            ratio = sense == "speed" ? b / a : a / b
            pass = sense == "speed" ? ratio >= goal : ratio <= goal
            verdict = agreed != "yes" ? "NO: outputs differ" : goal == "-" ? "no goal" : pass ? "pass" : "NO"
            goal = goal == "-" ? "" : (sense == "speed" ? ">= " : "<= ") goal
            printf "| %s | %s | %s | %s | %.2f | %s | %s | %s | %s |", what, against,
                show(a), show(b), ratio, goal, show(ca), show(cb), verdict
        }')"
    agreed=yes
}

missing() { say "| $1 | $2 | | | | | | | missing |"; }

# versus WHAT AGAINST SENSE GOAL [race's options --] OURS PEER
versus() {
    what=$1 against=$2 sense=$3 goal=$4
    shift 4
    race -n "$runs" "$@" >"$scratch/race" || {
        agreed=yes
        say "| $what | $against | | | | | | | NO: did not run |"
        return
    }
    # shellcheck disable=SC2046 # numbers
    set -- $(cat "$scratch/race")
    row "$what" "$against" "$sense" "$goal" "$1" "$5" "$2" "$6"
}

machine() {
    cpu=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo 2>/dev/null | head -n 1)
    [ -n "$cpu" ] || cpu=$(sysctl -n machdep.cpu.brand_string 2>/dev/null || uname -p)
    printf '%s; %s, %s cores\n' "$(uname -srm)" "$cpu" "$(getconf _NPROCESSORS_ONLN)"
}

versions() {
    jq --version
    curl --version | sed -n '1s/^\(curl [^ ]*\).*/\1/p'
    sed --version 2>/dev/null | sed -n 1p
    "$python" --version
    there node && printf 'Node %s\n' "$(node --version)"
    "$peers/python/bin/pip" list 2>/dev/null | awk '$1 == "openai" || $1 == "llm" { print $1 " " $2 }'
    "$peers/litellm/bin/pip" list 2>/dev/null | awk '$1 == "litellm" { print "LiteLLM " $2 }'
    sed -n 's/.*"version": *"\(.*\)".*/openai (npm) \1/p' "$peers/node/node_modules/openai/package.json" 2>/dev/null
    [ -x "$peers/cargo/bin/aichat" ] && "$peers/cargo/bin/aichat" --version
}

head_line() {
    : >"$report"
    say "$(machine)"
    say "$(date -u '+%Y-%m-%d %H:%M') UTC; load$(uptime | sed 's/.*load average[s]*://'); \
commit $(git rev-parse --short HEAD 2>/dev/null || echo none); $mb MB, $runs runs"
    say "$(versions 2>/dev/null | paste -s -d , - | sed 's/,/, /g')"
    say ''
    say '| what | against | ours | theirs | ratio | goal | CPU ours | CPU theirs | |'
    say '| --- | --- | --- | --- | --- | --- | --- | --- | --- |'
}

# --- the sections ----------------------------------------------------------

bench_sse() {
    for f in "$trace.sse" "$plain.sse"; do
        kind=${f##*/}
        kind=${kind%%-*}
        # what stands between answers is not sed's
        agree "supai-sse <$f | sed '/^\$/d'" "sed -n 's/^data: {/{/p' $f"
        versus "sse, $kind" 'cat in its place' speed 0.85 \
            "cat $f | supai-sse | cat" "cat $f | cat | cat"
        versus "sse, $kind, from a file" "sed -n 's/^data: //p'" speed 4 \
            "supai-sse <$f" "sed -n 's/^data: //p' <$f"
    done
}

bench_text() {
    content='.choices[0].delta.content // empty'
    agree "supai-text -n $plain.ndjson" "jq -rj '$content' $plain.ndjson"
    versus 'text, plain' "jq -rj '$content'" speed 20 \
        "supai-text $plain.ndjson" "jq -rj '$content' $plain.ndjson"
    versus 'text, plain' 'grep -c zzzz' time 5 \
        "supai-text $plain.ndjson" "grep -c zzzz $plain.ndjson | cat"
    main='.chunk | select(.type == "text" and ._source.key == "main").text'
    agree "supai-text -n -k main $trace.ndjson" "jq -rj '$main' $trace.ndjson"
    versus 'text -k main, trace' 'jq' speed 25 \
        "supai-text -k main $trace.ndjson" "jq -rj '$main' $trace.ndjson"
    if ! there ondemand; then
        missing 'text -k main, trace' "simdjson's On-Demand parser"
        return
    fi
    agree "supai-text -n -k main $trace.ndjson" "ondemand $trace.ndjson"
    versus 'text -k main, trace' "simdjson's On-Demand parser" speed 2 \
        "supai-text -k main $trace.ndjson" "ondemand $trace.ndjson"
}

bench_fold() {
    agree "supai-fold $trace.ndjson | jq -Sc ." "$python $here/fold.py <$trace.ndjson | jq -Sc ."
    versus 'fold, trace' 'Python, json.loads' speed 10 \
        "supai-fold $trace.ndjson" "$python $here/fold.py <$trace.ndjson"
    agree "supai-fold $trace.ndjson | jq -Sc ." "jq -cn -f $here/fold.jq $trace.ndjson | jq -Sc ."
    versus 'fold, trace' 'jq' speed 50 \
        "supai-fold $trace.ndjson" "jq -cn -f $here/fold.jq $trace.ndjson"
}

bench_watch() {
    if ! there supai-watch; then
        missing 'watch, trace' 'cat in its place'
        return
    fi
    agree "supai-watch <$trace.ndjson" "cat $trace.ndjson"
    versus 'watch, trace' 'cat in its place' speed 0.85 \
        "cat $trace.ndjson | supai-watch | cat" "cat $trace.ndjson | cat | cat"
}

bench_start() {
    chunk='{"object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"hi"},"finish_reason":"stop"}]}'
    echo "$chunk" >"$scratch/one.ndjson"
    printf 'data: %s\n\ndata: [DONE]\n\n' "$chunk" >"$scratch/one.sse"
    echo '{"model":"auto","stream":true,"messages":[{"role":"user","content":"hi"}]}' >"$scratch/request"
    for t in 'supai-req hi' supai-sse supai-text supai-fold; do
        in=$scratch/one.ndjson
        [ "$t" = supai-sse ] && in=$scratch/one.sse
        versus "start to exit: $t" 'a C program that does nothing' time 2 \
            -x -r 200 -i "$in" -- "$t" nothing
    done
    versus "start to exit: supai-send --version" 'curl --version' time 1 \
        -x -r 50 -- 'supai-send --version' 'curl --version'
    versus "start to exit: supai-send, refused" 'curl --version' time 1 \
        -x -r 50 -i "$scratch/request" -- \
        'supai-send --no-key --retries 0 --url http://127.0.0.1:1/' 'curl --version'
}

# asks WHAT GOAL COMMAND: the pipeline against a client, once it says it works.
asks() {
    if [ "$(sh -c "$3" 2>"$scratch/err" </dev/null | tr -d '\n')" != "$reply" ]; then
        missing 'one request, four stages' "$1"
        return
    fi
    versus 'one request, four stages' "$1" speed "$2" -r 5 -- "$pipeline" "$3"
}

client_settings() {
    mkdir -p "$scratch/llm" "$scratch/aichat" "$scratch/config/mods"
    printf -- '- model_id: bench\n  model_name: auto\n  api_base: %s\n' "$SUPAI_BASE_URL" \
        >"$scratch/llm/extra-openai-models.yaml"
    printf 'model: bench:auto\nclients:\n- type: openai-compatible\n  name: bench\n  api_base: %s\n  api_key: x\n  models:\n  - name: auto\n' \
        "$SUPAI_BASE_URL" >"$scratch/aichat/config.yaml"
    printf 'default-api: bench\ndefault-model: auto\napis:\n  bench:\n    base-url: %s\n    api-key: x\n    models:\n      auto:\n        max-input-chars: 1000\n' \
        "$SUPAI_BASE_URL" >"$scratch/config/mods/mods.yml"
}

bench_request() {
    reply='Light of short wavelengths is scattered more by the air than light of long ones, so that the sky is blue.'
    pipeline='supai-req hi | supai-send | supai-sse | supai-text'
    start --reply "$reply"
    client_settings
    versus 'one request: supai' 'the four stages that it runs' time 1.3 -r 20 -- \
        'supai hi' 'supai-req hi | supai-send -1 | supai-sse -1 | supai-text -1'
    asks 'curl -sN \| sed \| jq' 2 "curl -sN -H 'Authorization: Bearer bench' \
        -H 'Content-Type: application/json' -d '{\"model\":\"auto\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}' \
        $SUPAI_BASE_URL/chat/completions | sed -un 's/^data: {/{/p' | jq --unbuffered -rj '.choices[0].delta.content // empty'"
    asks 'Python SDK' 10 "$peers/python/bin/python $here/ask.py"
    asks 'Node SDK' 10 "node $here/ask.mjs"
    asks 'llm' 10 "LLM_USER_PATH=$scratch/llm $peers/python/bin/llm -n --key x -m bench hi"
    asks 'aichat' - "AICHAT_CONFIG_DIR=$scratch/aichat $peers/cargo/bin/aichat hi"
    asks 'mods' - "XDG_CONFIG_HOME=$scratch/config $peers/go/mods -r --no-cache -q hi"
    stop
}

bench_delay() {
    # shellcheck disable=SC2016 # delay sets it
    delay -r "$runs" -n 300 -i 10 'supai-req hi | supai-send | supai-sse | supai-text' \
        'curl -sN -d "{}" "$SUPAI_BASE_URL/chat/completions" | cat | cat' >"$scratch/delay" || {
        say '| delay of an event | curl -sN \| cat \| cat | | | | | | | NO: did not run |'
        return
    }
    # shellcheck disable=SC2046 # numbers, from microseconds
    set -- $(awk '{ print $1 / 1e6, $2 / 1e6 }' "$scratch/delay")
    row 'delay of an event, p50' 'curl -sN \| cat \| cat' time 1.5 "$1" "$3"
    row 'delay of an event, p99' 'curl -sN \| cat \| cat' time 1.5 "$2" "$4"
}

# The filters, as a command and the kind of its input; used by both of below.
filters() {
    printf '%s\n' 'supai-sse:sse' 'supai-text:ndjson' 'supai-text -k main:ndjson' \
        'supai-text -k *:ndjson' 'supai-fold:ndjson'
    there supai-watch && echo 'supai-watch:ndjson'
}

bench_memory() {
    longest=$(awk '{ if (length > n) n = length } END { print n }' "$trace.ndjson")
    filters >"$scratch/filters"
    while IFS=: read -r command kind; do
        times=2
        [ "$command" = supai-fold ] && times=4
        race -n 1 -x -i "$trace.$kind" "$command" >"$scratch/race" || continue
        say "$(awk -v what="$command" -v times="$times" -v longest="$longest" '{
            limit = 4096 + times * longest / 1024
            printf "| peak memory: %s, trace | 4 MiB + %d x the longest record | %d KiB | %d KiB | %.2f | <= 1 | | | %s |",
                what, times, $3, limit, $3 / limit, $3 <= limit ? "pass" : "NO"
        }' "$scratch/race")"
    done <"$scratch/filters"
}

# supai-batch is measured by a script of its own, which prints rows of this table.
bench_batch() {
    if ! there supai-batch || ! [ -f "$here/batch.sh" ]; then
        missing batch 'xargs curl, the SDKs'
        return
    fi
    sh "$here/batch.sh" | tee -a "$report"
}

# So are supai-ensemble and supai-serve.
bench_ensemble() { sh "$here/ensemble.sh" | tee -a "$report"; }
bench_serve() { sh "$here/serve.sh" | tee -a "$report"; }

# The time of a filter at four sizes: a straight line where a further byte costs
# from the second size to the third what it costs (within a quarter) from the third
# to the fourth; memory is flat where that one needs at most 256 KiB more than the third.
bench_growth() {
    sizes="1 $(scaled 10) $(scaled 100) $(scaled 1000)"
    for s in $sizes; do
        input trace "$s"
    done
    filters >"$scratch/filters"
    say ''
    # shellcheck disable=SC2086 # four words
    say "$(printf '| growth | %d MB | %d MB | %d MB | %d MB | of a MB, then | memory in KiB | |' $sizes)"
    say '| --- | --- | --- | --- | --- | --- | --- | --- |'
    while IFS=: read -r command kind; do
        set --
        for s in $sizes; do
            set -- "$@" "exec $(printf %s "$command" | sed "s/\*/'*'/") <$work/trace-$s.$kind"
        done
        race -n "$runs" "$@" >"$scratch/race" || continue
        for s in $sizes; do
            wc -c <"$work/trace-$s.$kind"
        done | paste -d ' ' "$scratch/race" - >"$scratch/grown"
        say "$(awk -v what="$command" '
            { t[NR] = $1; m[NR] = $3; mb[NR] = $5 / 1e6 }
            function cost(i, k) { return mb[k] > mb[i] ? (t[k] - t[i]) / (mb[k] - mb[i]) * 1e3 : 0 }
            END {
                a = cost(2, 3); b = cost(3, 4)
                line = a > 0 && b / a <= 1.25 && b / a >= .75
                flat = m[4] <= m[3] + 256
                printf "| %s | %.1f ms | %.1f ms | %.1f ms | %.1f ms | %.3f ms, %.3f ms | %d %d %d %d | %s |", what,
                    t[1] * 1e3, t[2] * 1e3, t[3] * 1e3, t[4] * 1e3, a, b, m[1], m[2], m[3], m[4],
                    line && flat ? "pass" : !line ? "NO: no straight line" : "NO: memory grows"
            }' "$scratch/grown")"
    done <"$scratch/filters"
    for s in $sizes; do
        [ "$s" -le "$mb" ] || rm -f "$work/trace-$s.ndjson" "$work/trace-$s.sse"
    done
}

# The time that supai-fold takes for an answer with ever more different things in one
# of its lists, and how many times as long ten times as many take: linear is ten.
bench_lists() {
    sizes="1000 10000 $(scaled 100000) $(scaled 1000000)"
    say ''
    # shellcheck disable=SC2086 # four words
    say "$(printf '| supai-fold, different | %d | %d | %d | %d | of a thing, then | |' $sizes)"
    say '| --- | --- | --- | --- | --- | --- | --- |'
    for kind in searches sources failures types threads errors ids answers choices 'choices of one' \
        calls 'calls of one' members 'members of one' parts elements; do
        set --
        for s in $sizes; do
            echo | awk -v kind="$kind" -v n="$s" -f "$here/lists.awk" >"$work/list-$s.ndjson"
            set -- "$@" "supai-fold $work/list-$s.ndjson >/dev/null 2>&1 || :"
        done
        race -n 3 "$@" >"$scratch/race" || continue
        # shellcheck disable=SC2086 # four words
        printf '%s\n' $sizes | paste -d ' ' "$scratch/race" - >"$scratch/grown"
        say "$(awk -v what="$kind" '
            { t[NR] = $1; n[NR] = $NF }
            function cost(i, k) { return n[k] > n[i] ? (t[k] - t[i]) / (n[k] - n[i]) * 1e6 : 0 }
            END {
                a = cost(2, 3); b = cost(3, 4)
                printf "| %s | %.1f ms | %.1f ms | %.1f ms | %.1f ms | %.2f us, %.2f us | %s |", what,
                    t[1] * 1e3, t[2] * 1e3, t[3] * 1e3, t[4] * 1e3, a, b, b <= 3 * a ? "pass" : "NO: no straight line"
            }' "$scratch/grown")"
    done
    rm -f "$work"/list-*.ndjson
}

recordings
trace=$work/trace-$mb plain=$work/plain-$(scaled 300)
case " $sections " in
*" sse "* | *" text "* | *" fold "* | *" watch "* | *" memory "*)
    input trace "$mb"
    input plain "$(scaled 300)"
    ;;
esac
head_line
for section in sse text fold watch start request delay memory batch ensemble serve growth lists; do
    wanted "$section" && "bench_$section"
done
say ''
say "$(awk -F '|' '{ v = NF > 2 ? $(NF - 1) : "" } v ~ /^ pass/ { p++ } v ~ /^ NO/ { n++ } v ~ /^ missing/ { m++ }
    END { printf "%d pass, %d do not, %d missing", p, n, m }' "$report")"
! grep -q '| NO[: ]' "$report"
