/*
 * config: the environment's variables, and where the user's configuration stands
 * (XDG Base Directory Specification). Not for what is in it.
 */
#ifndef CONFIG_H
#define CONFIG_H

/* A variable of the environment; NULL where it is unset or empty. */
const char *config_variable(const char *name);

/*
 * The path of a file of ours, "key" or "keys/HOST": under $XDG_CONFIG_HOME/supai,
 * or $HOME/.config/supai. Owned by the caller; NULL where there is no home.
 */
char	*config_path(const char *file);

#endif
