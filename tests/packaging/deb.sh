#!/bin/sh
# Builds the Debian packages out of what git has: tests/packaging/deb.sh OUT [TREE].
# Wants debhelper and the libraries (make deps).
#
# The changelog is made of CHANGES, and its date is the one that counts for the
# build (SOURCE_DATE_EPOCH), so that the same tree gives the same bytes: with TREE,
# a bare Debian that debootstrap made, that is tried, lintian is asked, and the
# packages are installed there, used, and removed again. That wants root.
set -eu
case $1 in
/*) out=$1 ;;
*) out=$PWD/$1 ;;
esac
tree=${2-}
cd "${0%/*}/../.."
version=$(sed -n 's/^VERSION = //p' Makefile)
dated=$(sed -n "s/^## $version (\(.*\))\$/\1/p" CHANGES)
[ -n "$dated" ] || {
    echo "deb.sh: CHANGES has no line '## $version (DATE)'" >&2
    exit 1
}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# build FOLDER: the packages, in it.
build() {
    source=$scratch/build/supai-$version
    mkdir -p "$source" "$1"
    git ls-files -z | xargs -0 tar -cf - | tar -xf - -C "$source"
    cp -R tests/packaging/debian "$source/debian"
    printf '%s\n' README.md >"$source/debian/supai.docs"
    cat >"$source/debian/changelog" <<EOF
supai ($version-1) unstable; urgency=medium

  * Release $version: see its changelog.

 -- The supai authors <supai@packages.invalid>  $(LC_ALL=C date -u -d "$dated" +'%a, %d %b %Y 00:00:00 +0000')
EOF
    (umask 022 && cd "$source" &&
        env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u CC dpkg-buildpackage -us -uc -b) >"$scratch/log" 2>&1 || {
        tail -n 40 "$scratch/log" >&2
        exit 1
    }
    mv "$scratch"/build/*.deb "$1/"
    rm -rf "$scratch/build"
}

build "$out"
[ -n "$tree" ] || exit 0

build "$scratch/again"
for deb in "$out"/*_"$version"-1_*.deb; do
    cmp "$deb" "$scratch/again/${deb##*/}"
done
echo 'deb.sh: the same bytes twice'
if command -v lintian >/dev/null; then
    # A first upload closes a wish for the package; this one is uploaded nowhere.
    lintian --allow-root --suppress-tags initial-upload-closes-no-bugs --fail-on error,warning "$out"/*_"$version"-1_*.deb
    echo 'deb.sh: lintian has nothing to say'
fi

mkdir "$tree/tmp/debs"
cp "$out"/*_"$version"-1_*.deb "$tree/tmp/debs/"
rm -f "$tree"/tmp/debs/*-dbgsym_*
here() { LC_ALL=C DEBIAN_FRONTEND=noninteractive chroot "$tree" "$@"; }
here apt-get update -q >/dev/null 2>&1
here sh -c 'apt-get install -q -y --no-install-recommends /tmp/debs/*.deb' >"$scratch/log" 2>&1 || { cat "$scratch/log" >&2; exit 1; }
[ "$(here supai-mock -- supai-req hello | here sed -n 's/.*"content":"\([^"]*\)".*/\1/p')" = hello ]
[ "$(here supai-mock -- supai 'Why is the sky blue?')" = 'Why is the sky blue?' ]
here apt-get purge -q -y supai supai-serve >/dev/null 2>&1
rm -rf "$tree/tmp/debs"
[ -z "$(find "$tree" -xdev -name '*supai*' ! -path '*/var/cache/*' ! -path '*/var/lib/apt/*' ! -path '*/var/log/*')" ]
echo 'deb.sh: installed, used and removed in the tree'
