/*
 * exchanges URL N [CACERT]: POSTs N requests at once over one http, and once more those that failed and may be
 * tried again; the last one is cancelled. A line for each, in order: the tries,
 * the status of the verdict, and the bytes of the answer.
 */
#include <stdio.h>
#include <stdlib.h>

#include "buf.h"
#include "diag.h"
#include "http.h"
#include "mem.h"
#include "outcome.h"

struct item {
	struct http_exchange	 x;
	struct buf		 body, answer;
	int			 tries, status;
};

static bool
keep(struct http_exchange *x, const char *p, size_t n)
{
	struct item *item = x->arg;

	buf_add(&item->answer, p, n);
	return true;
}

static void
start(struct http *h, struct item *item)
{
	item->tries++;
	buf_clear(&item->answer);
	http_start(h, &item->x);
}

static void
run(struct http *h, int active)
{
	struct outcome o = {0};
	struct http_exchange *x;
	struct item *item;

	while (active > 0) {
		x = http_wait(h, NULL, 0, -1);
		if (x == NULL)
			continue;
		item = x->arg;
		outcome_of(x, &o);
		item->status = o.status;
		if (o.retry && item->tries == 1)
			start(h, item);
		else
			active--;
	}
	buf_free(&o.message);
}

int
main(int argc, char **argv)
{
	struct http_options o = {.loopback = true, .key = "k", .idle_ms = 500};
	struct item *items;
	struct http *h;
	int n, i;

	diag_init(argv[0]);
	if (argc != 3 && argc != 4)
		return EX_USAGE;
	o.url = argv[1];
	o.cacert = argv[3];	/* NULL after the last */
	n = (int)strtol(argv[2], NULL, 10);
	items = mem_zero((size_t)n, sizeof(*items));
	h = http_open();
	for (i = 0; i < n; i++) {
		buf_printf(&items[i].body, "{\"stream\":true,\"messages\":[{\"role\":\"user\","
		    "\"content\":\"%d\"}]}", i);
		items[i].x = (struct http_exchange){
			.options = &o, .body = items[i].body.p, .body_len = items[i].body.n,
			.sink = keep, .arg = &items[i], .restartable = true,
		};
		start(h, &items[i]);
	}
	http_cancel(&items[n - 1].x);
	run(h, n - 1);
	for (i = 0; i < n; i++) {
		printf("%d %d %zu\n", items[i].tries, items[i].status,
		    items[i].answer.n);
		http_free(&items[i].x);
		buf_free(&items[i].body);
		buf_free(&items[i].answer);
	}
	http_close(h);
	free(items);
	return 0;
}
