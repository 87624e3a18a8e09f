/*
 * The memory budget: those who hold the most are closed first, and nobody
 * else notices.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "support.h"
#include "table.h"

#define GREEDY 40
#define PART (600u << 10)

static char part[PART];

/*
 * Send on all connections, a bit at a time, what the server takes, up to
 * `length` bytes each or until `enough` of them were closed. Return how many
 * were.
 */
static unsigned
press(struct run *run, struct caller **callers, size_t length,
    unsigned enough, struct caller *polite)
{
	int64_t deadline = support_now() + SUPPORT_DEADLINE;
	size_t sent[GREEDY] = { 0 }, at;
	unsigned i, going, closed = 0;
	ssize_t n;

	do {
		for (i = going = 0; i < GREEDY && closed < enough; i++) {
			if (callers[i] == NULL || sent[i] == length)
				continue;
			going++;
			at = sent[i] % PART;
			n = caller_send_some(callers[i], part + at,
			    PART - at < 65536 ? PART - at : 65536);
			if (n == -1) {
				caller_close(callers[i]);
				callers[i] = NULL;
				closed++;
			} else {
				sent[i] += (size_t)n;
			}
		}
		must(caller_ping(polite, going));
		if (!support_turn(deadline))
			must(support_wrong("%u wait for ever", going));
	} while (going > 0 && closed < enough);
	return (closed);
}

/* --memory-budget 4M, and 24 MB of requests that never end. */
static void
parts_of_requests(struct run *run)
{
	struct caller *greedy[GREEDY], *polite = table_open(run);
	unsigned i, closed;
	uint64_t shed;

	must(caller_ping(polite, 1));
	memset(part, 'p', sizeof(part));
	for (i = 0; i < GREEDY; i++)
		greedy[i] = table_open(run);
	closed = press(run, greedy, PART, GREEDY, polite);
	for (i = 0; i < GREEDY; i++)
		if (greedy[i] != NULL)
			caller_close(greedy[i]);
	must(caller_ping(polite, 77));
	caller_close(polite);
	table_end(run);
	/* Some have sent all before they were closed for it, and some have
	 * left before what they sent was read. */
	shed = table_count(run, "shed") + table_count(run, "refused");
	if (shed < closed || shed == 0)
		must(support_wrong("%u closed, %u counted", closed,
		    (unsigned)shed));
	if (table_count(run, "connections") + table_count(run, "refused") !=
	    GREEDY + 1)
		must(support_wrong("some were lost"));
}

/* Replies that are not read hold as much as requests. */
static void
unread_replies(struct run *run)
{
	struct caller *greedy[GREEDY], *polite = table_open(run);
	int small_buffer = 4096;
	unsigned i;

	must(caller_ping(polite, 1));
	memset(part, 'r', sizeof(part));
	part[PART - 1] = '\n';
	for (i = 0; i < GREEDY; i++) {
		greedy[i] = table_open(run);
		(void)setsockopt(greedy[i]->fd, SOL_SOCKET, SO_RCVBUF,
		    &small_buffer, sizeof(small_buffer));
	}
	press(run, greedy, SIZE_MAX, 5, polite);
	for (i = 0; i < GREEDY; i++)
		if (greedy[i] != NULL)
			caller_reset(greedy[i]);
	must(caller_ping(polite, 77));
	caller_close(polite);
	table_end(run);
	if (table_count(run, "shed") < 5)
		must(support_wrong("nobody had to go"));
	/* Those who come while nothing is left are refused. */
	if (table_count(run, "connections") + table_count(run, "refused") !=
	    GREEDY + 1)
		must(support_wrong("some were lost"));
}

/* Below the limit all large requests are served. */
static void
enough(struct run *run)
{
	struct caller *c[4];
	unsigned i, round;

	memset(part, 'e', sizeof(part));
	for (i = 0; i < 4; i++)
		c[i] = table_open(run);
	for (round = 0; round < 5; round++)
		for (i = 0; i < 4; i++) {
			must(caller_request(c[i], part, PART / 4));
			must(caller_expect(c[i], part, PART / 4));
		}
	for (i = 0; i < 4; i++)
		table_close(run, c[i]);
	table_end(run);
	table_expect_count(run, "shed", 0);
	table_expect_count(run, "failed", 0);
	table_expect_count(run, "requests", 20);
}

#define SMALL { "--memory-budget", "4M" }

static const struct table_case rows[] = {
	{ "parts_of_requests", TABLE_LINE, "echo", SMALL, parts_of_requests },
	{ "unread_replies", TABLE_LINE, "echo",
	    { "--memory-budget", "2M" }, unread_replies },
	{ "enough", TABLE_FRAMED & ~TABLE_LEN16, "echo", SMALL, enough },
};

int
main(void)
{

	return (table_main("server_memory", rows,
	    sizeof(rows) / sizeof(rows[0])));
}
