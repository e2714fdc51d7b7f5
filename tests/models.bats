#!/usr/bin/env bats
# supai-models: what can be asked, from the list built in or from the service.

load helper

models() { run --separate-stderr supai-models "$@" </dev/null; }

USAGE='usage: supai-models [[]options] [[]pattern ...]'
OPUS='anthropic/claude-opus-3
anthropic/claude-opus-4
anthropic/claude-opus-4.1
anthropic/claude-opus-4.5
anthropic/claude-opus-4.6'

# answer 'BODY' [STATUS-LINE]: a server for one request that answers BODY;
# SUPAI_BASE_URL is set to it. What it was sent is in the file request.
answer() {
    local body=$1 line=${2-HTTP/1.1 200 OK}
    printf '%s\r\nContent-Type: application/json\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s' \
        "$line" "${#body}" "$body" >response
    cat >serve.sh <<'S'
while IFS= read -r line; do
    line=${line%?}
    [ -n "$line" ] || break
    echo "$line" >>request
done
cat response
S
    : >request
    rm -f socat.log # of the server before this one
    socat -d -d TCP-LISTEN:0,bind=127.0.0.1 SYSTEM:'sh serve.sh' 2>socat.log 3>&- &
    MOCK_PIDS="$MOCK_PIDS $!"
    until_true grep -qs 'listening on' socat.log
    export SUPAI_BASE_URL
    SUPAI_BASE_URL=http://127.0.0.1:$(sed -n 's/.*listening on .*:\([0-9]*\)$/\1/p' socat.log)/v1/openai
}

# --- the list built in --------------------------------------------------------

@test "the ids, one a line, in the list's order" {
    supai-models >out
    cmp out "$ROOT/lib/models.txt"
    assert_equal "$(wc -l <out | tr -d ' ')" 321
    supai-models -m >out
    cmp out "$ROOT/lib/modes.txt"
}

@test "-m lists the page's five modes" {
    models -m
    expect 0 $'auto\ndeep-thinking\nexpert\nfast\nthinking' ''
    models --modes '*think*'
    expect 0 $'deep-thinking\nthinking' ''
}

@test "the built-in list is that of the API's page" {
    page=$ROOT/../shared/api/create-chat-completion.txt
    [ -f "$page" ] || skip 'no ../shared/api'
    sed 's/,$//' "$page" | grep -E '^[a-z0-9-]+/[a-z0-9.-]+$' |
        grep -vx application/json | cmp - "$ROOT/lib/models.txt"
}

@test "a pattern matches the whole id, across the slash too" {
    for glob in '*opus*' 'anthropic/*opus*' 'anthropic?claude-opus-[0-9]*'; do
        models "$glob"
        expect 0 "$OPUS" ''
    done
    models openai/gpt-5
    expect 0 openai/gpt-5 ''
}

@test "several patterns: what any of them matches, once, in the list's order" {
    models openai/gpt-5 '*opus-4.6' '*opus*' nosuch
    expect 0 "$OPUS"$'\n'openai/gpt-5 ''
}

@test "what supai-models shows for a pattern is what supai-req -M takes" {
    supai-models '*gemini-3*' >out
    run --separate-stderr supai-req -M '*gemini-3*' hi
    [[ $output == *'"models":['"$(sed 's/.*/"&"/' out | paste -s -d , -)"'],'* ]]
}

@test "none matches: 1, with what is near to a plain word" {
    models opus
    expect 1 '' "supai-models: unknown model 'opus': did you mean anthropic/claude-opus-4.6, anthropic/claude-opus-4.5, anthropic/claude-opus-4.1 or anthropic/claude-opus-4[?]"
    models '*zzz*' nosuchthing
    expect 1 '' "supai-models: no model matches '[*]zzz[*]'"$'\n'"supai-models: unknown model 'nosuchthing' (supai-models lists the known ones)"
    models -m 'e?pr'
    expect 1 '' "supai-models: no mode matches 'e[?]pr'"
}

@test "the nearest ids: case and punctuation, parts, dates, turned words, typing errors" {
    while read -r asked first; do
        models "$asked"
        [[ $stderr == "supai-models: unknown model '$asked': did you mean $first"[,?\ ]* ]] ||
            fail "$asked: $stderr"
    done <<'E'
OpenAI/GPT-5 openai/gpt-5
gpt5 openai/gpt-5
claude-opus-4-6 anthropic/claude-opus-4.6
sonnet anthropic/claude-sonnet-4.6
anthropic anthropic/claude-sonnet-4.6
gpt-5.2-2025-12-11 openai/gpt-5.2
openrouter/openai/gpt-5 openai/gpt-5
claude-4.6-opus anthropic/claude-opus-4.6
anthropic/opus-4.6 anthropic/claude-opus-4.6
claude-opus-4.7 anthropic/claude-opus-4.6
cluade-opus-4.6 anthropic/claude-opus-4.6
gemeni-3-pro google/gemini-3-pro-preview
E
}

@test "the nearest ids are the same each time, and few" {
    models e
    expect 1 '' "supai-models: unknown model 'e' (supai-models lists the known ones)"
    models ''
    expect 1 '' "supai-models: unknown model '' (supai-models lists the known ones)"
    models "$(printf 'a%.0s' {1..5000})"
    assert_equal "$status" 1
    assert [ "${#stderr}" -lt 200 ]
}

@test "the user's files replace the lists" {
    mkdir -p home/.config/supai xdg/supai
    printf '# mine\nb/one\r\n\n\ta/two' >home/.config/supai/models
    models
    expect 0 $'b/one\na/two' ''
    models -m
    assert_line auto
    printf 'c/three\n' >xdg/supai/models
    XDG_CONFIG_HOME=$PWD/xdg models
    expect 0 c/three ''
    XDG_CONFIG_HOME=$PWD/nowhere models
    assert_equal "${#lines[@]}" 321
    run --separate-stderr env -u HOME supai-models openai/gpt-5
    expect 0 openai/gpt-5 ''
}

@test "a byte order mark is no part of the first id" {
    mkdir -p home/.config/supai
    printf '\xef\xbb\xbfb/one\r\na/two\r\n' >home/.config/supai/models
    printf '\xef\xbb\xbf# mine\nslow\n' >home/.config/supai/modes
    models
    expect 0 $'b/one\na/two' ''
    models -m
    expect 0 slow ''
}

@test "a file that is empty or no list is 78" {
    mkdir -p home/.config/supai
    : >home/.config/supai/modes
    models -m
    expect 78 '' "supai-models: $HOME/.config/supai/modes: holds no id; remove it to use the list built in"
    printf '{"text": {}}\n' >home/.config/supai/models
    models
    expect 78 '' "supai-models: $HOME/.config/supai/models: line 1: not the id of a model"
    printf 'a/b\n\x1b]0;x\x07\n' >home/.config/supai/models
    models
    expect 78 '' "supai-models: $HOME/.config/supai/models: line 2: not the id of a model"
}

@test "a file that cannot be read is 78" {
    [ "$(id -u)" -ne 0 ] || skip 'root reads everything'
    mkdir -p home/.config/supai
    printf 'x\n' >home/.config/supai/models
    chmod 0 home/.config/supai/models
    models
    expect 78 '' "supai-models: $HOME/.config/supai/models: Permission denied"
}

@test "standard input is not read" {
    printf 'left\n' | { supai-models -m >/dev/null; read -r line; [ "$line" = left ]; }
}

@test "a full disk, a closed stdout: 74" {
    [ -e /dev/full ] || skip 'no /dev/full'
    run --separate-stderr bash -c 'supai-models >/dev/full'
    expect 74 '' 'supai-models: standard output: No space left on device'
    run --separate-stderr bash -c 'supai-models >&-'
    expect 74 '' 'supai-models: standard output: Bad file descriptor'
}

@test "options that do not go together are 64" {
    models --json
    expect 64 '' $'supai-models: --json goes with --live\n'"$USAGE"
    models --retries 1
    expect 64 '' $'supai-models: the options of a connection go with --live\n'"$USAGE"
    models --live --json 'x*'
    expect 64 '' $'supai-models: --json takes no pattern\n'"$USAGE"
}

# --- the service --------------------------------------------------------------

@test "--live lists what the service has" {
    mock_start
    supai-models --live >out
    cmp out "$ROOT/lib/models.txt"
    supai-models --live -m >out
    cmp out "$ROOT/lib/modes.txt"
    models --live '*opus*'
    expect 0 "$OPUS" ''
}

@test "--live asks beside the base URL, with the key" {
    answer '{"text":{"a/b":{},"c/d":{"x":[1]}},"image":{"e/f":{}}}'
    SUPAI_API_KEY=$TEST_KEY models --live
    expect 0 $'a/b\nc/d' ''
    grep -q '^GET /v1/info/models HTTP/1.1$' request
    grep -qi "^authorization: Bearer $TEST_KEY$" request
    answer '{"text":{"quick":{}},"image":{}}'
    models --live -m
    expect 0 quick ''
    grep -q '^GET /v1/info/modes HTTP/1.1$' request
}

@test "--live needs no key" {
    answer '{"text":{"a/b":{}}}'
    models --live
    expect 0 a/b ''
    run grep -i authorization request
    assert_equal "$status" 1
}

@test "--live: ids as an object's names, an array of strings or of objects" {
    for body in '{"text":{"a/b":{},"c/d":{}}}' '{"text":["a/b","c/d"]}' '{"text":[{"id":"a/b"},{"id":"c/d","x":1}]}'; do
        answer "$body"
        models --live
        expect 0 $'a/b\nc/d' ''
    done
    for body in '{"quick":{},"slow":{}}' '["quick","slow"]' '[{"id":"quick"},{"id":"slow"}]' '{"text":{"quick":{},"slow":{}}}'; do
        answer "$body"
        models --live -m
        expect 0 $'quick\nslow' ''
    done
}

@test "--live prints all or nothing: an answer that is no list is 76" {
    while read -r body; do
        answer "$body"
        models --live
        assert_equal "$body: $status $output" "$body: 76 "
        [[ $stderr == 'supai-models: the answer lists no models: '* ]]
    done <<'E'
<html>sign in</html>
{"text":{"a/b":{},"c/d":
{"text":{"a/b":{},"c/d":1}}
{"text":{}}
{"text":[]}
{"text":["a/b",null]}
{"text":["a b"]}
{"text":["a/b\u0000"]}
{"text":["a/b\n"]}
{"text":["\u001b]0;x\u0007"]}
{"text":["\u009d0;x"]}
{"text":[""]}
{"text":["#x"]}
{"image":{}}
["a/b"]
"a/b"
E
    answer '{"text":{"a/b":{},"c/d":1}}'
    models --live
    expect 76 '' 'supai-models: the answer lists no models: number 2 of its ids is none'
    answer '{"object":"list","data":[{"id":"a"}]}'
    models --live -m
    expect 76 '' 'supai-models: the answer lists no modes: number 1 of its ids is none'
}

@test "--live reads OpenAI's list, at BASE/models where there is no info/models" {
    printf 'HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\nConnection: close\r\n\r\nnot there' >missing
    list='{"object":"list","data":[{"id":"llama3:8b","object":"model"},{"id":"qwen"}]}'
    printf 'HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s' ${#list} "$list" >list
    printf 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\n<html>' >page
    for first in missing page; do
        raw_start $first list
        models --live
        expect 0 $'llama3:8b\nqwen' ''
        assert_equal "$(grep -a -o '^GET [^ ]*' "$RAW_LOG" | tr '\n' ' ')" 'GET /info/models GET /v1/models '
    done
    raw_start missing list
    models --live --json
    expect 0 "$list" ''
    raw_start list
    models --live 'q*'
    expect 0 qwen ''
    raw_start missing
    models --live
    expect 65 '' "supai-models: HTTP 404: not there, at http://127.0.0.1:$RAW_PORT/info/models; HTTP 404: not there, at http://127.0.0.1:$RAW_PORT/v1/models"
    raw_start missing list
    models --live -m
    expect 65 '' 'supai-models: HTTP 404: *'
    assert_equal "$(grep -c '^# connection' "$RAW_LOG")" 1
}

@test "--live: a key that is wrong is told where only BASE/models asks for one" {
    printf 'HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\nConnection: close\r\n\r\nnot there' >missing
    printf 'HTTP/1.1 401 Unauthorized\r\nContent-Length: 35\r\nConnection: close\r\n\r\n{"error":{"message":"no such key"}}' >refused
    raw_start missing refused
    models --live
    expect 77 '' "supai-models: HTTP 404: not there, at http://127.0.0.1:$RAW_PORT/info/models; HTTP 401: no such key"
}

@test "--live: none matches is 1" {
    answer '{"text":{"a/b":{}}}'
    models --live opus
    expect 1 '' "supai-models: no model matches 'opus'"
}

@test "--live --json is the answer as it is, if it is JSON" {
    answer '{"text": {"a/b": {"n": 1.50}}, "image": {}}'
    supai-models --live --json >out
    printf '{"text": {"a/b": {"n": 1.50}}, "image": {}}\n' | cmp - out
    answer 'oops'
    models --live --json
    expect 76 '' 'supai-models: the answer is not JSON: not a JSON value, at offset 0'
}

@test "--live: what the service's answer means is as for supai-send" {
    answer '{"error":{"message":"no such key"}}' 'HTTP/1.1 401 Unauthorized'
    models --live
    assert_equal "$status" 77
    assert_equal "$output" ''
    [[ $stderr == *'HTTP 401'*'no such key'* ]]
    answer '{}' 'HTTP/1.1 404 Not Found'
    models --live -m
    assert_equal "$status $output" '65 '
    answer ''
    models --live -m
    assert_equal "$status $output" '76 '
    SUPAI_BASE_URL=http://127.0.0.1:1/v1/openai models --live --retries 0
    assert_equal "$status $output" '69 '
    SUPAI_BASE_URL=http://example.org/v1/openai models --live
    assert_equal "$status $output" '78 '
}

@test "--live: the models file that replaces the list built in does not matter" {
    mkdir -p home/.config/supai
    : >home/.config/supai/models
    answer '{"text":{"a/b":{}}}'
    models --live
    expect 0 a/b ''
}

@test "a live list can be saved as the models file" {
    mock_start
    mkdir -p home/.config/supai
    supai-models --live '*/*' >list
    mv list home/.config/supai/models
    supai-models | cmp - "$ROOT/lib/models.txt"
}
