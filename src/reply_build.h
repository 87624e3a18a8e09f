/**
 * reply_build.h - the reply that process_input appends to, from the inside.
 *
 * Thread for all functions: the one that runs the handler.
 */
#ifndef REPLY_BUILD_H
#define REPLY_BUILD_H

#include "job.h"
#include "process.h"

/** throng_reply: lives as long as one call of process_input. */
struct throng_reply {
	const struct processor *processor;
	struct job *job;
	size_t start;   /* where the frame begins in job->out */
	size_t payload; /* where its payload begins */
	size_t lent;    /* bytes of the request that are the reply; see append */
	bool failed;    /* the reply could not be made */
	bool none;      /* no frame at all is wanted */
	bool close;     /* the connection is to be closed after it */
};

/**
 * reply_begin(reply, processor, job):
 * Begin a reply behind those in `job->out`. Thread: as above.
 */
void reply_begin(struct throng_reply *reply,
    const struct processor *processor, struct job *job);

/**
 * reply_refuse(reply, refusal):
 * Drop what was appended and answer with a refusal. Thread: as above.
 */
void reply_refuse(struct throng_reply *reply, enum refusal refusal);

/**
 * reply_end(reply, request):
 * Frame the reply. A reply that failed, or that its framing cannot carry,
 * has become `!error failed`. Return whether it was made as the handler
 * wanted it; if memory is so short that not even a refusal could be framed,
 * the connection is closed. Thread: as above.
 */
bool reply_end(struct throng_reply *reply, const struct request *request);

#endif /* REPLY_BUILD_H */
