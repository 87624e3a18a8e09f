/*
 * work: a handler of a known cost, for benches. The request is read twice,
 * first to check all of it, so that a wrong request costs nothing.
 */
#include "handlers.h"
#include "parse.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define SECOND UINT64_C(1000000000)
#define TIME_MAX (60 * SECOND)
#define REPLY_MAX (UINT64_C(64) << 20)

enum what { WORK_SPIN, WORK_WAIT, WORK_REPLY };

/** One step: nanoseconds to spin or to wait for, or bytes of reply. */
struct step {
	enum what what;
	uint64_t amount;
};

/** The request: what is left of it, and the sums of what was read. */
struct steps {
	const char *at;
	const char *end;
	int more;       /* another word is due, if only an empty one */
	unsigned count; /* steps read */
	uint64_t time;  /* nanoseconds */
	uint64_t reply; /* bytes */
	int replies;    /* a reply step was read, maybe of 0 bytes */
};

static const char wrong_word[] = "spin, wait or reply expected";
static const char wrong_time[] =
    "a time such as 120us, 5ms or 1s expected, all times together at most 60s";
static const char wrong_size[] =
    "a size such as 4096 or 64K expected, all replies together at most 64M";

/* Take a word and the space behind it, which promises another word. */
static const char *
next_word(struct steps *steps, size_t *length)
{
	const char *word = steps->at, *space = NULL;
	size_t left = (size_t)(steps->end - word);

	if (left > 0)
		space = memchr(word, ' ', left);
	steps->more = space != NULL;
	*length = steps->more ? (size_t)(space - word) : left;
	steps->at += *length + (size_t)steps->more;
	return (word);
}

static int
is_word(const char *word, size_t length, const char *wanted)
{

	return (length == strlen(wanted) && memcmp(word, wanted, length) == 0);
}

/* As parse_size(), for text that does not end with NUL. */
static int
size_of(const char *text, size_t length, uint64_t max, uint64_t *value)
{
	char copy[24];

	if (length >= sizeof(copy) || memchr(text, '\0', length) != NULL)
		return (-1);
	memcpy(copy, text, length);
	copy[length] = '\0';
	return (parse_size(copy, 0, max, value));
}

/* Read one step; return NULL, or what is wrong with it. */
static const char *
next_step(struct steps *steps, struct step *step)
{
	const char *word;
	size_t length;

	steps->count++;
	word = next_word(steps, &length);
	if (is_word(word, length, "spin"))
		step->what = WORK_SPIN;
	else if (is_word(word, length, "wait"))
		step->what = WORK_WAIT;
	else if (is_word(word, length, "reply"))
		step->what = WORK_REPLY;
	else
		return (wrong_word);
	word = next_word(steps, &length);
	if (step->what == WORK_REPLY) {
		if (size_of(word, length, REPLY_MAX - steps->reply,
			&step->amount))
			return (wrong_size);
		steps->reply += step->amount;
		steps->replies = 1;
	} else {
		if (parse_time(word, length, 0, TIME_MAX - steps->time,
			&step->amount))
			return (wrong_time);
		steps->time += step->amount;
	}
	return (NULL);
}

static uint64_t
now(clockid_t clock)
{
	struct timespec t;

	(void)clock_gettime(clock, &t);
	return ((uint64_t)t.tv_sec * SECOND + (uint64_t)t.tv_nsec);
}

/*
 * Burn CPU time of this thread: the work is then the same in every model.
 * Against the time of day, a thread that was off the processor would have
 * done less of it, which would favour the model with the most threads.
 * The clock costs a system call, hence some arithmetic between two looks.
 */
static void
spin(uint64_t nanoseconds)
{
	uint64_t end = now(CLOCK_THREAD_CPUTIME_ID) + nanoseconds;
	volatile unsigned sink = 1;

	while (now(CLOCK_THREAD_CPUTIME_ID) < end)
		for (unsigned i = 0; i < 256; i++)
			sink = sink * 1103515245u + 12345u;
}

static void
wait_for(uint64_t nanoseconds)
{
	uint64_t end = now(CLOCK_MONOTONIC) + nanoseconds;
	struct timespec until = {
		.tv_sec = (time_t)(end / SECOND),
		.tv_nsec = (long)(end % SECOND),
	};

	/* Until a moment, so that a signal does not make it longer. */
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) ==
	    EINTR)
		;
}

static int
do_step(const struct step *step, throng_reply *reply)
{
	void *place;

	if (step->what == WORK_SPIN)
		spin(step->amount);
	else if (step->what == WORK_WAIT)
		wait_for(step->amount);
	else if (step->amount > 0) {
		place = throng_reply_reserve(reply, (size_t)step->amount);
		if (place == NULL)
			return (-1);
		memset(place, 'x', (size_t)step->amount);
	}
	return (0);
}

/* Check the whole request; return NULL, or what is wrong. */
static const char *
check(struct steps *steps)
{
	const char *wrong;
	struct step step;

	do
		wrong = next_step(steps, &step);
	while (wrong == NULL && steps->more);
	return (wrong);
}

static int
work(const char *input, size_t length, throng_reply *reply)
{
	const struct steps start = { .at = input, .end = input + length };
	struct steps steps = start;
	const char *wrong = check(&steps);
	char text[160];
	struct step step;

	if (wrong != NULL) {
		(void)snprintf(text, sizeof(text), "step %u: %s", steps.count,
		    wrong);
		return (throng_reply_error(reply, "invalid", text));
	}
	steps = start;
	do {
		(void)next_step(&steps, &step);
		if (do_step(&step, reply))
			return (-1);
	} while (steps.more);
	/* A reply of zero bytes that was asked for is an answer, too. */
	if (!steps.replies)
		return (throng_reply_append(reply, "ok", 2));
	return (0);
}

const throng_handler handler_work = {
	.name = "work",
	.summary = "does what it is told: spin 120us, wait 5ms, reply 4096",
	.process_input = work,
};
