#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "diag.h"
#include "mem.h"
#include "redact.h"
#include "target.h"

/* A URL that is wrong may be so for a password in it: that is not shown. */
_Noreturn static void
wrong_url(const struct targets *t, const struct target *g, const char *why)
{
	struct buf shown = {0};

	redact_add(NULL, &shown, g->line->base, strlen(g->line->base), REDACT_URLS);
	if (t->base != NULL)
		diag_die(EX_USAGE, "--base-url: '%s': %s", buf_string(&shown), why);
	diag_die(EX_CONFIG, "%s: line %lu: '%s': %s", t->panel->path,
	    g->line->line, buf_string(&shown), why);
}

/* As the panel's line says, or the options, which go with --base-url alone. */
static void
find_key(const struct targets *t, struct target *g)
{
	const struct panel_host *k = panel_key(t->panel, g->url.host, g->url.port);
	const struct client *c = t->client;
	const char *file = k == NULL ? c->key_file : k->file ? k->where : NULL;
	bool none = c->no_key || c->authorized;

	g->keyless = none || g->url.loopback;
	if (none)
		return;
	if (file != NULL) {
		g->source.kind = KEY_FILE;
		g->source.path = mem_string(file);
	} else if (k != NULL) {
		g->source.kind = KEY_VARIABLE;
		g->source.variable = k->where;
	} else {
		key_kept(&g->source, &g->url);
	}
}

struct target *
target_get(struct targets *t, const char *id)
{
	const struct panel_model *line = panel_find(t->panel, id);
	struct target *g;
	const char *why;
	size_t i;

	for (i = 0; i < t->n; i++)
		if (strcmp(t->p[i]->id, id) == 0)
			return t->p[i];
	if (line == NULL)
		return NULL;
	g = mem_zero(1, sizeof(*g));
	t->p = mem_room(t->p, t->n, sizeof(struct target *));
	t->p[t->n++] = g;
	g->id = id;
	g->line = line;
	g->name = line->name != NULL ? line->name : id;
	why = url_parse(&g->url, line->base, "chat/completions");
	if (why != NULL)
		wrong_url(t, g, why);
	g->options = client_way(t->client, &g->url);
	find_key(t, g);
	return g;
}

/* Whom a request asks. */

static void
add(struct ask *a, struct target *target, unsigned samples)
{
	struct buf key = {0};
	unsigned i;

	for (i = 1; i <= samples; i++) {
		buf_adds(&key, target->id);
		if (i > 1)
			buf_printf(&key, "#%u", i);
		a->p = mem_room(a->p, a->n, sizeof(*a->p));
		a->p[a->n++] = (struct asked){target, buf_take(&key)};
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
		if (strcmp(a->p[i].target->id, id) == 0)
			return true;
	return false;
}

/* The members of a mode's line, those that the question names if it names any. */
static void
add_line(struct ask *a, struct targets *t, const struct panel_members *line,
    const struct question *q)
{
	size_t i;

	for (i = 0; i < line->n; i++)
		if (q->nmodels == 0 || is_named(q, line->p[i].id))
			add(a, target_get(t, line->p[i].id), line->p[i].samples);
}

/* All that the question names, each once, in its order. */
static void
add_named(struct ask *a, struct targets *t, const struct question *q)
{
	struct target *target;
	size_t i;

	for (i = 0; i < q->nmodels; i++) {
		if (strcmp(q->models[i], "main") == 0 || is_asked(a, q->models[i]))
			continue;
		target = target_get(t, q->models[i]);
		if (target != NULL)
			add(a, target, 1);
	}
}

/* The panel's first literal ids. */
static void
add_first(struct ask *a, struct targets *t, unsigned size)
{
	const struct panel *p = t->panel;
	size_t i;

	for (i = 0; i < p->nmodels && a->n < size; i++)
		if (!p->models[i].glob)
			add(a, target_get(t, p->models[i].id), 1);
}

bool
target_ask(struct targets *t, const struct question *q, struct ask *a,
    struct buf *why)
{
	const struct panel_mode *mode = panel_mode(t->panel, q->mode);
	size_t i;

	if (mode == NULL && size_of(q->mode) == 0) {
		buf_printf(why, "unknown mode '%s'%s", q->mode,
		    panel_find(t->panel, q->mode) != NULL ?
		    ": it is a model: put it into models" : "");
		return false;
	}
	if (mode != NULL)
		add_line(a, t, &mode->members, q);
	else if (q->nmodels > 0)
		add_named(a, t, q);
	else
		add_first(a, t, size_of(q->mode));
	for (i = 0; i < q->nmodels; i++)
		if (!is_asked(a, q->models[i]))
			buf_printf(&a->left_out, "%s%s",
			    a->left_out.n > 0 ? ", " : "", q->models[i]);
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
target_free_ask(struct ask *a)
{
	while (a->n > 0)
		free(a->p[--a->n].key);
	free(a->p);
	buf_free(&a->left_out);
}

/* Keys. */

_Noreturn static void
no_key(const struct targets *t, const struct target *g)
{
	if (t->base != NULL)
		diag_die(EX_CONFIG, "no key for %s: give --key-file FILE"
		    " (--no-key sends none)", g->url.host);
	diag_die(EX_CONFIG, "no key for %s: add the line 'key %s env VARIABLE',"
	    " or 'key %s file PATH', to %s", g->url.host, g->url.host,
	    g->url.host, t->panel->path);
}

/* All keys were read: several hosts may have the same one's variable. */
static void
forget_variables(const struct targets *t)
{
	size_t i;

	for (i = 0; i < t->n; i++)
		if (t->p[i]->source.kind == KEY_VARIABLE)
			config_forget(t->p[i]->source.variable);
	config_forget("SUPAI_API_KEY");
}

void
target_open(struct targets *t)
{
	struct target *g;
	size_t i;

	diag_hide(&t->client->redact);
	for (i = 0; i < t->n; i++) {
		g = t->p[i];
		if (g->source.kind == KEY_NONE && !g->keyless)
			no_key(t, g);
		if (g->source.kind == KEY_NONE)
			continue;
		g->options.key = key_read(&g->source, &g->url);
		redact_value(&t->client->redact, g->options.key);
	}
	forget_variables(t);
}

void
target_source(const struct target *t, struct buf *out)
{
	if (t->source.kind == KEY_VARIABLE)
		buf_printf(out, "env %s", t->source.variable);
	else if (t->source.kind == KEY_FILE)
		buf_printf(out, "file %s", t->source.path);
	else
		buf_adds(out, t->keyless ? "no key" : "its key is missing");
}

void
target_free(struct targets *t)
{
	struct target *g;

	while (t->n > 0) {
		g = t->p[--t->n];
		url_free(&g->url);
		key_free(&g->source);
		mem_forget(g->options.key);
		free(g);
	}
	free(t->p);
	t->p = NULL;
}
