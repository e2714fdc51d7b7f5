#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "diag.h"
#include "mem.h"
#include "redact.h"
#include "target.h"

static const char tail[] = "chat/completions";

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

/* What the options of --base-url say of its key; false: nothing. */
static bool
given_key(const struct targets *t, struct target *g)
{
	const struct client *c = t->client;

	if (t->base == NULL)
		return false;
	g->options.headers = c->headers;
	g->options.nheaders = c->nheaders;
	g->keyless = g->keyless || c->no_key || c->authorized;
	if (c->no_key || c->authorized)
		return true;
	if (c->key_file == NULL)
		return false;
	g->source.kind = KEY_FILE;
	g->source.path = mem_string(c->key_file);
	return true;
}

static void
find_key(const struct targets *t, struct target *g)
{
	const struct panel_host *k = panel_key(t->panel, g->url.host, g->url.port);

	g->keyless = g->url.loopback;
	if (given_key(t, g))
		return;
	if (k == NULL) {
		key_kept(&g->source, &g->url);
	} else if (k->file) {
		g->source.kind = KEY_FILE;
		g->source.path = mem_string(k->where);
	} else {
		g->source.kind = KEY_VARIABLE;
		g->source.variable = k->where;
	}
}

static struct target *
find(const struct targets *t, const char *id)
{
	size_t i;

	for (i = 0; i < t->n; i++)
		if (strcmp(t->p[i]->id, id) == 0)
			return t->p[i];
	return NULL;
}

struct target *
target_get(struct targets *t, const char *id)
{
	const struct panel_model *line = panel_find(t->panel, id);
	struct target *g = find(t, id);
	const char *why;

	if (g != NULL || line == NULL)
		return g;
	g = mem_zero(1, sizeof(*g));
	t->p = mem_resize(t->p, t->n + 1, sizeof(struct target *));
	t->p[t->n++] = g;
	g->id = id;
	g->line = line;
	g->name = line->name != NULL ? line->name : id;
	why = url_parse(&g->url, line->base, tail);
	if (why != NULL)
		wrong_url(t, g, why);
	client_way(t->client, &g->url, &g->options);
	find_key(t, g);
	return g;
}

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
		g->key = key_read(&g->source, &g->url);
		g->options.key = g->key;
		redact_value(&t->client->redact, g->key);
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
		mem_forget(g->key);
		free(g);
	}
	free(t->p);
	t->p = NULL;
}
