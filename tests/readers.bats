# The readers of records, the fast one, the plain one and libjq, agree.
load helper

agree() {
    run readers <"$1"
    assert_success
}

@test "on the fixtures" {
    cat "$DATA"/*.ndjson >in
    agree in
    [[ $output == *' lines, '*' known' ]]
    refute_output --partial ' 0 known'
}

@test "on what the fuzzer found" {
    # twice each: the second time its shape is known
    LC_ALL=C sed p "$ROOT/tests/fuzz/readers.corpus" >in
    agree in
    refute_output --partial ' 0 known'
}

@test "on every recorded trace" {
    need_traces
    for trace in "$TRACES"/*.ndjson.gz; do
        gzip -dc "$trace" >in
        agree in
    done
}

# Records that differ from the one before them in one thing only, the text or
# not: valid, odd, and broken ones.
@test "on records that are nearly like the one before" {
    : >in
    variants() {    # HEAD TAIL: the string between them in many forms
        local text
        while IFS= read -r text; do
            printf '%s"a plain one"%s\n%s%s%s\n' "$1" "$2" "$1" "$text" "$2"
        done <<'E'
""
"x"
"\n\t\"\\\/\b\f\r"
"\u0000\u00e9\ud83d\ude00"
"\ud83d"
"\ude00\ud83d"
"\u12"
"\u12g4"
"\x"
"\"
"\\"
"\\\"
"a"b"
"a","b":"c"
"a","text":"c"
"a","content":"c"
"a
a"
 "a"
null
1
1.5e400
["a"]
{"a":"b"}
true
tru

"é空😀"
"	"
E
    }
    variants '{"object":"supai.chunk","chunk":{"_source":{"key":"m","modelId":"m"},"type":"text","text":' '}}' >>in
    variants '{"object":"supai.chunk","chunk":{"text":' ',"type":"thinking","_source":{"key":"m\u0041"}}}' >>in
    variants '{"object":"supai.chunk","chunk":{"text":"twice","text":' '}}' >>in
    variants '{"object":"supai.chunk","chunk":{"text":' ',"text":"twice"}}' >>in
    variants '{"object":"supai.chunk","chunk":{"type":"text","t\u0065xt":' '}}' >>in
    variants '{"id":"c","choices":[{"index":0,"delta":{"content":' '},"finish_reason":null}]}' >>in
    variants '  { "choices" : [ { "delta" : { "content" : ' ' } , "index" : 1 , "finish_reason" : "stop" } ] , "usage":{"n":1e2} }  ' >>in
    variants '{"choices":[{"delta":{"role":"assistant","content":' ',"reasoning":"r"}}]}' >>in
    variants '{"choices":[{"delta":{"content":"","reasoning":' ',"thinking":"t"}}]}' >>in
    variants '{"choices":[{"delta":{"content":null,"thinking":' ',"reasoning_content":""}}]}' >>in
    variants '{"choices":[{"delta":{"content":[' ']}}]}' >>in
    variants '{"choices":[{"delta":{"refusal":' '}}]}' >>in
    variants '{"choices":[{"delta":{"content":' '}},{"index":1,"delta":{"content":"b"}}]}' >>in
    variants '{"choices":[{"delta":{"content":' '}}],"error":{"message":"m"}}' >>in
    variants '{"choices":[{"delta":{"content":"x"},"finish_reason":' '}]}' >>in
    variants '{"error":{"message":' '}}' >>in
    variants '{"custom_id":"c","response":{"body":{"choices":[{"message":{"content":' '}}]}}}' >>in
    variants '{"choices":[{"delta":{"content":' '}}]' >>in
    variants '{"choices":[{"delta":{"content":' ' }}]}' >>in
    printf '{"choices":[{"delta":{"content":"a\xff\xc3"}}]}\n{"choices":[{"delta":{"content":"\xed\xa0\x80\0"}}]}\n{"choices":[{"delta":{"content":"\x7f"}}]}\n' >>in
    agree in
    refute_output --partial ' 0 known'
}

@test "on values that are no objects, after records of each kind" {
    while IFS= read -r record; do
        printf '%s\n' "$record" 6 "$record" '[]' "$record" ' "x" ' "$record" null true 1e5x
    done <"$DATA/ensemble.ndjson" >in
    cat "$DATA/completion.json" >>in
    printf '%s\n' 6 '{"error":{"message":"m"}}' 6 '{"custom_id":"c","error":{"message":"m"}}' 6 ' ' '' '{' '{"a' '{"a":' '{"a":1' '{"a":1,' >>in
    agree in
}

@test "on nesting up to the limit and past it" {
    for ((n = 250; n < 260; n++)); do
        open=$(printf '%*s' $n '') close=${open// /]} open=${open// /[}
        printf '%s\n' "$open$close" "{\"a\":$open$close}" "{\"chunk\":$open$close}" \
            "{\"chunk\":{\"a\":$open$close}}" "{\"chunk\":{\"_source\":$open$close}}" \
            "{\"chunk\":{\"_source\":{\"key\":$open$close}}}" "{\"choices\":[{\"delta\":$open$close}]}"
    done >in
    agree in
}

@test "on records at every length around a step of the scanner" {
    for ((len = 0; len < 70; len++)); do
        printf '{"choices":[{"delta":{"content":"%*s"}}]}\n' $len ''
        printf '{"choices":[{"delta":{"content":"%*s\\n%*s"}}]}\n' $len '' $((70 - len)) ''
        printf '{"choices":[{"delta":{"content":"%*s\t%*s"}}]}\n' $len '' $((70 - len)) ''
        printf '{"choices":[{"delta":{"content":"%*s"%*s"}}]}\n' $len '' $((70 - len)) ''
        printf '{"choices":[{"delta":{"content":"%*s\\"}}]}\n' $len ''
    done >in
    agree in
}

# Python's json, told to take no NaN and no Infinity, is as strict as RFC 8259; a
# byte a character, since what is not ASCII may stand in strings as it likes.
@test "on which records are JSON Python's json agrees" {
    command -v python3 >/dev/null || skip "no python3"
    cat "$DATA"/*.ndjson "$ROOT/tests/fuzz/readers.corpus" >good
    cat >mutate.py <<'P'
import random, sys
random.seed(8259)
odd = [b'"', b'\\', b'{', b'}', b'[', b']', b',', b':', b' ', b'\t', b'\r', b'\0', b'\x1f', b'\x7f', b'\xff',
       b'0', b'-', b'+', b'.', b'1e5', b'E-', b'01', b'-0', b'\\u00', b'\\ud83d', b'\\x', b'null', b'tru', b'NaN', b'""', b'[]', b'{}']
for line in sys.stdin.buffer.read().split(b'\n'):
    line = line[:600]
    for _ in range(8):
        at = random.randrange(len(line) + 1)
        sys.stdout.buffer.write(line[:at] + random.choice(odd) + line[at + random.randrange(3):] + b'\n')
P
    cat >judge.py <<'P'
import json, sys
def refuse(what): raise ValueError(what)
for n, line in enumerate(sys.stdin.buffer, 1):
    try:
        json.loads(line[:-1].decode('latin-1'), parse_int=float, parse_constant=refuse)
    except ValueError:
        print(n)
P
    python3 mutate.py <good >odd
    for f in good odd; do
        python3 judge.py <$f >want
        run readers -r <$f
        assert_success
        assert_equal "$output" "$(cat want)"
        assert [ "$(wc -l <want)" -gt 50 ]
    done
}
