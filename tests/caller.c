#include "caller.h"

#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "address.h"
#include "frame.h"
#include "support.h"

struct caller *
caller_open(const char *address, throng_framing framing)
{
	struct caller *c = calloc(1, sizeof(*c));
	const char *why = "no memory";
	struct address a;
	int one = 1;

	if (c == NULL || address_parse(address, &a, &why)) {
		support_wrong("%s: %s", address, why);
		free(c);
		return (NULL);
	}
	c->framing = framing;
	c->ending = 1;
	c->hash = 0xcbf29ce484222325u;
	c->fd = socket(a.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&a.storage,
	    a.length) != 0) {
		support_wrong("connect %s: %s", address, strerror(errno));
		caller_close(c);
		return (NULL);
	}
	/* What the tests cut in two must not be put together again. */
	if (a.storage.ss_family != AF_UNIX)
		setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	fcntl(c->fd, F_SETFL, O_NONBLOCK);
	return (c);
}

void
caller_close(struct caller *caller)
{

	if (caller->fd >= 0)
		close(caller->fd);
	blob_free(&caller->in);
	free(caller);
}

void
caller_reset(struct caller *caller)
{
	struct linger now = { .l_onoff = 1, .l_linger = 0 };

	setsockopt(caller->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	caller_close(caller);
}

int
caller_finish(struct caller *caller)
{

	if (shutdown(caller->fd, SHUT_WR) != 0)
		return (support_wrong("shutdown: %s", strerror(errno)));
	return (0);
}

static int
wait_for(struct caller *c, short events, int64_t deadline, const char *what)
{
	struct pollfd p = { .fd = c->fd, .events = events };
	int64_t left = deadline - support_now();

	if (left <= 0 || poll(&p, 1, (int)left) == 0)
		return (support_wrong("%s: nothing happened for %d ms; %llu "
		    "bytes received so far", what, SUPPORT_DEADLINE,
		    (unsigned long long)c->received));
	return (0);
}

ssize_t
caller_send_some(struct caller *caller, const void *bytes, size_t length)
{
	ssize_t n;

	do
		n = send(caller->fd, bytes, length, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return (0);
	if (n < 0)
		support_wrong("send: %s", strerror(errno));
	return (n);
}

int
caller_send(struct caller *caller, const void *bytes, size_t length)
{
	int64_t deadline = support_now() + SUPPORT_DEADLINE;
	const char *from = bytes;
	ssize_t n;

	while (length > 0) {
		if ((n = caller_send_some(caller, from, length)) < 0)
			return (-1);
		from += n;
		length -= (size_t)n;
		if (n == 0 && wait_for(caller, POLLOUT, deadline, "sending"))
			return (-1);
	}
	return (0);
}

int
caller_request(struct caller *caller, const void *payload, size_t length)
{
	struct blob b = { 0 };
	int rc;

	blob_frame(&b, caller->framing, caller->ending, payload, length);
	rc = caller_send(caller, b.data, b.length);
	blob_free(&b);
	return (rc);
}

/* Read what is there: bytes, 0 at the end, -1 if nothing is there yet. */
static ssize_t
receive(struct caller *c)
{
	char chunk[65536];
	ssize_t n, i;

	do
		n = recv(c->fd, chunk, sizeof(chunk), 0);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK ?
		    support_wrong("receive: %s", strerror(errno)) - 1 : n);
	if (c->at > c->in.length / 2) {
		c->in.length -= c->at;
		memmove(c->in.data, c->in.data + c->at, c->in.length);
		c->at = 0;
	}
	blob_add(&c->in, chunk, (size_t)n);
	c->received += (uint64_t)n;
	for (i = 0; i < n; i++)
		c->hash = (c->hash ^ (unsigned char)chunk[i]) *
		    0x100000001b3u;
	return (n);
}

/* What was received and not asked for yet, never NULL. */
static const char *
rest(const struct caller *c, size_t *length)
{

	*length = c->in.length - c->at;
	return (*length > 0 ? c->in.data + c->at : "");
}

/* Have at least `length` bytes that were not asked for yet. */
static int
have(struct caller *c, size_t length)
{
	int64_t deadline = support_now() + SUPPORT_DEADLINE;
	const char *got;
	size_t there;
	ssize_t n;

	while (got = rest(c, &there), there < length) {
		n = receive(c);
		if (n == 0)
			return (support_wrong("the connection ended with "
			    "\"%s\" instead of %zu bytes",
			    support_escaped(got, there), length));
		if (n < -1 || (n == -1 &&
		    wait_for(c, POLLIN, deadline, "receiving")))
			return (-1);
	}
	return (0);
}

int
caller_reply(struct caller *caller, const char **payload, size_t *length)
{
	struct framer f = { caller->framing, FRAME_ABSURD_LENGTH };
	struct frame_scan scan = { 0 };
	enum frame_status status = FRAME_PARTIAL;
	size_t start = caller->at, done = 0, used;

	while (status == FRAME_PARTIAL) {
		if (have(caller, done + frame_missing(&f, &scan)))
			return (-1);
		/* Where the bytes are may have changed. */
		start = caller->at;
		status = frame_scan(&f, &scan,
		    caller->in.data + start + done,
		    caller->in.length - start - done, &used);
		done += used;
	}
	if (status != FRAME_READY)
		return (support_wrong("not a reply: \"%s\"", support_escaped(
		    caller->in.data + start, caller->in.length - start)));
	caller->at += done;
	*payload = caller->in.data + start + scan.head;
	*length = scan.length;
	return (0);
}

int
caller_expect_bytes(struct caller *caller, const void *bytes, size_t length)
{
	const char *want = bytes, *got;
	char text[200];
	size_t n;

	while (length > 0) {
		n = length < 65536 ? length : 65536;
		if (have(caller, n))
			return (-1);
		got = caller->in.data + caller->at;
		if (memcmp(got, want, n) != 0) {
			snprintf(text, sizeof(text), "%s",
			    support_escaped(want, n));
			return (support_wrong("want \"%s\", got \"%s\"", text,
			    support_escaped(got, n)));
		}
		caller->at += n;
		want += n;
		length -= n;
	}
	return (0);
}

int
caller_expect(struct caller *caller, const void *payload, size_t length)
{
	struct blob b = { 0 };
	int rc;

	blob_frame(&b, caller->framing, caller->ending, payload, length);
	rc = caller_expect_bytes(caller, b.data, b.length);
	blob_free(&b);
	return (rc);
}

static int
read_to_end(struct caller *c)
{
	int64_t deadline = support_now() + SUPPORT_DEADLINE;
	ssize_t n;

	while ((n = receive(c)) != 0)
		if (n < -1 || (n == -1 && wait_for(c, POLLIN, deadline,
		    "waiting for the end")))
			return (-1);
	return (0);
}

int
caller_expect_error(struct caller *caller, const char *code)
{
	const char *payload;
	char want[64];
	size_t length, n;

	n = (size_t)snprintf(want, sizeof(want), "!error %s ", code);
	if (caller->framing == THRONG_FRAME_RAW) {
		if (read_to_end(caller))
			return (-1);
		payload = rest(caller, &length);
		caller->at = caller->in.length;
	} else if (caller_reply(caller, &payload, &length))
		return (-1);
	if (length <= n || memcmp(payload, want, n) != 0)
		return (support_wrong("want \"%s...\", got \"%s\"", want,
		    support_escaped(payload, length)));
	return (0);
}

int
caller_expect_end(struct caller *caller)
{

	if (read_to_end(caller))
		return (-1);
	if (caller->at < caller->in.length)
		return (support_wrong("%zu bytes before the end: \"%s\"",
		    caller->in.length - caller->at,
		    support_escaped(caller->in.data + caller->at,
		    caller->in.length - caller->at)));
	return (0);
}

int
caller_skip(struct caller *caller, size_t length)
{
	size_t n;

	while (length > 0) {
		n = length < 65536 ? length : 65536;
		if (have(caller, n))
			return (-1);
		caller->at += n;
		length -= n;
	}
	return (0);
}

int
caller_pump(struct caller *caller, const char *out, size_t out_length,
    const char *want, size_t want_length)
{
	int64_t deadline = support_now() + SUPPORT_DEADLINE;
	size_t sent = 0, seen = 0, n;
	const char *got;
	ssize_t moved;

	while (sent < out_length || seen < want_length) {
		short events = sent < out_length ? POLLIN | POLLOUT : POLLIN;

		if (wait_for(caller, events, deadline, "pumping"))
			return (-1);
		if (sent < out_length) {
			moved = caller_send_some(caller, out + sent,
			    out_length - sent);
			if (moved < 0)
				return (-1);
			sent += (size_t)moved;
		}
		moved = receive(caller);
		if (moved < -1 || (moved == 0 && seen < want_length))
			return (moved == 0 ? support_wrong("the connection "
			    "ended after %zu of %zu bytes", seen,
			    want_length) : -1);
		got = rest(caller, &n);
		if (n > want_length - seen || (n > 0 && memcmp(want + seen,
		    got, n) != 0))
			return (support_wrong("another byte after %zu: \"%s\"",
			    seen, support_escaped(got, n)));
		caller->at += n;
		seen += n;
	}
	return (0);
}

int
caller_ping(struct caller *caller, uint64_t number)
{
	char nonce[SUPPORT_NONCE];
	size_t n = support_nonce(number, nonce);

	if (caller_request(caller, nonce, n))
		return (-1);
	return (caller_expect(caller, nonce, n));
}
