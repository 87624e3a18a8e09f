#include "monitor.h"

#include "clock.h"

int
monitor_open(pthread_mutex_t *lock, pthread_cond_t *changed)
{
	pthread_condattr_t attr;
	int rc;

	if ((rc = pthread_mutex_init(lock, NULL)) != 0)
		return (rc);
	if ((rc = pthread_condattr_init(&attr)) != 0)
		goto err0;
	rc = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	if (rc == 0)
		rc = pthread_cond_init(changed, &attr);
	pthread_condattr_destroy(&attr);
	if (rc == 0)
		return (0);
err0:
	pthread_mutex_destroy(lock);
	return (rc);
}

void
monitor_close(pthread_mutex_t *lock, pthread_cond_t *changed)
{

	pthread_cond_destroy(changed);
	pthread_mutex_destroy(lock);
}

int
monitor_wait(pthread_mutex_t *lock, pthread_cond_t *changed,
    uint64_t deadline)
{
	const struct timespec until = {
		.tv_sec = (time_t)(deadline / CLOCK_S),
		.tv_nsec = (long)(deadline % CLOCK_S),
	};

	return (pthread_cond_timedwait(changed, lock, &until));
}
