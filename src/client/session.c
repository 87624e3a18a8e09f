#include "session.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "remote.h"

#define LINE_MAX_LENGTH 1024

struct session {
	const struct options *options;
	const struct sink *sink;
	unsigned count;
	struct remote *remotes[OPTIONS_SERVERS_MAX];
};

struct session *
session_new(const struct options *options, const struct sink *sink,
    bool patient)
{
	struct session *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return (NULL);
	s->options = options;
	s->sink = sink;
	for (; s->count < options->servers; s->count++) {
		s->remotes[s->count] = remote_new(options,
		    options->addresses[s->count], sink, patient);
		if (s->remotes[s->count] == NULL) {
			session_free(s);
			return (NULL);
		}
	}
	return (s);
}

void
session_free(struct session *s)
{

	if (s == NULL)
		return;
	/* All at once, then one by one. */
	session_abort(s);
	for (unsigned i = 0; i < s->count; i++)
		remote_free(s->remotes[i]);
	free(s);
}

int
session_start(struct session *s)
{
	int rc;

	for (unsigned i = 0; i < s->count; i++) {
		if ((rc = remote_start(s->remotes[i])) != 0)
			return (rc);
	}
	return (0);
}

void
session_ask(struct session *s, const char *bytes, size_t length)
{
	char line[LINE_MAX_LENGTH];

	for (unsigned i = 0; i < s->count; i++) {
		if (remote_ask(s->remotes[i], bytes, length) != EAGAIN)
			continue;
		snprintf(line, sizeof(line), "%s: too many requests are "
		    "unanswered: this one is not sent",
		    remote_name(s->remotes[i]));
		s->sink->notice(s->sink->context, line);
	}
}

void
session_kick(struct session *s)
{

	for (unsigned i = 0; i < s->count; i++)
		remote_kick(s->remotes[i]);
}

void
session_finish(struct session *s)
{

	for (unsigned i = 0; i < s->count; i++)
		remote_finish(s->remotes[i]);
	for (unsigned i = 0; i < s->count; i++)
		remote_join(s->remotes[i]);
}

bool
session_abort(struct session *s)
{
	bool quick = true;

	for (unsigned i = 0; i < s->count; i++) {
		remote_abort(s->remotes[i]);
		quick = quick && !remote_resolving(s->remotes[i]);
	}
	return (quick);
}

struct session_state
session_state(struct session *s)
{
	struct session_state sum = { 0 };

	for (unsigned i = 0; i < s->count; i++) {
		struct remote_state one = remote_state(s->remotes[i]);

		sum.connecting += one.connecting;
		sum.up += one.up;
		sum.failed = sum.failed || one.failed;
		sum.unreachable = sum.unreachable || one.unreachable;
		sum.owed += one.asked - one.answered - one.lost;
		sum.lost += one.lost;
	}
	return (sum);
}

static void
summary(struct session *s, struct remote *r, bool cut)
{
	struct remote_state state = remote_state(r);
	const char *name = s->count > 1 ? remote_name(r) : "";
	const char *colon = s->count > 1 ? ": " : "";
	char line[LINE_MAX_LENGTH];

	if (state.lost > 0) {
		snprintf(line, sizeof(line), "%s%s%" PRIu64 " of %" PRIu64
		    " requests unanswered: %s%s", name, colon, state.lost,
		    state.asked, remote_why(r),
		    cut ? "; the rest of the input was not read" : "");
		s->sink->notice(s->sink->context, line);
	}
	if (state.refused > 0) {
		snprintf(line, sizeof(line), "%s%s%" PRIu64 " of %" PRIu64
		    " requests refused: their replies begin with !error",
		    name, colon, state.refused, state.asked);
		s->sink->notice(s->sink->context, line);
	}
}

void
session_summary(struct session *s, bool cut)
{

	for (unsigned i = 0; i < s->count; i++)
		summary(s, s->remotes[i], cut);
}
