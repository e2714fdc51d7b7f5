#!/usr/bin/env bats
# supai-serve among others: as a gateway, asked by OpenAI's own clients, by
# supai-batch and by supai, started by systemd.

load helper
load serve

# OpenAI's clients: what `make bench-peers` got, else the system's; SERVE_PYTHON names
# another Python.
python() {
    local own=$BUILD/peers/python/bin/python
    [ -x "$own" ] || own=python3
    "${SERVE_PYTHON:-$own}" "$@"
}
export NODE_PATH=${NODE_PATH:-$BUILD/peers/node/node_modules}
need_python_sdk() { python -c 'import openai' 2>/dev/null || skip "no OpenAI SDK for Python"; }
need_node_sdk() { node -e 'require("openai")' 2>/dev/null || skip "no OpenAI SDK for Node"; }

# users_panel: the user's own, of three mocks that stand for models and one for main,
# which fails where the request says so.
users_panel() {
    local i panel=$HOME/.config/supai/panel
    mkdir -p "${panel%/*}"
    for i in 1 2 3; do
        mock_start --logprobs --reply "Draft $i."
        echo "model m$i $SUPAI_BASE_URL fast" >>"$panel"
    done
    mock_start --reply 'Seven is one.' --refuse top_k
    printf '%s\n' "model last $SUPAI_BASE_URL fast" 'key 127.0.0.1 env PANEL_KEY' 'main last' 'mode council m1 m2 m3' \
        'mode last last' >>"$panel"
    export PANEL_KEY=$SUPAI_API_KEY
    unset SUPAI_BASE_URL SUPAI_API_KEY
}

# with_keys TOKEN: a keys file.
with_keys() {
    printf '%s\n' "$@" >keys
    chmod 600 keys
}

### A gateway

@test "a gateway passes on byte for byte what the service sends, streamed and whole" {
    mock_start --replay "$DATA/ensemble.ndjson"
    for stream in true false; do
        hi='{"stream":'$stream',"messages":[{"role":"user","content":"x"}]}'
        URL=$SUPAI_BASE_URL/chat/completions
        post -H "Authorization: Bearer x" >direct
        serve_start --no-key --answer supai-send
        post >through
        if [ "$stream" = true ]; then
            cmp direct through
        else        # a completion has a number and a time of its own
            cmp <(jq 'del(.id, .created)' direct) <(jq 'del(.id, .created)' through)
        fi
        assert_equal "$(cat serve.err)" ''
    done
}

@test "a gateway keeps the key: the client's is not passed on" {
    printf 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 3\r\n\r\n{}\n' >response
    raw_start response
    export SUPAI_API_KEY=the-services-own-key
    with_keys 'the-clients-own-key alice'
    serve_start --keys keys --log log --answer supai-send
    answers 200 0 '{}' -H 'Authorization: Bearer the-clients-own-key' -H 'X-Mine: mine' -H 'Cookie: mine'
    grep -q '^Authorization: Bearer the-services-own-key' "$RAW_LOG"
    refute grep -qi -e the-clients -e mine "$RAW_LOG"
    refute grep -q -e own-key log serve.err
    tail -n 1 "$RAW_LOG" | grep -qxF "$hi"
}

@test "a gateway's failures: the service's message for 400 and 429, none of the key's" {
    for try in '400|400|the request' '429|429|too many' '401|502|there was' '503|502|there was' '404|400|HTTP 404'; do
        IFS='|' read -r upstream want words <<<"$try"
        mock_start --fail "$upstream" --retry-after 0
        serve_start --no-key --answer 'supai-send --retries 0'
        run curl -sS -o body -w '%{http_code}' --data-binary "$hi" "$URL"
        assert_output "$want"
        jq -e --arg words "$words" '.error.message | contains($words)' body
    done
    # Cut in the middle, after what the service had sent.
    mock_start --cut 3
    serve_start --no-key --answer supai-send
    hi='{"stream":true,"messages":[{"role":"user","content":"one two red big sea waves"}]}'
    run -18 --separate-stderr post
    assert_equal "$(grep -c '^data: {"id' <<<"$output")" 3
    assert_line --partial '"there was no answer, or not all of it"'
}

@test "all the tools ask it as they ask the service" {
    mock_start --reply 'Well.'
    run --separate-stderr supai-serve --answer supai-send -- sh -c '
        supai hello
        supai-req -x hello | supai-send | supai-sse | supai-fold | jq -c "[.choices[0].message.content, (.supai.threads | length)]"
        supai --no-such 2>/dev/null || echo $?'
    expect 0 $'Well.\n["Well.",4]\n64' ''
}

@test "supai-batch through it: 200 questions, each answered once" {
    mock_start
    with_keys 'token batch'
    serve_start --keys keys -j 8 --log log --answer supai-send
    for n in $(seq 200); do
        printf '{"messages":[{"role":"user","content":"number %d"}]}\n' "$n"
    done >questions
    SUPAI_BASE_URL=$BASE SUPAI_API_KEY=token run --separate-stderr supai-batch -j 32 -o results questions
    expect 0 '' ''
    assert_equal "$(jq -r .response.body.choices[0].message.content results | sort)" "$(seq 200 | sed 's/^/number /' | sort)"
    assert_equal "$(mock_requests)" 200
    assert_equal "$(jq -r '"\(.client) \(.status)"' log | sort | uniq -c | sed 's/^ *//')" '200 batch 200'
    # With no place to wait in it is told to come later, which it does.
    serve_start --keys keys -j 1 --queue 0 --answer 'sleep 0.1; cat >/dev/null; printf "data: {\"id\":\"1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"x\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"'
    head -n 2 questions >two
    SUPAI_BASE_URL=$BASE SUPAI_API_KEY=token run --separate-stderr supai-batch -q -j 2 two
    assert_equal "$status $(wc -l <<<"$output" | tr -d ' ')" '0 2'
}

### OpenAI's clients

@test "OpenAI's client for Python: whole, streamed, typed errors, its list of models" {
    need_python_sdk
    mock_start --reply 'Seven is one.'
    with_keys token
    serve_start --keys keys --answer 'cat >request.$$; grep -q slow request.$$ && { echo "slow down" >&2; exit 75; }
        grep -q torn request.$$ && { printf "data: {\"id\":\"1\",\"object\":\"chat.completion.chunk\",\"created\":0,\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"tor\"},\"finish_reason\":null}]}\n\n"; exit 69; }
        supai-send <request.$$'
    cat >ask.py <<'END'
import openai, sys
def client(key):
    return openai.OpenAI(base_url=sys.argv[1], api_key=key, max_retries=0)
def ask(c, words, **more):
    return c.chat.completions.create(model="fast", messages=[{"role": "user", "content": words}], **more)
c = client("token")
print(ask(c, "a prime").choices[0].message.content)
print("".join(e.choices[0].delta.content or "" for e in ask(c, "a prime", stream=True) if e.choices))
print([m.id for m in c.models.list()][0])
for make in (lambda: ask(client("wrong"), "x"), lambda: ask(c, "slow"),
             lambda: c.chat.completions.create(model="no-mode", messages=[{"role": "user", "content": "x"}])):
    try:
        make()
    except openai.APIStatusError as e:
        print(type(e).__name__, e.status_code, e.code)
text = ""
try:
    for e in ask(c, "torn", stream=True):
        text += e.choices[0].delta.content or ""
except openai.APIError as e:
    print(type(e).__name__, text, e.message)
END
    run --separate-stderr python ask.py "$BASE"
    assert_equal "$output" 'Seven is one.
Seven is one.
auto
AuthenticationError 401 invalid_api_key
RateLimitError 429 rate_limit_exceeded
BadRequestError 400 model_not_found
APIError tor there was no answer, or not all of it'
    expect 0 "$output" ''
}

@test "OpenAI's client for Node: whole, streamed, typed errors" {
    need_node_sdk
    mock_start --reply 'Seven is one.'
    with_keys token
    serve_start --keys keys --answer supai-send
    cat >ask.js <<'END'
const OpenAI = require("openai");
const client = (apiKey) => new OpenAI({ baseURL: process.argv[2], apiKey, maxRetries: 0 });
const ask = (c, model, more) =>
    c.chat.completions.create({ model, messages: [{ role: "user", content: "a prime" }], ...more });
(async () => {
    const c = client("token");
    console.log((await ask(c, "fast")).choices[0].message.content);
    let text = "";
    for await (const e of await ask(c, "fast", { stream: true })) text += e.choices[0]?.delta?.content ?? "";
    console.log(text);
    for (const make of [() => ask(client("wrong"), "fast"), () => ask(c, "no-mode")])
        try { await make(); } catch (e) { console.log(e.constructor.name, e.status, e.code); }
})();
END
    run --separate-stderr node ask.js "$BASE"
    expect 0 'Seven is one.
Seven is one.
AuthenticationError 401 invalid_api_key
BadRequestError 400 model_not_found' ''
}

@test "the ensemble by OpenAI's client for Python: whole, streamed, a refusal" {
    need_python_sdk
    users_panel
    serve_start --no-key --unlisted
    cat >ask.py <<'END'
import openai, sys
c = openai.OpenAI(base_url=sys.argv[1], api_key="none", max_retries=0)
def ask(model="council", **more):
    return c.chat.completions.create(model=model, messages=[{"role": "user", "content": "a prime"}], **more)
answer = ask()
print(answer.choices[0].message.content, answer.choices[0].finish_reason, answer.usage.total_tokens > 0)
text, kinds, used = "", [], 0
for e in ask(stream=True, stream_options={"include_usage": True}, extra_body={"include_supai_chunks": True}):
    if e.object == "supai.chunk":
        kinds.append(e.chunk["type"])
    for choice in e.choices or []:
        text += choice.delta.content or ""
    used = max(used, e.usage.total_tokens if getattr(e, "usage", None) else 0)
print(text, kinds[0], kinds.count("confidence-score"), used == answer.usage.total_tokens)
try:
    ask("last", extra_body={"top_k": 1})
except openai.BadRequestError as e:
    print(type(e).__name__, e.status_code)
END
    run --separate-stderr python ask.py "$BASE"
    expect 0 'Seven is one. stop True
Seven is one. run-mode-call 3 True
BadRequestError 400' ''
}

@test "the ensemble by OpenAI's client for Node: whole, streamed, a refusal" {
    need_node_sdk
    users_panel
    serve_start --no-key --unlisted
    cat >ask.js <<'END'
const OpenAI = require("openai");
const c = new OpenAI({ baseURL: process.argv[2], apiKey: "none", maxRetries: 0 });
const ask = (model, more) =>
    c.chat.completions.create({ model, messages: [{ role: "user", content: "a prime" }], ...more });
(async () => {
    const answer = await ask("council");
    console.log(answer.choices[0].message.content, answer.choices[0].finish_reason, answer.usage.total_tokens > 0);
    let text = "", kinds = [], used = 0;
    for await (const e of await ask("council", { stream: true, stream_options: { include_usage: true }, include_supai_chunks: true })) {
        if (e.object === "supai.chunk") kinds.push(e.chunk.type);
        text += e.choices?.[0]?.delta?.content ?? "";
        used = e.usage?.total_tokens ?? used;
    }
    console.log(text, kinds[0], kinds.filter((k) => k === "confidence-score").length, used === answer.usage.total_tokens);
    try { await ask("last", { top_k: 1 }); } catch (e) { console.log(e.constructor.name, e.status); }
})();
END
    run --separate-stderr node ask.js "$BASE"
    expect 0 'Seven is one. stop true
Seven is one. run-mode-call 3 true
BadRequestError 400' ''
}

### systemd

@test "a socket that is open already is served, by its own address" {
    command -v systemd-socket-activate >/dev/null || skip 'no systemd-socket-activate'
    serve_start --no-key --answer true      # to find a free port
    port=${BASE#http://*:}
    port=${port%%/*}
    serve_stop
    systemd-socket-activate -l "127.0.0.1:$port" "$BIN/supai-serve" --no-key --answer 'env >environ; echo "{}"' >out 2>err 3>&- &
    SERVE_PID=$!
    MOCK_PIDS="$MOCK_PIDS $SERVE_PID"
    URL=http://127.0.0.1:$port/v1/chat/completions
    until_true eval 'post >/dev/null 2>&1'
    answers 200 0 '{}'
    assert_equal "$(cat out)" "http://127.0.0.1:$port/v1/openai"
    refute grep -q '^LISTEN_' environ
    serve_stop
    assert_equal "$status" 0
    # Loopback is what the socket says.
    systemd-socket-activate -l "0.0.0.0:$port" "$BIN/supai-serve" --no-key --answer true >out 2>err 3>&- &
    SERVE_PID=$!
    MOCK_PIDS="$MOCK_PIDS $SERVE_PID"
    until_true eval 'curl -sS -o /dev/null --max-time 5 "$URL" 2>/dev/null; grep -q supai-serve: err'
    status=0
    wait $SERVE_PID || status=$?
    assert_equal "$status" 78
    grep -q 'supai-serve: --no-key is for loopback addresses' err
}

@test "LISTEN_FDS: what is no listening socket is 78; another process's is passed over" {
    run --separate-stderr sh -c 'LISTEN_FDS=1 LISTEN_PID=$$ exec supai-serve --no-key --answer true 3</dev/null'
    expect 78 '' 'supai-serve: descriptor 3, which LISTEN_FDS tells of, is no listening socket'
    LISTEN_FDS=1 LISTEN_PID=1 serve_start --no-key --answer 'echo "{}"'
    answers 200 0 '{}'
}

@test "the units of the page are what systemd takes" {
    command -v systemd-analyze >/dev/null || skip 'no systemd-analyze'
    awk '/^# \/etc\/systemd\/system\// { file = $2; sub(".*/", "", file); next }
        /^\.Ed/ { file = "" } file != "" { print >file }' "$ROOT/man/supai-serve.1"
    ln -s "$BIN" programs # systemd splits words at blanks
    sed -i.was "s|/usr/local/bin/|$PWD/programs/|" supai-serve@.service
    rm supai-serve@.service.was
    sed 's/^ListenStream=.*%i/ListenStream=127.0.0.1:8787/' supai-serve@.socket >supai-serve@8787.socket
    run systemd-analyze verify ./supai-serve@.service ./supai-serve@8787.socket
    assert_equal "$status" 0
    assert_output ''
}
