/*
 * fd: descriptors: pipes, files without a name and sockets that listen, which no other
 * program inherits, how many there may be, and writing to one. Not for standard output
 * nor for reading: that is io's.
 */
#ifndef FD_H
#define FD_H

#include <stdbool.h>
#include <stddef.h>

/* Makes fd close on exec, and not block where that is asked for. False with errno set. */
bool	fd_flags(int fd, bool nonblocking);

/*
 * Makes a pipe, ends[0] for reading, whose ends close on exec and are the caller's.
 * False with errno set where that failed.
 */
bool	fd_pipe(int ends[2]);

/*
 * Makes a pipe that wakes a poll(2); neither end blocks. fd_wake makes ends[0]
 * readable, also from a signal handler; fd_drain empties it.
 */
bool	fd_waker(int ends[2]);
void	fd_wake(const int ends[2]);
void	fd_drain(const int ends[2]);

/*
 * A file without a name, to be written and read, which closes on exec. -1 with errno
 * where it cannot be made.
 */
int	fd_nameless(void);

/*
 * Writes all n bytes to fd, through EINTR, short writes and a descriptor that
 * does not block. False with errno set when that failed.
 */
bool	fd_write(int fd, const void *p, size_t n);

/* Whether the open file is the one at path; whether two open files are one. */
bool	fd_is(int fd, const char *path);
bool	fd_same(int a, int b);

/* Waits until fd takes or gives bytes, as poll(2) names it: one that does not block. */
void	fd_wait(int fd, short events);

/*
 * Whether the other end of a socket that does not block is gone, or sends no more, and
 * no byte of it waits to be read.
 */
bool	fd_gone(int fd);

/*
 * Raises the limit of open descriptors to wanted, or as near to that as the system
 * allows. Returns how many there may be then, but no more than wanted.
 */
size_t	fd_limit(size_t wanted);

/*
 * A socket that listens on an address (numeric, or a name's first one), and does not
 * block; *port 0 is a free one, and set to the one it is. -1 with why (a constant, or
 * errno's) when that failed.
 */
int	fd_listen(const char *address, int *port, const char **why);

#endif
