/**
 * fuzz.h - a fuzz target, and what replays its corpus without a fuzzer.
 *
 * With --enable-fuzz (clang) a target is libFuzzer's:
 *
 *     ./fuzz_frame -max_total_time=60 tests/corpus/frame
 *
 * Without, fuzz.c is its main: it replays the files and folders it is given,
 * by default the target's committed corpus. A target ends the process when
 * it finds something wrong.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>

/**
 * LLVMFuzzerTestOneInput(data, size):
 * Try one input; the name is libFuzzer's. Returns 0. Thread: main.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** Where the target's corpus lies: tests/corpus/NAME. */
extern const char fuzz_corpus[];

/**
 * fuzz_wrong(format, ...):
 * Say what is wrong and end the process, with a core. Thread: any.
 */
void fuzz_wrong(const char *format, ...)
    __attribute__((format(printf, 1, 2), noreturn));

#endif /* FUZZ_H */
