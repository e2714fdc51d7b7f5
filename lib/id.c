#include <fnmatch.h>
#include <string.h>

#include "buf.h"
#include "id.h"
#include "term.h"

/* An id is one word; a saved error page, say, must not pass for a list. */
bool
id_ok(const char *s)
{
	struct buf shown = {0};
	size_t n = strlen(s);
	bool ok;

	if (n == 0 || *s == '#' || s[strcspn(s, " \t\n")] != '\0')
		return false;
	term_line(&shown, s, n);	/* which changes what must not be shown */
	ok = shown.n == n && memcmp(shown.p, s, n) == 0;
	buf_free(&shown);
	return ok;
}

bool
id_matches(const char *id, const char *pattern)
{
	return fnmatch(pattern, id, 0) == 0;
}

bool
id_is_pattern(const char *word)
{
	return strpbrk(word, "*?[\\") != NULL;
}
