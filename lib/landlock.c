#ifdef __linux__
#define _GNU_SOURCE	/* syscall, O_PATH */
#endif

#include "landlock.h"

/* Android ends programs that ask for what it does not know. */
#if defined(__linux__) && !defined(__ANDROID__) && defined(__has_include)
#if __has_include(<linux/landlock.h>)
#define HAVE_LANDLOCK
#endif
#endif

#ifdef HAVE_LANDLOCK
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/landlock.h>

#include "mem.h"

/* Newer headers have names for these. */
#define REFER	 (1ULL << 13)	/* the second version's */
#define TRUNCATE (1ULL << 14)	/* the third's */

#define READ	(LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define WRITE	(LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG | \
		    TRUNCATE)
#define ALL	(((LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1) | REFER | TRUNCATE)

/* Where libraries look up certificates, hosts and users; a link's end, too. */
static const char *const systems[] = {
	"/etc", "/usr", "/lib", "/lib64", "/bin", "/sbin", "/run", "/dev", "/proc",
	"/sys", "/opt", "/nix", "/gnu", "/var/cache", "/var/db", "/var/guix",
	"/var/lib", "/var/run", "/var/yp", "/etc/resolv.conf", "/etc/hosts",
};

struct rules {
	int		 fd;
	unsigned long long known;	/* of all rights, those this kernel knows */
};

static bool
start(struct rules *r)
{
	struct landlock_ruleset_attr all = {0};
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0,
	    LANDLOCK_CREATE_RULESET_VERSION);

	if (version < 1)
		return false;
	r->known = ALL & ~(version < 2 ? REFER : 0) & ~(version < 3 ? TRUNCATE : 0);
	all.handled_access_fs = r->known;
	r->fd = (int)syscall(SYS_landlock_create_ruleset, &all, sizeof(all), 0);
	return r->fd != -1;
}

/* Allows rights to path and what is below it; false where it is not there. */
static bool
allow(const struct rules *r, const char *path, unsigned long long rights)
{
	struct landlock_path_beneath_attr rule = {
		.parent_fd = open(path, O_PATH | O_CLOEXEC),
		.allowed_access = rights & r->known,
	};

	if (rule.parent_fd == -1)
		return false;
	/* A file, or what is none (a pipe's end in /dev/fd), has no rights of folders. */
	if (syscall(SYS_landlock_add_rule, r->fd, LANDLOCK_RULE_PATH_BENEATH, &rule,
	    0) == -1) {
		rule.allowed_access &= ~LANDLOCK_ACCESS_FS_READ_DIR;
		(void)syscall(SYS_landlock_add_rule, r->fd,
		    LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
	}
	close(rule.parent_fd);
	return true;
}

/* The folder that a file stands in. */
static void
allow_beside(const struct rules *r, const char *path, unsigned long long rights)
{
	const char *slash = strrchr(path, '/');
	char *folder;

	if (slash == NULL) {
		(void)allow(r, ".", rights);
		return;
	}
	folder = mem_copy(path, (size_t)(slash - path) + 1);
	(void)allow(r, folder, rights);
	free(folder);
}

/* A file that is not there yet may be made in time. */
static void
allow_reading(const struct rules *r, char *const *files, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)	/* "-" is open already */
		if (strcmp(files[i], "-") != 0 && !allow(r, files[i], READ))
			allow_beside(r, files[i], READ);
}

static void
enter(const struct rules *r)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
		(void)syscall(SYS_landlock_restrict_self, r->fd, 0);
}

void
landlock_read(char *const *files, size_t n)
{
	struct rules r;

	if (!start(&r))
		return;
	allow_reading(&r, files, n);
	enter(&r);
	close(r.fd);
}

void
landlock_client(char *const *files, size_t n, const char *output)
{
	struct rules r;
	size_t i;

	if (!start(&r))
		return;
	for (i = 0; i < sizeof(systems) / sizeof(*systems); i++)
		(void)allow(&r, systems[i], READ);
	allow_reading(&r, files, n);
	if (output != NULL)
		allow_beside(&r, output, WRITE);
	enter(&r);
	close(r.fd);
}

#else

void
landlock_read(char *const *files, size_t n)
{
	(void)files;
	(void)n;
}

void
landlock_client(char *const *files, size_t n, const char *output)
{
	(void)files;
	(void)n;
	(void)output;
}
#endif
