#include <stdlib.h>

#include "median.h"

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double
median_of(double *numbers, size_t n)
{
	qsort(numbers, n, sizeof(*numbers), by_value);
	return n % 2 == 1 ? numbers[n / 2] :
	    (numbers[n / 2 - 1] + numbers[n / 2]) / 2;
}
