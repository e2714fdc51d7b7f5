#include <sys/resource.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "config.h"
#include "diag.h"
#include "io.h"
#include "key.h"
#include "mem.h"
#include "opt.h"

enum { MAX_KEY = 1 << 16 };	/* bytes; a file that is longer holds no key */

/* A file that may be missing. Any other trouble with it is for key_read to say. */
static bool
take(struct key_source *s, char *path)
{
	struct stat st;

	if (path != NULL && (stat(path, &st) == 0 ||
	    (errno != ENOENT && errno != ENOTDIR))) {
		s->kind = KEY_FILE;
		s->path = path;
		return true;
	}
	free(path);
	return false;
}

/* A stored key goes to its own host only, or to one port of it. */
static char *
stored(const struct url *u, bool port)
{
	const char *six = strchr(u->host, ':');
	struct buf name = {0};
	char *path;

	if (strcmp(u->host, HOST_SERVICE) == 0)
		return port ? NULL : config_path("key");
	/* Such a name is no host's and would lead out of the folder. */
	if (*u->host == '.' || strchr(u->host, '/') != NULL)
		return NULL;
	if (!port)
		buf_printf(&name, "keys/%s", u->host);
	else
		buf_printf(&name, six != NULL ? "keys/[%s]:%ld" : "keys/%s:%ld",
		    u->host, u->port);
	path = config_path(buf_string(&name));
	buf_free(&name);
	return path;
}

static void
take_stored(struct key_source *s, const struct url *u)
{
	if (!take(s, stored(u, true)))
		take(s, stored(u, false));
}

void
key_find(struct key_source *s, const char *file, const struct url *u)
{
	const char *dir = config_variable("CREDENTIALS_DIRECTORY");
	struct buf path = {0};

	*s = (struct key_source){0};
	/* Set but empty is a mistake of the one who set it: key_read says so. */
	if (file == NULL && getenv("SUPAI_API_KEY") != NULL) {
		s->kind = KEY_VARIABLE;
		s->variable = "SUPAI_API_KEY";
		return;
	}
	if (file == NULL)
		file = config_variable("SUPAI_API_KEY_FILE");
	if (file != NULL) {
		s->kind = KEY_FILE;
		s->path = mem_string(file);
		return;
	}
	if (dir != NULL) {	/* systemd.exec(5), "Credentials" */
		buf_printf(&path, "%s/supai-api-key", dir);
		s->unchecked = take(s, buf_take(&path));
	}
	if (s->kind == KEY_NONE)
		take_stored(s, u);
}

void
key_kept(struct key_source *s, const struct url *u)
{
	if (strcmp(u->host, HOST_SERVICE) == 0) {
		key_find(s, NULL, u);
		return;
	}
	*s = (struct key_source){0};
	take_stored(s, u);
}

void
key_check_mode(int fd, const char *path)
{
	struct stat st;
	struct buf word = {0};

	if (fstat(fd, &st) == -1)
		diag_die_errno(EX_CONFIG, "%s", path);
	if (!S_ISREG(st.st_mode) || (st.st_mode & (S_IRWXG | S_IRWXO)) == 0)
		return;
	opt_quote(&word, path, strlen(path));
	diag_die(EX_CONFIG, "%s: not for you alone (mode %03o): run chmod 600 %s",
	    path, (unsigned)(st.st_mode & 07777), buf_string(&word));
}

static char *
read_file(const struct key_source *s)
{
	struct buf b = {0}, name = {0};
	int fd = open(s->path, O_RDONLY | O_CLOEXEC | O_NOCTTY), status;

	buf_printf(&name, "key file %s", s->path);
	if (fd != -1 && !s->unchecked)
		key_check_mode(fd, s->path);
	status = io_slurp_fd(fd, buf_string(&name), IO_TEXT, &b, MAX_KEY, NULL);
	if (status != 0)
		exit(status == EX_IOERR ? status : EX_CONFIG);
	close(fd);
	buf_free(&name);
	buf_trim(&b, "\r\n");
	if (b.n > 0 && memchr(b.p, '\0', b.n) != NULL)
		diag_die(EX_CONFIG, "key file %s: a NUL byte: not a key", s->path);
	return buf_take(&b);
}

_Noreturn static void
no_key(const struct url *u)
{
	char *path = stored(u, false);

	if (path == NULL)
		diag_die(EX_CONFIG, "no key for %s: set SUPAI_API_KEY, or give"
		    " --key-file FILE (--no-key sends none)", u->host);
	diag_die(EX_CONFIG, "no key for %s: set SUPAI_API_KEY, or put it into %s"
	    " with mode 600 (--no-key sends none)", u->host, path);
}

char *
key_read(const struct key_source *s, const struct url *u)
{
	static const struct rlimit none = {0, 0};
	const char *name, *what = "", *c;
	char *key;
	size_t at;
	bool empty;

	(void)setrlimit(RLIMIT_CORE, &none);	/* a crash leaves no file with the key */
	if (s->kind == KEY_NONE)
		no_key(u);
	if (s->kind == KEY_VARIABLE) {
		name = s->variable;
		key = mem_string(config_variable(name) != NULL ? getenv(name) : "");
	} else {
		name = s->path;
		what = "key file ";
		key = read_file(s);
	}
	for (c = key; *c > ' ' && *c <= '~'; c++)
		;
	if (c > key && *c == '\0')
		return key;
	at = (size_t)(c - key) + 1;
	empty = *key == '\0';
	mem_forget(key);
	if (empty)
		diag_die(EX_CONFIG, "%s%s: is empty", what, name);
	diag_die(EX_CONFIG, "%s%s: not a key: a space, a control character or a"
	    " letter beyond ASCII at byte %zu", what, name, at);
}

void
key_free(struct key_source *s)
{
	free(s->path);
	*s = (struct key_source){0};
}
