/*
 * seccomp: which system calls a tool may still make, on Linux. The others give
 * EPERM, as if the file or program were not the user's. Nothing, elsewhere and on
 * processors that it has not learnt. Not for which files (landlock).
 */
#ifndef SECCOMP_H
#define SECCOMP_H

#include <stdbool.h>

/* A filter's calls alone: see sandbox_filter. opens: files may still be opened to
 * be read. A second time takes more away, and gives nothing back. */
void	seccomp_filter(bool opens);

/* All but what no client needs: to run a program, to look into another process or to
 * signal one, to type into the terminal, and the kernel's rarer doors. */
void	seccomp_client(void);

#endif
