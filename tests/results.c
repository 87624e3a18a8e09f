#include "results.h"

#include <stdio.h>
#include <stdlib.h>

void
results_add(const char *suite, const char *name, double figure)
{
	const char *path = getenv("THRONG_RESULTS");
	FILE *f;

	if (path == NULL || *path == '\0' || (f = fopen(path, "a")) == NULL)
		return;
	fprintf(f, "{\"suite\":\"%s\",\"name\":\"%s\",\"figure\":%.15g}\n",
	    suite, name, figure);
	fclose(f);
}
