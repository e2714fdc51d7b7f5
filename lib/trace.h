/*
 * trace: what -v shows of an exchange on standard error, a line at a time, with
 * secrets hidden and safe for a terminal: "> " sent, "< " received, "* " notes of
 * libcurl. Bodies are not shown.
 */
#ifndef TRACE_H
#define TRACE_H

#include <stddef.h>

#include <curl/curl.h>

#include "buf.h"
#include "redact.h"

/* All zero is ready. Lines that have begun, one for each kind: libcurl may hand
 * over a line in two parts, and a secret in two would not be known. */
struct trace {
	struct buf	 begun[3];
};

/* Takes what a CURLOPT_DEBUGFUNCTION gets; redact may be NULL. */
void	trace_add(struct trace *t, const struct redact *redact,
	    curl_infotype type, const char *p, size_t n);

/* Shows what has begun and frees everything. */
void	trace_end(struct trace *t, const struct redact *redact);

#endif
