/*
 * Any panel file: it is refused with its name and a line, or what it holds is found
 * again. It says nothing about files and keys that are elsewhere.
 */
#include <sys/types.h>

#include <unistd.h>

#include "fuzz.h"
#include "panel.h"

static char path[] = "/tmp/panel_fuzz.XXXXXX";

static void
forget(void)
{
	unlink(path);
}

static int
open_file(void)
{
	static int fd = -1;

	if (fd != -1)
		return fd;
	fd = mkstemp(path);
	FUZZ_NEED(fd != -1 && atexit(forget) == 0);
	return fd;
}

static void
check_members(const struct panel *p, const struct panel_members *m)
{
	size_t i;

	for (i = 0; i < m->n; i++) {
		FUZZ_NEED(panel_find(p, m->p[i].id) != NULL);
		FUZZ_NEED(m->p[i].samples >= 1 && m->p[i].samples <= PANEL_SAMPLES);
	}
}

static void
check(const struct panel *p)
{
	const struct panel_model *m;
	const struct panel_host *k;
	size_t i;

	for (i = 0; i < p->nmodels; i++) {
		m = &p->models[i];
		FUZZ_NEED(*m->id != '\0' && *m->base != '\0' && m->line > 0);
		FUZZ_NEED(m->glob || panel_find(p, m->id) == m);
		FUZZ_NEED(m->json.p == NULL || json_type(m->json) == JSON_OBJECT);
	}
	for (i = 0; i < p->keys.n; i++) {
		k = &p->keys.p[i];
		FUZZ_NEED(k->where != NULL && k->name != NULL);
		FUZZ_NEED(panel_key(p, k->name, k->port) != NULL);
	}
	for (i = 0; i < p->limits.n; i++)
		FUZZ_NEED(p->limits.p[i].most >= 1);
	for (i = 0; i < p->nmodes; i++) {
		FUZZ_NEED(panel_mode(p, p->modes[i].name) != NULL);
		check_members(p, &p->modes[i].members);
	}
	check_members(p, &p->mains);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	int fd = open_file();
	struct panel p = {0};
	struct buf why = {0};

	FUZZ_NEED(ftruncate(fd, 0) == 0 && pwrite(fd, data, n, 0) == (ssize_t)n);
	if (panel_read(&p, path, &why)) {
		FUZZ_NEED(why.n == 0);
		check(&p);
	} else {
		FUZZ_NEED(strncmp(buf_string(&why), path, strlen(path)) == 0);
		FUZZ_NEED(strlen(why.p) == why.n);
	}
	panel_free(&p);
	buf_free(&why);
	return 0;
}
