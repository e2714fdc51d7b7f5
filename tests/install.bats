#!/usr/bin/env bats
# The Makefile's install, uninstall, dist and clean, and .ci/deps.

load helper

setup() {
    common_setup
    # make's own variables and job server are this run's, not theirs
    unset MAKEFLAGS MFLAGS MAKELEVEL WERROR
    tools=$(sed -n -e 's/^TOOLS = //p' "$ROOT/Makefile")
    make=$(command -v gmake || command -v make)
    # in the tree, since make takes no path with blanks in it
    place=(BIN="${BIN#"$ROOT/"}" BUILD="${BUILD#"$ROOT/"}")
}

# The tree as git has it, in ./src.
source_tree() {
    git -C "$ROOT" rev-parse -q --verify HEAD >/dev/null 2>&1 || skip "no git tree"
    git -c safe.directory='*' clone -q "$ROOT" src
}

# A PATH with nothing in it but what .ci/deps itself needs, and fakes.
bare_path() {
    mkdir fake
    for c in sh awk tr cat grep rm mkdir mktemp id env sed git uname; do
        ln -s "$(command -v $c)" fake/
    done
}

# fake NAME [LINE]: a command that notes how it was called, then does LINE.
fake() {
    rm -f "fake/$1" # it may be a link to the real one
    printf '#!/bin/sh\necho "%s $*" >>"%s"\n%s\n' "$1" "$PWD/calls" "${2-}" >"fake/$1"
    chmod +x "fake/$1"
}

@test "install puts programs and pages under DESTDIR and PREFIX, uninstall takes all away" {
    dest="$PWD/a folder"
    run "$make" -C "$ROOT" -s "${place[@]}" DESTDIR="$dest" PREFIX=/opt/supai install
    assert_success
    for t in $tools; do
        assert [ -x "$dest/opt/supai/bin/$t" ]
        assert cmp "$BIN/$t" "$dest/opt/supai/bin/$t"
        assert [ -r "$dest/opt/supai/share/man/man1/$t.1" ]
    done
    assert [ -r "$dest/opt/supai/share/man/man7/supai.7" ]
    run "$dest/opt/supai/bin/supai-req" --no-stream -m fast hello
    assert_success
    assert_output --partial '"content":"hello"'

    run "$make" -C "$ROOT" -s DESTDIR="$dest" PREFIX=/opt/supai uninstall
    assert_success
    run find "$dest" ! -type d
    assert_output ''
    # and again, where there is nothing
    run "$make" -C "$ROOT" -s DESTDIR="$dest" PREFIX=/opt/supai uninstall
    assert_success
}

@test "install says where the tools are when that is not in PATH" {
    for path in "$PATH" "$PWD/mine/bin:$PATH" "/none:$PWD/mine/bin"; do
        run --separate-stderr env PATH="$path:$PATH" "$make" -C "$ROOT" -s "${place[@]}" PREFIX="$PWD/mine" install
        want="The tools are in $PWD/mine/bin, which is not in PATH."
        [[ $path != *mine* ]] || want=
        expect 0 "$want" ''
    done
}

@test "install fails when it cannot write" {
    : >file
    run "$make" -C "$ROOT" -s "${place[@]}" PREFIX="$PWD/file" install
    assert_failure
}

@test "install under umask 077 makes folders for everybody, and leaves those that were there" {
    mkdir -m 700 mine
    mkdir -m 2750 mine/bin
    run bash -c 'umask 077; "$@"' - "$make" -C "$ROOT" -s "${place[@]}" PREFIX="$PWD/mine" install
    assert_success
    run find mine ! -perm -444
    assert_output "mine"$'\n'"mine/bin"
    run find mine/share -type d ! -perm 755
    assert_output ''
    run find mine/bin -maxdepth 0 -perm 2750
    assert_output mine/bin
}

@test "BUILD and BIN elsewhere: nothing is made in the tree, and clean takes away what was made" {
    [ -z "${SUPAI_SAN-}" ] || skip "the same under the sanitizers"
    source_tree
    mkdir -p out/mine
    : >out/mine/file
    for where in BUILD="$PWD/out" BUILD=../out; do
        run "$make" -C src -s -j2 "$where" BIN="$PWD/programs" CFLAGS=-O0 "$PWD/programs/supai-text" test-programs
        assert_success
        run git -C src status --porcelain --ignored
        assert_output ''
        run programs/supai-text - <<<'{"object":"chat.completion","choices":[{"index":0,"message":{"content":"hi"},"finish_reason":"stop"}]}'
        assert_output hi
        run "$make" -C src -s "$where" BIN="$PWD/programs" clean
        assert_success
        assert [ ! -e programs ]
        assert_equal "$(find out | sort)" "out"$'\n'"out/mine"$'\n'"out/mine/file"
    done
    run "$make" -C src BUILD=. clean
    assert_failure
    assert [ -e src/lib/buf.c ]
}

@test "make static links the tools whose libraries have archives, and names what others lack" {
    [ -z "${SUPAI_SAN-}" ] || skip "no sanitizer in static programs"
    echo 'int main(void) { return 0; }' >probe.c
    cc -static -o probe probe.c 2>/dev/null || skip "no static libc"
    source_tree
    run "$make" -C src -s -j2 CFLAGS=-O0 TOOLS='supai-text supai-models' static
    assert_success
    assert_line --index 0 'ok build/static/bin/supai-text'
    assert_line --index 1 --regexp '^(ok build/static/bin/supai-models|no supai-models: it lacks .)'
    run src/build/static/bin/supai-text - <<<'{"object":"chat.completion","choices":[{"index":0,"message":{"content":"hi"},"finish_reason":"stop"}]}'
    assert_output hi
}

@test "make portability skips a compiler that is not here, with the reason" {
    bare_path
    for c in head getconf ln; do
        ln -s "$(command -v $c)" fake/
    done
    fake gcc 'echo "gcc: error: nothing for 32 bits" >&2; exit 1'
    run --separate-stderr env PATH="$PWD/fake" BUILD="$PWD/out" "$ROOT/tests/portability.sh" make clang m32 musl
    expect 0 'skipped clang: no clang
skipped m32: gcc: error: nothing for 32 bits
skipped musl: no musl-gcc' ''
    run --separate-stderr env BUILD="$PWD/out" "$ROOT/tests/portability.sh" make vax
    expect 64 '' 'portability: no variant vax'
}

@test "dist's tarball has all that git has, builds without git, and clean takes it all away" {
    [ -z "${SUPAI_SAN-}" ] || skip "the same under the sanitizers"
    source_tree
    run "$make" -C src -s dist
    assert_success
    tarball=$(echo src/supai-*.tar.gz)
    # The same bytes every time.
    cp "$tarball" first
    run "$make" -C src -s dist
    assert cmp first "$tarball"
    dir=$(basename "$tarball" .tar.gz)
    tar -xzf "$tarball"
    diff <(git -C src ls-files | sort) <(cd "$dir" && find . -type f | sed 's|^\./||' | sort)

    run "$make" -C "$dir" -s -j2 CFLAGS=-O0 all
    assert_success
    refute_output --partial warning
    for t in $tools; do
        assert [ -x "$dir/bin/$t" ]
    done
    run "$make" -C "$dir" -s clean
    assert_success
    diff <(git -C src ls-files | sort) <(cd "$dir" && find . -type f | sed 's|^\./||' | sort)
}

@test "a version has its entry in CHANGES, and the packages' recipes name it" {
    version=$(sed -n 's/^VERSION = //p' "$ROOT/Makefile")
    assert_equal "$(sed -n 's/^## \([0-9.]*\) (.*/\1/p' "$ROOT/CHANGES" | head -n 1)" "$version"
    run supai-req --version
    assert_output "supai-req $version"
    grep -qx "pkgver=$version" "$ROOT/tests/packaging/APKBUILD"
    grep -q "supai-$version.tar.gz" "$ROOT/tests/packaging/supai.rb"
    grep -q "version = \"$version\"" "$ROOT/tests/packaging/default.nix"
}

@test "the recipes for Alpine and Homebrew are read by their languages" {
    sh -n "$ROOT/tests/packaging/APKBUILD"
    command -v ruby >/dev/null || skip "no ruby"
    run ruby -c "$ROOT/tests/packaging/supai.rb"
    assert_output 'Syntax OK'
}

@test "deps does nothing when all is there" {
    bare_path
    for m in apt-get dnf apk pacman pkg sudo; do
        fake "$m"
    done
    run --separate-stderr env PATH="$PWD/fake:$PATH" "$ROOT/.ci/deps" build check
    expect 0 '' ''
    assert [ ! -e calls ]
}

@test "deps installs only what is missing, as root without sudo" {
    bare_path
    ln -s "$(command -v make)" fake/
    fake id 'echo 0'
    fake sudo
    fake apt-get
    fake apt-cache
    run --separate-stderr env PATH="$PWD/fake" BATS_LIB_PATH="$BATS_LIB_PATH" "$ROOT/.ci/deps" build
    assert_equal "$status" 1
    assert_equal "$output" ''
    assert_equal "${stderr_lines[0]}" 'deps: installing with apt-get: gcc libc6-dev libcurl4-openssl-dev libjq-dev libmicrohttpd-dev'
    assert_equal "${stderr_lines[1]}" 'deps: missing: cc libcurl libjq libmicrohttpd (please install)'
    assert_equal "$(grep -v -e '^id' -e '^apt-cache' calls)" "apt-get update
apt-get install -y --no-install-recommends gcc libc6-dev libcurl4-openssl-dev libjq-dev libmicrohttpd-dev"
}

@test "deps uses sudo when it is not root, and shows what failed" {
    bare_path
    fake id 'echo 1000'
    fake sudo 'exec "$@"'
    fake dnf 'echo "dnf is broken"; exit 1'
    run --separate-stderr env PATH="$PWD/fake" "$ROOT/.ci/deps" build
    assert_equal "$status" 1
    assert_equal "$stderr" "deps: installing with dnf: make gcc glibc-devel libcurl-devel jq-devel libmicrohttpd-devel
dnf is broken
deps: failed: $PWD/fake/sudo dnf install -y make gcc glibc-devel libcurl-devel jq-devel libmicrohttpd-devel"
    assert grep -q '^sudo dnf install' calls
}

@test "deps says what is missing where nothing can install it" {
    bare_path
    run --separate-stderr env PATH="$PWD/fake" "$ROOT/.ci/deps" build
    expect 1 '' 'deps: missing: make cc libcurl libjq libmicrohttpd (please install)'
}

@test "deps without root or sudo prints the command to paste" {
    bare_path
    ln -s "$(command -v make)" fake/
    fake id 'echo 1000'
    fake apk
    run --separate-stderr env PATH="$PWD/fake" "$ROOT/.ci/deps" build
    expect 1 '' 'deps: missing: cc libcurl libjq libmicrohttpd (neither root nor sudo here; as root:)
apk add -U gcc musl-dev curl-dev jq-dev libmicrohttpd-dev'
    # Only what apt-get has, unless its list was never fetched.
    fake apt-get
    fake apt-cache 'case $2 in libjq-dev) exit 100 ;; esac'
    run --separate-stderr env PATH="$PWD/fake" "$ROOT/.ci/deps" build
    assert_equal "${stderr_lines[1]}" 'apt-get install -y --no-install-recommends gcc libc6-dev libcurl4-openssl-dev libmicrohttpd-dev'
    fake apt-cache 'exit 100'
    run --separate-stderr env PATH="$PWD/fake" "$ROOT/.ci/deps" build
    assert_equal "${stderr_lines[1]}" 'apt-get install -y --no-install-recommends gcc libc6-dev libcurl4-openssl-dev libjq-dev libmicrohttpd-dev'
    refute grep -q '^apt-get' calls
}

@test "make without the libraries says make deps, and compiles nothing" {
    source_tree
    bare_path
    for c in make mkdir touch; do
        ln -sf "$(command -v $c)" fake/
    done
    run --separate-stderr env PATH="$PWD/fake" fake/make -C src
    assert_equal "$status" 2
    assert_equal "${stderr_lines[0]}" 'deps: missing: cc libcurl libjq libmicrohttpd (make deps gets it)'
    refute_output --partial ' -c '
}

# fetches_bats COMMAND: deps check where that manager has no package of the libraries.
fetches_bats() {
    source_tree
    bare_path
    rm fake/git
    fake "$1"
    fake apt-cache 'case $2 in bats-*) exit 100 ;; esac'
    fake git 'shift $(($# - 1)); mkdir -p "$1" && : >"$1/load.bash"'
    fake id 'echo 0'
    # bats-path.sh looks in /usr too, where they are on most machines
    printf '%s\n' 'BATS_LIB_PATH=$PWD/tests/bats' >path.sh
    sed -n '/^# bats_library/,$p' src/tests/bats-path.sh >>path.sh
    cp path.sh src/tests/bats-path.sh
    run --separate-stderr env PATH="$PWD/fake" src/.ci/deps check
    assert_equal "$status" 1
    refute [ "$(grep -c '^git .*clone .*bats-core/bats-' calls)" -ne 2 ]
    [[ $stderr == *"missing: "* && $stderr != *"missing: "*bats-support* ]] || fail <<<"$stderr"
    refute grep "^$1 .*bats-support" calls
    assert grep -q "^$1 .*install.* jq" calls
}

@test "deps fetches the bats libraries where the system has no package of them" { fetches_bats dnf; }

@test "deps fetches the bats libraries where apt has none" { fetches_bats apt-get; }

@test "deps refuses a group that it does not know" {
    run --separate-stderr "$ROOT/.ci/deps" build colour
    expect 64 '' "deps: unknown group 'colour': build, check, asan or lint"
}
