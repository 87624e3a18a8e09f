#include "config.h"
#include "report.h"
#include <math.h>
int report_json(const struct results *r, FILE *out) { (void)r; (void)out; return 0; }
int report_html(const struct results *r, FILE *out) { (void)r; (void)out; return 0; }
int report_markdown(const struct results *r, FILE *out) { (void)r; (void)out; return 0; }
int report_terminal(const struct results *r, unsigned w, int c, FILE *out)
{
	char a[64];
	(void)w; (void)c;
	for (uint32_t p = 0; p < r->point_count; p++) {
		fprintf(out, "\n%u connections (+%u idle), rate %.0f\n", r->points[p].connections, r->points[p].idle, r->points[p].rate);
		fprintf(out, "%-14s", "");
		for (int m = 0; m < METRICS; m++)
			fprintf(out, " %10.10s", metric_info((enum metric)m)->key);
		fprintf(out, "\n");
		for (uint32_t t = 0; t < r->target_count; t++) {
			const struct results_cell *cell = results_cell(r, p, t);
			fprintf(out, "%-14s", r->targets[t].name);
			for (int m = 0; m < METRICS; m++)
				fprintf(out, " %10.10s", cell ? metric_format((enum metric)m, cell->value[m].value, a, sizeof a) : "?");
			fprintf(out, " %s\n", cell ? cell->limiter : "");
			const struct results_ratio *x = results_find(r, p, t, METRIC_CPU);
			if (x) fprintf(out, "    cpu ratio %.3f [%.3f,%.3f] %s; all %.3f [%.3f,%.3f]\n", x->valid.value, x->valid.low, x->valid.high, stats_verdict_name(x->verdict), x->all.value, x->all.low, x->all.high);
		}
	}
	for (size_t b = 0; b < r->block_count; b++)
		if (r->blocks[b].void_) fprintf(out, "void block %zu: %s\n", b + 1, r->blocks[b].reason);
	for (size_t n = 0; n < r->note_count; n++) fprintf(out, "note: %s\n", r->notes[n].text);
	return 0;
}
