/*
 * same_chunk: whether the ways to read a record agree in everything but where
 * their slices lie. For the tests of the readers, and their fuzzer.
 */
#ifndef SAME_CHUNK_H
#define SAME_CHUNK_H

#include <string.h>

#include "chunk.h"

static bool
same_slice(struct json a, struct json b)
{
	return (a.p == NULL) == (b.p == NULL) && a.n == b.n &&
	    (a.p == NULL || memcmp(a.p, b.p, a.n) == 0);
}

static bool
same_choice(const struct chunk_choice *a, const struct chunk_choice *b)
{
	return a->index == b->index && same_slice(a->value, b->value) &&
	    same_slice(a->delta, b->delta) &&
	    same_slice(a->role, b->role) &&
	    same_slice(a->content, b->content) &&
	    same_slice(a->thinking, b->thinking) &&
	    same_slice(a->refusal, b->refusal) &&
	    a->voices == b->voices &&
	    same_slice(a->finish, b->finish);
}

/* A string that is called plain is so. */
static bool
true_plain(const struct chunk *c)
{
	struct json v = c->kind == CHUNK_SUPAI ? c->text : c->choice.content;
	size_t i;

	for (i = 1; c->plain && i + 1 < v.n; i++)
		if ((unsigned char)v.p[i] >= 0x80 || v.p[i] == '\\')
			return false;
	return !c->plain || v.n >= 2;
}

static bool
same_chunk(const struct chunk *a, const struct chunk *b)
{
	return true_plain(a) && true_plain(b) && a->kind == b->kind && a->type == b->type &&
	    a->single == b->single && same_slice(a->value, b->value) &&
	    same_slice(a->error, b->error) && same_slice(a->id, b->id) &&
	    same_slice(a->choices, b->choices) &&
	    same_choice(&a->choice, &b->choice) &&
	    same_slice(a->usage, b->usage) && same_slice(a->supai, b->supai) &&
	    same_slice(a->body, b->body) && same_slice(a->key, b->key) &&
	    same_slice(a->model, b->model) && same_slice(a->text, b->text) &&
	    same_slice(a->custom_id, b->custom_id) &&
	    same_slice(a->completion, b->completion);
}

/* One pass finds what a check before it would: the same verdict, the same fault. */
static bool
same_verdict(bool ok, const struct json_fault *fault, const char *p, size_t n)
{
	struct json_fault other;
	struct json v;

	if (json_parse(p, n, &v, &other))
		return ok;
	return !ok && fault->at == other.at && fault->why == other.why &&
	    fault->too_deep == other.too_deep;
}

#endif
