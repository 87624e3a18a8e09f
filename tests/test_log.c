/* Log lines: off costs nothing, on is one whole printable line, whatever the
 * bytes, their number, the format or the thread. */
#include "config.h"

#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "json.h"
#include "log.h"

#define LINE_MAX_BYTES 1024

static _Atomic int writes, interruptions;

ssize_t __real_write(int fd, const void *bytes, size_t length);
ssize_t __wrap_write(int fd, const void *bytes, size_t length);

ssize_t
__wrap_write(int fd, const void *bytes, size_t length)
{

	writes++;
	if (interruptions > 0) {
		interruptions--;
		errno = EINTR;
		return (-1);
	}
	return (__real_write(fd, bytes, length));
}

static void
levels(void **state)
{
	char out[4096], want[16];
	struct log_line l;
	struct log log;

	(void)state;
	for (int at = 0; at <= THRONG_LOG_DEBUG; at++) {
		for (int level = 0; level <= THRONG_LOG_DEBUG; level++) {
			assert_int_equal(unit_log(&log, (throng_log_level)at,
					     THRONG_LOG_TEXT),
			    0);
			writes = 0;
			if (log_begin(&l, &log, (throng_log_level)level, "x"))
				log_end(&l);
			assert_int_equal(writes, level <= at);
			unit_log_read(&log, out, sizeof(out));
			snprintf(want, sizeof(want), " %s x\n",
			    log_level_name((throng_log_level)level));
			assert_true(level <= at ? strstr(out, want) != NULL
						: out[0] == '\0');
		}
	}
	assert_null(log_level_name((throng_log_level)(THRONG_LOG_DEBUG + 1)));
}

/* A line's own text, behind the time, which is checked for its shape. */
static const char *
behind_time(const char *line, throng_log_format format)
{
	static const char shape[] = "dddd-dd-ddTdd:dd:dd.dddZ";
	const char *at = line;

	if (format == THRONG_LOG_JSON) {
		assert_memory_equal(at, "{\"time\":\"", 9);
		at += 9;
	}
	for (size_t i = 0; i < sizeof(shape) - 1; i++)
		if (shape[i] == 'd')
			assert_in_range(at[i], '0', '9');
		else
			assert_int_equal(at[i], shape[i]);
	return (at + sizeof(shape) - 1);
}

static void vtext(struct log_line *l, const char *format, ...)
    THRONG_PRINTF(2, 3);

static void
vtext(struct log_line *l, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	log_vtext(l, "text", format, arguments);
	va_end(arguments);
}

static void
one_of_each(throng_log_format format, const char *want)
{
	struct log_line l;
	struct log log;
	char out[4096];

	assert_int_equal(unit_log(&log, THRONG_LOG_DEBUG, format), 0);
	assert_true(log_begin(&l, &log, THRONG_LOG_WARN, "event"));
	log_text(&l, "word", "a.b:/[]_-9");
	log_text(&l, "words", "two words");
	log_text(&l, "none", "");
	log_number(&l, "zero", 0);
	log_number(&l, "most", UINT64_MAX);
	log_bytes(&l, "bytes", "a\0\"\\\n\r\t\x7f\xff", 9);
	vtext(&l, "%d%%", 42);
	log_errno(&l, ENOENT);
	errno = ENOTTY;
	log_end(&l);
	assert_int_equal(errno, ENOTTY);
	unit_log_read(&log, out, sizeof(out));
	assert_string_equal(behind_time(out, format), want);
	if (format == THRONG_LOG_JSON)
		assert_null(json_wrong(out));
}

static void
same_events(void **state)
{

	(void)state;
	one_of_each(THRONG_LOG_TEXT,
	    " warn event word=a.b:/[]_-9 words=\"two words\" none=\"\" zero=0 "
	    "most=18446744073709551615 "
	    "bytes=\"a\\x00\\\"\\\\\\n\\r\\t\\x7f\\xff\" text=\"42%\" "
	    "reason=\"No such file or directory\"\n");
	one_of_each(THRONG_LOG_JSON,
	    "\",\"level\":\"warn\",\"event\":\"event\","
	    "\"word\":\"a.b:/[]_-9\",\"words\":\"two words\",\"none\":\"\","
	    "\"zero\":0,\"most\":18446744073709551615,"
	    "\"bytes\":\"a\\u0000\\\"\\\\\\n\\r\\t\\u007f\\u00ff\","
	    "\"text\":\"42%\",\"reason\":\"No such file or directory\"}\n");
}

/* Write one line with `length` bytes and check that it is a good line. */
static size_t
line_of(throng_log_format format, const char *bytes, size_t length, char *out)
{
	struct log_line l;
	struct log log;
	size_t n;

	assert_int_equal(unit_log(&log, THRONG_LOG_DEBUG, format), 0);
	assert_true(log_begin(&l, &log, THRONG_LOG_DEBUG, "request"));
	log_bytes(&l, "data", bytes, length);
	log_end(&l);
	n = unit_log_read(&log, out, 2 * LINE_MAX_BYTES);
	assert_in_range(n, 1, LINE_MAX_BYTES);
	assert_ptr_equal(strchr(out, '\n'), out + n - 1);
	for (size_t i = 0; i < n - 1; i++)
		assert_in_range(out[i], ' ', '~');
	if (format == THRONG_LOG_JSON && json_wrong(out) != NULL)
		fail_msg("%s: %s", json_wrong(out), out);
	return (n);
}

static void
every_byte(void **state)
{
	char out[2 * LINE_MAX_BYTES], byte, got[16], want[8];
	const char *at;

	(void)state;
	for (int i = 0; i < 256; i++) {
		byte = (char)i;
		line_of(THRONG_LOG_JSON, &byte, 1, out);
		assert_int_equal(json_text(out, "data", got, sizeof(got)), 1);
		assert_int_equal((unsigned char)got[0], i);
		line_of(THRONG_LOG_TEXT, &byte, 1, out);
		at = strstr(out, "data=\"");
		assert_non_null(at);
		if (i == '"' || i == '\\')
			snprintf(want, sizeof(want), "\\%c\"", i);
		else if (i >= ' ' && i <= '~')
			snprintf(want, sizeof(want), "%c\"", i);
		else if (strchr("\n\r\t", i) != NULL && i != 0)
			snprintf(want, sizeof(want), "\\%c\"",
			    i == '\n'       ? 'n'
				: i == '\r' ? 'r'
					    : 't');
		else
			snprintf(want, sizeof(want), "\\x%02x\"", i);
		assert_memory_equal(at + 6, want, strlen(want));
	}
}

static void
cut(void **state)
{
	char bytes[200], out[2 * LINE_MAX_BYTES], got[256];

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)('a' + i % 26);
	for (size_t length = 0; length <= sizeof(bytes); length++) {
		size_t shown = length > 128 ? 128 : length, n;

		line_of(THRONG_LOG_JSON, bytes, length, out);
		n = json_text(out, "data", got, sizeof(got));
		assert_int_equal(n, shown + (length > 128 ? 3 : 0));
		assert_memory_equal(got, bytes, shown);
		if (length > 128)
			assert_memory_equal(got + 128, "...", 3);
		line_of(THRONG_LOG_TEXT, bytes, length, out);
		assert_int_equal(strstr(out, "...\"\n") != NULL, length > 128);
	}
}

/* Fields until there is no room: each is whole, or not there at all. */
static void
overfull_line(throng_log_format format, size_t plain, size_t binary, int fields)
{
	char text[600], out[2 * LINE_MAX_BYTES];
	struct log_line l;
	struct log log;
	size_t n;

	assert_true(plain + binary < sizeof(text));
	memset(text, 'p', plain);
	memset(text + plain, 1, binary);
	text[plain + binary] = '\0';
	assert_int_equal(unit_log(&log, THRONG_LOG_DEBUG, format), 0);
	assert_true(log_begin(&l, &log, THRONG_LOG_DEBUG, "request"));
	for (int i = 0; i < fields; i++) {
		log_text(&l, "one", text);
		log_number(&l, "two", UINT64_MAX);
		log_bytes(&l, "three", text, plain + binary);
		vtext(&l, "%s", text);
	}
	log_end(&l);
	n = unit_log_read(&log, out, sizeof(out));
	assert_in_range(n, 1, LINE_MAX_BYTES);
	assert_ptr_equal(strchr(out, '\n'), out + n - 1);
	if (format == THRONG_LOG_JSON && json_wrong(out) != NULL)
		fail_msg("%zu + %zu, %d times: %s: %s", plain, binary, fields,
		    json_wrong(out), out);
}

static void
overfull(void **state)
{

	(void)state;
	for (int format = 0; format <= THRONG_LOG_JSON; format++) {
		/* Every way to meet the end of the line. */
		for (size_t plain = 0; plain < 400; plain++) {
			overfull_line((throng_log_format)format, plain, 0, 1);
			overfull_line((throng_log_format)format, plain, 100, 1);
		}
		for (size_t plain = 0; plain < 100; plain++)
			overfull_line((throng_log_format)format, plain, 0, 20);
	}
}

static void
interrupted(void **state)
{
	struct log_line l;
	struct log log;
	char out[256];

	(void)state;
	assert_int_equal(unit_log(&log, THRONG_LOG_INFO, THRONG_LOG_TEXT), 0);
	assert_true(log_begin(&l, &log, THRONG_LOG_INFO, "event"));
	interruptions = 2;
	log_end(&l);
	assert_int_equal(interruptions, 0);
	unit_log_read(&log, out, sizeof(out));
	assert_non_null(strstr(out, " info event\n"));
	/* Nobody reads any more: the line is lost, and that is all. */
	log.fd = -1;
	assert_true(log_begin(&l, &log, THRONG_LOG_INFO, "event"));
	log_end(&l);
}

#define THREADS 4
#define LINES 500

struct writer {
	struct log log;
	unsigned number;
};

static void *
write_lines(void *argument)
{
	const struct writer *w = argument;
	char bytes[128];
	struct log_line l;

	memset(bytes, (int)('A' + w->number), sizeof(bytes));
	for (unsigned i = 0; i < LINES; i++) {
		if (!log_begin(&l, &w->log, THRONG_LOG_INFO, "line"))
			continue;
		log_number(&l, "writer", w->number);
		log_number(&l, "sequence", i);
		log_bytes(&l, "data", bytes, i % sizeof(bytes));
		log_end(&l);
	}
	return (NULL);
}

/* A whole line, in its writer's order, and with its writer's bytes. */
static void
check_line(const char *line, unsigned *next)
{
	char bytes[256];
	uint64_t writer, sequence;
	size_t n;

	if (json_wrong(line) != NULL)
		fail_msg("%s: %s", json_wrong(line), line);
	assert_int_equal(json_number(line, "writer", &writer), 0);
	assert_int_equal(json_number(line, "sequence", &sequence), 0);
	assert_true(writer < THREADS);
	assert_int_equal(sequence, next[writer]++);
	n = json_text(line, "data", bytes, sizeof(bytes));
	assert_int_equal(n, sequence % 128);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(bytes[i], 'A' + writer);
}

/* Start the writers on a pipe and wait until they have written. */
static void
write_all(int fd, struct log_sink *sink)
{
	struct writer writers[THREADS];
	pthread_t threads[THREADS];

	for (unsigned i = 0; i < THREADS; i++) {
		writers[i] = (struct writer){
			{ fd, THRONG_LOG_DEBUG, THRONG_LOG_JSON, sink }, i
		};
		assert_int_equal(pthread_create(&threads[i], NULL, write_lines,
				     &writers[i]),
		    0);
	}
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}

static void
many_threads(void **state)
{
	unsigned next[THREADS] = { 0 };
	struct counters counters = { 0 };
	struct log_sink sink = { .counters = &counters };
	char line[LINE_MAX_BYTES + 1];
	FILE *in;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	/* All of it fits. */
	assert_true(fcntl(fds[1], F_SETPIPE_SZ, 1 << 20) >= 1 << 20);
	write_all(fds[1], &sink);
	close(fds[1]);
	in = fdopen(fds[0], "r");
	assert_non_null(in);
	for (int i = 0; i < THREADS * LINES; i++) {
		assert_non_null(fgets(line, sizeof(line), in));
		check_line(line, next);
	}
	assert_null(fgets(line, sizeof(line), in));
	assert_int_equal(atomic_load(&counters.log_lost), 0);
	fclose(in);
}

/* A pipe that nobody reads: the writers end all the same, what is lost is
 * counted, and what is not is whole. */
static void
nobody_reads(void **state)
{
	struct counters counters = { 0 };
	struct log_sink sink = { .counters = &counters };
	char line[LINE_MAX_BYTES + 1];
	uint64_t lines = 0;
	FILE *in;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	/* So that a write that would wait fails instead of hanging. */
	assert_int_equal(fcntl(fds[1], F_SETFL, O_NONBLOCK), 0);
	write_all(fds[1], &sink);
	close(fds[1]);
	in = fdopen(fds[0], "r");
	assert_non_null(in);
	for (; fgets(line, sizeof(line), in) != NULL; lines++)
		assert_null(json_wrong(line));
	assert_true(atomic_load(&counters.log_lost) > 0);
	assert_int_equal(lines + atomic_load(&counters.log_lost), THREADS * LINES);
	fclose(in);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(levels),
		cmocka_unit_test(same_events),
		cmocka_unit_test(every_byte),
		cmocka_unit_test(cut),
		cmocka_unit_test(overfull),
		cmocka_unit_test(interrupted),
		cmocka_unit_test(many_threads),
		cmocka_unit_test(nobody_reads),
	};

	unit_guard();
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
