/*
 * Any body as a server gets it, and as a file of supai-req's: what is taken is a
 * request still when it was written down, with messages that are each right; what is
 * refused is refused with a reason.
 */
#include "fuzz.h"
#include "history.h"
#include "request.h"
#include "source.h"
#include "utf8.h"
#include "value.h"

enum { STRICT = REQUEST_UNLISTED, LAX = REQUEST_UNLISTED | REQUEST_FOREIGN };

static bool
is_taken(jv request, unsigned also)
{
	struct request_fault fault = {0};
	bool ok = request_check(request, also, &fault);

	FUZZ_NEED(ok || (fault.message.n > 0 && fault.code != NULL));
	FUZZ_NEED(utf8_valid(buf_string(&fault.message), fault.message.n) == fault.message.n);
	buf_free(&fault.message);
	return ok;
}

static void
check_messages(jv messages, unsigned also)
{
	struct request_fault fault = {0};
	int i, n = jv_array_length(jv_copy(messages));
	jv message;

	for (i = 0; i < n; i++) {
		message = jv_array_get(jv_copy(messages), i);
		FUZZ_NEED(request_check_message(message, also, &fault));
		jv_free(message);
	}
	buf_free(&fault.message);
}

static void
check_request(jv request, unsigned also)
{
	struct buf text = {0};
	struct json_fault fault;
	jv again;

	if (!is_taken(request, also))
		return;
	FUZZ_NEED(is_taken(request, LAX));
	value_dump(request, &text);
	FUZZ_NEED(value_parse(text.p, text.n, &again, &fault));
	FUZZ_NEED(is_taken(again, also));
	jv_free(again);
	again = value_get(request, "messages");
	check_messages(again, also);
	jv_free(again);
	buf_free(&text);
}

static void
check_history(const char *p, size_t n, unsigned also)
{
	jv messages = jv_array();
	struct buf why = {0};
	bool ok = history_add(&messages, p, n, also, &why);

	FUZZ_NEED(ok == (why.n == 0));
	if (ok)
		check_messages(messages, also);
	jv_free(messages);
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
	struct request_fault refused = {0};
	struct json_fault fault;
	jv request;

	if (value_parse(text, n, &request, &fault)) {
		check_request(request, STRICT);
		check_request(request, LAX);
	} else {
		request_not_json(n, &fault, &refused);
		FUZZ_NEED(refused.message.n > 0);
		buf_free(&refused.message);
	}
	jv_free(request);
	check_history(text, n, STRICT);
	check_history(text, n, LAX);
	check_image(text, n);
	free(text);
	return 0;
}
