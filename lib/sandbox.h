/*
 * sandbox: gives up powers that a tool does not need any more, for good, before it
 * reads what strangers wrote: whoever takes the tool over has no more of them.
 * pledge(2) on OpenBSD, capsicum(4) on FreeBSD, seccomp(2) and Landlock on Linux;
 * less, without a word, where a system has less. Not for limits of time or memory.
 *
 * SUPAI_NO_SANDBOX=1 in the environment: nothing is given up (for debuggers, and
 * for LeakSanitizer, which needs more than a filter does).
 */
#ifndef SANDBOX_H
#define SANDBOX_H

#include <stddef.h>

/*
 * For a filter: what stays are its open descriptors, memory and time. It cannot run a
 * program, reach another process or a network, or open any file but the ones given,
 * and those for reading only. Call it again without files when the last one is open.
 */
void	sandbox_filter(char *const *files, int nfiles);

/*
 * For a tool that talks to a server, once its own files are open: it cannot run a
 * program, signal another process, or make, change or remove a file, and reads only
 * what the system's libraries need (certificates, names of hosts) and the files given.
 * output: but beside this file it may make and write others; NULL: nowhere.
 */
void	sandbox_client(char *const *files, size_t nfiles, const char *output);

#endif
