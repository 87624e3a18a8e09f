#include "config.h"

#include "hiccup.h"

#include <errno.h>
#include <math.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"

#define NAP_NS 2000000
#define METERS 64

/* One for each processor, in shared memory, one writer each. The parent
 * raises `turn` to begin anew; the meter then empties its histogram. */
struct meter {
	struct hist hist;
	_Atomic unsigned turn;
};

struct hiccup {
	struct meter *meters;
	unsigned count;
	pid_t pid[METERS];
};

static void
meter(struct meter *m, unsigned processor)
{
	const struct sched_param first = { .sched_priority = 1 };
	const struct timespec nap = { .tv_nsec = NAP_NS };
	unsigned turn = 0, wanted;
	cpu_set_t set;
	uint64_t t;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
	prctl(PR_SET_NAME, "bench-hiccup", 0, 0, 0);
	signal(SIGINT, SIG_IGN);
	CPU_ZERO(&set);
	CPU_SET(processor, &set);
	sched_setaffinity(0, sizeof(set), &set);
	sched_setscheduler(0, SCHED_FIFO, &first);
	for (;;) {
		t = clock_now();
		nanosleep(&nap, NULL);
		t = clock_now() - t;
		/* Pairs with the store of hiccup_reset(); nothing else is
		 * handed over. */
		wanted = atomic_load_explicit(&m->turn, memory_order_relaxed);
		if (wanted != turn) {
			m->hist = (struct hist){ 0 };
			turn = wanted;
		}
		hist_record(&m->hist, t > NAP_NS ? t - NAP_NS : 0);
	}
}

struct hiccup *
hiccup_start(void)
{
	const long n = sysconf(_SC_NPROCESSORS_ONLN);
	struct hiccup *h = calloc(1, sizeof(*h));

	if (h == NULL)
		return (NULL);
	h->count = n < 1 ? 1 : n > METERS ? METERS : (unsigned)n;
	h->meters = mmap(NULL, sizeof(struct meter) * h->count,
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (h->meters == MAP_FAILED) {
		free(h);
		return (NULL);
	}
	for (unsigned i = 0; i < h->count; i++)
		if ((h->pid[i] = fork()) == 0)
			meter(&h->meters[i], i);
	return (h);
}

void
hiccup_reset(struct hiccup *h)
{

	for (unsigned i = 0; h != NULL && i < h->count; i++)
		atomic_fetch_add_explicit(&h->meters[i].turn, 1,
		    memory_order_relaxed);
}

double
hiccup_p99(const struct hiccup *h)
{
	struct hist *sum = calloc(1, sizeof(*sum));
	double value = NAN;

	for (unsigned i = 0; sum != NULL && h != NULL && i < h->count; i++)
		hist_merge(sum, &h->meters[i].hist);
	if (sum != NULL && sum->count > 0)
		value = (double)hist_quantile(sum, 0.99);
	free(sum);
	return (value);
}

void
hiccup_stop(struct hiccup *h)
{

	if (h == NULL)
		return;
	for (unsigned i = 0; i < h->count; i++) {
		if (h->pid[i] <= 0)
			continue;
		kill(h->pid[i], SIGKILL);
		while (waitpid(h->pid[i], NULL, 0) == -1 && errno == EINTR)
			;
	}
	munmap(h->meters, sizeof(struct meter) * h->count);
	free(h);
}
