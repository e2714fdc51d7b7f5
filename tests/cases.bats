# Answers as services really send them, small: what the tools make of each.
load helper

# each: for every line of standard input: FILE, the stages after supai-sse (all of them
# where FILE is no event stream; ";" stands between), their standard output (printf's
# escapes), the statuses of all stages and a pattern for standard error, "|" between.
each() {
    local file pipe out statuses err line want
    while IFS='|' read -r file pipe out statuses err; do
        case $file in
        *.sse) line="supai-sse${one:+ -1} '$DATA/cases/$file' | $pipe" ;;
        *) line="<'$DATA/cases/$file' $pipe" ;;
        esac
        line=${line//;/|}
        run_pipe "$line"
        # shellcheck disable=SC2059
        want=$(printf "$out")
        [ "$output" = "$want" ] && [ "$stages" = "$statuses" ] || fail "$line
gave: $output
not:  $want
with: $stages, not $statuses
said: $stderr"
        # shellcheck disable=SC2053
        [[ $stderr == $err ]] || fail "$line
said: $stderr
not:  $err"
    done
}

@test "text in parts, beside a message, in halves, said twice, in audio" {
    each <<'E'
parts.sse|supai-text|Hello|0 0|
parts.sse|supai-text -t|Hmm|0 0|
parts.sse|supai-fold ; jq -c .choices[0].message|{"role":"assistant","content":"Hello","reasoning_content":"Hmm"}|0 0 0|
parts-only.sse|supai-text|Hello|0 0|
parts-message.json|supai-text|Hello|0|
parts-summary-and-text.json|supai-text -t|Hmm|0|
parts-summary.sse|supai-text|Hello|0 0|
parts-summary.sse|supai-text -t|Hmm|0 0|
parts-summary.sse|supai-fold ; jq -c .choices[0].message|{"role":"assistant","content":"Hello","reasoning_content":"Hmm"}|0 0 0|
audio.sse|supai-text|Hello|0 0|
audio.sse|supai-fold ; jq -c .choices[0].message|{"role":"assistant","content":null,"audio":{"id":"audio_1","transcript":"Hello","data":"AAAA","expires_at":1760003600}}|0 0 0|
delta-and-message.sse|supai-text|Hello|0 0|
delta-and-message.sse|supai-fold ; jq -r .choices[0].message.content|Hello|0 0 0|
surrogate-halves.sse|supai-text|a😀b|0 0|
surrogate-halves.sse|supai-fold ; jq -r .choices[0].message.content|a😀b|0 0 0|
said-twice.sse|supai-text|haha|0 0|
reasoning-details.sse|supai-text -t|Let me think|0 0|
reasoning-details.sse|supai-text|Hello|0 0|
reasoning-details.sse|supai-fold ; jq -c .choices[0].message.reasoning_details|[{"type":"reasoning.text","text":"Let me think","format":"unknown","index":0}]|0 0 0|
refusal.sse|supai-text|I cannot do that.|0 1|supai-text: the model refused to answer
refusal.sse|supai-fold ; jq -r .choices[0].message.refusal|I cannot do that.|0 1 0|supai-fold: the model refused to answer
E
}

@test "an answer that finishes at odd times, or whose ids are odd, is one answer" {
    each <<'E'
stop-in-every-chunk.sse|supai-text|Hello world|0 0|
stop-in-every-chunk.sse|supai-fold ; jq -r .id|chatcmpl-h2a|0 0 0|
stop-before-text.sse|supai-text|Hello|0 0|
content-after-finish.sse|supai-text|Hello|0 0|
id-per-chunk.sse|supai-text|Hello world|0 0|
id-per-chunk.sse|supai-fold ; jq -r .id|chat.id.0|0 0 0|
id-late.sse|supai-text|Hello|0 0|
id-late.sse|supai-fold ; jq -r .id|chatcmpl-h2a|0 0 0|
empty-id-at-end.sse|supai-fold ; jq -c '[.id,.model,.created]'|["chatcmpl-h2a","auto",1760000000]|0 0 0|
closing-completion.sse|supai-text|Hello|0 0|
closing-completion.sse|supai-fold ; jq -r .choices[0].message.content|Hello|0 0 0|
serial-choices.sse|supai-fold ; jq -c '[.choices[].message.content]'|["one","two"]|0 0 0|
usage-tail-with-role.sse|supai-fold ; jq -c .usage.total_tokens|2|0 0 0|
E
}

@test "an id and an end for each chunk: one answer with -1" {
    one=1
    each <<'E'
stop-and-id-in-every-chunk.sse|supai-text -1|Hello|0 0|
stop-and-id-in-every-chunk.sse|supai-fold -1 ; jq -r .choices[0].message.content|Hello|0 0 0|
E
}

@test "several answers" {
    each <<'E'
two-answers.sse|supai-text|one\ntwo|0 0|
two-answers.sse|sed -n 3p||0 0|
cut-then-whole.ndjson|supai-text|cut short\nwhole|76|supai-text: the answer is not whole*
cut-recordings.ndjson|supai-text|whole|76|supai-text: the answer is not whole*
cut-recordings.ndjson|supai-fold ; jq -r .supai.threads.main.text|cut\nwhole|76 0|supai-fold: the answer is not whole*
E
}

@test "calls of tools, with and without index and id" {
    calls='.choices[0].message.tool_calls|map([.id,.function.name,.function.arguments])'
    for call in 'tool-call-no-index.sse [["call_1","save","{\"a\":1}"]]' \
        'tool-calls-same-index.sse [["call_1","a","{}"],["call_2","b","{}"]]'; do
        assert_equal "$(supai-sse "$DATA/cases/${call%% *}" | supai-fold | jq -c "$calls")" "${call#* }"
    done
}

@test "the end: [DONE] among blanks, alone, missing" {
    each <<'E'
done-and-space.sse|supai-text|Hello|0 0|
done-only.sse|supai-text||76 66|supai-sse: *: [[]DONE], and no event before it
E
}

@test "errors: each said with what it means" {
    each <<'E'
error-field.sse|supai-text||65 66|supai-sse: *: the service reports an error: the request exceeds the available context size
error-type.sse|supai-text||76 65|*supai-text: the service says: maximum context length is 163840 tokens*
choice-error.sse|supai-text|Partial |0 69|supai-text: the service says: upstream timed out
error-400.sse|supai-text|Par|0 65|supai-text: the service says: the prompt is too long
error-quota-no-done.sse|supai-text||76 77|*supai-text: the service says: You exceeded your current quota*
error-unfinished.sse|supai-text|Par|69 76|supai-sse: *: the service reports an error: Internal Server Error*supai-text: the answer is not whole*
E
}

@test "errors in members of the service's own, and under other names, are told too" {
    each <<'E'
groq-stopped-early.sse|supai-text|Hel|0 69|supai-text: the service says: over capacity
groq-stopped-early.sse|supai-fold ; jq -c .error|"over capacity"|0 69 0|supai-fold: the service says: over capacity
minimax-balance.json|supai-text||69|supai-text: the service says: insufficient balance
minimax-balance.json|supai-fold ; jq -c .error.status_code|1008|69 0|supai-fold: the service says: insufficient balance
minimax-limit.sse|supai-text|Hel|0 69|supai-text: the service says: rate limit
http-status-code.sse|supai-text||0 65|supai-text: the service says: too many input tokens
message-object.json|supai-text||65|supai-text: the service says: body.store: Extra inputs are not permitted
E
}

@test "each of them gives the same records however it is cut" {
    sse_split "$DATA"/cases/*.sse
}
