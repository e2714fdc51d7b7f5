#include <stdlib.h>

#include "limit.h"
#include "mem.h"

void
limit_start(struct limits *l, const struct panel *p)
{
	l->panel = p;
	l->used = mem_zero(p->limits.n + 1, sizeof(*l->used));
}

bool
limit_take(struct limits *l, const struct url *u)
{
	const struct panel *p = l->panel;
	size_t i;

	for (i = 0; i < p->limits.n; i++)
		if (panel_is_host(&p->limits.p[i], u->host, u->port) &&
		    l->used[i] >= p->limits.p[i].most)
			return false;
	for (i = 0; i < p->limits.n; i++)
		l->used[i] += panel_is_host(&p->limits.p[i], u->host, u->port);
	return true;
}

void
limit_give(struct limits *l, const struct url *u)
{
	size_t i;

	for (i = 0; i < l->panel->limits.n; i++)
		l->used[i] -= panel_is_host(&l->panel->limits.p[i], u->host,
		    u->port);
}

void
limit_free(struct limits *l)
{
	free(l->used);
	l->used = NULL;
}
