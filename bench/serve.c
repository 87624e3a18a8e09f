#include "config.h"

#include "serve.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "address.h"

#define BACKLOG 4096

static int
listen_on(const char *text, struct serve *serve)
{
	char name[ADDRESS_TEXT_MAX];
	struct address a;
	const char *why;
	const int on = 1;

	if (address_parse(text, &a, &why)) {
		fprintf(stderr, "--listen %s: %s\n", text, why);
		return (2);
	}
	serve->listener = socket(a.storage.ss_family,
	    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	setsockopt(serve->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	/* Inherited by what is accepted: one call less for each. */
	setsockopt(serve->listener, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (serve->listener == -1 ||
	    bind(serve->listener, (struct sockaddr *)&a.storage, a.length) ||
	    listen(serve->listener, BACKLOG)) {
		fprintf(stderr, "cannot listen on %s: %s\n", text,
		    strerror(errno));
		return (1);
	}
	a.length = sizeof(a.storage);
	getsockname(serve->listener, (struct sockaddr *)&a.storage, &a.length);
	printf("listening on %s\n", address_format(
	    (struct sockaddr *)&a.storage, a.length, name, sizeof(name)));
	return (fflush(stdout) != 0);
}

static void
raise_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static int
usage(const char *program)
{

	fprintf(stderr, "usage: %s [--listen ADDR] "
	    "[--frame line|raw|len32|len16|netstring] "
	    "[--handler echo|work|hello]\n", program);
	return (2);
}

int
serve_start(int argc, char **argv, struct serve *serve)
{
	static const struct option options[] = {
		{ "listen", required_argument, NULL, 'l' },
		{ "frame", required_argument, NULL, 'f' },
		{ "handler", required_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 }
	};
	const char *address = "127.0.0.1:8000";
	int c;

	*serve = (struct serve){ .framer.framing = THRONG_FRAME_LINE,
	    .framer.max = SERVE_FRAME_MAX, .handle = handle_by_name("echo") };
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'l')
			address = optarg;
		else if (c == 'f' &&
		    frame_by_name(optarg, &serve->framer.framing) == 0)
			continue;
		else if (c != 'h' ||
		    (serve->handle = handle_by_name(optarg)) == NULL)
			return (usage(argv[0]));
	}
	if (optind != argc)
		return (usage(argv[0]));
	signal(SIGPIPE, SIG_IGN);
	raise_descriptors();
	return (listen_on(address, serve));
}

/* One reply, framed, behind what `out` already holds. */
static int
answer(const struct serve *serve, const char *payload, size_t length,
    unsigned request_tail, struct handle_bytes *out)
{
	const throng_framing framing = serve->framer.framing;
	char edge[FRAME_HEAD_MAX > FRAME_TAIL_MAX ? FRAME_HEAD_MAX :
	    FRAME_TAIL_MAX];
	struct handle_bytes body = { 0 };
	size_t n;
	int rc;

	if (framing == THRONG_FRAME_LINE || framing == THRONG_FRAME_RAW) {
		/* Nothing goes before the reply, so it is made in place. */
		if (serve->handle(payload, length, out))
			return (-1);
	} else {
		rc = serve->handle(payload, length, &body);
		n = frame_head(framing, body.length, edge);
		rc = rc || handle_append(out, edge, n) ||
		    handle_append(out, body.bytes, body.length);
		handle_bytes_free(&body);
		if (rc)
			return (-1);
	}
	n = frame_tail(framing, request_tail, edge);
	return (handle_append(out, edge, n));
}

long
serve_frames(const struct serve *serve, struct frame_scan *scan,
    const char *bytes, size_t length, size_t fresh, struct handle_bytes *out)
{
	size_t start = 0, at = length - fresh, used;

	while (at < length) {
		enum frame_status status = frame_scan(&serve->framer, scan,
		    bytes + at, length - at, &used);

		at += used;
		if (status == FRAME_PARTIAL)
			break;
		if (status == FRAME_READY) {
			if (answer(serve, bytes + start + scan->head,
			    scan->length, scan->tail, out))
				return (-1);
		} else if (status != FRAME_SKIP) {
			/* Refusals are throngd's business, not the limit's. */
			return (-1);
		}
		start = at;
	}
	return ((long)start);
}
