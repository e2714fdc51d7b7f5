/*
 * clock: copies nothing, but says when: for each read from standard input that
 * brought bytes, a line with the milliseconds since its start and the bytes,
 * control characters as "?".
 */
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static long
now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int
main(void)
{
	char buf[4096];
	long start = now();
	ssize_t n, i;

	while ((n = read(0, buf, sizeof(buf))) > 0) {
		printf("%ld ", now() - start);
		for (i = 0; i < n; i++)
			(void)putchar((unsigned char)buf[i] < ' ' ? '?' : buf[i]);
		(void)putchar('\n');
	}
	return n == -1;
}
