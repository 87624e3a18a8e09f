/* Settings: each range at its ends, handlers that are not whole, and the
 * limit of descriptors. */
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "json.h"
#include "settings.h"

/* The limit that the machine has for this test; sanitizers ask before. */
static rlim_t limit_now = 20000;
static int limit_fails, limit_faked;

int __real_getrlimit(__rlimit_resource_t resource, struct rlimit *limit);
int __wrap_getrlimit(__rlimit_resource_t resource, struct rlimit *limit);

/* clang's sanitizers are linked in and ask before they are set up. */
#ifdef __clang__
__attribute__((disable_sanitizer_instrumentation))
#endif
int
__wrap_getrlimit(__rlimit_resource_t resource, struct rlimit *limit)
{

	if (!limit_faked)
		return (__real_getrlimit(resource, limit));
	assert_int_equal(resource, RLIMIT_NOFILE);
	if (limit_fails) {
		errno = EPERM;
		return (-1);
	}
	*limit = (struct rlimit){ limit_now, RLIM_INFINITY };
	return (0);
}

static struct service *
service_new(void)
{
	struct service *s = aligned_alloc(64, (sizeof(*s) + 63) / 64 * 64);

	assert_non_null(s);
	memset(s, 0, sizeof(*s));
	return (s);
}

static char said[1024]; /* by the last one */

/* Apply, and check that a failure has exactly one line that names it. */
static throng_error
apply(struct service *s, throng_config *config, const throng_handler *handler,
    const char *setting)
{
	char *out = said, got[64] = "";
	throng_error error;
	struct log log;
	size_t n;

	if (config->log_format <= THRONG_LOG_JSON)
		config->log_format = THRONG_LOG_JSON;
	assert_int_equal(unit_log(&log, 0, 0), 0);
	config->log_fd = log.fd;
	limit_faked = 1;
	error = settings_apply(s, config, handler);
	limit_faked = 0;
	n = unit_log_read(&log, said, sizeof(said));
	if (error == THRONG_OK) {
		assert_int_equal(n, 0);
		return (error);
	}
	assert_ptr_equal(strchr(out, '\n'), out + n - 1);
	if (out[0] != '{') {
		/* The format of the log was what is wrong. */
		assert_non_null(strstr(out, setting));
		return (error);
	}
	assert_null(json_wrong(out));
	json_text(out, "setting", got, sizeof(got) - 1);
	if (strcmp(got, setting) != 0)
		fail_msg("%s, not %s", got, setting);
	json_text(out, "reason", got, sizeof(got) - 1);
	assert_memory_equal(got, throng_strerror(error),
	    strlen(throng_strerror(error)));
	return (error);
}

#define FIELD(name)                           \
#name, offsetof(throng_config, name), \
	    sizeof(((throng_config *)NULL)->name)

static const struct range {
	const char *name;
	size_t offset, size;
	uint64_t min, max;
} ranges[] = {
	{ FIELD(framing), 0, 4 },
	{ FIELD(mode), 0, 2 },
	{ FIELD(accept), 0, 1 },
	{ FIELD(workers), 1, 1024 },
	{ FIELD(reactors), 1, 64 },
	{ FIELD(max_frame), 1, 64u << 20 },
	{ FIELD(max_reply), 1, 1u << 30 },
	{ FIELD(max_connections), 0, 10000000 },
	{ FIELD(max_per_source), 0, 10000000 },
	{ FIELD(accept_rate), 0, 1000000 },
	{ FIELD(backlog), 1, 65535 },
	{ FIELD(stack_size), 65536, 1u << 30 },
	{ FIELD(drain_ms), 0, 3600000 },
	{ FIELD(first_frame_ms), 1, 86400000 },
	{ FIELD(frame_ms), 1, 86400000 },
	{ FIELD(idle_ms), 1, 86400000 },
	{ FIELD(half_close_ms), 1, 86400000 },
	{ FIELD(write_ms), 1, 86400000 },
	{ FIELD(min_rate), 1, 1u << 30 },
	{ FIELD(output_hard), 256u << 10, 1u << 30 },
	{ FIELD(queue_limit), 0, 10000000 },
	{ FIELD(queue_age_ms), 1, 86400000 },
	{ FIELD(request_ms), 1, 86400000 },
	{ FIELD(stuck_ms), 1, 86400000 },
	{ FIELD(stuck_signal), 0, 64 },
	{ FIELD(log_level), 0, 3 },
	{ FIELD(log_format), 0, 1 },
};

static void
expect(struct service *s, const struct range *r, uint64_t value, bool ok)
{
	throng_config config;
	unsigned narrow = (unsigned)value;
	size_t wide = (size_t)value;
	throng_error error;

	throng_config_init(&config);
	if (r->size == sizeof(narrow))
		memcpy((char *)&config + r->offset, &narrow, sizeof(narrow));
	else
		memcpy((char *)&config + r->offset, &wide, sizeof(wide));
	error = apply(s, &config, &unit_handler, r->name);
	if (error != (ok ? THRONG_OK : THRONG_ERR_INVALID))
		fail_msg("%s %llu: %s", r->name, (unsigned long long)value,
		    throng_strerror(error));
}

static void
each_range(void **state)
{
	struct service *s = service_new();

	(void)state;
	limit_now = RLIM_INFINITY;
	for (size_t i = 0; i < UNIT_COUNT(ranges); i++) {
		const struct range *r = &ranges[i];

		expect(s, r, r->min, true);
		expect(s, r, r->max, true);
		expect(s, r, r->max + 1, false);
		expect(s, r, r->size == 4 ? UINT32_MAX : SIZE_MAX, false);
		if (r->min > 0)
			expect(s, r, r->min - 1, false);
	}
	limit_now = 20000;
	free(s);
}

/* The hard limit of the output may not be below the soft one. */
static void
outputs(void **state)
{
	struct service *s = service_new();
	throng_config config;

	(void)state;
	throng_config_init(&config);
	config.output_hard = 1u << 30;
	config.output_soft = 1u << 30;
	assert_int_equal(apply(s, &config, &unit_handler, ""), THRONG_OK);
	config.output_hard--;
	assert_int_equal(apply(s, &config, &unit_handler, "output_hard"),
	    THRONG_ERR_INVALID);
	assert_non_null(strstr(said, "\"value\":1073741823,"
	    "\"min\":1073741824,\"max\":1073741824"));
	config.output_soft = config.output_hard = 4096;
	assert_int_equal(apply(s, &config, &unit_handler, ""), THRONG_OK);
	config.output_soft--;
	assert_int_equal(apply(s, &config, &unit_handler, "output_soft"),
	    THRONG_ERR_INVALID);
	config.output_soft = SIZE_MAX;
	assert_int_equal(apply(s, &config, &unit_handler, "output_soft"),
	    THRONG_ERR_INVALID);
	free(s);
}

static void
defaults(void **state)
{
	struct service *s = service_new();
	throng_config config;

	(void)state;
	throng_config_init(&config);
	assert_int_equal(apply(s, &config, &unit_handler, ""), THRONG_OK);
	assert_int_equal(s->config.listen_count, 1);
	assert_string_equal(s->config.listen[0], "127.0.0.1:8000");
	assert_int_equal(s->framer.framing, THRONG_FRAME_LINE);
	assert_int_equal(s->framer.max, 1u << 20);
	assert_int_equal(s->max_connections, 20000 - 64);
	assert_ptr_equal(s->handler, &unit_handler);
	config.mode = THRONG_MODE_THREAD;
	config.reactors = 7;
	assert_int_equal(apply(s, &config, &unit_handler, ""), THRONG_OK);
	assert_int_equal(s->config.reactors, 1);
	free(s);
}

static void
listens(void **state)
{
	struct service *s = service_new();
	throng_config config;

	(void)state;
	throng_config_init(&config);
	for (unsigned i = 0; i < THRONG_LISTEN_MAX; i++)
		config.listen[i] = "127.0.0.1:0";
	config.listen_count = THRONG_LISTEN_MAX;
	assert_int_equal(apply(s, &config, &unit_handler, ""), THRONG_OK);
	config.listen_count++;
	assert_int_equal(apply(s, &config, &unit_handler, "listen"),
	    THRONG_ERR_INVALID);
	config.listen_count = 2;
	config.listen[1] = NULL;
	assert_int_equal(apply(s, &config, &unit_handler, "listen"),
	    THRONG_ERR_INVALID);
	free(s);
}

static void
raw_limit(void **state)
{
	throng_handler handler = unit_handler;
	struct service *s = service_new();
	throng_config config;

	(void)state;
	throng_config_init(&config);
	handler.raw_limit = 1024;
	assert_int_equal(apply(s, &config, &handler, ""), THRONG_OK);
	assert_int_equal(s->framer.max, 1u << 20);
	config.framing = THRONG_FRAME_RAW;
	assert_int_equal(apply(s, &config, &handler, ""), THRONG_OK);
	assert_int_equal(s->framer.max, 1024);
	config.max_frame = 1000;
	assert_int_equal(apply(s, &config, &handler, ""), THRONG_OK);
	assert_int_equal(s->framer.max, 1000);
	handler.raw_limit = 0;
	assert_int_equal(apply(s, &config, &handler, ""), THRONG_OK);
	assert_int_equal(s->framer.max, 1000);
	free(s);
}

static void *
open_nothing(void)
{

	return (NULL);
}

static void
close_nothing(void *state)
{

	(void)state;
}

static void
bad_handlers(void **state)
{
	throng_handler bad[7];
	struct service *s = service_new();
	throng_config config;

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(bad); i++)
		bad[i] = unit_handler;
	bad[0].name = NULL;
	bad[1].process_input = NULL;
	bad[2].worker_open = open_nothing;
	bad[3].worker_close = close_nothing;
	bad[4].connection_open = open_nothing;
	bad[5].connection_close = close_nothing;
	throng_config_init(&config);
	for (size_t i = 0; i < 6; i++)
		assert_int_equal(apply(s, &config, &bad[i], "handler"),
		    THRONG_ERR_INVALID);
	assert_int_equal(apply(s, &config, NULL, "handler"),
	    THRONG_ERR_INVALID);
	assert_int_equal(apply(s, &config, &bad[6], ""), THRONG_OK);
	free(s);
}

/* The limit, what is asked for, what comes of it (0: refused). */
static const struct {
	rlim_t limit;
	unsigned asked, want;
	unsigned reactors, listeners, accept, mode;
} limits[] = {
	{ 20000, 0, 19936, 1, 1, 0, 0 },
	{ 20000, 1, 1, 1, 1, 0, 0 },
	{ 20000, 19936, 19936, 1, 1, 0, 0 },
	{ 20000, 19937, 0, 1, 1, 0, 0 },
	{ 1024, 0, 960, 1, 1, 0, 0 },
	{ 256, 0, 192, 1, 1, 0, 0 },
	{ 240, 0, 176, 1, 1, 0, 0 },
	{ 239, 0, 176, 1, 1, 0, 0 },
	{ 100, 0, 71, 1, 1, 0, 0 },
	{ 6, 0, 1, 1, 1, 0, 0 },
	{ 5, 0, 0, 1, 1, 0, 0 },
	{ 4, 0, 0, 1, 1, 0, 0 },
	{ 0, 0, 0, 1, 1, 0, 0 },
	{ RLIM_INFINITY, 0, 10000000, 1, 1, 0, 0 },
	{ RLIM_INFINITY, 10000000, 10000000, 1, 1, 0, 0 },
	/* Each reactor: 3 and a socket for each address, 32 to be refused. */
	{ 20000, 0, 20000 - 28 - 36 * 64, 64, 1, 0, 0 },
	{ 20000, 0, 20000 - 28 - 38 * 64, 64, 3, 0, 0 },
	{ 20000, 0, 20000 - 28 - 35 * 64 - 3, 64, 3, THRONG_ACCEPT_SHARED, 0 },
	{ 1024, 0, 1024 - 4 * 64 - 256, 64, 1, 0, 0 },
	{ 256, 0, 0, 64, 1, 0, 0 },
	{ 20000, 0, 19936, 64, 1, 0, THRONG_MODE_THREAD },
};

static void
descriptor_limit(void **state)
{
	struct service *s = service_new();
	throng_config config;
	throng_error error;

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(limits); i++) {
		throng_config_init(&config);
		config.max_connections = limits[i].asked;
		config.reactors = limits[i].reactors;
		config.listen_count = limits[i].listeners;
		for (unsigned k = 0; k < limits[i].listeners; k++)
			config.listen[k] = "127.0.0.1:0";
		config.accept = (throng_accept)limits[i].accept;
		config.mode = (throng_mode)limits[i].mode;
		limit_now = limits[i].limit;
		error = apply(s, &config, &unit_handler, "max_connections");
		assert_int_equal(error,
		    limits[i].want > 0 ? THRONG_OK : THRONG_ERR_LIMIT);
		if (error == THRONG_OK)
			assert_int_equal(s->max_connections, limits[i].want);
	}
	limit_now = 20000;
	limit_fails = 1;
	assert_int_equal(apply(s, &config, &unit_handler, "max_connections"),
	    THRONG_ERR_SYSTEM);
	limit_fails = 0;
	free(s);
}

static void
error_texts(void **state)
{

	(void)state;
	for (int i = THRONG_OK; i <= THRONG_ERR_STUCK; i++) {
		const char *text = throng_strerror((throng_error)i);

		assert_non_null(text);
		assert_string_not_equal(text, "unknown error");
		for (int k = THRONG_OK; k < i; k++)
			assert_string_not_equal(text,
			    throng_strerror((throng_error)k));
	}
	assert_string_equal(throng_strerror((throng_error)(THRONG_ERR_STUCK +
				1)),
	    "unknown error");
	assert_string_equal(throng_strerror((throng_error)-1), "unknown error");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_range),
		cmocka_unit_test(outputs),
		cmocka_unit_test(defaults),
		cmocka_unit_test(listens),
		cmocka_unit_test(raw_limit),
		cmocka_unit_test(bad_handlers),
		cmocka_unit_test(descriptor_limit),
		cmocka_unit_test(error_texts),
	};

	unit_guard();
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
