#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "bearer.h"

const char *
bearer_token(const char *authorization)
{
	static const char scheme[] = "Bearer ";	/* in any case: RFC 9110, 11.1 */

	if (authorization == NULL ||
	    strncasecmp(authorization, scheme, sizeof(scheme) - 1) != 0)
		return "";
	authorization += sizeof(scheme) - 1;
	return authorization + strspn(authorization, " ");
}
