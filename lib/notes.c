#include <sys/stat.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "diag.h"
#include "notes.h"

bool
notes_names_input(const char *arg)
{
	static const char *const names[] = {
		"-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0",
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(arg + (*arg == '@'), names[i]) == 0)
			return true;
	return false;
}

/* proc(5), which not every system has. */
static bool
is_parents(const struct stat *ours)
{
	struct buf path = {0};
	struct stat st;
	bool same;

	buf_printf(&path, "/proc/%ld/fd/0", (long)getppid());
	same = stat(buf_string(&path), &st) == -1 ||
	    (st.st_dev == ours->st_dev && st.st_ino == ours->st_ino);
	buf_free(&path);
	return same;
}

/* Whether something waits there, going by what it is. */
static bool
waits(void)
{
	struct stat st;

	if (fstat(STDIN_FILENO, &st) == -1)
		return false;
	if (S_ISREG(st.st_mode)) {
		if (lseek(STDIN_FILENO, 0, SEEK_CUR) >= st.st_size)
			return false;
	} else if (!S_ISFIFO(st.st_mode) && !S_ISSOCK(st.st_mode)) {
		return false;
	}
	return !is_parents(&st);
}

void
notes_input(enum notes_use use)
{
	if (!isatty(STDERR_FILENO))
		return;
	if (use == NOTES_UNREAD) {
		if (waits())
			diag_warn("standard input is not read: a word - puts it"
			    " into the prompt");
	} else if (isatty(STDIN_FILENO)) {
		diag_warn("%s is read from the keyboard: Ctrl-D ends it",
		    use == NOTES_PROMPT ? "the prompt" : "standard input");
	}
}

void
notes_files(const char *const *words, size_t n)
{
	struct stat st;
	size_t i;

	if (!isatty(STDERR_FILENO))
		return;
	for (i = 0; i < n; i++) {
		if (stat(words[i], &st) == -1 || !S_ISREG(st.st_mode))
			continue;
		diag_warn("'%s' is a word of the prompt, and the name of a file:"
		    " -f %s puts that into it", words[i], words[i]);
		return;
	}
}
