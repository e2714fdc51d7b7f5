/*
 * show: the pipeline as a command line that does the same.
 */
#ifndef SHOW_H
#define SHOW_H

#include "buf.h"
#include "words.h"

/* Appends a tool and its arguments to the line. */
void	show_command(struct buf *line, const char *tool, const struct words *args);

/* Appends a variable's setting, for the command that follows. */
void	show_variable(struct buf *line, const char *name, const char *value);

#endif
