/*
 * median: the middle of some numbers. Not for which numbers count.
 */
#ifndef MEDIAN_H
#define MEDIAN_H

#include <stddef.h>

/*
 * The median of n numbers, at least one; of an even n the mean of the two in the
 * middle. Puts the numbers in order.
 */
double	median_of(double *numbers, size_t n);

#endif
