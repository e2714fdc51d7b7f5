#include "queue.h"

void
queue_add(struct queue *q, struct exchange *x)
{
	x->next = NULL;
	if (q->last != NULL)
		q->last->next = x;
	else
		q->first = x;
	q->last = x;
	q->n++;
}

struct exchange *
queue_next(struct queue *q)
{
	struct exchange *x = q->first;

	if (x != NULL)
		queue_remove(q, x);
	return x;
}

void
queue_remove(struct queue *q, struct exchange *x)
{
	struct exchange *before = NULL, *i;

	for (i = q->first; i != NULL && i != x; i = i->next)
		before = i;
	if (i == NULL)
		return;
	if (before != NULL)
		before->next = x->next;
	else
		q->first = x->next;
	if (q->last == x)
		q->last = before;
	q->n--;
}
