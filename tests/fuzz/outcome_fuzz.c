/*
 * Any response that failed: it has one of the statuses, words for why without the key,
 * and a wait that is one.
 *
 * An input is a byte that chooses the HTTP status, lines for the headers retry-after-ms,
 * Retry-After, Date, x-should-retry and Location, and the body.
 */
#include "apierror.h"
#include "fuzz.h"
#include "outcome.h"

static char key[] = "fuzzing-key-0123";

/* What the terminal filter makes of a DEL ends as the key begins: it is asked before. */
static void
check(struct outcome *o)
{
	static const int known[] = {65, 69, 71, 75, 76, 77};

	FUZZ_NEED(fuzz_is_one_of(o->status, known, sizeof(known) / sizeof(*known)));
	FUZZ_NEED(o->message.n > 0 && o->message.n < 8192);
	FUZZ_NEED(memchr(o->message.p, '\0', o->message.n) == NULL);
	FUZZ_NEED(o->wait_ms >= -1);
	FUZZ_NEED(!o->retry || o->wait_ms <= OUTCOME_MAX_WAIT);
	FUZZ_NEED(strstr(buf_string(&o->message), key) == NULL);
}

static void
add_header(struct buf *head, const char *name, const char **p, size_t *n)
{
	const char *line;
	size_t length;

	if (fuzz_line(p, n, &line, &length)) {
		buf_printf(head, "%s: ", name);
		buf_add(head, line, length);
		buf_adds(head, "\r\n");
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const long statuses[] = {
		100, 302, 304, 400, 401, 402, 403, 404, 405, 407, 408, 409, 413, 418,
		422, 425, 429, 451, 500, 502, 503, 504, 529, 599, 999,
	};
	static const char *const names[] = {
		"retry-after-ms", "Retry-After", "Date", "x-should-retry", "Location",
	};
	struct redact redact = {0};
	struct http_options options = {.url = "https://host.test/v1", .key = key,
	    .redact = &redact};
	struct http_exchange x = {.options = &options, .connected = true};
	struct outcome o = {0};
	const char *p = (const char *)data + 1;
	size_t i;

	if (n == 0)
		return 0;
	n--;
	redact_value(&redact, key);
	x.status = statuses[data[0] % (sizeof(statuses) / sizeof(*statuses))];
	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		add_header(&x.head, names[i], &p, &n);
	buf_add(&x.error, p, n);
	outcome_of(&x, &o);
	check(&o);
	buf_free(&o.message);
	buf_free(&x.head);
	buf_free(&x.error);
	redact_free(&redact);
	return 0;
}
