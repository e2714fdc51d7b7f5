/*
 * Any body as a server gets it, and as a file of supai-req's: what is taken is a
 * request still when it was written down, with messages that are each right; what is
 * refused is refused with a reason.
 */
#include "emit.h"
#include "fuzz.h"
#include "history.h"
#include "request.h"
#include "source.h"
#include "utf8.h"

enum { STRICT = REQUEST_UNLISTED, LAX = REQUEST_UNLISTED | REQUEST_FOREIGN };

static bool
is_taken(const char *p, size_t n, unsigned also, struct json *request)
{
	struct request_fault fault;
	bool ok = request_read(p, n, also, request, &fault);

	FUZZ_NEED(ok || (fault.message.n > 0 && fault.code != NULL));
	FUZZ_NEED(utf8_valid(buf_string(&fault.message), fault.message.n) == fault.message.n);
	buf_free(&fault.message);
	return ok;
}

static void
check_messages(struct json messages, unsigned also)
{
	struct json_iter i = json_first(messages);
	struct request_fault fault;
	struct json none, message;

	while (json_more(&i, &none, &message)) {
		FUZZ_NEED(request_check_message(message, also, &fault));
		buf_free(&fault.message);
	}
}

static void
check_request(const char *p, size_t n, unsigned also)
{
	struct buf text = {0};
	struct json request;

	if (!is_taken(p, n, also, &request))
		return;
	check_messages(json_get(request, "messages"), also);
	FUZZ_NEED(is_taken(p, n, LAX, &request));
	emit_compact(&(struct emit){.out = &text}, request);
	FUZZ_NEED(is_taken(text.p, text.n, also, &request));
	buf_free(&text);
}

static void
check_history(const char *p, size_t n, unsigned also)
{
	struct buf why = {0}, text = {0};
	struct emit messages = {.out = &text};
	struct history h = {.messages = &messages, .lax = also};
	bool ok;
	struct json_fault fault;
	struct json v;

	emit_open(&messages, '[');
	ok = history_add(&h, p, n, &why);
	emit_close(&messages, ']');
	FUZZ_NEED(ok == (why.n == 0));
	FUZZ_NEED(json_parse(text.p, text.n, &v, &fault));
	check_messages(v, also);
	buf_free(&text);
	buf_free(&why);
}

static void
check_image(const char *p, size_t n)
{
	struct buf url = {0};

	if (!source_image(&url, p, n))
		return;
	FUZZ_NEED(request_is_url(buf_string(&url)));
	FUZZ_NEED(strlen(strchr(url.p, ',')) == 1 + (n + 2) / 3 * 4);
	buf_free(&url);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char *text = fuzz_copy((const char *)data, n);

	check_request(text, n, STRICT);
	check_request(text, n, LAX);
	check_history(text, n, STRICT);
	check_history(text, n, LAX);
	check_image(text, n);
	free(text);
	return 0;
}
