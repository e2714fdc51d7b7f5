#!/bin/sh
# Renders the pages for a browser: man/html.sh FOLDER. One file a page, links from
# page to page, and an index.html with a line for each; all that is ours stays in
# the folder, so that it can be put anywhere.
set -eu
out=$1
cd "${0%/*}"
mkdir -p "$out"
cp style.css "$out/"

# what PAGE: its line of NAME, as HTML.
what() {
    sed -n 's/^\.Nd //p' "$1" | sed -e 's/&/\&amp;/g' -e 's/</\&lt;/g' -e 's/\\(em/—/g' -e 's/\\&//g'
}

{
    printf '%s\n' '<!DOCTYPE html>' '<html lang="en">' '<head>' '  <meta charset="utf-8"/>' \
        '  <meta name="viewport" content="width=device-width, initial-scale=1.0"/>' \
        '  <link rel="stylesheet" href="style.css"/>' '  <title>supai</title>' '</head>' '<body>' \
        '<h1>supai</h1>' '<p>Small Unix filters that let a shell talk to an ensemble of language models.' \
        'Begin with <a href="supai.7.html">supai(7)</a>.</p>' '<dl class="index">'
    for page in supai.7 supai.1 supai-*.[1-9]; do
        [ -f "$page" ] || continue
        title=${page%.*}'('${page##*.}')'
        printf '  <dt><a href="%s.html">%s</a></dt>\n  <dd>%s</dd>\n' "$page" "$title" "$(what "$page")"
    done
    printf '%s\n' '</dl>' '</body>' '</html>'
} >"$out/index.html"

for page in supai*.[1-9]; do
    # The way back to the index goes before the page's own head.
    mandoc -T html -O 'style=style.css,man=%N.%S.html' "$page" |
        sed -e 's|<html>|<html lang="en">|' -e 's|^<body>|&\n<p class="back"><a href="index.html">supai</a></p>|' \
            >"$out/$page.html"
    # A link to a page that is not ours would lead nowhere: it becomes text.
    links=$(sed -n 's/.*href="\([A-Za-z0-9_.-]*\.[1-9]\)\.html".*/\1/p' "$out/$page.html" | sort -u)
    for link in $links; do
        [ -f "$link" ] || sed -i.old "s|<a class=\"Xr\" href=\"$link\.html\">\([^<]*\)</a>|\1|g" "$out/$page.html"
    done
    rm -f "$out/$page.html.old"
done
