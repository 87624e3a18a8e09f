/*
 * One table says everything about an option: its name, argument, range,
 * default and help. --help is made from it, so it cannot be out of date.
 */
#include "config.h"

#include "option_row.h"

#include "frame.h"
#include "settings.h"

#define FIELD(name) offsetof(throng_config, name)

/** A time that a client is given; never 0, never without end. */
#define TIMEOUT(name) \
	.argument = "TIME", .kind = KIND_MS, .offset = FIELD(name), .min = 1, \
	.max = SETTINGS_TIMEOUT_MS_MAX

static const struct option_row rows[] = {
	{ .name = "listen", .argument = "ADDR", .kind = KIND_LISTEN,
	    .help = "host:port, [ipv6]:port or unix:/path; repeatable; "
	    "port 0: the kernel chooses (127.0.0.1:8000)" },
	{ .name = "handler", .argument = "NAME", .kind = KIND_HANDLER,
	    .help = "what answers, see below" },
	{ .name = "frame", .argument = "line|raw|len32|len16|netstring",
	    .kind = KIND_CHOICE, .offset = FIELD(framing),
	    .choices = { "line", "raw", "len32", "len16", "netstring" },
	    .help = "how requests are told apart (line)" },
	{ .name = "mode", .argument = "pool|thread|inline", .kind = KIND_CHOICE,
	    .offset = FIELD(mode), .choices = { "pool", "thread", "inline" },
	    .help = "reactors and workers, a thread per client, or the handler "
	    "within the reactor, which it must never hold up (pool)" },
	{ .name = "workers", .argument = "N", .kind = KIND_COUNT,
	    .offset = FIELD(workers), .min = 1, .max = SETTINGS_WORKERS_MAX,
	    .help = "threads that run the handler (4)" },
	{ .name = "reactors", .argument = "N", .kind = KIND_COUNT,
	    .offset = FIELD(reactors), .min = 1,
	    .max = SETTINGS_REACTORS_MAX,
	    .help = "threads that do the input and output (1)" },
	{ .name = "accept", .argument = "spread|shared",
	    .kind = KIND_CHOICE, .offset = FIELD(accept),
	    .choices = { "spread", "shared" },
	    .help = "a listener per reactor, or one for all (spread)" },
	{ .name = "max-frame", .argument = "SIZE", .kind = KIND_SIZE,
	    .offset = FIELD(max_frame), .min = 1, .max = FRAME_ABSURD_LENGTH,
	    .help = "longest request (1M)" },
	{ .name = "max-reply", .argument = "SIZE", .kind = KIND_SIZE,
	    .offset = FIELD(max_reply), .min = 1, .max = SETTINGS_REPLY_MAX,
	    .help = "longest reply (64M)" },
	{ .name = "max-connections", .argument = "N", .kind = KIND_COUNT,
	    .offset = FIELD(max_connections), .min = 1,
	    .max = SETTINGS_CONNECTIONS_MAX,
	    .help = "once full, one that has asked nothing makes room, or more "
	    "are answered busy (descriptor limit less 64 or more)" },
	{ .name = "max-connections-per-source", .argument = "N",
	    .kind = KIND_COUNT, .offset = FIELD(max_per_source), .min = 1,
	    .max = SETTINGS_CONNECTIONS_MAX,
	    .help = "of one address, or of one IPv6 /64 (256; not loopback)" },
	{ .name = "accept-rate-per-source", .argument = "N",
	    .kind = KIND_COUNT, .offset = FIELD(accept_rate), .min = 1,
	    .max = SETTINGS_ACCEPT_RATE_MAX,
	    .help = "new ones a second, likewise (100; not loopback)" },
	{ .name = "memory-budget", .argument = "SIZE", .kind = KIND_SIZE,
	    .offset = FIELD(memory_budget), .min = SETTINGS_BUDGET_MIN,
	    .max = SETTINGS_BUDGET_MAX,
	    .help = "for requests and replies of all (half of the memory)" },
	{ .name = "backlog", .argument = "N", .kind = KIND_COUNT,
	    .offset = FIELD(backlog), .min = 1, .max = SETTINGS_BACKLOG_MAX,
	    .help = "connections that the kernel may hold (4096)" },
	{ .name = "stack-size", .argument = "SIZE", .kind = KIND_SIZE,
	    .offset = FIELD(stack_size), .min = SETTINGS_STACK_MIN,
	    .max = SETTINGS_STACK_MAX,
	    .help = "stack of a client's thread, thread mode (128K)" },
	{ .name = "drain-timeout", .argument = "TIME", .kind = KIND_MS,
	    .offset = FIELD(drain_ms), .min = 0,
	    .max = SETTINGS_DRAIN_MS_MAX,
	    .help = "at the end, for owed replies; handlers get 1s more (30s)" },
	{ .name = "first-frame-timeout", TIMEOUT(first_frame_ms),
	    .help = "until a client's first request is complete (60s)" },
	{ .name = "frame-timeout", TIMEOUT(frame_ms),
	    .help = "for the rest of a request that has begun (10s)" },
	{ .name = "min-rate", .argument = "SIZE", .kind = KIND_SIZE,
	    .offset = FIELD(min_rate), .min = 1, .max = SETTINGS_RATE_MAX,
	    .help = "bytes a second that lengthen these two (1K)" },
	{ .name = "idle-timeout", TIMEOUT(idle_ms),
	    .help = "nothing received and nothing owed (10m)" },
	{ .name = "half-close-timeout", TIMEOUT(half_close_ms),
	    .help = "replies not taken after the end of input (10s)" },
	{ .name = "write-timeout", TIMEOUT(write_ms),
	    .help = "no byte of a waiting reply taken (30s)" },
	{ .name = "output-soft", .argument = "SIZE", .kind = KIND_SIZE,
	    .offset = FIELD(output_soft), .min = SETTINGS_OUTPUT_MIN,
	    .max = SETTINGS_OUTPUT_MAX,
	    .help = "unsent, above it no more is read of a client (256K)" },
	{ .name = "output-hard", .argument = "SIZE", .kind = KIND_SIZE,
	    .offset = FIELD(output_hard), .min = SETTINGS_OUTPUT_MIN,
	    .max = SETTINGS_OUTPUT_MAX,
	    .help = "above it and one reply the client is closed (1M)" },
	{ .name = "queue-limit", .argument = "N", .kind = KIND_COUNT,
	    .offset = FIELD(queue_limit), .min = 0,
	    .max = SETTINGS_CONNECTIONS_MAX,
	    .help = "connections that wait for a worker, each reactor; more "
	    "requests are answered busy (0: all)" },
	{ .name = "queue-age", TIMEOUT(queue_age_ms),
	    .help = "while one has waited longer, new requests are answered "
	    "busy (5s)" },
	{ .name = "request-timeout", TIMEOUT(request_ms),
	    .help = "a request not begun by then is answered timeout (30s)" },
	{ .name = "stuck-after", TIMEOUT(stuck_ms),
	    .help = "a handler that takes longer is warned about (2s)" },
	{ .name = "log-level", .argument = "error|warn|info|debug",
	    .kind = KIND_CHOICE, .offset = FIELD(log_level),
	    .choices = { "error", "warn", "info", "debug" },
	    .help = "info: connections; debug: requests, replies (warn)" },
	{ .name = "log-format", .argument = "text|json",
	    .kind = KIND_CHOICE, .offset = FIELD(log_format),
	    .choices = { "text", "json" },
	    .help = "how log lines are written (text)" },
	{ .name = "check", .kind = KIND_CHECK,
	    .help = "serve nothing; say what would be done, and which limit "
	    "of the machine is below what was asked" },
	{ .name = "help", .kind = KIND_HELP, .help = "print this" },
	{ .name = "version", .kind = KIND_VERSION,
	    .help = "print the version" },
};

_Static_assert(sizeof(rows) / sizeof(rows[0]) == OPTION_ROWS,
    "OPTION_ROWS is how many rows there are");

const struct option_row *
option_row(size_t index)
{

	return (index < OPTION_ROWS ? &rows[index] : NULL);
}
