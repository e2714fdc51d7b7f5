/*
 * single: the input of the tools that take one request: a file or standard input
 * that holds one JSON object. Not for what the object says.
 */
#ifndef SINGLE_H
#define SINGLE_H

#include <stddef.h>

#include "buf.h"

/*
 * Appends the request to out; file NULL is standard input. Ends the tool with 66
 * when it is empty or cannot be read (in silence for standard input without a byte:
 * the stage before has said why), with 65 when it is longer than max bytes, no JSON,
 * no object, or more than one.
 */
void	single_read(const char *file, size_t max, struct buf *out);

#endif
