/* What the programs of this folder that time training steps have in common: a command line, an experiment, a
 * device. Called by steps.c and gpu/replicas.c. */
#ifndef LT_BENCH_H
#define LT_BENCH_H

#include "plan/experiment.h"

/* CONFIG SPANS STEPS N UNDER [KEY=VALUE...]; what N counts and what is trained under, a density or a mask,
 * the program knows. */
typedef struct lt_bench_request { uint64_t spans, steps; uint32_t n; const char *under; } lt_bench_request;

/* A density in (0, 1], if that is what it is; else 0. */
double lt_bench_density(const lt_bench_request *q);

typedef ltc_status lt_bench_fn(lt_device *d, lt_regime *r, const lt_bench_request *q, ltc_error *err);

/* An exit code. Opens what the command line names, for so many processors, or N of them if 0,
 * and calls fn once. */
int  lt_bench_run(int argc, char **argv, const char *usage, unsigned processors, lt_bench_fn *fn);

double lt_bench_now_s(void);
bool   lt_bench_never(void *arg);

/* Begins a line with median and best of n times, which are put in order. */
void   lt_bench_print(double *us, size_t n);

#endif
