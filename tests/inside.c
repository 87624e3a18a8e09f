#include "inside.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>

#include "support.h"

void
inside_config(throng_config *config, throng_mode mode)
{
	static int nowhere = -1;

	if (nowhere < 0)
		nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
	throng_config_init(config);
	config->listen[0] = "127.0.0.1:0";
	config->listen_count = 1;
	config->mode = mode;
	config->log_fd = nowhere;
	/* However busy the machine is, nobody is stuck or waits too long. */
	config->stuck_ms = 60000;
	config->queue_age_ms = 60000;
}

static void *
run(void *argument)
{
	struct inside *inside = argument;

	inside->ended = throng_run(inside->server);
	return (NULL);
}

int
inside_run(struct inside *inside)
{

	if (pthread_create(&inside->thread, NULL, run, inside) != 0)
		return (support_wrong("pthread_create"));
	inside->running = true;
	return (0);
}

int
inside_start(struct inside *inside, const throng_config *config,
    const throng_handler *handler)
{
	throng_error error;

	memset(inside, 0, sizeof(*inside));
	error = throng_create(config, handler, &inside->server);
	if (error != THRONG_OK)
		return (support_wrong("throng_create: %s",
		    throng_strerror(error)));
	return (inside_run(inside));
}

throng_error
inside_join(struct inside *inside)
{

	if (inside->running)
		pthread_join(inside->thread, NULL);
	inside->running = false;
	return (inside->ended);
}

throng_error
inside_stop(struct inside *inside)
{
	throng_error ended;

	throng_stop(inside->server);
	ended = inside_join(inside);
	throng_free(inside->server);
	inside->server = NULL;
	return (ended);
}

static size_t
entries(const char *path)
{
	DIR *dir = opendir(path);
	size_t n = 0;

	if (dir == NULL)
		return (0);
	while (readdir(dir) != NULL)
		n++;
	closedir(dir);
	/* Less ".", ".." and what opendir() itself opened, if it counts. */
	return (n - 2);
}

size_t
inside_descriptors(void)
{

	return (entries("/proc/self/fd"));
}

size_t
inside_threads(void)
{

	return (entries("/proc/self/task"));
}

size_t
inside_threads_left(size_t want)
{
	int64_t deadline = support_now() + SUPPORT_DEADLINE;

	while (inside_threads() > want && support_turn(deadline))
		continue;
	return (inside_threads());
}
