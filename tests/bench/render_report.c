/*
 * render_report KIND FORMAT: write a made-up report to standard output, to
 * be looked at, and to be rendered by test_render.sh.
 */
#include "fixture.h"
#include "report.h"

#include <stdio.h>
#include <string.h>

static struct results *
make(const char *kind)
{

	if (strcmp(kind, "compare") == 0)
		return (fixture_compare(18));
	if (strcmp(kind, "connections") == 0)
		return (fixture_sweep(1));
	if (strcmp(kind, "load") == 0)
		return (fixture_sweep(0));
	if (strcmp(kind, "hostile") == 0)
		return (fixture_hostile());
	if (strcmp(kind, "lossy") == 0)
		return (fixture_lossy());
	if (strcmp(kind, "few") == 0)
		return (fixture_compare(2));
	if (strcmp(kind, "empty") == 0)
		return (results_new());
	return (NULL);
}

int
main(int argc, char **argv)
{
	struct results *r = argc == 3 ? make(argv[1]) : NULL;
	int rc = 2;

	if (r == NULL) {
		fprintf(stderr, "usage: render_report compare|connections|load|"
		    "hostile|lossy|few|empty html|md|json|text\n");
		return (2);
	}
	if (strcmp(argv[2], "html") == 0)
		rc = report_html(r, stdout);
	else if (strcmp(argv[2], "md") == 0)
		rc = report_markdown(r, stdout);
	else if (strcmp(argv[2], "json") == 0)
		rc = report_json(r, stdout);
	else if (strcmp(argv[2], "text") == 0)
		rc = report_terminal(r, 110, 0, stdout);
	results_free(r);
	return (rc == 0 ? 0 : 1);
}
