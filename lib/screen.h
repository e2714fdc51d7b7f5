/*
 * screen: keeps a picture at the bottom of a terminal, or writes plain lines, on
 * standard error. It never waits for that: what is not taken at once is left out.
 * Not for what the picture shows.
 *
 * Between two frames the cursor stands below the picture, and no mode of the terminal
 * is changed: whatever ends the program leaves the terminal sane.
 */
#ifndef SCREEN_H
#define SCREEN_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"

struct screen {
	bool		 terminal;	/* it is one */
	bool		 pictures;	/* and can do more than take lines */
	/* The rest is screen's own. */
	int		 fd;
	bool		 own;		/* fd is ours alone, and does not block */
	bool		 gone;		/* there is nobody at its other end */
	bool		 reflows;	/* it wraps old lines anew when it is resized */
	bool		 note;		/* a note stands, not a picture */
	struct buf	 pending;	/* bytes it has not taken yet */
	size_t		*widths;	/* of the lines that stand */
	size_t		 nlines, cap;
};

/* A line of a picture: its bytes, sequences for colours among them. */
struct screen_line {
	struct buf	 text;
	size_t		 width;		/* in columns */
};

/* Starts on standard error. From here on signals tell of resizing. */
void	screen_open(struct screen *s);

/* The terminal's size; 80x24 where nobody says another. */
void	screen_size(const struct screen *s, size_t *columns, size_t *rows);

/*
 * Whether the terminal has been resized, or the program been continued, since
 * this was asked last: a reason to draw. The signal also ends a poll(2).
 */
bool	screen_changed(struct screen *s);

/*
 * Puts n lines, none wider than the terminal, where the last picture stands.
 * False, and nothing is changed, where they cannot be drawn now: the terminal
 * is stopped or slow, or belongs to another process group.
 */
bool	screen_draw(struct screen *s, const struct screen_line *lines, size_t n);

/*
 * Puts a line where the cursor is, and leaves the cursor before it: another program's
 * message overwrites it. It goes when something else is drawn, or for an empty text.
 */
void	screen_note(struct screen *s, const char *text, size_t n);

/* Takes the picture away, for something else to be written there. */
void	screen_erase(struct screen *s);

/* Leaves the picture as it is: the next one begins below. */
void	screen_keep(struct screen *s);

/* Whether a picture stands. */
bool	screen_stands(const struct screen *s);

/* Writes a line as soon as that is possible; left out where too many wait. */
void	screen_say(struct screen *s, const char *line, size_t n);

/* Goes on with what could not be written yet; whether that is all of it. */
bool	screen_push(struct screen *s);

/*
 * Waits, at most ms milliseconds, until nothing is left to be written and a frame
 * can be drawn.
 */
void	screen_wait(struct screen *s, long ms);

/* Waits for what could not be written yet, or leaves it out, and ends. */
void	screen_close(struct screen *s, bool wait);

#endif
