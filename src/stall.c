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

void
stall_begin(struct stall *s, int fd, uint32_t given, uint32_t now)
{

	*s = (struct stall){ now, given - stall_untaken(fd) };
}

void
stall_look(struct stall *s, int fd, uint32_t given, size_t waiting,
    uint32_t now)
{
	uint32_t taken = given - (uint32_t)waiting - stall_untaken(fd);

	/* Comparing what waits would not do: as much may have been added. */
	if (taken != s->taken)
		s->since = now;
	s->taken = taken;
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

bool
stall_reset(int fd)
{
	struct pollfd p = { .fd = fd };

	/* Errors are told without being asked for. Not so a hang-up: who has
	 * closed a local socket may still want its work done. */
	return (poll(&p, 1, 0) == 1 && (p.revents & POLLERR) != 0);
}

uint32_t
stall_interval(uint32_t limit)
{
	uint32_t part = limit / 8 + 1;

	return (part < STALL_LOOK_MS ? part : STALL_LOOK_MS);
}
