/**
 * json.h - JSON written as it is produced, with its commas.
 */
#ifndef BENCH_JSON_H
#define BENCH_JSON_H

#include <stdint.h>
#include <stdio.h>

/** A document being written. All zero but `out` is the start of one. */
struct json {
	FILE *out;
	unsigned depth;
	int more;    /* something was written at this depth */
	int flat;    /* depth from which on everything is on one line; 0: no */
};

/**
 * json_open(json, key, bracket):
 * Begin an object ('{') or an array ('['). `key` is NULL within an array and
 * at the top; so it is below. Thread: the owner of `json`.
 */
void json_open(struct json *json, const char *key, char bracket);

/**
 * json_flat(json, key, bracket):
 * As json_open(), and keep all of it on one line. Thread: the owner.
 */
void json_flat(struct json *json, const char *key, char bracket);

/**
 * json_close(json, bracket):
 * End the innermost object ('}') or array (']'). Thread: the owner.
 */
void json_close(struct json *json, char bracket);

/**
 * json_text(json, key, text):
 * Write a string. Thread: the owner.
 */
void json_text(struct json *json, const char *key, const char *text);

/**
 * json_hex(json, key, value):
 * Write 64 bits as a string of 16 hexadecimal digits: they may be more than a
 * reader's numbers hold. Thread: the owner.
 */
void json_hex(struct json *json, const char *key, uint64_t value);

/**
 * json_number(json, key, value):
 * Write a number so that it reads back as the same; null for NAN, the
 * strings "inf" and "-inf" for the infinite. Thread: the owner.
 */
void json_number(struct json *json, const char *key, double value);

/**
 * json_whole(json, key, value):
 * Write a whole number; from 2^53 on as a string. Thread: the owner.
 */
void json_whole(struct json *json, const char *key, uint64_t value);

/**
 * json_truth(json, key, value):
 * Write true or false. Thread: the owner.
 */
void json_truth(struct json *json, const char *key, int value);

#endif /* BENCH_JSON_H */
