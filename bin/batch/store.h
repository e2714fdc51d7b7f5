/*
 * store: writes a batch's results to standard output, or adds the answers to a file
 * and writes the failures to another one beside it. It reads the file first, and so
 * knows what earlier runs have answered. It leaves whole lines only, also when the
 * disk is full. Not for what a line says: that is result's.
 */
#ifndef STORE_H
#define STORE_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

#include "idset.h"
#include "tally.h"

struct store_file {
	const char	*path;		/* NULL: there is none */
	int		 fd;		/* store's own; -1: it is not open */
	off_t		 size;		/* store's own: of the whole lines */
};

/* Both without a path: results go to standard output. */
struct store {
	struct store_file answers, failures;
	struct buf	 name;		/* store's own: of the latter */
};

/*
 * Opens, locks and reads the results file at path (borrowed; NULL: none), and
 * notes in done what it holds the answers of, with the numbers that tally gives their
 * flaws. A last line that was torn is cut off; the failures of the run before are
 * dropped. max is the longest line. Files that it makes are for their owner alone
 * (mode 600).
 *
 * Ends the tool: 65, and nothing is changed, when either file holds something else
 * or is one of the inputs (files); 75 when another process has it; 73 when it cannot
 * be made, 74 when it cannot be read.
 */
void	store_open(struct store *s, const char *path, char **files, int nfiles,
	    size_t max, struct idset *done, struct tally *tally);

/*
 * Adds whole lines, of successes or of failures, by one write. Where that
 * fails, what was written of them is taken back and the tool ends with 74.
 */
void	store_add(struct store *s, bool success, const char *p, size_t n);

/* Closes the files; a write that fails only now ends the tool with 74. */
void	store_close(struct store *s);

#endif
