/*
 * race [-n RUNS] [-r REPEAT] [-i FILE] [-x] COMMAND ...: runs the commands in
 * turn (A B A B ...), RUNS times, after a first turn that does not count. A
 * command is the shell's, or with -x words that are executed without one. It
 * reads FILE (/dev/null); what it writes goes to /dev/null. REPEAT runs of a
 * short one are timed as one.
 *
 * Says a line for each command: medians of the seconds from its start to its
 * end and of those that it and its children had a processor (user and system),
 * the most kilobytes that one of them held, and its status. A command that
 * cannot be run or that a signal ends ends the race: 1.
 */
#include <sys/resource.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Not of POSIX, but of every system: behind _XOPEN_SOURCE it is hidden. */
pid_t wait4(pid_t, int *, int, struct rusage *);

extern char **environ;

enum { MAX_WORDS = 64, NOT_RUN = 126, BASE = 10 };

struct options {
	size_t		 runs;
	size_t		 repeat;
	const char	*input;
	bool		 direct;
};

struct racer {
	const char	*command;
	char		*words[MAX_WORDS + 1];
	double		*wall;		/* seconds, one a run */
	double		*cpu;
	long		 peak;		/* kilobytes */
	int		 status;
};

static double
now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double
seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static void
fail(const char *what, const char *why)
{
	(void)fprintf(stderr, "race: %s: %s\n", what, why);
	exit(1);
}

static int
less(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double
median(double *v, size_t n)
{
	qsort(v, n, sizeof(*v), less);
	return n % 2 == 1 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

static void
prepare(struct racer *r, const struct options *o, char *command)
{
	char *word;
	size_t n = 0;

	r->command = command;
	r->wall = calloc(o->runs, sizeof(*r->wall));
	r->cpu = calloc(o->runs, sizeof(*r->cpu));
	if (r->wall == NULL || r->cpu == NULL)
		fail(command, strerror(ENOMEM));
	if (!o->direct) {
		r->words[0] = "/bin/sh";
		r->words[1] = "-c";
		r->words[2] = command;
		return;
	}
	for (word = strtok(command, " "); word != NULL && n < MAX_WORDS;
	    word = strtok(NULL, " "))
		r->words[n++] = word;
	if (n == 0)
		fail(command, "no words");
}

/* Runs it once; adds the time that it had a processor to *cpu. */
static void
run(struct racer *r, posix_spawn_file_actions_t *files, double *cpu)
{
	struct rusage used;
	pid_t pid;
	int status, error = posix_spawnp(&pid, r->words[0], files, NULL,
	    r->words, environ);

	if (error != 0)
		fail(r->command, strerror(error));
	while (wait4(pid, &status, 0, &used) == -1)
		if (errno != EINTR)
			fail(r->command, strerror(errno));
	if (!WIFEXITED(status) || WEXITSTATUS(status) >= NOT_RUN)
		fail(r->command, "did not run to its end");
	*cpu += seconds(used.ru_utime) + seconds(used.ru_stime);
	r->status = WEXITSTATUS(status);
#ifdef __APPLE__
	used.ru_maxrss /= 1024;
#endif
	if (used.ru_maxrss > r->peak)
		r->peak = used.ru_maxrss;
}

static void
turn(struct racer *r, const struct options *o, double *wall, double *cpu)
{
	posix_spawn_file_actions_t files;
	double start;
	size_t i;

	if (posix_spawn_file_actions_init(&files) != 0 ||
	    posix_spawn_file_actions_addopen(&files, 0, o->input, O_RDONLY,
	    0) != 0 ||
	    posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY,
	    0) != 0 ||
	    posix_spawn_file_actions_adddup2(&files, 1, 2) != 0)
		fail(r->command, strerror(ENOMEM));
	*cpu = 0;
	start = now();
	for (i = 0; i < o->repeat; i++)
		run(r, &files, cpu);
	*wall = (now() - start) / (double)o->repeat;
	*cpu /= (double)o->repeat;
	posix_spawn_file_actions_destroy(&files);
}

static void
race(struct racer *racers, size_t n, const struct options *o)
{
	double wall, cpu;
	size_t i, k;

	for (k = 0; k < n; k++)
		turn(&racers[k], o, &wall, &cpu);
	for (i = 0; i < o->runs; i++)
		for (k = 0; k < n; k++)
			turn(&racers[k], o, &racers[k].wall[i],
			    &racers[k].cpu[i]);
	for (k = 0; k < n; k++)
		(void)printf("%.6f %.6f %ld %d\n",
		    median(racers[k].wall, o->runs),
		    median(racers[k].cpu, o->runs), racers[k].peak,
		    racers[k].status);
}

int
main(int argc, char **argv)
{
	struct options o = {.runs = 11, .repeat = 1, .input = "/dev/null"};
	struct racer *racers;
	size_t n, i;
	int c;

	while ((c = getopt(argc, argv, "n:r:i:x")) != -1) {
		switch (c) {
		case 'n':
			o.runs = strtoul(optarg, NULL, BASE);
			break;
		case 'r':
			o.repeat = strtoul(optarg, NULL, BASE);
			break;
		case 'i':
			o.input = optarg;
			break;
		case 'x':
			o.direct = true;
			break;
		default:
			return 64;
		}
	}
	n = (size_t)(argc - optind);
	if (n == 0 || o.runs == 0 || o.repeat == 0)
		fail("usage", "race [-n RUNS] [-r REPEAT] [-i FILE] [-x] COMMAND ...");
	racers = calloc(n, sizeof(*racers));
	if (racers == NULL)
		fail(argv[0], strerror(ENOMEM));
	for (i = 0; i < n; i++)
		prepare(&racers[i], &o, argv[optind + (int)i]);
	race(racers, n, &o);
	return 0;
}
