#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "mem.h"

static void
add(struct ask *a, const char *id, unsigned samples)
{
	struct buf key = {0};
	unsigned i;

	for (i = 1; i <= samples; i++) {
		buf_adds(&key, id);
		if (i > 1)
			buf_printf(&key, "#%u", i);
		a->p = mem_resize(a->p, a->n + 1, sizeof(*a->p));
		a->p[a->n++] = (struct asked){.id = id, .key = buf_take(&key)};
	}
}

/* How many models a mode of the API's page asks where it has no line; 0: it is none. */
static unsigned
size_of(const char *mode)
{
	static const struct {
		const char	*mode;
		unsigned	 size;
	} sizes[] = {
		{"fast", 1}, {"thinking", 3}, {"auto", 3}, {"deep-thinking", 6},
		{"expert", 9},
	};
	size_t i;

	for (i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
		if (strcmp(sizes[i].mode, mode) == 0)
			return sizes[i].size;
	return 0;
}

static bool
is_named(const struct question *q, const char *id)
{
	size_t i;

	for (i = 0; i < q->nmodels; i++)
		if (strcmp(q->models[i], id) == 0)
			return true;
	return false;
}

static bool
is_asked(const struct ask *a, const char *id)
{
	size_t i;

	for (i = 0; i < a->n; i++)
		if (strcmp(a->p[i].id, id) == 0)
			return true;
	return false;
}

/* The members of a mode's line, those that the question names if it names any. */
static void
add_line(struct ask *a, const struct panel_mode *mode, const struct question *q)
{
	size_t i;

	for (i = 0; i < mode->members.n; i++)
		if (q->nmodels == 0 || is_named(q, mode->members.p[i].id))
			add(a, mode->members.p[i].id, mode->members.p[i].samples);
}

/* All that the question names, each once, in its order. */
static void
add_named(struct ask *a, const struct panel *p, const struct question *q)
{
	size_t i;

	for (i = 0; i < q->nmodels; i++)
		if (panel_find(p, q->models[i]) != NULL &&
		    strcmp(q->models[i], "main") != 0 && !is_asked(a, q->models[i]))
			add(a, q->models[i], 1);
}

/* The panel's first literal ids. */
static void
add_first(struct ask *a, const struct panel *p, unsigned size)
{
	size_t i;

	for (i = 0; i < p->nmodels && a->n < size; i++)
		if (!p->models[i].glob)
			add(a, p->models[i].id, 1);
}

static void
note_left_out(struct ask *a, const struct question *q)
{
	size_t i;

	for (i = 0; i < q->nmodels; i++)
		if (!is_asked(a, q->models[i]))
			buf_printf(&a->left_out, "%s%s",
			    a->left_out.n > 0 ? ", " : "", q->models[i]);
}

bool
ask_whom(struct ask *a, const struct panel *p, const struct question *q,
    struct buf *why)
{
	const struct panel_mode *mode = panel_mode(p, q->mode);

	*a = (struct ask){0};
	if (mode == NULL && size_of(q->mode) == 0) {
		buf_printf(why, "unknown mode '%s'%s", q->mode,
		    panel_find(p, q->mode) != NULL ?
		    ": it is a model: put it into models" : "");
		return false;
	}
	if (mode != NULL)
		add_line(a, mode, q);
	else if (q->nmodels > 0)
		add_named(a, p, q);
	else
		add_first(a, p, size_of(q->mode));
	note_left_out(a, q);
	if (a->n > 0)
		return true;
	if (q->nmodels > 0)
		buf_printf(why, "nobody is left to ask: no model of the panel's"
		    " mode '%s' is %s", q->mode, buf_string(&a->left_out));
	else
		buf_adds(why, "nobody is there to ask: the panel names no id, only"
		    " patterns: name models, or give the mode a line");
	return false;
}

void
ask_free(struct ask *a)
{
	while (a->n > 0)
		free(a->p[--a->n].key);
	free(a->p);
	buf_free(&a->left_out);
	*a = (struct ask){0};
}
