#include "caller.h"

#include <sys/ioctl.h>
#include <sys/socket.h>

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "support.h"

/*
 * The bytes that the server's socket holds unread, or -1. The kernel is asked
 * for this one socket, since /proc/net/tcp takes long when there are many.
 */
static long
unread(int diag, const struct sockaddr_in *us, const struct sockaddr_in *them)
{
	struct {
		struct nlmsghdr header;
		struct inet_diag_req_v2 body;
	} ask = { .header = { .nlmsg_len = sizeof(ask),
		.nlmsg_type = SOCK_DIAG_BY_FAMILY,
		.nlmsg_flags = NLM_F_REQUEST } };
	union {
		struct nlmsghdr header;
		char space[2048];
	} answer;
	const struct inet_diag_msg *found = NLMSG_DATA(&answer.header);

	ask.body.sdiag_family = AF_INET;
	ask.body.sdiag_protocol = IPPROTO_TCP;
	ask.body.idiag_states = ~0u;
	ask.body.id.idiag_sport = them->sin_port;
	ask.body.id.idiag_dport = us->sin_port;
	ask.body.id.idiag_src[0] = them->sin_addr.s_addr;
	ask.body.id.idiag_dst[0] = us->sin_addr.s_addr;
	memset(ask.body.id.idiag_cookie, 0xff,
	    sizeof(ask.body.id.idiag_cookie));
	if (send(diag, &ask, sizeof(ask), 0) != sizeof(ask) ||
	    recv(diag, &answer, sizeof(answer), 0) <
	    (ssize_t)NLMSG_LENGTH(sizeof(*found)) ||
	    answer.header.nlmsg_type != SOCK_DIAG_BY_FAMILY)
		return (-1);
	return ((long)found->idiag_rqueue);
}

int
caller_taken(struct caller *caller)
{
	int64_t deadline = support_now() + SUPPORT_DEADLINE;
	struct sockaddr_in us, them;
	socklen_t length = sizeof(us);
	int diag, unsent;
	long left;

	getsockname(caller->fd, (struct sockaddr *)&us, &length);
	length = sizeof(them);
	getpeername(caller->fd, (struct sockaddr *)&them, &length);
	diag = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC,
	    NETLINK_SOCK_DIAG);
	if (diag < 0)
		return (support_wrong("sock_diag: %s", strerror(errno)));
	do {
		/* What is on the way now is there or taken at the next look. */
		if (ioctl(caller->fd, TIOCOUTQ, &unsent) != 0)
			unsent = -1;
		left = unread(diag, &us, &them);
	} while ((left != 0 || unsent != 0) && support_turn(deadline));
	close(diag);
	if (left == 0 && unsent == 0)
		return (0);
	return (support_wrong("the server does not read what was sent: %d "
	    "bytes on the way, %ld before it", unsent, left));
}
