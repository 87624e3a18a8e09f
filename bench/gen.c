#include "config.h"

#include "gen.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "gen_part.h"

#define TICK_MS 100

/* The clock of the measurement starts a little after the order is given, so
 * that every generator has read it. */
#define START_NS (2u * 1000 * 1000)

struct process {
	pid_t pid;
	int control;
};

struct gen {
	struct gen_config config;
	struct gen_part *parts;
	struct engine_trace *traces; /* of all, one after the other */
	uint32_t *completions;
	size_t mapped;
	uint32_t count; /* of all processes */
	uint32_t bulk;  /* of which generators; then probe, disturbers */
	struct process processes[];
};

uint32_t
gen_needed(const struct gen_config *config)
{
	struct rlimit limit = { .rlim_cur = 1024 };
	uint32_t most, n;

	getrlimit(RLIMIT_NOFILE, &limit);
	most = limit.rlim_cur > GEN_SPARE * 2 ?
	    (uint32_t)limit.rlim_cur - GEN_SPARE : GEN_SPARE;
	n = (config->connections + most - 1) / most;
	if (n < config->processes)
		n = config->processes;
	/* More than there are connections would have nothing to do. */
	if (n > config->connections)
		n = config->connections;
	/* Every shard gets its generators, all as many. */
	return ((n + config->shards - 1) / config->shards * config->shards);
}

static int
map_parts(struct gen *g)
{
	size_t parts = g->count * sizeof(struct gen_part);
	size_t traces = (size_t)g->bulk * g->config.trace *
	    sizeof(struct engine_trace);

	g->mapped = parts + traces + (size_t)(g->config.active + 1) * sizeof(uint32_t);
	g->parts = mmap(NULL, g->mapped, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (g->parts == MAP_FAILED) {
		g->parts = NULL;
		return (-1);
	}
	g->traces = (struct engine_trace *)(void *)((char *)g->parts + parts);
	g->completions = (uint32_t *)(void *)((char *)g->traces + traces);
	return (0);
}

/* The probe: a generator of its own, which keeps to its own plan. */
static int
run_probe(struct gen_job *job)
{
	struct gen_config own = *job->config;
	uint32_t completions[GEN_PROBES] = { 0 };

	own.plan = own.probe;
	own.churn = 0;
	own.stay = 0;
	own.trace = 0;
	job->config = &own;
	job->connections = job->active = GEN_PROBES;
	job->completions = completions;
	return (gen_run(job));
}

/* The job of a process that is none of the above. */
static void
share(const struct gen *g, uint32_t i, struct gen_job *out)
{
	const uint64_t all = g->config.connections, use = g->config.active;
	struct gen_job job = *out;

	job.first = (uint32_t)(use * i / g->bulk);
	job.active = (uint32_t)(use * (i + 1) / g->bulk) - job.first;
	job.connections = (uint32_t)(all * (i + 1) / g->bulk) -
	    (uint32_t)(all * i / g->bulk);
	if (job.connections < job.active)
		job.connections = job.active;
	job.completions = g->completions + job.first;
	job.trace = g->traces + (size_t)i * g->config.trace;
	*out = job;
}

/* In the child: nothing of the parent's ends but its own pair. */
static void
child(struct gen *g, uint32_t i, int control)
{
	struct gen_job job = { .config = &g->config, .part = &g->parts[i],
	    .address = &g->config.addresses[i % g->config.shards],
	    .control = control };

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_DFL);
	for (uint32_t k = 0; k < i; k++)
		close(g->processes[k].control);
	if (i < g->bulk) {
		share(g, i, &job);
		_exit(gen_run(&job));
	}
	_exit(i == g->bulk && g->config.probe != NULL ? run_probe(&job) :
	    gen_disturb(&job));
}

static int
fork_one(struct gen *g, uint32_t i)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return (-1);
	g->processes[i].control = pair[0];
	g->processes[i].pid = fork();
	if (g->processes[i].pid == 0) {
		close(pair[0]);
		child(g, i, pair[1]);
	}
	close(pair[1]);
	return (g->processes[i].pid == -1 ? -1 : 0);
}

/* Wait for a byte of each; -1 with the reason if one says or does else. */
static int
await(struct gen *g, uint64_t deadline, gen_tick tick, void *context,
    char *why, size_t size)
{
	for (uint32_t i = 0; i < g->count; i++) {
		struct pollfd p = { .fd = g->processes[i].control,
		    .events = POLLIN };
		char byte;

		while (poll(&p, 1, TICK_MS) <= 0) {
			if (tick != NULL && tick(context, g)) {
				snprintf(why, size, "interrupted");
				return (-1);
			}
			if (clock_now() > deadline) {
				snprintf(why, size, "a generator hangs");
				return (-1);
			}
		}
		if (recv(p.fd, &byte, 1, 0) != 1) {
			snprintf(why, size, "a generator ended");
			return (-1);
		}
		if (g->parts[i].error[0] != '\0') {
			snprintf(why, size, "%s", g->parts[i].error);
			return (-1);
		}
	}
	return (0);
}

static int
tell(struct gen *g, char byte, char *why, size_t size)
{

	for (uint32_t i = 0; i < g->count; i++) {
		if (send(g->processes[i].control, &byte, 1,
		    MSG_NOSIGNAL) == 1)
			continue;
		snprintf(why, size, "a generator ended");
		return (-1);
	}
	return (0);
}

struct gen *
gen_start(const struct gen_config *config, gen_tick tick, void *context,
    char *why, size_t size)
{
	const uint64_t slack = 5ull * 1000 * 1000 * 1000;
	const uint32_t bulk = gen_needed(config), count = bulk +
	    (config->probe != NULL) + (disturb_total(&config->disturb) > 0);
	struct gen *g = calloc(1, sizeof(*g) + count *
	    sizeof(struct process));

	if (g == NULL)
		goto err;
	g->config = *config;
	g->count = count;
	g->bulk = bulk;
	for (uint32_t i = 0; i < count; i++)
		g->processes[i] = (struct process){ -1, -1 };
	if (map_parts(g))
		goto err;
	for (uint32_t i = 0; i < count; i++)
		if (fork_one(g, i))
			goto err;
	if (await(g, clock_now() + config->connect_ns + slack, tick, context, why,
	    size)) {
		gen_free(g);
		return (NULL);
	}
	return (g);
err:
	snprintf(why, size, "cannot start generators: %s", strerror(errno));
	gen_free(g);
	return (NULL);
}

uint64_t
gen_connect_ns(const struct gen *g)
{
	uint64_t begin = UINT64_MAX, end = 0;

	for (uint32_t i = 0; i < g->bulk; i++) {
		if (g->parts[i].connect_begin < begin)
			begin = g->parts[i].connect_begin;
		if (g->parts[i].connect_end > end)
			end = g->parts[i].connect_end;
	}
	return (end > begin ? end - begin : 0);
}

uint32_t
gen_processes(const struct gen *g)
{

	return (g->bulk);
}

/* Let time pass. */
static int
wait_until(struct gen *g, uint64_t end, gen_tick tick, void *context,
    char *why, size_t size)
{
	uint64_t t;

	while ((t = clock_now()) < end) {
		int left = (int)((end - t) / 1000000) + 1;

		poll(NULL, 0, left < TICK_MS ? left : TICK_MS);
		if (tick != NULL && tick(context, g)) {
			snprintf(why, size, "interrupted");
			return (-1);
		}
	}
	return (0);
}

int
gen_warm(struct gen *g, uint64_t nanoseconds, gen_tick tick, void *context,
    char *why, size_t size)
{

	if (tell(g, GEN_WARM, why, size) ||
	    wait_until(g, clock_now() + nanoseconds, tick, context, why,
	    size) || tell(g, GEN_HOLD, why, size))
		return (-1);
	if (await(g, clock_now() + g->config.connect_ns, tick, context, why, size)) {
		if (strcmp(why, "a generator hangs") == 0)
			snprintf(why, size, "requests of the warm-up are "
			    "not answered");
		return (-1);
	}
	return (0);
}

int
gen_measure(struct gen *g, uint64_t length, uint64_t drain, gen_tick tick,
    void *context, char *why, size_t size)
{
	const uint64_t begin = clock_now() + START_NS;

	memset(g->completions, 0, g->config.active * sizeof(uint32_t));
	for (uint32_t i = 0; i < g->count; i++) {
		g->parts[i].begin = begin;
		g->parts[i].length = length;
		g->parts[i].drain = drain;
	}
	if (tell(g, GEN_MEASURE, why, size))
		return (-1);
	return (wait_until(g, begin + length, tick, context, why, size));
}

int
gen_drain(struct gen *g, gen_tick tick, void *context, char *why,
    size_t size)
{
	const uint64_t slack = 30ull * 1000 * 1000 * 1000;
	const struct gen_part *part = &g->parts[0];

	return (await(g, part->begin + part->length + part->drain + slack,
	    tick, context, why, size));
}

void
gen_peek(const struct gen *g, uint64_t *replies, uint64_t *begin,
    struct hist *response)
{

	*replies = 0;
	*begin = g->parts[0].record.begin;
	for (uint32_t i = 0; i < g->bulk; i++) {
		*replies += g->parts[i].record.replies;
		hist_merge(response, &g->parts[i].record.response);
	}
}

void
gen_collect(const struct gen *g, struct gen_result *result)
{
	double busy;

	result->gap = 0;
	result->slack = 0;
	result->cpu = 0;
	result->busiest = 0;
	result->wall = 0;
	result->cores = 0;
	result->completions = g->completions;
	for (uint32_t i = 0; i < g->count; i++) {
		const struct gen_part *part = &g->parts[i];

		if (i < g->bulk)
			record_merge(result->record, &part->record);
		else if (result->probe != NULL)
			record_merge(result->probe, &part->record);
		if (part->gap > result->gap)
			result->gap = part->gap;
		result->slack += part->slack;
		result->cpu += part->cpu;
		busy = part->wall > 0 ?
		    (double)part->busy / (double)part->wall : 0;
		result->cores += busy;
		if (part->wall > result->wall)
			result->wall = part->wall;
		if (busy > result->busiest)
			result->busiest = busy;
	}
}

const struct engine_trace *
gen_trace(const struct gen *g, uint32_t i, uint64_t *count)
{

	*count = i < g->bulk ? g->parts[i].traced : 0;
	return (g->traces + (size_t)i * g->config.trace);
}

void
gen_free(struct gen *g)
{

	if (g == NULL)
		return;
	for (uint32_t i = 0; i < g->count; i++)
		if (g->processes[i].control != -1)
			close(g->processes[i].control);
	for (uint32_t i = 0; i < g->count; i++)
		if (g->processes[i].pid > 0)
			while (waitpid(g->processes[i].pid, NULL, 0) == -1 &&
			    errno == EINTR)
				;
	if (g->parts != NULL)
		munmap(g->parts, g->mapped);
	free(g);
}
