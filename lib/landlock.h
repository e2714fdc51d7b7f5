/*
 * landlock: which files a tool may still open, on a Linux that has Landlock; nothing
 * elsewhere. Files that are open are not its matter. Not for other calls (seccomp).
 */
#ifndef LANDLOCK_H
#define LANDLOCK_H

#include <stddef.h>

/*
 * From now on only these files may be opened, and only to be read; of one that is not
 * there yet, all of its folder: it may be made in time.
 */
void	landlock_read(char *const *files, size_t n);

/* Only these files, and those of the system, may be read; only beside output (NULL:
 * nowhere), and in folders there, may files be made and written. */
void	landlock_client(char *const *files, size_t n, const char *output);

#endif
