# An SVG of what stands on a terminal: reads lines of text with colours (SGR), as
# tmux capture-pane -e prints them. Run it with LC_ALL=C, so that characters are
# bytes; -v columns= is the terminal's width, -v title= says what is seen.
#
# The text stays text. Each run of it is put at its column and stretched to its
# width, so that columns stay columns in whatever font there is.

function escape(s) {
    gsub(/&/, "\\&amp;", s)
    gsub(/</, "\\&lt;", s)
    gsub(/>/, "\\&gt;", s)
    return s
}

# Puts the run that has been gathered, which starts at column from.
function put_run(    n, class) {
    if (run ~ /[^ ]/) {
        n = column - from
        n -= length(run)
        sub(/ +$/, "", run)
        n += length(run)
        class = bold dim colour
        sub(/^ /, "", class)
        line = line sprintf("<text x=\"%s\" y=\"%s\" textLength=\"%s\"%s>%s</text>\n", \
            left + from * cell, y, n * cell, \
            class == "" ? "" : " class=\"" class "\"", escape(run))
    }
    run = ""
    from = column
}

function set_colour(codes,    part, n, i) {
    n = split(codes, part, ";")
    if (n == 0)
        part[n = 1] = 0
    for (i = 1; i <= n; i++) {
        if (part[i] + 0 == 0) bold = dim = colour = ""
        else if (part[i] == 1) bold = " bold"
        else if (part[i] == 2) dim = " dim"
        else if (part[i] == 22) bold = dim = ""
        else if (part[i] == 31) colour = " red"
        else if (part[i] == 32) colour = " green"
        else if (part[i] == 33) colour = " yellow"
        else if (part[i] == 39) colour = ""
    }
}

# The length in bytes of the character that a byte starts, by UTF-8.
function length_of(c) {
    return c < "\300" ? 1 : c < "\340" ? 2 : c < "\360" ? 3 : 4
}

BEGIN {
    cell = 8.4; height = 18; left = 14; top = 14
}

{
    y = top + NR * height - 5
    line = ""
    column = from = 0
    while ($0 != "") {
        if (match($0, /^\033\[[0-9;]*m/)) {
            put_run()
            set_colour(substr($0, 3, RLENGTH - 3))
            $0 = substr($0, RLENGTH + 1)
            continue
        }
        n = length_of($0)
        c = substr($0, 1, n)
        # Two spaces end a run; wide characters stand alone, as East Asia's do.
        wide = n == 3 && c >= "\343" && c < "\356"
        if (wide || (run ~ /  $/ && c != " "))
            put_run()
        run = run c
        column += wide ? 2 : 1
        if (wide)
            put_run()
        $0 = substr($0, n + 1)
    }
    put_run()
    text = text line
    if (line != "")
        last = NR
}

END {
    width = 2 * left + columns * cell
    full = 2 * top + last * height
    printf "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%s\" height=\"%s\" viewBox=\"0 0 %s %s\" role=\"img\">\n", \
        width, full, width, full
    printf "<title>%s</title>\n", escape(title)
    print "<style>"
    print "text { font: 14px ui-monospace, Menlo, Consolas, \"DejaVu Sans Mono\", monospace; fill: #d8dee9; white-space: pre }"
    print ".bold { font-weight: bold; fill: #fff } .dim { fill: #8b95a7 }"
    print ".red { fill: #ff7b72 } .green { fill: #7ee787 } .yellow { fill: #e3b341 }"
    print "</style>"
    printf "<rect width=\"%s\" height=\"%s\" rx=\"8\" fill=\"#1c2128\"/>\n", width, full
    printf "%s</svg>\n", text
}
