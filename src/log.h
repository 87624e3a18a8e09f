/**
 * log.h - log lines: one event each, written whole.
 *
 *     struct log_line line;
 *
 *     if (log_begin(&line, log, THRONG_LOG_INFO, "accepted")) {
 *         log_text(&line, "peer", peer);
 *         log_end(&line);
 *     }
 *
 * A level that is off costs one comparison. Bytes from outside are escaped
 * and cut, so that a line is always one line of printable ASCII. While the
 * server runs, lines go through a ring to a thread that writes them
 * (writer.h), and each kind of line may come only so often (throttle.h);
 * before and behind, a line is one write(2). Either way nobody waits for the
 * log: a line for which there is no room is lost and counted.
 */
#ifndef LOG_H
#define LOG_H

#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "counters.h"
#include "throng.h"
#include "throttle.h"

/** Bytes of the longest line: what a pipe takes at once (POSIX's PIPE_BUF is
 *  512 at least, Linux's is this). */
#define LOG_LINE_MAX 4096

/** Client bytes shown of one request or reply. */
#define LOG_BYTES_SHOWN 128

struct writer;

/** What the lines of a server share. All zero at the start. */
struct log_sink {
	_Atomic(struct writer *) writer; /* NULL: lines are written at once */
	struct throttle throttle;
	struct counters *counters;       /* what is lost or held back */
	_Atomic bool given_up;           /* the reader was waited for in vain */
};

/** Where lines go and which ones. Constant once the server is made. */
struct log {
	int fd;
	throng_log_level level;
	throng_log_format format;
	struct log_sink *sink; /* NULL: written at once, uncounted, unlimited */
};

/** A line being made. */
struct log_line {
	const struct log *log;
	size_t length;
	size_t size;
	char *text;    /* `own`, or a longer line's */
	bool is_notice;
	char own[1024];
};

/**
 * log_begin(line, log, level, event):
 * Begin a line for `event`, one word, a constant. Return false if the level
 * is off, or if there were too many of this event: warn and info lines are
 * limited, unless the log's level is debug; or if there is no room for it, and
 * it is counted as lost. Nothing else may then be called
 * for `line`. Thread: any.
 */
bool log_begin(struct log_line *line, const struct log *log,
    throng_log_level level, const char *event);

/**
 * log_begin_kind(line, log, level, event, reason):
 * The same for an event that has several reasons, one word each, constants:
 * each is limited by itself. To add the reason to the line is the caller's.
 * Thread: any.
 */
bool log_begin_kind(struct log_line *line, const struct log *log,
    throng_log_level level, const char *event, const char *reason);

/**
 * log_begin_notice(line, text, size, log, event):
 * Begin a line that is for whoever started the server: shown at every level,
 * not limited, and made in the `size` bytes at `text`, at most LOG_LINE_MAX,
 * which must last until log_end(). Thread: any.
 */
void log_begin_notice(struct log_line *line, char *text, size_t size,
    const struct log *log, const char *event);

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
 * Give the line to the writer, or write it if there is none, unless that
 * would have to wait (a notice waits for up to a second). What cannot be
 * written is lost: neither a full disk nor a reader that sleeps may stop the
 * service. errno stays as it was. Thread: the line's.
 */
void log_end(struct log_line *line);

/**
 * log_finish(line):
 * End the line without writing it: line->text then holds line->length bytes,
 * the last a newline. In place of log_end(). Thread: the line's.
 */
void log_finish(struct log_line *line);

/**
 * log_level_name(level):
 * Return "error", "warn", "info" or "debug", or NULL past the last one.
 * Thread: any.
 */
const char *log_level_name(throng_log_level level);

#endif /* LOG_H */
