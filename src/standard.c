#include "standard.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int
standard_open(void)
{
	/* The wrong way round, so that a reader or writer still learns. */
	static const int ways[] = { O_WRONLY, O_RDONLY, O_RDWR };

	for (int fd = 0; fd < 3; fd++) {
		/* The lowest that is free is what open() gives. */
		if (fcntl(fd, F_GETFD) == -1 && errno == EBADF &&
		    open("/dev/null", ways[fd]) == -1)
			return (-1);
	}
	return (0);
}
