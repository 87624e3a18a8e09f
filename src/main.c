/*
 * The daemon around a server: command line, signals, the first and the last
 * lines it prints.
 *
 * The signals that end the process or ask for counters are blocked in every
 * thread and taken by one that waits for them. Handlers, which run in the
 * middle of something, there are for two things that cannot wait: a crash
 * (crash.c), and SIGRTMIN, which asks a stuck thread where it is (place.c).
 */
#include "config.h"

#include <errno.h>
#include <event2/event.h>
#include <inttypes.h>
#ifdef HAVE_MALLOC_TRIM
#include <malloc.h>
#endif
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "check.h"
#include "clock.h"
#include "counters.h"
#include "events.h"
#include "log.h"
#include "options.h"
#include "server.h"
#include "settings.h"
#include "standard.h"
#include "trim.h"
#include "writer.h"

/** What the log gets to be written in when the process ends by itself.
 *  Milliseconds. */
#define LAST_MS 1000

/** What the thread that waits for signals works with. */
struct watch {
	_Atomic bool ended; /* the server has, by itself or not */
	throng_server *server;
	const struct log *log; /* while there is no server */
	sigset_t signals;
	struct trim trim;
	pthread_t thread;
};

/* libevent tells its troubles to a function without a context, one for the
 * whole process; this is the context. */
static _Atomic(const struct log *) libevent_log;

static void
on_libevent_log(int severity, const char *text)
{
	/* Acquire: pairs with listen_to_libevent(). */
	const struct log *log = atomic_load_explicit(&libevent_log,
	    memory_order_acquire);
	struct log_line l;

	if (severity >= EVENT_LOG_WARN &&
	    log_begin(&l, log, severity > EVENT_LOG_WARN ?
	    THRONG_LOG_ERROR : THRONG_LOG_WARN, "libevent")) {
		log_text(&l, "text", text);
		log_end(&l);
	}
}

/* libevent cannot go on; by itself it would exit as if nothing were wrong. */
static void
on_libevent_fatal(int error)
{

	(void)error;
	writer_flush(atomic_load_explicit(&libevent_log,
	    memory_order_acquire), LAST_MS);
	abort();
}

static void
listen_to_libevent(const struct log *log)
{

	/* Release: the log is whole for whoever finds it. */
	atomic_store_explicit(&libevent_log, log, memory_order_release);
	event_set_log_callback(on_libevent_log);
	event_set_fatal_callback(on_libevent_fatal);
}

/* As many descriptors as the system lets this process have. */
static void
raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 &&
	    limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
}

/* One line if more connections were asked for than the descriptors of this
 * process allow: only here is it known how many those are. */
static int
check_descriptors(const struct options *o)
{
	struct rlimit limit;
	uint64_t most;

	if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
		return (0); /* the server will say so */
	most = settings_connections(limit.rlim_cur, &o->config);
	if (o->config.max_connections <= most)
		return (0);
	fprintf(stderr, "%s: --max-connections %u: not a number from 1 to "
	    "%" PRIu64 ", which is what the limit of %" PRIu64
	    " open descriptors leaves\n", o->program,
	    o->config.max_connections, most, (uint64_t)limit.rlim_cur);
	return (-1);
}

static void
notice_serving(const struct log *log, const throng_server *s)
{
	char text[LOG_LINE_MAX];
	struct log_line l;

	log_begin_notice(&l, text, sizeof(text), log, "serving");
	log_number(&l, "max_connections", throng_max_connections(s));
	log_end(&l);
}

/* Every counter there is, in one line. */
static void
put_counters(const struct log *log, const char *event, const throng_stats *t)
{
	char text[LOG_LINE_MAX];
	struct log_line l;

	log_begin_notice(&l, text, sizeof(text), log, event);
	for (size_t i = 0; counters_name(i) != NULL; i++)
		log_number(&l, counters_name(i), counters_value(t, i));
	log_end(&l);
}

/* Asked for by a signal: JSON in any case, as it is for programs. Signals
 * may storm. */
static void
report(const throng_server *s)
{
	struct log json = *server_log(s);
	throng_stats t;

	if (!throttle_pass(&json.sink->throttle, "counters", NULL,
	    clock_now()))
		return;
	json.format = THRONG_LOG_JSON;
	throng_stats_read(s, &t);
	put_counters(&json, "counters", &t);
}

/* The last line, and what is counted when all is over. */
static void
summary(const throng_server *s)
{
	throng_stats t;

	throng_stats_read(s, &t);
	/* What is still being worked on will not be answered any more. */
	t.dropped_stopping += t.working;
	t.working = 0;
	put_counters(server_log(s), "summary", &t);
}

static void
on_started(throng_server *s, void *argument)
{
	const char *address;

	(void)argument;
	notice_serving(server_log(s), s);
	for (unsigned i = 0; (address = throng_address(s, i)) != NULL; i++)
		printf("listening on %s\n", address);
	/* It serves all the same; whoever waits for these lines does in vain. */
	if (fflush(stdout) != 0)
		event_trouble(server_log(s), THRONG_LOG_WARN,
		    "standard-output", errno);
}

#ifdef HAVE_MALLOC_TRIM

/* Wait for a signal, and give memory back meanwhile: this thread has nothing
 * else to do, and holds nobody up. */
static bool
wait_signal(struct watch *w, int *number)
{
	const struct timespec look = { .tv_sec = TRIM_LOOK / CLOCK_S,
		.tv_nsec = TRIM_LOOK % CLOCK_S };

	while ((*number = sigtimedwait(&w->signals, NULL, &look)) == -1) {
		if (errno != EAGAIN && errno != EINTR)
			return (false);
		if (trim_due(&w->trim, server_holds(w->server),
		    clock_now()))
			malloc_trim(0);
	}
	return (true);
}

#else

static bool
wait_signal(struct watch *w, int *number)
{

	return (sigwait(&w->signals, number) == 0);
}

#endif

/* Wait for a signal to end; false once the server has ended. */
static bool
next_signal(struct watch *w, int *number)
{

	for (;;) {
		if (!wait_signal(w, number))
			return (false);
		if (*number == SIGUSR1)
			report(w->server);
		else if (*number != SIGUSR2)
			return (true);
		/* SIGUSR2 is main's word for the end, if it comes from main.
		 * Acquire: pairs with its store. */
		else if (atomic_load_explicit(&w->ended,
		    memory_order_acquire))
			return (false);
	}
}

static void *
watch_main(void *argument)
{
	struct watch *w = argument;
	const struct log *log = server_log(w->server);
	struct log_line l;
	int number;

	if (!next_signal(w, &number))
		return (NULL);
	throng_stop(w->server);
	if (log_begin(&l, log, THRONG_LOG_INFO, "draining")) {
		log_number(&l, "signal", (uint64_t)number);
		log_end(&l);
	}
	if (!next_signal(w, &number))
		return (NULL);
	/* At once: nothing is waited for but the log, nothing freed. The
	 * server is: main frees it only after this thread. */
	server_unlink(w->server);
	summary(w->server);
	writer_flush(log, LAST_MS);
	_exit(EXIT_FAILURE);
}

/* Before any thread starts, so that all inherit the mask. */
static void
block_signals(struct watch *w)
{

	sigemptyset(&w->signals);
	sigaddset(&w->signals, SIGTERM);
	sigaddset(&w->signals, SIGINT);
	sigaddset(&w->signals, SIGUSR1);
	sigaddset(&w->signals, SIGUSR2);
	pthread_sigmask(SIG_BLOCK, &w->signals, NULL);
	/* Writes to closed pipes and sockets tell by their result. */
	signal(SIGPIPE, SIG_IGN);
}

static int
serve(const struct options *o, struct watch *w)
{
	const struct log *log;
	struct log_line l;
	throng_error error;
	int rc;

	if (throng_create(&o->config, o->handler, &w->server) != THRONG_OK)
		return (EXIT_FAILURE);
	log = server_log(w->server);
	listen_to_libevent(log);
	if ((rc = pthread_create(&w->thread, NULL, watch_main, w)) != 0) {
		event_trouble(log, THRONG_LOG_ERROR, "not-started", rc);
		listen_to_libevent(w->log);
		throng_free(w->server);
		return (EXIT_FAILURE);
	}
	error = throng_run(w->server);
	/* Release: pairs with the load in next_signal(). */
	atomic_store_explicit(&w->ended, true, memory_order_release);
	pthread_kill(w->thread, SIGUSR2);
	pthread_join(w->thread, NULL);
	if (error != THRONG_OK && log_begin(&l, log, THRONG_LOG_ERROR,
	    "ended")) {
		log_text(&l, "reason", throng_strerror(error));
		log_end(&l);
	}
	summary(w->server);
	listen_to_libevent(w->log);
	throng_free(w->server);
	if (error == THRONG_ERR_STUCK)
		_exit(EXIT_FAILURE);
	return (error == THRONG_OK ? EXIT_SUCCESS : EXIT_FAILURE);
}

/* The status of a program that had only to print. */
static int
printed(const char *program, int status)
{

	if (fflush(stdout) == 0 && !ferror(stdout))
		return (status);
	fprintf(stderr, "%s: standard output: %s\n", program,
	    strerror(errno));
	return (EXIT_FAILURE);
}

int
throng_main_choice(int argc, char **argv,
    const throng_handler *const *handlers)
{
	struct options options;
	struct watch watch = { 0 };
	struct log log;

	if (standard_open() == -1) {
		fprintf(stderr, "%s: /dev/null: %s\n", argv[0],
		    strerror(errno));
		return (EXIT_FAILURE);
	}
	switch (options_parse(argc, argv, handlers, &options, stdout,
	    stderr)) {
	case OPTIONS_DONE:
		return (printed(options.program, EXIT_SUCCESS));
	case OPTIONS_WRONG:
		return (2);
	case OPTIONS_CHECK:
		raise_descriptor_limit();
		return (printed(options.program,
		    check_options(&options, stdout)));
	case OPTIONS_SERVE:
		break;
	}
	log = (struct log){ options.config.log_fd, options.config.log_level,
	    options.config.log_format, NULL };
	watch.log = &log;
	listen_to_libevent(&log);
	raise_descriptor_limit();
	if (check_descriptors(&options) == -1)
		return (2);
	block_signals(&watch);
	/* The process is this server's, and so are its signals. */
	options.config.crash_line = 1;
#ifdef SIGRTMIN
	options.config.stuck_signal = SIGRTMIN;
#endif
	options.config.started = on_started;
	return (serve(&options, &watch));
}

int
throng_main(int argc, char **argv, const throng_handler *handler)
{
	const throng_handler *const handlers[] = { handler, NULL };

	return (throng_main_choice(argc, argv, handlers));
}
