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
	snprintf(path, sizeof(path), "%s/%s.json", o->out,
	    strcmp(o->command, "tail") == 0 ? "tail" : "report");
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

/* A file name that stays in its folder, whatever the target is called. */
static void
hgrm_name(const struct results *r, uint32_t point, uint32_t target,
    char *name, size_t size)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-+";
	char part[RESULTS_NAME];

	snprintf(part, sizeof(part), "%s", r->targets[target].name);
	for (char *c = part; *c != '\0'; c++)
		if (strchr(plain, *c) == NULL)
			*c = '_';
	if (r->point_count > 1)
		snprintf(name, size, "%s-%u.hgrm", part, point + 1);
	else
		snprintf(name, size, "%s.hgrm", part);
}

/* The response of each target at each load, for HdrHistogram's plotter. */
static int
write_hgrm(const char *folder, const struct results *r)
{
	char path[PATH_ROOM], name[RESULTS_NAME + 16];
	int rc = 0;

	for (uint32_t p = 0; p < r->point_count; p++) {
		for (uint32_t t = 0; t < r->target_count; t++) {
			const struct results_cell *c = results_cell(r, p, t);
			FILE *f;

			if (c == NULL || c->pooled == NULL)
				continue;
			hgrm_name(r, p, t, name, sizeof(name));
			snprintf(path, sizeof(path), "%s/%s", folder, name);
			if ((f = fopen(path, "we")) == NULL)
				return (cannot(path));
			rc |= report_hgrm(&c->pooled->response, f);
			if (fclose(f) != 0 || rc != 0)
				return (cannot(path));
		}
	}
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
	return (rc | write_hgrm(folder, r));
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

/* What writes one of the two forms of the table of `tail`. */
typedef int (*tail_writer)(const struct cmdline *options, int argc,
    char **argv, const struct tail_table *table, FILE *out);

static int
write_tail(const char *path, tail_writer write, const struct cmdline *o,
    int argc, char **argv, const struct tail_table *table)
{
	FILE *f;
	int rc;

	if (path == NULL)
		return (0);
	if (strcmp(path, "-") == 0)
		return (write(o, argc, argv, table, stdout) ||
		    fflush(stdout));
	if ((f = fopen(path, "we")) == NULL)
		return (cannot(path));
	rc = write(o, argc, argv, table, f);
	if (fclose(f) != 0 || rc != 0)
		return (cannot(path));
	return (0);
}

int
output_tail(const struct cmdline *o, int argc, char **argv,
    const struct tail_table *table)
{
	const int to_stdout = o->json != NULL && strcmp(o->json, "-") == 0;
	char json[PATH_ROOM], md[PATH_ROOM];
	struct tail_table shown = *table;
	int rc = 0;

	/* A terminal is not where the machine card is read. */
	shown.card = NULL;
	if (!to_stdout)
		rc |= write_tail("-", tail_report, o, argc, argv, &shown);
	rc |= write_tail(o->json, tail_json, o, argc, argv, table);
	rc |= write_tail(o->md, tail_report, o, argc, argv, table);
	if (o->out == NULL)
		return (rc ? -1 : 0);
	snprintf(json, sizeof(json), "%s/tail.json", o->out);
	snprintf(md, sizeof(md), "%s/tail.md", o->out);
	rc |= write_tail(json, tail_json, o, argc, argv, table);
	rc |= write_tail(md, tail_report, o, argc, argv, table);
	return (rc ? -1 : 0);
}
