/*
 * errortest: what apierror makes of each line of standard input, a record: "-"
 * where it reports no error, else the exit status and the message.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apierror.h"

int
main(void)
{
	static char line[1 << 16];
	struct buf message = {0};
	struct json_fault fault;
	struct json v, error;

	while (fgets(line, sizeof(line), stdin) != NULL) {
		if (!json_parse(line, strlen(line), &v, &fault))
			return 65;
		error = apierror_find(v);
		buf_clear(&message);
		apierror_message(error, &message);
		if (error.p == NULL)
			printf("-\n");
		else
			printf("%d %s%s\n", apierror_status(error),
			    buf_string(&message),
			    apierror_quota(error) ? " (quota)" : "");
	}
	buf_free(&message);
	return 0;
}
