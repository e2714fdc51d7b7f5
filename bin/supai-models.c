#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "config.h"
#include "diag.h"
#include "io.h"
#include "json.h"
#include "mem.h"
#include "models.h"
#include "opt.h"

enum { LIVE = OPT_LONG, JSON };

static const struct opt_def defs[] = {
	{'m', "modes", NULL, "list modes instead of models"},
	{LIVE, "live", NULL, "ask the service instead of the list built in"},
	{JSON, "json", NULL, "with --live: the answer as it is"},
	CLIENT_OPTIONS,
	{0, NULL, NULL, NULL},
};

static const struct opt_tool tool = {
	.operands = "[pattern ...]",
	.summary = "Lists the ids of the models and modes that can be asked.",
	.defs = defs,
};

/* A service's answer, and the ids in it. All zero there is none. */
struct live {
	struct buf	 answer;
	bool		 full;	/* it is longer than is kept */
	char		**ids;	/* owned */
	size_t		 n;
	struct buf	 why;	/* where n is 0 */
};

/* The id that an element of an array or a member of an object stands for. */
static struct json
id_of(struct json name, struct json value)
{
	if (json_type(name) == JSON_STRING)
		return json_type(value) == JSON_OBJECT ? name : (struct json){0};
	return json_type(value) == JSON_OBJECT ? json_get(value, "id") : value;
}

/* False where it is none. */
static bool
add_id(struct live *l, struct json id)
{
	struct buf text = {0};
	bool ok;

	json_text(id, &text);
	ok = strlen(buf_string(&text)) == text.n && config_is_id(text.p);
	if (ok) {
		l->ids = mem_room(l->ids, l->n, sizeof(*l->ids));
		l->ids[l->n++] = buf_take(&text);
	}
	buf_free(&text);
	return ok;
}

static void
forget_ids(struct live *l)
{
	while (l->n > 0)
		free(l->ids[--l->n]);
	free(l->ids);
	l->ids = NULL;
}

/*
 * The array or object that holds an answer's ids: its member "text" (models: else
 * "data", as OpenAI's list has them; modes: else the answer itself).
 */
static struct json
list_in(enum models_list list, struct json answer)
{
	struct json text = json_get(answer, "text");

	if (list == MODELS_MODELS)
		return text.p != NULL ? text : json_get(answer, "data");
	return text.p != NULL ? text : answer;
}

/* Reads the ids of the answer, in its order: none where one of them can be no id. */
static void
read_ids(enum models_list list, struct live *l)
{
	struct json_fault fault;
	struct json_iter i;
	struct json v, name, value;

	if (!json_parse(l->answer.p, l->answer.n, &v, &fault)) {
		buf_printf(&l->why, "not JSON: %s, at offset %zu", fault.why,
		    fault.at);
		return;
	}
	for (i = json_first(list_in(list, v)); json_more(&i, &name, &value);) {
		if (add_id(l, id_of(name, value)))
			continue;
		buf_printf(&l->why, "number %zu of its ids is none", l->n + 1);
		forget_ids(l);
		return;
	}
	if (l->n == 0)
		buf_adds(&l->why, "no ids in it");
}

static void
live_free(struct live *l)
{
	forget_ids(l);
	buf_free(&l->answer);
	buf_free(&l->why);
}

static bool
matches_any(const char *id, char **patterns)
{
	for (; *patterns != NULL; patterns++)
		if (config_matches(id, *patterns))
			return true;
	return false;
}

/* Says of each pattern why it matches nothing: here all of them do not. */
static void
explain(enum models_list list, bool live, char **patterns)
{
	struct buf why = {0};

	for (; *patterns != NULL; patterns++) {
		buf_clear(&why);
		if (live || config_is_pattern(*patterns))
			buf_printf(&why, "no %s matches '%s'",
			    list == MODELS_MODES ? "mode" : "model", *patterns);
		else
			models_unknown(list, *patterns, &why);
		diag_warn("%s", buf_string(&why));
	}
	buf_free(&why);
}

static int
put_ids(enum models_list list, bool live, const char *const *ids, size_t n,
    char **patterns)
{
	size_t i;
	bool any = false;

	for (i = 0; i < n; i++) {
		if (*patterns != NULL && !matches_any(ids[i], patterns))
			continue;
		io_write(ids[i], strlen(ids[i]));
		io_write("\n", 1);
		any = true;
	}
	if (!any)
		explain(list, live, patterns);
	return any ? 0 : EX_NOANSWER;
}

/* The answer as it is, if it is one: a proxy's page is not to be saved as one. */
static int
put_json(const struct buf *answer)
{
	struct json_fault fault;
	struct json v;

	if (!json_parse(answer->p, answer->n, &v, &fault))
		diag_die(EX_PROTOCOL, "the answer is not JSON: %s, at offset %zu",
		    fault.why, fault.at);
	io_write(answer->p, answer->n);
	if (answer->p[answer->n - 1] != '\n')
		io_write("\n", 1);
	return 0;
}

/* Keeps a body, at most IO_MAX_RECORD of it. */
static bool
keep(struct http_exchange *x, const char *p, size_t n)
{
	struct live *l = x->arg;

	if (x->passed == n)	/* its first bytes, perhaps of another try */
		buf_clear(&l->answer);
	l->full = n > IO_MAX_RECORD - l->answer.n;
	if (!l->full)
		buf_add(&l->answer, p, n);
	return !l->full;
}

/* Gets an answer at tail of the base URL, and its ids. The status. */
static int
get(struct client *c, enum models_list list, const char *tail, struct live *l,
    struct buf *why)
{
	struct http_exchange x = {.sink = keep, .arg = l, .restartable = true};
	int status;

	client_resolve(c, tail);
	if (c->http == NULL) {
		client_open(c);
		client_confine(c, NULL, 0, NULL);
	}
	status = client_run(c, &x, why);
	if (l->full) {
		buf_printf(why, "%s: longer than %zu bytes", c->endpoint.text,
		    IO_MAX_RECORD);
		status = EX_DATAERR;
	}
	http_free(&x);
	if (status == 0)
		read_ids(list, l);
	return status;
}

/*
 * Gets the service's answer. Others that speak OpenAI's language list their models
 * at BASE/models: what is there counts where the first has no list. Where both fail,
 * both are said: a key that is wrong shows only at the second.
 */
static int
get_live(struct client *c, enum models_list list, struct live *l)
{
	bool modes = list == MODELS_MODES;
	struct buf why = {0}, other_why = {0};
	struct live first, other = {0};
	int status, other_status = 0;

	status = get(c, list, modes ? "../info/modes" : "../info/models", l, &why);
	if (!modes && c->url == NULL && l->n == 0 && (status == 0 ||
	    status == EX_DATAERR || status == EX_PROTOCOL)) {
		c->retries = 0;
		other_status = get(c, list, "models", &other, &other_why);
	}
	if (other.n > 0) {
		first = *l;
		*l = other;
		other = first;
		status = 0;
	} else if (status != 0 && other_why.n > 0) {
		buf_printf(&why, "; %s", buf_string(&other_why));
		status = diag_worst(status, other_status);
	}
	if (status != 0)
		diag_warn("%s", buf_string(&why));
	live_free(&other);
	buf_free(&why);
	buf_free(&other_why);
	return status;
}

static int
put_live(struct client *c, enum models_list list, bool json, char **patterns)
{
	struct live l = {0};
	int status = get_live(c, list, &l);

	client_close(c);
	if (status == 0 && json) {
		status = put_json(&l.answer);
	} else if (status == 0) {
		if (l.n == 0)
			diag_die(EX_PROTOCOL, "the answer lists no %s: %s",
			    list == MODELS_MODES ? "modes" : "models",
			    buf_string(&l.why));
		status = put_ids(list, true, (const char *const *)l.ids, l.n,
		    patterns);
	}
	live_free(&l);
	return status;
}

int
main(int argc, char **argv)
{
	enum models_list list = MODELS_MODELS;
	bool live = false, json = false, connection = false;
	const char *const *ids;
	struct client c;
	const char *arg;
	size_t n;
	int key;

	diag_init(argv[0]);
	io_init();
	client_init(&c);
	c.key_optional = true;
	while ((key = opt_next(&tool, argc, argv, &arg)) != -1) {
		if (key == 'm')
			list = MODELS_MODES;
		else if (key == LIVE)
			live = true;
		else if (key == JSON)
			json = true;
		else
			connection |= client_option(&c, &tool, key, arg);
	}
	if (!live && (json || connection))
		opt_usage(&tool, json ? "--json goes with --live"
		    : "the options of a connection go with --live");
	if (json && argv[optind] != NULL)
		opt_usage(&tool, "--json takes no pattern");
	if (live)
		return put_live(&c, list, json, argv + optind);
	ids = models_ids(list, &n);
	return put_ids(list, false, ids, n, argv + optind);
}
