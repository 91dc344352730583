/* Live: what a run trains at the moment, in lines for people, in a file of its output directory that
 * `ltcore status` shows.
 *
 * Written at most once a second, and whole or not at all; a disk that is full loses no more than that. */
#ifndef LT_RUN_LIVE_H
#define LT_RUN_LIVE_H

#include "plan/executor.h"
#include "util/text.h"

#define LT_LIVE_FILE ".live"

/* A training under way. */
typedef struct lt_live_job {
    uint64_t first, step, steps;              /* where this process began; 0 of 0: before the first step */
    double   since_s, now_s, loss;
    bool     on;
} lt_live_job;

typedef struct lt_live {
    const char     *directory;                /* the caller's; NULL: not begun */
    const lt_plan  *plan;
    lt_live_job    *job;                      /* [plan->n_jobs] */
    double        (*clock_s)(void);
    double          written_s;
} lt_live;

ltc_status lt_live_begin(lt_live *l, const char *directory, const lt_plan *plan, double (*clock_s)(void),
                         ltc_error *err);
void lt_live_end(lt_live *l);                 /* removes the file; safe on a zeroed one */

/* The job is going to train; p: how far it is, and left_s what the whole run may still take, NaN: not
 * known; it is done. */
void lt_live_open(lt_live *l, const lt_job *j);
void lt_live_step(lt_live *l, const lt_job *j, const lt_progress *p, double left_s);
void lt_live_close(lt_live *l, const lt_job *j);

#endif
