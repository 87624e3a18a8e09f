#include "config.h"

#include "throng.h"

const char *
throng_version(void)
{

	return (PACKAGE_VERSION);
}

const char *
throng_strerror(throng_error error)
{
	static const char *const texts[] = {
		[THRONG_OK] = "no error",
		[THRONG_ERR_NOMEM] = "out of memory",
		[THRONG_ERR_INVALID] = "out of range",
		[THRONG_ERR_ADDRESS] = "the address cannot be used",
		[THRONG_ERR_LISTEN] = "the address cannot be listened on",
		[THRONG_ERR_LIMIT] = "more than the machine's limit allows",
		[THRONG_ERR_THREAD] = "a thread could not be started",
		[THRONG_ERR_SYSTEM] = "a system call failed",
		[THRONG_ERR_STATE] = "not allowed in this state",
		[THRONG_ERR_STUCK] = "a handler did not return in time",
	};

	if ((size_t)error >= sizeof(texts) / sizeof(texts[0]))
		return ("unknown error");
	return (texts[error]);
}
