/*
 * gzip: whether a body that came as gzip (RFC 1952) came with its end. libcurl unpacks
 * it and looks at the checksum, but takes one that is cut for whole where the length
 * that was told, or the end of a connection, says so. Not for unpacking (libcurl).
 */
#ifndef GZIP_H
#define GZIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gzip {
	/* gzip's own. */
	uint32_t		tail;	/* the last four bytes, as RFC 1952 has numbers */
	bool			any;	/* there were some */
	bool			chunked;
	enum {				/* where in a chunk it is: */
		GZIP_SIZE, GZIP_EXTENSION, GZIP_DATA,
		GZIP_AFTER,		/* the line end after the data */
		GZIP_END,		/* no more chunks */
	} at;
	unsigned long long	left;		/* of a chunk, or its size so far */
};

/*
 * A body begins, whose bytes will be fed as they were received. chunked: with the
 * sizes of chunks between them (RFC 9112, section 7.1), that libcurl has found right.
 */
void	gzip_start(struct gzip *g, bool chunked);

/* The next n bytes, anywhere cut. */
void	gzip_feed(struct gzip *g, const char *p, size_t n);

/*
 * Whether the body ended as one of size bytes does when it is unpacked. True where
 * nothing was fed.
 */
bool	gzip_whole(const struct gzip *g, unsigned long long size);

#endif
