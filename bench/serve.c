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
	    "[--handler %s]\n", program, handle_names());
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
	    .framer.max = SERVE_FRAME_MAX, .handler = handle_by_name("echo") };
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'l')
			address = optarg;
		else if (c == 'f' &&
		    frame_by_name(optarg, &serve->framer.framing) == 0)
			continue;
		else if (c != 'h' ||
		    (serve->handler = handle_by_name(optarg)) == NULL)
			return (usage(argv[0]));
	}
	if (optind != argc)
		return (usage(argv[0]));
	if (serve->framer.framing == THRONG_FRAME_RAW &&
	    serve->handler->raw_limit > 0)
		serve->framer.max = (uint32_t)serve->handler->raw_limit;
	signal(SIGPIPE, SIG_IGN);
	raise_descriptors();
	return (listen_on(address, serve));
}

/* One reply, framed, behind what `out` already holds. */
static unsigned
answer(const struct serve *serve, const char *payload, size_t length,
    unsigned request_tail, struct handle_bytes *out)
{
	const throng_framing framing = serve->framer.framing;
	char edge[FRAME_HEAD_MAX];
	const size_t start = out->length;
	unsigned end;
	size_t n, room;

	/* Room for the head of a reply as long as the request: an echo then
	 * is in its place already. */
	room = frame_head(framing, length, edge);
	if (handle_append(out, edge, room))
		return (HANDLE_NOMEM);
	end = handle_request(serve->handler, payload, length, out);
	length = out->length - start - room;
	if (end & (HANDLE_NONE | HANDLE_NOMEM)) {
		out->length = start;
		return (end);
	}
	n = frame_head(framing, length, edge);
	if (n > room && handle_append(out, edge, n - room))
		return (HANDLE_NOMEM);
	if (n != room)
		memmove(out->bytes + start + n, out->bytes + start + room,
		    length);
	memcpy(out->bytes + start, edge, n);
	out->length = start + n + length;
	n = frame_tail(framing, request_tail, edge);
	return (handle_append(out, edge, n) ? HANDLE_NOMEM : end);
}

long
serve_frames(const struct serve *serve, struct frame_scan *scan,
    const char *bytes, size_t length, size_t fresh, struct handle_bytes *out,
    int *last)
{
	size_t start = 0, at = length - fresh, used;
	unsigned end;

	*last = 0;
	while (at < length && !*last) {
		enum frame_status status = frame_scan(&serve->framer, scan,
		    bytes + at, length - at, &used);

		at += used;
		if (status == FRAME_PARTIAL)
			break;
		if (status == FRAME_READY) {
			end = answer(serve, bytes + start + scan->head,
			    scan->length, scan->tail, out);
			if (end & HANDLE_NOMEM)
				return (-1);
			*last = (end & HANDLE_CLOSE) != 0;
		} else if (status != FRAME_SKIP) {
			/* Refusals are throngd's business, not the limit's. */
			return (-1);
		}
		start = at;
	}
	return ((long)start);
}
