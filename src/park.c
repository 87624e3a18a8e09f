#include "park.h"

int
park_open(struct park *p)
{
	int rc;

	p->signalled = false;
	if ((rc = pthread_mutex_init(&p->lock, NULL)) != 0)
		return (rc);
	if ((rc = pthread_cond_init(&p->cond, NULL)) != 0)
		pthread_mutex_destroy(&p->lock);
	return (rc);
}

void
park_close(struct park *p)
{

	pthread_cond_destroy(&p->cond);
	pthread_mutex_destroy(&p->lock);
}

void
park_signal(struct park *p)
{

	/*
	 * Signalled under the lock: once the sleeper has seen the flag and
	 * gone on, this thread no longer touches the place, which may then be
	 * closed.
	 */
	pthread_mutex_lock(&p->lock);
	p->signalled = true;
	pthread_cond_signal(&p->cond);
	pthread_mutex_unlock(&p->lock);
}

void
park_wait(struct park *p)
{

	pthread_mutex_lock(&p->lock);
	while (!p->signalled)
		pthread_cond_wait(&p->cond, &p->lock);
	p->signalled = false;
	pthread_mutex_unlock(&p->lock);
}
