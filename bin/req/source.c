#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "diag.h"
#include "io.h"
#include "models.h"
#include "request.h"
#include "source.h"
#include "utf8.h"

static const struct {
	const char	*type;
	const char	*magic;
	size_t		 n;
} magics[] = {
	{"image/png", "\x89PNG\r\n\x1a\n", 8},
	{"image/jpeg", "\xff\xd8\xff", 3},
	{"image/gif", "GIF87a", 6},
	{"image/gif", "GIF89a", 6},
};

/* The media type of a PNG, JPEG, GIF or WebP; NULL for anything else. */
static const char *
image_type(const char *p, size_t n)
{
	size_t i;

	for (i = 0; i < sizeof(magics) / sizeof(*magics); i++)
		if (n >= magics[i].n && memcmp(p, magics[i].magic, magics[i].n) == 0)
			return magics[i].type;
	/* A RIFF container: its length stands between the two names. */
	if (n >= 12 && memcmp(p, "RIFF", 4) == 0 && memcmp(p + 8, "WEBP", 4) == 0)
		return "image/webp";
	return NULL;
}

/* RFC 4648, section 4. */
static void
add_base64(struct buf *out, const unsigned char *p, size_t n)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789+/="; /* and what fills */
	unsigned long group;
	size_t i, left;
	char *to;

	buf_reserve(out, n / 3 * 4 + 4);
	for (i = 0; i < n; i += 3) {
		left = n - i;
		group = (unsigned long)p[i] << 16 |
		    (left > 1 ? (unsigned long)p[i + 1] << 8 : 0) |
		    (left > 2 ? p[i + 2] : 0);
		to = out->p + out->n;
		to[0] = digits[group >> 18];
		to[1] = digits[group >> 12 & 63];
		to[2] = digits[left > 1 ? group >> 6 & 63 : 64];
		to[3] = digits[left > 2 ? group & 63 : 64];
		out->n += 4;
	}
}

bool
source_image(struct buf *url, const char *p, size_t n)
{
	const char *type = image_type(p, n);

	if (type == NULL)
		return false;
	buf_printf(url, "data:%s;base64,", type);
	add_base64(url, (const unsigned char *)p, n);
	return true;
}

void
source_check(const char *name, const char *p, size_t n)
{
	size_t valid = utf8_valid(p, n);

	if (valid < n)
		diag_die(EX_DATAERR, "%s: not UTF-8 at offset %zu", name, valid);
}

const char *
source_file(const char *path, unsigned how, size_t max, struct buf *out)
{
	int status = io_slurp(path, how | IO_LIMIT, out, max);

	if (status != 0)
		exit(status);
	return strcmp(path, "-") == 0 ? "standard input" : path;
}

/*
 * Ends with 65 for what is no text. help is the beginning and rest the end of what mends
 * it, the file's name between the two; dash: standard input has one, too.
 */
static _Noreturn void
no_text(const char *path, const char *why, const char *help, bool dash,
    const char *rest)
{
	bool is_stdin = strcmp(path, "-") == 0;
	struct buf message = {0};

	buf_printf(&message, "%s: %s (%s", is_stdin ? "standard input" : path, why,
	    help);
	if (dash || !is_stdin) {
		buf_addc(&message, ' ');
		opt_quote(&message, path, strlen(path));
	}
	diag_die(EX_DATAERR, "%s %s)", buf_string(&message), rest);
}

const char *
source_text(const char *path, size_t max, struct buf *out)
{
	const char *name = source_file(path, IO_TEXT, max, out), *nul;
	const char *p = buf_string(out);
	size_t valid = utf8_valid(p, out->n);
	char why[80];

	if (strncmp(p, "%PDF-", 5) == 0)
		no_text(path, "a PDF, not text", "pdftotext", true,
		    "- makes text of it");
	if (image_type(p, out->n) != NULL)
		no_text(path, "an image, not text", "-i", true, "adds it");
	if (strncmp(p, "\xff\xfe", 2) == 0 || strncmp(p, "\xfe\xff", 2) == 0)
		no_text(path, "UTF-16, not UTF-8", "iconv -f UTF-16 -t UTF-8",
		    false, "makes it so");
	nul = memchr(p, '\0', out->n);
	if (nul != NULL)
		diag_die(EX_DATAERR, "%s: a NUL byte at offset %zu: not text", name,
		    (size_t)(nul - p));
	if (valid < out->n) {
		(void)snprintf(why, sizeof(why), "not UTF-8 at offset %zu", valid);
		no_text(path, why, "iconv -f LATIN1 -t UTF-8", false,
		    "may make it so");
	}
	return name;
}

struct json
source_object(const char *name, int status, const char *p, size_t n)
{
	struct json_fault fault;
	struct json v;

	source_check(name, p, n);
	if (!json_parse(p, n, &v, &fault))
		diag_die(status, "%s: not JSON: %s, at offset %zu", name,
		    fault.why, fault.at);
	if (json_type(v) != JSON_OBJECT)
		diag_die(status, "%s: not a JSON object", name);
	return v;
}

/* Modes and models. */

static _Noreturn void
unknown(enum models_list list, const char *option, const char *id)
{
	struct buf why = {0};

	models_unknown(list, id, &why);
	diag_die(EX_USAGE, "%s: %s", option, buf_string(&why));
}

/* Whether an id of the list has the word in it; a pattern matches nothing here. */
static bool
any_with(enum models_list list, const char *word)
{
	size_t n, i;
	const char *const *ids = models_ids(list, &n);

	for (i = 0; i < n; i++)
		if (strstr(ids[i], word) != NULL)
			return true;
	return false;
}

static _Noreturn void
unknown_mode(const char *option, const char *mode)
{
	if (models_known(MODELS_MODELS, mode))
		diag_die(EX_USAGE, "%s: '%s' is a model, not a mode: give it to"
		    " -M", option, mode);
	if (strcmp(mode, "pro") == 0 && models_known(MODELS_MODES, "expert"))
		diag_die(EX_USAGE, "%s: the mode 'pro' is called expert now",
		    option);
	if (*mode != '\0' && !any_with(MODELS_MODES, mode) &&
	    any_with(MODELS_MODELS, mode))
		diag_die(EX_USAGE, "%s: '%s' is no mode: -M '*%s*' asks the"
		    " models of that name", option, mode, mode);
	unknown(MODELS_MODES, option, mode);
}

const char *
source_mode(const char *mode, unsigned lax)
{
	const char *option = "--model";

	if (mode == NULL) {
		mode = config_variable("SUPAI_MODEL");
		option = "SUPAI_MODEL";
	}
	if (mode == NULL)
		return "auto";
	if (*mode == '\0' || ((lax & REQUEST_UNLISTED) == 0 &&
	    !models_known(MODELS_MODES, mode)))
		unknown_mode(option, mode);
	source_check(option, mode, strlen(mode));
	return mode;
}

/* Adds an id, unless it is there. */
static void
add_model(struct opt_words *ids, const char *id)
{
	size_t i;

	for (i = 0; i < ids->n; i++)
		if (strcmp(ids->p[i], id) == 0)
			return;
	opt_words_add(ids, id);
}

/* The ids that one pattern stands for, in the list's order. */
static void
add_models(struct opt_words *ids, const char *pattern, unsigned lax)
{
	size_t n, i;
	const char *const *known = models_ids(MODELS_MODELS, &n);
	bool any = false;

	if (*pattern == '\0')
		diag_die(EX_USAGE, "--models: an empty id");
	source_check("--models", pattern, strlen(pattern));
	for (i = 0; i < n; i++) {
		if (!config_matches(known[i], pattern))
			continue;
		add_model(ids, known[i]);
		any = true;
	}
	if (any)
		return;
	if (config_is_pattern(pattern))
		diag_die(EX_USAGE, "--models: no known model matches '%s'"
		    " (supai-models lists them)", pattern);
	if ((lax & REQUEST_UNLISTED) == 0 &&
	    !models_known(MODELS_MODELS, pattern)) {
		if (models_known(MODELS_MODES, pattern))
			diag_die(EX_USAGE, "--models: '%s' is a mode, not a model:"
			    " give it to -m", pattern);
		unknown(MODELS_MODELS, "--models", pattern);
	}
	add_model(ids, pattern);
}

void
source_models(const struct opt_words *patterns, unsigned lax, struct emit *e)
{
	struct opt_words ids = {0};
	struct buf all = {0};
	char *list, *id, *rest;
	size_t i;

	for (i = 0; i < patterns->n; i++)
		buf_printf(&all, "%s%s", i > 0 ? "," : "", patterns->p[i]);
	list = buf_take(&all);
	for (id = list; id != NULL; id = rest) {
		rest = strchr(id, ',');
		if (rest != NULL)
			*rest++ = '\0';
		add_models(&ids, id, lax);
	}
	emit_open(emit_name(e, "models"), '[');
	for (i = 0; i < ids.n; i++)
		emit_text(e, ids.p[i], strlen(ids.p[i]));
	emit_close(e, ']');
	opt_words_free(&ids);
	free(list);
}
