/*
 * Generators for real, against a server that answers once or always: what a
 * drain does to their readings, which limit they name when they meet one, and
 * system calls and memory that fail (self-test 16). Linked so that the calls
 * of the generators come through here.
 */
#include "check.h"

#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gen.h"

#define MS UINT64_C(1000000)

/** What fails in the generators, in memory that they share with the test. */
static struct {
	pid_t test;        /* whose own calls go well */
	int storm;         /* an errno: every third send and receive */
	unsigned calls;
	int connect;       /* an errno: every connect */
	int no_memory;     /* every calloc() */
} *faults;

ssize_t __real_send(int fd, const void *bytes, size_t length, int flags);
ssize_t __wrap_send(int fd, const void *bytes, size_t length, int flags);
ssize_t __real_recv(int fd, void *bytes, size_t size, int flags);
ssize_t __wrap_recv(int fd, void *bytes, size_t size, int flags);
int __real_connect(int fd, const struct sockaddr *to, socklen_t length);
int __wrap_connect(int fd, const struct sockaddr *to, socklen_t length);
void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);

/* Orders to the generators are single bytes, and are left alone. */
static int
fails(size_t length)
{

	if (faults == NULL || faults->storm == 0 || length == 1 ||
	    ++faults->calls % 3 != 0)
		return (0);
	errno = faults->storm;
	return (1);
}

ssize_t
__wrap_send(int fd, const void *bytes, size_t length, int flags)
{

	return (fails(length) ? -1 : __real_send(fd, bytes, length, flags));
}

ssize_t
__wrap_recv(int fd, void *bytes, size_t size, int flags)
{

	return (fails(size) ? -1 : __real_recv(fd, bytes, size, flags));
}

int
__wrap_connect(int fd, const struct sockaddr *to, socklen_t length)
{

	if (faults == NULL || faults->connect == 0)
		return (__real_connect(fd, to, length));
	errno = faults->connect;
	return (-1);
}

void *
__wrap_calloc(size_t n, size_t size)
{

	if (faults == NULL || !faults->no_memory || getpid() == faults->test)
		return (__real_calloc(n, size));
	errno = ENOMEM;
	return (NULL);
}

static int
share_faults(void **state)
{

	(void)state;
	faults = mmap(NULL, sizeof(*faults), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (faults == MAP_FAILED)
		return (-1);
	faults->test = getpid();
	return (0);
}

/* Echo the first line of each connection; then read no more of it, or go on
 * in a process of its own. */
static void
answer(int listener, int always)
{
	char line[256];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		int fd = accept(listener, NULL, NULL);
		ssize_t n;

		if (fd == -1)
			_exit(1);
		if (always && fork() != 0) {
			close(fd);
			continue;
		}
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		do {
			n = read(fd, line, sizeof(line));
		} while (n > 0 && write(fd, line, (size_t)n) == n && always);
		if (always)
			_exit(0);
	}
}

static pid_t
serve(struct address *address, int always)
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
		answer(listener, always);
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
	pid_t pid = serve(&address, 0);
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
	pid_t pid = serve(&address, 0);
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

static char *
failing(const struct gen_config *config, char *why, size_t size)
{

	why[0] = '\0';
	assert_null(gen_start(config, NULL, NULL, why, size));
	return (why);
}

/* Ports that ran out, and memory: each by its name, and at once, though no
 * event ever comes of a connect that fails so. */
static void
test_other_limits_are_named(void **state)
{
	struct address address;
	struct payload payload;
	struct gen_config config;
	char why[256];
	pid_t pid = serve(&address, 0);

	(void)state;
	config = load(&address, &payload, 4);
	faults->connect = EADDRNOTAVAIL;
	assert_non_null(strstr(failing(&config, why, sizeof(why)),
	    "ip_local_port_range"));
	faults->connect = ENOBUFS;
	assert_non_null(strstr(failing(&config, why, sizeof(why)), "tcp_mem"));
	faults->connect = 0;
	faults->no_memory = 1;
	assert_string_equal(failing(&config, why, sizeof(why)),
	    "no memory for the generator");
	faults->no_memory = 0;
	end(pid);
}

/* A call that was interrupted, or not now, is made again: nothing is lost. */
static void
test_a_storm_of_interrupted_calls_loses_nothing(void **state)
{
	static const int errors[] = { EINTR, EAGAIN };

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct gen_result result = { .record = calloc(1,
		    sizeof(*result.record)) };
		struct address address;
		struct payload payload;
		struct gen_config config;
		char why[256] = "";
		struct gen *gen;
		pid_t pid = serve(&address, 1);

		faults->storm = errors[i];
		config = load(&address, &payload, 8);
		config.depth = 4;
		gen = gen_start(&config, NULL, NULL, why, sizeof(why));
		assert_string_equal(why, "");
		assert_int_equal(gen_measure(gen, 100 * MS, 20000 * MS, NULL,
		    NULL, why, sizeof(why)), 0);
		assert_int_equal(gen_drain(gen, NULL, NULL, why, sizeof(why)),
		    0);
		faults->storm = 0;
		gen_collect(gen, &result);
		assert_true(faults->calls > 30);
		assert_true(result.record->replies >= 32);
		assert_int_equal(record_bad_total(result.record), 0);
		assert_int_equal(result.record->planned,
		    result.record->replies);
		gen_free(gen);
		free(result.record);
		end(pid);
	}
}

/* Memory that runs out while it is measured: what could not be sent for that
 * is the client's omission, and what was sent is kept. */
static void
test_no_memory_is_the_clients_omission(void **state)
{
	struct plan_spec spec = { .seed = 1, .arrival = PLAN_CONSTANT,
	    .rate = 400, .duration = 100 * MS, .connections = 4 };
	struct gen_result result = { .record = calloc(1,
	    sizeof(*result.record)) };
	struct plan plan;
	struct address address;
	struct payload payload;
	struct gen_config config;
	char why[256] = "";
	struct gen *gen;
	pid_t pid = serve(&address, 0);

	(void)state;
	assert_int_equal(plan_make(&plan, &spec), 0);
	config = load(&address, &payload, 4);
	config.plan = &plan;
	gen = gen_start(&config, NULL, NULL, why, sizeof(why));
	assert_string_equal(why, "");
	faults->no_memory = 1;
	assert_int_equal(gen_measure(gen, 100 * MS, 10 * MS, NULL, NULL, why,
	    sizeof(why)), 0);
	assert_int_equal(gen_drain(gen, NULL, NULL, why, sizeof(why)), 0);
	faults->no_memory = 0;
	gen_collect(gen, &result);
	assert_int_equal(result.record->planned, plan.count);
	assert_int_equal(result.record->sent, 4);
	assert_int_equal(result.record->errors[RECORD_UNANSWERED], 4);
	assert_int_equal(result.record->errors[RECORD_UNSENT],
	    plan.count - 4);
	gen_free(gen);
	plan_free(&plan);
	free(result.record);
	end(pid);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_drain_makes_nobody_look_idle),
		cmocka_unit_test(test_the_limit_of_descriptors_is_named),
		cmocka_unit_test(test_other_limits_are_named),
		cmocka_unit_test(
		    test_a_storm_of_interrupted_calls_loses_nothing),
		cmocka_unit_test(test_no_memory_is_the_clients_omission),
	};

	return (cmocka_run_group_tests_name("gen", tests, share_faults, NULL));
}
