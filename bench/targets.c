#include "config.h"

#include "targets.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "address.h"
#include "builtin.h"
#include "peers.h"

int
targets_program(const char *name, char *path, size_t size)
{
	char self[512];
	const char *list = getenv("PATH");
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	self[n < 0 ? 0 : n] = '\0';
	if ((slash = strrchr(self, '/')) != NULL) {
		*slash = '\0';
		snprintf(path, size, "%s/%s", self, name);
		if (access(path, X_OK) == 0)
			return (0);
	}
	snprintf(path, size, "%s/%s", PKGLIBEXECDIR, name);
	if (access(path, X_OK) == 0)
		return (0);
	while (list != NULL && *list != '\0') {
		size_t length = strcspn(list, ":");

		snprintf(path, size, "%.*s/%s", (int)length, list, name);
		if (access(path, X_OK) == 0)
			return (0);
		list += length + (list[length] == ':');
	}
	return (-1);
}

static int
is_name(const char *text, size_t length)
{

	if (length == 0 || length >= TARGET_NAME)
		return (0);
	for (size_t i = 0; i < length; i++)
		if (!isalnum((unsigned char)text[i]) &&
		    strchr("_.-+", text[i]) == NULL)
			return (0);
	return (1);
}

/* Whether it is written as an address; it may still not resolve. */
static int
is_address(const char *text)
{
	const char *colon = strrchr(text, ':');

	if (strncmp(text, "unix:", 5) == 0)
		return (1);
	return (strpbrk(text, " \t/{") == NULL && colon != NULL &&
	    colon[1] != '\0' && strspn(colon + 1, "0123456789") ==
	    strlen(colon + 1));
}

static int
wrong(const char *text, const char *why)
{

	fprintf(stderr, "throng-bench: --target %s: %s\n", text, why);
	return (-1);
}

static const struct target_spec *
by_name(const struct cmdline *o, const char *name)
{

	for (unsigned i = 0; i < o->target_count; i++)
		if (strcmp(o->targets[i].name, name) == 0)
			return (&o->targets[i]);
	return (NULL);
}

/* A name for a target that was given none: its program. */
static void
name_by_command(const char *text, struct target_spec *t)
{
	size_t length = strcspn(text, " \t");
	const char *from = text;

	for (const char *p = text; p < text + length; p++)
		if (*p == '/')
			from = p + 1;
	length -= (size_t)(from - text);
	snprintf(t->name, sizeof(t->name), "%.*s", (int)length, from);
}

static int
fill(const char *text, struct target_spec *t)
{

	if (strlen(text) >= sizeof(t->command))
		return (-1);
	if (*text == '@')
		snprintf(t->same_as, sizeof(t->same_as), "%s", text + 1);
	else if (is_address(text))
		snprintf(t->address, sizeof(t->address), "%s", text);
	else
		snprintf(t->command, sizeof(t->command), "%s", text);
	return (0);
}

int
targets_read(const char *text, struct cmdline *o)
{
	struct target_spec *t = &o->targets[o->target_count];
	size_t length = strcspn(text, "=");
	const char *rest = text;

	if (o->target_count == CMDLINE_TARGETS)
		return (wrong(text, "too many targets"));
	memset(t, 0, sizeof(*t));
	if (length == 0)
		return (wrong(text, "the name is missing"));
	if (text[length] == '=' && is_name(text, length)) {
		snprintf(t->name, sizeof(t->name), "%.*s", (int)length, text);
		rest = text + length + 1;
		if (*rest == '\0')
			return (wrong(text, "the command is missing"));
	} else if (builtin_find(text) != -1) {
		snprintf(t->name, sizeof(t->name), "%s", text);
		rest = NULL;
	} else if (peers_exists(text)) {
		snprintf(t->name, sizeof(t->name), "%s", text);
		snprintf(t->command, sizeof(t->command), "peer:%s", text);
		rest = NULL;
	} else if (is_name(text, strlen(text)) &&
	    targets_program(text, t->command, sizeof(t->command))) {
		return (wrong(text, "unknown: not pool, thread, inline, limit, "
		    "bufferevent, a peer, an address, a program or "
		    "NAME=COMMAND"));
	} else {
		name_by_command(text, t);
	}
	if (rest != NULL && fill(rest, t))
		return (wrong(text, "too long"));
	if (by_name(o, t->name) != NULL)
		return (wrong(t->name, "given twice"));
	o->target_count++;
	return (0);
}

static void
drop(struct cmdline *o, unsigned i)
{

	o->target_count--;
	memmove(&o->targets[i], &o->targets[i + 1],
	    (o->target_count - i) * sizeof(o->targets[0]));
}

static void
add_defaults(struct cmdline *o)
{

	targets_read("pool", o);
	targets_read("thread", o);
	targets_read("limit", o);
}

/* The control is the first target again, under another name. */
static void
add_control(struct cmdline *o)
{
	struct target_spec *t = &o->targets[o->target_count];

	for (unsigned i = 0; i < o->target_count; i++)
		if (o->targets[i].same_as[0] != '\0')
			return;
	if (o->no_control || o->target_count == 0 ||
	    o->target_count == CMDLINE_TARGETS ||
	    by_name(o, "again") != NULL)
		return;
	memset(t, 0, sizeof(*t));
	snprintf(t->name, sizeof(t->name), "again");
	snprintf(t->same_as, sizeof(t->same_as), "%s", o->targets[0].name);
	o->target_count++;
}

static int
resolve_same(struct cmdline *o)
{
	for (unsigned i = 0; i < o->target_count; i++) {
		struct target_spec *t = &o->targets[i], *other;
		char name[TARGET_NAME];

		if (t->same_as[0] == '\0')
			continue;
		memcpy(name, t->name, sizeof(name));
		other = (struct target_spec *)(uintptr_t)by_name(o,
		    t->same_as);
		if (other == NULL || other == t || other->same_as[0] != '\0')
			return (wrong(name, "there is no such target to be "
			    "again"));
		*t = *other;
		memcpy(t->name, name, sizeof(name));
		memcpy(t->same_as, other->name, sizeof(t->same_as));
	}
	return (0);
}

int
targets_complete(struct cmdline *o,
    void (*skipped)(void *context, const char *name, const char *why),
    void *context)
{
	const int compare = strcmp(o->command, "run") != 0;
	char why[160];
	int index;

	if (o->target_count == 0 && compare)
		add_defaults(o);
	if (o->target_count == 0)
		return (wrong("", "which? (an address, a command, or pool, "
		    "thread, inline, limit, bufferevent)"));
	if (o->peers != NULL && peers_add(o))
		return (-1);
	for (unsigned i = 0; i < o->target_count; i++) {
		struct target_spec *t = &o->targets[i];

		why[0] = '\0';
		index = builtin_find(t->name);
		if (t->command[0] == '\0' && t->address[0] == '\0' &&
		    t->same_as[0] == '\0' && index != -1)
			(void)builtin_build(o, index, t, why, sizeof(why));
		else if (strncmp(t->command, "peer:", 5) == 0)
			peers_resolve(o, t, why, sizeof(why));
		if (why[0] != '\0') {
			skipped(context, t->name, why);
			drop(o, i--);
		}
	}
	if (compare)
		add_control(o);
	return (resolve_same(o));
}
