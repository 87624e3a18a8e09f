#include "config.h"

#include "output.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report.h"

#define PATH_ROOM 4096

/* One file that may be asked for: in --out, or by its own option. */
struct kind {
	const char *name; /* in --out */
	int (*write)(const struct results *results, FILE *out);
};

static int
cannot(const char *path)
{

	fprintf(stderr, "throng-bench: cannot write %s: %s\n", path,
	    strerror(errno));
	return (-1);
}

/* Open for appending and close again: what is there stays. */
static int
writable(const char *path)
{
	FILE *f;

	if (path == NULL || strcmp(path, "-") == 0)
		return (0);
	if ((f = fopen(path, "ae")) == NULL)
		return (cannot(path));
	fclose(f);
	return (0);
}

int
output_check(const struct cmdline *o)
{
	char path[PATH_ROOM];

	if (writable(o->json) || writable(o->html) || writable(o->md))
		return (-1);
	if (o->out == NULL)
		return (0);
	if (mkdir(o->out, 0777) == -1 && errno != EEXIST)
		return (cannot(o->out));
	snprintf(path, sizeof(path), "%s/report.json", o->out);
	return (writable(path));
}

static int
write_one(const char *path, const struct results *r,
    int (*write)(const struct results *, FILE *))
{
	FILE *f;
	int rc;

	if (path == NULL)
		return (0);
	if (strcmp(path, "-") == 0)
		return (write(r, stdout) || fflush(stdout));
	if ((f = fopen(path, "we")) == NULL)
		return (cannot(path));
	rc = write(r, f);
	if (fclose(f) != 0 || rc != 0)
		return (cannot(path));
	return (0);
}

static int
write_folder(const char *folder, const struct results *r)
{
	static const struct kind kinds[] = {
		{ "report.json", report_json },
		{ "report.html", report_html },
		{ "report.md", report_markdown },
	};
	char path[PATH_ROOM];
	int rc = 0;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, kinds[i].name);
		rc |= write_one(path, r, kinds[i].write);
	}
	return (rc);
}

int
output_write(const struct cmdline *o, const struct results *r)
{
	const int to_stdout = o->json != NULL && strcmp(o->json, "-") == 0;
	const int colour = isatty(STDOUT_FILENO);
	int rc = 0;

	/* A program that reads the JSON wants nothing else. */
	if (!to_stdout)
		rc |= report_terminal(r, 0, colour, stdout) ||
		    fflush(stdout);
	rc |= write_one(o->json, r, report_json);
	rc |= write_one(o->html, r, report_html);
	rc |= write_one(o->md, r, report_markdown);
	if (o->out != NULL)
		rc |= write_folder(o->out, r);
	return (rc ? -1 : 0);
}
