# What docs.bats reads out of the README, the man pages, --help and the sources.

# One option a line, sorted: "k key =" (short or "-", long, "=" where it takes
# an argument). From a page's .It Fl entries:
page_options() {
    awk '$1 == ".It" && $2 == "Fl" {
        short = long = "-"; takes = ""
        for (i = 2; i <= NF; i++) {
            if ($i == "Fl" && $(i + 1) ~ /^-/) long = substr($(i + 1), 2)
            else if ($i == "Fl") short = $(i + 1)
            if ($i == "Ar") takes = " ="
        }
        print short, long takes
    }' "$1" | sort
}

# from --help
help_options() {
    "$1" --help all | awk '/^  (-.,|   ) --/ {
        short = "-"
        if ($1 ~ /,$/) { short = substr($1, 2, 1); sub(/^  -.,/, "   ") }
        long = substr($1, 3)
        sub(/\[.*/, "", long) # --long[=N]: may be left out
        print short, long ($0 ~ /^ *--[a-z0-9-]+( |\[=)[^ ]/ ? " =" : "")
    }' | sort
}

# and from the tables of struct opt_def: a tool's own, the lines of lib/options.h that
# it names, and the ones that all have.
table_options() {
    local dir=${1%/bin/*}
    awk 'FILENAME ~ /\/options.h$/ {
        if (/^#define [A-Z]+_OPTIONS/) name = $2
        if (name != "") body[name] = body[name] substr($0, /^#define/ ? length("#define " name) + 1 : 1)
        if (!/\\$/) name = ""
        next
    }
    { text = text $0 }
    END {
        while (match(text, /[A-Z]+_OPTIONS/))
            text = substr(text, 1, RSTART - 1) body[substr(text, RSTART, RLENGTH)] substr(text, RSTART + RLENGTH)
        while (match(text, /\{(\047.\047|[A-Z][A-Z0-9_]*), "[a-z0-9-]+", ("[^"]*"|NULL)/)) {
            split(substr(text, RSTART + 1, RLENGTH - 1), part, /, /)
            short = part[1] ~ /^\047/ ? substr(part[1], 2, 1) : "-"
            gsub(/"/, "", part[2])
            print short, part[2] (part[3] == "NULL" ? "" : " =")
            text = substr(text, RSTART + RLENGTH)
        }
    }' "$dir/lib/options.h" "$1" "$dir/lib/opt.c" | sort
}

# supai's: its own table, and those of its stages, but for what has no place in a
# pipeline; their letters are theirs, but for a few.
supai_options() {
    {
        table_options "$1"
        help_options supai-req | grep -vwE 'each|raw-input|id|no-stream'
        help_options supai-send | grep -vwE 'dry-run|notes|one' | sed 's/^[^h] /- /'
        help_options supai-ensemble | grep -vwE 'dry-run|models' | sed 's/^[^h] /- /'
        help_options supai-sse | grep -w no-done
        help_options supai-fold | grep -vwE 'one|message'
        help_options supai-text | grep -vw one | sed 's/^[^hktu] /- /'
    } | grep -vx -e '- version' -e '- help' | sort -u
}

sections() { sed -n 's/^\.Sh //p' "$1"; }

# The statuses that a page has under EXIT STATUS, one a line.
page_statuses() {
    awk '/^\.Sh / { inside = $0 == ".Sh EXIT STATUS" }
        inside && $1 == ".It" { gsub(/,/, ""); for (i = 2; i <= NF; i++) if ($i ~ /^[0-9]+$/) print $i }' "$1"
}

readme_statuses() {
    awk '/^## / { inside = $0 == "## Exit statuses" }
        inside && $1 == "|" && $2 ~ /^[0-9]+$/ { print $2 }' "$1"
}

# examples FILE DIR: writes each block that is to be run to DIR/LINE.sh. The
# blocks are .Bd -literal of a page and ```sh of the README; one that is not to
# be run has the line "not run: REASON", in a comment, right before it.
examples() {
    awk -v dir="$2" '
        function plain(s,    out, i, c) {
            out = ""
            while ((i = index(s, "\\")) > 0) {
                out = out substr(s, 1, i - 1)
                c = substr(s, i + 1, 1)
                s = substr(s, i + 2)
                if (c == "(") { c = substr(s, 1, 2); s = substr(s, 3) }
                if (!(c in escape)) { print FILENAME ":" FNR ": unknown escape \\" c; bad = 1 }
                out = out escape[c]
            }
            return out s
        }
        BEGIN {
            escape["e"] = escape["rs"] = "\\"; escape["-"] = "-"; escape["&"] = ""
            escape["aq"] = "\047"; escape["dq"] = "\""; escape["ti"] = "~"
            escape["ha"] = "^"; escape["ga"] = "`"; escape["."] = "."
        }
        !inside && (/^\.\\" not run: ./ || /^<!-- not run: .+ -->$/) { skip = 1; next }
        !inside && (/^\.Bd -literal/ || /^```sh$/) {
            mdoc = /^\./; inside = 1
            file = skip ? "" : sprintf("%s/%04d.sh", dir, FNR)
            skip = 0
            next
        }
        inside && /^(\.Ed|```)$/ { inside = 0; if (file != "") close(file); next }
        inside && file != "" { print mdoc ? plain($0) : $0 >file }
        { skip = 0 }
        END { exit bad }' "$1"
}

# units DOC DIR: writes each unit of systemd's that the document shows to DIR, under the
# name in its comment, or its line's number; the programs are the ones under test.
units() {
    awk -v dir="$2" '
        /^\.Bd -literal/ || /^```ini$/ { inside = 1; name = FNR; next }
        /^\.Ed/ || /^```$/ { inside = 0; file = "" }
        inside && /^# \/etc\/systemd\// { name = $2; sub(/.*\//, "", name); file = ""; next }
        inside && /^\[(Unit|Service|Timer)\]$/ && file == "" {
            file = dir "/" name (name ~ /\./ ? "" : $0 == "[Timer]" ? ".timer" : ".service")
        }
        file != "" { print >file }' "$1"
    [ -e programs ] || ln -s "$BIN" programs # systemd splits words at blanks
    find "$2" -name '*.service' -exec sed -i.orig "s|^ExecStart=/usr/local/bin/|ExecStart=$PWD/programs/|" {} +
    rm -f "$2"/*.orig
}

# out_of_order HELP PAGE: the options of the page that stand after one which --help has
# later. A page may have several lists.
out_of_order() {
    awk 'NR == FNR { if (match($0, /^  (-.,|   ) --[a-z0-9-]+/)) place[substr($0, 9, RLENGTH - 8)] = NR; next }
        $1 == ".Bl" { last = 0 }
        $1 == ".It" && $2 == "Fl" {
            for (i = 2; i <= NF; i++) if ($i == "Fl" && $(i + 1) ~ /^-/) long = substr($(i + 1), 2)
            if (place[long] < last) print long
            last = place[long]
        }' "$1" "$2"
}

# For a shell in which an example is run against a mock: a panel of its models.
example_panel='
    mkdir -p "$HOME/.config/supai"
    printf "model %s $SUPAI_BASE_URL %s\n" first fast second thinking third expert >"$HOME/.config/supai/panel"
    echo "key 127.0.0.1 env SUPAI_API_KEY" >>"$HOME/.config/supai/panel"'

# The files that examples read.
example_files() {
    printf '\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\10\6\0\0\0\x1f\x15\xc4\x89' >photo.png
    printf 'The meeting is on Monday.\n' >notes.txt
    cp "$DATA/ensemble.ndjson" events.ndjson
    printf '{"id":%d,"text":"%s"}\n' 1 'Works well.' 2 'Broke at once.' >reviews.ndjson
}

# block DOC WORDS: the one block of README.md or a page that has these words in it, in
# the file "it", whatever the document says of running it.
block() {
    local doc=$ROOT/man/$1 found
    [ -e "$doc" ] || doc=$ROOT/$1
    rm -rf blocks && mkdir blocks
    sed -e '/^\.\\" not run: /d' -e '/^<!-- not run: /d' "$doc" >doc
    examples doc blocks || return
    found=$(grep -l -F -e "$2" blocks/*.sh)
    [ "$(wc -l <<<"$found")" -eq 1 ] || fail "not one block: $found"
    mv "$found" it
}
