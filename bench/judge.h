/**
 * judge.h - whether a trial at some rate kept to an objective, and if it did
 * not, whose fault that was.
 */
#ifndef BENCH_JUDGE_H
#define BENCH_JUDGE_H

#include <stddef.h>

#include "results.h"
#include "search.h"

/**
 * judge_trial(limits, trial, objective, measured, why, size):
 * Return what a trial that ran to its end came to, store its percentile in
 * us (infinite where it falls among the unanswered), and write in one line
 * why it did not pass, "" if it did.
 *
 * Where others had the processors, nothing is known. Where the client was
 * busy, or late and the responses from the actual send are good, it was not
 * the target that missed. A wrong or missing reply is a miss, whatever the
 * percentile says. Drift is not judged: a longer trial confirms the answer.
 * Thread: any.
 */
enum results_outcome judge_trial(const struct gates_limits *limits,
    const struct results_trial *trial,
    const struct search_objective *objective, double *measured, char *why,
    size_t size);

#endif /* BENCH_JUDGE_H */
