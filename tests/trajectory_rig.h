/* A trajectory rig: a store in a temporary directory, and a session on the test backend
 * that trains into it. */
#ifndef LT_TESTS_TRAJECTORY_RIG_H
#define LT_TESTS_TRAJECTORY_RIG_H

#include "fake_backend.h"
#include "plan/trajectory.h"
#include "plan/trajectory_record.h"

typedef struct bench {
    char        path[64];
    lt_module   module;
    lt_device   device;
    lt_session *session;
    lt_store   *store;
    lt_state    start;
    lt_schedule schedule;
    lt_data     data;
    lt_training training;
    double      now, tick;
    unsigned    spans, stop_after, saves;     /* saves: of the record, seen while it trains */
    unsigned    stop_evals;                   /* stop after so many evaluations */
    double      save_s;
    uint64_t    record;                       /* its size when it was last looked at */
    uint64_t    first_step;                   /* where the start state stands; it tells trajectories apart */
    lt_watcher  watcher;
    ltc_error   err;
} bench;

void bench_begin(bench *b, const double *validation);
void bench_end(bench *b);

/* Asks for so many steps, evaluated so often, and one state beside the end's (0: none). look: at
 * what is stored alone. */
ltc_status bench_ask(bench *b, uint64_t steps, uint64_t every, uint64_t keep, bool look, lt_trajectory *t);

/* The digest of the end state. */
lt_digest bench_train(bench *b, uint64_t steps, uint64_t every);

/* All states of the store, which its records still name. */
void bench_lose_objects(const bench *b);

#endif
