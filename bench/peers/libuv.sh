#!/bin/sh
# libuv in C, one thread, echo by uv_try_write first. Built once, in a folder
# of temporary files. Line and raw framing.
set -eu

: "${THRONG_PEER_BUILD:=${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/throng-peers}"
program="$THRONG_PEER_BUILD/libuv-echo"

check()
{
	command -v cc > /dev/null || { echo "a C compiler is missing"; exit 1; }
	pkg-config --exists libuv || {
		echo "libuv is missing (libuv1-dev)"
		exit 1
	}
	[ -x "$program" ] || build || { echo "libuv: cannot be built"; exit 1; }
	echo "libuv $(pkg-config --modversion libuv)"
}

build()
{
	mkdir -p "$THRONG_PEER_BUILD"
	cat > "$THRONG_PEER_BUILD/libuv-echo.c" << 'END'
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

/* One buffer for all: a read is answered before the next one. What is left
 * of a line, or could not be sent, is copied. */
static char in[65536];
static int lines;

struct client {
	uv_tcp_t tcp;
	char *rest;
	size_t rest_length;
};

struct pending {
	uv_write_t write;
	char bytes[];
};

static void
on_closed(uv_handle_t *handle)
{
	struct client *c = (struct client *)handle;

	free(c->rest);
	free(c);
}

static void
on_written(uv_write_t *write, int status)
{
	(void)status;
	free(write);
}

static void
on_alloc(uv_handle_t *handle, size_t hint, uv_buf_t *buf)
{
	struct client *c = (struct client *)handle;

	(void)hint;
	if (c->rest_length > 0)
		memcpy(in, c->rest, c->rest_length);
	*buf = uv_buf_init(in + c->rest_length,
	    (unsigned)(sizeof(in) - c->rest_length));
}

static void
send_all(struct client *c, const char *bytes, size_t length)
{
	uv_buf_t buf = uv_buf_init((char *)bytes, (unsigned)length);
	int n = uv_try_write((uv_stream_t *)&c->tcp, &buf, 1);
	struct pending *p;

	if (n == (int)length)
		return;
	n = n < 0 ? 0 : n;
	p = malloc(sizeof(*p) + length - (size_t)n);
	memcpy(p->bytes, bytes + n, length - (size_t)n);
	buf = uv_buf_init(p->bytes, (unsigned)(length - (size_t)n));
	uv_write(&p->write, (uv_stream_t *)&c->tcp, &buf, 1, on_written);
}

static void
on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct client *c = (struct client *)stream;
	size_t length, end;

	(void)buf;
	if (n < 0) {
		uv_close((uv_handle_t *)stream, on_closed);
		return;
	}
	length = c->rest_length + (size_t)n;
	end = length;
	while (lines && end > 0 && in[end - 1] != '\n')
		end--;
	if (end > 0)
		send_all(c, in, end);
	c->rest_length = length - end;
	free(c->rest);
	c->rest = NULL;
	if (c->rest_length > 0) {
		c->rest = malloc(c->rest_length);
		memcpy(c->rest, in + end, c->rest_length);
	}
}

static void
on_connection(uv_stream_t *listener, int status)
{
	struct client *c = calloc(1, sizeof(*c));

	(void)status;
	uv_tcp_init(listener->loop, &c->tcp);
	if (uv_accept(listener, (uv_stream_t *)&c->tcp) == 0) {
		uv_tcp_nodelay(&c->tcp, 1);
		uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read);
	} else {
		uv_close((uv_handle_t *)&c->tcp, on_closed);
	}
}

int
main(int argc, char **argv)
{
	struct sockaddr_in address;
	uv_tcp_t listener;

	if (argc != 5 || strcmp(argv[4], "echo") != 0)
		return (2);
	lines = strcmp(argv[3], "line") == 0;
	if (!lines && strcmp(argv[3], "raw") != 0)
		return (2);
	uv_ip4_addr(argv[1], atoi(argv[2]), &address);
	uv_tcp_init(uv_default_loop(), &listener);
	if (uv_tcp_bind(&listener, (struct sockaddr *)&address, 0) ||
	    uv_listen((uv_stream_t *)&listener, 4096, on_connection))
		return (1);
	printf("listening on %s:%s\n", argv[1], argv[2]);
	fflush(stdout);
	return (uv_run(uv_default_loop(), UV_RUN_DEFAULT));
}
END
	# shellcheck disable=SC2046 # several words
	cc -O2 -o "$program" "$THRONG_PEER_BUILD/libuv-echo.c" \
	    $(pkg-config --cflags --libs libuv) >&2
}

run()
{
	exec "$program" "$@"
}

about()
{
	:
}

"$@"
