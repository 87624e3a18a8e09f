#include "json.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* One text from its quote on, decoded into `out`, or only checked. Return
 * what is behind it, or NULL. */
static const char *
text(const char *at, char *out, size_t size, size_t *length)
{
	static const char escapes[] = "\"\"\\\\//b\bf\fn\nr\rt\t";
	char byte, hex[5] = "";

	*length = 0;
	if (*at++ != '"')
		return (NULL);
	for (; *at != '"'; at++) {
		if ((unsigned char)*at < ' ')
			return (NULL);
		byte = *at;
		if (byte == '\\' && *++at == 'u') {
			for (int i = 0; i < 4; i++)
				if (!isxdigit((unsigned char)(hex[i] = *++at)))
					return (NULL);
			byte = (char)strtoul(hex, NULL, 16);
		} else if (byte == '\\') {
			const char *e = escapes;

			while (*e != '\0' && *e != *at)
				e += 2;
			if (*e == '\0')
				return (NULL);
			byte = e[1];
		}
		if (*length < size)
			out[*length] = byte;
		++*length;
	}
	return (at + 1);
}

static const char *
number(const char *at)
{

	if (!isdigit((unsigned char)*at) ||
	    (at[0] == '0' && isdigit((unsigned char)at[1])))
		return (NULL);
	while (isdigit((unsigned char)*at))
		at++;
	return (at);
}

/* Go through the object; stop at the value of `key`, if one is asked for. */
static const char *
walk(const char *at, const char *key, const char **wrong)
{
	char name[64];
	size_t length;

	*wrong = "no object";
	if (*at != '{')
		return (NULL);
	do {
		*wrong = "no key";
		at = text(at + 1, name, sizeof(name), &length);
		if (at == NULL || *at++ != ':')
			return (NULL);
		if (key != NULL && length == strlen(key) &&
		    memcmp(name, key, length) == 0)
			return (at);
		*wrong = "no value";
		at = *at == '"' ? text(at, NULL, 0, &length) : number(at);
		if (at == NULL)
			return (NULL);
	} while (*at == ',');
	*wrong = strcmp(at, "}\n") == 0 ? NULL : "no end";
	return (NULL);
}

const char *
json_wrong(const char *line)
{
	const char *wrong;

	(void)walk(line, NULL, &wrong);
	return (wrong);
}

size_t
json_text(const char *line, const char *key, char *out, size_t size)
{
	const char *wrong, *at = walk(line, key, &wrong);
	size_t length;

	if (at == NULL || text(at, out, size, &length) == NULL)
		return (SIZE_MAX);
	return (length);
}

int
json_number(const char *line, const char *key, uint64_t *value)
{
	const char *wrong, *at = walk(line, key, &wrong);

	if (at == NULL || number(at) == NULL)
		return (-1);
	*value = strtoull(at, NULL, 10);
	return (0);
}
