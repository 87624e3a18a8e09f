/**
 * escape.h - text of the user, made harmless for the format it goes into.
 *
 * Bytes that are not UTF-8 become U+FFFD, and so do control characters,
 * except where the format can carry them. Thread: any.
 */
#ifndef BENCH_ESCAPE_H
#define BENCH_ESCAPE_H

#include <stdio.h>

/**
 * escape_html(text, out):
 * Write text for HTML and SVG, as content or within a quoted attribute.
 * Thread: any.
 */
void escape_html(const char *text, FILE *out);

/**
 * escape_json(text, out):
 * Write text as a JSON string, with its quotes. Thread: any.
 */
void escape_json(const char *text, FILE *out);

/**
 * escape_markdown(text, out):
 * Write text that Markdown shows as it is, in a table cell too, and that
 * cannot bring HTML in; a line break becomes a space. Thread: any.
 */
void escape_markdown(const char *text, FILE *out);

/**
 * escape_terminal(text, out):
 * Write text in printable ASCII: everything else becomes '?'. Thread: any.
 */
void escape_terminal(const char *text, FILE *out);

#endif /* BENCH_ESCAPE_H */
