#!/usr/bin/env bats
# lib/utf8 and lib/term, by the first and last values of each range: what is
# UTF-8, and what a terminal may have.
load helper

# text_of HEX: what supai-text makes of an answer with these bytes, in hex.
text_of() {
    local escaped
    escaped=$(printf '\\x%s' $1)
    printf '{"choices":[{"index":0,"delta":{"content":"a%bz"},"finish_reason":"stop"}]}\n' "$escaped" >record
    supai-text -n "${@:2}" record | od -An -tx1 -v | tr -d '\n' | sed 's/^ 61 //; s/ 7a$//'
}

@test "the first and the last character of each length are UTF-8" {
    for hex in '20' '7e' 'c2 a0' 'df bf' 'e0 a0 80' 'e0 bf bf' 'e1 80 80' 'ec bf bf' 'ed 80 80' 'ed 9f bf' \
        'ee 80 80' 'ef bf bf' 'f0 90 80 80' 'f0 bf bf bf' 'f1 80 80 80' 'f3 bf bf bf' 'f4 80 80 80' 'f4 8f bf bf'; do
        assert_equal "$hex: $(text_of "$hex")" "$hex: $hex"
    done
}

@test "bytes next to these are none: each part that cannot go on is one U+FFFD" {
    while IFS='|' read -r hex want; do
        assert_equal "$hex: $(text_of "$hex")" "$hex: $want"
    done <<'END'
80|ef bf bd
bf|ef bf bd
c0 80|ef bf bd ef bf bd
c1 bf|ef bf bd ef bf bd
c2|ef bf bd
c2 7e|ef bf bd 7e
c2 c0|ef bf bd ef bf bd
df 7f|ef bf bd 7f
e0 80 80|ef bf bd ef bf bd ef bf bd
e0 9f bf|ef bf bd ef bf bd ef bf bd
e0 a0|ef bf bd
e0 a0 7e|ef bf bd 7e
e1 7f 80|ef bf bd 7f ef bf bd
ed a0 80|ef bf bd ef bf bd ef bf bd
ed bf bf|ef bf bd ef bf bd ef bf bd
ef bf|ef bf bd
f0 80 80 80|ef bf bd ef bf bd ef bf bd ef bf bd
f0 8f bf bf|ef bf bd ef bf bd ef bf bd ef bf bd
f0 90 80|ef bf bd
f0 90 80 c0|ef bf bd ef bf bd
f0 90 80 7e|ef bf bd 7e
f4 90 80 80|ef bf bd ef bf bd ef bf bd ef bf bd
f5 80 80 80|ef bf bd ef bf bd ef bf bd ef bf bd
ff|ef bf bd
END
}

@test "a terminal has printable characters as they are" {
    while IFS='|' read -r hex; do
        assert_equal "$hex: $(text_of "$hex" --safe)" "$hex: $hex"
    done <<'END'
20
7e
c2 a0
d8 9b
d8 9d
e2 80 8b
e2 80 8d
e2 80 90
e2 80 a7
e2 80 af
e2 81 a5
e2 81 aa
f3 9f bf bf
f3 a0 82 80
END
}

@test "control characters, what turns the text round, breaks a line or cannot be seen, are shown" {
    while IFS='|' read -r hex want; do
        assert_equal "$hex: $(printf '\x61'; text_of "$hex" --safe | sed 's/ //g' | sed 's/../\\x&/g' | { read -r s; printf "$s"; })" \
            "$hex: a$want"
    done <<'END'
7f|\x7f
c2 80|\u0080
c2 9b|\u009b
c2 9f|\u009f
d8 9c|\u061c
e2 80 8e|\u200e
e2 80 8f|\u200f
e2 80 a8|\u2028
e2 80 a9|\u2029
e2 80 aa|\u202a
e2 80 ae|\u202e
e2 81 a6|\u2066
e2 81 a9|\u2069
f3 a0 80 80|\ue0000
f3 a0 80 81|\ue0001
f3 a0 81 bf|\ue007f
END
    # Control characters stand in JSON as escapes only.
    for code in 0000 0001 0008 000b 001b 001f; do
        printf '{"choices":[{"index":0,"delta":{"content":"\\u%s"},"finish_reason":"stop"}]}\n' $code >record
        assert_equal "$(supai-text --safe record)" "\\x${code#00}"
    done
}

@test "messages show the same characters, on one line" {
    run --separate-stderr supai-req -f "$(printf 'a\nb\tc\033[1m\177\302\237\330\234\342\200\216\342\200\250\363\240\201\201d\342\200\256')" hi
    expect 66 '' 'supai-req: a b c\\x1b\[1m\\x7f\\u009f\\u061c\\u200e\\u2028\\ue0041d\\u202e: No such file or directory'
}
