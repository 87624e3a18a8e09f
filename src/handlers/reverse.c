#include "handlers.h"

static int
reverse(const char *input, size_t length, throng_reply *reply)
{
	char *out;

	if (length == 0)
		return (0);
	/* The place in the reply is filled directly: no copy in between. */
	out = throng_reply_reserve(reply, length);
	if (out == NULL)
		return (-1);
	for (size_t i = 0; i < length; i++)
		out[i] = input[length - 1 - i];
	return (0);
}

const throng_handler handler_reverse = {
	.name = "reverse",
	.summary = "answers the bytes in reverse order",
	.process_input = reverse,
	.raw_limit = 1024,
};
