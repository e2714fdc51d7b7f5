/*
 * mem: allocation that cannot fail. Where memory runs out the tool says so
 * and ends with 71, here and nowhere else.
 */
#ifndef MEM_H
#define MEM_H

#include <stddef.h>

/* What the message calls the program (borrowed for good): diag_init says it. */
void	mem_name(const char *program);

/* n bytes, not set; owned by the caller, who frees them with free(3). */
void	*mem_alloc(size_t n);

/* count * size bytes, all zero; owned by the caller. */
void	*mem_zero(size_t count, size_t size);

/* p grown or shrunk to count * size bytes, as realloc(3); owned. */
void	*mem_resize(void *p, size_t count, size_t size);

/* p, an array of n elements, with room for one more; it grows by doubling; owned. */
void	*mem_room(void *p, size_t n, size_t size);

/*
 * p, an array of *cap elements, with room for more of them: at least twice as
 * many, which *cap then says, the new ones all zero; owned.
 */
void	*mem_more(void *p, size_t *cap, size_t size);

/* A NUL-terminated copy of n bytes, or of a string; owned. */
char	*mem_copy(const char *p, size_t n);
char	*mem_string(const char *s);

/* Clears n bytes that held a secret; no compiler leaves that out. */
void	mem_wipe(void *p, size_t n);

/* Frees a string that was a secret, cleared; NULL is fine. */
void	mem_forget(char *s);

/* Ends the tool as the above do. libjq calls it through its own hook. */
_Noreturn void mem_out(void);

/* The same at once, from a signal handler: nothing that waits is written. */
_Noreturn void mem_out_now(void);

#endif
