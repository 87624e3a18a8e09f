/*
 * The table of searches for the highest rate, and their trials.
 */
#include "report_part.h"
#include "escape.h"

#include <inttypes.h>

/* The trials of a search, one by one, folded away. */
static void
attempts(const struct results *r, const struct results_search *s, FILE *out)
{
	char text[80];

	if (s->attempt_count == 0)
		return;
	fputs("<details><summary>", out);
	if (s->target < r->target_count)
		escape_html(r->targets[s->target].name, out);
	fprintf(out, "%s, trial by trial</summary><div class=\"wide\"><table>"
	    "<thead><tr><th>requests per second</th><th>s</th><th>",
	    results_where(r, s, text, sizeof(text)));
	escape_html(s->objective, out);
	fputs(", \xc2\xb5s</th><th>server CPU, \xc2\xb5s per request</th>"
	    "<th></th></tr></thead><tbody>\n", out);
	for (size_t i = 0; i < s->attempt_count; i++) {
		const struct results_attempt *a = &s->attempts[i];

		fprintf(out, "<tr><td>%s</td>", metric_format(
		    METRIC_THROUGHPUT, a->rate, text, sizeof(text)));
		fprintf(out, "<td>%.3g</td>", (double)a->length / 1e9);
		fprintf(out, "<td>%s</td>", metric_format(METRIC_P99,
		    a->measured, text, sizeof(text)));
		fprintf(out, "<td>%s</td><td class=\"words\">%s<small>",
		    metric_format(METRIC_CPU, a->cpu, text, sizeof(text)),
		    results_outcome(a->outcome));
		escape_html(a->why, out);
		fputs("</small></td></tr>\n", out);
	}
	fputs("</tbody></table></div></details>\n", out);
}

void
report_searches(const struct results *r, FILE *out)
{
	char text[RESULTS_TEXT * 2];

	if (r->search_count == 0)
		return;
	fputs("<h2>Highest rate within the objective</h2>\n"
	    "<div class=\"wide\"><table><thead><tr><th>target</th>"
	    "<th>objective</th><th>highest rate</th>"
	    "<th>measured there, \xc2\xb5s</th><th>trials</th></tr></thead>"
	    "<tbody>\n", out);
	for (size_t i = 0; i < r->search_count; i++) {
		const struct results_search *s = &r->searches[i];

		fputs("<tr><td>", out);
		if (s->target < r->target_count)
			escape_html(r->targets[s->target].name, out);
		fprintf(out, "<small>%s</small></td><td>", results_where(r, s,
		    text, sizeof(text)));
		escape_html(s->objective, out);
		fputs("</td><td class=\"words\">", out);
		escape_html(results_answer(s, text, sizeof(text)), out);
		if (s->rate > 0 && s->stopped[0] != '\0') {
			fputs("<small>above it: ", out);
			escape_html(s->stopped, out);
			fputs("</small>", out);
		}
		fprintf(out, "</td><td>%s</td><td>%" PRIu32 "</td></tr>\n",
		    metric_format(METRIC_P99, s->measured, text,
		    sizeof(text)), s->trials);
	}
	fputs("</tbody></table></div>\n", out);
	for (size_t i = 0; i < r->search_count; i++)
		attempts(r, &r->searches[i], out);
}
