/*
 * opt: the command line: options from one table a tool, which also is what --help
 * prints, the values they take, and words. Not for what an option does.
 */
#ifndef OPT_H
#define OPT_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "diag.h"

/* Keys of options that have no short form start here. */
#define OPT_LONG 256

struct opt_def {
	int		 key;	/* the short option's character, or from OPT_LONG on */
	const char	*name;	/* the long name */
	const char	*arg;	/* what its argument is called, in brackets with a "=" in
				   front where it may be left out; NULL: it takes none */
	const char	*help;	/* one line */
};

/* An option that people try and the tool has not, and what to do instead. */
struct opt_hint {
	const char	*name;
	const char	*help;
};

struct opt_tool {
	const char		*operands; /* "[file ...]" */
	const char		*summary;  /* one line: the tool's one job */
	const struct opt_def	*defs;	   /* ends with an entry whose name is NULL */
	bool			 first;	   /* options end at the first operand */
	const struct opt_hint	*hints;	   /* ends as defs does; NULL: none */
	const char *const	*everyday; /* the options that --help shows, in this order,
					      up to a NULL; "--help all" shows the others
					      after them. NULL: it always shows all */
};

/*
 * The next option's key, its argument (borrowed) in *arg; -1 after the last,
 * optind then being the first operand. --help and --version print and end the
 * program; what is not in the table ends it with 64.
 */
int	opt_next(const struct opt_tool *tool, int argc, char **argv,
	    const char **arg);

/* Says why and the usage line on standard error, and ends with 64. */
_Noreturn void opt_usage(const struct opt_tool *tool, const char *fmt, ...)
	BUF_PRINTF(2, 3);

/*
 * An option's value; name is the option as typed ("--max-record"). Anything
 * else than the whole text being such a value ends the tool with 64.
 *
 * size: bytes, with an optional K, M or G (powers of 1024), at least 1.
 * seconds: a decimal number that is not negative, with an optional s, m (minutes) or
 * h, given back in milliseconds.
 * count: a whole number from min to max.
 * number: a decimal number. share: one from 0 to 1.
 */
size_t	opt_size(const struct opt_tool *tool, const char *name, const char *s);
long	opt_seconds(const struct opt_tool *tool, const char *name, const char *s);
long	opt_count(const struct opt_tool *tool, const char *name, const char *s,
	    long min, long max);
double	opt_number(const struct opt_tool *tool, const char *name, const char *s);
double	opt_share(const struct opt_tool *tool, const char *name, const char *s);

/* A list of words that grows, the words of a command; the words themselves are borrowed. */
struct opt_words {
	const char	**p;	/* n words and a NULL; owned; NULL while there is none */
	size_t		  n;
};

void	opt_words_add(struct opt_words *w, const char *word);
void	opt_words_join(struct opt_words *w, const struct opt_words *more);
void	opt_words_free(struct opt_words *w);

/* Appends n bytes (no NUL among them) as one word that a shell reads back, in quotes
 * only if need be. */
void	opt_quote(struct buf *out, const char *p, size_t n);

/* Whether an option's argument, or a word, names standard input: "-", "@-", … */
bool	opt_names_input(const char *arg);

/*
 * Appends the operands (borrowed), the words of a prompt. What looks like an option
 * after the first of them is most likely one that came too late, and ends the tool with
 * 64: only "--" says that it is text (dashes: it stood before them).
 */
void	opt_prompt(const struct opt_tool *tool, char **operands, bool dashes,
	    struct opt_words *words);

/*
 * Says, a line each, what a person would lose or wait for without noticing, where
 * standard error is a terminal; never in scripts: that the keyboard is read; that
 * standard input holds something that nobody reads (a pipe or a file that is not at
 * its end, by its type; not where our parent has the same one, as a loop has, or where
 * that can't be told); with files, that a word is the name of a file. The words are
 * the prompt's; input: something else of the command line is standard input; files:
 * something else is asked for. Without any of these standard input is the prompt.
 */
void	opt_note_prompt(const struct opt_words *words, bool input, bool files);

#endif
