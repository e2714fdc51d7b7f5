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
	const char *const	*built_in;
	size_t			 nbuilt_in;
	/* The file's, or else those built in; then the panel's. NULL: nobody has asked. */
	const char		**ids;
	size_t			 n;
};

static struct panel panel;	/* the user's own, where there is one */

static struct list lists[] = {
	[MODELS_MODELS] = {
		.file = "models", .noun = "model", .built_in = models,
		.nbuilt_in = sizeof(models) / sizeof(*models),
	},
	[MODELS_MODES] = {
		.file = "modes", .noun = "mode", .built_in = modes,
		.nbuilt_in = sizeof(modes) / sizeof(*modes),
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
add_id(struct list *l, const char *id)
{
	l->ids = mem_room(l->ids, l->n, sizeof(*l->ids));
	l->ids[l->n++] = id;
}

static void
load(struct list *l)
{
	char *path = config_path(l->file), *line, *rest;
	char *text = path != NULL ? read_file(path) : NULL;
	unsigned long number = 0;

	for (rest = text; (line = io_cut(&rest)) != NULL;) {
		number++;
		line += strspn(line, " \t");
		if (*line == '\0' || *line == '#')
			continue;
		if (!config_is_id(line))
			diag_die(EX_CONFIG, "%s: line %lu: not the id of a %s",
			    path, number, l->noun);
		add_id(l, line);
	}
	if (text != NULL && l->n == 0)
		diag_die(EX_CONFIG, "%s: holds no id; remove it to use the list"
		    " built in", path);
	while (text == NULL && l->n < l->nbuilt_in)
		add_id(l, l->built_in[l->n]);
	free(path);
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

/* Puts what the panel has after the list's own. */
static void
add_panel(struct list *l, bool of_modes)
{
	char *path = panel.path == NULL ? config_path("panel") : NULL;
	struct buf why = {0};
	const char *id;
	size_t n, i;

	if (path != NULL && !panel_read(&panel, path, &why))
		diag_die(EX_CONFIG, "%s", buf_string(&why));
	n = of_modes ? panel.nmodes : panel.nmodels;
	for (i = 0; i < n; i++) {
		id = of_modes ? panel.modes[i].name : panel.models[i].id;
		if ((of_modes || !panel.models[i].glob) && !is_listed(l, id))
			add_id(l, id);
	}
}

const char *const *
models_ids(enum models_list list, size_t *n)
{
	struct list *l = &lists[list];

	if (l->ids == NULL) {
		load(l);
		add_panel(l, list == MODELS_MODES);
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
	REST = 10,		/* what was asked for ends before the id does */
	ELSEWHERE = 20,		/* it begins neither the id nor its name */
	EDIT = 300,		/* a letter to add, drop, change or swap with the next */
	WORDS = 400,		/* the id holds each of its words */
	LONGER = 600,		/* it begins with the id's name; less for each letter */
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
 * What it costs to find what was asked for in an id (optimal string alignment, which
 * begins and ends anywhere in it), as long as the edits are few for that many letters.
 */
static int
cost(const char *asked, const struct name *id)
{
	int rows[3][MAX_NAME + 1], *row = rows[0], *above, *above2;
	int na = (int)strlen(asked), nb = (int)strlen(id->full), i, j, best = FAR;
	const char *in = id->full;

	for (j = 0; j <= nb; j++)
		row[j] = j == 0 || in + j == id->base ? 0 : na < 3 ? FAR : ELSEWHERE;
	for (i = 1; i <= na; i++) {
		row = rows[i % 3];
		above = rows[(i + 2) % 3];
		above2 = rows[(i + 1) % 3];
		row[0] = i * EDIT;
		for (j = 1; j <= nb; j++) {
			row[j] = least(above[j], row[j - 1]) + EDIT;
			row[j] = least(row[j], above[j - 1] +
			    (asked[i - 1] != in[j - 1] ? EDIT : 0));
			if (i > 1 && j > 1 && asked[i - 1] == in[j - 2] &&
			    asked[i - 2] == in[j - 1])
				row[j] = least(row[j], above2[j - 2] + EDIT);
		}
	}
	for (j = 0; j <= nb; j++)
		best = least(best, row[j] + (j < nb ? REST : 0));
	/* Of a short word a typing error makes a part of too many ids. */
	if (na < 2 || best / EDIT > (na < 8 ? 1 : na / 4) ||
	    (na < 6 && best > EDIT))
		return FAR;
	return best;
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

static int
distance(const struct name *asked, const char *asked_id, const struct name *id)
{
	int d = least(cost(asked->full, id), cost(asked->base, id));
	size_t base = strlen(id->base);

	if (d > WORDS && holds_words(id, asked_id))
		d = WORDS;
	if (base >= 4 && strncmp(asked->base, id->base, base) == 0)
		d = least(d, LONGER - (int)base);
	return d;
}

struct near {
	const char	*id;
	int		 how;
};

/*
 * The ids that a typing error or a part of the name would explain, nearest first: how
 * many; near has room for one more.
 */
static size_t
find_nearest(enum models_list list, const char *id, struct near near[SHOWN + 1])
{
	struct name asked, name;
	size_t n, found = 0, at;
	const char *const *ids = models_ids(list, &n);
	int d;

	if (!simplify(id, &asked))
		return 0;
	/* From the end: of equals, the list has the newer version later. */
	while (n-- > 0) {
		d = simplify(ids[n], &name) ? distance(&asked, id, &name) : FAR;
		if (d == FAR)
			continue;
		found += found < SHOWN + 1;
		for (at = found - 1; at > 0 && near[at - 1].how > d; at--)
			near[at] = near[at - 1];
		near[at] = (struct near){ids[n], d};
		found -= found > SHOWN;
	}
	return found;
}

void
models_unknown(enum models_list list, const char *id, struct buf *out)
{
	struct near near[SHOWN + 1];
	size_t n = find_nearest(list, id, near), i, len = strlen(id);
	size_t shown = utf8_cut(id, len, MAX_NAME);

	buf_printf(out, "unknown %s '%.*s%s'", lists[list].noun, (int)shown, id,
	    shown < len ? "…" : "");
	if (n == 0)
		buf_printf(out, " (supai-models%s lists the known ones)",
		    list == MODELS_MODES ? " -m" : "");
	for (i = 0; i < n; i++)
		buf_printf(out, "%s%s%s", i == 0 ? ": did you mean " :
		    i + 1 < n ? ", " : " or ", near[i].id, i + 1 < n ? "" : "?");
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
