#include "config.h"

#include "check.h"

#include <inttypes.h>
#include <string.h>

#include "address.h"
#include "option_row.h"
#include "parse.h"
#include "settings.h"

/** Threads beside reactors and those who run the handler: main, signals, the
 *  log's writer. */
#define OWN_THREADS 3

/** Mappings: a thread's stack and the guard before it; libraries, heaps. */
#define THREAD_MAPS 2
#define OWN_MAPS 256

/** Memory of a connection that is quiet: what the process keeps and the
 *  kernel's socket; in thread mode also the pages of two stacks. Bytes. */
#define CONNECTION_BYTES 4096
#define CLIENT_BYTES 32768

/** What is compared. */
struct comparison {
	const char *name;
	const char *of;   /* where the limit comes from */
	const char *then; /* what happens when it is too low */
	uint64_t need;
	uint64_t limit;
};

static void
print_time(FILE *out, unsigned ms)
{

	if (ms % 1000 == 0)
		fprintf(out, "%us\n", ms / 1000);
	else
		fprintf(out, "%ums\n", ms);
}

static void
print_listen(FILE *out, const throng_config *c)
{

	for (unsigned i = 0; i < c->listen_count; i++)
		fprintf(out, "%s%s", i > 0 ? " " : "", c->listen[i]);
	fputc('\n', out);
}

/* One option's value, read from where the option puts it. */
static void
print_value(FILE *out, const struct option_row *row, const throng_config *c)
{
	const char *field = (const char *)c + row->offset;
	char text[PARSE_SIZE_TEXT];
	unsigned count = 0;
	size_t size = 0;

	if (row->kind == KIND_SIZE)
		memcpy(&size, field, sizeof(size));
	else
		memcpy(&count, field, sizeof(count));
	switch (row->kind) {
	case KIND_LISTEN:
		print_listen(out, c);
		break;
	case KIND_CHOICE:
		fprintf(out, "%s\n", row->choices[count]);
		break;
	case KIND_SIZE:
		fprintf(out, "%s\n", parse_size_text(size, text));
		break;
	case KIND_MS:
		print_time(out, count);
		break;
	default:
		fprintf(out, "%u\n", count);
		break;
	}
}

/* Zero, which is out of the option's range, stands for what --help says. */
static bool
is_unset(const struct option_row *row, const throng_config *c)
{
	static const char zero[sizeof(size_t)];

	return (row->min > 0 && memcmp((const char *)c + row->offset, zero,
	    row->kind == KIND_SIZE ? sizeof(size_t) : sizeof(unsigned)) == 0);
}

static void
print_settings(FILE *out, const throng_config *c, const throng_handler *h)
{
	const struct option_row *row;

	for (size_t i = 0; (row = option_row(i)) != NULL; i++) {
		/* What does something and sets nothing. */
		if (row->argument == NULL)
			continue;
		fprintf(out, "setting  %-26s ", row->name);
		if (row->kind == KIND_HANDLER)
			fprintf(out, "%s\n", h->name);
		else if (is_unset(row, c))
			fprintf(out, "default\n");
		else
			print_value(out, row, c);
	}
}

/* One line; returns 1 if the limit does not hold. */
static unsigned
compare(FILE *out, const struct comparison *c)
{
	bool low = c->need > c->limit;

	fprintf(out, "%s %-12s needs %" PRIu64 ", ", low ? "low     " :
	    "ok      ", c->name, c->need);
	if (c->limit == MACHINE_NONE)
		fprintf(out, "no limit (%s)", c->of);
	else
		fprintf(out, "limit %" PRIu64 " (%s)", c->limit, c->of);
	if (low)
		fprintf(out, ": %s", c->then);
	fputc('\n', out);
	return (low);
}

static uint64_t
threads_of(const throng_config *c, uint64_t connections)
{

	return (OWN_THREADS + c->reactors + (c->mode == THRONG_MODE_THREAD ?
	    connections : c->mode == THRONG_MODE_POOL ? c->workers : 0));
}

/* What is needed for sure: quiet connections, and for those that are not the
 * budget, or in pool mode the longest request and reply of each worker. */
static uint64_t
memory_of(const throng_config *c, uint64_t connections)
{
	uint64_t busy = c->memory_budget;

	if (busy == 0 && c->mode == THRONG_MODE_POOL)
		busy = c->workers * (uint64_t)(c->max_frame + c->max_reply);
	return (busy + connections * (c->mode == THRONG_MODE_THREAD ?
	    CLIENT_BYTES : CONNECTION_BYTES));
}

unsigned
check_limits(const throng_config *c, uint64_t connections,
    const struct machine *l, FILE *out)
{
	static const char no_threads[] = "clients will be refused or the "
	    "start will fail for want of threads";
	uint64_t threads = threads_of(c, connections);
	const struct comparison list[] = {
		{ "connections", "RLIMIT_NOFILE, less the server's own",
		    "the server will not start", connections,
		    l->descriptors == MACHINE_NONE ? MACHINE_NONE :
		    settings_connections(l->descriptors, c) },
		{ "files", "fs.file-max", "accepting will pause",
		    connections + settings_kept(c), l->files },
		{ "threads", "RLIMIT_NPROC", no_threads, threads,
		    l->processes },
		{ "threads", "kernel.threads-max", no_threads, threads,
		    l->threads },
		{ "threads", "kernel.pid_max", no_threads, threads, l->pids },
		{ "threads", "the cgroup's pids.max", no_threads, threads,
		    l->tasks },
		{ "mappings", "vm.max_map_count", no_threads,
		    threads * THREAD_MAPS + OWN_MAPS, l->maps },
		{ "memory", "the machine's or the cgroup's",
		    "connections will be dropped, or the process killed",
		    memory_of(c, connections), l->memory },
		{ "backlog", "net.core.somaxconn",
		    "the kernel will hold fewer", c->backlog, l->backlog },
		{ "tcp pages", "net.ipv4.tcp_mem, a page each way",
		    "the kernel will hold back data", connections * 2,
		    l->tcp_pages },
	};
	unsigned low = 0;

	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++)
		low += compare(out, &list[i]);
	return (low);
}

/* Every address can be read, and its host name has an address. */
static int
check_addresses(const throng_config *c, const struct log *log)
{
	struct address address;
	struct log_line l;
	const char *why;

	for (unsigned i = 0; i < c->listen_count; i++) {
		if (address_parse(c->listen[i], &address, &why) == 0)
			continue;
		/* The line that the server would write. */
		if (log_begin(&l, log, THRONG_LOG_ERROR, "cannot-listen")) {
			log_text(&l, "address", c->listen[i]);
			log_text(&l, "reason", why);
			log_end(&l);
		}
		return (-1);
	}
	return (0);
}

int
check_options(const struct options *o, FILE *out)
{
	throng_config config = o->config;
	struct service service;
	struct machine limits;
	uint64_t connections;
	unsigned low;

	memset(&service, 0, sizeof(service));
	/* More than fit are a finding, not a mistake. */
	config.max_connections = 0;
	if (settings_apply(&service, &config, o->handler) != THRONG_OK ||
	    check_addresses(&service.config, &service.log) == -1)
		return (2);
	connections = o->config.max_connections > 0 ?
	    o->config.max_connections : service.max_connections;
	service.config.max_connections = (unsigned)connections;
	print_settings(out, &service.config, o->handler);
	machine_read(&limits, "");
	low = check_limits(&service.config, connections, &limits, out);
	if (low > 0)
		fprintf(out, "check    %u limits of this machine will not "
		    "hold what was asked\n", low);
	else
		fprintf(out, "check    all limits hold\n");
	return (low > 0);
}
