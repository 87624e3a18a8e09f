/*
 * The end of the page: the machine card, and how to run it again.
 */
#include "report_part.h"
#include "escape.h"

#include <string.h>

static void
element(const char *tag, const char *text, FILE *out)
{

	fprintf(out, "<%s>", tag);
	escape_html(text, out);
	fprintf(out, "</%s>\n", tag);
}

/* Whether a fact is the first of its group. */
static int
is_first(const struct results *r, size_t fact)
{

	for (size_t i = 0; i < fact; i++)
		if (strcmp(r->facts[i].group, r->facts[fact].group) == 0)
			return (0);
	return (1);
}

static void
group(const struct results *r, const char *name, FILE *out)
{

	fputs("<section>", out);
	element("h3", name, out);
	fputs("<dl>\n", out);
	for (size_t i = 0; i < r->fact_count; i++) {
		if (strcmp(r->facts[i].group, name) != 0)
			continue;
		element("dt", r->facts[i].name, out);
		element("dd", r->facts[i].value, out);
	}
	fputs("</dl></section>\n", out);
}

void
report_machine(const struct results *r, FILE *out)
{

	if (r->fact_count == 0)
		return;
	fputs("<h2>Machine</h2>\n<div class=\"cards\">\n", out);
	for (size_t i = 0; i < r->fact_count; i++) {
		if (is_first(r, i))
			group(r, r->facts[i].group, out);
	}
	fputs("</div>\n", out);
}

/* One word of a command line, quoted for a shell if it has to be. */
static void
shell_word(const char *word, FILE *out)
{
	const char *plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRST"
	    "UVWXYZ0123456789-_=./:,%+@";

	if (word[0] != '\0' && word[strspn(word, plain)] == '\0') {
		escape_html(word, out);
		return;
	}
	fputs("&#39;", out);
	for (const char *c = word; *c != '\0'; ) {
		char part[256];
		size_t n = strcspn(c, "'");

		if (n >= sizeof(part))
			n = sizeof(part) - 1;
		memcpy(part, c, n);
		part[n] = '\0';
		escape_html(part, out);
		c += n;
		if (*c == '\'') {
			/* A quote ends the quoting, stands alone, resumes. */
			fputs("&#39;\\&#39;&#39;", out);
			c++;
		}
	}
	fputs("&#39;", out);
}

void
report_again(const struct results *r, FILE *out)
{

	fputs("<h2>Run it again</h2>\n<pre>", out);
	for (size_t i = 0; i < r->argument_count; i++) {
		fputs(i > 0 ? " " : "", out);
		shell_word(r->arguments[i], out);
	}
	fputs("</pre>\n<dl>\n", out);
	for (size_t t = 0; t < r->target_count; t++) {
		const struct results_target *x = &r->targets[t];

		fputs("<dt>", out);
		escape_html(x->name, out);
		fputs("</dt><dd><code>", out);
		escape_html(x->command, out);
		fputs("</code>", out);
		if (x->version[0] != '\0') {
			fputs("<br>", out);
			escape_html(x->version, out);
		}
		if (x->skipped[0] != '\0') {
			fputs("<br>skipped: ", out);
			escape_html(x->skipped, out);
		}
		fputs("</dd>\n", out);
	}
	fputs("</dl>\n", out);
}
