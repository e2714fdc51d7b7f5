#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "host.h"
#include "io.h"
#include "mem.h"
#include "opt.h"
#include "panel.h"
#include "utf8.h"

enum {
	MAX_FILE = 1 << 20,	/* a panel that is longer is none */
	MAX_CALLS = 1000000,	/* of a limit */
	MAX_PORT = 65535,
};

static const char blanks[] = " \t\r";

/* What is being read: a line of it, cut up in place. */
struct reading {
	struct panel	*p;
	struct buf	*why;
	unsigned long	 line;	/* 0: it is no file that is read */
	char		*rest;	/* of the line */
};

static bool wrong(struct reading *r, const char *fmt, ...) BUF_PRINTF(2, 3);

static bool
wrong(struct reading *r, const char *fmt, ...)
{
	va_list ap;

	if (r->line > 0)
		buf_printf(r->why, "%s: line %lu: ", r->p->path, r->line);
	va_start(ap, fmt);
	buf_vprintf(r->why, fmt, ap);
	va_end(ap);
	return false;
}

/* The next field of the line, cut off; NULL at its end. */
static char *
field(struct reading *r)
{
	char *s = r->rest + strspn(r->rest, blanks);
	size_t n = strcspn(s, blanks);

	if (n == 0)
		return NULL;
	r->rest = s + n;
	if (*r->rest != '\0')
		*r->rest++ = '\0';
	return s;
}

static bool
at_end(struct reading *r)
{
	const char *more = field(r);

	return more == NULL || wrong(r, "'%s' is one field too many", more);
}

/* The whole of s as a number from 1 to max; 0 for anything else. */
static unsigned long
number(const char *s, unsigned long max)
{
	unsigned long n = 0;

	if (*s == '\0' || strspn(s, "0123456789") != strlen(s))
		return 0;
	for (; *s != '\0' && n <= max; s++)
		n = n * 10 + (unsigned long)(*s - '0');
	return n <= max ? n : 0;
}

/* HOST or HOST:PORT, IPv6 in brackets. */
static bool
read_host(struct reading *r, struct panel_host *h)
{
	char *s = field(r), *end;

	if (s == NULL)
		return wrong(r, "a host is missing");
	if (*s != '[' && strchr(s, ':') != strrchr(s, ':'))
		return wrong(r, "IPv6 stands in brackets: [%s]", s);
	end = s + strcspn(s, ":");
	if (*s == '[' && (end = strchr(s, ']')) != NULL) {
		*end++ = '\0';
		s++;
	}
	if (end == NULL || (*end != '\0' && *end != ':') ||
	    strcspn(s, "/?#@") < strlen(s) || end == s || *s == '\0' ||
	    strcmp(s, ".") == 0)
		return wrong(r, "'%s' is not HOST or HOST:PORT", s);
	if (*end == ':') {
		*end++ = '\0';
		h->port = (long)number(end, MAX_PORT);
		if (h->port == 0)
			return wrong(r, "'%s' is not a port", end);
	}
	h->name = mem_string(s);
	host_fold(h->name);
	return true;
}

/* Adds the line of a host, whose what it says; NULL where that is wrong. */
static struct panel_host *
take_host(struct reading *r, struct panel_hosts *all, const char *what)
{
	struct panel_host h = {.line = r->line};
	size_t i;

	if (!read_host(r, &h) || h.name == NULL)
		return NULL;
	/* From here on the panel owns what it holds, also where it is wrong. */
	all->p = mem_resize(all->p, all->n + 1, sizeof(*all->p));
	all->p[all->n++] = h;
	for (i = 0; i + 1 < all->n; i++)
		if (all->p[i].port == h.port && strcmp(all->p[i].name, h.name) == 0) {
			wrong(r, "this host's %s has a line already, %lu", what,
			    all->p[i].line);
			return NULL;
		}
	return &all->p[all->n - 1];
}

/* What a model's line may have at its end. */
static bool
take_json(struct reading *r, struct panel_model *m)
{
	struct json_fault fault;
	const char *text = r->rest + strspn(r->rest, blanks);

	if (*text == '\0')
		return true;
	if (!json_parse(text, strlen(text), &m->json, &fault))
		return wrong(r, "not JSON: %s at byte %zu of it", fault.why,
		    fault.at + 1);
	if (json_type(m->json) != JSON_OBJECT)
		return wrong(r, "the JSON at its end is no object");
	if (json_get(m->json, "messages").p != NULL ||
	    json_get(m->json, "stream").p != NULL)
		return wrong(r, "its JSON may not set messages or stream");
	if (json_get(m->json, "system").p != NULL &&
	    json_type(json_get(m->json, "system")) != JSON_STRING)
		return wrong(r, "system is no string");
	return true;
}

/* NAME, "-" for none, or nothing. */
static bool
take_name(struct reading *r, struct panel_model *m)
{
	const char *next = r->rest + strspn(r->rest, blanks), *name;

	if (*next == '{')	/* the JSON already */
		return true;
	name = field(r);
	if (name == NULL || strcmp(name, "-") == 0)
		return true;
	if (m->glob)
		return wrong(r, "'%s' is one name for all that match '%s': put -"
		    " there", name, m->id);
	m->name = name;
	return true;
}

static bool
check_id(struct reading *r, const char *id)
{
	if (!config_is_id(id) || strchr(id, '#') != NULL)
		return wrong(r, "'%s' cannot be an id", id);
	if (strcmp(id, "main") == 0)
		return wrong(r, "'main' is the final answer's, and no model's id");
	return true;
}

static bool
add_model(struct reading *r, const struct panel_model *m)
{
	struct panel *p = r->p;
	size_t i;

	for (i = 0; i < p->nmodels && !m->glob; i++)
		if (strcmp(p->models[i].id, m->id) == 0)
			return wrong(r, "'%s' has a line already, %lu", m->id,
			    p->models[i].line);
	p->models = mem_resize(p->models, p->nmodels + 1, sizeof(*p->models));
	p->models[p->nmodels++] = *m;
	return true;
}

static bool
take_model(struct reading *r)
{
	struct panel_model m = {.line = r->line};

	m.id = field(r);
	m.base = field(r);
	if (m.base == NULL)
		return wrong(r, "a model's line is: model ID BASE-URL [NAME] [JSON]");
	m.glob = config_is_pattern(m.id);
	return check_id(r, m.id) && take_name(r, &m) && take_json(r, &m) &&
	    add_model(r, &m);
}

/* A path beside the panel's, or an absolute one. */
static char *
beside(const struct panel *p, const char *path)
{
	const char *slash = strrchr(p->path, '/');
	struct buf b = {0};

	if (*path != '/' && slash != NULL)
		buf_add(&b, p->path, (size_t)(slash - p->path) + 1);
	buf_adds(&b, path);
	return buf_take(&b);
}

static bool
take_key(struct reading *r)
{
	struct panel_host *h = take_host(r, &r->p->keys, "key");
	const char *how = h != NULL ? field(r) : NULL;
	const char *where = how != NULL ? field(r) : NULL;

	if (h == NULL)
		return false;
	if (where == NULL || (strcmp(how, "file") != 0 && strcmp(how, "env") != 0))
		return wrong(r, "a key's line is: key HOST[:PORT] file PATH, or"
		    " env VARIABLE");
	h->file = *how == 'f';
	h->where = h->file ? beside(r->p, where) : mem_string(where);
	return at_end(r);
}

static bool
take_limit(struct reading *r)
{
	struct panel_host *h = take_host(r, &r->p->limits, "limit");
	const char *most = h != NULL ? field(r) : NULL;

	if (h == NULL)
		return false;
	h->most = most != NULL ? (unsigned)number(most, MAX_CALLS) : 0;
	return h->most > 0 ? at_end(r) :
	    wrong(r, "a limit's line is: limit HOST[:PORT] N, from 1 on");
}

/* Cuts the "*N" at an id's end off. */
static bool
take_samples(struct reading *r, char *id, unsigned *samples)
{
	char *star = strrchr(id, '*');

	*samples = 1;
	if (star == NULL || star[1] == '\0' ||
	    strspn(star + 1, "0123456789") != strlen(star + 1))
		return true;
	*samples = (unsigned)number(star + 1, PANEL_SAMPLES);
	if (*samples == 0)
		return wrong(r, "'%s': from 1 to %d samples", id, PANEL_SAMPLES);
	*star = '\0';
	return true;
}

static bool
add_member(struct reading *r, struct panel_members *all, char *id, bool samples)
{
	struct panel_member m = {.id = id, .samples = 1};
	size_t i;

	if (samples && !take_samples(r, id, &m.samples))
		return false;
	if (config_is_pattern(id))
		return wrong(r, "'%s' is a pattern: ids stand here", id);
	for (i = 0; i < all->n; i++)
		if (strcmp(all->p[i].id, id) == 0)
			return wrong(r, "'%s' stands here twice%s", id,
			    samples ? ": ID*2 asks for two samples" : "");
	all->p = mem_resize(all->p, all->n + 1, sizeof(*all->p));
	all->p[all->n++] = m;
	return check_id(r, id);
}

static bool
take_members(struct reading *r, struct panel_members *all, bool samples)
{
	char *id;

	while ((id = field(r)) != NULL)
		if (!add_member(r, all, id, samples))
			return false;
	return all->n > 0 || wrong(r, "no id stands here");
}

static bool
take_main(struct reading *r)
{
	if (r->p->mains.n > 0)
		return wrong(r, "main has a line already, %lu", r->p->main_line);
	r->p->main_line = r->line;
	return take_members(r, &r->p->mains, false);
}

static bool
take_mode(struct reading *r)
{
	struct panel *p = r->p;
	struct panel_mode m = {.name = field(r), .line = r->line};

	if (m.name == NULL || !config_is_id(m.name))
		return wrong(r, "a mode's line is: mode NAME ID[*N] ...");
	if (panel_mode(p, m.name) != NULL)
		return wrong(r, "the mode '%s' has a line already, %lu", m.name,
		    panel_mode(p, m.name)->line);
	p->modes = mem_resize(p->modes, p->nmodes + 1, sizeof(*p->modes));
	p->modes[p->nmodes++] = m;
	return take_members(r, &p->modes[p->nmodes - 1].members, true);
}

static bool
take_line(struct reading *r)
{
	static const struct {
		const char	*word;
		bool		(*take)(struct reading *r);
	} lines[] = {
		{"model", take_model}, {"key", take_key}, {"limit", take_limit},
		{"main", take_main}, {"mode", take_mode},
	};
	const char *word = field(r);
	size_t i;

	if (word == NULL || *word == '#')
		return true;
	for (i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		if (strcmp(word, lines[i].word) == 0)
			return lines[i].take(r);
	return wrong(r, "'%s' is none of model, key, limit, main and mode", word);
}

/* Each id of a line has to be one that somebody serves. */
static bool
check_members(struct reading *r, const struct panel_members *all)
{
	size_t i;

	for (i = 0; i < all->n; i++)
		if (panel_find(r->p, all->p[i].id) == NULL)
			return wrong(r, "'%s' has no line model", all->p[i].id);
	return true;
}

static bool
parse(struct panel *p, struct buf *why)
{
	struct reading r = {.p = p, .why = why};
	char *rest = p->text;
	bool ok = true;
	size_t i;

	while (ok && (r.rest = io_cut(&rest)) != NULL) {
		r.line++;
		ok = take_line(&r);
	}
	r.line = p->main_line;
	ok = ok && check_members(&r, &p->mains);
	for (i = 0; ok && i < p->nmodes; i++) {
		r.line = p->modes[i].line;
		ok = check_members(&r, &p->modes[i].members);
	}
	return ok;
}

/* It decides who gets the questions and the keys: nobody else may change it. */
static bool
check_mode(int fd, const char *path, struct buf *why)
{
	struct stat st;

	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode) ||
	    (st.st_mode & (S_IWGRP | S_IWOTH)) == 0)
		return true;
	buf_printf(why, "%s: others can write it (mode %03o): run chmod go-w ",
	    path, (unsigned)(st.st_mode & 07777));
	opt_quote(why, path, strlen(path));
	return false;
}

static bool
check_text(struct panel *p, struct buf *text, struct buf *why)
{
	struct reading r = {.p = p, .why = why, .line = 1};
	size_t n = utf8_valid(buf_string(text), strlen(buf_string(text))), i;

	if (n == text->n)
		return true;
	for (i = 0; i < n; i++)
		if (text->p[i] == '\n')
			r.line++;
	return wrong(&r, "not text in UTF-8");
}

bool
panel_read(struct panel *p, const char *path, struct buf *why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct buf text = {0};
	bool ok;

	*p = (struct panel){.path = path};
	if (fd == -1 && (errno == ENOENT || errno == ENOTDIR))
		return true;
	ok = (fd == -1 || check_mode(fd, path, why)) &&
	    io_slurp_fd(fd, path, IO_TEXT, &text, MAX_FILE, why) == 0;
	if (fd != -1)
		close(fd);
	ok = ok && check_text(p, &text, why);
	p->text = buf_take(&text);
	return ok && parse(p, why);
}

/* A member of a list that is no file's is a model, too. */
static bool
add_listed(struct reading *r, struct panel_members *all, char *id,
    const char *base)
{
	struct panel_model m = {.base = base};

	if (!add_member(r, all, id, true))
		return false;
	m.id = id;
	return add_model(r, &m);
}

bool
panel_of(struct panel *p, const char *ids, const char *base, struct buf *why)
{
	struct reading r = {.p = p, .why = why};
	struct panel_members *all;
	char *id, *next;
	size_t n;

	*p = (struct panel){.path = "", .text = mem_string(ids)};
	p->modes = mem_zero(1, sizeof(*p->modes));
	p->nmodes = 1;
	all = &p->modes[0].members;
	for (id = p->text; id != NULL; id = next) {
		next = strchr(id, ',');
		if (next != NULL)
			*next++ = '\0';
		id += strspn(id, blanks);
		for (n = strlen(id); n > 0 && strchr(blanks, id[n - 1]) != NULL; n--)
			id[n - 1] = '\0';
		if (n == 0)
			return wrong(&r, "an empty id");
		if (!add_listed(&r, all, id, base))
			return false;
	}
	return true;
}

const struct panel_model *
panel_find(const struct panel *p, const char *id)
{
	size_t i;

	if (strchr(id, '#') != NULL || strcmp(id, "main") == 0)
		return NULL;	/* the keys of samples, and of the final answer */
	for (i = 0; i < p->nmodels; i++)
		if (!p->models[i].glob && strcmp(p->models[i].id, id) == 0)
			return &p->models[i];
	for (i = 0; i < p->nmodels; i++)
		if (p->models[i].glob && config_matches(id, p->models[i].id))
			return &p->models[i];
	return NULL;
}

bool
panel_is_host(const struct panel_host *h, const char *host, long port)
{
	return (h->port == 0 || h->port == port) && strcmp(h->name, host) == 0;
}

const struct panel_host *
panel_key(const struct panel *p, const char *host, long port)
{
	const struct panel_host *found = NULL;
	size_t i;

	for (i = 0; i < p->keys.n; i++)
		if (panel_is_host(&p->keys.p[i], host, port) &&
		    (found == NULL || p->keys.p[i].port != 0))
			found = &p->keys.p[i];
	return found;
}

const struct panel_mode *
panel_mode(const struct panel *p, const char *name)
{
	size_t i;

	for (i = 0; i < p->nmodes; i++)
		if (p->modes[i].name == NULL ||
		    strcmp(p->modes[i].name, name) == 0)
			return &p->modes[i];
	return NULL;
}

static void
free_hosts(struct panel_hosts *all)
{
	while (all->n > 0) {
		free(all->p[--all->n].name);
		free(all->p[all->n].where);
	}
	free(all->p);
}

void
panel_free(struct panel *p)
{
	size_t i;

	free_hosts(&p->keys);
	free_hosts(&p->limits);
	for (i = 0; i < p->nmodes; i++)
		free(p->modes[i].members.p);
	free(p->models);
	free(p->mains.p);
	free(p->modes);
	free(p->text);
	*p = (struct panel){0};
}
