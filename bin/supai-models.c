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

/* Ids, whose array is owned by who made it. */
struct ids {
	const char	**p;
	size_t		  n;
};

/* The id that an element of an array or a member of an object stands for. */
static struct json
id_of(struct json name, struct json value)
{
	if (json_type(name) == JSON_STRING)
		return json_type(value) == JSON_OBJECT ? name : (struct json){0};
	return json_type(value) == JSON_OBJECT ? json_get(value, "id") : value;
}

/* Adds an id, ended by NUL; false where it is none. */
static bool
add_id(struct buf *ids, struct json id)
{
	size_t start = ids->n;

	if (json_type(id) != JSON_STRING)
		return false;
	json_text(id, ids);
	if (ids->n > start && memchr(ids->p + start, '\0', ids->n - start) != NULL)
		return false;
	buf_addc(ids, '\0');
	return config_is_id(ids->p + start);
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

/*
 * Appends the ids of an answer, in its order, each ended by NUL; how many. 0, with
 * why, where it lists none, or one that cannot be an id.
 */
static size_t
read_ids(enum models_list list, const struct buf *answer, struct buf *ids,
    struct buf *why)
{
	struct json_fault fault;
	struct json_iter i;
	struct json v, name, value;
	size_t n = 0;

	if (!json_parse(answer->p, answer->n, &v, &fault)) {
		buf_printf(why, "not JSON: %s, at offset %zu", fault.why, fault.at);
		return 0;
	}
	for (i = json_first(list_in(list, v)); json_more(&i, &name, &value); n++) {
		if (add_id(ids, id_of(name, value)))
			continue;
		buf_printf(why, "number %zu of its ids is none", n + 1);
		return 0;
	}
	if (n == 0)
		buf_adds(why, "no ids in it");
	return n;
}

/* The ids of an answer, which text holds. */
static struct ids
parse_answer(enum models_list list, const struct buf *answer, struct buf *text)
{
	struct buf why = {0};
	struct ids ids;
	const char *p;
	size_t i;

	ids.n = read_ids(list, answer, text, &why);
	if (ids.n == 0)
		diag_die(EX_PROTOCOL, "the answer lists no %s: %s",
		    list == MODELS_MODES ? "modes" : "models", buf_string(&why));
	ids.p = mem_zero(ids.n, sizeof(*ids.p));
	for (i = 0, p = text->p; i < ids.n; i++, p += strlen(p) + 1)
		ids.p[i] = p;
	return ids;
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

static bool
lists(enum models_list list, const struct buf *answer)
{
	struct buf text = {0}, why = {0};
	bool ok = read_ids(list, answer, &text, &why) > 0;

	buf_free(&text);
	buf_free(&why);
	return ok;
}

/* Asks at BASE/models instead. False: it is not to be had there, for the reason in why. */
static bool
get_elsewhere(struct client *c, enum models_list list, struct buf *answer,
    struct buf *why, int *status)
{
	struct buf other = {0};
	bool ok;

	c->retries = 0;
	*status = client_get(c, "models", &other, IO_MAX_RECORD, why);
	ok = *status == 0 && lists(list, &other);
	if (ok) {
		buf_clear(answer);
		buf_add(answer, other.p, other.n);
	}
	buf_free(&other);
	return ok;
}

/*
 * Gets the service's answer. Others that speak OpenAI's language list their models
 * at BASE/models: what is there counts where the first has no list. Where both fail,
 * both are said: a key that is wrong shows only at the second.
 */
static int
get_live(struct client *c, enum models_list list, struct buf *answer)
{
	struct buf why = {0}, other_why = {0};
	int status = client_get(c, list == MODELS_MODES ? "../info/modes"
	    : "../info/models", answer, IO_MAX_RECORD, &why);
	int other = 0;

	if (list == MODELS_MODELS && c->url == NULL && (status == EX_DATAERR ||
	    status == EX_PROTOCOL || (status == 0 && !lists(list, answer))) &&
	    get_elsewhere(c, list, answer, &other_why, &other))
		status = 0;
	if (status != 0 && other_why.n > 0) {
		buf_printf(&why, "; %s", buf_string(&other_why));
		status = diag_worst(status, other);
	}
	if (status != 0)
		diag_warn("%s", buf_string(&why));
	buf_free(&why);
	buf_free(&other_why);
	return status;
}

static int
put_live(struct client *c, enum models_list list, bool json, char **patterns)
{
	struct buf answer = {0}, text = {0};
	struct ids ids;
	int status;

	status = get_live(c, list, &answer);
	client_close(c);
	if (status == 0 && json) {
		status = put_json(&answer);
	} else if (status == 0) {
		ids = parse_answer(list, &answer, &text);
		status = put_ids(list, true, ids.p, ids.n, patterns);
		free(ids.p);
	}
	buf_free(&answer);
	buf_free(&text);
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
