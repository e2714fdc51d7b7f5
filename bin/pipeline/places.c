#include <string.h>

#include "buf.h"
#include "mem.h"
#include "places.h"

static const struct opt_def req[] = {REQ_OPTIONS, {0, NULL, NULL, NULL}};
static const struct opt_def send[] = {SEND_OPTIONS, {0, NULL, NULL, NULL}};
static const struct opt_def sse[] = {SSE_OPTIONS, {0, NULL, NULL, NULL}};
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
	{PLACES_SSE, sse, "", {NULL}},
	{PLACES_TEXT, text, "ktu", {"one", NULL}},
	{PLACES_FOLD, fold, "kt", {"message", "one", NULL}},
	{PLACES_ENSEMBLE, ensemble, "", {"dry-run", "models", NULL}},
	{PLACES_SSE, events, "", {NULL}},
	{PLACES_WATCH, events, "", {NULL}},
	{PLACES_KEEP, events, "", {NULL}},
};
static struct opt_def *defs;
static struct places_option *rows;	/* one for each of them */
static size_t n;

static void
add(const struct opt_def *d, int key)
{
	struct buf word = {0};

	defs = mem_resize(defs, n + 2, sizeof(*defs));
	rows = mem_resize(rows, n + 1, sizeof(*rows));
	defs[n] = *d;
	defs[n].key = key;
	if (key < OPT_LONG)
		buf_printf(&word, "-%c", key);
	else
		buf_printf(&word, "--%s", d->name);
	rows[n] = (struct places_option){d->name, buf_take(&word), 0};
	defs[++n] = (struct opt_def){0};
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

static void
draw(const struct source *s)
{
	const struct opt_def *d;
	size_t i;
	int key;

	for (d = s->defs; d->name != NULL; d++) {
		if (is_left_out(s, d->name))
			continue;
		for (i = 0; i < n && strcmp(defs[i].name, d->name) != 0; i++)
			;
		key = d->key;
		if (key < OPT_LONG && s->letters != NULL &&
		    strchr(s->letters, key) == NULL)
			key = PLACES_LETTER(key);
		if (i == n)
			add(d, key);
		rows[i].places |= PLACES_BIT(s->place);
	}
}

const struct opt_def *
places_options(const struct opt_def *own)
{
	size_t i;

	for (; own->name != NULL; own++)
		add(own, own->key);
	for (i = 0; i < sizeof(sources) / sizeof(*sources); i++)
		draw(&sources[i]);
	return defs;
}

const struct places_option *
places_find(int key)
{
	size_t i = 0;

	while (defs[i].key != key)
		i++;
	return &rows[i];
}
