/*
 * now: the clock that limits, delays and elapsed times are counted on. Not for
 * the time of day.
 */
#ifndef NOW_H
#define NOW_H

/* Milliseconds of a clock that only goes on; from when, nobody knows. */
long long now_ms(void);

#endif
