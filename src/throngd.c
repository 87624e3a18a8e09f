/*
 * throngd: the built-in handlers behind the whole command line.
 */
#include "handlers/handlers.h"
#include "throng.h"

int
main(int argc, char **argv)
{
	static const throng_handler *const handlers[] = {
		&handler_hello, &handler_echo, &handler_reverse,
		&handler_greet, &handler_work, NULL,
	};

	return (throng_main_choice(argc, argv, handlers));
}
