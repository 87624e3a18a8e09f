/**
 * job.h - the record that crosses threads.
 *
 * A job carries requests of one connection to whoever runs the handler and
 * their replies back. It is the only thing that two threads pass to each
 * other, and it has one owner at a time:
 *
 *   from      to        what moves
 *   dispatch  work      the job with its requests; the reactor no longer
 *                       touches it, its connection has one job out
 *   work      reply     the same job with the replies in request order
 *   reply     freelist  the job, once its replies are with the kernel or in
 *                       the connection's output
 *
 * A job names its connection by slot and generation, never by pointer: when
 * the client has left meanwhile, the generation differs and the replies are
 * dropped. In thread mode the client's thread owns one job all along.
 */
#ifndef JOB_H
#define JOB_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "bytes.h"
#include "counters.h"
#include "mpsc.h"
#include "peer.h"
#include "refuse.h"

/** Most requests and, past the first request, most bytes of one job. */
#define JOB_REQUESTS_MAX 64
#define JOB_BYTES_MAX (64u << 10)

/** Past this many bytes of replies the rest of a job waits for its next
 *  turn, so that one job's replies stay bounded; or past what `burden`
 *  leaves of output_soft, if that is less. */
#define JOB_REPLIES_MAX (256u << 10)

/** Likewise past this much time, so that a client with many requests takes
 *  turns with the others. Nanoseconds. */
#define JOB_TIME_MAX 1000000u

/** What is to be done with a job. */
enum job_kind {
	JOB_REQUESTS, /* run the handler, bring back the replies */
	JOB_END,      /* close the handler's state of a connection */
	JOB_NEWCOMER, /* to a reactor: a connection that needs a place */
	JOB_ROOM,     /* to a reactor: see admit_freed() */
	JOB_STOP,     /* to a worker: end; to a reactor: end the loop */
	JOB_DRAIN,    /* to a reactor: accept and read no more */
	JOB_KILL      /* to a reactor: close all connections */
};

/** What is to be done with one request. */
enum verdict {
	VERDICT_HANDLE,   /* give it to the handler */
	VERDICT_OVERSIZE, /* answer `!error oversize` */
	VERDICT_INVALID,  /* answer `!error invalid`, then close */
	VERDICT_BUSY,     /* answer `!error busy` */
	VERDICT_TIMEOUT   /* answer `!error timeout` */
};

/** One request within a job. */
struct request {
	uint32_t offset; /* of the payload, in job.in */
	uint32_t length; /* of the payload, bytes */
	uint8_t tail;    /* of the frame, for the reply's line ending */
	uint8_t verdict; /* enum verdict */
};

struct budget;
struct reactor;

/**
 * Invariants:
 *
 * 1. `node` is the first member, so that a queue's node is its job.
 * 2. The replies in `out` are in the order of `requests`.
 * 3. `close` set: the connection closes once `out` has been sent; while
 *    requests are unanswered: once those have been.
 */
struct job {
	struct mpsc_node node;
	struct reactor *home;     /* where the replies go; NULL: thread mode */
	TAILQ_ENTRY(job) backlog; /* while it waits in its reactor */
	struct job *idle_next;    /* while it is empty */
	uint64_t since;           /* it waits: backlog.c, vain.c; 0: it is new */
	void *state;              /* the handler's state of the connection */
	size_t held;              /* the reactor's: see hold.h */
	size_t out_held;          /* of `held`, for `out` */
	size_t charged;           /* of the budget, for `out`, beside that */
	size_t burden;            /* conn_burden() when it left; 0: none */
	uint64_t spent_ns;        /* time the handler took for all of it */
	struct bytes in;          /* the requests, framing included */
	struct bytes out;         /* the replies, framing included */
	uint32_t slot;            /* of the connection; a newcomer's socket */
	uint32_t generation;
	uint32_t source;          /* of the connection, see source.h */
	uint32_t replies;         /* frames in `out` */
	uint32_t last;            /* bytes of the last of them */
	uint16_t worker;          /* who has it */
	uint8_t kind;             /* enum job_kind */
	bool close;
	bool unworked;            /* taken back before its worker began */
	bool first;               /* of its connection */
	bool on_trial;            /* vain.c: it is not in the backlog yet */
	uint8_t refusal;          /* backlog.c: enum verdict, for all of it */
	uint16_t count;           /* of `requests` in use */
	uint16_t room;            /* of `requests` allocated */
	uint16_t done;            /* of `requests` answered */
	uint16_t begun;           /* counted as being worked on */
	struct peer peer;         /* for log lines */
	struct request requests[];
};

/**
 * job_new(room):
 * Allocate an empty job of kind JOB_REQUESTS with room for that many
 * requests; NULL if memory is short. The caller owns it. Thread: any.
 */
struct job *job_new(unsigned room);

/**
 * job_reset(job):
 * Empty a job for its next use; small buffers are kept. Thread: the owner.
 */
void job_reset(struct job *job);

/**
 * job_answered(job):
 * Empty a job of its requests and replies; its input and the handler's state
 * stay. Thread: the owner.
 */
void job_answered(struct job *job);

/**
 * job_settle(job, counters):
 * The replies of a job have gone where they can: its requests are no longer
 * being worked on. `counters` are the caller's own, or shared ones.
 * Thread: the owner.
 */
void job_settle(struct job *job, struct counters *counters);

/**
 * job_uncharge(job, budget):
 * The buffer of the replies has gone, or is somebody else's to count: give
 * back what was charged for it. Thread: the owner.
 */
void job_uncharge(struct job *job, struct budget *budget);

/**
 * job_unanswered(job):
 * Return how many requests have not been answered yet. Thread: the owner.
 */
unsigned job_unanswered(const struct job *job);

/**
 * job_free(job):
 * Free a job and its buffers; NULL is allowed. Thread: the owner.
 */
void job_free(struct job *job);

/**
 * job_add(job, offset, length, tail, verdict):
 * Add a request; there must be room. Thread: the owner.
 */
void job_add(struct job *job, size_t offset, size_t length, unsigned tail,
    enum verdict verdict);

/**
 * job_full(job):
 * Return whether the job takes no more requests. Thread: the owner.
 */
bool job_full(const struct job *job);

/**
 * job_of(node):
 * Return the job whose queue link is `node`; NULL for NULL. Thread: any.
 */
static inline struct job *
job_of(struct mpsc_node *node)
{

	return ((struct job *)node);
}

#endif /* JOB_H */
