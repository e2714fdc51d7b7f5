/*
 * answers [-p | N]: answers in the shapes that services give them, made up, and where
 * one ends. Each alone is one answer, whole, with its text. With an empty line
 * between them two are two; without one they are two, or are told as not whole, or
 * are of the pairs that cannot be told (supai-text(1), CAVEATS). Cut after any
 * record an answer is whole only where all its choices have finished. Says what is
 * otherwise, and ends with 1. With N only each Nth begins a pair: a prime, so that all
 * that a shape can be is among them. With -p it prints the answers, an empty line
 * after each, and on standard error what supai-text -0 has to make of them.
 */
#include <stdlib.h>
#include <string.h>

#include "fd.h"
#include "fold.h"
#include "io.h"

enum { ID_NONE, ID_NULL, ID_SAME, ID_EACH, ID_LATE, ID_EMPTY_AT_END, IDS };
enum { ROLE_FIRST, ROLE_ALONE, ROLE_EACH, ROLE_NEVER, ROLES };
enum { FINISH_ALONE, FINISH_LAST, FINISH_EACH, FINISH_EMPTY, FINISH_AGAIN, FINISHES };
enum { SAYS_TEXT, SAYS_PARTS, SAYS_THINKING, SAYS_CALLS, SAYS_HALVES, SAYS };
enum { TAIL_NONE, TAIL_ROLE, TAIL_CLOSING, TAIL_USAGE, TAIL_OTHER_USAGE, TAILS };
enum { CHOICES_ONE, CHOICES_SERIAL, CHOICES_MIXED, CHOICES };
enum { PIECES = 3, MAX_RECORDS = 32 };

struct shape {
	int	id, role, finish, says, tail, choices;
	char	letter;		/* of its ids */
};

struct answer {
	struct shape	 shape;
	struct buf	 records[MAX_RECORDS];
	bool		 finished[MAX_RECORDS];	/* all choices so far, after it */
	size_t		 n;
	struct buf	 text;
	bool		 begun[2], ended[2];	/* its choices */
};

/* Making answers. */

static struct shape
shape_of(unsigned number, char letter)
{
	struct shape s = {.letter = letter};

	s.id = (int)(number % IDS);
	number /= IDS;
	s.role = (int)(number % ROLES);
	number /= ROLES;
	s.finish = (int)(number % FINISHES);
	number /= FINISHES;
	s.tail = (int)(number % TAILS);
	number /= TAILS;
	s.says = (int)(number % SAYS);
	number /= SAYS;
	s.choices = (int)(number % CHOICES);
	return s;
}

enum { ALL = IDS * ROLES * FINISHES * TAILS * SAYS * CHOICES };

static void
add_id(struct buf *b, const struct shape *s, size_t n, bool last)
{
	bool empty = s->id == ID_NONE || (s->id == ID_LATE && n == 0) ||
	    (s->id == ID_EMPTY_AT_END && last);

	if (s->id == ID_NULL)
		buf_adds(b, "\"id\":null");
	else if (empty)
		buf_adds(b, "\"id\":\"\"");
	else
		buf_printf(b, "\"id\":\"%c%zu\"", s->letter,
		    s->id == ID_EACH ? n : 0);
}

/* A record with one choice, whose delta and finish reason are these. */
static void
add(struct answer *a, int choice, const char *delta, const char *finish, bool last)
{
	struct buf *b = &a->records[a->n];

	buf_adds(b, "{\"object\":\"chat.completion.chunk\",");
	add_id(b, &a->shape, a->n, last);
	buf_printf(b, ",\"choices\":[{\"index\":%d,\"delta\":{%s},"
	    "\"finish_reason\":%s}]}", choice, delta, finish);
	a->begun[choice] = true;
	a->ended[choice] |= strcmp(finish, "\"stop\"") == 0;
	a->finished[a->n++] = a->begun[0] == a->ended[0] &&
	    a->begun[1] == a->ended[1];
}

/* What a piece of a choice says, as members of a delta; and choice 0's text. */
static void
add_piece(struct answer *a, struct buf *delta, int choice, int piece)
{
	static const char *const halves[PIECES] = {"\\ud83d", "\\ude00", "."};
	const char *text = a->shape.says == SAYS_HALVES ? halves[piece] : NULL;
	struct buf own = {0};

	buf_printf(&own, "%c%d%d ", a->shape.letter, choice, piece);
	if (text == NULL)
		text = buf_string(&own);
	if (a->shape.says == SAYS_PARTS)
		buf_printf(delta, "\"content\":[{\"type\":\"thinking\",\"thinking\":\"h\"},"
		    "{\"type\":\"text\",\"text\":\"%s\"}]", text);
	else if (a->shape.says == SAYS_THINKING && piece == 0)
		buf_printf(delta, "\"reasoning\":\"%s\",\"content\":null", text);
	else if (a->shape.says == SAYS_CALLS)
		buf_printf(delta, "\"content\":null,\"tool_calls\":[{\"index\":0,%s"
		    "\"function\":{\"arguments\":\"%d\"}}]",
		    piece == 0 ? "\"id\":\"call\"," : "", piece);
	else
		buf_printf(delta, "\"content\":\"%s\"", text);
	if (choice == 0 && a->shape.says != SAYS_CALLS &&
	    !(a->shape.says == SAYS_THINKING && piece == 0) &&
	    a->shape.says != SAYS_HALVES)
		buf_adds(&a->text, text);
	buf_free(&own);
}

static void
say(struct answer *a, int choice, int piece)
{
	const struct shape *s = &a->shape;
	bool last = piece == PIECES - 1;
	struct buf delta = {0};

	if (piece == 0 && s->role == ROLE_ALONE)
		add(a, choice, "\"role\":\"assistant\",\"content\":\"\"", "null", false);
	if (s->role == ROLE_EACH || (s->role == ROLE_FIRST && piece == 0))
		buf_adds(&delta, "\"role\":\"assistant\",");
	add_piece(a, &delta, choice, piece);
	add(a, choice, buf_string(&delta), s->finish == FINISH_EACH ||
	    (last && s->finish == FINISH_LAST) ? "\"stop\"" :
	    s->finish == FINISH_EMPTY ? "\"\"" : "null",
	    last && s->finish == FINISH_LAST);
	buf_free(&delta);
	if (!last || s->finish == FINISH_LAST || s->finish == FINISH_EACH)
		return;
	add(a, choice, "", "\"stop\"", s->finish != FINISH_AGAIN);
	if (s->finish == FINISH_AGAIN)
		add(a, choice, "\"content\":\"\"", "\"stop\"", true);
}

/* A record that is written out; what it says changes nothing. */
static void
add_tail(struct answer *a)
{
	struct buf *b = &a->records[a->n];
	const char *usage = "\"usage\":{\"total_tokens\":1}";

	if (a->shape.tail == TAIL_NONE)
		return;
	buf_addc(b, '{');
	if (a->shape.tail == TAIL_OTHER_USAGE)
		buf_printf(b, "\"id\":\"u%c\"", a->shape.letter);
	else
		add_id(b, &a->shape, a->n, false);
	if (a->shape.tail == TAIL_ROLE)
		buf_printf(b, ",\"choices\":[{\"index\":0,\"delta\":{\"role\":"
		    "\"assistant\",\"content\":\"\"},\"finish_reason\":null}],%s}", usage);
	else if (a->shape.tail == TAIL_CLOSING)
		buf_printf(b, ",\"object\":\"chat.completion\",\"choices\":[{\"index\":0,"
		    "\"message\":{\"role\":\"assistant\",\"content\":\"all\"},"
		    "\"finish_reason\":\"stop\"}],%s}", usage);
	else
		buf_printf(b, ",\"object\":\"chat.completion.chunk\",\"choices\":[],%s}",
		    usage);
	a->finished[a->n] = a->finished[a->n - 1];
	a->n++;
}

static void
make(struct answer *a, unsigned number, char letter)
{
	int piece, choice, choices;

	*a = (struct answer){.shape = shape_of(number, letter)};
	choices = a->shape.choices == CHOICES_ONE ? 1 : 2;
	if (a->shape.choices == CHOICES_MIXED)
		for (piece = 0; piece < PIECES; piece++)
			for (choice = 0; choice < choices; choice++)
				say(a, choice, piece);
	else
		for (choice = 0; choice < choices; choice++)
			for (piece = 0; piece < PIECES; piece++)
				say(a, choice, piece);
	if (a->shape.says == SAYS_HALVES)
		buf_adds(&a->text, "\xf0\x9f\x98\x80.");
	add_tail(a);
}

static void
forget(struct answer *a)
{
	size_t i;

	for (i = 0; i < a->n; i++)
		buf_free(&a->records[i]);
	buf_free(&a->text);
}

/* Whether a shape is a service's that can be told: see supai-text(1). */
static bool
is_telling(const struct shape *s)
{
	/* An id and an end for each chunk: only --one knows. */
	if (s->id == ID_EACH && s->finish == FINISH_EACH)
		return false;
	/* A closing completion is known by the answer's id. */
	return s->tail != TAIL_CLOSING || s->id == ID_SAME || s->id == ID_LATE ||
	    s->id == ID_EMPTY_AT_END;
}

/* Reading them as the tools do. */

struct seen {
	struct fold	fold;
	struct buf	text;		/* of choice 0 of each answer, a NUL after it */
	uint32_t	half;
	size_t		n;		/* answers */
	bool		whole;		/* all of them */
};

static void
end_answer(struct seen *s)
{
	if (!s->fold.open)
		return;
	s->n++;
	s->whole = s->whole && fold_whole(&s->fold);
	buf_addc(&s->text, '\0');
	s->half = 0;
	fold_clear(&s->fold);
}

static void
take(struct seen *s, const struct buf *record)
{
	const struct chunk_choice *choice;
	struct json_fault fault;
	struct chunk_iter i;
	struct chunk c;

	if (!chunk_read(&c, record->p, record->n, &fault))
		abort();
	if (fold_begins(&s->fold, &c))
		end_answer(s);
	if (!fold_add(&s->fold, &c))
		return;
	for (chunk_choices(&i, &c); (choice = chunk_choice(&i)) != NULL;)
		if (choice->index == 0 && c.kind == CHUNK_DELTA)
			chunk_said(&c, choice, CHUNK_SAYS_TEXT, &s->text, &s->half);
	if (fold_sealed(&s->fold))
		end_answer(s);
}

static void
take_all(struct seen *s, const struct answer *a)
{
	size_t i;

	for (i = 0; i < a->n; i++)
		take(s, &a->records[i]);
}

static void
start(struct seen *s, bool one)
{
	buf_clear(&s->text);
	s->fold.one = one;
	s->fold.keep = FOLD_TEXTS;
	s->n = 0;
	s->whole = true;
}

static bool
is_text(const struct seen *s, const struct answer *a, const struct answer *b)
{
	size_t n = a->text.n + 1;

	if (s->text.n != n + (b != NULL ? b->text.n + 1 : 0) ||
	    (a->text.n > 0 && memcmp(s->text.p, a->text.p, a->text.n) != 0))
		return false;
	return b == NULL || b->text.n == 0 ||
	    memcmp(s->text.p + n, b->text.p, b->text.n) == 0;
}

/* What has to hold. */

static bool failed;

static void
complain(const char *what, const struct answer *a, const struct answer *b)
{
	static struct buf out;
	size_t i;

	failed = true;
	buf_clear(&out);
	buf_printf(&out, "%s:\n", what);
	for (i = 0; i < a->n; i++)
		buf_printf(&out, "%s\n", buf_string((struct buf *)&a->records[i]));
	for (i = 0; b != NULL && i < b->n; i++)
		buf_printf(&out, "+ %s\n", buf_string((struct buf *)&b->records[i]));
	io_write(out.p, out.n);
}

static void
check_alone(struct seen *s, const struct answer *a)
{
	size_t k, i;

	start(s, true);
	take_all(s, a);
	end_answer(s);
	if (s->n != 1 || !s->whole || !is_text(s, a, NULL))
		complain("with --one it is not one answer", a, NULL);
	if (!is_telling(&a->shape))
		return;
	start(s, false);
	take_all(s, a);
	end_answer(s);
	if (s->n != 1 || !s->whole || !is_text(s, a, NULL))
		complain("it is not one answer", a, NULL);
	for (k = 1; k < a->n; k++) {
		start(s, false);
		for (i = 0; i < k; i++)
			take(s, &a->records[i]);
		end_answer(s);
		if (s->n != 1 || s->whole != a->finished[k - 1])
			complain("cut, it is told wrongly", a, NULL);
	}
}

/* Whether a shape's records that say something have ids, and one for all of them. */
static bool
has_one_id(const struct shape *s)
{
	return s->id == ID_SAME || s->id == ID_LATE || s->id == ID_EMPTY_AT_END;
}

/* Whether the first record that says something has one. */
static bool
begins_with_id(const struct shape *s)
{
	return s->id == ID_EACH || (has_one_id(s) &&
	    (s->id != ID_LATE || s->role == ROLE_ALONE));
}

/* The pairs that nothing tells from one answer, just as the page has them. */
static bool
cannot_be_told(const struct shape *a, const struct shape *b)
{
	bool role = b->role == ROLE_FIRST || b->role == ROLE_EACH;

	if (a->tail == TAIL_CLOSING || (a->role != ROLE_EACH && role))
		return false;
	if (has_one_id(a))
		return !begins_with_id(b);
	/* With ids that differ before it, one that comes again is told. */
	return a->id != ID_EACH || !has_one_id(b);
}

static void
check_pair(struct seen *s, const struct answer *a, const struct answer *b)
{
	start(s, false);
	take_all(s, a);
	end_answer(s);
	take_all(s, b);
	end_answer(s);
	if (s->n != 2 || !s->whole || !is_text(s, a, b))
		complain("with an empty line they are not two", a, b);
	start(s, false);
	take_all(s, a);
	take_all(s, b);
	end_answer(s);
	if ((s->whole && !(s->n == 2 && is_text(s, a, b))) !=
	    cannot_be_told(&a->shape, &b->shape))
		complain("without an empty line they are told wrongly", a, b);
}

/* Those that pairs are made of: what is said, and by how many, tells no ends. */
static bool
is_for_pairs(const struct shape *s)
{
	return is_telling(s) && s->says == SAYS_TEXT &&
	    s->choices == CHOICES_ONE && s->finish != FINISH_EMPTY &&
	    s->tail != TAIL_USAGE;
}

static void
check_pairs(struct seen *s, unsigned step)
{
	struct answer a, b;
	struct shape one, two;
	unsigned i, k;

	for (i = 0; i < ALL; i += step) {
		one = shape_of(i, 'a');
		if (!is_for_pairs(&one))
			continue;
		make(&a, i, 'a');
		for (k = 0; k < ALL; k++) {
			two = shape_of(k, 'b');
			if (!is_for_pairs(&two))
				continue;
			make(&b, k, 'b');
			check_pair(s, &a, &b);
			forget(&b);
		}
		forget(&a);
	}
}

static void
print(const struct answer *a, struct buf *text)
{
	size_t i;

	for (i = 0; i < a->n; i++) {
		io_write(a->records[i].p, a->records[i].n);
		io_write("\n", 1);
	}
	io_write("\n", 1);
	buf_add(text, a->text.p, a->text.n);
	buf_addc(text, '\0');
}

int
main(int argc, char **argv)
{
	static struct seen s;
	bool print_them = argc > 1 && strcmp(argv[1], "-p") == 0;
	unsigned i, step = argc > 1 && !print_them ? (unsigned)strtoul(argv[1], NULL, 10) : 1;
	struct buf text = {0};
	struct answer a;

	io_init();
	for (i = 0; i < ALL; i++) {
		make(&a, i, 'a');
		if (!print_them)
			check_alone(&s, &a);
		else if (is_telling(&a.shape))
			print(&a, &text);
		forget(&a);
	}
	if (!print_them)
		check_pairs(&s, step > 0 ? step : 1);
	else
		fd_write(2, text.p, text.n);
	buf_free(&text);
	buf_free(&s.text);
	return failed;
}
