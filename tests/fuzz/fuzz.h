/*
 * fuzz: what the fuzzers have in common. Each has a function for one input, that
 * ends the program where something does not hold; libFuzzer brings the inputs, or
 * main.c those that are kept.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* Ends the program, saying so, where it does not hold. */
#define FUZZ_NEED(holds) fuzz_need((holds), #holds, __FILE__, __LINE__)
static inline void
fuzz_need(bool holds, const char *what, const char *file, int line)
{
	if (holds)
		return;
	(void)fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
	__builtin_trap();	/* SIGABRT may be the code's own */
}

/* Takes the next line of the n bytes at *p, *line of *length; false where none is left. */
static inline int
fuzz_line(const char **p, size_t *n, const char **line, size_t *length)
{
	const char *newline;

	if (*n == 0)
		return 0;
	newline = memchr(*p, '\n', *n);
	*line = *p;
	*length = newline != NULL ? (size_t)(newline - *p) : *n;
	*n -= *length + (newline != NULL);
	*p += *length + (newline != NULL);
	return 1;
}

/* A copy whose end is the memory's end, so that a sanitizer sees a look past it. */
static inline char *
fuzz_copy(const char *p, size_t n)
{
	char *copy = malloc(n > 0 ? n : 1);

	if (copy == NULL)
		abort();
	if (n > 0)
		memcpy(copy, p, n);
	return copy;
}

/* Whether x is one of the n numbers in list. */
static inline bool
fuzz_is_one_of(int x, const int *list, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (x == list[i])
			return true;
	return false;
}

#endif
