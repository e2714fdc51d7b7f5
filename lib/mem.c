#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "mem.h"

static const char *name = "supai";

void
mem_name(const char *program)
{
	name = program;
}

/* Without allocating: diag's own lines need memory. */
static void
say(void)
{
	static const char why[] = ": out of memory\n";

	if (write(STDERR_FILENO, name, strlen(name)) != -1)
		(void)!write(STDERR_FILENO, why, sizeof(why) - 1);
}

_Noreturn void
mem_out(void)
{
	say();
	exit(EX_OSERR);
}

_Noreturn void
mem_out_now(void)
{
	say();
	_exit(EX_OSERR);
}

void *
mem_alloc(size_t n)
{
	void *p = malloc(n > 0 ? n : 1);

	if (p == NULL)
		mem_out();
	return p;
}

void *
mem_zero(size_t count, size_t size)
{
	void *p = calloc(count > 0 ? count : 1, size > 0 ? size : 1);

	if (p == NULL)
		mem_out();
	return p;
}

void *
mem_resize(void *p, size_t count, size_t size)
{
	void *more;

	if (size != 0 && count > SIZE_MAX / size)
		mem_out();
	more = realloc(p, count * size > 0 ? count * size : 1);
	if (more == NULL)
		mem_out();
	return more;
}

void *
mem_more(void *p, size_t *cap, size_t size)
{
	size_t had = *cap;

	*cap = had == 0 ? 16 : had * 2;
	p = mem_resize(p, *cap, size);
	memset((char *)p + had * size, 0, (*cap - had) * size);
	return p;
}

void *
mem_room(void *p, size_t n, size_t size)
{
	if ((n & (n - 1)) != 0)
		return p;
	return mem_resize(p, n == 0 ? 1 : n * 2, size);
}

char *
mem_copy(const char *p, size_t n)
{
	char *copy = mem_alloc(n + 1);

	if (n > 0)
		memcpy(copy, p, n);
	copy[n] = '\0';
	return copy;
}

char *
mem_string(const char *s)
{
	return mem_copy(s, strlen(s));
}

void
mem_wipe(void *p, size_t n)
{
	volatile unsigned char *byte = p;

	while (n-- > 0)
		*byte++ = 0;
}

void
mem_forget(char *s)
{
	if (s != NULL)
		mem_wipe(s, strlen(s));
	free(s);
}
