#include "client_script.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "support.h"

static void
wait_readable(int fd)
{
	struct pollfd fds = { .fd = fd, .events = POLLIN };

	assert_int_equal(poll(&fds, 1, SUPPORT_DEADLINE), 1);
}

int
script_listen(char *address)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	socklen_t size = sizeof(in);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&in, size), 0);
	assert_int_equal(listen(fd, 16), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&in, &size), 0);
	snprintf(address, SCRIPT_ADDRESS, "127.0.0.1:%u",
	    (unsigned)ntohs(in.sin_port));
	return (fd);
}

int
script_accept(int listener)
{
	int fd;

	wait_readable(listener);
	fd = accept(listener, NULL, NULL);
	assert_true(fd >= 0);
	return (fd);
}

void
script_hears(int fd, const char *text)
{
	size_t length = strlen(text), got = 0;
	char heard[256];
	ssize_t n;

	assert_true(length < sizeof(heard));
	while (got < length) {
		wait_readable(fd);
		n = recv(fd, heard + got, length - got, 0);
		assert_true(n > 0);
		got += (size_t)n;
	}
	heard[got] = '\0';
	assert_string_equal(heard, text);
}

void
script_says(int fd, const char *text)
{

	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL),
	    strlen(text));
}

void
script_ends(int fd)
{
	char byte;

	wait_readable(fd);
	assert_true(recv(fd, &byte, 1, 0) <= 0);
	close(fd);
}
