#include <string.h>

#include "id.h"
#include "info.h"
#include "json.h"

/* The id that an element of an array or a member of an object stands for. */
static struct json
id_of(struct json name, struct json value)
{
	if (json_type(name) == JSON_STRING)
		return json_type(value) == JSON_OBJECT ? name : (struct json){0};
	return json_type(value) == JSON_OBJECT ? json_get(value, "id") : value;
}

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
	return id_ok(ids->p + start);
}

bool
info_ids(enum models_list list, const char *p, size_t n, struct buf *ids,
    size_t *count, struct buf *why)
{
	struct json_fault fault;
	struct json_iter i;
	struct json v, text, name, value;

	*count = 0;
	if (!json_parse(p, n, &v, &fault)) {
		buf_printf(why, "not JSON: %s, at offset %zu", fault.why,
		    fault.at);
		return false;
	}
	text = json_get(v, "text");
	if (list == MODELS_MODELS && json_type(text) == JSON_NONE)
		text = json_get(v, "data");
	if (list == MODELS_MODELS || json_type(text) != JSON_NONE)
		v = text;
	for (i = json_first(v); json_more(&i, &name, &value); ++*count) {
		if (add_id(ids, id_of(name, value)))
			continue;
		buf_printf(why, "number %zu of its ids is none", *count + 1);
		return false;
	}
	if (*count == 0)
		buf_adds(why, "no ids in it");
	return *count > 0;
}

/* Appends an object with a member "ID": {"id": "ID"} for each. */
static void
add_ids(struct buf *out, const char *const *ids, size_t n)
{
	size_t i, length;

	buf_addc(out, '{');
	for (i = 0; i < n; i++) {
		length = strlen(ids[i]);
		if (i > 0)
			buf_addc(out, ',');
		json_quote(out, ids[i], length);
		buf_adds(out, ":{\"id\":");
		json_quote(out, ids[i], length);
		buf_addc(out, '}');
	}
	buf_addc(out, '}');
}

void
info_add(struct buf *out, const char *const *ids, size_t n, const char *image)
{
	buf_adds(out, "{\"text\":");
	add_ids(out, ids, n);
	buf_adds(out, ",\"image\":");
	add_ids(out, &image, image != NULL ? 1 : 0);
	buf_adds(out, "}");
}
