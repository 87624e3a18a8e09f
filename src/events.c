#include "events.h"

static void
put_peer(struct log_line *l, const struct peer *peer)
{
	char text[ADDRESS_TEXT_MAX];

	log_text(l, "peer", peer_format(peer, text));
}

void
event_accepted(const struct log *log, const struct peer *peer)
{
	struct log_line l;

	if (log_begin(&l, log, THRONG_LOG_INFO, "accepted")) {
		put_peer(&l, peer);
		log_end(&l);
	}
}

void
event_refused(const struct log *log, const struct peer *peer,
    const char *reason)
{
	struct log_line l;

	if (log_begin_kind(&l, log, THRONG_LOG_INFO, "refused", reason)) {
		put_peer(&l, peer);
		log_text(&l, "reason", reason);
		log_end(&l);
	}
}

/* Requests and replies look alike. */
static void
put_payload(const struct log *log, const char *event,
    const struct peer *peer, const char *bytes, size_t length)
{
	struct log_line l;

	if (log_begin(&l, log, THRONG_LOG_DEBUG, event)) {
		put_peer(&l, peer);
		log_number(&l, "bytes", length);
		log_bytes(&l, "data", bytes, length);
		log_end(&l);
	}
}

void
event_request(const struct log *log, const struct peer *peer,
    const char *bytes, size_t length)
{

	/* Asked here, too: this is once for each request, and mostly off. */
	if (log->level >= THRONG_LOG_DEBUG)
		put_payload(log, "request", peer, bytes, length);
}

void
event_reply(const struct log *log, const struct peer *peer,
    const char *bytes, size_t length)
{

	if (log->level >= THRONG_LOG_DEBUG)
		put_payload(log, "reply", peer, bytes, length);
}

void
event_closed(const struct log *log, const struct peer *peer,
    enum close_reason reason)
{
	static const char *const reasons[] = {
		[CLOSE_EOF] = "client-closed",
		[CLOSE_DONE] = "handler-closed",
		[CLOSE_INVALID] = "invalid",
		[CLOSE_RESET] = "reset",
		[CLOSE_REFUSED] = "busy",
		[CLOSE_STOPPING] = "stopping",
		[CLOSE_MEMORY] = "out-of-memory",
		[CLOSE_REAPED] = "reaped",
		[CLOSE_SHED] = "shed",
		[CLOSE_TIMEOUT_FIRST] = "timeout-first",
		[CLOSE_TIMEOUT_FRAME] = "timeout-frame",
		[CLOSE_TIMEOUT_IDLE] = "timeout-idle",
		[CLOSE_TIMEOUT_HALF_CLOSE] = "timeout-half-close",
		[CLOSE_TIMEOUT_WRITE] = "timeout-write",
		[CLOSE_OUTPUT_HARD] = "output-hard",
	};
	struct log_line l;

	if (log_begin_kind(&l, log, THRONG_LOG_INFO, "closed",
	    reasons[reason])) {
		put_peer(&l, peer);
		log_text(&l, "reason", reasons[reason]);
		log_end(&l);
	}
}

void
event_trouble(const struct log *log, throng_log_level level,
    const char *event, int error)
{
	struct log_line l;

	if (log_begin(&l, log, level, event)) {
		log_errno(&l, error);
		log_end(&l);
	}
}

void
event_overload(const struct log *log, const char *reason, unsigned waiting,
    uint64_t refused)
{
	struct log_line l;

	if (log_begin(&l, log, THRONG_LOG_WARN, "overload")) {
		log_text(&l, "reason", reason);
		log_number(&l, "waiting", waiting);
		log_number(&l, "refused", refused);
		log_end(&l);
	}
}

void
event_stuck(const struct log *log, const struct stuck *stuck)
{
	struct log_line l;

	if (log_begin(&l, log, THRONG_LOG_WARN, "stuck")) {
		log_text(&l, "thread", stuck->thread);
		log_text(&l, "handler", stuck->handler);
		if (stuck->peer != NULL)
			put_peer(&l, stuck->peer);
		else
			log_text(&l, "peer", "unknown");
		log_number(&l, "age_ms", stuck->age_ms);
		log_text(&l, "where", stuck->where != NULL ? stuck->where :
		    "unknown");
		log_end(&l);
	}
}
