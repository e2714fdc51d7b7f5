/*
 * key: which key goes to which host. No key stands in an argument, and one in the
 * configuration goes to its own host only.
 */
#ifndef KEY_H
#define KEY_H

#include <stdbool.h>

#include "url.h"

/* Where a key stands. */
enum key_kind {
	KEY_NONE,
	KEY_VARIABLE,	/* in the environment */
	KEY_FILE,
};

struct key_source {
	enum key_kind	 kind;
	const char	*variable;	/* its name; borrowed */
	char		*path;		/* the file's; owned */
	bool		 unchecked;	/* systemd's own: its mode is not looked at */
};

/*
 * Finds where the key for u is, without opening files: file (--key-file; may be NULL), else
 * $SUPAI_API_KEY, else the file $SUPAI_API_KEY_FILE, else
 * $CREDENTIALS_DIRECTORY/supai-api-key, else the configuration's supai/key for the
 * default host, supai/keys/HOST:PORT or else supai/keys/HOST for any other.
 */
void	key_find(struct key_source *s, const char *file, const struct url *u);

/*
 * Finds the key that is kept for u alone: for the default host as key_find does
 * without a file; for any other supai/keys/HOST:PORT in the configuration (HOST in
 * brackets for IPv6), else supai/keys/HOST.
 */
void	key_kept(struct key_source *s, const struct url *u);

/*
 * The key, owned by the caller, who clears it (mem_forget). From here on there are no
 * core files. Ends the tool with 78 for KEY_NONE, a file that cannot be read, a regular
 * file that others have rights to, and a key that is empty or holds anything but
 * visible ASCII; the message never shows the key.
 */
char	*key_read(const struct key_source *s, const struct url *u);

/*
 * Ends the tool with 78, naming the chmod to run, when fd, opened from path, is
 * a regular file that others than its owner have rights to.
 */
void	key_check_mode(int fd, const char *path);

void	key_free(struct key_source *s);

#endif
