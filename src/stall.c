#include "config.h"

#include "stall.h"

#include <poll.h>
#include <sys/ioctl.h>
#ifdef HAVE_LINUX_SOCKIOS_H
#include <linux/sockios.h>
#endif

/* Linux, then the systems with kqueue. */
#if defined(SIOCOUTQ)
#define UNTAKEN SIOCOUTQ
#elif defined(FIONWRITE)
#define UNTAKEN FIONWRITE
#endif

uint32_t
stall_untaken(int fd)
{
#ifdef UNTAKEN
	int bytes = 0;

	if (ioctl(fd, UNTAKEN, &bytes) == 0 && bytes > 0)
		return ((uint32_t)bytes);
#else
	(void)fd;
#endif
	return (0);
}

static uint32_t
narrow(size_t bytes)
{

	return (bytes < UINT32_MAX ? (uint32_t)bytes : UINT32_MAX);
}

void
stall_begin(struct stall *s, int fd, uint32_t now)
{

	*s = (struct stall){ .since = now, .queued = stall_untaken(fd) };
}

void
stall_add(struct stall *s, size_t length)
{

	s->waiting = narrow(s->waiting + length);
}

void
stall_look(struct stall *s, int fd, size_t waiting, uint32_t now)
{
	uint32_t here = narrow(waiting), there = stall_untaken(fd);

	/* What has moved from here to there has made room there first. */
	if (here < s->waiting || there < s->queued)
		s->since = now;
	s->waiting = here;
	s->queued = there;
}

bool
stall_half_closed(int fd)
{
#ifdef POLLRDHUP
	struct pollfd p = { .fd = fd, .events = POLLRDHUP };

	return (poll(&p, 1, 0) == 1 && (p.revents & POLLRDHUP) != 0);
#else
	(void)fd;
	return (false);
#endif
}

uint32_t
stall_interval(uint32_t limit)
{
	uint32_t part = limit / 8 + 1;

	return (part < STALL_LOOK_MS ? part : STALL_LOOK_MS);
}
