#!/usr/bin/env bats
# The panel file: how it is read, and what is said of a line that is wrong. That its ids
# are known is tested here too; who is asked, and how, is ensemble.bats'.

load helper

setup() {
    common_setup
    mkdir -p home/.config/supai
    PANEL=$HOME/.config/supai/panel
}

# panel LINE ...: the panel, its lines given.
panel() { printf '%s\n' "$@" >"$PANEL"; }

# wrong LINE WHY: as the panel's second line it ends a tool with 78, file and line named.
wrong() {
    panel 'model a http://127.0.0.1:1/v1' "$1"
    run --separate-stderr supai-models a
    expect 78 '' "supai-models: $PANEL: line 2: $2"
}

@test "supai-models and supai-req know what the panel names, after their lists" {
    panel '# ours' '' 'model local/one http://127.0.0.1:1/v1' 'model local/two http://127.0.0.1:1/v1 - {"top_k": 1}' \
        'model far/* https://example.org/v1' 'mode council local/one local/two*3' 'mode fast local/two'
    assert_equal "$(supai-models | tail -n 2)" $'local/one\nlocal/two'
    assert_equal "$(supai-models | head -n 321)" "$(cat "$ROOT/lib/models.txt")"
    assert_equal "$(supai-models -m | tr '\n' ' ')" 'auto deep-thinking expert fast thinking council '
    run --separate-stderr supai-req -m council -M 'local/*' hi
    assert_equal "$status$stderr" 0
    assert_equal "$(jq -c '[.model, .models]' <<<"$output")" '["council",["local/one","local/two"]]'
    run --separate-stderr supai-req -M far/away hi
    assert_equal "$status$stderr" 0
    assert_equal "$(jq -c .models <<<"$output")" '["far/away"]'
    run --separate-stderr supai-req -M near/by hi
    assert_equal "$status" 64
}

@test "an id that the panel shares with the list stands there once" {
    panel 'model openai/gpt-5 https://openrouter.ai/api/v1'
    assert_equal "$(supai-models openai/gpt-5)" openai/gpt-5
    assert_equal "$(supai-models | wc -l | tr -d ' ')" 321
}

@test "a panel that is not there, or empty, is none" {
    assert_equal "$(supai-models | wc -l | tr -d ' ')" 321
    : >"$PANEL"
    assert_equal "$(supai-models | wc -l | tr -d ' ')" 321
}

@test "blanks, CRLF, a byte order mark and no newline at the end" {
    printf '\xef\xbb\xbf  model\ta   http://127.0.0.1:1/v1 \r\n \t\r\n  # c\r\nmodel b http://127.0.0.1:1/v1' >"$PANEL"
    assert_equal "$(supai-models a b | tr '\n' ' ')" 'a b '
}

@test "the JSON may follow the base URL at once" {
    panel 'model a http://127.0.0.1:1/v1 {"temperature": 0, "stop": "a  b"}'
    supai-models a
}

@test "a wrong line is 78, with file and line" {
    wrong 'modle b http://x' "'modle' is none of model, key, limit, main and mode"
    wrong 'model b' "a model's line is: model ID BASE-URL *"
    wrong 'model a http://127.0.0.1:2/v1' "'a' has a line already, 1"
    wrong 'model main http://127.0.0.1:1/v1' "'main' is the final answer's, and no model's id"
    wrong 'model b#2 http://127.0.0.1:1/v1' "'b#2' cannot be an id"
    wrong 'model b* http://127.0.0.1:1/v1 x' "'x' is one name for all that match 'b[*]': put - there"
    wrong 'model b http://127.0.0.1:1/v1 - {"a"' 'not JSON: * at byte *'
    wrong 'model b http://127.0.0.1:1/v1 - 7' 'the JSON at its end is no object'
    wrong 'model b http://127.0.0.1:1/v1 - {} {}' 'not JSON: *'
    wrong 'model b http://127.0.0.1:1/v1 - {"messages":[]}' 'its JSON may not set messages or stream'
    wrong 'model b http://127.0.0.1:1/v1 - {"stream":null}' 'its JSON may not set messages or stream'
    wrong 'model b http://127.0.0.1:1/v1 - {"system":1}' 'system is no string'
    wrong 'key' 'a host is missing'
    wrong 'key example.org' "a key's line is: key HOST[[]:PORT] file PATH, or env VARIABLE"
    wrong 'key example.org value abcd' "a key's line is: *"
    wrong 'key https://example.org env A' "'https://example.org' is not HOST or HOST:PORT"
    wrong 'key example.org:http env A' "'http' is not a port"
    wrong 'key example.org:65536 env A' "'65536' is not a port"
    wrong 'key ::1 env A' 'IPv6 stands in brackets: [[]::1]'
    wrong 'key []:80 file /k' "'' is not HOST or HOST:PORT" # read before its first letter
    wrong 'key . env A' "'.' is not HOST or HOST:PORT"
    wrong 'key [::1 env A' "'[[]::1' is not HOST or HOST:PORT"
    wrong 'key example.org env A B' "'B' is one field too many"
    wrong 'limit example.org' "a limit's line is: limit HOST[[]:PORT] N, from 1 on"
    wrong 'limit example.org 0' "a limit's line is: *"
    wrong 'limit example.org 2 3' "'3' is one field too many"
    wrong 'main' 'no id stands here'
    wrong 'main b' "'b' has no line model"
    wrong 'main a a' "'a' stands here twice"
    wrong 'mode' "a mode's line is: mode NAME ID[[][*]N] ..."
    wrong 'mode fast' 'no id stands here'
    wrong 'mode fast a b' "'b' has no line model"
    wrong 'mode fast a a*2' "'a' stands here twice: ID[*]2 asks for two samples"
    wrong 'mode fast a*0' "'a[*]0': from 1 to 100 samples"
    wrong 'mode fast a*101' "'a[*]101': from 1 to 100 samples"
    wrong 'mode fast a*' "'a[*]' is a pattern: ids stand here"
}

@test "what may stand once only" {
    panel 'model a http://127.0.0.1:1/v1' 'main a' 'main a'
    run --separate-stderr supai-models a
    expect 78 '' "supai-models: $PANEL: line 3: main has a line already, 2"
    panel 'model a http://127.0.0.1:1/v1' 'mode fast a' 'mode fast a*2'
    run --separate-stderr supai-models a
    expect 78 '' "supai-models: $PANEL: line 3: the mode 'fast' has a line already, 2"
    panel 'key Example.org env A' 'key example.org:443 env B' 'key EXAMPLE.ORG file c'
    run --separate-stderr supai-models a
    expect 78 '' "supai-models: $PANEL: line 3: this host's key has a line already, 1"
    panel 'limit [::1]:80 1' 'limit [::1] 1' 'limit [::1]:80 2'
    run --separate-stderr supai-models a
    expect 78 '' "supai-models: $PANEL: line 3: this host's limit has a line already, 1"
}

@test "an id in a mode or main may be one that a glob serves" {
    panel 'mode mine far/away*2' 'main far/home' 'model far/* https://example.org/v1'
    assert_equal "$(supai-models -m mine)" mine
    panel 'mode mine far/away*2' 'main near/home' 'model far/* https://example.org/v1'
    run --separate-stderr supai-models a
    expect 78 '' "supai-models: $PANEL: line 2: 'near/home' has no line model"
}

@test "a panel that others can write is 78" {
    panel 'model a http://127.0.0.1:1/v1'
    chmod 664 "$PANEL"
    run --separate-stderr supai-models a
    expect 78 '' "supai-models: $PANEL: others can write it (mode 664): run chmod go-w $PANEL"
    chmod 602 "$PANEL"
    run --separate-stderr supai-models a
    expect 78 '' "supai-models: $PANEL: others can write it (mode 602): *"
    chmod 644 "$PANEL"
    supai-models a
}

@test "a panel that is no text is 78" {
    printf 'model a\0 http://127.0.0.1:1/v1\n' >"$PANEL"
    run --separate-stderr supai-models a
    expect 78 '' "supai-models: $PANEL: line 1: not text in UTF-8"
    printf '# \xc3\xa9\n\nmodel \xff http://127.0.0.1:1/v1\n\0\n' >"$PANEL"
    run --separate-stderr supai-models a
    expect 78 '' "supai-models: $PANEL: line 3: not text in UTF-8"
    rm "$PANEL"
    mkdir "$PANEL"
    run --separate-stderr supai-models a
    expect 78 '' "supai-models: $PANEL: Is a directory"
}
