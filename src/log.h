/**
 * log.h - log lines: one event each, written whole.
 *
 *     struct log_line line;
 *
 *     if (log_begin(&line, log, THRONG_LOG_INFO, "closed")) {
 *         log_text(&line, "peer", peer);
 *         log_end(&line);
 *     }
 *
 * A level that is off costs one comparison. Bytes from outside are escaped
 * and cut, so that a line is always one line of printable ASCII. Every line
 * is one write(2), so lines of different threads do not mix. A line for which
 * there is no room, in a pipe that nobody reads, is lost and counted: the
 * service does not wait for its log.
 */
#ifndef LOG_H
#define LOG_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "throng.h"

/** Bytes of the longest line: what a pipe takes at once (POSIX's PIPE_BUF is
 *  512 at least, Linux's is this). */
#define LOG_LINE_MAX 4096

/** Client bytes shown of one request or reply. */
#define LOG_BYTES_SHOWN 128

/** Where lines go and which ones. Constant once the server is made. */
struct log {
	int fd;
	throng_log_level level;
	throng_log_format format;
	_Atomic uint64_t *lost; /* counts lines that were; NULL: uncounted */
};

/** A line being made. */
struct log_line {
	const struct log *log;
	size_t length;
	size_t size;
	char *text; /* `own`, or a longer line's */
	char own[1024];
};

/**
 * log_begin(line, log, level, event):
 * Begin a line for `event`, one word. Return false if the level is off;
 * nothing else may then be called for `line`. Thread: any.
 */
bool log_begin(struct log_line *line, const struct log *log,
    throng_log_level level, const char *event);

/**
 * log_begin_long(line, text, size, log, level, event):
 * The same for a line that is too long for `line`: it is made in the `size`
 * bytes at `text`, at most LOG_LINE_MAX, which must last until log_end().
 * Thread: any.
 */
bool log_begin_long(struct log_line *line, char *text, size_t size,
    const struct log *log, throng_log_level level, const char *event);

/**
 * log_text(line, key, value):
 * Add a text. Thread: the line's.
 */
void log_text(struct log_line *line, const char *key, const char *value);

/**
 * log_vtext(line, key, format, arguments):
 * Add a text made as by vprintf(3). Thread: the line's.
 */
void log_vtext(struct log_line *line, const char *key, const char *format,
    va_list arguments) THRONG_PRINTF(3, 0);

/**
 * log_bytes(line, key, bytes, length):
 * Add any bytes, escaped; at most LOG_BYTES_SHOWN are shown, and `...`
 * behind them says that there were more. Thread: the line's.
 */
void log_bytes(struct log_line *line, const char *key, const char *bytes,
    size_t length);

/**
 * log_number(line, key, value):
 * Add a number. Thread: the line's.
 */
void log_number(struct log_line *line, const char *key, uint64_t value);

/**
 * log_errno(line, error):
 * Add the text of an errno value as `reason`. Thread: the line's.
 */
void log_errno(struct log_line *line, int error);

/**
 * log_end(line):
 * Write the line, unless that would have to wait. What cannot be written is
 * lost: neither a full disk nor a reader that sleeps may stop the service.
 * errno stays as it was. Thread: the line's.
 */
void log_end(struct log_line *line);

/**
 * log_level_name(level):
 * Return "error", "warn", "info" or "debug", or NULL past the last one.
 * Thread: any.
 */
const char *log_level_name(throng_log_level level);

#endif /* LOG_H */
