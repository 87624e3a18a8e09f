/**
 * version.h - which program it was that ran: what it says of itself, its
 * build id, the libraries for events that it has loaded.
 */
#ifndef BENCH_VERSION_H
#define BENCH_VERSION_H

#include <stddef.h>
#include <sys/types.h>

/**
 * version_build_id(path, text, size):
 * Write the build id of an ELF file of this machine's kind in hexadecimal.
 * Return 0, or -1 with "" if it has none. Thread: any.
 */
int version_build_id(const char *path, char *text, size_t size);

/**
 * version_libraries(maps, text, size):
 * Write the names of the event libraries in a text as /proc/PID/maps has it:
 * "libevent_core-2.1.so.7.0.1, libuv.so.1.0.0"; "" if there are none.
 * Returns `text`. Thread: any.
 */
const char *version_libraries(const char *maps, char *text, size_t size);

/**
 * version_add(pid, text, size):
 * Append what process `pid` is to what `text` has of its version: "throngd,
 * build id 0890..., libevent_core-2.1.so.7.0.1". Nothing is appended of a
 * process that cannot be read. Thread: any.
 */
void version_add(pid_t pid, char *text, size_t size);

#endif /* BENCH_VERSION_H */
