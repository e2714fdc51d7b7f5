#include <string.h>

#include "buf.h"
#include "mem.h"
#include "places.h"

static const struct opt_def req[] = {REQ_OPTIONS, {0, NULL, NULL, NULL}};
static const struct opt_def send[] = {SEND_OPTIONS, {0, NULL, NULL, NULL}};
static const struct opt_def text[] = {TEXT_OPTIONS, {0, NULL, NULL, NULL}};
static const struct opt_def fold[] = {FOLD_OPTIONS, {0, NULL, NULL, NULL}};
static const struct opt_def ensemble[] = {ENSEMBLE_OPTIONS, {0, NULL, NULL, NULL}};

/* Of the other stages' options only those that we have anyway. */
static const struct opt_def events[] = {
	{OPTIONS_MAX_RECORD, "max-record", "SIZE", NULL},
	{0, NULL, NULL, NULL},
};

/* What each place takes: all of its tool's table, but for some names; letters: those
 * that are letters here, too (NULL: all). */
static const struct source {
	enum place	 place;
	const struct opt_def	*defs;
	const char		*letters;
	const char		*not[5];
} sources[] = {
	{PLACES_REQ, req, NULL, {"each", "raw-input", "id", "no-stream", NULL}},
	{PLACES_SEND, send, "", {"dry-run", "notes", "one", NULL}},
	{PLACES_TEXT, text, "ktu", {"one", NULL}},
	{PLACES_FOLD, fold, "kt", {"message", "one", NULL}},
	{PLACES_ENSEMBLE, ensemble, "", {"dry-run", "models", NULL}},
	{PLACES_SSE, events, "", {NULL}},
	{PLACES_WATCH, events, "", {NULL}},
	{PLACES_KEEP, events, "", {NULL}},
};
enum { NSOURCES = sizeof(sources) / sizeof(*sources) };

static struct row {
	unsigned	 places;	/* a bit each */
	char		*word;
} *rows;
static struct opt_def *defs;
static size_t n, cap;

static struct opt_def *
find(const char *name)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(defs[i].name, name) == 0)
			return &defs[i];
	return NULL;
}

static bool
is_left_out(const struct source *s, const char *name)
{
	size_t i;

	for (i = 0; s->not[i] != NULL; i++)
		if (strcmp(s->not[i], name) == 0)
			return true;
	return false;
}

static struct opt_def *
add(const struct opt_def *d)
{
	if (n == cap) {
		cap = cap > 0 ? cap * 2 : 64;
		defs = mem_resize(defs, cap + 1, sizeof(*defs));
		rows = mem_resize(rows, cap, sizeof(*rows));
	}
	rows[n] = (struct row){0};
	defs[n] = *d;
	return &defs[n++];
}

static void
draw(const struct source *s)
{
	const struct opt_def *d;
	struct opt_def *mine;

	for (d = s->defs; d->name != NULL; d++) {
		if (is_left_out(s, d->name))
			continue;
		mine = find(d->name);
		if (mine == NULL) {
			mine = add(d);
			if (d->key < OPT_LONG && s->letters != NULL &&
			    strchr(s->letters, d->key) == NULL)
				mine->key = PLACES_LETTER(d->key);
		}
		rows[mine - defs].places |= 1U << s->place;
	}
}

const struct opt_def *
places_options(const struct opt_def *own)
{
	size_t i;

	for (; own->name != NULL; own++)
		(void)add(own);
	for (i = 0; i < NSOURCES; i++)
		draw(&sources[i]);
	defs[n] = (struct opt_def){0};
	return defs;
}

static size_t
row_of(int key)
{
	size_t i = 0;

	while (defs[i].key != key)
		i++;
	return i;
}

bool
places_goes_to(int key, enum place place)
{
	return (rows[row_of(key)].places & 1U << place) != 0;
}

const char *
places_word(int key)
{
	size_t i = row_of(key);
	struct buf word = {0};

	if (rows[i].word == NULL) {
		if (key < OPT_LONG)
			buf_printf(&word, "-%c", key);
		else
			buf_printf(&word, "--%s", defs[i].name);
		rows[i].word = buf_take(&word);
	}
	return rows[i].word;
}

const char *
places_name(int key)
{
	return defs[row_of(key)].name;
}
