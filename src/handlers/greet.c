#include "handlers.h"

static int
greet(const char *input, size_t length, throng_reply *reply)
{

	(void)input;
	(void)length;
	return (throng_reply_printf(reply, "Hello from the server"));
}

const throng_handler handler_greet = {
	.name = "greet",
	.summary = "answers a greeting and closes the connection",
	.process_input = greet,
	.traits = THRONG_CLOSE_AFTER_REPLY,
	.raw_limit = 1024,
};
