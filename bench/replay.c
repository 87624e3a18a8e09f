#include "config.h"

#include "replay.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "results_load.h"

#define WORDS 256

/* The list stands near the beginning of the file. */
#define LOOKED_AT 65536

static int
hex4(const char *text, unsigned *value)
{

	return (sscanf(text, "%4x", value) == 1 && strlen(text) >= 4 ? 0 :
	    -1);
}

/* One character behind a backslash; returns where the text goes on. */
static const char *
unescape(const char *at, char **out)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *found = *at == '\0' ? NULL : strchr(from, *at);
	unsigned value;

	if (found != NULL) {
		*(*out)++ = to[found - from];
		return (at + 1);
	}
	/* Arguments are bytes; the writer escapes control bytes only. */
	if (*at != 'u' || hex4(at + 1, &value) || value > 0xff)
		return (NULL);
	*(*out)++ = (char)value;
	return (at + 5);
}

/* A string from behind its quote; returns what is behind the other one. */
static const char *
string(const char *at, char *out)
{
	while (at != NULL && *at != '"') {
		if (*at == '\0')
			return (NULL);
		if (*at == '\\')
			at = unescape(at + 1, &out);
		else
			*out++ = *at++;
	}
	*out = '\0';
	return (at == NULL ? NULL : at + 1);
}

static int
list(const char *text, char **words, int *count)
{
	const char *at = strstr(text, "\"arguments\": [");

	if (at == NULL)
		return (-1);
	at = strchr(at, '[') + 1;
	while (at != NULL && *at == '"' && *count < WORDS) {
		if ((words[*count] = malloc(strlen(at) + 1)) == NULL)
			return (-1);
		at = string(at + 1, words[(*count)++]);
		if (at != NULL && *at == ',')
			at += 1 + strspn(at + 1, " \n");
	}
	return (at != NULL && *at == ']' && *count > 1 ? 0 : -1);
}

void
replay_free(char **words)
{

	for (char **w = words; w != NULL && *w != NULL; w++)
		free(*w);
	free(words);
}

/* Whether an option is among the words, in full or with its value. */
static int
has(char *const *words, const char *option)
{
	const size_t n = strlen(option);

	for (; *words != NULL; words++)
		if (strncmp(*words, option, n) == 0 &&
		    ((*words)[n] == '\0' || (*words)[n] == '='))
			return (1);
	return (0);
}

/* "--capacity=12000,9000": what 100% was at each number of connections, in
 * their order; "" if no rate was a share. */
static void
capacities(const struct results *r, char *text, size_t size)
{
	size_t at = 0;

	text[0] = '\0';
	for (size_t p = 0; p < r->point_count && at < size; p++) {
		const struct results_point *x = &r->points[p];

		if (!(x->load > 0) || !(x->rate > 0) || (p > 0 &&
		    x->connections + x->idle == x[-1].connections +
		    x[-1].idle))
			continue;
		at += (size_t)snprintf(text + at, size - at, "%s%.0f",
		    at == 0 ? "--capacity=" : ",", x->rate / x->load);
	}
}

/* The rates as they were, unless the user wants others. */
static int
same_rates(const char *path, char **more, char **words, int *count)
{
	char why[RESULTS_TEXT * 2], text[1024];
	struct results *r;

	if (has(words, "--capacity") || has(more, "--capacity") ||
	    has(more, "--connections") ||
	    (r = results_load(path, why, sizeof(why))) == NULL)
		return (0);
	capacities(r, text, sizeof(text));
	results_free(r);
	if (text[0] == '\0')
		return (0);
	words[*count] = strdup(text);
	return (words[(*count)++] == NULL ? -1 : 0);
}

char **
replay_arguments(const char *path, char **more, int *count)
{
	char **words = calloc(WORDS * 2 + 1, sizeof(*words));
	char *text = malloc(LOOKED_AT);
	FILE *f = fopen(path, "re");
	size_t n = 0;
	int rc = -1;

	*count = 0;
	if (f == NULL) {
		fprintf(stderr, "throng-bench: %s: %s\n", path,
		    strerror(errno));
	} else if (words != NULL && text != NULL) {
		n = fread(text, 1, LOOKED_AT - 1, f);
		text[n] = '\0';
		rc = list(text, words, count);
		if (rc != 0 || strcmp(words[1], "replay") == 0) {
			fprintf(stderr, "throng-bench: %s is no report of a "
			    "run\n", path);
			rc = -1;
		}
	}
	if (rc == 0)
		rc = same_rates(path, more, words, count);
	for (; rc == 0 && *more != NULL && *count < WORDS * 2; more++)
		if ((words[(*count)++] = strdup(*more)) == NULL)
			rc = -1;
	if (f != NULL)
		fclose(f);
	free(text);
	if (rc == 0)
		return (words);
	replay_free(words);
	return (NULL);
}
