#include "results.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static const char *suite_now, *program_now;
static bool full_now;

static void line(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/* One line: what is the suite's own, and the rest. */
static void
line(const char *format, ...)
{
	const char *path = getenv("THRONG_RESULTS");
	va_list arguments;
	FILE *f;

	if (path == NULL || *path == '\0' || suite_now == NULL ||
	    (f = fopen(path, "a")) == NULL)
		return;
	fprintf(f, "{\"suite\":\"%s\",\"size\":\"%s\",", suite_now,
	    full_now ? "full" : "small");
	va_start(arguments, format);
	vfprintf(f, format, arguments);
	va_end(arguments);
	fputs("}\n", f);
	fclose(f);
}

void
results_begin(const char *suite, const char *program, bool full)
{

	suite_now = suite;
	program_now = program;
	full_now = full;
	line("\"name\":\"ended, %s\",\"figure\":0,\"verdict\":\"fail\","
	    "\"why\":\"the run did not end\"", program);
}

void
results_add(const char *name, double figure)
{

	line("\"name\":\"%s\",\"figure\":%.15g", name, figure);
}

void
results_end(bool well)
{

	if (well)
		line("\"name\":\"ended, %s\",\"figure\":1,\"verdict\":\"pass\"",
		    program_now);
	else
		line("\"name\":\"ended, %s\",\"figure\":1,"
		    "\"verdict\":\"fail\",\"why\":\"it found a failure\"",
		    program_now);
}
