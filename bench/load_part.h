/**
 * load_part.h - between the files that read a report.json: values of an
 * object by their key, whatever is missing being NAN, 0 or "".
 */
#ifndef BENCH_LOAD_PART_H
#define BENCH_LOAD_PART_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "results.h"

/**
 * load_value(value):
 * Return a number, as json_number() writes it. Thread: any.
 */
double load_value(const json_t *value);

/**
 * load_count(value):
 * Return a whole number, as json_whole() writes it. Thread: any.
 */
uint64_t load_count(const json_t *value);

/**
 * load_number(object, key):
 * Return a number, as json_number() writes it. Thread: any.
 */
double load_number(const json_t *object, const char *key);

/**
 * load_whole(object, key):
 * Return a whole number, as json_whole() writes it. Thread: any.
 */
uint64_t load_whole(const json_t *object, const char *key);

/**
 * load_hex(object, key):
 * Return 64 bits, as json_hex() writes them. Thread: any.
 */
uint64_t load_hex(const json_t *object, const char *key);

/**
 * load_text(object, key, to, size):
 * Copy a string, cut to `size`. Thread: any.
 */
void load_text(const json_t *object, const char *key, char *to, size_t size);

/**
 * load_time(object, key):
 * Return seconds as whole nanoseconds; 0 for what is no time.
 * Thread: any.
 */
uint64_t load_time(const json_t *object, const char *key);

/**
 * load_target(results, object, key):
 * Return the target of that name, or RESULTS_NONE. Thread: any.
 */
uint32_t load_target(const struct results *results, const json_t *object,
    const char *key);

/**
 * load_blocks(results, root):
 * Read blocks and their trials. Return 0, or -1 if they make no sense; so do
 * the next. Thread: one at a time.
 */
int load_blocks(struct results *results, const json_t *root);

/**
 * load_derived(results, root):
 * Read cells, ratios and slopes. Thread: one at a time.
 */
int load_derived(struct results *results, const json_t *root);

#endif /* BENCH_LOAD_PART_H */
