#include "table.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "frame.h"
#include "support.h"

#define CALLERS_MAX 4096

static const struct {
	const char *name;
	const char *arguments[5];
	bool never_blocks; /* not for handlers that take their time */
} models[] = {
	{ "pool", { "--mode", "pool" }, false },
	{ "thread", { "--mode", "thread" }, false },
	{ "spread", { "--reactors", "2", "--accept", "spread" }, false },
	{ "shared", { "--reactors", "2", "--accept", "shared" }, false },
	{ "inline", { "--mode", "inline" }, true },
};

#define MODELS (sizeof(models) / sizeof(models[0]))

/* What one connection received. */
struct trace {
	uint64_t received;
	uint64_t hash;
};

static struct trace traces[MODELS][CALLERS_MAX];
static size_t traced[MODELS];
static size_t model_now;

void
table_fail(const struct run *run, const char *call, const char *file,
    int line)
{

	print_error("%s/%s in %s: %s\n%s\n", run->row->name,
	    frame_name(run->framing), run->model, call, support_why());
	if (run->daemon != NULL) {
		const char *errors = daemon_errors(run->daemon);
		size_t length = strlen(errors);

		print_error("the daemon said:\n%s\n",
		    errors + (length > 4000 ? length - 4000 : 0));
	}
	_fail(file, line);
}

struct caller *
table_open(struct run *run)
{
	struct caller *c = caller_open(run->address, run->framing);

	if (c == NULL)
		must(-1);
	return (c);
}

void
table_close(struct run *run, struct caller *caller)
{

	(void)run;
	if (traced[model_now] < CALLERS_MAX)
		traces[model_now][traced[model_now]++] = (struct trace){
			caller->received, caller->hash };
	caller_close(caller);
}

void
table_end(struct run *run)
{

	if (run->status >= 0)
		return;
	daemon_signal(run->daemon, SIGTERM);
	must(daemon_wait(run->daemon, &run->status));
	if (run->status != 0) {
		support_wrong("exit status %d", run->status);
		must(-1);
	}
}

uint64_t
table_count(struct run *run, const char *key)
{
	uint64_t value = 0;

	must(daemon_summary(run->daemon, key, &value));
	return (value);
}

void
table_expect_count(struct run *run, const char *key, uint64_t want)
{
	uint64_t got = table_count(run, key);

	if (got != want) {
		support_wrong("%s=%llu instead of %llu", key,
		    (unsigned long long)got, (unsigned long long)want);
		must(-1);
	}
}

/* The daemon for one row in one model. */
static void
start(struct run *run)
{
	/* However busy the machine is, no thread is taken for stuck. */
	const char *arguments[32] = { "--listen", "127.0.0.1:0", "--handler",
		run->row->handler, "--frame", frame_name(run->framing),
		"--stuck-after", "60s" };
	size_t n = 6, i;

	for (i = 0; models[model_now].arguments[i] != NULL; i++)
		arguments[n++] = models[model_now].arguments[i];
	for (i = 0; run->row->arguments[i] != NULL; i++)
		arguments[n++] = run->row->arguments[i];
	run->daemon = daemon_start(arguments, 1);
	if (run->daemon == NULL)
		must(-1);
	run->address = daemon_address(run->daemon, 0);
	run->status = -1;
}

/* Every request that was received has met exactly one end, whatever the row
 * was about: see throng_stats. After an end at once the last line is of a
 * moment in which things happened, and some may wait for a worker. */
static void
check_sums(struct run *run)
{
	static const char *const ends[] = { "replies", "silent",
		"dropped_gone", "dropped_closing", "dropped_stopping" };
	bool whole = run->status == 0;
	uint64_t met = 0, received = table_count(run, whole ? "received" :
	    "requests");
	size_t i;

	for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		met += table_count(run, ends[i]);
	if (met < received || (whole && met > received)) {
		support_wrong("%llu requests received, but %llu sent or "
		    "dropped", (unsigned long long)received,
		    (unsigned long long)met);
		must(-1);
	}
	if (!whole)
		return;
	table_expect_count(run, "open", 0);
	table_expect_count(run, "working", 0);
	table_expect_count(run, "closed", table_count(run, "connections"));
}

static void
compare(const struct run *run)
{
	size_t i;

	if (traced[model_now] != traced[0]) {
		support_wrong("%zu connections compared, %zu in %s",
		    traced[model_now], traced[0], models[0].name);
		must(-1);
	}
	for (i = 0; i < traced[0]; i++) {
		if (traces[model_now][i].received == traces[0][i].received &&
		    traces[model_now][i].hash == traces[0][i].hash)
			continue;
		support_wrong("connection %zu received %llu bytes (%llx), but "
		    "%llu (%llx) in %s", i,
		    (unsigned long long)traces[model_now][i].received,
		    (unsigned long long)traces[model_now][i].hash,
		    (unsigned long long)traces[0][i].received,
		    (unsigned long long)traces[0][i].hash, models[0].name);
		must(-1);
	}
}

/* A row over one framing: the state of its cmocka test. */
struct item {
	const struct table_case *row;
	throng_framing framing;
	char name[100];
};

static void
run_item(void **state)
{
	const struct item *item = *state;
	const char *only = getenv("MODEL");

	memset(traced, 0, sizeof(traced));
	for (model_now = 0; model_now < MODELS; model_now++) {
		struct run run = { .row = item->row,
			.framing = item->framing,
			.model = models[model_now].name };

		if (only != NULL && strcmp(only, run.model) != 0)
			continue;
		if (models[model_now].never_blocks &&
		    strcmp(item->row->handler, "work") == 0)
			continue;
		start(&run);
		item->row->body(&run);
		table_end(&run);
		check_sums(&run);
		if (only == NULL)
			compare(&run);
		daemon_free(run.daemon);
	}
}

static int
clean_up(void **state)
{

	(void)state;
	daemon_free_all();
	return (0);
}

int
table_main(const char *name, const struct table_case *rows, size_t count)
{
	struct CMUnitTest *tests = calloc(count * 5, sizeof(*tests));
	struct item *items = calloc(count * 5, sizeof(*items));
	const char *only = getenv("CASE");
	size_t i, n = 0;
	int framing, rc;

	if (tests == NULL || items == NULL)
		return (1);
	for (i = 0; i < count; i++)
	for (framing = 0; framing < 5; framing++) {
		struct item *item = &items[n];

		if ((rows[i].framings & 1u << framing) == 0)
			continue;
		item->row = &rows[i];
		item->framing = (throng_framing)framing;
		snprintf(item->name, sizeof(item->name), "%s/%s",
		    rows[i].name, frame_name(item->framing));
		if (only != NULL && strstr(item->name, only) == NULL)
			continue;
		tests[n++] = (struct CMUnitTest){ .name = item->name,
			.test_func = run_item, .teardown_func = clean_up,
			.initial_state = item };
	}
	/* The macro would count the array; this is what it calls. */
	rc = _cmocka_run_group_tests(name, tests, n, NULL, NULL);
	free(tests);
	free(items);
	return (rc);
}
