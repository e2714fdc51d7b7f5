# What `make lint` asks of the house, asked of made-up trees: it notices, and what it
# notices it names.
load helper

# A house of two lib modules and one tool of two rooms, in which all is well.
house() {
    mkdir -p lib bin/ask tests
    echo one >lib/ids.txt
    echo '#include "b.h"' >lib/b.c
    cat >lib/b.h <<'E'
#pragma once
struct b {
	int open;
	/* The rest is b's own. */
	struct {
		int inner;
	} in;
	enum { B_NONE } kind;
};
struct said {
	int n;	/* b's own: a count */
	int m;	/* of b's own kind */
};
int b_get(const struct b *b);
E
    printf '#include "%s"\n' a.h b.h ids_list.h >lib/a.c
    echo '#include "b.h"' >lib/a.h
    printf '#include "%s"\n' a.h room.h >bin/supai-ask.c
    printf '#include "%s"\n' b.h room.h >bin/ask/room.c
    : >bin/ask/room.h
    mkdir made
    : >made/ids_list.h
}

arrows() { CLANG_FLAGS=-I$PWD/made run --separate-stderr "$ROOT/tests/arrows.sh" "$1"; }

@test "a house in which all is well" {
    house
    echo 'int b_get(const struct b *b) { return b->in.inner + (int)b->kind; }' >>lib/b.c
    echo 'int f(struct b *b, struct said *s) { return b->open + s->m; }' >>bin/ask/room.c
    for what in rooms circle own; do
        arrows $what
        expect 0 '' ''
    done
}

@test "a tool that includes what is another tool's, and lib what is a tool's" {
    house
    mkdir bin/other
    : >bin/other/theirs.h
    echo '#include "theirs.h"' >>bin/ask/room.c
    echo '#include "../bin/other/theirs.h"' >>lib/a.h
    echo '#include "other/theirs.h"' >>bin/supai-ask.c
    arrows rooms
    expect 1 'lib/a.h includes ../bin/other/theirs.h
bin/supai-ask.c includes other/theirs.h
bin/ask/room.c includes theirs.h' ''
}

@test "a circle over the source of one module and the header of another" {
    house
    echo '#include "a.h"' >>lib/b.c
    arrows circle
    assert_equal "$status" 1
    [[ $output == *a* && $output == *b* ]]
}

@test "members that are a module's own, used by another" {
    house
    echo 'int f(struct b *b) { return b->in.inner; }' >>bin/ask/room.c
    echo 'int g(struct said *s) { return s->n; }' >>lib/a.c
    echo 'int h(struct b *b) { return (int)b->kind; }' >>bin/supai-ask.c
    arrows own
    assert_equal "$status" 1
    assert_equal "$(printf '%s\n' "$output" | sed "s/:.*: b's own.*/: b's own/")" \
        "lib/a.c: b's own
bin/supai-ask.c: b's own
bin/ask/room.c: b's own"
}

@test "a source that does not compile is no source in which all is well" {
    house
    echo 'int f(void) { return nothing; }' >>lib/a.c
    arrows own
    assert_equal "$status" 1
    [[ $output == *nothing* ]]
}
