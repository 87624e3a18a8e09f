#include "sim_handler.h"

#include <stdlib.h>
#include <string.h>

uint64_t sim_handler_calls;
int sim_handler_states;

size_t
sim_handler_big(const char *input, size_t length)
{

	return (length < 2 ? 1 :
	    (size_t)(unsigned char)input[1] * 150 % SIM_BIG_MAX);
}

static int
answer(const char *input, size_t length, throng_reply *reply)
{
	unsigned *requests = throng_connection_state(reply);
	size_t big;
	void *place;

	sim_handler_calls++;
	if (requests != NULL)
		++*requests;
	switch (length == 0 ? 0 : input[0]) {
	case 'f':
		return (-1);
	case 'n':
		throng_reply_none(reply);
		return (0);
	case 'e':
		return (throng_reply_error(reply, "invalid", "no"));
	case 's':
		return (throng_reply_printf(reply, "%u",
		    requests != NULL ? *requests : 0));
	case 'b':
		big = sim_handler_big(input, length);
		if ((place = throng_reply_reserve(reply, big)) == NULL)
			return (-1);
		memset(place, 'x', big);
		return (0);
	case 'c':
		throng_reply_close(reply);
		break;
	default:
		break;
	}
	return (throng_reply_append(reply, input, length));
}

static int
echo(const char *input, size_t length, throng_reply *reply)
{

	sim_handler_calls++;
	return (throng_reply_append(reply, input, length));
}

static void *
state_open(void)
{
	void *requests = calloc(1, sizeof(unsigned));

	sim_handler_states += requests != NULL;
	return (requests);
}

static void
state_close(void *state)
{

	sim_handler_states--;
	free(state);
}

const throng_handler sim_handler = {
	.name = "sim", .process_input = answer,
};

const throng_handler sim_handler_state = {
	.name = "sim-state",
	.process_input = answer,
	.connection_open = state_open,
	.connection_close = state_close,
};

const throng_handler sim_handler_echo = {
	.name = "sim-echo", .process_input = echo,
};
