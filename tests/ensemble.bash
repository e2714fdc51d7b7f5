# What the ensemble*.bats files load beside helper: a panel of mocks.

# panel_setup: an empty panel, in which the mocks' host has a key of its own.
panel_setup() {
    common_setup
    export PANEL_KEY=panel-key-0123456789
    : >panel
    echo 'key 127.0.0.1 env PANEL_KEY' >>panel
    declare -gA LOG URL
}

# model ID [option ...]: a mock as one of the panel's models; $JSON is merged into its
# requests. Its log and its base URL are ${LOG[ID]} and ${URL[ID]}.
model() {
    local id=$1
    shift
    mock_start "$@"
    LOG[$id]=$MOCK_LOG URL[$id]=$SUPAI_BASE_URL
    echo "model $id $SUPAI_BASE_URL fast ${JSON-}" >>panel
    unset SUPAI_BASE_URL SUPAI_API_KEY
}

# raw_model ID [option ...] [FILE ...]: the same with a server that says those bytes.
raw_model() {
    local id=$1
    shift
    raw_start "$@"
    LOG[$id]=$RAW_LOG URL[$id]=$SUPAI_BASE_URL
    echo "model $id $SUPAI_BASE_URL fast ${JSON-}" >>panel
    unset SUPAI_BASE_URL SUPAI_API_KEY
}

# event JSON ...: a response that streams these events, and [DONE]; stream is the same
# without it.
stream() {
    printf 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n'
    printf 'data: %s\n\n' "$@"
}
events() { stream "$@" '[DONE]'; }

# says TEXT: the event of a delta; stops [REASON]: the one that ends the answer.
says() { printf %s "$1" | jq -Rsc '{choices:[{index:0,delta:{content:.}}]}'; }
stops() { jq -nc --arg why "${1-stop}" '{choices:[{index:0,delta:{},finish_reason:$why}]}'; }

# request [FILTER]: the file request: one that streams everything, changed by a jq filter.
request() {
    jq -nc '{model:"auto",stream:true,stream_options:{include_usage:true},include_supai_chunks:true,
        messages:[{role:"user",content:"What is it?"}]}' | jq -c "${1-.}" >request
}

# ensemble [option ...]: runs it on the panel and the request.
ensemble() { run --separate-stderr supai-ensemble --panel panel "$@" request; }

# What the last run wrote: its events; the chunks of the ensemble, each as
# "type key text"; the final answer's text; one object.
written() { printf '%s\n\n' "$output" | supai-sse --no-done; }
chunks() {
    written | jq -r 'select(.object == "supai.chunk").chunk
        | [.type, ._source.key // empty, .text // .value // .message // empty] | map(tostring) | join(" ")'
}
answer() { written | jq -j 'select(.object == "chat.completion.chunk").choices[].delta.content // empty'; }
folded() { written | supai-fold; }

# What a model was asked: its requests, one a line.
asked() { jq -c .body "${LOG[$1]}"; }
times_asked() { wc -l <"${LOG[$1]}" | tr -d ' '; }
raw_times_asked() { grep -o '# connection' "${LOG[$1]}" | wc -l | tr -d ' '; }

# holds: nothing of tests/invariants.jq is violated by what the last run wrote.
holds() {
    written | jq -c 'select(.object == "supai.chunk")' | jq -sr -f "$ROOT/tests/invariants.jq" >violations
    assert_equal "$(cat violations)" ''
}
