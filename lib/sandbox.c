#ifdef __linux__
#define _GNU_SOURCE	/* syscall, O_PATH */
#endif
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef __FreeBSD__
#include <sys/capsicum.h>
#endif

/* Android ends programs that ask for what it does not know. */
#if defined(__linux__) && !defined(__ANDROID__) && defined(__has_include)
#if __has_include(<linux/landlock.h>)
#define HAVE_LANDLOCK
#include <linux/landlock.h>
#endif
#endif

#if defined(__linux__) && defined(__has_include)
#if __has_include(<linux/seccomp.h>) && __has_include(<linux/audit.h>)
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#if defined(__x86_64__) && defined(__LP64__)
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define ARCH AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define ARCH AUDIT_ARCH_RISCV64
#endif
#endif
#endif

#if defined(HAVE_LANDLOCK) || defined(ARCH)
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <sched.h>
#include <stddef.h>
#endif

#include "mem.h"
#include "sandbox.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

/*
 * Landlock: which files may still be opened. Files that are open are not its matter.
 */
#ifdef HAVE_LANDLOCK
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

/*
 * From now on only these files may be opened, and only to be read; of one that is not
 * there yet, all of its folder. A client's are also those of the system, and beside its
 * output (NULL: nowhere), and in folders there, files may be made and written.
 */
static void
keep_files(char *const *files, size_t n, bool client, const char *output)
{
	struct rules r;
	size_t i;

	if (!start(&r))
		return;
	for (i = 0; client && i < COUNT(systems); i++)
		(void)allow(&r, systems[i], READ);
	allow_reading(&r, files, n);
	if (output != NULL)
		allow_beside(&r, output, WRITE);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
		(void)syscall(SYS_landlock_restrict_self, r.fd, 0);
	close(r.fd);
}
#endif

/*
 * seccomp: which system calls may still be made, on processors that are known here. The
 * others give EPERM, as if the file or program were not the user's.
 */
#ifdef ARCH
/* TCGETS2, whose header and <termios.h> do not mix; TIOCLINUX, that can paste. */
#define TERMIOS2 0x802c542aU
#define CONSOLE 0x541cU

/* Whose signals come with a descriptor: they may be any process's. */
#define IOCTL_OWNER 0x8901U
#define IOCTL_GROUP 0x8902U

enum {
	X32 = 0x40000000,	/* calls of a second kind under the same ARCH */
	MOST = 400,		/* instructions */
};

/* Calls that a filter may make whatever their arguments are. */
static const int plain[] = {
	SYS_read, SYS_write, SYS_readv, SYS_writev, SYS_close, SYS_lseek,
	SYS_fstat, SYS_ppoll, SYS_pselect6, SYS_brk, SYS_munmap, SYS_mremap,
	SYS_madvise, SYS_futex, SYS_getrandom, SYS_sysinfo, SYS_getpid, SYS_gettid,
	SYS_getpgid, SYS_clock_gettime, SYS_clock_nanosleep, SYS_nanosleep,
	SYS_gettimeofday,
	SYS_restart_syscall, SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_rt_sigreturn,
	SYS_sigaltstack, SYS_exit, SYS_exit_group,
#ifdef SYS_newfstatat
	SYS_newfstatat,
#endif
#ifdef SYS_poll
	SYS_poll, SYS_select, SYS_time, SYS_getpgrp,
#endif
};

/* Calls that no client has a use for. */
static const int never[] = {
	SYS_execve, SYS_execveat, SYS_ptrace, SYS_process_vm_readv,
	SYS_process_vm_writev, SYS_bpf, SYS_perf_event_open, SYS_add_key,
	SYS_request_key, SYS_keyctl, SYS_unshare, SYS_setns, SYS_mount,
	SYS_rt_sigqueueinfo, SYS_rt_tgsigqueueinfo,
#ifdef SYS_pidfd_send_signal
	SYS_pidfd_send_signal,
#endif
#ifdef SYS_pidfd_getfd
	SYS_pidfd_getfd,
#endif
#ifdef SYS_userfaultfd
	SYS_userfaultfd,
#endif
#ifdef SYS_io_uring_setup
	SYS_io_uring_setup,	/* what it does is not seen by a filter */
#endif
};

struct program {
	struct sock_filter	code[MOST];
	unsigned short		n;
	unsigned		then;	/* what becomes of a call that is named */
};

static void
add(struct program *p, int code, unsigned k, int yes, int no)
{
	p->code[p->n++] = (struct sock_filter){
		.code = (unsigned short)code, .k = k,
		.jt = (unsigned char)yes, .jf = (unsigned char)no,
	};
}

static void
load(struct program *p, size_t offset)
{
	add(p, BPF_LD | BPF_W | BPF_ABS, (unsigned)offset, 0, 0);
}

static void
name(struct program *p, int call)
{
	add(p, BPF_JMP | BPF_JEQ | BPF_K, (unsigned)call, 0, 1);
	add(p, BPF_RET | BPF_K, p->then, 0, 0);
}

static void
name_all(struct program *p, const int *calls, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		name(p, calls[i]);
}

/*
 * Names a call only where its argument, counted from 0, has value in the bits of mask;
 * or only where it has not.
 */
static void
name_if(struct program *p, int call, size_t argument, unsigned mask,
    unsigned value, bool has)
{
	add(p, BPF_JMP | BPF_JEQ | BPF_K, (unsigned)call, 0, 5);
	load(p, offsetof(struct seccomp_data, args) + 8 * argument);
	add(p, BPF_ALU | BPF_AND | BPF_K, mask, 0, 0);
	add(p, BPF_JMP | BPF_JEQ | BPF_K, value, !has, has);
	add(p, BPF_RET | BPF_K, p->then, 0, 0);
	load(p, offsetof(struct seccomp_data, nr));
}

/* Names a call where its second argument is one of n values. */
static void
name_uses(struct program *p, int call, const unsigned *values, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		name_if(p, call, 1, ~0U, values[i], true);
}

/* Calls of another processor's kind have other numbers: none of them, and none from
 * past on. */
static void
begin(struct program *p, unsigned then, unsigned past)
{
	p->then = then;
	load(p, offsetof(struct seccomp_data, arch));
	add(p, BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0);
	add(p, BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM, 0, 0);
	load(p, offsetof(struct seccomp_data, nr));
	add(p, BPF_JMP | BPF_JGE | BPF_K, past, 0, 1);
	add(p, BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM, 0, 0);
}

static void
enter(struct program *p, unsigned otherwise)
{
	struct sock_fprog all = {.filter = p->code};

	add(p, BPF_RET | BPF_K, otherwise, 0, 0);
	all.len = p->n;
	/* A second time that is done already, and may not be done any more. */
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
#ifdef SECCOMP_FILTER_FLAG_SPEC_ALLOW
	/* Older kernels slow the whole process down where this is not said. */
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
	    SECCOMP_FILTER_FLAG_SPEC_ALLOW, &all) == 0)
		return;
#endif
	(void)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &all);
}

/*
 * A filter's calls alone; opens: files may still be opened to be read. A second time
 * takes more away, and gives nothing back.
 */
static void
keep_filter_calls(bool opens)
{
	static const unsigned descriptor[] = {F_GETFD, F_SETFD, F_GETFL, F_SETFL,
	    F_DUPFD_CLOEXEC, F_GETPIPE_SZ, F_SETPIPE_SZ};
	static const unsigned terminal[] = {TIOCGWINSZ, TIOCGPGRP, TCGETS, TERMIOS2};
	struct program p = {.n = 0};
	unsigned self = (unsigned)getpid(), how = O_ACCMODE | O_CREAT | O_TRUNC;

	/* Of those named, the last; the kernel walks through all for each other one. */
	begin(&p, SECCOMP_RET_ALLOW, SYS_getrandom + 1);
	name_all(&p, plain, COUNT(plain));
	name_if(&p, SYS_mmap, 2, PROT_EXEC, 0, true);
	name_if(&p, SYS_mprotect, 2, PROT_EXEC, 0, true);
	name_uses(&p, SYS_fcntl, descriptor, COUNT(descriptor));
	name_uses(&p, SYS_ioctl, terminal, COUNT(terminal));
	name_if(&p, SYS_kill, 0, ~0U, self, true);	/* raise, abort */
	name_if(&p, SYS_tgkill, 0, ~0U, self, true);
	if (opens) {
		name_if(&p, SYS_openat, 2, how, O_RDONLY, true);
#ifdef SYS_open
		name_if(&p, SYS_open, 1, how, O_RDONLY, true);
#endif
		name(&p, SYS_seccomp);	/* to take this away, too */
	}
	enter(&p, SECCOMP_RET_ERRNO | EPERM);
}

/*
 * All but what no client needs: to run a program, to look into another process or to
 * signal one, to type into the terminal, and the kernel's rarer doors.
 */
static void
keep_client_calls(void)
{
	static const unsigned doors[] = {TIOCSTI, CONSOLE, IOCTL_OWNER, IOCTL_GROUP};
	static const unsigned signals[] = {F_SETOWN, F_SETSIG, F_SETOWN_EX};
	static const int kills[] = {SYS_kill, SYS_tgkill, SYS_tkill};
	struct program p = {.n = 0};
	size_t i;

	begin(&p, SECCOMP_RET_ERRNO | EPERM, X32);
	name_all(&p, never, COUNT(never));
	name_uses(&p, SYS_ioctl, doors, COUNT(doors));
	name_uses(&p, SYS_fcntl, signals, COUNT(signals));
	for (i = 0; i < COUNT(kills); i++)	/* but for raise, abort */
		name_if(&p, kills[i], 0, ~0U, (unsigned)getpid(), false);
	name_if(&p, SYS_clone, 0, CLONE_NEWUSER, CLONE_NEWUSER, true);
#ifdef SYS_clone3
	/* Its flags are out of a filter's sight: threads are made by clone(2) then. */
	p.then = SECCOMP_RET_ERRNO | ENOSYS;
	name(&p, SYS_clone3);
#endif
	enter(&p, SECCOMP_RET_ALLOW);
}
#endif

static bool
is_off(void)
{
	const char *s = getenv("SUPAI_NO_SANDBOX");

	return s != NULL && strcmp(s, "1") == 0;
}

void
sandbox_filter(char *const *files, int nfiles)
{
	(void)files;
	if (is_off())
		return;
#ifdef __OpenBSD__
	/* tty: the size of a window, for the one who draws there */
	(void)pledge(nfiles > 0 ? "stdio rpath tty" : "stdio tty", NULL);
#endif
#ifdef __FreeBSD__
	if (nfiles == 0)
		(void)cap_enter();
#endif
#ifdef HAVE_LANDLOCK
	keep_files(files, (size_t)nfiles, false, NULL);
#endif
#ifdef ARCH
	keep_filter_calls(nfiles > 0);
#endif
	(void)nfiles;
}

void
sandbox_client(char *const *files, size_t nfiles, const char *output)
{
	(void)files;
	(void)nfiles;
	(void)output;
	if (is_off())
		return;
#ifdef __OpenBSD__
	(void)pledge(output != NULL ? "stdio rpath wpath cpath flock inet dns tty" :
	    "stdio rpath inet dns tty", NULL);
#endif
#ifdef HAVE_LANDLOCK
	keep_files(files, nfiles, true, output);
#endif
#ifdef ARCH
	keep_client_calls();
#endif
}
