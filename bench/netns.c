#include "config.h"

#include "netns.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* Away from the ports that targets are given. */
#define PORT_RANGE "30000 65535"

static int
loopback_up(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq request = { .ifr_name = "lo" };
	int rc;

	rc = fd == -1 || ioctl(fd, SIOCGIFFLAGS, &request) == -1;
	request.ifr_flags |= IFF_UP;
	rc = rc || ioctl(fd, SIOCSIFFLAGS, &request) == -1;
	if (fd != -1)
		close(fd);
	return (rc ? -1 : 0);
}

static int
write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n;

	if (fd == -1)
		return (-1);
	n = write(fd, text, strlen(text));
	close(fd);
	return (n == (ssize_t)strlen(text) ? 0 : -1);
}

static int
has_address(const struct cmdline *o)
{
	for (unsigned i = 0; i < o->target_count; i++)
		if (o->targets[i].address[0] != '\0')
			return (1);
	return (0);
}

/* The congestion control of both ends, if one's own namespace can set it. */
static void
settle(const struct cmdline *o, struct results *r)
{

	write_file("/proc/sys/net/ipv4/ip_local_port_range", PORT_RANGE);
	if (write_file("/proc/sys/net/ipv4/tcp_congestion_control",
	    o->congestion))
		results_note(r, "the congestion control %s could not be set "
		    "for the targets", o->congestion);
}

int
netns_enter(const struct cmdline *o, struct results *r)
{
	const int demanded = strcmp(o->netns, "yes") == 0;

	if (strcmp(o->netns, "no") == 0 || (has_address(o) && !demanded)) {
		results_fact(r, "machine", "network", "the machine's own");
		return (0);
	}
	if (unshare(CLONE_NEWNET) == 0 && loopback_up() == 0) {
		settle(o, r);
		results_fact(r, "machine", "network",
		    "a namespace of its own");
		return (0);
	}
	if (demanded) {
		fprintf(stderr, "throng-bench: --netns yes: %s\n",
		    strerror(errno));
		return (CMDLINE_FAILED);
	}
	results_fact(r, "machine", "network", "the machine's own (%s)",
	    strerror(errno));
	return (0);
}
