#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "diag.h"
#include "host.h"
#include "io.h"
#include "mem.h"
#include "models.h"
#include "panel.h"
#include "utf8.h"

enum {
	MAX_FILE = 1 << 20,	/* a list that is longer is no list */
	MAX_NAME = 96,		/* ids longer than this have no near ones */
	SHOWN = 4,		/* near ids in a message */
};

static const char *const models[] = {
#include "models_list.h"
};

static const char *const modes[] = {
#include "modes_list.h"
};

struct list {
	const char		*file;	/* its name in the configuration */
	const char		*noun;
	const char *const	*ids;
	size_t			 n;
	bool			 looked;	/* for the user's file */
	char			*text;		/* what ids point into, when it is a file's */
	const char		**own;		/* the file's, or the panel's after them */
};

static struct panel panel;	/* the user's own, where there is one */

static struct list lists[] = {
	[MODELS_MODELS] = {
		.file = "models", .noun = "model", .ids = models,
		.n = sizeof(models) / sizeof(*models),
	},
	[MODELS_MODES] = {
		.file = "modes", .noun = "mode", .ids = modes,
		.n = sizeof(modes) / sizeof(*modes),
	},
};

/* The file's text, owned; NULL where there is no such file. */
static char *
read_file(const char *path)
{
	struct buf text = {0};
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd == -1 && (errno == ENOENT || errno == ENOTDIR))
		return NULL;
	if (io_slurp_fd(fd, path, IO_TEXT, &text, MAX_FILE, NULL) != 0)
		exit(EX_CONFIG);
	close(fd);
	if (text.n > 0 && memchr(text.p, '\0', text.n) != NULL)
		diag_die(EX_CONFIG, "%s: a NUL byte: not a list of ids", path);
	return buf_take(&text);
}

static void
load(struct list *l)
{
	char *path = config_path(l->file), *line, *rest;
	unsigned long number = 0;
	size_t n = 0;

	l->looked = true;
	l->text = path != NULL ? read_file(path) : NULL;
	for (rest = l->text; (line = io_cut(&rest)) != NULL;) {
		number++;
		line += strspn(line, " \t");
		if (*line == '\0' || *line == '#')
			continue;
		if (!config_is_id(line))
			diag_die(EX_CONFIG, "%s: line %lu: not the id of a %s",
			    path, number, l->noun);
		l->own = mem_room(l->own, n, sizeof(*l->own));
		l->own[n++] = line;
	}
	if (l->text != NULL && n == 0)
		diag_die(EX_CONFIG, "%s: holds no id; remove it to use the list"
		    " built in", path);
	if (l->text != NULL) {
		l->ids = l->own;
		l->n = n;
	}
	free(path);
}

/* The user's panel, read once. */
static void
load_panel(void)
{
	char *path = panel.path == NULL ? config_path("panel") : NULL;
	struct buf why = {0};

	if (path != NULL && !panel_read(&panel, path, &why))
		diag_die(EX_CONFIG, "%s", buf_string(&why));
}

static bool
is_listed(const struct list *l, const char *id)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		if (strcmp(l->ids[i], id) == 0)
			return true;
	return false;
}

/* Puts an id of the panel after the list's own. */
static void
add_id(struct list *l, const char *id)
{
	if (is_listed(l, id))
		return;
	if (l->ids != l->own) {
		l->own = mem_zero(l->n, sizeof(*l->own));
		memcpy(l->own, l->ids, l->n * sizeof(*l->own));
	}
	l->own = mem_resize(l->own, l->n + 1, sizeof(*l->own));
	l->own[l->n++] = id;
	l->ids = l->own;
}

static void
add_panel(enum models_list list)
{
	size_t i;

	load_panel();
	for (i = 0; list == MODELS_MODELS && i < panel.nmodels; i++)
		if (!panel.models[i].glob)
			add_id(&lists[list], panel.models[i].id);
	for (i = 0; list == MODELS_MODES && i < panel.nmodes; i++)
		add_id(&lists[list], panel.modes[i].name);
}

const char *const *
models_ids(enum models_list list, size_t *n)
{
	struct list *l = &lists[list];

	if (!l->looked) {
		load(l);
		add_panel(list);
	}
	*n = l->n;
	return l->ids;
}

bool
models_known(enum models_list list, const char *id)
{
	size_t n;

	(void)models_ids(list, &n);
	if (is_listed(&lists[list], id))
		return true;
	/* A glob of the panel serves what no list names. */
	return list == MODELS_MODELS && panel_find(&panel, id) != NULL;
}

/*
 * How near an id is to what was asked for: less is nearer. People leave out the
 * vendor and the punctuation, know a part of the name, add a date, turn the
 * words around, or mistype.
 */
enum {
	SAME = 0,		/* but for case and punctuation */
	BEGINS = 1000,		/* the id begins with it; 100 more: its name does */
	HOLDS = 2000,		/* the id holds it somewhere */
	TYPO = 2500,		/* plus 300 an edit */
	WORDS = 2900,		/* the id holds each of its words */
	LONGER = 3000,		/* it begins with the id's name */
	BEGUN = 3500,		/* its name begins with it but for one edit */
	FAR = 1 << 20,
};

struct name {
	char	full[MAX_NAME + 1];	/* letters and digits, in lower case */
	char	*base;			/* what of it stands after the last slash */
};

static bool
simplify(const char *id, struct name *name)
{
	size_t n = 0;

	name->base = name->full;
	for (; *id != '\0'; id++) {
		if (*id == '/')
			name->base = name->full + n;
		if (!isalnum((unsigned char)*id))
			continue;
		if (n == MAX_NAME)
			return false;
		name->full[n++] = (char)tolower((unsigned char)*id);
	}
	name->full[n] = '\0';
	return n > 0;
}

static int
least(int a, int b)
{
	return a < b ? a : b;
}

/*
 * The number of letters to add, drop, change or swap with their neighbour to
 * make b of a (optimal string alignment); prefix: or what b begins with.
 */
static int
edits(const char *a, const char *b, bool prefix)
{
	int rows[3][MAX_NAME + 1];
	int na = (int)strlen(a), nb = (int)strlen(b), i, j, change;
	int *row, *above, *above2;

	for (j = 0; j <= nb; j++)
		rows[0][j] = j;
	for (i = 1; i <= na; i++) {
		row = rows[i % 3];
		above = rows[(i + 2) % 3];
		above2 = rows[(i + 1) % 3];
		row[0] = i;
		for (j = 1; j <= nb; j++) {
			change = a[i - 1] != b[j - 1];
			row[j] = least(above[j] + 1, row[j - 1] + 1);
			row[j] = least(row[j], above[j - 1] + change);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1])
				row[j] = least(row[j], above2[j - 2] + 1);
		}
	}
	row = rows[na % 3];
	for (j = nb; prefix && j > 0; j--)
		row[j - 1] = least(row[j - 1], row[j]);
	return row[prefix ? 0 : nb];
}

/* The edits between them, as long as they are few for that many letters. */
static int
typos(const char *asked, const char *name)
{
	int d = edits(asked, name, false), n = (int)strlen(asked);

	return d <= (n < 8 ? 1 : n / 4) ? d : FAR;
}

/* Whether each word of what was asked for stands in the id. */
static bool
holds_words(const struct name *id, const char *asked)
{
	struct buf word = {0};
	bool all = true;
	int words = 0;

	for (; all; asked++) {
		if (isalnum((unsigned char)*asked)) {
			buf_addc(&word, tolower((unsigned char)*asked));
			continue;
		}
		if (word.n > 0) {
			words++;
			all = strstr(id->full, buf_string(&word)) != NULL;
			buf_clear(&word);
		}
		if (*asked == '\0')
			break;
	}
	buf_free(&word);
	return all && words > 1;
}

static bool
begins(const char *s, const char *start)
{
	return strncmp(s, start, strlen(start)) == 0;
}

static int
distance(const struct name *asked, const char *asked_id, const struct name *id)
{
	size_t n = strlen(asked->full), base = strlen(id->base);
	int d;

	if (strcmp(asked->full, id->full) == 0 ||
	    strcmp(asked->base, id->base) == 0)
		return SAME;
	if (n >= 2 && begins(id->full, asked->full))
		return BEGINS;
	if (n >= 2 && begins(id->base, asked->full))
		return BEGINS + 100;
	if (n >= 3 && strstr(id->full, asked->full) != NULL)
		return HOLDS;
	d = least(typos(asked->full, id->full), typos(asked->base, id->base));
	if (d == 1)
		return TYPO + 300;
	if (holds_words(id, asked_id))
		return WORDS;
	if (base >= 4 && begins(asked->base, id->base))
		return LONGER + MAX_NAME - (int)base;
	if (n >= 6 && edits(asked->base, id->base, true) == 1)
		return BEGUN;
	return d < FAR ? TYPO + 300 * d : FAR;
}

/*
 * The ids nearest to one that is not on the list, nearest first: at most max,
 * only such as a typing error or a part of the name would explain. Sets
 * nearest[] (borrowed) and returns how many.
 */
static size_t
find_nearest(enum models_list list, const char *id, const char **nearest,
    size_t max)
{
	struct name asked, name;
	size_t n, found = 0, i, at;
	const char *const *ids = models_ids(list, &n);
	int *how, d;

	if (max == 0 || !simplify(id, &asked))
		return 0;
	how = mem_zero(max, sizeof(*how));
	/* From the end: of equals, the list has the newer version later. */
	for (i = n; i-- > 0;) {
		d = simplify(ids[i], &name) ? distance(&asked, id, &name) : FAR;
		for (at = found; at > 0 && how[at - 1] > d; at--)
			;
		if (d == FAR || at == max)
			continue;
		if (found < max)
			found++;
		memmove(how + at + 1, how + at, (found - at - 1) * sizeof(*how));
		memmove(nearest + at + 1, nearest + at,
		    (found - at - 1) * sizeof(*nearest));
		how[at] = d;
		nearest[at] = ids[i];
	}
	free(how);
	return found;
}

void
models_unknown(enum models_list list, const char *id, struct buf *out)
{
	const char *nearest[SHOWN];
	size_t n = find_nearest(list, id, nearest, SHOWN), i, len = strlen(id);
	size_t shown = utf8_cut(id, len, MAX_NAME);

	buf_printf(out, "unknown %s '%.*s%s'", lists[list].noun, (int)shown, id,
	    shown < len ? "…" : "");
	if (n == 0) {
		buf_printf(out, " (supai-models%s lists the known ones)",
		    list == MODELS_MODES ? " -m" : "");
		return;
	}
	buf_adds(out, ": did you mean ");
	for (i = 0; i < n; i++)
		buf_printf(out, "%s%s", i == 0 ? "" : i + 1 < n ? ", " : " or ",
		    nearest[i]);
	buf_adds(out, "?");
}

bool
models_foreign(void)
{
	const char *url = config_variable("SUPAI_BASE_URL");

	return url != NULL && !host_is_service(url);
}

bool
models_unlisted(void)
{
	const char *s = config_variable("SUPAI_UNLISTED");

	return (s != NULL && strcmp(s, "0") != 0) || models_foreign();
}
