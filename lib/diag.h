/*
 * diag: what a tool says on standard error, and the statuses it ends with.
 * Not for data: standard output is io's.
 *
 * Every message is one line, starts with the program's name, and passes redact and
 * the terminal filter, so that nothing a server, a file name or an argument holds
 * shows a key or can reach a terminal as a control sequence.
 */
#ifndef DIAG_H
#define DIAG_H

#include <stdbool.h>
#include <stddef.h>
#include <sysexits.h>

#include "buf.h"

/* The one status that <sysexits.h> lacks: an answer that does not count. */
#define EX_NOANSWER 1

/* Sets the program's name from argv[0] (borrowed for good). Call it first. */
void	diag_init(const char *argv0);

/* The program's name, without its folder. */
const char *diag_name(void);

/*
 * Sets a function to call before each message, so that output that was written
 * before an error is also seen before it. NULL: none.
 */
void	diag_before(void (*f)(void));

struct redact;

/* Sets what messages hide besides what looks like a key (borrowed); NULL: nothing. */
void	diag_hide(const struct redact *secrets);

/* Says "NAME: message". Control characters are shown, newlines become spaces. */
void	diag_warn(const char *fmt, ...) BUF_PRINTF(1, 2);

/* The same, with ": " and errno's text after it; errno is kept. */
void	diag_warn_errno(const char *fmt, ...) BUF_PRINTF(1, 2);

/*
 * Says it and ends the program with status; where errno is said and tells that there
 * are no descriptors left, with 71.
 */
_Noreturn void diag_die(int status, const char *fmt, ...) BUF_PRINTF(2, 3);
_Noreturn void diag_die_errno(int status, const char *fmt, ...)
	BUF_PRINTF(2, 3);

/*
 * What -v shows of an exchange, a line at a time, each after its mark ("> ").
 * A line that has begun is kept: a secret in two parts would not be known.
 */
struct diag_trace {
	const char	*mark;	/* a constant */
	unsigned	 hide;	/* besides secrets: redact_add's also */
	struct buf	 begun;
};
void	diag_trace(struct diag_trace *t, const struct redact *secrets,
	    const char *p, size_t n);

/* Shows what has begun, and frees it. */
void	diag_trace_end(struct diag_trace *t, const struct redact *secrets);

/*
 * The one of two statuses that counts: 74 before the service's errors (69, 75, 77),
 * these before 65, 66, 76, 1 and 0, in this order; any other status before all.
 */
int	diag_worst(int a, int b);

#endif
