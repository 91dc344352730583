/* A backend for tests that does what it is told: one weight, which goes forward with every step as the rows
 * and the rate say, a momentum slot, and losses as the test has them. */
#ifndef LT_TESTS_FAKE_BACKEND_H
#define LT_TESTS_FAKE_BACKEND_H

#include "train/session.h"

enum { BATCH = 2, TRAIN = 10, VALIDATION = 3, TEST = 4, MOST_STEPS = 64, GROWN = 64 };

/* The device, of which there is one: tests run one after another. */
typedef struct fake {
    float     w, slot;
    uint64_t  clock;                          /* steps done: what the losses go by */
    unsigned  trains, steps, evals;           /* calls of train; steps in them; calls of eval */
    uint64_t  evaluated;                      /* samples, which came one after another */
    uint32_t  rows[MOST_STEPS][BATCH];        /* seen at each step */
    float     rates[MOST_STEPS];
    uint64_t  bad_step;                       /* whose loss is not finite */
    bool      flush;                          /* leaves FTZ behind, as it must not */
    float     drift;                          /* added to the weight at each step: a machine that is
                                               * not itself any more */
    double    validation[MOST_STEPS];         /* mean loss after so many steps */
} fake;
extern fake the;

/* As the registry would have adopted it; plan_size GROWN larger than this core's. */
lt_module fake_module(void);

/* Nothing bad, and these validation losses by step (the last one from 10 on); NULL: all 1. */
void fake_reset(const double *validation);

/* A graph of one parameter "w", and data of which only the numbers matter. */
extern const lt_graph fake_graph;
lt_data fake_data(void);

#endif
