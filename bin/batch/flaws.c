#include <stdlib.h>
#include <string.h>

#include "flaws.h"
#include "mem.h"
#include "verdict.h"

enum {
	MOST = 16,	/* reasons that have a name here */
	LONGEST = 64,	/* bytes that are kept of a reason */
};

unsigned char
flaws_number(struct flaws *f, const char *reason, size_t n)
{
	size_t i;

	if (n > LONGEST)
		n = LONGEST;
	for (i = 0; i < f->n; i++)
		if (strlen(f->list[i].reason) == n &&
		    memcmp(f->list[i].reason, reason, n) == 0)
			return (unsigned char)(i + 1);
	if (f->n > MOST)
		return (unsigned char)f->n;
	if (f->n == f->cap)
		f->list = mem_more(f->list, &f->cap, sizeof(*f->list));
	f->list[f->n].reason = f->n < MOST ? mem_copy(reason, n) :
	    mem_string("other reasons");
	f->n++;
	return (unsigned char)f->n;
}

void
flaws_count(struct flaws *f, unsigned char number)
{
	if (number == 0)
		return;
	f->list[number - 1].count++;
	f->all++;
}

void
flaws_tell(const struct flaws *f, struct buf *out)
{
	const struct flaw *flaw;
	const char *between = "";
	size_t i;

	for (i = 0; i < f->n; i++) {
		flaw = &f->list[i];
		if (flaw->count == 0)
			continue;
		buf_printf(out, "%s%lu answer%s ", between, flaw->count,
		    flaw->count == 1 ? " is" : "s are");
		if (strcmp(flaw->reason, VERDICT_REFUSAL) == 0)
			buf_adds(out, "refused");
		else
			buf_printf(out, "cut: %s", flaw->reason);
		between = "; ";
	}
}

void
flaws_free(struct flaws *f)
{
	while (f->n > 0)
		free(f->list[--f->n].reason);
	free(f->list);
	*f = (struct flaws){0};
}
