#include <sys/stat.h>

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "fd.h"
#include "io.h"
#include "mem.h"
#include "opt.h"

/* What every tool has; shown after its own. */
static const struct opt_def common[] = {
	{'h', "help", NULL, "print this help"},
	{'V', "version", NULL, "print the version"},
	{0, NULL, NULL, NULL},
};

static void
add_usage(struct buf *b, const struct opt_tool *tool)
{
	buf_printf(b, "usage: %s [options]%s%s", diag_name(),
	    *tool->operands != '\0' ? " " : "", tool->operands);
}

/* Its argument may be left out; the name says so: "[=N]". */
static bool
is_optional(const struct opt_def *d)
{
	return d->arg != NULL && *d->arg == '[';
}

static bool
is_everyday(const struct opt_tool *tool, const struct opt_def *d)
{
	size_t i;

	for (i = 0; tool->everyday != NULL && tool->everyday[i] != NULL; i++)
		if (strcmp(tool->everyday[i], d->name) == 0)
			return true;
	return false;
}

/*
 * Appends an option's line, "-m, --model MODE" taking up width columns; or where b is
 * NULL makes width as large as this one needs.
 */
static void
add_option(struct buf *b, const struct opt_def *d, int *width)
{
	bool letter = d->key < OPT_LONG;
	struct buf left = {0};

	buf_printf(&left, "%c%c%s --%s", letter ? '-' : ' ', letter ? d->key : ' ',
	    letter ? "," : " ", d->name);
	if (d->arg != NULL)
		buf_printf(&left, "%s%s", is_optional(d) ? "" : " ", d->arg);
	if (b != NULL)
		buf_printf(b, "  %-*s %s\n", *width, buf_string(&left), d->help);
	else if ((int)left.n > *width)
		*width = (int)left.n;
	buf_free(&left);
}

/* The options of every day, and then, with all, the others. */
static void
add_options(struct buf *b, const struct opt_tool *tool, bool all, int *width)
{
	const struct opt_def *d;
	size_t i;

	for (i = 0; tool->everyday != NULL && tool->everyday[i] != NULL; i++) {
		for (d = tool->defs; strcmp(d->name, tool->everyday[i]) != 0; d++)
			;
		add_option(b, d, width);
	}
	for (d = tool->defs; all && d->name != NULL; d++)
		if (!is_everyday(tool, d))
			add_option(b, d, width);
	for (d = common; all && d->name != NULL; d++)
		add_option(b, d, width);
}

static _Noreturn void
help(const struct opt_tool *tool, const char *which)
{
	bool all = tool->everyday == NULL ||
	    (which != NULL && strcmp(which, "all") == 0);
	struct buf b = {0};
	int width = 0;

	add_usage(&b, tool);
	buf_printf(&b, "\n%s\n\n", tool->summary);
	add_options(NULL, tool, all, &width);
	add_options(&b, tool, all, &width);
	buf_printf(&b, "\n%s", all ? "" : "--help all shows all options.\n");
	buf_printf(&b, "See %s(1), and supai(7) for the whole toolkit.\n",
	    diag_name());
	io_write(b.p, b.n);
	exit(0);
}

static _Noreturn void
version(void)
{
	struct buf b = {0};

	buf_printf(&b, "%s %s\n", diag_name(), SUPAI_VERSION);
	io_write(b.p, b.n);
	exit(0);
}

void
opt_usage(const struct opt_tool *tool, const char *fmt, ...)
{
	struct buf why = {0}, usage = {0};
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&why, fmt, ap);
	va_end(ap);
	diag_warn("%s", buf_string(&why));
	add_usage(&usage, tool);
	buf_addc(&usage, '\n');
	(void)fd_write(STDERR_FILENO, usage.p, usage.n);
	exit(EX_USAGE);
}

/* getopt_long's own tables, made from ours. */
struct tables {
	char		*letters;
	struct option	*longs;
};

static struct tables
make_tables(const struct opt_tool *tool)
{
	const struct opt_def *const parts[] = {tool->defs, common}, *d;
	struct buf letters = {0};
	struct tables t = {0};
	size_t n = 0, i;

	/* "+" stops at the first operand; ":" tells a missing argument apart. */
	buf_adds(&letters, tool->first ? "+:" : ":");
	for (i = 0; i < 2; i++)
		for (d = parts[i]; d->name != NULL; d++) {
			t.longs = mem_resize(t.longs, n + 1, sizeof(*t.longs));
			t.longs[n++] = (struct option){.name = d->name,
			    .has_arg = d->arg == NULL ? no_argument : is_optional(d) ?
			    optional_argument : required_argument, .val = d->key};
			if (d->key < OPT_LONG)
				buf_printf(&letters, "%c%s", d->key, d->arg == NULL ?
				    "" : is_optional(d) ? "::" : ":");
		}
	t.longs = mem_resize(t.longs, n + 1, sizeof(*t.longs));
	t.longs[n] = (struct option){0};
	t.letters = buf_take(&letters);
	return t;
}

/* An argument may be a secret, or long: the option alone is named. */
static _Noreturn void
unknown(const struct opt_tool *tool, const char *word)
{
	const struct opt_hint *h = tool->hints;
	int n = (int)strcspn(word, "=");

	for (; h != NULL && h->name != NULL; h++)
		if (strncmp(word + 2, h->name, (size_t)n - 2) == 0 &&
		    h->name[n - 2] == '\0')
			opt_usage(tool, "unknown option '%.*s': %s", n, word,
			    h->help);
	opt_usage(tool, "unknown option '%.*s'", n, word);
}

int
opt_next(const struct opt_tool *tool, int argc, char **argv, const char **arg)
{
	static struct tables t;
	const char *word;
	int key;

	if (t.longs == NULL)
		t = make_tables(tool);
	opterr = 0;
	key = getopt_long(argc, argv, t.letters, t.longs, NULL);
	*arg = optarg;
	/* Past the end, in musl, where the last word lacks its argument. */
	word = argv[(optind > argc ? argc : optind) - 1];
	switch (key) {
	case -1:
		free(t.letters);
		free(t.longs);
		t = (struct tables){0};
		return -1;
	case 'h':
		help(tool, argv[optind]);
	case 'V':
		version();
	case ':':
		opt_usage(tool, "option '%s' needs an argument", word);
	case '?':
		if (optopt > 0 && optopt < OPT_LONG && isprint(optopt) &&
		    strncmp(word, "--", 2) != 0)
			opt_usage(tool, "unknown option '-%c'", optopt);
		if (optopt != 0)
			opt_usage(tool, "option '%.*s' takes no argument",
			    (int)strcspn(word, "="), word);
		unknown(tool, word);
	default:
		return key;
	}
}

size_t
opt_size(const struct opt_tool *tool, const char *name, const char *s)
{
	static const char units[] = "KMG";
	const char *unit;
	unsigned long long n;
	unsigned shift = 0;
	char *end;

	errno = 0;
	n = strtoull(s, &end, 10);
	if (*end != '\0' && end != s) {
		unit = strchr(units, toupper((unsigned char)*end));
		if (unit != NULL && end[1] == '\0') {
			shift = 10 * (unsigned)(unit - units + 1);
			end++;
		}
	}
	if (!isdigit((unsigned char)*s) || *end != '\0' || errno != 0 || n == 0 ||
	    n > (SIZE_MAX / 2) >> shift)
		opt_usage(tool, "%s: '%s' is no size (bytes, or with K, M or G)",
		    name, s);
	return (size_t)n << shift;
}

static bool
is_number(const char *s, double *x)
{
	char *end;
	double value;

	errno = 0;
	value = strtod(s, &end);
	if (*s == '\0' || isspace((unsigned char)*s) || *end != '\0' ||
	    errno != 0 || !isfinite(value) || strpbrk(s, "xX") != NULL)
		return false;
	*x = value;
	return true;
}

double
opt_number(const struct opt_tool *tool, const char *name, const char *s)
{
	double x;

	if (!is_number(s, &x))
		opt_usage(tool, "%s: '%s' is no number", name, s);
	return x;
}

double
opt_share(const struct opt_tool *tool, const char *name, const char *s)
{
	double x = opt_number(tool, name, s);

	if (x > 1 && x <= 100)
		opt_usage(tool, "%s: '%s' is not from 0 to 1: %s %% is %g", name,
		    s, s, x / 100);
	if (x < 0 || x > 1)
		opt_usage(tool, "%s: '%s' is not from 0 to 1", name, s);
	return x;
}

long
opt_seconds(const struct opt_tool *tool, const char *name, const char *s)
{
	static const char units[] = "smh";
	static const double seconds[] = {1, 60, 3600};
	size_t n = strlen(s);
	const char *unit = n > 1 ? strchr(units, s[n - 1]) : NULL;
	char *number = mem_copy(s, unit != NULL ? n - 1 : n);
	double x = -1;

	if (is_number(number, &x) && unit != NULL)
		x *= seconds[unit - units];
	free(number);
	if (x < 0 || x > INT_MAX / 1000)
		opt_usage(tool, "%s: '%s' is no time (seconds, or with s, m or h)",
		    name, s);
	/* Rounded up: a limit that is not zero does not become "no limit". */
	x *= 1000;
	return (long)x + ((double)(long)x < x);
}

long
opt_count(const struct opt_tool *tool, const char *name, const char *s, long min,
    long max)
{
	long n;
	char *end;

	errno = 0;
	n = strtol(s, &end, 10);
	if (*s == '\0' || isspace((unsigned char)*s) || *end != '\0' ||
	    errno != 0 || n < min || n > max)
		opt_usage(tool, "%s: '%s' is no whole number from %ld to %ld",
		    name, s, min, max);
	return n;
}

/* Words. */

void
opt_words_add(struct opt_words *w, const char *word)
{
	w->p = mem_resize(w->p, w->n + 2, sizeof(*w->p));
	w->p[w->n++] = word;
	w->p[w->n] = NULL;
}

void
opt_words_join(struct opt_words *w, const struct opt_words *more)
{
	size_t i;

	for (i = 0; i < more->n; i++)
		opt_words_add(w, more->p[i]);
}

void
opt_words_free(struct opt_words *w)
{
	free(w->p);
	*w = (struct opt_words){0};
}

void
opt_quote(struct buf *out, const char *p, size_t n)
{
	static const char plain[] = "@%_+=:,./-0123456789"
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
	size_t i;

	for (i = 0; i < n && strchr(plain, p[i]) != NULL; i++)
		;
	if (n > 0 && i == n) {
		buf_add(out, p, n);
		return;
	}
	buf_addc(out, '\'');
	for (i = 0; i < n; i++)
		if (p[i] == '\'')
			buf_adds(out, "'\\''");
		else
			buf_addc(out, (unsigned char)p[i]);
	buf_addc(out, '\'');
}

bool
opt_names_input(const char *arg)
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

void
opt_prompt(const struct opt_tool *tool, char **operands, bool dashes,
    struct opt_words *words)
{
	for (; *operands != NULL; operands++) {
		if (!dashes && (*operands)[0] == '-' && (*operands)[1] != '\0')
			opt_usage(tool, "'%s' after the prompt's first word:"
			    " quote the prompt, or put -- before it", *operands);
		opt_words_add(words, *operands);
	}
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

static void
note_files(const struct opt_words *words)
{
	struct stat st;
	size_t i;

	for (i = 0; i < words->n; i++) {
		if (stat(words->p[i], &st) == -1 || !S_ISREG(st.st_mode))
			continue;
		diag_warn("'%s' is a word of the prompt, and the name of a file:"
		    " -f %s puts that into it", words->p[i], words->p[i]);
		return;
	}
}

void
opt_note_prompt(const struct opt_words *words, bool input, bool files)
{
	bool whole = words->n == 0 && !input && !files;
	size_t i;

	if (!isatty(STDERR_FILENO))
		return;
	for (i = 0; i < words->n; i++)
		input |= strcmp(words->p[i], "-") == 0;
	if (!input && !whole && waits())
		diag_warn("standard input is not read: a word - puts it into the prompt");
	if ((input || whole) && isatty(STDIN_FILENO))
		diag_warn("%s is read from the keyboard: Ctrl-D ends it",
		    whole ? "the prompt" : "standard input");
	if (files)
		note_files(words);
}
