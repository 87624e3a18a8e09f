/**
 * parse.h - numbers, sizes and times as people write them.
 *
 * Everything is checked: no sign, no spaces, nothing left over, no overflow,
 * and the range of the caller. On failure the value is left alone.
 */
#ifndef PARSE_H
#define PARSE_H

#include <stddef.h>
#include <stdint.h>

/**
 * parse_number(text, min, max, value):
 * Read a decimal number between `min` and `max`. Return 0, or -1 if the text
 * is something else. Thread: any.
 */
int parse_number(const char *text, uint64_t min, uint64_t max,
    uint64_t *value);

/**
 * parse_size(text, min, max, value):
 * Read bytes: a decimal number, perhaps with K, M or G (powers of 1,024)
 * behind it, between `min` and `max` bytes. Returns as parse_number().
 * Thread: any.
 */
int parse_size(const char *text, uint64_t min, uint64_t max, uint64_t *value);

/** Room for a size as text. Bytes. */
#define PARSE_SIZE_TEXT 24

/**
 * parse_size_text(bytes, text):
 * Write a size as parse_size() reads it, with the largest unit that leaves it
 * whole, and return `text`. Thread: any.
 */
const char *parse_size_text(uint64_t bytes, char text[PARSE_SIZE_TEXT]);

/**
 * parse_time(text, length, min, max, nanoseconds):
 * Read a time from the first `length` bytes of `text`, which need not end
 * with NUL: a decimal number, perhaps with a fraction, and us, ms, s, m
 * (minutes) or h behind it ("120us", "1.5s", "10m"), between `min` and `max`
 * nanoseconds. Returns as parse_number(). Thread: any.
 */
int parse_time(const char *text, size_t length, uint64_t min, uint64_t max,
    uint64_t *nanoseconds);

#endif /* PARSE_H */
