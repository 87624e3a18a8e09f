/**
 * replay.h - the command line that a report.json records.
 */
#ifndef BENCH_REPLAY_H
#define BENCH_REPLAY_H

/**
 * replay_arguments(path, more, words):
 * Read the arguments of the run that the report records, with those of
 * `more`, a list that ends with NULL, behind them, and store how many words
 * there are. Where rates were shares of a capacity that was measured,
 * --capacity is among them, so that the rates are the same. Return them as an
 * argv, to be freed with replay_free(), or NULL with one line on standard
 * error. Thread: main.
 */
char **replay_arguments(const char *path, char **more, int *words);

/**
 * replay_free(words):
 * Free what replay_arguments() returned. Thread: main.
 */
void replay_free(char **words);

#endif /* BENCH_REPLAY_H */
