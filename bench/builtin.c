/*
 * What a daemon can do is asked of itself, so that an older one is left out,
 * or started without what it does not know, instead of failing every trial.
 */
#include "config.h"

#include "builtin.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "targets.h"

#define HELP_MAX 16384

static const struct {
	const char *name;
	const char *program;
	const char *mode; /* of throngd, or NULL */
} rows[] = {
	{ "pool", "throngd", "pool" },
	{ "thread", "throngd", "thread" },
	{ "inline", "throngd", "inline" },
	{ "limit", "throng-limit", NULL },
	{ "bufferevent", "throng-bufferevent", NULL },
	{ "refd", "throng-refd", NULL },
};

int
builtin_find(const char *name)
{

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(rows[i].name, name) == 0)
			return ((int)i);
	return (-1);
}

int
builtin_offers(const char *help, const char *option, const char *word)
{
	const size_t length = strlen(option);
	size_t n;

	while (help != NULL && *help != '\0') {
		const char *line = help + strspn(help, " ");

		help = strchr(line, '\n');
		help = help == NULL ? NULL : help + 1;
		if (strncmp(line, option, length) != 0 || line[length] != ' ')
			continue;
		if (word == NULL)
			return (1);
		for (line += length + 1; *line != ' ' && *line != '\n' &&
		    *line != '\0'; line += n + (line[n] == '|')) {
			n = strcspn(line, "| \n");
			if (n == strlen(word) && memcmp(line, word, n) == 0)
				return (1);
		}
	}
	return (0);
}

/* What a program prints when it is asked for this. */
static void
ask(const char *path, const char *option, char *help, size_t size)
{
	char command[1100];
	size_t n = 0;
	FILE *f;

	snprintf(command, sizeof(command), "%s %s 2>/dev/null", path, option);
	if ((f = popen(command, "re")) != NULL) {
		n = fread(help, 1, size - 1, f);
		pclose(f);
	}
	help[n] = '\0';
}

static int __attribute__((format(printf, 2, 3)))
add(struct target_spec *t, const char *format, ...)
{
	const size_t at = strlen(t->command);
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = vsnprintf(t->command + at, sizeof(t->command) - at, format,
	    arguments);
	va_end(arguments);
	return (n >= 0 && (size_t)n < sizeof(t->command) - at ? 0 : -1);
}

/* What throngd is told beyond the others. */
static int
add_daemon(const struct cmdline *o, const char *mode, const char *help,
    struct target_spec *t)
{
	/* Idle connections are to stay for as long as a trial lasts. */
	static const char *const patient[] = { "--first-frame-timeout",
	    "--idle-timeout" };

	if (add(t, " --mode %s", mode) || (strcmp(mode, "pool") == 0 &&
	    add(t, " --workers %u", (unsigned)o->workers)))
		return (-1);
	for (size_t i = 0; i < sizeof(patient) / sizeof(patient[0]); i++)
		if (builtin_offers(help, patient[i], NULL) &&
		    add(t, " %s 24h", patient[i]))
			return (-1);
	return (0);
}

int
builtin_build(const struct cmdline *o, int index, struct target_spec *t,
    char *why, size_t size)
{
	const char *mode = rows[index].mode;
	char path[1024], help[HELP_MAX] = "";

	if (targets_program(rows[index].program, path, sizeof(path))) {
		snprintf(why, size, "%s is not installed",
		    rows[index].program);
		return (-1);
	}
	if (mode != NULL) {
		ask(path, "--help", help, sizeof(help));
		ask(path, "--version", t->version, sizeof(t->version));
		t->version[strcspn(t->version, "\n")] = '\0';
	}
	if (mode != NULL && !builtin_offers(help, "--mode", mode)) {
		snprintf(why, size, "this throngd has no --mode %s", mode);
		return (-1);
	}
	if (add(t, "%s --listen {addr} --frame %s --handler %s", path,
	    frame_name(o->frame), o->handler) || (mode != NULL &&
	    add_daemon(o, mode, help, t))) {
		snprintf(why, size, "its command is too long");
		t->command[0] = '\0';
		return (-1);
	}
	return (0);
}
