/*
 * image: an image file as a "data:" URL (RFC 2397), its type told by its first
 * bytes. Not for looking at it any further.
 */
#ifndef IMAGE_H
#define IMAGE_H

#include <stddef.h>

#include "buf.h"

/* The media type of a PNG, JPEG, GIF or WebP; NULL for anything else. A constant. */
const char *image_type(const char *p, size_t n);

/* Appends the URL of the n bytes of an image of that type. */
void	image_url(struct buf *out, const char *type, const char *p, size_t n);

#endif
