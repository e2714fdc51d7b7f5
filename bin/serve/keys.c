#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "diag.h"
#include "io.h"
#include "key.h"
#include "keys.h"
#include "mem.h"
#include "utf8.h"

enum { MAX_FILE = 1 << 24 };	/* bytes */

struct keys_entry {
	char	*token;
	size_t	 n;
	char	*name;		/* NULL: none */
};

void
keys_add(struct keys *k, const char *token, const char *name)
{
	k->list = mem_resize(k->list, k->n + 1, sizeof(*k->list));
	k->list[k->n++] = (struct keys_entry){mem_string(token), strlen(token),
	    name != NULL ? mem_string(name) : NULL};
}

static void
check_token(const char *token, const char *path, unsigned long line)
{
	const char *c;

	if (*token == '\0')
		diag_die(EX_CONFIG, "%s:%lu: an empty token", path, line);
	for (c = token; *c != '\0'; c++)
		if (*c < ' ' || *c > '~')
			diag_die(EX_CONFIG, "%s:%lu: not a token: a control"
			    " character or a letter beyond ASCII at byte %zu",
			    path, line, (size_t)(c - token) + 1);
}

/* Takes a line apart: a token, blanks, the rest is the name. */
static void
take_line(struct keys *k, char *line, const char *path, unsigned long number)
{
	struct buf name = {0};
	char *rest = line + strcspn(line, " \t");

	if (*rest != '\0')
		*rest++ = '\0';
	rest += strspn(rest, " \t");
	check_token(line, path, number);
	utf8_add(&name, rest, strlen(rest));
	keys_add(k, line, name.n > 0 ? buf_string(&name) : NULL);
	buf_free(&name);
}

static void
take_lines(struct keys *k, struct buf *text, const char *path)
{
	size_t n = strlen(buf_string(text));
	char *rest = text->p, *line;
	unsigned long number;

	for (number = 1; (line = io_cut(&rest)) != NULL; number++) {
		if (rest == NULL && n != text->n)
			diag_die(EX_CONFIG, "%s:%lu: a NUL byte", path, number);
		if (*line != '#' && (*line != '\0' || rest != NULL))
			take_line(k, line, path, number);
	}
}

/* Whether it is systemd's own copy, whose mode is not what it seems. */
static bool
is_credential(const char *path)
{
	const char *dir = getenv("CREDENTIALS_DIRECTORY");
	size_t n = dir != NULL ? strlen(dir) : 0;

	return n > 0 && strncmp(path, dir, n) == 0 && path[n] == '/';
}

void
keys_read(struct keys *k, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct buf text = {0}, why = {0};
	size_t had = k->n;

	if (fd == -1)
		diag_die_errno(EX_CONFIG, "%s", path);
	if (!is_credential(path))
		key_check_mode(fd, path);
	if (io_slurp_fd(fd, path, IO_TEXT, &text, MAX_FILE, &why) != 0)
		diag_die(EX_CONFIG, "%s", buf_string(&why));
	close(fd);
	take_lines(k, &text, path);
	if (k->n == had)
		diag_die(EX_CONFIG, "%s: no token in it", path);
	buf_free(&text);
}

/* 0 where they are the same. */
static unsigned
difference(const struct keys_entry *e, const char *token, size_t n)
{
	volatile unsigned d = e->n != n;
	size_t i;

	for (i = 0; i < n; i++)
		d |= (unsigned char)e->token[i % e->n] ^ (unsigned char)token[i];
	return d;
}

bool
keys_find(const struct keys *k, const char *token, const char **name)
{
	size_t n = strlen(token), i, at = k->n;

	for (i = 0; i < k->n; i++)
		if (difference(&k->list[i], token, n) == 0)
			at = i;
	if (n == 0 || at == k->n)
		return false;
	*name = k->list[at].name;
	return true;
}

void
keys_free(struct keys *k)
{
	size_t i;

	for (i = 0; i < k->n; i++) {
		free(k->list[i].token);
		free(k->list[i].name);
	}
	free(k->list);
	*k = (struct keys){0};
}
