/*
 * io: the one reader of files and records, and the one writer of standard
 * output. Not for sockets (http) or standard error (diag).
 *
 * Each read first sends on what was written: nothing waits while the input is idle,
 * and one write serves all that one read brought.
 */
#ifndef IO_H
#define IO_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"

/* The longest record where nothing else is said: 64 MiB. */
#define IO_MAX_RECORD ((size_t)64 << 20)

/*
 * Makes standard input, output and error safe to use: one that is closed fails as
 * closed and is not taken by the next file; SIGPIPE kills as it does cat; a limit on
 * the size of files is an error of writing; at exit the rest of the output is written
 * and checked (74). Call it once, at the start of main, after diag_init.
 */
void	io_init(void);

/* Ends the tool with 74 where standard output cannot be written to: to be called
 * before an answer is paid for. */
void	io_check_output(void);

/* Appends n bytes to standard output; a failure to write ends the tool with 74. */
void	io_write(const void *p, size_t n);

/* Closes standard output before the program ends; nothing may be written after it. */
void	io_close_output(void);

/* Sends on what was written. */
void	io_flush(void);

/*
 * Appends a whole file ("-": standard input) to b, up to max bytes. Returns 0,
 * or after saying why not: 66 where it cannot be opened or is no file to read, 74
 * where reading failed, 65 where it is longer. how: IO_TEXT leaves out the byte
 * order mark that a text may begin with, IO_LIMIT says that max is --max-record's.
 */
enum { IO_BYTES = 0, IO_TEXT = 1, IO_LIMIT = 2 };
int	io_slurp(const char *path, unsigned how, struct buf *b, size_t max);

/*
 * The same for a descriptor, which the caller closes; name is its name in messages.
 * Where fd is -1, errno tells why it could not be opened. A failure is appended to
 * why, or said where why is NULL.
 */
int	io_slurp_fd(int fd, const char *name, unsigned how, struct buf *b,
	    size_t max, struct buf *why);

/*
 * The next line of a text that is cut up in place, without the white space at its end;
 * NULL after the last. *rest is the text at first, or NULL.
 */
char	*io_cut(char **rest);

/* A tool's input: its FILE operands one after the other, or standard input. */
struct io_in {
	const char	*name;	/* the current file's name, for messages; borrowed */
	unsigned long	 line;	/* the number, from 1, of the record given last */
	int		 status; /* 0, or 66 or 74 for a file that could not be read, already said */
	bool		 any;	/* some byte was read, of any file */
	int		 fd;	/* the current file's */
	unsigned long long passed; /* its bytes up to the end of that record */
	bool		 open_end; /* that record was the last and had no newline */
	size_t		 max;	/* the longest record */
	int		 nfiles; /* how many files there are */
	/* The rest is io's own. */
	char	**files;
	int	 at;
	char	*p;
	size_t	 start, end, cap;
	size_t	 seen;	/* bytes after start known to hold no newline */
	bool	 eof, skip, wide, kept;
	bool	 filter, confined; /* powers are to be given up; some were */
};

/*
 * Starts on files (borrowed for as long as in is used); with none, standard
 * input is read; "-" among them is standard input. max is the longest record.
 */
void	io_start(struct io_in *in, char **files, int nfiles, size_t max);

/*
 * Says that the tool is a filter and has opened all else it needs: before it reads, it
 * gives up all powers but to open the files that are left (see sandbox).
 */
void	io_confine(struct io_in *in);

/*
 * Starts where an open file stands, which the caller closes; without io_next.
 */
void	io_start_fd(struct io_in *in, int fd, const char *name, size_t max);

/*
 * Goes on to the next file. One that cannot be opened, or is standard output, too, is
 * said, remembered in in->status, and passed over. False when none is left.
 */
bool	io_next(struct io_in *in);

/* Whether the current file is the last one. */
bool	io_is_last(const struct io_in *in);

enum io_got { IO_END, IO_RECORD, IO_LONG };

/*
 * The next line of the file, its newline taken off, the last one also without
 * a newline; *p is borrowed until the next call. IO_LONG: a line longer than
 * max, given as its first max bytes; the next call passes over the rest of it.
 */
enum io_got io_line(struct io_in *in, const char **p, size_t *n);

/*
 * For who can tell where a line ends before it is searched: io_held gives the bytes that
 * are held already from the next line's beginning on, and returns how many they are: 0
 * also where a line that was too long is not over. io_take passes a line of n of them and
 * the newline after it, as io_line would have. *p is borrowed until the next call.
 */
size_t	io_held(const struct io_in *in, const char **p);
void	io_take(struct io_in *in, size_t n);

/*
 * Whether io_line would not have to wait: reads what is there to be read. Where it is
 * false, poll in->fd.
 */
bool	io_line_ready(struct io_in *in);

/* The next bytes of the file, as they come; false at its end. *p is borrowed. */
bool	io_bytes(struct io_in *in, const char **p, size_t *n);

/* Whether io_bytes would have something to say within ms milliseconds. */
bool	io_wait(struct io_in *in, long ms);

/* Says that a record is too long, naming it and --max-record; returns 65. */
int	io_too_long(const struct io_in *in);

/* Whether a line, or more, has nothing in it but white space. */
bool	io_blank(const char *p, size_t n);

/*
 * The status of a tool that is done with its input: in->status, or 66, in
 * silence, when the input was empty, taken together with the tool's own status.
 */
int	io_status(const struct io_in *in, int status);

void	io_stop(struct io_in *in);

#endif
