#include "support.h"

#include <sys/resource.h>

#include <ctype.h>
#include <dirent.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static _Thread_local char reason[512];

int64_t
support_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ((int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000);
}

bool
support_turn(int64_t deadline)
{

	if (support_now() >= deadline)
		return (false);
	poll(NULL, 0, 2);
	return (true);
}

int
support_wrong(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(reason, sizeof(reason), format, arguments);
	va_end(arguments);
	return (-1);
}

const char *
support_why(void)
{

	return (reason);
}

const char *
support_escaped(const void *bytes, size_t length)
{
	static _Thread_local char text[4 * 40 + 4];
	const unsigned char *from = bytes;
	size_t i, at = 0;

	for (i = 0; i < length && i < 40; i++) {
		if (isprint(from[i]))
			text[at++] = (char)from[i];
		else
			at += (size_t)snprintf(text + at, 5, "\\x%02x",
			    from[i]);
	}
	snprintf(text + at, 4, "%s", length > 40 ? "..." : "");
	return (text);
}

/* splitmix64 (Steele, Lea, Flood: Fast splittable PRNGs, 2014). */
uint64_t
support_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return (z ^ z >> 31);
}

size_t
support_nonce(uint64_t number, char *out)
{
	uint64_t state = number, random = support_random(&state);
	int n;

	/* The number makes it unique, the rest hard to hit by chance. */
	n = snprintf(out, SUPPORT_NONCE, "%llx-%.*llx",
	    (unsigned long long)number, (int)(random % 16),
	    (unsigned long long)random);
	return ((size_t)n);
}

bool
support_sanitized(void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	return (true);
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
	return (true);
#else
	return (getenv("THRONGD_SLOW") != NULL);
#endif
#else
	return (getenv("THRONGD_SLOW") != NULL);
#endif
}

bool
support_threads_checked(void)
{

#if defined(__SANITIZE_THREAD__)
	return (true);
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
	return (true);
#else
	return (false);
#endif
#else
	return (false);
#endif
}

size_t
support_descriptors(size_t wanted)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return (0);
	if (limit.rlim_cur < wanted) {
		limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max :
		    wanted;
		setrlimit(RLIMIT_NOFILE, &limit);
		getrlimit(RLIMIT_NOFILE, &limit);
	}
	return ((size_t)limit.rlim_cur);
}

static char folder[64];
static pid_t folder_owner;

static void
remove_folder(void)
{
	char path[sizeof(folder) + 258];
	struct dirent *entry;
	DIR *dir;

	if (getpid() != folder_owner || (dir = opendir(folder)) == NULL)
		return;
	while ((entry = readdir(dir)) != NULL) {
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		unlink(path);
	}
	closedir(dir);
	rmdir(folder);
}

const char *
support_path(const char *name, char *out, size_t size)
{

	if (folder[0] == '\0') {
		/* Short: a local socket's path holds about 100 bytes. */
		snprintf(folder, sizeof(folder), "/tmp/throng-test-XXXXXX");
		if (mkdtemp(folder) == NULL)
			abort();
		folder_owner = getpid();
		atexit(remove_folder);
	}
	snprintf(out, size, "%s/%s", folder, name);
	return (out);
}
