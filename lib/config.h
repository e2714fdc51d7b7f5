/*
 * config: what a user sets up: the environment's variables, where the files of the
 * configuration stand (XDG Base Directory Specification), and what ids these may
 * hold. Not for reading the files.
 */
#ifndef CONFIG_H
#define CONFIG_H

#include <stdbool.h>

/* A variable of the environment; NULL where it is unset or empty. */
const char *config_variable(const char *name);

/*
 * Clears a variable's value, where other processes may look at it, and takes it out of
 * the environment: no program that is started later has it.
 */
void	config_forget(const char *name);

/*
 * The path of a file of ours, "key" or "keys/HOST": under $XDG_CONFIG_HOME/supai,
 * or $HOME/.config/supai. Owned by the caller; NULL where there is no home.
 */
char	*config_path(const char *file);

/* The same for what is kept: under $XDG_STATE_HOME/supai, or $HOME/.local/state/supai. */
char	*config_state(const char *file);

/*
 * Whether s can be the id of a model or a mode: one word of UTF-8 that a screen may
 * have, no comment.
 */
bool	config_is_id(const char *s);

/*
 * Whether the shell pattern (POSIX.1-2008, XCU 2.13) matches the whole id. A
 * slash is a character like any other: "*opus*" matches across it.
 */
bool	config_matches(const char *id, const char *pattern);

/* Whether a word has a pattern's special characters, and so is no plain id. */
bool	config_is_pattern(const char *word);

#endif
