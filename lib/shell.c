#include <stdbool.h>
#include <string.h>

#include "shell.h"

static bool
is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || strchr("@%_+=:,./-", c) != NULL;
}

void
shell_quote(struct buf *out, const char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n && is_plain(p[i]); i++)
		;
	if (n > 0 && i == n) {
		buf_add(out, p, n);
		return;
	}
	buf_addc(out, '\'');
	for (i = 0; i < n; i++)
		if (p[i] == '\'')
			buf_adds(out, "'\\''");
		else
			buf_addc(out, (unsigned char)p[i]);
	buf_addc(out, '\'');
}
