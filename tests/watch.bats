# supai-watch: events are copied, and what the ensemble is doing is shown.
load helper

ENSEMBLE=$DATA/watch-ensemble.ndjson
HOSTILE=$DATA/watch-hostile.ndjson

setup() {
    common_setup
    WATCHED=
    RAN=0
    # a UTF-8 locale that is there; musl has no list of them, and always this one
    UTF8=$({ locale -a 2>/dev/null || echo C.UTF-8; } | grep -ixE -m 1 'C\.utf-?8|en_US\.utf-?8') || UTF8=
}

teardown() {
    local pid
    if [ -n "${TMUX_UP-}" ]; then
        on_tmux kill-server
    fi
    for pid in $WATCHED; do
        kill "$pid" 2>/dev/null && kill -CONT "$pid" && wait "$pid" 2>/dev/null
    done
    common_teardown
}

need_utf8() { [ -n "$UTF8" ] || skip "no UTF-8 locale"; }

on_tmux() { TMUX_TMPDIR=$BATS_TEST_TMPDIR tmux -u -f /dev/null "$@"; }

# terminal COLUMNS ROWS [LOCALE]: a shell in a terminal of that size.
terminal() {
    command -v tmux >/dev/null || skip "no tmux"
    need_utf8
    TMUX_UP=1
    TMUX='' LC_ALL=$UTF8 on_tmux new-session -d -x "$1" -y "$2" \
        env LC_ALL="${3-$UTF8}" PS1='$ ' HISTFILE= TERM=screen TMUX=here bash --norc --noprofile 3>&- 4>&-
    until_true shows '$'
}

# type TEXT: typed into it, with a newline after.
type_in() { on_tmux send-keys -t 0 -l "$1"; on_tmux send-keys -t 0 Enter; }

# press KEY: it has gone to the terminal when this returns: what is asked after it
# is answered after it.
press() { on_tmux send-keys -t 0 "$1"; screen >/dev/null; }

# What stands on the terminal, without empty lines at its end.
screen() { on_tmux capture-pane -p -t 0 | sed -e :a -e '/^\n*$/{$d;N;ba' -e '}'; }

shows() { screen | grep -qF -- "$1"; }
lacks() { ! shows "$1"; }
last_line() { [ "$(screen | tail -n 1)" = "$1" ]; }

# The same with the times and the rate masked: those of threads as if they were still
# under a second.
picture() {
    screen | sed -E 's/^([^ ]+  )[0-9]+:[0-9]{2}(  [0-9]+ of )/\1M:SS\2/; s/ [0-9]:[0-9]{2} /      /
        s/  [0-9.]+k? chars\/s$//'
}
pictures() { picture | grep -qF -- "$1"; }

# until_picture: waits until the picture is the one on standard input. A frame may
# be caught half drawn, so no line of it is a sign that the others stand.
until_picture() {
    local want
    want=$(cat)
    pictured() { [ "$(picture)" = "$want" ]; }
    until_true pictured && return
    run picture
    assert_output "$want"
}

# ran COMMAND: runs it on the cleared terminal; when this returns it has ended, and
# below what it left there stand "ended N" and the prompt. What is typed does not
# say "ended N", nor did an earlier run.
ran() {
    RAN=$((RAN + 1))
    type_in "clear; $1; echo 'ended' $RAN"
    prompt_back() { [ "$(screen | tail -n 2)" = "ended $RAN"$'\n$' ]; }
    until_true prompt_back || { screen; return 1; }
}

# watch_live [COMMAND]: runs supai-watch in the terminal, fed by feed, its
# output in the file out.
watch_live() {
    mkfifo in.fifo
    type_in "clear; ${1-supai-watch <in.fifo >out}"
    exec 5>in.fifo
}
feed() { sed -n "$1p" "${2-$ENSEMBLE}" >&5; }

# pty_watch FILE [option ...]: with standard error on a terminal of 80x24; what
# that got is in the file tty.
pty_watch() {
    local file=$1
    shift
    pty -2 sh -c 'exec supai-watch "$@" >out' - "$@" <"$file" >tty
}

# supai-watch's own sequences taken out of what a terminal got.
text_of() { LC_ALL=C sed -e 's/'$'\r''$//' -e 's/'$'\033''\[[0-9]*[AJK]//g' -e 's/'$'\033''\[[0-9]*m//g' -e 's/^'$'\r''//' "$1"; }

# The recordings, ours and those in ../shared/traces, each a file.
need_recordings() {
    recordings=("$DATA"/*.ndjson)
    for trace in "$TRACES"/*.gz; do
        [ -f "$trace" ] || continue
        gzip -dc "$trace" >"${trace##*/}.ndjson"
        recordings+=("${trace##*/}.ndjson")
    done
}

@test "the copy is exact: standard error a terminal, a file, closed; with --log" {
    need_recordings
    for f in "${recordings[@]}"; do
        want=$(cksum <"$f")
        pty_watch "$f"
        assert_equal "$f terminal $(cksum <out)" "$f terminal $want"
        assert [ -s tty ]
        pty -2 sh -c 'supai-watch | cat >out' <"$f" >tty
        assert_equal "$f pipe $(cksum <out)" "$f pipe $want"
        supai-watch <"$f" >out 2>err
        assert_equal "$f file $(cksum <out)" "$f file $want"
        assert [ ! -s err ]
        supai-watch <"$f" >out 2>&-
        assert_equal "$f closed $(cksum <out)" "$f closed $want"
        supai-watch --log "$f" 2>err | cat >out
        assert_equal "$f log $(cksum <out)" "$f log $want"
    done
}

@test "what is no event, or too long, is copied and not looked at" {
    {
        printf '\n\0\n\xff\xfe{"a"\nnull\n[1]\n{"object":"supai.chunk"}\n{"object":"supai.chunk","chunk":{}}\n'
        sed -n 1,4p "$ENSEMBLE"
        printf '{"object":"supai.chunk","chunk":{"type":"text","_source":{"key":"big"},"text":"'
        head -c 70000 /dev/zero | tr '\0' x
        printf '"}}\n'
        sed -n 5,8p "$ENSEMBLE"
        printf '{"half": '
    } >in
    run --separate-stderr supai-watch --max-record 64K --log <in
    assert_equal "$status" 0
    refute_regex "$stderr" big
    assert_regex "$stderr" 'claude-opus-4.5: thinking'
    supai-watch --max-record 64K --log <in 2>/dev/null | cmp - in
    pty_watch in --max-record 64K
    cmp out in
}

@test "bytes in pieces of any size give the same picture" {
    # what a line says, without its time
    supai-watch --log "$ENSEMBLE" 2>&1 >/dev/null | cut -d' ' -f2- >want
    for size in 1 7 4096; do
        dd bs=$size if="$ENSEMBLE" 2>/dev/null | supai-watch --log 2>&1 >/dev/null |
            cut -d' ' -f2- | cmp - want
    done
}

@test "a byte order mark is no fault, and no loss" {
    { printf '\xef\xbb\xbf'; cat "$ENSEMBLE"; } >in
    run --separate-stderr supai-watch --log in
    assert_equal "${stderr_lines[0]#* }" 'expert: 9 models'
    supai-watch in | cmp - in
}

@test "a byte order mark in front of the second file too" {
    { printf '\xef\xbb\xbf'; sed 1d "$ENSEMBLE"; } >in
    run --separate-stderr supai-watch --log in in
    assert_equal "$(grep -c 'expert: 9 models' <<<"$stderr")" 2
}

@test "empty input: 66, in silence, terminal or not" {
    : >in
    run --separate-stderr supai-watch in
    expect 66 '' ''
    run pty_watch in
    assert_equal "$status" 66
    assert [ ! -s tty ]
}

@test "a file that is not there: said, the others copied, 66" {
    run --separate-stderr supai-watch none "$DATA/chunks.ndjson"
    expect 66 "$(cat "$DATA/chunks.ndjson")" 'supai-watch: none: No such file*'
}

@test "a reader that is gone ends it, in silence" {
    run --separate-stderr bash -c 'while cat "$1"; do :; done 2>/dev/null | supai-watch | head -c 1; echo "${PIPESTATUS[1]}"' - "$ENSEMBLE"
    assert_equal "$output" '{141'
    assert_equal "$stderr" ''
}

@test "an output that is full: 74" {
    [ -w /dev/full ] || skip "no /dev/full"
    run --separate-stderr supai-watch "$ENSEMBLE" >/dev/full
    run --separate-stderr bash -c 'supai-watch "$1" >/dev/full' - "$ENSEMBLE"
    expect 74 '' 'supai-watch: standard output: No space left*'
    run bash -c 'pty -2 sh -c "supai-watch >/dev/full" <"$1"' - "$ENSEMBLE"
    assert_equal "$status" 74
}

@test "an option or a size that is wrong: 64" {
    run --separate-stderr supai-watch --max-record 0
    assert_equal "$status" 64
    run --separate-stderr supai-watch --frob
    assert_equal "$status" 64
}

@test "the final picture at 80x24, in UTF-8" {
    terminal 80 24
    ran "supai-watch <'$ENSEMBLE' >out"
    run screen
    assert_output - <<'P'
main                    done 233 chars
claude-opus-4.5         done 353 chars                          █████████▍ 0.94
gpt-5.1                 done 205 chars                          █████████▏ 0.91
gpt-5-pro               done 427 chars                          █████████▊ 0.97
gemini-3-pro-preview    done 454 chars                          ████████▊  0.88
grok-4                  done 285 chars                          ███████▉   0.79
deepseek-v3.2-thinking  done 235 chars                          ████████▎  0.83
kimi-k2-thinking-turbo  done 27 chars                           ██████▎    0.62
qwen3-max               done 260 chars                          ███████▏   0.71
mistral-large           failed: Input is too long for this model
expert  8 of 9 done, median 0.85  6.6k chars
ended 1
$
P
}

@test "the final picture at 40x10: short names, fewer rows, in C only ASCII" {
    terminal 40 10 C
    type_in "clear; supai-watch <'$ENSEMBLE' >out"
    until_picture <<'P'
main          done 233 chars
claude-opu... done 353 chars  #### 0.94
gpt-5.1       done 205 chars  #### 0.91
gpt-5-pro     done 427 chars  #### 0.97
gemini-3-p... done 454 chars  #### 0.88
grok-4        done 285 chars  ###- 0.79
mistral-large failed: Input is too l...
+3 more: 3 done
expert  8 of 9 done, median 0.85
$
P
}

@test "wide windows have whole names, narrow ones what fits" {
    terminal 120 24
    ran "supai-watch <'$ENSEMBLE' >out"
    run picture
    assert_line --index 1 'anthropic/claude-opus-4.5          done 353 chars                                                       █████████▍ 0.94'
    on_tmux resize-window -t 0 -x 20 -y 24
    ran "supai-watch <'$ENSEMBLE' >out"
    run picture
    assert_line --index 0 'main   done 233 ch…'
    assert_line --index 1 'claud… done 353 ch…'
    assert_line --index 10 '8 of 9 done, media…'
    for width in 9 2 1; do
        on_tmux resize-window -t 0 -x $width -y 5
        type_in "clear; supai-watch <'$ENSEMBLE' >out; echo x >ended"
        until_true test -f ended
        rm ended
    done
}

@test "threads at work: what each is doing, as it comes, those at work first" {
    terminal 80 24
    watch_live
    feed 1,2
    until_true pictures 'mistral-large                 waiting'
    feed 3,12
    until_picture <<'P'
claude-opus-4.5               thinking 129 chars
gpt-5.1                       thinking 129 chars
gemini-3-pro-preview          thinking 243 chars
kimi-k2-thinking-turbo        thinking
gpt-5-pro                     waiting
grok-4                        waiting
deepseek-v3.2-thinking        waiting
qwen3-max                     waiting
mistral-large                 failed: Input is too long for this model
expert  M:SS  0 of 9 done  501 chars
P
    feed 13,48
    # of wide characters too, none in the last column
    until_picture <<'P'
claude-opus-4.5               reading en.example.org
gpt-5.1                       searching "Andromeda galaxy distance Cepheids"
gpt-5-pro                     thinking 374 chars
grok-4                        thinking 596 chars
kimi-k2-thinking-turbo        searching "仙女座星系 距离 造父变星 最新测量结果…
qwen3-max                     writing 129 chars
deepseek-v3.2-thinking        retrying: Overloaded
gemini-3-pro-preview          done 454 chars                    ████████▊  0.88
mistral-large                 failed: Input is too long for this model
expert  M:SS  1 of 9 done, median 0.88  2.6k chars
P
    feed 49,130
    exec 5>&-
    until_true pictures 'main                          done 233 chars'
    cmp out "$ENSEMBLE"
}

# seconds NAME: the time on that thread's line; empty: none.
seconds() { screen | sed -nE "s/^$1 +0:([0-9]+)  .*/\1/p"; }

@test "a thread's time goes on while it works and stands once it is done; main has its own" {
    terminal 80 24
    watch_live
    feed 1,36
    timed() { [ -n "$(seconds "$1")" ]; }
    until_true timed gemini-3-pro-preview
    feed 37,48
    until_true shows '1 of 9 done'
    took=$(seconds gemini-3-pro-preview)
    later() { [ "$(seconds gpt-5-pro)" -gt $((took + 1)) ]; }
    until_true later
    assert_equal "$(seconds gemini-3-pro-preview)" "$took"
    # one that has said nothing is asked as long as the others
    assert_equal "$(seconds deepseek-v3.2-thinking)" "$(seconds gpt-5-pro)"
    feed 49,120
    until_true shows 'main  '
    assert_equal "$(seconds main)" ''
    exec 5>&-
}

@test "a recording has no times, in whatever window; a stream has" {
    for columns in 80 40; do
        COLUMNS=$columns pty -2 sh -c 'stty cols 0 <&2; exec supai-watch >/dev/null' <"$ENSEMBLE" | text_of /dev/stdin >text
        refute grep -E '[0-9]:[0-9]{2}' text
        grep -q '8 of 9 done' text
    done
    pty -2 sh -c 'cat | supai-watch >/dev/null' <"$ENSEMBLE" | text_of /dev/stdin >text
    grep -qE '^expert  0:0[0-9]  8 of 9 done' text
}

# chunk KEY TYPE [MEMBERS]: one of the ensemble's.
chunk() { printf '{"object":"supai.chunk","chunk":{"_source":{"key":"%s"},"type":"%s"%s}}\n' "$1" "$2" "${3:+,$3}"; }

# run_of ID ...: the models that start.
run_of() {
    printf '%s\n' "$@" | jq -cRn '{object: "supai.chunk", chunk: {type: "run-mode-call", modeId: "council", startModelIds: [inputs]}}'
}

# failures MESSAGE ID ...: these failed for good.
failures() {
    local message=$1 id
    shift
    for id; do
        chunk "$id" error "\"message\":\"$message\",\"retryAt\":null"
    done
}

@test "failures with the same message share a line, in their place" {
    {
        run_of z/one z/two z/three z/four z/five z/six
        failures 'Rate limit reached' z/two z/four z/five
        failures 'No such model' z/one
        failures 'A different one' z/three
        chunk z/six text-start
        chunk main error '"message":"Rate limit reached","retryAt":null'
    } >in
    terminal 80 24
    ran 'supai-watch <in >out'
    run screen
    assert_output - <<'P'
z/six    writing
main     failed: Rate limit reached
z/one    failed: No such model
3 failed: Rate limit reached: z/two, z/four, z/five
z/three  failed: A different one
council  0 of 6 done  0 chars
ended 1
$
P
    cmp in out
}

@test "all failed alike: one line, cut so that reason and names are seen" {
    {
        run_of acme/alpha-large acme/beta-large zeta/gamma-2 zeta/delta-2
        failures 'AI gateway authentication failed: invalid API key, make a new one' \
            acme/alpha-large acme/beta-large zeta/gamma-2 zeta/delta-2
    } >in
    terminal 80 24
    ran 'supai-watch <in >out'
    run screen
    assert_line --index 0 '4 failed: AI gateway authentication fai…: acme/alpha-large, acme/beta-large, z…'
    assert_line --index 1 'council  0 of 4 done  0 chars'
    on_tmux resize-window -t 0 -x 40 -y 24
    ran 'supai-watch <in >out'
    run screen
    assert_line --index 0 '4 failed: AI gatewa…: alpha-large, bet…'
    # without a message
    { run_of a b; chunk a error; chunk b error; } >in
    ran 'supai-watch <in >out'
    run screen
    assert_line --index 0 '2 failed: a, b'
}

@test "the rest tells of all that share a line" {
    {
        run_of a b c d e f
        failures 'Rate limit reached' a b c
        chunk d text-start
        chunk e text-start
    } >in
    terminal 60 3
    type_in 'clear; supai-watch <in >out'
    until_picture <<'P'
+6 more: 2 at work, 1 waiting, 3 failed
council  0 of 6 done  0 chars
$
P
}

# median SCORE ...: the last line's, of models with these scores.
median() {
    local i=0 score
    {
        run_of $(seq $#)
        for score; do
            i=$((i + 1))
            chunk $i text-start
            chunk $i text '"text":"a"'
            chunk $i 'done'
            [ "$score" = - ] || chunk $i confidence-score "\"value\":$score"
        done
    } >in
    supai-watch --log in 2>&1 >/dev/null | sed -n '$s/^[^ ]* //p'
}

@test "how many are done, and the median of their confidences" {
    assert_equal "$(median 0.9)" '1 of 1 done, median 0.90, 1 char'
    assert_equal "$(median 0.9 0.2 0.4)" '3 of 3 done, median 0.40, 3 chars'
    assert_equal "$(median 0.9 0.2 0.4 0.7)" '4 of 4 done, median 0.55, 4 chars'
    assert_equal "$(median - 0.2 - 0.4 0.9)" '5 of 5 done, median 0.40, 5 chars'
    assert_equal "$(median - -)" '2 of 2 done, 2 chars'
    # what is not done does not count, whatever it scored, nor does main
    {
        run_of a b
        chunk a confidence-score '"value":0.1'
        chunk b text-start
        chunk b 'done'
        chunk b confidence-score '"value":0.6'
        chunk c 'done'
        chunk main text '"text":"x"'
        chunk main confidence-score '"value":0.9'
        chunk main 'done'
    } >in
    run --separate-stderr supai-watch --log in
    expect 0 "$(cat in)" '*0:00 2 of 3 done, median 0.60, 1 char'
}

@test "--log: a confidence beyond 0 to 1 is told as the picture has it, and what is no number is none" {
    {
        run_of a b
        chunk a confidence-score '"value":1e300'
        chunk a confidence-score '"value":-1e300'
        chunk b confidence-score '"value":"x"'
    } >in
    run --separate-stderr supai-watch --log in
    expect 0 "$(cat in)" '0:00 council: 2 models
0:00 a: confidence 1.00
0:00 a: confidence 0.00
0:00 0 of 2 done, 0 chars'
}

@test "--log: a completion that says again what deltas have said is not counted" {
    supai-sse "$DATA/cases/closing-completion.sse" >in
    run --separate-stderr supai-watch --log in
    expect 0 "$(cat in)" '0:00 writing
0:00 5 chars'
}

@test "--log: a character in two chunks, half a pair in each, is one, and crashes nothing" {
    printf '{"id":"a","choices":[{"index":0,"delta":{"content":"%s"},"finish_reason":%s}]}\n' \
        'a\ud83d' null '\ude00b' '"stop"' >in
    run --separate-stderr supai-watch --log in
    expect 0 "$(cat in)" '0:00 writing
0:00 3 chars'
}

@test "one model, and samples of one: each is a line" {
    { run_of o/m; chunk o/m text-start; chunk o/m text '"text":"hi"'; chunk o/m 'done'; } >in
    terminal 80 24
    ran 'supai-watch <in >out'
    run screen
    assert_output - <<'P'
o/m  done 2 chars
council  1 of 1 done  2 chars
ended 1
$
P
    { run_of o/m 'o/m#2' 'o/m#3'; failures 'No' o/m 'o/m#3'; chunk 'o/m#2' thinking-start; } >in
    ran 'supai-watch <in >out'
    run screen
    assert_output - <<'P'
o/m#2  thinking
2 failed: No: o/m, o/m#3
council  0 of 3 done  0 chars
ended 2
$
P
}

@test "where not all of the last line fits, how many are done stays longest" {
    for width in 60 44 34 27; do
        COLUMNS=$width pty -2 sh -c 'stty cols 0 <&2; cat "$1" | supai-watch >/dev/null' - "$ENSEMBLE" |
            text_of /dev/stdin | grep ' done, ' | sed 's/[0-9]:[0-9][0-9]/M:SS/' | tail -n 1
    done >lines
    run cat lines
    assert_output 'expert  M:SS  8 of 9 done, median 0.85  6.6k chars
expert  M:SS  8 of 9 done, median 0.85
M:SS  8 of 9 done, median 0.85
8 of 9 done, median 0.85'
}

@test "a model that fails and retries tells when" {
    jq -c 'if .chunk.retryAt then .chunk.retryAt = (now + 60 | todate) else . end' "$ENSEMBLE" >in
    terminal 80 24
    watch_live
    feed 1,17 in
    announced() { picture | grep -qE '^deepseek-v3\.2-thinking        retry in [0-9]+ s: Overloaded$'; }
    until_true announced
    # and while nothing comes the time runs
    before=$(screen | grep -o 'retry in.*')
    until_true lacks "$before"
    feed 18,61 in
    until_true pictures 'deepseek-v3.2-thinking        retrying: Overloaded'
    feed 62,66 in
    until_true pictures 'deepseek-v3.2-thinking        thinking'
    exec 5>&-
}

@test "times of retries: zones, fractions, and what is no time" {
    while read -r text want; do
        assert_equal "$text $(retrytest timestamp "$text")" "$text $want"
    done <<'T'
2025-12-09T06:09:25.321Z 1765260565
2025-12-09T06:09:25z 1765260565
2025-12-09t07:09:25+01:00 1765260565
2025-12-08T22:09:25.5-08:00 1765260565
2024-02-29T00:00:00Z 1709164800
1970-01-01T00:00:00Z 0
2025-12-09T06:09:25 -1
2025-12-09 -1
2025-13-09T06:09:25Z -1
2025-12-09T06:09:25Zx -1
2025-12-09T06:09:25+0100 -1
soon -1
T
}

@test "resized while it runs, the picture stands once, in the new size" {
    terminal 80 24
    watch_live
    feed 1,48
    until_true shows 'reading en.example.org'
    for size in 40x10 30x24 100x30 80x24 50x12; do
        on_tmux clear-history -t 0 # a terminal that grows may show lines of it again
        on_tmux resize-window -t 0 -x "${size%x*}" -y "${size#*x}"
        # Its width is told by a line that is cut; its place by the lines above.
        want=$(COLUMNS=${size%x*} LINES=${size#*x} LC_ALL=$UTF8 TMUX='' \
            pty -2 sh -c 'sed -n 1,48p "$1" | supai-watch >/dev/null' - "$ENSEMBLE" | text_of /dev/stdin | grep -v ' done, ')
        stands() { [ "$(picture | grep -v ' done, ')" = "$want" ]; }
        until_true stands || { screen; echo "$want"; return 1; }
    done
    exec 5>&-
}

@test "stopped and continued, it draws below what the shell has said" {
    terminal 80 24
    watch_live
    feed 1,12
    until_true shows 'thinking 129'
    press C-z
    until_true shows 'Stopped'
    until_true last_line '$'
    type_in 'echo in between; fg'
    until_true shows 'in between'
    feed 13,48
    until_true shows 'reading en.example.org'
    drawn_twice() { [ "$(screen | grep -c '^expert')" = 2 ]; }
    until_true drawn_twice
    run screen
    assert_line --partial 'Stopped'
    assert_line 'in between'
    exec 5>&-
}

@test "Ctrl-C leaves a sane terminal: the prompt on its own line, 130, modes as before" {
    terminal 80 24
    type_in 'stty -g >before'
    watch_live
    feed 1,48
    until_true shows 'reading en.example.org'
    until_true shows 'expert  '
    press C-c
    until_true last_line '$'
    type_in 'echo "status $?"; stty -g >after'
    until_true shows 'status 130'
    until_true last_line '$'
    cmp before after
    run picture
    assert_line --index 9 'expert  M:SS  1 of 9 done, median 0.88  2.6k chars'
    assert_line --index 11 --regexp '^\$ echo'
    assert_equal "$(on_tmux display -p -t 0 '#{cursor_flag}#{alternate_on}#{insert_flag}')" 100
    exec 5>&-
}

@test "Ctrl-C while it waits for the first event leaves the prompt on its own line" {
    terminal 80 24
    watch_live
    until_true shows 'waiting  0:'
    press C-c
    until_true last_line '$'
    type_in 'echo "status $?"'
    until_true shows 'status 130'
    run screen
    assert_line --regexp '^\$ echo'
    exec 5>&-
}

@test "while it waits for the first event, messages of other tools are not lost" {
    terminal 80 24
    watch_live
    until_true shows 'waiting  0:'
    before=$(screen | grep waiting)
    echo 'supai-send: HTTP 429: slow down; again in 3 s' >"$(on_tmux display -p -t 0 '#{pane_tty}')"
    until_true shows 'supai-send: HTTP 429: slow down; again in 3 s'
    waited() { shows 'waiting  0:' && lacks "$before"; }
    until_true waited
    feed 1,12
    until_true shows 'thinking 129'
    run screen
    assert_line --index 0 'supai-send: HTTP 429: slow down; again in 3 s'
    assert_line --index 1 --partial 'claude-opus-4.5'
    exec 5>&-
}

@test "when the answer was cut, the message that says why is not drawn over" {
    terminal 80 24
    watch_live
    feed 1,48
    until_true shows 'reading en.example.org'
    echo 'supai-sse: standard input: cut' >"$(on_tmux display -p -t 0 '#{pane_tty}')"
    exec 5>&-
    until_true last_line '$'
    run screen
    assert_line --index 10 'supai-sse: standard input: cut'
    assert_line --index 0 --partial 'claude-opus-4.5'
}

@test "in the background nothing is drawn, and the copy goes on" {
    terminal 80 24
    type_in 'stty tostop' # what writes from there is stopped
    watch_live 'supai-watch <in.fifo >out &'
    for i in $(seq 1 48); do
        feed "$i"
        copied() { [ "$(wc -l <out)" -eq "$i" ]; }
        until_true copied
    done
    assert lacks 'claude-opus'
    type_in fg
    feed 49,60
    until_true shows 'claude-opus-4.5'
    exec 5>&-
}

@test "a stopped terminal holds nothing up" {
    terminal 80 24
    watch_live 'supai-watch <in.fifo | cat >out'
    feed 1,12
    until_true shows 'thinking 129'
    press C-s
    for i in $(seq 13 60); do
        feed "$i"
        copied() { [ "$(wc -l <out)" -eq "$i" ]; }
        until_true copied
    done
    assert lacks 'reading'
    press C-q
    feed 61,62
    until_true pictures 'qwen3-max                     done'
    # nor does the last picture, which has to go before the first text
    press C-s
    feed 63,130
    exec 5>&-
    until_true cmp -s out "$ENSEMBLE"
    assert lacks 'main'
    press C-q
}

@test "a terminal that nobody reads holds nothing up" {
    mkfifo in.fifo
    # long lines, to fill what the terminal holds soon
    pty -2 sh -c 'stty cols 2000 rows 50 <&2; exec supai-watch <in.fifo >out' >tty 3>&- 4>&- &
    WATCHED=$!
    exec 5>in.fifo
    feed 1,12
    until_true test -s tty
    kill -STOP "$WATCHED"
    for i in $(seq 1 40); do
        for row in a b c d e f g h i j k l m n o p; do
            printf '{"object":"supai.chunk","chunk":{"_source":{"key":"%s"},"type":"error","message":"%s","retryAt":null}}\n' \
                "$row" "$i$(printf '%0400d' 0)" >&5
        done
        copied() { [ "$(wc -l <out)" -eq $((12 + i * 16)) ]; }
        until_true copied
        sleep 0.1 # a frame's time: each is to meet the terminal
    done
    exec 5>&-
    kill -CONT "$WATCHED"
    wait "$WATCHED"
    WATCHED=
}

@test "a full pipe for --log holds nothing up, and gets its lines later" {
    for i in $(seq 1 60); do cat "$ENSEMBLE"; done >in
    mkfifo err.fifo
    supai-watch --log <in 2>err.fifo >out 3>&- 4>&- &
    WATCHED=$!
    exec 6<err.fifo
    until_true cmp -s in out
    kill -0 "$WATCHED" # it waits with lines to be read
    cat <&6 >err
    wait "$WATCHED"
    WATCHED=
    assert_equal "$(tail -n 1 err | cut -d' ' -f2-)" '8 of 9 done, median 0.85, 6.6k chars'
    assert_equal "$(grep -c 'expert: 9 models' err)" 60
}

@test "a --log that nobody reads any more does not end the copy" {
    mkfifo err.fifo
    head -n 1 <err.fifo >first &
    { sed -n 1,20p "$ENSEMBLE"; until_true test -s first; wait; sed -n '21,$p' "$ENSEMBLE"; } |
        supai-watch --log 2>err.fifo >out
    cmp out "$ENSEMBLE"
}

@test "nothing of the stream reaches the terminal as a control, in UTF-8 or in C" {
    need_utf8
    cat "$HOSTILE" "$ENSEMBLE" >in
    need_recordings
    for f in in "${recordings[@]}"; do
        for locale in C "$UTF8"; do
            LC_ALL=$locale pty_watch "$f"
            text_of tty >text
            run env LC_ALL=C grep -na "[[:cntrl:]]" text
            assert_output ''
            # C1, and what orders text anew
            run env LC_ALL=C grep -nE $'\xc2[\x80-\x9f]|\xe2\x80[\x8e\x8f\xaa-\xae]|\xe2\x81[\xa6-\xa9]|\xd8\x9c' text
            assert_output ''
        done
    done
    LC_ALL=C pty_watch in
    run env LC_ALL=C grep -na $'[\x80-\xff]' tty
    assert_output ''
    LC_ALL=$UTF8 supai-watch --log "$HOSTILE" 2>err >/dev/null
    run env LC_ALL=C grep -na "[[:cntrl:]]" err
    assert_output ''
}

@test "what was hostile is shown, and in its place" {
    terminal 80 24
    ran "supai-watch <'$HOSTILE' >out"
    run picture
    assert_line --index 0 'evil/\x1b[31mred\u009b2J     searching "\x1b]52;c;b3duZWQ=\x07 \x1b[2J\x1bP+q\…'
    assert_line --index 1 'evil/\x00nul\x7fdel          reading h\x1b[7most\u202e.example'
    assert_line --index 3 --regexp '^evil/marks .*…  ██████████ 1\.00$'
    assert_line --index 4 --partial 'failed: line one line two\x1b[31m\u202d'
    assert_line --index 5 '\x1b]0;owned\x07pro\u202e  0 of 5 done  0 chars'
}

@test "colour, but not with NO_COLOR" {
    pty_watch "$ENSEMBLE"
    grep -q $'\033\[31m' tty
    NO_COLOR='' pty_watch "$ENSEMBLE"
    grep -q $'\033\[31m' tty
    NO_COLOR=1 pty_watch "$ENSEMBLE"
    run grep -c $'\033\[[0-9]*m' tty
    assert_output 0
    grep -q 'failed: Input is too long' tty
}

@test "TERM=dumb, or none: lines, and not one control" {
    for term in dumb ''; do
        TERM=$term pty_watch "$ENSEMBLE"
        cmp out "$ENSEMBLE"
        run tr -d '\040-\176\n' <tty
        assert_output ''
        run cat tty
        assert_line '0:00 openai/gpt-5-pro: thinking'
    done
    run env -u TERM pty -2 sh -c 'supai-watch >/dev/null' <"$ENSEMBLE"
    assert_line '0:00 openai/gpt-5-pro: thinking'
}

@test "--log: a line for each change, and no more" {
    run --separate-stderr bash -c 'supai-watch --log "$1" >out' - "$ENSEMBLE"
    assert_equal "$status" 0
    assert_equal "$(sed 's/^0:0[0-9] //' <<<"$stderr" | head -n 16)" 'expert: 9 models
openai/gpt-5.1: thinking
google/gemini-3-pro-preview: thinking
anthropic/claude-opus-4.5: thinking
mistral/mistral-large: failed: Input is too long for this model
moonshotai/kimi-k2-thinking-turbo: thinking
deepseek/deepseek-v3.2-thinking: writing
deepseek/deepseek-v3.2-thinking: retrying: Overloaded
xai/grok-4: thinking
openai/gpt-5.1: searching
alibaba/qwen3-max: thinking
google/gemini-3-pro-preview: writing
openai/gpt-5.1: searching "Andromeda galaxy distance Cepheids"
openai/gpt-5-pro: thinking
anthropic/claude-opus-4.5: searching "distance to M31 eclipsing binaries"
google/gemini-3-pro-preview: done 454 chars'
    assert_equal "$(sed 's/^0:0[0-9] //' <<<"$stderr" | tail -n 6)" 'consensus by anthropic/claude-opus-4.5
main: thinking
main: writing
8 of 9 models kept
main: done 233 chars
8 of 9 done, median 0.85, 6.6k chars'
    assert_equal "$(wc -l <<<"$stderr" | tr -d ' ')" 49
}

@test "--log: a retry is told when it is announced and when it comes" {
    jq -c 'if .chunk.retryAt then .chunk.retryAt = "2099-01-01T00:00:00Z" else . end' "$ENSEMBLE" >in
    supai-watch --log in 2>err >/dev/null
    run grep Overloaded err
    assert_line --index 0 --regexp ': retry in [0-9]{9,10} s: Overloaded$'
    assert_line --index 1 --regexp ': retrying: Overloaded$'
}

@test "an error that is a vendor's JSON is told by its message" {
    cat >in <<'E'
{"object":"supai.chunk","chunk":{"_source":{"key":"a"},"type":"error","message":"{\"type\":\"error\",\"error\":{\"code\":\"insufficient_quota\",\"message\":\"You exceeded\\nyour quota\"}}","retryAt":null}}
{"object":"supai.chunk","chunk":{"_source":{"key":"b"},"type":"error","message":"{\"name\":\"x\"}"}}
{"object":"supai.chunk","chunk":{"_source":{"key":"c"},"type":"error"}}
E
    run --separate-stderr supai-watch --log in
    assert_equal "${stderr_lines[0]#* }" 'a: failed: You exceeded your quota'
    assert_equal "${stderr_lines[1]#* }" 'b: failed: {"name":"x"}'
    assert_equal "${stderr_lines[2]#* }" 'c: failed'
}

@test "a thread whose key is no UTF-8 is one row, and told of" {
    printf '{"object":"supai.chunk","chunk":{"_source":{"key":"e\xff"},%s}}\n' '"type":"text-start"' \
        '"type":"text","text":"a"' '"type":"text","text":"b"' '"type":"done"' >in
    run --separate-stderr supai-watch --log in
    assert_equal "$(sed 's/^0:0[0-9] //' <<<"$stderr")" $'e\xef\xbf\xbd: writing\ne\xef\xbf\xbd: done 2 chars\n1 of 1 done, 2 chars'
}

@test "a stream of plain chunks: the last line alone" {
    terminal 60 10
    ran "supai-watch <'$DATA/chunks.ndjson' >out"
    run picture
    assert_line --index 0 --regexp '^[0-9]+ chars$'
    assert_line --index 1 'ended 1'
}

@test "two answers in one input: two pictures, one below the other" {
    cat "$ENSEMBLE" "$DATA/ensemble.ndjson" >in
    terminal 80 40
    ran 'supai-watch <in >out'
    run picture
    assert_line --index 0 'main                    done 233 chars'
    assert_line --index 9 'mistral-large           failed: Input is too long for this model'
    assert_line --index 10 'expert  8 of 9 done, median 0.85  6.6k chars'
    assert_line --index 11 'main          done 38 chars'
    assert_line --index 12 --partial 'acme/alpha'
    assert_line --index 14 'zeta/gamma-2  failed: Overloaded'
    assert_line --index 15 --regexp '^pro  2 of 3 done, median 0\.82  [0-9]+ chars$'
}

@test "folded answers are pictured as they ended" {
    supai-fold "$ENSEMBLE" >folded
    pty_watch folded
    cmp out folded
    run text_of tty
    assert_line --regexp '^grok-4 +done 285 chars +#+-* 0\.79$'
    assert_line 'mistral-large           failed: Input is too long for this model'
    assert_line '8 of 9 done, median 0.85  2.5k chars'
}

# The picture was drawn before that text, and not again after it.
final_before() {
    local tty after
    tty=$(cat tty)
    after=${tty#*"$1"}
    [[ $tty == *$'\033[J'*"$1"* && $after != *$'\033[J'* ]]
}

@test "before a reader that may share the terminal gets the first text, the picture is final" {
    # what the reader prints goes to the same terminal
    pty -2 sh -c 'supai-watch | supai-text >&2' <"$ENSEMBLE" >tty
    final_before 'The light that we see'
    run text_of tty
    assert_line 'main                    writing'
    # of plain chunks too
    pty -2 sh -c 'supai-watch | supai-text >&2' <"$DATA/chunks.ndjson" >tty
    final_before "$(head -n 1 "$DATA/chunks.txt")"
}

@test "what came before the first text is passed on before it" {
    mkfifo in.fifo
    pty -2 sh -c 'supai-watch <in.fifo | cat >out' >tty 3>&- 4>&- &
    WATCHED=$!
    exec 5>in.fifo
    for i in 1 2 40 100; do
        feed "$i"
        copied() { tail -n 1 out | cmp -s - <(sed -n "${i}p" "$ENSEMBLE"); }
        until_true copied
    done
    # also the half of a record
    printf '{"half":' >&5
    half() { [ "$(tail -c 8 out)" = '{"half":' ]; }
    until_true half
    exec 5>&-
    wait "$WATCHED"
    WATCHED=
}

@test "standard output on the same terminal: records above, the picture below" {
    terminal 80 50
    mkfifo in.fifo
    type_in 'clear; supai-watch <in.fifo'
    exec 5>in.fifo
    printf '{"one":1}\n' >&5
    feed 1,12
    until_true shows 'thinking 129'
    printf '{"two":2}\n' >&5
    until_true shows '{"two":2}'
    once() {
        screen >seen
        tail -n 1 seen | grep -q ^expert && [ "$(grep -c ^expert seen)" = 1 ] &&
            [ "$(grep -c '^claude-opus-4.5 ' seen)" = 1 ]
    }
    until_true once || { cat seen; return 1; }
    exec 5>&-
}

@test "at most ten frames a second" {
    reads_the_clock
    start=$(date +%s)
    for i in $(seq 3 130); do
        sed -n "${i}p" "$ENSEMBLE"
        sleep 0.01 # faster than frames may come
    done | pty -2 sh -c 'supai-watch >out' >tty
    took=$(($(date +%s) - start + 1))
    frames=$(grep -c $'\033\[J' tty)
    assert [ "$frames" -le $((took * 10 + 1)) ]
    assert [ "$frames" -ge 1 ]
}

@test "the whole pipeline on a terminal: the picture, then the answer below it" {
    terminal 80 30
    ran "supai-mock --replay '$ENSEMBLE' -- sh -c 'supai-req -x hi | supai-send | supai-sse | supai-watch | supai-text'"
    run picture
    assert_line --index 0 'main                          writing'
    assert_line --index 10 'expert  M:SS  8 of 9 done, median 0.85  6.4k chars'
    assert_line --index 11 'The light that we see from Andromeda is about **2.5 million years** old.'
    assert_line 'ended 1'
}

@test "--to-end: the last picture is drawn when the answer is over, whoever reads" {
    pty -2 sh -c 'supai-watch --to-end | cat >out' <"$ENSEMBLE" >tty
    cmp out "$ENSEMBLE"
    assert grep -q 'main.*done 233' tty
    pty -2 sh -c 'supai-watch | cat >out' <"$ENSEMBLE" >tty
    refute grep -q 'main.*done' tty
}
