# supai: the pipeline in one word.
load helper

setup() {
    common_setup
    : >nothing
    IN=nothing
    STATE=$HOME/.local/state/supai
}

# start ARG ...: supai in the background; pid is its process. With standard input.
start() {
    supai "$@" 3>&- <&0 &
    pid=$!
    MOCK_PIDS="$MOCK_PIDS $pid"
}

# holds STATUS STDOUT STDERR COMMAND ...: the command says this, and leaves no
# temporary file. STDERR is a glob pattern.
holds() {
    local want=$1 out=$2 err=$3
    shift 3
    run --separate-stderr "$@" <"$IN"
    # shellcheck disable=SC2053
    [ "$status" = "$want" ] && [ "$output" = "$out" ] && [[ $stderr == $err ]] ||
        fail "$*
status $status, not $want
stdout: $output
not:    $out
stderr: $stderr
not:    $err"
    nothing_left
}

# try STATUS STDOUT STDERR ARG ...: the same of supai itself.
try() {
    local want=$1 out=$2 err=$3
    shift 3
    holds "$want" "$out" "$err" supai "$@"
}

# No temporary file lies here or in the folder of conversations.
nothing_left() { [ -z "$(find . -name '.supai.*')" ] || fail "left: $(find . -name '.supai.*')"; }

# text FILE: what it holds.
is() { assert_equal "$(cat "$1")" "$2"; }
absent() { [ ! -e "$1" ] && [ ! -L "$1" ]; }

# sent: the body of the last request that the mock got.
sent() { tail -n 1 "$MOCK_LOG" | jq -c .body; }

# messages: of the last request, role and content.
messages() { tail -n 1 "$MOCK_LOG" | jq -c '[.body.messages[] | .role[:1], .content]'; }

# The prompt.

@test "an answer comes through, silently" {
    mock_start
    try 0 'Why is the sky blue?' '' Why is 'the sky' 'blue?'
}

@test "a prompt passes unharmed: quotes, newlines, globs, expansions, spaces" {
    mock_start
    touch a b
    for prompt in "it's \"quoted\"" $'two\nlines' '* [ab] ~ {a,b}' '$HOME `id` $(id) \n\\ %s' \
        "'" "a''b'" '; id # no && !' $'a  b\ttab' $'\xc3\xa9\xe2\x82\xac' 'a=b' '(' '<x >y | z'; do
        try 0 "$prompt $prompt" '' "$prompt" "$prompt"
    done
}

@test "values of options pass unharmed too" {
    mock_start
    for value in "it's '" $'two\nlines\n' '* $HOME `id` \' '-x' '--' '='; do
        try 0 hi '' -s "$value" --user-name="$value" hi
        assert_equal "$(sent)" "$(supai-req -s "$value" -U "$value" hi)"
    done
}

@test "options end at the prompt's first word; -- ends them before it" {
    mock_start
    try 0 '-x --json' '' -- -x --json
    try 64 '' "supai: '-x' after the prompt's first word: quote the prompt, or put -- before it
usage: supai *" how to use tar -x
    try 64 '' "supai: '--' after the prompt's first word*" hi -- there
}

@test "standard input is where the words have a -, and the prompt where there are none" {
    mock_start
    printf 'some\ntext\n' >input
    IN=input
    try 0 $'some\ntext' ''
    try 0 $'Sum up:\nsome\ntext\nbriefly' '' Sum up: - briefly
    try 0 $'==> input <==\nsome\ntext\n\nhi' '' -f "$IN" hi
    try 64 '' "supai-req: standard input can't be both*" -f - -
}

@test "standard input is not read where it is not asked for" {
    mock_start
    printf '1\n2\n3\n' >input
    IN=input
    holds 0 $'1\n2\n3' '' sh -c 'while read -r line; do supai "$line"; done'
    holds 0 $'1\n2\n3' '' sh -c 'while read -r line; do supai --new -o out --null "$line"; tr "\0" "\n" <out; done'
}

@test "an empty prompt is 66, and nothing is sent" {
    mock_start
    try 66 '' 'supai-req: *empty prompt'
    try 66 '' 'supai-req: *empty prompt' ''
    assert_equal "$(mock_requests)" 0
}

# Options.

@test "supai-req's options arrive, in every form" {
    mock_start
    printf 'text\n' >notes.txt
    while read -r options; do
        eval "supai $options" >/dev/null 2>&1 <nothing || :
        assert_equal "$(sent)" "$(eval "supai-req $options")"
    done <<'E'
-m fast hi
-mfast hi
--model fast hi
--model=fast hi
-xu hi
-xumfast -s '' hi
-usText hi
--chunks --usage -- hi
-x -u hi
-s 'Be brief.' --system='Be long.' hi
-f notes.txt --file notes.txt hi
-i https://example.com/a.png hi
-M 'openai/*' -M anthropic/claude-opus-4.5 hi
--models 'openai/gpt-5*' hi
-d 2026-01-31T10:30:00Z -l 127.0.0.1 -U Me -E '{"a":{"b":[1]}}' hi
--date 2026-01-31T10:30:00Z --location current --user-name Me --environment '{}' hi
--unlisted -m unknown hi
E
    printf '%s\n' '{"role":"user","content":"a"}' '{"role":"assistant","content":"b"}' >earlier.ndjson
    try 0 hi '' -H earlier.ndjson hi
    assert_equal "$(messages)" '["u","a","a","b","u","hi"]'
}

@test "supai-send's options arrive" {
    mock_start --fail 503:1000
    echo X-Two: 2 >headers
    try 69 '' 'supai-send: HTTP 503: *' --retries 0 --header 'X-One: it'\''s 1' --header @headers hi
    assert_equal "$(mock_requests)" 1
    assert_equal "$(jq -r '.headers | ."x-one" + ."x-two"' "$MOCK_LOG")" "it's 12"
    url=$SUPAI_BASE_URL/chat/completions
    SUPAI_BASE_URL=http://127.0.0.1:1
    try 69 '' '*supai-send: HTTP 503: *' --verbose --retries=0 --url "$url" hi
    try 69 '' 'supai-send: HTTP 503: *' --retries 0 --dump-header head --url "$url" hi
    grep -q '503' head
    try 78 '' 'supai-send: *none: No such file*' --key-file none --url "$url" hi
    try 78 '' 'supai-send: *http*' --url http://example.invalid/ hi
    SUPAI_API_KEY=
    try 78 '' 'supai-send: *KEY*' --url "$url" hi
}

@test "--url: what may be asked for is what is asked for there" {
    mock_start
    url=$SUPAI_BASE_URL/chat/completions
    unset SUPAI_BASE_URL
    try 65 '' 'supai-send: HTTP 400: *' --url "$url" -m llama3.2 hi
    assert_equal "$(sent | jq -r .model)" llama3.2
    try 64 '' 'supai-req: --model: unknown mode *' -m llama3.2 hi
    try 64 '' 'supai-req: --model: unknown mode *' --url https://api.sup.ai/x -m llama3.2 hi
    try 64 '' 'supai-send: --url: *' --url none hi
    try 0 "SUPAI_BASE_URL=$url supai-req hi | supai-send --url $url -1 | supai-sse -1 | supai-text -1" '' --url "$url" --dry-run hi
}

@test "a limit of time is supai-send's" {
    reads_the_clock
    mock_start --stall 1
    try 75 '' 'supai-send: *' --first-byte-timeout 5 --idle-timeout 0.1 --max-time 8 --min-confidence .1 hi
}

@test "supai-text's options arrive" {
    mock_start
    try 0 $'a\xe2\x80\xae' '' $'a\xe2\x80\xae'
    try 0 'a\u202e' '' --safe $'a\xe2\x80\xae'
    try 0 hi 'supai-text: tokens: 1 prompt, 1 completion, 2 total' -u hi
    assert_equal "$(sent)" "$(supai-req -u hi)"
    try 1 '' 'supai-text: there is no choice 1' --choice 1 hi
    holds 0 hi '' sh -c 'supai --no-newline hi | tee out'
    [ "$(wc -c <out)" -eq 2 ]
    holds 0 '' '' sh -c 'supai --null hi >out'
    [ "$(tr "\0" z <out)" = hiz ]
}

@test "an unusual end of the answer is 1, or taken when asked" {
    printf '%s\n' '{"id":"c","choices":[{"index":0,"delta":{"content":"Hm"},"finish_reason":"length"}]}' >events
    mock_start --replay events
    try 1 Hm 'supai-text: *"length"' hi
    try 0 Hm '' --any-finish hi
    printf '%s\n' '{"id":"c","choices":[{"index":0,"delta":{"content":"Hm"}}]}' >events
    mock_start --replay events
    try 76 Hm 'supai-text: *not whole*' hi
    try 0 Hm '' --lenient hi
}

@test "--no-done: an answer of a service that sends no [DONE] is taken, a cut one is not" {
    mock_start --no-done
    try 76 hi 'supai-sse: *before [[]DONE], after event * (--no-done, where a service sends none)' hi
    try 0 hi '' --no-done hi
    printf '%s\n' '{"id":"c","choices":[{"index":0,"delta":{"content":"Hm"}}]}' >events
    mock_start --replay events
    try 76 Hm 'supai-text: *not whole*' --no-done hi
}

@test "-k and -t print the ensemble's threads, and ask for the chunks" {
    mock_start
    try 0 'openai/gpt-5.1 says: hi' '' -k openai/gpt-5.1 hi
    assert_equal "$(sent)" "$(supai-req -x hi)"
    try 0 'They agree.' '' --thinking hi
    try 1 '' 'supai-text: *none/*' --key 'none/*' hi
}

@test "--min-confidence lets a good answer pass and holds any other" {
    mock_start
    try 0 yes '' --min-confidence .8 yes
    try 1 '' 'supai-text: *' --min-confidence .99 yes
    assert_equal "$(sent)" "$(supai-req -x yes)"
    mock_start --cut 9
    try 76 '' 'supai-send: *' --min-confidence .1 yes
}

@test "--json prints the completion, with chunks and usage" {
    mock_start
    run --separate-stderr supai --json hi
    assert_equal "$status$stderr" 0
    assert_equal "$(jq -c '[.choices[0].message.content, .usage.total_tokens,
        .supai.threads.main.text, .supai.threads.main.thinking]' <<<"$output")" '["hi",2,"hi",null]'
    run --separate-stderr supai --json -tu hi
    assert_equal "$status$stderr" 0
    assert_equal "$(jq -c '.supai.threads.main.thinking' <<<"$output")" '"They agree."'
    assert_equal "$(sent)" "$(supai-req -xu hi)"
    mock_start --cut 3
    run --separate-stderr supai --json hi
    assert_equal "$status" 76
    assert_equal "$(jq -c .choices[0].finish_reason <<<"$output")" null
}

@test "--json under the gate, and with some of the threads" {
    mock_start
    run --separate-stderr supai --json --min-confidence .8 -k 'openai/*' yes
    assert_equal "$status$stderr" 0
    assert_equal "$(jq -c '[.choices[0].message.content, (.supai.threads | keys)]' <<<"$output")" '["yes",["openai/gpt-5.1"]]'
    assert_equal "$(sent)" "$(supai-req -xu yes)"
    try 1 '' 'supai-fold: held back: the median confidence is *, below 0.99' --json --min-confidence .99 yes
    try 64 '' "supai-fold: --min-confidence: '80' *
usage: *" --json --min-confidence 80 yes
    run --separate-stderr supai --json -k none yes
    assert_equal "$status$stderr" "1supai-fold: no thread's key matches 'none'"
    assert_equal "$(jq -c '.supai.threads' <<<"$output")" '{}'
    mock_start --cut 9
    try 76 '' 'supai-send: *' --json --min-confidence .1 yes
    # what is kept of it has all threads
    mock_start
    supai --json -k main --conversation a yes >out 2>err
    assert_equal "$(tail -n 1 "$STATE/a.ndjson" | jq '.supai.threads | length')" 4
}

@test "--json refuses what only the text has" {
    for option in --choice=0 --no-newline --null --safe --raw --lenient --any-finish; do
        try 64 '' "supai: ${option%%=*} goes with the text, not with --json
usage: supai *" --json "$option" hi
    done
}

@test "--max-record is every stage's" {
    mock_start
    try 0 hi '' --max-record 1M hi
    try 65 '' 'supai-req: *--max-record*' --max-record 20 hi
    try 65 '' '*--max-record*' --max-record 100 hi
    try 64 '' 'supai-text: --max-record: *
usage: *' --max-record x hi
}

@test "a wrong option is one line of why and one of usage, and 64; nothing is sent" {
    mock_start
    try 64 '' "supai: unknown option '--no-such'
usage: supai \[options\] \[prompt ...\]" --no-such hi
    try 64 '' "supai: unknown option '-z'?usage: *" -xz hi
    try 64 '' "supai: unknown option '--each'?usage: *" --each . hi
    try 64 '' "supai: unknown option '--no-stream'?usage: *" --no-stream hi
    try 64 '' "supai: unknown option '-n'?usage: *" -n hi
    try 64 '' "supai: unknown option '-v'?usage: *" -v hi
    try 64 '' "supai: option '--json' takes no argument?usage: *" --json=1 hi
    try 64 '' "supai: option '-m' needs an argument?usage: *" -m
    try 64 '' "supai: option '--url' needs an argument?usage: *" --url
    try 64 '' "supai: --output: an empty name?usage: *" -o '' hi
    try 64 '' "supai-req: --date: *" -d none hi
    try 64 '' "supai-send: --retries: *?usage: *" --retries x hi
    try 64 '' "supai-text: --min-confidence: *?usage: *" --min-confidence 2 hi
    try 64 '' "supai-text: --safe and --raw *?usage: *" --safe --raw hi
    assert_equal "$(mock_requests)" 0
}

@test "control characters of an argument reach no terminal: C0, C1, bidi" {
    try 64 '' "supai: unknown option '--a\\\\x1bb'?usage: *" $'--a\eb'
    try 64 '' "supai: unknown option '--a\\\\u009bb'?usage: *" $'--a\xc2\x9bb'
    try 64 '' "supai: '-\\\\u202e' after *?usage: *" hi $'-\xe2\x80\xae'
    try 64 '' "supai: '.\\\\u009b' is no name *?usage: *" --conversation $'.\xc2\x9b' hi
    try 73 '' 'supai: none\\u009b/out: *' -o $'none\xc2\x9b/out' hi
}

@test "--help and --version, also where they cannot be written" {
    run --separate-stderr supai --help all
    assert_equal "$status$stderr" 0
    assert_equal "$output" "$(supai -h all)"
    assert_equal "${lines[0]}" 'usage: supai [options] [prompt ...]'
    assert_line --index 3 '  -m, --model MODE           the mode (default: auto)'
    assert_line '      --key-file FILE        read the key from FILE'
    try 0 "supai $(supai-req -V | cut -d' ' -f2)" '' -V hi
    if [ -e /dev/full ]; then
        holds 74 '' 'supai: standard output: *' sh -c 'supai --help >/dev/full'
        holds 74 '' 'supai: standard output: *' sh -c 'supai -V >/dev/full'
        holds 74 '' 'supai: standard output: *' sh -c 'supai --dry-run hi >/dev/full'
    fi
}

@test "--help fits a terminal: fifteen options, 22 lines, 79 columns" {
    run --separate-stderr supai --help
    assert_equal "$status$stderr" 0
    assert_equal "$output" "$(supai -h)"
    assert_equal "$(grep -c '^  [ -]' <<<"$output")" 15
    [ "${#lines[@]}" -le 22 ] && [ "$(wc -l <<<"$output")" -le 22 ]
    [ -z "$(grep -E '.{80}' <<<"$output")" ]
    assert_line --index 3 '  -m, --model MODE        the mode (default: auto)'
    assert_line --partial '--help all'
}

@test "options that others have, and a key in an argument: what to do instead" {
    try 64 '' "supai: unknown option '--temperature': -b '{\"temperature\":*}' puts it into the request
usage: *" --temperature 0 hi
    try 64 '' "supai: unknown option '--max_tokens': -b '{\"max_tokens\":*}' puts *
usage: *" --max_tokens=5 hi
    for option in --api-key=sk-x1 '--api-key sk-x1' --token=sk-x1; do
        try 64 '' "supai: unknown option '--*': a key is no argument, *SUPAI_API_KEY; see supai-send(1)
usage: *" $option hi
        [[ $stderr != *sk-x1* ]]
    done
    try 64 '' "supai: --key takes the key of a thread, and this looks like a service's, *SUPAI_API_KEY; see supai-send(1)
usage: *" --key sk-x1 hi
    [[ $stderr != *sk-x1* ]]
    try 64 '' "supai-req: --model: 'opus' is no mode: -M '\*opus\*' asks the models of that name" -m opus hi
    try 64 '' "supai-req: --model: the mode 'pro' is called expert now" -m pro hi
}

@test "--dry-run prints a command line that does the same" {
    mock_start
    try 0 'supai-req hi | supai-send -1 | supai-sse -1 | supai-text -1' '' --dry-run hi
    try 0 'supai-req -u -m fast -f '\''a b'\'' -x -- '\''Why'\''\'\'''\''s it?'\'' - | supai-send --retries 3 -1 | supai-sse -1 | supai-watch | supai-text -u -t -k main --safe -1' '' \
        -ut --retries=3 -mfast -k main --safe -wf 'a b' --dry-run -- "Why's it?" -
    try 0 'supai-req --max-record 1M -x -u | supai-send --max-record 1M -1 | supai-sse --max-record 1M -1 | supai-fold -t --max-record 1M -1' '' \
        --dry-run --json -t --max-record 1M
    assert_equal "$(mock_requests)" 0

    prompt=$'it\'s\n"$(id)" `id` \\ * '
    supai --dry-run -u -s "$prompt" -o 'a file' "$prompt" >line
    sh ./line
    is 'a file' "$prompt"
    assert_equal "$(sent)" "$(supai-req -u -s "$prompt" "$prompt")"
}

# How it ends.

# fails STATUS STDOUT STDERR [ARG ...]: as supai, and as a command substitution; one
# line on standard error.
fails() {
    try "$1" "$2" "$3" --retries 1 "${@:4}" hi
    assert_equal "${#stderr_lines[@]}" 1
    holds 9 '' "$3" sh -c 'answer=$(supai --retries 1 "$@" hi) || exit 9' sh "${@:4}"
}

@test "failure: no key" {
    mock_start
    unset SUPAI_API_KEY
    fails 78 '' 'supai-send: *key*'
    assert_equal "$(mock_requests)" 0
}

@test "failure: 401, 402, 404, 429 and 500 after retries" {
    mock_start --fail 401 --retry-after 0
    fails 77 '' 'supai-send: HTTP 401: *'
    mock_start --fail 402 --retry-after 0
    fails 77 '' 'supai-send: HTTP 402: *'
    mock_start --fail 404 --retry-after 0
    fails 65 '' 'supai-send: HTTP 404: *'
    mock_start --fail 429 --retry-after 0
    try 75 '' 'supai-send: HTTP 429: *' --retries 1 hi
    assert_equal "$(mock_requests)" 2
    mock_start --fail 500 --retry-after 0
    fails 69 '' 'supai-send: HTTP 500: *'
}

@test "failure: connection refused, a name that does not resolve" {
    mock_start
    common_teardown
    try 69 '' 'supai-send: *127.0.0.1*' --retries 0 hi
    # A label of 64 characters: no resolver takes it, and none is asked.
    SUPAI_BASE_URL=https://$(printf 'a%.0s' {1..64}).invalid/v1
    try 69 '' 'supai-send: *' --retries 0 hi
}

@test "failure: the stream is cut, or stalls: one line, of the stage that met it" {
    reads_the_clock
    mock_start --reply 'one two three four five six' --cut 3
    text=$(supai hi 2>/dev/null) || :
    assert_not_equal "$text" ''
    fails 76 "$text" 'supai-send: *'
    mock_start --reply 'one two three four five six' --stall 3
    fails 75 "$text" 'supai-send: *' --idle-timeout 0.2
}

@test "failure: an error in a stream is the error's status, [DONE] or not, and one line" {
    while read -r status_wanted error; do
        printf 'data: {"id":"c","choices":[{"index":0,"delta":{"content":"one "}}]}\n\ndata: {"error":%s}\n\n' "$error" >body
        mock_start --body @body
        fails "$status_wanted" 'one ' 'supai-text: the service says: *'
        printf 'data: [DONE]\n\n' >>body
        mock_start --body @body
        fails "$status_wanted" 'one ' 'supai-text: the service says: *'
    done <<'E'
75 {"message":"slow down","code":"rate_limit_exceeded"}
77 {"message":"spent","code":"insufficient_quota"}
69 {"message":"down"}
E
}

@test "failure: an HTML page instead of an answer, an empty body, no text" {
    mock_start --garbage
    fails 76 '' 'supai-sse: *not an event stream*'
    mock_start --body ''
    fails 76 '' 'supai-send: *empty*'
    mock_start --body $'data: [DONE]\n\n'
    fails 76 '' 'supai-sse: *\[DONE\], and no event before it'
    fails 76 '' 'supai-sse: *\[DONE\], and no event before it' --watch
    fails 76 '' 'supai-sse: *\[DONE\], and no event before it' --json
    printf '%s\n' '{"id":"c","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}' >events
    mock_start --replay events
    fails 1 '' 'supai-text: the answer has no text*'
}

@test "failure: the last stage's own, when those before it die of it" {
    [ -e /dev/full ] || skip "no /dev/full"
    mock_start --reply "$(printf "%0500d" 0)" --delay 1
    holds 74 '' 'supai-text: standard output: No space left on device' sh -c 'supai hi >/dev/full'
    holds 74 '' 'supai-fold: standard output: No space left on device' sh -c 'supai --json hi >/dev/full'
}

# fake_tool NAME SCRIPT: the folder tools with supai and its tools, that one a script.
fake_tool() {
    local tool
    mkdir tools
    for tool in req send sse text; do
        ln -s "$BIN/supai-$tool" tools/
    done
    rm "tools/$1"
    printf '#!/bin/sh\n%s\n' "$2" >"tools/$1"
    chmod +x "tools/$1"
    cp "$BIN/supai" tools/
}

@test "failure: a stage that is killed" {
    fake_tool supai-sse 'cat >/dev/null; kill -9 $$'
    mock_start
    run --separate-stderr tools/supai hi
    expect 137 '' ''
}

ended() { ! kill -0 "$1" 2>/dev/null; }

@test "a stage that is stopped ends with supai" {
    fake_tool supai-send 'echo $$ >sender; kill -STOP $$'
    tools/supai hi >/dev/null 2>&1 3>&- <nothing &
    pid=$!
    MOCK_PIDS="$MOCK_PIDS $pid"
    until_true test -s sender
    kill -TERM "$pid"
    until_true ended "$(cat sender)"
    wait "$pid" && fail || assert_equal "$?" 143
}

@test "failure: what a stage says at length is not lost" {
    fake_tool supai-sse 'cat >/dev/null; i=0; while [ $i -lt 9000 ]; do echo "line $i of many"; i=$((i + 1)); done >&2; exit 70'
    mock_start
    tools/supai hi 2>err && fail || assert_equal "$?" 70
    assert_equal "$(wc -l <err | tr -d ' ') $(tail -n 1 err)" '9000 line 8999 of many'
}

@test "a reader that is gone: death by SIGPIPE, in silence" {
    # Longer in coming than a reader is in going.
    mock_start --reply "$(printf "%04000d" 0)" --delay 1
    holds 141 '' '' bash -c 'supai hi | head -c 1 >/dev/null; exit ${PIPESTATUS[0]}'
    holds 141 '' '' bash -c 'supai -w --json hi | :; exit ${PIPESTATUS[0]}'
    holds 141 '' 'supai: a new*' bash -c 'supai -c hi | :; exit ${PIPESTATUS[0]}'
    assert_equal "$(ls -A "$STATE")" ''
    # Also where SIGPIPE comes down ignored, as from systemd.
    holds 141 '' '' bash -c 'trap "" PIPE; supai hi | head -c 1 >/dev/null; exit ${PIPESTATUS[0]}'
}

@test "a reader that is gone ends it while the service is silent" {
    mock_start --stall 0
    holds 141 '' '' timeout 60 bash -c 'supai hi | true; exit ${PIPESTATUS[0]}'
    mock_start --reply 'one two three' --stall 2
    holds 141 one '' timeout 60 bash -c 'supai hi | head -c 3; exit ${PIPESTATUS[0]}'
}

@test "a reader that goes with the last line spoils nothing" {
    mock_start --reply 'one line'
    holds 0 'one line' '*' timeout 60 bash -c 'supai --conversation a hi | head -n 1; exit ${PIPESTATUS[0]}'
    assert_equal "$(ls -A "$STATE")" a.ndjson
}

@test "closed descriptors: 66, 74, and standard error is not missed" {
    mock_start
    holds 66 '' 'supai-req: *' sh -c 'supai <&-'
    holds 0 hi '' sh -c 'supai hi <&-'
    holds 74 '' 'supai: standard output: Bad file descriptor' sh -c 'supai hi >&-'
    holds 0 '' '' sh -c 'supai -o out hi >&-'
    is out hi
    holds 0 hi '' sh -c 'supai -u hi 2>&-'
    holds 65 '' '' sh -c 'supai --url "$1" hi 2>&-' sh "$SUPAI_BASE_URL/none"
}

@test "it streams: each piece of text is out before the next event is sent" {
    reads_the_clock
    mock_start --reply 'one two three four five six seven' --delay 200
    supai -c hi 2>/dev/null | clock >times
    assert [ "$(wc -l <times)" -ge 5 ]
    awk 'NR > 1 && $1 - last < 100 { exit 1 } { last = $1 }' times
}

# interrupted SIGNAL STATUS [ARG ...]: supai dies by the signal in the middle of an
# answer, in silence, and with all of its stages: they hold standard output open.
interrupted() {
    local signal=$1 want=$2 reader
    shift 2
    set -m # without job control a background process ignores SIGINT
    rm -f fifo got
    mkfifo fifo
    timeout 60 cat fifo >got 3>&- &
    reader=$!
    start "$@" hi >fifo 2>said
    until_true test -s got
    kill "-$signal" "$pid"
    wait "$pid" && fail 'it went on' || assert_equal "$?" "$want"
    wait "$reader" || fail 'a stage lives'
    assert_equal "$(cat got)" 'one two '
    assert_equal "$(grep -v 'a new conversation' said)" ''
    set +m
    nothing_left
}

@test "a signal ends all stages, in silence; then supai dies by it" {
    mock_start --reply 'one two three' --stall 2
    interrupted INT 130
    interrupted TERM 143
    interrupted HUP 129
    interrupted QUIT 131
    interrupted TERM 143 -c
    assert_equal "$(ls -A "$STATE")" ''
}

@test "a signal that was ignored stays ignored" {
    mock_start --reply 'one two three' --delay 100
    set -m
    (trap '' HUP INT; exec supai hi 3>&-) >got 2>err &
    pid=$!
    MOCK_PIDS="$MOCK_PIDS $pid"
    until_true test -s got
    kill -HUP "$pid"
    kill -INT "$pid"
    wait "$pid"
    assert_equal "$(cat got err)" 'one two three'
}

@test "a signal while it waits for a prompt" {
    mkfifo prompt
    exec 7<>prompt
    fake_tool supai-req 'echo x >started; exec cat'
    set -m
    PATH=$PWD/tools:$PATH start <prompt >got 2>err
    until_true test -s started
    kill -INT "$pid"
    wait "$pid" && fail 'it went on' || assert_equal "$?" 130
    assert_equal "$(cat got err)" ''
}

# Its tools.

@test "the tools beside it come first, also where it is called by a link, or a link to one" {
    mkdir tools sub
    for tool in supai supai-req supai-send supai-sse supai-text; do
        cp "$BIN/$tool" tools/
    done
    ln -s tools/supai ask
    ln -s "$PWD/tools/supai" sub/ask
    ln -s ../ask sub/again
    ln -s sub/again third
    mock_start
    export PATH=/usr/bin:/bin
    for path in tools/supai ./ask sub/ask sub/again ./third "$PWD/tools/supai"; do
        run --separate-stderr "$path" hi
        expect 0 hi ''
    done
    run --separate-stderr env PATH="$PWD/sub:$PATH" again hi
    expect 0 hi ''
    run --separate-stderr tools/supai --dry-run hi
    expect 0 'tools/supai-req hi | tools/supai-send -1 | tools/supai-sse -1 | tools/supai-text -1' ''
    run --separate-stderr sh -c "$output"
    expect 0 hi ''
    run --separate-stderr tools/supai --json hi
    expect 78 '' 'supai: supai-fold: *'
}

@test "the key in the environment is for the stage that asks, and for no other" {
    for tool in req sse text; do
        rm -rf tools
        fake_tool supai-$tool 'env >env; exec supai-'$tool' "$@"'
        mock_start
        run --separate-stderr tools/supai hi
        expect 0 hi ''
        grep -q '^PATH=' env
        run ! grep -e SUPAI_API_KEY -e "$TEST_KEY" env
    done
    [ -r /proc/self/environ ] || skip "no /proc/PID/environ here"
    mock_start --first-byte-delay 20000
    start hi
    until_true [ -s "$MOCK_LOG" ]
    tr '\0' '\n' <"/proc/$pid/environ" >env
    grep -q '^PATH=' env
    run ! grep "$TEST_KEY" env
}

@test "it runs from PATH, and where PATH has none of its tools" {
    mock_start
    cp "$BIN/supai" alone
    run --separate-stderr ./alone hi
    expect 0 hi ''
    run --separate-stderr env PATH=/usr/bin:/bin "$BIN/supai" hi
    expect 0 hi ''
    run --separate-stderr env PATH=/usr/bin:/bin ./alone hi
    expect 78 '' 'alone: supai-text: *'
}

# Watching.

@test "-w watches on a terminal, and passes on the same anywhere" {
    mock_start
    try 0 hi '' -w hi
    assert_equal "$(sent)" "$(supai-req -x hi)"
    try 0 hi '' --watch --no-watch hi
    assert_equal "$(sent)" "$(supai-req hi)"
    pty -2 supai -w -o out hi >seen
    is out hi
    assert grep -q gemini seen
    # main is done in the last picture
    assert grep -q 'main.*done 2' seen
    pty -2 sh -c 'supai -w hi >out' >seen
    is out hi
    assert grep -q 'main.*done 2' seen
    pty -2 sh -c 'supai -w hi | cat' >seen
    refute grep -q 'main.*done 2' seen
}

@test "it watches by itself on a terminal in the modes that take long" {
    watched='supai-req * -x hi | supai-send -1 | supai-sse -1 | supai-watch | supai-text -1'
    for mode in thinking deep-thinking expert; do
        output=$(pty supai --dry-run -m $mode hi)
        # shellcheck disable=SC2053
        [[ $output == $watched ]] || fail <<<"$output"
    done
    output=$(SUPAI_MODEL=expert pty supai --dry-run hi)
    assert_equal "$output" 'supai-req -x hi | supai-send -1 | supai-sse -1 | supai-watch | supai-text -1'
    for args in '-m expert --no-watch' '-m fast' ''; do
        output=$(pty supai --dry-run $args hi)
        [[ $output != *watch\ * ]] || fail <<<"$args: $output"
    done
    for only in -1 -2; do
        output=$(pty $only supai --dry-run -m expert hi | cat)
        assert_equal "$output" 'supai-req -m expert hi | supai-send -1 | supai-sse -1 | supai-text -1'
    done
    # a file or -o leaves the terminal to the picture, to the end
    watched='supai-req * -x hi | supai-send -1 | supai-sse -1 | supai-watch --to-end | supai-text -1'
    pty -2 sh -c 'supai --dry-run -m expert hi >line'
    # shellcheck disable=SC2053
    [[ $(cat line) == $watched ]]
    output=$(pty -2 sh -c 'supai --dry-run -o out -m expert hi | cat')
    # shellcheck disable=SC2053
    [[ $output == $watched* ]]
    watched=${watched/ --to-end}
    # and so does a conversation that goes on in such a mode
    mock_start
    supai --conversation a -m expert hi >/dev/null 2>&1
    output=$(pty supai --dry-run --conversation a hi)
    # shellcheck disable=SC2053
    [[ $output == $watched ]]
}

# Output files.

@test "-o writes a file once the answer is whole, as any new file" {
    mock_start
    umask 027
    try 0 '' '' -o out hi
    is out hi
    [ "$(ls -l out | cut -c 1-10)" = -rw-r----- ]
    try 0 '' '' --output=out -t hi
    is out 'They agree.'
    for name in '-x y' "it's" '*'; do
        try 0 '' '' -o "$name" hi
        is "./$name" hi
    done
    mkdir dir
    try 0 '' '' -o dir/out hi
    is dir/out hi
    try 0 hi '' -o - hi
    try 0 hi '' -o out -o - hi
}

@test "-o leaves the file as it was, or missing, when anything fails" {
    mock_start --reply 'one two three four five six' --cut 3
    try 76 '' 'supai-send: *' -o out hi
    absent out
    echo before >out
    try 76 '' 'supai-send: *' -o out hi
    try 64 '' 'supai-req: *' -d none -o out hi
    is out before
    mock_start
    try 1 '' 'supai-text: *' --min-confidence .99 -o out hi
    is out before
}

@test "-o keeps the mode of the file that it replaces" {
    mock_start
    for mode in rw------- rw-r--r-- rw-r----- rwxr-xr-x; do
        echo before >out
        chmod "u=$(echo "${mode:0:3}" | tr -d -),g=$(echo "${mode:3:3}" | tr -d -),o=$(echo "${mode:6:3}" | tr -d -)" out
        try 0 '' '' -o out hi
        is out hi
        assert_equal "$(ls -l out | cut -c 2-10)" "$mode"
    done
}

@test "-o keeps the owner of the file that it replaces" {
    [ "$(id -u)" -eq 0 ] || skip 'only root can make another owner'
    mock_start
    echo before >out
    chown 1234:2345 out
    chmod 640 out
    try 0 '' '' -o out hi
    is out hi
    assert_equal "$(ls -ln out | awk '{ print $1, $3, $4 }')" '-rw-r----- 1234 2345'
}

@test "-o writes into a file that has several names, once the answer is whole" {
    echo before >out
    ln out other
    mock_start --reply 'one two three' --cut 2
    try 76 '' 'supai-send: *' -o out hi
    is other before
    mock_start --reply a
    try 0 '' '' -o out hi
    is other a
    is out a
    [ out -ef other ]
}

@test "-o into a file that has several names, on a disk that is full: it is as it was" {
    unshare -rm true 2>/dev/null || skip "no file system can be mounted here"
    head -c 40000 /dev/zero | tr '\0' x >long
    mock_start --reply @long
    mkdir disk
    cat >full <<'E'
mount -t tmpfs -o size=64k none disk || exit
echo before >disk/out
ln disk/out disk/too
supai -o disk/out hi
echo "$?"
cat disk/out
ls -A disk
E
    run --separate-stderr unshare -rm sh full
    expect 0 $'74\nbefore\nout\ntoo' 'supai: disk/out: cannot be written: No space left on device'
}

@test "-o follows a link: the file it leads to is replaced, the link stays" {
    mock_start
    mkdir dir
    echo before >dir/file
    ln -s dir/file link
    ln -s link again
    ln -s dir/new dangling
    try 0 '' '' -o again hi
    is dir/file hi
    [ -L link ] && [ -L again ]
    try 0 '' '' -o dangling hi
    is dir/new hi
    [ -L dangling ]
    ln -s round round
    try 73 '' 'supai: round: *' -o round hi
}

asked() { [ "$(mock_requests)" -ge "$1" ]; }
has_text() { grep -qs one .supai.*; }

@test "-o: what a killed run left is removed by the next one of that file, others stay" {
    mock_start --reply 'one two three' --stall 2
    start -o out hi 2>err
    until_true has_text
    kill -9 "$pid"
    wait "$pid" || :
    assert_equal "$(ls -d .supai.*)" .supai.out
    start -o other hi 2>err
    until_true [ -s .supai.other ]
    mock_start
    run --separate-stderr supai -o out hi
    expect 0 '' ''
    is out hi
    assert_equal "$(ls -d .supai.*)" .supai.other
    kill "$pid"
    wait "$pid" && fail || assert_equal "$?" 143
    nothing_left
}

@test "-o: what others laid in its way is not written to" {
    mock_start
    echo before >file
    for trap in 'ln -s file' mkdir; do
        $trap .supai.out
        run --separate-stderr supai -o out hi
        expect 73 '' 'supai: .supai.out: *'
        rm -r .supai.out
    done
    for trap in 'ln file' mkfifo; do
        $trap .supai.out
        try 0 '' '' -o out hi
        is out hi
    done
    is file before
}

@test "-o: a name as long as a file system has it" {
    mock_start
    name=$(head -c 255 /dev/zero | tr '\0' n)
    try 0 '' '' -o "$name" hi
    is "$name" hi
    nothing_left
}

@test "-o: a file that another run writes for longer: 75" {
    mock_start --stall 0
    start -o out hi 2>err
    until_true asked 1
    run --separate-stderr supai -o out hi
    expect 75 '' "supai: out: process $pid writes it, too"
}

# badly HOW supai ...: where locks are as tests/preload/locks.c has them.
badly() {
    [ "$(uname -s)" = Linux ] || skip "the library that fails is made for Linux"
    [ -z "${SUPAI_SAN-}" ] || skip "a sanitizer wants to be loaded first"
    ln -sf "$BUILD/tests/locks.so" . # the loader splits words at blanks
    LOCKS=$1 LD_PRELOAD=$PWD/locks.so "${@:2}"
}

@test "-o: a run whose number nobody here knows is waited for, too" {
    mock_start --stall 0
    start -o out hi 2>err
    until_true asked 1
    badly far run --separate-stderr supai -o out hi
    expect 75 '' "supai: out: another process writes it, too"
}

@test "-o: where there are no locks the later run writes the file, whole" {
    mock_start
    echo before >out
    mkfifo one two
    exec 7<>one 8<>two
    badly none start -o out - <one 2>err 7>&- 8>&-
    first=$pid
    until_true [ -e .supai.out ]
    ln .supai.out first
    badly none start -o out - <two 7>&- 8>&-
    taken() { [ -e .supai.out ] && ! [ .supai.out -ef first ]; }
    until_true taken
    echo first >&7
    exec 7>&-
    wait "$first" && fail || assert_equal "$?" 74
    is err 'supai: out: cannot be written: Device or resource busy'
    is out before
    echo second >&8
    exec 8>&-
    wait "$pid"
    is out second
    nothing_left
}

@test "-o leaves the file as it was when a signal ends it" {
    mock_start --reply 'one two three' --stall 2
    set -m
    echo before >out
    start -o out hi >said 2>&1
    until_true has_text
    kill -TERM "$pid"
    wait "$pid" && fail 'it went on' || assert_equal "$?" 143
    assert_equal "$(cat said)" ''
    is out before
    nothing_left
}

@test "-o refuses what cannot be written before it asks: 73" {
    mock_start
    mkdir dir
    try 73 '' 'supai: dir: is a directory' -o dir hi
    try 73 '' 'supai: none/out: *' -o none/out hi
    try 73 '' 'supai: /none/out: *' -o /none/out hi
    try 73 '' 'supai: /dev/fd/9: *' -o /dev/fd/9 hi 9>&- # whatever it is here
    holds 73 '' 'supai: /dev/fd/9: *' sh -c 'supai -o /dev/fd/9 hi 9</dev/null'
    if [ "$(id -u)" -ne 0 ]; then
        sh -c 'echo before >out; chmod 400 out'
        try 73 '' 'supai: out: cannot be written to*' -o out hi
    fi
    assert_equal "$(mock_requests)" 0
}

@test "-o writes to a device or FIFO, and never replaces it" {
    mock_start
    mkfifo fifo
    timeout 60 cat fifo >got 3>&- &
    reader=$!
    run --separate-stderr supai -o fifo hi
    expect 0 '' ''
    wait $reader
    assert_equal "$(cat got)" hi
    assert [ -p fifo ]
    try 0 '' '' -o /dev/null hi
    assert [ -c /dev/null ]
    holds 0 hi '' sh -c 'supai -o /dev/stdout hi | cat'
}

@test "-o writes to a descriptor, whatever it is open on, and never replaces it" {
    mock_start
    holds 0 '' '' sh -c 'echo before >log; supai -o /dev/stdout hi >>log'
    is log $'before\nhi'
    holds 0 '' '' sh -c '{ supai -o /dev/stdout hi; echo after; } >log'
    is log $'hi\nafter'
    holds 0 '' '' sh -c 'echo before >log; supai -o /dev/stderr hi 2>>log'
    is log $'before\nhi'
    holds 0 '' '' sh -c 'echo before >log; supai -o /dev/fd/9 hi 9>>log'
    is log $'before\nhi'
}

@test "-o: the command of --dry-run replaces no device, and no descriptor" {
    pipeline='supai-req hi | supai-send -1 | supai-sse -1 | supai-text -1'
    mkfifo fifo
    try 0 "$pipeline" '' -o /dev/stdout --dry-run hi
    try 0 "$pipeline >>/dev/null" '' -o /dev/null --dry-run hi
    try 0 "$pipeline >>/dev/stderr" '' -o /dev/stderr --dry-run hi
    try 0 "$pipeline >>./fifo" '' -o fifo --dry-run hi
    try 0 "$pipeline >./out.new && mv -f ./out.new ./out" '' -o out --dry-run hi
}

@test "-o in a makefile: half an answer is no file that is up to date" {
    mock_start --cut 2:1 --reply 'one two three'
    printf 'a.txt:\n\tsupai -o $@ hi\n' >makefile
    run --separate-stderr make -s
    assert_equal "$status" 2
    absent a.txt
    run --separate-stderr make -s
    expect 0 '' ''
    is a.txt 'one two three'
}

# Events.

@test "--events keeps the events beside the text, also of an answer that was cut" {
    mock_start --replay "$DATA/ensemble.ndjson"
    try 0 "$(supai-text "$DATA/ensemble.ndjson")" '' --events kept hi
    cmp kept "$DATA/ensemble.ndjson"
    echo longer than before >>kept
    try 0 "$(supai-text -k main "$DATA/ensemble.ndjson")" '' --events kept -w -k main -o /dev/stdout hi
    cmp kept "$DATA/ensemble.ndjson"
    mock_start --reply 'one two three four' --cut 3
    text=$(supai hi 2>/dev/null) || :
    try 76 "$text" 'supai-send: *' --events kept hi
    assert_equal "$(supai-text kept 2>/dev/null)" "$text"
    try 0 'supai-req hi | supai-send -1 | supai-sse -1 | tee kept | supai-text -1' '' --events kept --dry-run hi
}

@test "--events that cannot be kept: before it asks 73, later 74, and the answer is there" {
    mock_start
    try 73 '' 'supai: none/kept: No such file*' --events none/kept hi
    try 64 '' 'supai: --events: *
usage: *' --events - hi
    assert_equal "$(mock_requests)" 0
    [ -e /dev/full ] || skip 'no /dev/full'
    try 74 hi 'supai: /dev/full: No space left on device' --events /dev/full hi
    try 74 '' 'supai: /dev/full: No space left on device' --events /dev/full -o out hi
    absent out
}

@test "--events into the file of -o: 64, before anything is asked" {
    mock_start
    echo before >same
    ln same hard
    ln -s same soft
    for name in same ./same hard soft; do
        try 64 '' "supai: --events: '$name' is the answer's file: give another" --events "$name" -o same hi
        is same before
    done
    holds 64 '' "supai: --events: 'hard' is the answer's file: give another" \
        sh -c 'exec supai --events hard hi >>same'
    is same before
    for name in new ./new "$PWD/new"; do
        try 64 '' "supai: --events: '$name' is the answer's file: give another" --events "$name" -o new hi
        absent new
    done
    assert_equal "$(mock_requests)" 0
}

@test "-o and --events into the conversation's own file: 64, and it is as it was" {
    mock_start
    supai --conversation talk one 2>/dev/null
    cp "$STATE/talk.ndjson" before
    for name in "$STATE/talk.ndjson" "$STATE/../supai/talk.ndjson"; do
        try 64 '' "supai: --output: '$name' is the conversation's file: give another" --conversation talk -o "$name" hi
        try 64 '' "supai: --events: '$name' is the conversation's file: give another" --conversation talk --events "$name" hi
        cmp before "$STATE/talk.ndjson"
    done
    assert_equal "$(mock_requests)" 1
    try 64 '' "supai: --output: '$STATE/new.ndjson' is the conversation's file: give another" --conversation new -o "$STATE/new.ndjson" hi
    absent "$STATE/new.ndjson"
}

@test "--events: an output that takes no more ends the text, not the events" {
    [ -e /dev/full ] || skip 'no /dev/full'
    head -c 1000000 /dev/zero | tr '\0' a >reply
    mock_start --reply @reply
    holds 74 '' 'supai-text: standard output: No space left on device' \
        sh -c 'exec supai --events kept hi >/dev/full'
    supai-text -n kept | cmp - reply
    try 74 '' 'supai-text: standard output: No space left on device' --events kept -o /dev/full hi
    supai-text -n kept | cmp - reply
}

@test "--events into a pipe whose reader goes: 74, said, and the answer is there" {
    mock_start --reply 'one two three four five six' --delay 100
    mkfifo fifo
    head -c 1 <fifo >first 3>&- &
    reader=$!
    try 74 'one two three four five six' 'supai: fifo: Broken pipe' --events fifo hi
    wait "$reader"
    is first '{'
}

# Conversations.

@test "nothing is kept unless it is asked for" {
    mock_start
    SUPAI_CONVERSATION=name try 0 hi '' hi
    absent "$HOME/.local"
}

@test "-c goes on with the conversation; a new one says so" {
    mock_start
    export SUPAI_CONVERSATION=a
    try 0 one 'supai: a new conversation, a: /*/home/.local/state/supai/a.ndjson' -c one
    try 0 two '' --continue two
    assert_equal "$(messages)" '["u","one","a","one","u","two"]'
    try 0 three '' -cs 'Be brief.' three
    assert_equal "$(messages)" '["s","Be brief.","u","one","a","one","u","two","a","two","u","three"]'
    try 0 four '' -c -s '' four
    assert_equal "$(messages | cut -c 1-40)" '["u","one","a","one","u","two","a","two"'
    try 0 five '' five
    assert_equal "$(messages)" '["u","five"]'
}

@test "a conversation's file holds the last request and its completion, for supai-req -H" {
    mock_start
    umask 022
    export SUPAI_CONVERSATION=a
    try 0 one '*' -c one
    try 0 two 'supai-text: tokens: *' -cxu -- two
    file=$STATE/a.ndjson
    assert_equal "$(wc -l <"$file" | tr -d ' ')" 2
    assert_equal "$(head -n 1 "$file")" "$(sent)"
    assert_equal "$(tail -n 1 "$file" | jq -c '[.object, .choices[0].message.content, .choices[0].finish_reason]')" \
        '["chat.completion","two","stop"]'
    assert_equal "$(ls -l "$file" | cut -c 1-10)" -rw-------
    assert_equal "$(ls -ld "$STATE" | cut -c 1-10)" drwx------
    assert_equal "$(ls -A "$STATE")" a.ndjson
    assert_equal "$(supai-req -H "$file" x | jq -c '[.messages[].content]')" "$(jq -c '[.body.messages[].content] + ["two","x"]' "$MOCK_LOG" | tail -n 1)"
}

@test "a prompt that can be read only once is kept too" {
    mock_start
    export SUPAI_CONVERSATION=a
    printf 'piped\n' >input
    IN=input
    holds 0 $'==> 5 <==\nfile\n\nSay:\npiped' 'supai: a new*' bash -c 'supai -c -f /dev/fd/5 Say: - 5< <(echo file)'
    IN=nothing
    try 0 b '' -c b
    assert_equal "$(messages | jq -c '.[1]')" '"==> 5 <==\nfile\n\nSay:\npiped"'
}

@test "earlier messages of -H become part of the conversation" {
    mock_start
    export SUPAI_CONVERSATION=a
    printf '%s\n' '{"role":"user","content":"a"}' '{"role":"assistant","content":"b"}' >earlier.ndjson
    try 0 c '' --new -H earlier.ndjson c
    try 0 d '' -c d
    assert_equal "$(messages)" '["u","a","a","b","u","c","a","c","u","d"]'
}

@test "--conversation and SUPAI_CONVERSATION name one" {
    mock_start
    try 0 a1 'supai: a new conversation, a: *' --conversation a a1
    try 0 b1 'supai: a new conversation, b b: *' --conversation 'b b' b1
    try 0 a2 '' --conversation=a a2
    assert_equal "$(messages)" '["u","a1","a","a1","u","a2"]'
    export SUPAI_CONVERSATION='b b'
    try 0 b2 '' -c b2
    assert_equal "$(messages)" '["u","b1","a","b1","u","b2"]'
    try 0 a3 '' --conversation a a3
    assert_equal "$(messages | jq length)" 10
}

# asked_for: mode and models of the last request.
asked_for() { sent | jq -c '[.model, .models]'; }

@test "a conversation goes on with its mode, models and system message, unless others are given" {
    mock_start
    export SUPAI_CONVERSATION=a
    try 0 one '*' -c -m fast -M xai/grok-4,openai/gpt-5 -s Brief. one
    try 0 two '' -c two
    assert_equal "$(asked_for)" '["fast",["xai/grok-4","openai/gpt-5"]]'
    assert_equal "$(messages)" '["s","Brief.","u","one","a","one","u","two"]'
    try 0 three '' -c -m expert --no-watch three
    assert_equal "$(asked_for)" '["expert",["xai/grok-4","openai/gpt-5"]]'
    try 0 four '' -c -M xai/grok-4 four
    assert_equal "$(asked_for)" '["expert",["xai/grok-4"]]'
    SUPAI_MODEL=thinking try 0 five '' -c five
    assert_equal "$(asked_for)" '["expert",["xai/grok-4"]]'
    try 0 six '' --new six
    assert_equal "$(asked_for)" '["auto",null]'
    SUPAI_MODEL=thinking try 0 seven '' -c seven
    assert_equal "$(asked_for)" '["auto",null]'
    # what no list has was let through once
    mkdir -p list/supai
    echo mine >list/supai/modes
    echo a/b >list/supai/models
    XDG_CONFIG_HOME=$PWD/list mock_start
    try 0 nine '' --unlisted --new -m mine -M a/b nine
    try 0 ten '' -c ten
    assert_equal "$(asked_for)" '["mine",["a/b"]]'
    try 0 "supai-req -H $STATE/a.ndjson -m mine -M a/b --unlisted x | supai-send -1 | supai-sse -1 | supai-text -1" '' -c --dry-run x
}

@test "--list names the conversations, the last used first; none is nothing" {
    mock_start
    try 0 '' '' --list
    absent "$HOME/.local"
    try 0 one '*' --conversation 'b b' one
    supai --conversation a >/dev/null 2>&1 "$(printf 'two\twords,\nand %060d more \xc2\x9b' 0)"
    mkdir "$STATE/folder.ndjson"
    : >"$STATE/empty.ndjson"
    echo nonsense >"$STATE/broken.ndjson"
    touch -t 202601021530 "$STATE/a.ndjson"
    touch -t 202601031530 "$STATE/b b.ndjson"
    touch -t 202601041530 "$STATE/broken.ndjson"
    try 0 $'broken\t2026-01-04 15:30\t
b b\t2026-01-03 15:30\tone
a\t2026-01-02 15:30\ttwo words, and '"$(printf %045d 0)"'…' '' --list
    try 64 '' 'supai: --list asks nothing: *
usage: *' --list hi
}

@test "--show prints what was said" {
    mock_start
    export SUPAI_CONVERSATION=a
    try 66 '' 'supai: there is no conversation a (--list *' --show
    try 0 $'one\xc2\x9b' '*' -c -s Brief. $'one\xc2\x9b'
    try 0 two '' -c -i https://example.com/a.png two
    try 0 $'==> system <==\nBrief.\n\n==> user <==\none\xc2\x9b\n\n==> assistant <==\none\xc2\x9b\n\n==> user <==\ntwo\n[image]\n\n==> assistant <==\ntwo' '' --show
    run pty -1 supai --show
    assert_line 'one\u009b'
    try 0 "$(supai --show | sed $'s/\xc2\x9b/\\\\u009b/')" '' --show --safe
    SUPAI_CONVERSATION=
    try 66 '' 'supai: there is no conversation none (--list *' --show --conversation none
    echo '{}' >"$STATE/b.ndjson"
    try 65 '' 'supai: */b.ndjson: not a conversation' --show --conversation b
    try 64 '' 'supai: --show asks nothing: *
usage: *' --show hi
}

@test "without a name it is the script's, and one that was named does not become it" {
    mock_start
    cat >script <<'E'
supai -c one
supai --conversation other two
supai -c three
E
    holds 0 $'one\ntwo\nthree' 'supai: a new conversation, script-????????: *
supai: a new conversation, other: *' sh script
    assert_equal "$(messages)" '["u","one","a","one","u","three"]'
    # another run of it is another script
    holds 0 $'one\ntwo\nthree' 'supai: a new conversation, script-????????: *.ndjson' sh script
    assert_equal "$(messages)" '["u","one","a","one","u","three"]'
    assert_equal "$(ls "$STATE" | sed 's/-.*/-/' | uniq -c | awk '{ print $1, $2 }')" $'1 other.ndjson\n2 script-'
}

@test "without a name, where there is no /proc: ps tells who the script is" {
    [ -z "${SUPAI_SAN-}" ] || skip 'the leak checker needs /proc'
    unshare -m true 2>/dev/null || skip 'no mounts of our own can be made'
    mock_start
    printf '#!/bin/sh\necho "  1 Wed Nov 25 18:00:00 2026 sh script"\n' >ps
    chmod +x ps
    printf 'supai -c one\nsupai -c two\nsupai -c --dry-run x >shown\n' >script
    run --separate-stderr timeout 30 unshare -m sh -c 'mount -t tmpfs none /proc && PATH=$PWD:$PATH exec sh script'
    expect 0 $'one\ntwo' 'supai: a new conversation, script-????????: *'
    assert_equal "$(messages)" '["u","one","a","one","u","two"]'
    assert grep -q 'supai-req -H .*/script-' shown
}

on_tmux() { TMUX_TMPDIR=$BATS_TEST_TMPDIR tmux -u -f /dev/null "$@"; }

# terminal NAME: a shell in a terminal of its own.
terminal() {
    command -v tmux >/dev/null || skip 'no tmux'
    TMUX_UP=1
    TMUX='' on_tmux new-session -d -x 80 -y 24 -s "$1" env PS1='$ ' HISTFILE= TERM=screen bash --norc --noprofile 3>&- 4>&-
}

# type_in NAME COMMAND: typed into it; when this returns it has ended.
type_in() {
    : >>ended
    turns=$(($(wc -l <ended) + 1))
    on_tmux send-keys -t "$1" -l "$2; echo x >>ended"
    on_tmux send-keys -t "$1" Enter
    has_ended() { [ "$(wc -l <ended)" -eq "$turns" ]; }
    until_true has_ended
}

teardown() {
    [ -z "${TMUX_UP-}" ] || on_tmux kill-server
    common_teardown
}

@test "without a name it is the terminal's; a script on it has its own" {
    mock_start
    terminal one
    terminal two
    type_in one 'supai -c one 2>>said'
    type_in two 'supai -c two 2>>said'
    type_in one 'x=$(supai -c three 2>>said)'
    assert_equal "$(messages)" '["u","one","a","one","u","three"]'
    type_in two 'echo | supai -c four 2>>said'
    assert_equal "$(messages)" '["u","two","a","two","u","four"]'
    echo 'supai -c five' >script
    type_in one 'sh script 2>>said'
    assert_equal "$(messages)" '["u","five"]'
    type_in one 'bash -i -c "supai -c six 2>>said"'
    type_in one 'supai -c seven 2>>said'
    assert_equal "$(messages | jq 'length, .[-3]')" $'14\n"six"'
    assert_equal "$(sed 's/-.*//' said)" 'supai: a new conversation, terminal
supai: a new conversation, terminal
supai: a new conversation, script'
}

# What stands on the terminal, without empty lines at its end.
screen() { on_tmux capture-pane -p -t "$1" | sed -e :a -e '/^\n*$/{$d;N;ba' -e '}'; }
shows() { screen one | grep -qF -- "$1"; }
stands() { [ "$(screen one)" = "$1" ]; }
until_stands() { until_true stands "$1" || { screen one; return 1; }; }

# enter COMMAND: typed into the cleared terminal.
enter() {
    on_tmux send-keys -t one -l "clear; $1"
    on_tmux send-keys -t one Enter
}

@test "on a terminal: a line says that the answer is waited for, and goes when it begins" {
    mock_start --first-byte-delay 2700
    terminal one
    enter "SUPAI_BASE_URL=$SUPAI_BASE_URL supai hi there"
    until_true shows 'waiting  0:02'
    until_stands $'hi there\n$'
    # one that stands when a signal comes is gone, too
    mock_start --first-byte-delay 40000
    enter "SUPAI_BASE_URL=$SUPAI_BASE_URL supai hi"
    until_true shows 'waiting  0:02'
    on_tmux send-keys -t one C-c
    until_true shows '$'
    refute shows waiting
    # with --json, and where the answer goes to a file
    mock_start --first-byte-delay 2700
    enter "SUPAI_BASE_URL=$SUPAI_BASE_URL supai -o out hi"
    until_true shows 'waiting  0:02'
    until_stands '$'
    is out hi
    # and not in scripts
    run --separate-stderr supai hi
    expect 0 hi ''
}

@test "on a terminal: retries are told as they come, and a failure in one line" {
    mock_start --fail 503:1 --retry-after 4
    terminal one
    enter "SUPAI_BASE_URL=$SUPAI_BASE_URL supai hi"
    until_true shows 'HTTP 503'
    until_true shows 'waiting  0:02'
    until_true shows 'hi'
    run screen one
    assert_line --index 0 --regexp '^supai-send: HTTP 503: .*: trying'
    assert_equal "$(tail -n 2 <<<"$output")" $'hi\n$'
    printf 'data: {"id":"c","choices":[{"index":0,"delta":{"content":"one "}}]}\n\ndata: {"error":{"message":"down"}}\n\n' >body
    mock_start --body @body
    enter "SUPAI_BASE_URL=$SUPAI_BASE_URL supai hi"
    until_stands $'one\nsupai-text: the service says: down\n$'
}

@test "on a terminal: control characters of an answer are shown, unless --raw" {
    mock_start
    run pty supai $'a\xc2\x9bb'
    assert_output 'a\u009bb'
    run pty supai --raw $'a\xc2\x9bb'
    assert_output $'a\xc2\x9bb'
    run pty -1 supai $'a\xc2\x9bb'
    assert_output 'a\u009bb'
    run pty -2 sh -c $'supai \'a\xc2\x9bb\' >out'
    assert_output ''
    is out $'a\xc2\x9bb'
}

@test "on a terminal: supai alone says that it reads the keyboard" {
    mock_start
    terminal one
    enter "SUPAI_BASE_URL=$SUPAI_BASE_URL supai"
    until_stands 'supai: the prompt is read from the keyboard: Ctrl-D ends it'
    on_tmux send-keys -t one -l 'hi there'
    on_tmux send-keys -t one Enter
    on_tmux send-keys -t one C-d
    until_true shows '$'
    assert_equal "$(screen one)" $'supai: the prompt is read from the keyboard: Ctrl-D ends it\nhi there\nhi there\n$'
    enter "SUPAI_BASE_URL=$SUPAI_BASE_URL supai Say: -"
    until_stands 'supai: standard input is read from the keyboard: Ctrl-D ends it'
    on_tmux send-keys -t one C-c
    until_true shows '$'
}

@test "on a terminal: input that waits and is not read, and a file's name after -f, once" {
    mock_start
    echo data >data
    run pty sh -c 'echo data | supai hi; :'
    assert_output $'supai: standard input is not read: a word - puts it into the prompt\nhi'
    run pty sh -c 'echo data | supai hi -; :'
    assert_output $'hi\ndata'
    run pty sh -c 'while read -r line; do supai hi; done <data'
    assert_output hi
    run pty supai -f data data
    assert_output "supai: 'data' is a word of the prompt, and the name of a file: -f data puts that into it
==> data <==
data

data"
    # a full disk, which supai itself then meets
    if [ -e /dev/full ]; then
        run pty -2 sh -c 'supai hi >/dev/full'
        assert_equal "$status $output" '74 supai: standard output: No space left on device'
    fi
    # nowhere else
    run --separate-stderr sh -c 'echo data | supai -f data data'
    assert_equal "$stderr" ''
}

@test "a name that is none: 64" {
    for name in '' . .. .a a/b /a $'a\nb'; do
        try 64 '' "supai: '*' is no name of a conversation: *
usage: supai *" --conversation "$name" hi
    done
    SUPAI_CONVERSATION=../x try 64 '' 'supai: *no name*' -c hi
    SUPAI_CONVERSATION=../x try 64 '' 'supai: *no name*' --new hi
    absent "$HOME/.local"
}

@test "--new starts afresh, once the answer is whole" {
    mock_start
    export SUPAI_CONVERSATION=a
    try 0 one '' --new one
    common_teardown
    try 69 '' 'supai-send: *' --new --retries 0 two
    mock_start
    try 0 three '' -c three
    assert_equal "$(messages)" '["u","one","a","one","u","three"]'
    try 0 four '' --new --conversation a four
    try 0 five '' -c five
    assert_equal "$(messages)" '["u","four","a","four","u","five"]'
}

@test "a conversation is as it was when anything fails" {
    mock_start
    export SUPAI_CONVERSATION=a
    try 0 one '*' -c one
    cp "$STATE/a.ndjson" before
    mock_start --reply 'one two three four' --cut 3
    text=$(supai two 2>/dev/null) || :
    try 76 "$text" 'supai-send: *' -c two
    try 76 "$text" 'supai-send: *' --new two
    try 76 "$text" 'supai: a new*
supai-send: *' --conversation b two
    printf '%s\n' '{"id":"c","choices":[{"index":0,"delta":{"content":"Hm"},"finish_reason":"length"}]}' >events
    mock_start --replay events
    try 1 Hm 'supai-text: *"length"' -c two
    printf '%s\n' '{"id":"c","choices":[{"index":0,"delta":{"content":"Hm"}}]}' >events
    mock_start --replay events
    try 76 Hm 'supai-fold: *not whole*
supai: conversation a: left as it was' --lenient -c two
    try 76 '' 'supai-text: *' -c -k none two
    cmp "$STATE/a.ndjson" before
    assert_equal "$(ls -A "$STATE")" a.ndjson
}

@test "an unusual end that is taken is kept" {
    export SUPAI_CONVERSATION=a
    printf '%s\n' '{"id":"c","choices":[{"index":0,"delta":{"content":"Hm"},"finish_reason":"length"}]}' >events
    mock_start --replay events
    try 0 Hm '*' --any-finish -c one
    mock_start
    try 0 two '' -c two
    assert_equal "$(messages)" '["u","one","a","Hm","u","two"]'
}

@test "a signal right after a new conversation was kept does not remove it" {
    [ "$(uname -s)" = Linux ] || skip "the library that sends the signal is made for Linux"
    [ -z "${SUPAI_SAN-}" ] || skip "a sanitizer wants to be loaded first"
    mock_start
    ln -s "$BUILD/tests/renamed.so" . # the loader splits words at blanks
    RENAMED=a.ndjson LD_PRELOAD=$PWD/renamed.so run --separate-stderr supai --conversation a hi
    expect 143 hi 'supai: a new conversation, a: *'
    run supai --conversation a --show
    assert_output '==> user <==
hi

==> assistant <==
hi'
}

@test "a signal while the file of a conversation's events has a name leaves none" {
    [ "$(uname -s)" = Linux ] || skip "the library that sends the signal is made for Linux"
    [ -z "${SUPAI_SAN-}" ] || skip "a sanitizer wants to be loaded first"
    mock_start
    mkdir tmp
    ln -s "$BUILD/tests/renamed.so" . # the loader splits words at blanks
    REMOVED=$PWD/tmp/supai. TMPDIR=$PWD/tmp LD_PRELOAD=$PWD/renamed.so \
        run --separate-stderr supai --conversation a hi
    expect 143 '' ''
    assert_equal "$(ls -A tmp "$STATE")" "$STATE:

tmp:"
    TMPDIR=none run --separate-stderr supai --conversation a hi
    expect 73 '' "supai: a file for the events, in TMPDIR or /tmp: No such file or directory"
    assert_equal "$(mock_requests)" 0
}

@test "a conversation and an output file: both or none" {
    mock_start
    export SUPAI_CONVERSATION=a
    try 0 '' '*' -c -o out one
    is out one
    printf '%s\n' '{"id":"c","choices":[{"index":0,"delta":{"content":"Hm"}}]}' >events
    mock_start --replay events
    try 76 '' '*' -c -o out --lenient two
    is out one
}

@test "a conversation and an output file in one folder: neither is in the way of the other" {
    mock_start
    export SUPAI_CONVERSATION=a
    mkdir -p "$STATE"
    holds 0 '' '*' sh -c 'cd "$1" && supai -c -o out one' sh "$STATE"
    is "$STATE/out" one
    try 0 two '' -c two
    assert_equal "$(messages)" '["u","one","a","one","u","two"]'
}

@test "--json and a conversation" {
    mock_start
    export SUPAI_CONVERSATION=a
    supai --new --json one >out
    try 0 two '' -c two
    assert_equal "$(messages)" '["u","one","a","one","u","two"]'
}

@test "--dry-run of a conversation reads it and changes nothing" {
    mock_start
    export SUPAI_CONVERSATION=a
    try 0 'supai-req hi | supai-send -1 | supai-sse -1 | supai-text -1' '' --dry-run -c hi
    absent "$HOME/.local"
    try 0 one '*' -c one
    try 0 "supai-req -H $STATE/a.ndjson two | supai-send -1 | supai-sse -1 | supai-text -1" '' --dry-run -c two
    holds 0 two '' sh -c "$output"
    assert_equal "$(messages)" '["u","one","a","one","u","two"]'
    try 0 'supai-req two | supai-send -1 | supai-sse -1 | supai-text -1' '' --dry-run --new two
}

@test "XDG_STATE_HOME; no home: 78 where one is asked for, else none is needed" {
    mock_start
    export SUPAI_CONVERSATION=a
    holds 0 hi "supai: a new conversation, a: /*/state/supai/a.ndjson" sh -c 'XDG_STATE_HOME=$PWD/state supai -c hi'
    holds 0 hi "supai: a new*/home/.local/state/*" sh -c 'XDG_STATE_HOME=state supai -c hi'
    holds 0 hi '' env -u HOME supai hi
    holds 78 '' 'supai: neither HOME nor XDG_STATE_HOME *' env -u HOME supai -c hi
    holds 73 '' 'supai: /dev/null/supai*' env XDG_STATE_HOME=/dev/null supai -c hi
}

@test "a file that is no conversation is told of, and stays" {
    mock_start
    mkdir -p "$STATE/dir.ndjson"
    echo nonsense >"$STATE/a.ndjson"
    try 65 '' 'supai-req: */a.ndjson: line 1: not JSON*' --conversation a hi
    is "$STATE/a.ndjson" nonsense
    try 73 '' 'supai: */dir.ndjson: Is a directory' --conversation dir --new hi
    assert_equal "$(mock_requests)" 0
}

@test "two at once: the second waits, and goes on after the first" {
    mock_start --first-byte-delay 700
    start --new --conversation a one >out 2>err
    until_true asked 1
    run --separate-stderr supai --conversation a two
    expect 0 two ''
    wait "$pid"
    assert_equal "$(cat out err)" one
    assert_equal "$(messages)" '["u","one","a","one","u","two"]'
    assert_equal "$(ls -A "$STATE")" a.ndjson
}

@test "ten at once: every answer that was given is kept" {
    mock_start
    pids=
    for k in 1 2 3 4 5 6 7 8 9 10; do
        start --conversation a "$k" >"out.$k" 2>err
        pids+=" $pid"
    done
    given=0
    for pid in $pids; do
        wait "$pid" && given=$((given + 1)) || assert_equal "$?" 75
    done
    assert [ "$given" -ge 1 ]
    assert_equal "$(jq -s '.[0].messages | length + 1' "$STATE/a.ndjson")" $((2 * given))
    assert_equal "$(ls -A "$STATE")" a.ndjson
}

@test "a conversation in use for longer: 75, and another one is free" {
    mock_start --stall 0
    start --new --conversation a one >out 2>err
    until_true asked 1
    run --separate-stderr supai --conversation a two
    expect 75 '' "supai: conversation a: in use by process $pid (SUPAI_CONVERSATION names another one)"
    mock_start
    run --separate-stderr supai -c --conversation other two
    expect 0 two 'supai: a new conversation, other: *'
}

@test "after kill -9 the conversation is as it was, and free" {
    mock_start
    try 0 one '*' --conversation a one
    cp "$STATE/a.ndjson" before
    mock_start --reply 'two three' --stall 2
    start --conversation a two >out 2>err
    until_true test -s out
    kill -9 "$pid"
    wait "$pid" || :
    cmp "$STATE/a.ndjson" before
    mock_start
    try 0 three '' --conversation a three
    assert_equal "$(messages)" '["u","one","a","one","u","three"]'
    assert_equal "$(ls -A "$STATE")" a.ndjson
}

@test "a conversation as the shell's supai kept it goes on" {
    mock_start
    mkdir -p "$STATE"
    echo '{"model":"auto","messages":[{"role":"user","content":"one"}],"stream":true}' >"$STATE/default.ndjson"
    echo '{"id":"c","object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"1"},"finish_reason":"stop"}]}' >>"$STATE/default.ndjson"
    echo default >"$STATE/last"
    try 0 two '' --conversation default two
    assert_equal "$(messages)" '["u","one","a","1","u","two"]'
}

# The ensemble.

# panel: two models of the mock, and its key.
panel() {
    printf '%s\n' "model a $SUPAI_BASE_URL fast" "model b $SUPAI_BASE_URL fast" \
        'key 127.0.0.1 env SUPAI_API_KEY' >panel
    chmod 600 panel
}

@test "--ensemble asks the panel's models, without a key of the service" {
    mock_start
    panel
    try 0 'Why is the sky blue?' '' --ensemble --panel panel 'Why is the sky blue?'
    assert_equal "$(mock_requests)" 2
    run --separate-stderr supai --ensemble --panel panel --merge vote --json hi <nothing
    assert_equal "$(jq -c '[.supai.final_models, .choices[0].message.content]' <<<"$output")" '[["a","b"],"hi"]'
    # The panel's ids are known.
    run --separate-stderr supai --ensemble --panel panel -M b --unlisted --json hi <nothing
    assert_equal "$(jq -c .supai.final_models <<<"$output")" '["b"]'
}

@test "--ensemble without a panel asks the models that -M names" {
    mock_start
    printf '%s\n' "$SUPAI_API_KEY" >key
    chmod 600 key
    try 0 hi '' --ensemble --base-url "$SUPAI_BASE_URL" --key-file key -M 'fast*2' -M thinking --merge vote hi
    assert_equal "$(mock_requests)" 3
    assert_equal "$(jq -r .body.model "$MOCK_LOG" | sort | xargs)" 'fast fast thinking'
}

@test "--ensemble goes on with a conversation" {
    mock_start
    panel
    try 0 one '*a new conversation*' --ensemble --panel panel -c one
    try 0 two '' --ensemble --panel panel -c two
    assert_equal "$(messages)" '["u","one","a","one","u","two"]'
}

@test "an option of the other exchange is 64" {
    try 64 '' "supai: --quorum goes with --ensemble
usage: supai *" --quorum 2 hi
    try 64 '' "supai: --url is for one service, and --ensemble asks the panel's
usage: supai *" --ensemble --url http://127.0.0.1:1/ hi
}

@test "--dry-run shows supai-ensemble in supai-send's place" {
    try 0 "supai-req hi | supai-ensemble --panel p --seed 1 | supai-sse -1 | supai-text -1" '' \
        --ensemble --panel p --seed 1 --dry-run hi
}
