/**
 * throng.h - write one function, process_input, and serve it over TCP.
 *
 * The same function runs in three models, so that they can be compared:
 *
 *   pool    reactors frame the requests, a fixed pool of workers runs the
 *           function, the reactors send the replies (the default);
 *   thread  one thread per client does all three;
 *   inline  the reactors do all three. A function that blocks or takes long
 *           stops all clients of its reactor, so this is for comparison, and
 *           for functions that never do.
 *
 * A whole server:
 *
 *     #include <throng.h>
 *
 *     static int
 *     shout(const char *input, size_t length, throng_reply *reply)
 *     {
 *         return throng_reply_printf(reply, "%.*s!", (int)length, input);
 *     }
 *
 *     int
 *     main(int argc, char **argv)
 *     {
 *         static const throng_handler handler = {
 *             .name = "shout", .summary = "answers louder",
 *             .process_input = shout,
 *         };
 *         return throng_main(argc, argv, &handler);
 *     }
 *
 * Threads: every docstring names the threads that may call the function.
 * Bytes are bytes: input is not NUL-terminated and may hold anything.
 */
#ifndef THRONG_H
#define THRONG_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define THRONG_API __attribute__((visibility("default")))
#define THRONG_PRINTF(text, first) \
	__attribute__((format(printf, text, first)))
#else
#define THRONG_API
#define THRONG_PRINTF(text, first)
#endif

/** A server: its listeners, threads and counters. */
typedef struct throng_server throng_server;

/** The reply that one call of process_input builds. */
typedef struct throng_reply throng_reply;

/** What a call of the library returns. Texts: throng_strerror(). */
typedef enum throng_error {
	THRONG_OK = 0,
	THRONG_ERR_NOMEM,    /* memory could not be had */
	THRONG_ERR_INVALID,  /* an argument or a setting is out of its range */
	THRONG_ERR_ADDRESS,  /* an address cannot be read or resolved */
	THRONG_ERR_LISTEN,   /* an address cannot be listened on */
	THRONG_ERR_LIMIT,    /* a limit of the machine is below what was asked */
	THRONG_ERR_THREAD,   /* a thread could not be started */
	THRONG_ERR_SYSTEM,   /* another system call failed; see errno */
	THRONG_ERR_STATE,    /* not allowed now: running twice, for example */
	THRONG_ERR_STUCK     /* a handler did not return within the drain time */
} throng_error;

/** How requests and replies are told apart on the wire. */
typedef enum throng_framing {
	THRONG_FRAME_LINE,      /* up to LF; a CR before it is dropped */
	THRONG_FRAME_RAW,       /* whatever has arrived */
	THRONG_FRAME_LEN32,     /* 4-byte big-endian length, bytes */
	THRONG_FRAME_LEN16,     /* 2-byte big-endian length, bytes */
	THRONG_FRAME_NETSTRING  /* decimal length, ':', bytes, ',' */
} throng_framing;

/** Who runs process_input. */
typedef enum throng_mode {
	THRONG_MODE_POOL,   /* a fixed pool of workers behind reactors */
	THRONG_MODE_THREAD, /* one thread per client */
	THRONG_MODE_INLINE  /* the reactors themselves; see above */
} throng_mode;

/** How several reactors get their connections. */
typedef enum throng_accept {
	THRONG_ACCEPT_SPREAD, /* a listener per reactor (SO_REUSEPORT) */
	THRONG_ACCEPT_SHARED  /* all reactors accept from one listener */
} throng_accept;

/** What is logged: a level takes in the ones before it. */
typedef enum throng_log_level {
	THRONG_LOG_ERROR, /* the service cannot do its work */
	THRONG_LOG_WARN,  /* a limit was met, something was refused or lost */
	THRONG_LOG_INFO,  /* connections come and go, the server starts, stops */
	THRONG_LOG_DEBUG  /* every request and every reply */
} throng_log_level;

/** How a log line is written. */
typedef enum throng_log_format {
	THRONG_LOG_TEXT, /* time level event key=value ... */
	THRONG_LOG_JSON  /* one JSON object a line */
} throng_log_format;

/** Traits of a handler, to be or-ed. */
#define THRONG_CLOSE_AFTER_REPLY 1u /* every connection serves one request */

/**
 * What is served. All strings and the table itself stay the caller's and
 * must live as long as the server; the functions are called from many
 * threads at a time, though never two at a time for one connection.
 */
typedef struct throng_handler {
	/** One word, by which --handler names it. */
	const char *name;
	/** One line for --help. */
	const char *summary;
	/**
	 * Answer one request: `input` holds its `length` bytes without framing,
	 * valid until the function returns. Append the answer to `reply`.
	 * Return 0; on any other value what was appended is dropped and the
	 * client reads `!error failed`. Called by: workers (pool mode), the
	 * client's thread (thread mode), reactors (inline mode); requests of one
	 * connection come one after the other, in the order of their arrival.
	 */
	int (*process_input)(const char *input, size_t length,
	    throng_reply *reply);
	/** THRONG_CLOSE_AFTER_REPLY or 0. */
	unsigned traits;
	/** Most bytes of one request with raw framing; 0: no own limit. */
	size_t raw_limit;
	/**
	 * State of a thread that runs the handler, or NULL for none. Opened in
	 * that thread before its first request, closed in it at its end.
	 * Returning NULL from open makes the thread's start fail.
	 */
	void *(*worker_open)(void);
	void (*worker_close)(void *worker_state);
	/**
	 * State of a connection, or NULL for none. Opened before its first
	 * request, closed after its last; both run in whatever thread runs the
	 * handler, never two at a time for one connection. Returning NULL from
	 * open fails the request (`!error failed`); the next one tries again.
	 */
	void *(*connection_open)(void);
	void (*connection_close)(void *connection_state);
} throng_handler;

/** Limit in throng_config.listen. */
#define THRONG_LISTEN_MAX 16

/**
 * Settings of a server. Fill with throng_config_init(), then change what
 * should differ; no limit may be infinite.
 */
typedef struct throng_config {
	/** Addresses: "host:port", "[::1]:port", "unix:/path"; port 0 asks the
	 *  kernel. None: 127.0.0.1:8000. The strings stay the caller's. */
	const char *listen[THRONG_LISTEN_MAX];
	unsigned listen_count;
	throng_framing framing;
	throng_mode mode;
	throng_accept accept;
	unsigned workers;         /* threads, pool mode; default: 4 */
	unsigned reactors;        /* threads; default: 1 */
	size_t max_frame;         /* bytes of a request; default: 1 MiB */
	size_t max_reply;         /* bytes of a reply; default: 64 MiB */
	unsigned max_connections; /* 0: from the descriptor limit */
	unsigned max_per_source;  /* connections of one address, loopback
				   * too; 0: 256, loopback exempt */
	unsigned accept_rate;     /* a second, of one address, loopback too;
				   * 0: 100, loopback exempt */
	size_t memory_budget;     /* bytes of all connections' input, jobs and
				   * output; 0: half of what there is */
	unsigned backlog;         /* connections the kernel may hold; 4096 */
	size_t stack_size;        /* bytes, thread mode; default: 128 KiB */
	unsigned drain_ms;        /* milliseconds to end in; default: 30000 */
	/* How long clients are waited for. Milliseconds, 1 to 86400000. */
	unsigned first_frame_ms;  /* until the first request; default: 60000 */
	unsigned frame_ms;        /* for the rest of one begun; 10000 */
	unsigned idle_ms;         /* nothing asked, nothing owed; 600000 */
	unsigned half_close_ms;   /* for replies to be taken by a client that
	                             has ended its sending; default: 10000 */
	unsigned write_ms;        /* for any byte waiting to be taken; 30000 */
	size_t min_rate;          /* bytes/s of a request begun; 1 KiB */
	size_t output_soft;       /* unsent bytes that stop reading; 256 KiB */
	size_t output_hard;       /* that close, plus a reply; default: 1 MiB */
	unsigned queue_limit;     /* jobs waiting per reactor; 0: no own limit */
	unsigned queue_age_ms;    /* oldest of them; default: 5000 */
	unsigned request_ms;      /* until a request is begun; default: 30000 */
	unsigned stuck_ms;        /* a call of the handler; default: 2000 */
	/** A signal, say SIGRTMIN, that the server may take for asking a thread
	 *  whose handler is stuck where it is; 0, the default: none. It may
	 *  interrupt that handler's system calls. */
	int stuck_signal;
	/** Not 0: SIGSEGV, SIGBUS, SIGFPE, SIGILL and SIGABRT write one line
	 *  to log_fd that says what was running, before they do what they do;
	 *  default: 0. throng_main() sets both. */
	int crash_line;
	throng_log_level log_level;   /* default: THRONG_LOG_WARN */
	throng_log_format log_format; /* default: THRONG_LOG_TEXT */
	int log_fd;               /* where log lines go; default: 2 */
	/** Called by throng_run() once every thread serves, or NULL. */
	void (*started)(throng_server *server, void *argument);
	void *started_argument;
} throng_config;

/**
 * What has happened since the start; see throng_stats_read(). Once
 * throng_run() has returned THRONG_OK, nothing is left over:
 *
 *     connections == closed + open, and open == 0
 *     received == replies + silent + dropped_gone + dropped_closing +
 *         dropped_stopping, and working == 0
 */
typedef struct throng_stats {
	uint64_t connections;       /* accepted and served */
	uint64_t closed;            /* of them, closed again */
	uint64_t open;              /* of them, open now */
	uint64_t received;          /* requests that were complete, or wrong */
	uint64_t requests;          /* of them, given to the handler */
	uint64_t working;           /* of these, not yet answered */
	uint64_t replies;           /* replies handed to the kernel or its queue */
	uint64_t silent;            /* requests whose answer was to send nothing */
	uint64_t refused;           /* connections answered `!error busy` */
	uint64_t refused_source;    /* of them: too many of their address */
	uint64_t refused_rate;      /* of them: too fast from their address */
	uint64_t reaped;            /* silent ones closed for a newcomer */
	uint64_t shed;              /* closed by the memory budget */
	uint64_t oversize;          /* requests answered `!error oversize` */
	uint64_t busy;              /* requests answered `!error busy` */
	uint64_t timed_out;         /* requests answered `!error timeout` */
	uint64_t stuck;             /* calls of the handler warned about */
	uint64_t invalid;           /* requests whose framing was broken, so
	                             * answered; not a handler's `!error invalid` */
	uint64_t failed;            /* requests answered `!error failed` */
	uint64_t dropped_gone;      /* of `received`: the client had left */
	uint64_t dropped_partial;   /* incomplete requests at end of input */
	uint64_t dropped_closing;   /* of `received`: behind the last answered */
	uint64_t dropped_stopping;  /* of `received`: left at the drain's end */
	uint64_t accept_paused;     /* times that accepting had to pause */
	uint64_t log_lost;          /* lines that the log's reader was too slow for */
	uint64_t log_suppressed;    /* lines left out, being many of one kind */
	uint64_t wakeups;           /* bytes written to wakeup pipes */
	uint64_t lost_wakeups;      /* owed and not written: an alarm, 0 */
	uint64_t batches;           /* jobs worked on */
	uint64_t timeout_first;     /* connections closed by first_frame_ms */
	uint64_t timeout_frame;     /* by frame_ms and min_rate */
	uint64_t timeout_idle;      /* by idle_ms */
	uint64_t timeout_half_close; /* by half_close_ms */
	uint64_t timeout_write;     /* by write_ms */
	uint64_t output_hard;       /* connections closed by output_hard */
	uint64_t output_soft;       /* times that output_soft stopped reading */
} throng_stats;

/**
 * throng_version():
 * Return the library's version as text, "1.2.3". Thread: any.
 */
THRONG_API const char *throng_version(void);

/**
 * throng_strerror(error):
 * Return a one-line text for `error`, never NULL; it is a constant and
 * need not be freed. Thread: any.
 */
THRONG_API const char *throng_strerror(throng_error error);

/**
 * throng_config_init(config):
 * Fill `config` with the defaults named at its fields. Thread: any.
 */
THRONG_API void throng_config_init(throng_config *config);

/**
 * throng_create(config, handler, server):
 * Make a server that listens, but does not yet accept: check `config`,
 * bind every address and store the new server in `*server`, which is the
 * caller's and goes back with throng_free(). `config` is copied; `handler`
 * is kept and must outlive the server. On failure return an error, store
 * NULL, write one line about it to the log and leave nothing behind.
 * Thread: any.
 */
THRONG_API throng_error throng_create(const throng_config *config,
    const throng_handler *handler, throng_server **server);

/**
 * throng_run(server):
 * Serve until throng_stop() or throng_stop_now() is called, before or after
 * this call: start the threads, accept, and at the end stop accepting, stop
 * reading, let owed replies go out for at most the drain time, and join all
 * threads. Return THRONG_OK after a complete end; THRONG_ERR_STUCK if a
 * handler did not return, in which case its thread lives on. Runs once a
 * server. The calling thread's signal mask is inherited by all threads but
 * the log's, which takes none.
 * Thread: any.
 */
THRONG_API throng_error throng_run(throng_server *server);

/**
 * throng_stop(server):
 * Ask a server to drain and end. Returns at once; a second call has no
 * effect. Thread: any; also safe in a signal handler.
 */
THRONG_API void throng_stop(throng_server *server);

/**
 * throng_stop_now(server):
 * Ask a server to end without waiting for owed replies. Returns at once.
 * Thread: any; also safe in a signal handler.
 */
THRONG_API void throng_stop_now(throng_server *server);

/**
 * throng_free(server):
 * Free a server that does not run, and close its listeners; NULL is
 * allowed. After THRONG_ERR_STUCK the memory that the stuck thread may
 * still use is kept. Thread: any.
 */
THRONG_API void throng_free(throng_server *server);

/**
 * throng_address(server, index):
 * Return the text of listener `index` (from 0, in the order of the
 * configuration) with the port it really has, "127.0.0.1:8000", or NULL
 * past the last one. The text is the server's. Thread: any.
 */
THRONG_API const char *throng_address(const throng_server *server,
    unsigned index);

/**
 * throng_max_connections(server):
 * Return how many connections the server holds at most. Thread: any.
 */
THRONG_API unsigned throng_max_connections(const throng_server *server);

/**
 * throng_stats_read(server, stats):
 * Copy the counters into `stats`. Each is exact; together they are one
 * moment's only while nothing happens. Thread: any.
 */
THRONG_API void throng_stats_read(const throng_server *server,
    throng_stats *stats);

/**
 * throng_reply_append(reply, bytes, length):
 * Append `length` bytes, which are copied. Return 0, or -1 if the reply
 * would exceed max_reply or memory is short; the client then reads
 * `!error failed`. Thread: the one running process_input.
 */
THRONG_API int throng_reply_append(throng_reply *reply, const void *bytes,
    size_t length);

/**
 * throng_reply_printf(reply, format, ...):
 * Append text made as by printf(3). Returns as throng_reply_append().
 * Thread: the one running process_input.
 */
THRONG_API int throng_reply_printf(throng_reply *reply, const char *format,
    ...) THRONG_PRINTF(2, 3);

/**
 * throng_reply_vprintf(reply, format, arguments):
 * The same with a va_list. Thread: the one running process_input.
 */
THRONG_API int throng_reply_vprintf(throng_reply *reply, const char *format,
    va_list arguments) THRONG_PRINTF(2, 0);

/**
 * throng_reply_reserve(reply, length):
 * Append `length` bytes to be filled in by the caller and return where, or
 * NULL as throng_reply_append() returns -1. The place is valid until the
 * next call for this reply; its bytes are undefined until written.
 * Thread: the one running process_input.
 */
THRONG_API void *throng_reply_reserve(throng_reply *reply, size_t length);

/**
 * throng_reply_error(reply, code, text):
 * Drop what was appended and answer `!error CODE TEXT` instead, the form of
 * throng's own refusals; the connection is kept. `code` is one word, such as
 * "invalid". Returns as throng_reply_append().
 * Thread: the one running process_input.
 */
THRONG_API int throng_reply_error(throng_reply *reply, const char *code,
    const char *text);

/**
 * throng_reply_close(reply):
 * Close the connection once this reply has been sent; requests behind it
 * are dropped and counted. Thread: the one running process_input.
 */
THRONG_API void throng_reply_close(throng_reply *reply);

/**
 * throng_reply_none(reply):
 * Send nothing for this request, not even an empty frame. The order of the
 * other replies stays. Thread: the one running process_input.
 */
THRONG_API void throng_reply_none(throng_reply *reply);

/**
 * throng_reply_log(reply, level, format, ...):
 * Write one log line at `level` that names the connection; costs nothing
 * when the level is off. Control bytes are escaped. Never waits: see log_lost
 * and log_suppressed of throng_stats; at warn and info 50 lines a second are
 * written, of all handlers together.
 * Thread: the one running process_input.
 */
THRONG_API void throng_reply_log(const throng_reply *reply,
    throng_log_level level, const char *format, ...) THRONG_PRINTF(3, 4);

/**
 * throng_worker_state(reply):
 * Return what worker_open returned in this thread, or NULL without it.
 * Thread: the one running process_input.
 */
THRONG_API void *throng_worker_state(const throng_reply *reply);

/**
 * throng_connection_state(reply):
 * Return what connection_open returned for this connection, or NULL
 * without it. Thread: the one running process_input.
 */
THRONG_API void *throng_connection_state(const throng_reply *reply);

/**
 * throng_main(argc, argv, handler):
 * Be a whole daemon for one handler: read the command line (see --help),
 * serve, end on SIGTERM or SIGINT, and return the exit status: 0 after a
 * clean end, 1 after a failure, 2 for a wrong command line. Standard
 * descriptors that are closed get /dev/null first. Call it from main() before
 * any other thread exists. Thread: main.
 */
THRONG_API int throng_main(int argc, char **argv,
    const throng_handler *handler);

/**
 * throng_main_choice(argc, argv, handlers):
 * The same with several handlers, a list that ends with NULL: --handler
 * chooses by name, the first is the default. Thread: main.
 */
THRONG_API int throng_main_choice(int argc, char **argv,
    const throng_handler *const *handlers);

#ifdef __cplusplus
}
#endif

#endif /* THRONG_H */
