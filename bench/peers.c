#include "config.h"

#include "peers.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "targets.h"

/* Where the recipes are. */
static const char *
folder(char *path, size_t size)
{
	const char *given = getenv("THRONG_PEERS");
	ssize_t n;
	char *slash;

	if (given != NULL) {
		snprintf(path, size, "%s", given);
		return (path);
	}
	n = readlink("/proc/self/exe", path, size - 1);
	path[n < 0 ? 0 : n] = '\0';
	if ((slash = strrchr(path, '/')) != NULL) {
		snprintf(slash, size - (size_t)(slash - path), "/bench/peers");
		if (access(path, R_OK) == 0)
			return (path);
	}
	snprintf(path, size, "%s/peers", PKGDATADIR);
	return (path);
}

static int
recipe(const char *name, char *path, size_t size)
{
	char where[512];

	if (strchr(name, '/') != NULL)
		return (-1);
	snprintf(path, size, "%s/%s.sh", folder(where, sizeof(where)), name);
	return (access(path, R_OK));
}

int
peers_exists(const char *name)
{
	char path[1024];

	return (recipe(name, path, sizeof(path)) == 0);
}

static int
add(struct cmdline *o, const char *name, size_t length)
{
	char text[TARGET_NAME];

	snprintf(text, sizeof(text), "%.*s", (int)length, name);
	if (!peers_exists(text)) {
		fprintf(stderr, "throng-bench: --peers %s: no such recipe\n",
		    text);
		return (-1);
	}
	return (targets_read(text, o));
}

static int
add_all(struct cmdline *o)
{
	struct dirent **list;
	char path[512];
	int n = scandir(folder(path, sizeof(path)), &list, NULL, alphasort);
	int rc = 0;

	if (n == -1) {
		fprintf(stderr, "throng-bench: no recipes in %s\n", path);
		return (-1);
	}
	for (int i = 0; i < n; i++) {
		size_t length = strlen(list[i]->d_name);

		if (rc == 0 && length > 3 &&
		    strcmp(list[i]->d_name + length - 3, ".sh") == 0)
			rc = add(o, list[i]->d_name, length - 3);
		free(list[i]);
	}
	free(list);
	return (rc);
}

int
peers_add(struct cmdline *o)
{
	const char *at = o->peers;

	if (strcmp(at, "all") == 0)
		return (add_all(o));
	for (;;) {
		size_t length = strcspn(at, ",");

		if (add(o, at, length))
			return (-1);
		if (at[length] == '\0')
			return (0);
		at += length + 1;
	}
}

/* Run a recipe with one word; its output, and whether it said yes. */
static int
ask(const char *path, const char *verb, char *out, size_t size)
{
	char command[1200];
	size_t n;
	FILE *p;

	snprintf(command, sizeof(command), "sh '%s' %s 2>&1", path, verb);
	if ((p = popen(command, "r")) == NULL)
		return (-1);
	n = fread(out, 1, size - 1, p);
	out[n] = '\0';
	while (n > 0 && out[n - 1] == '\n')
		out[--n] = '\0';
	return (pclose(p) == 0 ? 0 : -1);
}

static void
read_about(char *text, struct target_spec *t)
{
	char *line, *save;

	for (line = strtok_r(text, "\n", &save); line != NULL;
	    line = strtok_r(NULL, "\n", &save)) {
		if (strncmp(line, "frame ", 6) == 0)
			snprintf(t->frame, sizeof(t->frame), "%s", line + 6);
		else if (strncmp(line, "request ", 8) == 0)
			snprintf(t->request, sizeof(t->request), "%s",
			    line + 8);
		else if (strcmp(line, "crlf") == 0)
			t->crlf = 1;
	}
}

void
peers_resolve(const struct cmdline *o, struct target_spec *t, char *why,
    size_t size)
{
	char path[1024], text[2048];

	if (recipe(t->command + strlen("peer:"), path, sizeof(path))) {
		snprintf(why, size, "no recipe");
		return;
	}
	if (ask(path, "check", text, sizeof(text))) {
		snprintf(why, size, "%.*s", (int)strcspn(text, "\n"),
		    text[0] != '\0' ? text : "not installed");
		return;
	}
	/* Which is its version. */
	snprintf(t->version, sizeof(t->version), "%.*s",
	    (int)strcspn(text, "\n"), text);
	if (ask(path, "about", text, sizeof(text)) == 0)
		read_about(text, t);
	if (t->request[0] != '\0' && strcmp(o->handler, "echo") != 0) {
		snprintf(why, size, "cannot do the work of --service");
		return;
	}
	if ((size_t)snprintf(t->command, sizeof(t->command),
	    "sh '%s' run {host} {port} %s %s", path,
	    t->frame[0] != '\0' ? t->frame : frame_name(o->frame),
	    o->handler) >= sizeof(t->command))
		snprintf(why, size, "the path is too long");
}
