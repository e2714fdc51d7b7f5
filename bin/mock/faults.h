/*
 * faults: which requests the mock fails, and how. Only the choice; the failing
 * itself is mock's.
 */
#ifndef FAULTS_H
#define FAULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fault_kind {
	FAULT_NONE,
	FAULT_FAIL,	/* an error response with this status */
	FAULT_CUT,	/* the connection closes after so many events */
	FAULT_STALL,	/* nothing more after so many events */
	FAULT_ERROR,	/* an error object after so many events, then the end */
	FAULT_GARBAGE,	/* a web page instead of the answer */
};

/* What happens to one request. */
struct fault {
	enum fault_kind	 kind;
	size_t		 number;	/* the status, or how many events */
};

/* All zero there are none. */
struct faults {
	struct fault_rule	*rules;	/* owned */
	size_t			 n;
	uint64_t		 seed;
	double			 shares;	/* of all rules, added up */
};

/*
 * Adds a rule: "NUMBER", "NUMBER:N" (the next N requests) or "NUMBER:P%" (a
 * share of the requests); FAULT_GARBAGE has no NUMBER: "", "N" or "P%". NULL,
 * or why text is none of these (a constant).
 */
const char *faults_add(struct faults *f, enum fault_kind kind, const char *text);

/*
 * What happens to the next request. Rules are asked in the order in which they
 * were added, the first that applies is the one. Those with a share draw by
 * the request's number (from 1) and the seed alone: the same ones in every
 * run, and their shares add up instead of hiding each other.
 */
struct fault faults_next(struct faults *f, unsigned long number);

/* Whether a rule of this kind was added. */
bool	faults_have(const struct faults *f, enum fault_kind kind);

/* The fault's name, as its option has it; a constant; NULL for FAULT_NONE. */
const char *faults_name(enum fault_kind kind);

void	faults_free(struct faults *f);

#endif
