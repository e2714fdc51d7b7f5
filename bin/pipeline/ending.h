/*
 * ending: what must not outlive the program: its stages and its temporary files. A
 * signal ends the stages, removes the files, and then the program dies by it; an
 * end of any other kind does the same to what is left.
 */
#ifndef ENDING_H
#define ENDING_H

#include <sys/types.h>

/*
 * From now on HUP, INT, QUIT and TERM do that, but for those that were ignored. Call it
 * before the first stage is started.
 */
void	ending_init(void);

/*
 * Between these two a signal waits: for what has to be known to ending as soon as
 * it is made.
 */
void	ending_hold(void);
void	ending_release(void);

/* In a stage that was just made, still held: signals are what they were at first. */
void	ending_leave(void);

/* A stage that has started; call it between hold and release. */
void	ending_add_stage(pid_t pid);

/* Waits for a stage to end. Its status as a shell has it: 128 and the signal. */
int	ending_wait(pid_t pid);

/* A file to remove; the path is borrowed until it is dropped. Likewise. */
void	ending_add_file(const char *path);
void	ending_drop_file(const char *path);

/*
 * What standard error gets when the program dies by a signal: what takes a line away
 * that stands there. Borrowed for good; NULL: nothing.
 */
void	ending_parting(const char *bytes);

/* Dies by that signal, as if it had come. */
_Noreturn void ending_die(int signal_number);

#endif
