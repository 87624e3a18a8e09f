/*
 * c1m-opener: open very many connections to one echo server, ask on each once,
 * measure what they cost, ask at random for right answers, then end the server
 * and see each connection end. It runs inside the virtual machine that
 * bench/c1m/run boots, where nothing else runs.
 *
 *     c1m-opener PORT CONNECTIONS PROBES PID-OF-SERVER
 *
 * One source address holds 20,000 connections, so that free ports are found
 * at once. Descriptors are handed out in order, so nothing but their numbers
 * is kept.
 */
#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "parse.h"

/** Connections of one source address. */
#define PER_SOURCE 20000u

/** Opened in a row before each of them is asked. */
#define BATCH 500u

/** Moments at which memory is measured, evenly spread. */
#define STEPS 10u

/** A reply that takes longer than this is none. Milliseconds. */
#define PATIENCE_MS 60000

/** What memory there is at one moment. Bytes. */
struct memory {
	unsigned connections;
	uint64_t server;    /* the server's own pages */
	uint64_t opener;    /* and ours */
	uint64_t slab;
	uint64_t available; /* to the whole machine, what it could free too */
	uint64_t free;
};

struct opener {
	uint16_t port;
	unsigned wanted;
	unsigned probes;
	pid_t server;
	int *fds;
	unsigned open;
	struct memory steps[STEPS + 1];
	unsigned measured;
	uint64_t random;
};

static void
die(const char *format, ...)
{
	va_list arguments;

	fputs("c1m-opener: ", stdout);
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	putchar('\n');
	exit(EXIT_FAILURE);
}

static double
seconds_since(uint64_t start)
{

	return ((double)(clock_now() - start) / (double)CLOCK_S);
}

/* The number behind `key` in a file of /proc, in bytes; 0 if it is not
 * there. */
static uint64_t
proc_kb(const char *path, const char *key)
{
	char line[256];
	size_t length = strlen(key);
	uint64_t value = 0;
	FILE *f;

	if ((f = fopen(path, "r")) == NULL)
		die("%s: %s", path, strerror(errno));
	while (fgets(line, sizeof(line), f) != NULL) {
		if (strncmp(line, key, length) == 0) {
			value = strtoull(line + length, NULL, 10) * 1024;
			break;
		}
	}
	fclose(f);
	return (value);
}

static uint64_t
private_of(pid_t pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", (int)pid);
	return (proc_kb(path, "Private_Dirty:"));
}

static void
measure(struct opener *o)
{
	struct memory *m = &o->steps[o->measured++];

	*m = (struct memory){
		.connections = o->open,
		.server = private_of(o->server),
		.opener = private_of(getpid()),
		.slab = proc_kb("/proc/meminfo", "Slab:"),
		.available = proc_kb("/proc/meminfo", "MemAvailable:"),
		.free = proc_kb("/proc/meminfo", "MemFree:"),
	};
	printf("%9u open: server %6" PRIu64 " MB, slab %6" PRIu64
	    " MB, available %6" PRIu64 " MB, free %6" PRIu64 " MB\n",
	    m->connections, m->server >> 20, m->slab >> 20,
	    m->available >> 20, m->free >> 20);
}

static uint64_t
next_random(struct opener *o)
{

	/* xorshift64 (Marsaglia, 2003). */
	o->random ^= o->random << 13;
	o->random ^= o->random >> 7;
	o->random ^= o->random << 17;
	return (o->random);
}

/* One connection more, from the address that is its turn. */
static void
open_one(struct opener *o)
{
	struct sockaddr_in from = { .sin_family = AF_INET }, to = from;
	int on = 1, fd;

	from.sin_addr.s_addr = htonl(0x7f010001 + o->open / PER_SOURCE);
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	to.sin_port = htons(o->port);
	if ((fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) == -1)
		die("connection %u: socket: %s", o->open, strerror(errno));
	/* The port is then chosen by connect, for the whole pair. */
	if (setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on,
	    sizeof(on)) == -1 ||
	    bind(fd, (struct sockaddr *)&from, sizeof(from)) == -1 ||
	    connect(fd, (struct sockaddr *)&to, sizeof(to)) == -1)
		die("connection %u: %s", o->open, strerror(errno));
	o->fds[o->open++] = fd;
}

static void
ask(struct opener *o, unsigned i, uint64_t word)
{
	char text[32];
	int length = snprintf(text, sizeof(text), "%u %016" PRIx64 "\n", i,
	    word);

	if (send(o->fds[i], text, (size_t)length, MSG_NOSIGNAL) != length)
		die("connection %u: send: %s", i, strerror(errno));
}

/* Wait for a reply, which must be what was asked. */
static void
expect(struct opener *o, unsigned i, uint64_t word)
{
	struct pollfd pfd = { .fd = o->fds[i], .events = POLLIN };
	char text[32], got[32];
	int length = snprintf(text, sizeof(text), "%u %016" PRIx64 "\n", i,
	    word);
	int at = 0;
	ssize_t n;

	while (at < length) {
		if (poll(&pfd, 1, PATIENCE_MS) != 1)
			die("connection %u: no answer", i);
		n = recv(o->fds[i], got + at, sizeof(got) - (size_t)at, 0);
		if (n <= 0)
			die("connection %u: %s instead of an answer", i,
			    n == 0 ? "an end" : strerror(errno));
		at += (int)n;
	}
	if (at != length || memcmp(got, text, (size_t)length) != 0)
		die("connection %u: a wrong answer", i);
}

/* Open, and ask each once: what it costs after traffic counts. */
static void
open_all(struct opener *o)
{
	unsigned step = 1, begin, end;
	uint64_t start = clock_now();

	measure(o);
	while (o->open < o->wanted) {
		begin = o->open;
		end = (unsigned)((uint64_t)o->wanted * step / STEPS);
		if (end > begin + BATCH)
			end = begin + BATCH;
		while (o->open < end)
			open_one(o);
		for (unsigned i = begin; i < end; i++)
			ask(o, i, i);
		for (unsigned i = begin; i < end; i++)
			expect(o, i, i);
		if (end == (uint64_t)o->wanted * step / STEPS) {
			measure(o);
			step++;
		}
	}
	printf("opened and answered %u connections in %.0f s\n", o->open,
	    seconds_since(start));
}

static int
compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x < y ? -1 : x > y);
}

/* Any of them, any time: it must still know its own. */
static void
probe(struct opener *o)
{
	uint64_t *took = calloc(o->probes + 1, sizeof(*took)), start, word;
	unsigned i;

	if (took == NULL)
		die("no memory");
	for (unsigned k = 0; k < o->probes; k++) {
		i = (unsigned)(next_random(o) % o->open);
		word = next_random(o);
		start = clock_now();
		ask(o, i, word);
		expect(o, i, word);
		took[k] = clock_now() - start;
	}
	qsort(took, o->probes, sizeof(*took), compare);
	printf("probed at random: %u of %u right; p50 %" PRIu64 " us, p99 %"
	    PRIu64 " us, max %" PRIu64 " us\n", o->probes, o->probes,
	    took[o->probes / 2] / CLOCK_US,
	    took[(uint64_t)o->probes * 99 / 100] / CLOCK_US,
	    took[o->probes > 0 ? o->probes - 1 : 0] / CLOCK_US);
	free(took);
}

static void
copy(const char *path, const char *word)
{
	char line[512];
	FILE *f;

	if ((f = fopen(path, "r")) == NULL)
		return;
	while (fgets(line, sizeof(line), f) != NULL)
		if (strstr(line, word) != NULL)
			printf("%s: %s", path, line);
	fclose(f);
}

static double
slope(uint64_t begin, uint64_t end, unsigned connections)
{

	return (((double)end - (double)begin) / connections);
}

/* From the first tenth on: what is there from the start does not count. */
static void
report(const struct opener *o, unsigned from, unsigned to, const char *what)
{
	const struct memory *a = &o->steps[from], *b = &o->steps[to];
	unsigned n = b->connections - a->connections;
	double server, opener, all, kernel;

	if (n == 0)
		return;
	server = slope(a->server, b->server, n);
	opener = slope(a->opener, b->opener, n);
	all = slope(b->free, a->free, n);
	kernel = all - server - opener;
	printf("%s (%u to %u connections), bytes per connection:\n"
	    "  throngd, user (private pages)     %8.0f\n"
	    "  kernel, both ends, by slab        %8.0f\n"
	    "  kernel, both ends, by free memory %8.0f\n"
	    "  kernel, the server's half of that %8.0f\n"
	    "  MemAvailable, everything          %8.0f\n", what,
	    a->connections, b->connections, server,
	    slope(a->slab, b->slab, n), kernel, kernel / 2,
	    slope(b->available, a->available, n));
}

/* Each must end with an end, not with an error. */
static void
end_server(struct opener *o)
{
	struct pollfd pfd = { .events = POLLIN };
	uint64_t start = clock_now();
	unsigned bad = 0;
	char byte;

	if (kill(o->server, SIGTERM) == -1)
		die("kill: %s", strerror(errno));
	for (unsigned i = 0; i < o->open; i++) {
		pfd.fd = o->fds[i];
		if (poll(&pfd, 1, PATIENCE_MS) != 1)
			die("connection %u: no end", i);
		bad += recv(o->fds[i], &byte, 1, 0) != 0;
	}
	printf("drained: %u connections ended in %.0f s, %u of them not "
	    "cleanly\n", o->open, seconds_since(start), bad);
	if (bad > 0)
		exit(EXIT_FAILURE);
}

int
main(int argc, char **argv)
{
	struct opener o = { .random = 88172645463325252ull };
	uint64_t v[4];

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (int i = 0; i < 4; i++)
		if (argc != 5 || parse_number(argv[i + 1], 1,
		    i == 0 ? UINT16_MAX : 10000000, &v[i]) != 0) {
			fprintf(stderr, "usage: c1m-opener PORT CONNECTIONS "
			    "PROBES PID\n");
			return (2);
		}
	o.port = (uint16_t)v[0];
	o.wanted = (unsigned)v[1];
	o.probes = (unsigned)v[2];
	o.server = (pid_t)v[3];
	if ((o.fds = calloc(o.wanted, sizeof(*o.fds))) == NULL)
		die("no memory");
	open_all(&o);
	probe(&o);
	copy("/proc/net/sockstat", "TCP:");
	copy("/proc/sys/fs/file-nr", "");
	report(&o, 1, STEPS, "nine tenths");
	report(&o, 1, STEPS / 2, "first half");
	report(&o, STEPS / 2, STEPS, "second half");
	end_server(&o);
	return (0);
}
