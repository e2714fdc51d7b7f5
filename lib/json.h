/*
 * json: RFC 8259, read in place. A text is checked once, whole; then its values
 * are slices of it that are looked into without copying or allocating.
 * Not for building values.
 */
#ifndef JSON_H
#define JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "buf.h"

/* Arrays and objects inside each other, the outermost counted. */
#define JSON_MAX_DEPTH 256

/*
 * A value of a text that was checked: its bytes without the white space around
 * it, borrowed from that text. p is NULL for "there is none", which every
 * function below takes: it has no members, is no string, and so on.
 */
struct json {
	const char	*p;
	size_t		 n;
};

enum json_type {
	JSON_NONE, JSON_NULL, JSON_FALSE, JSON_TRUE, JSON_NUMBER, JSON_STRING,
	JSON_ARRAY, JSON_OBJECT,
};

/*
 * Checks that the n bytes at text are one JSON text (RFC 8259, section 2; bytes
 * from 0x80 on may stand in strings as they like) nested at most 256 deep, and
 * sets *v to its value. Else false, with why (a constant) and the offset.
 */
struct json_fault {
	const char	*why;
	size_t		 at;
	bool		 too_deep;	/* it is the nesting that is at fault */
};
bool	json_parse(const char *text, size_t n, struct json *v,
	    struct json_fault *fault);

enum json_type json_type(struct json v);

/*
 * What follows the string whose opening quote is at p, NULL where no string that may
 * stand in a JSON text ends before end; and whether it is ASCII without an escape.
 */
struct json_end {
	const char	*p;
	bool		 plain;
};
struct json_end json_string_end(const char *p, const char *end);

/* The value of the last member with that name; JSON_NONE where there is none. */
struct json json_get(struct json object, const char *name);

/*
 * Walks an array's elements or an object's members in order:
 *	for (i = json_first(v); json_more(&i, &name, &value);)
 * name is a string value, JSON_NONE in an array.
 */
struct json_iter {
	struct json_check {
		const char		*start, *end;	/* of the text */
		struct json_fault	*fault;
		int			 depth;	/* what is open around a value */
	} c;
	const char	*p;		/* NULL: there is nothing to walk */
	bool		 object, begun;
};
struct json_iter json_first(struct json v);
bool	json_more(struct json_iter *i, struct json *name, struct json *value);

/*
 * The same in two steps, so that no byte is walked twice: json_name goes to the next
 * member or element, false where there is none. Then either json_pass passes its
 * value; or json_enter walks what is in it (p is NULL, and nothing to walk, where it is
 * neither array nor object), and json_leave passes it after that. Both give the value.
 */
bool	json_name(struct json_iter *i, struct json *name);
void	json_pass(struct json_iter *i, struct json *value);
struct json_iter json_enter(const struct json_iter *i);
void	json_leave(struct json_iter *i, const struct json_iter *inner,
	    struct json *value);

/*
 * json_parse and a walk in one, of a text that must be an object. Where it is none, or
 * not even JSON, object is false and there is nothing to walk; a fault ends the walk
 * early. After the walk json_close says whether all was well, and gives the value:
 * only then does what was seen count.
 */
struct json_iter json_open(const char *text, size_t n,
	    struct json_fault *fault);
bool	json_close(const struct json_iter *i, struct json *v);

/* Whether c is JSON's white space (RFC 8259, section 2). */
static inline bool
json_is_space(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

/* What follows the white space that begins at p. */
static inline const char *
json_skip(const char *p, const char *end)
{
	/* Most often there is none: told by the first comparison. */
	while (p < end && (unsigned char)*p <= ' ' && json_is_space(*p))
		p++;
	return p;
}

/* Whether there is anything in it: more than "", [], {} or null. */
bool	json_holds(struct json v);

/* Whether v is a string that is not empty. */
static inline bool
json_says(struct json v)
{
	return v.p != NULL && v.n > 2 && *v.p == '"';
}

/* Whether v is a string that says the n bytes at p. */
bool	json_equals(struct json v, const char *p, size_t n);

/*
 * Whether v is a string that says s, which is not empty and has no backslash. Where
 * the compiler knows s this is a few instructions: it calls only where v begins like
 * s, or with an escape, and yet is not s as it stands.
 */
static inline bool
json_is(struct json v, const char *s)
{
	size_t n;

	if (v.n < 2 || (v.p[1] != *s && v.p[1] != '\\'))
		return false;
	n = strlen(s);
	return (v.n == n + 2 && *v.p == '"' && memcmp(v.p + 1, s, n) == 0) ||
	    json_equals(v, s, n);
}

/*
 * Appends a string's text to out as UTF-8: escapes resolved, surrogate pairs
 * joined, a lone surrogate and what is not UTF-8 as U+FFFD. Anything but a
 * string appends nothing.
 */
void	json_text(struct json v, struct buf *out);

/*
 * The same for a text that comes in pieces, each a string: the halves of a surrogate
 * pair in two pieces are one character. Keep *half, 0 at first, for the next piece: it
 * is a high half, which stands at out's end as U+FFFD (three bytes) until a low half
 * makes it whole. Where it is 0, all of out stays.
 */
void	json_join(struct json v, struct buf *out, uint32_t *half);

/* How many code points json_join would add. */
size_t	json_chars(struct json v, uint32_t *half);

/* A string's text as json_text has it; owned by the caller; NULL for no string. */
char	*json_string(struct json v);

/* A number's value; 0 for anything else. */
double	json_number(struct json v);

/* The same for a number from 0 on that an int holds; -1 for anything else. */
long	json_index(struct json v);

/*
 * Appends n bytes as a JSON string, in quotes. Only what JSON asks for is
 * escaped; other bytes, UTF-8 or not, stay as they are.
 */
void	json_quote(struct buf *out, const char *p, size_t n);

/*
 * Finds where one JSON text ends in bytes that come in pieces, by strings, brackets
 * and white space alone. Zeroed it is at the start of a text.
 */
struct json_scan {
	unsigned long	 depth;
	bool		 in_string, escaped, in_word;
};

/*
 * How many of the n bytes belong to the text that begins before or in them, the white
 * space before it too. Sets *whole where the text ends with them. A number or a word
 * ends only where something else follows: at the end of the input it may be whole all
 * the same.
 */
size_t	json_scan(struct json_scan *s, const char *p, size_t n, bool *whole);

#endif
