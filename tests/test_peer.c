/* Peers: kept small, written as addresses are. */
#include "unit.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/un.h>

#include "peer.h"

static void
expect(const void *sa, size_t length, const char *want)
{
	struct sockaddr_storage aligned;
	char text[ADDRESS_TEXT_MAX];
	struct peer peer;

	memset(&peer, 0xff, sizeof(peer));
	memset(&aligned, 0, sizeof(aligned));
	memcpy(&aligned, sa, length);
	peer_set(&peer, (const struct sockaddr *)&aligned);
	assert_ptr_equal(peer_format(&peer, text), text);
	assert_string_equal(text, want);
}

static void
formats(void **state)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_port = htons(65535) };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6,
		.sin6_port = htons(80) };
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	sa_family_t none = AF_UNSPEC;

	(void)state;
	inet_pton(AF_INET, "255.254.253.252", &in.sin_addr);
	expect(&in, sizeof(in), "255.254.253.252:65535");
	in.sin_port = 0;
	expect(&in, sizeof(in), "255.254.253.252:0");
	inet_pton(AF_INET6, "2001:db8:1:2:3:4:5:6", &in6.sin6_addr);
	expect(&in6, sizeof(in6), "[2001:db8:1:2:3:4:5:6]:80");
	inet_pton(AF_INET6, "::1", &in6.sin6_addr);
	expect(&in6, sizeof(in6), "[::1]:80");
	strcpy(un.sun_path, "/some/path");
	expect(&un, sizeof(un), "unix:");
	expect(&none, sizeof(none), "unix:");
}

static void
unknown(void **state)
{
	struct peer peer = { 0 };
	char text[ADDRESS_TEXT_MAX];

	(void)state;
	assert_string_equal(peer_format(&peer, text), "unix:");
	/* It is in every job and every connection. */
	assert_true(sizeof(struct peer) <= 20);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(formats),
		cmocka_unit_test(unknown),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
