/* The log's vocabulary: each event's line in both formats, and none at all
 * when its level is off. */
#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "events.h"
#include "json.h"

static int writes;

ssize_t __real_write(int fd, const void *bytes, size_t length);
ssize_t __wrap_write(int fd, const void *bytes, size_t length);

ssize_t
__wrap_write(int fd, const void *bytes, size_t length)
{

	writes++;
	return (__real_write(fd, bytes, length));
}

static struct peer peer;

static void
accepted(const struct log *log)
{

	event_accepted(log, &peer);
}

static void
refused(const struct log *log)
{

	event_refused(log, &peer, "busy");
}

static void
request(const struct log *log)
{

	event_request(log, &peer, "a\0\n", 3);
}

static void
reply(const struct log *log)
{

	event_reply(log, &peer, "", 0);
}

static void
closed(const struct log *log)
{

	for (int i = CLOSE_EOF; i <= CLOSE_OUTPUT_HARD; i++)
		event_closed(log, &peer, (enum close_reason)i);
}

static void
trouble(const struct log *log)
{

	event_trouble(log, THRONG_LOG_WARN, "accept-paused", EMFILE);
}

#define PEER "peer=127.0.0.1:8000"
#define JSON_PEER "\"peer\":\"127.0.0.1:8000\""

static const struct row {
	void (*event)(const struct log *);
	throng_log_level level;
	const char *text; /* of the last line, behind the time */
	const char *json;
	int lines;
} rows[] = {
	{ accepted, THRONG_LOG_INFO, " info accepted " PEER "\n",
	    "\"info\",\"event\":\"accepted\"," JSON_PEER "}\n", 1 },
	{ refused, THRONG_LOG_INFO, " info refused " PEER " reason=busy\n",
	    "\"info\",\"event\":\"refused\"," JSON_PEER
	    ",\"reason\":\"busy\"}\n",
	    1 },
	{ request, THRONG_LOG_DEBUG,
	    " debug request " PEER " bytes=3 data=\"a\\x00\\n\"\n",
	    "\"debug\",\"event\":\"request\"," JSON_PEER
	    ",\"bytes\":3,\"data\":\"a\\u0000\\n\"}\n",
	    1 },
	{ reply, THRONG_LOG_DEBUG, " debug reply " PEER " bytes=0 data=\"\"\n",
	    "\"debug\",\"event\":\"reply\"," JSON_PEER
	    ",\"bytes\":0,\"data\":\"\"}\n",
	    1 },
	{ closed, THRONG_LOG_INFO,
	    " info closed " PEER " reason=output-hard\n",
	    "\"info\",\"event\":\"closed\"," JSON_PEER
	    ",\"reason\":\"output-hard\"}\n",
	    15 },
	{ trouble, THRONG_LOG_WARN,
	    " warn accept-paused reason=\"Too many open files\"\n",
	    "\"warn\",\"event\":\"accept-paused\","
	    "\"reason\":\"Too many open files\"}\n",
	    1 },
};

static void
ends_with(const char *out, size_t length, const char *want)
{

	assert_true(length >= strlen(want));
	assert_string_equal(out + length - strlen(want), want);
}

static void
each_row(throng_log_level level, throng_log_format format)
{
	char out[4096], *line, *next;
	struct log log;
	size_t n;

	for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
		const struct row *row = &rows[i];

		assert_int_equal(unit_log(&log, level, format), 0);
		writes = 0;
		row->event(&log);
		n = unit_log_read(&log, out, sizeof(out));
		assert_int_equal(writes, level >= row->level ? row->lines : 0);
		if (level < row->level) {
			assert_int_equal(n, 0);
			continue;
		}
		ends_with(out, n,
		    format == THRONG_LOG_JSON ? row->json : row->text);
		if (format == THRONG_LOG_TEXT)
			continue;
		for (line = out; *line != '\0'; line = next) {
			char whole[1024] = "";

			next = strchr(line, '\n') + 1;
			memcpy(whole, line, (size_t)(next - line));
			assert_null(json_wrong(whole));
		}
	}
}

static void
lines(void **state)
{

	(void)state;
	for (int level = 0; level <= THRONG_LOG_DEBUG; level++)
		for (int format = 0; format <= THRONG_LOG_JSON; format++)
			each_row((throng_log_level)level,
			    (throng_log_format)format);
}

/* Reasons are what people search for: each its own word. */
static void
reasons(void **state)
{
	static const char *const words[] = { "client-closed", "handler-closed",
		"invalid", "reset", "busy", "stopping", "out-of-memory",
		"reaped", "shed",
		"timeout-first", "timeout-frame", "timeout-idle",
		"timeout-half-close", "timeout-write", "output-hard" };
	char out[4096], *at = out;
	struct log log;

	(void)state;
	assert_int_equal(unit_log(&log, THRONG_LOG_INFO, THRONG_LOG_TEXT), 0);
	closed(&log);
	unit_log_read(&log, out, sizeof(out));
	for (size_t i = 0; i < UNIT_COUNT(words); i++) {
		at = strstr(at, "reason=");
		assert_non_null(at);
		at += 7;
		assert_memory_equal(at, words[i], strlen(words[i]));
		assert_int_equal(at[strlen(words[i])], '\n');
	}
}

int
main(void)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_port = htons(8000) };
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines),
		cmocka_unit_test(reasons),
	};

	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	peer_set(&peer, (struct sockaddr *)&in);
	unit_guard();
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
