/*
 * retrytest timestamp TEXT: the time that when_read gives, -1 for none.
 * retrytest after MS AFTER DATE NOW: outcome_after's; an empty text is no header.
 * retrytest backoff TRIES RANDOM: outcome_backoff's.
 * retrytest clock: how many bits a time has here.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "outcome.h"
#include "when.h"

int
main(int argc, char **argv)
{
	long long at;

	if (argc == 3 && strcmp(argv[1], "timestamp") == 0)
		printf("%lld\n", when_read(argv[2], &at) ? at : -1);
	else if (argc == 6 && strcmp(argv[1], "after") == 0)
		printf("%ld\n", outcome_after(argv[2], argv[3], argv[4],
		    strtoll(argv[5], NULL, 10)));
	else if (argc == 4 && strcmp(argv[1], "backoff") == 0)
		printf("%ld\n", outcome_backoff(
		    (unsigned)strtoul(argv[2], NULL, 10),
		    (unsigned)strtoul(argv[3], NULL, 10)));
	else if (argc == 2 && strcmp(argv[1], "clock") == 0)
		printf("%zu\n", sizeof(time_t) * 8);
	else
		return 64;
	return 0;
}
