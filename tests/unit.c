#include "unit.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "job.h"

_Atomic int unit_states;
_Atomic int unit_states_fail;
_Atomic unsigned unit_calls;

/* The pipe of the log made last: one at a time. */
static int log_pipe = -1;

static bool
is(const char *input, size_t length, const char *word)
{

	return (length == strlen(word) && memcmp(input, word, length) == 0);
}

static int
answer_big(const char *input, size_t length, throng_reply *reply)
{
	char number[16];
	size_t n;
	void *place;

	memcpy(number, input + 4, length - 4);
	number[length - 4] = '\0';
	n = strtoul(number, NULL, 10);
	if ((place = throng_reply_reserve(reply, n)) == NULL)
		return (-1);
	memset(place, 'x', n);
	return (0);
}

static int
answer_unit(const char *input, size_t length, throng_reply *reply)
{
	unsigned *requests = throng_connection_state(reply);

	atomic_fetch_add(&unit_calls, 1);
	if (requests != NULL)
		++*requests;
	if (is(input, length, "stop") || is(input, length, "close"))
		throng_reply_close(reply);
	if (is(input, length, "fail") || is(input, length, "stop"))
		return (-1);
	if (is(input, length, "none"))
		throng_reply_none(reply);
	if (is(input, length, "error"))
		return (throng_reply_error(reply, "invalid", "no"));
	if (is(input, length, "state") && requests != NULL)
		return (throng_reply_printf(reply, "%u", *requests));
	if (length > 4 && length < 16 && memcmp(input, "big ", 4) == 0)
		return (answer_big(input, length, reply));
	return (throng_reply_append(reply, input, length));
}

static void *
state_open(void)
{
	void *requests;

	if (atomic_load(&unit_states_fail) != 0 ||
	    (requests = calloc(1, sizeof(unsigned))) == NULL)
		return (NULL);
	atomic_fetch_add(&unit_states, 1);
	return (requests);
}

static void
state_close(void *state)
{

	atomic_fetch_sub(&unit_states, 1);
	free(state);
}

const throng_handler unit_handler = {
	.name = "unit",
	.summary = "does as it is told",
	.process_input = answer_unit,
};

const throng_handler unit_handler_state = {
	.name = "state",
	.summary = "does as it is told and counts",
	.process_input = answer_unit,
	.connection_open = state_open,
	.connection_close = state_close,
};

void
unit_guard(void)
{

	alarm(600);
}

bool
unit_under_valgrind(void)
{
	const char *preload = getenv("LD_PRELOAD");

	return (preload != NULL && strstr(preload, "/vgpreload_") != NULL);
}

void
unit_service(struct service *s, const throng_handler *handler)
{

	memset(s, 0, sizeof(*s));
	throng_config_init(&s->config);
	s->handler = handler;
	s->max_connections = 100;
	s->job_time_max = UINT64_MAX;
	s->replies_max = JOB_REPLIES_MAX;
	(void)registry_open(&s->registry);
	s->log = (struct log){ -1, THRONG_LOG_ERROR, THRONG_LOG_TEXT,
	    NULL };
	unit_framing(s, THRONG_FRAME_LINE, 1u << 20);
}

void
unit_framing(struct service *s, throng_framing framing, size_t max)
{

	s->config.framing = framing;
	s->config.max_frame = max;
	s->framer = (struct framer){ framing, (uint32_t)max };
}

int
unit_log(struct log *log, throng_log_level level, throng_log_format format)
{
	int fds[2];

	if (pipe(fds) == -1)
		return (-1);
	log_pipe = fds[0];
	*log = (struct log){ fds[1], level, format, NULL };
	return (0);
}

size_t
unit_log_read(struct log *log, char *out, size_t size)
{
	size_t at = 0;
	ssize_t n;

	close(log->fd);
	log->fd = -1;
	while (at < size - 1 &&
	    (n = read(log_pipe, out + at, size - 1 - at)) > 0)
		at += (size_t)n;
	close(log_pipe);
	log_pipe = -1;
	out[at] = '\0';
	return (at);
}

void
unit_balance(throng_stats t)
{

	assert_int_equal(t.open, 0);
	assert_int_equal(t.connections, t.closed);
	assert_int_equal(t.working, 0);
	assert_int_equal(t.received, t.replies + t.silent + t.dropped_gone +
	    t.dropped_closing + t.dropped_stopping);
}

unsigned
unit_descriptors(void)
{
	unsigned count = 0;

	for (int fd = 0; fd < 1024; fd++)
		count += fcntl(fd, F_GETFD) != -1;
	return (count);
}

int
unit_pair(int fds[2])
{

	return (socketpair(AF_UNIX, SOCK_STREAM, 0, fds));
}

size_t
unit_read(int fd, char *out, size_t size, int64_t deadline)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	size_t at = 0;
	ssize_t n;

	while (at < size && support_now() < deadline) {
		if (poll(&pfd, 1, 100) <= 0)
			continue;
		if ((n = read(fd, out + at, size - at)) <= 0)
			break;
		at += (size_t)n;
	}
	return (at);
}

int64_t
unit_deadline(void)
{

	return (support_now() + SUPPORT_DEADLINE);
}
