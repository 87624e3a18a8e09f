/*
 * throng - the client: a conversation on a terminal, a filter in a pipe.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "feed.h"
#include "options.h"
#include "prompt.h"
#include "standard.h"

int
main(int argc, char **argv)
{
	struct options options;
	char why[256];

	if (standard_open() == -1) {
		fprintf(stderr, "throng: /dev/null: %s\n", strerror(errno));
		return (1);
	}
	switch (options_parse(argc, argv, &options, why, sizeof(why))) {
	case OPTIONS_HELP:
		options_help(stdout);
		break;
	case OPTIONS_VERSION:
		puts("throng " PACKAGE_VERSION);
		break;
	case OPTIONS_WRONG:
		fprintf(stderr, "throng: %s\n", why);
		return (2);
	case OPTIONS_RUN:
		/* Half a terminal is no conversation. */
		if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))
			return (prompt_run(&options, "throng"));
		return (feed_run(&options, STDIN_FILENO, STDOUT_FILENO));
	}
	if (fflush(stdout) == 0)
		return (0);
	fprintf(stderr, "throng: standard output: %s\n", strerror(errno));
	return (1);
}
