/*
 * shell: words as a POSIX shell reads them back.
 */
#ifndef SHELL_H
#define SHELL_H

#include <stddef.h>

#include "buf.h"

/* Appends n bytes (no NUL among them) as one word, in quotes only if need be. */
void	shell_quote(struct buf *out, const char *p, size_t n);

#endif
