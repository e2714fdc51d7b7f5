/*
 * temp: files that are made beside another one, and then take its place or vanish.
 * Each is locked as long as its process lives; one that is not was left by a run
 * that was killed, and the next one in that folder removes it.
 */
#ifndef TEMP_H
#define TEMP_H

#include <stdbool.h>

struct temp {
	char	*path;	/* NULL: there is none; owned */
	int	 fd;
};

/*
 * Makes one in the folder of a file, readable for its owner only, after removing what
 * killed runs left there. False with errno.
 */
bool	temp_make(struct temp *t, const char *beside);

/* Whether the file that is open is still the one at path. */
bool	temp_stands(int fd, const char *path);

/* It takes the place of that file; false with errno, and then it is still there. */
bool	temp_become(struct temp *t, const char *path);

/* Removes it, if there is one. */
void	temp_drop(struct temp *t);

#endif
