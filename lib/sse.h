/*
 * sse: reads the event stream of the WHATWG HTML standard, section 9.2.6: the caller
 * pushes bytes in, in pieces of any size, and pulls records out. A body that begins
 * with a bracket is plain JSON instead, and its values are the records. Not for what
 * a record says: that is chunk's.
 */
#ifndef SSE_H
#define SSE_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "json.h"

/* One event, or one value of a JSON body; borrowed until the next sse_next. */
struct sse_record {
	const char	*data;
	size_t		 n;
	bool		 line;	/* data[n] is there, and is a newline */
	const char	*event;	/* its type: "message" where none is given */
	size_t		 event_n;
	const char	*id;	/* the last event id, "" before the first */
	size_t		 id_n;
};

enum sse_got {
	SSE_MORE,	/* no record is whole: feed more bytes, or end */
	SSE_RECORD,
	SSE_DONE,	/* the [DONE] that ends an answer */
	SSE_ERROR,	/* a field named error, which is no event; data is its value */
	SSE_FAULT,	/* the stream cannot be read on: status and why say it */
};

struct sse {
	int		 status; /* 65, 66 or 76 after a fault, else 0 */
	struct buf	 why;	 /* the fault in words that a screen may have */
	unsigned long	 number; /* of the record given last, [DONE]s counted */
	/* The rest is sse's own. */
	size_t		 max;
	char		 joint;
	const char	*p, *end;	/* the bytes that were fed */
	const char	*cr;		/* the first CR after p, or end; NULL: not looked for */
	unsigned	 body;		/* what kind it is, once that is known */
	unsigned	 bom;		/* how many bytes of a BOM were seen */
	char		 head[64];	/* how it begins, for messages */
	size_t		 head_n;
	unsigned	 at;		/* where in a line p is */
	char		 name[5];	/* the field's name as far as it was seen */
	size_t		 name_n;
	struct buf	*into;		/* where the field's value goes; NULL: nowhere */
	bool		 skip_lf;	/* an LF here would belong to the CR before it */
	bool		 known;		/* a comment or a known field was seen */
	bool		 pending;	/* a field was seen since the last blank line */
	bool		 has_data;	/* one of them was data */
	bool		 over;		/* the event is: its buffers are to be emptied */
	bool		 inside;	/* a record was given since the last [DONE] */
	bool		 done;		/* there was a [DONE] */
	struct buf	 data, event, id, new_id, error;
	struct json_scan scan;
};

/*
 * Starts on a stream. max is the most bytes of a record's data, of an event's type and
 * of an id; joint stands between the lines of an event's data: '\n' as the standard
 * has it, or ' ' where the data is JSON and has to stay one line. s must not move in
 * memory until sse_free.
 */
void	sse_start(struct sse *s, size_t max, char joint);

/*
 * Hands over the next n bytes, borrowed until sse_next says SSE_MORE; it must have
 * said that of the bytes before.
 */
void	sse_feed(struct sse *s, const char *p, size_t n);

/*
 * The next record that the bytes fed so far make whole. A fault (a record over
 * max: 65; a JSON body that is broken: 76, or nested too deep: 65) is for good.
 * Fields that do not matter and comments take no memory, however long. [DONE] may
 * stand in quotes and among blanks.
 */
enum sse_got sse_next(struct sse *s, struct sse_record *r);

/*
 * The end of the input; nothing may be fed after it. True when the stream is
 * whole: it ended after a [DONE] (which needs no line end here), or without
 * need_done after a whole event, or after a whole value of a JSON body.
 * False with status and why: 76 for one that is cut or is no event stream, 66
 * for one without a byte, or the fault there was before.
 */
bool	sse_end(struct sse *s, bool need_done);

/*
 * After sse_end: the data of an event, or the field named error, that the input
 * ended in. False where it ended in neither.
 */
bool	sse_rest(const struct sse *s, struct sse_record *r);

/* Whether the body is plain JSON. */
bool	sse_is_json(const struct sse *s);

void	sse_free(struct sse *s);

#endif
