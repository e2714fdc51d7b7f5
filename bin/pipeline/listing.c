#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "conversation.h"
#include "diag.h"
#include "io.h"
#include "json.h"
#include "listing.h"
#include "mem.h"
#include "term.h"
#include "utf8.h"

#define SUFFIX ".ndjson"
enum { WORDS = 60 };	/* bytes of the first words */

/* Appends the text of a message's content: a string, or parts. */
static void
add_content(struct buf *out, struct json content)
{
	struct json_iter i;
	struct json name, part, text;

	json_text(content, out);
	if (json_type(content) != JSON_ARRAY)
		return;
	for (i = json_first(content); json_more(&i, &name, &part);) {
		text = json_get(part, "text");
		if (out->n > 0)
			buf_addc(out, '\n');
		if (json_type(text) == JSON_STRING)
			json_text(text, out);
		else
			buf_adds(out, "[image]");
	}
}

/* All of them. */

struct entry {
	char	*line;
	time_t	 used;
};

static void
add_first_words(struct buf *out, const struct buf *file)
{
	const char *p = file->p;
	struct json request, name, message;
	struct json_iter i;
	struct buf text = {0}, words = {0};
	size_t n;

	if (!conversation_line(&p, p + file->n, &request))
		return;
	for (i = json_first(json_get(request, "messages"));
	    text.n == 0 && json_more(&i, &name, &message);)
		if (json_is(json_get(message, "role"), "user"))
			add_content(&text, json_get(message, "content"));
	term_line(&words, text.p, text.n);
	n = utf8_cut(words.p, words.n, WORDS);
	buf_add(out, words.p, n);
	buf_adds(out, n < words.n ? "…" : "");
	buf_free(&words);
	buf_free(&text);
}

static void
add_time(struct buf *out, time_t t)
{
	char when[32];
	struct tm tm;

	if (localtime_r(&t, &tm) == NULL ||
	    strftime(when, sizeof(when), "%Y-%m-%d %H:%M", &tm) == 0)
		when[0] = '\0';
	buf_printf(out, "\t%s\t", when);
}

/* Whether the file, n bytes of whose name are the conversation's, is one. */
static bool
read_entry(struct entry *e, int folder, const char *file, size_t n)
{
	struct buf text = {0}, why = {0}, line = {0};
	struct stat st;
	int fd = openat(folder, file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	bool well = fd != -1 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    io_slurp_fd(fd, file, IO_BYTES, &text, 2 * IO_MAX_RECORD, &why) == 0 &&
	    text.n > 0;

	if (well) {
		term_line(&line, file, n);
		add_time(&line, st.st_mtime);
		add_first_words(&line, &text);
		buf_addc(&line, '\n');
		*e = (struct entry){buf_take(&line), st.st_mtime};
	}
	if (fd != -1)
		close(fd);
	buf_free(&text);
	buf_free(&why);
	return well;
}

/* Lines begin with the names. */
static int
by_time(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->used != y->used)
		return x->used < y->used ? 1 : -1;
	return strcmp(x->line, y->line);
}

/* The name's length without its end; 0: it is no conversation's file. */
static size_t
name_length(const char *file)
{
	size_t n = strlen(file), end = strlen(SUFFIX);

	return *file != '.' && n > end && strcmp(file + n - end, SUFFIX) == 0 ?
	    n - end : 0;
}

void
listing_all(void)
{
	char *folder = conversation_path("");
	DIR *dir = opendir(folder);
	struct entry *entries = NULL;
	size_t n = 0, i, len;
	struct dirent *d;

	while (dir != NULL && (d = readdir(dir)) != NULL) {
		len = name_length(d->d_name);
		entries = mem_room(entries, n, sizeof(*entries));
		if (len > 0 && read_entry(&entries[n], dirfd(dir), d->d_name, len))
			n++;
	}
	if (dir == NULL && errno != ENOENT)
		diag_die_errno(EX_NOINPUT, "%s", folder);
	if (dir != NULL)
		closedir(dir);
	if (n > 0)
		qsort(entries, n, sizeof(*entries), by_time);
	for (i = 0; i < n; i++) {
		io_write(entries[i].line, strlen(entries[i].line));
		free(entries[i].line);
	}
	free(entries);
	free(folder);
}

/* One of them. */

static void
put_message(struct json message, bool safe)
{
	struct buf role = {0}, text = {0}, out = {0};

	json_text(json_get(message, "role"), &role);
	add_content(&text, json_get(message, "content"));
	buf_trim(&text, "\n");
	buf_adds(&out, "==> ");
	term_line(&out, role.p, role.n);
	buf_adds(&out, " <==\n");
	if (safe)
		term_text(&out, text.p, text.n);
	else
		buf_add(&out, text.p, text.n);
	buf_addc(&out, '\n');
	io_write(out.p, out.n);
	buf_free(&role);
	buf_free(&text);
	buf_free(&out);
}

void
listing_one(const char *name, bool safe)
{
	struct conversation c;
	struct buf text = {0};
	struct json request, completion, none, v;
	struct json_iter i;
	const char *p, *end;
	int fd, status;

	conversation_find(&c, name);
	fd = open(c.file, O_RDONLY | O_CLOEXEC);
	if (fd == -1 && errno == ENOENT)
		diag_die(EX_NOINPUT, "there is no conversation %s (--list tells"
		    " which there are)", c.name);
	status = io_slurp_fd(fd, c.file, IO_BYTES, &text, 2 * IO_MAX_RECORD, NULL);
	if (status != 0)
		exit(status);
	close(fd);
	p = text.p;
	end = p + text.n;
	if (!conversation_line(&p, end, &request) || !conversation_line(&p, end, &completion))
		diag_die(EX_DATAERR, "%s: not a conversation", c.file);
	for (i = json_first(json_get(request, "messages")); json_more(&i, &none, &v);) {
		put_message(v, safe);
		io_write("\n", 1);
	}
	i = json_first(json_get(completion, "choices"));
	if (json_more(&i, &none, &v))
		put_message(json_get(v, "message"), safe);
	buf_free(&text);
	conversation_close(&c);
}
