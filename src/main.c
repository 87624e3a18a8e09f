/*
 * The daemon around a server: command line, signals, the first and the last
 * lines it prints.
 *
 * Signals are blocked in every thread and taken by one that waits for them,
 * so no handler ever runs in the middle of something.
 */
#include "config.h"

#include <event2/event.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "log.h"
#include "options.h"

/** What the thread that waits for signals works with. */
struct watch {
	_Atomic bool ended; /* the server has, by itself or not */
	throng_server *server;
	const struct log *log;
	sigset_t signals;
	pthread_t thread;
};

static void
on_libevent_log(int severity, const char *text)
{
	const struct log log = { STDERR_FILENO, THRONG_LOG_WARN,
	    THRONG_LOG_TEXT, NULL };
	struct log_line l;

	if (severity >= EVENT_LOG_WARN &&
	    log_begin(&l, &log, severity > EVENT_LOG_WARN ?
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
	abort();
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

/* These two lines are for whoever started it, at every log level. */
static void
notice(const struct log *log, const char *event, const throng_server *s)
{
	struct log always = *log;
	struct log_line l;

	always.level = THRONG_LOG_INFO;
	if (!log_begin(&l, &always, THRONG_LOG_INFO, event))
		return;
	log_number(&l, "max_connections", throng_max_connections(s));
	log_end(&l);
}

static void
summary(const struct log *log, const throng_server *s)
{
	struct log always = *log;
	struct log_line l;
	throng_stats t;

	throng_stats_read(s, &t);
	always.level = THRONG_LOG_INFO;
	if (!log_begin(&l, &always, THRONG_LOG_INFO, "summary"))
		return;
	log_number(&l, "connections", t.connections);
	log_number(&l, "requests", t.requests);
	log_number(&l, "replies", t.replies);
	log_number(&l, "refused", t.refused);
	log_number(&l, "oversize", t.oversize);
	log_number(&l, "busy", t.busy);
	log_number(&l, "timed_out", t.timed_out);
	log_number(&l, "stuck", t.stuck);
	log_number(&l, "invalid", t.invalid);
	log_number(&l, "failed", t.failed);
	log_number(&l, "dropped_gone", t.dropped_gone);
	log_number(&l, "dropped_partial", t.dropped_partial);
	log_number(&l, "dropped_closing", t.dropped_closing);
	/* What is still being worked on will not be answered any more. */
	log_number(&l, "dropped_stopping", t.dropped_stopping + t.working);
	log_number(&l, "accept_paused", t.accept_paused);
	log_number(&l, "log_lost", t.log_lost);
	log_number(&l, "batches", t.batches);
	log_number(&l, "wakeups", t.wakeups);
	log_end(&l);
}

static void
on_started(throng_server *s, void *argument)
{
	const char *address;

	notice(argument, "serving", s);
	for (unsigned i = 0; (address = throng_address(s, i)) != NULL; i++)
		printf("listening on %s\n", address);
	fflush(stdout);
}

/* Wait for a signal to end; false once the server has ended. */
static bool
next_signal(struct watch *w, int *number)
{

	/* SIGUSR2 is main's word for that, if it comes from main. Acquire:
	 * pairs with its store. */
	do {
		if (sigwait(&w->signals, number) != 0)
			return (false);
	} while (*number == SIGUSR2 && !atomic_load_explicit(&w->ended,
	    memory_order_acquire));
	return (*number != SIGUSR2);
}

static void *
watch_main(void *argument)
{
	struct watch *w = argument;
	struct log_line l;
	int number;

	if (!next_signal(w, &number))
		return (NULL);
	/* First of all: the line may have to wait, the end may not. */
	throng_stop(w->server);
	if (log_begin(&l, w->log, THRONG_LOG_INFO, "draining")) {
		log_number(&l, "signal", (uint64_t)number);
		log_end(&l);
	}
	if (!next_signal(w, &number))
		return (NULL);
	/* At once: nothing is waited for, nothing freed. */
	summary(w->log, w->server);
	_exit(EXIT_FAILURE);
}

/* Before any thread starts, so that all inherit the mask. */
static void
block_signals(struct watch *w)
{

	sigemptyset(&w->signals);
	sigaddset(&w->signals, SIGTERM);
	sigaddset(&w->signals, SIGINT);
	sigaddset(&w->signals, SIGUSR2);
	pthread_sigmask(SIG_BLOCK, &w->signals, NULL);
	/* Writes to closed pipes and sockets tell by their result. */
	signal(SIGPIPE, SIG_IGN);
}

static int
serve(const struct options *o, struct watch *w)
{
	struct log_line l;
	throng_error error;
	int rc;

	if (throng_create(&o->config, o->handler, &w->server) != THRONG_OK)
		return (EXIT_FAILURE);
	rc = pthread_create(&w->thread, NULL, watch_main, w);
	if (rc != 0) {
		fprintf(stderr, "no thread for signals: %s\n", strerror(rc));
		throng_free(w->server);
		return (EXIT_FAILURE);
	}
	error = throng_run(w->server);
	/* Release: pairs with the load in next_signal(). */
	atomic_store_explicit(&w->ended, true, memory_order_release);
	pthread_kill(w->thread, SIGUSR2);
	pthread_join(w->thread, NULL);
	if (error != THRONG_OK && log_begin(&l, w->log, THRONG_LOG_ERROR,
	    "ended")) {
		log_text(&l, "reason", throng_strerror(error));
		log_end(&l);
	}
	summary(w->log, w->server);
	throng_free(w->server);
	if (error == THRONG_ERR_STUCK)
		_exit(EXIT_FAILURE);
	return (error == THRONG_OK ? EXIT_SUCCESS : EXIT_FAILURE);
}

int
throng_main_choice(int argc, char **argv,
    const throng_handler *const *handlers)
{
	struct options options;
	struct watch watch = { 0 };
	struct log log;

	switch (options_parse(argc, argv, handlers, &options, stdout,
	    stderr)) {
	case OPTIONS_DONE:
		return (EXIT_SUCCESS);
	case OPTIONS_WRONG:
		return (2);
	case OPTIONS_SERVE:
		break;
	}
	log = (struct log){ options.config.log_fd, options.config.log_level,
	    options.config.log_format, NULL };
	watch.log = &log;
	event_set_log_callback(on_libevent_log);
	event_set_fatal_callback(on_libevent_fatal);
	raise_descriptor_limit();
	block_signals(&watch);
	/* The process is this server's, and so are its signals. */
	options.config.crash_line = 1;
#ifdef SIGRTMIN
	options.config.stuck_signal = SIGRTMIN;
#endif
	options.config.started = on_started;
	options.config.started_argument = &log;
	return (serve(&options, &watch));
}

int
throng_main(int argc, char **argv, const throng_handler *handler)
{
	const throng_handler *const handlers[] = { handler, NULL };

	return (throng_main_choice(argc, argv, handlers));
}
