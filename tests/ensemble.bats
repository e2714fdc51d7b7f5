#!/usr/bin/env bats
# supai-ensemble: who is asked, what they are asked, and what is written when all goes
# well. How answers are merged is ensemble-merge.bats', what fails ensemble-fail.bats'.

load helper
load ensemble
load tls

setup() { panel_setup; }

# --- the panel ------------------------------------------------------------------

@test "no panel, or an empty one, is 78, with three lines that show how one looks" {
    request
    run --separate-stderr supai-ensemble request
    expect 78 '' "supai-ensemble: no panel: $HOME/.config/supai/panel has no line 'model'*
supai-ensemble: model *
supai-ensemble: model *
supai-ensemble: key *"
    assert_equal "${#stderr_lines[@]}" 4
    : >panel
    ensemble
    assert_equal "$status$output" 78
    rm panel
    ensemble
    assert_equal "$status$output" 78
    assert_equal "${#stderr_lines[@]}" 4
}

@test "what that shows is a panel" {
    request '.models = ["llama3.2"]'
    run --separate-stderr supai-ensemble request
    printf '%s\n' "${stderr_lines[@]:1}" | cut -d' ' -f2- >panel
    ensemble --dry-run
    assert_equal "$status$stderr" 0
    assert_equal "$output" $'llama3.2\thttp://127.0.0.1:11434/v1/chat/completions\tllama3.2\tno key'
}

@test "the configuration's panel, and --panel's instead of it" {
    mkdir -p home/.config/supai
    echo 'model a http://127.0.0.1:1/v1' >home/.config/supai/panel
    echo 'model b http://127.0.0.1:2/v1 bee' >panel
    request
    run --separate-stderr supai-ensemble --dry-run request
    expect 0 $'a\thttp://127.0.0.1:1/v1/chat/completions\ta\tno key' ''
    XDG_CONFIG_HOME=$PWD/xdg run --separate-stderr supai-ensemble --dry-run request
    assert_equal "$status" 78
    ensemble --dry-run
    expect 0 $'b\thttp://127.0.0.1:2/v1/chat/completions\tbee\tno key' ''
}

@test "a panel's URL that is wrong is 78, with file and line, and shows no password" {
    request
    echo 'model a localhost/v1' >>panel
    ensemble
    expect 78 '' "supai-ensemble: panel: line 2: 'localhost/v1': no https:// at its start"
    echo 'model a http://me:secret@127.0.0.1/v1' >panel
    ensemble
    expect 78 '' "supai-ensemble: panel: line 1: *a user name or password*"
    [[ $stderr != *secret* ]]
    echo 'model a http://192.0.2.1/v1' >panel
    ensemble
    expect 78 '' 'supai-ensemble: http://192.0.2.1/v1/chat/completions: plain http *--insecure-http'
}

@test "--models and --base-url: no panel; the key's options go with them alone" {
    mock_start --reply yes
    url=$SUPAI_BASE_URL
    unset SUPAI_BASE_URL SUPAI_API_KEY
    (umask 077; echo key-of-this-host >key)
    request
    run --separate-stderr supai-ensemble --base-url "$url" --models 'fast, thinking*2' --key-file key request
    assert_equal "$status$stderr" 0
    assert_equal "$(folded | jq -c '[.supai.start_models, .choices[0].message.content]')" \
        '[["fast","thinking","thinking#2"],"yes"]'
    holds
    run --separate-stderr supai-ensemble --base-url "$url" --models a --dry-run --no-key request
    expect 0 "a"$'\t'"$url/chat/completions"$'\ta\tno key' ''
    printf 'Authorization: Bearer in-a-header\n' >header && chmod 600 header
    run --separate-stderr supai-ensemble --base-url "$url" --models fast --header @header request
    assert_equal "$status$stderr" 0
    for options in '--key-file key' --no-key '--header A:b'; do
        # shellcheck disable=SC2086 # words
        ensemble $options
        expect 64 '' 'supai-ensemble: --key-file, --no-key and --header go with --base-url*'
    done
    run --separate-stderr supai-ensemble --models a request
    expect 64 '' 'supai-ensemble: --models and --base-url go together*'
    run --separate-stderr supai-ensemble --base-url "$url" request
    expect 64 '' 'supai-ensemble: --models and --base-url go together*'
    run --separate-stderr supai-ensemble --base-url "$url" --models a --panel panel request
    expect 64 '' 'supai-ensemble: --panel and --base-url: one or the other*'
    for ids in '' ',' 'a,' ',a' 'a, ,b'; do
        run --separate-stderr supai-ensemble --base-url "$url" --models "$ids" request
        expect 64 '' 'supai-ensemble: --models: an empty id*'
    done
    run --separate-stderr supai-ensemble --base-url "$url" --models 'a, b c ,d' request
    expect 64 '' "supai-ensemble: --models: 'b c' cannot be an id*"
    run --separate-stderr supai-ensemble --base-url "$url" --models a,main request
    expect 64 '' "supai-ensemble: --models: 'main' is the final answer's*"
    run --separate-stderr supai-ensemble --base-url nowhere --models a request
    expect 64 '' "supai-ensemble: --base-url: 'nowhere': no https:// at its start"
    run --separate-stderr supai-ensemble --base-url https://example.org/v1 --models a request
    expect 78 '' 'supai-ensemble: no key for example.org: give --key-file FILE*'
}

# --- who is asked ---------------------------------------------------------------

# whom [FILTER]: the keys that a request asks.
whom() {
    request "${1-.}"
    supai-ensemble --panel panel --dry-run request 2>err | cut -f1 | grep -vx -e main -e judge | tr '\n' ' '
}

@test "a mode without a line asks the first 1, 3, 6 or 9 of the literal ids" {
    for i in 1 2 3 4 5 6 7 8 9 10; do
        echo "model m$i http://127.0.0.1:1/v1" >>panel
        echo "model glob$i/* http://127.0.0.1:1/v1" >>panel
    done
    assert_equal "$(whom '.model = "fast"')" 'm1 '
    assert_equal "$(whom '.model = "thinking"')" 'm1 m2 m3 '
    assert_equal "$(whom 'del(.model)')" 'm1 m2 m3 '
    assert_equal "$(whom '.model = "deep-thinking"')" 'm1 m2 m3 m4 m5 m6 '
    assert_equal "$(whom '.model = "expert"')" 'm1 m2 m3 m4 m5 m6 m7 m8 m9 '
    request '.model = "unheard-of"'
    ensemble
    expect 65 '' "supai-ensemble: request: unknown mode 'unheard-of'"
    request '.model = "m2"'
    ensemble
    expect 65 '' "supai-ensemble: request: unknown mode 'm2': it is a model: put it into models"
}

@test "the request's models filter a mode's line, and without one are all asked" {
    printf 'model %s http://127.0.0.1:1/v1\n' a b c d 'x/*' >>panel
    echo 'mode mine d*2 b' >>panel
    assert_equal "$(whom '.model = "mine"')" 'd d#2 b '
    assert_equal "$(whom '.model = "mine" | .models = ["a", "b", "d"]')" 'd d#2 b '
    assert_equal "$(whom '.model = "mine" | .models = ["b"]')" 'b '
    assert_equal "$(whom '.model = "fast" | .models = ["c", "x/y", "a", "c"]')" 'c x/y a '
    assert_equal "$(whom '.models = []')" 'a b c '
    assert_equal "$(whom '.models = null')" 'a b c '
}

@test "named ids that nobody serves are left out, and told with -v; none left is 65" {
    printf 'model %s http://127.0.0.1:1/v1\n' a 'x/*' >>panel
    request '.models = ["a", "b", "main", "x/y#2", "c"]'
    ensemble --dry-run -v
    assert_equal "$status" 0
    assert_equal "$(cut -f1 <<<"$output")" a
    assert_equal "$stderr" 'supai-ensemble: nobody serves, and so left out: b, main, x/y#2, c'
    ensemble --dry-run
    assert_equal "$stderr" ''
    request '.models = ["b", "c"]'
    ensemble
    expect 65 '' "supai-ensemble: request: nobody is left to ask: no model of the panel's mode 'auto' is b, c"
    echo 'model x/* http://127.0.0.1:1/v1' >panel
    request
    ensemble
    expect 65 '' 'supai-ensemble: request: nobody is there to ask: the panel names no id, only patterns*'
}

@test "a literal id's line goes before a glob's, and of globs the first that matches" {
    printf 'model %s http://127.0.0.1:%s/v1\n' 'a/*' 1 'a/b*' 2 a/bc 3 '*' 4 >>panel
    request '.models = ["a/bc", "a/bd", "z"]'
    ensemble --dry-run
    assert_equal "$(cut -f1,2 <<<"$output" | sed 's|http://127.0.0.1:\(.\)/.*|\1|' | tr '\t\n' '= ')" 'a/bc=3 a/bd=1 z=4 '
    assert_equal "$(cut -f3 <<<"$output" | tr '\n' ' ')" 'a/bc a/bd z '
}

@test "--dry-run: who would be asked, where, with which key's source" {
    cat >panel <<'P'
model a https://one.example/v1 gpt-a
model b https://two.example:444/v1
model c https://api.sup.ai/v1/openai
model d https://four.example/v1
key one.example file keys/one
key two.example env ANY_PORT
key two.example:444 env THIS_PORT
main b d
mode auto a b c d
P
    mkdir -p home/.config/supai/keys
    : >'home/.config/supai/keys/four.example:443'
    : >home/.config/supai/keys/four.example
    request
    SUPAI_API_KEY=k ensemble --dry-run --judge a
    assert_equal "$status$stderr" 0
    assert_equal "$output" "a	https://one.example/v1/chat/completions	gpt-a	file keys/one
b	https://two.example:444/v1/chat/completions	b	env THIS_PORT
c	https://api.sup.ai/v1/openai/chat/completions	c	env SUPAI_API_KEY
d	https://four.example/v1/chat/completions	d	file $HOME/.config/supai/keys/four.example:443
main	https://two.example:444/v1/chat/completions	b	env THIS_PORT
main	https://four.example/v1/chat/completions	d	file $HOME/.config/supai/keys/four.example:443
judge	https://one.example/v1/chat/completions	gpt-a	file keys/one"
    rm 'home/.config/supai/keys/four.example:443'
    ensemble --dry-run
    [[ $output == *"file $HOME/.config/supai/keys/four.example"* ]]
    [[ $output != *four.example:443* ]]
    rm home/.config/supai/keys/four.example
    ensemble --dry-run
    [[ $output == *"its key is missing"* ]]
    run --separate-stderr supai-ensemble --panel panel --judge nobody request
    expect 64 '' "supai-ensemble: --judge: nobody serves 'nobody'*"
}

# --- what is asked --------------------------------------------------------------

@test "a model gets the request's members, and not those of the service" {
    model a --reply yes
    request '.models = ["a"] | . + {temperature: 0.5, seed: 9007199254740993, top_logprobs: 2,
        stop: ["x"], stream_options: null, environment: {user_name: "Joe"}, n: 1, tools: [], logprobs: false}'
    # As written: jq 1.6 knows no such number.
    sed 's/900719925474099[0-9]/9007199254740993/' request >r && mv r request
    ensemble
    assert_equal "$status$stderr" 0
    assert_equal "$(asked a | jq -S 'del(.messages)')" "$(jq -nS '{model: "fast", stream: true,
        stream_options: {include_usage: true}, logprobs: true, temperature: 0.5, seed: 9007199254740993,
        top_logprobs: 2, stop: ["x"], n: 1, tools: []}')"
    grep -q '"seed":9007199254740993' "${LOG[a]}"
}

@test "the environment is appended, as JSON, to the first system message" {
    model a
    request '.environment = {user_name: "Joe", location: {ip_address: "192.0.2.1"}}'
    ensemble
    assert_equal "$(asked a | jq -c .messages)" \
        '[{"role":"system","content":"{\"environment\":{\"user_name\":\"Joe\",\"location\":{\"ip_address\":\"192.0.2.1\"}}}"},{"role":"user","content":"What is it?"}]'
    : >"${LOG[a]}"
    request '.environment = {user_name: "Joe"} | .messages = [{role: "user", content: "1"},
        {role: "system", content: "Be brief.", name: "s"}, {role: "system", content: "Two"}, {role: "user", content: "2"}]'
    ensemble
    assert_equal "$(asked a | jq -c .messages[1:3])" \
        '[{"role":"system","content":"Be brief.\n\n{\"environment\":{\"user_name\":\"Joe\"}}","name":"s"},{"role":"system","content":"Two"}]'
    : >"${LOG[a]}"
    request '.environment = {} | .messages[0].role = "user"'
    ensemble
    assert_equal "$(asked a | jq -c .messages)" '[{"role":"user","content":"What is it?"}]'
    : >"${LOG[a]}"
    request '.environment = {user_name: "Joe"} | .messages = [{role: "system", content: [{type: "text", text: "Be brief."}]}] + .messages'
    ensemble
    assert_equal "$(asked a | jq -c .messages[0].content)" \
        '[{"type":"text","text":"Be brief."},{"type":"text","text":"{\"environment\":{\"user_name\":\"Joe\"}}"}]'
}

@test "a panel's JSON is merged into the requests; its system goes before the system message" {
    JSON='{"temperature": 0, "logprobs": null, "extra": {"a": 1, "b": null}, "model": "thinking", "system": "Doubt."}' model a
    request '. + {temperature: 1, extra: {b: 2, c: 3}, user: "u"}
        | .messages = [{role: "system", content: "Be brief."}] + .messages | .environment = {user_name: "Joe"}'
    ensemble
    assert_equal "$status$stderr" 0
    assert_equal "$(asked a | jq -c '[.temperature, .logprobs, .extra, .model, .user, .system]')" \
        '[0,null,{"c":3,"a":1},"thinking","u",null]'
    assert_equal "$(asked a | jq -c 'has("logprobs")')" false
    assert_equal "$(asked a | jq -c .messages[0].content)" '"Doubt.\n\nBe brief.\n\n{\"environment\":{\"user_name\":\"Joe\"}}"'
    : >panel
    JSON='{"system": "Doubt."}' model b
    echo 'key 127.0.0.1 env PANEL_KEY' >>panel
    request
    ensemble
    assert_equal "$(asked b | jq -c .messages[0])" '{"role":"system","content":"Doubt."}'
}

@test "n over 1, functions and tools are 65, and so is what is no request" {
    echo 'model a http://127.0.0.1:1/v1' >>panel
    refused() {
        request "$1"
        ensemble
        expect 65 '' "supai-ensemble: request: $2"
    }
    refused '.n = 2' 'n over 1: an ensemble gives one answer'
    refused '.functions = []' 'tools and functions: an ensemble calls none'
    refused '.tools = [{}]' 'tools and functions: an ensemble calls none'
    refused 'del(.messages)' 'messages must be an array with a message in it'
    refused '.messages = []' 'messages must be an array *'
    refused '.messages = ["hi"]' 'each of messages must be an object'
    refused '.models = "a"' 'models must be an array of ids'
    refused '.models = [1]' 'models must be an array of ids'
    refused '.model = 3' "model must be a mode's name"
    refused '.stream = 1' 'stream must be true or false'
    refused '.include_supai_chunks = "yes"' 'include_supai_chunks must be true or false'
    refused '[.]' 'not a JSON object'
    echo '{"messages"' >request
    ensemble
    expect 65 '' 'supai-ensemble: request: not JSON: *'
    run --separate-stderr supai-ensemble --panel panel </dev/null
    expect 66 '' ''
    run --separate-stderr supai-ensemble --panel panel nosuch
    expect 66 '' 'supai-ensemble: nosuch: No such file or directory'
    run --separate-stderr supai-ensemble --panel panel --max-record 10 request
    expect 65 '' 'supai-ensemble: request: longer than 10 bytes (--max-record)'
}

@test "who refuses logprobs or stream_options is asked again without it, once in a run" {
    model a --refuse logprobs --refuse top_logprobs --refuse stream_options --reply yes
    model b --reply no
    request '.top_logprobs = 1'
    echo 'mode auto a*2 b' >>panel
    ensemble --rounds 2 --retries 0
    assert_equal "$status$stderr" 0
    # Two samples learn it at once, in three requests each; then it is known: two in the
    # second round, one as main.
    assert_equal "$(times_asked a)" 9
    assert_equal "$(asked a | jq -c 'select(has("logprobs"))' | wc -l | tr -d ' ')" 2
    assert_equal "$(asked a | jq -c 'select(has("top_logprobs"))' | wc -l | tr -d ' ')" 2
    assert_equal "$(asked a | jq -c 'select(has("stream_options"))' | wc -l | tr -d ' ')" 4
    assert_equal "$(asked b | jq -c 'has("logprobs") and has("stream_options")' | sort -u)" true
    assert_equal "$(folded | jq -c '.supai.threads.a | [.text, .retries, .errors]')" '["yes",0,[]]'
}

@test "a refusal that names neither is one" {
    model a --fail 400 --body '{"error":{"message":"too many tokens","param":"max_tokens"}}'
    request '.models = ["a"]'
    ensemble
    assert_equal "$status" 65
    assert_equal "$(times_asked a)" 1
    for body in '{"error":{"message":"no","param":"logprobs"}}' '{"detail":[{"loc":["body","logprobs"],"msg":"no"}]}' \
        'logprobs is not supported'; do
        : >panel
        echo 'key 127.0.0.1 env PANEL_KEY' >>panel
        model b --fail 422:1 --body "$body" --reply yes
        request '.models = ["b"]'
        ensemble
        assert_equal "$status" 0
        assert_equal "$(asked b | jq -c 'has("logprobs")' | tr '\n' ' ')" 'true false '
    done
}

# --- what is written ------------------------------------------------------------

@test "one model: the chunks, the standard ones at once, and its text as main's" {
    model a --logprobs --reply 'It is a test, no doubt.'
    request '.models = ["a"]'
    ensemble
    assert_equal "$status$stderr" 0
    assert_equal "$(written | jq -r '.chunk.type // .choices[0].finish_reason // (.choices[0].delta // {} | keys_unsorted[0]) // "usage"')" \
        'run-mode-call
text-start
text
role
content
text
content
text
content
done
confidence-score
text-start
text
run-mode-result
done
stop
usage'
    holds
    assert_equal "$(answer)" 'It is a test, no doubt.'
    assert_equal "$(chunks | grep main)" 'text-start main
text main It is a test, no doubt.
done main'
    assert_equal "$(folded | jq -c '[.supai.consensus_model, .supai.threads.main.model, .supai.mode, .model]')" \
        '[null,"a","auto","auto"]'
    [[ $output == *$'\n\ndata: [DONE]' ]]
}

@test "three models: theirs as they come, then main's" {
    model a --logprobs --reply 'One.' --delay 5
    model b --logprobs --reply 'Two, two.'
    model c --logprobs --reply 'Three, three, three.'
    echo 'main c' >>panel
    request
    ensemble
    assert_equal "$status$stderr" 0
    holds
    assert_equal "$(answer)" 'Three, three, three.'
    assert_equal "$(folded | jq -c '.supai | [.start_models, .final_models, .consensus_model, .threads.main.model,
        ([.threads[] | .done] | all), ([.threads[] | select(.confidence != null)] | length)]')" \
        '[["a","b","c"],["a","b","c"],"c","c",true,3]'
    # A model's done, then its score, nothing of the same thread between them.
    assert_equal "$(chunks | grep ' b\( \|$\)' | tail -n 2 | cut -d' ' -f1 | tr '\n' ' ')" 'done confidence-score '
    # b was done while a was still writing: nothing waits for another thread.
    [ "$(chunks | grep -n '^done b' | cut -d: -f1)" -lt "$(chunks | grep -n '^done a' | cut -d: -f1)" ]
}

@test "without include_supai_chunks the standard chunks alone; without a stream one completion" {
    model a --reply 'One.'
    model b --reply 'Two.'
    request '.include_supai_chunks = false'
    ensemble
    assert_equal "$(written | jq -r .object | sort | uniq -c | awk '{ print $1, $2 }')" '4 chat.completion.chunk'
    assert_equal "$(written | jq -c '[.choices[].delta.role, .choices[].finish_reason, .usage]' | head -n 1)" '["assistant",null,null]'
    request '.stream = false'
    ensemble
    assert_equal "$status$stderr" 0
    assert_equal "$(jq -c '[.object, .model, .choices, (.id | test("^chatcmpl-")), .created > 1e9]' <<<"$output")" \
        '["chat.completion","auto",[{"index":0,"message":{"role":"assistant","content":"One."},"finish_reason":"stop"}],true,true]'
    request 'del(.stream)'
    ensemble
    assert_equal "$(jq -r .object <<<"$output")" chat.completion
}

@test "usage is the sum of all calls, member by member, and comes where it was asked for" {
    raw_model a a1 a2
    raw_model b b1
    events "$(says One.)" "$(stops)" '{"choices":[],"usage":{"prompt_tokens":10,"completion_tokens":2,"total_tokens":12,"completion_tokens_details":{"reasoning_tokens":1},"cost":0.5,"x":"y"}}' >a1
    events "$(says Main.)" "$(stops)" '{"choices":[],"usage":{"prompt_tokens":30,"completion_tokens":1,"total_tokens":31,"completion_tokens_details":{"reasoning_tokens":4}}}' >a2
    events "$(says Two.)" "$(stops)" '{"choices":[],"usage":{"prompt_tokens":11,"completion_tokens":3,"total_tokens":14,"cost":0.25,"queue_time":7}}' >b1
    request
    ensemble
    assert_equal "$status$stderr" 0
    assert_equal "$(written | jq -cS '.usage // empty')" \
        '{"completion_tokens":6,"completion_tokens_details":{"reasoning_tokens":5},"cost":0.75,"prompt_tokens":51,"queue_time":7,"total_tokens":57}'
    request '.stream_options = null'
    ensemble
    assert_equal "$(written | jq -c 'select(has("usage"))')" ''
}

@test "usage: failures and judges count, too" {
    counts() { jq -nc --argjson n "$1" '{choices: [], usage: {prompt_tokens: $n, completion_tokens: 0, total_tokens: $n}}'; }
    stream "$(says Half)" "$(counts 1)" >cut
    events "$(says One)" "$(stops)" "$(counts 10)" >one
    events "$(says 0.5)" "$(stops)" "$(counts 100)" >judge
    events "$(counts 1000)" "$(stops)" >nothing
    raw_model a cut one
    raw_model b nothing
    raw_model j judge
    echo 'mode auto a b' >>panel
    request '.stream = false'
    ensemble --judge j
    assert_equal "$status$stderr" 0
    assert_equal "$(jq -c .usage <<<"$output")" '{"prompt_tokens":1111,"completion_tokens":0,"total_tokens":1111}'
}

# --- as it comes ------------------------------------------------------------------

# shows PATTERN: whether it stands in what was written so far.
shows() { grep -qs -- "$1" out; }

@test "with one model its text is out as soon as it comes" {
    model a --stall 2 --reply 'One, as it comes.'
    request '.models = ["a"] | .include_supai_chunks = false'
    supai-ensemble --panel panel request >out 3>&- &
    until_true shows '"content":"One, as'
    kill $!
}

@test "with several, the threads' chunks and main's text are out as they come" {
    model a --stall 2 --reply 'One, as it comes.'
    model b --reply Two
    request
    supai-ensemble --panel panel request >out 3>&- &
    until_true shows '"key":"a","modelId":"a"},"type":"text","text":"One, as '
    until_true shows '{"_source":{"key":"b"},"type":"done"}'
    kill $!
    model m --stall 2 --reply 'Main, as it comes.'
    model c --reply Three
    printf '%s\n' 'main m' 'mode auto b c' >>panel
    supai-ensemble --panel panel request >out 3>&- &
    until_true shows '"delta":{"content":"Main, as'
    kill $!
}

@test "what follows supai-send in a pipeline follows it unchanged" {
    model a --logprobs --reply 'One, I say.'
    model b --logprobs --reply 'Two, I say.'
    mkdir -p home/.config/supai
    cp panel home/.config/supai/panel
    echo 'mode council a b' >>home/.config/supai/panel
    run_pipe 'supai-req -x -m council "What is it?" | supai-ensemble | supai-sse | supai-watch --log | supai-text'
    assert_equal "$stages" '0 0 0 0 0'
    assert_equal "$output" 'One, I say.'
    [[ $stderr == *main* && $stderr == *council* ]]
    run_pipe 'supai-req -x -m council "What is it?" | supai-ensemble | supai-sse | supai-text -k b'
    assert_equal "$output" 'Two, I say.'
    run_pipe 'supai-req --no-stream -m council "What is it?" | supai-ensemble | supai-sse | supai-fold'
    assert_equal "$stages" '0 0 0 0'
    assert_equal "$(jq -r '.choices[0].message.content' <<<"$output")" 'One, I say.'
}

@test "over TLS with HTTP/2 all calls to a host share a connection" {
    mock_start --first-byte-delay 200 --reply yes
    tls_start
    cat >panel <<P
model a $SUPAI_BASE_URL fast
model b $SUPAI_BASE_URL thinking
key 127.0.0.1 env PANEL_KEY
mode auto a*8 b*8
P
    request
    ensemble --cacert cert.pem
    assert_equal "$status$stderr" 0
    assert_equal "$(wc -l <tls.log | tr -d ' ')" 16
    [ "$(sort -u tls.log | wc -l)" -le 2 ]
    ensemble --retries 0
    assert_equal "$status" 69
    CURL_CA_BUNDLE=cert.pem ensemble
    assert_equal "$status" 0
}

@test "no proxy sees what goes to this machine" {
    model a --reply One
    request
    http_proxy=http://127.0.0.1:1 ensemble --proxy http://127.0.0.1:1
    assert_equal "$status" 0
}

@test "a key that ends as it begins is hidden where the text may go on" {
    cat >events <<'E'
{"id":"a","choices":[{"index":0,"delta":{"role":"assistant","content":"it is k3y-0123456789-k"}}]}
{"id":"a","choices":[{"index":0,"delta":{"content":" and all"}}]}
{"id":"a","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}
E
    mock_start --replay events
    (umask 077; echo k3y-0123456789-k >key)
    supai-req hi >request
    run_pipe "supai-ensemble --base-url $SUPAI_BASE_URL --models fast --key-file key request | supai-sse | supai-text"
    expect 0 'it is *** and all' ''
}

@test "supai-batch asks it through supai-serve: a vote for each of many lines" {
    model a --reply Good --reply Bad --reply Good
    mkdir -p home/.config/supai
    echo 'mode votes a*3' >>panel
    cp panel home/.config/supai/
    printf '{"id":%d,"text":"It is."}\n' 1 2 3 >records
    supai-req -m votes -e '"Good or bad: " + .text' --id .id <records >requests.ndjson
    run --separate-stderr supai-serve --no-key --answer 'supai-ensemble --merge vote' -- \
        supai-batch -j 1 -o results.ndjson requests.ndjson
    expect 0 '' ''
    assert_equal "$(times_asked a)" 9
    assert_equal "$(jq -r '.response.body.choices[0].message.content' results.ndjson | tr '\n' ' ')" 'Good Good Good '
}

@test "samples have keys of their own, and their model's id" {
    model a --reply One
    echo 'mode auto a*3' >>panel
    request
    ensemble
    assert_equal "$status" 0
    holds
    assert_equal "$(written | jq -r 'select(.chunk._source.modelId).chunk._source | .key + " " + .modelId' | sort -u)" \
        'a a
a#2 a
a#3 a
main a'
    assert_equal "$(folded | jq -c '[.supai.start_models, .supai.final_models]')" '[["a","a#2","a#3"],["a","a#2","a#3"]]'
}
