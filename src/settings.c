#include "settings.h"

#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "conn.h"
#include "job.h"

/** Descriptors of the whole process: the standard three, the log's, pipes,
 *  what libraries and handlers open for a moment. */
#define OWN_DESCRIPTORS 28

/** Of each reactor: the event method's and the two ends of its pipe. */
#define REACTOR_DESCRIPTORS 3

static const char default_listen[] = "127.0.0.1:8000";

void
throng_config_init(throng_config *c)
{

	memset(c, 0, sizeof(*c));
	c->framing = THRONG_FRAME_LINE;
	c->mode = THRONG_MODE_POOL;
	c->accept = THRONG_ACCEPT_SPREAD;
	c->workers = 4;
	c->reactors = 1;
	c->max_frame = 1u << 20;
	c->max_reply = 64u << 20;
	c->backlog = 4096;
	c->stack_size = 128u << 10;
	c->drain_ms = 30000;
	c->first_frame_ms = 60000;
	c->frame_ms = 10000;
	c->idle_ms = 600000;
	c->half_close_ms = 10000;
	c->write_ms = 30000;
	c->min_rate = 1u << 10;
	c->output_soft = 256u << 10;
	c->output_hard = 1u << 20;
	c->queue_age_ms = 5000;
	c->request_ms = 30000;
	c->stuck_ms = 2000;
	c->log_level = THRONG_LOG_WARN;
	c->log_format = THRONG_LOG_TEXT;
	c->log_fd = STDERR_FILENO;
}

/* One of the numbers of a complaint; a list of them ends with no name. */
struct number {
	const char *name;
	uint64_t value;
};

/* What is wrong with which setting, with the numbers to that if any. */
static throng_error
complain(const struct log *log, throng_error error, const char *setting,
    const struct number *numbers)
{
	struct log_line l;

	if (log_begin(&l, log, THRONG_LOG_ERROR, "bad-setting")) {
		log_text(&l, "setting", setting);
		log_text(&l, "reason", throng_strerror(error));
		for (; numbers != NULL && numbers->name != NULL; numbers++)
			log_number(&l, numbers->name, numbers->value);
		log_end(&l);
	}
	return (error);
}

/* One setting and its range. */
struct range {
	const char *name;
	uint64_t value;
	uint64_t min;
	uint64_t max;
};

static throng_error
check_range(const struct log *log, const struct range *r)
{
	const struct number numbers[] = { { "value", r->value },
		{ "min", r->min }, { "max", r->max }, { NULL, 0 } };

	if (r->value >= r->min && r->value <= r->max)
		return (THRONG_OK);
	return (complain(log, THRONG_ERR_INVALID, r->name, numbers));
}

static throng_error
check_ranges(const struct log *log, const throng_config *c)
{
	const struct range ranges[] = {
		{ "listen", c->listen_count, 0, THRONG_LISTEN_MAX },
		{ "framing", c->framing, 0, THRONG_FRAME_NETSTRING },
		{ "mode", c->mode, 0, THRONG_MODE_INLINE },
		{ "accept", c->accept, 0, THRONG_ACCEPT_SHARED },
		{ "workers", c->workers, 1, SETTINGS_WORKERS_MAX },
		{ "reactors", c->reactors, 1, SETTINGS_REACTORS_MAX },
		{ "max_frame", c->max_frame, 1, FRAME_ABSURD_LENGTH },
		{ "max_reply", c->max_reply, 1, SETTINGS_REPLY_MAX },
		{ "max_connections", c->max_connections, 0,
		    SETTINGS_CONNECTIONS_MAX },
		{ "max_per_source", c->max_per_source, 0,
		    SETTINGS_CONNECTIONS_MAX },
		{ "accept_rate", c->accept_rate, 0,
		    SETTINGS_ACCEPT_RATE_MAX },
		{ "memory_budget", c->memory_budget > 0 ? c->memory_budget :
		    SETTINGS_BUDGET_MIN, SETTINGS_BUDGET_MIN,
		    SETTINGS_BUDGET_MAX },
		{ "backlog", c->backlog, 1, SETTINGS_BACKLOG_MAX },
		{ "stack_size", c->stack_size, SETTINGS_STACK_MIN,
		    SETTINGS_STACK_MAX },
		{ "drain_ms", c->drain_ms, 0, SETTINGS_DRAIN_MS_MAX },
		{ "first_frame_ms", c->first_frame_ms, 1,
		    SETTINGS_TIMEOUT_MS_MAX },
		{ "frame_ms", c->frame_ms, 1, SETTINGS_TIMEOUT_MS_MAX },
		{ "idle_ms", c->idle_ms, 1, SETTINGS_TIMEOUT_MS_MAX },
		{ "half_close_ms", c->half_close_ms, 1,
		    SETTINGS_TIMEOUT_MS_MAX },
		{ "write_ms", c->write_ms, 1, SETTINGS_TIMEOUT_MS_MAX },
		{ "min_rate", c->min_rate, 1, SETTINGS_RATE_MAX },
		{ "output_soft", c->output_soft, SETTINGS_OUTPUT_MIN,
		    SETTINGS_OUTPUT_MAX },
		{ "output_hard", c->output_hard, c->output_soft,
		    SETTINGS_OUTPUT_MAX },
		{ "queue_limit", c->queue_limit, 0,
		    SETTINGS_CONNECTIONS_MAX },
		{ "queue_age_ms", c->queue_age_ms, 1,
		    SETTINGS_TIMEOUT_MS_MAX },
		{ "request_ms", c->request_ms, 1, SETTINGS_TIMEOUT_MS_MAX },
		{ "stuck_ms", c->stuck_ms, 1, SETTINGS_TIMEOUT_MS_MAX },
		{ "stuck_signal", (unsigned)c->stuck_signal, 0,
		    SETTINGS_SIGNAL_MAX },
		{ "log_level", c->log_level, 0, THRONG_LOG_DEBUG },
		{ "log_format", c->log_format, 0, THRONG_LOG_JSON },
	};
	throng_error error;

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if ((error = check_range(log, &ranges[i])) != THRONG_OK)
			return (error);
	for (unsigned i = 0; i < c->listen_count; i++)
		if (c->listen[i] == NULL)
			return (complain(log, THRONG_ERR_INVALID, "listen",
			    NULL));
	return (THRONG_OK);
}

static bool
handler_ok(const throng_handler *h)
{

	return (h != NULL && h->name != NULL && h->process_input != NULL &&
	    (h->worker_open == NULL) == (h->worker_close == NULL) &&
	    (h->connection_open == NULL) == (h->connection_close == NULL));
}

/* How many there are for sure, before any client. */
static uint64_t
fixed_descriptors(const throng_config *c)
{
	unsigned reactors = c->mode == THRONG_MODE_THREAD ? 1 : c->reactors;
	unsigned listeners = c->listen_count > 0 ? c->listen_count : 1;

	/* A local address has one socket at any rate; never mind. */
	return (reactors * (uint64_t)REACTOR_DESCRIPTORS + listeners *
	    (uint64_t)(c->accept == THRONG_ACCEPT_SPREAD ? reactors : 1));
}

/* And how many more there may be at the same time. */
static uint64_t
passing_descriptors(const throng_config *c)
{
	unsigned reactors = c->mode == THRONG_MODE_THREAD ? 1 : c->reactors;

	return (OWN_DESCRIPTORS + reactors * (uint64_t)CONN_REFUSING_MAX);
}

uint64_t
settings_kept(const throng_config *config)
{

	return (fixed_descriptors(config) + passing_descriptors(config));
}

uint64_t
settings_connections(uint64_t descriptors, const throng_config *config)
{
	uint64_t fixed = fixed_descriptors(config);
	uint64_t passing = passing_descriptors(config);

	if (descriptors <= fixed)
		return (0);
	/* Where there are few, most are for connections all the same. */
	if (passing > descriptors / 4)
		passing = descriptors / 4;
	if (descriptors - fixed <= passing)
		return (0);
	descriptors -= fixed + passing;
	return (descriptors < SETTINGS_CONNECTIONS_MAX ? descriptors :
	    SETTINGS_CONNECTIONS_MAX);
}

/* Every connection costs a descriptor. */
static throng_error
limit_connections(struct service *s)
{
	unsigned asked = s->config.max_connections;
	struct rlimit limit;
	uint64_t most;

	if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
		return (complain(&s->log, THRONG_ERR_SYSTEM,
		    "max_connections", NULL));
	most = settings_connections(limit.rlim_cur, &s->config);
	if (asked > most || most == 0) {
		const struct number numbers[] = { { "asked", asked },
			{ "limit", most }, { NULL, 0 } };

		return (complain(&s->log, THRONG_ERR_LIMIT,
		    "max_connections", numbers));
	}
	s->max_connections = asked > 0 ? asked : (unsigned)most;
	return (THRONG_OK);
}

throng_error
settings_apply(struct service *s, const throng_config *config,
    const throng_handler *handler)
{
	throng_error error;

	s->config = *config;
	s->handler = handler;
	s->job_time_max = JOB_TIME_MAX;
	s->replies_max = config->output_soft < JOB_REPLIES_MAX ?
	    config->output_soft : JOB_REPLIES_MAX;
	s->sink.counters = &s->shared;
	s->log = (struct log){
		config->log_fd, config->log_level, config->log_format,
		&s->sink,
	};
	/* A log that cannot say so is of no use for the complaint. */
	if (config->log_format > THRONG_LOG_JSON ||
	    config->log_level > THRONG_LOG_DEBUG)
		s->log = (struct log){
			config->log_fd, THRONG_LOG_WARN, THRONG_LOG_TEXT,
			&s->sink,
		};
	if (registry_open(&s->registry) != 0)
		return (THRONG_ERR_NOMEM);
	s->registry_open = true;
	if ((error = check_ranges(&s->log, config)) != THRONG_OK)
		return (error);
	if (!handler_ok(handler))
		return (complain(&s->log, THRONG_ERR_INVALID, "handler",
		    NULL));
	if (s->config.listen_count == 0) {
		s->config.listen[0] = default_listen;
		s->config.listen_count = 1;
	}
	/* Clients' threads do the work; one reactor is enough to accept. */
	if (s->config.mode == THRONG_MODE_THREAD)
		s->config.reactors = 1;
	s->framer.framing = config->framing;
	s->framer.max = (uint32_t)config->max_frame;
	if (config->framing == THRONG_FRAME_RAW && handler->raw_limit > 0 &&
	    handler->raw_limit < config->max_frame)
		s->framer.max = (uint32_t)handler->raw_limit;
	return (limit_connections(s));
}
