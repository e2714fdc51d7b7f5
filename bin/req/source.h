/*
 * source: what a request is made of, as it stands in words and files: text that is
 * text, JSON that is an object, images, modes and models that are known. What is wrong
 * with it ends the program.
 */
#ifndef SOURCE_H
#define SOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "emit.h"
#include "json.h"
#include "opt.h"

/* Ends with 65 where n bytes are not UTF-8: the server would see another text. */
void	source_check(const char *name, const char *p, size_t n);

/*
 * Appends a whole file of up to max bytes, how as io_slurp has it, or ends with io's
 * status. Returns what messages call it, borrowed.
 */
const char *source_file(const char *path, unsigned how, size_t max,
	    struct buf *out);

/*
 * The same of a text: UTF-8 without NUL, else 65; a byte order mark is no part of it.
 * Of what is often taken for one it is said what makes text of it.
 */
const char *source_text(const char *path, size_t max, struct buf *out);

/* The object that n bytes of JSON say, borrowed from them; else it ends with status. */
struct json source_object(const char *name, int status, const char *p, size_t n);

/*
 * Appends n bytes of an image, a PNG, JPEG, GIF or WebP as its first bytes tell, as a
 * "data:" URL (RFC 2397). False for anything else.
 */
bool	source_image(struct buf *url, const char *p, size_t n);

/*
 * The mode that is asked for (borrowed): this one, or where it is NULL $SUPAI_MODEL's,
 * or auto. lax, here and below, is request_check's.
 */
const char *source_mode(const char *mode, unsigned lax);

/* Writes the member "models": each id once that the patterns, comma lists, stand for. */
void	source_models(const struct opt_words *patterns, unsigned lax, struct emit *e);

#endif
