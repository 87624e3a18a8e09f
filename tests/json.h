/**
 * json.h - as much JSON as a log line has: one flat object of texts and
 * numbers. Checked strictly, so that what passes here passes anywhere.
 *
 * All functions: Thread: any.
 */
#ifndef JSON_H
#define JSON_H

#include <stddef.h>
#include <stdint.h>

/**
 * json_wrong(line):
 * Return NULL if the text is one flat object and one newline, or what is
 * wrong with it. Thread: any.
 */
const char *json_wrong(const char *line);

/**
 * json_text(line, key, out, size):
 * Decode the text called `key` into at most `size` bytes, code points as
 * bytes. Return their number, or SIZE_MAX if there is no such text.
 * Thread: any.
 */
size_t json_text(const char *line, const char *key, char *out, size_t size);

/**
 * json_number(line, key, value):
 * Store the number called `key`. Return 0, or -1 if there is none.
 * Thread: any.
 */
int json_number(const char *line, const char *key, uint64_t *value);

#endif /* JSON_H */
