/*
 * output: standard output as the ensemble writes it, where a reader that is slow holds
 * up neither a limit of time nor a signal.
 */
#ifndef OUTPUT_H
#define OUTPUT_H

#include "buf.h"

enum output_end {
	OUTPUT_WRITTEN,
	OUTPUT_LATE,	/* the deadline came, and it takes no more */
	OUTPUT_SIGNAL,	/* interrupt_fd woke */
};

/*
 * Writes all of b, then clears it. deadline is of when_now's clock, 0: none. A failure ends
 * the tool with 74; a reader that is gone ends it as by SIGPIPE.
 */
enum output_end output_write(struct buf *b, long long deadline);

#endif
