# supai: the pipeline in one word. Each test runs it in every kind of sh that is there.
load helper

setup() {
    common_setup
    shells=()
    local sh path nth
    for sh in dash 'bash --posix' 'busybox sh' ksh mksh; do
        ! path=$(command -v "${sh%% *}") || shells+=("$path${sh#"${sh%% *}"}")
    done
    # A folder each, with a home and an empty folder for temporary files; and a supai.
    for nth in "${!shells[@]}"; do
        mkdir -p "$nth/home" "$nth/tmp" "sh.$nth"
        printf '#!/bin/sh\nexec %s "%s/supai" "$@"\n' "${shells[nth]}" "$BIN" >"sh.$nth/supai"
        chmod +x "sh.$nth/supai"
    done
    : >nothing
    IN=$BATS_TEST_TMPDIR/nothing
}

# in_shell N COMMAND ...: the command in the N-th shell's folder, where supai is its.
in_shell() (
    cd "$BATS_TEST_TMPDIR/$1" || exit
    export PATH="$BATS_TEST_TMPDIR/sh.$1:$PATH" HOME=$PWD/home TMPDIR=$PWD/tmp
    shift
    "$@"
)

# start N ARG ...: supai in the background; pid is its process. With standard input.
start() {
    (
        cd "$BATS_TEST_TMPDIR/$1" || exit
        export HOME=$PWD/home TMPDIR=$PWD/tmp
        shift
        exec "../sh.${PWD##*/}/supai" "$@" 3>&-
    ) <&0 &
    pid=$!
    MOCK_PIDS="$MOCK_PIDS $pid"
}

# holds STATUS STDOUT STDERR COMMAND ...: the command says this in every shell, and
# leaves no temporary file. STDERR is a glob pattern.
holds() {
    local want=$1 out=$2 err=$3 nth
    shift 3
    for nth in "${!shells[@]}"; do
        run --separate-stderr in_shell "$nth" "$@" <"$IN"
        # shellcheck disable=SC2053
        [ "$status" = "$want" ] && [ "$output" = "$out" ] && [[ $stderr == $err ]] ||
            fail "${shells[nth]}: $*
status $status, not $want
stdout: $output
not:    $out
stderr: $stderr
not:    $err"
        [ -z "$(ls -A "$nth/tmp")" ] || fail "${shells[nth]}: $*: left $(ls "$nth/tmp")"
    done
}

# try STATUS STDOUT STDERR ARG ...: the same of supai itself.
try() {
    local want=$1 out=$2 err=$3
    shift 3
    holds "$want" "$out" "$err" supai "$@"
}

# each COMMAND ...: the command succeeds in every shell's folder.
each() {
    local nth
    for nth in "${!shells[@]}"; do
        in_shell "$nth" "$@" || fail "in the folder of ${shells[nth]}: $*"
    done
}

# text FILE: what it holds. For each.
is() { assert_equal "$(cat "$1")" "$2"; }
absent() { [ ! -e "$1" ] && [ ! -L "$1" ]; }
# Nothing but what setup made, and the files named, is in the folder.
only() { assert_equal "$(ls -A)" "$(printf '%s\n' home tmp "$@" | sort)"; }

# sent: the body of the last request that the mock got in each shell; all the same.
sent() { tail -n "${#shells[@]}" "$MOCK_LOG" | jq -c .body | uniq; }

# messages: of the last request, role and content.
messages() { tail -n 1 "$MOCK_LOG" | jq -c '[.body.messages[] | .role[:1], .content]'; }

# The prompt.

@test "an answer comes through, silently" {
    mock_start
    try 0 'Why is the sky blue?' '' Why is 'the sky' 'blue?'
}

@test "a prompt passes unharmed: quotes, newlines, globs, expansions, spaces" {
    mock_start
    each touch a b
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
    try 64 '' "supai: '-x' behind the prompt's first word: quote the prompt, or put -- before it
usage: supai *" how to use tar -x
    try 64 '' "supai: '--' behind the prompt's first word*" hi -- there
}

@test "standard input is where the words have a -, and the prompt where there are none" {
    mock_start
    printf 'some\ntext\n' >input
    IN=$BATS_TEST_TMPDIR/input
    try 0 $'some\ntext' ''
    try 0 $'Sum up:\nsome\ntext\nbriefly' '' Sum up: - briefly
    try 0 $'==> input <==\nsome\ntext\n\nhi' '' -f "$IN" hi
    try 64 '' "supai-req: standard input can't be both*" -f - -
}

@test "standard input is not read where it is not asked for" {
    mock_start
    printf '1\n2\n3\n' >input
    IN=$BATS_TEST_TMPDIR/input
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
        for nth in "${!shells[@]}"; do
            eval "in_shell $nth supai $options" >/dev/null 2>&1 <"$IN" || :
        done
        assert_equal "$(sent)" "$(eval "in_shell 0 supai-req $options")"
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
-f ../notes.txt --file ../notes.txt hi
-i https://example.com/a.png hi
-M 'openai/*' -M anthropic/claude-opus-4.5 hi
--models 'openai/gpt-5*' hi
-d 2026-01-31T10:30:00Z -l 127.0.0.1 -U Me -E '{"a":{"b":[1]}}' hi
--date 2026-01-31T10:30:00Z --location current --user-name Me --environment '{}' hi
--unlisted -m unknown hi
E
    printf '%s\n' '{"role":"user","content":"a"}' '{"role":"assistant","content":"b"}' >earlier.ndjson
    try 0 hi '' -H ../earlier.ndjson hi
    assert_equal "$(messages)" '["u","a","a","b","u","hi"]'
}

@test "supai-send's options arrive" {
    mock_start --fail 503:1000
    echo X-Two: 2 >headers
    try 69 '' 'supai-send: HTTP 503: *' --retries 0 --header 'X-One: it'\''s 1' --header @../headers hi
    assert_equal "$(mock_requests)" "${#shells[@]}"
    assert_equal "$(jq -r '.headers | ."x-one" + ."x-two"' "$MOCK_LOG" | uniq)" "it's 12"
    url=$SUPAI_BASE_URL/chat/completions
    SUPAI_BASE_URL=http://127.0.0.1:1
    try 69 '' '*supai-send: HTTP 503: *' --verbose --retries=0 --url "$url" hi
    try 69 '' 'supai-send: HTTP 503: *' --retries 0 --dump-header head --url "$url" hi
    each grep -q '503' head
    try 78 '' 'supai-send: *none: No such file*' --key-file none --url "$url" hi
    try 78 '' 'supai-send: *http*' --url http://example.invalid/ hi
    SUPAI_API_KEY=
    try 78 '' 'supai-send: *KEY*' --url "$url" hi
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
    each sh -c '[ "$(wc -c <out)" -eq 2 ]'
    holds 0 '' '' sh -c 'supai --null hi >out'
    each sh -c '[ "$(tr "\0" z <out)" = hiz ]'
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
    try 76 '' '*' --min-confidence .1 yes
}

@test "--json prints the completion, with chunks and usage" {
    mock_start
    for nth in "${!shells[@]}"; do
        run --separate-stderr in_shell "$nth" supai --json hi
        assert_equal "$status$stderr" 0
        assert_equal "$(jq -c '[.choices[0].message.content, .usage.total_tokens,
            .supai.threads.main.text, .supai.threads.main.thinking]' <<<"$output")" '["hi",2,"hi",null]'
        run --separate-stderr in_shell "$nth" supai --json -tu hi
        assert_equal "$status$stderr" 0
        assert_equal "$(jq -c '.supai.threads.main.thinking' <<<"$output")" '"They agree."'
    done
    assert_equal "$(sent)" "$(supai-req -xu hi)"
    mock_start --cut 3
    for nth in "${!shells[@]}"; do
        run --separate-stderr in_shell "$nth" supai --json hi
        assert_equal "$status" 76
        assert_equal "$(jq -c .choices[0].finish_reason <<<"$output")" null
    done
}

@test "--json refuses what only the text has, the gate above all" {
    for option in --min-confidence=.9 --key=main --choice=0 --no-newline --null --safe --raw --lenient --any-finish; do
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
    try 64 '' "supai: unknown option '--'?usage: *" -x- hi
    try 64 '' "supai: unknown option '--=x'?usage: *" --=x hi
    try 64 '' "supai: unknown option '--sys=x'?usage: *" --sys=x hi
    try 64 '' "supai: unknown option '--each'?usage: *" --each . hi
    try 64 '' "supai: unknown option '--no-stream'?usage: *" --no-stream hi
    try 64 '' "supai: unknown option '-n'?usage: *" -n hi
    try 64 '' "supai: option '--json=1' takes no argument?usage: *" --json=1 hi
    try 64 '' "supai: option '-m' needs an argument?usage: *" -xm
    try 64 '' "supai: option '--url' needs an argument?usage: *" --url
    try 64 '' "supai: unknown option '--a?b'?usage: *" $'--a\eb'
    try 64 '' "supai: --output: an empty name?usage: *" -o '' hi
    try 64 '' "supai-req: --date: *" -d none hi
    try 64 '' "supai-send: --retries: *?usage: *" --retries x hi
    try 64 '' "supai-text: --min-confidence: *?usage: *" --min-confidence 2 hi
    try 64 '' "supai-text: --safe and --raw *?usage: *" --safe --raw hi
    assert_equal "$(mock_requests)" 0
}

@test "--help and --version, also where they cannot be written" {
    for nth in "${!shells[@]}"; do
        run --separate-stderr in_shell "$nth" supai --help
        assert_equal "$status$stderr" 0
        assert_equal "$output" "$(supai -h)"
        assert_equal "${lines[0]}" 'usage: supai [options] [prompt ...]'
        assert_line '  -m, --model MODE                 the mode (default: auto)'
        assert_line "      --key-file FILE              read the key from FILE"
    done
    try 0 "supai $(supai-req -V | cut -d' ' -f2)" '' -V hi
    if [ -e /dev/full ]; then
        holds 74 '' '*supai: standard output: *' sh -c 'supai --help >/dev/full'
        holds 74 '' '*supai: standard output: *' sh -c 'supai -V >/dev/full'
    fi
}

@test "--dry-run prints a command line that does the same" {
    mock_start
    try 0 'supai-req hi | supai-send | supai-sse | supai-text' '' --dry-run hi
    try 0 'supai-req -m fast -f '\''a b'\'' -x -u -- '\''Why'\''\'\'''\''s it?'\'' - | supai-send --retries 3 | supai-sse | supai-watch | supai-text -k main --safe -t -u' '' \
        -ut --retries=3 -mfast -k main --safe -wf 'a b' --dry-run -- "Why's it?" -
    try 0 'supai-req --max-record 1M -x -u | supai-send --max-record 1M | supai-sse --max-record 1M | supai-fold -t --max-record 1M' '' \
        --dry-run --json -t --max-record 1M
    assert_equal "$(mock_requests)" 0

    prompt=$'it\'s\n"$(id)" `id` \\ * '
    for nth in "${!shells[@]}"; do
        in_shell "$nth" supai --dry-run -u -s "$prompt" -o 'a file' "$prompt" >line
        (cd "$nth" && sh ../line)
        in_shell "$nth" is 'a file' "$prompt"
    done
    assert_equal "$(sent)" "$(supai-req -u -s "$prompt" "$prompt")"
}

# How it ends.

# fails STATUS STDOUT STDERR [ARG ...]: as supai, and as a command substitution.
fails() {
    try "$1" "$2" "$3" --retries 1 "${@:4}" hi
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
    assert_equal "$(mock_requests)" $((2 * ${#shells[@]}))
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

@test "failure: the stream is cut, stalls, or holds an error" {
    reads_the_clock
    mock_start --reply 'one two three four five six' --cut 3
    text=$(supai hi 2>/dev/null) || :
    assert_not_equal "$text" ''
    fails 76 "$text" 'supai-send: *
supai-sse: *
supai-text: *not whole*'
    mock_start --reply 'one two three four five six' --stall 3
    fails 75 "$text" 'supai-send: *' --idle-timeout 0.2
    mock_start --reply 'one two three four five six' --error-event 3
    fails 76 "$text" 'supai-sse: *before \[DONE\]*
supai-text: the service says: *'
}

@test "failure: an HTML page instead of an answer, an empty body, no text" {
    mock_start --garbage
    fails 76 '' 'supai-sse: *not an event stream*'
    mock_start --body ''
    fails 76 '' 'supai-send: *empty*'
    mock_start --body $'data: [DONE]\n\n'
    fails 76 '' 'supai: the service sent \[DONE\] and no event*'
    fails 76 '' 'supai: the service sent \[DONE\] and no event*' --watch
    fails 76 '' 'supai: the service sent \[DONE\] and no event*' --json
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

@test "failure: a stage that is killed" {
    mkdir tools
    printf '#!/bin/sh\ncat >/dev/null\nkill -9 $$\n' >tools/supai-sse
    chmod +x tools/supai-sse
    for tool in req send text; do
        ln -s "$BIN/supai-$tool" tools/
    done
    cp "$BIN/supai" tools/
    mock_start
    for nth in "${!shells[@]}"; do
        run --separate-stderr in_shell "$nth" ${shells[nth]} ../tools/supai hi
        expect 137 '' ''
    done
}

@test "a reader that is gone: death by SIGPIPE, in silence" {
    # Longer in coming than a reader is in going.
    mock_start --reply "$(printf "%04000d" 0)" --delay 1
    holds 141 '' '' bash -c 'supai hi | head -c 1 >/dev/null; exit ${PIPESTATUS[0]}'
    holds 141 '' '' bash -c 'supai -w --json hi | :; exit ${PIPESTATUS[0]}'
    holds 141 '' 'supai: a new*' bash -c 'supai -c hi | :; exit ${PIPESTATUS[0]}'
    each absent home/.local/state/supai/default.ndjson
    # Also where SIGPIPE comes down ignored, as from systemd.
    holds 141 '' '' bash -c 'trap "" PIPE; supai hi | head -c 1 >/dev/null; exit ${PIPESTATUS[0]}'
}

@test "closed descriptors: 66, 74, and standard error is not missed" {
    mock_start
    holds 66 '' 'supai-req: *' sh -c 'supai <&-'
    holds 0 hi '' sh -c 'supai hi <&-'
    holds 74 '' 'supai: standard output: Bad file descriptor' sh -c 'supai hi >&-'
    holds 0 '' '' sh -c 'supai -o out hi >&-'
    each is out hi
    holds 0 hi '' sh -c 'supai -u hi 2>&-'
    holds 77 '' '' sh -c 'SUPAI_BASE_URL= SUPAI_API_KEY= supai --no-key --url "$1" hi 2>&- || exit 77' sh "$SUPAI_BASE_URL/none"
}

@test "no folder for temporary files: 73" {
    mock_start
    holds 73 '' 'supai: /none: *' env TMPDIR=/none supai hi
    assert_equal "$(mock_requests)" 0
}

# full_files N: from now on the temporary folder has no room for what the stages
# from number N on leave in it.
full_files() {
    local nth real
    real=$(command -v mktemp)
    for nth in "${!shells[@]}"; do
        cat >"sh.$nth/mktemp" <<END
#!/bin/sh
made=\$("$real" "\$@") || exit
for n in 0 1 2 3 4 5; do
    [ ! -d "\$made" ] || [ \$n -lt $1 ] || ln -s /dev/full "\$made/\$n.pid"
    [ ! -d "\$made" ] || [ \$n -lt $1 ] || ln -s /dev/full "\$made/\$n.status"
done
echo "\$made"
END
        chmod +x "sh.$nth/mktemp"
    done
}

@test "no room for temporary files: 74, said once, before anything is sent" {
    [ -e /dev/full ] || skip 'no /dev/full'
    mock_start
    full_files 0
    try 74 '' "supai: $BATS_TEST_TMPDIR/[0-9]/tmp/supai.??????: cannot be written to" hi
    assert_equal "$(mock_requests)" 0
    full_files 1
    try 74 hi "supai: $BATS_TEST_TMPDIR/[0-9]/tmp/supai.??????/1.status: cannot be written to" hi
}

@test "it streams: each piece of text is out before the next event is sent" {
    reads_the_clock
    mock_start --reply 'one two three four five six seven' --delay 200
    supai -c hi 2>/dev/null | clock >times
    assert [ "$(wc -l <times)" -ge 5 ]
    awk 'NR > 1 && $1 - last < 100 { exit 1 } { last = $1 }' times
}

# runs N STAGE: whether the N-th shell has started the stage.
runs() { test -s "$1"/tmp/supai.*/"$2.pid"; }

# hinder N: what is done to the N-th shell's before the signal comes.
hinder() { :; }

# interrupted SIGNAL STATUS [ARG ...]: supai dies by the signal in the middle of an
# answer, in silence, and with all of its stages: they hold standard error open.
interrupted() {
    local signal=$1 want=$2 nth reader
    shift 2
    set -m # without job control a background process ignores SIGINT
    for nth in "${!shells[@]}"; do
        rm -f err
        mkfifo err
        timeout 20 cat err >said 3>&- &
        reader=$!
        start "$nth" "$@" hi >got 2>err
        until_true runs "$nth" 3
        until_true test -s got
        hinder "$nth"
        kill "-$signal" "$pid"
        wait "$pid" && fail 'it went on' || assert_equal "$?" "$want"
        wait "$reader" || fail "${shells[nth]}: a stage lives"
        assert_equal "$(cat got)" 'one two '
        assert_equal "$(ls -A "$nth/tmp")" ''
        assert_equal "$(grep -v 'a new conversation' said)" ''
        : >got
    done
    set +m
}

@test "a signal ends all stages, in silence; then supai dies by it" {
    mock_start --reply 'one two three' --stall 2
    interrupted INT 130
    interrupted TERM 143
    interrupted HUP 129
    interrupted QUIT 131
}

@test "a signal ends all stages also where no room is left to note it" {
    mock_start --reply 'one two three' --stall 2
    hinder() { (cd "$1"/tmp/supai.* && mkdir stop); } # no file of that name can be made
    interrupted TERM 143
}

@test "a signal while it waits for a prompt" {
    mkfifo prompt
    exec 7<>prompt
    set -m
    for nth in "${!shells[@]}"; do
        start "$nth" <prompt >got 2>err
        until_true runs "$nth" 1
        kill -INT "$pid"
        wait "$pid" && fail 'it went on' || assert_equal "$?" 130
        assert_equal "$(cat got err; ls -A "$nth/tmp")" ''
    done
}

# Its tools.

@test "the tools beside it come first, also where it is called by a link" {
    mkdir tools
    for tool in supai supai-req supai-send supai-sse supai-text; do
        cp "$BIN/$tool" tools/
    done
    ln -s tools/supai ask
    ln -s "$PWD/tools/supai" "0/ask"
    mock_start
    export PATH=/usr/bin:/bin
    for sh in "${shells[@]}"; do
        for path in tools/supai ./ask 0/ask "$PWD/tools/supai"; do
            run --separate-stderr $sh "$path" hi
            expect 0 hi ''
        done
    done
    run --separate-stderr tools/supai --dry-run hi
    expect 0 'tools/supai-req hi | tools/supai-send | tools/supai-sse | tools/supai-text' ''
    run --separate-stderr sh -c "$output"
    expect 0 hi ''
    run --separate-stderr tools/supai --json hi
    expect 78 '' 'supai: supai-fold: *'
}

@test "it runs from PATH, and where PATH has none of its tools" {
    mock_start
    for sh in "${shells[@]}"; do
        cp "$BIN/supai" alone
        run --separate-stderr $sh ./alone hi
        expect 0 hi ''
        run --separate-stderr env PATH=/usr/bin:/bin $sh "$BIN/supai" hi
        expect 0 hi ''
        run --separate-stderr env PATH=/usr/bin:/bin $sh ./alone hi
        expect 78 '' 'supai: supai-text: *'
    done
}

# Watching.

@test "-w watches on a terminal, and passes on the same anywhere" {
    mock_start
    try 0 hi '' -w hi
    assert_equal "$(sent)" "$(supai-req -x hi)"
    try 0 hi '' --watch --no-watch hi
    assert_equal "$(sent)" "$(supai-req hi)"
    for nth in "${!shells[@]}"; do
        in_shell "$nth" pty -2 supai -w -o out hi >seen
        in_shell "$nth" is out hi
        assert grep -q gemini seen
    done
}

@test "it watches by itself on a terminal in the modes that take long" {
    watched='supai-req * -x hi | supai-send | supai-sse | supai-watch | supai-text'
    for mode in thinking deep-thinking expert; do
        for nth in "${!shells[@]}"; do
            output=$(in_shell "$nth" pty supai --dry-run -m $mode hi)
            # shellcheck disable=SC2053
            [[ $output == $watched ]] || fail <<<"${shells[nth]}: $output"
        done
    done
    output=$(SUPAI_MODEL=expert pty supai --dry-run hi)
    assert_equal "$output" 'supai-req -x hi | supai-send | supai-sse | supai-watch | supai-text'
    for args in '-m expert --no-watch' '-m fast' ''; do
        output=$(pty supai --dry-run $args hi)
        [[ $output != *watch\ * ]] || fail <<<"$args: $output"
    done
    for only in -1 -2; do
        output=$(pty $only supai --dry-run -m expert hi)
        assert_equal "$output" 'supai-req -m expert hi | supai-send | supai-sse | supai-text'
    done
}

# Output files.

@test "-o writes a file once the answer is whole, as any new file" {
    mock_start
    umask 027
    try 0 '' '' -o out hi
    each is out hi
    each only out
    each sh -c '[ "$(ls -l out | cut -c 1-10)" = -rw-r----- ]'
    try 0 '' '' --output=out -t hi
    each is out 'They agree.'
    for name in '-x y' "it's" '*'; do
        try 0 '' '' -o "$name" hi
        each is "./$name" hi
    done
    each mkdir dir
    try 0 '' '' -o dir/out hi
    each is dir/out hi
    try 0 hi '' -o - hi
    try 0 hi '' -o out -o - hi
}

@test "-o leaves the file as it was, or missing, when anything fails" {
    mock_start --reply 'one two three four five six' --cut 3
    try 76 '' '*' -o out hi
    each only
    each cp /dev/null out
    each sh -c 'echo before >out'
    try 76 '' '*' -o out hi
    try 64 '' '*' -d none -o out hi
    each is out before
    each only out
    mock_start
    try 1 '' '*' --min-confidence .99 -o out hi
    each is out before
    each only out
}

has_text() { grep -qs one "$1"/.supai.*; }

@test "-o leaves the file as it was when a signal ends it" {
    mock_start --reply 'one two three' --stall 2
    set -m
    for nth in "${!shells[@]}"; do
        echo before >"$nth/out"
        start "$nth" -o out hi >said 2>&1
        until_true has_text "$nth"
        kill -TERM "$pid"
        wait "$pid" && fail 'it went on' || assert_equal "$?" 143
        assert_equal "$(cat said)" ''
        in_shell "$nth" is out before
        in_shell "$nth" only out
    done
}

@test "-o refuses what cannot be written before it asks: 73" {
    mock_start
    each mkdir dir
    try 73 '' 'supai: ./dir: is a directory' -o dir hi
    try 73 '' 'supai: ./none/out: *' -o none/out hi
    try 73 '' 'supai: /none/out: *' -o /none/out hi
    if [ "$(id -u)" -ne 0 ]; then
        each sh -c 'echo before >out; chmod 400 out'
        try 73 '' 'supai: ./out: cannot be written to' -o out hi
    fi
    assert_equal "$(mock_requests)" 0
}

@test "-o writes to a device or FIFO, and never replaces it" {
    mock_start
    for nth in "${!shells[@]}"; do
        mkfifo "$nth/fifo"
        timeout 20 cat "$nth/fifo" >got 3>&- &
        run --separate-stderr in_shell "$nth" supai -o fifo hi
        expect 0 '' ''
        wait $!
        assert_equal "$(cat got)" hi
        assert [ -p "$nth/fifo" ]
    done
    try 0 '' '' -o /dev/null hi
    assert [ -c /dev/null ]
    holds 0 hi '' sh -c 'supai -o /dev/stdout hi | cat'
}

@test "-o writes to a descriptor, whatever it is open on, and never replaces it" {
    mock_start
    # For root, /dev is a folder like any other: here nobody can make a file in it.
    for nth in "${!shells[@]}"; do
        printf '#!/bin/sh\ncase $* in */dev/*) exit 1 ;; esac\nPATH=%s exec mktemp "$@"\n' \
            "'${PATH//\'/}'" >"sh.$nth/mktemp"
        chmod +x "sh.$nth/mktemp"
    done
    holds 0 '' '' sh -c 'echo before >log; supai -o /dev/stdout hi >>log'
    each is log $'before\nhi'
    holds 0 '' '' sh -c '{ supai -o /dev/stdout hi; echo behind; } >log'
    each is log $'hi\nbehind'
    holds 0 '' '' sh -c 'echo before >log; supai -o /dev/stderr hi 2>>log'
    each is log $'before\nhi'
    holds 0 '' '' sh -c 'echo before >log; supai -o /dev/fd/9 hi 9>>log'
    each is log $'before\nhi'
    each only log
}

@test "-o: the command of --dry-run replaces no device, and no descriptor" {
    pipeline='supai-req hi | supai-send | supai-sse | supai-text'
    each mkfifo fifo
    try 0 "$pipeline" '' -o /dev/stdout --dry-run hi
    try 0 "$pipeline >>/dev/null" '' -o /dev/null --dry-run hi
    try 0 "$pipeline >>/dev/stderr" '' -o /dev/stderr --dry-run hi
    try 0 "$pipeline >>./fifo" '' -o fifo --dry-run hi
    try 0 "$pipeline >./out.new && mv -f ./out.new ./out" '' -o out --dry-run hi
}

@test "-o in a makefile: half an answer is no file that is up to date" {
    mock_start --cut 2:1 --reply 'one two three'
    printf 'a.txt:\n\tsupai -o $@ hi\n' >0/makefile
    run --separate-stderr in_shell 0 make -s
    assert_equal "$status" 2
    in_shell 0 absent a.txt
    run --separate-stderr in_shell 0 make -s
    expect 0 '' ''
    in_shell 0 is a.txt 'one two three'
}

# Conversations.

STATE=home/.local/state/supai

@test "nothing is kept unless it is asked for" {
    mock_start
    SUPAI_CONVERSATION=name try 0 hi '' hi
    each absent home/.local
}

@test "-c goes on with the conversation; a new one says so" {
    mock_start
    try 0 one 'supai: a new conversation, default: /*/home/.local/state/supai/default.ndjson' -c one
    try 0 two '' --continue two
    assert_equal "$(messages)" '["u","one","a","one","u","two"]'
    try 0 three '' -cs 'Be brief.' three
    assert_equal "$(messages)" '["s","Be brief.","u","one","a","one","u","two","a","two","u","three"]'
    try 0 four '' -c -s '' four
    assert_equal "$(messages | cut -c 1-40)" '["u","one","a","one","u","two","a","two"'
    try 0 five '' five
    assert_equal "$(messages)" '["u","five"]'
    each only
}

@test "a conversation's file holds the last request and its completion, for supai-req -H" {
    mock_start
    umask 022
    try 0 one '*' -c one
    try 0 two 'supai-text: tokens: *' -cxu -- two
    for nth in "${!shells[@]}"; do
        file=$nth/$STATE/default.ndjson
        assert_equal "$(wc -l <$file | tr -d ' ')" 2
        assert_equal "$(head -n 1 $file)" "$(sent)"
        assert_equal "$(tail -n 1 $file | jq -c '[.object, .choices[0].message.content, .choices[0].finish_reason]')" \
            '["chat.completion","two","stop"]'
        assert_equal "$(ls -l "$file" | cut -c 1-10)" -rw-------
        assert_equal "$(ls -ld "$nth/$STATE" | cut -c 1-10)" drwx------
        assert_equal "$(ls -A "$nth/$STATE" | tr '\n' ' ')" 'default.ndjson last '
        assert_equal "$(supai-req -H $file x | jq -c '[.messages[].content]')" "$(jq -c '[.body.messages[].content] + ["two","x"]' "$MOCK_LOG" | tail -n 1)"
    done
}

@test "a prompt that can be read only once is kept too" {
    mock_start
    printf 'piped\n' >input
    IN=$BATS_TEST_TMPDIR/input
    holds 0 $'==> 5 <==\nfile\n\nSay:\npiped' 'supai: a new*' bash -c 'supai -c -f /dev/fd/5 Say: - 5< <(echo file)'
    IN=$BATS_TEST_TMPDIR/nothing
    try 0 b '' -c b
    assert_equal "$(messages | jq -c '.[1]')" '"==> 5 <==\nfile\n\nSay:\npiped"'
}

@test "earlier messages of -H become part of the conversation" {
    mock_start
    printf '%s\n' '{"role":"user","content":"a"}' '{"role":"assistant","content":"b"}' >earlier.ndjson
    try 0 c '' --new -H ../earlier.ndjson c
    try 0 d '' -c d
    assert_equal "$(messages)" '["u","a","a","b","u","c","a","c","u","d"]'
}

@test "--conversation and SUPAI_CONVERSATION name one, --continue alone is the last" {
    mock_start
    try 0 a1 'supai: a new conversation, a: *' --conversation a a1
    try 0 b1 'supai: a new conversation, b b: *' --conversation 'b b' b1
    try 0 a2 '' --conversation=a a2
    assert_equal "$(messages)" '["u","a1","a","a1","u","a2"]'
    try 0 a3 '' -c a3
    assert_equal "$(messages | cut -c 1-35)" '["u","a1","a","a1","u","a2","a","a2'
    export SUPAI_CONVERSATION='b b'
    try 0 b2 '' -c b2
    assert_equal "$(messages)" '["u","b1","a","b1","u","b2"]'
    try 0 a4 '' --conversation a a4
    SUPAI_CONVERSATION=
    try 0 a5 '' -c a5
    assert_equal "$(messages | jq length)" 18
    each sh -c 'rm -r home/.local'
    try 0 hi 'supai: a new conversation, default: *' -c hi
}

@test "a name that is none: 64" {
    for name in '' . .. .a a/b /a $'a\nb'; do
        try 64 '' "supai: '*' is no name of a conversation: *
usage: supai *" --conversation "$name" hi
    done
    SUPAI_CONVERSATION=../x try 64 '' 'supai: *no name*' -c hi
    SUPAI_CONVERSATION=../x try 64 '' 'supai: *no name*' --new hi
    each absent home/.local
}

@test "--new starts afresh, once the answer is whole" {
    mock_start
    try 0 one '' --new one
    common_teardown
    try 69 '' 'supai-send: *' --new --retries 0 two
    mock_start
    try 0 three '' -c three
    assert_equal "$(messages)" '["u","one","a","one","u","three"]'
    try 0 four '' --new --conversation default four
    try 0 five '' -c five
    assert_equal "$(messages)" '["u","four","a","four","u","five"]'
}

@test "a conversation is as it was when anything fails" {
    mock_start
    try 0 one '*' -c one
    each cp $STATE/default.ndjson before
    mock_start --reply 'one two three four' --cut 3
    text=$(supai two 2>/dev/null) || :
    try 76 "$text" '*' -c two
    try 76 "$text" '*' --new two
    printf '%s\n' '{"id":"c","choices":[{"index":0,"delta":{"content":"Hm"},"finish_reason":"length"}]}' >events
    mock_start --replay events
    try 1 Hm 'supai-text: *"length"' -c two
    printf '%s\n' '{"id":"c","choices":[{"index":0,"delta":{"content":"Hm"}}]}' >events
    mock_start --replay events
    try 76 Hm 'supai-fold: *not whole*
supai: conversation default: left as it was' --lenient -c two
    try 76 '' 'supai-text: *' -c -k none two
    each cmp $STATE/default.ndjson before
    each sh -c "[ \"\$(ls -A $STATE | tr '\n' ' ')\" = 'default.ndjson last ' ]"
}

@test "an unusual end that is taken is kept" {
    printf '%s\n' '{"id":"c","choices":[{"index":0,"delta":{"content":"Hm"},"finish_reason":"length"}]}' >events
    mock_start --replay events
    try 0 Hm '*' --any-finish -c one
    mock_start
    try 0 two '' -c two
    assert_equal "$(messages)" '["u","one","a","Hm","u","two"]'
}

@test "a conversation and an output file: both or none" {
    mock_start
    try 0 '' '*' -c -o out one
    each is out one
    printf '%s\n' '{"id":"c","choices":[{"index":0,"delta":{"content":"Hm"}}]}' >events
    mock_start --replay events
    try 76 '' '*' -c -o out --lenient two
    each is out one
}

@test "--json and a conversation" {
    mock_start
    each sh -c 'supai --new --json one >out'
    try 0 two '' -c two
    assert_equal "$(messages)" '["u","one","a","one","u","two"]'
}

@test "--dry-run of a conversation reads it and changes nothing" {
    mock_start
    try 0 'supai-req hi | supai-send | supai-sse | supai-text' '' --dry-run -c hi
    each absent home/.local
    try 0 one '*' -c one
    for nth in "${!shells[@]}"; do
        run --separate-stderr in_shell "$nth" supai --dry-run -c two
        expect 0 "supai-req -H $PWD/$nth/$STATE/default.ndjson two | supai-send | supai-sse | supai-text" ''
        run --separate-stderr in_shell "$nth" sh -c "$output"
        expect 0 two ''
        assert_equal "$(messages)" '["u","one","a","one","u","two"]'
    done
    try 0 'supai-req two | supai-send | supai-sse | supai-text' '' --dry-run --new two
}

@test "XDG_STATE_HOME; no home: 78 where one is asked for, else none is needed" {
    mock_start
    holds 0 hi "supai: a new conversation, default: /*/state/supai/default.ndjson" sh -c 'XDG_STATE_HOME=$PWD/state supai -c hi'
    holds 0 hi "supai: a new*/home/.local/state/*" sh -c 'XDG_STATE_HOME=state supai -c hi'
    holds 0 hi '' env -u HOME supai hi
    holds 78 '' 'supai: neither HOME nor XDG_STATE_HOME *' env -u HOME supai -c hi
    holds 73 '' 'supai: /dev/null/supai: *' env XDG_STATE_HOME=/dev/null supai -c hi
}

@test "a file that is no conversation is told of, and stays" {
    mock_start
    each sh -c "mkdir -p $STATE/dir.ndjson; echo nonsense >$STATE/default.ndjson"
    try 65 '' 'supai-req: */default.ndjson: line 1: not JSON*' -c hi
    each is $STATE/default.ndjson nonsense
    try 73 '' 'supai: */dir.ndjson: is a directory' --conversation dir --new hi
    assert_equal "$(mock_requests)" 0
}

@test "two at once: the second waits, and goes on behind the first" {
    mock_start --first-byte-delay 700
    for nth in "${!shells[@]}"; do
        start "$nth" --new one >out 2>err
        until_true test -L "$nth/$STATE/default.lock"
        run --separate-stderr in_shell "$nth" supai -c two
        expect 0 two ''
        wait "$pid"
        assert_equal "$(cat out err)" one
        assert_equal "$(messages)" '["u","one","a","one","u","two"]'
        [ ! -L "$nth/$STATE/default.lock" ]
    done
}

@test "ten at once: every answer that was given is kept" {
    mock_start
    for nth in "${!shells[@]}"; do
        pids=
        for k in 1 2 3 4 5 6 7 8 9 10; do
            start "$nth" -c "$k" >"$nth.$k" 2>err
            pids+=" $pid"
        done
        given=0
        for pid in $pids; do
            wait "$pid" && given=$((given + 1)) || assert_equal "$?" 75
        done
        assert [ "$given" -ge 1 ]
        assert_equal "$(jq -s '.[0].messages | length + 1' "$nth/$STATE/default.ndjson")" $((2 * given))
    done
}

@test "a conversation in use for longer: 75, and another one is free" {
    mock_start --stall 0
    start 0 --new one >out 2>err
    until_true test -L 0/$STATE/default.lock
    run --separate-stderr in_shell 0 supai -c two
    expect 75 '' "supai: conversation default: in use by process $pid on *"
    mock_start
    run --separate-stderr in_shell 0 supai -c --conversation other two
    expect 0 two 'supai: a new conversation, other: *'
}

@test "after kill -9 the conversation is as it was, and free" {
    mock_start
    try 0 one '*' -c one
    each cp $STATE/default.ndjson before
    mock_start --reply 'two three' --stall 2
    for nth in "${!shells[@]}"; do
        start "$nth" -c two >out 2>err
        until_true test -s out
        kill -9 "$pid"
        wait "$pid" || :
        # Its stages live on until their input ends.
        for stage in "$nth"/tmp/supai.*/*.pid; do
            [ ! -s "$stage" ] || kill "$(cat "$stage")" || :
        done
        rm -r "$nth"/tmp/supai.*
        assert [ -L "$nth/$STATE/default.lock" ]
    done
    each cmp $STATE/default.ndjson before
    mock_start
    try 0 three '' -c three
    assert_equal "$(messages)" '["u","one","a","one","u","three"]'
    each sh -c "[ ! -L $STATE/default.lock ] && [ ! -L $STATE/default.lock.break ]"
}

@test "an abandoned lock: of a process that is gone, also one that broke another's" {
    mock_start
    sleep 0 &
    gone=$!
    wait "$gone"
    each mkdir -p $STATE
    each ln -s "$gone@$(uname -n)" $STATE/default.lock
    try 0 one '*' -c one
    each ln -s "$gone@$(uname -n)" $STATE/default.lock
    each ln -s "$gone@$(uname -n)" $STATE/default.lock.break
    try 0 two '' -c two
    each sh -c "[ ! -L $STATE/default.lock ] && [ ! -L $STATE/default.lock.break ]"
    # Another machine's process may live.
    ln -s "$gone@elsewhere" 0/$STATE/default.lock
    run --separate-stderr in_shell 0 supai -c three
    expect 75 '' "supai: conversation default: in use by process $gone on elsewhere *"
}

@test "a copy that fails is 74, and the conversation as it was" {
    mock_start
    try 0 one '*' -c one
    each cp $STATE/default.ndjson before
    for nth in "${!shells[@]}"; do
        printf '#!/bin/sh\ncat\necho "tee: No space left on device" >&2\nexit 1\n' >"sh.$nth/tee"
        chmod +x "sh.$nth/tee"
    done
    try 74 two 'tee: *
tee: *' -c two
    each cmp $STATE/default.ndjson before
    try 0 two '' two
}
