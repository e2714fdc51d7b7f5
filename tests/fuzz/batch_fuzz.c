/*
 * Any line of a batch's input, and any line of its results: a request that is taken is
 * sent as a JSON object that streams, its hash is that of its value; a result that is
 * written is read again as what it was; and lines that are neither have a reason.
 */
#include "fuzz.h"
#include "json.h"
#include "request.h"
#include "result.h"
#include "task.h"

static bool
same(struct hash a, struct hash b)
{
	return a.a == b.a && a.b == b.b;
}

/* What is written of a task is read again. */
static void
write_result(const struct task *t, enum result_kind kind, struct json body)
{
	struct result r = {
		.kind = kind, .task = t, .status = 200, .request_id = "id",
		.request_id_len = 2, .body = body, .code = "code", .message = "why",
	};
	struct result_line read = {0};
	struct json_fault fault;
	struct buf line = {0};
	struct json v;

	result_add(&r, NULL, &line);
	FUZZ_NEED(line.n > 0 && line.p[line.n - 1] == '\n');
	FUZZ_NEED(memchr(line.p, '\n', line.n) == line.p + line.n - 1);
	FUZZ_NEED(json_parse(line.p, line.n, &v, &fault));
	FUZZ_NEED(result_read(&read, line.p, line.n - 1));
	FUZZ_NEED(read.hashed && read.request.a == t->request.a);
	FUZZ_NEED(buf_is(&read.id, t->id.p, t->id.n));
	result_free(&read);
	buf_free(&line);
}

static void
take(const struct task *t)
{
	struct json body, options;
	struct json_fault fault;

	FUZZ_NEED(json_parse(t->body.p, t->body.n, &body, &fault));
	FUZZ_NEED(json_type(body) == JSON_OBJECT);
	FUZZ_NEED(same(hash_object(body), t->request));
	FUZZ_NEED(json_type(json_get(body, "stream")) == JSON_TRUE);
	options = json_get(body, "stream_options");
	FUZZ_NEED(json_type(json_get(options, "include_usage")) == JSON_TRUE);
	FUZZ_NEED(t->id.n > 0);
	write_result(t, RESULT_ANSWER, body);
	write_result(t, RESULT_ERROR, (struct json){0});
}

static void
one(const char *line, size_t n, unsigned also)
{
	struct result_line l = {0};
	struct task t = {0};
	struct hash first;

	if (task_read(&t, line, n, also)) {
		take(&t);
		/* Read twice, a line is the same request. */
		first = t.request;
		FUZZ_NEED(task_read(&t, line, n, also) && same(first, t.request));
	} else {
		FUZZ_NEED(t.code != NULL && t.why.n > 0);
	}
	(void)result_read(&l, line, n);
	result_free(&l);
	task_free(&t);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const char *p = (const char *)data, *line;
	size_t length;
	char *copy;

	while (fuzz_line(&p, &n, &line, &length)) {
		copy = fuzz_copy(line, length);
		one(copy, length, 0);
		one(copy, length, REQUEST_UNLISTED | REQUEST_FOREIGN);
		free(copy);
	}
	return 0;
}
