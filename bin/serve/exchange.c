#include <stdlib.h>

#include "exchange.h"

void
exchange_refuse(struct exchange *x, unsigned status, const struct endpoint_error *e)
{
	struct buf text = {0};

	endpoint_add_error(&text, e);
	buf_addc(&text, '\n');
	exchange_say(x, &text);
	x->status = status;
}

void
exchange_fail(struct exchange *x, unsigned status)
{
	struct endpoint_error e = endpoint_error_of(status);

	exchange_refuse(x, status, &e);
}

void
exchange_say(struct exchange *x, struct buf *text)
{
	buf_free(&x->out);
	x->out = *text;
	*text = (struct buf){0};
	x->status = 200;
	x->end = EXCHANGE_WHOLE;
}

void
exchange_free(struct exchange *x)
{
	spool_free(&x->body);
	buf_free(&x->out);
	free(x->mode);
	free(x);
}
