/* The most multiply-adds that a core does: what all figures may be held against. Called by steps.c and
 * conv.c. */
#ifndef LT_BENCH_PEAK_H
#define LT_BENCH_PEAK_H

/* GF/s of one thread, from registers alone, in the widest instruction set there is; some milliseconds of
 * processor time, of which the best of short rounds counts. */
double lt_bench_peak(void);

#endif
