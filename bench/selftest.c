/*
 * Runs self-tests: each is a command line of throng-bench itself.
 */
#include "config.h"

#include "selftest.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "selftest_part.h"
#include "session.h"
#include "targets.h"

#define WORDS 48

/* Cut a line into words. What follows a target's @ belongs to its command:
 * the words up to the next --target. */
static int
words_of(const char *line, const char *refd, char *room, size_t size,
    char **words)
{
	int n = 0, target = 0;
	size_t at = 0;

	words[n++] = room;
	at += (size_t)snprintf(room, size, "throng-bench") + 1;
	while (*line != '\0' && n < WORDS && at < size) {
		size_t length = strcspn(line, " ");
		const char *star = memchr(line, '@', length);
		int next = strncmp(line, "--target", length) == 0 ||
		    strncmp(line, "--duration", length) == 0;

		if (target && !next) {
			/* One word more of the command. */
			room[at - 1] = ' ';
			at += (size_t)snprintf(room + at, size - at, "%.*s",
			    (int)length, line) + 1;
		} else if (star != NULL) {
			words[n++] = room + at;
			at += (size_t)snprintf(room + at, size - at,
			    "%.*s%s --listen {addr}", (int)(star - line),
			    line, refd) + 1;
			target = 1;
		} else {
			words[n++] = room + at;
			at += (size_t)snprintf(room + at, size - at, "%.*s",
			    (int)length, line) + 1;
			target = 0;
		}
		line += length;
		line += strspn(line, " ");
	}
	words[n] = NULL;
	return (n);
}

/*
 * Somebody else who burns a processor: not a child of ours, but of a process
 * that waits for its end, since ours are not foreign.
 */
static pid_t
hog_start(void)
{
	pid_t pid = fork();

	if (pid != 0)
		return (pid);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if ((pid = fork()) == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (volatile unsigned i = 0; ; i++)
			;
	}
	waitpid(pid, NULL, 0);
	_exit(0);
}

static void
hog_stop(pid_t pid)
{

	if (pid == -1)
		return;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static int
run_row(const struct selftest_row *row, const char *line, const char *refd, char *why,
    size_t size)
{
	char room[4096], *words[WORDS + 1];
	int argc = words_of(line, refd, room, sizeof(room), words), status;
	struct cmdline o;
	struct session s;
	pid_t hog;
	int rc = -1;

	snprintf(why, size, "it could not be started");
	if (cmdline_parse(argc, words, &o, &status))
		return (-1);
	hog = row->hog ? hog_start() : -1;
	if (session_open(&s, &o, argc, words) == 0 &&
	    session_points(&s) == 0 && session_run(&s) == 0 &&
	    results_close(s.results) == 0)
		rc = row->check(s.results, why, size);
	session_close(&s);
	hog_stop(hog);
	return (rc);
}

/* Those of one table; -1 if that was interrupted. */
static int
run_rows(const struct cmdline *o, const struct selftest_row *rows, size_t n,
    const char *refd, unsigned *failed, unsigned *count)
{
	char why[RESULTS_TEXT];
	int rc;

	for (size_t i = 0; i < n; i++) {
		const struct selftest_row *row = &rows[i];

		if (o->exact && !row->exact)
			continue;
		if (session_interrupted())
			return (-1);
		rc = run_row(row, o->long_form && row->long_line != NULL ?
		    row->long_line : row->line, refd, why, sizeof(why));
		printf("%s  %-24s %s\n", rc == 0 ? "ok  " : "FAIL", row->name,
		    why);
		fflush(stdout);
		*failed += rc != 0;
		++*count;
	}
	return (0);
}

int
selftest(const struct cmdline *options)
{
	const struct selftest_row *figures, *gates;
	unsigned failed = 0, count = 0;
	size_t n, m;
	char refd[1024];

	if (targets_program("throng-refd", refd, sizeof(refd))) {
		fprintf(stderr, "throng-bench: throng-refd is not "
		    "installed\n");
		return (CMDLINE_FAILED);
	}
	figures = selftest_rows(&n);
	gates = selftest_gates(&m);
	if (run_rows(options, figures, n, refd, &failed, &count) ||
	    run_rows(options, gates, m, refd, &failed, &count))
		return (CMDLINE_FAILED);
	printf("%u of %u self-tests passed\n", count - failed, count);
	return (failed > 0 ? CMDLINE_FAILED : CMDLINE_HOLDS);
}
