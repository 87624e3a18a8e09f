/**
 * check.h - what cmocka wants included, in its order, and near().
 */
#ifndef TESTS_BENCH_CHECK_H
#define TESTS_BENCH_CHECK_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/**
 * near(value, expected, error):
 * Return whether the value is within that absolute error of what is
 * expected, and print both if not. Thread: any.
 */
static inline int
near(double value, double expected, double error)
{

	if (fabs(value - expected) <= error)
		return (1);
	print_message("%.9g is not within %.3g of %.9g\n", value, error,
	    expected);
	return (0);
}

#endif /* TESTS_BENCH_CHECK_H */
