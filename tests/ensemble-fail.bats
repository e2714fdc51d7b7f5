#!/usr/bin/env bats
# supai-ensemble: what fails, and how it ends: models, main, time, readers, signals, keys.

load helper
load ensemble

setup() { panel_setup; }

# errors_of KEY: the errors of a thread, "message|when it is tried again".
errors_of() {
    written | jq -r --arg key "$1" 'select(.chunk.type == "error" and .chunk._source.key == $key).chunk
        | .message + "|" + ((.retryAt | type) as $t | if $t == "string" then "later" else $t end)'
}

# failure: the error object that the stream ends with, "code message".
failure() { written | jq -r 'select(.error).error | .code + " " + .message'; }

# --- a model fails ----------------------------------------------------------------

@test "one that is refused is left out, and the others are the answer" {
    model a --fail 401
    model b --reply Two
    request
    ensemble
    expect 0 "$output" ''
    holds
    assert_equal "$(times_asked a)" 1
    assert_equal "$(errors_of a)" 'HTTP 401: the API key is not right (request id req_mock_1)|null'
    assert_equal "$(answer)" Two
    assert_equal "$(folded | jq -c '[.supai.final_models, .choices[0].finish_reason]')" '[["b"],"stop"]'
}

@test "429 with Retry-After is waited for, said in the chunks, and tried again" {
    model a --fail 429:1 --retry-after 0.4 --reply One
    model b --reply Two
    request
    ensemble
    expect 0 "$output" ''
    holds
    assert_equal "$(chunks | grep ' a\( \|$\)' | cut -d' ' -f1,2)" 'error a
retry a
text-start a
text a
done a'
    assert_equal "$(errors_of a)" 'HTTP 429: too many requests (request id req_mock_1)|later'
    written | jq -r 'select(.chunk.type == "error").chunk.retryAt' | grep -q '^20..-..-..T..:..:..[.][0-9][0-9][0-9]Z$'
    assert_equal "$(jq -s '.[1].elapsed - .[0].elapsed >= 0.4' "${LOG[a]}")" true
}

@test "cut in mid-text, and then well: an error, a retry, and the text anew" {
    stream "$(says 'Half of it')" >cut
    events "$(says Whole.)" "$(stops)" >well
    raw_model a cut well
    model b --reply Two
    request
    ensemble
    expect 0 "$output" ''
    holds
    assert_equal "$(chunks | grep ' a\( \|$\)' | sed 's/^error a .*/error a/')" 'text-start a
text a Half of it
error a
retry a
text-start a
text a Whole.
done a'
    assert_equal "$(folded | jq -c '.supai.threads.a | [.text, .retries]')" '["Whole.",1]'
}

@test "reset, stalled, an error event, garbage: each is tried again, and then left out" {
    stream "$(says Half)" >cut
    raw_model reset -r cut
    model stalled --stall 1
    model event --error-event 1
    model garbage --garbage
    model busy --fail 503
    model well --reply Well
    echo 'mode auto reset stalled event garbage busy well' >>panel
    request
    ensemble --idle-timeout 0.3 --first-byte-timeout 5 --retries 1
    expect 0 "$output" ''
    holds
    for id in stalled event garbage busy; do
        assert_equal "$id $(times_asked $id)" "$id 2"
        assert_equal "$(errors_of $id | wc -l | tr -d ' ')" 2
        assert_equal "$(errors_of $id | tail -n 1 | sed 's/.*|//')" null
    done
    [[ $(errors_of stalled) == *'nothing came for 0.3 s (--idle-timeout)'* ]]
    [[ $(errors_of event) == *'the server had an error'* ]]
    [[ $(errors_of garbage) == *'not an event stream'* ]]
    [[ $(errors_of busy) == *'HTTP 503'* ]]
    assert_equal "$(raw_times_asked reset)" 2
    assert_equal "$(folded | jq -c .supai.final_models)" '["well"]'
    assert_equal "$(answer)" Well
}

@test "a model that says nothing is left out: thinking alone, a refusal, a filter" {
    events '{"choices":[{"index":0,"delta":{"reasoning_content":"Hm."}}]}' "$(stops)" >thinks
    events '{"choices":[{"index":0,"delta":{"refusal":"I will not."}}]}' "$(stops)" >refuses
    events "$(stops content_filter)" >filtered
    raw_model thinks thinks
    raw_model refuses refuses
    raw_model filtered filtered
    echo 'mode auto thinks refuses filtered' >>panel
    request
    ensemble
    assert_equal "$status" 1
    holds
    assert_equal "$(errors_of thinks)" 'the answer has no text, finish reason stop|null'
    assert_equal "$(errors_of refuses)" 'refused: I will not.|null'
    assert_equal "$(errors_of filtered)" 'the answer has no text, finish reason content_filter|null'
    assert_equal "$(chunks | grep ' thinks' | cut -d' ' -f1 | tr '\n' ' ')" 'thinking-start thinking error done '
}

@test "an answer that ended by its service's failure is tried again" {
    events "$(says 'Half of it')" "$(stops network_error)" >failed
    events "$(says Whole.)" "$(stops)" >well
    raw_model a failed well
    model b --reply Two
    request
    ensemble
    expect 0 "$output" ''
    holds
    assert_equal "$(errors_of a)" 'the answer ended for the reason "network_error"|later'
    assert_equal "$(folded | jq -r .supai.threads.a.text)" Whole.
}

@test "every service's thinking is thinking" {
    events '{"choices":[{"index":0,"delta":{"role":"assistant","content":null,"reasoning":"One"}}]}' \
        '{"choices":[{"index":0,"delta":{"content":[{"type":"thinking","thinking":[{"type":"text","text":" two"}]}]}}]}' \
        '{"choices":[{"index":0,"delta":{"thinking":" three"}}]}' \
        '{"choices":[{"index":0,"delta":{"reasoning_content":" four","content":"Five"}}]}' \
        '{"choices":[{"index":0,"delta":{"content":[{"type":"text","text":" six"}]},"finish_reason":"stop"}]}' >a1
    raw_model a a1
    request
    ensemble
    assert_equal "$status" 0
    holds
    assert_equal "$(chunks | grep ' a\( \|$\)')" 'thinking-start a
thinking a One
thinking a  two
thinking a  three
thinking a  four
text-start a
text a Five
text a  six
done a'
    assert_equal "$(answer)" 'Five six'
}

@test "a character in two pieces is one, in the text and in the thinking" {
    events '{"choices":[{"index":0,"delta":{"reasoning":"\ud83d"}}]}' '{"choices":[{"index":0,"delta":{"reasoning":"\ude00?"}}]}' \
        '{"choices":[{"index":0,"delta":{"content":"A \ud83d"}}]}' '{"choices":[{"index":0,"delta":{"content":"\ude00 b"}}]}' \
        '{"choices":[{"index":0,"delta":{"content":" \ud83d"}}]}' "$(stops)" >a1
    raw_model a a1
    request
    ensemble
    assert_equal "$status" 0
    holds
    assert_equal "$(answer)" 'A 😀 b �'
    assert_equal "$(chunks | grep '^thinking a')" 'thinking a 😀?'
}

@test "errors of every kind that services stream are told by their words" {
    check() {
        printf 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n%b' "$1" >a1
        ensemble --retries 0
        assert_equal "$status" "$2"
        assert_equal "$(errors_of a)" "$3|null"
    }
    : >a1
    raw_model a a1
    request
    check 'error: {"code":500,"message":"slot unavailable"}\n\n' 69 'slot unavailable'
    check 'event: error\ndata: out of memory\n\n' 69 'out of memory'
    check 'data: [{"error":{"code":429,"message":"Quota exceeded"}}]\n\n' 75 'Quota exceeded'
    check 'data: {"error":"no such model"}\n\n' 69 'no such model'
    check 'data: {"detail":"Not today"}\n\n' 69 'Not today'
}

@test "a model that answers in one piece counts, too" {
    printf 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n%s' \
        '{"object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"Whole."},"finish_reason":"stop","logprobs":{"content":[{"token":"W","logprob":0}]}}],"usage":{"total_tokens":3}}' >whole
    raw_model a whole
    request
    ensemble
    assert_equal "$status" 0
    holds
    assert_equal "$(answer)" Whole.
    assert_equal "$(chunks | grep confidence)" 'confidence-score a 1'
}

# --- all fail ---------------------------------------------------------------------

# ends STATUS FAULT …: two models that fail so end with this status.
ends() {
    local want=$1 fault n=0
    shift
    echo 'key 127.0.0.1 env PANEL_KEY' >panel
    for fault; do
        n=$((n + 1))
        case $fault in
        76) stream >cut && raw_model m$n cut ;;
        1) events "$(stops)" >none && raw_model m$n none ;;
        69) echo "model m$n http://127.0.0.1:1/v1" >>panel ;;
        65) model m$n --fail 404 ;;
        77) model m$n --fail 403 ;;
        75) model m$n --fail 429 ;;
        esac
    done
    request '.stream = false'
    ensemble --retries 0
    assert_equal "$* $status$output" "$* $want"
    assert_equal "${#stderr_lines[@]}" 1
    [[ $stderr == 'supai-ensemble: no model has answered: m1: '*'; m2: '* ]]
}

@test "all failed: 75 if any was that, then 69, 77, 65, 76, 1" {
    ends 75 1 75
    ends 75 69 75
    ends 69 77 69
    ends 77 65 77
    ends 65 65 76
    ends 76 1 76
    ends 1 1 1
}

@test "a failure before any byte: nothing on stdout, the status and one line" {
    model a --fail 401
    request '.models = ["a"] | .include_supai_chunks = false'
    ensemble
    expect 77 '' 'supai-ensemble: a: HTTP 401: the API key is not right (request id *)'
    request '.models = ["a"] | .stream = false'
    ensemble
    expect 77 '' 'supai-ensemble: a: HTTP 401: the API key is not right (request id *)'
}

@test "later: an error object in the stream, which the next stage tells of, with its status" {
    model a --fail 401
    model b --fail 403
    request
    ensemble
    expect 77 "$output" ''
    holds
    assert_equal "$(failure)" '401 no model has answered: a: HTTP 401: the API key is not right (request id req_mock_1); b: HTTP 403: this key may not do that (request id req_mock_1)'
    [[ $output != *'[DONE]'* ]]
    written >events.ndjson
    run --separate-stderr supai-text events.ndjson
    expect 77 '' 'supai-text: the service says: no model has answered: *'
    for pair in '429 75' '404 65' '500 69'; do
        echo 'key 127.0.0.1 env PANEL_KEY' >panel
        model a --fail "${pair% *}"
        ensemble --retries 0
        assert_equal "$status" "${pair#* }"
        written >events.ndjson
        run --separate-stderr supai-text events.ndjson
        assert_equal "$status" "${pair#* }"
    done
}

@test "one model that breaks off after its first text ends with an error object" {
    stream "$(says 'Half of it')" >cut
    raw_model a cut
    request '.include_supai_chunks = false'
    ensemble
    expect 76 "$output" ''
    assert_equal "$(answer)" 'Half of it'
    [[ $(failure) == '502 a: the answer is not whole'* ]]
    [[ $output != *'[DONE]'* ]]
    assert_equal "$(raw_times_asked a)" 1
    # Before its first text it is tried again.
    stream >none
    events "$(says Well)" "$(stops)" >well
    echo 'key 127.0.0.1 env PANEL_KEY' >panel
    raw_model a none well
    ensemble
    assert_equal "$status$stderr" 0
    assert_equal "$(answer)" Well
    # And where it does not stream, after it, too.
    echo 'key 127.0.0.1 env PANEL_KEY' >panel
    raw_model a cut well
    request '.stream = false'
    ensemble
    assert_equal "$status$stderr" 0
    assert_equal "$(jq -r '.choices[0].message.content' <<<"$output")" Well
}

# --- main fails -------------------------------------------------------------------

# mains FAULT-OPTIONS …: models a and b differ, and main are m1, m2 … with these options.
mains() {
    local n=0 options
    model a --reply One
    model b --reply Two
    for options; do
        n=$((n + 1))
        # shellcheck disable=SC2086 # words
        model m$n $options
    done
    echo "main $(seq $n | sed s/^/m/ | xargs)" >>panel
    echo 'mode auto a b' >>panel
    request
}

@test "main that fails before its first text is tried again, then replaced" {
    mains '--fail 503' '--reply stand-in'
    ensemble --retries 1
    expect 0 "$output" ''
    holds
    assert_equal "$(times_asked m1) $(times_asked m2)" '2 1'
    assert_equal "$(answer)" stand-in
    assert_equal "$(chunks | grep 'main\|run-cons' | sed 's/\(error main\) .*/\1/')" 'run-consensus
error main
retry main
error main
retry main
text-start main
text main stand-in
done main'
    assert_equal "$(errors_of main | sed 's/.*|//' | tr '\n' ' ')" 'later later '
    assert_equal "$(folded | jq -c '[.supai.consensus_model, .choices[0].message.content]')" '["m1","stand-in"]'
    assert_equal "$(written | jq -r 'select(.chunk.type == "text" and .chunk._source.key == "main").chunk._source.modelId')" m2
}

@test "main and its stand-in fail: an error object, or one line" {
    mains '--fail 403' '--garbage'
    ensemble --retries 0
    expect 77 "$output" ''
    holds
    [[ $(failure) == '401 main failed: m1: HTTP 403: '*'; m2: not an event stream: '* ]]
    assert_equal "$(errors_of main | tail -n 1 | sed 's/.*|//')" null
    request '.stream = false'
    ensemble --retries 0
    expect 77 '' 'supai-ensemble: main failed: m1: HTTP 403: *; m2: *'
}

@test "main that breaks off after its first text is not replaced" {
    stream "$(says 'Half of it')" >cut
    mains
    raw_model m cut
    model n --reply stand-in
    grep -v '^main' panel >p && mv p panel
    echo 'main m n' >>panel
    ensemble
    assert_equal "$status$stderr" 76
    holds
    assert_equal "$(answer)" 'Half of it'
    [[ $(failure) == '502 main failed: m: the answer is not whole'* ]]
    assert_equal "$(times_asked n)" 0
    # Nobody has seen it where it does not stream.
    request '.stream = false'
    ensemble --retries 0
    assert_equal "$status" 0
    assert_equal "$(jq -r '.choices[0].message.content' <<<"$output")" stand-in
}

@test "main that thinks and says nothing is replaced" {
    events '{"choices":[{"index":0,"delta":{"reasoning_content":"Hm."}}]}' "$(stops)" >thinks
    mains
    raw_model m thinks
    model n --reply stand-in
    grep -v '^main' panel >p && mv p panel
    echo 'main m n' >>panel
    ensemble
    assert_equal "$status" 0
    holds
    assert_equal "$(answer)" stand-in
}

# --- quorum and patience -----------------------------------------------------------

@test "--quorum and --patience: what is late is left out before main begins" {
    model a --reply One
    model b --reply Two
    model slow --reply Three --first-byte-delay 20000
    echo 'mode auto a b slow' >>panel
    request
    SECONDS=0
    ensemble --quorum 2 --patience 0.2
    expect 0 "$output" ''
    [ "$SECONDS" -lt 18 ]
    holds
    assert_equal "$(errors_of slow)" 'no answer 0.2 s after enough others (--patience)|null'
    assert_equal "$(folded | jq -c .supai.final_models)" '["a","b"]'
    [ "$(chunks | grep -n '^done slow' | cut -d: -f1)" -lt "$(chunks | grep -n '^run-consensus' | cut -d: -f1)" ]
    # Enough is as many as there are.
    grep -v slow panel >p && mv p panel
    ensemble --quorum 7 --patience 0
    assert_equal "$status" 0
    assert_equal "$(folded | jq -c .supai.final_models)" '["a","b"]'
}

@test "patience in a further round leaves the answer before it" {
    model a --reply One --reply Uno
    events "$(says Two)" "$(stops)" >b1
    : >nothing
    raw_model b -k b1 nothing
    model m --reply main
    printf '%s\n' 'main m' 'mode auto a b' >>panel
    request
    ensemble --rounds 2 --quorum 1 --patience 0.3
    assert_equal "$status" 0
    holds
    assert_equal "$(folded | jq -c '[.supai.threads.a.text, .supai.threads.b.text, .supai.final_models]')" '["Uno","Two",["a","b"]]'
}

# --- hosts that take one call at a time ----------------------------------------------

@test "limit: at most so many calls at once to a host, its ports together or one port" {
    model a --first-byte-delay 150 --reply One
    model b --first-byte-delay 150 --reply Two
    echo 'mode auto a*2 b' >>panel
    request '.stream = false'
    # starts: how many requests had come before the first one was answered.
    together() {
        local first
        first=$(cat "${LOG[a]}" "${LOG[b]}" | jq -s 'map(.time) | min')
        cat "${LOG[a]}" "${LOG[b]}" | jq -s --argjson t "$first" '[.[] | select(.time < $t + 0.1)] | length'
        : >"${LOG[a]}"
        : >"${LOG[b]}"
    }
    ensemble --merge vote
    assert_equal "$status $(together)" '0 3'
    cp panel unlimited
    echo 'limit 127.0.0.1 1' >>panel
    ensemble --merge vote
    assert_equal "$status $(together)" '0 1'
    cp unlimited panel
    echo "limit 127.0.0.1:$(sed 's|.*:\([0-9]*\)/.*|\1|' <<<"${URL[a]}") 1" >>panel
    ensemble --merge vote
    assert_equal "$status $(together)" '0 2'
    cp unlimited panel
    echo 'limit 127.0.0.1 2' >>panel
    ensemble --merge vote
    assert_equal "$status $(together)" '0 2'
}

@test "the wait for a place counts for --max-time alone" {
    model a --first-byte-delay 300 --reply One
    printf '%s\n' 'limit 127.0.0.1 1' 'mode auto a*3' >>panel
    request '.stream = false'
    ensemble --first-byte-timeout 0.6 --retries 0
    assert_equal "$status$stderr" 0
    assert_equal "$(times_asked a)" 3
    ensemble --max-time 0.5 --retries 0 -v
    assert_equal "$status" 0 # one answered in time, and is the answer
    [[ $stderr == *'a#3: not done within the time limit (--max-time)'* ]]
}

@test "a place is given back by who fails, is retried or is given up" {
    model a --fail 503:1 --reply One
    model b --stall 1
    model c --reply One
    printf '%s\n' 'limit 127.0.0.1 1' 'mode auto a b c' >>panel
    request
    ensemble --idle-timeout 0.3 --retries 1
    assert_equal "$status" 0
    assert_equal "$(folded | jq -c .supai.final_models)" '["a","c"]'
}

# --- time --------------------------------------------------------------------------

@test "--max-time ends it, with 75, whoever is silent" {
    : >nothing
    raw_model a -k nothing
    raw_model b -k nothing
    request
    SECONDS=0
    ensemble --max-time 0.4
    assert_equal "$status$stderr" 75
    [[ $(failure) == '429 no model has answered: a: not done within the time limit (--max-time)'* ]]
    holds
    request '.stream = false'
    ensemble --max-time 0.4
    expect 75 '' 'supai-ensemble: no model has answered: *--max-time*'
    [ "$SECONDS" -lt 15 ]
}

@test "--max-time also where the reader does not read" {
    stream "$(says "$(head -c 300000 /dev/zero | tr '\0' x)")" >long
    raw_model a -k long
    request
    run_pipe 'supai-ensemble --panel panel --max-time 0.5 request | { sleep 2; }'
    assert_equal "$stages" '75 0'
    assert_equal "$stderr" 'supai-ensemble: not done within the time limit (--max-time): standard output takes no more'
}

@test "main has what is left of --max-time" {
    : >nothing
    mains
    raw_model m -k nothing
    grep -v '^main' panel >p && mv p panel
    echo 'main m' >>panel
    ensemble --max-time 0.5
    assert_equal "$status$stderr" 75
    [[ $(failure) == '429 main failed: m: not done within the time limit (--max-time)'* ]]
    holds
}

@test "a comment line after 15 s of silence" {
    model a --first-byte-delay 16000 --reply One
    request '.include_supai_chunks = false | .models = ["a"]'
    ensemble
    assert_equal "$status$stderr" 0
    [[ $output == ': waiting'$'\n\n''data: '* ]]
    assert_equal "$(answer)" One
}

@test "[DONE] is the end, also of a connection that stays open, or breaks" {
    events "$(says One)" "$(stops)" >whole
    raw_model a -k whole
    raw_model b -r whole
    request
    SECONDS=0
    ensemble --idle-timeout 20
    assert_equal "$status$stderr" 0
    [ "$SECONDS" -lt 18 ]
    assert_equal "$(answer)" One
    holds
}

@test "a finish reason without [DONE] is an end; [DONE] without a finish reason is none" {
    stream "$(says One)" "$(stops)" >no-done
    events "$(says Two)" >no-finish
    raw_model a no-done
    raw_model b no-finish
    request
    ensemble --retries 0
    assert_equal "$status" 0
    assert_equal "$(folded | jq -c .supai.final_models)" '["a"]'
    [[ $(errors_of b) == 'the answer is not whole'* ]]
}

@test "a model that talks for ever is stopped by --max-record" {
    for n in 1 2 3 4 5 6 7 8 9; do says "$(head -c 1000 /dev/zero | tr '\0' x)"; done >talk
    mapfile -t lines <talk
    stream "${lines[@]}" >talks
    raw_model a -k talks
    model b --reply Two
    request
    ensemble --max-record 5000
    assert_equal "$status$stderr" 0
    assert_equal "$(errors_of a)" 'the answer is too long (--max-record)|null'
    assert_equal "$(answer)" Two
    # One event too long, too.
    ensemble --max-record 900
    assert_equal "$status" 0
    [[ $(errors_of a) == *'longer than 900 bytes (--max-record)|null' ]]
}

# --- readers and signals ---------------------------------------------------------------

@test "the reader is gone: it ends at once, as by SIGPIPE, and all calls with it" {
    : >nothing
    raw_model a -k nothing
    raw_model b -k nothing
    request
    SECONDS=0
    run_pipe 'supai-ensemble --panel panel request | head -n 1 >first'
    assert_equal "$stages" '141 0'
    assert_equal "$stderr" ''
    [ "$SECONDS" -lt 30 ]
    grep -q run-mode-call first
}

@test "SIGTERM and SIGINT: an error object where the stream had begun, then death by it" {
    : >nothing
    raw_model a -k nothing
    request
    set -m # in the background SIGINT is ignored without
    for name in TERM INT; do
        rm -f out # or what the one before wrote is taken for this one's
        supai-ensemble --panel panel request >out 2>err 3>&- &
        until_true grep -qs run-mode-call out
        kill -$name $!
        got=0
        wait $! || got=$?
        assert_equal "$got" $((128 + $(kill -l $name)))
        assert_equal "$(cat err)" ''
        assert_equal "$(supai-sse --no-done <out | jq -c 'select(.error).error.code')" '"502"'
    done
    request '.include_supai_chunks = false'
    : >"${LOG[a]}"
    supai-ensemble --panel panel request >out 2>err 3>&- &
    until_true grep -qs '^# conn' "${LOG[a]}"
    kill -TERM $!
    got=0
    wait $! || got=$?
    assert_equal "$got$(cat out err)" 143
}

# together EVENT ...: the model says these events, and SIGTERM comes before they are read.
# $got is the status; what was written is in out and err.
together() {
    rm -f later out
    mkfifo later
    : >nothing
    raw_model a later nothing
    request
    supai-ensemble --panel panel request >out 2>err 3>&- &
    until_true grep -qs '^# conn' "${LOG[a]}"
    until_true grep -qs run-mode-call out
    kill -STOP $!
    stream "$@" >later
    curl -s "${URL[a]}" || : # it is the next one: the answer is on its way
    kill -TERM $!
    kill -CONT $!
    got=0
    wait $! || got=$?
}

@test "SIGTERM that comes together with data: the error object all the same" {
    : >silence
    raw_model b -k silence # else the end of the first one is the end
    together "$(says "what it said")"
    assert_equal "$got$(cat err)" 143
    assert_equal "$(supai-sse --no-done <out | jq -c 'select(.error).error.code')" '"502"'
}

@test "SIGTERM that comes together with the end: no error object after [DONE]" {
    together "$(says "what it said")" "$(stops)" '[DONE]'
    if [ "$got" = 0 ]; then
        assert_equal "$(tail -n 2 out)" 'data: [DONE]'
        assert_equal "$(grep '"error"' out)" ''
    else # the signal was seen first
        assert_equal "$got$(grep '\[DONE\]' out)" 143
    fi
}

@test "SIGTERM ends it also where nobody reads" {
    stream "$(says "$(head -c 300000 /dev/zero | tr '\0' x)")" >long
    raw_model a -k long
    request
    mkfifo pipe
    exec 7<>pipe # it is open, and never read
    supai-ensemble --panel panel request >pipe 2>err 3>&- 7>&- &
    pid=$!
    until_true grep -qs '^# conn' "${LOG[a]}"
    kill -TERM $pid
    got=0
    wait $pid || got=$?
    exec 7>&-
    assert_equal "$got$(cat err)" 143
}

@test "a full disk is 74" {
    model a --reply One
    request
    run --separate-stderr bash -c 'supai-ensemble --panel panel request >/dev/full'
    expect 74 '' 'supai-ensemble: standard output: *'
    assert_equal "$(times_asked a)" 0
}

@test "it is silent when well; -v has a line a call" {
    model a --logprobs --reply 'One, I say.'
    model b --fail 403
    model m --reply main
    printf '%s\n' 'main m' 'mode auto a b' >>panel
    request
    ensemble
    assert_equal "$status$stderr" 0
    ensemble -v
    assert_equal "$status" 0
    assert_equal "$(sort <<<"$stderr" | sed -E 's/ \(request.*//; s/[0-9]+ ms/N ms/; s/0\.[0-9]+$/0.N/')" \
        'supai-ensemble: a: 200, N ms to the first token, 3 tokens, confidence 0.N
supai-ensemble: b: HTTP 403: this key may not do that'
}

# --- keys ---------------------------------------------------------------------------

@test "--help does not promise headers of -v" {
    run --separate-stderr supai-ensemble --help
    assert_line --regexp "^ *-v, --verbose +say more on stderr of each exchange$"
}

@test "each key goes to its own host alone, and redirects are not followed" {
    events "$(says One)" "$(stops)" >one
    raw_model a one
    raw_model b one
    raw_model none one
    raw_model away away
    port() { sed 's|.*:\([0-9]*\)/.*|\1|' <<<"${URL[$1]}"; }
    printf 'HTTP/1.1 307 Temporary Redirect\r\nLocation: %s/chat/completions\r\nContent-Length: 0\r\n\r\n' "${URL[a]}" >away
    grep -v ^key panel >p && mv p panel
    (umask 077; mkdir keys; echo key-of-b >keys/b)
    cat >>panel <<P
key 127.0.0.1:$(port a) env KEY_OF_A
key 127.0.0.1:$(port b) file keys/b
key 127.0.0.1:$(port away) env KEY_OF_AWAY
mode auto a b none away
P
    request
    KEY_OF_A=key-of-a KEY_OF_AWAY=key-of-away SUPAI_API_KEY=service-key ensemble
    assert_equal "$status$stderr" 0
    assert_equal "$(grep -i ^authorization "${LOG[a]}" | tr -d '\r')" 'Authorization: Bearer key-of-a'
    assert_equal "$(grep -i ^authorization "${LOG[b]}" | tr -d '\r')" 'Authorization: Bearer key-of-b'
    assert_equal "$(grep -i ^authorization "${LOG[none]}" | tr -d '\r')" ''
    assert_equal "$(grep -i ^authorization "${LOG[away]}" | tr -d '\r')" 'Authorization: Bearer key-of-away'
    assert_equal "$(cat "${LOG[@]}" | grep -c service-key)" 0
    assert_equal "$(raw_times_asked a)" 1
    [[ $(errors_of away) == *'a redirect, which is not followed'* ]]
}

@test "keys/HOST:PORT goes before keys/HOST, and a stored key before none" {
    model a --reply One
    model b --reply One
    grep -v ^key panel >p && mv p panel
    port=$(sed 's|.*:\([0-9]*\)/.*|\1|' <<<"${URL[a]}")
    (umask 077; mkdir -p home/.config/supai/keys; echo key-of-port >"home/.config/supai/keys/127.0.0.1:$port"
        echo key-of-host >home/.config/supai/keys/127.0.0.1)
    request
    ensemble --dry-run
    assert_equal "$(cut -f4 <<<"$output")" "file $HOME/.config/supai/keys/127.0.0.1:$port
file $HOME/.config/supai/keys/127.0.0.1"
    ensemble
    assert_equal "$status" 0
    chmod 644 home/.config/supai/keys/127.0.0.1
    ensemble
    expect 78 '' 'supai-ensemble: *127.0.0.1: not for you alone (mode 644): run chmod 600 *'
}

@test "a key that is missing, empty or unsafe is 78" {
    cat >panel <<'P'
model a https://one.example/v1
P
    request '.models = ["a"]'
    SUPAI_API_KEY=service-key ensemble
    expect 78 '' "supai-ensemble: no key for one.example: add the line 'key one.example env VARIABLE', or 'key one.example file PATH', to panel"
    echo 'key one.example env NOT_SET' >>panel
    ensemble
    expect 78 '' 'supai-ensemble: NOT_SET: is empty'
    NOT_SET='a b' ensemble
    expect 78 '' 'supai-ensemble: NOT_SET: not a key: *'
    sed -i.old 's/^key.*/key one.example file the-key/' panel
    ensemble
    expect 78 '' 'supai-ensemble: key file the-key: No such file or directory'
    echo k >the-key && chmod 644 the-key
    ensemble
    expect 78 '' 'supai-ensemble: the-key: not for you alone (mode 644): *'
    # The file is named from the panel on, unless its path is a whole one.
    mkdir of && mv panel of/panel
    ensemble --panel of/panel
    expect 78 '' 'supai-ensemble: key file of/the-key: No such file or directory'
    sed -i.old "s|the-key|$PWD/the-key|" of/panel
    ensemble --panel of/panel
    expect 78 '' "supai-ensemble: $PWD/the-key: not for you alone (mode 644): *"
}

@test "no key is in any output: not in text, thinking, errors, messages or what is sent on" {
    events '{"choices":[{"index":0,"delta":{"reasoning_content":"I saw panel-key-01234"}}]}' \
        '{"choices":[{"index":0,"delta":{"reasoning_content":"56789."}}]}' \
        "$(says 'The key is panel-k')" "$(says 'ey-012345')" "$(says '6789, so')" "$(says ' panel')" "$(stops)" >echo
    printf 'HTTP/1.1 400 Bad\r\nConnection: close\r\n\r\n{"error":{"message":"wrong key panel-key-0123456789"}}' >bad
    events '{"error":{"message":"wrong key panel-key-0123456789"}}' >worse
    raw_model a echo
    raw_model b bad
    raw_model c worse
    model d --reply Two
    model m
    printf '%s\n' 'main m' 'mode auto a b c d' >>panel
    request
    ensemble -v --retries 0
    assert_equal "$status" 0
    assert_equal "$(chunks | sed -n '/^text a\|^thinking a/s/$/|/p')" 'thinking a I saw |
thinking a ***.|
text a The key is |
text a ***, so|
text a  |
text a panel|'
    [[ $stderr != *0123456789* && $output != *0123456789* ]]
    [[ $(errors_of b) == 'HTTP 400: wrong key ***|null' ]]
    [[ $(errors_of c) == 'wrong key ***|null' ]]
    assert_equal "$(grep -c 'panel-key-0123456789' "${LOG[m]}")" 0
    # With one model, the standard chunks as well.
    request '.models = ["a"] | .include_supai_chunks = false'
    grep -v '^mode ' panel >p && mv p panel
    ensemble
    assert_equal "$(answer)" 'The key is ***, so panel'
}

# --- many -----------------------------------------------------------------------------

@test "32 models at once, in less than 32 MiB" {
    [ -r /proc/self/status ] || skip "no /proc"
    model a --delay 20 --reply "$(head -c 400 /dev/zero | tr '\0' 'x')"
    echo 'mode auto a*32' >>panel
    request
    supai-ensemble --panel panel --merge vote request >out 3>&- &
    pid=$!
    until_true grep -qs '"key":"a#32","modelId":"a"},"type":"text","text"' out
    kb=$(awk '/^VmHWM:/ { print $2 }' /proc/$pid/status)
    wait $pid
    assert_equal "$(times_asked a)" 32
    [ -n "${SUPAI_SAN-}" ] || [ "$kb" -lt $((32 * 1024)) ] || fail "$kb KiB"
    supai-sse <out | supai-fold | jq -e '.supai.final_models | length == 32'
}

@test "the recorded answers of the service hold what the checker says, and broken ones do not" {
    check() { jq -c 'select(.object == "supai.chunk")' "$1" | jq -sr -f "$ROOT/tests/invariants.jq"; }
    assert_equal "$(check "$DATA/ensemble.ndjson")" ''
    sed '/"done"/d' "$DATA/ensemble.ndjson" >no-done
    [[ $(check no-done) == *'is done once'* ]]
    sed '/"text-start"/d' "$DATA/ensemble.ndjson" >no-start
    [[ $(check no-start) == *'a text has a text-start before it'* ]]
    sed '/run-mode-call/d' "$DATA/ensemble.ndjson" >no-call
    [[ $(check no-call) == *'run-mode-call is first'* ]]
    need_traces
    # A clean one, retries, main that failed, none with a consensus.
    for trace in 670a6b32b3f67b11c0799489 6723658569bb6b9a5a4499b0 66fc2df0b72463921f6c40f2 66ea12bd86227f91af18b88b; do
        gzip -dc "$TRACES/$trace.ndjson.gz" >trace
        assert_equal "$(check trace)" ''
    done
}
