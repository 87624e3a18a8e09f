/* Addresses: read, written, and the round trip of both. */
#include <sys/socket.h>
#include <sys/un.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "address.h"

static const char *
format(const struct address *a, char *text, size_t size)
{

	return (address_format((const struct sockaddr *)&a->storage,
	    a->length, text, size));
}

static void
round_trips(void **state)
{
	static const char *const texts[] = { "127.0.0.1:8000", "0.0.0.0:0",
		"255.255.255.255:65535", "[::1]:8000", "[::]:0",
		"[2001:db8::ff00:42:8329]:65535", "[::ffff:127.0.0.1]:80",
		"unix:/run/throng.sock", "unix:x", "unix:/with space:and:colons",
		"unix:[::1]:80" };
	char text[ADDRESS_TEXT_MAX];
	const char *why;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct address a;

		why = NULL;
		if (address_parse(texts[i], &a, &why))
			fail_msg("\"%s\": %s", texts[i], why);
		assert_string_equal(format(&a, text, sizeof(text)), texts[i]);
	}
}

static void
fields(void **state)
{
	struct address a;
	const struct sockaddr_in *in = (struct sockaddr_in *)&a.storage;
	const struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&a.storage;
	const struct sockaddr_un *un = (struct sockaddr_un *)&a.storage;
	const char *why;

	(void)state;
	assert_int_equal(address_parse("127.0.0.2:258", &a, &why), 0);
	assert_int_equal(in->sin_family, AF_INET);
	assert_int_equal(a.length, sizeof(*in));
	assert_int_equal(ntohs(in->sin_port), 258);
	assert_int_equal(ntohl(in->sin_addr.s_addr), 0x7f000002);
	assert_int_equal(address_parse("[::1]:258", &a, &why), 0);
	assert_int_equal(in6->sin6_family, AF_INET6);
	assert_int_equal(a.length, sizeof(*in6));
	assert_int_equal(ntohs(in6->sin6_port), 258);
	assert_int_equal(in6->sin6_addr.s6_addr[15], 1);
	assert_int_equal(address_parse("unix:/a/b", &a, &why), 0);
	assert_int_equal(un->sun_family, AF_UNIX);
	assert_string_equal(un->sun_path, "/a/b");
	assert_int_equal(address_parse("localhost:9", &a, &why), 0);
	assert_true(a.storage.ss_family == AF_INET ||
	    a.storage.ss_family == AF_INET6);
}

static void
refused(void **state)
{
	static const char *const bad[] = { "", ":", "8000", ":8000",
		"127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:-1",
		"127.0.0.1:65536", "127.0.0.1: 80", "127.0.0.1:80 ",
		"127.0.0.1:8O", "127.0.0.1:http", "::1", "::1:8000", "[::1]",
		"[::1]8000", "[::1", "[::1:8000", "[]:8000", "[::1]:",
		"[::1]:70000", "[::1] :80", "[nonsense]:80", "a b:80",
		"256.256.256.256:80", "unix:",
		"host.invalid:80", "tcp://127.0.0.1:80" };
	struct address a;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const char *why = NULL;

		if (address_parse(bad[i], &a, &why) != -1)
			fail_msg("\"%s\" was taken", bad[i]);
		if (why == NULL || why[0] == '\0' || strchr(why, '\n'))
			fail_msg("\"%s\": no reason", bad[i]);
	}
}

static void
lengths(void **state)
{
	struct sockaddr_un un;
	char path[sizeof(un.sun_path) + 6], host[400], text[ADDRESS_TEXT_MAX];
	struct address a;
	const char *why;

	(void)state;
	memset(path, 'p', sizeof(path));
	memcpy(path, "unix:", 5);
	/* With its NUL the longest path fills sun_path. */
	path[5 + sizeof(un.sun_path) - 1] = '\0';
	assert_int_equal(address_parse(path, &a, &why), 0);
	assert_string_equal(format(&a, text, sizeof(text)), path);
	path[5 + sizeof(un.sun_path) - 1] = 'p';
	path[5 + sizeof(un.sun_path)] = '\0';
	assert_int_equal(address_parse(path, &a, &why), -1);
	memset(host, 'h', sizeof(host));
	memcpy(host + 300, ":80", 4);
	assert_int_equal(address_parse(host, &a, &why), -1);
}

static void
unnamed_and_short(void **state)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	char text[ADDRESS_TEXT_MAX], small[6];
	struct address a;
	const char *why;

	(void)state;
	address_format((struct sockaddr *)&un, sizeof(sa_family_t), text,
	    sizeof(text));
	assert_string_equal(text, "unix:");
	/* A path that fills its field has no NUL behind it. */
	memset(un.sun_path, 'q', sizeof(un.sun_path));
	address_format((struct sockaddr *)&un, sizeof(un), text, sizeof(text));
	assert_int_equal(strlen(text), 5 + sizeof(un.sun_path));
	assert_int_equal(address_parse("127.0.0.1:8000", &a, &why), 0);
	memset(small, '!', sizeof(small));
	address_format((struct sockaddr *)&a.storage, a.length, small,
	    sizeof(small) - 1);
	assert_string_equal(small, "127.");
	assert_int_equal(small[5], '!');
}

static void
not_aligned(void **state)
{
	char raw[sizeof(struct sockaddr_in) + 1], text[ADDRESS_TEXT_MAX];
	struct address a;
	const char *why;

	(void)state;
	assert_int_equal(address_parse("127.0.0.1:1", &a, &why), 0);
	memcpy(raw + 1, &a.storage, sizeof(struct sockaddr_in));
	address_format((struct sockaddr *)(void *)(raw + 1),
	    sizeof(struct sockaddr_in), text, sizeof(text));
	assert_string_equal(text, "127.0.0.1:1");
}

/* The form alone: a name that nobody can resolve has it. */
static void
checked(void **state)
{
	static const char *const wrong[] = { "", "x", "x:", ":1", "x:65536",
		"::1:80", "[::1]", "unix:" };
	const char *why;

	(void)state;
	assert_int_equal(address_check("no.such.name.invalid:80", &why), 0);
	assert_int_equal(address_check("[::1]:0", &why), 0);
	assert_int_equal(address_check("unix:/x", &why), 0);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		why = NULL;
		assert_int_equal(address_check(wrong[i], &why), -1);
		assert_non_null(why);
	}
}

static void
resolved(void **state)
{
	struct address list[4], one;
	const char *why;
	int n;

	(void)state;
	assert_int_equal(address_resolve("127.0.0.1:1", list, 4, &why), 1);
	assert_int_equal(address_resolve("unix:/x", list, 4, &why), 1);
	assert_int_equal(address_resolve("127.0.0.1", list, 4, &why), -1);
	/* The first answer is what address_parse() takes. */
	n = address_resolve("localhost:9", list, 4, &why);
	assert_in_range(n, 1, 4);
	assert_int_equal(address_parse("localhost:9", &one, &why), 0);
	assert_memory_equal(&one, &list[0], sizeof(one));
	assert_int_equal(address_resolve("localhost:9", list, 1, &why), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trips),
		cmocka_unit_test(fields),
		cmocka_unit_test(refused),
		cmocka_unit_test(lengths),
		cmocka_unit_test(unnamed_and_short),
		cmocka_unit_test(not_aligned),
		cmocka_unit_test(checked),
		cmocka_unit_test(resolved),
	};

	return (cmocka_run_group_tests_name("address", tests, NULL, NULL));
}
