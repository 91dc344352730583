/* A backend for tests of cohorts: a replica is one number, which every step changes by its row, rate, keys
 * and place, so that nothing can be mixed up and go unseen. It counts what it is asked, and what no core may
 * ask. */
#ifndef LT_TESTS_COHORT_BACKEND_H
#define LT_TESTS_COHORT_BACKEND_H

#include <stdatomic.h>

#include "fake_backend.h"

enum { THREADS = 8 };

/* A program, of which there is one at a time, and what was asked of all of them. */
typedef struct cohort_calls {
    double      w[THREADS];
    uint64_t    clock[THREADS];
    uint32_t    n, room;                      /* replicas; that find memory */
    bool        put[THREADS], ready;
    unsigned    programs, trains, evals, wrong;           /* wrong: requests that no core may make */
    unsigned    fails_at;                     /* the call of train that fails; 0: none */
    atomic_bool inside;                       /* a call is under way: they come one at a time */
} cohort_calls;
extern cohort_calls asked;

/* fake_backend.h's, with the slots that a cohort calls. */
lt_module cohort_backend(void);

/* A network of one weight. */
extern const lt_program_request cohort_request;

/* What a step makes of a weight: exact in float, and of every input. */
double cohort_step(double w, uint64_t step, uint32_t row, float lr, ltc_key a, ltc_key d);

#endif
