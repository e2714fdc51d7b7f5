/*
 * tools: where the other tools stand: beside the program, also where it is called
 * by links, else in PATH.
 */
#ifndef TOOLS_H
#define TOOLS_H

/* argv0: how the program was called; borrowed for good. */
void	tools_init(const char *argv0);

/*
 * The path of a tool; owned by the caller. Where it is nowhere the program ends
 * with 78.
 */
char	*tools_path(const char *name);

/* The same as a command line has it: the name alone where PATH leads to it. */
char	*tools_word(const char *name);

#endif
