/**
 * sink.h - where replies and notices go: standard output or the prompt.
 */
#ifndef CLIENT_SINK_H
#define CLIENT_SINK_H

#include <stddef.h>

/** All functions may be called by any thread, several at a time. */
struct sink {
	void *context;
	/** A reply; `label` is the server's name, or NULL if there is but one.
	 *  May wait until there is room. */
	void (*reply)(void *context, const char *label, const char *bytes,
	    size_t length);
	/** No reply follows at once. */
	void (*flush)(void *context);
	/** One line about what went wrong, without its LF. */
	void (*notice)(void *context, const char *line);
	/** A connection came or went: whoever waits should look. */
	void (*changed)(void *context);
};

#endif /* CLIENT_SINK_H */
