/*
 * Everything below on_crash() may run in the middle of anything: it calls
 * what POSIX names as safe there, and takes no lock and no memory. So it has
 * its own few lines for what log.c and peer.c do with the C library.
 */
#include "crash.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "running.h"
#include "writer.h"

static const struct {
	int number;
	const char *name;
} crashes[] = {
	{ SIGSEGV, "SIGSEGV" },
	{ SIGBUS, "SIGBUS" },
	{ SIGFPE, "SIGFPE" },
	{ SIGILL, "SIGILL" },
	{ SIGABRT, "SIGABRT" },
};

#define CRASHES (sizeof(crashes) / sizeof(crashes[0]))

/*
 * A signal's action belongs to the process, so this does, too. Constant once
 * the actions are in place.
 */
static struct sigaction before[CRASHES];
static _Atomic int crash_fd = -1;
static _Atomic bool crash_json;
static _Atomic(const struct log *) crash_log;

/** How long lines that were said before are waited for. Milliseconds. */
#define FLUSH_MS 200

/** The line being made. */
struct line {
	bool json;
	size_t length;
	char text[512];
};

static void
put(struct line *l, const char *text)
{

	while (*text != '\0' && l->length < sizeof(l->text) - 8)
		l->text[l->length++] = *text++;
}

/* With at least so many digits. */
static void
put_number(struct line *l, uint64_t value, unsigned base, int least)
{
	char digits[24], *at = digits + sizeof(digits) - 1;

	*at = '\0';
	for (; value > 0 || least > 0; value /= base, least--)
		*--at = "0123456789abcdef"[value % base];
	put(l, at);
}

static void
put_key(struct line *l, const char *key)
{

	put(l, l->json ? ",\"" : " ");
	put(l, key);
	put(l, l->json ? "\":" : "=");
}

/* Names are words; anything else in them shows as '?'. */
static void
put_word(struct line *l, const char *key, const char *word)
{
	char copy[64];
	size_t i;

	for (i = 0; i < sizeof(copy) - 1 && word[i] != '\0'; i++)
		copy[i] = word[i];
	copy[i] = '\0';
	while (i-- > 0)
		if (strchr("\"\\ =", copy[i]) != NULL || copy[i] < 0x20 ||
		    copy[i] > 0x7e)
			copy[i] = '?';
	put_key(l, key);
	put(l, l->json ? "\"" : "");
	put(l, copy);
	put(l, l->json ? "\"" : "");
}

/*
 * The date of a number of days since 1970: Hinnant, "chrono-Compatible
 * Low-Level Date Algorithms", civil_from_days, for days since then.
 */
static void
put_date(struct line *l, uint64_t days)
{
	uint64_t z = days + 719468, era = z / 146097;
	uint64_t doe = z - era * 146097;
	uint64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	uint64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	uint64_t mp = (5 * doy + 2) / 153;
	uint64_t month = mp < 10 ? mp + 3 : mp - 9;

	put_number(l, yoe + era * 400 + (month <= 2), 10, 4);
	put(l, "-");
	put_number(l, month, 10, 2);
	put(l, "-");
	put_number(l, doy - (153 * mp + 2) / 5 + 1, 10, 2);
}

static void
put_time(struct line *l)
{
	struct timespec now = { 0 };
	uint64_t seconds;

	clock_gettime(CLOCK_REALTIME, &now);
	seconds = (uint64_t)now.tv_sec;
	put_date(l, seconds / 86400);
	put(l, "T");
	put_number(l, seconds / 3600 % 24, 10, 2);
	put(l, ":");
	put_number(l, seconds / 60 % 60, 10, 2);
	put(l, ":");
	put_number(l, seconds % 60, 10, 2);
	put(l, ".");
	put_number(l, (uint64_t)now.tv_nsec / CLOCK_MS, 10, 3);
	put(l, "Z");
}

/* As peer_format(), but for the short form of zeros. */
static void
put_peer(struct line *l, const struct peer *peer)
{

	put_key(l, "peer");
	put(l, l->json ? "\"" : "");
	if (peer->family == AF_INET) {
		for (int i = 0; i < 4; i++) {
			put(l, i > 0 ? "." : "");
			put_number(l, peer->addr[i], 10, 1);
		}
	} else if (peer->family == AF_INET6) {
		for (int i = 0; i < 16; i += 2) {
			put(l, i > 0 ? ":" : "[");
			put_number(l, (uint64_t)peer->addr[i] << 8 |
			    peer->addr[i + 1], 16, 1);
		}
		put(l, "]");
	} else {
		put(l, "unix");
	}
	put(l, ":");
	if (peer->family == AF_INET || peer->family == AF_INET6)
		put_number(l, ntohs(peer->port), 10, 1);
	put(l, l->json ? "\"" : "");
}

/* What this thread was at. */
static void
put_running(struct line *l, const struct running *r)
{
	/* Relaxed: this thread's own. */
	const struct job *job = atomic_load_explicit(&r->job,
	    memory_order_relaxed);
	uint64_t age = running_for(r, clock_now());

	put_word(l, "thread", r->name[0] != '\0' ? r->name : "unnamed");
	if (job == NULL)
		return;
	put_word(l, "handler", r->handler->name);
	put_peer(l, &job->peer);
	if (age > 0) {
		put_key(l, "age_ms");
		put_number(l, age / CLOCK_MS, 10, 1);
	}
}

static bool
write_line(const struct line *l, int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	/* A crash does not wait for the reader of its log. */
	return (poll(&p, 1, 0) == 1 && (p.revents & POLLOUT) &&
	    write(fd, l->text, l->length) == (ssize_t)l->length);
}

static void
tell(const char *name)
{
	/* Relaxed, both: stored before the action was. */
	struct line l = { .json = atomic_load_explicit(&crash_json,
	    memory_order_relaxed) };
	const struct running *r = running_self();
	const struct log *log;
	bool written;
	int fd;

	put(&l, l.json ? "{\"time\":\"" : "");
	put_time(&l);
	put(&l, l.json ? "\",\"level\":\"error\",\"event\":\"crash\"" :
	    " error crash");
	put_word(&l, "signal", name);
	if (r != NULL)
		put_running(&l, r);
	if (l.json)
		l.text[l.length++] = '}';
	l.text[l.length++] = '\n';
	fd = atomic_load_explicit(&crash_fd, memory_order_relaxed);
	written = write_line(&l, fd);
	/* What was said before it and is still on its way goes out, too. */
	if ((log = atomic_load_explicit(&crash_log, memory_order_acquire)) !=
	    NULL)
		writer_flush(log, FLUSH_MS);
	if (!written)
		(void)write_line(&l, fd);
}

static void
on_crash(int number, siginfo_t *info, void *context)
{
	size_t i = 0;

	(void)context;
	while (i < CRASHES - 1 && crashes[i].number != number)
		i++;
	tell(crashes[i].name);
	(void)sigaction(number, &before[i], NULL);
	/* A fault comes again when this returns, with its own stack and
	 * registers for whoever reads the core; what was sent does not. */
	if (info->si_code <= 0)
		(void)raise(number);
}

int
crash_watch(const struct log *log)
{
	struct sigaction action = { .sa_sigaction = on_crash,
		.sa_flags = SA_SIGINFO | SA_ONSTACK };
	struct sigaction now;

	sigemptyset(&action.sa_mask);
	atomic_store_explicit(&crash_json, log->format == THRONG_LOG_JSON,
	    memory_order_relaxed);
	atomic_store_explicit(&crash_fd, log->fd, memory_order_relaxed);
	/* Release: the log is whole for the handler that finds it. */
	atomic_store_explicit(&crash_log, log, memory_order_release);
	for (size_t i = 0; i < CRASHES; i++) {
		if (sigaction(crashes[i].number, NULL, &now) == -1)
			return (-1);
		/* Once is enough: `before` must not be this one. */
		if ((now.sa_flags & SA_SIGINFO) &&
		    now.sa_sigaction == on_crash)
			continue;
		before[i] = now;
		if (sigaction(crashes[i].number, &action, NULL) == -1)
			return (-1);
	}
	return (0);
}

void
crash_forget(const struct log *log)
{

	/* Unless another server has taken over; relaxed: a word. */
	(void)atomic_compare_exchange_strong_explicit(&crash_log, &log, NULL,
	    memory_order_relaxed, memory_order_relaxed);
}

void
crash_thread_begin(struct crash_stack *stack)
{
	stack_t wanted = { .ss_sp = stack->memory,
		.ss_size = sizeof(stack->memory) };
	stack_t had;

	stack->used = sigaltstack(NULL, &had) == 0 &&
	    (had.ss_flags & SS_DISABLE) && sigaltstack(&wanted, NULL) == 0;
}

void
crash_thread_end(struct crash_stack *stack)
{
	stack_t none = { .ss_flags = SS_DISABLE };

	if (stack->used)
		(void)sigaltstack(&none, NULL);
}
