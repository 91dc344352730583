/* Run: a whole experiment: plan, store, workers, results. */
#ifndef LT_RUN_RUN_H
#define LT_RUN_RUN_H

#include "run/output.h"
#include "run/progress.h"

typedef struct lt_run_request {
    const lt_settings *settings;
    const lt_config   *config;                /* that they come from */
    const lt_services *services;              /* whose `cancelled` is asked between spans */
    const char        *resolved, *version;    /* text of run.cfg; of this program */
    lt_progress_line  *progress;
    uint32_t           jobs, processors;      /* jobs: at once; 0: as the backend advises */
    FILE              *out;
    double           (*now_s)(void);
} lt_run_request;

/* The main job: everything the configuration asks for, and the table. LTC_ECANCELLED when interrupted. */
ltc_status lt_run(const lt_run_request *r, ltc_error *err);

/* What would be done: trainings stored, to be done, and depending on a mask that is not known yet. Writes
 * nothing but the table. */
ltc_status lt_run_explain(const lt_run_request *r, ltc_error *err);

#endif
