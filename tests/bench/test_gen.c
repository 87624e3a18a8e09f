/*
 * Generators for real, against a server that answers once: what a drain does
 * to their readings, and which limit they name when they meet one.
 */
#include "check.h"

#include <dirent.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gen.h"

#define MS UINT64_C(1000000)

/* Echo the first line of each connection; then read no more of it. */
static void
answer_once(int listener)
{
	char line[256];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		int fd = accept(listener, NULL, NULL);
		ssize_t n = fd != -1 ? read(fd, line, sizeof(line)) : -1;

		if (fd == -1 || (n > 0 && write(fd, line, (size_t)n) != n))
			_exit(1);
	}
}

static pid_t
serve(struct address *address)
{
	struct sockaddr_in *in = (struct sockaddr_in *)&address->storage;
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	pid_t pid;

	memset(address, 0, sizeof(*address));
	in->sin_family = AF_INET;
	in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	address->length = sizeof(*in);
	assert_int_equal(bind(listener, (struct sockaddr *)in,
	    address->length), 0);
	assert_int_equal(listen(listener, 256), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)in,
	    &address->length), 0);
	if ((pid = fork()) == 0)
		answer_once(listener);
	assert_true(pid > 0);
	close(listener);
	return (pid);
}

static void
end(pid_t pid)
{

	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static struct gen_config
load(const struct address *address, struct payload *payload, uint32_t n)
{

	*payload = (struct payload){ .kind = PAYLOAD_STAMP, .seed = 1,
	    .size = 16 };
	return ((struct gen_config){ .addresses = address, .shards = 1,
	    .connections = n, .active = n, .depth = 1, .processes = 1,
	    .in_flight = 16, .framer = { THRONG_FRAME_LINE, 4096 },
	    .line_tail = 1, .payload = payload,
	    .connect_ns = 20000 * MS, .cpu = -1 });
}

/*
 * Nothing is answered, so the drain lasts to its deadline, 20 times as long
 * as what was measured. It is not part of how busy the client was.
 */
static void
test_a_drain_makes_nobody_look_idle(void **state)
{
	struct gen_result result = { .record = calloc(1,
	    sizeof(*result.record)) };
	struct address address;
	struct payload payload;
	struct gen_config config;
	struct gen *gen;
	char why[256] = "";
	pid_t pid = serve(&address);
	double length;

	(void)state;
	config = load(&address, &payload, 8);
	gen = gen_start(&config, NULL, NULL, why, sizeof(why));
	assert_string_equal(why, "");
	assert_non_null(gen);
	assert_int_equal(gen_measure(gen, 50 * MS, 1000 * MS, NULL, NULL, why,
	    sizeof(why)), 0);
	assert_int_equal(gen_drain(gen, NULL, NULL, why, sizeof(why)), 0);
	gen_collect(gen, &result);
	assert_int_equal(result.record->planned, 8);
	assert_int_equal(result.record->errors[RECORD_UNANSWERED], 8);
	assert_true(result.cpu > 0 && result.cores > 0);
	length = (double)result.wall;
	assert_true(length >= 50.0 * MS);
	assert_true(length < 1050.0 * MS);
	gen_free(gen);
	free(result.record);
	end(pid);
}

static unsigned
descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	unsigned n = 0;

	assert_non_null(d);
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return (n);
}

/* Self-test 16: 64 descriptors do not hold 64 connections. */
static void
test_the_limit_of_descriptors_is_named(void **state)
{
	struct rlimit before, few;
	struct address address;
	struct payload payload;
	struct gen_config config;
	char why[256] = "";
	pid_t pid = serve(&address);
	unsigned open;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	few = before;
	few.rlim_cur = 64;
	open = descriptors();
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	config = load(&address, &payload, 64);
	assert_null(gen_start(&config, NULL, NULL, why, sizeof(why)));
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_non_null(strstr(why, "cannot connect"));
	assert_non_null(strstr(why, "RLIMIT_NOFILE"));
	assert_int_equal(descriptors(), open);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), 0);
	end(pid);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_drain_makes_nobody_look_idle),
		cmocka_unit_test(test_the_limit_of_descriptors_is_named),
	};

	return (cmocka_run_group_tests_name("gen", tests, NULL, NULL));
}
