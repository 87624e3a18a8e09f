#include "handlers.h"

static int
echo(const char *input, size_t length, throng_reply *reply)
{

	return (throng_reply_append(reply, input, length));
}

const throng_handler handler_echo = {
	.name = "echo",
	.summary = "answers what it was sent",
	.process_input = echo,
	.raw_limit = 1024,
};
