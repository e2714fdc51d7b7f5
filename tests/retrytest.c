/*
 * retrytest date TEXT: retry_date's answer.
 * retrytest timestamp TEXT: retry_timestamp's.
 * retrytest after MS AFTER DATE NOW: retry_after's; an empty text is no header.
 * retrytest backoff TRIES RANDOM: retry_backoff's.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "retry.h"

int
main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "date") == 0)
		printf("%lld\n", retry_date(argv[2]));
	else if (argc == 3 && strcmp(argv[1], "timestamp") == 0)
		printf("%lld\n", retry_timestamp(argv[2]));
	else if (argc == 6 && strcmp(argv[1], "after") == 0)
		printf("%ld\n", retry_after(argv[2], argv[3], argv[4],
		    strtoll(argv[5], NULL, 10)));
	else if (argc == 4 && strcmp(argv[1], "backoff") == 0)
		printf("%ld\n", retry_backoff(
		    (unsigned)strtoul(argv[2], NULL, 10),
		    (unsigned)strtoul(argv[3], NULL, 10)));
	else
		return 64;
	return 0;
}
