#include "vain.h"

#include "stall.h"

/** So much of a slow job's time pays for one question: a system call of about
 *  a microsecond. Nanoseconds. */
#define QUESTION (16 * CLOCK_US)

/** No more are paid in advance. */
#define QUESTIONS_MAX 4096

static int
judge_later(struct vain *v)
{

	return (evtimer_add(v->verdict,
	    &(struct timeval){ .tv_usec = VAIN_TRIAL / CLOCK_US }));
}

/* Those who are still there are taken for clients. */
static void
judge(evutil_socket_t fd, short what, void *argument)
{
	struct vain *v = argument;
	uint64_t now = clock_now();
	bool later = true;
	struct job *job;

	(void)fd;
	(void)what;
	while ((job = TAILQ_FIRST(&v->trial)) != NULL) {
		if (later && now - job->since < VAIN_TRIAL &&
		    judge_later(v) == 0)
			return;
		/* Without a timer nobody would come back for them. */
		later = later && now - job->since >= VAIN_TRIAL;
		TAILQ_REMOVE(&v->trial, job, backlog);
		job->on_trial = false;
		v->passed(v->argument, job);
	}
}

int
vain_open(struct vain *v, struct event_base *base,
    void (*passed)(void *, struct job *), void *argument)
{

	*v = (struct vain){ .passed = passed, .argument = argument };
	TAILQ_INIT(&v->trial);
	v->verdict = evtimer_new(base, judge, v);
	return (v->verdict == NULL ? -1 : 0);
}

void
vain_close(struct vain *v)
{

	if (v->verdict != NULL)
		event_free(v->verdict);
	v->verdict = NULL;
}

void
vain_worked(struct vain *v, uint64_t ns)
{
	uint64_t questions = v->questions + ns / QUESTION;

	if (ns >= VAIN_SLOW)
		v->questions = questions < QUESTIONS_MAX ?
		    (unsigned)questions : QUESTIONS_MAX;
}

void
vain_seen(struct vain *v, const struct job *job)
{

	if (job->first)
		v->wary = clock_now() + VAIN_WARY;
}

bool
vain_is_gone(struct vain *v, int fd)
{

	if (v->questions == 0)
		return (false);
	v->questions--;
	return (stall_reset(fd));
}

bool
vain_try(struct vain *v, struct job *job)
{
	uint64_t now;

	if (v->wary == 0 || !job->first)
		return (false);
	if ((now = clock_now()) >= v->wary) {
		v->wary = 0;
		return (false);
	}
	if (TAILQ_EMPTY(&v->trial) && judge_later(v) == -1)
		return (false);
	job->since = now;
	job->on_trial = true;
	TAILQ_INSERT_TAIL(&v->trial, job, backlog);
	return (true);
}

void
vain_drop(struct vain *v, struct job *job)
{

	TAILQ_REMOVE(&v->trial, job, backlog);
	job->on_trial = false;
	vain_seen(v, job);
}
