#include "until.h"

#include <limits.h>

#include "clock.h"

uint64_t
until_in(uint64_t nanoseconds)
{

	return (clock_now() + nanoseconds);
}

int
until_ms(uint64_t point)
{
	uint64_t now = clock_now(), left;

	if (point == UNTIL_NEVER)
		return (-1);
	if (point <= now)
		return (0);
	left = (point - now + CLOCK_MS - 1) / CLOCK_MS;
	return (left > INT_MAX ? INT_MAX : (int)left);
}
