#include <stdlib.h>
#include <string.h>

#include "opt.h"
#include "show.h"
#include "tools.h"

void
show_command(struct buf *line, const char *tool, const struct words *args)
{
	char *word = tools_word(tool);
	size_t i;

	opt_quote(line, word, strlen(word));
	free(word);
	for (i = 0; i < args->n; i++) {
		buf_addc(line, ' ');
		opt_quote(line, args->p[i], strlen(args->p[i]));
	}
}

void
show_variable(struct buf *line, const char *name, const char *value)
{
	buf_printf(line, "%s=", name);
	opt_quote(line, value, strlen(value));
	buf_addc(line, ' ');
}
