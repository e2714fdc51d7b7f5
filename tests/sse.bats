# supai-sse: a response body in, one line an event out.
# The rules are those of the WHATWG HTML standard, section 9.2.6.
load helper

# sse 'INPUT' [option ...]: runs supai-sse on the input (printf's escapes), and
# sees that it makes no difference to the parser how the input is cut.
sse() {
    # shellcheck disable=SC2059
    printf "$1" >in
    shift
    run --separate-stderr supai-sse "$@" <in
    sse_split in || fail "it depends on how the input is cut"
}

DONE='data: [DONE]\n\n'
NO_DONE='supai-sse: standard input: the stream ended before [[]DONE], '

# --- The event stream ---

@test "a BOM at the start is dropped" {
    sse "\xef\xbb\xbfdata: a\n\n$DONE"
    expect 0 a ''
}

@test "a BOM is one only at the start" {
    sse "\xef\xbb\xbf\xef\xbb\xbfdata: a\n\ndata: \xef\xbb\xbfb\n\n$DONE"
    expect 0 $'\xef\xbb\xbfb' ''
}

@test "a NUL after a BOM is of the first field's name" {
    sse "\xef\xbb\xbf\0data: a\n\ndata: b\n\n$DONE"
    expect 0 b ''
}

@test "half a BOM is the start of a field name" {
    sse "\xef\xbbdata: a\n\ndata: b\n\n$DONE"
    expect 0 b ''
    sse '\xef\xbb{"a":1}\n'
    expect 76 '' '*not an event stream*'
}

@test "a BOM after a blank line is none" {
    sse "\n\xef\xbb\xbfdata: a\n\ndata: b\n\n$DONE"
    expect 0 b ''
}

@test "a line that begins with a blank has an unknown name, the first one too" {
    sse " data: a\n\ndata: b\n\n$DONE"
    expect 0 b ''
    sse "\n\t\n data: a\n\n data: b\n\ndata: c\n\n$DONE"
    expect 0 c ''
}

@test "line ends: LF" {
    sse "data: a\ndata: b\n\n$DONE"
    expect 0 'a b' ''
}

@test "line ends: CR" {
    sse "data: a\rdata: b\r\rdata: [DONE]\r\r"
    expect 0 'a b' ''
}

@test "line ends: CRLF" {
    sse "data: a\r\ndata: b\r\n\r\ndata: c\r\n\r\ndata: [DONE]\r\n\r\n"
    expect 0 $'a b\nc' ''
}

@test "line ends: all three in one stream" {
    sse "data: a\ndata: b\r\ndata: c\r\rdata: d\r\n\ndata: e\n\r\n$DONE"
    expect 0 $'a b c\nd\ne' ''
}

@test "LF CR is two line ends" {
    sse "data: a\n\rdata: b\n\r$DONE"
    expect 0 $'a\nb' ''
}

@test "comments are ignored" {
    sse ": hello\n\ndata: a\n:in the middle\n:\ndata: b\n\n: bye\n\n$DONE"
    expect 0 'a b' ''
}

@test "a field without a colon has an empty value" {
    sse "data\ndata: b\n\nevent: x\nevent\ndata: c\n\n$DONE" --envelope
    expect 0 '{"event":"message","id":"","data":"\nb"}
{"event":"message","id":"","data":"c"}' ''
}

@test "one leading space of the value is removed, no more and nothing else" {
    sse "data:a\n\ndata: b\n\ndata:  c \n\ndata:\td\n\ndata: \n\n$DONE"
    expect 0 $'a\nb\n c \n\td' ''
    supai-sse in | tail -c 1 | cmp - <(echo)
}

@test "colons in the value stay" {
    sse "data: a:b: c\n\ndata::d\n\n$DONE"
    expect 0 $'a:b: c\n:d' ''
}

@test "fields with other names are ignored, and names are exact" {
    sse "foo: 1\nData: 2\ndata : 3\n data: 4\ndat: 5\ndatas: 6\neventful\ndata: a\n\n$DONE"
    expect 0 a ''
}

@test "the event's type is message, or what event says, for that event only" {
    sse "data: a\n\nevent: x\ndata: b\n\ndata: c\n\nevent: y\nevent: z\ndata: d\n\n$DONE" --envelope
    expect 0 '{"event":"message","id":"","data":"a"}
{"event":"x","id":"","data":"b"}
{"event":"message","id":"","data":"c"}
{"event":"z","id":"","data":"d"}' ''
}

@test "the id stays until the next one, an empty one included" {
    sse "data: a\n\nid: 1\ndata: b\n\ndata: c\n\nid\ndata: d\n\nid: 2\n\ndata: e\n\n$DONE" --envelope
    expect 0 '{"event":"message","id":"","data":"a"}
{"event":"message","id":"1","data":"b"}
{"event":"message","id":"1","data":"c"}
{"event":"message","id":"","data":"d"}
{"event":"message","id":"2","data":"e"}' ''
}

@test "an id with a NUL is ignored" {
    sse "id: 1\ndata: a\n\nid: 2\0003\ndata: b\n\nid: \000\ndata: c\n\n$DONE" --envelope
    expect 0 '{"event":"message","id":"1","data":"a"}
{"event":"message","id":"1","data":"b"}
{"event":"message","id":"1","data":"c"}' ''
}

@test "retry has no effect, with digits or without" {
    sse "retry: 10\n\nretry: soon\ndata: a\nretry\n\n$DONE"
    expect 0 a ''
}

@test "data over several lines: joined by LF, which on one line is a space" {
    sse "data: {\ndata\ndata:  \"a\"\ndata: :1}\n\n$DONE"
    expect 0 '{   "a" :1}' ''
    sse "data: {\ndata\ndata:  \"a\"\ndata: :1}\n\n$DONE" --envelope
    expect 0 '{"event":"message","id":"","data":"{\n\n \"a\"\n:1}"}' ''
}

@test "an event without data is none, and its type goes with it" {
    sse "event: x\n\ndata: a\n\nevent: y\nid: 7\n\n\n\ndata: b\n\n$DONE" --envelope
    expect 0 '{"event":"message","id":"","data":"a"}
{"event":"message","id":"7","data":"b"}' ''
}

@test "an event whose data is empty or blank is one for --envelope, and no line else" {
    # an empty line stands between answers
    sse "data\n\ndata\ndata\n\ndata: a\n\ndata:  \t\n\n$DONE"
    prints 0 <(printf 'a\n') supai-sse in
    sse "data:\n\ndata\ndata\n\n$DONE" --envelope
    expect 0 '{"event":"message","id":"","data":""}
{"event":"message","id":"","data":"\n"}' ''
}

@test "an event that the end of input cuts is not given" {
    sse 'data: a\n\ndata: b\n'
    expect 76 a "${NO_DONE}inside event 2: 'b'"
    sse 'data: a\n\ndata: b'
    expect 76 a "${NO_DONE}inside event 2: 'b'"
    sse 'data: a\n\ndat'
    expect 76 a "${NO_DONE}inside event 2"
    sse 'data: a\n\nid: 1\n'
    expect 76 a "${NO_DONE}inside event 2"
}

@test "NUL and bytes that are not UTF-8 pass unchanged" {
    printf 'data: a\0b\n\ndata: \xff\xc3\x28\xed\xa0\x80\ndata: \0\n\ndata: [DONE]\n\n' >in
    prints 0 <(printf 'a\0b\n\xff\xc3\x28\xed\xa0\x80 \0\n') supai-sse in
    supai-sse --envelope in |
        cmp - <(printf '%s\n' '{"event":"message","id":"","data":"a\u0000b"}' \
            $'{"event":"message","id":"","data":"\xff\xc3\x28\xed\xa0\x80\\n\\u0000"}')
    sse_split in
}

# --- Answers and their end ---

@test "[DONE] ends an answer and is not printed" {
    sse "data: a\n\ndata: [DONE]\n\n"
    expect 0 a ''
    sse "data:a\n\ndata:[DONE]\n\n" --envelope
    expect 0 '{"event":"message","id":"","data":"a"}' ''
}

@test "[DONE] as the last thing needs no blank line and no line end" {
    for end in '\n' '\r' '\r\n' ''; do
        sse "data: a\n\ndata: [DONE]$end"
        expect 0 a ''
    done
}

@test "a [DONE] and no event before it: said, 76" {
    for in in 'data: [DONE]' "$DONE" "$DONE$DONE" ": hello\n\n$DONE" "data:\n\n$DONE"; do
        sse "$in"
        expect 76 '' 'supai-sse: standard input: [[]DONE], and no event before it'
    done
    sse "data: a\n\n$DONE$DONE"
    expect 0 a ''
}

@test "[DONE] counts in quotes and among blanks" {
    for done in '[DONE] ' ' [DONE]' '"[DONE]"' '\t"[DONE]" \t' '[DONE]\ndata'; do
        sse "data: a\n\ndata: $done\n\n"
        expect 0 a ''
        sse "data: a\n\ndata: $done"
        expect 0 a ''
    done
    for none in '[DONE' '"[DONE]' '[DONE]"' '[DONE] x' '""[DONE]""' '[done]'; do
        sse "data: $none\n\n$DONE"
        expect 0 "$none" ''
    done
}

@test "half a [DONE] is no end" {
    sse 'data: a\n\ndata: [DON'
    expect 76 a "${NO_DONE}inside event 2: '[[]DON'"
    sse 'data: a\n\ndata: [DONE'
    expect 76 a "${NO_DONE}inside event 2: '[[]DONE'"
}

# printed 'OUTPUT' FILE ...: supai-sse prints exactly that (printf's escapes).
printed() {
    # shellcheck disable=SC2059
    printf "$1" >want
    shift
    supai-sse "$@" >got 2>err || true
    cmp want got
}

@test "an empty line stands between two answers, just before the next one's first event" {
    sse "data: a\n\n${DONE}data: b\n\n$DONE"
    expect 0 $'a\n\nb' ''
    printed 'a\n\nb\n' in
    sse "data: a\n\n${DONE}\n: bye\n\ndata:\n\n$DONE"
    printed 'a\n' in
    # the second one cut
    sse "data: a\n\n${DONE}data: b\n\n"
    expect 76 $'a\n\nb' "${NO_DONE}after event 3 (--no-done, *)"
    printed 'a\n\nb\n\n' in
    sse "data: a\n\n${DONE}data: b"
    expect 76 a "${NO_DONE}inside event 3: 'b'"
    printed 'a\n' in
}

@test "an empty line is the last one after an answer that was cut" {
    sse 'data: a\n\n'
    printed 'a\n\n' in
    printed 'a\n' --no-done in
    printed 'a\n\na\n' --no-done in in
    printed 'a\n\na\n\n' in in
    printf 'data: a\n\ndata: %s\n\n' "$(printf '%0100d' 0)" >long
    printed 'a\n\n' --max-record 50 long
    # nothing was printed, and nothing is cut
    printf ': a\n\n' >none
    printed '' none
}

@test "no empty line with --envelope, or for a JSON body" {
    sse "data: a\n\n${DONE}data: b\n\n"
    printed '{"event":"message","id":"","data":"a"}\n{"event":"message","id":"","data":"b"}\n' --envelope in
    printf '{"a":1}\n{"b":' >json
    printed '{"a":1}\n' json
    printf "data: a\n\n$DONE" >one
    printed 'a\n{"a":1}\n\na\n' one json one
}

@test "-1: [DONE] ends the input, and what follows is nothing" {
    sse "data: a\n\n${DONE}data: b\n\n" -1
    expect 0 a ''
    sse "data: a\n\ndata: [DONE]" --one
    expect 0 a ''
    sse "data: a\n\n" -1
    expect 76 a "${NO_DONE}after event 1 (--no-done, *)"
    sse "${DONE}data: a\n\n" -1
    expect 76 '' '*no event before it'
    printf "data: a\n\n${DONE}data: b\n\n" >one
    printed 'a\n\na\n' -1 one one
}

@test "-1: the output ends at [DONE], and an input that stays open is left a second later" {
    reads_the_clock
    mkfifo to out
    supai-sse -1 <to >out 2>err 3>&- &
    pid=$!
    exec 7>to
    { cat >got && touch ended; } <out 3>&- 7>&- &
    printf "data: a\n\n$DONE" >&7
    until_true [ -e ended ]
    kill -0 $pid
    wait $pid
    exec 7>&-
    assert_equal "$(cat got err)" a
}

@test "comments, blank lines and fields without data may follow a [DONE]" {
    sse "data: a\n\n$DONE\n\n: bye\n\nevent: end\n\n: bye"
    expect 0 a ''
}

@test "the end of input inside an answer: 76" {
    sse 'data: a\n\ndata: b\n\n'
    expect 76 $'a\nb' "${NO_DONE}after event 2 (--no-done, *)"
    sse ': ping\n\n: ping\n\n'
    expect 76 '' "${NO_DONE}without an event"
    sse 'event: x\n\n'
    expect 76 '' "${NO_DONE}without an event"
}

@test "--no-done: the end of input ends the answer" {
    sse 'data: a\n\ndata: b\n\n' --no-done
    expect 0 $'a\nb' ''
    sse "data: a\n\n$DONE" --no-done
    expect 0 a ''
    sse 'data: a\n\n: bye' --no-done
    expect 0 a ''
}

@test "--no-done: 76 still for an event that is cut, and when there was none" {
    sse 'data: a\n\ndata: b' --no-done
    expect 76 a "supai-sse: standard input: the stream ended before the end of event 2: 'b'"
    sse 'data: a\n\nda' --no-done
    expect 76 a 'supai-sse: standard input: the stream ended before the end of event 2'
    sse ': ping\n\n' --no-done
    expect 76 '' 'supai-sse: standard input: the stream ended before its first event'
    sse '<html>\n' --no-done
    expect 76 '' "supai-sse: standard input: not an event stream: *'<html>'"
}

@test "--no-done: of empty events alone it is not said that [DONE] came" {
    for in in 'data\n\n' 'data:\n\n: x\n\ndata:  \n\n'; do
        sse "$in" --no-done
        expect 76 '' 'supai-sse: standard input: none of its events says anything'
    done
}

@test "no event stream: 76 with what it begins with, 60 bytes at most" {
    sse '<html><body>\n<h1>502 Bad Gateway</h1>\n</body>\n</html>\n'
    expect 76 '' "supai-sse: standard input: not an event stream: it begins with '<html><body> <h1>502 Bad Gateway</h1> </body> </html>'"
    sse "$(printf '%0100d' 0)"
    expect 76 '' "supai-sse: standard input: not an event stream: it begins with '$(printf '%060d' 0)'"
    sse '\n \n'
    expect 76 '' "supai-sse: standard input: not an event stream: it begins with ''"
}

@test "no event stream: what it begins with cannot reach the screen as controls" {
    sse '\033]52;c;eA==\007\x9b31m\000\302\233 upstream\n'
    expect 76 '' "*it begins with '\\\\x1b]52;c;eA==\\\\x07"$'\xef\xbf\xbd'"31m\\\\x00\\\\u009b upstream'"
    # 59 bytes and a character of two: it is left out, not cut.
    sse "$(printf '%059d' 0)é"
    expect 76 '' "*begins with '$(printf '%059d' 0)'"
}

# --- Events named error ---

@test "an event named error is passed on, said, and 69; the rest is read" {
    sse "data: a\n\nevent: error\ndata: {\"error\":{\"message\":\"no luck\"}}\n\ndata: b\n\n$DONE"
    expect 69 $'a\n{"error":{"message":"no luck"}}\nb' \
        'supai-sse: standard input: the service reports an error: no luck'
}

@test "an error's message is where services put it, or all of the data" {
    sse "event: error\ndata: {\"error\":\"no luck\"}\n\n$DONE"
    expect 69 '{"error":"no luck"}' '*reports an error: no luck'
    sse "event: error\ndata: {\"type\":\"error\",\"message\":\"no luck\"}\n\n$DONE"
    expect 69 '{"type":"error","message":"no luck"}' '*reports an error: no luck'
    sse "event: error\ndata: no\ndata: luck\n\n$DONE"
    expect 69 'no luck' '*reports an error: no luck'
    sse "event: error\ndata: {\"code\":5}\n\n$DONE"
    expect 69 '{"code":5}' '*reports an error: {"code":5}'
}

@test "an error's message cannot reach the screen as controls" {
    sse "event: error\ndata: {\"error\":{\"message\":\"a\\\\u001b[2Jb\\\\u0000c\\\\u202ed\"}}\n\n$DONE"
    [ "$status" -eq 69 ]
    assert_equal "$stderr" 'supai-sse: standard input: the service reports an error: a\x1b[2Jb\x00c\u202ed'
}

@test "an error's status is the one that its code means" {
    sse "event: error\ndata: {\"error\":{\"message\":\"slow\",\"code\":429}}\n\n$DONE"
    expect 75 '{"error":{"message":"slow","code":429}}' '*reports an error: slow'
}

@test "a field named error is said, and is no event" {
    sse "data: a\n\nerror: {\"code\":400,\"message\":\"too long\"}\n\n$DONE"
    expect 65 a 'supai-sse: standard input: the service reports an error: too long'
    sse "error: it broke\n\n$DONE"
    expect 69 '' 'supai-sse: standard input: the service reports an error: it broke'
    sse 'error: it broke'
    expect 69 '' 'supai-sse: standard input: the service reports an error: it broke'
    sse "error\nerror:\n\ndata: a\n\n$DONE"
    expect 0 a ''
    sse "data: a\n\nerror: $(printf '%0100d' 0)\n\n$DONE" --max-record 50
    expect 65 a '*longer than 50 bytes*'
}

@test "an error in an event that the input ends in is said as one" {
    sse 'data: a\n\ndata: {"error":{"message":"Internal Server Error"}}'
    expect 69 a 'supai-sse: standard input: the service reports an error: Internal Server Error'
    sse 'event: error\ndata: no luck\n'
    expect 69 '' 'supai-sse: standard input: the service reports an error: no luck'
    sse 'data: a\n\ndata: {"error":{"mess'
    expect 76 a "${NO_DONE}inside event 2: '{\"error\":{\"mess'"
}

@test "an error in a stream that is cut inside an event: 69, both said" {
    sse 'event: error\ndata: x\n\ndata: y'
    expect 69 x "*reports an error: x
${NO_DONE}inside event 2: 'y'"
}

@test "an error, and no [DONE] after it: the error is said, in one line" {
    for in in 'event: error\ndata: x\n\n' 'event: error\ndata: x\n\n: bye\n\ndata: '; do
        sse "$in"
        expect 69 x 'supai-sse: standard input: the service reports an error: x'
    done
    sse 'error: {"message":"x","code":400}\n\n'
    expect 65 '' 'supai-sse: standard input: the service reports an error: x'
}

# --- JSON bodies ---

@test "a JSON body: one line, its values untouched" {
    sse '{\n "b" : 1.0E+2,\r\n "a":[1,\t12345678901234567890],\n "b":"\\u00e9\\n"}\n'
    expect 0 '{  "b" : 1.0E+2,   "a":[1,	12345678901234567890],  "b":"\u00e9\n"}' ''
    sse '{"a":\r1}\r'
    expect 0 '{"a": 1}' ''
}

@test "a JSON body may begin with a BOM and white space" {
    sse '\xef\xbb\xbf\r\n\t {"a":1}'
    expect 0 '{"a":1}' ''
    sse '\n\n[1]'
    expect 0 '[1]' ''
}

@test "a JSON body of several values: a line each" {
    sse '{"a":1}\n{"b":2}[3] \r\n {"c":\n4}'
    expect 0 $'{"a":1}\n{"b":2}\n[3]\n{"c": 4}' ''
}

@test "brackets and quotes in strings end no value" {
    sse '{"a":"}]\\"}{[","b":"\\\\"}[]'
    expect 0 '{"a":"}]\"}{[","b":"\\"}
[]' ''
}

@test "a JSON error object is a value as any: 0" {
    sse '{"error":{"message":"no luck"}}'
    expect 0 '{"error":{"message":"no luck"}}' ''
}

@test "--envelope: a JSON value is an event's data" {
    sse '{"a":1}' --envelope
    expect 0 '{"event":"message","id":"","data":"{\"a\":1}"}' ''
}

@test "an error's long message is cut between characters, not in one" {
    printf 'event: error\ndata: {"error":{"message":"%s\xc3\xa9"}}\n\n' "$(printf '%999s' '' | tr ' ' x)" >in
    run --separate-stderr supai-sse in
    expect 69 "$(sed -n 's/^data: //p' in)" "supai-sse: in: the service reports an error: $(printf '%999s' '' | tr ' ' x)"
}

@test "a JSON body that is cut: 76, the values before it are given" {
    sse '{"a":1}\n{"b":"x'
    expect 76 '{"a":1}' 'supai-sse: standard input: value 2: not JSON: it ends too early at byte 8'
    sse '['
    expect 76 '' '*: value 1: not JSON: it ends too early*'
}

@test "a JSON body that is broken: 76" {
    sse '{"a":1}{"b":01}{"c":1}'
    expect 76 '{"a":1}' '*: value 2: not JSON: * at byte 7'
    sse '{"a":"x\ny"}'
    expect 76 '' '*: value 1: not JSON: a control character in a string*'
    sse '{]'
    expect 76 '' '*: value 1: not JSON: *'
    sse '[ERROR] upstream'
    expect 76 '' '*: value 1: not JSON: *'
}

@test "text after a JSON value: 76" {
    sse '{"a":1}\ndata: b\n\n'
    expect 76 '{"a":1}' 'supai-sse: standard input: not JSON: text after value 1'
}

@test "JSON nested 256 deep is read, deeper is 65, whole or cut" {
    sse "$(printf '%256s' '' | tr ' ' '[')$(printf '%256s' '' | tr ' ' ']')"
    [ "$status" -eq 0 ]
    sse "$(printf '%257s' '' | tr ' ' '[')$(printf '%257s' '' | tr ' ' ']')"
    expect 65 '' '*: value 1: not JSON: nested more than 256 deep*'
    printf '%10000s' '' | tr ' ' '[' >in
    run --separate-stderr supai-sse in
    expect 65 '' 'supai-sse: in: value 1: not JSON: nested more than 256 deep*'
}

# --- The whole set of streams ---

@test "every stream of the set gives its records" {
    for f in "$DATA"/sse/*.sse; do
        name=${f%.sse}
        run supai-sse "$f"
        assert_equal "$name: $status" "$name: $(cat "$name.status" 2>/dev/null || echo 0)"
        supai-sse "$f" 2>/dev/null | cmp - "$name.out"
    done
    prints 0 "$DATA/sse/fields.envelope" supai-sse --envelope "$DATA/sse/fields.sse"
}

@test "every stream of the set, cut at every place and fed byte by byte: the same" {
    sse_split "$DATA"/sse/*.sse
}

@test "every stream of the set through a writer of single bytes: the same" {
    for f in "$DATA"/sse/*.sse; do
        dd if="$f" bs=1 status=none | supai-sse 2>/dev/null | cmp - "${f%.sse}.out"
    done
}

@test "the recorded answers come out as recorded" {
    need_traces
    for f in "$TRACES"/*.ndjson.gz; do
        gzip -dc "$f" >want
        { sed 's/^/data: /; s/$/\n/' want; printf 'data: [DONE]\n\n'; } >in
        prints 0 want supai-sse in
    done
}

# --- Files ---

@test "each FILE is a stream of its own" {
    printf "id: 1\nevent: x\ndata: a\n\n" >one
    printf "$DONE" >>one
    printf "data: b\n\n$DONE" >two
    run --separate-stderr supai-sse --envelope one two
    expect 0 '{"event":"x","id":"1","data":"a"}
{"event":"message","id":"","data":"b"}' ''
    run --separate-stderr supai-sse - two <one
    expect 0 $'a\n\nb' ''
}

@test "a FILE that is cut is named, the next ones are still read: 76" {
    printf 'data: a\n\n' >one
    printf "data: b\n\n$DONE" >two
    run --separate-stderr supai-sse one two
    expect 76 $'a\n\nb' 'supai-sse: one: the stream ended before [[]DONE], after event 1 (--no-done, *)'
}

@test "a FILE that is missing or a folder is said, the others are read: 66" {
    printf "data: a\n\n$DONE" >one
    mkdir dir
    run --separate-stderr supai-sse none one dir one
    expect 66 $'a\n\na' 'supai-sse: none: No such file or directory
supai-sse: dir: Is a directory'
}

@test "of several statuses the first in the table's order: the service's before 65 before 76" {
    printf 'data: a\n\n' >cut
    printf 'data: %s\n\n' "$(printf '%0100d' 0)" >long
    printf "event: error\ndata: x\n\n$DONE" >error
    run --separate-stderr supai-sse --max-record 50 cut long error
    assert_equal "$status" 69
    run --separate-stderr supai-sse --max-record 50 none cut long
    assert_equal "$status" 65
}

@test "empty input: 66 in silence; an empty FILE among others is named" {
    sse ''
    expect 66 '' ''
    : >empty
    run --separate-stderr supai-sse empty
    expect 66 '' ''
    printf "data: a\n\n$DONE" >one
    run --separate-stderr supai-sse empty one
    expect 66 a 'supai-sse: empty: empty'
}

# --- Size ---

@test "a line of 10 MiB" {
    head -c 10485760 /dev/zero | tr '\0' x >line
    { printf 'data: '; cat line; printf '\n\ndata: [DONE]\n\n'; } >in
    { cat line; echo; } >want
    prints 0 want supai-sse in
}

@test "an event over 64 MiB: 65 with its number, nothing of it, no more is read" {
    { printf 'data: a\n\ndata: '; head -c 68157440 /dev/zero | tr '\0' x; printf '\n\n'; } >in
    run --separate-stderr supai-sse in
    expect 65 a 'supai-sse: in: event 2: longer than 67108864 bytes (--max-record)'
}

@test "--max-record: the data counts, over all its lines" {
    sse "data: 12345\n\n$DONE" --max-record 6
    expect 0 12345 ''
    sse "data: 1234567\n\n$DONE" --max-record 6
    expect 65 '' '*event 1: longer than 6 bytes*'
    sse "data: a\n\ndata: 123\ndata: 456\n\n$DONE" --max-record 6
    expect 65 a '*event 2: longer than 6 bytes*'
    sse "data: 123\ndata: 45\n\n$DONE" --max-record 6
    expect 0 '123 45' ''
    sse "data: 123\ndata:\ndata:\ndata:\ndata:\n\n$DONE" --max-record 6
    expect 65 '' '*event 1: longer than 6 bytes*'
    sse "event: 1234567\ndata: a\n\n$DONE" --max-record 6
    expect 65 '' '*event 1: longer than 6 bytes*'
    sse '{"a":1}{"a":12}' --max-record 7
    expect 65 '{"a":1}' '*value 2: longer than 7 bytes*'
    sse "data: a\n\n$DONE" --max-record 1K
    expect 0 a ''
}

@test "JSON in a stream without a field's name is an unknown field, as the standard has it" {
    sse "data: a\n\n{\"b\":1}\n\n[keepalive]\n\ndata: c\n\n$DONE"
    expect 0 $'a\nc' ''
    sse 'data: a\n\n{"b":1}\n'
    expect 76 a "${NO_DONE}*"
}

@test "a comment and a field that does not matter may have any length" {
    sse ": 123456789\nignored: 123456789\nretry: 123456789\ndata: a\n\n$DONE" --max-record 6
    expect 0 a ''
    if [ -n "${SUPAI_SAN-}" ]; then
        skip 'memory cannot be limited under a sanitizer'
    fi
    { printf 'data: a\n\n:'; head -c 100000000 /dev/zero; printf '\nfoo: '; head -c 100000000 /dev/zero
        printf '\ndata: b\n\ndata: [DONE]\n\n'; } >in
    run --separate-stderr bash -c 'ulimit -v 40000; supai-sse in'
    expect 0 $'a\nb' ''
}

# --- Time ---

@test "an event is out at once while the input idles" {
    coproc sse { supai-sse 3>&-; }
    to=${sse[1]}
    from=${sse[0]}
    pid=$sse_PID
    for i in 1 2 3; do
        printf 'data: event %s\n\n' $i >&"$to"
        read -r -t 10 -u "$from" line
        assert_equal "$line" "event $i"
    done
    # CRLF: the CR of the blank line is enough.
    printf 'data: event 4\r\n\r' >&"$to"
    read -r -t 10 -u "$from" line
    assert_equal "$line" 'event 4'
    printf '\ndata: [DONE]' >&"$to"
    exec {to}>&-
    wait "$pid"
}

@test "--idle-timeout: no event for that long is 75, what came is out" {
    reads_the_clock
    mkfifo to
    exec 7<>to
    printf 'data: a\n\ndata: b' >&7
    run --separate-stderr supai-sse --idle-timeout .2 to 7>&-
    expect 75 a 'supai-sse: to: no event for 0.2 s (--idle-timeout)'
    run --separate-stderr supai-sse --idle-timeout .1 <to 7>&-
    expect 75 '' 'supai-sse: standard input: no event for 0.1 s (--idle-timeout)'
    exec 7>&-
}

@test "--idle-timeout: comments do not count" {
    mkfifo to
    exec 7<>to
    while :; do printf ': ping\n\n' >&7; sleep 0.03; done 3>&- &
    MOCK_PIDS=$!
    run --separate-stderr supai-sse --idle-timeout .3 to 7>&-
    expect 75 '' 'supai-sse: to: no event for 0.3 s (--idle-timeout)'
    exec 7>&-
}

@test "--idle-timeout: comments without a pause do not count either" {
    printf ':' >in
    dd of=in bs=1048576 seek=2000 count=0 2>/dev/null
    run --separate-stderr supai-sse --idle-timeout .01 in
    expect 75 '' 'supai-sse: in: no event for 0.01 s (--idle-timeout)'
}

@test "--idle-timeout: the time that a slow reader takes does not count" {
    reads_the_clock
    # Three reads of events, which a pipe does not hold, and one of comments.
    awk 'BEGIN { for (i = 0; i < 6144; i++) printf "data: %056d\n\n", 0
        for (i = 0; i < 8192; i++) printf ":%014d\n", 0
        printf "data: [DONE]\n\n" }' >in
    run_pipe 'supai-sse --idle-timeout .3 in | { sleep .8; wc -l | tr -d " "; }'
    expect 0 6144 ''
    assert_equal "$stages" '0 0'
}

@test "--idle-timeout: events that come in time go on for longer than it" {
    reads_the_clock
    for i in 1 2 3 4 5 6; do
        printf 'data: %s\n\n' $i
        sleep 0.2
    done | supai-sse --no-done --idle-timeout 1 >got
    assert_equal "$(tr -d '\n' <got)" 123456
}

@test "--idle-timeout 0 and an input that ends in time: no limit" {
    sse "data: a\n\n$DONE" --idle-timeout 0
    expect 0 a ''
    sse "data: a\n\n$DONE" --idle-timeout 100
    expect 0 a ''
    sse "data: a\n\n" --idle-timeout 100
    expect 76 a "${NO_DONE}after event 1 (--no-done, *)"
}

# --- Descriptors and signals ---

@test "standard output that is full or closed: 74" {
    printf "data: a\n\n$DONE" >in
    run --separate-stderr bash -c 'supai-sse in >/dev/full'
    expect 74 '' 'supai-sse: standard output: No space left on device'
    run --separate-stderr bash -c 'supai-sse in >&-'
    expect 74 '' 'supai-sse: standard output: Bad file descriptor'
}

@test "standard input that is closed: 66" {
    run --separate-stderr bash -c 'supai-sse <&-'
    expect 66 '' 'supai-sse: standard input: Bad file descriptor'
}

@test "a reader that has gone: SIGPIPE, silently" {
    yes 'data: a

' | head -n 300000 >in
    run --separate-stderr bash +o pipefail -c 'supai-sse in | head -n 1; echo ${PIPESTATUS[0]}'
    expect 0 $'a\n141' ''
}

@test "SIGINT in the middle of an event: it dies by it, whole lines only" {
    mkfifo to
    exec 7<>to
    printf 'data: a\n\ndata: b' >&7
    # A shell without job control starts what is behind & with SIGINT ignored.
    set -m
    supai-sse to >got 2>err 3>&- 7>&- &
    pid=$!
    set +m
    until_true grep -q a got
    kill -INT $pid
    wait $pid && fail 'it went on' || assert_equal $? 130
    assert_equal "$(cat got)" a
    assert_equal "$(cat err)" ''
    exec 7>&-
}

# --- Options ---

@test "options that are wrong: 64, said with the usage" {
    run --separate-stderr supai-sse --idle-timeout soon
    expect 64 '' "supai-sse: --idle-timeout: 'soon' is no time*
usage: supai-sse *"
    run --separate-stderr supai-sse --max-record 0
    expect 64 '' 'supai-sse: --max-record: *usage: supai-sse *'
    run --separate-stderr supai-sse --done
    expect 64 '' 'supai-sse: *--done*usage: supai-sse *'
    run --separate-stderr supai-sse --envelope=x
    expect 64 '' 'supai-sse: *--envelope*usage: supai-sse *'
}

@test "--help and --version: standard output, 0" {
    run --separate-stderr supai-sse --help
    assert_equal "$status $stderr" '0 '
    for option in --envelope --idle-timeout --max-record --no-done --help --version; do
        [[ $output == *$option* ]]
    done
    run --separate-stderr supai-sse -V
    assert_equal "$status $stderr" '0 '
    [[ $output == 'supai-sse '* ]]
}
